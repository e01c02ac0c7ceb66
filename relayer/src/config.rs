//! The operator's file: what it may say, and what is wrong with it, by line.
//!
//! Parsing has no side effect. A value that is missing gets the documented default; one that is
//! wrong is an error that names the line, the key and the form wanted, never a fallback.

pub mod example;
pub mod filter;
pub mod gas;
pub mod import;
pub mod option;
mod place;
pub mod section;
pub mod store;
pub mod texts;
pub mod value;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cosmos::keys::decode_address;
use cosmos::wire::gas::GasPrice;
use serde::{Deserialize, Serialize};
use tendermint::trust_threshold::TrustThresholdFraction;

use filter::Filter;
use gas::DynamicGasPrice;
use option::ExtensionOption;
pub use place::Mistake;
use place::Places;
use texts::Texts;

use crate::model::config::Handshakes;
use crate::model::filter::Pattern;

/// The whole file. `ferry init` writes one with every key and its meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What concerns the daemon as a whole.
    #[serde(default)]
    pub ferry: Global,
    /// The database that keeps what ferry knows, instead of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<store::Database>,
    /// What is served to those who look.
    #[serde(default)]
    pub serve: Serve,
    /// The chains.
    #[serde(default, rename = "chain")]
    pub chains: Vec<Chain>,
}

/// What concerns the daemon as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Global {
    /// The store, relative to the home directory.
    pub store: PathBuf,
    /// What is logged: `error`, `warn`, `info`, `debug`, or directives such as `ferry=debug`.
    pub log: String,
    /// How it is logged.
    pub log_format: LogFormat,
    /// After how many failures a message is given up.
    #[serde(deserialize_with = "value::at_least_one")]
    pub max_tries: u16,
    /// For how many days `ferry costs` knows what was paid.
    #[serde(deserialize_with = "value::at_least_one")]
    pub cost_days: u64,
    /// How often the state of every channel is compared with what was read; zero: never.
    #[serde(with = "value::duration")]
    pub check_every: Duration,
    /// Paths on which nothing is sent until they are taken from this list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paused: Vec<String>,
    /// Paths that serve some channels only, by their ends on the path's first chain: `PORT/CHANNEL` with `*`.
    #[serde(
        deserialize_with = "filter::patterns_by_name",
        serialize_with = "filter::texts_by_name",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub only: BTreeMap<String, Vec<Pattern>>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What is served to those who look: status page, metrics, JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Serve {
    /// Where. Without it [`Serve::DEFAULT`] is tried, and ferry goes on if another program has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<Listen>,
    /// A file with the token that allows to change things, relative to the home directory; without
    /// one nothing can be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
}

/// Where to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    /// At this address.
    At(SocketAddr),
    /// Nowhere.
    Off,
}

