//! Short ways to set an account up for a named test.

use escrow::{Account, MIN_RUNWAY, NANO, NanoRate, OpenStream, Payout, Seconds, Units};

/// One unit per second.
pub(crate) const ONE: u128 = NANO;

pub(crate) fn at(second: u64) -> Seconds {
    Seconds::new(second)
}

pub(crate) fn units(units: u128) -> Units {
    Units::new(units)
}

/// An account with the shortest runway and a first deposit.
pub(crate) fn funded(now: u64, deposit: Units) -> Account {
    let mut account = Account::new(at(now), MIN_RUNWAY).unwrap();
    account.deposit(at(now), deposit, Units::ZERO).unwrap();
    account
}

/// A stream of `rate` nano-units per second without window, stop, minimum charge or fee.
pub(crate) fn stream(id: u32, rate: u128) -> OpenStream {
    OpenStream {
        id,
        rate: NanoRate::new(rate),
        window: None,
        stop: Seconds::NEVER,
        min_charge: Units::ZERO,
        fee_bps: 0,
    }
}

/// The same with a heartbeat window.
pub(crate) fn windowed(id: u32, rate: u128, window: u64) -> OpenStream {
    OpenStream { window: Some(at(window)), ..stream(id, rate) }
}

/// Opens a stream and beats at once.
pub(crate) fn start(account: &mut Account, now: u64, terms: OpenStream) {
    account.open(at(now), terms).unwrap();
    account.heartbeat(at(now), terms.id).unwrap();
}

/// Whole units a stream has earned by `now`, paid or not.
pub(crate) fn earned(account: &Account, now: u64, id: u32) -> u128 {
    let mut account = account.clone();
    account.settle(at(now)).unwrap();
    let stream = account.stream(id).unwrap();
    stream.paid().get() + stream.accrued().whole().get()
}

pub(crate) fn payout(provider: u128, treasury: u128) -> Payout {
    Payout { provider: units(provider), treasury: units(treasury) }
}
