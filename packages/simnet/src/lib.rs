//! Two chains in one process, deterministic: for tests and for the demo.
//!
//! The lower layer is a model of chains, channels and transfers for any contracts: [`Chain`],
//! [`Network`], [`Relayer`], [`IbcContract`]. Nothing in it knows this project. The upper layer,
//! [`World`], is the market and the outpost on two such chains, and the people around them.

pub mod chain;
mod conservation;
mod contract;
mod error;
mod ibc;
mod network;
mod relayer;
mod storage;
pub mod world;

pub use chain::{Chain, PacketPlace, State};
pub use conservation::Supply;
pub use contract::{EntryPoint, IbcContract, IbcEntry};
pub use error::{Error, Result};
pub use ibc::IbcModule;
pub use ibc::callbacks::{CallbackKind, CallbackSupport, LEAST_CALLBACK_GAS, MAX_CALLBACK_GAS};
pub use ibc::channel::Counterparty;
pub use ibc::ics20::{TRANSFER_PORT, TRANSFER_VERSION, Transfer, voucher};
pub use ibc::packet::Relayed;
pub use ibc::state::{ChannelEnd, ChannelState, ClientStatus, Connection};
pub use network::{End, Network, PacketId, Stage};
pub use relayer::{Relayer, Sequence, Step};
pub use storage::ChainStorage;
pub use world::World;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
