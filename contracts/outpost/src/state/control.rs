//! Control packets whose answer is awaited, and settlements that were credited.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::Empty;
use protocol::json::Decode;
use store::Map;

/// (channel, sequence) -> what was said. Written in the reply of the send, removed by the
/// acknowledgement or timeout before anything else.
pub(crate) const AWAITED: Map<(&str, u64), Awaited> = Map::new("awaited");
/// Order -> when its question to the market is given up, in seconds since 1970. Removed by the
/// answer.
pub(crate) const ASKED: Map<u64, u64> = Map::new("asked");
/// (route, the market's number) -> nothing, for each settlement credited. Never removed: it
/// answers the market's `settled` question however late that comes.
pub(crate) const SETTLED: Map<(&str, u64), Empty> = Map::new("settled");

/// A control packet under way.
#[cw_serde]
#[derive(Decode)]
pub(crate) struct Awaited {
    /// Name of its route.
    pub(crate) route: String,
    /// What its answer is for.
    pub(crate) purpose: Purpose,
}

/// What the answer of a control packet is for.
#[cw_serde]
#[derive(Decode, Copy, Eq)]
pub(crate) enum Purpose {
    /// A bid of this order was accepted.
    AcceptBid {
        /// The order.
        seq: u64,
    },
    /// This order was closed.
    Close {
        /// The order.
        seq: u64,
    },
    /// Something of this order was changed that does not move its state.
    Manage {
        /// The order.
        seq: u64,
    },
    /// How this order stands.
    Status {
        /// The order.
        seq: u64,
    },
    /// Whether this money packet was accepted.
    Reconcile {
        /// The packet's number.
        n: u64,
    },
}

impl Purpose {
    /// The message that sends it, for the attribute `action`.
    #[must_use]
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::AcceptBid { .. } => "accept_bid",
            Self::Close { .. } => "close",
            Self::Manage { .. } => "manage",
            Self::Status { .. } => "status",
            Self::Reconcile { .. } => "reconcile",
        }
    }

    /// The number of what it is about.
    #[must_use]
    pub(crate) const fn subject(self) -> u64 {
        match self {
            Self::AcceptBid { seq }
            | Self::Close { seq }
            | Self::Manage { seq }
            | Self::Status { seq } => seq,
            Self::Reconcile { n } => n,
        }
    }
}
