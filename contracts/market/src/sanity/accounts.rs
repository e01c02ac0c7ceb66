//! The invariants of the escrow that one account shows after a message. What two moments show (nothing is
//! paid twice, no second unfunded) is for the crate's own tests, after each operation.

use cosmwasm_std::{Order, Storage};
use escrow::{Account, FULL_BPS, MAX_RATE, MAX_STREAMS, MAX_UNITS, NANO, Stream};

use super::{Fault, all, same};
use crate::state::deployment::{ACCOUNTS, StoredAccount};

/// The most bytes of a stored account without its streams, and of each of these: every number at its bound.
const ACCOUNT_BYTES: usize = 150;
const STREAM_BYTES: usize = 230;

/// Checks every account.
pub(super) fn check(storage: &dyn Storage) -> Result<(), Fault> {
    for (number, StoredAccount(account)) in
        all(ACCOUNTS.range(storage, None, None, Order::Ascending))?
    {
        one(&account).map_err(|fault| format!("account {number}: {fault}: {account:?}"))?;
    }
    Ok(())
}

fn one(account: &Account) -> Result<(), Fault> {
    let held = held(account)?;
    whole(account, held)?;
    clock(account)?;
    account.streams().iter().try_for_each(|stream| earning(account, stream))?;
    small(account)
}

/// Nano-units in the account, to the last.
fn held(account: &Account) -> Result<u128, Fault> {
    let parts = account.streams().iter().map(|one| (one.accrued().get(), one.reserved().get()));
    let mut held = account.free().get();
    for (accrued, reserved) in parts {
        let more = held.checked_add(accrued).and_then(|sum| sum.checked_add(reserved));
        held = more.ok_or("more than fits")?;
    }
    Ok(held)
}

/// 1, 2, 6: what came in is held, paid or returned; in whole units, so nothing is left at the end.
fn whole(account: &Account, held: u128) -> Result<(), Fault> {
    if held.checked_rem(NANO) != Some(0) {
        return Err(format!("{held} nano-units are no whole units"));
    }
    let mut out = account.refunded().get();
    for stream in account.streams() {
        out = out.saturating_add(stream.paid().get());
    }
    let known = held.checked_div(NANO).unwrap_or_default().saturating_add(out);
    let came = account.deposited().get();
    // The rest was paid to leases that are closed.
    if known > came || came > MAX_UNITS.get() {
        return Err(format!("{came} units came in, {known} are held or went"));
    }
    if account.streams().is_empty() && account.short_since().is_some() {
        return Err("is short without a lease".into());
    }
    Ok(())
}

/// 5: the funds ran out at a moment that is accounted for.
fn clock(account: &Account) -> Result<(), Fault> {
    match account.short_since() {
        Some(since) if since > account.settled_at() => Err("runs short later than now".into()),
        _ => Ok(()),
    }
}

/// 4, 6: nothing is earned before the first beat, or counted after the end; fees are a part of the pay.
fn earning(account: &Account, stream: &Stream) -> Result<(), Fault> {
    let id = stream.id();
    let is_unearned = stream.accrued().get() == 0 && stream.paid().get() == 0;
    if stream.beats() == 0 && !(is_unearned && stream.cap() <= account.settled_at()) {
        return Err(format!("stream {id} earned before its first beat"));
    }
    if stream.cap() > stream.stop() {
        return Err(format!("stream {id} earns after its end"));
    }
    if !(1..=MAX_RATE.get()).contains(&stream.rate().get()) || stream.fee_bps() > FULL_BPS {
        return Err(format!("stream {id} has an impossible rate or fee"));
    }
    let fee = stream.fee().map_err(|error| error.to_string())?;
    if fee > stream.paid() {
        return Err(format!("stream {id} pays {fee} of {} as fees", stream.paid()));
    }
    let of_id = account.streams().iter().filter(|other| other.id() == id).count();
    same(format!("streams {id}"), of_id, 1)
}

/// 8: as large as a message can be made to read and write, and no larger.
fn small(account: &Account) -> Result<(), Fault> {
    let streams = account.streams().len();
    if streams > MAX_STREAMS {
        return Err(format!("has {streams} streams"));
    }
    let bytes = cosmwasm_std::to_json_vec(account).map_err(|error| error.to_string())?.len();
    let most = streams.saturating_mul(STREAM_BYTES).saturating_add(ACCOUNT_BYTES);
    if bytes > most {
        return Err(format!("takes {bytes} bytes, at most {most}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use escrow::{AccountRow, StreamRow};

    /// 100 units came in, 10 went back, 20 were paid to this lease and 5 to one that is closed; it has
    /// earned a half of a unit.
    fn row() -> AccountRow {
        let stream: StreamRow = (0, 7, Some(60), Some(90), None, NANO / 2, 20, 3 * NANO, 200, 4);
        (61 * NANO + NANO / 2, 50, None, 600, 100, 10, vec![stream])
    }

    fn fault(change: impl FnOnce(&mut AccountRow)) -> Option<Fault> {
        let mut row = row();
        change(&mut row);
        one(&row.into()).err()
    }

    #[test]
    fn what_the_formulas_exclude_is_found() {
        assert_eq!(fault(|_| {}), None);
        assert!(fault(|row| row.0 += 1).is_some(), "a nano-unit too many");
        assert!(fault(|row| row.0 += 6 * NANO).is_some(), "more than came in");
        assert!(fault(|row| row.6[0].5 += 1).is_some(), "a nano-unit earned by nobody's loss");
        assert!(fault(|row| row.2 = Some(51)).is_some(), "short in the future");
        assert!(fault(|row| row.6[0].9 = 0).is_some(), "pay before the first beat");
        assert!(fault(|row| row.6[0].4 = Some(89)).is_some(), "earning after the end");
        assert!(fault(|row| row.6[0].1 = 0).is_some(), "a rate of nothing");
        assert!(fault(|row| row.6[0].8 = FULL_BPS + 1).is_some(), "a fee of more than all");
        let twice = |row: &mut AccountRow| row.6.push((0, 1, None, Some(9), None, 0, 0, 0, 0, 0));
        assert!(fault(twice).is_some(), "two streams of one number");
        let alone = |row: &mut AccountRow| (row.0, row.2, row.6) = (65 * NANO, Some(9), vec![]);
        assert!(fault(alone).is_some(), "short without a lease");
    }
}
