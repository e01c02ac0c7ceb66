//! Commands to a deployment. They come as messages here, as control packets, or with a coin; they
//! do the same each time, and doing them twice does no more than once.

use cosmwasm_std::{Uint128, to_json_binary};
use protocol::control::{Answer, Command};
use protocol::deployment::Scope;
use protocol::money::SettleKind;
use protocol::{DeploymentId, Tenant, limits};

use crate::bid::accept::{self, Acceptance};
use crate::context::Context;
use crate::deployment::{Live, close, revise};
use crate::error::ContractError;
use crate::lease::terms;
use crate::ledger::Funds;
use crate::state::deployment::{self as state, LEASES, OPERATORS, ORDERS, Slot};
use crate::state::principal;
use crate::{attest, claim, event, lease, order, settle, status};

/// Runs a command that comes as a message on this chain: from the tenant, or an operator.
pub(crate) fn act(
    ctx: &mut Context<'_>,
    id: &DeploymentId,
    command: Command,
) -> Result<(), ContractError> {
    id.tenant.validate()?;
    limits::integer("seq", id.seq)?;
    command.validate()?;
    require_authority(ctx, id, &command)?;
    let answer = run(ctx, id, command)?;
    ctx.answer(to_json_binary(&answer)?);
    Ok(())
}

/// Who may give a command on this chain.
enum Authority {
    /// Anyone: it is a question.
    Anyone,
    /// The tenant, or an operator with this scope.
    Operator(Scope),
    /// The tenant alone: who may act for it, and where its money goes.
    Tenant,
}

fn authority(command: &Command) -> Authority {
    match command {
        Command::AcceptBid { .. } => Authority::Operator(Scope::BidAccept),
        Command::AcceptTerms { .. } => Authority::Operator(Scope::Terms),
        Command::CloseDeployment {} | Command::CloseLease { .. } => {
            Authority::Operator(Scope::Close)
        }
        Command::UpdateManifest { .. } => Authority::Operator(Scope::Manifest),
        Command::WithdrawSurplus {} => Authority::Operator(Scope::Withdraw),
        Command::SetOperators { .. } | Command::SetRefundTo { .. } => Authority::Tenant,
        Command::Status { .. } => Authority::Anyone,
    }
}

/// Refuses whoever may not give the command.
fn require_authority(
    ctx: &Context<'_>,
    id: &DeploymentId,
    command: &Command,
) -> Result<(), ContractError> {
    let is_allowed = match authority(command) {
        _ if id.tenant == principal::local(ctx.caller()) => true,
        Authority::Anyone => true,
        Authority::Operator(scope) => is_operator(ctx, id, scope)?,
        Authority::Tenant => false,
    };
    if is_allowed {
        return Ok(());
    }
    Err(ContractError::Unauthorized {
        sender: ctx.caller().into(),
        expected: "the tenant, or an operator with this scope",
    })
}

/// Whether the caller is an operator of the deployment, within its scope and time.
pub(crate) fn is_operator(
    ctx: &Context<'_>,
    id: &DeploymentId,
    scope: Scope,
) -> Result<bool, ContractError> {
    let Some(Slot::Live(number)) = state::slot(ctx.state(), id)? else { return Ok(false) };
    let operators = OPERATORS.may_load(ctx.state(), number)?.unwrap_or_default();
    let now = ctx.now().get();
    Ok(operators.iter().any(|operator| {
        operator.address.as_str() == ctx.caller()
            && operator.scopes.contains(&scope)
            && operator.expires_at.is_none_or(|at| now < at)
    }))
}

/// Runs a command whose origin has been checked.
pub(crate) fn run(
    ctx: &mut Context<'_>,
    id: &DeploymentId,
    command: Command,
) -> Result<Answer, ContractError> {
    match command {
        Command::AcceptBid { group, provider, bid_no, max_rate } => {
            accept_bid(ctx, id, &Acceptance { group, provider, bid_no, max_rate })
        }
        Command::CloseDeployment {} => close_deployment(ctx, id),
        Command::CloseLease { group } => close_lease(ctx, id, group),
        Command::WithdrawSurplus {} => withdraw_surplus(ctx, id),
        Command::Status { n } => ask_status(ctx, id, n),
        Command::AcceptTerms { group, terms_no } => {
            change(ctx, id, |ctx, live| terms::accept_as_tenant(ctx, live, group, terms_no))
        }
        Command::UpdateManifest { rev, manifest } => {
            change(ctx, id, |ctx, live| revise::manifest(ctx, live, (rev, manifest)))
        }
        Command::SetOperators { rev, local_operators, access_keys } => {
            change(ctx, id, |ctx, live| {
                revise::operators(ctx, live, rev, (&local_operators, access_keys))
            })
        }
        Command::SetRefundTo { rev, refund_to } => {
            change(ctx, id, |ctx, live| revise::refund_to(ctx, live, (rev, refund_to)))
        }
    }
}

