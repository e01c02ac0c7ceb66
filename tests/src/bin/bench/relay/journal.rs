//! What two chains did while a relayer was measured, read from their blocks afterwards.

use std::collections::BTreeSet;

use cosmos::Any;
use cosmos::chain::Chain;
use cosmos::ibc_proto::ibc::core::channel::v1::{MsgAcknowledgement, MsgRecvPacket, MsgTimeout};
use cosmos::keys::{account_id, encode_address};
use cosmos::rpc::TxResult;
use cosmos::wire::event_v1::{IbcEvent, decode};
use cosmos::wire::tx;
use prost::{Message as _, Name as _};

/// Code of the SDK for a transaction that ran out of gas.
const OUT_OF_GAS: (&str, u32) = ("sdk", 11);

/// A stretch of one chain's blocks.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) blocks: Vec<BlockNote>,
}

/// What happened in a block.
#[derive(Debug)]
pub(crate) struct BlockNote {
    pub(crate) height: u64,
    /// When the block was committed, in seconds since 1970: the time in the header after it.
    pub(crate) committed_at: f64,
    /// Sequences of packets sent, received and acknowledged.
    pub(crate) sent: Vec<u64>,
    pub(crate) received: Vec<u64>,
    pub(crate) acked: Vec<u64>,
    /// The relayer's transactions.
    pub(crate) txs: Vec<TxNote>,
}

/// A transaction of the relayer.
#[derive(Clone, Debug, Default)]
pub(crate) struct TxNote {
    pub(crate) outcome: Outcome,
    pub(crate) gas_wanted: u64,
    pub(crate) gas_used: u64,
    pub(crate) fee: u128,
    /// The heights of the other chain that its client updates brought, one for each message.
    pub(crate) updates: Vec<u64>,
    /// Messages that carry a packet, and those of them that had an effect.
    pub(crate) packets: u64,
    pub(crate) effected: u64,
    /// The heights of the other chain that they prove against.
    pub(crate) proved: BTreeSet<u64>,
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Outcome {
    #[default]
    Succeeded,
    Failed,
    OutOfGas,
}

impl Journal {
    /// Reads all blocks after `after` that another block follows, with the transactions of `relayer`.
    ///
    /// # Errors
    /// The node does not answer, or something does not decode.
    pub(crate) async fn read(chain: &Chain, after: u64, relayer: &str) -> anyhow::Result<Self> {
        let [journal] = Self::read_each(chain, after, [relayer]).await?;
        Ok(journal)
    }

    /// The same of several relayers, one journal each; the node is asked once.
    ///
    /// # Errors
    /// As of [`Journal::read`].
    pub(crate) async fn read_each<const N: usize>(
        chain: &Chain,
        after: u64,
        relayers: [&str; N],
    ) -> anyhow::Result<[Self; N]> {
        let rpc = chain.rpc();
        let tip = chain.height().await?;
        let mut journals = relayers.map(|relayer| (relayer, Self::default()));
        for height in after + 1..=tip {
            let block = rpc.block(height).await?.block;
            let results = rpc.block_results(height).await?.txs;
            for (relayer, Self { blocks }) in &mut journals {
                if let Some(before) = blocks.last_mut() {
                    before.committed_at = block.header.time.unix_timestamp_nanos() as f64 / 1e9;
                }
                let mut note = BlockNote::new(height);
                for (bytes, result) in block.txs().iter().zip(&results) {
                    note.take(bytes, result, (relayer, &chain.config().prefix))?;
                }
                blocks.push(note);
            }
        }
        Ok(journals.map(|(_, mut journal)| {
            journal.blocks.pop();
            journal
        }))
    }
}

impl Journal {
    /// Milliseconds from each commit to the next.
    pub(crate) fn intervals_ms(&self) -> Vec<f64> {
        let pairs = self.blocks.iter().zip(self.blocks.iter().skip(1));
        pairs.map(|(one, next)| (next.committed_at - one.committed_at) * 1e3).collect()
    }
}

impl BlockNote {
    fn new(height: u64) -> Self {
        let (sent, received, acked) = (Vec::new(), Vec::new(), Vec::new());
        Self { height, committed_at: 0.0, sent, received, acked, txs: Vec::new() }
    }

    fn take(
        &mut self,
        bytes: &[u8],
        result: &TxResult,
        (relayer, prefix): (&str, &str),
    ) -> anyhow::Result<()> {
        let decoded = tx::decode(bytes)?;
        let (mut effected, mut updates) = (0, Vec::new());
        for event in &result.events {
            let list = match decode(event)? {
                Some(IbcEvent::UpdateClient(update)) => {
                    updates.extend(update.consensus_heights.last().map(|height| height.block));
                    continue;
                }
                Some(IbcEvent::Send(packet, _)) => {
                    self.sent.push(packet.id.sequence);
                    continue;
                }
                Some(IbcEvent::Recv(packet, _)) => (&mut self.received, packet.id.sequence),
                Some(IbcEvent::Acked(id, _)) => (&mut self.acked, id.sequence),
                Some(IbcEvent::TimedOut(..)) => {
                    effected += 1;
                    continue;
                }
                _ => continue,
            };
            list.0.push(list.1);
            effected += 1;
        }
        let signer = decoded.public_key.map(|key| encode_address(prefix, &account_id(&key)));
        if signer.transpose()?.as_deref() != Some(relayer) {
            return Ok(());
        }
        let heights: Vec<u64> = decoded.msgs.iter().filter_map(proof_height).collect();
        self.txs.push(TxNote {
            outcome: match (result.code, (result.codespace.as_str(), result.code)) {
                (0, _) => Outcome::Succeeded,
                (_, OUT_OF_GAS) => Outcome::OutOfGas,
                _ => Outcome::Failed,
            },
            gas_wanted: result.gas_wanted,
            gas_used: result.gas_used,
            fee: decoded.fee.amount,
            updates,
            packets: heights.len() as u64,
            effected,
            proved: heights.into_iter().collect(),
        });
        Ok(())
    }
}

/// The height of the other chain that a message with a packet proves against.
fn proof_height(message: &Any) -> Option<u64> {
    let value = message.value.as_slice();
    let height = match &message.type_url {
        url if *url == MsgRecvPacket::type_url() => MsgRecvPacket::decode(value).ok()?.proof_height,
        url if *url == MsgAcknowledgement::type_url() => {
            MsgAcknowledgement::decode(value).ok()?.proof_height
        }
        url if *url == MsgTimeout::type_url() => MsgTimeout::decode(value).ok()?.proof_height,
        _ => return None,
    };
    Some(height.unwrap_or_default().revision_height)
}
