//! The operations one by one: their preconditions and effects as the README's table has them.

use escrow::{EscrowError, Fault, NANO, Nano, NanoRate, OpenStream, Seconds, Units};

use crate::scene::{ONE, at, earned, funded, payout, start, stream, units, windowed};

#[test]
fn opening_leaves_the_runway_of_everything_promised() {
    let mut account = funded(0, units(1_250));
    account.open(at(0), stream(1, ONE)).unwrap();
    let terms = OpenStream { min_charge: units(51), ..stream(2, ONE) };
    assert_eq!(account.missing_to_open(terms.rate, terms.min_charge), Ok(units(1)));
    let refused = EscrowError::InsufficientFunds {
        got: Nano::new(1_250 * ONE),
        needed: Nano::new(1_251 * ONE),
        missing: units(1),
    };
    assert_eq!(account.open(at(0), terms), Err(refused));
    account.open(at(0), OpenStream { min_charge: units(50), ..terms }).unwrap();
    assert_eq!(account.free().whole(), units(1_200));
    assert_eq!(account.committed_rate(), Ok(NanoRate::new(2 * ONE)));
    assert_eq!(account.live_rate(), Ok(NanoRate::ZERO), "pending leases do not stream");
    assert_eq!(account.held(), Ok(units(1_250)));
}

#[test]
fn a_heartbeat_earns_a_window_and_never_beyond_the_stop() {
    let mut account = funded(0, units(10_000));
    let terms = OpenStream { stop: at(100), ..windowed(1, ONE, 60) };
    account.open(at(0), terms).unwrap();
    let beat = account.heartbeat(at(10), 1).unwrap();
    assert_eq!((beat.count, beat.cap), (1, at(70)));
    let beat = account.heartbeat(at(80), 1).unwrap();
    assert_eq!((beat.count, beat.cap), (2, at(100)));
    assert_eq!(earned(&account, 1_000, 1), 60 + 20);
}

#[test]
fn a_beat_after_the_stop_is_refused_so_that_it_cannot_claim_the_minimum_charge() {
    let mut account = funded(0, units(10_000));
    let terms = OpenStream { stop: at(100), min_charge: units(500), ..stream(1, ONE) };
    account.open(at(0), terms).unwrap();
    assert_eq!(account.heartbeat(at(100), 1), Err(EscrowError::Ended { id: 1, stop: at(100) }));
    assert_eq!(account.close(at(100), 1, Fault::None).unwrap().payout, payout(0, 0));
    assert_eq!(account.finish(at(100)), Ok(units(10_000)));
}

#[test]
fn silence_ends_with_the_stop() {
    let mut account = funded(0, units(10_000));
    start(&mut account, 0, OpenStream { stop: at(100), ..windowed(1, ONE, 60) });
    let silent = |second| account.stream(1).unwrap().is_silent(at(second));
    assert_eq!([59, 60, 99, 100].map(silent), [false, true, true, false]);
}

#[test]
fn a_reclaimed_lease_is_paid_for_its_notice_while_it_beats() {
    let mut account = funded(0, units(10_000));
    start(&mut account, 0, windowed(1, ONE, 60));
    assert_eq!(account.reclaim(at(10), 1, at(100)), Ok(at(110)));
    assert_eq!(earned(&account, 1_000, 1), 60, "silent through the rest of the notice");
    account.heartbeat(at(55), 1).unwrap();
    assert_eq!(earned(&account, 1_000, 1), 110);
    assert_eq!(account.reclaim(at(60), 1, at(500)), Ok(at(110)), "a notice cannot be prolonged");
    assert_eq!(account.reclaim(at(70), 1, at(0)), Ok(at(70)));
    assert_eq!(earned(&account, 1_000, 1), 70);
    assert_eq!(account.committed_rate(), Ok(NanoRate::ZERO));
    assert_eq!(account.reclaim(at(70), 1, at(9)), Err(EscrowError::Ended { id: 1, stop: at(70) }));
}

#[test]
fn a_new_rate_holds_from_now_and_leaves_the_runway() {
    let mut account = funded(0, units(1_300));
    start(&mut account, 0, stream(1, ONE));
    account.change_rate(at(100), 1, NanoRate::new(2 * ONE)).unwrap();
    assert_eq!(earned(&account, 110, 1), 100 + 20);
    let refused = account.change_rate(at(110), 1, NanoRate::new(2 * ONE));
    assert!(matches!(refused, Err(EscrowError::InsufficientFunds { .. })), "got {refused:?}");
    account.change_rate(at(110), 1, NanoRate::new(ONE)).unwrap();
    assert_eq!(earned(&account, 120, 1), 120 + 10);
}

#[test]
fn nothing_is_agreed_while_the_account_is_short() {
    let mut account = funded(0, units(600));
    start(&mut account, 0, stream(1, ONE));
    account.settle(at(601)).unwrap();
    let short = EscrowError::Short { since: at(600), missing: units(600) };
    assert_eq!(account.open(at(601), stream(2, 1)), Err(short.clone()));
    assert_eq!(account.change_rate(at(601), 1, NanoRate::new(1)), Err(short.clone()));
    assert_eq!(account.surplus(at(601)), Err(short));
}

