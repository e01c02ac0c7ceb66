//! The control channel: who may open it, what it obeys, and that it always acknowledges.

use cosmwasm_std::testing::message_info;
use cosmwasm_std::{
    Binary, CosmosMsg, IbcAcknowledgement, IbcChannel, IbcChannelCloseMsg, IbcChannelConnectMsg,
    IbcChannelOpenMsg, IbcEndpoint, IbcOrder, IbcPacket, IbcPacketAckMsg, IbcPacketReceiveMsg,
    IbcPacketTimeoutMsg, IbcTimeout, MsgResponse, Reply, SubMsgResponse, SubMsgResult, Timestamp,
    WasmMsg, from_json,
};
use market::ContractError;
use market::msg::{ExecuteMsg, QueryMsg, RouteUpdate, RoutesResponse};
use proptest::prelude::*;
use protocol::Code;
use protocol::control::{
    Answer, Command, ControlAck, ControlBody, ControlPacket, DeploymentState, Instruction,
};
use protocol::deployment::{LocalOperator, Scope};
use protocol::handshake::port_of;

use crate::far::{Far, OUTPOST, ROUTE, WALLET, channel, open};
use crate::suite::{deployment, manual};

pub(crate) const CONTROL: &str = "channel-1";

fn control() -> IbcChannel {
    channel(CONTROL, "wasm.market", "channel-5", &port_of(OUTPOST))
}

fn try_open(far: &mut Far, channel: IbcChannel, version: &str) -> Result<(), ContractError> {
    let msg = IbcChannelOpenMsg::new_try(channel, version);
    market::ibc::ibc_channel_open(far.deps.as_mut(), far.env.clone(), msg).map(|_| ())
}

fn confirm(far: &mut Far, channel: IbcChannel) -> Result<(), ContractError> {
    let msg = IbcChannelConnectMsg::new_confirm(channel);
    market::ibc::ibc_channel_connect(far.deps.as_mut(), far.env.clone(), msg).map(|_| ())
}

fn close(far: &mut Far, msg: IbcChannelCloseMsg) -> Result<(), ContractError> {
    market::ibc::ibc_channel_close(far.deps.as_mut(), far.env.clone(), msg).map(|_| ())
}

/// A market with a remote deployment and a control channel.
pub(crate) fn connected() -> Far {
    let mut far = Far::new();
    far.say(OUTPOST, (1, open(1, deployment(manual()))), 1_000).unwrap();
    try_open(&mut far, control(), "entrepot-1").unwrap();
    confirm(&mut far, control()).unwrap();
    far
}

// Rules 1, 13: from the route's outpost, over its connection, unordered, of this version.
#[test]
fn only_the_routes_outpost_opens_an_unordered_channel_of_this_version() {
    let mut ordered = control();
    ordered.order = IbcOrder::Ordered;
    let mut old = control();
    old.version = "entrepot-0".into();
    let mut elsewhere = control();
    elsewhere.connection_id = "connection-9".into();
    let mut stranger = control();
    stranger.counterparty_endpoint.port_id = port_of(WALLET);
    let mut transfer = control();
    transfer.counterparty_endpoint.port_id = "transfer".into();
    for channel in [ordered, old, elsewhere, stranger, transfer] {
        let mut far = Far::new();
        assert!(try_open(&mut far, channel.clone(), "entrepot-1").is_err(), "{channel:?}");
        assert!(confirm(&mut far, channel.clone()).is_err(), "again in connect: {channel:?}");
    }
    let mut far = Far::new();
    let error = try_open(&mut far, control(), "entrepot-2").unwrap_err();
    assert_eq!(error.code(), Code::UnsupportedVersion);
}

// Rule 1: the wrong role opens nothing.
#[test]
fn the_market_never_initiates() {
    let mut far = Far::new();
    let init = IbcChannelOpenMsg::new_init(control());
    let env = far.env.clone();
    assert!(market::ibc::ibc_channel_open(far.deps.as_mut(), env.clone(), init).is_err());
    let ack = IbcChannelConnectMsg::new_ack(control(), "entrepot-1");
    assert!(market::ibc::ibc_channel_connect(far.deps.as_mut(), env, ack).is_err());
}

// Rules 2, 3: the first step writes nothing; closing is armed once.
#[test]
fn a_route_has_one_control_channel_until_it_is_closed() {
    let mut far = connected();
    let mut second = control();
    second.endpoint.channel_id = "channel-2".into();
    assert!(try_open(&mut far, second.clone(), "entrepot-1").is_err());
    assert!(confirm(&mut far, second.clone()).is_err());

    let close_init = || IbcChannelCloseMsg::new_init(control());
    let error = close(&mut far, close_init()).unwrap_err();
    assert_eq!(error.code(), Code::Unauthorized);
    let arm = ExecuteMsg::ArmChannelClose { route: ROUTE.into() };
    assert_eq!(far.send("bob", arm.clone(), &[]).unwrap_err().code(), Code::Unauthorized);
    far.run("owner", arm.clone());
    close(&mut far, close_init()).unwrap();
    assert!(close(&mut far, close_init()).is_err(), "armed once");
    assert_eq!(far.send("owner", arm, &[]).unwrap_err().code(), Code::NotFound);

    confirm(&mut far, second.clone()).unwrap();
    close(&mut far, IbcChannelCloseMsg::new_confirm(second)).unwrap();
    let routes: RoutesResponse = far.ask(QueryMsg::Routes { start_after: None, limit: None });
    assert_eq!(routes.routes[0].control_channel, None);
}

