//! Why a purchase was refused, or where it is.
//!
//! What the chains prove about a purchase is little: an error acknowledgement carries no reason.
//! The reason stands in the events of the market's chain, which a node could withhold or invent:
//! a hint for people, never a basis for money.

mod cause;
mod explain;
mod facts;
mod refusal;
mod search;

pub use cause::Cause;
pub use explain::{Explanation, explain};
pub use facts::{Facts, Packet, Reader, Reception, Way};
pub use refusal::{meaning, remedy};
pub use search::{Received, Sent, cancelled, received, refusal_in, sent};