#[test]
fn a_deposit_below_the_runway_revives_nothing_and_is_not_lost() {
    let mut account = funded(0, units(600));
    start(&mut account, 0, stream(1, ONE));
    account.deposit(at(700), units(599), Units::ZERO).unwrap();
    assert_eq!(account.missing_to_revive(), Ok(units(1)));
    assert_eq!(earned(&account, 800, 1), 600);
    account.deposit(at(800), units(1), Units::ZERO).unwrap();
    account.settle(at(1_000)).unwrap();
    assert_eq!(account.free().whole(), units(400), "below the runway, yet funded");
    assert_eq!((account.short_since(), account.missing_to_revive()), (None, Ok(Units::ZERO)));
}

#[test]
fn after_an_outage_a_lapsed_provider_earns_from_its_next_heartbeat() {
    let mut account = funded(0, units(600));
    start(&mut account, 0, windowed(1, ONE, 900));
    account.deposit(at(1_000), units(5_000), Units::ZERO).unwrap();
    assert_eq!(earned(&account, 1_100, 1), 600, "its window lapsed at 900, funds or not");
    account.heartbeat(at(1_100), 1).unwrap();
    assert_eq!(earned(&account, 1_150, 1), 650);
}

#[test]
fn the_tenant_takes_back_what_exceeds_the_runway() {
    let mut account = funded(0, units(2_000));
    start(&mut account, 0, stream(1, ONE + 1));
    assert_eq!(account.surplus(at(100)), Ok(units(1_299)), "a fraction of a unit stays");
    assert_eq!(account.surplus(at(100)), Ok(Units::ZERO));
    assert_eq!(account.surplus(at(200)), Ok(Units::ZERO), "below the runway nothing is taken");
    assert_eq!(account.refunded(), units(1_299));
}

#[test]
fn the_minimum_charge_tops_up_what_was_earned() {
    let cases = [
        // (seconds served, fault, provider, returned)
        (0, Fault::None, 300, 9_700),
        (100, Fault::None, 300, 9_700),
        (300, Fault::None, 300, 9_700),
        (400, Fault::None, 400, 9_600),
        (100, Fault::Provider, 100, 9_900),
    ];
    for (second, fault, provider, returned) in cases {
        let mut account = funded(0, units(10_000));
        start(&mut account, 0, OpenStream { min_charge: units(300), ..stream(1, ONE) });
        account.withdraw(at(second / 2), 1).unwrap();
        let closed = account.close(at(second), 1, fault).unwrap();
        assert_eq!(closed.stream.paid(), units(provider), "{second} s, {fault:?}");
        assert_eq!(account.finish(at(second)), Ok(units(returned)), "{second} s, {fault:?}");
    }
}

#[test]
fn a_provider_never_alive_gets_no_minimum_charge() {
    let mut account = funded(0, units(10_000));
    account.open(at(0), OpenStream { min_charge: units(300), ..stream(1, ONE) }).unwrap();
    assert_eq!(account.close(at(50), 1, Fault::None).unwrap().payout, payout(0, 0));
    assert_eq!(account.finish(at(50)), Ok(units(10_000)));
}

#[test]
fn a_close_frees_the_others_when_the_rest_covers_them() {
    // The balance runs dry at 600 s but for one unit, which the close returns to it with the reserve.
    for (reserve, freed) in [(599, true), (598, false)] {
        let mut account = funded(0, units(reserve + 601));
        start(&mut account, 0, OpenStream { min_charge: units(reserve), ..stream(1, 1) });
        start(&mut account, 0, stream(2, ONE));
        account.settle(at(700)).unwrap();
        assert!(account.is_short(), "the reserve does not stream");
        account.close(at(700), 1, Fault::Provider).unwrap();
        assert_eq!(!account.is_short(), freed, "{reserve} units came back");
    }
}

#[test]
fn an_account_reads_when_it_will_run_out() {
    let mut account = funded(0, units(1_000));
    assert_eq!(account.runs_out_at(), Ok(None), "nothing streams");
    start(&mut account, 0, windowed(1, ONE / 2, 100));
    assert_eq!(account.runs_out_at(), Ok(Some(at(2_000))));
    account.settle(at(100)).unwrap();
    assert_eq!(account.runs_out_at(), Ok(None), "its only provider is silent");
    assert_eq!(account.stream(1).unwrap().accrued(), Nano::new(50 * NANO));
}

#[test]
fn finishing_needs_closed_streams_and_returns_all() {
    let mut account = funded(0, units(1_000));
    start(&mut account, 0, stream(1, 7));
    assert_eq!(account.finish(at(1)), Err(EscrowError::StreamsOpen { got: 1 }));
    account.close(at(1), 1, Fault::None).unwrap();
    assert_eq!(account.finish(at(1)), Ok(units(1_000)));
    assert_eq!(account.finish(at(Seconds::NEVER.get())), Ok(Units::ZERO));
}
