//! What the other side answers to a control packet.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::Uint128;

use super::ControlError;
use crate::code::Code;
use crate::json::{Decode, from_slice};
use crate::limits;

/// The acknowledgement of a control packet.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub enum ControlAck {
    /// It was done, or was done before.
    Answer(Answer),
    /// It cannot be done; nothing was changed.
    Refused(Refusal),
    /// A defect or lack of gas; nothing was changed.
    Internal {},
}

/// Why a command was refused.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The stable reason.
    pub code: Code,
    /// The reason in words, for people; at most [`limits::DETAIL_BYTES`].
    pub detail: String,
}

/// What the market answers to a command.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub enum Answer {
    /// It is done.
    Done {},
    /// A newer revision was applied before; this one was not.
    Stale {
        /// The revision in force.
        rev: u64,
    },
    /// The money packet asked about was not accepted up to this moment.
    Never {
        /// Block time of the market in seconds. At or after the packet's timeout it is final.
        at: u64,
    },
    /// How the deployment stands.
    Deployment(DeploymentStatus),
    /// Outpost to market: whether the settlement asked about was credited.
    Settled {
        /// Whether it was.
        credited: bool,
        /// Block time of the answering chain in seconds.
        at: u64,
    },
}

/// How a deployment stands.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct DeploymentStatus {
    /// Its number.
    pub seq: u64,
    /// Grows with every change; a later status has the greater one.
    pub revision: u64,
    /// Whether it is open or closed.
    pub state: DeploymentState,
    /// Block time of the market in seconds.
    pub at: u64,
    /// Units in the account that nobody has earned yet.
    pub free: Uint128,
    /// Sum of the rates of all leases: nano-units per second.
    pub rate: Uint128,
    /// When the money runs out if every provider keeps beating; none while nothing streams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs_out_at: Option<u64>,
    /// Its groups in order; empty once it is closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupStatus>,
}

/// Whether a deployment lives.
#[cw_serde]
#[derive(Decode, Copy, Eq)]
pub enum DeploymentState {
    /// It lives.
    Open,
    /// It is closed for good.
    Closed,
}

/// How a group stands.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct GroupStatus {
    /// Its state.
    pub state: GroupState,
    /// Who runs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// At which rate: nano-units per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Uint128>,
}

/// The life of a group: open for bids, leased, over.
#[cw_serde]
#[derive(Decode, Copy, Eq)]
pub enum GroupState {
    /// An order, open for bids.
    Open,
    /// Leased, waiting for the first heartbeat.
    Pending,
    /// Leased and earning while the provider beats.
    Active,
    /// The provider has given notice.
    Reclaiming,
    /// Over.
    Closed,
}

impl ControlAck {
    /// A refusal, its text cut to what fits.
    #[must_use]
    pub fn refused(code: Code, detail: &str) -> Self {
        let mut short = String::new();
        for c in detail.chars() {
            if short.len().saturating_add(c.len_utf8()) > limits::DETAIL_BYTES {
                break;
            }
            short.push(c);
        }
        Self::Refused(Refusal { code, detail: short })
    }

    /// Decodes acknowledgement bytes from the other side; whatever cannot be read is none of ours.
    ///
    /// # Errors
    /// [`ControlError::Limit`] beyond [`limits::CONTROL_BYTES`], else [`ControlError::Malformed`].
    pub fn parse(data: &[u8]) -> Result<Self, ControlError> {
        limits::bytes("control acknowledgement", data.len(), limits::CONTROL_BYTES)?;
        from_slice(data).map_err(|error| ControlError::Malformed { reason: error.to_string() })
    }
}
