//! The operator's file: what it may say, and what is wrong with it, by line.
//!
//! Parsing has no side effect. A value that is missing gets the documented default; one that is
//! wrong is an error that names the line, the key and the form wanted, never a fallback.

pub mod example;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::model::config::GasPrice;

/// The whole file. `ferry init` writes one with every key and its meaning.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What concerns the daemon as a whole.
    #[serde(default)]
    pub ferry: Global,
    /// The chains.
    #[serde(default, rename = "chain")]
    pub chains: Vec<Chain>,
}

/// What concerns the daemon as a whole.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Global {
    /// The store, relative to the home directory.
    pub store: PathBuf,
    /// What is logged: `error`, `warn`, `info`, `debug`, or directives such as `ferry=debug`.
    pub log: String,
    /// How it is logged.
    pub log_format: LogFormat,
    /// After how many failures a message is given up.
    pub max_tries: u16,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// One chain.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// The chain id, as the chain signs it.
    pub id: String,
    /// `CometBFT` RPC endpoints, the preferred one first.
    pub rpc: Vec<String>,
    /// Prefix of its addresses.
    pub address_prefix: String,
    /// Name of the key that signs, as given to `ferry keys`.
    pub key: String,
    /// Price of one unit of gas with its denom, for instance `0.001stake`.
    #[serde(deserialize_with = "gas_price")]
    pub gas_price: GasPrice,
    /// The account that pays fees by a grant, instead of the key's own.
    #[serde(default)]
    pub fee_granter: Option<String>,
    /// Text in every transaction, beside ferry's name and version.
    #[serde(default)]
    pub memo: String,
    /// The most messages in one transaction.
    #[serde(default = "default_max_msgs")]
    pub max_msgs: usize,
    /// For how long clients of this chain trust a header; default two thirds of its unbonding period.
    #[serde(default, deserialize_with = "optional_duration")]
    pub trusting_period: Option<Duration>,
    /// How far a header of this chain may be ahead of the other chain's clock.
    #[serde(default = "default_drift", deserialize_with = "duration")]
    pub max_clock_drift: Duration,
    /// How long one request may take.
    #[serde(default = "default_timeout", deserialize_with = "duration")]
    pub rpc_timeout: Duration,
}

impl Default for Global {
    fn default() -> Self {
        Self {
            store: "ferry.db".into(),
            log: "info".into(),
            log_format: LogFormat::Text,
            max_tries: 10,
        }
    }
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
    /// It does not decode; the text has the line and the key.
    #[error("`{}`: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line, key, and the form wanted.
        reason: String,
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
        Self::parse(&text).map_err(|reason| ConfigError::Invalid { path: path.into(), reason })
    }

    /// Parses and checks the text of a file. The error names the line.
    fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let mut ids = std::collections::BTreeSet::new();
        for chain in &self.chains {
            if !ids.insert(chain.id.as_str()) {
                return Err(format!("chain `{}` is configured twice; remove one", chain.id));
            }
            chain.check()?;
        }
        if self.ferry.max_tries == 0 {
            return Err("`ferry.max_tries` is 0, it must be at least 1".into());
        }
        Ok(())
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
}

impl Chain {
    fn check(&self) -> Result<(), String> {
        let id = &self.id;
        if self.rpc.is_empty() {
            return Err(format!("chain `{id}` has no `rpc`; give at least one URL"));
        }
        if let Some(url) = self.rpc.iter().find(|url| !is_http(url)) {
            return Err(format!(
                "chain `{id}`: `rpc` has `{url}`, it must start with http:// or https://"
            ));
        }
        if self.max_msgs == 0 {
            return Err(format!("chain `{id}`: `max_msgs` is 0, it must be at least 1"));
        }
        Ok(())
    }
}

fn is_http(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

/// Reads a price such as `0.001stake` exactly.
///
/// # Errors
/// The form wanted, in words.
pub fn parse_gas_price(text: &str) -> Result<GasPrice, String> {
    let wrong =
        || format!("`{text}` is no gas price; write a number and a denom, as in `0.001stake`");
    let split = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(wrong)?;
    let (number, denom) = text.split_at(split);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 18 || (whole.is_empty() && fraction.is_empty()) {
        return Err(wrong());
    }
    let atto = format!("{whole}{fraction:0<18}").parse().map_err(|_| wrong())?;
    Ok(GasPrice { atto, denom: denom.into() })
}

/// Reads a duration such as `40s`, `10m`, `14d`.
///
/// # Errors
/// The form wanted, in words.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || {
        format!("`{text}` is no duration; write a whole number and ms, s, m, h or d, as in `40s`")
    };
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = |each: u64| number.checked_mul(each).map(Duration::from_secs).ok_or_else(wrong);
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3_600),
        "d" => seconds(86_400),
        _ => Err(wrong()),
    }
}

fn gas_price<'de, D: serde::Deserializer<'de>>(from: D) -> Result<GasPrice, D::Error> {
    parse_gas_price(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

fn duration<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    parse_duration(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

fn optional_duration<'de, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<Option<Duration>, D::Error> {
    duration(from).map(Some)
}

#[cfg(test)]
mod tests;
