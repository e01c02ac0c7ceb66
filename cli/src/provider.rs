//! A provider at work: what it asks, what it can carry, and a loop that does it all.
//!
//! Everything the loop decides it reads from the market in the same round: which leases it has,
//! for which orders it has bid. So a restart changes nothing, and it never bids beyond its
//! capacity. Only where deposits of lost bids lie is kept in a file.

mod capacity;
mod config;
mod load;
mod market;
mod memory;
mod run;

pub use capacity::Capacity;
pub use config::{Config, DenomPrices, EXAMPLE, PriceFile, check_uri, example};
pub use market::{Desk, parse_order};
pub use memory::Memory;
pub use run::{Round, Worker};
