//! Where the story happens.

use cosmwasm_std::{CosmosMsg, Uint128};
use serde::de::DeserializeOwned;

/// One of the two chains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The market's chain, "A".
    A,
    /// The outpost's chain, "B".
    B,
}

/// Who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// Runs workloads, on A.
    Provider,
    /// Takes the fees, on A.
    Treasury,
    /// The market contract, on A.
    Market,
    /// Buys, on B.
    Dao,
    /// The outpost contract, on B.
    Outpost,
    /// Where B's transfer module keeps what is on A as vouchers.
    Escrow,
    /// Does what anybody may do, on either chain.
    Anyone,
}

/// What moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asset {
    /// B's stablecoin; on A its voucher.
    Usdx,
    /// A's own coin, in which providers stake.
    Stake,
}

/// How fast the story goes. Simulated chains skip time; real ones have to wait for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tempo {
    /// How often the provider beats.
    pub(super) beats: u32,
    /// Seconds after each.
    pub(super) seconds_between: u64,
    /// Times the price of a small web server, so that the sums are seen to move.
    pub(super) price_factor: u128,
    /// How often the relayer is let work before something that must come has not come.
    pub(super) patience: u32,
}

/// Where the story happens. All that is told is done and read through this.
pub(super) trait Stage {
    /// What it is, in a sentence.
    fn describe(&self) -> String;

    /// How fast the story goes here.
    fn tempo(&self) -> Tempo;

    /// The id of a chain.
    fn chain_id(&self, side: Side) -> String;

    /// The transfer channel on A: the name of the route there.
    fn route_on_a(&self) -> String;

    /// The name of the route at the outpost.
    fn route_on_b(&self) -> String;

    /// Somebody's address.
    fn address(&self, who: Who) -> String;

    /// What an asset is called on a chain.
    fn denom(&self, asset: Asset, side: Side) -> String;

    /// Tells the market something.
    async fn tell_market(
        &mut self,
        who: Who,
        msg: &market::msg::ExecuteMsg,
        funds: Option<(Uint128, Asset)>,
    ) -> anyhow::Result<()>;

    /// Tells the outpost something, without money.
    async fn tell_outpost(
        &mut self,
        who: Who,
        msg: &outpost::msg::ExecuteMsg,
    ) -> anyhow::Result<()>;

    /// Has the DAO decide on a message and execute it; returns how it did.
    async fn decide(&mut self, title: &str, msg: CosmosMsg) -> anyhow::Result<String>;

    /// Asks the market.
    async fn ask_market<T: DeserializeOwned>(
        &self,
        ask: &market::msg::QueryMsg,
    ) -> anyhow::Result<T>;

    /// Asks the outpost.
    async fn ask_outpost<T: DeserializeOwned>(
        &self,
        ask: &outpost::msg::QueryMsg,
    ) -> anyhow::Result<T>;

    /// What somebody has.
    async fn balance(&self, who: Who, asset: Asset) -> anyhow::Result<u128>;

    /// How much there is of an asset on a chain.
    async fn supply(&self, asset: Asset, side: Side) -> anyhow::Result<u128>;

    /// Lets the relayer work.
    async fn carry(&mut self) -> anyhow::Result<()>;

    /// Lets time pass.
    async fn pass(&mut self, seconds: u64) -> anyhow::Result<()>;
}

impl Who {
    /// The chain on which somebody has money.
    pub(super) const fn side(self) -> Side {
        match self {
            Self::Provider | Self::Treasury | Self::Market => Side::A,
            Self::Dao | Self::Outpost | Self::Escrow | Self::Anyone => Side::B,
        }
    }

    /// The name in the tables.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Treasury => "treasury",
            Self::Market => "market",
            Self::Dao => "DAO",
            Self::Outpost => "outpost",
            Self::Escrow => "under way or on A",
            Self::Anyone => "anyone",
        }
    }
}

impl Side {
    /// The name in the tables.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::A => "chain A",
            Self::B => "chain B",
        }
    }
}
