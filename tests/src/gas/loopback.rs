//! Channels from the chain to itself, over the connection that every ibc-go chain has.
//!
//! Packets need neither a client nor a proof there, so that a transaction holds nothing but the
//! packet, and its gas nothing but what the packet does.
//! Source: ibc-go v10 `modules/light-clients/09-localhost`, ADR-6 of its sentinel proof.

use cosmos::chain::TxOutcome;
use cosmos::chain::ibc::Transfer;
use cosmos::ibc_proto::ibc::core::channel::v1::{
    Channel, Counterparty, MsgAcknowledgement, MsgChannelOpenAck, MsgChannelOpenConfirm,
    MsgChannelOpenInit, MsgChannelOpenInitResponse, MsgChannelOpenTry, MsgChannelOpenTryResponse,
    MsgRecvPacket, MsgTimeout, Order, State,
};
use cosmos::ibc_proto::ibc::core::client::v1::Height as ProtoHeight;
use cosmos::wire::event_v1::{IbcEvent, decode};
use cosmos::wire::height::Height;
use cosmos::wire::packet::Packet;
use cosmos::wire::tx::any;
use protocol::ics20::{End, TRANSFER_PORT, received_denom};

use super::stage::{Person, Stage};
use crate::clock;

const CONNECTION: &str = "connection-localhost";
const TRANSFER_VERSION: &str = "ics20-1";
/// What stands for a proof of the chain to itself.
const PROOF: [u8; 1] = [1];
/// Seconds until a transfer is too late.
const TIMEOUT: u64 = 3_600;

/// The two ends of the transfer channel.
#[derive(Debug)]
pub(super) struct Loopback {
    /// Where buyers send from.
    pub(super) near: String,
    /// The market's route.
    pub(super) far: String,
}

/// Opens a channel between two ports; its identifiers there.
pub(super) async fn open(
    stage: &Stage,
    [near_port, far_port]: [&str; 2],
    version: &str,
) -> anyhow::Result<[String; 2]> {
    let signer = || stage.owner.address.clone();
    let channel = |state, port: &str, id: &str| Some(channel(state, (port, id), version));
    let init = MsgChannelOpenInit {
        port_id: near_port.to_owned(),
        channel: channel(State::Init, far_port, ""),
        signer: signer(),
    };
    let outcome = stage.send(&stage.owner, &[any(&init)]).await?;
    let near = outcome.answer::<MsgChannelOpenInitResponse>(0)?.channel_id;
    #[allow(deprecated, reason = "the message has it still, empty")]
    let open_try = MsgChannelOpenTry {
        port_id: far_port.to_owned(),
        previous_channel_id: String::new(),
        channel: channel(State::Tryopen, near_port, &near),
        counterparty_version: version.to_owned(),
        proof_init: PROOF.to_vec(),
        proof_height: height(),
        signer: signer(),
    };
    let outcome = stage.send(&stage.owner, &[any(&open_try)]).await?;
    let far = outcome.answer::<MsgChannelOpenTryResponse>(0)?.channel_id;
    let ack = MsgChannelOpenAck {
        port_id: near_port.to_owned(),
        channel_id: near.clone(),
        counterparty_channel_id: far.clone(),
        counterparty_version: version.to_owned(),
        proof_try: PROOF.to_vec(),
        proof_height: height(),
        signer: signer(),
    };
    let confirm = MsgChannelOpenConfirm {
        port_id: far_port.to_owned(),
        channel_id: far.clone(),
        proof_ack: PROOF.to_vec(),
        proof_height: height(),
        signer: signer(),
    };
    stage.send(&stage.owner, &[any(&ack), any(&confirm)]).await?;
    Ok([near, far])
}

impl Loopback {
    pub(super) async fn open(stage: &Stage) -> anyhow::Result<Self> {
        let [near, far] = open(stage, [TRANSFER_PORT; 2], TRANSFER_VERSION).await?;
        Ok(Self { near, far })
    }

    /// The name of the stage's token once it has come over the channel.
    pub(super) fn voucher(&self, token: &str) -> String {
        let source = End { port: TRANSFER_PORT, channel: &self.near };
        let destination = End { port: TRANSFER_PORT, channel: &self.far };
        received_denom(source, destination, token)
    }

