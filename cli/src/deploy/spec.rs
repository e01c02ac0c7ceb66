//! What is deployed.

use std::path::PathBuf;

use cosmwasm_std::{Decimal, Uint128};
use protocol::RouteStyle;
use serde::Deserialize;

/// The contracts and how they are set up.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// The compiled contracts.
    pub artifacts: Artifacts,
    /// The market.
    pub market: MarketSpec,
    /// The outpost.
    pub outpost: OutpostSpec,
    /// The way between them.
    pub route: RouteSpec,
}

/// The compiled contracts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifacts {
    /// The market's wasm.
    pub market: PathBuf,
    /// The outpost's wasm.
    pub outpost: PathBuf,
}

/// How the market is set up. Amounts are units of the denom named.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MarketSpec {
    /// Who may migrate its code; default nobody. Its owner is the key that deploys, which must add
    /// the route; hand it over with `update_ownership` afterwards.
    pub admin: Option<String>,
    /// Who may claim the fees; default the key that deploys.
    pub treasury: Option<String>,
    /// Who may pause new business beside the owner.
    pub pauser: Option<String>,
    /// The treasury's share, in basis points; at most 2,000.
    pub take_rate_bps: u16,
    /// Seconds for which a deployment without funds keeps its leases.
    pub grace_seconds: u64,
    /// The denom of the providers' stake.
    pub stake_denom: String,
    /// The least stake of a provider.
    pub min_stake: Uint128,
    /// Seconds between a provider's leaving and the release of its stake.
    pub unbonding_seconds: u64,
    /// A denom in which any bond may be given.
    pub bond_denom: Option<String>,
    /// Timeout of the transfers home, in seconds.
    pub settle_timeout_seconds: u64,
    /// Gas that one control command may use.
    pub control_gas: u64,
    /// The shortest packet timeout; default 600.
    pub min_timeout_seconds: Option<u64>,
}

impl Default for MarketSpec {
    fn default() -> Self {
        Self {
            admin: None,
            treasury: None,
            pauser: None,
            take_rate_bps: 200,
            grace_seconds: 86_400,
            stake_denom: "stake".into(),
            min_stake: Uint128::new(1_000_000),
            unbonding_seconds: 7 * 86_400,
            bond_denom: None,
            settle_timeout_seconds: 3_600,
            control_gas: 800_000,
            min_timeout_seconds: None,
        }
    }
}

/// How the outpost is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutpostSpec {
    /// Who may migrate its code; default nobody. Its owner is the key that deploys, which must
    /// prove the route; hand it over likewise.
    pub admin: Option<String>,
    /// The shortest packet timeout; default 600.
    pub min_timeout_seconds: Option<u64>,
    /// The timeout of a packet whose sender names none; default one hour.
    pub default_timeout_seconds: Option<u64>,
    /// Seconds for which an unsent purchase may be sent; default 7 days.
    pub send_window_seconds: Option<u64>,
}

/// The way between market and outpost, and the money on it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RouteSpec {
    /// The name under which purchases name it.
    pub name: String,
    /// What is paid with, as the outpost's chain calls it.
    pub denom: String,
    /// For a denom that begins with `ibc/`: its full path there, such as `transfer/channel-3/uusdc`.
    pub denom_path: Option<String>,
    /// What is sent to the market and back to prove the route.
    pub probe_amount: Uint128,
    /// The least deposit the market takes.
    pub min_deposit: Uint128,
    /// The least bond of a lease paid in it.
    pub min_bond: Uint128,
    /// Units of the market's bond denom for one unit of bond.
    pub bond_factor: Option<Decimal>,
    /// Units set aside for each order.
    pub listing_fee: Uint128,
    /// Gas that a route grants the callback where a packet came from.
    pub source_gas: u64,
    /// Gas that it grants the callback where a packet goes; the chain caps it.
    pub destination_gas: u64,
    /// Seconds to wait for the route to be proved.
    pub wait_seconds: u64,
}

impl Default for RouteSpec {
    fn default() -> Self {
        Self {
            name: "market".into(),
            denom: String::new(),
            denom_path: None,
            probe_amount: Uint128::new(10_000),
            min_deposit: Uint128::new(10_000),
            min_bond: Uint128::new(1_000),
            bond_factor: None,
            listing_fee: Uint128::zero(),
            source_gas: 1_000_000,
            destination_gas: 1_000_000,
            wait_seconds: 120,
        }
    }
}

impl RouteSpec {
    /// The denom with the hops it came by.
    #[must_use]
    pub fn denom_path(&self) -> &str {
        self.denom_path.as_deref().unwrap_or(&self.denom)
    }

    /// How the contracts are called back.
    #[must_use]
    pub const fn style(&self) -> RouteStyle {
        RouteStyle::Callbacks { source_gas: self.source_gas, destination_gas: self.destination_gas }
    }
}
