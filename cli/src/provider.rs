//! A provider at work: what it asks, what it can carry, and a loop that does it all.
//!
//! Everything the loop decides it reads from the market in the same round: which leases it has,
//! for which orders it has bid, what time it is. So a restart changes nothing, and it never bids
//! beyond its capacity. Strangers write the orders, so whatever they can make it spend has a limit.

mod capacity;
mod config;
mod due;
mod limits;
mod load;
mod market;
mod name;
mod run;
mod standing;

pub use capacity::{Capacity, Gpus};
pub use config::{Config, DenomPrices, EXAMPLE, PriceFile, check_uri, example};
pub use due::is_binding;
pub use limits::Limits;
pub use market::{Desk, Reach};
pub use name::parse_order;
pub use run::{Round, Worker};
pub use standing::StandingOffer;
