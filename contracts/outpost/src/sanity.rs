//! The ledger's invariants as a function, for tests: run it after every step.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::{Addr, Deps, Order as Direction, StdResult, Storage, Uint128};
use store::Map;

use crate::ledger::{self, BUDGETS, CLAIMABLE, TRACKED, UNCLAIMED, UNRESOLVED};
use crate::state::auto_top_up::AUTO_TOP_UPS;
use crate::state::flight::{FLIGHTS, PACKETS};
use crate::state::order::{LIVE, ORDERS, UNSENT, is_live};
use crate::{ContractError, msg::responses::OrderState};

/// Sums by denom.
type Sums = BTreeMap<String, Uint128>;

/// Checks every invariant.
///
/// 1. per denom, tracked = Σ claimable + Σ unclaimed + Σ unsent + Σ budgets + Σ tips; 2. unresolved = Σ in-flight
///    coins; 3. bank ≥ tracked; 4. callbacks find exactly the records there are; 5. the count of
///    an owner's live orders is their number; 6. exactly the unsent orders can be sent; 7. an
///    automatic top-up waits for its own packet only.
///
/// # Errors
/// The first that does not hold, in words; or if storage cannot be read.
pub fn check(deps: Deps<'_>, contract: &Addr) -> Result<(), String> {
    let storage = deps.storage;
    let read = |sums: Result<Sums, ContractError>| sums.map_err(|error| error.to_string());
    let counted = |counter: &Map<&str, Uint128>| read(counter_values(storage, counter));
    expect("tracked", &counted(&TRACKED)?, &read(owed(storage))?)?;
    expect("unresolved", &counted(&UNRESOLVED)?, &read(in_flight(storage))?)?;
    for (denom, tracked) in counted(&TRACKED)? {
        let bank = ledger::bank(deps, contract, &denom).map_err(|error| error.to_string())?;
        if bank < tracked {
            return Err(format!("insolvent in {denom}: bank {bank} < tracked {tracked}"));
        }
    }
    packets_match(storage).map_err(|error| error.to_string())??;
    orders_match(storage).map_err(|error| error.to_string())??;
    top_ups_match(storage).map_err(|error| error.to_string())?
}

fn expect(what: &str, got: &Sums, expected: &Sums) -> Result<(), String> {
    if got == expected {
        return Ok(());
    }
    Err(format!("{what} is {got:?}, the records sum up to {expected:?}"))
}

fn counter_values(
    storage: &dyn Storage,
    counter: &Map<&str, Uint128>,
) -> Result<Sums, ContractError> {
    let mut sums = Sums::new();
    for entry in counter.range(storage, None, None, Direction::Ascending) {
        let (denom, amount) = entry?;
        add(&mut sums, denom, amount)?;
    }
    Ok(sums)
}

fn owed(storage: &dyn Storage) -> Result<Sums, ContractError> {
    let mut sums = Sums::new();
    for entry in CLAIMABLE.range(storage, None, None, Direction::Ascending) {
        let ((_, denom, _), amount) = entry?;
        add(&mut sums, denom, amount)?;
    }
    for entry in UNCLAIMED.range(storage, None, None, Direction::Ascending) {
        let ((_, denom), amount) = entry?;
        add(&mut sums, denom, amount)?;
    }
    for entry in BUDGETS.range(storage, None, None, Direction::Ascending) {
        let ((_, denom), amount) = entry?;
        add(&mut sums, denom, amount)?;
    }
    for entry in FLIGHTS.range(storage, None, None, Direction::Ascending) {
        let cargo = entry?.1.cargo;
        let tip = cargo.tip.map_or(Uint128::zero(), |tip| tip.amount);
        add(&mut sums, cargo.money.denom, tip)?;
    }
    for seq in UNSENT.keys(storage, None, None, Direction::Ascending) {
        let money = ORDERS.load(storage, seq?)?.money;
        add(&mut sums, money.denom, money.amount)?;
    }
    Ok(sums)
}

fn in_flight(storage: &dyn Storage) -> Result<Sums, ContractError> {
    let mut sums = Sums::new();
    for entry in FLIGHTS.range(storage, None, None, Direction::Ascending) {
        let money = entry?.1.cargo.money;
        add(&mut sums, money.denom, money.amount)?;
    }
    Ok(sums)
}

/// Adds an amount; sums of zero are left out, as a counter may stand at zero.
fn add(sums: &mut Sums, denom: String, amount: Uint128) -> Result<(), ContractError> {
    if !amount.is_zero() {
        let sum = sums.entry(denom).or_default();
        *sum = sum.checked_add(amount)?;
    }
    Ok(())
}

fn packets_match(storage: &dyn Storage) -> StdResult<Result<(), String>> {
    let mut named = BTreeSet::new();
    for entry in PACKETS.range(storage, None, None, Direction::Ascending) {
        let ((channel, sequence), n) = entry?;
        named.insert((n, channel, sequence));
    }
    let mut recorded = BTreeSet::new();
    for entry in FLIGHTS.range(storage, None, None, Direction::Ascending) {
        let (n, flight) = entry?;
        recorded.insert((n, flight.channel, flight.sequence));
    }
    if named == recorded {
        return Ok(Ok(()));
    }
    Ok(Err(format!("callbacks find {named:?}, the records are {recorded:?}")))
}

fn orders_match(storage: &dyn Storage) -> StdResult<Result<(), String>> {
    let mut live: BTreeMap<Addr, u32> = BTreeMap::new();
    for entry in ORDERS.range(storage, None, None, Direction::Ascending) {
        let (seq, order) = entry?;
        if (order.state == OrderState::Unsent) != UNSENT.has(storage, seq) {
            return Ok(Err(format!("order {seq} is {:?}, its unsent record differs", order.state)));
        }
        if is_live(order.state) {
            let count = live.entry(order.owner).or_default();
            *count = count.saturating_add(1);
        }
    }
    for entry in LIVE.range(storage, None, None, Direction::Ascending) {
        let (owner, count) = entry?;
        let found = live.get(&owner).copied().unwrap_or_default();
        if count != found {
            return Ok(Err(format!("`{owner}` is said to have {count} live orders, has {found}")));
        }
    }
    Ok(Ok(()))
}

fn top_ups_match(storage: &dyn Storage) -> StdResult<Result<(), String>> {
    for entry in AUTO_TOP_UPS.range(storage, None, None, Direction::Ascending) {
        let (seq, auto) = entry?;
        let Some(n) = auto.in_flight else { continue };
        let waits = FLIGHTS.may_load(storage, n)?.map(|flight| flight.cargo.seq);
        if waits != Some(Some(seq)) {
            return Ok(Err(format!("order {seq} waits for top-up {n}, which is no packet of its")));
        }
    }
    Ok(Ok(()))
}
