//! What tenants of this chain say, and operators for tenants of any chain.

use cosmwasm_std::Coin;

use super::MISPLACED;
use crate::context::Context;
use crate::deployment::open;
use crate::error::ContractError;
use crate::ledger::one_coin;
use crate::msg::ExecuteMsg;
use crate::{command, lease};

#[expect(clippy::wildcard_enum_match_arm, reason = "`sender_of` names every message")]
pub(super) fn run(
    ctx: &mut Context<'_>,
    msg: ExecuteMsg,
    funds: &[Coin],
) -> Result<(), ContractError> {
    match msg {
        ExecuteMsg::Open { seq, refund_to, deployment } => {
            open::local(ctx, (seq, refund_to), deployment, one_coin(funds)?)
        }
        ExecuteMsg::Act { deployment, command } => command::act(ctx, &deployment, command),
        ExecuteMsg::ProposeTerms { lease, terms } => lease::terms::propose(ctx, &lease, terms),
        _ => Err(MISPLACED),
    }
}
