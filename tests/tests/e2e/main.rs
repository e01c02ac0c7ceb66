//! The stories of the README and everything that can go wrong with them, on two real wasmd nodes
//! with ferry between them. See `README.md` beside the manifest.

mod auction;
mod book;
mod daos;
mod deploying;
mod faults;
mod migration;
mod modules;
mod offer;
mod refusals;
mod styles;
mod timeout;
mod tokens;
mod unsent;
mod wallet;
