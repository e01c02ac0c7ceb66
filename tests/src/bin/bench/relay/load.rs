//! The packets that relayers are given: ICS-20 transfers of one unit from the first chain.

use std::time::{Duration, SystemTime};

use anyhow::ensure;
use cosmos::chain::Chain;
use cosmos::chain::ibc::Transfer;
use cosmos::ibc_proto::cosmos::base::query::v1beta1::PageRequest;
use cosmos::ibc_proto::ibc::core::channel::v1 as channel;
use cosmos::keys::Key;
use cosmos::wire::height::Height;
use cosmos::wire::sign::sign;
use cosmos::wire::tx::{Fee, SignedTx, TxPlan};
use protocol::ics20::TRANSFER_PORT;
use tokio::time::{Instant, sleep, sleep_until};

use super::nodes::Nodes;

/// Transfers in one transaction.
const PER_TX: u64 = 100;
/// Nothing that is measured is as slow.
const TIMEOUT: Duration = Duration::from_secs(3_600);
/// How often a node is asked, which is cheap: one key.
const POLL: Duration = Duration::from_millis(200);
/// How long a transaction of ours may take into a block.
const INCLUSION: Duration = Duration::from_secs(60);
/// The only channel on fresh nodes.
pub(crate) const CHANNEL: &str = "channel-0";

/// Sends transfers, and knows when the last is acknowledged.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    chain: &'a Chain,
    key: Key,
    denom: &'a str,
    receiver: &'a str,
}

impl<'a> Load<'a> {
    pub(crate) fn on(nodes: &'a Nodes) -> anyhow::Result<Self> {
        let [chain, _] = &nodes.chains;
        let net = &nodes.net;
        Ok(Self {
            chain,
            key: net.key("user1")?,
            denom: &net.chains.a.token,
            receiver: &net.account("user2")?.address,
        })
    }

    /// Signs `count` transfers beforehand, so that sending them takes no time.
    ///
    /// # Errors
    /// The node does not answer, or would not execute them.
    pub(crate) async fn prepare(&self, count: u64) -> anyhow::Result<Vec<SignedTx>> {
        self.prepare_in(PER_TX, count).await
    }

    /// As [`Self::prepare`], with so many in a transaction.
    ///
    /// # Errors
    /// As [`Self::prepare`].
    pub(crate) async fn prepare_in(
        &self,
        per_tx: u64,
        count: u64,
    ) -> anyhow::Result<Vec<SignedTx>> {
        let account = self.chain.account(&self.chain.address(&self.key)?).await?;
        let timeout = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)? + TIMEOUT;
        let transfer = self.chain.transfer_msg(
            &self.key,
            Transfer {
                channel: CHANNEL,
                amount: 1,
                denom: self.denom,
                receiver: self.receiver,
                memo: "",
                timeout_height: Height::default(),
                timeout_timestamp: u64::try_from(timeout.as_nanos())?,
            },
        )?;
        let mut signed = Vec::new();
        let (mut left, mut sequence, mut gas) = (count, account.sequence, None);
        while left > 0 {
            let msgs = vec![transfer.clone(); usize::try_from(left.min(per_tx))?];
            let gas_limit = match gas {
                Some((size, gas)) if size == msgs.len() => gas,
                _ => self.chain.simulate(&self.key, &msgs, "").await? * 13 / 10,
            };
            gas = Some((msgs.len(), gas_limit));
            let config = self.chain.config();
            let amount = config.gas_price.fee(gas_limit);
            let fee = Fee {
                gas_limit,
                amount,
                denom: config.gas_price.denom().to_owned(),
                granter: None,
            };
            signed.push(sign(
                &self.key,
                &TxPlan {
                    chain_id: &config.chain_id,
                    account_number: account.number,
                    sequence,
                    msgs: &msgs,
                    fee: &fee,
                    memo: "",
                    timeout_height: 0,
                    extension_options: &[],
                },
            ));
            (left, sequence) = (left - left.min(per_tx), sequence + 1);
        }
        Ok(signed)
    }

    /// Offers transactions, spread evenly over `within`, and waits until a block has the last.
    ///
    /// # Errors
    /// The node does not take one, or no block does.
    pub(crate) async fn send(&self, txs: &[SignedTx], within: Duration) -> anyhow::Result<()> {
        let begun = Instant::now();
        for (index, tx) in txs.iter().enumerate() {
            sleep_until(begun + within.mul_f64(index as f64 / txs.len() as f64)).await;
            let answer = self.chain.rpc().broadcast_tx_sync(&tx.bytes).await?;
            ensure!(answer.code == 0, "a transfer was refused: {}", answer.log);
        }
        let Some(last) = txs.last() else { return Ok(()) };
        let deadline = Instant::now() + INCLUSION;
        while Instant::now() < deadline {
            if let Some(found) = self.chain.rpc().tx(&last.hash).await? {
                ensure!(found.result.code == 0, "a transfer failed: {}", found.result.log);
                return Ok(());
            }
            sleep(POLL).await;
        }
        anyhow::bail!("no block took a transfer within {INCLUSION:?}")
    }

    /// The sequence of the channel's next packet.
    ///
    /// # Errors
    /// The node does not answer.
    pub(crate) async fn next_sequence(&self) -> anyhow::Result<u64> {
        let request = channel::QueryNextSequenceSendRequest {
            port_id: TRANSFER_PORT.to_owned(),
            channel_id: CHANNEL.to_owned(),
        };
        let path = "/ibc.core.channel.v1.Query/NextSequenceSend";
        let answer: channel::QueryNextSequenceSendResponse =
            self.chain.rpc().query(path, &request, 0).await?;
        Ok(answer.next_sequence_send)
    }

    /// Waits until every packet is acknowledged; `false` when some are not after `patience`.
    ///
    /// # Errors
    /// The node does not answer.
    pub(crate) async fn is_settled_within(&self, patience: Duration) -> anyhow::Result<bool> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if self.is_settled().await? {
                return Ok(true);
            }
            sleep(POLL).await;
        }
        Ok(false)
    }

    /// Whether every packet is acknowledged.
    ///
    /// # Errors
    /// The node does not answer.
    pub(crate) async fn is_settled(&self) -> anyhow::Result<bool> {
        let one = PageRequest { limit: 1, ..PageRequest::default() };
        let request = channel::QueryPacketCommitmentsRequest {
            port_id: TRANSFER_PORT.to_owned(),
            channel_id: CHANNEL.to_owned(),
            pagination: Some(one),
        };
        let path = "/ibc.core.channel.v1.Query/PacketCommitments";
        let answer: channel::QueryPacketCommitmentsResponse =
            self.chain.rpc().query(path, &request, 0).await?;
        Ok(answer.commitments.is_empty())
    }
}
