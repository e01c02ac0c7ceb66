//! A client to a real Cosmos chain: keys, transactions, proofs, headers, events, an RPC pool.
