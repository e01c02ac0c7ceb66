//! Transfers home under way, and those that failed.

use cosmwasm_std::{Addr, Uint128};
use protocol::json::Decode;
use serde::{Deserialize, Serialize};
use store::Map;

use super::denom::DenomId;
use super::principal::PrincipalId;
use super::route::RouteId;

/// (route, packet sequence) -> transfer home. Written in the reply of its send, removed by its
/// acknowledgement or timeout, or by `recover_settle`.
pub(crate) const IN_FLIGHT: Map<(RouteId, u64), InFlight> = Map::new("in_flight");
/// Denom -> units of the transfers home in [`IN_FLIGHT`], but for those set [`InFlight::aside`].
pub(crate) const UNRESOLVED: Map<DenomId, Uint128> = Map::new("unresolved");
/// (claimant, denom) -> failed transfers home. Written by a failure, removed by a success.
pub(crate) const RETRIES: Map<(PrincipalId, DenomId), Retry> = Map::new("retry");
/// (remote tenant, denom, its number of a deployment) -> units of its claimable that come from that
/// deployment. Written with the credit, removed by the claim that pays them.
pub(crate) const ORIGINS: Map<(PrincipalId, DenomId, u64), Uint128> = Map::new("origin");
/// Remote tenant -> where its money goes. Absent for the default: the sender. Written by `open`, by
/// `set_refund_to`, and for a sender itself by its probe.
pub(crate) const HOMES: Map<PrincipalId, Home> = Map::new("home");

/// A transfer home.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct InFlight {
    /// The route it takes.
    pub(crate) route: RouteId,
    /// Whose claimable the coin becomes if it comes back.
    pub(crate) owner: PrincipalId,
    /// Its denom.
    pub(crate) denom: DenomId,
    /// Its units.
    pub(crate) amount: Uint128,
    /// Our number of it on the route.
    pub(crate) n: u64,
    /// When it can be received no more.
    pub(crate) timeout_at: u64,
    /// The deployment it comes from.
    #[serde(default)]
    pub(crate) seq: Option<u64>,
    /// Whether it goes to the route's outpost, which can be asked about it.
    #[serde(default)]
    pub(crate) to_outpost: bool,
    /// Whether it is a statement or a probe. Their coins are anybody's to send at any time, so what is
    /// unresolved leaves them out: else a unit under way would keep others' coins from being recovered.
    #[serde(default)]
    pub(crate) aside: bool,
    /// Until when a question about it is under way.
    #[serde(default)]
    pub(crate) asked_until: u64,
}

/// Transfers home that failed since the last that did not.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Retry {
    /// How many.
    pub(crate) attempts: u32,
    /// When the first failed.
    pub(crate) first_failed_at: u64,
    /// When anyone may try again.
    pub(crate) next_at: u64,
}

/// Where a remote tenant's money goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Decode)]
pub(crate) struct Home {
    /// On its own chain; none means to the sender.
    pub(crate) refund_to: Option<String>,
    /// On this chain, if the way home is dead.
    pub(crate) local_refund: Option<Addr>,
    /// Revision of the command that set `refund_to`; zero if none did. Once one has, a purchase that
    /// was held back does not undo it.
    #[serde(default)]
    pub(crate) refund_to_rev: u64,
}
