//! When something is to be done: by the chain's clock, never by the machine's.

use cosmos::chain::ChainError;
use market::msg::{LeaseInfo, OwnBid};
use protocol::control::{DeploymentStatus, GroupState};

/// Seconds after a bid's end at which it is taken back: a second too early would cost a tenth of the deposit.
const MARGIN: u64 = 15;

/// Whether a lease needs a heartbeat now: when half of its window has passed, so that one beat may fail. One that has
/// earned up to its end needs none.
pub(super) fn beat_is_due(lease: &LeaseInfo, now: u64) -> bool {
    if lease.state == GroupState::Pending || lease.beats == 0 {
        return true;
    }
    if lease.stops_at.is_some_and(|stop| now >= stop || lease.earns_until >= stop) {
        return false;
    }
    lease.silent_deadline.is_some() || now >= half_before(lease.earns_until, lease)
}

/// When a lease needs a heartbeat again, once those that are due now have been sent; none if it has earned up to its
/// end.
pub(super) fn next_beat(lease: &LeaseInfo, now: u64) -> Option<u64> {
    let earns_until = if beat_is_due(lease, now) {
        now.saturating_add(lease.heartbeat_window_seconds)
    } else {
        lease.earns_until
    };
    let earns_on = lease.stops_at.is_none_or(|stop| earns_until < stop);
    earns_on.then(|| half_before(earns_until, lease))
}

const fn half_before(earns_until: u64, lease: &LeaseInfo) -> u64 {
    earns_until.saturating_sub(lease.heartbeat_window_seconds / 2)
}

/// Whether a lease has run its term, or its notice has passed.
pub(super) fn is_over(lease: &LeaseInfo, now: u64) -> bool {
    lease.beats > 0 && lease.stops_at.is_some_and(|stop| now >= stop)
}

/// Whether a lease that is over ends by the report of its silence, which came to its deadline before the stop.
pub(super) fn was_silent(lease: &LeaseInfo) -> bool {
    lease.silent_deadline.is_some_and(|deadline| lease.stops_at.is_none_or(|stop| deadline < stop))
}

/// Whether a deployment has been out of money for so many seconds.
pub(super) fn is_unpaid(status: &DeploymentStatus, seconds: u64) -> bool {
    status.runs_out_at.is_some_and(|since| since.saturating_add(seconds) <= status.at)
}

/// Whether a bid binds, or may yet by the time of the block in which it would be taken back.
#[must_use]
pub fn is_binding(own: &OwnBid, now: u64) -> bool {
    own.is_open && now < own.bid.valid_until.saturating_add(MARGIN)
}

/// Whether an auction waits for its decision: its bidding is over, and the hour for it is not.
pub(super) fn is_undecided(times: Option<(u64, u64)>, now: u64) -> bool {
    times.is_some_and(|(bidding_until, match_by)| (bidding_until..match_by).contains(&now))
}

