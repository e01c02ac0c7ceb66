//! Packets that a relayer brings to a chain. Each method is one message of a relay transaction.
//!
//! What a message claims about the other chain is proved by whoever calls: [`crate::Network`] looks
//! it up in the other chain's store, a model of light clients checks a proof.

use cosmwasm_std::{
    Addr, Binary, Event, IbcAckCallbackMsg, IbcAcknowledgement, IbcDestinationCallbackMsg,
    IbcEndpoint, IbcPacket, IbcPacketAckMsg, IbcPacketReceiveMsg, IbcPacketTimeoutMsg,
    IbcSourceCallbackMsg, IbcTimeoutCallbackMsg, IbcTransferCallback, StdError,
};

use super::Chain;
use crate::contract::{EntryError, IbcEntry};
use crate::error::{Error, Result};
use crate::ibc::callbacks::{
    self, CallbackKind, CallbackSupport, Failure, LEAST_CALLBACK_GAS, Request, error_ack,
};
use crate::ibc::channel::{self, Application};
use crate::ibc::event;
use crate::ibc::ics20::{self, Arrival, PacketData};
use crate::ibc::packet::{self, Relayed};
use crate::ibc::state::{ChannelEnd, channel_end};

impl Chain {
    /// `MsgRecvPacket`.
    ///
    /// # Errors
    /// [`Error::ChannelState`], [`Error::ClientNotActive`], [`Error::TimeoutElapsed`]. What an
    /// application says is no error here but an acknowledgement.
    pub fn receive_packet(&mut self, packet: &IbcPacket) -> Result<Relayed> {
        let block = self.app.block_info();
        self.atomically(|chain| {
            let relayed = chain.step(|_, storage| packet::receive(storage, &block, packet))?;
            if relayed == Relayed::Repeated {
                return Ok(relayed);
            }
            let end = chain.end_at(&packet.dest)?;
            chain.events.push(event::packet("recv_packet", packet, &end));
            let ack = match channel::application(&packet.dest.port_id)? {
                Application::Transfer => Some(chain.receive_transfer(packet)),
                Application::Contract(contract) => chain.receive_at_contract(&contract, packet),
            };
            chain.step(|_, storage| match &ack {
                Some(ack) => packet::write_ack(storage, packet, ack),
                None => packet::await_ack(storage, packet),
            })?;
            if let Some(ack) = &ack {
                chain.events.push(event::acknowledged(packet, ack, &end));
            }
            Ok(Relayed::Done)
        })
    }

