//! `update_ownership`: the contract's owner changes in two steps, in the JSON of cw-ownable.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};

use crate::buy::checked_address;
use crate::msg::OwnershipAction;
use crate::msg::responses::OwnershipResponse;
use crate::state::config::{OWNERSHIP, owner_only};
use crate::{ContractError, money};

/// Takes one step.
///
/// # Errors
/// [`ContractError::Unauthorized`], [`ContractError::BadAddress`],
/// [`ContractError::NotProposed`].
pub(crate) fn update(
    deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    action: OwnershipAction,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    let now = OWNERSHIP.load(deps.storage)?;
    let next = match action {
        OwnershipAction::TransferOwnership { new_owner, expiry } => {
            owner_only(deps.storage, &info.sender)?;
            let pending_owner = Some(checked_address(deps.api, "new_owner", &new_owner)?);
            OwnershipResponse { owner: now.owner, pending_owner, pending_expiry: expiry }
        }
        OwnershipAction::AcceptOwnership => {
            expect_proposed(env, info, &now)?;
            let owner = now.pending_owner;
            OwnershipResponse { owner, pending_owner: None, pending_expiry: None }
        }
        OwnershipAction::RenounceOwnership => {
            owner_only(deps.storage, &info.sender)?;
            OwnershipResponse { owner: None, pending_owner: None, pending_expiry: None }
        }
    };
    OWNERSHIP.save(deps.storage, &next)?;
    let owner = next.owner.map_or_else(|| "none".into(), String::from);
    Ok(Response::new().add_attribute("action", "update_ownership").add_attribute("owner", owner))
}

fn expect_proposed(
    env: &Env,
    info: &MessageInfo,
    now: &OwnershipResponse,
) -> Result<(), ContractError> {
    let refuse =
        |reason| Err(ContractError::NotProposed { sender: info.sender.to_string(), reason });
    if now.pending_owner.as_ref() != Some(&info.sender) {
        return refuse("it is not proposed as the owner");
    }
    if now.pending_expiry.is_some_and(|expiry| expiry.is_expired(&env.block)) {
        return refuse("the proposal has expired");
    }
    Ok(())
}
