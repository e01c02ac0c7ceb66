//! A wallet of the outpost's chain without an outpost, or one that lies.

use anyhow::Context as _;
use cosmos::chain::TxOutcome;
use cosmos::ibc_proto::cosmos::base::v1beta1::Coin;
use cosmos::ibc_proto::ibc::applications::transfer::v1::{MsgTransfer, MsgTransferResponse};
use cosmos::wire::tx::any;
use protocol::ics20::TRANSFER_PORT;
use protocol::memo::Callback;
use protocol::money::Open;
use protocol::{Action, Deployment, Memo, Message};

use crate::world::{WALLET, World};

/// What a chain grants a callback by default.
const CALLBACK_GAS: u64 = 1_000_000;
/// Seconds until a transfer is too late, unless a test wants another number.
pub const TIMEOUT: u64 = 600;

impl World {
    /// The wallet's message that opens a deployment as its own tenant.
    ///
    /// # Errors
    /// The local nodes do not know the wallet.
    pub fn open(&self, n: u64, seq: u64, deployment: Deployment) -> anyhow::Result<Message> {
        let account = self.address(WALLET)?.to_owned();
        let open = Open { account, seq, refund_to: None, local_refund: None, deployment };
        Ok(Message { n, action: Action::Open(open) })
    }

    /// A memo that calls the market with a message. Nothing is checked: a liar would not either.
    ///
    /// # Errors
    /// The message cannot be encoded.
    pub fn memo(&self, message: Message) -> anyhow::Result<String> {
        self.memo_with_gas(message, CALLBACK_GAS)
    }

    /// As [`World::memo`], with a limit to the gas of the callback.
    ///
    /// # Errors
    /// As [`World::memo`].
    pub fn memo_with_gas(&self, message: Message, gas: u64) -> anyhow::Result<String> {
        let memo = Memo {
            src_callback: None,
            dest_callback: Some(Callback::new(self.deployed.market.as_str(), gas)),
            entrepot: message,
        };
        Ok(serde_json::to_string(&memo)?)
    }

    /// A transfer of the wallet to the market over the route.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn transfer(
        &self,
        units: u128,
        memo: String,
        timeout: u64,
    ) -> anyhow::Result<MsgTransfer> {
        let now = crate::clock::now(&self.sites.market.chain).await?;
        let amount = units.to_string();
        Ok(MsgTransfer {
            source_port: TRANSFER_PORT.to_owned(),
            source_channel: self.deployed.transfer.outpost.clone(),
            token: Some(Coin { denom: self.deployed.denom.clone(), amount }),
            sender: self.address(WALLET)?.to_owned(),
            receiver: self.deployed.market.clone(),
            timeout_height: None,
            timeout_timestamp: (now + timeout) * 1_000_000_000,
            memo,
        })
    }

    /// Sends transfers of the wallet in one transaction; the packets' sequences are in order.
    ///
    /// # Errors
    /// The chain refuses one of them.
    pub async fn send(&self, transfers: &[MsgTransfer]) -> anyhow::Result<(Vec<u64>, TxOutcome)> {
        let msgs: Vec<_> = transfers.iter().map(any).collect();
        let chain = &self.sites.outpost.chain;
        let outcome = chain.send_msgs(&self.key(WALLET)?, &msgs, "").await?;
        let mut sequences = Vec::new();
        for index in 0..msgs.len() {
            let answer: MsgTransferResponse =
                outcome.answer(index).with_context(|| format!("transfer {index}"))?;
            sequences.push(answer.sequence);
        }
        Ok((sequences, outcome))
    }
}
