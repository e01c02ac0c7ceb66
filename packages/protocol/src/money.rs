//! What a transfer's memo says to the contract at the other end.

use cosmwasm_schema::cw_schema::{DefinitionReference, SchemaVisitor, Schemaifier};
use cosmwasm_schema::cw_serde;
use cosmwasm_schema::schemars::JsonSchema;
use cosmwasm_schema::schemars::r#gen::SchemaGenerator;
use cosmwasm_schema::schemars::schema::{InstanceType, Schema, SchemaObject};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::control::{Answer, Instruction};
use crate::deployment::Deployment;
use crate::identity::Tenant;
use crate::json::{Decode, Node};
use crate::limits::{self, LimitError};

/// Version of [`Message`].
pub const MESSAGE_VERSION: u8 = 1;

/// The version that something claims to have, read without the rest: another version may have
/// another shape, and the sender should hear that it is the version that is wrong.
#[derive(Decode)]
pub(crate) struct Versioned {
    v: u64,
}

impl Versioned {
    /// The version, if it is not ours.
    pub(crate) fn foreign(self) -> Option<u64> {
        (self.v != u64::from(MESSAGE_VERSION)).then_some(self.v)
    }
}

/// The project's part of a memo: `{"v":1,"n":12,"open":{…}}`.
///
/// `n` is the sender's own counter of money packets on the route. The receiver remembers those it
/// accepted: a used `n` is refused, and "was it accepted?" has one answer for every action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The sender's number of this packet, below 2^53.
    pub n: u64,
    /// What is to be done with the coin.
    pub action: Action,
}

/// What is to be done with the coin of a transfer.
#[cw_serde]
#[derive(Decode, Eq)]
pub enum Action {
    /// Open a deployment and fund its account.
    Open(Open),
    /// Add to a deployment's account.
    TopUp(TopUp),
    /// Any command; the coin is credited to the deployment it names.
    Do(Instruction),
    /// Send the coin back with the same nonce: proves the route.
    Probe(Probe),
    /// Market to home: money that comes back.
    Settle(Settle),
}

/// Open a deployment.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// The sender's own sub-ledger key: for an outpost the owner's address on its chain.
    pub account: String,
    /// The sender's number for the deployment, never used before, below 2^53.
    pub seq: u64,
    /// Address on the sender's chain to which unspent money goes; default the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_to: Option<String>,
    /// Address on the market's chain for the day the way home is dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_refund: Option<String>,
    /// What to run.
    pub deployment: Deployment,
}

/// Add to a deployment's account. Anyone may fund anyone's.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct TopUp {
    /// The sender's own sub-ledger key.
    pub account: String,
    /// Whose deployment; default the packet's own tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Tenant>,
    /// Its number.
    pub seq: u64,
}

/// Ask for the coin back.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// Comes back unchanged, below 2^53.
    pub nonce: u64,
    /// Address on the sender's chain to which the coin goes; default the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_to: Option<String>,
}

/// Money that comes home, and why.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Settle {
    /// Whose it is: the account given when it was sent.
    pub account: String,
    /// The deployment it comes from, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Why it comes.
    pub kind: SettleKind,
    /// For a probe: its nonce.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<u64>,
    /// For a statement: what the market states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
}

/// What the market states about one of the sender's money packets.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The sender's number of the packet.
    pub n: u64,
    /// The statement.
    pub answer: Answer,
}

/// Why money comes home.
#[cw_serde]
#[derive(Decode, Copy, Eq)]
pub enum SettleKind {
    /// The deployment is closed; this is the rest of its account.
    Closed,
    /// Something that was credited to the tenant, for instance a forfeited bond.
    Refund,
    /// The tenant took out what it did not need.
    Surplus,
    /// Carries a statement about a money packet.
    Status,
    /// The answer to a probe.
    Probe,
}

impl Message {
    /// Checks every limit.
    ///
    /// # Errors
    /// The first [`LimitError`] found.
    pub fn validate(&self) -> Result<(), LimitError> {
        limits::integer("n", self.n)?;
        match &self.action {
            Action::Open(open) => open.validate(),
            Action::TopUp(top_up) => {
                limits::text("account", &top_up.account, limits::ADDRESS_BYTES)?;
                limits::integer("seq", top_up.seq)?;
                top_up.tenant.as_ref().map_or(Ok(()), Tenant::validate)
            }
            Action::Do(instruction) => instruction.validate(),
            Action::Probe(probe) => {
                limits::integer("nonce", probe.nonce)?;
                probe.refund_to.as_ref().map_or(Ok(()), |to| limits::address("refund_to", to))
            }
            Action::Settle(settle) => settle.validate(),
        }
    }
}

