//! What anybody may say. Most of it moves what has stopped moving: money, and states whose time is over.

use cosmwasm_std::Coin;

use super::MISPLACED;
use crate::context::Context;
use crate::deployment::{close, fund};
use crate::error::ContractError;
use crate::ledger::one_coin;
use crate::msg::ExecuteMsg;
use crate::{attest, auditor, bid, claim, inquiry, lease, order, provider};

#[expect(clippy::wildcard_enum_match_arm, reason = "`sender_of` names every message")]
pub(super) fn run(
    ctx: &mut Context<'_>,
    msg: ExecuteMsg,
    funds: &[Coin],
) -> Result<(), ContractError> {
    match msg {
        ExecuteMsg::SignAttributes { provider, attributes, valid_for_seconds } => {
            auditor::sign(ctx, &provider, attributes, valid_for_seconds)
        }
        ExecuteMsg::RevokeAttributes { provider, auditor } => {
            auditor::revoke(ctx, &provider, auditor)
        }
        ExecuteMsg::TopUp { tenant, seq } => fund::top_up(ctx, (tenant, seq), one_coin(funds)?),
        ExecuteMsg::Match { order } => bid::lowest::match_order(ctx, &order),
        ExecuteMsg::Withdraw { lease } => lease::withdraw::withdraw(ctx, &lease),
        ExecuteMsg::ReleaseStake { provider } => provider::release_stake(ctx, &provider),
        ExecuteMsg::EndLease { lease } => lease::close::at_stop(ctx, &lease),
        ExecuteMsg::ExpireOrder { order } => order::expire(ctx, &order),
        ExecuteMsg::CloseUnready { lease } => lease::silence::close_unready(ctx, &lease),
        ExecuteMsg::ReportSilent { lease } => lease::silence::report(ctx, &lease),
        ExecuteMsg::CloseSilent { lease } => lease::silence::close_silent(ctx, &lease),
        ExecuteMsg::CloseShort { deployment } => close::short(ctx, &deployment),
        ExecuteMsg::Finish { deployment } => close::idle(ctx, &deployment),
        ExecuteMsg::Claim { claimant, denom } => claim::claim(ctx, &claimant, &denom),
        ExecuteMsg::ClaimLocal { claimant, denom } => claim::claim_local(ctx, &claimant, &denom),
        ExecuteMsg::RecoverSettle { route, sequence } => claim::recover(ctx, &route, sequence),
        ExecuteMsg::AskSettled { route, sequence } => inquiry::ask(ctx, &route, sequence),
        ExecuteMsg::Attest { route, sender, n } => {
            attest::send(ctx, &route, (sender, n), one_coin(funds)?)
        }
        _ => Err(MISPLACED),
    }
}
