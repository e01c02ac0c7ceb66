//! Handshakes of connections and channels, as ibc-go checks them.

use cosmos::wire::path;
use ferry::model::facts::{Event, HandshakeChange};
use ferry::model::ids::ConnectionId;
use ibc_proto::google::protobuf::Any;
use ibc_proto::ibc::core::channel::v1::{
    Channel, Counterparty as ChannelCounterparty, MsgChannelCloseConfirm, MsgChannelOpenAck,
    MsgChannelOpenConfirm, MsgChannelOpenInit, MsgChannelOpenTry,
};
use ibc_proto::ibc::core::client::v1::Height as ProtoHeight;
use ibc_proto::ibc::core::commitment::v1::MerklePrefix;
use ibc_proto::ibc::core::connection::v1::{
    ConnectionEnd, Counterparty, MsgConnectionOpenAck, MsgConnectionOpenConfirm,
    MsgConnectionOpenInit, MsgConnectionOpenTry, Version,
};
use prost::Message;

use crate::channels::{Channels, Done, EndName};
use crate::core::{Context, Core, Effect, Failure, decode, fail};

pub(crate) const INIT: i32 = 1;
pub(crate) const TRYOPEN: i32 = 2;
pub(crate) const OPEN: i32 = 3;
pub(crate) const CLOSED: i32 = 4;

fn versions() -> Vec<Version> {
    let features = vec!["ORDER_ORDERED".to_owned(), "ORDER_UNORDERED".to_owned()];
    vec![Version { identifier: "1".to_owned(), features }]
}

fn prefix() -> Option<MerklePrefix> {
    Some(MerklePrefix { key_prefix: b"ibc".to_vec() })
}

fn counterparty(client: &str, connection: &str) -> Option<Counterparty> {
    Some(Counterparty {
        client_id: client.to_owned(),
        connection_id: connection.to_owned(),
        prefix: prefix(),
    })
}

type Proof<'a> = (Option<ProtoHeight>, &'a [u8]);

impl<C: Channels> Core<C> {
    pub(crate) fn handshake(
        &mut self,
        at: &Context,
        message: &Any,
        out: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        match message.type_url.rsplit('.').next().unwrap_or_default() {
            "MsgConnectionOpenInit" => self.connection_init(&decode(message)?, out)?,
            "MsgConnectionOpenTry" => self.connection_try(at, decode(message)?, out)?,
            "MsgConnectionOpenAck" => self.connection_ack(at, decode(message)?, out)?,
            "MsgConnectionOpenConfirm" => self.connection_confirm(at, &decode(message)?, out)?,
            "MsgChannelOpenInit" => out.extend(self.channel_init(at, decode(message)?)?),
            "MsgChannelOpenTry" => out.extend(self.channel_try(at, decode(message)?)?),
            "MsgChannelOpenAck" => out.extend(self.channel_ack(at, decode(message)?)?),
            "MsgChannelOpenConfirm" => out.extend(self.channel_confirm(at, &decode(message)?)?),
            "MsgChannelCloseConfirm" => {
                out.extend(self.channel_close_confirm(at, &decode(message)?)?);
            }
            other => return fail("sdk", 6, format!("unknown message {other}")),
        }
        Ok(Effect::Done)
    }

    pub(crate) fn connection(&self, id: &str) -> Result<ConnectionEnd, Failure> {
        match self.store.get(&path::connection(id)) {
            Some(bytes) => Ok(ConnectionEnd::decode(bytes).unwrap_or_default()),
            None => fail("connection", 3, format!("connection {id} not found")),
        }
    }

    fn put_connection(
        &mut self,
        (id, change): (&str, HandshakeChange),
        end: &ConnectionEnd,
        out: &mut Vec<Event>,
    ) {
        self.store.insert(path::connection(id), end.encode_to_vec());
        let other = end.counterparty.clone().unwrap_or_default();
        out.push(Event::Connection {
            change,
            id: id.into(),
            client: end.client_id.as_str().into(),
            counterparty_client: other.client_id.as_str().into(),
            counterparty: Some(other.connection_id)
                .filter(|id| !id.is_empty())
                .map(ConnectionId::from),
        });
    }