/// Whether the market said no: not a node that cannot be reached, nor a transaction of before that is on its way.
pub(super) fn is_refusal(error: &anyhow::Error) -> bool {
    let Some(error) = error.downcast_ref::<ChainError>() else { return false };
    let is_no = matches!(
        error,
        ChainError::WouldFail { .. }
            | ChainError::Refused { .. }
            | ChainError::Failed { .. }
            | ChainError::TooMuchGas { .. }
    );
    is_no && !error.is_sequence_mismatch()
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::Uint128;
    use market::msg::{BidInfo, LeaseId, Money};
    use protocol::deployment::Manifest;
    use protocol::{DeploymentId, Tenant};

    use super::*;

    fn id() -> LeaseId {
        let tenant = Tenant::Local { address: "tenant".into() };
        LeaseId { deployment: DeploymentId { tenant, seq: 1 }, group: 0 }
    }

    fn money() -> Money {
        Money { denom: "stake".into(), amount: Uint128::new(1_000) }
    }

    fn lease(earns_until: u64, stops_at: Option<u64>) -> LeaseInfo {
        LeaseInfo {
            id: id(),
            provider: "provider".into(),
            state: GroupState::Active,
            rate: Uint128::one(),
            denom: "usdx".into(),
            offer: None,
            bond: money(),
            started_at: 0,
            ready_by: 900,
            heartbeat_window_seconds: 900,
            beats: 3,
            earns_until,
            stops_at,
            silent_deadline: None,
            withdrawable: Uint128::zero(),
            paid: Uint128::zero(),
            reserved: Uint128::zero(),
            manifest: Manifest { hash: String::new(), uri: None },
            spec_hash: None,
            access_keys: Vec::new(),
            proposals: Vec::new(),
        }
    }

    #[test]
    fn a_beat_is_due_at_half_of_the_window() {
        assert!(!beat_is_due(&lease(1_000, None), 549));
        assert!(beat_is_due(&lease(1_000, None), 550));
        let reported = LeaseInfo { silent_deadline: Some(700), ..lease(1_000, None) };
        assert!(beat_is_due(&reported, 0), "it was reported silent");
        let new = LeaseInfo { state: GroupState::Pending, beats: 0, ..lease(1_000, None) };
        assert!(beat_is_due(&new, 0));
    }

    #[test]
    fn the_next_beat_is_half_of_a_window_before_what_this_one_earns() {
        assert_eq!(next_beat(&lease(1_000, None), 549), Some(550));
        assert_eq!(next_beat(&lease(1_000, None), 550), Some(1_000), "one is sent now");
        assert_eq!(next_beat(&lease(1_000, Some(1_451)), 550), Some(1_000));
        assert_eq!(next_beat(&lease(1_000, Some(1_450)), 550), None, "it earns the rest");
        assert_eq!(next_beat(&lease(1_000, Some(1_000)), 2_000), None, "it is over");
    }

    #[test]
    fn a_lease_that_has_earned_up_to_its_end_needs_no_beat_and_is_ended_then() {
        let last = lease(1_000, Some(1_000));
        for now in [0, 550, 900, 1_000, 2_000] {
            assert!(!beat_is_due(&last, now), "{now}");
            assert_eq!(is_over(&last, now), now >= 1_000, "{now}");
        }
        assert!(beat_is_due(&lease(999, Some(1_000)), 900), "a second is not earned yet");
        assert!(!beat_is_due(&lease(500, Some(1_000)), 1_000), "it is over");
        assert!(!is_over(&lease(500, None), u64::MAX), "it has no end");
        let reported = |deadline| LeaseInfo { silent_deadline: Some(deadline), ..last.clone() };
        assert!(was_silent(&reported(999)), "nothing but its bond is lost");
        assert!(!was_silent(&reported(1_000)), "the stop comes first");
        let never = LeaseInfo { beats: 0, ..last };
        assert!(!is_over(&never, 2_000), "the market ends no lease that never began");
    }

    #[test]
    fn a_lease_without_money_is_served_for_so_long_and_no_longer() {
        let status = |runs_out_at| DeploymentStatus {
            seq: 1,
            revision: 1,
            state: protocol::control::DeploymentState::Open,
            at: 10_000,
            free: Uint128::zero(),
            rate: Uint128::one(),
            runs_out_at,
            groups: Vec::new(),
        };
        assert!(!is_unpaid(&status(Some(10_001)), 0));
        assert!(is_unpaid(&status(Some(10_000)), 0));
        assert!(!is_unpaid(&status(Some(6_401)), 3_600));
        assert!(is_unpaid(&status(Some(6_400)), 3_600));
        assert!(!is_unpaid(&status(None), 0), "nothing streams");
    }

    #[test]
    fn a_bid_is_taken_back_only_when_it_is_certain_that_it_binds_no_more() {
        let own = |is_open| OwnBid {
            order: id(),
            is_open,
            bid: BidInfo {
                provider: "provider".into(),
                bid_no: 1,
                rate: Uint128::one(),
                valid_until: 1_010,
                deposit: money(),
            },
        };
        for now in [0, 1_009, 1_010, 1_024] {
            assert!(is_binding(&own(true), now), "{now}");
        }
        assert!(!is_binding(&own(true), 1_025));
        assert!(!is_binding(&own(false), 0), "its order is over");
    }

    #[test]
    fn an_auction_is_decided_in_its_hour_only() {
        let times = Some((100, 3_700));
        let decided = |now| is_undecided(times, now);
        assert_eq!([99, 100, 3_699, 3_700].map(decided), [false, true, true, false]);
        assert!(!is_undecided(None, 100), "an order that is no auction");
    }

    #[test]
    fn only_the_markets_word_is_a_refusal() {
        let fails = |log: &str| {
            let log = log.to_owned();
            ChainError::WouldFail { codespace: "sdk".into(), code: 32, log }
        };
        let no = anyhow::Error::new(fails("paused: the market is paused")).context("cannot bid");
        assert!(is_refusal(&no));
        let waits = fails("account sequence mismatch, expected 6, got 5");
        assert!(!is_refusal(&waits.into()), "the transaction before is on its way");
        let unknown =
            ChainError::Unknown { hash: "00".into(), until_height: 9, reason: "no answer".into() };
        assert!(!is_refusal(&unknown.into()));
    }
}
