//! Bids. They may outlive their order and its deployment: until their deposit is returned.

use cosmwasm_std::{Order as Direction, Storage, Uint128};
use protocol::json::Decode;
use serde::{Deserialize, Serialize};
use store::Map;

use super::denom::DenomId;
use super::deployment::{GroupKey, Number, Record};
use super::principal::PrincipalId;
use crate::error::ContractError;

/// A bid: deployment, group, provider. There is one of each provider for an order.
pub(crate) type BidKey = (Number, u32, PrincipalId);

/// Written by `bid`, removed when it wins or is returned. Changed only by [`save`] and [`remove`].
pub(crate) const BIDS: Map<BidKey, Bid> = Map::new("bid");
/// (provider, deployment, group) -> whose order. Lives and dies with [`BIDS`].
pub(crate) const BIDS_BY_PROVIDER: Map<(PrincipalId, Number, u32), Named> = Map::new("bid_by");

/// A provider's bid for an order.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Bid {
    /// Its number in the order.
    pub(crate) bid_no: u64,
    /// Nano-units per second.
    pub(crate) rate: Uint128,
    /// Until when it is binding.
    pub(crate) valid_until: u64,
    /// What the market holds for it.
    pub(crate) deposit: Uint128,
    /// The denom of that.
    pub(crate) deposit_denom: DenomId,
}

/// The name of a deployment, which may be closed when it is asked for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Decode)]
pub(crate) struct Named {
    /// Whose it is.
    #[serde(rename = "t")]
    pub(crate) tenant: PrincipalId,
    /// The tenant's number for it.
    #[serde(rename = "s")]
    pub(crate) seq: u64,
}

impl From<&Record> for Named {
    fn from(record: &Record) -> Self {
        Self { tenant: record.tenant, seq: record.seq }
    }
}

/// Stores a bid, so that it is found by its order and by its provider.
pub(crate) fn save(
    storage: &mut dyn Storage,
    key: BidKey,
    bid: &Bid,
    order_of: Named,
) -> Result<(), ContractError> {
    BIDS.save(storage, key, bid)?;
    Ok(BIDS_BY_PROVIDER.save(storage, (key.2, key.0, key.1), &order_of)?)
}

/// Removes a bid.
pub(crate) fn remove(storage: &mut dyn Storage, key: BidKey) {
    BIDS.remove(storage, key);
    BIDS_BY_PROVIDER.remove(storage, (key.2, key.0, key.1));
}

/// The bids held for an open order: at most [`protocol::limits::BIDS`], so they are kept as they are
/// and sorted where their order matters.
pub(crate) fn of_order(
    storage: &dyn Storage,
    order: GroupKey,
) -> Result<Vec<(PrincipalId, Bid)>, ContractError> {
    let entries = BIDS.prefix(order).range(storage, None, None, Direction::Ascending);
    entries.map(|entry| entry.map_err(Into::into)).collect()
}
