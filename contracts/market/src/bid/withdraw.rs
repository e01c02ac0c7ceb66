//! Returning a bid's deposit.

use cosmwasm_std::Uint128;

use crate::context::Context;
use crate::deployment::Live;
use crate::deployment::fund::{forfeit, tenth};
use crate::eligible;
use crate::error::{ContractError, Ineligible};
use crate::event;
use crate::ledger::{self, Funds};
use crate::msg::LeaseId;
use crate::state::bid::{self, BIDS, Bid};
use crate::state::deployment::{self as state, ORDERS};
use crate::state::principal::{self, PrincipalId};

/// Returns a bid's deposit: whole once it binds no more. Before, to the bidder less a tenth; and
/// anyone may clear away a bid that cannot win any more, so that it holds no place.
pub(crate) fn withdraw(
    ctx: &mut Context<'_>,
    id: &LeaseId,
    provider: Option<String>,
) -> Result<(), ContractError> {
    let number = state::number(ctx.state(), &id.deployment)?;
    let address = provider.unwrap_or_else(|| ctx.caller().to_owned());
    let bidder = principal::find(ctx.state(), &principal::local(&address))?;
    let not_found = || ContractError::NotFound { what: "bid", id: format!("{id} of {address}") };
    let key = (number, id.group, bidder.ok_or_else(not_found)?);
    let bid = BIDS.may_load(ctx.state(), key)?.ok_or_else(not_found)?;
    let mut lost = Uint128::zero();
    if let Some(mut order) = ORDERS.may_load(ctx.state(), (number, id.group))? {
        if ctx.now().get() < bid.valid_until {
            let mut live = Live::load(ctx.state(), &id.deployment)?;
            lost = price_of_leaving(ctx, &live, (id.group, key.2), (&address, &bid))?;
            if !lost.is_zero() {
                forfeit(ctx, &mut live, Funds { denom: bid.deposit_denom, amount: lost })?;
                live.changed()?;
                live.save(ctx.storage())?;
            }
        }
        order.bids = order.bids.saturating_sub(1);
        ORDERS.save(ctx.storage(), (number, id.group), &order)?;
    }
    bid::remove(ctx.storage(), key);
    let amount = bid.deposit.checked_sub(lost)?;
    ledger::pay(ctx, &address, Funds { denom: bid.deposit_denom, amount })?;
    emit_gone(ctx, ("bid_withdrawn", id), (address, &bid), lost);
    Ok(())
}

/// Tells that a bid is gone, and what it cost its bidder.
pub(super) fn emit_gone(
    ctx: &mut Context<'_>,
    (kind, id): (&str, &LeaseId),
    (provider, bid): (String, &Bid),
    lost: Uint128,
) {
    ctx.emit(
        event::of_lease(kind, id)
            .add_attribute("provider", provider)
            .add_attribute("bid_no", bid.bid_no.to_string())
            .add_attribute("returned", bid.deposit.saturating_sub(lost))
            .add_attribute("forfeited", lost),
    );
}

/// What it costs that a bid which binds is taken away, and whether the caller may.
fn price_of_leaving(
    ctx: &Context<'_>,
    live: &Live,
    (group, bidder): (u32, PrincipalId),
    (address, bid): (&str, &Bid),
) -> Result<Uint128, ContractError> {
    if ctx.caller() == address {
        return Ok(tenth(bid.deposit));
    }
    let wanted = live.group(ctx.state(), group)?;
    match eligible::problem(ctx, live, &wanted, (bidder, &[]))? {
        Some(problem) => Ok(price_of(&problem, bid)),
        None => Err(ContractError::Unauthorized {
            sender: ctx.caller().into(),
            expected: "the bidder, while the bid is binding and can win",
        }),
    }
}

/// Who drops an attribute that was asked for leaves its bid by a back door, and pays as at the
/// front. What others did to it (an auditor, the owner) costs it nothing.
pub(super) fn price_of(problem: &Ineligible, bid: &Bid) -> Uint128 {
    let is_its_doing = matches!(problem, Ineligible::LacksAttribute { .. });
    if is_its_doing { tenth(bid.deposit) } else { Uint128::zero() }
}
