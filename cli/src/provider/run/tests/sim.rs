//! The market on simulated chains as a provider's key reaches it, with slow blocks and with faults.

use std::cell::RefCell;
use std::rc::Rc;

use cosmos::chain::{ChainError, TxOutcome};
use cosmos::wire::gas::GasPrice;
use cosmwasm_std::{Coin, coin};
use market::msg::{ExecuteMsg, LeaseId, LeaseInfo, OwnBid, QueryMsg};
use protocol::deployment::Selection;
use protocol::{Code, Group};
use serde::de::DeserializeOwned;
use simnet::world::orders::{deployment_of, web_group};
use simnet::world::{MARKET_CHAIN, STAKE, World};

use crate::provider::{Desk, Reach};

pub(super) const PROVIDER: &str = "provider";
/// What a provider must stake.
pub(super) const STAKED: u128 = 1_000_000;
/// What a bid for a web server puts down: a day of its rate.
pub(super) const DEPOSIT: u128 = 950_400;

/// A key of the provider's at the market. Its copies share the chains.
#[derive(Clone, Debug)]
pub(super) struct Sim {
    address: String,
    gas_price: GasPrice,
    chains: Rc<RefCell<Chains>>,
}

#[derive(Debug)]
struct Chains {
    world: World,
    /// What the provider told the market, and when; refusals left out.
    told: Vec<(u64, ExecuteMsg)>,
    /// How long a transaction takes.
    seconds_per_tx: u64,
    /// What is refused without a reason of the market's.
    refuses: fn(&ExecuteMsg) -> bool,
    is_unsettled: bool,
}

impl Sim {
    /// A world in which the provider has this much, and has done nothing.
    pub(super) fn with_purse(units: u128) -> Self {
        let mut world = World::new().unwrap();
        let account = world.on_a(PROVIDER);
        world.network.chain_mut(MARKET_CHAIN).mint(&account, coin(units, STAKE)).unwrap();
        let chains = Chains {
            world,
            told: Vec::new(),
            seconds_per_tx: 6,
            refuses: |_| false,
            is_unsettled: false,
        };
        Self {
            address: account.into(),
            gas_price: GasPrice::new(25_000_000_000_000_000, STAKE),
            chains: Rc::new(RefCell::new(chains)),
        }
    }

    pub(super) fn new() -> Self {
        Self::with_purse(200_000_000)
    }

    pub(super) fn desk(&self) -> Desk<Self> {
        Desk::new(self.clone())
    }

    pub(super) fn usdx(&self) -> String {
        self.chains.borrow().world.usdx_on_a()
    }

    pub(super) fn slow(&self, seconds_per_tx: u64) {
        self.chains.borrow_mut().seconds_per_tx = seconds_per_tx;
    }

    pub(super) fn refuse(&self, refuses: fn(&ExecuteMsg) -> bool) {
        self.chains.borrow_mut().refuses = refuses;
    }

    /// From now on the fate of a transaction is unknown, until [`Sim::find_out`].
    pub(super) fn lose_sight(&self) {
        self.chains.borrow_mut().is_unsettled = true;
    }

    pub(super) fn find_out(&self) {
        self.chains.borrow_mut().is_unsettled = false;
    }

    pub(super) fn pass(&self, seconds: u64) {
        self.chains.borrow_mut().world.pass(seconds).unwrap();
    }

    pub(super) fn time(&self) -> u64 {
        self.chains.borrow().world.now()
    }

    /// Orders a web server.
    pub(super) fn order(&self, tenant: &str) -> LeaseId {
        self.order_as(tenant, 100_000_000, |_| ())
    }

    /// Orders a web server of another kind, with this much money.
    pub(super) fn order_as(
        &self,
        tenant: &str,
        units: u128,
        change: impl Fn(&mut Group),
    ) -> LeaseId {
        self.orders(tenant, 1, units, change).remove(0)
    }

    /// Orders several of a kind in one deployment.
    pub(super) fn orders(
        &self,
        tenant: &str,
        count: u32,
        units: u128,
        change: impl Fn(&mut Group),
    ) -> Vec<LeaseId> {
        let world = &mut self.chains.borrow_mut().world;
        let group = |index| {
            let mut group = web_group(&format!("web-{index}"), Selection::Manual {});
            change(&mut group);
            group
        };
        world.fund(tenant, units).unwrap();
        let deployment = deployment_of((0..count).map(group).collect());
        let seq = world.buy(tenant, deployment, units).unwrap();
        world.relay().unwrap();
        let deployment = world.deployment(tenant, seq);
        (0..count).map(|group| LeaseId { deployment: deployment.clone(), group }).collect()
    }

