//! Orders, bids and leases.

use cosmwasm_std::{Binary, Order as Direction, Storage, Uint128, to_json_binary};
use escrow::Seconds;
use protocol::control::GroupState;
use protocol::{DeploymentId, Tenant};

use super::{Asked, MISPLACED, after_address, denom_number, fill, fits, page, places};
use crate::bond;
use crate::error::ContractError;
use crate::lease::{self as leases_of, terms::open_proposals};
use crate::msg::{
    BidInfo, BidsOfResponse, BidsResponse, LeaseId, LeaseInfo, LeasesResponse, Money, OrderInfo,
    OrdersResponse, OwnBid, ProposalInfo, QueryMsg,
};
use crate::state::bid::{BIDS, BIDS_BY_PROVIDER, Bid};
use crate::state::deployment::{self as state, GroupKey, LEASES, ORDERS, Order};
use crate::state::terms::{Proposal, TERMS};
use crate::state::{denom, principal, revised};
use crate::status;

#[expect(clippy::wildcard_enum_match_arm, reason = "`subject_of` names every question")]
pub(super) fn answer(
    Asked { deps, now, .. }: Asked<'_>,
    msg: QueryMsg,
) -> Result<Binary, ContractError> {
    let store = deps.storage;
    Ok(match msg {
        QueryMsg::Orders { tenant, denom, start_after, limit } => {
            let of = (tenant, denom.as_deref());
            to_json_binary(&orders(store, of, start_after.as_ref(), page(limit))?)
        }
        QueryMsg::Order { id } => to_json_binary(&order(store, &id)?),
        QueryMsg::Bids { order, start_after, limit } => {
            to_json_binary(&bids(store, (&order, start_after), page(limit))?)
        }
        QueryMsg::BidsOf { provider, start_after, limit } => {
            to_json_binary(&bids_of(store, (&provider, start_after.as_ref()), page(limit))?)
        }
        QueryMsg::Lease { id } => to_json_binary(&lease(store, &id, now)?),
        QueryMsg::Leases { provider, tenant, denom, state, start_after, limit } => {
            let wanted = Wanted { provider, tenant, denom, state };
            to_json_binary(&leases(store, wanted, start_after.as_ref(), (now, page(limit)))?)
        }
        _ => return Err(MISPLACED),
    }?)
}

fn orders(
    store: &dyn Storage,
    (tenant, denom): (Option<Tenant>, Option<&str>),
    after: Option<&LeaseId>,
    limit: usize,
) -> Result<OrdersResponse, ContractError> {
    let denom = denom_number(store, denom)?;
    let places = match places::somebody(store, tenant.as_ref())? {
        Some(tenant) => places::of_tenant(store, &ORDERS, tenant, after)?,
        None => places::of_all(store, &ORDERS, after)?,
    };
    let (orders, next) = fill(places, limit, &mut |place| {
        let Some(key) = place.key else { return Ok(None) };
        if denom.is_some() && !fits(denom, state::record(store, key.0)?.denom) {
            return Ok(None);
        }
        let order = ORDERS.load(store, key)?;
        told_order(store, key, order).map(Some)
    })?;
    Ok(OrdersResponse { orders, next: places::named(store, tenant, next)? })
}

fn order(store: &dyn Storage, id: &LeaseId) -> Result<OrderInfo, ContractError> {
    let key = key(store, id)?;
    let order = ORDERS.may_load(store, key)?;
    let order =
        order.ok_or_else(|| ContractError::NotFound { what: "open order", id: id.to_string() })?;
    told_order(store, key, order)
}

fn told_order(
    store: &dyn Storage,
    (number, group): GroupKey,
    order: Order,
) -> Result<OrderInfo, ContractError> {
    let record = state::record(store, number)?;
    let deployment = state::id(store, &record)?;
    let ordered = state::group(store, number, group)?;
    Ok(OrderInfo {
        id: LeaseId { deployment, group },
        secured_rate: bond::secured_rate(Uint128::zero(), ordered.max_rate),
        group: ordered,
        denom: denom::load(store, record.denom)?.name,
        expires_at: order.expires_at,
        bidding_until: order.bidding_until,
        match_by: order.match_by(),
        bids: order.bids,
    })
}

fn bids(
    store: &dyn Storage,
    (order, after): (&LeaseId, Option<String>),
    limit: usize,
) -> Result<BidsResponse, ContractError> {
    let start = after_address(store, after)?;
    let prefix = BIDS.prefix(key(store, order)?);
    let bids = prefix.range(store, start, None, Direction::Ascending).take(limit);
    let bids = bids.map(|entry| {
        let (bidder, bid) = entry?;
        told_bid(store, principal::address(store, bidder)?, bid)
    });
    Ok(BidsResponse { bids: bids.collect::<Result<_, ContractError>>()? })
}

fn told_bid(store: &dyn Storage, provider: String, bid: Bid) -> Result<BidInfo, ContractError> {
    let denom = denom::load(store, bid.deposit_denom)?.name;
    Ok(BidInfo {
        provider,
        bid_no: bid.bid_no,
        rate: bid.rate,
        valid_until: bid.valid_until,
        deposit: Money { denom, amount: bid.deposit },
    })
}

