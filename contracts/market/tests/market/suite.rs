//! A chain with the market, some people and their messages.

use cosmwasm_std::testing::{MockApi, mock_env};
use cosmwasm_std::{Addr, Coin, Deps, Empty, Uint128, coin, coins};
use cw_multi_test::{App, AppResponse, ContractWrapper, Executor};
use market::msg::{
    BidInfo, BidsResponse, ClaimableResponse, DeploymentInfo, ExecuteMsg, InstantiateMsg, LeaseId,
    LeaseInfo, NewDenom, OfferTerms, Params, Prices, QueryMsg,
};
use protocol::control::{Command, DeploymentStatus};
use protocol::deployment::{ResourceUnit, Selection};
use protocol::{Code, Deployment, DeploymentId, Group, Manifest, Otherwise, Tenant};
use serde::de::DeserializeOwned;

/// What tenants pay in.
pub(crate) const USD: &str = "uusd";
/// What providers stake, and may give as bond.
pub(crate) const STAKE: &str = "ustake";
/// One unit per second.
pub(crate) const RATE: u128 = 1_000_000_000;
/// Units everybody has at the start.
pub(crate) const PURSE: u128 = 1_000_000_000;
/// Units of a day's bond at [`RATE`].
pub(crate) const BOND: u128 = 86_400;
/// Basis points the treasury takes.
pub(crate) const FEE_BPS: u16 = 200;
/// Seconds of grace.
pub(crate) const GRACE: u64 = 3_600;

/// People of this chain.
pub(crate) const PEOPLE: [&str; 7] =
    ["owner", "treasury", "tenant", "alice", "bob", "operator", "pauser"];

/// More people, who become providers when a test needs a crowd.
pub(crate) const CROWD: [&str; 22] = [
    "p00", "p01", "p02", "p03", "p04", "p05", "p06", "p07", "p08", "p09", "p10", "p11", "p12",
    "p13", "p14", "p15", "p16", "p17", "p18", "p19", "p20", "p21",
];

pub(crate) struct Suite {
    pub(crate) app: App,
    pub(crate) market: Addr,
}

impl Suite {
    /// A market with one denom, and two providers `alice` and `bob`.
    pub(crate) fn new() -> Self {
        let mut app = App::new(|router, api, storage| {
            for name in PEOPLE.into_iter().chain(CROWD) {
                let purse = vec![coin(PURSE, STAKE), coin(PURSE, USD)];
                router.bank.init_balance(storage, &api.addr_make(name), purse).unwrap();
            }
        });
        let code = ContractWrapper::new(
            market::contract::execute,
            market::contract::instantiate,
            market::contract::query,
        );
        let code = code.with_reply(market::contract::reply);
        let code = app.store_code(Box::new(code));
        let address = |name| app.api().addr_make(name);
        let (owner, treasury, pauser) = (address("owner"), address("treasury"), address("pauser"));
        let msg = InstantiateMsg {
            owner: None,
            min_timeout_seconds: None,
            params: params(&treasury, &pauser),
            denoms: vec![usd()],
        };
        let market = app.instantiate_contract(code, owner, &msg, &[], "market", None).unwrap();
        let mut suite = Self { app, market };
        suite.register("alice");
        suite.register("bob");
        suite
    }

    pub(crate) fn address(&self, name: &str) -> Addr {
        self.app.api().addr_make(name)
    }

    /// An address before there is a chain.
    pub(crate) fn named(name: &str) -> String {
        MockApi::default().addr_make(name).into()
    }

    /// A group of `tenant`'s before there is a chain.
    pub(crate) fn named_lease(seq: u64, group: u32) -> LeaseId {
        let tenant = Tenant::Local { address: Self::named("tenant") };
        LeaseId { deployment: DeploymentId { tenant, seq }, group }
    }

    pub(crate) fn tenant(&self, name: &str) -> Tenant {
        Tenant::Local { address: self.address(name).into() }
    }

    pub(crate) fn id(&self, seq: u64) -> DeploymentId {
        DeploymentId { tenant: self.tenant("tenant"), seq }
    }

    pub(crate) fn lease_id(&self, seq: u64, group: u32) -> LeaseId {
        LeaseId { deployment: self.id(seq), group }
    }

    /// Sends a message, and checks all invariants whether it went well or not.
    pub(crate) fn send(
        &mut self,
        from: &str,
        msg: &ExecuteMsg,
        funds: &[Coin],
    ) -> Result<AppResponse, String> {
        let (from, market) = (self.address(from), self.market.clone());
        let result = self.app.execute_contract(from, market, msg, funds);
        self.check();
        result.map_err(|error| error.to_string())
    }

    /// Sends a message that must go well.
    pub(crate) fn run(&mut self, from: &str, msg: &ExecuteMsg, funds: &[Coin]) -> AppResponse {
        self.send(from, msg, funds).unwrap()
    }

    /// Sends a message without coins that must go well.
    pub(crate) fn just(&mut self, from: &str, msg: &ExecuteMsg) -> AppResponse {
        self.run(from, msg, &[])
    }

