//! The outpost with a chain around it that does what it is told: takes or refuses transfers,
//! delivers callbacks once, twice or never. After every step the ledger's invariants are checked.

mod admin;
mod auto_top_up;
mod budgets;
mod buying;
mod callbacks;
mod channels;
mod commands;
mod custody;
mod fuzz;
mod hostile;
mod reading;
mod readme;
mod released;
mod repair;
mod routes;
mod seeds;
mod settling;
mod suite;
mod unsent;
