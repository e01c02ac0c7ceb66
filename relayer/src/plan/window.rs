//! How much may be on its way to a chain at once, and how much of it in one transaction.

use super::idle::Idle;
use super::work::Work;
use crate::model::Model;
use crate::model::chain::Chain;
use crate::model::ids::FlowId;

/// Undecided transactions may fill this many blocks: CometBFT checks what remains in the mempool
/// again after every block, and more of it stalls consensus.
const WINDOW_BLOCKS: u64 = 2;
/// A block takes this many batches, so that a lost one costs little; fewer where nodes answer so slowly that a key
/// cannot offer as many between two blocks.
const BATCHES_PER_BLOCK: u64 = 20;
/// And this many of those whose works have others behind them that can go only afterwards.
const ROWS_PER_BLOCK: u64 = 4;
/// The gas that a block is taken to hold when the chain sets no limit.
const UNLIMITED_BLOCK_GAS: u64 = 200_000_000;
/// A node accepts bodies of 1 MB, and a simulation has the transaction in hex there.
const MAX_TX_BYTES: u64 = 480_000;
/// The most gas that a single message may take where `max_gas` is not set: whoever sends a packet decides
/// what its receive costs us.
const MAX_MESSAGE_GAS: u64 = 4_000_000;
/// About what a message takes besides the bytes of its packet: a proof, names and heights.
const MESSAGE_BYTES: u64 = 900;
/// The most of messages that one epoch gathers. It has them in memory up to three times over: bytes and proofs, what is
/// simulated, and what is signed.
const EPOCH_BYTES: u64 = 16 * 1024 * 1024;

/// What one transaction may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Gas to aim at.
    pub(crate) gas: u64,
    /// Gas to aim at with packets of an ordered channel, which has one transaction on its way.
    pub(crate) row_gas: u64,
    /// Gas that may be paid for.
    pub(crate) max_gas: u64,
    /// Gas that may be paid for a single message.
    pub(crate) max_message_gas: u64,
    /// Bytes to aim at.
    pub(crate) bytes: usize,
    /// Bytes that a node and a block take.
    pub(crate) max_bytes: usize,
    /// Messages.
    pub(crate) msgs: usize,
}

impl Limits {
    /// Gas to aim at with these works.
    pub(crate) fn aim(&self, works: &[Work]) -> u64 {
        let mut routes = works.iter().filter_map(|work| work.packet().map(|(_, key)| &key.route));
        if routes.any(|route| route.is_ordered()) { self.row_gas } else { self.gas }
    }

    /// Gas that may be paid for one work, with so many client messages before it; each of them verifies a header, which
    /// takes long where many have signed it.
    pub(crate) fn single(&self, updates: usize) -> u64 {
        let messages = u64::try_from(updates).unwrap_or(u64::MAX).max(1);
        self.max_message_gas.saturating_mul(messages).min(self.max_gas)
    }

    /// What is left where so many bytes are taken already.
    pub(crate) fn beside(self, bytes: usize) -> Self {
        let max_bytes = self.max_bytes.saturating_sub(bytes);
        Self { max_bytes, bytes: self.bytes.min(max_bytes), ..self }
    }
}

/// What the next epoch may add to what is on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    gas: u64,
    bytes: u64,
    is_untouched: bool,
}

impl Room {
    /// What of it is left where no more gas can be paid for.
    pub(crate) fn within(self, gas: Option<u64>) -> Self {
        Self { gas: self.gas.min(gas.unwrap_or(u64::MAX)), ..self }
    }

    /// Takes one of so many parts out.
    pub(crate) fn split(&mut self, parts: u64) -> Self {
        let part = Self { gas: self.gas / parts, bytes: self.bytes / parts, ..*self };
        self.gas -= part.gas;
        self.bytes -= part.bytes;
        part
    }

