//! Another relayer on the same path, with a key of its own.

mod steps;

use std::collections::{BTreeMap, BTreeSet};

use cosmos::keys::Key;
use cosmos::wire::packet::Packet;
use cosmos::wire::path;
use cosmos::wire::sign::sign;
use cosmos::wire::tx::{Fee, TxPlan, any};
use ferry::model::facts::{Event, PacketChange, PacketEvent, Via};
use ibc_proto::google::protobuf::Any;
use ibc_proto::ibc::core::channel::v1::{MsgAcknowledgement, MsgRecvPacket, Packet as ProtoPacket};
use ibc_proto::ibc::core::client::v1::{Height, MsgUpdateClient};

use crate::chain::{Chain, Checked, PREFIX};
use crate::chains::Chains;
use crate::channels::Channels;
use crate::light;
use crate::rng::Rng;
use steps::Step;

pub(crate) struct Rival {
    key: Key,
    /// Transactions that were taken into a mempool.
    pub(crate) won: u64,
    /// Its transactions get into the next block without our node knowing of them before.
    pub(crate) is_elsewhere: bool,
    /// The paths that it serves, counted from 0; all if none are named.
    pub(crate) paths: Option<BTreeSet<usize>>,
    /// The place of a chain that it reads, and of one that it relays to.
    known: BTreeMap<(usize, usize), Known>,
}

/// What of a chain's blocks may still have to be brought to another chain.
#[derive(Default)]
struct Known {
    /// Up to this block they are read.
    read: u64,
    packets: Vec<Waiting>,
    steps: Vec<Step>,
    /// Connection of the chain that is read -> whether it leads to the client.
    leads: BTreeMap<String, bool>,
}

/// A packet on its way, with its acknowledgement if there is one.
type Waiting = (ProtoPacket, Option<Vec<u8>>);

impl Rival {
    pub(crate) fn new(key: Key) -> Self {
        Self { key, won: 0, is_elsewhere: false, paths: None, known: BTreeMap::new() }
    }

    pub(crate) fn serves(&self, path: usize) -> bool {
        self.paths.as_ref().is_none_or(|paths| paths.contains(&path))
    }

    /// Relays some of what the chain at the place `from` did to the one at `to`, where `client` follows it: steps of
    /// handshakes first.
    pub(crate) fn relay<C: Channels>(
        &mut self,
        chains: &mut Chains<C>,
        (from, to): (usize, usize),
        client: &str,
        rng: &mut Rng,
    ) {
        let (src, dst) = (chains.at(from), chains.at(to));
        let height = src.height;
        let Some(trusted) = latest(dst, client).filter(|trusted| *trusted < height) else { return };
        let known = self.known.entry((from, to)).or_default();
        known.read(src, (dst, client), height - 1);
        let count = 1 + rng.below(20) as usize;
        let signer = self.key.address(PREFIX).expect("the prefix is valid");
        let mut msgs = vec![any(&MsgUpdateClient {
            client_id: client.to_owned(),
            client_message: Some(light::pack(&src.headers[&height], trusted)),
            signer: signer.clone(),
        })];
        msgs.extend(
            known.steps.iter().filter_map(|step| step.message(src, (dst, client), &signer)),
        );
        let each = if msgs.len() > 1 { 150_000 } else { 90_000 };
        if msgs.len() == 1 {
            let taken = known.packets.iter().take(count).cloned();
            msgs.extend(taken.map(|packet| message(src, packet, &signer)));
        }
        if msgs.len() == 1 {
            return;
        }
        let sequence = dst.core.sequences.get(&signer).copied().unwrap_or(0);
        let fee = Fee {
            gas_limit: each * (msgs.len() as u64 + 2),
            amount: 1_000_000,
            denom: "stake".to_owned(),
            granter: None,
        };
        let plan = TxPlan {
            chain_id: &dst.id,
            account_number: 9,
            sequence,
            msgs: &msgs,
            fee: &fee,
            memo: "",
            timeout_height: 0,
            extension_options: &[],
        };
        let bytes = sign(&self.key, &plan).bytes;
        let chain = chains.at_mut(to);
        self.won += u64::from(match self.is_elsewhere {
            true => chain.offer_elsewhere(&bytes),
            false => chain.offer(&bytes) == Checked::Pooled,
        });
    }
}

