//! Two chains in one process, deterministic: for tests and for the demo.
