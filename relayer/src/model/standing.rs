//! Which channels come first where there is no room to show all of them.

use super::Model;
use super::ids::{ChainId, End, PathId, Side};
use super::rows::{ChannelRow, EndState, PathRow};

/// How much a channel matters to the operator: the first comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// `allow_channels` names it, without a `*`; or it is the pair of clients of a path of IBC v2.
    Own,
    /// It is open and served, whoever made it.
    Open,
    /// Strangers have begun it, or it is closed, left to others or not known.
    Other,
}

impl Model {
    /// How much a channel of a path matters.
    pub(crate) fn standing(&self, path: &PathRow, row: &ChannelRow) -> Standing {
        let is_named = |side: Side| {
            let end = row.ends.on(side);
            let config = self.config.get(path.chains.on(side));
            config.is_some_and(|config| config.filter.names(&end.port, end.channel.as_ref()))
        };
        if is_named(Side::A) || is_named(Side::B) {
            return Standing::Own;
        }
        let is_open = [&row.ends.a, &row.ends.b].iter().all(|end| end.state == EndState::Open);
        if is_open && self.filtered_channel(row).is_none() {
            Standing::Open
        } else {
            Standing::Other
        }
    }

    /// The same of what one end sends over a path, with the channel's index: those that were there first go first.
    pub(crate) fn rank(&self, path: &PathId, (from, src): (&ChainId, &End)) -> (Standing, u32) {
        let unknown = (Standing::Other, u32::MAX);
        let Some(path) = self.record.path(path) else { return unknown };
        if src.client().is_some() {
            return (Standing::Own, 0);
        }
        let side = if path.chains.a == *from { Side::A } else { Side::B };
        let row = self.record.channel_at(&path.path, side, src);
        row.map_or(unknown, |row| (self.standing(path, row), row.index))
    }
}
