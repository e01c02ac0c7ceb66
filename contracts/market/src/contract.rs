//! Entry points for messages of this chain. What a message does stands in the module of its name.

use cosmwasm_std::{Binary, Coin, Deps, DepsMut, Env, MessageInfo, Reply, Response};

use crate::bid::place::NewBid;
use crate::context::Context;
use crate::deployment::{close, fund, open};
use crate::error::ContractError;
use crate::ledger::{any_coin, no_coin, one_coin};
use crate::msg::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};
use crate::ownership::require_owner;
use crate::token::no_posing;
use crate::{
    announce, attest, auditor, bid, claim, command, control, denom, inquiry, lease, migrations,
    offer, order, ownership, params, provider, query, reply, route, slash, token,
};

/// Sets the market up.
///
/// # Errors
/// [`ContractError`] for parameters or denoms out of bounds.
pub fn instantiate(
    deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    no_coin(&info.funds)?;
    let mut ctx = Context::called_by(deps, env, info.sender);
    migrations::stamp(ctx.storage())?;
    let owner = msg.owner.unwrap_or_else(|| ctx.caller().to_owned());
    ownership::begin(&mut ctx, &owner)?;
    let min_timeout = msg.min_timeout_seconds.unwrap_or(params::MIN_TIMEOUT_DEFAULT);
    params::set(&mut ctx, &msg.params, min_timeout)?;
    msg.denoms.iter().try_for_each(|new| denom::add(&mut ctx, new))?;
    Ok(ctx.into_response())
}

/// Takes a message.
///
/// # Errors
/// [`ContractError`]; nothing is changed then, and coins are back with the sender.
pub fn execute(
    deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    let mut ctx = Context::called_by(deps, env, info.sender);
    no_posing(&info.funds)?;
    if !takes_coins(&msg) {
        no_coin(&info.funds)?;
    }
    if is_owners(&msg) {
        require_owner(ctx.state(), ctx.caller())?;
    }
    dispatch(&mut ctx, msg, &info.funds)?;
    Ok(ctx.into_response())
}

/// Messages that take coins; all others refuse them.
pub(crate) const fn takes_coins(msg: &ExecuteMsg) -> bool {
    matches!(
        msg,
        ExecuteMsg::RegisterProvider { .. }
            | ExecuteMsg::UpdateProvider { .. }
            | ExecuteMsg::PostOffer { .. }
            | ExecuteMsg::UpdateOffer { .. }
            | ExecuteMsg::Open { .. }
            | ExecuteMsg::TopUp { .. }
            | ExecuteMsg::Bid { .. }
            | ExecuteMsg::Attest { .. }
    )
}

/// Messages that only the owner may send.
const fn is_owners(msg: &ExecuteMsg) -> bool {
    matches!(
        msg,
        ExecuteMsg::SlashProvider { .. }
            | ExecuteMsg::Announce { .. }
            | ExecuteMsg::Retract { .. }
            | ExecuteMsg::Perform { .. }
            | ExecuteMsg::AddDenom(_)
            | ExecuteMsg::RemoveDenom { .. }
            | ExecuteMsg::AddRoute(_)
            | ExecuteMsg::UpdateRoute(_)
            | ExecuteMsg::SetParams { .. }
            | ExecuteMsg::ArmChannelClose { .. }
            | ExecuteMsg::Unpause {}
    )
}

