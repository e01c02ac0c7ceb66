//! Events are enough: a book kept of them alone says what the market's own answers say.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::Event;
use market::msg::{
    BidsResponse, ClaimablesResponse, ConfigResponse, DeploymentInfo, LeaseId, LeaseInfo,
    LeasesResponse, LiveDeploymentsResponse, OffersResponse, OrdersResponse, ProvidersResponse,
    QueryMsg as Ask, SolvencyResponse, StatsResponse, StoredTombstone,
};
use proptest::prop_assert_eq;
use proptest::test_runner::{TestCaseError, TestCaseResult};
use protocol::control::GroupState;
use protocol::{DeploymentId, Tenant};
use serde::de::DeserializeOwned;
use simnet::World;
use simnet::world::MARKET_CHAIN;

use super::books::{Bid, Books, Key, Lease};

/// Entries of a page.
const PAGE: Option<u32> = Some(50);

fn failed(reason: impl ToString) -> TestCaseError {
    TestCaseError::fail(reason.to_string())
}

/// Keeps a book of all that was told so far and compares it with what the market answers.
pub(crate) fn rebuild(world: &World) -> Result<Books, TestCaseError> {
    let mut books = Books::default();
    // The first parameters come with the instantiation, whose events simnet does not keep.
    let config: ConfigResponse = ask(world, &Ask::Config {})?;
    books.treasury = config.params.treasury;
    for event in world.a().events().iter().filter(|event| is_of(world, event)) {
        books.enter(event).map_err(failed)?;
    }
    providers(world, &books)?;
    offers(world, &books)?;
    deployments(world, &books)?;
    orders(world, &books)?;
    bids(world, &books)?;
    leases(world, &books)?;
    claimables(world, &books)?;
    totals(world, &books)?;
    Ok(books)
}

fn is_of(world: &World, event: &Event) -> bool {
    let mut attributes = event.attributes.iter();
    attributes.any(|one| one.key == "_contract_address" && one.value == world.market.as_str())
}

fn ask<T: DeserializeOwned>(world: &World, ask: &Ask) -> Result<T, TestCaseError> {
    world.ask_market(ask).map_err(failed)
}

/// A deployment by its name.
fn id(name: &str) -> DeploymentId {
    let parts: Vec<&str> = name.split('/').collect();
    let tenant = match parts[..] {
        [address, _] => Tenant::Local { address: address.into() },
        [route, sender, account, _] => tenant([route, sender, account]),
        _ => panic!("{name} names no deployment"),
    };
    DeploymentId { tenant, seq: parts[parts.len() - 1].parse().unwrap() }
}

fn tenant([route, sender, account]: [&str; 3]) -> Tenant {
    Tenant::Remote { route: route.into(), sender: sender.into(), account: account.into() }
}

fn claimant(name: &str) -> Tenant {
    match name.split('/').collect::<Vec<_>>()[..] {
        [route, sender, account] => tenant([route, sender, account]),
        _ => Tenant::Local { address: name.into() },
    }
}

fn lease_id(key: &Key) -> LeaseId {
    LeaseId { deployment: id(&key.0), group: key.1 }
}

fn key(id: &LeaseId) -> Key {
    (id.deployment.to_string(), id.group)
}

fn providers(world: &World, books: &Books) -> TestCaseResult {
    let page: ProvidersResponse = ask(world, &Ask::Providers { start_after: None, limit: PAGE })?;
    prop_assert_eq!(page.providers.len(), books.providers.len());
    for told in page.providers {
        let kept = &books.providers[&told.address];
        let serves = books.leases.values().filter(|lease| lease.provider == told.address).count();
        prop_assert_eq!(&told.host_uri, &kept.host_uri);
        prop_assert_eq!(&told.attributes, &kept.attributes);
        prop_assert_eq!((told.stake.amount.u128(), &told.stake.denom), (kept.stake, &kept.denom));
        prop_assert_eq!((told.unbonds_at, told.live_leases as usize), (kept.unbonds_at, serves));
    }
    Ok(())
}

