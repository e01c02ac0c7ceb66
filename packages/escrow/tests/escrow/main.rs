//! The escrow against a naive second-by-second model, its invariants after every step of random
//! histories, and named regressions.

mod akash;
mod counterexamples;
mod history;
mod invariants;
mod limits;
mod model;
mod operations;
mod properties;
mod record;
mod scene;