    /// Sends units of the token to `receiver` and has them received, by the owner.
    pub(super) async fn transfer(
        &self,
        stage: &Stage,
        from: &Person,
        (units, receiver, memo): (u128, &str, &str),
    ) -> anyhow::Result<TxOutcome> {
        let now = clock::now(&stage.chain).await?;
        let transfer = Transfer {
            channel: &self.near,
            amount: units,
            denom: &stage.token,
            receiver,
            memo,
            timeout_height: Height::default(),
            timeout_timestamp: (now + TIMEOUT) * 1_000_000_000,
        };
        let (_, sent) = stage.chain.transfer(&from.key, transfer).await?;
        receive(stage, packet_of(&sent)?).await
    }
}

/// The packet that a transaction has sent.
pub(super) fn packet_of(outcome: &TxOutcome) -> anyhow::Result<Packet> {
    for event in &outcome.events {
        if let Some(IbcEvent::Send(packet, _)) = decode(event)? {
            return Ok(packet);
        }
    }
    anyhow::bail!("transaction {} has sent no packet", outcome.hash)
}

/// Has the chain receive its own packet.
pub(super) async fn receive(stage: &Stage, packet: Packet) -> anyhow::Result<TxOutcome> {
    let receive = MsgRecvPacket {
        packet: Some(packet.into()),
        proof_commitment: PROOF.to_vec(),
        proof_height: height(),
        signer: stage.owner.address.clone(),
    };
    stage.send(&stage.owner, &[any(&receive)]).await
}

/// Tells the sender of a packet what a transaction that received it has answered.
pub(super) async fn acknowledge(stage: &Stage, received: &TxOutcome) -> anyhow::Result<TxOutcome> {
    for event in &received.events {
        if let Some(IbcEvent::WriteAck(packet, _, acknowledgement)) = decode(event)? {
            return tell(stage, packet, acknowledgement).await;
        }
    }
    anyhow::bail!("transaction {} has acknowledged nothing", received.hash)
}

/// Has all packets of a transaction received and answered, and those that this causes.
pub(super) async fn carry(stage: &Stage, outcome: &TxOutcome) -> anyhow::Result<()> {
    let mut events = outcome.events.clone();
    while let Some(event) = events.pop() {
        let outcome = match decode(&event)? {
            Some(IbcEvent::Send(packet, _)) => receive(stage, packet).await?,
            Some(IbcEvent::WriteAck(packet, _, acknowledgement)) => {
                tell(stage, packet, acknowledgement).await?
            }
            _ => continue,
        };
        events.extend(outcome.events);
    }
    Ok(())
}

/// Tells the sender of a packet that it came too late.
pub(super) async fn time_out(stage: &Stage, packet: Packet) -> anyhow::Result<TxOutcome> {
    let time_out = MsgTimeout {
        packet: Some(packet.into()),
        proof_unreceived: PROOF.to_vec(),
        proof_height: height(),
        next_sequence_recv: 1,
        signer: stage.owner.address.clone(),
    };
    stage.send(&stage.owner, &[any(&time_out)]).await
}

async fn tell(
    stage: &Stage,
    packet: Packet,
    acknowledgement: Vec<u8>,
) -> anyhow::Result<TxOutcome> {
    let acknowledge = MsgAcknowledgement {
        packet: Some(packet.into()),
        acknowledgement,
        proof_acked: PROOF.to_vec(),
        proof_height: height(),
        signer: stage.owner.address.clone(),
    };
    stage.send(&stage.owner, &[any(&acknowledge)]).await
}

fn channel(state: State, (port, id): (&str, &str), version: &str) -> Channel {
    Channel {
        state: state.into(),
        ordering: Order::Unordered.into(),
        counterparty: Some(Counterparty { port_id: port.to_owned(), channel_id: id.to_owned() }),
        connection_hops: vec![CONNECTION.to_owned()],
        version: version.to_owned(),
        upgrade_sequence: 0,
    }
}

fn height() -> Option<ProtoHeight> {
    Some(ProtoHeight { revision_number: 0, revision_height: 1 })
}
