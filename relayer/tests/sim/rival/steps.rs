//! Steps of handshakes that a rival takes.

use cosmos::wire::path;
use cosmos::wire::tx::any;
use ferry::model::facts::{Event, HandshakeChange};
use ferry::model::ids::End;
use ibc_proto::google::protobuf::Any;
use ibc_proto::ibc::core::channel::v1::{
    Channel, Counterparty as ChannelCounterparty, MsgChannelOpenAck, MsgChannelOpenConfirm,
    MsgChannelOpenTry,
};
use ibc_proto::ibc::core::client::v1::Height;
use ibc_proto::ibc::core::connection::v1::{
    ConnectionEnd, Counterparty, MsgConnectionOpenAck, MsgConnectionOpenConfirm,
    MsgConnectionOpenTry,
};
use prost::Message as _;

use super::leads_to;
use crate::chain::Chain;
use crate::channels::Channels;
use crate::light;
use crate::opening::{INIT, OPEN, TRYOPEN};

/// An end that changed: the other chain may have to be told.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The state in which the end is since.
    state: i32,
    end: Named,
}

#[derive(Clone, Debug)]
enum Named {
    Connection(String),
    Channel(End),
}

/// The other chain, and the client there that follows the one that was read.
type To<'a, C> = (&'a Chain<C>, &'a str);

impl Step {
    /// What an event may call for.
    pub(super) fn after(event: &Event) -> Option<Self> {
        let (change, end) = match event {
            Event::Connection { change, id, .. } => (change, Named::Connection(id.to_string())),
            Event::Channel { change, end, .. } => (change, Named::Channel(end.clone())),
            _ => return None,
        };
        let state = match change {
            HandshakeChange::Init => INIT,
            HandshakeChange::Try => TRYOPEN,
            HandshakeChange::Ack => OPEN,
            _ => return None,
        };
        Some(Self { state, end })
    }

    /// Whether it concerns the other chain.
    pub(super) fn leads<C: Channels>(&self, src: &Chain<C>, to: To<'_, C>) -> bool {
        match &self.end {
            Named::Connection(id) => leads_to(src, id, to),
            Named::Channel(end) => {
                let channel = src.core.channel((end.port.as_str(), end.channel.as_str()));
                channel.is_ok_and(|channel| leads_to(src, &channel.connection_hops[0], to))
            }
        }
    }

    /// Whether the end is still as it was.
    pub(super) fn is_owed<C: Channels>(&self, src: &Chain<C>) -> bool {
        let state = match &self.end {
            Named::Connection(id) => src.core.connection(id).map(|end| end.state),
            Named::Channel(end) => {
                let name = (end.port.as_str(), end.channel.as_str());
                src.core.channel(name).map(|channel| channel.state)
            }
        };
        state == Ok(self.state)
    }

    /// The message that tells the other chain, if that does not know yet.
    pub(super) fn message<C: Channels>(
        &self,
        src: &Chain<C>,
        to: To<'_, C>,
        signer: &str,
    ) -> Option<Any> {
        let proving = Proving { src, signer };
        match &self.end {
            Named::Connection(id) => proving.connection(id, self.state, to),
            Named::Channel(end) => proving.channel(end, self.state, to),
        }
    }
}

/// The chain whose ends are proved, with its newest header.
struct Proving<'a, C: Channels> {
    src: &'a Chain<C>,
    signer: &'a str,
}

