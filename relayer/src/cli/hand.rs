//! What verbs need that send single messages by hand.

use std::fmt;

use cosmos::Any;
use cosmos::chain::ibc::Transfer;
use cosmos::chain::{Chain, TxOutcome};
use cosmos::keys::Key;
use serde::Serialize;

use super::Place;
use super::control;
use super::password::{self, Again};
use crate::config::Config;
use crate::drive::setup;

/// How a verb sends.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Manner {
    /// The key that signs; default the chain's.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// Only say what it would cost.
    #[arg(long)]
    dry_run: bool,
}

/// A chain and a key on it.
pub(super) struct Hand {
    pub(super) chain: Chain,
    pub(super) signer: String,
    key: Key,
    dry_run: bool,
}

/// What became of the messages.
#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(super) enum Sent {
    /// A dry run says that they would succeed.
    WouldSucceed {
        chain: String,
        /// The gas they would take.
        gas: u64,
        /// What that costs, with the fee denom.
        fee: String,
    },
    /// A block has them.
    Included {
        chain: String,
        hash: String,
        height: u64,
        gas_used: u64,
        /// With the fee denom.
        fee: String,
        #[serde(skip)]
        tx: Box<TxOutcome>,
    },
}

/// Whether another ferry of this home signs: one that runs, or a `ferry link`.
async fn is_signing(place: &Place, file: &Config) -> anyhow::Result<bool> {
    Ok(control::is_running(place).await? || place.store(file).is_in_use().await?)
}

impl Hand {
    /// Opens a key and connects. Nothing is sent.
    pub(super) async fn open(
        place: &Place,
        file: &Config,
        chain: &str,
        manner: &Manner,
    ) -> anyhow::Result<Self> {
        let config = file.chain(chain)?;
        let name = manner.key.as_deref().unwrap_or_else(|| config.key.first());
        // Two that sign with one key take each other's sequences; the daemon then stops signing.
        let is_served = file.chains.iter().any(|chain| chain.key.iter().any(|key| key == name));
        if !manner.dry_run && is_served && is_signing(place, file).await? {
            anyhow::bail!(
                "ferry is running and signs with `{name}`; stop it, or give another --key"
            );
        }
        let key = place.keys().load(name, &password::read(place, Again::No)?)?;
        let chain = setup::reach(config).await?;
        let signer = chain.address(&key)?;
        Ok(Self { chain, signer, key, dry_run: manner.dry_run })
    }

    /// The message of a transfer, signed by this key.
    pub(super) fn transfer(&self, transfer: Transfer<'_>) -> anyhow::Result<Any> {
        Ok(self.chain.transfer_msg(&self.key, transfer)?)
    }

    /// Sends messages in one transaction and waits for its block, or only says what that would cost.
    pub(super) async fn send(&self, msgs: &[Any]) -> anyhow::Result<Sent> {
        let config = self.chain.config();
        let chain = config.chain_id.clone();
        let memo = setup::memo("");
        if self.dry_run {
            let gas = self.chain.simulate(&self.key, msgs, &memo).await?;
            let fee = format!("{}{}", config.gas_price.fee(gas), config.gas_price.denom());
            return Ok(Sent::WouldSucceed { chain, gas, fee });
        }
        let tx = self.chain.send_msgs(&self.key, msgs, &memo).await?;
        Ok(Sent::Included {
            chain,
            hash: tx.hash.clone(),
            height: tx.height,
            gas_used: tx.gas_used,
            fee: format!("{}{}", tx.fee, config.gas_price.denom()),
            tx: Box::new(tx),
        })
    }
}

impl Sent {
    /// An attribute of an event that the transaction caused; `None` after a dry run.
    pub(super) fn attribute(&self, kind: &str, key: &str) -> Option<String> {
        match self {
            Self::WouldSucceed { .. } => None,
            Self::Included { tx, .. } => tx.attribute(kind, key).map(str::to_owned),
        }
    }

    /// The same of all events of this kind.
    pub(super) fn attributes(&self, kind: &str, key: &str) -> Vec<String> {
        let Self::Included { tx, .. } = self else { return Vec::new() };
        let events = tx.events.iter().filter(|event| event.kind == kind);
        events.filter_map(|event| event.get(key).map(str::to_owned)).collect()
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WouldSucceed { chain, gas, fee } => {
                write!(f, "would succeed on {chain}: {gas} gas, about {fee}")
            }
            Self::Included { chain, hash, height, gas_used, fee, .. } => {
                write!(f, "included on {chain} at height {height}: {hash}, {gas_used} gas, {fee}")
            }
        }
    }
}
