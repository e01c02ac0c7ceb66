//! The wire between outpost and market: memo, packets, acknowledgements, handshake, limits.
