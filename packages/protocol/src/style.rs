//! How the contracts of a route learn of transfers, and the memos that follow from it.
//!
//! What goes to the market carries an order, what comes home a [`crate::money::Settle`]; so a
//! message tells which end is its source. Each end learns of transfers by ibc-go callbacks, by
//! ibc-hooks or not at all; a memo asks for what the source has and what the destination has.

use cosmwasm_schema::cw_serde;
use serde::Serialize;

use crate::json::Decode;
use crate::memo::{Callback, MemoError, encode_within_limit};
use crate::money::{Action, Message};

/// How a route's chains call contracts back.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub enum RouteStyle {
    /// ibc-go callbacks at both ends.
    Callbacks {
        /// Gas for the callback at the source.
        source_gas: u64,
        /// Gas for the callback at the destination.
        destination_gas: u64,
    },
    /// ibc-hooks at the outpost's end; see [`crate::hooks`].
    Hooks {
        /// The market's end has ibc-go callbacks: gas for each. Absent: it has ibc-hooks, too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        market_gas: Option<u64>,
    },
    /// Nothing at the outpost's end, ibc-go callbacks at the market's. The outpost asks over the
    /// control channel what became of its money, and none comes home to it.
    Plain {},
}

/// How a contract learns of transfers on its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    /// By ibc-go callbacks, with this gas or the most that the chain grants.
    Callbacks(Option<u64>),
    /// By ibc-hooks.
    Hooks,
    /// Not at all.
    Nothing,
}

/// At which end of a transfer a contract is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Source,
    Destination,
}

/// From whom a transfer goes, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parties<'a> {
    /// The contract that sends it.
    pub source: &'a str,
    /// The contract that gets it; none for an account that nobody can call.
    pub destination: Option<&'a str>,
}

/// A memo of any style. The order of the keys is the one of the golden files.
#[derive(Serialize)]
struct Built<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    src_callback: Option<Callback>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dest_callback: Option<Callback>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entrepot: Option<&'a Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wasm: Option<Call<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ibc_callback: Option<&'a str>,
}

/// What ibc-hooks executes: the contract must be the transfer's receiver.
#[derive(Serialize)]
struct Call<'a> {
    contract: &'a str,
    msg: Carried<'a>,
}

#[derive(Serialize)]
struct Carried<'a> {
    entrepot: &'a Message,
}

impl Side {
    /// The gas of this side.
    const fn of(self, source: u64, destination: u64) -> u64 {
        match self {
            Self::Source => source,
            Self::Destination => destination,
        }
    }
}

impl RouteStyle {
    /// How the market learns of a transfer.
    const fn at_market(&self, side: Side) -> Means {
        match self {
            Self::Callbacks { source_gas, destination_gas } => {
                Means::Callbacks(Some(side.of(*source_gas, *destination_gas)))
            }
            Self::Hooks { market_gas: Some(gas) } => Means::Callbacks(Some(*gas)),
            Self::Hooks { market_gas: None } => Means::Hooks,
            Self::Plain {} => Means::Callbacks(None),
        }
    }

    /// How the outpost learns of a transfer.
    const fn at_outpost(&self, side: Side) -> Means {
        match self {
            Self::Callbacks { source_gas, destination_gas } => {
                Means::Callbacks(Some(side.of(*source_gas, *destination_gas)))
            }
            Self::Hooks { .. } => Means::Hooks,
            Self::Plain {} => Means::Nothing,
        }
    }

    /// Whether money comes to the market by way of ibc-hooks.
    #[must_use]
    pub fn hooks_at_market(&self) -> bool {
        self.at_market(Side::Destination) == Means::Hooks
    }

    /// Whether money comes home by way of ibc-hooks.
    #[must_use]
    pub fn hooks_at_outpost(&self) -> bool {
        self.at_outpost(Side::Destination) == Means::Hooks
    }

    /// Whether the outpost learns of no transfer, neither of its own nor home.
    #[must_use]
    pub fn leaves_outpost_deaf(&self) -> bool {
        self.at_outpost(Side::Destination) == Means::Nothing
    }

    /// The gas limits that the style names, for their range to be checked.
    pub fn gas_limits(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let named = match self {
            Self::Callbacks { source_gas, destination_gas } => {
                [Some(("source_gas", *source_gas)), Some(("destination_gas", *destination_gas))]
            }
            Self::Hooks { market_gas } => [market_gas.map(|gas| ("market_gas", gas)), None],
            Self::Plain {} => [None, None],
        };
        named.into_iter().flatten()
    }

    /// Builds the memo of a transfer.
    ///
    /// # Errors
    /// [`MemoError::Limit`] if the message is beyond its limits, or the memo too long.
    pub fn memo(&self, parties: Parties<'_>, message: &Message) -> Result<String, MemoError> {
        message.validate()?;
        let is_homeward = matches!(message.action, Action::Settle(_));
        let (source, destination) = if is_homeward {
            (self.at_market(Side::Source), self.at_outpost(Side::Destination))
        } else {
            (self.at_outpost(Side::Source), self.at_market(Side::Destination))
        };
        let mut memo = Built {
            src_callback: None,
            dest_callback: None,
            entrepot: Some(message),
            wasm: None,
            ibc_callback: None,
        };
        match source {
            Means::Callbacks(gas) => memo.src_callback = Some(callback(parties.source, gas)),
            Means::Hooks => memo.ibc_callback = Some(parties.source),
            Means::Nothing => {}
        }
        match (destination, parties.destination) {
            (Means::Callbacks(gas), Some(called)) => {
                memo.dest_callback = Some(callback(called, gas));
            }
            (Means::Hooks, Some(contract)) => {
                memo.entrepot = None;
                memo.wasm = Some(Call { contract, msg: Carried { entrepot: message } });
            }
            (Means::Nothing, _) | (_, None) => {}
        }
        encode_within_limit(&memo)
    }
}

fn callback(address: &str, gas: Option<u64>) -> Callback {
    Callback { address: address.into(), gas_limit: gas.map(|gas| gas.to_string()) }
}