fn latest<C: Channels>(chain: &Chain<C>, client: &str) -> Option<u64> {
    Some(chain.core.client(client).ok()?.latest_height?.revision_height)
}

impl Known {
    /// Reads the blocks up to a height, and forgets what has been dealt with.
    fn read<C: Channels>(&mut self, src: &Chain<C>, (dst, client): (&Chain<C>, &str), upto: u64) {
        let blocks = src.blocks.range(self.read + 1..).take_while(|(height, _)| **height <= upto);
        for (_, block) in blocks {
            for event in block.txs.iter().flat_map(|tx| &tx.events) {
                match event {
                    Event::Packet(packet) => self.note(src, (dst, client), packet),
                    _ => self
                        .steps
                        .extend(Step::after(event).filter(|step| step.leads(src, (dst, client)))),
                }
            }
        }
        self.read = self.read.max(upto);
        self.packets.retain(|(packet, ack)| is_owed(src, dst, packet, ack.as_deref()));
        self.steps.retain(|step| step.is_owed(src));
    }

    fn note<C: Channels>(
        &mut self,
        src: &Chain<C>,
        (dst, client): (&Chain<C>, &str),
        event: &PacketEvent,
    ) {
        let (data, timeout, ack) = match &event.change {
            PacketChange::Sent { data, timeout } => (data, timeout, None),
            PacketChange::AckWritten { data, timeout, ack } => (data, timeout, Some(ack.clone())),
            _ => return,
        };
        let Some(Via::Connection { connection, .. }) = &event.via else { return };
        let leads = self.leads.entry(connection.to_string());
        if !*leads.or_insert_with(|| leads_to(src, connection.as_str(), (dst, client))) {
            return;
        }
        let packet = ProtoPacket {
            sequence: event.seq,
            source_port: event.src.port.to_string(),
            source_channel: event.src.channel.to_string(),
            destination_port: event.dst.port.to_string(),
            destination_channel: event.dst.channel.to_string(),
            data: data.clone(),
            timeout_height: Some(Height {
                revision_number: timeout.height.revision,
                revision_height: timeout.height.height,
            }),
            timeout_timestamp: timeout.time.0,
        };
        self.packets.push((packet, ack));
    }
}

/// Whether a connection of a chain leads to a client on another one.
fn leads_to<C: Channels>(
    src: &Chain<C>,
    connection: &str,
    (dst, client): (&Chain<C>, &str),
) -> bool {
    let Ok(end) = src.core.connection(connection) else { return false };
    let follows = |id: &str| src.core.client(id).is_ok_and(|state| state.chain_id == dst.id);
    let other = end.counterparty.unwrap_or_default().client_id;
    other == client && follows(&end.client_id)
}

fn is_owed<C: Channels>(
    from: &Chain<C>,
    dst: &Chain<C>,
    packet: &ProtoPacket,
    ack: Option<&[u8]>,
) -> bool {
    let commitment = crate::core::commitment(packet);
    if ack.is_some() {
        return dst.core.has(&commitment);
    }
    let is_late =
        packet.timeout_timestamp != 0 && dst.time + 5_000_000_000 >= packet.timeout_timestamp;
    let ends_by_height = packet.timeout_height.unwrap_or_default().revision_height != 0;
    from.core.has(&commitment) && !dst.core.is_received(packet) && !is_late && !ends_by_height
}

fn message<C: Channels>(from: &Chain<C>, (packet, ack): Waiting, signer: &str) -> Any {
    let height = from.height;
    let root = light::root(&from.id, height - 1);
    let proof_height = Some(Height { revision_number: from.revision, revision_height: height });
    let state = &from.history[&(height - 1)];
    let prove = |key: &[u8]| light::proof(&root, key, state.get(key).as_deref());
    match ack {
        None => any(&MsgRecvPacket {
            proof_commitment: prove(&crate::core::commitment(&packet)),
            packet: Some(packet),
            proof_height,
            signer: signer.to_owned(),
        }),
        Some(acknowledgement) => {
            let id = Packet::from(packet.clone()).id;
            let key = path::acknowledgement(&id.dst_port, &id.dst_channel, id.sequence);
            any(&MsgAcknowledgement {
                packet: Some(packet),
                acknowledgement,
                proof_acked: prove(&key),
                proof_height,
                signer: signer.to_owned(),
            })
        }
    }
}
