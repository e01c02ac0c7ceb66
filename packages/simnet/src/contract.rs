//! Lets native contracts be called at their IBC entry points.
//!
//! `cw-multi-test` knows no IBC entry points. [`IbcContract`] wraps a contract's ordinary ones and
//! reaches the others through `sudo`, which only the simulated chain can call. The contracts
//! themselves carry no code for tests.

use std::fmt;

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    Binary, Deps, DepsMut, Empty, Env, IbcBasicResponse, IbcChannelCloseMsg, IbcChannelConnectMsg,
    IbcChannelOpenMsg, IbcChannelOpenResponse, IbcDestinationCallbackMsg, IbcPacketAckMsg,
    IbcPacketReceiveMsg, IbcPacketTimeoutMsg, IbcReceiveResponse, IbcSourceCallbackMsg,
    MessageInfo, MigrateInfo, Reply, Response, StdError, StdResult, SubMsgResult, from_json,
};
use cw_multi_test::Contract;
use thiserror::Error as ThisError;

/// A call of one IBC entry point.
#[cw_serde]
pub enum IbcEntry {
    /// `ibc_channel_open`.
    ChannelOpen(IbcChannelOpenMsg),
    /// `ibc_channel_connect`.
    ChannelConnect(IbcChannelConnectMsg),
    /// `ibc_channel_close`.
    ChannelClose(IbcChannelCloseMsg),
    /// `ibc_packet_receive`.
    PacketReceive(IbcPacketReceiveMsg),
    /// `ibc_packet_ack`.
    PacketAck(IbcPacketAckMsg),
    /// `ibc_packet_timeout`.
    PacketTimeout(IbcPacketTimeoutMsg),
    /// `ibc_source_callback`.
    SourceCallback(IbcSourceCallbackMsg),
    /// `ibc_destination_callback`.
    DestinationCallback(IbcDestinationCallbackMsg),
}

/// The `sudo` message that carries an [`IbcEntry`]; a contract's own `sudo` passes by it.
#[cw_serde]
pub(crate) struct IbcSudo {
    pub(crate) simnet_ibc: IbcEntry,
}

/// The contract itself returned an error, as opposed to one of its submessages.
///
/// The difference matters: wasmd puts the first into the acknowledgement and redacts the second.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[error("{reason}")]
pub(crate) struct EntryError {
    pub(crate) reason: String,
}

type Entry = Box<dyn Fn(DepsMut<'_>, Env, IbcEntry) -> StdResult<Response>>;

/// A contract with its IBC entry points.
pub struct IbcContract {
    ordinary: Box<dyn Contract<Empty>>,
    channel: Option<Entry>,
    packet: Option<Entry>,
    callback: Option<Entry>,
}

impl fmt::Debug for IbcContract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IbcContract").finish_non_exhaustive()
    }
}