#[test]
fn a_route_gets_its_outpost_once() {
    let mut far = Far::new();
    let update = RouteUpdate {
        channel: ROUTE.into(),
        enabled: None,
        outpost: Some(WALLET.into()),
        style: None,
    };
    let error = far.send("owner", ExecuteMsg::UpdateRoute(update), &[]).unwrap_err();
    assert_eq!(error.code(), Code::WrongState);
    let error = far.send("owner", ExecuteMsg::AddRoute(crate::far::route()), &[]).unwrap_err();
    assert_eq!(error.code(), Code::WrongState);
}

#[test]
fn a_route_must_end_in_the_transfer_port() {
    for (far_port, code) in [("wasm.liar", Code::WrongPort), ("", Code::WrongRoute)] {
        let mut far = Far::new();
        let channels: Vec<_> = Some(channel("channel-3", "transfer", "channel-1", far_port))
            .into_iter()
            .filter(|channel| !channel.counterparty_endpoint.port_id.is_empty())
            .collect();
        far.deps.querier.ibc.update("wasm.market", &channels);
        let new = market::msg::NewRoute { channel: "channel-3".into(), ..crate::far::route() };
        let error = far.send("owner", ExecuteMsg::AddRoute(new), &[]).unwrap_err();
        assert_eq!(error.code(), code);
    }
}

fn packet(far: &Far, data: Binary) -> IbcPacketReceiveMsg {
    let end =
        |port: String, channel: &str| IbcEndpoint { port_id: port, channel_id: channel.into() };
    let timeout = IbcTimeout::with_timestamp(Timestamp::from_seconds(far.now() + 600));
    let (src, dest) = (end(port_of(OUTPOST), "channel-5"), end("wasm.market".into(), CONTROL));
    IbcPacketReceiveMsg::new(IbcPacket::new(data, src, dest, 1, timeout), far.address("relayer"))
}

pub(crate) fn command(command: Command) -> Binary {
    let instruction = Instruction { account: "dao".into(), seq: 1, command };
    ControlPacket { id: 3, body: ControlBody::Do(instruction) }.encode().unwrap()
}

/// Plays a packet as the chain does: the entry, the call to itself, the reply.
pub(crate) fn acknowledgement(far: &mut Far, data: Binary) -> ControlAck {
    let msg = packet(far, data);
    let env = far.env.clone();
    let Ok(received) = market::ibc::ibc_packet_receive(far.deps.as_mut(), env.clone(), msg);
    let first = received.acknowledgement.expect("there is always an acknowledgement");
    let Some(call) = received.messages.first() else {
        return ControlAck::parse(&first).unwrap();
    };
    assert_eq!(ControlAck::parse(&first).unwrap(), ControlAck::Internal {});
    assert_eq!(call.gas_limit, Some(500_000));
    let CosmosMsg::Wasm(WasmMsg::Execute { msg, .. }) = &call.msg else { panic!("no call") };
    let info = message_info(&far.market().clone(), &[]);
    let inner: ExecuteMsg = from_json(msg).unwrap();
    let result = market::contract::execute(far.deps.as_mut(), env.clone(), info, inner);
    let result = match result {
        Ok(response) => {
            far.hold(0, &response.messages);
            let data = response.data.expect("an answer");
            let mut value = vec![0x0a];
            let mut length = data.len();
            while length >= 0x80 {
                value.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
                length >>= 7;
            }
            value.push(u8::try_from(length).unwrap());
            value.extend_from_slice(&data);
            let type_url = "/cosmwasm.wasm.v1.MsgExecuteContractResponse".into();
            #[expect(deprecated, reason = "the struct has the field")]
            SubMsgResult::Ok(SubMsgResponse {
                events: vec![],
                data: None,
                msg_responses: vec![MsgResponse { type_url, value: value.into() }],
            })
        }
        Err(error) => SubMsgResult::Err(error.to_string()),
    };
    let payload = call.payload.clone();
    let reply = Reply { id: call.id, payload, gas_used: 0, result };
    let response = market::contract::reply(far.deps.as_mut(), env, reply).unwrap();
    ControlAck::parse(&response.data.expect("the reply sets the acknowledgement")).unwrap()
}