/// One chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// The chain id, as the chain signs it.
    pub id: String,
    /// `CometBFT` RPC endpoints, the preferred one first.
    #[serde(deserialize_with = "value::endpoints")]
    pub rpc: Vec<String>,
    /// Endpoints that keep all blocks, for single old ones that the others have thrown away.
    #[serde(default, deserialize_with = "value::endpoints", skip_serializing_if = "Vec::is_empty")]
    pub archive_rpc: Vec<String>,
    /// Prefix of its addresses.
    pub address_prefix: String,
    /// Names of the keys that sign, as given to `ferry keys`; clients take turns at them.
    #[serde(deserialize_with = "texts::at_least_one")]
    pub key: Texts,
    /// Price of one unit of gas with its denom, for instance `0.001stake`.
    #[serde(with = "value::gas_price")]
    pub gas_price: GasPrice,
    /// How the price follows what the chain demands from block to block; `gas_price` is the least then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dynamic_gas_price: Option<DynamicGasPrice>,
    /// What the gas of a simulated transaction is multiplied with, in thousandths.
    #[serde(default = "gas::default_multiplier", with = "gas::multiplier")]
    pub gas_multiplier: u64,
    /// Whether large batches of transfers go without being simulated once their gas is known.
    #[serde(default = "gas::default_learn")]
    pub learn_gas: bool,
    /// The most gas of one transaction; default what a block takes, and 4,000,000 with a single message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_gas: Option<u64>,
    /// Messages to this chain are left to other relayers for so many of its blocks.
    #[serde(default)]
    pub backup_blocks: u64,
    /// The same for channels on which other relayers bring most messages.
    #[serde(default = "default_polite_blocks")]
    pub polite_blocks: u64,
    /// Whose channels are opened and closed.
    #[serde(default)]
    pub handshakes: Handshakes,
    /// What is not carried.
    #[serde(default, skip_serializing_if = "Filter::is_empty")]
    pub filter: Filter,
    /// The accounts that pay fees by a grant, instead of the keys' own: the first whose grant will do.
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    pub fee_granter: Texts,
    /// Below this much of the fee denom the one who pays is running dry, and ferry says so; zero: never.
    #[serde(default)]
    pub low_balance: u64,
    /// Text in every transaction, beside ferry's name and version.
    #[serde(default)]
    pub memo: String,
    /// Options in every transaction.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extension_options: Vec<ExtensionOption>,
    /// The most messages in one transaction.
    #[serde(default = "default_max_msgs", deserialize_with = "value::at_least_one")]
    pub max_msgs: usize,
    /// For how long clients of this chain trust a header; default two thirds of its unbonding period.
    #[serde(default, with = "value::optional_duration", skip_serializing_if = "Option::is_none")]
    pub trusting_period: Option<Duration>,
    /// How much of the voting power that a client of this chain trusts must have signed a header: a third at least.
    #[serde(default = "value::default_trust_threshold", with = "value::trust_threshold")]
    pub trust_threshold: TrustThresholdFraction,
    /// How far a header of this chain may be ahead of the other chain's clock.
    #[serde(default = "default_drift", with = "value::duration")]
    pub max_clock_drift: Duration,
    /// How long one request may take.
    #[serde(default = "default_timeout", with = "value::duration")]
    pub rpc_timeout: Duration,
}

impl Default for Global {
    fn default() -> Self {
        Self {
            store: "ferry.db".into(),
            log: "info".into(),
            log_format: LogFormat::Text,
            max_tries: 10,
            check_every: Duration::from_secs(3_600),
            cost_days: 400,
            paused: Vec::new(),
            only: BTreeMap::new(),
        }
    }
}

fn default_polite_blocks() -> u64 {
    1
}

fn default_max_msgs() -> usize {
    100
}

fn default_drift() -> Duration {
    Duration::from_secs(40)
}

fn default_timeout() -> Duration {
    Duration::from_secs(10)
}

/// Why a file is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no file.
    #[error("there is no configuration at `{}`; run `ferry init` to write one", path.display())]
    Missing {
        /// Where it was sought.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It does not decode, or a value in it is wrong.
    #[error("`{}`, {mistake}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        mistake: Mistake,
    },
    /// It names no such chain.
    #[error("`{id}` is not configured; the file has {known}")]
    UnknownChain {
        /// The chain asked for.
        id: String,
        /// The chains there are.
        known: String,
    },
}

impl Serve {
    /// Where ferry serves when the file does not say.
    pub const DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3880);
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => ConfigError::Missing { path: path.into() },
            _ => ConfigError::Unreadable { path: path.into(), source },
        })?;
        Self::parse(&text).map_err(|mistake| ConfigError::Invalid { path: path.into(), mistake })
    }

    /// Parses and checks the text of a file.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let config: Self = toml::from_str(text).map_err(|error| Mistake::of(text, &error))?;
        let places: Places = toml::from_str(text).map_err(|error| Mistake::of(text, &error))?;
        let mut ids = std::collections::BTreeSet::new();
        for (index, chain) in config.chains.iter().enumerate() {
            let mistake = |key, reason| Mistake::at(text, places.of_chain(index, key), reason);
            if !ids.insert(chain.id.as_str()) {
                let twice = format!("chain `{}` is configured twice; remove one", chain.id);
                return Err(mistake("id", twice));
            }
            chain.check().map_err(|(key, reason)| mistake(key, reason))?;
        }
        Ok(config)
    }

    /// The chain with this id.
    ///
    /// # Errors
    /// [`ConfigError::UnknownChain`], with those there are.
    pub fn chain(&self, id: &str) -> Result<&Chain, ConfigError> {
        self.chains.iter().find(|chain| chain.id == id).ok_or_else(|| {
            let ids: Vec<_> = self.chains.iter().map(|chain| format!("`{}`", chain.id)).collect();
            let known = if ids.is_empty() { "no chains".into() } else { ids.join(", ") };
            ConfigError::UnknownChain { id: id.into(), known }
        })
    }

    /// Puts these sections in the place of those that it has of the same chains.
    pub fn take_over(&mut self, sections: impl IntoIterator<Item = Chain>) {
        for section in sections {
            match self.chains.iter_mut().find(|chain| chain.id == section.id) {
                Some(known) => *known = section,
                None => self.chains.push(section),
            }
        }
    }
}

