//! The IBC modules of one chain: core, channels, ICS-20 with callbacks, contract ports.
//!
//! [`IbcModule`] answers what contracts ask of IBC. What a relayer brings comes in through
//! [`crate::Chain`]. Both work on the chain's own store.

pub(crate) mod callbacks;
pub(crate) mod channel;
pub(crate) mod event;
pub(crate) mod hooks;
pub(crate) mod host;
pub(crate) mod ics20;
pub(crate) mod packet;
pub(crate) mod state;

use cosmwasm_std::{
    Addr, Api, Binary, BlockInfo, ChannelResponse, CustomMsg, CustomQuery, Empty, Event, IbcMsg,
    IbcPacket, IbcQuery, Querier, StdResult, Storage, to_json_binary,
};
use cw_multi_test::{AppResponse, CosmosRouter, Ibc, Module};
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use host::Modules;
use ics20::Transfer;

/// Port of a contract. Source: wasmd `x/wasm/keeper/ibc.go`, `PortIDForContract`.
pub(crate) const CONTRACT_PORT_PREFIX: &str = "wasm.";

/// What contracts can ask of IBC.
#[derive(Debug, Clone, Copy, Default)]
pub struct IbcModule;

impl Ibc for IbcModule {}

impl Module for IbcModule {
    type ExecT = IbcMsg;
    type QueryT = IbcQuery;
    type SudoT = Empty;

    fn execute<ExecC, QueryC>(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
        sender: Addr,
        msg: IbcMsg,
    ) -> StdResult<AppResponse>
    where
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    {
        let host = Modules { api, router, block };
        let port = format!("{CONTRACT_PORT_PREFIX}{sender}");
        match msg {
            IbcMsg::Transfer { channel_id, to_address, amount, timeout, memo } => {
                let transfer = Transfer {
                    channel: channel_id,
                    receiver: to_address,
                    coin: amount,
                    timeout,
                    memo: memo.unwrap_or_default(),
                };
                let packet = ics20::send(&host, storage, &sender, transfer)?;
                let mut response = sent(storage, &packet)?;
                response.events.push(Event::new("ibc_transfer").add_attribute("sender", sender));
                Ok(response)
            }
            IbcMsg::SendPacket { channel_id, data, timeout } => {
                let packet = packet::send(storage, (&port, &channel_id), data, timeout)?;
                Ok(sent(storage, &packet)?)
            }
            IbcMsg::WriteAcknowledgement { channel_id, packet_sequence, ack } => {
                let key = (port.as_str(), channel_id.as_str(), packet_sequence);
                let packet = packet::write_async_ack(storage, key, &ack.data)?;
                let end = state::channel_end(storage, &port, &channel_id)?;
                let events = vec![event::acknowledged(&packet, &ack.data, &end)];
                Ok(AppResponse { events, data: None })
            }
            IbcMsg::CloseChannel { channel_id } => {
                Ok(channel::close_init(&host, storage, (&port, &channel_id))?)
            }
            other => Err(Error::NotModelled { what: format!("{other:?}") }.into()),
        }
    }

    fn query(
        &self,
        _: &dyn Api,
        storage: &dyn Storage,
        _: &dyn Querier,
        _: &BlockInfo,
        request: IbcQuery,
    ) -> StdResult<Binary> {
        match request {
            IbcQuery::Channel { channel_id, port_id: Some(port) } => {
                let end = state::CHANNELS.may_load(storage, (&port, &channel_id))?;
                // wasmd shows a contract only channels that are open.
                let open = end.filter(|end| end.state == state::ChannelState::Open);
                let channel = open.map(|end| end.describe(&port, &channel_id));
                to_json_binary(&ChannelResponse::new(channel))
            }
            other => Err(Error::NotModelled {
                what: format!(
                    "{other:?}: a module is not told who asks; name the port `wasm.<address>`"
                ),
            }
            .into()),
        }
    }

    fn sudo<ExecC, QueryC>(
        &self,
        _: &dyn Api,
        _: &mut dyn Storage,
        _: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        _: &BlockInfo,
        _: Empty,
    ) -> StdResult<AppResponse>
    where
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    {
        Err(Error::NotModelled { what: "sudo of the IBC module".into() }.into())
    }
}

/// The response of a message that sent a packet: its event, and its sequence as protobuf field 1.
///
/// Source: `MsgTransferResponse`, `MsgIBCSendResponse`: `uint64 sequence = 1`.
fn sent(storage: &dyn Storage, packet: &IbcPacket) -> Result<AppResponse> {
    let mut data = vec![0x08];
    let mut rest = packet.sequence;
    loop {
        let seven_bits = u8::try_from(rest & 0x7f).unwrap_or_default();
        rest >>= 7;
        if rest == 0 {
            data.push(seven_bits);
            break;
        }
        data.push(seven_bits | 0x80);
    }
    let end = state::channel_end(storage, &packet.src.port_id, &packet.src.channel_id)?;
    let events = vec![event::packet("send_packet", packet, &end)];
    Ok(AppResponse { events, data: Some(data.into()) })
}
