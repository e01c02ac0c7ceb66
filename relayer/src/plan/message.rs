//! What a work proves, and the message that it becomes.

use cosmos::wire::packet::{Packet, PacketId, acknowledgement_commitment};
use cosmos::wire::path;
use cosmos::wire::tx::any;
use ibc_proto::google::protobuf::Any;
use ibc_proto::ibc::core::channel::v1::{
    Channel, MsgAcknowledgement, MsgRecvPacket, MsgTimeout, MsgTimeoutOnClose,
    State as ChannelState,
};
use ibc_proto::ibc::core::client::v1::Height as ProtoHeight;
use prost::Message as _;

use super::epoch::Epoch;
use super::work::Work;
use crate::model::Model;
use crate::model::facts::Proved;
use crate::model::ids::{Ends, FlowId, Order, PacketKey};

impl Model {
    /// The keys whose values, or absence, a work proves.
    pub(crate) fn keys(&self, id: &FlowId, work: &Work) -> Vec<Vec<u8>> {
        match work {
            Work::CreateClient | Work::Misbehaviour | Work::Register => Vec::new(),
            Work::Connection(step) => self.connection_keys(id, *step),
            Work::Channel(index, step) => self.channel_keys(id, *index, *step),
            Work::Recv(key) => vec![commitment_key(key)],
            Work::Ack(key) => vec![acknowledgement_key(key)],
            Work::Timeout(key) => vec![unreceived_key(key)],
            Work::TimeoutOnClose(key) => vec![unreceived_key(key), channel_key(key)],
        }
    }

    /// Builds the message of a work, or says why the chain would refuse it.
    pub(crate) fn message(
        &self,
        id: &FlowId,
        epoch: &Epoch,
        work: &Work,
        signer: &str,
    ) -> Result<Any, String> {
        let evidence = Evidence { epoch, height: self.proof_height(id, epoch), signer };
        match work {
            Work::CreateClient => self.create_client(id, &evidence),
            Work::Misbehaviour => self.misbehaviour(id, signer),
            Work::Register => self.register(id, signer),
            Work::Connection(step) => self.connection_message(id, *step, &evidence),
            Work::Channel(index, step) => self.channel_message(id, (*index, *step), &evidence),
            Work::Recv(key) => self.recv(key, &evidence),
            Work::Ack(key) => self.ack(key, &evidence),
            Work::Timeout(key) => self.timeout(key, &evidence),
            Work::TimeoutOnClose(key) => self.timeout_on_close(key, &evidence),
        }
    }

    fn proof_height(&self, id: &FlowId, epoch: &Epoch) -> ProtoHeight {
        let revision = self.chain_from(id).map_or(0, |chain| chain.revision);
        ProtoHeight { revision_number: revision, revision_height: epoch.height }
    }

    fn recv(&self, key: &PacketKey, evidence: &Evidence<'_>) -> Result<Any, String> {
        if matches!(key.route.ends, Ends::V2 { .. }) {
            return super::message_v2::recv(key, evidence);
        }
        let packet = self.packet(key, evidence)?;
        let proved = evidence.expect(&commitment_key(key), &packet.commitment())?;
        Ok(any(&MsgRecvPacket {
            packet: Some(packet.into()),
            proof_commitment: proved.proof.clone(),
            proof_height: Some(evidence.height),
            signer: evidence.signer.to_owned(),
        }))
    }

    fn ack(&self, key: &PacketKey, evidence: &Evidence<'_>) -> Result<Any, String> {
        if matches!(key.route.ends, Ends::V2 { .. }) {
            return super::message_v2::ack(key, evidence);
        }
        let packet = self.packet(key, evidence)?;
        let ack = evidence.ack(key)?;
        let proved =
            evidence.expect(&acknowledgement_key(key), &acknowledgement_commitment(ack))?;
        Ok(any(&MsgAcknowledgement {
            packet: Some(packet.into()),
            acknowledgement: ack.to_vec(),
            proof_acked: proved.proof.clone(),
            proof_height: Some(evidence.height),
            signer: evidence.signer.to_owned(),
        }))
    }

    fn timeout(&self, key: &PacketKey, evidence: &Evidence<'_>) -> Result<Any, String> {
        if matches!(key.route.ends, Ends::V2 { .. }) {
            return super::message_v2::timeout(key, evidence);
        }
        let packet = self.packet(key, evidence)?;
        let (next, proof) = unreceived(key, evidence)?;
        Ok(any(&MsgTimeout {
            packet: Some(packet.into()),
            proof_unreceived: proof,
            proof_height: Some(evidence.height),
            next_sequence_recv: next,
            signer: evidence.signer.to_owned(),
        }))
    }

    fn timeout_on_close(&self, key: &PacketKey, evidence: &Evidence<'_>) -> Result<Any, String> {
        let packet = self.packet(key, evidence)?;
        let (next, proof) = unreceived(key, evidence)?;
        let (closed, end) = evidence.present(&channel_key(key))?;
        let end = Channel::decode(end).map_err(|error| error.to_string())?;
        if end.state != i32::from(ChannelState::Closed) {
            return Err("the channel is not closed".to_owned());
        }
        Ok(any(&MsgTimeoutOnClose {
            packet: Some(packet.into()),
            proof_unreceived: proof,
            proof_close: closed.proof.clone(),
            proof_height: Some(evidence.height),
            next_sequence_recv: next,
            signer: evidence.signer.to_owned(),
            counterparty_upgrade_sequence: end.upgrade_sequence,
        }))
    }