    fn prove_connection(
        &self,
        client: &str,
        (id, expected): (&str, &ConnectionEnd),
        (height, proof): Proof<'_>,
    ) -> Result<(), Failure> {
        let value = expected.encode_to_vec();
        self.verify(client, height, &path::connection(id), (Some(&value), proof))
    }

    /// What ibc-go v8 demands of the other chain's client of this chain.
    fn prove_client(
        &self,
        at: &Context,
        client: &str,
        (state, proof): (Option<Any>, &[u8]),
        (other, height): (&str, Option<ProtoHeight>),
    ) -> Result<(), Failure> {
        if !at.is_strict {
            return Ok(());
        }
        let state = state.unwrap_or_default();
        let decoded: ibc_proto::ibc::lightclients::tendermint::v1::ClientState = decode(&state)?;
        if decoded.chain_id != at.chain {
            return fail("client", 5, "client is not of this chain");
        }
        let value = state.encode_to_vec();
        self.verify(client, height, &path::client_state(other), (Some(&value), proof))
    }

    fn connection_init(
        &mut self,
        message: &MsgConnectionOpenInit,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        self.client(&message.client_id)?;
        let id = format!("connection-{}", self.counters[1]);
        self.counters[1] += 1;
        let end = ConnectionEnd {
            client_id: message.client_id.clone(),
            versions: versions(),
            state: INIT,
            counterparty: message.counterparty.clone(),
            delay_period: message.delay_period,
        };
        self.put_connection((&id, HandshakeChange::Init), &end, out);
        Ok(())
    }

    fn connection_try(
        &mut self,
        at: &Context,
        message: MsgConnectionOpenTry,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let other = message.counterparty.clone().unwrap_or_default();
        let expected = ConnectionEnd {
            client_id: other.client_id.clone(),
            versions: message.counterparty_versions,
            state: INIT,
            counterparty: counterparty(&message.client_id, ""),
            delay_period: message.delay_period,
        };
        let proof = (message.proof_height, message.proof_init.as_slice());
        self.prove_connection(&message.client_id, (&other.connection_id, &expected), proof)?;
        let state = (message.client_state, message.proof_client.as_slice());
        self.prove_client(at, &message.client_id, state, (&other.client_id, message.proof_height))?;
        let id = format!("connection-{}", self.counters[1]);
        self.counters[1] += 1;
        let end = ConnectionEnd {
            client_id: message.client_id,
            versions: versions(),
            state: TRYOPEN,
            counterparty: message.counterparty,
            delay_period: message.delay_period,
        };
        self.put_connection((&id, HandshakeChange::Try), &end, out);
        Ok(())
    }

    fn connection_ack(
        &mut self,
        at: &Context,
        message: MsgConnectionOpenAck,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let mut end = self.connection(&message.connection_id)?;
        if end.state != INIT {
            return fail("connection", 5, "connection state is not INIT");
        }
        let other = end.counterparty.clone().unwrap_or_default();
        let expected = ConnectionEnd {
            client_id: other.client_id.clone(),
            versions: message.version.clone().into_iter().collect(),
            state: TRYOPEN,
            counterparty: counterparty(&end.client_id, &message.connection_id),
            delay_period: end.delay_period,
        };
        let proof = (message.proof_height, message.proof_try.as_slice());
        let other_id = message.counterparty_connection_id;
        self.prove_connection(&end.client_id, (&other_id, &expected), proof)?;
        let state = (message.client_state, message.proof_client.as_slice());
        self.prove_client(at, &end.client_id, state, (&other.client_id, message.proof_height))?;
        self.channels.connected(at, &message.connection_id, &other_id)?;
        end.state = OPEN;
        end.versions = message.version.into_iter().collect();
        end.counterparty = counterparty(&other.client_id, &other_id);
        self.put_connection((&message.connection_id, HandshakeChange::Ack), &end, out);
        Ok(())
    }

