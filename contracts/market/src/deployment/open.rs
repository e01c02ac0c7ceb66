//! Opening a deployment: its account, its orders, and the leases that start from standing offers.

use cosmwasm_std::{Addr, Uint128, to_json_string};
use escrow::{Account, Seconds, Units};
use protocol::deployment::{Deployment, Group, Selection};
use protocol::{Code, DeploymentId, Otherwise, Tenant, limits};

use super::revise::operators_of;
use super::{Live, fund};
use crate::context::Context;
use crate::error::ContractError;
use crate::ledger::{self, Funds};
use crate::state::config::{CONFIG, PAUSED};
use crate::state::denom::{self as denom_state, DenomId};
use crate::state::deployment::{LAST, OPERATORS, Record, SLOTS, SPECS, Slot};
use crate::state::next;
use crate::state::principal::{self, PrincipalId};
use crate::state::route::{LOCAL, RouteId};
use crate::state::settlement::{HOMES, Home};
use crate::{denom, event, offer, order};

/// A purchase, wherever it came from.
#[derive(Debug)]
pub(crate) struct Purchase {
    /// Whose it is, and the tenant's number for it.
    pub(crate) id: DeploymentId,
    /// Who answers for the number of open orders.
    pub(crate) orders_of: PrincipalId,
    /// The way the money came.
    pub(crate) route: RouteId,
    /// What is accepted there.
    pub(crate) listing: Listing,
    /// Units that came.
    pub(crate) amount: Uint128,
    /// Where unspent money goes.
    pub(crate) refund_to: String,
    /// Where it goes on this chain if the way home is dead.
    pub(crate) local_refund: Option<Addr>,
    /// What to run.
    pub(crate) deployment: Deployment,
}

/// A denom accepted on a route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listing {
    /// The denom.
    pub(crate) denom: DenomId,
    /// The least deposit.
    pub(crate) min_deposit: Uint128,
}

/// Opens a deployment. Its limits have been checked, but for its size as a whole: a packet has one, but
/// messages of this chain come here too, and every list of orders and leases reads what is stored.
pub(crate) fn open(ctx: &mut Context<'_>, purchase: Purchase) -> Result<(), ContractError> {
    if PAUSED.may_load(ctx.state())?.unwrap_or_default() {
        return Err(ContractError::Paused {});
    }
    let Purchase { deployment, .. } = &purchase;
    let groups = deployment.groups.clone();
    let spec = to_json_string(deployment)?;
    limits::bytes("deployment", spec.len(), limits::OPEN_BYTES)?;
    let denom = denom_state::load(ctx.state(), purchase.listing.denom)?;
    let mut live = start_account(ctx, &purchase, denom.listing_fee)?;
    store_operators(ctx, &live, deployment)?;
    store_home(ctx, &live, &purchase)?;
    ctx.emit(
        event::of_deployment("deployment_opened", &live.id)
            .add_attribute("amount", purchase.amount)
            .add_attribute("denom", denom.name)
            .add_attribute("fees", fees_of(denom.listing_fee, groups.len())?)
            .add_attribute("refund_to", &purchase.refund_to)
            .add_attribute("spec", spec),
    );
    SPECS.save(ctx.storage(), live.number, &without_operators(purchase.deployment))?;
    for (index, group) in (0_u32..).zip(&groups) {
        begin_group(ctx, &mut live, (index, group), denom.listing_fee)?;
    }
    live.save(ctx.storage())
}

/// Opens a deployment of a tenant of this chain. The coin funds it.
pub(crate) fn local(
    ctx: &mut Context<'_>,
    (seq, refund_to): (u64, Option<String>),
    deployment: Deployment,
    (denom, amount): (&str, Uint128),
) -> Result<(), ContractError> {
    limits::integer("seq", seq)?;
    deployment.validate()?;
    let tenant = principal::local(ctx.caller());
    let refund_to = match refund_to {
        Some(to) => ctx.checked(&to)?.into(),
        None => ctx.caller().to_owned(),
    };
    let purchase = Purchase {
        orders_of: principal::intern(ctx.storage(), &tenant)?,
        id: DeploymentId { tenant, seq },
        route: LOCAL,
        listing: denom::listing(ctx, denom, (LOCAL, "this chain"))?,
        amount,
        refund_to,
        local_refund: None,
        deployment,
    };
    open(ctx, purchase)
}