    fn packet(&self, key: &PacketKey, evidence: &Evidence<'_>) -> Result<Packet, String> {
        let row = self.record.packet(key).ok_or("it is over")?;
        let (src, dst) = (key.route.src(), key.route.dst());
        Ok(Packet {
            id: PacketId {
                src_port: src.port.to_string(),
                src_channel: src.channel.to_string(),
                dst_port: dst.port.to_string(),
                dst_channel: dst.channel.to_string(),
                sequence: key.seq,
            },
            data: evidence.data(key)?.to_vec(),
            timeout_height: row.timeout.height.into(),
            timeout_timestamp: row.timeout.time.0,
        })
    }
}

/// What a message stands on: gathered values and proofs, their height, and who signs.
pub(super) struct Evidence<'a> {
    pub(super) epoch: &'a Epoch,
    pub(super) height: ProtoHeight,
    pub(super) signer: &'a str,
}

impl Evidence<'_> {
    /// What was proved of a key.
    pub(super) fn get(&self, key: &[u8]) -> Result<&Proved, String> {
        let missing = || format!("`{}` was not proved", String::from_utf8_lossy(key));
        self.epoch.proofs.get(key).ok_or_else(missing)
    }

    /// What was proved of a key that must have a value.
    pub(super) fn present(&self, key: &[u8]) -> Result<(&Proved, &[u8]), String> {
        let proved = self.get(key)?;
        let missing = || format!("`{}` has no value", String::from_utf8_lossy(key));
        Ok((proved, proved.value.as_deref().ok_or_else(missing)?))
    }

    /// The bytes of a packet.
    pub(super) fn data(&self, key: &PacketKey) -> Result<&[u8], String> {
        let data = self.epoch.data.get(key).ok_or("its bytes are not in the store")?;
        Ok(&data.data)
    }

    /// The acknowledgement of a packet.
    pub(super) fn ack(&self, key: &PacketKey) -> Result<&[u8], String> {
        let ack = self.epoch.data.get(key).and_then(|data| data.ack.as_deref());
        Ok(ack.ok_or("its acknowledgement is not in the store")?)
    }

    /// What was proved of a key that must have this value.
    pub(super) fn expect(&self, key: &[u8], value: &[u8]) -> Result<&Proved, String> {
        let (proved, found) = self.present(key)?;
        if found != value {
            return Err(format!("`{}` is not what we expect", String::from_utf8_lossy(key)));
        }
        Ok(proved)
    }
}

/// The next sequence that the receiving end takes, and the proof that the packet was not received.
pub(super) fn unreceived(
    key: &PacketKey,
    evidence: &Evidence<'_>,
) -> Result<(u64, Vec<u8>), String> {
    let proved = evidence.get(&unreceived_key(key))?;
    let next = match (key.route.is_ordered(), &proved.value) {
        // Not read by the chain, but refused when zero.
        (false, None) => key.seq,
        (false, Some(_)) => return Err("it was received".to_owned()),
        (true, value) => {
            let bytes = value.as_deref().unwrap_or_default();
            let next = u64::from_be_bytes(bytes.try_into().unwrap_or_default());
            if next > key.seq {
                return Err("it was received".to_owned());
            }
            next
        }
    };
    Ok((next, proved.proof.clone()))
}

/// The key of the receiving channel end.
fn channel_key(key: &PacketKey) -> Vec<u8> {
    let dst = key.route.dst();
    path::channel(dst.port.as_str(), dst.channel.as_str())
}

/// The key that shows whether a packet was received.
fn unreceived_key(key: &PacketKey) -> Vec<u8> {
    let dst = key.route.dst();
    let (port, channel) = (dst.port.as_str(), dst.channel.as_str());
    match &key.route.ends {
        Ends::V1 { order: Order::Unordered, .. } => path::receipt(port, channel, key.seq),
        Ends::V1 { order: Order::Ordered, .. } => path::next_sequence_recv(port, channel),
        Ends::V2 { .. } => path::receipt_v2(channel, key.seq),
    }
}

/// The key under which the sending chain keeps what it committed to.
pub(super) fn commitment_key(key: &PacketKey) -> Vec<u8> {
    let src = key.route.src();
    match &key.route.ends {
        Ends::V1 { .. } => path::commitment(src.port.as_str(), src.channel.as_str(), key.seq),
        Ends::V2 { .. } => path::commitment_v2(src.channel.as_str(), key.seq),
    }
}

/// The key under which the receiving chain keeps what it answered.
pub(super) fn acknowledgement_key(key: &PacketKey) -> Vec<u8> {
    let dst = key.route.dst();
    match &key.route.ends {
        Ends::V1 { .. } => path::acknowledgement(dst.port.as_str(), dst.channel.as_str(), key.seq),
        Ends::V2 { .. } => path::acknowledgement_v2(dst.channel.as_str(), key.seq),
    }
}
