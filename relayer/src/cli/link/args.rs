//! What `ferry link` is told.

use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::config::value::parse_duration;
use crate::model::ids::{Both, ChainId, Order, PathId};

/// A path to make, or one to forget.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The chain on which handshakes begin.
    #[arg(required_unless_present = "forget")]
    chain_a: Option<String>,
    /// The other chain.
    #[arg(required_unless_present = "forget")]
    chain_b: Option<String>,
    #[command(flatten)]
    terms: Terms,
    /// Serve this path no more. Nothing changes on the chains, and what was paid stays in `ferry costs`.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["chain_a", "chain_b", "path", "a_port", "b_port",
        "channel_version", "order", "delay", "patience", "connection", "v2", "client"])]
    pub(super) forget: Option<PathId>,
    /// Forget it also while it has packets that are not over.
    #[arg(long, requires = "forget")]
    pub(super) yes: bool,
    /// Only say what would be forgotten.
    #[arg(long, requires = "forget")]
    pub(super) dry_run: bool,
}

impl Args {
    /// The path that is wanted.
    pub(super) fn wanted(self) -> anyhow::Result<Wanted> {
        // Without --forget both are demanded before it comes to this.
        let (chain_a, chain_b) = self.chain_a.zip(self.chain_b).context("name two chains")?;
        Ok(Wanted { chain_a, chain_b, terms: self.terms })
    }
}

/// A path that is wanted.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub(in crate::cli) struct Wanted {
    /// The chain on which handshakes begin.
    pub(super) chain_a: String,
    /// The other chain.
    pub(super) chain_b: String,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) terms: Terms,
}

impl Wanted {
    /// The path's name and its chains.
    pub(super) fn path(&self) -> (PathId, Both<ChainId>) {
        let (a, b) = (self.chain_a.as_str(), self.chain_b.as_str());
        let version = if self.terms.v2 { "-v2" } else { "" };
        let name = self.terms.path.clone().unwrap_or_else(|| format!("{a}-{b}{version}"));
        (name.into(), Both { a: a.into(), b: b.into() })
    }

    /// For how long nothing may move.
    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(self.terms.patience.into())
    }
}

#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub(in crate::cli) struct Terms {
    /// The path's name; default CHAIN_A-CHAIN_B.
    #[arg(long, value_name = "NAME")]
    pub(super) path: Option<String>,
    /// The channel's port on the first chain.
    #[arg(long, default_value = "transfer", value_name = "PORT")]
    pub(super) a_port: String,
    /// The channel's port on the second chain.
    #[arg(long, default_value = "transfer", value_name = "PORT")]
    pub(super) b_port: String,
    /// The channel's version.
    #[arg(long = "channel-version", alias = "version", default_value = "ics20-1")]
    pub(super) channel_version: String,
    /// How the channel delivers.
    #[arg(long, value_enum, default_value_t = Delivery::Unordered)]
    pub(super) order: Delivery,
    /// How long the connection, if it is to be made, holds back packets after a client got the header
    /// that proves them; default 0s.
    #[arg(long, value_parser = parse_duration, value_name = "TIME")]
    pub(super) delay: Option<Duration>,
    /// Give up when nothing has moved for so many seconds.
    #[arg(long, default_value_t = 180, value_name = "SECONDS")]
    pub(super) patience: u32,
    /// Relay over this connection of the first chain and all its channels. Where others have only begun it, it is
    /// opened; nothing else is made.
    #[arg(long, value_name = "CONNECTION", conflicts_with_all = ["a_port", "b_port", "channel_version", "order",
        "delay"])]
    pub(super) connection: Option<String>,
    /// IBC v2: make a pair of clients that name each other, and neither connection nor channel.
    #[arg(long, conflicts_with_all = ["a_port", "b_port", "channel_version", "order", "connection", "delay"])]
    pub(super) v2: bool,
    /// Relay between this client of the first chain and the one it names, and make nothing.
    #[arg(long, value_name = "CLIENT", requires = "v2")]
    pub(super) client: Option<String>,
}

/// How a channel delivers.
#[derive(Clone, Copy, Debug, ValueEnum, Serialize, Deserialize)]
pub(in crate::cli) enum Delivery {
    Unordered,
    Ordered,
}

impl From<Delivery> for Order {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Unordered => Self::Unordered,
            Delivery::Ordered => Self::Ordered,
        }
    }
}
