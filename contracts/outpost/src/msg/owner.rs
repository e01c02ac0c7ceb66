//! What the contract's owner sends, and who instantiates and migrates it.

use cosmwasm_schema::cw_serde;
use protocol::json::Decode;

/// Sets the outpost up.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct InstantiateMsg {
    /// Who adds and proves routes, pauses, and arms a control channel; default the sender.
    #[serde(default)]
    pub owner: Option<String>,
    /// The shortest timeout a packet may have, in seconds; default 600, at least 10.
    #[serde(default)]
    pub min_timeout_seconds: Option<u64>,
    /// The timeout of a packet whose sender names none; default one hour, or the shortest if
    /// that is longer.
    #[serde(default)]
    pub default_timeout_seconds: Option<u64>,
    /// Seconds for which anyone may send a purchase that the chain did not take; default 7 days.
    #[serde(default)]
    pub send_window_seconds: Option<u64>,
}

/// Carries nothing: state keeps its form in this version.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct MigrateMsg {}

/// Limits to change; what is not named stays.
#[cw_serde]
#[derive(Decode, Copy, Eq, Default)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct ConfigChanges {
    /// See [`InstantiateMsg::min_timeout_seconds`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_timeout_seconds: Option<u64>,
    /// See [`InstantiateMsg::default_timeout_seconds`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_timeout_seconds: Option<u64>,
    /// See [`InstantiateMsg::send_window_seconds`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_window_seconds: Option<u64>,
}
