//! Tests of the wire: golden bytes, limits, refusals, properties.

mod chain_rules;
mod codes;
mod edges;
mod generators;
mod golden;
mod handshake;
mod json;

mod limits_bytes;
mod limits_lists;
mod limits_numbers;
mod limits_strings;
mod orders;
mod properties;
mod readme;
mod refusals;
mod samples;
mod strictness;
mod styles;
