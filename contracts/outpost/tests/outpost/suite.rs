//! A chain around one outpost.

mod chain;
pub(crate) mod market;

use cosmwasm_std::testing::{MockApi, MockQuerier, MockStorage, message_info, mock_env};
use cosmwasm_std::{
    Addr, Binary, Coin, Empty, Env, Event, IbcAcknowledgement, IbcBasicResponse, IbcChannel,
    IbcEndpoint, IbcOrder, OwnedDeps, Response, coin, from_json,
};
use outpost::msg::responses::{
    BuyResponse, ClaimableResponse, InFlightResponse, OrderResponse, OrderState, SolvencyResponse,
};
use outpost::msg::{Buy, ExecuteMsg, InstantiateMsg, QueryMsg};
use outpost::{ContractError, contract, sanity};
use protocol::control::ControlPacket;
use protocol::{Deployment, Memo, Message, RouteStyle};
use serde::de::DeserializeOwned;

pub(crate) use chain::Chain;

/// Denom in which everything is paid.
pub(crate) const USDX: &str = "uusdx";
/// The route's name.
pub(crate) const ROUTE: &str = "akash";
/// The market's address on its chain.
pub(crate) const MARKET: &str = "away1market";
/// This chain's end of the transfer channel.
pub(crate) const TRANSFER: &str = "channel-7";
/// The connection beneath the route.
pub(crate) const CONNECTION: &str = "connection-2";
/// This chain's end of the control channel.
pub(crate) const CONTROL: &str = "channel-9";

/// A transfer that left.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) channel: String,
    pub(crate) sequence: u64,
    pub(crate) to: String,
    pub(crate) coin: Coin,
    pub(crate) timeout_at: u64,
    pub(crate) memo: String,
}

impl Sent {
    /// What its memo says to the market.
    pub(crate) fn message(&self) -> Message {
        Memo::parse(&self.memo).unwrap().entrepot
    }
}

/// A control packet that left.
#[derive(Debug, Clone)]
pub(crate) struct Posted {
    pub(crate) channel: String,
    pub(crate) sequence: u64,
    pub(crate) packet: ControlPacket,
}

/// An outpost and the chain around it.
pub(crate) struct Suite {
    pub(crate) deps: OwnedDeps<MockStorage, MockApi, MockQuerier, Empty>,
    pub(crate) env: Env,
    pub(crate) chain: Chain,
}

impl Suite {
    /// An outpost without a route.
    pub(crate) fn bare() -> Self {
        let deps = OwnedDeps {
            storage: MockStorage::default(),
            api: MockApi::default(),
            querier: MockQuerier::default(),
            custom_query_type: std::marker::PhantomData,
        };
        let mut suite = Self { deps, env: mock_env(), chain: Chain::default() };
        suite.env.contract.address = suite.who("outpost");
        suite.deps.querier.ibc.update("wasm.outpost", &[transfer_channel()]);
        let instantiate = InstantiateMsg {
            owner: Some(suite.who("keeper").into()),
            min_timeout_seconds: Some(20),
            default_timeout_seconds: Some(100),
            send_window_seconds: Some(1_000),
        };
        let info = message_info(&suite.who("deployer"), &[]);
        let env = suite.env.clone();
        contract::instantiate(suite.deps.as_mut(), env, info, instantiate).unwrap();
        suite
    }

    /// An outpost with a route that is proved for [`USDX`], without a control channel.
    pub(crate) fn proved() -> Self {
        let mut suite = Self::bare();
        suite.execute("keeper", &add_route(), &[]).unwrap();
        suite.probe(coin(5, USDX));
        suite.claim("keeper").unwrap();
        suite
    }

    /// An outpost with a proved route and its control channel.
    pub(crate) fn connected() -> Self {
        let mut suite = Self::proved();
        suite.connect(CONTROL).unwrap();
        suite
    }

    /// The address of a name.
    pub(crate) fn who(&self, name: &str) -> Addr {
        self.deps.api.addr_make(name)
    }

