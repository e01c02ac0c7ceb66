//! The user's tool: deploys the contracts, tells the story, says why a purchase was refused.
//!
//! [`deploy`] brings the market, the outpost and everything between them onto two chains;
//! [`localnet`] and [`ferry`] are what it, the demo and the end-to-end tests need for two local
//! nodes with a relayer between them.

pub mod cli;
pub mod coin;
pub mod demo;
pub mod denom;
pub mod deploy;
pub mod ferry;
pub mod figures;
pub mod home;
pub mod localnet;
mod lock;
pub mod propose;
pub mod provider;
pub mod refusal;
pub mod sdl;
pub mod session;
pub mod why;
