//! The known defects of Akash's escrow, by their numbers in our list, as regressions.
//!
//! Four of the thirteen concern what this crate does not have: B3 (losing bids kept open by a failing
//! hook), B8 (hooks before the state was stored) and B12 (matching of offers) are tests of the market
//! under these numbers, and so is that a bid's deposit comes back (B13, here the size of a bond).

use escrow::{
    EscrowError, Fault, MAX_RATE, MAX_STREAMS, NANO, NanoRate, OpenStream, Payout, Units, bond,
};

use crate::scene::{ONE, at, earned, funded, payout, start, stream, units};

#[test]
fn b1_a_second_lease_does_not_discard_what_the_first_has_earned() {
    let mut account = funded(0, units(10_000));
    start(&mut account, 0, stream(1, ONE));
    start(&mut account, 500, stream(2, ONE));
    assert_eq!(account.withdraw(at(500), 1).unwrap(), payout(500, 0));
    assert_eq!((earned(&account, 600, 1), earned(&account, 600, 2)), (600, 100));
}

#[test]
fn b2_two_operations_in_one_block_both_take_effect() {
    let mut account = funded(0, units(10_000));
    start(&mut account, 0, stream(1, ONE));
    start(&mut account, 0, stream(2, ONE));
    assert_eq!(account.withdraw(at(100), 2).unwrap(), payout(100, 0));
    assert_eq!(account.withdraw(at(100), 2).unwrap(), Payout::default());
    assert_eq!(account.close(at(100), 1, Fault::None).unwrap().payout, payout(100, 0));
    assert_eq!(account.close(at(100), 2, Fault::None).unwrap().payout, Payout::default());
    assert!(account.streams().is_empty(), "a closed lease does not go on streaming");
    assert_eq!(account.finish(at(100)), Ok(units(9_800)));
}

#[test]
fn b4_frequent_withdrawals_lose_nothing() {
    // A third of a unit per second, less than one unit per settlement, with a fee that never comes out even.
    let terms = OpenStream { fee_bps: 333, ..stream(1, NANO / 3) };
    let mut often = funded(0, units(100_000));
    start(&mut often, 0, terms);
    let mut once = often.clone();
    let mut total = Payout::default();
    for second in 1..=10_000 {
        let part = often.withdraw(at(second), 1).unwrap();
        total.provider = total.provider.try_add(part.provider).unwrap();
        total.treasury = total.treasury.try_add(part.treasury).unwrap();
    }
    assert_eq!(once.withdraw(at(10_000), 1).unwrap(), total);
    assert_eq!(once, often);
    assert_eq!(total.gross().unwrap(), units(3_333));
}

#[test]
fn b5_exhaustion_is_known_in_advance_and_to_the_second() {
    let mut account = funded(0, units(1_000));
    start(&mut account, 0, stream(1, ONE));
    assert_eq!(account.runs_out_at(), Ok(Some(at(1_000))));
    account.settle(at(999)).unwrap();
    assert_eq!(account.short_since(), None);
    account.settle(at(1_000)).unwrap();
    assert_eq!(account.short_since(), None, "every second so far is paid");
    account.settle(at(90_000)).unwrap();
    assert_eq!(account.short_since(), Some(at(1_000)), "although nobody looked for a day");
    assert_eq!(earned(&account, 90_000, 1), 1_000);
    assert_eq!(account.runs_out_at(), Ok(Some(at(1_000))));
}

#[test]
fn b6_exhaustion_pauses_and_a_deposit_revives() {
    let mut account = funded(0, units(600));
    start(&mut account, 0, stream(1, ONE));
    account.settle(at(1_000)).unwrap();
    assert!(account.is_short());
    assert_eq!(account.missing_to_revive(), Ok(units(600)));
    account.deposit(at(2_000), units(600), Units::ZERO).unwrap();
    assert!(!account.is_short());
    assert_eq!(earned(&account, 2_010, 1), 610, "the outage itself stays unpaid");
}

