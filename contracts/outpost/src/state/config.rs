//! The limits in force and the contract's owner.

use cosmwasm_std::{Addr, Env, Storage};
use protocol::limits;
use store::Item;

use crate::ContractError;
use crate::msg::responses::{ConfigResponse, OwnershipResponse};

/// The limits and the pause; written at instantiation and by the owner.
pub(crate) const CONFIG: Item<ConfigResponse> = Item::new("config");
/// The contract's owner and the proposed one; written by `update_ownership`.
pub(crate) const OWNERSHIP: Item<OwnershipResponse> = Item::new("ownership");

/// Seconds of the shortest timeout unless another is set: shorter ones expire while a relayer
/// restarts.
pub(crate) const MIN_TIMEOUT_SECONDS: u64 = 600;
/// Seconds of a timeout nobody named.
pub(crate) const DEFAULT_TIMEOUT_SECONDS: u64 = 3600;
/// Seconds for which an unsent purchase may be sent.
pub(crate) const SEND_WINDOW_SECONDS: u64 = 7 * 86_400;
/// Seconds for which an unsent purchase may be sent, at most.
const SEND_WINDOW_MAX_SECONDS: u64 = 90 * 86_400;

/// Checks the limits, whoever sets them.
///
/// # Errors
/// [`ContractError::Limit`] naming the field.
pub(crate) fn validate(config: &ConfigResponse) -> Result<(), ContractError> {
    limits::range(
        "min_timeout_seconds",
        config.min_timeout_seconds,
        limits::TIMEOUT_FLOOR_SECONDS,
        limits::TIMEOUT_MAX_SECONDS,
    )?;
    limits::range(
        "default_timeout_seconds",
        config.default_timeout_seconds,
        config.min_timeout_seconds,
        limits::TIMEOUT_MAX_SECONDS,
    )?;
    limits::range(
        "send_window_seconds",
        config.send_window_seconds,
        config.min_timeout_seconds,
        SEND_WINDOW_MAX_SECONDS,
    )?;
    Ok(())
}

/// The seconds a packet gets: those asked for if they are within the limits, else the default.
///
/// # Errors
/// [`ContractError::Limit`] if the seconds asked for are too few or too many.
pub(crate) fn timeout_seconds(
    storage: &dyn Storage,
    asked: Option<u64>,
) -> Result<u64, ContractError> {
    let config = CONFIG.load(storage)?;
    let seconds = asked.unwrap_or(config.default_timeout_seconds);
    limits::range(
        "timeout_seconds",
        seconds,
        config.min_timeout_seconds,
        limits::TIMEOUT_MAX_SECONDS,
    )?;
    Ok(seconds)
}

/// Block time plus seconds, in whole seconds since 1970: a packet's timeout is exactly this, so
/// that the market's answers, in seconds, compare with it.
#[must_use]
pub(crate) fn after(env: &Env, seconds: u64) -> u64 {
    env.block.time.seconds().saturating_add(seconds)
}

/// Refuses everybody but the contract's owner.
///
/// # Errors
/// [`ContractError::Unauthorized`].
pub(crate) fn owner_only(storage: &dyn Storage, sender: &Addr) -> Result<(), ContractError> {
    if OWNERSHIP.load(storage)?.owner.as_ref() == Some(sender) {
        return Ok(());
    }
    let sender = sender.to_string();
    Err(ContractError::Unauthorized { sender, allowed: "the contract's owner" })
}
