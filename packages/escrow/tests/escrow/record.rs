//! The stored form: lossless, without names, and small.

use escrow::{
    Account, AccountRow as Row, Fault, MAX_RATE, MAX_RUNWAY, MAX_UNITS, NanoRate, OpenStream,
    Seconds, StreamRow, Units,
};

use crate::invariants::EVERYDAY_BYTES;
use crate::scene::{funded, stream};

/// The same account with its streams in another order.
pub(crate) fn permuted(account: &Account) -> Account {
    let mut row: Row = reread(account);
    row.6.reverse();
    let half = row.6.len() / 2;
    row.6.rotate_left(half);
    reread(&row)
}

/// Writes `value` as the contract's storage does and reads it back as another type.
fn reread<T: serde::Serialize, U: serde::de::DeserializeOwned>(value: &T) -> U {
    serde_json::from_slice(&serde_json::to_vec(value).unwrap()).unwrap()
}

fn full(rate: NanoRate, deposit: Units, now: u64) -> Account {
    let mut account = funded(now, deposit);
    for id in 0..8 {
        let terms = OpenStream {
            id: 1_000_000 + id,
            rate,
            window: Some(Seconds::new(604_800)),
            stop: Seconds::new(now + 30_000_000),
            min_charge: Units::new(deposit.get() / 100),
            fee_bps: 2_000,
        };
        account.open(Seconds::new(now), terms).unwrap();
        account.heartbeat(Seconds::new(now), terms.id).unwrap();
    }
    account.settle(Seconds::new(now + 600_001)).unwrap();
    account
}

#[test]
fn the_stored_form_is_an_array_in_the_order_of_the_struct() {
    let mut account = funded(1_000, Units::new(3_000));
    let terms = OpenStream { min_charge: Units::new(7), fee_bps: 250, ..stream(9, 1_500_000_000) };
    account.open(Seconds::new(1_000), terms).unwrap();
    account.heartbeat(Seconds::new(1_001), 9).unwrap();
    account.withdraw(Seconds::new(1_004), 9).unwrap();
    let json = serde_json::to_string(&account).unwrap();
    let expected = "[2988500000000,1004,null,600,3000,0,\
                    [[9,1500000000,null,null,null,500000000,4,7000000000,250,1]]]";
    assert_eq!(json, expected);
    assert_eq!(reread::<_, Account>(&account), account);
}

#[test]
fn a_window_a_stop_and_an_outage_survive_storage() {
    let mut account = funded(0, Units::new(600));
    let terms = OpenStream {
        window: Some(Seconds::new(5_000)),
        stop: Seconds::new(9_000),
        ..stream(1, 1_000_000_000)
    };
    account.open(Seconds::ZERO, terms).unwrap();
    account.heartbeat(Seconds::ZERO, 1).unwrap();
    account.settle(Seconds::new(700)).unwrap();
    assert_eq!(account.short_since(), Some(Seconds::new(600)));
    assert_eq!(reread::<_, Account>(&account), account);
}

#[test]
fn the_largest_numbers_survive_storage() {
    let mut account = Account::new(Seconds::ZERO, MAX_RUNWAY).unwrap();
    account.deposit(Seconds::ZERO, MAX_UNITS, Units::ZERO).unwrap();
    assert_eq!(reread::<_, Account>(&account), account);

    let account = full(MAX_RATE, MAX_UNITS, 1_700_000_000);
    assert_eq!(reread::<_, Account>(&account), account);
}

#[test]
fn a_full_everyday_account_keeps_to_its_bytes() {
    // A six-decimals coin: eight leases at about 0.87 coins a day each, out of 30,000 coins.
    let account = full(NanoRate::new(10_123_456_789), Units::new(30_000_000_000), 1_700_000_000);
    let bytes = serde_json::to_vec(&account).unwrap().len();
    assert!(bytes <= EVERYDAY_BYTES, "got {bytes}, expected at most {EVERYDAY_BYTES}");
}

#[test]
fn no_account_exceeds_two_kilobytes() {
    let largest: Row = {
        let second = Some(u64::from(u32::MAX));
        let nano = MAX_UNITS.get() * escrow::NANO;
        let stream: StreamRow = (
            u32::MAX,
            MAX_RATE.get(),
            second,
            second,
            second,
            nano,
            MAX_UNITS.get(),
            nano,
            10_000,
            u32::MAX,
        );
        let (units, runway) = (MAX_UNITS.get(), MAX_RUNWAY.get());
        (nano, u64::from(u32::MAX), second, runway, units, units, vec![stream; 8])
    };
    let account: Account = reread(&largest);
    assert_eq!(reread::<_, Row>(&account), largest);
    assert!(serde_json::to_vec(&account).unwrap().len() <= 2_000);
}

#[test]
fn a_stored_account_works_on() {
    let mut account: Account = reread(&full(NanoRate::new(1), Units::new(1_000), 10));
    let closed = account.close(Seconds::new(700_000), 1_000_003, Fault::None).unwrap();
    assert_eq!(closed.payout.provider, Units::new(8));
    assert_eq!(closed.payout.treasury, Units::new(2));
}
