//! Everybody has what it began with, less what it paid, and what the books say it was to receive: no one
//! is paid what is another's.
//!
//! The owners of orders through the outpost are not told apart: they give each other orders, credits and
//! allowances, of which the market knows nothing. As all units are counted, they have together what
//! nobody else has.

use std::collections::BTreeMap;

use cosmwasm_std::from_json;
use proptest::test_runner::{TestCaseError, TestCaseResult};
use proptest::{prop_assert, prop_assert_eq};
use protocol::ics20::{FungibleTokenPacketData, TransferOutcome, outcome};
use simnet::world::{MARKET_CHAIN, OUTPOST_CHAIN, STAKE, USDX};
use simnet::{Error, PacketId, TRANSFER_PORT, World};

use super::books::{Books, Home};
use super::machine::{KEEPER, LOCALS, OWNERS, PROVIDERS, WALLET};

/// Who else can have something on the market's chain.
const OTHERS: [&str; 5] = ["treasury", "anyone", "market-owner", "auditor", "pauser"];

/// What each began with, as far as all that came after tells, by name and denom. It never changes.
pub(crate) type Purses = BTreeMap<(&'static str, String), i128>;

fn failed(error: Error) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}

/// Units as they are added and subtracted here.
fn signed(units: u128) -> i128 {
    i128::try_from(units).expect("amounts are at most 2^90")
}

/// Reads what everybody has, and takes back all that the books say of it.
pub(crate) fn purses(world: &World, books: &Books) -> Result<Purses, TestCaseError> {
    reach_whom_they_should(world, books)?;
    let mut purses = Purses::new();
    for name in PROVIDERS.into_iter().chain(LOCALS).chain(OTHERS).chain(OWNERS) {
        let address = world.address(MARKET_CHAIN, name);
        for denom in world.denoms(MARKET_CHAIN) {
            let has = world.held(MARKET_CHAIN, &address, &denom).map_err(failed)?;
            let paid = world.spent_by(MARKET_CHAIN, name, &denom);
            let of = (address.to_string(), denom.clone());
            let claimable = books.claimables.get(&of).copied().unwrap_or_default();
            let began = signed(has + paid + claimable) - signed(books.dues.of(&of));
            purses.insert((name, denom), began);
        }
    }
    for denoms in [(world.usdx_on_a(), USDX.into()), (STAKE.into(), world.stake_on_b())] {
        let began = wallet(world, books, (&denoms.0, &denoms.1))?;
        purses.insert((WALLET, denoms.1), began);
    }
    Ok(purses)
}

/// Every transfer home is told of, and goes to who it is for.
fn reach_whom_they_should(world: &World, books: &Books) -> TestCaseResult {
    let mut told = books.dues.homes.len();
    for id in transfers(world, MARKET_CHAIN)? {
        let data = data(world, &id)?;
        if data.sender != world.market.as_str() {
            continue;
        }
        let home = books.dues.homes.get(&(id.channel.clone(), id.sequence.to_string()));
        let is_told = home.is_some_and(|home| {
            is_for(world, home, &data.receiver) && home.amount.to_string() == data.amount
        });
        prop_assert!(is_told, "{:?} went with {:?}, told was {:?}", id, data, home);
        told -= 1;
    }
    prop_assert_eq!(told, 0, "transfers home are told of that never left");
    Ok(())
}

/// Whether a transfer home may reach this address. An outpost that learns of no transfer is left out, and
/// its owners say themselves where their money goes.
fn is_for(world: &World, home: &Home, receiver: &str) -> bool {
    let is_outposts = home.owner.split('/').nth(1) == Some(world.outpost.as_str());
    if !(is_outposts && world.style().leaves_outpost_deaf()) {
        return home.to == receiver;
    }
    let mut owners = OWNERS.into_iter().chain([KEEPER]);
    owners.any(|name| world.address(OUTPOST_CHAIN, name).as_str() == receiver)
}

