//! Providers: registering, changing, leaving.

use cosmwasm_std::{Uint128, to_json_string};
use escrow::Seconds;
use protocol::deployment::{Attribute, validate_attributes};
use protocol::limits;

use crate::context::Context;
use crate::deployment::close::require_reached;
use crate::error::ContractError;
use crate::event;
use crate::ledger::{self, Funds};
use crate::state::config::CONFIG;
use crate::state::denom::{self, DenomId};
use crate::state::principal;
use crate::state::provider::{BOUND_UNTIL, LIVE_LEASES, PROVIDERS, Provider, bound_until, load};
use crate::state::tally::{self, Tally};

/// What a provider adds to the tally.
const ONE: Tally = Tally { providers: 1, deployments: 0, orders: 0, leases: 0 };

/// Registers the caller. The coin is its stake.
pub(crate) fn register(
    ctx: &mut Context<'_>,
    (host_uri, attributes): (String, Vec<Attribute>),
    stake: (&str, Uint128),
) -> Result<(), ContractError> {
    validate(Some(&host_uri), Some(&attributes))?;
    let caller = ctx.caller().to_owned();
    let id = principal::intern(ctx.storage(), &principal::local(&caller))?;
    if PROVIDERS.has(ctx.state(), id) {
        let problem = "is registered already";
        return Err(ContractError::WrongState { what: "provider", problem });
    }
    let config = CONFIG.load(ctx.state())?;
    let funds = staked(ctx, config.stake_denom, stake)?;
    if funds.amount < config.min_stake {
        let (got, expected) = (funds.amount.u128(), config.min_stake.u128());
        return Err(ContractError::TooSmall { what: "stake", got, expected });
    }
    ledger::enter(ctx.storage(), funds)?;
    let provider = Provider {
        host_uri,
        attributes,
        stake_denom: funds.denom,
        stake: funds.amount,
        unbonds_at: None,
    };
    PROVIDERS.save(ctx.storage(), id, &provider)?;
    tally::note(ctx.storage(), Tally::default(), ONE)?;
    tell(ctx, "provider_registered", (&caller, &provider))
}

/// Changes what the caller says of itself. A coin, if any, adds to the stake.
pub(crate) fn update(
    ctx: &mut Context<'_>,
    (host_uri, attributes): (Option<String>, Option<Vec<Attribute>>),
    stake: Option<(&str, Uint128)>,
) -> Result<(), ContractError> {
    validate(host_uri.as_deref(), attributes.as_deref())?;
    let caller = ctx.caller().to_owned();
    let (id, mut provider) = load(ctx.state(), &caller)?;
    if let Some(stake) = stake {
        let funds = staked(ctx, provider.stake_denom, stake)?;
        provider.stake = provider.stake.checked_add(funds.amount)?;
        ledger::enter(ctx.storage(), funds)?;
    }
    provider.host_uri = host_uri.unwrap_or(provider.host_uri);
    provider.attributes = attributes.unwrap_or(provider.attributes);
    PROVIDERS.save(ctx.storage(), id, &provider)?;
    tell(ctx, "provider_updated", (&caller, &provider))
}

/// Tells of a provider as it now is.
fn tell(
    ctx: &mut Context<'_>,
    kind: &str,
    (address, provider): (&str, &Provider),
) -> Result<(), ContractError> {
    let denom = denom::load(ctx.state(), provider.stake_denom)?.name;
    ctx.emit(
        event::of_provider(kind, address)
            .add_attribute("host_uri", &provider.host_uri)
            .add_attribute("attributes", to_json_string(&provider.attributes)?)
            .add_attribute("stake", provider.stake)
            .add_attribute("denom", denom),
    );
    Ok(())
}

fn validate(host_uri: Option<&str>, attributes: Option<&[Attribute]>) -> Result<(), ContractError> {
    if let Some(host_uri) = host_uri {
        limits::text("host_uri", host_uri, limits::URI_BYTES)?;
    }
    if let Some(attributes) = attributes {
        validate_attributes("attributes", attributes)?;
    }
    Ok(())
}

/// A stake as funds, if it is of the denom wanted.
fn staked(
    ctx: &Context<'_>,
    wanted: DenomId,
    (denom, amount): (&str, Uint128),
) -> Result<Funds, ContractError> {
    let expected = denom::load(ctx.state(), wanted)?.name;
    if denom != expected {
        return Err(ContractError::WrongCoin { got: denom.into(), expected });
    }
    Ok(Funds { denom: wanted, amount })
}

/// Lets the caller leave: no new business, and the unbonding begins. Bids that bind can still win.
pub(crate) fn deregister(ctx: &mut Context<'_>) -> Result<(), ContractError> {
    let caller = ctx.caller().to_owned();
    let (id, mut provider) = load(ctx.state(), &caller)?;
    if provider.unbonds_at.is_some() {
        let problem = "is leaving already";
        return Err(ContractError::WrongState { what: "provider", problem });
    }
    let unbonding = Seconds::new(CONFIG.load(ctx.state())?.unbonding_seconds);
    let unbonds_at = ctx.now().after(unbonding).get();
    provider.unbonds_at = Some(unbonds_at);
    PROVIDERS.save(ctx.storage(), id, &provider)?;
    let event = event::of_provider("provider_leaving", &caller);
    ctx.emit(event.add_attribute("unbonds_at", unbonds_at.to_string()));
    Ok(())
}

/// Releases the stake of a provider that has left.
pub(crate) fn release_stake(ctx: &mut Context<'_>, address: &str) -> Result<(), ContractError> {
    let (id, provider) = load(ctx.state(), address)?;
    let unbonds_at = provider
        .unbonds_at
        .ok_or(ContractError::WrongState { what: "provider", problem: "is not leaving" })?;
    let at = unbonds_at.max(bound_until(ctx.state(), id)?);
    require_reached(ctx.now(), Seconds::new(at), "the stake is released")?;
    if let Some(leases) = LIVE_LEASES.may_load(ctx.state(), id)? {
        return Err(ContractError::InUse { what: "provider", orders: 0, leases });
    }
    PROVIDERS.remove(ctx.storage(), id);
    BOUND_UNTIL.remove(ctx.storage(), id);
    tally::note(ctx.storage(), ONE, Tally::default())?;
    let stake = Funds { denom: provider.stake_denom, amount: provider.stake };
    ledger::credit(ctx.storage(), id, stake)?;
    let denom = denom::load(ctx.state(), provider.stake_denom)?.name;
    let event = event::of_provider("stake_released", address).add_attribute("denom", denom);
    ctx.emit(event.add_attribute("amount", provider.stake));
    Ok(())
}