/// The bids of a provider, oldest deployment first. What they were for may be closed.
fn bids_of(
    store: &dyn Storage,
    (address, after): (&str, Option<&LeaseId>),
    limit: usize,
) -> Result<BidsOfResponse, ContractError> {
    let provider = principal::find(store, &principal::local(address))?;
    let provider = provider.unwrap_or(principal::NOBODY);
    let start = places::after_key(store, after)?;
    let prefix = BIDS_BY_PROVIDER.sub_prefix(provider);
    let entries = prefix.range(store, start, None, Direction::Ascending);
    let (bids, next) = fill(entries, limit, &mut |&((number, group), named)| {
        let bid = BIDS.load(store, (number, group, provider))?;
        let tenant = principal::name(store, named.tenant)?;
        let deployment = DeploymentId { tenant, seq: named.seq };
        Ok(Some(OwnBid {
            order: LeaseId { deployment, group },
            is_open: ORDERS.has(store, (number, group)),
            bid: told_bid(store, address.into(), bid)?,
        }))
    })?;
    let next = next.and_then(|_| bids.last()).map(|last| last.order.clone());
    Ok(BidsOfResponse { bids, next })
}

fn lease(store: &dyn Storage, id: &LeaseId, now: Seconds) -> Result<LeaseInfo, ContractError> {
    let (mut live, lease) = leases_of::load_named(store, id)?;
    live.account.settle(now)?;
    let stream = live.account.stream(id.group)?;
    let bond_denom = denom::load(store, lease.bond_denom)?.name;
    let deployment = revised::current(store, live.number)?;
    let terms = TERMS.may_load(store, (live.number, id.group))?.unwrap_or_default();
    let spec_hash = terms.spec_hash.clone();
    Ok(LeaseInfo {
        id: id.clone(),
        provider: principal::address(store, lease.provider)?,
        state: status::of_lease(&lease, &live.account, id.group)?,
        rate: Uint128::new(stream.rate().get()),
        denom: denom::load(store, live.record.denom)?.name,
        offer: lease.offer,
        bond: Money { denom: bond_denom, amount: lease.bond },
        started_at: lease.started_at,
        ready_by: lease.ready_by,
        heartbeat_window_seconds: stream.window().map(Seconds::get).unwrap_or_default(),
        beats: stream.beats(),
        earns_until: stream.cap().get(),
        stops_at: stream.stop().finite().map(Seconds::get),
        silent_deadline: lease.silent_deadline,
        withdrawable: Uint128::new(stream.accrued().whole().get()),
        paid: Uint128::new(stream.paid().get()),
        reserved: Uint128::new(stream.reserved().whole().get()),
        manifest: deployment.manifest,
        spec_hash,
        access_keys: deployment.access_keys,
        proposals: open_proposals(terms).map(told_proposal).collect(),
    })
}

fn told_proposal((by, proposal): (&'static str, Proposal)) -> ProposalInfo {
    ProposalInfo {
        by: by.into(),
        terms_no: proposal.terms_no,
        rate: proposal.rate,
        spec_hash: proposal.spec_hash,
        valid_until: proposal.valid_until,
    }
}

/// Which leases are asked for.
struct Wanted {
    provider: Option<String>,
    tenant: Option<Tenant>,
    denom: Option<String>,
    state: Option<GroupState>,
}

fn leases(
    store: &dyn Storage,
    wanted: Wanted,
    after: Option<&LeaseId>,
    (now, limit): (Seconds, usize),
) -> Result<LeasesResponse, ContractError> {
    let denom = denom_number(store, wanted.denom.as_deref())?;
    let tenant = places::somebody(store, wanted.tenant.as_ref())?;
    let provider = wanted.provider.map(principal::local);
    let provider = places::somebody(store, provider.as_ref())?;
    let (places, by_tenant) = match (provider, tenant) {
        (Some(provider), _) => (places::of_provider(store, provider, after)?, None),
        (None, Some(tenant)) => (places::of_tenant(store, &LEASES, tenant, after)?, wanted.tenant),
        (None, None) => (places::of_all(store, &LEASES, after)?, None),
    };
    let (leases, next) = fill(places, limit, &mut |place| {
        let Some(key) = place.key else { return Ok(None) };
        let record = state::record(store, key.0)?;
        if !fits(denom, record.denom) || !fits(tenant, record.tenant) {
            return Ok(None);
        }
        if wanted.state.is_some() && !fits(wanted.state, state_of(store, key)?) {
            return Ok(None);
        }
        let id = LeaseId { deployment: state::id(store, &record)?, group: key.1 };
        lease(store, &id, now).map(Some)
    })?;
    Ok(LeasesResponse { leases, next: places::named(store, by_tenant, next)? })
}

fn state_of(store: &dyn Storage, key: GroupKey) -> Result<GroupState, ContractError> {
    let account = state::account(store, key.0)?;
    status::of_lease(&LEASES.load(store, key)?, &account, key.1)
}

/// The key of an order or lease as a caller names it.
fn key(store: &dyn Storage, id: &LeaseId) -> Result<GroupKey, ContractError> {
    Ok((state::number(store, &id.deployment)?, id.group))
}