/// A function behind one entry point.
pub type EntryPoint<M, R, E> = fn(DepsMut<'_>, Env, M) -> Result<R, E>;

impl IbcContract {
    /// Wraps the ordinary entry points.
    #[must_use]
    pub fn new(ordinary: Box<dyn Contract<Empty>>) -> Self {
        Self { ordinary, channel: None, packet: None, callback: None }
    }

    /// Adds the three entry points of a channel's life.
    #[must_use]
    pub fn with_channel<E1, E2, E3>(
        mut self,
        open: EntryPoint<IbcChannelOpenMsg, IbcChannelOpenResponse, E1>,
        connect: EntryPoint<IbcChannelConnectMsg, IbcBasicResponse, E2>,
        close: EntryPoint<IbcChannelCloseMsg, IbcBasicResponse, E3>,
    ) -> Self
    where
        E1: fmt::Display + 'static,
        E2: fmt::Display + 'static,
        E3: fmt::Display + 'static,
    {
        self.channel = Some(Box::new(move |deps, env, entry| match entry {
            IbcEntry::ChannelOpen(msg) => open(deps, env, msg).map_err(refused).map(opened),
            IbcEntry::ChannelConnect(msg) => connect(deps, env, msg).map_err(refused).map(basic),
            IbcEntry::ChannelClose(msg) => close(deps, env, msg).map_err(refused).map(basic),
            other => Err(missing(&other)),
        }));
        self
    }

    /// Adds the three entry points of a packet's life.
    #[must_use]
    pub fn with_packets<E1, E2, E3>(
        mut self,
        receive: EntryPoint<IbcPacketReceiveMsg, IbcReceiveResponse, E1>,
        ack: EntryPoint<IbcPacketAckMsg, IbcBasicResponse, E2>,
        timeout: EntryPoint<IbcPacketTimeoutMsg, IbcBasicResponse, E3>,
    ) -> Self
    where
        E1: fmt::Display + 'static,
        E2: fmt::Display + 'static,
        E3: fmt::Display + 'static,
    {
        self.packet = Some(Box::new(move |deps, env, entry| match entry {
            IbcEntry::PacketReceive(msg) => receive(deps, env, msg).map_err(refused).map(received),
            IbcEntry::PacketAck(msg) => ack(deps, env, msg).map_err(refused).map(basic),
            IbcEntry::PacketTimeout(msg) => timeout(deps, env, msg).map_err(refused).map(basic),
            other => Err(missing(&other)),
        }));
        self
    }

    /// Adds the two callbacks of ADR-8.
    #[must_use]
    pub fn with_callbacks<E1, E2>(
        mut self,
        source: EntryPoint<IbcSourceCallbackMsg, IbcBasicResponse, E1>,
        destination: EntryPoint<IbcDestinationCallbackMsg, IbcBasicResponse, E2>,
    ) -> Self
    where
        E1: fmt::Display + 'static,
        E2: fmt::Display + 'static,
    {
        self.callback = Some(Box::new(move |deps, env, entry| match entry {
            IbcEntry::SourceCallback(msg) => source(deps, env, msg).map_err(refused).map(basic),
            IbcEntry::DestinationCallback(msg) => {
                destination(deps, env, msg).map_err(refused).map(basic)
            }
            other => Err(missing(&other)),
        }));
        self
    }

    fn entry(&self, deps: DepsMut<'_>, env: Env, entry: IbcEntry) -> StdResult<Response> {
        let group = match entry {
            IbcEntry::ChannelOpen(_) | IbcEntry::ChannelConnect(_) | IbcEntry::ChannelClose(_) => {
                &self.channel
            }
            IbcEntry::PacketReceive(_) | IbcEntry::PacketAck(_) | IbcEntry::PacketTimeout(_) => {
                &self.packet
            }
            IbcEntry::SourceCallback(_) | IbcEntry::DestinationCallback(_) => &self.callback,
        };
        match group {
            Some(call) => call(deps, env, entry),
            None => Err(missing(&entry)),
        }
    }
}

fn refused(error: impl fmt::Display) -> StdError {
    EntryError { reason: error.to_string() }.into()
}

fn missing(entry: &IbcEntry) -> StdError {
    refused(format!("the contract has no entry point for {entry:?}"))
}

fn opened(answer: IbcChannelOpenResponse) -> Response {
    let mut response = Response::new();
    response.data = answer.map(|answer| Binary::from(answer.version.into_bytes()));
    response
}

fn basic(answer: IbcBasicResponse) -> Response {
    Response::new()
        .add_submessages(answer.messages)
        .add_attributes(answer.attributes)
        .add_events(answer.events)
}

fn received(answer: IbcReceiveResponse) -> Response {
    let mut response = Response::new()
        .add_submessages(answer.messages)
        .add_attributes(answer.attributes)
        .add_events(answer.events);
    response.data = answer.acknowledgement;
    response
}

impl Contract<Empty> for IbcContract {
    fn instantiate(
        &self,
        deps: DepsMut<'_>,
        env: Env,
        info: MessageInfo,
        msg: Vec<u8>,
    ) -> StdResult<Response> {
        self.ordinary.instantiate(deps, env, info, msg)
    }

    fn execute(
        &self,
        deps: DepsMut<'_>,
        env: Env,
        info: MessageInfo,
        msg: Vec<u8>,
    ) -> StdResult<Response> {
        self.ordinary.execute(deps, env, info, msg)
    }

    fn query(&self, deps: Deps<'_>, env: Env, msg: Vec<u8>) -> StdResult<Binary> {
        self.ordinary.query(deps, env, msg)
    }

    fn reply(&self, deps: DepsMut<'_>, env: Env, reply: Reply) -> StdResult<Response> {
        self.ordinary.reply(deps, env, as_wasmd(reply))
    }

    fn sudo(&self, deps: DepsMut<'_>, env: Env, msg: Vec<u8>) -> StdResult<Response> {
        match from_json::<IbcSudo>(&msg) {
            Ok(IbcSudo { simnet_ibc }) => self.entry(deps, env, simnet_ibc),
            Err(_) => self.ordinary.sudo(deps, env, msg),
        }
    }

    fn migrate(
        &self,
        deps: DepsMut<'_>,
        env: Env,
        msg: Vec<u8>,
        info: MigrateInfo,
    ) -> StdResult<Response> {
        self.ordinary.migrate(deps, env, msg, info)
    }
}

/// Makes a reply look as wasmd makes it: errors without their text, IBC responses with their type.
///
/// Source: wasmd v0.61 `x/wasm/keeper/msg_dispatcher.go`, `redactError`.
fn as_wasmd(mut reply: Reply) -> Reply {
    match &mut reply.result {
        SubMsgResult::Err(text) => *text = "codespace: wasm, code: 5".into(),
        SubMsgResult::Ok(response) => {
            let has = |kind: &str| response.events.iter().any(|event| event.ty == kind);
            let type_url = if has("ibc_transfer") {
                "/ibc.applications.transfer.v1.MsgTransferResponse"
            } else {
                "/cosmwasm.wasm.v1.MsgIBCSendResponse"
            };
            for message in &mut response.msg_responses {
                if message.type_url == "/unknown" {
                    message.type_url = type_url.into();
                }
            }
        }
    }
    reply
}