impl<C: Channels> Proving<'_, C> {
    fn height(&self) -> Option<Height> {
        let (revision_number, revision_height) = (self.src.revision, self.src.height);
        Some(Height { revision_number, revision_height })
    }

    /// What the newest header proves, and the proof.
    fn get(&self, key: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let height = self.src.height - 1;
        let value = self.src.history.get(&height)?.get(key)?;
        let proof = light::proof(&light::root(&self.src.id, height), key, Some(&value));
        Some((value, proof))
    }

    fn connection(&self, id: &str, state: i32, (dst, client): To<'_, C>) -> Option<Any> {
        let (value, proof) = self.get(&path::connection(id))?;
        let end = ConnectionEnd::decode(&*value).ok().filter(|end| end.state == state)?;
        let other = end.counterparty.unwrap_or_default();
        let there = dst.core.connection(&other.connection_id);
        let is_in = |state| there.as_ref().is_ok_and(|end| end.state == state);
        let (client_state, proof_client) = self.get(&path::client_state(&end.client_id))?;
        let client_state = Any::decode(&*client_state).ok();
        let signer = self.signer.to_owned();
        match state {
            INIT if !connections(dst).any(|end| names(&end, id, client)) => {
                Some(any(&MsgConnectionOpenTry {
                    client_id: client.to_owned(),
                    client_state,
                    counterparty: Some(Counterparty {
                        client_id: end.client_id,
                        connection_id: id.to_owned(),
                        prefix: other.prefix,
                    }),
                    delay_period: end.delay_period,
                    counterparty_versions: end.versions,
                    proof_height: self.height(),
                    proof_init: proof,
                    proof_client,
                    signer,
                    ..MsgConnectionOpenTry::default()
                }))
            }
            TRYOPEN if is_in(INIT) => Some(any(&MsgConnectionOpenAck {
                connection_id: other.connection_id,
                counterparty_connection_id: id.to_owned(),
                version: end.versions.into_iter().next(),
                client_state,
                proof_height: self.height(),
                proof_try: proof,
                proof_client,
                signer,
                ..MsgConnectionOpenAck::default()
            })),
            OPEN if is_in(TRYOPEN) => Some(any(&MsgConnectionOpenConfirm {
                connection_id: other.connection_id,
                proof_ack: proof,
                proof_height: self.height(),
                signer,
            })),
            _ => None,
        }
    }

    fn channel(&self, end: &End, state: i32, (dst, _): To<'_, C>) -> Option<Any> {
        let (port, id) = (end.port.as_str(), end.channel.as_str());
        let (value, proof) = self.get(&path::channel(port, id))?;
        let here = Channel::decode(&*value).ok().filter(|channel| channel.state == state)?;
        let other = here.counterparty.unwrap_or_default();
        let there = dst.core.channel((&other.port_id, &other.channel_id));
        let is_in = |state| there.as_ref().is_ok_and(|channel| channel.state == state);
        let (proof_height, signer) = (self.height(), self.signer.to_owned());
        match state {
            INIT if !is_tried(dst, end) => {
                let hop = self.src.core.connection(&here.connection_hops[0]).ok()?;
                let hop = hop.counterparty.unwrap_or_default().connection_id;
                let counterparty =
                    ChannelCounterparty { port_id: port.to_owned(), channel_id: id.to_owned() };
                Some(any(&MsgChannelOpenTry {
                    port_id: other.port_id,
                    channel: Some(Channel {
                        state: TRYOPEN,
                        ordering: here.ordering,
                        counterparty: Some(counterparty),
                        connection_hops: vec![hop],
                        version: here.version.clone(),
                        upgrade_sequence: 0,
                    }),
                    counterparty_version: here.version,
                    proof_init: proof,
                    proof_height,
                    signer,
                    ..MsgChannelOpenTry::default()
                }))
            }
            TRYOPEN if is_in(INIT) => Some(any(&MsgChannelOpenAck {
                port_id: other.port_id,
                channel_id: other.channel_id,
                counterparty_channel_id: id.to_owned(),
                counterparty_version: here.version,
                proof_try: proof,
                proof_height,
                signer,
            })),
            OPEN if is_in(TRYOPEN) => Some(any(&MsgChannelOpenConfirm {
                port_id: other.port_id,
                channel_id: other.channel_id,
                proof_ack: proof,
                proof_height,
                signer,
            })),
            _ => None,
        }
    }
}

fn connections<C: Channels>(chain: &Chain<C>) -> impl Iterator<Item = ConnectionEnd> {
    let ids = (0..chain.core.counters[1]).map(|number| format!("connection-{number}"));
    ids.filter_map(|id| chain.core.connection(&id).ok())
}

/// Whether a connection end of this client names another chain's.
fn names(end: &ConnectionEnd, other: &str, client: &str) -> bool {
    let counterparty = end.counterparty.as_ref().map(|other| other.connection_id.as_str());
    end.client_id == client && counterparty == Some(other)
}

/// Whether a block of the chain has a second end for this first one.
fn is_tried<C: Channels>(chain: &Chain<C>, first: &End) -> bool {
    let mut events = chain.blocks.values().flat_map(|block| &block.txs).flat_map(|tx| &tx.events);
    events.any(|event| match event {
        Event::Channel {
            change: HandshakeChange::Try, counterparty_port, counterparty, ..
        } => *counterparty_port == first.port && counterparty.as_ref() == Some(&first.channel),
        _ => false,
    })
}
