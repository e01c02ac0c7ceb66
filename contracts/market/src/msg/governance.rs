//! What the owner of the market says.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Decimal, Uint128};
use protocol::json::Decode;
use protocol::{RouteStyle, Tenant};

use super::LeaseId;

/// A denom and its terms.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct NewDenom {
    /// The denom on this chain; `cw20:<contract>` for a token, only without a route.
    pub denom: String,
    /// The route it comes by; none for tenants of this chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// The least deposit by this route, in units.
    pub min_deposit: Uint128,
    /// The least bond of a lease paid in this denom, in units; the same for all its routes.
    pub min_bond: Uint128,
    /// Units of the market's bond denom for one unit of bond, rounded up; none if bonds must be in
    /// this denom. The same for all its routes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bond_factor: Option<Decimal>,
    /// Units set aside for each order: whoever closes it after its expiry is paid them, and else
    /// they are the tenant's again. The same for all routes; default none.
    #[serde(default, skip_serializing_if = "Uint128::is_zero")]
    pub listing_fee: Uint128,
}

/// A transfer channel over which tenants buy.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct NewRoute {
    /// The transfer channel on this chain; it is the name of the route.
    pub channel: String,
    /// The outpost contract at the other end, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outpost: Option<String>,
    /// How the chains call back.
    pub style: RouteStyle,
}

/// A change of a route; what is left out stays.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct RouteUpdate {
    /// The route.
    pub channel: String,
    /// Whether it takes new deployments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The outpost, as long as the route has none: it is part of its tenants' identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outpost: Option<String>,
    /// How the chains call back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<RouteStyle>,
}

/// A tenant that is repaid out of its provider's stake.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Harm {
    /// A lease of the tenant's that the provider runs.
    pub lease: LeaseId,
    /// Units of the stake.
    pub amount: Uint128,
}

/// What the owner does only after announcing it.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub enum OwnerAction {
    /// After 14 days: pay a remote tenant's claimable another way, if its own has been dead since
    /// before the announcement.
    Rescue {
        /// Whose.
        claimant: Tenant,
        /// The denom.
        denom: String,
        /// Which way.
        way: Way,
    },
    /// After 7 days: credit coins that arrived without an order. Never more than the bank holds
    /// beyond what the market owes.
    AttributeStray {
        /// The denom.
        denom: String,
        /// Units.
        amount: Uint128,
        /// To whom.
        to: Tenant,
    },
    /// After 14 days: say how a transfer home ended of which no word came.
    ResolveSettle {
        /// The route.
        route: String,
        /// Sequence of its packet.
        sequence: u64,
        /// How. A coin that is back is credited only if the bank holds it beyond what the market owes.
        outcome: Outcome,
    },
}

/// Another way for a tenant whose own is dead.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub enum Way {
    /// To an address of this chain; only if the tenant named none itself.
    Here {
        /// The address.
        to: String,
    },
    /// Home over another route.
    Over {
        /// The route.
        route: String,
    },
}

/// How a transfer home ended.
#[cw_serde]
#[derive(Decode, Copy, Eq)]
pub enum Outcome {
    /// It arrived.
    Arrived,
    /// Its coin is back with the market.
    Returned,
}
