//! What a deployment has made so far, in a file that outlives an interruption.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use cosmos::file::{self, Readers};
use serde::{Deserialize, Serialize};

/// Two ends of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ends {
    /// The end on the market's chain.
    pub market: String,
    /// The end on the outpost's chain.
    pub outpost: String,
}

/// A contract that is being made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// The number of its code.
    pub code_id: Option<u64>,
    /// Its address.
    pub address: Option<String>,
    /// Whether a transaction that stores its code, or else makes it, may have been sent whose outcome is not known
    /// here. It is set before one is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_asked_for: bool,
}

/// What was made so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The market's chain.
    pub market_chain: String,
    /// The outpost's chain.
    pub outpost_chain: String,
    /// The market.
    pub market: Contract,
    /// The outpost.
    pub outpost: Contract,
    /// The transfer channel.
    pub transfer: Option<Ends>,
}

impl Contract {
    /// Its address.
    ///
    /// # Errors
    /// It is not made yet.
    pub fn address(&self) -> anyhow::Result<&str> {
        self.address.as_deref().context("the contract is not made yet")
    }
}

impl State {
    /// Nothing is made yet.
    #[must_use]
    pub fn new(market_chain: &str, outpost_chain: &str) -> Self {
        Self {
            market_chain: market_chain.into(),
            outpost_chain: outpost_chain.into(),
            market: Contract::default(),
            outpost: Contract::default(),
            transfer: None,
        }
    }

    /// The transfer channel.
    ///
    /// # Errors
    /// It is not open yet.
    pub fn transfer(&self) -> anyhow::Result<&Ends> {
        self.transfer.as_ref().context("the transfer channel is not open yet")
    }
}

/// A state and the file that keeps it.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    /// What was made so far.
    pub state: State,
}

impl StateFile {
    /// Where the state of a deployment file is kept unless told otherwise: beside it.
    #[must_use]
    pub fn beside(config: &Path) -> PathBuf {
        config.with_extension("state.json")
    }

    /// Reads the file, or begins a new one for these chains.
    ///
    /// # Errors
    /// The file cannot be read, is of another form, or belongs to other chains.
    pub fn open(path: &Path, market_chain: &str, outpost_chain: &str) -> anyhow::Result<Self> {
        let state = match fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text).with_context(|| {
                format!("`{}` is no state of a deployment; move it away", path.display())
            })?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                State::new(market_chain, outpost_chain)
            }
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read `{}`", path.display()));
            }
        };
        let got = (state.market_chain.as_str(), state.outpost_chain.as_str());
        ensure!(
            got == (market_chain, outpost_chain),
            "`{}` is of a deployment on `{}` and `{}`, not `{market_chain}` and `{outpost_chain}`; \
             give another --state FILE",
            path.display(),
            got.0,
            got.1
        );
        Ok(Self { path: path.into(), state })
    }

    /// Writes the file whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self) -> anyhow::Result<()> {
        let mut text = serde_json::to_string_pretty(&self.state)?;
        text.push('\n');
        let written = file::replace(&self.path, text.as_bytes(), Readers::Anyone);
        written.with_context(|| format!("cannot write the state file `{}`", self.path.display()))
    }
}
