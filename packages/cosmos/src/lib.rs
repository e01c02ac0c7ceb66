//! A client to a real Cosmos chain: keys, transactions, proofs, headers, events.
//!
//! [`wire`] encodes and decodes and does nothing else: no clock, no network, no randomness.

pub mod chain;
pub mod file;
pub mod keys;
pub mod rpc;
pub mod text;
pub mod wire;

pub use ibc_proto;
pub use ibc_proto::google::protobuf::Any;
