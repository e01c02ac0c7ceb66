//! The channels of all paths: found by index, by either end, and by their ports before there is one.

use std::collections::{BTreeMap, BTreeSet};

use super::ids::{Both, ChannelId, PathId, PortId, Side};
use super::rows::{ChannelEnd, ChannelRow, EndState};

/// Which channel an end is of that a chain tells of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Owner<'a> {
    /// This one.
    Known(&'a ChannelRow),
    /// None yet: it is one more answer to a first end. Which of them that takes, its `ACK` decides.
    Rival,
    /// One that is not known.
    Unknown,
}

/// How a channel's row fits an end that a chain tells of, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// The end is known as the row's.
    Itself,
    /// It is the second end of the row's first one.
    Counterpart,
    /// It is one more second end of the row's first one.
    Second,
}

/// How a row with the ends `ours` and `theirs` fits an end `here` that names `there`; not at all if it is another channel's.
fn fit(
    (ours, theirs): (&ChannelEnd, &ChannelEnd),
    (here, there): (&ChannelEnd, &ChannelEnd),
) -> Option<Fit> {
    if ours.port != here.port || theirs.port != there.port {
        return None;
    }
    let is_counterpart = there.channel.is_some() && theirs.channel == there.channel;
    match &ours.channel {
        known if *known == here.channel => Some(Fit::Itself),
        None if is_counterpart => Some(Fit::Counterpart),
        Some(_) if is_counterpart => Some(Fit::Second),
        _ => None,
    }
}

/// All channels. Only [`put`](Self::put) and [`forget`](Self::forget) change them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Channels(BTreeMap<PathId, OfPath>);

/// The channels of one path. Everything else follows from `rows`.
///
/// A connection may have a hundred thousand of them, made by whomever: none is looked for row by row.
#[derive(Debug, Default, PartialEq)]
struct OfPath {
    /// By index.
    rows: BTreeMap<u32, ChannelRow>,
    /// The ends that there are, with the index. Two channels may have one in common until an `ACK` decides between
    /// two `TRY` for one `INIT`.
    ends: BTreeSet<(Side, PortId, ChannelId, u32)>,
    /// Those that are wanted and have no end yet, by their ports.
    unbegun: BTreeSet<(Both<PortId>, u32)>,
}

impl OfPath {
    fn note(&mut self, row: &ChannelRow) {
        self.ends.extend(ends(row));
        if is_unbegun(row) {
            self.unbegun.insert((ports(row), row.index));
        }
    }

    fn forget(&mut self, row: &ChannelRow) {
        for end in ends(row) {
            self.ends.remove(&end);
        }
        self.unbegun.remove(&(ports(row), row.index));
    }
}

fn ends(row: &ChannelRow) -> impl Iterator<Item = (Side, PortId, ChannelId, u32)> {
    [Side::A, Side::B].into_iter().filter_map(|side| {
        let ChannelEnd { port, channel, .. } = row.ends.on(side);
        Some((side, port.clone(), channel.clone()?, row.index))
    })
}

fn ports(row: &ChannelRow) -> Both<PortId> {
    Both { a: row.ends.a.port.clone(), b: row.ends.b.port.clone() }
}

fn is_unbegun(row: &ChannelRow) -> bool {
    row.ends.a.channel.is_none() && row.ends.b.channel.is_none()
}

impl Channels {
    /// Adds a channel, or replaces the one of its path and index.
    pub(super) fn put(&mut self, row: ChannelRow) {
        let channels = self.0.entry(row.path.clone()).or_default();
        if let Some(known) = channels.rows.remove(&row.index) {
            channels.forget(&known);
        }
        channels.note(&row);
        channels.rows.insert(row.index, row);
    }

    /// Takes all channels of a path away.
    pub(super) fn forget(&mut self, path: &PathId) -> impl Iterator<Item = ChannelRow> + use<> {
        self.0.remove(path).into_iter().flat_map(|channels| channels.rows.into_values())
    }

    /// The channels of a path by index.
    pub(super) fn of(&self, path: &PathId) -> impl Iterator<Item = &ChannelRow> {
        self.0.get(path).into_iter().flat_map(|channels| channels.rows.values())
    }

    /// How many channels a path has.
    pub(super) fn count(&self, path: &PathId) -> usize {
        self.0.get(path).map_or(0, |channels| channels.rows.len())
    }

    pub(super) fn get(&self, path: &PathId, index: u32) -> Option<&ChannelRow> {
        self.0.get(path)?.rows.get(&index)
    }

    /// The index of a path's next channel.
    pub(super) fn next_index(&self, path: &PathId) -> u32 {
        let last = self.0.get(path).and_then(|channels| channels.rows.last_key_value());
        last.map_or(0, |(index, _)| index + 1)
    }

