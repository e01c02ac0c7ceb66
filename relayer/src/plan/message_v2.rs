//! The messages of IBC v2.

use cosmos::wire::msg_v2::{
    Acknowledgement, MsgAcknowledgement, MsgRecvPacket, MsgRegisterCounterparty, MsgTimeout, Packet,
};
use cosmos::wire::path;
use cosmos::wire::tx::any;
use ibc_proto::google::protobuf::Any;
use prost::Message as _;

use super::message::{Evidence, acknowledgement_key, commitment_key, unreceived};
use crate::model::Model;
use crate::model::ids::{FlowId, PacketKey};

impl Model {
    /// Tells a flow's client which client of the other chain follows it.
    pub(super) fn register(&self, id: &FlowId, signer: &str) -> Result<Any, String> {
        let ends = &self.record.path(&id.path).ok_or("the path is gone")?.ends;
        let client = |side| ends.on(side).client.as_ref().map(ToString::to_string);
        Ok(any(&MsgRegisterCounterparty {
            client_id: client(id.to).ok_or("there is no client")?,
            // The store, and nothing before the keys in it.
            counterparty_merkle_prefix: vec![path::IBC_PREFIX.to_vec(), Vec::new()],
            counterparty_client_id: client(id.to.other()).ok_or("there is no other client")?,
            signer: signer.to_owned(),
        }))
    }
}

pub(super) fn recv(key: &PacketKey, evidence: &Evidence<'_>) -> Result<Any, String> {
    let packet = packet(key, evidence)?;
    let proved = evidence.expect(&commitment_key(key), &packet.commitment())?;
    Ok(any(&MsgRecvPacket {
        packet: Some(packet),
        proof_commitment: proved.proof.clone(),
        proof_height: Some(evidence.height),
        signer: evidence.signer.to_owned(),
    }))
}

pub(super) fn ack(key: &PacketKey, evidence: &Evidence<'_>) -> Result<Any, String> {
    let packet = packet(key, evidence)?;
    let ack = Acknowledgement::decode(evidence.ack(key)?).map_err(|error| error.to_string())?;
    let proved = evidence.expect(&acknowledgement_key(key), &ack.commitment())?;
    Ok(any(&MsgAcknowledgement {
        packet: Some(packet),
        acknowledgement: Some(ack),
        proof_acked: proved.proof.clone(),
        proof_height: Some(evidence.height),
        signer: evidence.signer.to_owned(),
    }))
}

pub(super) fn timeout(key: &PacketKey, evidence: &Evidence<'_>) -> Result<Any, String> {
    let packet = packet(key, evidence)?;
    let (_, proof) = unreceived(key, evidence)?;
    Ok(any(&MsgTimeout {
        packet: Some(packet),
        proof_unreceived: proof,
        proof_height: Some(evidence.height),
        signer: evidence.signer.to_owned(),
    }))
}

fn packet(key: &PacketKey, evidence: &Evidence<'_>) -> Result<Packet, String> {
    Packet::decode(evidence.data(key)?).map_err(|error| error.to_string())
}
