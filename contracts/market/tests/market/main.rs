//! The market as its users see it. After every message all invariants are checked.

mod auctions;
mod auditors;
mod bids;
mod callbacks;
mod control;
mod exits;
mod far;
mod fees;
mod golden;
mod governance;
mod grief;
mod listing;
mod matching;
mod money;
mod offers;
mod orders;
mod purchase;
mod readme;
mod released;
mod replaced;
mod rescue;
mod slashing;
mod story;
mod suite;
mod terms;
mod tokens;