    /// The channel of a path that an end `here` of `side` is of, which names `there`. Whether a block told of it or a
    /// listing makes no difference.
    pub(super) fn owner(
        &self,
        path: &PathId,
        side: Side,
        (here, there): (&ChannelEnd, &ChannelEnd),
    ) -> Owner<'_> {
        let with_here = self.at(path, side, (&here.port, here.channel.as_ref()));
        let with_there = self.at(path, side.other(), (&there.port, there.channel.as_ref()));
        let fits = with_here.chain(with_there).filter_map(|row| {
            let fit = fit((row.ends.on(side), row.ends.on(side.other())), (here, there))?;
            Some((fit, row))
        });
        match fits.min_by_key(|(fit, row)| (*fit, row.index)) {
            None => Owner::Unknown,
            // Only one that was chosen opens.
            Some((Fit::Second, _)) if here.state != EndState::Open => Owner::Rival,
            Some((_, row)) => Owner::Known(row),
        }
    }

    /// The channels that have this end on one side, by index.
    pub(super) fn at(
        &self,
        path: &PathId,
        side: Side,
        (port, channel): (&PortId, Option<&ChannelId>),
    ) -> impl Iterator<Item = &ChannelRow> {
        let (channels, port) = (self.0.get(path).zip(channel.cloned()), port.clone());
        channels.into_iter().flat_map(move |(of, channel)| {
            let at = |index| (side, port.clone(), channel.clone(), index);
            let ends = of.ends.range(at(0)..=at(u32::MAX));
            ends.filter_map(move |(.., index)| of.rows.get(index))
        })
    }

    /// The first channel of a path between these ports that has no end yet.
    pub(super) fn unbegun(&self, path: &PathId, ports: &Both<PortId>) -> Option<&ChannelRow> {
        let of = self.0.get(path)?;
        let at = |index| (ports.clone(), index);
        let (_, index) = of.unbegun.range(at(0)..=at(u32::MAX)).next()?;
        of.rows.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::Order;

    fn row(index: u32, a: (&str, Option<&str>), b: (&str, Option<&str>)) -> ChannelRow {
        let end = |(port, channel): (&str, Option<&str>)| ChannelEnd {
            port: port.into(),
            channel: channel.map(Into::into),
            state: EndState::None,
            since: 0,
        };
        let ends = Both { a: end(a), b: end(b) };
        ChannelRow {
            path: "a-b".into(),
            index,
            version: String::new(),
            order: Order::Ordered,
            wanted: false,
            ends,
        }
    }

    fn owner<'a>(channels: &'a Channels, side: Side, like: &ChannelRow) -> Owner<'a> {
        channels.owner(&like.path, side, (like.ends.on(side), like.ends.on(side.other())))
    }

    fn found(channels: &Channels, side: Side, like: &ChannelRow) -> Option<u32> {
        match owner(channels, side, like) {
            Owner::Known(row) => Some(row.index),
            Owner::Rival | Owner::Unknown => None,
        }
    }

    #[test]
    fn of_two_answers_to_one_first_end_the_one_that_opens_is_the_channel() {
        let mut channels = Channels::default();
        channels.put(row(3, ("p", Some("channel-0")), ("q", Some("channel-7"))));
        let mut rival = row(9, ("p", Some("channel-0")), ("q", Some("channel-8")));
        for state in [EndState::TryOpen, EndState::Closed] {
            rival.ends.b.state = state;
            assert_eq!(owner(&channels, Side::B, &rival), Owner::Rival);
        }
        rival.ends.b.state = EndState::Open;
        assert_eq!(found(&channels, Side::B, &rival), Some(3));
        assert_eq!(found(&channels, Side::A, &rival), Some(3), "the first end names what it chose");
        let other = row(9, ("p", Some("channel-1")), ("q", Some("channel-8")));
        assert_eq!(owner(&channels, Side::B, &other), Owner::Unknown);
    }

    #[test]
    fn a_channel_is_found_by_either_end_and_only_as_it_is_now() {
        let mut channels = Channels::default();
        channels.put(row(3, ("p", None), ("q", None)));
        channels.put(row(4, ("p", None), ("q", None)));
        let ports = Both { a: "p".into(), b: "q".into() };
        let unbegun =
            |channels: &Channels| channels.unbegun(&"a-b".into(), &ports).map(|r| r.index);
        assert_eq!(unbegun(&channels), Some(3));
        let begun = row(3, ("p", Some("channel-0")), ("q", None));
        assert_eq!(found(&channels, Side::A, &begun), None);
        channels.put(begun.clone());
        assert_eq!((found(&channels, Side::A, &begun), unbegun(&channels)), (Some(3), Some(4)));
        // What the other side answers with belongs to it.
        let answered = row(3, ("p", Some("channel-0")), ("q", Some("channel-7")));
        assert_eq!(found(&channels, Side::B, &answered), Some(3));
        channels.put(answered.clone());
        assert_eq!(found(&channels, Side::B, &answered), Some(3));
        // Of two rows that claim one end it is the first one's.
        let rival = row(5, ("p", Some("channel-0")), ("q", Some("channel-8")));
        channels.put(rival.clone());
        assert_eq!(found(&channels, Side::A, &rival), Some(3));
        // A row that has another end now is not found by the one that it had.
        channels.put(row(3, ("p", Some("channel-1")), ("q", Some("channel-7"))));
        assert_eq!(found(&channels, Side::A, &rival), Some(5));
        let other_port = row(9, ("p", Some("channel-1")), ("r", None));
        assert_eq!(found(&channels, Side::A, &other_port), None);
        assert_eq!(channels.next_index(&"a-b".into()), 6);
    }
}
