//! The market's side of a route, played by hand: the chain's calls with any bytes one likes.

use cosmwasm_std::testing::{
    MockApi, MockQuerier, MockStorage, message_info, mock_dependencies, mock_env,
};
use cosmwasm_std::{
    Addr, Binary, Coin, Env, IbcAcknowledgement, IbcBasicResponse, IbcChannel,
    IbcDestinationCallbackMsg, IbcEndpoint, IbcMsg, IbcOrder, IbcPacket, IbcTimeout,
    IbcTransferCallback, MsgResponse, OwnedDeps, Reply, Response, SubMsg, SubMsgResponse,
    SubMsgResult, Timestamp, Uint128, coins, from_json, to_json_binary,
};
use market::ContractError;
use market::msg::{ExecuteMsg, InstantiateMsg, InternalMsg, NewDenom, NewRoute, QueryMsg};
use protocol::control::Instruction;
use protocol::ics20::{FungibleTokenPacketData, SUCCESS_ACK};
use protocol::memo::Callback;
use protocol::money::{Open, Settle};
use protocol::{Action, Deployment, DeploymentId, Memo, Message, RouteStyle, Tenant};
use serde::de::DeserializeOwned;

use crate::suite::params;

/// The coin as it arrives.
pub(crate) const VOUCHER: &str = "ibc/USDX";
/// The transfer channel here, and there.
pub(crate) const ROUTE: &str = "channel-0";
pub(crate) const FAR: &str = "channel-7";
pub(crate) const CONNECTION: &str = "connection-0";
pub(crate) const OUTPOST: &str = "beta1outpost";
pub(crate) const WALLET: &str = "beta1wallet";
/// The transfer channel of a second route here, and there.
pub(crate) const SECOND: (&str, &str) = ("channel-2", "channel-8");

pub(crate) type Deps = OwnedDeps<MockStorage, MockApi, MockQuerier>;

pub(crate) struct Far {
    pub(crate) deps: Deps,
    pub(crate) env: Env,
    held: u128,
}

/// A transfer as the chain reports it; every part can be forged before it is played.
pub(crate) struct Arrived {
    pub(crate) packet: IbcPacket,
    pub(crate) ack: Binary,
    pub(crate) transfer: Option<IbcTransferCallback>,
    /// Units that the bank really holds of it.
    pub(crate) minted: u128,
}

impl Far {
    /// A market with a route to an outpost, and the voucher accepted on it.
    pub(crate) fn new() -> Self {
        let mut deps = mock_dependencies();
        let env = mock_env();
        deps.querier.ibc.update("wasm.market", &[channel(ROUTE, "transfer", FAR, "transfer")]);
        let owner = deps.api.addr_make("owner");
        let msg = InstantiateMsg {
            owner: None,
            min_timeout_seconds: Some(20),
            params: params(&deps.api.addr_make("treasury"), &deps.api.addr_make("pauser")),
            denoms: vec![],
        };
        let info = message_info(&owner, &[]);
        market::contract::instantiate(deps.as_mut(), env.clone(), info, msg).unwrap();
        let mut far = Self { deps, env, held: 0 };
        far.run("owner", ExecuteMsg::AddRoute(route()));
        far.run("owner", ExecuteMsg::AddDenom(voucher()));
        far
    }

    /// Adds a second route, on which the voucher is accepted too.
    pub(crate) fn add_second_route(&mut self, outpost: Option<&str>, style: RouteStyle) {
        let known =
            [(ROUTE, FAR), SECOND].map(|(id, far)| channel(id, "transfer", far, "transfer"));
        self.deps.querier.ibc.update("wasm.market", &known);
        let outpost = outpost.map(Into::into);
        let new = NewRoute { channel: SECOND.0.into(), outpost, style };
        self.run("owner", ExecuteMsg::AddRoute(new));
        let listed = NewDenom { route: Some(SECOND.0.into()), ..voucher() };
        self.run("owner", ExecuteMsg::AddDenom(listed));
    }

    pub(crate) fn market(&self) -> &Addr {
        &self.env.contract.address
    }

    pub(crate) fn address(&self, name: &str) -> Addr {
        self.deps.api.addr_make(name)
    }

    pub(crate) fn send(
        &mut self,
        from: &str,
        msg: ExecuteMsg,
        funds: &[Coin],
    ) -> Result<Response, ContractError> {
        let info = message_info(&self.address(from), funds);
        let result = market::contract::execute(self.deps.as_mut(), self.env.clone(), info, msg);
        if let Ok(response) = &result {
            let came: u128 = funds.iter().filter(|coin| coin.denom == VOUCHER).map(units).sum();
            self.hold(came, &response.messages);
        }
        result
    }

