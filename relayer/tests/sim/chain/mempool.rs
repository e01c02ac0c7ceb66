//! The mempool of a node: what it takes, what it drops, and what is on its way elsewhere.

use cosmos::keys::{account_id, encode_address};
use cosmos::wire::gas::GasPrice;
use cosmos::wire::tx::{DecodedTx, decode};

use super::{Chain, PREFIX};
use crate::channels::Channels;
use crate::core::{Context, Core, Failure, Mode, fail};

/// A transaction in the mempool.
#[derive(Clone, Debug)]
pub(super) struct Pooled {
    pub(super) tx: DecodedTx,
    pub(super) signer: String,
}

/// What a node answers to a broadcast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    Pooled,
    Full,
    Refused(Failure),
    /// The node takes no transactions of this size.
    TooLarge,
}

/// Where a transaction still is that a mempool has evicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evicted {
    Nowhere,
    /// They have heard of it before, and may include it later.
    OtherNodes,
}

impl<C: Channels> Chain<C> {
    /// The ante handler: what decides on entry, and what a block does before the messages.
    pub(super) fn ante(core: &mut Core<C>, at: &Context, pooled: &Pooled) -> Result<(), Failure> {
        let (tx, signer) = (&pooled.tx, &pooled.signer);
        if tx.timeout_height != 0 && at.height > tx.timeout_height {
            return fail("sdk", 30, "tx timeout height");
        }
        if tx.fee.amount < GasPrice::new(at.base_price, "stake").fee(tx.fee.gas_limit) {
            return fail("sdk", 13, "insufficient fees");
        }
        let expected = core.sequences.get(signer).copied().unwrap_or(0);
        if tx.sequence != expected {
            let text =
                format!("account sequence mismatch, expected {expected}, got {}", tx.sequence);
            return fail("sdk", 32, format!("{text}: incorrect account sequence"));
        }
        if at.mode != Mode::Deliver {
            Self::check_packets(core, at, tx)?;
        }
        core.pay(tx, signer, at.time)?;
        core.sequences.insert(signer.clone(), expected + 1);
        Ok(())
    }

    /// ibc-go's `RedundantRelayDecorator`.
    fn check_packets(core: &mut Core<C>, at: &Context, tx: &DecodedTx) -> Result<(), Failure> {
        let (mut packets, mut redundant) = (0, 0);
        for message in &tx.msgs {
            let Some(is_redundant) = core.redundancy(message)? else {
                if message.type_url.ends_with("MsgUpdateClient") {
                    core.run(at, message, &mut Vec::new())?;
                }
                continue;
            };
            packets += 1;
            redundant += usize::from(is_redundant);
            if !is_redundant {
                core.run(at, message, &mut Vec::new())?;
            }
        }
        if packets > 0 && packets == redundant {
            return fail("channel", 22, "packet messages are redundant");
        }
        Ok(())
    }

    fn read(bytes: &[u8]) -> Pooled {
        let tx = decode(bytes).expect("our own bytes decode");
        let key = tx.public_key.expect("signed transactions carry a key");
        let signer = encode_address(PREFIX, &account_id(&key)).expect("the prefix is valid");
        Pooled { tx, signer }
    }

    /// `broadcast_tx_sync`.
    pub(crate) fn offer(&mut self, bytes: &[u8]) -> Checked {
        let pooled = Self::read(bytes);
        if self.cache.contains(&pooled.tx.hash) {
            return Checked::Pooled;
        }
        let flooded = self.flooded.filter(|(_, until)| self.height < *until);
        let capacity = flooded.map_or(self.capacity, |(room, _)| room.min(self.capacity));
        if self.mempool.len() >= capacity {
            return Checked::Full;
        }
        let at = self.context(self.height, self.time);
        let mut check = self.check.clone();
        if bytes.len() > self.max_tx_bytes {
            return Checked::TooLarge;
        }
        if pooled.tx.fee.gas_limit > self.block_gas {
            let log = "tx gas limit exceeds block max gas".to_owned();
            return Checked::Refused(Failure { codespace: "sdk", code: 41, log });
        }
        match Self::ante(&mut check, &at, &pooled) {
            Ok(()) => {
                self.check = check;
                self.cache.insert(pooled.tx.hash);
                self.mempool.push_back(pooled);
                Checked::Pooled
            }
            Err(failure) => Checked::Refused(failure),
        }
    }

    /// `broadcast_tx_sync` at the node that makes the next block, of which ours hears nothing before; `false` when that
    /// one has it already.
    pub(crate) fn offer_elsewhere(&mut self, bytes: &[u8]) -> bool {
        let pooled = Self::read(bytes);
        let is_new = self.elsewhere.iter().all(|other| other.tx.hash != pooled.tx.hash);
        self.elsewhere.extend(Some(pooled).filter(|_| is_new));
        is_new
    }

    /// Others offer more than the mempool holds, for so many blocks. What pays least for its gas goes without a word,
    /// of equals the last.
    pub(crate) fn flood(&mut self, room: usize, blocks: u64, evicted_to: Evicted) {
        self.flooded = Some((room, self.height + blocks));
        let price = |pooled: &Pooled| {
            pooled.tx.fee.amount.saturating_mul(1_000_000)
                / u128::from(pooled.tx.fee.gas_limit.max(1))
        };
        self.mempool.make_contiguous().sort_by_key(|pooled| std::cmp::Reverse(price(pooled)));
        let evicted = self.mempool.split_off(room.min(self.mempool.len()));
        for pooled in &evicted {
            self.cache.remove(&pooled.tx.hash);
        }
        self.elsewhere.extend(evicted.into_iter().filter(|_| evicted_to == Evicted::OtherNodes));
    }

    /// `broadcast_tx_sync` at a node that is a block behind, knows nothing of the mempool, and passes
    /// nothing on.
    pub(crate) fn offer_stale(&self, bytes: &[u8]) -> Checked {
        let behind = self.height - 1;
        let Some(state) = self.history.get(&behind) else { return Checked::Full };
        let at = self.context(behind, self.headers[&behind].time);
        match Self::ante(&mut Core::clone(state), &at, &Self::read(bytes)) {
            Ok(()) => Checked::Pooled,
            Err(failure) => Checked::Refused(failure),
        }
    }

    /// What CometBFT does with the rest of the mempool after a block.
    pub(crate) fn recheck(&mut self) {
        self.rechecks_at = None;
        self.check = self.core.clone();
        let at = Context { mode: Mode::Recheck, ..self.context(self.height, self.time) };
        for pooled in std::mem::take(&mut self.mempool) {
            let mut check = self.check.clone();
            match Self::ante(&mut check, &at, &pooled) {
                Ok(()) => {
                    self.check = check;
                    self.mempool.push_back(pooled);
                }
                Err(_) => {
                    self.cache.remove(&pooled.tx.hash);
                }
            }
        }
    }

    /// How many transactions wait.
    pub(crate) fn pooled(&self) -> usize {
        self.mempool.len()
    }

    /// Starts the node anew: what waited is forgotten.
    pub(crate) fn restart(&mut self) {
        self.mempool.clear();
        self.cache.clear();
        self.check = self.core.clone();
    }

    /// Loses a transaction without a word, as CometBFT does when an application forgets it.
    pub(crate) fn lose(&mut self, place: u64) {
        let Ok(place) = usize::try_from(place % (self.mempool.len().max(1) as u64)) else { return };
        if let Some(pooled) = self.mempool.remove(place) {
            self.cache.remove(&pooled.tx.hash);
        }
    }
}
