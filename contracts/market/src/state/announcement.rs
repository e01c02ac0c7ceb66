//! What the owner has announced.

use protocol::json::Decode;
use serde::{Deserialize, Serialize};
use store::{Item, Map};

use crate::msg::OwnerAction;

/// The last number given.
pub(crate) const LAST: Item<u64> = Item::new("announcement_last");
/// Number -> announcement. Written by `announce`, removed by `perform` and `retract`.
pub(crate) const ANNOUNCEMENTS: Map<u64, Announcement> = Map::new("announcement");

/// Something the owner will do unless it changes its mind.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Announcement {
    /// What.
    pub(crate) action: OwnerAction,
    /// When it was announced.
    pub(crate) announced_at: u64,
    /// From when it can be done.
    pub(crate) due_at: u64,
}
