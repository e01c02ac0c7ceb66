//! How far the work on a path is that takes long: what is to be scanned, and what is left to be moved.

use serde::{Deserialize, Serialize};

use crate::model::Model;
use crate::model::ids::{PathId, Span, Time};

/// How often it is told.
const EVERY: Span = Span::seconds(2);

/// What of a path is still to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remaining {
    /// Parts of its chains' states that are not looked at yet.
    scans: usize,
    /// Packets that were found and are not over.
    packets: usize,
}

impl Remaining {
    pub(super) fn of(model: &Model, path: &PathId) -> Self {
        Self { scans: model.unseen(path), packets: model.found(path).count() }
    }

    pub(super) fn tell(self) {
        let Self { scans, packets } = self;
        tracing::info!(scans, packets, "still to be done");
    }
}

/// Tells how far a path is, where this process does the work: when that has changed, and not too often.
#[derive(Debug)]
pub(super) struct Progress {
    path: PathId,
    told: Option<(Time, Remaining)>,
}

impl Progress {
    pub(super) fn of(path: &PathId) -> Self {
        Self { path: path.clone(), told: None }
    }

    pub(super) fn tell(&mut self, model: &Model) {
        if self.is_due(model.now) {
            let left = Remaining::of(model, &self.path);
            if self.is_news(model.now, left) {
                left.tell();
            }
        }
    }

    fn is_due(&self, now: Time) -> bool {
        self.told.is_none_or(|(at, _)| now.since(at) >= EVERY)
    }

    /// Notes what is told now; `false` if it was told before.
    fn is_news(&mut self, now: Time, left: Remaining) -> bool {
        let is_news = self.told.is_none_or(|(_, told)| told != left);
        self.told = Some((now, left));
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_is_told_every_two_seconds() {
        let mut progress = Progress::of(&"a-b".into());
        let second = |seconds: u64| Time(Span::seconds(seconds).0);
        let told = (10..20).filter(|at| {
            // Something is done in each of the first seconds.
            let left = Remaining { scans: 0, packets: 15_usize.saturating_sub(*at as usize) };
            progress.is_due(second(*at)) && progress.is_news(second(*at), left)
        });
        assert_eq!(told.collect::<Vec<_>>(), [10, 12, 14, 16]);
    }
}
