//! Handshakes, derived from the state of the two ends: whoever began them, and wherever they stopped.

use super::work::{HandshakeStep, Work};
use crate::model::ids::{Both, Side};
use crate::model::rows::{ChannelRow, EndState, Ibc, PathRow};

/// Whether a side makes the first end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opening {
    Wanted,
    NotWanted,
}

/// The step that is owed to `to`, with the height of the other chain that it proves.
///
/// `None` as the height means that nothing is proved.
fn step(
    states: (EndState, EndState),
    since_other: u64,
    opening: Opening,
) -> Option<(HandshakeStep, Option<u64>)> {
    use EndState::{Closed, Init, None as Absent, Open, TryOpen};
    let proved = Some(since_other);
    match states {
        (Absent, Absent) if opening == Opening::Wanted => Some((HandshakeStep::Init, None)),
        (Absent, Init) => Some((HandshakeStep::Try, proved)),
        (Init, TryOpen) => Some((HandshakeStep::Ack, proved)),
        (TryOpen, Open) => Some((HandshakeStep::Confirm, proved)),
        (Open, Closed) => Some((HandshakeStep::CloseConfirm, proved)),
        _ => None,
    }
}

/// A step, with the height of the other chain that it proves; `None` when nothing is proved.
pub(crate) type Owed = (Work, Option<u64>);

/// One end begins, and by convention it is A's.
fn opening(to: Side) -> Opening {
    if to == Side::A { Opening::Wanted } else { Opening::NotWanted }
}

/// The steps owed to one side of a path, in order: its own, and then those of `channels`.
pub(crate) fn owed<'a>(
    path: &'a PathRow,
    to: Side,
    channels: impl Iterator<Item = &'a ChannelRow>,
) -> impl Iterator<Item = Owed> {
    let own = own_step(path, to);
    // A step that opens the connection carries the channels' steps behind it, a round trip earlier.
    let opens =
        matches!(own, Some((Work::Connection(HandshakeStep::Ack | HandshakeStep::Confirm), _)));
    let has_channels = path.ibc == Ibc::V1 && (path.ends.on(to).state == EndState::Open || opens);
    let channels = has_channels.then_some(channels).into_iter().flatten();
    own.into_iter().chain(channels.filter_map(move |channel| channel_step(channel, to)))
}

/// The step that is owed to one side of a path itself.
fn own_step(path: &PathRow, to: Side) -> Option<Owed> {
    let Both { a, b } = &path.ends;
    if a.client.is_none() || b.client.is_none() {
        return None;
    }
    let (here, there) = (path.ends.on(to), path.ends.on(to.other()));
    if path.ibc == Ibc::V2 {
        let is_wanted = path.create && here.state == EndState::None;
        return is_wanted.then_some((Work::Register, None));
    }
    let opening = if path.create { opening(to) } else { Opening::NotWanted };
    let step = step((here.state, there.state), there.since, opening);
    step.map(|(step, height)| (Work::Connection(step), height))
}

/// The step that is owed to one side of a channel.
pub(crate) fn channel_step(channel: &ChannelRow, to: Side) -> Option<Owed> {
    let (here, there) = (channel.ends.on(to), channel.ends.on(to.other()));
    let step = step((here.state, there.state), there.since, opening(to));
    step.map(|(step, height)| (Work::Channel(channel.index, step), height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pair_of_states_owes_at_most_one_step_and_only_forward() {
        use EndState::{Closed, Init, None as Absent, Open, TryOpen};
        let all = [Absent, Init, TryOpen, Open, Closed];
        let mut owed = Vec::new();
        for here in all {
            for there in all {
                owed.extend(
                    step((here, there), 7, Opening::Wanted).map(|(step, _)| (here, there, step)),
                );
            }
        }
        let expected = [
            (Absent, Absent, HandshakeStep::Init),
            (Absent, Init, HandshakeStep::Try),
            (Init, TryOpen, HandshakeStep::Ack),
            (TryOpen, Open, HandshakeStep::Confirm),
            (Open, Closed, HandshakeStep::CloseConfirm),
        ];
        assert_eq!(owed, expected);
        assert_eq!(step((Absent, Absent), 7, Opening::NotWanted), None);
    }
}