    /// Takes the place of one message of this gas and size; `false` when there is none. The first always fits.
    pub(crate) fn take(&mut self, gas: u64, bytes: u64) -> bool {
        let fits = gas <= self.gas && bytes <= self.bytes;
        if !fits && !self.is_untouched {
            return false;
        }
        self.is_untouched = false;
        self.gas = self.gas.saturating_sub(gas);
        self.bytes = self.bytes.saturating_sub(bytes);
        true
    }
}

impl Model {
    /// What one transaction on the chain of a flow may hold.
    pub(crate) fn limits(&self, flow: &FlowId) -> Limits {
        let chain = self.chain_to(flow);
        let block_gas = chain.and_then(|chain| chain.block_gas).unwrap_or(UNLIMITED_BLOCK_GAS);
        let block_bytes = chain.map_or(0, |chain| chain.block_bytes);
        let max_bytes = (block_bytes / 10 * 9).min(MAX_TX_BYTES);
        let offers = chain.and_then(|chain| self.chains.get(&chain.id));
        let offers = offers.map_or(BATCHES_PER_BLOCK, Chain::offers_per_block);
        let batches = offers.clamp(ROWS_PER_BLOCK, BATCHES_PER_BLOCK);
        let bytes = (block_bytes / batches).min(max_bytes);
        let wanted = chain.and_then(|chain| chain.max_gas);
        let max_gas = wanted.unwrap_or(u64::MAX);
        let aim = |parts: u64| (block_gas / parts).min(max_gas / 5 * 4);
        Limits {
            gas: aim(batches),
            row_gas: aim(ROWS_PER_BLOCK),
            max_gas: max_gas.min(block_gas),
            max_message_gas: wanted.unwrap_or(MAX_MESSAGE_GAS).min(block_gas),
            bytes: bytes.try_into().unwrap_or(usize::MAX),
            max_bytes: max_bytes.try_into().unwrap_or(usize::MAX),
            msgs: chain.map_or(1, |chain| chain.max_msgs),
        }
    }

    /// What may be added for a flow; an error when less than a whole batch fits.
    pub(crate) fn room(&self, flow: &FlowId) -> Result<Room, Idle> {
        let chain = self.chain_to(flow).ok_or(Idle::Unread)?;
        let block_gas = chain.block_gas.unwrap_or(UNLIMITED_BLOCK_GAS);
        let (mut gas, mut bytes, mut is_empty) = (0u64, 0u64, true);
        for slot in self.record.all_slots().filter(|slot| slot.id.lane.chain == chain.id) {
            gas = gas.saturating_add(slot.gas_limit);
            bytes = bytes.saturating_add(slot.size);
            is_empty = false;
        }
        let gas = block_gas.saturating_mul(WINDOW_BLOCKS).saturating_sub(gas);
        let bytes = chain.block_bytes.saturating_mul(WINDOW_BLOCKS).saturating_sub(bytes);
        let has_room =
            gas >= block_gas / BATCHES_PER_BLOCK && bytes >= chain.block_bytes / BATCHES_PER_BLOCK;
        if !has_room && !is_empty {
            return Err(Idle::Window);
        }
        Ok(Room { gas, bytes: bytes.min(EPOCH_BYTES), is_untouched: true })
    }

    /// About how many bytes the message of a work takes.
    pub(crate) fn message_bytes(&self, work: &Work) -> u64 {
        let packet = work.packet().and_then(|(_, key)| self.record.packet(key));
        let proofs = match work {
            // That nothing is there is proved by both neighbours of the place.
            Work::Timeout(_) | Work::TimeoutOnClose(_) => 2,
            _ => 1,
        };
        (MESSAGE_BYTES * proofs).saturating_add(packet.map_or(0, |row| row.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_header_before_a_work_may_take_as_much_as_a_message() {
        let limits = Limits {
            gas: 10,
            row_gas: 50,
            max_gas: 200,
            max_message_gas: 40,
            bytes: 1,
            max_bytes: 1,
            msgs: 1,
        };
        assert_eq!([0, 1, 2, 6].map(|updates| limits.single(updates)), [40, 40, 80, 200]);
    }
}
