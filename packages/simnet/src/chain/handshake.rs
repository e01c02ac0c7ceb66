//! Connections and channels that a relayer opens and closes on a chain. Each method is one message.
//!
//! As with packets, the proof of the other end's state is the caller's matter.

use super::Chain;
use crate::error::Result;
use crate::ibc::channel::{self, Counterparty};
use crate::ibc::event;
use crate::ibc::state::{CONNECTIONS, ChannelEnd, ChannelState, Connection};

impl Chain {
    /// The step that opens this end of a connection: `MsgConnectionOpenAck` or
    /// `MsgConnectionOpenConfirm`. What comes before leaves nothing that packets need.
    ///
    /// # Errors
    /// [`crate::Error::Transaction`] if the store cannot be written.
    pub fn open_connection(&mut self, id: &str, connection: &Connection) -> Result<()> {
        self.step(|_, storage| Ok(CONNECTIONS.save(storage, id, connection)?))
    }

    /// `MsgChannelOpenInit` or `MsgChannelOpenTry`, by the state of `end`; returns the channel's
    /// identifier.
    ///
    /// # Errors
    /// [`crate::Error::UnknownConnection`], or what the application says.
    pub fn open_channel(&mut self, port: &str, end: ChannelEnd) -> Result<String> {
        let kind = match end.state {
            ChannelState::TryOpen => "channel_open_try",
            ChannelState::Init | ChannelState::Open | ChannelState::Closed => "channel_open_init",
        };
        let event_end = end.clone();
        let id = self.step(|host, storage| channel::open(host, storage, port, end))?;
        self.log([event::channel(kind, (port, &id), &event_end)]);
        Ok(id)
    }

    /// `MsgChannelOpenAck`.
    ///
    /// # Errors
    /// [`crate::Error::ChannelState`], or what the application says.
    pub fn acknowledge_channel(&mut self, end: (&str, &str), other: Counterparty) -> Result<()> {
        let response = self.step(|host, storage| channel::open_ack(host, storage, end, other))?;
        self.log(response.events);
        Ok(())
    }

    /// `MsgChannelOpenConfirm`.
    ///
    /// # Errors
    /// [`crate::Error::ChannelState`], or what the application says.
    pub fn confirm_channel(&mut self, end: (&str, &str)) -> Result<()> {
        let response = self.step(|host, storage| channel::open_confirm(host, storage, end))?;
        self.log(response.events);
        Ok(())
    }

    /// `MsgChannelCloseInit`, which anybody may send.
    ///
    /// # Errors
    /// What the application says; [`crate::Error::ChannelState`] if it is closed already.
    pub fn close_channel(&mut self, port: &str, channel: &str) -> Result<()> {
        let response =
            self.step(|host, storage| channel::close_init(host, storage, (port, channel)))?;
        self.log(response.events);
        Ok(())
    }

    /// `MsgChannelCloseConfirm`.
    ///
    /// # Errors
    /// [`crate::Error::ChannelState`] if it is not open, or what the application says.
    pub fn confirm_close(&mut self, end: (&str, &str)) -> Result<()> {
        let response = self.step(|host, storage| channel::close_confirm(host, storage, end))?;
        self.log(response.events);
        Ok(())
    }
}
