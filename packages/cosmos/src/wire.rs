//! What crosses the wire, encoded and decoded: pure, the same input gives the same bytes.

pub mod client;
pub mod ethermint;
pub mod event;
pub mod event_v1;
pub mod event_v2;
pub mod gas;
pub mod gov;
pub mod header;
pub mod height;
pub(crate) mod json;
pub mod msg_v2;
pub mod packet;
pub mod packet_v2;
pub mod path;
pub mod proof;
pub mod sign;
pub mod terms;
pub mod tx;
pub mod wasm;