impl Open {
    /// Checks every limit, the encoded size included.
    ///
    /// # Errors
    /// The first [`LimitError`] found.
    pub fn validate(&self) -> Result<(), LimitError> {
        limits::text("account", &self.account, limits::ADDRESS_BYTES)?;
        limits::integer("seq", self.seq)?;
        for (field, address) in
            [("refund_to", &self.refund_to), ("local_refund", &self.local_refund)]
        {
            if let Some(address) = address {
                limits::address(field, address)?;
            }
        }
        self.deployment.validate()?;
        // Encoding cannot fail for these types; if it ever did, the order is surely not sendable.
        let encoded = cosmwasm_std::to_json_vec(self).map_or(usize::MAX, |bytes| bytes.len());
        limits::bytes("open", encoded, limits::OPEN_BYTES)
    }
}

impl Settle {
    fn validate(&self) -> Result<(), LimitError> {
        limits::bytes("account", self.account.len(), limits::ADDRESS_BYTES)?;
        limits::integer("seq", self.seq.unwrap_or_default())?;
        limits::integer("nonce", self.nonce.unwrap_or_default())?;
        limits::integer("statement.n", self.statement.as_ref().map_or(0, |s| s.n))
    }
}

/// The JSON form: exactly one of the actions is present, none twice, nothing else.
#[cw_serde]
#[derive(Decode, Default)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
struct Wire {
    v: u8,
    n: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open: Option<Open>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    top_up: Option<TopUp>,
    #[serde(default, rename = "do", skip_serializing_if = "Option::is_none")]
    instruction: Option<Instruction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    probe: Option<Probe>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settle: Option<Settle>,
}

impl JsonSchema for Message {
    fn schema_name() -> String {
        "Message".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Forms::json_schema(generator)
    }
}

/// The JSON form as a schema tells it: each action by itself.
#[derive(JsonSchema)]
#[schemars(crate = "cosmwasm_schema::schemars", untagged, deny_unknown_fields)]
#[expect(dead_code, reason = "it is there for its schema")]
enum Forms {
    Open {
        v: Version,
        n: u64,
        open: Open,
    },
    TopUp {
        v: Version,
        n: u64,
        top_up: TopUp,
    },
    Do {
        v: Version,
        n: u64,
        #[schemars(rename = "do")]
        instruction: Instruction,
    },
    Probe {
        v: Version,
        n: u64,
        probe: Probe,
    },
    Settle {
        v: Version,
        n: u64,
        settle: Settle,
    },
}

/// [`MESSAGE_VERSION`].
struct Version;

impl JsonSchema for Version {
    fn schema_name() -> String {
        "Version".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        let enum_values = Some(vec![MESSAGE_VERSION.into()]);
        let instance_type = Some(InstanceType::Integer.into());
        SchemaObject { instance_type, enum_values, ..SchemaObject::default() }.into()
    }
}

impl Schemaifier for Message {
    fn visit_schema(visitor: &mut SchemaVisitor) -> DefinitionReference {
        Wire::visit_schema(visitor)
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut wire = Wire { v: MESSAGE_VERSION, n: self.n, ..Wire::default() };
        match self.action.clone() {
            Action::Open(open) => wire.open = Some(open),
            Action::TopUp(top_up) => wire.top_up = Some(top_up),
            Action::Do(instruction) => wire.instruction = Some(instruction),
            Action::Probe(probe) => wire.probe = Some(probe),
            Action::Settle(settle) => wire.settle = Some(settle),
        }
        wire.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Wire::deserialize(deserializer)?.message().map_err(D::Error::custom)
    }
}

impl Decode for Message {
    fn decode(node: Node<'_>) -> Self {
        Wire::decode(node).message().unwrap_or_else(|reason| {
            node.fail(reason);
            Self { n: 0, action: Action::Probe(Probe { nonce: 0, refund_to: None }) }
        })
    }
}

impl Wire {
    fn message(self) -> Result<Message, String> {
        if self.v != MESSAGE_VERSION {
            return Err(format!("unsupported version {}, expected {MESSAGE_VERSION}", self.v));
        }
        let mut actions = [
            self.open.map(Action::Open),
            self.top_up.map(Action::TopUp),
            self.instruction.map(Action::Do),
            self.probe.map(Action::Probe),
            self.settle.map(Action::Settle),
        ]
        .into_iter()
        .flatten();
        match (actions.next(), actions.next()) {
            (Some(action), None) => Ok(Message { n: self.n, action }),
            (None, _) => {
                Err("no action: expected one of `open`, `top_up`, `do`, `probe`, `settle`".into())
            }
            (Some(_), Some(_)) => Err("more than one action".into()),
        }
    }
}
