//! Another relayer on the same path, with a key of its own.

use cosmos::keys::Key;
use cosmos::wire::packet::Packet;
use cosmos::wire::path;
use cosmos::wire::sign::sign;
use cosmos::wire::tx::{Fee, TxPlan, any};
use ferry::model::facts::{Event, PacketChange};
use ferry::model::ids::Side;
use ibc_proto::google::protobuf::Any;
use ibc_proto::ibc::core::channel::v1::{MsgAcknowledgement, MsgRecvPacket, Packet as ProtoPacket};
use ibc_proto::ibc::core::client::v1::{Height, MsgUpdateClient};

use crate::chain::{Chain, PREFIX};
use crate::chains::Chains;
use crate::channels::Channels;
use crate::light;
use crate::rng::Rng;

pub(crate) struct Rival {
    key: Key,
    pub(crate) won: u64,
    /// Its transactions get into the next block without our node knowing of them before.
    pub(crate) is_elsewhere: bool,
}

/// A packet on its way, with its acknowledgement if there is one.
type Waiting = (ProtoPacket, Option<Vec<u8>>);

impl Rival {
    pub(crate) fn new(key: Key) -> Self {
        Self { key, won: 0, is_elsewhere: false }
    }

    /// Relays some of what the other chain sent or acknowledged to `to`.
    pub(crate) fn relay<C: Channels>(&mut self, chains: &mut Chains<C>, to: Side, rng: &mut Rng) {
        let (from, dst) = match to {
            Side::A => (&chains.b, &chains.a),
            Side::B => (&chains.a, &chains.b),
        };
        let client = "07-tendermint-0";
        let height = from.height;
        let Some(trusted) = latest(dst, client).filter(|trusted| *trusted < height) else { return };
        let waiting = waiting(from, dst, height - 1);
        let count = 1 + rng.below(20) as usize;
        let signer = self.key.address(PREFIX).expect("the prefix is valid");
        let mut msgs = vec![any(&MsgUpdateClient {
            client_id: client.to_owned(),
            client_message: Some(light::pack(&from.headers[&height], trusted)),
            signer: signer.clone(),
        })];
        let taken = waiting.into_iter().take(count);
        msgs.extend(taken.map(|packet| message(from, packet, &signer)));
        if msgs.len() == 1 {
            return;
        }
        let sequence = dst.core.sequences.get(&signer).copied().unwrap_or(0);
        let fee = Fee {
            gas_limit: 90_000 * (msgs.len() as u64 + 2),
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
        self.won += 1;
        let chain = chains.on_mut(to);
        match self.is_elsewhere {
            true => chain.offer_elsewhere(&bytes),
            false => {
                chain.offer(&bytes);
            }
        }
    }
}

fn latest<C: Channels>(chain: &Chain<C>, client: &str) -> Option<u64> {
    Some(chain.core.client(client).ok()?.latest_height?.revision_height)
}

/// What `from` had committed after block `height` and `dst` has not dealt with.
fn waiting<C: Channels>(from: &Chain<C>, dst: &Chain<C>, height: u64) -> Vec<Waiting> {
    let mut found = Vec::new();
    for block in from.blocks.range(..=height).map(|(_, block)| block) {
        for event in block.txs.iter().flat_map(|tx| &tx.events) {
            let Event::Packet(event) = event else { continue };
            let (data, timeout, ack) = match &event.change {
                PacketChange::Sent { data, timeout } => (data, timeout, None),
                PacketChange::AckWritten { data, timeout, ack } => {
                    (data, timeout, Some(ack.clone()))
                }
                _ => continue,
            };
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
            if is_owed(from, dst, &packet, ack.as_deref()) {
                found.push((packet, ack));
            }
        }
    }
    found
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
    let (port, channel) = (&packet.destination_port, &packet.destination_channel);
    let receipt = path::receipt(port, channel, packet.sequence);
    let is_late =
        packet.timeout_timestamp != 0 && dst.time + 5_000_000_000 >= packet.timeout_timestamp;
    let ends_by_height = packet.timeout_height.unwrap_or_default().revision_height != 0;
    from.core.has(&commitment) && !dst.core.has(&receipt) && !is_late && !ends_by_height
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
