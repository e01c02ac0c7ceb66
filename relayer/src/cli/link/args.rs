//! What `ferry link` is told.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::cli::adopt::Over;
use crate::config::value::parse_duration;
use crate::model::ids::{Both, ChainId, End, Order, PathId};

/// A path to make, or one to forget.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The chain on which handshakes begin.
    #[arg(required_unless_present = "forget")]
    chain_a: Option<String>,
    /// The other chain; with --channel the one that it leads to.
    #[arg(required_unless_present_any = ["forget", "channel"])]
    chain_b: Option<String>,
    #[command(flatten)]
    terms: Terms,
    /// As --connection with the one under this channel of the first chain, on its port --a-port.
    #[arg(long, value_name = "CHANNEL", conflicts_with_all = ["connection", "b_port", "channel_version", "order",
        "delay", "v2"])]
    channel: Option<String>,
    /// Serve this path no more. Nothing changes on the chains, and what was paid stays in `ferry costs`.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["chain_a", "chain_b", "path", "a_port", "b_port",
        "channel_version", "order", "delay", "patience", "connection", "channel", "v2", "client"])]
    pub(super) forget: Option<PathId>,
    /// Forget it also while it has packets that are not over.
    // clap takes no argument to be required that conflicts with one that is there.
    #[arg(long, requires = "forget", conflicts_with = "chain_a")]
    pub(super) yes: bool,
    /// Only say what would be forgotten.
    #[arg(long, requires = "forget", conflicts_with = "chain_a")]
    pub(super) dry_run: bool,
}

impl Args {
    /// The first chain's end of the channel whose connection is wanted, if one is named so.
    pub(super) fn end(&self) -> Option<(&str, End)> {
        let (chain, channel) = self.chain_a.as_deref().zip(self.channel.as_deref())?;
        let port = self.terms.a_port.as_str().into();
        Some((chain, End { port, channel: channel.into() }))
    }

    /// The path over a connection that was found, which leads to `other`.
    pub(super) fn over(mut self, connection: String, other: String) -> anyhow::Result<Wanted> {
        if let Some(expected) = self.chain_b.replace(other.clone()) {
            ensure!(expected == other, "that channel leads to `{other}`, not to `{expected}`");
        }
        self.terms.connection = Some(connection);
        self.wanted()
    }

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

    /// How a connection that is there is taken over.
    pub(super) fn over<'a>(&self, connection: &'a str) -> Over<'a> {
        let Terms { path, patience, .. } = &self.terms;
        Over { connection, patience: *patience, is_named: path.is_some() }
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