/// Runs a message of the caller, with the coins that came with it.
#[expect(clippy::too_many_lines, reason = "one line for each message")]
pub(crate) fn dispatch(
    ctx: &mut Context<'_>,
    msg: ExecuteMsg,
    funds: &[Coin],
) -> Result<(), ContractError> {
    match msg {
        ExecuteMsg::RegisterProvider { host_uri, attributes } => {
            provider::register(ctx, (host_uri, attributes), one_coin(funds)?)
        }
        ExecuteMsg::UpdateProvider { host_uri, attributes } => {
            provider::update(ctx, (host_uri, attributes), any_coin(funds)?)
        }
        ExecuteMsg::DeregisterProvider {} => provider::deregister(ctx),
        ExecuteMsg::ReleaseStake { provider } => provider::release_stake(ctx, &provider),
        ExecuteMsg::SignAttributes { provider, attributes, valid_for_seconds } => {
            auditor::sign(ctx, &provider, attributes, valid_for_seconds)
        }
        ExecuteMsg::RevokeAttributes { provider, auditor } => {
            auditor::revoke(ctx, &provider, auditor)
        }
        ExecuteMsg::PostOffer { terms } => offer::post(ctx, terms, one_coin(funds)?),
        ExecuteMsg::UpdateOffer { offer, terms } => {
            offer::update::update(ctx, offer, terms, any_coin(funds)?)
        }
        ExecuteMsg::CancelOffer { offer } => offer::cancel(ctx, offer),
        ExecuteMsg::Open { seq, refund_to, deployment } => {
            open::local(ctx, (seq, refund_to), deployment, one_coin(funds)?)
        }
        ExecuteMsg::TopUp { tenant, seq } => fund::top_up(ctx, (tenant, seq), one_coin(funds)?),
        ExecuteMsg::Act { deployment, command } => command::act(ctx, &deployment, command),
        ExecuteMsg::Bid { order, rate, valid_for_seconds } => {
            let deposit = one_coin(funds)?;
            bid::place::place(ctx, &order, NewBid { rate, valid_for_seconds, deposit })
        }
        ExecuteMsg::Match { order } => bid::lowest::match_order(ctx, &order),
        ExecuteMsg::WithdrawBid { order, provider } => {
            bid::withdraw::withdraw(ctx, &order, provider)
        }
        ExecuteMsg::Heartbeat { leases } => lease::heartbeat::beat(ctx, &leases),
        ExecuteMsg::Withdraw { lease } => lease::withdraw::withdraw(ctx, &lease),
        ExecuteMsg::CloseLease { lease } => lease::close::by_provider(ctx, &lease),
        ExecuteMsg::ProposeTerms { lease, terms } => lease::terms::propose(ctx, &lease, terms),
        ExecuteMsg::AcceptTerms { lease, terms_no } => {
            lease::terms::accept_as_provider(ctx, &lease, terms_no)
        }
        ExecuteMsg::EndLease { lease } => lease::close::at_stop(ctx, &lease),
        ExecuteMsg::ExpireOrder { order } => order::expire(ctx, &order),
        ExecuteMsg::CloseUnready { lease } => lease::close::unready(ctx, &lease),
        ExecuteMsg::ReportSilent { lease } => lease::silence::report(ctx, &lease),
        ExecuteMsg::CloseSilent { lease } => lease::silence::close_silent(ctx, &lease),
        ExecuteMsg::CloseShort { deployment } => close::short(ctx, &deployment),
        ExecuteMsg::Finish { deployment } => close::idle(ctx, &deployment),
        ExecuteMsg::Claim { claimant, denom } => claim::claim(ctx, &claimant, &denom),
        ExecuteMsg::ClaimLocal { claimant, denom } => claim::claim_local(ctx, &claimant, &denom),
        ExecuteMsg::RecoverSettle { route, sequence } => claim::recover(ctx, &route, sequence),
        ExecuteMsg::AskSettled { route, sequence } => inquiry::ask(ctx, &route, sequence),
        ExecuteMsg::Announce { action } => announce::announce(ctx, action),
        ExecuteMsg::Retract { announcement } => announce::retract(ctx, announcement),
        ExecuteMsg::Perform { announcement } => announce::perform(ctx, announcement),
        ExecuteMsg::Attest { route, sender, n } => {
            attest::send(ctx, &route, (sender, n), one_coin(funds)?)
        }
        ExecuteMsg::SlashProvider { provider, amount, reason, harmed } => {
            slash::slash(ctx, &provider, (amount, &harmed), &reason)
        }
        ExecuteMsg::AddDenom(new) => denom::add(ctx, &new),
        ExecuteMsg::RemoveDenom { denom, route } => denom::remove(ctx, &denom, route.as_deref()),
        ExecuteMsg::AddRoute(new) => route::add(ctx, new),
        ExecuteMsg::UpdateRoute(update) => route::update(ctx, update),
        ExecuteMsg::SetParams { params } => params::replace(ctx, &params),
        ExecuteMsg::ArmChannelClose { route } => route::arm_channel_close(ctx, &route),
        ExecuteMsg::Pause {} => ownership::pause(ctx),
        ExecuteMsg::Unpause {} => ownership::unpause(ctx),
        ExecuteMsg::UpdateOwnership(action) => ownership::update(ctx, action),
        ExecuteMsg::Receive(received) => token::receive(ctx, received),
        ExecuteMsg::Internal(message) => control::internal(ctx, message),
    }
}

/// Answers a question.
///
/// # Errors
/// [`ContractError`] for what does not exist.
pub fn query(deps: Deps<'_>, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    query::answer(deps, &env, msg)
}

/// Takes the reply to a submessage of ours.
///
/// # Errors
/// [`ContractError::UnknownReply`] for a reply that nothing asked for.
pub fn reply(deps: DepsMut<'_>, env: Env, msg: Reply) -> Result<Response, ContractError> {
    let mut ctx = Context::of_chain(deps, env);
    reply::on_reply(&mut ctx, msg)?;
    Ok(ctx.into_response())
}

/// Upgrades what is stored to this version.
///
/// # Errors
/// [`ContractError::WrongVersion`] unless it is this contract's, of this version or an older one.
pub fn migrate(deps: DepsMut<'_>, _env: Env, _msg: MigrateMsg) -> Result<Response, ContractError> {
    migrations::migrate(deps.storage)?;
    Ok(Response::new())
}
