//! What would happen: the `check` of a purchase, and what one costs.

use cosmwasm_std::{Binary, Coin, Deps, DepsMut, Env, Storage, Uint128, to_json_binary};
use escrow::{NanoRate, Seconds, Units, cost};
use protocol::deployment::{Deployment, Group, Selection};
use protocol::json::from_slice;

use super::{Asked, MISPLACED};
use crate::context::Context;
use crate::deployment::open::{fees_of, least_for};
use crate::dispatch::dispatch;
use crate::error::ContractError;
use crate::msg::{CheckResponse, ExecuteMsg, GroupQuote, Money, QueryMsg, QuoteResponse};
use crate::offer::most_charge;
use crate::overlay::Overlay;
use crate::state::denom::{self, DenomId, LISTINGS, TOKEN_PREFIX};
use crate::state::offer::{self, usage};
use crate::state::route::{self, LOCAL};
use crate::{price, purchase, token};

#[expect(clippy::wildcard_enum_match_arm, reason = "`subject_of` names every question")]
pub(super) fn answer(
    Asked { deps, env, now }: Asked<'_>,
    msg: QueryMsg,
) -> Result<Binary, ContractError> {
    Ok(match msg {
        QueryMsg::Check { route, sender, coin, message } => {
            to_json_binary(&check(deps, env, (route.as_deref(), sender, coin), &message))
        }
        QueryMsg::Quote { route, denom, deployment, seconds } => {
            let paid = (route.as_deref(), denom.as_str());
            to_json_binary(&quote(deps.storage, now, (paid, &deployment), seconds)?)
        }
        _ => return Err(MISPLACED),
    }?)
}

/// Runs the purchase or message itself on an overlay, so that the answer cannot differ from what will
/// happen.
fn check(
    deps: Deps<'_>,
    env: &Env,
    (channel, sender, coin): (Option<&str>, String, Option<Money>),
    message: &str,
) -> CheckResponse {
    let mut overlay = Overlay::new(deps.storage);
    let deps = DepsMut { storage: &mut overlay, api: deps.api, querier: deps.querier };
    let mut ctx = Context::of_chain(deps, env.clone());
    let coin = coin.map(|coin| Coin { denom: coin.denom, amount: coin.amount.into() });
    let done = match (channel, coin) {
        (Some(channel), Some(coin)) => {
            purchase::rehearse(&mut ctx, channel, (sender, coin), message)
        }
        (Some(_), None) => {
            let expected = "the coin that brings the message".into();
            Err(ContractError::WrongCoin { got: "none".into(), expected })
        }
        (None, coin) => rehearse(&mut ctx, &sender, coin.as_slice(), message),
    };
    match done {
        Ok(()) => CheckResponse { accepted: true, code: None, reason: None },
        Err(error) => CheckResponse {
            accepted: false,
            code: Some(error.code()),
            reason: Some(error.to_string()),
        },
    }
}

/// Runs a message of somebody on this chain. A token's coin stands for what the token would bring.
fn rehearse(
    ctx: &mut Context<'_>,
    sender: &str,
    funds: &[Coin],
    message: &str,
) -> Result<(), ContractError> {
    let message: ExecuteMsg = from_slice(message.as_bytes()).map_err(|error| {
        ContractError::Malformed { what: "the message", reason: error.to_string() }
    })?;
    for Coin { denom, .. } in funds.iter().filter(|coin| coin.denom.starts_with(TOKEN_PREFIX)) {
        if let Some(id) = denom::find(ctx.state(), denom)? {
            token::require_in_use(ctx, (id, denom), &message)?;
        }
    }
    let sender = ctx.checked(sender)?;
    ctx.act_for(sender);
    dispatch(ctx, message, funds)
}

/// What to attach for a deployment that shall last for `seconds`.
fn quote(
    store: &dyn Storage,
    now: Seconds,
    ((channel, denom), deployment): ((Option<&str>, &str), &Deployment),
    seconds: u64,
) -> Result<QuoteResponse, ContractError> {
    deployment.validate()?;
    let route = match channel {
        Some(channel) => route::load(store, channel)?.0,
        None => LOCAL,
    };
    let unknown = || ContractError::UnknownDenom {
        denom: denom.into(),
        on: channel.unwrap_or("this chain").into(),
    };
    let id = denom::find(store, denom)?.ok_or_else(unknown)?;
    let min_deposit = LISTINGS.may_load(store, (id, route))?.ok_or_else(unknown)?;
    let mut taken = Vec::new();
    let groups = deployment.groups.iter().map(|group| quoted((store, now), id, group, &mut taken));
    let groups = groups.collect::<Result<Vec<_>, _>>()?;

    let runway = Seconds::new(deployment.runway_seconds);
    let fee = denom::load(store, id)?.listing_fee;
    // Every group's fee is set aside before the deposit is looked at, and comes back within the message
    // for a group that starts at once.
    let fees = fees_of(fee, groups.len())?;
    let kept = fees_of(fee, groups.iter().filter(|group| group.offer.is_none()).count())?;
    let least = min_deposit.checked_add(fees)?.max(least_for(fees)?);
    let minimum = lasting(&groups, runway)?.checked_add(kept)?.max(least);
    let deposit = lasting(&groups, Seconds::new(seconds))?.checked_add(kept)?.max(minimum);
    Ok(QuoteResponse { groups, minimum, deposit })
}

/// What a group costs: the offer's rate if the offer would take it now, beside the groups before it that
/// have `taken` offers and their bonds; else its own limit.
fn quoted(
    (store, now): (&dyn Storage, Seconds),
    denom: DenomId,
    group: &Group,
    taken: &mut Vec<(u64, Uint128)>,
) -> Result<GroupQuote, ContractError> {
    let by_bids = GroupQuote { rate: group.max_rate, min_charge: Uint128::zero(), offer: None };
    let Selection::Offer { offer: id, max_charge, .. } = group.selection else {
        return Ok(by_bids);
    };
    let Some(offer) = offer::find(store, id, now)? else { return Ok(by_bids) };
    let stands = offer.denom == denom
        && now.get() < offer.expires_at
        && offer.min_charge <= most_charge(group, max_charge)?;
    let rate = price::rate(&offer.prices, group).ok().filter(|_| stands);
    let Some(rate) = rate.filter(|rate| rate.get() <= group.max_rate.u128()) else {
        return Ok(by_bids);
    };
    taken.push((id, offer.bond_terms.bond(rate)?));
    let mut usage = usage(store, id)?;
    let mut bonds = taken.iter().filter(|(offer, _)| *offer == id).map(|(_, bond)| *bond);
    if bonds.any(|bond| usage.lock(offer.capacity, bond).is_err()) {
        taken.pop();
        return Ok(by_bids);
    }
    let rate = Uint128::new(rate.get());
    Ok(GroupQuote { rate, min_charge: offer.min_charge, offer: Some(id) })
}

/// Units that pay all groups for a span, and their minimum charges.
fn lasting(groups: &[GroupQuote], span: Seconds) -> Result<Uint128, ContractError> {
    let mut rate = NanoRate::ZERO;
    let mut reserved = Units::ZERO;
    for group in groups {
        rate = rate.try_add(NanoRate::new(group.rate.u128()))?;
        reserved = reserved.try_add(Units::new(group.min_charge.u128()))?;
    }
    Ok(Uint128::new(cost(rate, span)?.try_add(reserved)?.get()))
}
