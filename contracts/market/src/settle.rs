//! The way home: what leaves the market for a tenant, and what happens when it comes back.
//!
//! A transfer home is a submessage whose reply we always take: if it cannot be sent, or comes back
//! by an error or a timeout, its coin is credited as claimable. No close depends on a send.

use cosmwasm_std::{
    Coin, Event, IbcMsg, Reply, StdError, Storage, SubMsg, SubMsgResult, to_json_binary,
};
use protocol::json::from_slice;
use protocol::money::{Settle, SettleKind};
use protocol::{Action, Message, Parties, Tenant};

use crate::context::Context;
use crate::deployment::Live;
use crate::error::ContractError;
use crate::event;
use crate::ledger::{self, Funds};
use crate::msg::Outcome;
use crate::reply::{SETTLE, sequence};
use crate::state::config::CONFIG;
use crate::state::denom;
use crate::state::deployment::Record;
use crate::state::principal::{self, PrincipalId};
use crate::state::route::{self, LOCAL, RouteId};
use crate::state::settlement::{IN_FLIGHT, InFlight, ORIGINS, RETRIES, Retry, UNRESOLVED};

/// Seconds until anyone may repeat a transfer home that failed once; doubled each time.
const RETRY_SECONDS: u64 = 600;
/// Seconds until then at most.
pub(crate) const RETRY_MAX_SECONDS: u64 = 86_400;

/// A transfer home to be sent.
#[derive(Debug)]
pub(crate) struct Homeward {
    /// The route.
    pub(crate) route: RouteId,
    /// Whose claimable the coin becomes if it cannot go or comes back.
    pub(crate) owner: PrincipalId,
    /// Whose money packets what it says is about.
    pub(crate) sender: String,
    /// Address on the other chain.
    pub(crate) to: String,
    /// What goes.
    pub(crate) funds: Funds,
    /// What it is.
    pub(crate) settle: Settle,
}

/// Sends what a deployment returns to its tenant: home, or here.
pub(crate) fn rest(
    ctx: &mut Context<'_>,
    live: &Live,
    funds: Funds,
    kind: SettleKind,
) -> Result<(), ContractError> {
    if funds.amount.is_zero() {
        return Ok(());
    }
    let record = &live.record;
    match &live.id.tenant {
        // A token's contract could refuse, and no close depends on that.
        Tenant::Local { .. }
            if record.refund_to == ctx.caller()
                && denom::token(&denom::load(ctx.state(), funds.denom)?.name).is_none() =>
        {
            ledger::pay(ctx, &record.refund_to, funds)
        }
        Tenant::Local { .. } => {
            let to = principal::intern(ctx.storage(), &principal::local(&record.refund_to))?;
            ledger::credit(ctx.storage(), to, funds)?;
            event::tell_credit(ctx, to, funds)
        }
        Tenant::Remote { account, sender, .. } => {
            let settle = Settle {
                account: account.clone(),
                seq: Some(record.seq),
                kind,
                nonce: None,
                statement: None,
            };
            let (route, owner, to) = (record.route, record.tenant, record.refund_to.clone());
            send(ctx, Homeward { route, owner, sender: sender.clone(), to, funds, settle })
        }
    }
}

/// Sends a transfer home. It fails only by a defect: that the chain refuses it is for the reply.
pub(crate) fn send(ctx: &mut Context<'_>, home: Homeward) -> Result<(), ContractError> {
    let route = route::by_id(ctx.state(), home.route)?;
    let n = route::take_n(ctx.storage(), home.route)?;
    let timeout = CONFIG.load(ctx.state())?.settle_timeout_seconds;
    let timeout_at = ctx.env.block.time.plus_seconds(timeout);
    // Only the route's outpost is called: at a wallet that would fail, and the transfer with it. And
    // only about its own orders: it cannot see that an account and a number are another sender's, who
    // may have named it before that was refused, or before it was the route's.
    let to_outpost = route.is_outpost(&home.to) && route.is_outpost(&home.sender);
    let in_flight = InFlight {
        route: home.route,
        owner: home.owner,
        denom: home.funds.denom,
        amount: home.funds.amount,
        n,
        timeout_at: timeout_at.seconds(),
        seq: home.settle.seq,
        to_outpost,
        aside: matches!(home.settle.kind, SettleKind::Status | SettleKind::Probe),
        asked_until: 0,
    };
    ledger::leave(ctx.storage(), home.funds)?;
    let message = Message { n, action: Action::Settle(home.settle) };
    let destination = Some(home.to.as_str()).filter(|_| to_outpost);
    let parties = Parties { source: ctx.env.contract.address.as_str(), destination };
    let memo = Some(route.style.memo(parties, &message)?);
    let denom = denom::load(ctx.state(), home.funds.denom)?.name;
    let transfer = IbcMsg::Transfer {
        channel_id: route.channel,
        to_address: home.to,
        amount: Coin { denom, amount: home.funds.amount.into() },
        timeout: timeout_at.into(),
        memo,
    };
    ctx.send(SubMsg::reply_always(transfer, SETTLE).with_payload(to_json_binary(&in_flight)?));
    Ok(())
}

