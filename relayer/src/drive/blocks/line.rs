//! The blocks that are fetched at once take no more memory than a long one alone.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

/// The longest answer that is read before its block's turn, in bytes: those that wait have 32 MiB together. A longer
/// one is read when the blocks before it are taken: the results of 10,000 receives have 57 MB, and twice that once
/// they are read.
const EARLY: usize = 4 << 20;

/// The blocks that are fetched at once: each waits for its turn, and the long ones are read then.
#[derive(Debug)]
pub(super) struct Line {
    /// The height whose turn it is.
    next: watch::Sender<u64>,
    /// How many bytes the results of the last block had.
    last: AtomicUsize,
}

impl Line {
    /// A line in which the block at a height comes first.
    pub(super) fn new(next: u64) -> Self {
        Self { next: watch::Sender::new(next), last: AtomicUsize::new(0) }
    }

    /// Whether the last block was a long one; the next is likely to be one too.
    pub(super) fn is_long(&self) -> bool {
        self.last.load(Ordering::Relaxed) > EARLY
    }

    /// Notes that it is a block's turn.
    pub(super) fn come_to(&self, height: u64) {
        self.next.send_replace(height);
    }

    /// Notes how many bytes the results of the last block had.
    pub(super) fn note(&self, size: usize) {
        self.last.store(size, Ordering::Relaxed);
    }

    fn is_turn(&self, height: u64) -> bool {
        *self.next.borrow() >= height
    }

    /// Waits for a block's turn.
    pub(super) async fn wait(&self, height: u64) {
        // It ends well: the sender is here.
        let _ = self.next.subscribe().wait_for(|next| *next >= height).await;
    }

    /// How many bytes of a block's results may be read now, once that is worth asking for.
    pub(super) async fn room(&self, height: u64) -> usize {
        if self.is_long() {
            self.wait(height).await;
        }
        if self.is_turn(height) { usize::MAX } else { EARLY }
    }
}
