//! The messages of handshakes, and what they prove.

use cosmos::wire::path;
use cosmos::wire::tx::any;
use ibc_proto::google::protobuf::Any;
use ibc_proto::ibc::core::channel::v1::{
    Channel, Counterparty as ChannelCounterparty, MsgChannelCloseConfirm, MsgChannelOpenAck,
    MsgChannelOpenConfirm, MsgChannelOpenInit, MsgChannelOpenTry, Order as ProtoOrder,
    State as ChannelState,
};
use ibc_proto::ibc::core::client::v1::Height as ProtoHeight;
use ibc_proto::ibc::core::commitment::v1::MerklePrefix;
use ibc_proto::ibc::core::connection::v1::{
    ConnectionEnd, Counterparty, MsgConnectionOpenAck, MsgConnectionOpenConfirm,
    MsgConnectionOpenInit, MsgConnectionOpenTry,
};
use ibc_proto::ibc::lightclients::tendermint::v1::ClientState;
use prost::Message;

use super::message::Evidence;
use super::work::HandshakeStep;
use crate::model::Model;
use crate::model::ids::{ChannelId, FlowId, Order, Span};
use crate::model::rows::{ChannelEnd, ChannelRow, PathEnd, PathRow};

impl Model {
    /// What a step of the connection's handshake proves.
    ///
    /// ibc-go v10 ignores the proofs of the client; v8 demands them. What it holds of its newest height is proved with its
    /// state: blocks that were read since may have brought newer ones, which that state does not have.
    pub(super) fn connection_keys(&self, id: &FlowId, step: HandshakeStep) -> Vec<Vec<u8>> {
        let Some(path) = self.record.path(&id.path) else { return Vec::new() };
        let there = path.ends.on(id.to.other());
        let (Some(client), Some(connection)) = (&there.client, &there.connection) else {
            return Vec::new();
        };
        let mut keys = vec![path::connection(connection.as_str())];
        if matches!(step, HandshakeStep::Try | HandshakeStep::Ack) {
            keys.push(path::client_state(client.as_str()));
        }
        keys
    }

    /// What a step of a channel's handshake proves.
    pub(super) fn channel_keys(
        &self,
        id: &FlowId,
        index: u32,
        step: HandshakeStep,
    ) -> Vec<Vec<u8>> {
        let there = self.record.channel(&id.path, index).map(|row| row.ends.on(id.to.other()));
        let key = |end: &ChannelEnd| {
            let channel = end.channel.as_ref()?;
            Some(path::channel(end.port.as_str(), channel.as_str()))
        };
        let proves = step != HandshakeStep::Init;
        there.and_then(key).filter(|_| proves).into_iter().collect()
    }

    /// A message of the connection's handshake.
    pub(super) fn connection_message(
        &self,
        id: &FlowId,
        step: HandshakeStep,
        evidence: &Evidence<'_>,
    ) -> Result<Any, String> {
        let path = self.record.path(&id.path).ok_or("the path is gone")?;
        let opening =
            Connection { here: path.ends.on(id.to), there: path.ends.on(id.to.other()), evidence };
        match step {
            HandshakeStep::Init => opening.init(path.delay),
            HandshakeStep::Try => opening.r#try(),
            HandshakeStep::Ack => opening.ack(),
            HandshakeStep::Confirm => opening.confirm(),
            HandshakeStep::CloseConfirm => Err("connections do not close".to_owned()),
        }
    }

    /// A message of a channel's handshake or close.
    pub(super) fn channel_message(
        &self,
        id: &FlowId,
        (index, step): (u32, HandshakeStep),
        evidence: &Evidence<'_>,
    ) -> Result<Any, String> {
        let path = self.record.path(&id.path).ok_or("the path is gone")?;
        let row = self.record.channel(&id.path, index).ok_or("the channel is gone")?;
        let (here, there) = (row.ends.on(id.to), row.ends.on(id.to.other()));
        let opening = ChannelOpening { here, there, evidence };
        match step {
            HandshakeStep::Init => opening.init(row, hop(path, id)?),
            HandshakeStep::Try => opening.r#try(hop(path, id)?),
            HandshakeStep::Ack => opening.ack(),
            HandshakeStep::Confirm => opening.confirm(),
            HandshakeStep::CloseConfirm => opening.close_confirm(),
        }
    }
}

