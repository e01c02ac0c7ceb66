//! What is deployed.

use std::fmt;
use std::path::PathBuf;

use anyhow::ensure;
use cosmwasm_std::{Decimal, Uint128};
use protocol::RouteStyle;
use serde::Deserialize;

/// Gas that a route of style `callbacks` grants a callback unless told otherwise: what chains cap it at.
const CALLBACK_GAS: u64 = 1_000_000;

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

/// How the two chains tell contracts of transfers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// ibc-go's callbacks on both chains.
    #[default]
    Callbacks,
    /// ibc-hooks on the outpost's chain.
    Hooks,
    /// Nothing on the outpost's chain, ibc-go's callbacks on the market's.
    Plain,
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Callbacks => "callbacks",
            Self::Hooks => "hooks",
            Self::Plain => "plain",
        })
    }
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
    /// How the chains tell the contracts of transfers.
    pub style: Style,
    /// Of style `callbacks`: gas for the callback where a packet came from; default 1,000,000.
    pub source_gas: Option<u64>,
    /// Of style `callbacks`: gas for the callback where a packet goes; default 1,000,000.
    pub destination_gas: Option<u64>,
    /// Of style `hooks`: the market's chain has ibc-go's callbacks, and this is the gas of each;
    /// without it the market's chain has ibc-hooks, too.
    pub market_gas: Option<u64>,
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
            style: Style::Callbacks,
            source_gas: None,
            destination_gas: None,
            market_gas: None,
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

    /// The style as the contracts name it.
    #[must_use]
    pub fn style(&self) -> RouteStyle {
        let or_cap = |gas: Option<u64>| gas.unwrap_or(CALLBACK_GAS);
        match self.style {
            Style::Callbacks => RouteStyle::Callbacks {
                source_gas: or_cap(self.source_gas),
                destination_gas: or_cap(self.destination_gas),
            },
            Style::Hooks => RouteStyle::Hooks { market_gas: self.market_gas },
            Style::Plain => RouteStyle::Plain {},
        }
    }

    /// Checks what the form of the file does not tell.
    ///
    /// # Errors
    /// The denom is missing or has no path, or a limit of gas is of another style.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.denom.is_empty(), "`route.denom` is missing: what is paid with");
        ensure!(
            !self.probe_amount.is_zero(),
            "`route.probe_amount` is 0; expected at least 1: a coin must come back to prove the route"
        );
        ensure!(
            !self.denom.starts_with("ibc/") || self.denom_path.is_some(),
            "`route.denom` is `{}`, so `route.denom_path` must give its full path, such as \
             `transfer/channel-3/uusdc`",
            self.denom
        );
        for (key, gas, style) in [
            ("source_gas", self.source_gas, Style::Callbacks),
            ("destination_gas", self.destination_gas, Style::Callbacks),
            ("market_gas", self.market_gas, Style::Hooks),
        ] {
            ensure!(
                gas.is_none() || self.style == style,
                "`route.{key}` is for routes of style `{style}`, and `route.style` is `{}`; leave \
                 one of the two out",
                self.style
            );
        }
        Ok(())
    }
}
