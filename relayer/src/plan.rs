//! Which messages are owed, when, and together with which others.

pub mod cleared;
pub mod explain;
pub mod work;

mod batch;
mod behind;
mod choose;
mod client;
mod delay;
pub(crate) mod epoch;
pub(crate) mod gas;
pub(crate) mod handshake;
pub mod idle;
pub(crate) mod learned;
mod message;
mod message_v2;
mod opening;
pub(crate) mod politeness;
pub(crate) mod refusal;
mod signing;
mod simulate;
pub(crate) mod single;
pub(crate) mod tare;
mod weigh;
mod window;
