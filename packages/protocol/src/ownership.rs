//! How a contract changes hands: the JSON of cw-ownable, which both contracts take.

use cosmwasm_schema::cw_serde;
use cw_utils::Expiration;

use crate::json::Decode;

/// A step of the change of a contract's owner. Source: cw-ownable 2.1, `Action`.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub enum OwnershipAction {
    /// The owner proposes another.
    TransferOwnership {
        /// Who.
        new_owner: String,
        /// Until when it can accept; none means for ever.
        #[serde(default)]
        expiry: Option<Expiration>,
    },
    /// The one proposed accepts.
    AcceptOwnership,
    /// The owner leaves for ever; there will be none.
    RenounceOwnership,
}
