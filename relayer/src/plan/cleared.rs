//! Whether a path is cleared: what was asked for is looked at, and what was found is over or cannot be moved now.

use super::explain::{Explainer, Why};
use super::idle::Idle;
use crate::model::Model;
use crate::model::ids::{PacketKey, PathId};

/// Whether all that the last clearing of a path waits for is scanned, and each packet that it found is over or rests.
///
/// What was sent since does not count, nor do transactions for anything else: on a channel in use there are always some.
pub fn is_cleared(model: &Model, path: &PathId) -> bool {
    if model.unseen(path) > 0 {
        return false;
    }
    let mut explainer = Explainer::new(model);
    model.found(path).all(|row| rests(&explainer.explain(&row.key)))
}

/// The packets that the last clearing of a path found and that are not over, each with what it waits for.
pub fn left(model: &Model, path: &PathId) -> Vec<(PacketKey, Why)> {
    let mut explainer = Explainer::new(model);
    model.found(path).map(|row| (row.key.clone(), explainer.explain(&row.key))).collect()
}

/// Whether a packet moves only when somebody else does something, or after a while.
fn rests(why: &Why) -> bool {
    match why {
        // One that is behind another rests if that does.
        Why::NoAck { .. }
        | Why::NotSent
        | Why::Filtered { .. }
        | Why::GivenUp { .. }
        | Why::BackOff { .. }
        | Why::Behind { .. } => true,
        Why::Waits { idle, .. } => {
            matches!(idle, Idle::Parked(_) | Idle::NoClient | Idle::Paused | Idle::Unpaid { .. })
        }
        _ => false,
    }
}
