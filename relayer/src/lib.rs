//! An IBC relayer.