#[test]
fn b7_a_failing_operation_says_so_and_changes_nothing() {
    let mut account = funded(0, units(600));
    start(&mut account, 0, stream(1, ONE));
    account.settle(at(100)).unwrap();
    let settled = account.clone();
    let now = at(100);
    let refusals = [
        account.withdraw(now, 7).err(),
        account.close(now, 7, Fault::None).err(),
        account.heartbeat(now, 7).err(),
        account.reclaim(now, 7, at(5)).err(),
        account.change_rate(now, 7, NanoRate::new(1)).err(),
    ];
    assert_eq!(refusals, [const { Some(EscrowError::NoStream { id: 7 }) }; 5]);
    assert_eq!(account.finish(now), Err(EscrowError::StreamsOpen { got: 1 }));
    assert_eq!(account, settled);
}

#[test]
fn b9_an_exhausted_account_closes_without_a_fraction_left() {
    let mut account = funded(0, units(1_000));
    let rates = [NANO / 3, NANO / 7, NANO / 11 + 1];
    for (id, rate) in (0..).zip(rates) {
        start(&mut account, 0, OpenStream { fee_bps: 777, ..stream(id, rate) });
    }
    account.settle(at(1_000_000)).unwrap();
    assert!(account.is_short());
    let mut out = Units::ZERO;
    for id in 0..3 {
        let closed = account.close(at(1_000_000), id, Fault::None).unwrap();
        out = out.try_add(closed.payout.gross().unwrap()).unwrap();
    }
    let home = account.finish(at(1_000_000)).unwrap();
    assert_eq!(out.try_add(home), Ok(units(1_000)));
    assert_eq!((account.free().get(), account.held()), (0, Ok(Units::ZERO)));
}

#[test]
fn b10_no_outside_money_is_ever_needed_to_be_whole() {
    let mut account = funded(0, units(1_200));
    start(&mut account, 0, OpenStream { min_charge: units(500), fee_bps: 2_000, ..stream(1, ONE) });
    account.settle(at(3_000)).unwrap();
    let closed = account.close(at(3_000), 1, Fault::None).unwrap();
    let home = account.finish(at(3_000)).unwrap();
    assert_eq!(
        closed.payout,
        payout(560, 140),
        "the reserve pays nothing once the charge is earned"
    );
    assert_eq!(home, units(500));
}

#[test]
fn b11_work_and_record_do_not_grow_with_deposits_or_leases() {
    let mut account = funded(0, units(100_000));
    let bytes = |account: &escrow::Account| serde_json::to_vec(account).unwrap().len();
    let before = bytes(&account);
    for _ in 0..1_000 {
        account.deposit(at(0), units(1), Units::ZERO).unwrap();
    }
    assert_eq!(bytes(&account), before);
    for id in 0..8 {
        let terms = OpenStream { stop: at(100 + u64::from(id)), ..stream(id, ONE) };
        start(&mut account, 0, terms);
    }
    assert_eq!(
        account.open(at(0), stream(8, ONE)),
        Err(EscrowError::StreamLimit { max: MAX_STREAMS })
    );
    assert_eq!(account.settle(at(1_000_000)), Ok(9), "a piece up to each stop and one beyond");
}

#[test]
fn b13_a_bond_grows_with_the_lease_instead_of_being_fixed() {
    let min_bond = units(1_000);
    assert_eq!(bond(NanoRate::new(1), min_bond), Ok(min_bond));
    assert_eq!(bond(NanoRate::new(ONE), min_bond), Ok(units(86_400)));
    assert_eq!(bond(NanoRate::new(ONE + 1), min_bond), Ok(units(86_401)), "rounded up");
    assert_eq!(bond(MAX_RATE, min_bond).unwrap().get(), (MAX_RATE.get() * 86_400).div_ceil(NANO));
}