fn hop(path: &PathRow, id: &FlowId) -> Result<String, String> {
    let connection = path.ends.on(id.to).connection.as_ref();
    Ok(connection.ok_or("there is no connection yet")?.to_string())
}

/// The name of something that must be known by the time a step is due.
fn name<T: ToString>(name: Option<&T>, what: &str) -> Result<String, String> {
    name.map(ToString::to_string).ok_or_else(|| format!("the {what} is not known yet"))
}

fn prefix() -> Option<MerklePrefix> {
    Some(MerklePrefix { key_prefix: path::IBC_PREFIX.to_vec() })
}

/// The two ends of a connection as the step sees them.
struct Connection<'a> {
    here: &'a PathEnd,
    there: &'a PathEnd,
    evidence: &'a Evidence<'a>,
}

/// The other end, proved, and what it knows of this chain's client.
struct ProvedConnection {
    end: ConnectionEnd,
    proof: Vec<u8>,
    client_state: Any,
    client_proof: Vec<u8>,
    consensus_height: ProtoHeight,
    consensus_proof: Vec<u8>,
}

impl Connection<'_> {
    fn counterparty(&self) -> Result<Counterparty, String> {
        Ok(Counterparty {
            client_id: name(self.there.client.as_ref(), "other client")?,
            connection_id: self
                .there
                .connection
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            prefix: prefix(),
        })
    }

    fn end(&self) -> Result<(ConnectionEnd, Vec<u8>), String> {
        let connection = name(self.there.connection.as_ref(), "other connection end")?;
        let (proved, value) = self.evidence.present(&path::connection(&connection))?;
        let end = ConnectionEnd::decode(value).map_err(|error| error.to_string())?;
        Ok((end, proved.proof.clone()))
    }

    fn proved(&self) -> Result<ProvedConnection, String> {
        let (end, proof) = self.end()?;
        let client = name(self.there.client.as_ref(), "other client")?;
        let (proved, value) = self.evidence.present(&path::client_state(&client))?;
        let client_state = Any::decode(value).map_err(|error| error.to_string())?;
        let client_proof = proved.proof.clone();
        let state = ClientState::decode(client_state.value.as_slice())
            .map_err(|error| error.to_string())?;
        let consensus_height = state.latest_height.ok_or("the other client has no height")?;
        let key = path::consensus_state(&client, consensus_height.into());
        let consensus_proof = self.evidence.get(&key)?.proof.clone();
        Ok(ProvedConnection {
            end,
            proof,
            client_state,
            client_proof,
            consensus_height,
            consensus_proof,
        })
    }

    fn init(&self, delay: Span) -> Result<Any, String> {
        Ok(any(&MsgConnectionOpenInit {
            client_id: name(self.here.client.as_ref(), "client")?,
            counterparty: Some(Counterparty {
                connection_id: String::new(),
                ..self.counterparty()?
            }),
            version: None,
            delay_period: delay.0,
            signer: self.evidence.signer.to_owned(),
        }))
    }

    fn r#try(&self) -> Result<Any, String> {
        let proved = self.proved()?;
        Ok(any(&MsgConnectionOpenTry {
            client_id: name(self.here.client.as_ref(), "client")?,
            client_state: Some(proved.client_state),
            counterparty: Some(self.counterparty()?),
            delay_period: proved.end.delay_period,
            counterparty_versions: proved.end.versions,
            proof_height: Some(self.evidence.height),
            proof_init: proved.proof,
            proof_client: proved.client_proof,
            proof_consensus: proved.consensus_proof,
            consensus_height: Some(proved.consensus_height),
            signer: self.evidence.signer.to_owned(),
            ..MsgConnectionOpenTry::default()
        }))
    }

    fn ack(&self) -> Result<Any, String> {
        let proved = self.proved()?;
        Ok(any(&MsgConnectionOpenAck {
            connection_id: name(self.here.connection.as_ref(), "connection end")?,
            counterparty_connection_id: name(
                self.there.connection.as_ref(),
                "other connection end",
            )?,
            version: proved.end.versions.into_iter().next(),
            client_state: Some(proved.client_state),
            proof_height: Some(self.evidence.height),
            proof_try: proved.proof,
            proof_client: proved.client_proof,
            proof_consensus: proved.consensus_proof,
            consensus_height: Some(proved.consensus_height),
            signer: self.evidence.signer.to_owned(),
            ..MsgConnectionOpenAck::default()
        }))
    }

    fn confirm(&self) -> Result<Any, String> {
        let (_, proof_ack) = self.end()?;
        Ok(any(&MsgConnectionOpenConfirm {
            connection_id: name(self.here.connection.as_ref(), "connection end")?,
            proof_ack,
            proof_height: Some(self.evidence.height),
            signer: self.evidence.signer.to_owned(),
        }))
    }
}

