//! What crosses the wire, encoded and decoded: pure, the same input gives the same bytes.

pub mod sign;
pub mod tx;