    /// Lets seconds pass.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.env.block.time = self.env.block.time.plus_seconds(seconds);
        self.env.block.height += 1;
    }

    /// Block time in seconds.
    pub(crate) fn now(&self) -> u64 {
        self.env.block.time.seconds()
    }

    /// Sends the outpost a message; on an error nothing is changed.
    pub(crate) fn execute(
        &mut self,
        sender: &str,
        msg: &ExecuteMsg,
        funds: &[Coin],
    ) -> Result<Response, ContractError> {
        let before = chain::copy(&self.deps.storage);
        let bank = self.chain.clone();
        let info = message_info(&self.who(sender), funds);
        self.receive_coins(funds);
        let result = contract::execute(self.deps.as_mut(), self.env.clone(), info, msg.clone())
            .and_then(|response| {
                self.run(response.messages.clone())?;
                Ok(response)
            });
        if result.is_err() {
            self.deps.storage = before;
            self.chain = bank;
            self.show_bank();
        }
        self.check();
        result
    }

    /// Buys as `owner` and returns the order's number and the packet that left.
    pub(crate) fn buy(&mut self, owner: &str, units: u128) -> (u64, Sent) {
        let response = self.execute(owner, &purchase(), &[coin(units, USDX)]).unwrap();
        let bought: BuyResponse = from_json(response.data.unwrap()).unwrap();
        (bought.seq, self.last_sent())
    }

    /// Buys, and has the coin arrive.
    pub(crate) fn bought(&mut self, owner: &str, units: u128) -> u64 {
        let (seq, sent) = self.buy(owner, units);
        self.acknowledge(&sent, protocol::ics20::SUCCESS_ACK);
        seq
    }

    /// The transfer that left last.
    pub(crate) fn last_sent(&self) -> Sent {
        self.chain.sent.last().unwrap().clone()
    }

    /// The control packet that left last.
    pub(crate) fn last_posted(&self) -> Posted {
        self.chain.posted.last().unwrap().clone()
    }

    /// Has a name's credit in [`USDX`] paid.
    pub(crate) fn claim(&mut self, owner: &str) -> Result<Response, ContractError> {
        let claim = ExecuteMsg::Claim { owner: self.who(owner).into(), denom: USDX.into() };
        self.execute("anyone", &claim, &[])
    }

    /// What a name was paid in [`USDX`] so far.
    pub(crate) fn paid(&self, name: &str) -> u128 {
        self.chain.paid.get(self.who(name).as_str()).copied().unwrap_or_default()
    }

    /// What is claimable by a name in [`USDX`].
    pub(crate) fn claimable(&self, owner: &str) -> u128 {
        let owner = self.who(owner).into();
        let credits: ClaimableResponse =
            self.ask(QueryMsg::Claimable { owner, start_after: None, limit: None });
        credits.claimable.iter().map(|credit| credit.amount.u128()).sum()
    }

    /// An order.
    pub(crate) fn order(&self, seq: u64) -> OrderResponse {
        self.ask(QueryMsg::Order { seq })
    }

    /// An order's state.
    pub(crate) fn state(&self, seq: u64) -> OrderState {
        self.order(seq).state
    }

    /// The packets in flight.
    pub(crate) fn in_flight(&self) -> InFlightResponse {
        self.ask(QueryMsg::InFlight { start_after: None, limit: None })
    }

    /// The books in [`USDX`].
    pub(crate) fn solvency(&self) -> SolvencyResponse {
        self.ask(QueryMsg::Solvency { denom: USDX.into() })
    }

    /// Asks the outpost.
    pub(crate) fn ask<T: DeserializeOwned>(&self, query: QueryMsg) -> T {
        from_json(contract::query(self.deps.as_ref(), self.env.clone(), query).unwrap()).unwrap()
    }

    /// The invariants; the books must be whole after every step.
    pub(crate) fn check(&self) {
        sanity::check(self.deps.as_ref(), &self.env.contract.address).unwrap();
    }
}

/// The route's transfer channel as the chain tells it.
pub(crate) fn transfer_channel() -> IbcChannel {
    IbcChannel::new(
        endpoint("transfer", TRANSFER),
        endpoint("transfer", "channel-0"),
        IbcOrder::Unordered,
        "ics20-1",
        CONNECTION,
    )
}

/// One end of a channel.
pub(crate) fn endpoint(port: &str, channel: &str) -> IbcEndpoint {
    IbcEndpoint { port_id: port.into(), channel_id: channel.into() }
}

/// The message that adds the route.
pub(crate) fn add_route() -> ExecuteMsg {
    ExecuteMsg::AddRoute {
        name: ROUTE.into(),
        channel: TRANSFER.into(),
        market: MARKET.into(),
        style: RouteStyle::Callbacks { source_gas: 500_000, destination_gas: 900_000 },
    }
}

/// A small deployment.
pub(crate) fn deployment() -> Deployment {
    let json = r#"{
        "manifest": {"hash": "5e884898da28047151d0e56f8dc629275e884898da28047151d0e56f8dc62927"},
        "groups": [{
            "name": "web",
            "resources": [{"count": 1, "cpu_milli": 500, "memory_bytes": 536870912}],
            "max_rate": "1500000000",
            "selection": {"manual": {}},
            "expires_in_seconds": 86400
        }],
        "runway_seconds": 3600
    }"#;
    from_json(json).unwrap()
}

/// A purchase of it, with nothing but defaults.
pub(crate) fn order() -> Buy {
    Buy {
        route: ROUTE.into(),
        deployment: deployment(),
        refund_to: None,
        local_refund: None,
        operators: Vec::new(),
        timeout_seconds: None,
    }
}

/// The message of [`order`].
pub(crate) fn purchase() -> ExecuteMsg {
    ExecuteMsg::Buy(Box::new(order()))
}

/// An acknowledgement as callbacks carry it.
pub(crate) fn acknowledgement(data: &[u8]) -> IbcAcknowledgement {
    IbcAcknowledgement::new(Binary::from(data))
}

/// The event of this type.
pub(crate) fn event<'a>(response: &'a IbcBasicResponse, kind: &str) -> Option<&'a Event> {
    response.events.iter().find(|event| event.ty == kind)
}
