//! The escrow account: leases paid by the second out of one balance, exactly.
