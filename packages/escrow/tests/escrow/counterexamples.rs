//! The counter-examples that refuted one accrual index over all leases.
//!
//! The index ran at the sum of all rates, silent leases included, and forgave the silent ones when somebody
//! looked. Each test is a history in which that gave a wrong or a look-dependent result.

use escrow::{Account, Fault, Units};

use crate::scene::{ONE, at, earned, funded, start, stream, units, windowed};

/// F = 1,200 and two leases at one unit per second: under the index both ran dry at second 600. B falls
/// silent after a window of 120 s, so A can be paid for 720 s of the first 720.
fn beside_a_dead_provider() -> Account {
    let mut account = funded(0, units(1_200));
    start(&mut account, 0, stream(1, ONE));
    start(&mut account, 0, windowed(2, ONE, 120));
    account
}

#[test]
fn a_dead_provider_does_not_starve_a_live_one_whoever_looks_when() {
    let looks: [&[u64]; 5] = [&[], &[60], &[120, 121], &[1, 599, 600, 601], &[720]];
    for seconds in looks {
        let mut account = beside_a_dead_provider();
        for &second in seconds {
            account.settle(at(second)).unwrap();
        }
        assert_eq!(earned(&account, 720, 1), 720, "looked at {seconds:?}");
        assert_eq!(earned(&account, 720, 2), 120, "looked at {seconds:?}");
        account.settle(at(5_000)).unwrap();
        assert_eq!(account.short_since(), Some(at(1_080)), "looked at {seconds:?}");
        assert_eq!(account.free().get(), 0);
    }
}

#[test]
fn a_hundred_units_pay_sixty_seconds_of_a_live_lease() {
    // The design's own numbers: F = 100, rates of one, B silent after 10 s, A paid 60 s. The runway does
    // not admit them at once, so the surplus is spent first.
    let mut account = funded(0, units(1_200));
    start(&mut account, 0, stream(1, ONE));
    account.open(at(0), windowed(2, ONE, 10)).unwrap();
    account.settle(at(1_100)).unwrap();
    assert_eq!(account.free().whole(), units(100));
    account.heartbeat(at(1_100), 2).unwrap();
    assert_eq!(earned(&account, 1_160, 1), 1_160);
    assert_eq!(earned(&account, 1_160, 2), 10);
}

#[test]
fn the_first_exhaustion_second_is_never_overwritten() {
    let mut account = funded(0, units(600));
    start(&mut account, 0, stream(1, ONE));
    for second in [10_000, 10_001, 500_000] {
        account.settle(at(second)).unwrap();
        account.heartbeat(at(second), 1).unwrap();
        account.withdraw(at(second), 1).unwrap();
        account.deposit(at(second), units(1), Units::ZERO).unwrap();
        assert_eq!(account.short_since(), Some(at(600)));
    }
}

#[test]
fn closing_a_lease_while_short_does_not_restart_the_clock() {
    let mut account = funded(0, units(1_800));
    for id in 1..=3 {
        start(&mut account, 0, stream(id, ONE));
    }
    account.settle(at(700)).unwrap();
    for id in 1..=2 {
        account.close(at(700 + u64::from(id)), id, Fault::None).unwrap();
        assert_eq!(account.short_since(), Some(at(600)));
    }
    account.close(at(800), 3, Fault::None).unwrap();
    assert_eq!(account.short_since(), None, "nothing is promised any more");
}

#[test]
fn a_heartbeat_after_ten_days_of_silence_earns_nothing_for_them() {
    let ten_days = 864_000;
    let mut account = funded(0, units(10_000_000));
    start(&mut account, 0, windowed(1, ONE, 900));
    account.heartbeat(at(ten_days), 1).unwrap();
    assert_eq!(earned(&account, ten_days, 1), 900);
    assert_eq!(earned(&account, ten_days + 50, 1), 950);
}

#[test]
fn a_lease_earns_nothing_before_its_first_heartbeat() {
    let mut account = funded(0, units(10_000));
    for terms in [stream(1, ONE), windowed(2, ONE, 900)] {
        account.open(at(0), terms).unwrap();
        assert_eq!(earned(&account, 1_000, terms.id), 0);
    }
    account.heartbeat(at(1_000), 1).unwrap();
    account.heartbeat(at(1_000), 2).unwrap();
    assert_eq!((earned(&account, 1_010, 1), earned(&account, 1_010, 2)), (10, 10));
}