    /// Has the tenant accept the provider's bid.
    pub(super) fn accept(&self, tenant: &str, order: &LeaseId) {
        let world = &mut self.chains.borrow_mut().world;
        let bid = world.bids(order).unwrap().remove(0);
        world.accept_bid(tenant, order.deployment.seq, &bid).unwrap();
        world.relay().unwrap();
    }

    /// Has the tenant close.
    pub(super) fn close(&self, tenant: &str, order: &LeaseId) {
        let world = &mut self.chains.borrow_mut().world;
        world.close(tenant, order.deployment.seq).unwrap();
        world.relay().unwrap();
    }

    /// What the provider told the market of one kind, and when.
    pub(super) fn told(&self, is_meant: impl Fn(&ExecuteMsg) -> bool) -> Vec<u64> {
        let chains = self.chains.borrow();
        chains.told.iter().filter(|(_, msg)| is_meant(msg)).map(|(at, _)| *at).collect()
    }

    pub(super) async fn leases(&self) -> Vec<LeaseInfo> {
        self.desk().leases().await.unwrap()
    }

    /// Its bids that could be accepted at any moment.
    pub(super) async fn open_bids(&self) -> Vec<OwnBid> {
        let mut bids = self.desk().own_bids().await.unwrap();
        bids.retain(|own| own.is_open);
        bids
    }

    /// What the provider's wallet has.
    pub(super) fn purse(&self) -> u128 {
        let chains = self.chains.borrow();
        let account = chains.world.address(MARKET_CHAIN, PROVIDER);
        chains.world.a().balance(&account, STAKE).unwrap()
    }

    fn execute(&self, msg: &ExecuteMsg, funds: &[(u128, &str)]) -> anyhow::Result<TxOutcome> {
        let chains = &mut *self.chains.borrow_mut();
        if (chains.refuses)(msg) {
            return Err(no("refused").into());
        }
        chains.world.pass(chains.seconds_per_tx)?;
        let funds: Vec<Coin> = funds.iter().map(|(units, denom)| coin(*units, *denom)).collect();
        let done = chains.world.market(PROVIDER, msg, &funds);
        done.map_err(|error| no(&error.to_string()))?;
        chains.told.push((chains.world.now(), msg.clone()));
        Ok(TxOutcome {
            hash: "00".into(),
            height: 1,
            gas_used: 0,
            gas_wanted: 0,
            fee: 0,
            events: Vec::new(),
            data: Vec::new(),
        })
    }
}

fn no(reason: &str) -> ChainError {
    ChainError::WouldFail { codespace: "wasm".into(), code: 5, log: reason.into() }
}

impl Reach for Sim {
    fn address(&self) -> &str {
        &self.address
    }

    fn gas_price(&self) -> &GasPrice {
        &self.gas_price
    }

    async fn now(&self) -> anyhow::Result<u64> {
        Ok(self.time())
    }

    async fn balance(&self, denom: &str) -> anyhow::Result<u128> {
        assert_eq!(denom, STAKE, "nothing else is put down");
        Ok(self.purse())
    }

    async fn find<T: DeserializeOwned>(&self, ask: &QueryMsg) -> anyhow::Result<Option<T>> {
        match self.chains.borrow().world.ask_market(ask) {
            Ok(found) => Ok(Some(found)),
            Err(error) if Code::find(&error.to_string()) == Some(Code::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn ask<T: DeserializeOwned>(&self, ask: &QueryMsg) -> anyhow::Result<T> {
        Ok(self.chains.borrow().world.ask_market(ask)?)
    }

    async fn tell(&self, msg: &ExecuteMsg, funds: &[(u128, &str)]) -> anyhow::Result<TxOutcome> {
        assert!(!self.chains.borrow().is_unsettled, "sent beside one of unknown fate: {msg:?}");
        self.execute(msg, funds)
    }

    async fn repeat(&self, msg: &ExecuteMsg) -> anyhow::Result<TxOutcome> {
        self.execute(msg, &[])
    }

    async fn settle(&self) -> anyhow::Result<Option<String>> {
        anyhow::ensure!(!self.chains.borrow().is_unsettled, "not known yet");
        Ok(None)
    }
}
