//! What the owner says, and who stands beside it.

use super::MISPLACED;
use crate::context::Context;
use crate::error::ContractError;
use crate::msg::ExecuteMsg;
use crate::{announce, denom, ownership, params, route, slash};

#[expect(clippy::wildcard_enum_match_arm, reason = "`sender_of` names every message")]
pub(super) fn run(ctx: &mut Context<'_>, msg: ExecuteMsg) -> Result<(), ContractError> {
    match msg {
        ExecuteMsg::Announce { action } => announce::announce(ctx, action),
        ExecuteMsg::Retract { announcement } => announce::retract(ctx, announcement),
        ExecuteMsg::Perform { announcement } => announce::perform(ctx, announcement),
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
        _ => Err(MISPLACED),
    }
}
