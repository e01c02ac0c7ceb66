//! Set-up, limits and pause. None of it can touch an order or a coin.

use cosmwasm_std::{DepsMut, MessageInfo, Response};

use crate::buy::checked_address;
use crate::msg::responses::{ConfigResponse, OwnershipResponse};
use crate::msg::{ConfigChanges, InstantiateMsg};
use crate::state::config::{
    self, CONFIG, DEFAULT_TIMEOUT_SECONDS, MIN_TIMEOUT_SECONDS, OWNERSHIP, SEND_WINDOW_SECONDS,
    owner_only,
};
use crate::{ContractError, money};

/// Sets owner and limits.
///
/// # Errors
/// [`ContractError::BadAddress`] or [`ContractError::Limit`].
pub(crate) fn instantiate(
    deps: DepsMut<'_>,
    info: &MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    let owner = match &msg.owner {
        Some(owner) => checked_address(deps.api, "owner", owner)?,
        None => info.sender.clone(),
    };
    let min_timeout_seconds = msg.min_timeout_seconds.unwrap_or(MIN_TIMEOUT_SECONDS);
    let config = ConfigResponse {
        min_timeout_seconds,
        default_timeout_seconds: msg
            .default_timeout_seconds
            .unwrap_or_else(|| DEFAULT_TIMEOUT_SECONDS.max(min_timeout_seconds)),
        send_window_seconds: msg.send_window_seconds.unwrap_or(SEND_WINDOW_SECONDS),
        paused: false,
    };
    config::validate(&config)?;
    CONFIG.save(deps.storage, &config)?;
    let ownership =
        OwnershipResponse { owner: Some(owner), pending_owner: None, pending_expiry: None };
    OWNERSHIP.save(deps.storage, &ownership)?;
    Ok(Response::new().add_attribute("action", "instantiate"))
}

/// Changes the limits that are named.
///
/// # Errors
/// [`ContractError::Unauthorized`] or [`ContractError::Limit`].
pub(crate) fn update_config(
    deps: DepsMut<'_>,
    info: &MessageInfo,
    changes: ConfigChanges,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    owner_only(deps.storage, &info.sender)?;
    let mut config = CONFIG.load(deps.storage)?;
    for (limit, change) in [
        (&mut config.min_timeout_seconds, changes.min_timeout_seconds),
        (&mut config.default_timeout_seconds, changes.default_timeout_seconds),
        (&mut config.send_window_seconds, changes.send_window_seconds),
    ] {
        *limit = change.unwrap_or(*limit);
    }
    config::validate(&config)?;
    CONFIG.save(deps.storage, &config)?;
    Ok(Response::new().add_attribute("action", "update_config"))
}

/// Stops `buy`.
///
/// # Errors
/// [`ContractError::Unauthorized`].
pub(crate) fn pause(deps: DepsMut<'_>, info: &MessageInfo) -> Result<Response, ContractError> {
    set_paused(deps, info, Sales::Paused)
}

/// Takes purchases again.
///
/// # Errors
/// [`ContractError::Unauthorized`].
pub(crate) fn unpause(deps: DepsMut<'_>, info: &MessageInfo) -> Result<Response, ContractError> {
    set_paused(deps, info, Sales::Open)
}

/// Whether purchases are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sales {
    Open,
    Paused,
}

fn set_paused(
    deps: DepsMut<'_>,
    info: &MessageInfo,
    sales: Sales,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    owner_only(deps.storage, &info.sender)?;
    let mut config = CONFIG.load(deps.storage)?;
    config.paused = sales == Sales::Paused;
    CONFIG.save(deps.storage, &config)?;
    let action = if config.paused { "pause" } else { "unpause" };
    Ok(Response::new().add_attribute("action", action))
}
