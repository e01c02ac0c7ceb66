//! What verbs need that send single messages by hand.
//!
//! They pay as the daemon does: the price of gas of now, the limit by `gas_multiplier`, and the first of those who
//! grant fees whose grant will do.

use std::fmt;

use anyhow::Context as _;
use cosmos::Any;
use cosmos::chain::ibc::Transfer;
use cosmos::chain::{Chain, FeeTerms, MAX_GAS, TxOutcome};
use cosmos::keys::Key;
use serde::Serialize;

use super::Place;
use super::control;
use super::password::{self, Again};
use crate::config::Config;
use crate::config::check::memo;
use crate::drive::{funds, now, price, setup};
use crate::model::ids::Address;
use crate::plan::gas::MARGIN;
use crate::store::any::Location;

/// How a verb sends.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Manner {
    /// The key that signs; default the first of the chain's.
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
    /// How fees are paid where nobody grants any.
    fees: FeeTerms,
    granters: Vec<Address>,
    memo: String,
    dry_run: bool,
    /// Where a ferry is kept from signing with the same key while this sends; none where none does.
    shared: Option<Location>,
}

/// What became of the messages.
#[derive(Serialize)]
pub(super) struct Sent {
    #[serde(flatten)]
    outcome: Outcome,
    /// Who paid by a grant; none where the key did.
    #[serde(skip_serializing_if = "Option::is_none")]
    granter: Option<String>,
    /// Who comes before and does not pay.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passed_over: Vec<PassedOver>,
}

/// One who may grant fees and does not pay.
#[derive(Serialize)]
struct PassedOver {
    granter: String,
    reason: String,
}

