//! Blame: what a failed transaction is counted against.
//!
//! Contracts, which strangers deploy, decide how a message of ours fails and with which text. So that
//! none of them holds up what others sent, there is one rule for simulations, offers and blocks:
//!
//! 1. **The index of a message decides.** Where it is a work's, that work alone backs off. Where it is
//!    the client update's, no work does.
//! 2. **Without an index** (out of gas, a panic, no answer at all) the works that failed together are
//!    tried apart: by halves where that is free, each by itself once it was paid for. Only a work that
//!    failed by itself backs off, and a simulation counts against it only if another one of its epoch
//!    was answered as it should be: else the node or the update may be at fault, and the flow waits.
//! 3. **A text never decides.** One that speaks of a dead client makes ferry ask the chain about the
//!    client; what the chain says of it decides.
//! 4. **Out of gas** is our limit's fault once, which is raised then; again, while limits are wide,
//!    it is the works'.

use super::Model;
use super::ids::FlowId;
use crate::plan::work::Work;

/// What a failure is counted against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// The work at this place.
    Work(usize),
    /// The update of the client, before the works.
    Update,
    /// Nothing is named.
    Unknown,
}

impl Blame {
    /// Reads the index of a failed message, in a transaction of so many updates and then so many works.
    pub(crate) fn of(index: Option<usize>, updates: usize, works: usize) -> Self {
        match index {
            Some(index) if index < updates => Self::Update,
            Some(index) if index - updates < works => Self::Work(index - updates),
            _ => Self::Unknown,
        }
    }
}

/// Whether an error speaks of a client that takes no updates, or none of ours.
///
/// It may come wrapped in the codespace of the connection or channel, so its text is looked at, which any
/// contract may have written: it is a reason to look at the client, and no more.
///
/// Source: ibc-go v10.5 `modules/core/02-client/types/errors.go`, `ErrClientNotActive`, `ErrClientFrozen`;
/// `modules/light-clients/07-tendermint/errors.go`, `ErrTrustingPeriodExpired`; `modules/core/keeper/msg_server.go`,
/// `UpdateClient`.
fn speaks_of_client(log: &str) -> bool {
    ["client state is not active", "client is not active", "client is frozen"]
        .iter()
        .chain(&["time since latest trusted state has passed the trusting period"])
        .chain(&["is not authorized to update client"])
        .any(|text| log.contains(text))
}

impl Model {
    /// Looks at a flow's client if `log` speaks of it; `true` when the flow is to wait for what the chain
    /// says, as it has not said lately that the client works.
    pub(crate) fn doubts_client(&mut self, flow: &FlowId, log: &str) -> bool {
        let speaks = speaks_of_client(log);
        if speaks {
            self.look_at_client(flow);
        }
        speaks && !self.is_client_vouched(flow)
    }

    /// Counts a failure that was paid for, or is about to be again and again: against the work that is
    /// named, else against all, which are then tried each by itself.
    pub(crate) fn blame(&mut self, flow: &FlowId, blame: Blame, works: &[Work], log: &str) {
        match blame {
            Blame::Work(place) => self.back_off(flow, &works[place..=place], log),
            Blame::Update | Blame::Unknown => {
                self.back_off(flow, works, log);
                self.delay(flow, None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_names_an_update_or_a_work_or_nothing() {
        let read = |index| Blame::of(index, 2, 3);
        assert_eq!((read(Some(0)), read(Some(1))), (Blame::Update, Blame::Update));
        assert_eq!((read(Some(2)), read(Some(4))), (Blame::Work(0), Blame::Work(2)));
        assert_eq!((read(Some(5)), read(None)), (Blame::Unknown, Blame::Unknown));
    }

    #[test]
    fn an_inactive_client_is_spoken_of() {
        let log = "cannot update client (07-tendermint-0) with status Expired: client state is not active";
        assert!(speaks_of_client(log));
        assert!(speaks_of_client(
            "relayer wasm1a is not authorized to update client 07-tendermint-0: unauthorized"
        ));
        assert!(!speaks_of_client("consensus state not found"));
    }
}
