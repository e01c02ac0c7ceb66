//! A channel's life on one chain: the four steps of the handshake and the two of closing.
//!
//! Source: ICS-4; ibc-go v10 `modules/core/keeper/msg_server.go`; wasmd v0.61 `x/wasm/ibc.go`. The
//! application is asked before its end is written, so its error leaves nothing.

use cosmwasm_std::{
    Addr, Event, IbcChannelCloseMsg, IbcChannelConnectMsg, IbcChannelOpenMsg, IbcOrder, Storage,
};
use cw_multi_test::AppResponse;

use super::host::Host;
use super::ics20::{TRANSFER_PORT, TRANSFER_VERSION};
use super::state::{
    self, CHANNELS, ChannelEnd, ChannelState, active_connection, channel_end, channel_in,
};
use super::{CONTRACT_PORT_PREFIX, event};
use crate::contract::IbcEntry;
use crate::error::{Error, Result};

/// Who is behind a port.
pub(crate) enum Application {
    /// The transfer module.
    Transfer,
    /// A contract.
    Contract(Addr),
}

/// Finds the application bound to a port.
pub(crate) fn application(port: &str) -> Result<Application> {
    match port.strip_prefix(CONTRACT_PORT_PREFIX) {
        Some(contract) => Ok(Application::Contract(Addr::unchecked(contract))),
        None if port == TRANSFER_PORT => Ok(Application::Transfer),
        None => Err(Error::UnboundPort { port: port.into() }),
    }
}

/// `ChanOpenInit` or `ChanOpenTry`: `end` is the end wanted. Returns the channel's identifier.
pub(crate) fn open(
    host: &dyn Host,
    storage: &mut dyn Storage,
    port: &str,
    mut end: ChannelEnd,
) -> Result<String> {
    active_connection(storage, &end.connection)?;
    let channel = state::next_channel(storage)?;
    match application(port)? {
        Application::Transfer => check_transfer(&end)?,
        Application::Contract(contract) => {
            let described = end.describe(port, &channel);
            let message = match end.state {
                ChannelState::TryOpen => IbcChannelOpenMsg::new_try(described, &end.version),
                ChannelState::Init | ChannelState::Open | ChannelState::Closed => {
                    IbcChannelOpenMsg::new_init(described)
                }
            };
            let answer = host.call(storage, &contract, IbcEntry::ChannelOpen(message))?;
            if let Some(version) = answer.data {
                end.version = String::from_utf8_lossy(&version).into_owned();
            }
        }
    }
    CHANNELS.save(storage, (port, &channel), &end)?;
    Ok(channel)
}

/// What the other end turned out to be, at `ChanOpenAck`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterparty {
    /// Its identifier.
    pub channel: String,
    /// The version it answered.
    pub version: String,
}

/// `ChanOpenAck`.
pub(crate) fn open_ack(
    host: &dyn Host,
    storage: &mut dyn Storage,
    (port, channel): (&str, &str),
    counterparty: Counterparty,
) -> Result<AppResponse> {
    let mut end = channel_in(storage, (port, channel), ChannelState::Init)?;
    active_connection(storage, &end.connection)?;
    end.state = ChannelState::Open;
    end.counterparty_channel = counterparty.channel;
    end.version.clone_from(&counterparty.version);
    CHANNELS.save(storage, (port, channel), &end)?;
    let message = IbcChannelConnectMsg::new_ack(end.describe(port, channel), counterparty.version);
    let event = event::channel("channel_open_ack", (port, channel), &end);
    notify(host, storage, (port, event), IbcEntry::ChannelConnect(message))
}

/// `ChanOpenConfirm`.
pub(crate) fn open_confirm(
    host: &dyn Host,
    storage: &mut dyn Storage,
    (port, channel): (&str, &str),
) -> Result<AppResponse> {
    let mut end = channel_in(storage, (port, channel), ChannelState::TryOpen)?;
    active_connection(storage, &end.connection)?;
    end.state = ChannelState::Open;
    CHANNELS.save(storage, (port, channel), &end)?;
    let message = IbcChannelConnectMsg::new_confirm(end.describe(port, channel));
    let event = event::channel("channel_open_confirm", (port, channel), &end);
    notify(host, storage, (port, event), IbcEntry::ChannelConnect(message))
}

/// `ChanCloseInit`. Anybody can send it, and a contract can; the application decides.
pub(crate) fn close_init(
    host: &dyn Host,
    storage: &mut dyn Storage,
    (port, channel): (&str, &str),
) -> Result<AppResponse> {
    let end = channel_end(storage, port, channel)?;
    if end.state == ChannelState::Closed {
        return Err(Error::ChannelState {
            port: port.into(),
            channel: channel.into(),
            got: format!("{:?}", end.state),
            expected: "not closed".into(),
        });
    }
    if port == TRANSFER_PORT {
        // Source: ibc-go `modules/apps/transfer/ibc_module.go`, `OnChanCloseInit`.
        return Err(Error::Transfer { reason: "user cannot close channel".into() });
    }
    let message = IbcChannelCloseMsg::new_init(end.describe(port, channel));
    let event = event::channel("channel_close_init", (port, channel), &end);
    let response = notify(host, storage, (port, event), IbcEntry::ChannelClose(message))?;
    close(storage, (port, channel), end)?;
    Ok(response)
}

/// `ChanCloseConfirm`.
pub(crate) fn close_confirm(
    host: &dyn Host,
    storage: &mut dyn Storage,
    (port, channel): (&str, &str),
) -> Result<AppResponse> {
    let end = channel_in(storage, (port, channel), ChannelState::Open)?;
    let message = IbcChannelCloseMsg::new_confirm(end.describe(port, channel));
    let event = event::channel("channel_close_confirm", (port, channel), &end);
    let response = notify(host, storage, (port, event), IbcEntry::ChannelClose(message))?;
    close(storage, (port, channel), end)?;
    Ok(response)
}

fn close(storage: &mut dyn Storage, key: (&str, &str), mut end: ChannelEnd) -> Result<()> {
    end.state = ChannelState::Closed;
    Ok(CHANNELS.save(storage, key, &end)?)
}

/// Tells the application of a step; the step's own event comes before those of the application.
fn notify(
    host: &dyn Host,
    storage: &mut dyn Storage,
    (port, event): (&str, Event),
    entry: IbcEntry,
) -> Result<AppResponse> {
    let mut response = match application(port)? {
        Application::Transfer => AppResponse::default(),
        Application::Contract(contract) => host.call(storage, &contract, entry)?,
    };
    response.events.insert(0, event);
    Ok(response)
}

fn check_transfer(end: &ChannelEnd) -> Result<()> {
    if end.order != IbcOrder::Unordered || end.version != TRANSFER_VERSION {
        return Err(Error::Transfer {
            reason: format!("a channel must be unordered and speak `{TRANSFER_VERSION}`"),
        });
    }
    Ok(())
}
