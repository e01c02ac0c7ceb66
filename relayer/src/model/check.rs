//! The regular check: what the blocks told against what the chains' states say, and another try for what was given up.

use std::collections::{BTreeMap, BTreeSet};

use super::Model;
use super::ids::{ChainId, FlowId, PathId, Side, Span, Time};
use super::rows::{EndState, GapRow, PathRow};

/// When each path is looked at next; nothing of it outlives the process.
#[derive(Debug, Default)]
pub(crate) struct Checks(BTreeMap<PathId, Time>);

impl Checks {
    /// Looks at a path that is forgotten no more.
    pub(super) fn forget(&mut self, path: &PathId) {
        self.0.remove(path);
    }
}

impl Model {
    /// Opens the gaps that make up a check of each path that is due for one, and tries again what was given up there.
    pub(super) fn check_paths(&mut self) {
        let paths = self.take_due();
        if !paths.is_empty() {
            self.retry_given_up(&paths);
        }
        let is_open = |row: &PathRow| {
            [&row.ends.a, &row.ends.b].iter().all(|end| end.state == EndState::Open)
        };
        for path in paths {
            // A scan that is under way is not begun anew.
            if !self.record.path(&path).is_some_and(is_open)
                || self.record.gaps_of(&path).any(GapRow::hides_packets)
            {
                continue;
            }
            for to in [Side::A, Side::B] {
                self.open_gaps(&FlowId { path: path.clone(), to });
            }
        }
    }

    /// The paths that are due for a check, which are due again in a while.
    fn take_due(&mut self) -> BTreeSet<PathId> {
        let every = Some(self.check_every).filter(|every| *every != Span(0));
        let next = every.map(|every| self.now.plus(every));
        let mut all = BTreeSet::new();
        for PathRow { path, .. } in self.record.paths() {
            let due = self.checks.0.remove(path).or(next);
            let is_due = due.is_some_and(|due| due <= self.now);
            if let Some(due) = if is_due { next } else { due } {
                self.checks.0.insert(path.clone(), due);
            }
            if is_due {
                all.insert(path.clone());
            }
        }
        all
    }

    /// Has every path of a chain checked now.
    pub(super) fn check_soon(&mut self, chain: &ChainId) {
        for path in self.record.paths() {
            if path.chains.a == *chain || path.chains.b == *chain {
                self.checks.0.insert(path.path.clone(), self.now);
            }
        }
    }

    /// Checks every path so often from now on; what is due already stays so.
    pub(super) fn set_checks(&mut self, every: Span) {
        if every != self.check_every {
            self.check_every = every;
            let now = self.now;
            self.checks.0.retain(|_, due| *due <= now);
        }
    }

    /// When the next path is due.
    pub(super) fn next_check(&self) -> Option<Time> {
        self.checks.0.values().min().copied()
    }
}