/// The two ends of a channel as the step sees them.
struct ChannelOpening<'a> {
    here: &'a ChannelEnd,
    there: &'a ChannelEnd,
    evidence: &'a Evidence<'a>,
}

impl ChannelOpening<'_> {
    fn other(&self) -> Result<String, String> {
        name(self.there.channel.as_ref(), "other channel end")
    }

    fn own(&self) -> Result<String, String> {
        name(self.here.channel.as_ref(), "channel end")
    }

    fn proved(&self) -> Result<(Channel, Vec<u8>), String> {
        let key = path::channel(self.there.port.as_str(), &self.other()?);
        let (proved, value) = self.evidence.present(&key)?;
        let end = Channel::decode(value).map_err(|error| error.to_string())?;
        Ok((end, proved.proof.clone()))
    }

    fn end(&self, hop: String, state: ChannelState, ordering: i32, version: String) -> Channel {
        let channel_id = self.there.channel.as_ref().map(ChannelId::to_string).unwrap_or_default();
        Channel {
            state: state.into(),
            ordering,
            counterparty: Some(ChannelCounterparty {
                port_id: self.there.port.to_string(),
                channel_id,
            }),
            connection_hops: vec![hop],
            version,
            upgrade_sequence: 0,
        }
    }

    fn init(&self, row: &ChannelRow, hop: String) -> Result<Any, String> {
        let ordering = match row.order {
            Order::Unordered => ProtoOrder::Unordered,
            Order::Ordered => ProtoOrder::Ordered,
        };
        Ok(any(&MsgChannelOpenInit {
            port_id: self.here.port.to_string(),
            channel: Some(self.end(hop, ChannelState::Init, ordering.into(), row.version.clone())),
            signer: self.evidence.signer.to_owned(),
        }))
    }

    fn r#try(&self, hop: String) -> Result<Any, String> {
        let (end, proof_init) = self.proved()?;
        let version = end.version.clone();
        Ok(any(&MsgChannelOpenTry {
            port_id: self.here.port.to_string(),
            channel: Some(self.end(hop, ChannelState::Tryopen, end.ordering, end.version)),
            counterparty_version: version,
            proof_init,
            proof_height: Some(self.evidence.height),
            signer: self.evidence.signer.to_owned(),
            ..MsgChannelOpenTry::default()
        }))
    }

    fn ack(&self) -> Result<Any, String> {
        let (end, proof_try) = self.proved()?;
        Ok(any(&MsgChannelOpenAck {
            port_id: self.here.port.to_string(),
            channel_id: self.own()?,
            counterparty_channel_id: self.other()?,
            counterparty_version: end.version,
            proof_try,
            proof_height: Some(self.evidence.height),
            signer: self.evidence.signer.to_owned(),
        }))
    }

    fn confirm(&self) -> Result<Any, String> {
        let (_, proof_ack) = self.proved()?;
        Ok(any(&MsgChannelOpenConfirm {
            port_id: self.here.port.to_string(),
            channel_id: self.own()?,
            proof_ack,
            proof_height: Some(self.evidence.height),
            signer: self.evidence.signer.to_owned(),
        }))
    }

    fn close_confirm(&self) -> Result<Any, String> {
        let (end, proof_init) = self.proved()?;
        Ok(any(&MsgChannelCloseConfirm {
            port_id: self.here.port.to_string(),
            channel_id: self.own()?,
            proof_init,
            proof_height: Some(self.evidence.height),
            signer: self.evidence.signer.to_owned(),
            counterparty_upgrade_sequence: end.upgrade_sequence,
        }))
    }
}
