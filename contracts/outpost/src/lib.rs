//! The outpost contract: the buyer's side, chain B.
