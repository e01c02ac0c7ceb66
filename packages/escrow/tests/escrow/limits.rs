//! Each limit at its edge and one beyond, and the arithmetic at the corner of all of them.

use escrow::{
    Account, EscrowError, Fault, MAX_RATE, MAX_RUNWAY, MAX_STREAMS, MAX_UNITS, MIN_RUNWAY, NANO,
    Nano, NanoRate, OpenStream, Seconds, Units, cost,
};

use crate::scene::{ONE, at, funded, start, stream, units, windowed};

fn out_of_range(quantity: &'static str, got: u128, min: u128, max: u128) -> EscrowError {
    EscrowError::OutOfRange { quantity, got, min, max }
}

#[test]
fn a_runway_lies_between_ten_minutes_and_a_year() {
    let (min, max) = (600, 1 << 25);
    assert_eq!((MIN_RUNWAY.get(), MAX_RUNWAY.get()), (min, max));
    for runway in [min, max] {
        assert_eq!(Account::new(at(0), at(runway)).unwrap().runway(), at(runway));
    }
    for runway in [0, min - 1, max + 1, u64::MAX] {
        let refused = out_of_range("runway", runway.into(), min.into(), max.into());
        assert_eq!(Account::new(at(0), at(runway)), Err(refused));
    }
}

#[test]
fn an_account_receives_at_most_its_limit_ever() {
    let mut account = funded(0, MAX_UNITS.try_sub(units(1)).unwrap());
    account.finish(at(0)).unwrap();
    account.deposit(at(0), units(1), Units::ZERO).unwrap();
    for beyond in [1, u128::MAX] {
        let refused = EscrowError::DepositLimit { got: units(beyond), room: Units::ZERO };
        assert_eq!(account.deposit(at(0), units(beyond), Units::ZERO), Err(refused));
    }
}

#[test]
fn a_rate_is_above_zero_and_at_most_two_to_the_ninety_six() {
    let mut account = funded(0, MAX_UNITS);
    let max = MAX_RATE.get();
    for rate in [0, max + 1, u128::MAX] {
        let refused = Err(out_of_range("rate", rate, 1, max));
        assert_eq!(account.open(at(0), stream(1, rate)), refused);
    }
    account.open(at(0), stream(1, 1)).unwrap();
    account.open(at(0), stream(2, max)).unwrap();
    assert_eq!(account.change_rate(at(0), 1, NanoRate::ZERO), Err(out_of_range("rate", 0, 1, max)));
    let beyond = NanoRate::new(max + 1);
    let refused = Err(out_of_range("rate", max + 1, 1, max));
    assert_eq!(account.change_rate(at(0), 1, beyond), refused);
    assert_eq!(account.change_rate(at(0), 1, MAX_RATE), Ok(()));
}

#[test]
fn a_fee_is_at_most_the_whole_and_a_window_at_least_a_second() {
    let mut account = funded(0, units(10_000));
    let all_fee = OpenStream { fee_bps: 10_000, ..stream(1, ONE) };
    account.open(at(0), all_fee).unwrap();
    let beyond = OpenStream { fee_bps: 10_001, ..stream(2, ONE) };
    assert_eq!(account.open(at(0), beyond), Err(out_of_range("fee_bps", 10_001, 0, 10_000)));
    let refused = out_of_range("window", 0, 1, u64::MAX.into());
    assert_eq!(account.open(at(0), windowed(2, ONE, 0)), Err(refused));
    start(&mut account, 0, windowed(2, ONE, u64::MAX));
    assert_eq!(account.stream(2).unwrap().cap(), Seconds::NEVER);
}

#[test]
fn a_minimum_charge_is_bounded_before_it_is_multiplied() {
    let mut account = funded(0, units(10_000));
    let max = MAX_UNITS.get();
    for charge in [max + 1, u128::MAX] {
        let terms = OpenStream { min_charge: units(charge), ..stream(1, ONE) };
        assert_eq!(account.open(at(0), terms), Err(out_of_range("min_charge", charge, 0, max)));
    }
    let terms = OpenStream { min_charge: MAX_UNITS, ..stream(1, ONE) };
    let refused = account.open(at(0), terms);
    assert!(matches!(refused, Err(EscrowError::InsufficientFunds { .. })), "got {refused:?}");
}

#[test]
fn a_stop_lies_in_the_future() {
    let mut account = funded(100, units(10_000));
    for stop in [0, 99, 100] {
        let terms = OpenStream { stop: at(stop), ..stream(1, ONE) };
        assert_eq!(account.open(at(100), terms), Err(EscrowError::Ended { id: 1, stop: at(stop) }));
    }
    assert_eq!(account.open(at(100), OpenStream { stop: at(101), ..stream(1, ONE) }), Ok(()));
}