    /// Sends a message that must be refused for this reason.
    pub(crate) fn refused(&mut self, from: &str, msg: &ExecuteMsg, funds: &[Coin], code: Code) {
        let error = self.send(from, msg, funds).unwrap_err();
        assert_eq!(Code::find(&error), Some(code), "{error}");
    }

    pub(crate) fn check(&self) {
        let storage = self.app.contract_storage(&self.market);
        let deps =
            Deps::<Empty> { storage: &*storage, api: self.app.api(), querier: self.app.wrap() };
        let mut env = mock_env();
        env.block = self.app.block_info();
        env.contract.address = self.market.clone();
        market::sanity::check(deps, &env).unwrap();
    }

    pub(crate) fn ask<T: DeserializeOwned>(&self, msg: &QueryMsg) -> T {
        self.app.wrap().query_wasm_smart(&self.market, msg).unwrap()
    }

    pub(crate) fn now(&self) -> u64 {
        self.app.block_info().time.seconds()
    }

    pub(crate) fn pass(&mut self, seconds: u64) {
        self.app.update_block(|block| {
            block.height += 1;
            block.time = block.time.plus_seconds(seconds);
        });
    }

    /// Units of USD in somebody's purse.
    pub(crate) fn usd(&self, name: &str) -> u128 {
        self.balance(&self.address(name), USD)
    }

    /// Units of the stake denom in somebody's purse.
    pub(crate) fn stake(&self, name: &str) -> u128 {
        self.balance(&self.address(name), STAKE)
    }

    pub(crate) fn balance(&self, address: &Addr, denom: &str) -> u128 {
        let coin = self.app.wrap().query_balance(address, denom).unwrap();
        Uint128::try_from(coin.amount).unwrap().u128()
    }

    pub(crate) fn claimable(&self, name: &str, denom: &str) -> u128 {
        let (claimant, denom) = (self.tenant(name), denom.into());
        let answer: ClaimableResponse = self.ask(&QueryMsg::Claimable { claimant, denom });
        answer.amount.u128()
    }

    pub(crate) fn claim(&mut self, name: &str, denom: &str) {
        let claimant = self.tenant(name);
        self.just("owner", &ExecuteMsg::Claim { claimant, denom: denom.into() });
    }

    pub(crate) fn register(&mut self, name: &str) {
        let msg = ExecuteMsg::RegisterProvider {
            host_uri: "https://provider.example".into(),
            attributes: vec![attribute("region", "eu-west")],
        };
        self.run(name, &msg, &coins(1_000, STAKE));
    }

    /// Posts an offer at [`RATE`] for a group of [`group`], with bond for two leases.
    pub(crate) fn post_offer(&mut self, name: &str) -> u64 {
        self.post(name, offer_terms(), &coins(2 * BOND, USD))
    }

    pub(crate) fn post(&mut self, name: &str, terms: OfferTerms, bond: &[Coin]) -> u64 {
        let response = self.run(name, &ExecuteMsg::PostOffer { terms }, bond);
        attribute_of(&response, "wasm-offer_posted", "offer").parse().unwrap()
    }

    /// Opens `tenant`'s deployment with these groups.
    pub(crate) fn open(&mut self, seq: u64, groups: Vec<Group>, units: u128) -> AppResponse {
        self.run("tenant", &open_msg(seq, groups), &coins(units, USD))
    }

    /// A lease by an offer of `alice`, not alive yet.
    pub(crate) fn leased(&mut self, units: u128) -> LeaseId {
        let offer = self.post_offer("alice");
        self.open(1, vec![group("web", by_offer(offer))], units);
        self.lease_id(1, 0)
    }

    pub(crate) fn beat(&mut self, name: &str, lease: &LeaseId) -> AppResponse {
        self.just(name, &ExecuteMsg::Heartbeat { leases: vec![lease.clone()] })
    }

    /// Has a lease closed whose time to be ready has passed.
    pub(crate) fn never_ready(&mut self, lease: &LeaseId) {
        self.just("owner", &ExecuteMsg::ReportSilent { lease: lease.clone() });
        self.pass(3_600);
        self.just("owner", &ExecuteMsg::CloseUnready { lease: lease.clone() });
    }

    pub(crate) fn act(&mut self, command: Command) -> AppResponse {
        let deployment = self.id(1);
        self.just("tenant", &ExecuteMsg::Act { deployment, command })
    }

    pub(crate) fn bid(&mut self, name: &str, rate: u128) -> BidInfo {
        let order = self.lease_id(1, 0);
        let msg = ExecuteMsg::Bid {
            order: order.clone(),
            rate: Uint128::new(rate),
            valid_for_seconds: 3_600,
        };
        self.run(name, &msg, &coins(BOND, USD));
        let bids: BidsResponse =
            self.ask(&QueryMsg::Bids { order, start_after: None, limit: None });
        let bidder = self.address(name).to_string();
        bids.bids.into_iter().find(|bid| bid.provider == bidder).unwrap()
    }

