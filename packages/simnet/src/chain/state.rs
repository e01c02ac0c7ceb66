//! A chain's state after a block, apart from the chain: what proofs are taken from, and what
//! transactions are tried on.

use cosmwasm_std::{Binary, BlockInfo, Event, IbcPacket, Timestamp};

use super::Chain;
use crate::error::Result;
use crate::ibc::state::{ACKS, CHANNELS, COMMITMENTS, ChannelEnd, NEXT_SEQUENCE, RECEIPTS};
use crate::storage::ChainStorage;

/// A packet on one side: port, channel, sequence.
pub type PacketPlace<'a> = (&'a str, &'a str, u64);

/// Everything a chain has stored, and the block that it was stored in.
#[derive(Debug, Clone)]
pub struct State {
    block: BlockInfo,
    storage: ChainStorage,
}

impl State {
    /// The same, in a later block in which nothing happens.
    #[must_use]
    pub fn in_block(mut self, (height, time): (u64, Timestamp)) -> Self {
        self.block.height = height;
        self.block.time = time;
        self
    }

    /// A channel end, if there is one.
    ///
    /// # Errors
    /// [`crate::Error::Transaction`] if the store cannot be read; so do all methods here.
    pub fn channel(&self, port: &str, channel: &str) -> Result<Option<ChannelEnd>> {
        Ok(CHANNELS.may_load(&self.storage, (port, channel))?)
    }

    /// A packet sent from here whose end is not known here yet.
    ///
    /// # Errors
    /// As [`State::channel`].
    pub fn commitment(&self, packet: PacketPlace<'_>) -> Result<Option<IbcPacket>> {
        Ok(COMMITMENTS.may_load(&self.storage, packet)?)
    }

    /// Whether a packet was received here.
    #[must_use]
    pub fn has_receipt(&self, packet: PacketPlace<'_>) -> bool {
        RECEIPTS.has(&self.storage, packet)
    }

    /// The acknowledgement that was written here for a packet.
    ///
    /// # Errors
    /// As [`State::channel`].
    pub fn acknowledgement(&self, packet: PacketPlace<'_>) -> Result<Option<Binary>> {
        Ok(ACKS.may_load(&self.storage, packet)?)
    }

    /// How many packets sent from here have not ended.
    #[must_use]
    pub fn commitments(&self) -> usize {
        let all = cosmwasm_std::Order::Ascending;
        COMMITMENTS.keys_raw(&self.storage, None, None, all).count()
    }

    /// How many packets were ever sent from here.
    ///
    /// # Errors
    /// As [`State::channel`].
    pub fn sent(&self) -> Result<u64> {
        let all = cosmwasm_std::Order::Ascending;
        let next = NEXT_SEQUENCE.range(&self.storage, None, None, all);
        next.map(|record| Ok(record?.1.saturating_sub(1))).sum()
    }
}

impl Chain {
    /// The state as it is now.
    #[must_use]
    pub fn state(&self) -> State {
        State { block: self.block(), storage: self.storage().clone() }
    }

    /// Makes a state the chain's own, as the block that is then made does.
    pub fn set_state(&mut self, state: State) {
        self.app.set_block(state.block);
        *self.app.storage_mut() = state.storage;
    }

    /// Does something on `state` in a block of some height and time, and returns the events of it. The
    /// chain itself stays as it is.
    ///
    /// # Errors
    /// What the work says. `state` is as before then.
    pub fn run_on<T, E>(
        &mut self,
        state: &mut State,
        block: (u64, Timestamp),
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<(T, Vec<Event>), E> {
        let own = State { block: self.block(), storage: std::mem::take(self.app.storage_mut()) };
        self.set_state(state.clone().in_block(block));
        let logged = self.events.len();
        let done = work(self);
        let events = self.events.split_off(logged);
        let after = State { block: self.block(), storage: std::mem::take(self.app.storage_mut()) };
        self.set_state(own);
        let done = done?;
        *state = after;
        Ok((done, events))
    }
}
