//! What callers say to the outpost: the stable surface for DAOs, multisigs, wallets and tools.
//!
//! One variant is one privilege, so that an x/authz grant can name it. Amounts are strings,
//! durations are seconds, unknown fields are refused.

mod buyer;
mod execute;
mod owner;
mod query;
pub mod responses;

pub use buyer::{Buy, Operator, RemoteOperators, SpendingLimit};
pub use execute::ExecuteMsg;
pub use owner::{ConfigChanges, InstantiateMsg, MigrateMsg};
pub use protocol::ownership::OwnershipAction;
pub use query::QueryMsg;