/// Notes a transfer that went, or credits one that could not go.
pub(crate) fn on_reply(ctx: &mut Context<'_>, reply: Reply) -> Result<(), ContractError> {
    let in_flight: InFlight = from_slice(&reply.payload).map_err(StdError::from)?;
    match reply.result {
        SubMsgResult::Ok(response) => {
            let sequence = sequence(&response)?;
            IN_FLIGHT.save(ctx.storage(), (in_flight.route, sequence), &in_flight)?;
            if !in_flight.aside {
                let unresolved = ledger::unresolved(ctx.state(), in_flight.denom)?;
                let unresolved = unresolved.checked_add(in_flight.amount)?;
                UNRESOLVED.save(ctx.storage(), in_flight.denom, &unresolved)?;
            }
            emit(ctx, "settlement_sent", &in_flight, &sequence.to_string())
        }
        SubMsgResult::Err(reason) => {
            credit_back(ctx, &in_flight)?;
            emit(ctx, "settlement_failed", &in_flight, &reason)
        }
    }
}

/// Resolves a transfer home. One that we do not know, or no more, is none of ours: a no-op.
pub(crate) fn resolve(
    ctx: &mut Context<'_>,
    channel: &str,
    sequence: u64,
    outcome: Outcome,
) -> Result<(), ContractError> {
    let Some(route) = route::find(ctx.state(), channel)? else { return Ok(()) };
    let Some(in_flight) = IN_FLIGHT.may_load(ctx.state(), (route, sequence))? else {
        return Ok(());
    };
    forget(ctx, route, sequence, &in_flight)?;
    match outcome {
        Outcome::Arrived => {
            RETRIES.remove(ctx.storage(), (in_flight.owner, in_flight.denom));
            emit(ctx, "settlement_arrived", &in_flight, &sequence.to_string())
        }
        Outcome::Returned => {
            credit_back(ctx, &in_flight)?;
            emit(ctx, "settlement_returned", &in_flight, &sequence.to_string())
        }
    }
}

/// Removes the record of a transfer home, before anything else is done with its coin.
pub(crate) fn forget(
    ctx: &mut Context<'_>,
    route: RouteId,
    sequence: u64,
    in_flight: &InFlight,
) -> Result<(), ContractError> {
    IN_FLIGHT.remove(ctx.storage(), (route, sequence));
    if in_flight.aside {
        return Ok(());
    }
    let unresolved = ledger::unresolved(ctx.state(), in_flight.denom)?;
    let unresolved = unresolved.checked_sub(in_flight.amount)?;
    Ok(UNRESOLVED.save(ctx.storage(), in_flight.denom, &unresolved)?)
}

/// Credits a coin that is with us again, and makes the next attempt by anyone wait.
pub(crate) fn credit_back(
    ctx: &mut Context<'_>,
    in_flight: &InFlight,
) -> Result<(), ContractError> {
    let funds = Funds { denom: in_flight.denom, amount: in_flight.amount };
    ledger::enter(ctx.storage(), funds)?;
    ledger::credit(ctx.storage(), in_flight.owner, funds)?;
    if let Some(seq) = in_flight.seq {
        note_origin(ctx.storage(), in_flight.owner, seq, funds)?;
    }
    let key = (in_flight.owner, in_flight.denom);
    let now = ctx.env.block.time.seconds();
    let stored = RETRIES.may_load(ctx.state(), key)?;
    let mut retry = stored.unwrap_or(Retry { attempts: 0, first_failed_at: now, next_at: now });
    retry.attempts = retry.attempts.saturating_add(1);
    retry.next_at = now.saturating_add(wait_after(retry.attempts));
    Ok(RETRIES.save(ctx.storage(), key, &retry)?)
}

/// Seconds for which anyone waits after so many failures in a row.
pub(crate) fn wait_after(attempts: u32) -> u64 {
    let doubled = 2_u64.saturating_pow(attempts.saturating_sub(1)).saturating_mul(RETRY_SECONDS);
    doubled.min(RETRY_MAX_SECONDS)
}

/// Credits a deployment's tenant. What a remote tenant is credited keeps the number of its
/// deployment, so that it goes home under it.
pub(crate) fn credit_tenant(
    storage: &mut dyn Storage,
    record: &Record,
    funds: Funds,
) -> Result<(), ContractError> {
    ledger::credit(storage, record.tenant, funds)?;
    if record.route == LOCAL {
        return Ok(());
    }
    note_origin(storage, record.tenant, record.seq, funds)
}

fn note_origin(
    storage: &mut dyn Storage,
    owner: PrincipalId,
    seq: u64,
    funds: Funds,
) -> Result<(), ContractError> {
    if funds.amount.is_zero() {
        return Ok(());
    }
    let key = (owner, funds.denom, seq);
    let sum = ORIGINS.may_load(storage, key)?.unwrap_or_default().checked_add(funds.amount)?;
    Ok(ORIGINS.save(storage, key, &sum)?)
}

fn emit(
    ctx: &mut Context<'_>,
    kind: &str,
    in_flight: &InFlight,
    detail: &str,
) -> Result<(), ContractError> {
    let owner = principal::name(ctx.state(), in_flight.owner)?;
    let denom = denom::load(ctx.state(), in_flight.denom)?.name;
    let route = route::by_id(ctx.state(), in_flight.route)?.channel;
    let event = Event::new(kind)
        .add_attribute("owner", owner.to_string())
        .add_attribute("route", route)
        .add_attribute("n", in_flight.n.to_string())
        .add_attribute("amount", in_flight.amount)
        .add_attribute("denom", denom)
        .add_attribute("detail", detail)
        .add_attribute("aside", in_flight.aside.to_string());
    ctx.emit(event);
    Ok(())
}
