//! The handshake of the control channel, and its close.

use cosmwasm_std::{
    IbcChannel, IbcChannelCloseMsg, IbcChannelConnectMsg, IbcChannelOpenMsg, IbcOrder,
};
use outpost::msg::responses::RoutesResponse;
use outpost::msg::{ExecuteMsg, QueryMsg};
use outpost::{ContractError, ibc};
use protocol::control::{Answer, ControlAck};
use protocol::handshake::VERSION;

use crate::suite::market::control_channel;
use crate::suite::{CONTROL, ROUTE, Suite};

impl Suite {
    fn open_step(&mut self, msg: IbcChannelOpenMsg) -> Result<(), ContractError> {
        let env = self.env.clone();
        ibc::ibc_channel_open(self.deps.as_mut(), env, msg).map(|_| ())
    }

    fn connect_step(&mut self, msg: IbcChannelConnectMsg) -> Result<(), ContractError> {
        let env = self.env.clone();
        ibc::ibc_channel_connect(self.deps.as_mut(), env, msg).map(|_| ())
    }

    fn close_step(&mut self, msg: IbcChannelCloseMsg) -> Result<(), ContractError> {
        let env = self.env.clone();
        ibc::ibc_channel_close(self.deps.as_mut(), env, msg).map(|_| ())
    }

    fn control(&self) -> Option<String> {
        let routes: RoutesResponse = self.ask(QueryMsg::Routes { start_after: None, limit: None });
        routes.routes[0].control_channel.clone()
    }

    fn arm(&mut self) {
        let arm = ExecuteMsg::ArmControl { route: ROUTE.into() };
        self.execute("keeper", &arm, &[]).unwrap();
    }
}

/// One thing that spoils a handshake, and how.
type Fault = (&'static str, fn(&mut IbcChannel));

const FAULTS: [Fault; 4] = [
    ("ordered", |channel| channel.order = IbcOrder::Ordered),
    ("another version", |channel| channel.version = "entrepot-2".into()),
    ("another connection", |channel| channel.connection_id = "connection-9".into()),
    ("another contract", |channel| {
        channel.counterparty_endpoint.port_id = "wasm.away1thief".into();
    }),
];

// Rules 1 and 13: allow-list, version and order in open and in connect.
#[test]
fn only_a_channel_of_the_route_is_taken_at_either_step() {
    let mut suite = Suite::proved();
    for (fault, spoil) in FAULTS {
        let mut channel = control_channel(CONTROL);
        spoil(&mut channel);
        let open = IbcChannelOpenMsg::new_init(channel.clone());
        assert!(suite.open_step(open).is_err(), "{fault}");
        let connect = IbcChannelConnectMsg::new_ack(channel, VERSION);
        assert!(suite.connect_step(connect).is_err(), "{fault}");
    }
    let other_version = IbcChannelConnectMsg::new_ack(control_channel(CONTROL), "entrepot-2");
    assert!(suite.connect_step(other_version).is_err());
    assert_eq!(suite.control(), None);
}

#[test]
fn the_outpost_opens_and_never_answers_a_handshake() {
    let mut suite = Suite::proved();
    let channel = control_channel(CONTROL);
    let tried = suite.open_step(IbcChannelOpenMsg::new_try(channel.clone(), VERSION));
    assert!(matches!(tried, Err(ContractError::Handshake(_))));
    let confirmed = suite.connect_step(IbcChannelConnectMsg::new_confirm(channel));
    assert!(matches!(confirmed, Err(ContractError::Handshake(_))));
}

// Rule 2: the first step writes nothing.
#[test]
fn a_handshake_that_does_not_end_leaves_nothing() {
    let mut suite = Suite::proved();
    let init = IbcChannelOpenMsg::new_init(control_channel(CONTROL));
    suite.open_step(init.clone()).unwrap();
    suite.open_step(init).unwrap();
    assert_eq!(suite.control(), None);
    suite.connect("channel-10").unwrap();
    assert_eq!(suite.control().as_deref(), Some("channel-10"));
}

#[test]
fn a_second_channel_is_taken_only_once_the_owner_armed_it() {
    let mut suite = Suite::connected();
    let refused = suite.connect("channel-10");
    assert!(matches!(refused, Err(ContractError::SecondChannel { .. })));
    suite.arm();
    suite.connect("channel-10").unwrap();
    assert_eq!(suite.control().as_deref(), Some("channel-10"));
    assert!(suite.connect("channel-11").is_err());
}

// Rule 3: closing is refused unless it is armed, once; the other end's close is taken.
#[test]
fn a_close_is_refused_unless_armed_once() {
    let mut suite = Suite::connected();
    let close = || IbcChannelCloseMsg::new_init(control_channel(CONTROL));
    assert!(matches!(suite.close_step(close()), Err(ContractError::CloseRefused { .. })));
    suite.arm();
    suite.close_step(close()).unwrap();
    assert_eq!(suite.control(), None);
    suite.connect("channel-10").unwrap();
    let again = IbcChannelCloseMsg::new_init(control_channel("channel-10"));
    assert!(suite.close_step(again).is_err());
}

#[test]
fn the_other_ends_close_is_taken_and_records_stay() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 1_000);
    suite.execute("dao", &ExecuteMsg::Close { seq }, &[]).unwrap();
    let posted = suite.last_posted();
    suite.close_step(IbcChannelCloseMsg::new_confirm(control_channel(CONTROL))).unwrap();
    suite.close_step(IbcChannelCloseMsg::new_confirm(control_channel("channel-99"))).unwrap();
    assert_eq!(suite.control(), None);
    suite.connect("channel-10").unwrap();
    suite.answer(&posted, &ControlAck::Answer(Answer::Done {}));
    assert_eq!(suite.state(seq), outpost::msg::responses::OrderState::Closed);
}

#[test]
fn only_the_owner_arms() {
    let mut suite = Suite::connected();
    let refused = suite.execute("dao", &ExecuteMsg::ArmControl { route: ROUTE.into() }, &[]);
    assert!(matches!(refused, Err(ContractError::Unauthorized { .. })));
}