/// Changes a deployment that lives.
fn change(
    ctx: &mut Context<'_>,
    id: &DeploymentId,
    action: impl FnOnce(&mut Context<'_>, &mut Live) -> Result<Answer, ContractError>,
) -> Result<Answer, ContractError> {
    let mut live = Live::load(ctx.state(), id)?;
    let answer = action(ctx, &mut live)?;
    live.save(ctx.storage())?;
    Ok(answer)
}

fn accept_bid(
    ctx: &mut Context<'_>,
    id: &DeploymentId,
    accepted: &Acceptance,
) -> Result<Answer, ContractError> {
    let mut live = Live::load(ctx.state(), id)?;
    if let Some(lease) = LEASES.may_load(ctx.state(), (live.number, accepted.group))? {
        if principal::address(ctx.state(), lease.provider)? == accepted.provider {
            return Ok(Answer::Done {});
        }
        let problem = "is leased to another provider";
        return Err(ContractError::WrongState { what: "group", problem });
    }
    accept::accept(ctx, &mut live, accepted)?;
    live.save(ctx.storage())?;
    Ok(Answer::Done {})
}

fn close_deployment(ctx: &mut Context<'_>, id: &DeploymentId) -> Result<Answer, ContractError> {
    if let Some(Slot::Closed(_)) = state::slot(ctx.state(), id)? {
        return Ok(Answer::Done {});
    }
    let live = Live::load(ctx.state(), id)?;
    close::by_tenant(ctx, live)?;
    Ok(Answer::Done {})
}

/// Closes a group: its lease, or its order if it has none yet.
fn close_lease(
    ctx: &mut Context<'_>,
    id: &DeploymentId,
    group: u32,
) -> Result<Answer, ContractError> {
    if let Some(Slot::Closed(_)) = state::slot(ctx.state(), id)? {
        return Ok(Answer::Done {});
    }
    let mut live = Live::load(ctx.state(), id)?;
    if group >= live.record.groups {
        return Err(ContractError::NotFound { what: "group", id: group.to_string() });
    }
    let key = (live.number, group);
    if ORDERS.has(ctx.state(), key) {
        order::close(ctx, &mut live, group, "closed")?;
    } else if LEASES.has(ctx.state(), key) {
        let at = lease::close::judged_at(&mut live, ctx.now())?;
        lease::close::by_tenant(ctx, &mut live, group, at)?;
    }
    live.save(ctx.storage())?;
    Ok(Answer::Done {})
}

/// Sends home what the runway does not need, and what an earlier transfer home could not bring.
fn withdraw_surplus(ctx: &mut Context<'_>, id: &DeploymentId) -> Result<Answer, ContractError> {
    if let Some(Slot::Closed(tombstone)) = state::slot(ctx.state(), id)? {
        claim::hurry(ctx, &id.tenant, tombstone.denom)?;
        return Ok(Answer::Done {});
    }
    let mut live = Live::load(ctx.state(), id)?;
    let units = Uint128::new(live.account.surplus(ctx.now())?.get());
    if !units.is_zero() {
        live.changed()?;
        let funds = Funds { denom: live.record.denom, amount: units };
        ctx.emit(event::of_deployment("surplus_withdrawn", id).add_attribute("amount", units));
        settle::rest(ctx, &live, funds, SettleKind::Surplus)?;
    }
    claim::hurry(ctx, &id.tenant, live.record.denom)?;
    live.save(ctx.storage())?;
    Ok(Answer::Done {})
}

/// How a deployment stands; with `n`, first whether that money packet was accepted.
fn ask_status(
    ctx: &Context<'_>,
    id: &DeploymentId,
    n: Option<u64>,
) -> Result<Answer, ContractError> {
    if let (Some(n), Tenant::Remote { route, sender, .. }) = (n, &id.tenant) {
        let answer = attest::statement(ctx, route, sender, n)?;
        if answer != (Answer::Done {}) || state::slot(ctx.state(), id)?.is_none() {
            return Ok(answer);
        }
    }
    Ok(Answer::Deployment(status::of(ctx.state(), id, ctx.now())?))
}