    /// The transfer module with callbacks above it: credit, then call back; both or neither.
    fn receive_transfer(&mut self, packet: &IbcPacket) -> Binary {
        if let Some(ack) = self.receive_hooked(packet) {
            return ack;
        }
        let mut failed = None;
        let credited: Result<()> = self.atomically(|chain| {
            let arrival = chain.step(|host, storage| ics20::receive(host, storage, packet))?;
            let Some(request) = chain.requested(packet, CallbackKind::Destination)? else {
                return Ok(());
            };
            let outcome = chain.destination_callback(packet, &request, arrival);
            let event =
                |outcome| callbacks::event(CallbackKind::Destination, packet, &request, outcome);
            match (outcome, chain.callbacks) {
                (Ok(()), _) => chain.events.push(event(Ok(()))),
                (Err(failure), CallbackSupport::Swallowed) => {
                    chain.events.push(event(Err(&failure)));
                }
                (Err(failure), _) => {
                    failed = Some((event(Err(&failure)), failure));
                    return Err(Error::Transfer { reason: "reverted by its callback".into() });
                }
            }
            Ok(())
        });
        match (credited, failed) {
            (Ok(()), _) => Binary::from(br#"{"result":"AQ=="}"#),
            (Err(_), Some((event, failure))) => {
                self.events.push(event);
                failure.ack()
            }
            (Err(error), None) => {
                let event = Event::new("fungible_token_packet")
                    .add_attribute("success", "false")
                    .add_attribute("error", error.to_string());
                self.events.push(event);
                error_ack("ABCI code: 1")
            }
        }
    }

    fn destination_callback(
        &mut self,
        packet: &IbcPacket,
        request: &Request,
        arrival: Arrival,
    ) -> Result<(), Failure> {
        let data = PacketData::parse(packet).map_err(|e| Failure::Contract(e.to_string()))?;
        let message = IbcDestinationCallbackMsg {
            packet: packet.clone(),
            ack: IbcAcknowledgement::new(br#"{"result":"AQ=="}"#),
            transfer: Some(IbcTransferCallback {
                sender: data.sender,
                receiver: arrival.receiver,
                funds: vec![arrival.coin],
            }),
        };
        self.call_back(CallbackKind::Destination, request, IbcEntry::DestinationCallback(message))
    }

    /// A contract's own port. No acknowledgement data means that the contract answers later.
    ///
    /// Source: wasmd v0.61 `x/wasm/keeper/relay.go`, `OnRecvPacket`: the contract's own error is
    /// the acknowledgement; a submessage's is redacted; both take the contract's writes back.
    fn receive_at_contract(&mut self, contract: &Addr, packet: &IbcPacket) -> Option<Binary> {
        let entry = IbcEntry::PacketReceive(IbcPacketReceiveMsg::new(
            packet.clone(),
            self.wallet("relayer"),
        ));
        match self.call_contract(contract, entry) {
            Ok(data) => data,
            Err(error) => Some(contract_error_ack(&error)),
        }
    }

    /// `MsgAcknowledgement`.
    ///
    /// # Errors
    /// [`Error::ChannelState`], [`Error::ClientNotActive`], or what a contract says.
    pub fn acknowledge_packet(&mut self, packet: &IbcPacket, ack: &Binary) -> Result<Relayed> {
        let relayer = self.wallet("relayer");
        self.atomically(|chain| {
            if chain.step(|_, storage| packet::acknowledge(storage, packet))? == Relayed::Repeated {
                return Ok(Relayed::Repeated);
            }
            let end = chain.end_at(&packet.src)?;
            chain.events.push(event::packet("acknowledge_packet", packet, &end));
            let ack = IbcAcknowledgement::new(ack.clone());
            match channel::application(&packet.src.port_id)? {
                Application::Contract(contract) => {
                    let message = IbcPacketAckMsg::new(ack, packet.clone(), relayer);
                    chain.call_contract(&contract, IbcEntry::PacketAck(message))?;
                }
                Application::Transfer => {
                    if !ics20::succeeded(&ack.data) {
                        chain.step(|host, storage| ics20::refund(host, storage, packet))?;
                    }
                    chain.tell_acknowledged(packet, &ack.data)?;
                    let message = IbcAckCallbackMsg::new(ack, packet.clone(), relayer);
                    chain.source_callback(packet, IbcSourceCallbackMsg::Acknowledgement(message));
                }
            }
            Ok(Relayed::Done)
        })
    }

    /// `MsgTimeout` or `MsgTimeoutOnClose`.
    ///
    /// # Errors
    /// [`Error::UnknownChannel`], [`Error::ClientNotActive`], or what a contract says.
    pub fn time_out_packet(&mut self, packet: &IbcPacket) -> Result<Relayed> {
        let relayer = self.wallet("relayer");
        self.atomically(|chain| {
            if chain.step(|_, storage| packet::time_out(storage, packet))? == Relayed::Repeated {
                return Ok(Relayed::Repeated);
            }
            let end = chain.end_at(&packet.src)?;
            chain.events.push(event::packet("timeout_packet", packet, &end));
            match channel::application(&packet.src.port_id)? {
                Application::Contract(contract) => {
                    let message = IbcPacketTimeoutMsg::new(packet.clone(), relayer);
                    chain.call_contract(&contract, IbcEntry::PacketTimeout(message))?;
                }
                Application::Transfer => {
                    chain.step(|host, storage| ics20::refund(host, storage, packet))?;
                    chain.tell_timed_out(packet)?;
                    let message = IbcTimeoutCallbackMsg::new(packet.clone(), relayer);
                    chain.source_callback(packet, IbcSourceCallbackMsg::Timeout(message));
                }
            }
            Ok(Relayed::Done)
        })
    }

    /// Calls the sender back, if the memo asks and names the sender itself; failures are swallowed.
    fn source_callback(&mut self, packet: &IbcPacket, message: IbcSourceCallbackMsg) {
        let Ok(Some(request)) = self.requested(packet, CallbackKind::Source) else {
            return;
        };
        let is_sender = PacketData::parse(packet).is_ok_and(|data| data.sender == request.address);
        if !is_sender {
            return;
        }
        let outcome =
            self.call_back(CallbackKind::Source, &request, IbcEntry::SourceCallback(message));
        let event =
            callbacks::event(CallbackKind::Source, packet, &request, outcome.as_ref().copied());
        self.events.push(event);
    }

    fn requested(&self, packet: &IbcPacket, kind: CallbackKind) -> Result<Option<Request>> {
        if self.callbacks == CallbackSupport::Absent {
            return Ok(None);
        }
        callbacks::request(&PacketData::parse(packet)?.memo, kind)
    }

    fn call_back(
        &mut self,
        kind: CallbackKind,
        request: &Request,
        entry: IbcEntry,
    ) -> Result<(), Failure> {
        if request.gas < LEAST_CALLBACK_GAS || self.starved.contains(&kind) {
            return Err(Failure::OutOfGas);
        }
        self.call_contract(&Addr::unchecked(&request.address), entry)
            .map(|_| ())
            .map_err(|error| Failure::Contract((*error).to_string()))
    }

    /// Calls a contract at an IBC entry point; its events are logged if it succeeds.
    fn call_contract(
        &mut self,
        contract: &Addr,
        entry: IbcEntry,
    ) -> Result<Option<Binary>, StdError> {
        let mut outcome = None;
        let done = self.step(|host, storage| {
            let answer = host.call(storage, contract, entry);
            let refused = answer.is_err();
            outcome = Some(answer);
            if refused { Err(Error::Transaction { reason: String::new() }) } else { Ok(()) }
        });
        match (done, outcome) {
            (Ok(()), Some(Ok(response))) => {
                self.events.extend(response.events);
                Ok(response.data)
            }
            (_, Some(Err(error))) => Err(error),
            (done, _) => done.map(|()| None).map_err(StdError::from),
        }
    }

    fn end_at(&self, end: &IbcEndpoint) -> Result<ChannelEnd> {
        channel_end(self.storage(), &end.port_id, &end.channel_id)
    }
}

/// Source: wasmd v0.61 `x/wasm/ibc.go`, `CreateErrorAcknowledgement`.
fn contract_error_ack(error: &StdError) -> Binary {
    let text = match error.downcast_ref::<EntryError>() {
        Some(EntryError { reason }) => reason.clone(),
        None => "codespace: wasm, code: 5: error handling packet: see events for details".into(),
    };
    Binary::from(serde_json::json!({ "error": text }).to_string().into_bytes())
}
