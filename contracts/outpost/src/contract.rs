//! Entry points: one arm per message, each in the file of its name.

use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Reply, Response};
use protocol::control::Command;
use store::Version;

use crate::auto_top_up::{self, Wish};
use crate::msg::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};
use crate::{
    ContractError, admin, budget, buy, claim, command, control, custody, migrations, ownership,
    probe, query, reconcile, route, settle, top_up, transfer, unsent,
};

/// Name of the contract as `info` tells it.
pub const CONTRACT_NAME: &str = migrations::NAME;
/// Version of the contract.
pub const CONTRACT_VERSION: &str = migrations::VERSION;

/// Sets the outpost up.
///
/// # Errors
/// [`ContractError`] for a bad owner or limit.
pub fn instantiate(
    deps: DepsMut<'_>,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    Version::save(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    admin::instantiate(deps, &info, msg)
}

/// Does what is asked.
///
/// # Errors
/// [`ContractError`]; nothing was changed then.
#[expect(clippy::too_many_lines, reason = "one arm per message, and nothing else")]
pub fn execute(
    deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    match msg {
        ExecuteMsg::Buy(purchase) => buy::buy(deps, &env, info, *purchase),
        ExecuteMsg::TopUp { seq } => top_up::top_up(deps, &env, info, seq),
        ExecuteMsg::AcceptBid { seq, group, provider, bid_no, max_rate } => {
            let accept = Command::AcceptBid { group, provider, bid_no, max_rate };
            command::run(deps, &env, &info, seq, accept)
        }
        ExecuteMsg::AcceptTerms { seq, group, terms_no } => {
            command::run(deps, &env, &info, seq, Command::AcceptTerms { group, terms_no })
        }
        ExecuteMsg::Close { seq } => {
            command::run(deps, &env, &info, seq, Command::CloseDeployment {})
        }
        ExecuteMsg::CloseLease { seq, group } => {
            command::run(deps, &env, &info, seq, Command::CloseLease { group })
        }
        ExecuteMsg::UpdateManifest { seq, manifest } => {
            command::run(deps, &env, &info, seq, Command::UpdateManifest { rev: 0, manifest })
        }
        ExecuteMsg::WithdrawSurplus { seq } => {
            command::run(deps, &env, &info, seq, Command::WithdrawSurplus {})
        }
        ExecuteMsg::Status { seq } => {
            command::run(deps, &env, &info, seq, Command::Status { n: None })
        }
        ExecuteMsg::SetOperators { seq, operators, remote } => {
            command::set_operators(deps, &env, &info, seq, (operators, remote))
        }
        ExecuteMsg::SetRefundTo { seq, refund_to } => {
            command::set_refund_to(deps, &env, &info, seq, refund_to)
        }
        ExecuteMsg::TransferOrder { seq, new_owner } => {
            custody::transfer(deps, &info, seq, &new_owner)
        }
        ExecuteMsg::AcceptOrder { seq } => custody::accept(deps, &info, seq),
        ExecuteMsg::NotifyOwner { seq } => custody::notify(deps, &info, seq),
        ExecuteMsg::Deposit { owner } => budget::deposit(deps, info, owner.as_deref()),
        ExecuteMsg::WithdrawBudget { denom, amount, to } => {
            budget::withdraw(deps, &info, denom, (amount, to.as_deref()))
        }
        ExecuteMsg::SetAllowance { delegate, limits, expires } => {
            budget::set_allowance(deps, &env, &info, &delegate, (limits, expires))
        }
        ExecuteMsg::BuyFromBudget { owner, coin, buy } => {
            budget::buy(deps, &env, &info, (&owner, coin), *buy)
        }
        ExecuteMsg::TopUpFromBudget { owner, coin, seq } => {
            budget::top_up(deps, &env, &info, (&owner, coin), seq)
        }
        ExecuteMsg::AutoTopUp {
            seq,
            target_runway_seconds,
            max_per_period,
            period_seconds,
            tip,
        } => {
            let wish = Wish { target_runway_seconds, max_per_period, period_seconds, tip };
            auto_top_up::set(deps, &env, &info, seq, wish)
        }
        ExecuteMsg::Poke { seq } => auto_top_up::poke(deps, &env, &info, seq),
        ExecuteMsg::Claim { owner, denom } => claim::claim(deps, &info, &owner, denom),
        ExecuteMsg::ClaimTo { denom, to } => claim::claim_to(deps, &info, denom, &to),
        ExecuteMsg::Reconcile { n } => reconcile::reconcile(deps, &env, &info, n),
        ExecuteMsg::AnnounceRefund { n } => reconcile::announce(deps, &env, &info, n),
        ExecuteMsg::Send { seq } => unsent::send(deps, &env, &info, seq),
        ExecuteMsg::Cancel { seq } => unsent::cancel(deps, &env, &info, seq),
        ExecuteMsg::AddRoute { name, channel, market, style } => {
            route::add(deps, &info, (name, channel, market), style)
        }
        ExecuteMsg::ProbeRoute { route, timeout_seconds } => {
            probe::probe(deps, &env, info, &route, timeout_seconds)
        }
        ExecuteMsg::ArmControl { route } => route::arm_control(deps, &info, &route),
        ExecuteMsg::UpdateConfig(changes) => admin::update_config(deps, &info, changes),
        ExecuteMsg::UpdateOwnership(action) => ownership::update(deps, &env, &info, action),
        ExecuteMsg::Pause {} => admin::pause(deps, &info),
        ExecuteMsg::Unpause {} => admin::unpause(deps, &info),
        ExecuteMsg::Entrepot(message) => settle::on_call(deps, &env, &info, *message),
    }
}

/// Takes in how a submessage ended.
///
/// # Errors
/// [`ContractError`]; the message that sent it fails then.
pub fn reply(deps: DepsMut<'_>, _env: Env, reply: Reply) -> Result<Response, ContractError> {
    match reply.id {
        transfer::REPLY => transfer::on_reply(deps, reply),
        control::REPLY => control::on_reply(deps, reply),
        id => Err(ContractError::UnknownReply { id }),
    }
}

/// Answers a question.
///
/// # Errors
/// [`ContractError`] if there is no such thing.
pub fn query(deps: Deps<'_>, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    query::answer(deps, &env, msg)
}

/// Takes over the state of an older version.
///
/// # Errors
/// [`ContractError::WrongVersion`] unless the state is this contract's, of this version or of one
/// that was released before.
pub fn migrate(deps: DepsMut<'_>, _env: Env, _msg: MigrateMsg) -> Result<Response, ContractError> {
    migrations::migrate(deps.storage)?;
    Ok(Response::new().add_attribute("action", "migrate"))
}
