//! What the owner has announced.

use super::store::{Item, Map};
use serde::{Deserialize, Serialize};

use crate::msg::OwnerAction;

/// The last number given.
pub(crate) const LAST: Item<u64> = Item::new("announcement_last");
/// Number -> announcement. Written by `announce`, removed by `perform` and `retract`.
pub(crate) const ANNOUNCEMENTS: Map<u64, Announcement> = Map::new("announcement");

/// Something the owner will do unless it changes its mind.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Announcement {
    /// What.
    pub(crate) action: OwnerAction,
    /// When it was announced.
    pub(crate) announced_at: u64,
    /// From when it can be done.
    pub(crate) due_at: u64,
}