    pub(crate) fn run(&mut self, from: &str, msg: ExecuteMsg) -> Response {
        self.send(from, msg, &[]).unwrap()
    }

    pub(crate) fn pass(&mut self, seconds: u64) {
        self.env.block.time = self.env.block.time.plus_seconds(seconds);
    }

    pub(crate) fn now(&self) -> u64 {
        self.env.block.time.seconds()
    }

    /// Notes what came and what leaves by these messages, and checks all invariants.
    pub(crate) fn hold(&mut self, came: u128, leaving: &[SubMsg]) {
        let gone: u128 = leaving
            .iter()
            .map(|message| match &message.msg {
                cosmwasm_std::CosmosMsg::Ibc(IbcMsg::Transfer { amount, .. }) => units(amount),
                cosmwasm_std::CosmosMsg::Bank(cosmwasm_std::BankMsg::Send { amount, .. }) => {
                    amount.iter().filter(|coin| coin.denom == VOUCHER).map(units).sum()
                }
                _ => 0,
            })
            .sum();
        self.held = self.held + came - gone;
        let market = self.market().clone();
        self.deps.querier.bank.update_balance(market, coins(self.held, VOUCHER));
        market::sanity::check(self.deps.as_ref(), &self.env).unwrap();
    }

    /// A transfer that is right in every respect.
    pub(crate) fn transfer(&self, sender: &str, units: u128, memo: String) -> Arrived {
        let data = FungibleTokenPacketData {
            denom: "usdx".into(),
            amount: units.to_string(),
            sender: sender.into(),
            receiver: self.market().to_string(),
            memo,
        };
        let end =
            |channel: &str| IbcEndpoint { port_id: "transfer".into(), channel_id: channel.into() };
        let timeout = IbcTimeout::with_timestamp(Timestamp::from_seconds(self.now() + 600));
        let data = to_json_binary(&data).unwrap();
        Arrived {
            packet: IbcPacket::new(data, end(FAR), end(ROUTE), 1, timeout),
            ack: SUCCESS_ACK.into(),
            transfer: Some(IbcTransferCallback {
                sender: sender.into(),
                receiver: self.market().clone(),
                funds: coins(units, VOUCHER),
            }),
            minted: units,
        }
    }

    /// The memo for the market.
    pub(crate) fn memo(&self, n: u64, action: Action) -> String {
        let memo = Memo {
            src_callback: None,
            dest_callback: Some(Callback::new(self.market().as_str(), 1_000_000)),
            entrepot: Message { n, action },
        };
        memo.encode().unwrap()
    }

    /// Plays a transfer. If it is refused, nothing of it remains, as on the chain.
    pub(crate) fn arrive(&mut self, arrived: Arrived) -> Result<IbcBasicResponse, ContractError> {
        let before = self.held;
        let market = self.market().clone();
        let with_it = coins(before + arrived.minted, VOUCHER);
        self.deps.querier.bank.update_balance(&market, with_it);
        let stored = snapshot(&self.deps);
        let msg = IbcDestinationCallbackMsg {
            packet: arrived.packet,
            ack: IbcAcknowledgement::new(arrived.ack),
            transfer: arrived.transfer,
        };
        let result =
            market::ibc::ibc_destination_callback(self.deps.as_mut(), self.env.clone(), msg);
        match &result {
            Ok(response) => self.hold(arrived.minted, &response.messages),
            Err(_) => {
                self.deps.storage = stored;
                self.hold(0, &[]);
            }
        }
        result
    }

    /// Sends a message with a coin the right way.
    pub(crate) fn say(
        &mut self,
        sender: &str,
        (n, action): (u64, Action),
        units: u128,
    ) -> Result<IbcBasicResponse, ContractError> {
        let memo = self.memo(n, action);
        let arrived = self.transfer(sender, units, memo);
        self.arrive(arrived)
    }

    /// Sends a message with a coin over the second route.
    pub(crate) fn say_over_second(
        &mut self,
        sender: &str,
        (n, action): (u64, Action),
        units: u128,
    ) -> Result<IbcBasicResponse, ContractError> {
        let memo = self.memo(n, action);
        let mut arrived = self.transfer(sender, units, memo);
        arrived.packet.dest.channel_id = SECOND.0.into();
        arrived.packet.src.channel_id = SECOND.1.into();
        self.arrive(arrived)
    }

