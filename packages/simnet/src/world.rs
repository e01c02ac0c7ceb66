//! The project's world: the market on one chain, the outpost on another, and who acts there.
//!
//! Every step is one transaction or one run of the relayer, followed by a check of every
//! invariant: no unit lost or made, both contracts solvent in every denom. A refused transaction
//! leaves nothing, so there is nothing to check after it.

mod actions;
mod contracts;
mod exits;
mod ledger;
pub mod orders;
mod setup;
mod token;

use std::collections::BTreeMap;
use std::fmt;

use cosmwasm_std::{Addr, Coin, Empty, coin};
use cw_multi_test::{AppResponse, Contract};
use protocol::handshake::port_of;
use protocol::{DeploymentId, RouteStyle, Tenant};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::chain::{Chain, units};
use crate::error::Result;
use crate::ibc::ics20::PacketData;
use crate::network::Network;
use crate::relayer::{Relayer, Step};

pub use exits::People;
pub use ledger::Balance;

/// Chain id of the market's chain, "A".
pub const MARKET_CHAIN: &str = "alpha-1";
/// Chain id of the outpost's chain, "B".
pub const OUTPOST_CHAIN: &str = "beta-1";
/// The money of B: a stablecoin with six decimals.
pub const USDX: &str = "uusdx";
/// The native coin of A, in which providers stake and give bonds.
pub const STAKE: &str = "ustake";
/// Name of the route at the outpost.
pub const ROUTE: &str = "market";
/// What the outpost's owner sends to prove the route.
pub const PROBE_UNITS: u128 = 10_000;
/// The least deposit the market takes, in units of USDX.
pub const MIN_DEPOSIT: u128 = 10_000;

/// Two ends of a channel: on A and on B.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ends {
    /// The identifier on the market's chain.
    pub market: String,
    /// The identifier on the outpost's chain.
    pub outpost: String,
}

/// The market, the outpost, the chains below them and the people around them.
pub struct World {
    /// The chains.
    pub network: Network,
    /// Who carries packets.
    pub relayer: Relayer,
    /// The market's address on A.
    pub market: Addr,
    /// The outpost's address on B.
    pub outpost: Addr,
    /// The connection.
    pub connection: Ends,
    /// The transfer channel: the route.
    pub transfer: Ends,
    /// The control channel; empty while there is none.
    pub control: Ends,
    /// How the chains call the contracts back.
    style: RouteStyle,
    /// Accounts by (chain, name).
    accounts: BTreeMap<(String, String), Addr>,
    /// Messages that people sent to the market, refused ones included.
    asked: u64,
    /// Units that accounts sent with what was done, by (chain, account, denom).
    spent: BTreeMap<(String, Addr, String), u128>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("network", &self.network).finish_non_exhaustive()
    }
}

impl World {
    /// The market's chain.
    #[must_use]
    pub fn a(&self) -> &Chain {
        self.network.chain(MARKET_CHAIN)
    }

    /// The outpost's chain.
    #[must_use]
    pub fn b(&self) -> &Chain {
        self.network.chain(OUTPOST_CHAIN)
    }

    /// USDX as it is called on A.
    #[must_use]
    pub fn usdx_on_a(&self) -> String {
        crate::ibc::ics20::voucher(&format!("transfer/{}/{USDX}", self.transfer.market))
    }

    /// The stake coin of A as it is called on B.
    #[must_use]
    pub fn stake_on_b(&self) -> String {
        crate::ibc::ics20::voucher(&format!("transfer/{}/{STAKE}", self.transfer.outpost))
    }

    /// An account of A by its name: a contract that was deployed under it, or else a wallet.
    pub fn on_a(&mut self, name: &str) -> Addr {
        self.named(MARKET_CHAIN, name)
    }

    /// An account of B by its name: a contract that was deployed under it, or else a wallet.
    pub fn on_b(&mut self, name: &str) -> Addr {
        self.named(OUTPOST_CHAIN, name)
    }

    fn named(&mut self, chain: &str, name: &str) -> Addr {
        let address = self.address(chain, name);
        self.accounts.insert((chain.into(), name.into()), address.clone());
        address
    }

    /// The address behind a name, without making the name appear in [`World::balances`].
    #[must_use]
    pub fn address(&self, chain: &str, name: &str) -> Addr {
        match self.accounts.get(&(chain.into(), name.into())) {
            Some(known) => known.clone(),
            None => self.network.chain(chain).wallet(name),
        }
    }

    /// Deploys any contract on B and gives it a name, e.g. the multisig of a DAO.
    ///
    /// # Errors
    /// [`crate::Error::Transaction`] if the contract refuses.
    pub fn deploy_on_b<M: Serialize>(
        &mut self,
        name: &str,
        code: Box<dyn Contract<Empty>>,
        msg: &M,
    ) -> Result<Addr> {
        let b = self.network.chain_mut(OUTPOST_CHAIN);
        let deployer = b.wallet("deployer");
        let address = b.deploy(code, &deployer, name, msg)?;
        self.accounts.insert((OUTPOST_CHAIN.into(), name.into()), address.clone());
        Ok(address)
    }

    /// Gives native coins to a named account of B.
    ///
    /// # Errors
    /// [`crate::Error::Transaction`] for an amount of zero.
    pub fn fund(&mut self, name: &str, units: u128) -> Result<()> {
        let account = self.on_b(name);
        self.network.chain_mut(OUTPOST_CHAIN).mint(&account, coin(units, USDX))
    }

