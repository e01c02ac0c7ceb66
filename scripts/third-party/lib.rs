//! Empty: cargo builds the dependencies by name.