fn offers(world: &World, books: &Books) -> TestCaseResult {
    let mut met = 0;
    let mut start_after = None;
    loop {
        let (provider, denom, state) = (None, None, None);
        let page: OffersResponse =
            ask(world, &Ask::Offers { provider, denom, state, start_after, limit: PAGE })?;
        met += page.offers.len();
        for told in page.offers {
            let mut kept = books.offers[&told.id].clone();
            if let Some((_, terms)) = kept.next.take_if(|(at, _)| *at <= world.now()) {
                kept.terms = terms;
            }
            let next = told.next.map(|next| (next.effective_at, next.terms));
            prop_assert_eq!((&told.provider, &told.terms), (&kept.provider, &kept.terms));
            prop_assert_eq!((&next, told.cancelled), (&kept.next, kept.cancelled));
            let bond = (told.bond.amount.u128(), told.bond.denom, told.locked.u128());
            prop_assert_eq!(bond, (kept.bond, kept.bond_denom, kept.locked), "offer {}", told.id);
            prop_assert_eq!(told.live_leases, kept.leases);
        }
        start_after = page.next;
        if start_after.is_none() {
            break;
        }
    }
    prop_assert_eq!(met, books.offers.len());
    Ok(())
}

fn deployments(world: &World, books: &Books) -> TestCaseResult {
    let mut live = BTreeSet::new();
    let mut start_after = None;
    loop {
        let (denom, standing) = (None, None);
        let page: LiveDeploymentsResponse =
            ask(world, &Ask::LiveDeployments { denom, standing, start_after, limit: PAGE })?;
        live.extend(page.deployments.iter().map(|deployment| deployment.id.to_string()));
        start_after = page.next;
        if start_after.is_none() {
            break;
        }
    }
    prop_assert_eq!(&live, &books.deployments.keys().cloned().collect::<BTreeSet<_>>());
    for (name, kept) in &books.deployments {
        let told: DeploymentInfo = ask(world, &Ask::Deployment { id: id(name) })?;
        prop_assert_eq!((&told.denom, &told.refund_to), (&kept.denom, &kept.refund_to));
        prop_assert_eq!(told.deposited.u128(), kept.deposited, "deposited for {}", name);
        prop_assert_eq!(told.refunded.u128(), kept.refunded, "refunded to {}", name);
        prop_assert_eq!(&told.deployment, &kept.spec);
    }
    for (name, refunded) in &books.closed {
        let told: StoredTombstone = ask(world, &Ask::Tombstone { id: id(name) })?;
        prop_assert_eq!(told.refunded.u128(), *refunded, "refunded by {}", name);
    }
    Ok(())
}

fn orders(world: &World, books: &Books) -> TestCaseResult {
    let mut met = 0;
    let mut start_after = None;
    loop {
        let page: OrdersResponse =
            ask(world, &Ask::Orders { tenant: None, denom: None, start_after, limit: PAGE })?;
        met += page.orders.len();
        for told in page.orders {
            let key = key(&told.id);
            let kept = &books.orders[&key];
            let bids = books.bids.keys().filter(|(order, _)| *order == key).count();
            prop_assert_eq!((told.expires_at, told.bids as usize), (kept.expires_at, bids));
            prop_assert_eq!(told.group.max_rate.u128(), kept.max_rate);
            prop_assert_eq!(told.bidding_until, kept.bidding_until);
        }
        start_after = page.next;
        if start_after.is_none() {
            break;
        }
    }
    prop_assert_eq!(met, books.orders.len());
    Ok(())
}

/// Of orders that are over as well: deposits outlive them.
fn bids(world: &World, books: &Books) -> TestCaseResult {
    let mut by_order: BTreeMap<Key, BTreeMap<String, Bid>> = BTreeMap::new();
    for ((order, provider), bid) in &books.bids {
        by_order.entry(order.clone()).or_default().insert(provider.clone(), bid.clone());
    }
    for key in books.orders.keys() {
        by_order.entry(key.clone()).or_default();
    }
    for (key, kept) in by_order {
        let order = lease_id(&key);
        let page: BidsResponse = ask(world, &Ask::Bids { order, start_after: None, limit: PAGE })?;
        let told = page.bids.into_iter().map(|bid| {
            let (deposit, denom) = (bid.deposit.amount.u128(), bid.deposit.denom);
            let (bid_no, rate, valid_until) = (bid.bid_no, bid.rate.u128(), bid.valid_until);
            (bid.provider, Bid { bid_no, rate, valid_until, deposit, denom })
        });
        prop_assert_eq!(told.collect::<BTreeMap<_, _>>(), kept, "bids for {:?}", key);
    }
    Ok(())
}

fn leases(world: &World, books: &Books) -> TestCaseResult {
    let mut met = 0;
    let mut start_after = None;
    loop {
        let (provider, tenant, denom, state) = (None, None, None, None);
        let page: LeasesResponse =
            ask(world, &Ask::Leases { provider, tenant, denom, state, start_after, limit: PAGE })?;
        met += page.leases.len();
        for told in page.leases {
            lease(&told, &books.leases[&key(&told.id)])?;
        }
        start_after = page.next;
        if start_after.is_none() {
            break;
        }
    }
    prop_assert_eq!(met, books.leases.len());
    Ok(())
}

