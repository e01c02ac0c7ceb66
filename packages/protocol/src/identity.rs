//! Who buys, and what they bought.

use std::fmt;

use cosmwasm_schema::cw_serde;

use crate::json::Decode;
use crate::limits::{self, LimitError};

/// Who owns a deployment on the market.
///
/// A remote tenant is what the chain proves, the channel and the sender, plus the sender's own
/// word for whom it acts. A bare bech32 is never an identity: it can exist on many chains.
#[cw_serde]
#[derive(Decode, Eq, PartialOrd, Ord)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub enum Tenant {
    /// An account of the market's own chain.
    Local {
        /// Its address.
        address: String,
    },
    /// A sender on another chain.
    Remote {
        /// Transfer channel on the market's chain, the name of the route.
        route: String,
        /// Packet sender, as it arrived.
        sender: String,
        /// The sender's immutable sub-ledger key, trusted only inside that sender.
        account: String,
    },
}

impl Tenant {
    /// Checks lengths and forms.
    ///
    /// # Errors
    /// [`LimitError`] naming the field.
    pub fn validate(&self) -> Result<(), LimitError> {
        match self {
            Self::Local { address } => limits::address("tenant.address", address),
            Self::Remote { route, sender, account } => {
                limits::text("tenant.route", route, limits::STRING_BYTES)?;
                limits::address("tenant.sender", sender)?;
                limits::text("tenant.account", account, limits::ADDRESS_BYTES)
            }
        }
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local { address } => f.write_str(address),
            Self::Remote { route, sender, account } => write!(f, "{route}/{sender}/{account}"),
        }
    }
}

/// One deployment: a tenant and the number it gave.
///
/// Numbers are unique and not ordered, because ICS-20 is not. A refused number leaves nothing
/// and may be used again.
#[cw_serde]
#[derive(Decode, Eq, PartialOrd, Ord)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct DeploymentId {
    /// Who owns it.
    pub tenant: Tenant,
    /// The tenant's number for it, below 2^53.
    pub seq: u64,
}

impl fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.seq)
    }
}
