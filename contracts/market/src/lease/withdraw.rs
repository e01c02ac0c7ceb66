//! Paying a provider what a lease has earned.

use cosmwasm_std::Uint128;

use super::load_named;
use crate::context::Context;
use crate::error::ContractError;
use crate::event;
use crate::ledger::{self, Funds};
use crate::msg::LeaseId;
use crate::state::principal;

/// Pays the provider, whoever asks; the treasury's share becomes claimable.
pub(crate) fn withdraw(ctx: &mut Context<'_>, id: &LeaseId) -> Result<(), ContractError> {
    let (mut live, lease) = load_named(ctx.state(), id)?;
    let payout = live.account.withdraw(ctx.now(), id.group)?;
    let denom = live.record.denom;
    ledger::credit_fee(ctx.storage(), denom, payout)?;
    let provider = principal::address(ctx.state(), lease.provider)?;
    let amount = Uint128::new(payout.provider.get());
    ledger::pay(ctx, &provider, Funds { denom, amount })?;
    ctx.emit(
        event::of_lease("lease_withdrawn", id)
            .add_attribute("provider", provider)
            .add_attribute("amount", amount)
            .add_attribute("fee", payout.treasury.to_string()),
    );
    live.save(ctx.storage())
}