    /// What a named account of B holds in USDX.
    ///
    /// # Errors
    /// [`crate::Error::Transaction`] if the bank cannot be read.
    pub fn usdx_of(&self, name: &str) -> Result<u128> {
        self.b().balance(&self.address(OUTPOST_CHAIN, name), USDX)
    }

    /// Executes the market as a named account of A.
    ///
    /// # Errors
    /// [`crate::Error::Transaction`] with the market's reason; [`crate::Error::Invariant`].
    pub fn market(
        &mut self,
        sender: &str,
        msg: &market::msg::ExecuteMsg,
        funds: &[Coin],
    ) -> Result<AppResponse> {
        self.asked += 1;
        let (sender, market) = (self.on_a(sender), self.market.clone());
        let done = self.network.chain_mut(MARKET_CHAIN).execute(&sender, &market, msg, funds)?;
        self.note_spent(MARKET_CHAIN, &sender, funds)?;
        self.check()?;
        Ok(done)
    }

    /// Executes the outpost as a named account of B.
    ///
    /// # Errors
    /// [`crate::Error::Transaction`] with the outpost's reason; [`crate::Error::Invariant`].
    pub fn outpost(
        &mut self,
        sender: &str,
        msg: &outpost::msg::ExecuteMsg,
        funds: &[Coin],
    ) -> Result<AppResponse> {
        let (sender, outpost) = (self.on_b(sender), self.outpost.clone());
        let done = self.network.chain_mut(OUTPOST_CHAIN).execute(&sender, &outpost, msg, funds)?;
        self.note_spent(OUTPOST_CHAIN, &sender, funds)?;
        self.check()?;
        Ok(done)
    }

    /// How many messages people sent to the market, refused ones included, and how many packets it was
    /// given. What [`World::knock_at_every_exit`] sends does not count: it is the same each time.
    ///
    /// # Errors
    /// [`crate::Error::Transaction`] if a store cannot be read.
    pub fn reached_market(&self) -> Result<u64> {
        let mut reached = self.asked;
        let control = port_of(self.market.as_str());
        for id in self.network.sent()?.into_iter().filter(|id| id.chain == OUTPOST_CHAIN) {
            let packet = self.network.packet(&id)?;
            let is_ours = packet.dest.port_id == control
                || PacketData::parse(&packet)
                    .is_ok_and(|data| data.receiver == self.market.as_str());
            reached += u64::from(is_ours && self.network.ack(&id)?.is_some());
        }
        Ok(reached)
    }

    fn note_spent(&mut self, chain: &str, account: &Addr, coins: &[Coin]) -> Result<()> {
        for Coin { denom, amount } in coins {
            let key = (chain.to_owned(), account.clone(), denom.clone());
            *self.spent.entry(key).or_default() += units(*amount)?;
        }
        Ok(())
    }

    /// Units of a denom that a named account of a chain has sent with what was done: to the contracts
    /// there, or by a transfer of its own, which may have come back.
    #[must_use]
    pub fn spent_by(&self, chain: &str, name: &str, denom: &str) -> u128 {
        let key = (chain.to_owned(), self.address(chain, name), denom.to_owned());
        self.spent.get(&key).copied().unwrap_or_default()
    }

    /// How the chains call the contracts back.
    #[must_use]
    pub const fn style(&self) -> &RouteStyle {
        &self.style
    }

    /// Whether the contracts have a route to each other.
    #[must_use]
    pub fn is_routed(&self) -> bool {
        !self.transfer.market.is_empty()
    }

    /// Asks the market.
    ///
    /// # Errors
    /// [`crate::Error::Transaction`] with the market's reason.
    pub fn ask_market<T: DeserializeOwned>(&self, msg: &market::msg::QueryMsg) -> Result<T> {
        self.a().query(&self.market, msg)
    }

    /// Asks the outpost.
    ///
    /// # Errors
    /// [`crate::Error::Transaction`] with the outpost's reason.
    pub fn ask_outpost<T: DeserializeOwned>(&self, msg: &outpost::msg::QueryMsg) -> Result<T> {
        self.b().query(&self.outpost, msg)
    }

    /// Relays until nothing moves.
    ///
    /// # Errors
    /// Any error but what a closed channel or a dead client blocks; [`crate::Error::Invariant`].
    pub fn relay(&mut self) -> Result<Vec<Step>> {
        let steps = self.relayer.relay_all(&mut self.network);
        self.check()?;
        steps
    }

    /// Lets time pass on both chains.
    ///
    /// # Errors
    /// [`crate::Error::Invariant`].
    pub fn pass(&mut self, seconds: u64) -> Result<()> {
        self.network.advance(seconds);
        self.check()
    }

    /// Lets time pass on one chain alone, of which the other knows nothing.
    ///
    /// # Errors
    /// [`crate::Error::Invariant`].
    pub fn pass_on(&mut self, chain: &str, seconds: u64) -> Result<()> {
        self.network.advance_chain(chain, seconds);
        self.check()
    }

    /// Block time on A: the same on both chains, but after [`World::pass_on`].
    #[must_use]
    pub fn now(&self) -> u64 {
        self.a().now()
    }

    /// The tenant that the market sees for an owner's orders through the outpost.
    pub fn tenant(&mut self, owner: &str) -> Tenant {
        Tenant::Remote {
            route: self.transfer.market.clone(),
            sender: self.outpost.to_string(),
            account: self.on_b(owner).into(),
        }
    }

    /// The market's name for an order through the outpost.
    pub fn deployment(&mut self, owner: &str, seq: u64) -> DeploymentId {
        DeploymentId { tenant: self.tenant(owner), seq }
    }
}