    /// A bid for the first group of deployment 1.
    pub(crate) fn bid_msg(&self, rate: u128, valid_for_seconds: u64) -> ExecuteMsg {
        ExecuteMsg::Bid { order: self.lease_id(1, 0), rate: Uint128::new(rate), valid_for_seconds }
    }

    /// Twenty bids for the first group of deployment 1, from [`RATE`] upwards.
    pub(crate) fn fill_slots(&mut self) {
        for (step, name) in (0..).zip(&CROWD[..20]) {
            self.register(name);
            let bid = self.bid_msg(RATE + step, 3_600);
            self.run(name, &bid, &coins(2 * BOND, USD));
        }
    }

    /// Who bids for the first group of deployment 1, by name.
    pub(crate) fn bidders(&self) -> Vec<&'static str> {
        let order = self.lease_id(1, 0);
        let bids: BidsResponse =
            self.ask(&QueryMsg::Bids { order, start_after: None, limit: Some(50) });
        let bids: Vec<_> = bids.bids.into_iter().map(|bid| bid.provider).collect();
        let names = PEOPLE.into_iter().chain(CROWD);
        names.filter(|name| bids.contains(&self.address(name).to_string())).collect()
    }

    pub(crate) fn lease(&self, id: &LeaseId) -> LeaseInfo {
        self.ask(&QueryMsg::Lease { id: id.clone() })
    }

    pub(crate) fn deployment(&self, seq: u64) -> DeploymentInfo {
        self.ask(&QueryMsg::Deployment { id: self.id(seq) })
    }

    pub(crate) fn status(&self, seq: u64) -> DeploymentStatus {
        self.ask(&QueryMsg::Status { id: self.id(seq) })
    }
}

pub(crate) fn params(treasury: &Addr, pauser: &Addr) -> Params {
    Params {
        treasury: treasury.into(),
        pauser: Some(pauser.into()),
        take_rate_bps: FEE_BPS,
        grace_seconds: GRACE,
        stake_denom: STAKE.into(),
        min_stake: Uint128::new(1_000),
        unbonding_seconds: 86_400,
        bond_denom: Some(STAKE.into()),
        settle_timeout_seconds: 600,
        control_gas: 500_000,
    }
}

pub(crate) fn usd() -> NewDenom {
    NewDenom {
        denom: USD.into(),
        route: None,
        min_deposit: Uint128::new(100),
        min_bond: Uint128::new(10),
        bond_factor: Some("0.5".parse().unwrap()),
        listing_fee: Uint128::zero(),
    }
}

pub(crate) fn attribute(key: &str, value: &str) -> protocol::deployment::Attribute {
    protocol::deployment::Attribute { key: key.into(), value: value.into() }
}

/// Prices at which a group of [`group`] costs [`RATE`].
pub(crate) fn offer_terms() -> OfferTerms {
    OfferTerms {
        denom: USD.into(),
        prices: Prices {
            cpu_milli: Uint128::new(RATE / 1_000),
            memory_gib: Uint128::zero(),
            storage: vec![],
            gpus: vec![],
            endpoint: Uint128::zero(),
        },
        attributes: vec![],
        capacity: 2,
        min_charge: Uint128::zero(),
        expires_in_seconds: 30 * 86_400,
    }
}

pub(crate) fn by_offer(offer: u64) -> Selection {
    Selection::Offer { offer, otherwise: Otherwise::Refund, max_charge: None }
}

/// One cpu.
pub(crate) fn group(name: &str, selection: Selection) -> Group {
    Group {
        name: name.into(),
        resources: vec![ResourceUnit {
            count: 1,
            cpu_milli: 1_000,
            memory_bytes: 1 << 30,
            volumes: vec![],
            gpu: None,
            endpoints: vec![],
        }],
        requirements: Default::default(),
        max_rate: Uint128::new(2 * RATE),
        selection,
        expires_in_seconds: 86_400,
        heartbeat_window_seconds: Some(3_600),
        ready_within_seconds: Some(7_200),
        notice_seconds: None,
        term_seconds: None,
        min_stake: None,
        allow: vec![],
        deny: vec![],
    }
}

pub(crate) fn manual() -> Vec<Group> {
    vec![group("web", Selection::Manual {})]
}

pub(crate) fn deployment(groups: Vec<Group>) -> Deployment {
    Deployment {
        manifest: Manifest { hash: "0".repeat(64), uri: None },
        groups,
        runway_seconds: 600,
        local_operators: vec![],
        access_keys: vec![],
    }
}

pub(crate) fn open_msg(seq: u64, groups: Vec<Group>) -> ExecuteMsg {
    ExecuteMsg::Open { seq, refund_to: None, deployment: deployment(groups) }
}

/// An attribute of the first event of a type.
pub(crate) fn attribute_of(response: &AppResponse, kind: &str, key: &str) -> String {
    let event = response.events.iter().find(|event| event.ty == kind);
    let event = event.unwrap_or_else(|| panic!("no `{kind}` in {:#?}", response.events));
    let attribute = event.attributes.iter().find(|attribute| attribute.key == key).unwrap();
    attribute.value.clone()
}