#[test]
fn a_number_is_used_once_at_a_time() {
    let mut account = funded(0, units(10_000));
    account.open(at(0), stream(1, ONE)).unwrap();
    assert_eq!(account.open(at(0), stream(1, ONE)), Err(EscrowError::StreamExists { id: 1 }));
    account.close(at(0), 1, Fault::None).unwrap();
    assert_eq!(account.open(at(0), stream(1, ONE)), Ok(()));
}

#[test]
fn time_does_not_run_backwards() {
    let mut account = funded(100, units(10_000));
    let refused = EscrowError::TimeBackwards { got: at(99), settled_at: at(100) };
    assert_eq!(account.settle(at(99)), Err(refused.clone()));
    assert_eq!(account.deposit(at(99), units(1), Units::ZERO), Err(refused));
    assert_eq!(account.settle(at(100)), Ok(0));
}

/// Every bound at once: eight of the highest rates, the longest runway, the largest balance.
#[test]
fn every_product_fits_at_the_corner_of_all_bounds() {
    let mut account = Account::new(at(0), MAX_RUNWAY).unwrap();
    account.deposit(at(0), MAX_UNITS, Units::ZERO).unwrap();
    let rate = MAX_UNITS.to_nano().unwrap().get() / (8 * u128::from(MAX_RUNWAY.get()));
    let rate = rate.min(MAX_RATE.get());
    for id in 0..8 {
        start(&mut account, 0, OpenStream { fee_bps: 10_000, ..stream(id, rate) });
    }
    account.settle(at(u64::MAX / 2)).unwrap();
    assert!(account.is_short());
    assert!(account.missing_to_revive().unwrap() > Units::ZERO);
    let mut out = Units::ZERO;
    for id in 0..8 {
        let closed = account.close(at(u64::MAX), id, Fault::None).unwrap();
        assert_eq!(closed.payout.provider, Units::ZERO);
        out = out.try_add(closed.payout.treasury).unwrap();
    }
    assert_eq!(out.try_add(account.finish(at(u64::MAX)).unwrap()), Ok(MAX_UNITS));
}

/// What no balance can reach is still compared without overflow.
#[test]
fn the_largest_demand_on_an_account_is_a_number() {
    let all = NanoRate::new(MAX_RATE.get() * u128::try_from(MAX_STREAMS).unwrap());
    let runway = all.over(MAX_RUNWAY).unwrap();
    assert_eq!(runway.get(), 1 << (96 + 3 + 25));
    assert!(runway.try_add(MAX_UNITS.to_nano().unwrap()).is_ok());

    let mut account = Account::new(at(0), MAX_RUNWAY).unwrap();
    let wanted = OpenStream { min_charge: MAX_UNITS, ..stream(1, MAX_RATE.get()) };
    let missing = account.missing_to_open(MAX_RATE, MAX_UNITS).unwrap();
    let refused = account.open(at(0), wanted).unwrap_err();
    assert!(matches!(refused, EscrowError::InsufficientFunds { missing: m, .. } if m == missing));
    assert_eq!(account.missing_to_open(MAX_RATE, units(u128::MAX)).ok(), None);
}

#[test]
fn quantities_refuse_to_wrap() {
    let max = units(u128::MAX);
    assert!(matches!(max.try_add(units(1)), Err(EscrowError::Overflow { .. })));
    assert!(matches!(Units::ZERO.try_sub(units(1)), Err(EscrowError::Overflow { .. })));
    assert!(matches!(max.to_nano(), Err(EscrowError::Overflow { .. })));
    assert!(matches!(NanoRate::new(u128::MAX).over(at(2)), Err(EscrowError::Overflow { .. })));
    assert_eq!(Units::ZERO.saturating_sub(units(1)), Units::ZERO);
    assert_eq!(at(5).after(Seconds::NEVER), Seconds::NEVER);
}

#[test]
fn roundings_go_the_stated_way() {
    assert_eq!(Nano::new(NANO - 1).whole(), Units::ZERO);
    assert_eq!(Nano::new(NANO - 1).covering(), units(1));
    assert_eq!(Nano::new(NANO).covering(), units(1));
    assert_eq!(Nano::new(10).lasts(NanoRate::new(3)), at(3));
    assert_eq!(Nano::new(10).lasts(NanoRate::ZERO), Seconds::NEVER);
    assert_eq!(Nano::new(u128::MAX).lasts(NanoRate::new(1)), Seconds::NEVER);
    assert_eq!(cost(NanoRate::new(1), at(1)), Ok(units(1)));
    assert_eq!(cost(NanoRate::new(ONE), at(600)), Ok(units(600)));
}

#[test]
fn refusals_say_what_was_found_what_was_expected_and_the_cure() {
    let mut account = funded(0, units(599));
    let refused = account.open(at(0), stream(1, ONE)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "free balance is too small: got 599000000000 nano-units, expected 600000000000; \
         deposit 1 units first"
    );
    let refused = account.deposit(at(0), units(1), units(5)).unwrap_err();
    assert_eq!(refused.to_string(), "deposit is too small: got 1 units, expected at least 5");
}