fn lease(told: &LeaseInfo, kept: &Lease) -> TestCaseResult {
    let state = match (kept.is_reclaiming, kept.is_active) {
        (true, _) => GroupState::Reclaiming,
        (false, true) => GroupState::Active,
        (false, false) => GroupState::Pending,
    };
    prop_assert_eq!((&told.provider, told.state), (&kept.provider, state), "{}", told.id);
    prop_assert_eq!((told.rate.u128(), told.offer), (kept.rate, kept.offer), "{}", told.id);
    let bond = (told.bond.amount.u128(), &told.bond.denom);
    prop_assert_eq!(bond, (kept.bond, &kept.bond_denom), "{}", told.id);
    let times = (told.ready_by, told.stops_at, told.silent_deadline);
    prop_assert_eq!(times, (kept.ready_by, kept.stops_at, kept.silent_deadline), "{}", told.id);
    prop_assert_eq!(told.paid.u128(), kept.paid, "{}", told.id);
    let proposals = told.proposals.iter();
    let proposals = proposals.map(|one| (one.by.clone(), (one.terms_no, one.rate.u128())));
    prop_assert_eq!(&proposals.collect::<BTreeMap<_, _>>(), &kept.proposals, "{}", told.id);
    Ok(())
}

fn claimables(world: &World, books: &Books) -> TestCaseResult {
    let mut kept: BTreeMap<&str, BTreeMap<&str, u128>> = BTreeMap::new();
    for ((claimant, denom), amount) in &books.claimables {
        let of_it = kept.entry(claimant).or_default();
        if *amount > 0 {
            of_it.insert(denom, *amount);
        }
    }
    for (name, kept) in kept {
        let claimant = claimant(name);
        let told: ClaimablesResponse =
            ask(world, &Ask::Claimables { claimant, start_after: None, limit: PAGE })?;
        let told = told.claimables.iter();
        let told = told.map(|one| (one.denom.as_str(), one.claimable.amount.u128()));
        prop_assert_eq!(told.collect::<BTreeMap<_, _>>(), kept, "credited to {}", name);
    }
    Ok(())
}

/// All that is kept adds up to what the market says it owes, so nothing of it is missing in the book.
fn totals(world: &World, books: &Books) -> TestCaseResult {
    for denom in world.denoms(MARKET_CHAIN) {
        let told: SolvencyResponse = ask(world, &Ask::Solvency { denom: denom.clone() })?;
        prop_assert_eq!(told.liabilities.u128(), owed(books, &denom), "owed of {}", denom);
        let in_flight = books.in_flight.values().filter(|(of, _, counts)| *of == denom && *counts);
        let in_flight: u128 = in_flight.map(|(_, amount, _)| amount).sum();
        prop_assert_eq!(told.in_flight.u128(), in_flight, "under way of {}", denom);
    }
    let told: StatsResponse = ask(world, &Ask::Stats {})?;
    let counts = [told.providers, told.deployments, told.orders, told.leases];
    let kept = [books.providers.len(), books.deployments.len(), books.orders.len()];
    let kept = [kept[0], kept[1], kept[2], books.leases.len()].map(|count| count as u64);
    prop_assert_eq!(counts, kept);
    let opened = books.deployments.len() + books.closed.len();
    prop_assert_eq!(told.deployments_opened, opened as u64);
    Ok(())
}

fn owed(books: &Books, denom: &str) -> u128 {
    let accounts = books.deployments.values().filter(|account| account.denom == denom);
    let accounts = accounts.map(|one| one.deposited - one.refunded - one.paid);
    let fees = books.orders.iter().filter(|((name, _), _)| books.deployments[name].denom == denom);
    let bids = books.bids.values().filter(|bid| bid.denom == denom);
    let leases = books.leases.values().filter(|one| one.offer.is_none() && one.bond_denom == denom);
    let offers = books.offers.values().filter(|offer| offer.bond_denom == denom);
    let stakes = books.providers.values().filter(|provider| provider.denom == denom);
    let claimables = books.claimables.iter().filter(|((_, of), _)| of == denom);
    accounts
        .chain(fees.map(|(_, order)| order.fee))
        .chain(bids.map(|bid| bid.deposit))
        .chain(leases.map(|lease| lease.bond))
        .chain(offers.map(|offer| offer.bond))
        .chain(stakes.map(|provider| provider.stake))
        .chain(claimables.map(|(_, amount)| *amount))
        .sum()
}