    pub(crate) fn reply(&mut self, message: &SubMsg, result: SubMsgResult) -> Response {
        let is_refused = result.is_err();
        let reply = Reply { id: message.id, payload: message.payload.clone(), gas_used: 0, result };
        let response =
            market::contract::reply(self.deps.as_mut(), self.env.clone(), reply).unwrap();
        let back = if is_refused { units(&transfer_of(message).1) } else { 0 };
        self.hold(back, &response.messages);
        response
    }

    /// The chain accepts a transfer home, as packet `sequence`.
    pub(crate) fn sent(&mut self, message: &SubMsg, sequence: u8) {
        let type_url = "/ibc.applications.transfer.v1.MsgTransferResponse".into();
        #[expect(deprecated, reason = "the struct has the field")]
        let response = SubMsgResponse {
            events: vec![],
            data: None,
            msg_responses: vec![MsgResponse { type_url, value: vec![0x08, sequence].into() }],
        };
        self.reply(message, SubMsgResult::Ok(response));
    }

    /// Runs a control packet as the call to itself does.
    pub(crate) fn by_control(&mut self, packet: Binary) -> Response {
        let internal = InternalMsg::Control { route: ROUTE.into(), packet };
        let info = message_info(&self.market().clone(), &[]);
        let msg = ExecuteMsg::Internal(internal);
        let env = self.env.clone();
        let response = market::contract::execute(self.deps.as_mut(), env, info, msg).unwrap();
        self.hold(0, &response.messages);
        response
    }

    pub(crate) fn snapshot(&self) -> MockStorage {
        snapshot(&self.deps)
    }

    pub(crate) fn ask<T: DeserializeOwned>(&self, msg: QueryMsg) -> T {
        from_json(market::contract::query(self.deps.as_ref(), self.env.clone(), msg).unwrap())
            .unwrap()
    }
}

pub(crate) fn units(coin: &Coin) -> u128 {
    Uint128::try_from(coin.amount).unwrap().u128()
}

fn snapshot(deps: &Deps) -> MockStorage {
    use cosmwasm_std::{Order, Storage};
    let mut copy = MockStorage::new();
    for (key, value) in deps.storage.range(None, None, Order::Ascending) {
        copy.set(&key, &value);
    }
    copy
}

/// Receiver, coin and memo of a transfer home.
pub(crate) fn transfer_of(message: &SubMsg) -> (String, Coin, String) {
    let cosmwasm_std::CosmosMsg::Ibc(IbcMsg::Transfer { to_address, amount, memo, .. }) =
        message.msg.clone()
    else {
        panic!("no transfer: {message:?}");
    };
    (to_address, amount, memo.unwrap())
}

/// What a transfer home says.
pub(crate) fn settle_of(message: &SubMsg) -> (u64, Settle) {
    let memo = Memo::parse(&transfer_of(message).2).unwrap();
    let Action::Settle(settle) = memo.entrepot.action else { panic!("no settle") };
    (memo.entrepot.n, settle)
}

pub(crate) fn channel(id: &str, port: &str, far: &str, far_port: &str) -> IbcChannel {
    let end = |port: &str, channel: &str| IbcEndpoint {
        port_id: port.into(),
        channel_id: channel.into(),
    };
    IbcChannel::new(
        end(port, id),
        end(far_port, far),
        IbcOrder::Unordered,
        "entrepot-1",
        CONNECTION,
    )
}

pub(crate) fn route() -> NewRoute {
    NewRoute {
        channel: ROUTE.into(),
        outpost: Some(OUTPOST.into()),
        style: RouteStyle::Callbacks { source_gas: 500_000, destination_gas: 700_000 },
    }
}

pub(crate) fn voucher() -> NewDenom {
    NewDenom {
        denom: VOUCHER.into(),
        route: Some(ROUTE.into()),
        min_deposit: Uint128::new(100),
        min_bond: Uint128::one(),
        bond_factor: None,
        listing_fee: Uint128::zero(),
    }
}

/// An order of account `dao` from the outpost.
pub(crate) fn open(seq: u64, deployment: Deployment) -> Action {
    Action::Open(Open {
        account: "dao".into(),
        seq,
        refund_to: None,
        local_refund: None,
        deployment,
    })
}

pub(crate) fn instruct(seq: u64, command: protocol::control::Command) -> Action {
    Action::Do(Instruction { account: "dao".into(), seq, command })
}

pub(crate) fn tenant(sender: &str) -> Tenant {
    Tenant::Remote { route: ROUTE.into(), sender: sender.into(), account: "dao".into() }
}

pub(crate) fn id(seq: u64) -> DeploymentId {
    DeploymentId { tenant: tenant(OUTPOST), seq }
}