/// What the wallet without an outpost began with, of a denom as it is called on both chains.
fn wallet(world: &World, books: &Books, (on_a, on_b): (&str, &str)) -> Result<i128, TestCaseError> {
    let address = world.address(OUTPOST_CHAIN, WALLET).to_string();
    let name = world.wallet_tenant(WALLET).to_string();
    let of = (name.clone(), on_a.to_owned());
    let has = world.held(OUTPOST_CHAIN, &world.address(OUTPOST_CHAIN, WALLET), on_b);
    let mut began = signed(has.map_err(failed)?)
        + signed(world.spent_by(OUTPOST_CHAIN, WALLET, on_b))
        - signed(returned_to(world, &address, on_b)?)
        - signed(books.dues.of(&of))
        + signed(books.claimables.get(&of).copied().unwrap_or_default());
    // On the market's chain it is paid at the address that it named for the case.
    let named = world.address(MARKET_CHAIN, LOCALS[0]).to_string();
    for (to, units) in books.dues.here.get(&of).into_iter().flatten() {
        prop_assert_eq!(to, &named);
        began += signed(*units);
    }
    let homes = books.dues.homes.iter().filter(|(_, home)| home.denom == on_a);
    for ((route, sequence), home) in homes {
        let sequence = sequence.parse().map_err(|_| TestCaseError::fail("no sequence"))?;
        let (chain, port) = (MARKET_CHAIN.into(), TRANSFER_PORT.into());
        let id = PacketId { chain, port, channel: route.clone(), sequence };
        let has_arrived = arrived(world, &id)?;
        let is_returned = books.dues.returned.contains(&(route.clone(), sequence.to_string()));
        let units = signed(home.amount);
        match (home.owner == name, has_arrived) {
            // Under way, or back without word of it.
            (true, false) if !is_returned => began += units,
            // Taken for returned, when strays covered it.
            (true, true) if is_returned => began -= units,
            // The unit that carries a statement.
            (false, true) if home.to == address => began -= units,
            _ => {}
        }
    }
    Ok(began)
}

/// Units of the wallet's transfers of a denom that came back to it.
fn returned_to(world: &World, address: &str, denom: &str) -> Result<u128, TestCaseError> {
    let under_way = world.network.in_flight().map_err(failed)?;
    let mut units = 0;
    for id in transfers(world, OUTPOST_CHAIN)? {
        let data = data(world, &id)?;
        let is_over = under_way.iter().all(|(packet, _)| *packet != id);
        let is_its = data.sender == address && data.denom == denom;
        if is_its && is_over && !arrived(world, &id)? {
            let amount = data.amount.parse::<u128>();
            units += amount.map_err(|_| TestCaseError::fail("no amount"))?;
        }
    }
    Ok(units)
}

fn transfers(world: &World, chain: &str) -> Result<Vec<PacketId>, TestCaseError> {
    let mut sent = world.network.sent().map_err(failed)?;
    sent.retain(|id| id.chain == chain && id.port == TRANSFER_PORT);
    Ok(sent)
}

fn data(world: &World, id: &PacketId) -> Result<FungibleTokenPacketData, TestCaseError> {
    let packet = world.network.packet(id).map_err(failed)?;
    from_json(packet.data).map_err(|error| TestCaseError::fail(error.to_string()))
}

fn arrived(world: &World, id: &PacketId) -> Result<bool, TestCaseError> {
    let ack = world.network.ack(id).map_err(failed)?;
    Ok(ack.is_some_and(|ack| outcome(&ack) == TransferOutcome::Arrived))
}

/// Nobody gained and nobody lost but by what the books say.
pub(crate) fn same_purses(before: &Purses, after: &Purses) -> TestCaseResult {
    for (purse, began) in after {
        let was = before.get(purse);
        prop_assert!(was == Some(began), "{:?} began with {:?}, now with {}", purse, was, began);
    }
    Ok(())
}
