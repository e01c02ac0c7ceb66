//! Handshakes, derived from the state of the two ends: whoever began them, and wherever they stopped.

use super::work::{HandshakeStep, Work};
use crate::model::ids::{Both, Side};
use crate::model::record::Record;
use crate::model::rows::{EndState, Ibc, PathRow};

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

/// The steps owed to one side of a path, in order.
pub(crate) fn owed(record: &Record, path: &PathRow, to: Side) -> Vec<(Work, Option<u64>)> {
    let Both { a, b } = &path.ends;
    let clients_stand = a.client.is_some() && b.client.is_some();
    if !clients_stand {
        return Vec::new();
    }
    // One end begins, and by convention it is A's.
    let begins = |wanted| match (to, wanted) {
        (Side::A, true) => Opening::Wanted,
        _ => Opening::NotWanted,
    };
    let (here, there) = (path.ends.on(to), path.ends.on(to.other()));
    if path.ibc == Ibc::V2 {
        let is_wanted = path.create && here.state == EndState::None;
        return is_wanted.then_some((Work::Register, None)).into_iter().collect();
    }
    let mut works = Vec::new();
    let connection = step((here.state, there.state), there.since, begins(path.create));
    works.extend(connection.map(|(step, height)| (Work::Connection(step), height)));
    // A step that opens the connection carries the channels' steps behind it, a round trip earlier.
    let opens = matches!(connection, Some((HandshakeStep::Ack | HandshakeStep::Confirm, _)));
    if here.state != EndState::Open && !opens {
        return works;
    }
    for channel in record.moving(&path.path) {
        let (here, there) = (channel.ends.on(to), channel.ends.on(to.other()));
        let step = step((here.state, there.state), there.since, begins(true));
        works.extend(step.map(|(step, height)| (Work::Channel(channel.index, step), height)));
    }
    works
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
