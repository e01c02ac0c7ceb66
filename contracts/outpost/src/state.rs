//! What the outpost remembers, by concern. The books themselves are in [`crate::ledger`].

pub(crate) mod config;
pub(crate) mod control;
pub(crate) mod flight;
pub(crate) mod order;
pub(crate) mod route;
