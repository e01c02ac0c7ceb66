//! Commands without money: packets over the contracts' own unordered channel.
//!
//! A refusal is a value, not an error: the chain redacts the text of a failed submessage. Unordered
//! delivery undoes revocation, so each last-writer-wins command carries `rev` and is applied only
//! if it is greater than what was applied before.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Binary, StdResult, Uint128, to_json_binary};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

mod ack;

pub use ack::{
    Answer, ControlAck, DeploymentState, DeploymentStatus, GroupState, GroupStatus, Refusal,
};

use crate::code::Code;
use crate::deployment::{
    AccessKey, LocalOperator, Manifest, validate_access_keys, validate_operators,
};
use crate::json::{Decode, Node, from_slice};
use crate::limits::{self, LimitError};
use crate::money::{MESSAGE_VERSION, Versioned};

/// A command about one deployment of the sender.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Instruction {
    /// The sender's own sub-ledger key.
    pub account: String,
    /// The deployment's number.
    pub seq: u64,
    /// What to do.
    pub command: Command,
}

/// What a tenant can have done to a deployment.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub enum Command {
    /// Accept a bid; everything that was voted on is pinned.
    AcceptBid {
        /// Index of the group.
        group: u32,
        /// Who made the bid.
        provider: String,
        /// The bid's number.
        bid_no: u64,
        /// Refused if the bid asks for more: nano-units per second.
        max_rate: Uint128,
    },
    /// Accept proposed terms by their number.
    AcceptTerms {
        /// Index of the group whose lease it is.
        group: u32,
        /// Number of the proposal.
        terms_no: u64,
    },
    /// Close the deployment; what is unspent goes home.
    CloseDeployment {},
    /// Close one lease.
    CloseLease {
        /// Index of the group whose lease it is.
        group: u32,
    },
    /// Replace the manifest.
    UpdateManifest {
        /// Applied iff greater than the last applied.
        rev: u64,
        /// The new manifest.
        manifest: Manifest,
    },
    /// Replace the local operators and access keys.
    SetOperators {
        /// Applied iff greater than the last applied.
        rev: u64,
        /// The new operators.
        local_operators: Vec<LocalOperator>,
        /// The new keys.
        access_keys: Vec<AccessKey>,
    },
    /// Change where unspent money goes.
    SetRefundTo {
        /// Applied iff greater than the last applied.
        rev: u64,
        /// The new address on the sender's chain.
        refund_to: String,
    },
    /// Send home what is not needed for the runway.
    WithdrawSurplus {},
    /// Ask how it stands; with `n`, whether that money packet of the sender was accepted.
    ///
    /// An `n` that was not accepted is answered [`Answer::Never`], even if the deployment exists: a
    /// lost top-up would be taken for an accepted one otherwise. One that was is answered
    /// [`Answer::Deployment`], or [`Answer::Done`] where there is no deployment, as for a probe.
    Status {
        /// The sender's number of a money packet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        n: Option<u64>,
    },
}

/// What the market says to the outpost without being asked, once per (deployment, kind, revision).
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Whose deployment.
    pub account: String,
    /// Its number.
    pub seq: u64,
    /// How it stands.
    pub status: DeploymentStatus,
}

/// Asks whether the other side has credited one of our settlements.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct SettledQuery {
    /// Our number of the money packet.
    pub n: u64,
}

/// A control packet: `{"v":1,"id":3,"do":{…}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlPacket {
    /// Only an echo for the sender's records, below 2^53.
    pub id: u64,
    /// What is said.
    pub body: ControlBody,
}

/// What a control packet says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlBody {
    /// Outpost to market: do this.
    Do(Instruction),
    /// Market to outpost: it stands so.
    Notice(Notice),
    /// Market to outpost: did you credit this?
    Settled(SettledQuery),
}

/// Why a control packet cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ControlError {
    /// It, or a part, is beyond its limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// It is of a version that this side does not speak.
    #[error("the control packet has version {got}, this side speaks {MESSAGE_VERSION}")]
    Version {
        /// The version it has.
        got: u64,
    },
    /// It is no JSON of the form wanted.
    #[error("not a control packet: {reason}")]
    Malformed {
        /// What the decoder found.
        reason: String,
    },
}

impl ControlError {
    /// The stable reason to refuse with.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Limit(_) => Code::LimitExceeded,
            Self::Version { .. } => Code::UnsupportedVersion,
            Self::Malformed { .. } => Code::Malformed,
        }
    }
}

impl Instruction {
    /// Checks every limit.
    ///
    /// # Errors
    /// The first [`LimitError`] found.
    pub fn validate(&self) -> Result<(), LimitError> {
        limits::text("account", &self.account, limits::ADDRESS_BYTES)?;
        limits::integer("seq", self.seq)?;
        self.command.validate()
    }
}

