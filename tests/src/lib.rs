//! End-to-end tests on real chains.
