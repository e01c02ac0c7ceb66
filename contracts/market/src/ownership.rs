//! Who governs the market: the owner, in two steps, and the pauser. Same JSON as cw-ownable.

use cosmwasm_std::{Addr, Event, Storage};
use cw_utils::Expiration;

use crate::context::Context;
use crate::error::ContractError;
use crate::msg::OwnershipAction;
use crate::state::config::{CONFIG, OWNERSHIP, Ownership, PAUSED};
use crate::state::route::LAST as LAST_ROUTE;

/// Sets the first owner.
pub(crate) fn begin(ctx: &mut Context<'_>, owner: &str) -> Result<(), ContractError> {
    let owner = Some(ctx.checked(owner)?);
    let ownership = Ownership { owner, pending_owner: None, pending_expiry: None };
    Ok(OWNERSHIP.save(ctx.storage(), &ownership)?)
}

/// Refuses anybody but the owner.
pub(crate) fn require_owner(storage: &dyn Storage, caller: &str) -> Result<(), ContractError> {
    match OWNERSHIP.load(storage)?.owner {
        Some(owner) if owner.as_str() == caller => Ok(()),
        _ => Err(unauthorized(caller, "the owner")),
    }
}

fn unauthorized(sender: &str, expected: &'static str) -> ContractError {
    ContractError::Unauthorized { sender: sender.into(), expected }
}

/// Changes the owner.
pub(crate) fn update(ctx: &mut Context<'_>, action: OwnershipAction) -> Result<(), ContractError> {
    let mut ownership = OWNERSHIP.load(ctx.state())?;
    match action {
        OwnershipAction::TransferOwnership { new_owner, expiry } => {
            require_owner(ctx.state(), ctx.caller())?;
            require_open(ctx, expiry.as_ref())?;
            ownership.pending_owner = Some(ctx.checked(&new_owner)?);
            ownership.pending_expiry = expiry;
        }
        OwnershipAction::AcceptOwnership => {
            if ownership.pending_owner.as_ref().is_none_or(|to_be| to_be.as_str() != ctx.caller()) {
                return Err(unauthorized(ctx.caller(), "the pending owner"));
            }
            require_open(ctx, ownership.pending_expiry.as_ref())?;
            ownership.owner = ownership.pending_owner.take();
            ownership.pending_expiry = None;
        }
        OwnershipAction::RenounceOwnership => {
            require_owner(ctx.state(), ctx.caller())?;
            if LAST_ROUTE.exists(ctx.state()) {
                let problem = "has routes, whose tenants need an owner when a way home dies";
                return Err(ContractError::WrongState { what: "market", problem });
            }
            ownership = Ownership { owner: None, pending_owner: None, pending_expiry: None };
        }
    }
    OWNERSHIP.save(ctx.storage(), &ownership)?;
    let named = |who: Option<Addr>| who.map_or_else(|| "none".into(), String::from);
    ctx.emit(
        Event::new("ownership_updated")
            .add_attribute("owner", named(ownership.owner))
            .add_attribute("pending_owner", named(ownership.pending_owner)),
    );
    Ok(())
}

fn require_open(ctx: &Context<'_>, expiry: Option<&Expiration>) -> Result<(), ContractError> {
    if expiry.is_some_and(|expiry| expiry.is_expired(&ctx.env.block)) {
        let problem = "has expired; the owner can propose it again";
        return Err(ContractError::WrongState { what: "transfer of ownership", problem });
    }
    Ok(())
}

/// Stops new business: the owner, or the pauser.
pub(crate) fn pause(ctx: &mut Context<'_>) -> Result<(), ContractError> {
    let pauser = CONFIG.load(ctx.state())?.pauser;
    if pauser.is_none_or(|pauser| pauser.as_str() != ctx.caller()) {
        require_owner(ctx.state(), ctx.caller())
            .map_err(|_| unauthorized(ctx.caller(), "the owner and the pauser"))?;
    }
    PAUSED.save(ctx.storage(), &true)?;
    ctx.emit(Event::new("paused"));
    Ok(())
}

/// Resumes new business.
pub(crate) fn unpause(ctx: &mut Context<'_>) -> Result<(), ContractError> {
    PAUSED.save(ctx.storage(), &false)?;
    ctx.emit(Event::new("unpaused"));
    Ok(())
}