impl Chain {
    /// A chain with what must be said of it, and the defaults for the rest.
    pub fn new(
        id: String,
        rpc: Vec<String>,
        address_prefix: String,
        key: String,
        gas_price: GasPrice,
    ) -> Self {
        Self {
            id,
            rpc,
            archive_rpc: Vec::new(),
            address_prefix,
            key: key.into(),
            gas_price,
            dynamic_gas_price: None,
            gas_multiplier: gas::default_multiplier(),
            learn_gas: gas::default_learn(),
            max_gas: None,
            backup_blocks: 0,
            polite_blocks: default_polite_blocks(),
            handshakes: Handshakes::default(),
            filter: Filter::default(),
            fee_granter: Texts::default(),
            low_balance: 0,
            memo: String::new(),
            extension_options: Vec::new(),
            max_msgs: default_max_msgs(),
            trusting_period: None,
            trust_threshold: value::default_trust_threshold(),
            max_clock_drift: default_drift(),
            rpc_timeout: default_timeout(),
        }
    }

    /// This chain with everything of another that a running ferry can take over.
    pub fn with_tuning_of(&self, other: &Self) -> Self {
        Self {
            key: other.key.clone(),
            gas_price: other.gas_price.clone(),
            dynamic_gas_price: other.dynamic_gas_price.clone(),
            gas_multiplier: other.gas_multiplier,
            learn_gas: other.learn_gas,
            max_gas: other.max_gas,
            backup_blocks: other.backup_blocks,
            polite_blocks: other.polite_blocks,
            handshakes: other.handshakes,
            filter: other.filter.clone(),
            fee_granter: other.fee_granter.clone(),
            low_balance: other.low_balance,
            memo: other.memo.clone(),
            extension_options: other.extension_options.clone(),
            max_msgs: other.max_msgs,
            ..self.clone()
        }
    }

    /// The key whose value is wrong by itself or beside others, and why.
    fn check(&self) -> Result<(), (&'static str, String)> {
        let (id, prefix) = (&self.id, &self.address_prefix);
        if id.is_empty() {
            return Err(("id", "the chain id is empty".into()));
        }
        let is_prefix = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if prefix.is_empty() || !prefix.chars().all(is_prefix) {
            let wrong = format!("`{prefix}` is no address prefix; write what stands before the 1");
            return Err(("address_prefix", wrong));
        }
        if let Some(dynamic) = &self.dynamic_gas_price
            && dynamic.max.denom() != self.gas_price.denom()
        {
            let (got, wanted) = (self.gas_price.denom(), dynamic.max.denom());
            let wrong = format!("it is in `{got}`, `max` of `dynamic_gas_price` in `{wanted}`");
            return Err(("gas_price", wrong));
        }
        if let Some(DynamicGasPrice { max, max_urgent: Some(urgent), .. }) = &self.dynamic_gas_price
            && (urgent.denom() != max.denom() || urgent.atto() < max.atto())
        {
            let wrong = format!(
                "`max_urgent` is `{urgent}`; write the most for what cannot wait, at least `max`, which is `{max}`"
            );
            return Err(("dynamic_gas_price", wrong));
        }
        for granter in self.fee_granter.iter() {
            let is_here = decode_address(granter).is_ok_and(|(found, _)| found == *prefix);
            if !is_here {
                let wrong =
                    format!("`{granter}` is no address of `{id}`, which begins `{prefix}1`");
                return Err(("fee_granter", wrong));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
