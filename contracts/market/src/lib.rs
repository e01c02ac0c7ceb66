//! The market contract: an open market for compute, chain A.
