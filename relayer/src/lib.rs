//! An IBC relayer.
//!
//! [`model`] decides: what happened on the chains comes in as facts, what to store and what to ask for
//! comes out. [`plan`] is how it decides: which messages are owed, when, together with which others.
//! Both are pure; everything that waits lives in the driver.

pub mod cli;
pub mod config;
pub mod drive;
pub mod model;
pub mod plan;
pub mod serve;
pub mod store;