#[test]
fn status_and_close_are_answered() {
    let mut far = connected();
    let ack = acknowledgement(&mut far, command(Command::Status { n: None }));
    let ControlAck::Answer(Answer::Deployment(status)) = ack else { panic!("{ack:?}") };
    assert_eq!((status.seq, status.state), (1, DeploymentState::Open));
    for _ in 0..2 {
        let ack = acknowledgement(&mut far, command(Command::CloseDeployment {}));
        assert_eq!(ack, ControlAck::Answer(Answer::Done {}));
    }
    let ack = acknowledgement(&mut far, command(Command::Status { n: Some(1) }));
    let ControlAck::Answer(Answer::Deployment(status)) = ack else { panic!("{ack:?}") };
    assert_eq!(status.state, DeploymentState::Closed);
    let ack = acknowledgement(&mut far, command(Command::Status { n: Some(2) }));
    assert_eq!(ack, ControlAck::Answer(Answer::Never { at: far.now() }));
}

// Rule 45: refusals carry stable codes.
#[test]
fn a_refusal_is_a_value_and_changes_nothing() {
    let mut far = connected();
    let accept = Command::AcceptBid {
        group: 0,
        provider: "nobody".into(),
        bid_no: 1,
        max_rate: 1_u128.into(),
    };
    let operator = LocalOperator {
        address: "no address".into(),
        scopes: vec![Scope::Close],
        expires_in_seconds: None,
    };
    let bad = LocalOperator { address: "nobody".into(), ..operator.clone() };
    let set = |operator| Command::SetOperators {
        rev: 1,
        local_operators: vec![operator],
        access_keys: vec![],
    };
    let cases = [(accept, Code::NotFound), (set(bad), Code::Malformed)];
    assert!(set(operator).validate().is_err(), "such a packet is not even sent");
    for (command, code) in cases {
        let before = far.deps.storage.clone_range();
        let ack = acknowledgement(&mut far, self::command(command));
        let ControlAck::Refused(refusal) = ack else { panic!("{ack:?}") };
        assert_eq!(refusal.code, code);
        assert!(!refusal.detail.starts_with(code.as_str()), "{}", refusal.detail);
        assert_eq!(far.deps.storage.clone_range(), before);
    }
}

/// All that is stored, to be compared.
trait CloneRange {
    fn clone_range(&self) -> Vec<(Vec<u8>, Vec<u8>)>;
}

impl CloneRange for cosmwasm_std::testing::MockStorage {
    fn clone_range(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        use cosmwasm_std::{Order, Storage};
        self.range(None, None, Order::Ascending).collect()
    }
}

// Rule 4: who speaks is the route, its sender and the account there.
#[test]
fn an_account_commands_only_its_own_deployments() {
    let mut far = connected();
    let instruction =
        Instruction { account: "another".into(), seq: 1, command: Command::CloseDeployment {} };
    let data = ControlPacket { id: 1, body: ControlBody::Do(instruction) }.encode().unwrap();
    let ack = acknowledgement(&mut far, data);
    let ControlAck::Refused(refusal) = ack else { panic!("{ack:?}") };
    assert_eq!(refusal.code, Code::NotFound);
}

// Rule 9: whatever the call does, there is an acknowledgement.
#[test]
fn a_failed_call_is_acknowledged_as_internal() {
    let mut far = connected();
    let msg = packet(&far, command(Command::CloseDeployment {}));
    let env = far.env.clone();
    let Ok(received) = market::ibc::ibc_packet_receive(far.deps.as_mut(), env.clone(), msg);
    let call = &received.messages[0];
    let result = SubMsgResult::Err("out of gas".into());
    let reply = Reply { id: call.id, payload: call.payload.clone(), gas_used: 0, result };
    let response = market::contract::reply(far.deps.as_mut(), env, reply).unwrap();
    let ack = ControlAck::parse(&response.data.unwrap()).unwrap();
    assert_eq!(ack, ControlAck::Internal {});
}

#[test]
fn a_channel_that_is_no_control_channel_is_answered_too() {
    let mut far = Far::new();
    let ack = acknowledgement(&mut far, command(Command::CloseDeployment {}));
    let ControlAck::Refused(refusal) = ack else { panic!("{ack:?}") };
    assert_eq!(refusal.code, Code::WrongRoute);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, fork: false, ..ProptestConfig::default() })]

    /// Any bytes are acknowledged, and acknowledgements and timeouts of any bytes end well.
    #[test]
    fn packets_of_any_bytes_are_acknowledged(data in proptest::collection::vec(any::<u8>(), 0..256)) {
        let mut far = connected();
        let ack = acknowledgement(&mut far, data.clone().into());
        prop_assert!(matches!(ack, ControlAck::Refused(_)));
        let (packet, relayer) = (packet(&far, data.clone().into()).packet, far.address("relayer"));
        let env = far.env.clone();
        let msg = IbcPacketAckMsg::new(
            IbcAcknowledgement::new(data),
            packet.clone(),
            relayer.clone(),
        );
        let Ok(_) = market::ibc::ibc_packet_ack(far.deps.as_mut(), env.clone(), msg);
        let msg = IbcPacketTimeoutMsg::new(packet, relayer);
        let Ok(_) = market::ibc::ibc_packet_timeout(far.deps.as_mut(), env, msg);
    }
}