/// Takes the tenant's number, funds the account and creates the record. The listing fees of all
/// groups are set aside first; one that becomes a lease at once gets its own back.
fn start_account(
    ctx: &mut Context<'_>,
    purchase: &Purchase,
    listing_fee: Uint128,
) -> Result<Live, ContractError> {
    let now = ctx.now();
    let config = CONFIG.load(ctx.state())?;
    let tenant = principal::intern(ctx.storage(), &purchase.id.tenant)?;
    let slot = (tenant, purchase.id.seq);
    if SLOTS.has(ctx.state(), slot) {
        return Err(ContractError::UsedSeq { seq: purchase.id.seq });
    }
    let count = purchase.deployment.groups.len();
    let groups = u32::try_from(count)
        .map_err(|_| ContractError::Overflow { what: "the number of groups" })?;
    let listing = purchase.listing;
    let mut account = Account::new(now, Seconds::new(purchase.deployment.runway_seconds))?;
    let minimum = Units::new(listing.min_deposit.u128());
    let fees = fees_of(listing_fee, count)?;
    let least = least_for(fees)?;
    if purchase.amount < least {
        let (got, expected) = (purchase.amount.u128(), least.u128());
        return Err(ContractError::TooSmall { what: "deposit", got, expected });
    }
    // What the fees alone would eat is too small a deposit.
    let free = purchase.amount.saturating_sub(fees);
    account.deposit(now, Units::new(free.u128()), minimum)?;
    ledger::enter(ctx.storage(), Funds { denom: listing.denom, amount: purchase.amount })?;

    let number = next(ctx.storage(), &LAST)?;
    SLOTS.save(ctx.storage(), slot, &Slot::Live(number))?;
    let record = Record {
        tenant,
        seq: purchase.id.seq,
        orders_of: purchase.orders_of,
        route: purchase.route,
        denom: listing.denom,
        min_deposit: listing.min_deposit,
        fee_bps: config.take_rate_bps,
        grace_seconds: config.grace_seconds,
        opened_at: now.get(),
        refund_to: purchase.refund_to.clone(),
        local_refund: purchase.local_refund.clone(),
        revision: 1,
        groups,
        orders: 0,
        leases: 0,
        idle_since: None,
    };
    Ok(Live::new(number, purchase.id.clone(), record, account))
}

/// The listing fees of that many groups.
pub(crate) fn fees_of(listing_fee: Uint128, groups: usize) -> Result<Uint128, ContractError> {
    let groups = u128::try_from(groups).unwrap_or(u128::MAX);
    Ok(listing_fee.checked_mul(Uint128::new(groups))?)
}

/// The least coin that bears such listing fees: ten times as much. A fee that is raised while an order is
/// voted on sends it back rather than eat it.
pub(crate) fn least_for(fees: Uint128) -> Result<Uint128, ContractError> {
    Ok(fees.checked_mul(Uint128::new(10))?)
}

/// Starts the lease that a standing offer promises, or opens an order.
fn begin_group(
    ctx: &mut Context<'_>,
    live: &mut Live,
    (index, group): (u32, &Group),
    listing_fee: Uint128,
) -> Result<(), ContractError> {
    let Selection::Offer { offer, otherwise, max_charge } = group.selection else {
        return order::open(ctx, live, (index, group), listing_fee);
    };
    let leased = ctx.attempt(|ctx| {
        let mut leased = live.clone();
        let fee = Funds { denom: leased.record.denom, amount: listing_fee };
        fund::give(ctx, &mut leased, fee)?;
        offer::take(ctx, &mut leased, (index, group), (offer, max_charge))?;
        Ok(leased)
    });
    match leased {
        Ok(leased) => *live = leased,
        Err(error) if otherwise == Otherwise::Order && is_offer_gone(error.code()) => {
            order::open(ctx, live, (index, group), listing_fee)?;
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Whether a vote that took days is overtaken by events, so that bids are the better way. That an
/// offer never existed or the money does not suffice is an error of the order itself.
fn is_offer_gone(code: Code) -> bool {
    matches!(code, Code::OfferUnavailable | Code::RateAboveMax | Code::ProviderIneligible)
}

fn store_operators(
    ctx: &mut Context<'_>,
    live: &Live,
    deployment: &Deployment,
) -> Result<(), ContractError> {
    if deployment.local_operators.is_empty() {
        return Ok(());
    }
    let operators = operators_of(ctx, &deployment.local_operators)?;
    Ok(OPERATORS.save(ctx.storage(), live.number, &operators)?)
}

/// Remembers where claimables of a remote tenant go; the last word counts, unless a command said so.
fn store_home(
    ctx: &mut Context<'_>,
    live: &Live,
    purchase: &Purchase,
) -> Result<(), ContractError> {
    let Tenant::Remote { sender, .. } = &purchase.id.tenant else { return Ok(()) };
    let tenant = live.record.tenant;
    let stored = HOMES.may_load(ctx.state(), tenant)?.unwrap_or_default();
    let mut home = Home { local_refund: purchase.local_refund.clone(), ..stored.clone() };
    if stored.refund_to_rev == 0 {
        home.refund_to = Some(purchase.refund_to.clone()).filter(|to| to != sender);
    }
    if stored != home {
        HOMES.save(ctx.storage(), tenant, &home)?;
    }
    Ok(())
}

/// Operators change while the order stands; they are stored by themselves.
fn without_operators(deployment: Deployment) -> Deployment {
    Deployment { local_operators: Vec::new(), ..deployment }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_vanished_offer_becomes_an_order() {
        assert!(is_offer_gone(Code::OfferUnavailable));
        assert!(is_offer_gone(Code::RateAboveMax));
        assert!(is_offer_gone(Code::ProviderIneligible));
        assert!(!is_offer_gone(Code::UnknownOffer));
        assert!(!is_offer_gone(Code::InsufficientDeposit));
    }
}