    fn connection_confirm(
        &mut self,
        at: &Context,
        message: &MsgConnectionOpenConfirm,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let mut end = self.connection(&message.connection_id)?;
        if end.state != TRYOPEN {
            return fail("connection", 5, "connection state is not TRYOPEN");
        }
        let other = end.counterparty.clone().unwrap_or_default();
        let expected = ConnectionEnd {
            client_id: other.client_id,
            versions: end.versions.clone(),
            state: OPEN,
            counterparty: counterparty(&end.client_id, &message.connection_id),
            delay_period: end.delay_period,
        };
        let proof = (message.proof_height, message.proof_ack.as_slice());
        self.prove_connection(&end.client_id, (&other.connection_id, &expected), proof)?;
        self.channels.connected(at, &message.connection_id, &other.connection_id)?;
        end.state = OPEN;
        self.put_connection((&message.connection_id, HandshakeChange::Confirm), &end, out);
        Ok(())
    }

    /// Checks that the other end of `here` is in state `state`.
    fn prove_channel(
        &self,
        (port, id): EndName<'_>,
        here: &Channel,
        state: i32,
        (height, proof): Proof<'_>,
    ) -> Result<(), Failure> {
        let connection = self.connection(&here.connection_hops[0])?;
        let other = here.counterparty.clone().unwrap_or_default();
        let other_hop = connection.counterparty.clone().unwrap_or_default().connection_id;
        let counterparty = ChannelCounterparty { port_id: port.into(), channel_id: id.into() };
        let expected = Channel {
            state,
            ordering: here.ordering,
            counterparty: Some(counterparty),
            connection_hops: vec![other_hop],
            version: here.version.clone(),
            upgrade_sequence: 0,
        };
        let key = path::channel(&other.port_id, &other.channel_id);
        self.verify(&connection.client_id, height, &key, (Some(&expected.encode_to_vec()), proof))
    }

    fn channel_init(&mut self, at: &Context, message: MsgChannelOpenInit) -> Done {
        let channel = message.channel.unwrap_or_default();
        if self.connection(&channel.connection_hops[0])?.state != OPEN {
            return fail("connection", 5, "connection state is not OPEN");
        }
        self.channels.open(at, &message.port_id, channel)
    }

    fn channel_try(&mut self, at: &Context, message: MsgChannelOpenTry) -> Done {
        let mut channel = message.channel.unwrap_or_default();
        channel.version = message.counterparty_version;
        let proof = (message.proof_height, message.proof_init.as_slice());
        self.prove_channel((&message.port_id, ""), &channel, INIT, proof)?;
        channel.state = TRYOPEN;
        self.channels.open(at, &message.port_id, channel)
    }

    fn channel_ack(&mut self, at: &Context, message: MsgChannelOpenAck) -> Done {
        let end = (message.port_id.as_str(), message.channel_id.as_str());
        let mut channel = self.channel_in(end, INIT)?;
        let port_id = channel.counterparty.unwrap_or_default().port_id;
        let channel_id = message.counterparty_channel_id;
        channel.counterparty = Some(ChannelCounterparty { port_id, channel_id });
        channel.version = message.counterparty_version;
        let proof = (message.proof_height, message.proof_try.as_slice());
        self.prove_channel(end, &channel, TRYOPEN, proof)?;
        self.channels.open_ack(at, end, channel)
    }

    fn channel_confirm(&mut self, at: &Context, message: &MsgChannelOpenConfirm) -> Done {
        let end = (message.port_id.as_str(), message.channel_id.as_str());
        let channel = self.channel_in(end, TRYOPEN)?;
        let proof = (message.proof_height, message.proof_ack.as_slice());
        self.prove_channel(end, &channel, OPEN, proof)?;
        self.channels.open_confirm(at, end)
    }

    fn channel_close_confirm(&mut self, at: &Context, message: &MsgChannelCloseConfirm) -> Done {
        let end = (message.port_id.as_str(), message.channel_id.as_str());
        let channel = self.channel(end)?;
        if channel.state == CLOSED {
            return fail("channel", 4, "channel is already CLOSED");
        }
        let proof = (message.proof_height, message.proof_init.as_slice());
        self.prove_channel(end, &channel, CLOSED, proof)?;
        self.channels.close_confirm(at, end)
    }

    fn channel_in(&self, end: EndName<'_>, state: i32) -> Result<Channel, Failure> {
        let channel = self.channel(end)?;
        if channel.state != state {
            return fail("channel", 4, format!("channel state is {}, not {state}", channel.state));
        }
        Ok(channel)
    }
}