impl Command {
    /// Checks every limit.
    ///
    /// # Errors
    /// The first [`LimitError`] found.
    pub fn validate(&self) -> Result<(), LimitError> {
        match self {
            Self::AcceptBid { group, provider, bid_no, max_rate } => {
                group_index(*group)?;
                limits::address("provider", provider)?;
                limits::integer("bid_no", *bid_no)?;
                limits::range("max_rate", *max_rate, 1_u64, limits::RATE)
            }
            Self::AcceptTerms { group, terms_no } => {
                group_index(*group)?;
                limits::integer("terms_no", *terms_no)
            }
            Self::CloseLease { group } => group_index(*group),
            Self::UpdateManifest { rev, manifest } => {
                limits::integer("rev", *rev)?;
                manifest.validate()
            }
            Self::SetOperators { rev, local_operators, access_keys } => {
                limits::integer("rev", *rev)?;
                validate_operators(local_operators)?;
                validate_access_keys(access_keys)
            }
            Self::SetRefundTo { rev, refund_to } => {
                limits::integer("rev", *rev)?;
                limits::address("refund_to", refund_to)
            }
            Self::Status { n } => limits::integer("n", n.unwrap_or_default()),
            Self::CloseDeployment {} | Self::WithdrawSurplus {} => Ok(()),
        }
    }
}

fn group_index(group: u32) -> Result<(), LimitError> {
    // GROUPS is 8: the last index is 7.
    limits::range("group", group, 0_u64, 7_u64)
}

impl Notice {
    fn validate(&self) -> Result<(), LimitError> {
        limits::text("account", &self.account, limits::ADDRESS_BYTES)?;
        limits::integer("seq", self.seq)?;
        // The number stands in the status too: two that differ would move the wrong order.
        limits::range("status.seq", self.status.seq, self.seq, self.seq)
    }
}

impl ControlPacket {
    /// Decodes and checks a packet's bytes.
    ///
    /// # Errors
    /// [`ControlError`].
    pub fn parse(data: &[u8]) -> Result<Self, ControlError> {
        limits::bytes("control packet", data.len(), limits::CONTROL_BYTES)?;
        let packet: Self = from_slice(data).map_err(|error| {
            match from_slice(data).ok().and_then(Versioned::foreign) {
                Some(got) => ControlError::Version { got },
                None => ControlError::Malformed { reason: error.to_string() },
            }
        })?;
        packet.validate()?;
        Ok(packet)
    }

    /// Encodes and checks a packet: what the other side would refuse to read is not sent.
    ///
    /// # Errors
    /// A [`LimitError`] if a part or the whole is beyond its limit.
    pub fn encode(&self) -> StdResult<Binary> {
        self.validate()?;
        let data = to_json_binary(self)?;
        limits::bytes("control packet", data.len(), limits::CONTROL_BYTES)?;
        Ok(data)
    }

    /// Checks every limit but the encoded size.
    ///
    /// # Errors
    /// The first [`LimitError`] found.
    pub fn validate(&self) -> Result<(), LimitError> {
        limits::integer("id", self.id)?;
        match &self.body {
            ControlBody::Do(instruction) => instruction.validate(),
            ControlBody::Notice(notice) => notice.validate(),
            ControlBody::Settled(query) => limits::integer("n", query.n),
        }
    }
}

/// The JSON form of a control packet: exactly one body.
#[derive(Serialize, Deserialize, Decode, Default)]
#[serde(deny_unknown_fields)]
struct Wire {
    v: u8,
    id: u64,
    #[serde(default, rename = "do", skip_serializing_if = "Option::is_none")]
    instruction: Option<Instruction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notice: Option<Notice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settled: Option<SettledQuery>,
}

impl Serialize for ControlPacket {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut wire = Wire { v: MESSAGE_VERSION, id: self.id, ..Wire::default() };
        match self.body.clone() {
            ControlBody::Do(instruction) => wire.instruction = Some(instruction),
            ControlBody::Notice(notice) => wire.notice = Some(notice),
            ControlBody::Settled(query) => wire.settled = Some(query),
        }
        wire.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ControlPacket {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Wire::deserialize(deserializer)?.packet().map_err(D::Error::custom)
    }
}

impl Decode for ControlPacket {
    fn decode(node: Node<'_>) -> Self {
        Wire::decode(node).packet().unwrap_or_else(|reason| {
            node.fail(reason);
            Self { id: 0, body: ControlBody::Settled(SettledQuery { n: 0 }) }
        })
    }
}

impl Wire {
    fn packet(self) -> Result<ControlPacket, String> {
        if self.v != MESSAGE_VERSION {
            return Err(format!("unsupported version {}, expected {MESSAGE_VERSION}", self.v));
        }
        let body = match (self.instruction, self.notice, self.settled) {
            (Some(instruction), None, None) => ControlBody::Do(instruction),
            (None, Some(notice), None) => ControlBody::Notice(notice),
            (None, None, Some(query)) => ControlBody::Settled(query),
            _ => return Err("expected exactly one of `do`, `notice`, `settled`".into()),
        };
        Ok(ControlPacket { id: self.id, body })
    }
}