#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum Outcome {
    /// A dry run says that they would succeed.
    WouldSucceed {
        chain: String,
        /// The gas they would take.
        gas: u64,
        /// What would be paid, with the fee denom.
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
        if !manner.dry_run && is_served {
            let asked = is_signing(place, file).await.with_context(|| {
                format!(
                    "whether a ferry signs with `{name}` cannot be found out; give another --key"
                )
            });
            anyhow::ensure!(
                !asked?,
                "ferry is running and signs with `{name}`; stop it, or give another --key"
            );
        }
        let shared = is_served.then(|| place.store(file));
        let key = place.keys().load(name, &password::read(place, Again::No)?)?;
        let chain = setup::reach(config).await?;
        let price = price::now(&chain, config).await?;
        let fees = FeeTerms {
            multiplier: config.gas_multiplier,
            margin: MARGIN,
            granter: None,
            extension_options: setup::extension_options(config),
        };
        let chain = chain
            .with_gas_price(price)
            .with_max_gas(config.max_gas.unwrap_or(MAX_GAS))
            .with_fees(fees.clone());
        let signer = chain.address(&key)?;
        let (granters, memo) = (setup::granters(config), memo(&config.memo));
        Ok(Self { chain, signer, key, fees, granters, memo, dry_run: manner.dry_run, shared })
    }

    /// The message of a transfer, signed by this key.
    pub(super) fn transfer(&self, transfer: Transfer<'_>) -> anyhow::Result<Any> {
        Ok(self.chain.transfer_msg(&self.key, transfer)?)
    }

    /// Sends messages in one transaction and waits for its block, or only says what that would cost.
    pub(super) async fn send(&self, msgs: &[Any]) -> anyhow::Result<Sent> {
        let (granter, passed_over) = self.granter(msgs).await?;
        let chain = self.paid_by(granter.as_ref());
        let outcome = if self.dry_run {
            let gas = chain.simulate(&self.key, msgs, &self.memo).await?;
            let fee = chain.fee(gas)?;
            Outcome::WouldSucceed {
                chain: chain.config().chain_id.clone(),
                gas,
                fee: format!("{}{}", fee.amount, fee.denom),
            }
        } else {
            let tx = self.send_alone(&chain, msgs).await?;
            Outcome::Included {
                chain: chain.config().chain_id.clone(),
                hash: tx.hash.clone(),
                height: tx.height,
                gas_used: tx.gas_used,
                fee: format!("{}{}", tx.fee, chain.config().gas_price.denom()),
                tx: Box::new(tx),
            }
        };
        Ok(Sent { outcome, granter: granter.map(|granter| granter.to_string()), passed_over })
    }

    /// The same chain, where this one pays, or the key.
    fn paid_by(&self, granter: Option<&Address>) -> Chain {
        let granter = granter.map(ToString::to_string);
        self.chain.clone().with_fees(FeeTerms { granter, ..self.fees.clone() })
    }

    /// The first whose grant pays for these messages, and those before that do not.
    async fn granter(&self, msgs: &[Any]) -> anyhow::Result<(Option<Address>, Vec<PassedOver>)> {
        let mut passed = Vec::new();
        for granter in &self.granters {
            let Some(reason) = self.objection(granter, msgs).await? else {
                return Ok((Some(granter.clone()), passed));
            };
            passed.push(PassedOver { granter: granter.to_string(), reason });
        }
        Ok((None, passed))
    }

    /// Why one who may grant fees does not pay for these messages; none when it does.
    async fn objection(&self, granter: &Address, msgs: &[Any]) -> anyhow::Result<Option<String>> {
        let denom = self.chain.config().gas_price.denom();
        let grant = funds::grant(&self.chain, &self.signer, denom, granter.clone()).await?;
        let urls: Vec<&str> = msgs.iter().map(|msg| msg.type_url.as_str()).collect();
        // Only where there is a grant can it be asked what a transaction takes that it pays for.
        if let Some(reason) = grant.objection(1, &urls, now()) {
            return Ok(Some(reason));
        }
        let chain = self.paid_by(Some(granter));
        let fee = chain.fee(chain.simulate(&self.key, msgs, &self.memo).await?)?;
        Ok(grant.objection(fee.amount, &urls, now()))
    }

    /// Sends while no ferry begins to sign with the same key.
    async fn send_alone(&self, chain: &Chain, msgs: &[Any]) -> anyhow::Result<TxOutcome> {
        let kept = match &self.shared {
            Some(store) => Some(store.keep().await.context("nothing was sent")?),
            None => None,
        };
        let sent = chain.send_msgs(&self.key, msgs, &self.memo).await;
        if let Some(kept) = kept
            && let Err(error) = kept.release().await
        {
            tracing::warn!(%error, "the lease is not given back");
        }
        Ok(sent?)
    }
}

impl Sent {
    /// An attribute of an event that the transaction caused; `None` after a dry run.
    pub(super) fn attribute(&self, kind: &str, key: &str) -> Option<String> {
        match &self.outcome {
            Outcome::WouldSucceed { .. } => None,
            Outcome::Included { tx, .. } => tx.attribute(kind, key).map(str::to_owned),
        }
    }

    /// The same of all events of this kind.
    pub(super) fn attributes(&self, kind: &str, key: &str) -> Vec<String> {
        let Outcome::Included { tx, .. } = &self.outcome else { return Vec::new() };
        let events = tx.events.iter().filter(|event| event.kind == kind);
        events.filter_map(|event| event.get(key).map(str::to_owned)).collect()
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for PassedOver { granter, reason } in &self.passed_over {
            writeln!(f, "{granter} pays no fees: {reason}")?;
        }
        match &self.outcome {
            Outcome::WouldSucceed { chain, gas, fee } => {
                write!(f, "would succeed on {chain}: {gas} gas, {fee}")?;
            }
            Outcome::Included { chain, hash, height, gas_used, fee, .. } => {
                write!(f, "included on {chain} at height {height}: {hash}, {gas_used} gas, {fee}")?;
            }
        }
        match &self.granter {
            Some(granter) => write!(f, ", paid by {granter}"),
            None => Ok(()),
        }
    }
}
