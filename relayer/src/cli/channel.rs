//! `ferry channel`: those of the paths, and what the chains say of one.

use std::fmt;

use clap::Subcommand;
use serde::Serialize;

use super::scene::Scene;
use super::{Place, link, tx};
use crate::model::ids::{ChainId, End, Order, PathId, Route, Side};
use crate::model::rows::{ChannelRow, PathRow};
use crate::store::Store as _;

pub(super) const EXAMPLES: &str = "\
Examples:
  ferry channel list
  ferry channel show chain-a channel-0
  ferry channel open chain-a chain-b --a-port wasm.wasm1contract --b-port transfer
  ferry channel close chain-a channel-7 --port icacontroller-owner";

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show the channels of all paths, or of one, as they were read last, with their pending packets.
    List {
        /// The path.
        path: Option<String>,
    },
    /// Show both ends of a channel as the chains have them now, and what its handshake or close is at.
    Show {
        /// The chain.
        chain: String,
        /// Its end of the channel.
        channel: String,
        /// The end's port.
        #[arg(long, default_value = "transfer")]
        port: String,
    },
    /// Open a channel: the same as `ferry link`, which makes what else is missing of the path.
    Open(Box<link::Wanted>),
    /// Close a channel's end, where its application lets anybody do so: the same as `ferry tx channel-close`.
    Close(tx::ChannelClose),
}

#[derive(Serialize)]
struct Channels {
    channels: Vec<Channel>,
}

#[derive(Serialize)]
struct Channel {
    /// None of one that was asked for by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<PathId>,
    ends: [ChannelEnd; 2],
    order: Order,
    version: String,
    /// What its handshake or close is at: the message, and the chain that it goes to. Known only where the chains
    /// were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
struct ChannelEnd {
    chain: ChainId,
    port: String,
    channel: Option<String>,
    state: &'static str,
    /// Packets sent from this end that are not over.
    pending: usize,
}

pub(super) async fn run(place: &Place, verb: Verb) -> anyhow::Result<()> {
    match verb {
        Verb::List { path } => list(place, path).await,
        Verb::Show { chain, channel, port } => {
            Box::pin(show(place, &chain, (&port, &channel))).await
        }
        Verb::Open(args) => Box::pin(link::make(place, *args)).await,
        Verb::Close(args) => Box::pin(tx::run(place, tx::Verb::ChannelClose(args))).await,
    }
}

async fn list(place: &Place, path: Option<String>) -> anyhow::Result<()> {
    let file = place.read_config()?;
    let rows = &place.store(&file).open_to_read().await?.load().await?;
    let paths = rows.paths.iter();
    let paths = paths.filter(|row| path.as_ref().is_none_or(|path| row.path.as_str() == path));
    let channels = paths.flat_map(|path| {
        let of_path = rows.channels.iter().filter(move |channel| channel.path == path.path);
        of_path.map(move |row| {
            let pending = |chain: &ChainId, end: &End| {
                let is_from = |route: &Route| route.from == *chain && route.src() == end;
                rows.packets.iter().filter(|row| is_from(&row.key.route)).count()
            };
            Channel { path: Some(path.path.clone()), ..Channel::of((path, row), pending) }
        })
    });
    place.print(&Channels { channels: channels.collect() })
}

async fn show(place: &Place, chain: &str, (port, channel): (&str, &str)) -> anyhow::Result<()> {
    let file = place.read_config()?;
    let end = End { port: port.into(), channel: channel.into() };
    let scene = Box::pin(Scene::of_end(&file, chain, &end)).await?;
    let row = scene.channel.as_ref();
    let row = row.ok_or_else(|| anyhow::anyhow!("`{end}` is a client, not a channel"))?;
    let mut pending = Vec::new();
    for side in [Side::A, Side::B] {
        let end = row.ends.on(side);
        let count = match &end.channel {
            Some(channel) => {
                let node = scene.nodes.on(side).chain();
                node.packet_commitments(end.port.as_str(), channel.as_str()).await?.len()
            }
            None => 0,
        };
        pending.push((scene.path.chains.on(side).clone(), count));
    }
    let count = |chain: &ChainId, _: &End| {
        pending.iter().find(|(id, _)| id == chain).map_or(0, |(_, count)| *count)
    };
    let next = scene.next_step().await?;
    let shown = Channel { next, ..Channel::of((&scene.path, row), count) };
    place.print(&Channels { channels: vec![shown] })
}

impl Channel {
    fn of((path, row): (&PathRow, &ChannelRow), pending: impl Fn(&ChainId, &End) -> usize) -> Self {
        let end = |side: Side| {
            let (chain, end) = (path.chains.on(side), row.ends.on(side));
            let channel = end.channel.clone();
            let sender = channel.map(|channel| End { port: end.port.clone(), channel });
            ChannelEnd {
                chain: chain.clone(),
                port: end.port.to_string(),
                channel: end.channel.as_ref().map(ToString::to_string),
                state: end.state.word(),
                pending: sender.map_or(0, |end| pending(chain, &end)),
            }
        };
        let ends = [end(Side::A), end(Side::B)];
        Self { path: None, ends, order: row.order, version: row.version.clone(), next: None }
    }
}

impl fmt::Display for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.channels.is_empty() {
            return write!(f, "there are none; open one with `ferry link CHAIN_A CHAIN_B`");
        }
        for (line, channel) in self.channels.iter().enumerate() {
            let separator = if line == 0 { "" } else { "\n" };
            f.write_str(separator)?;
            if let Some(path) = &channel.path {
                write!(f, "path {path}, ")?;
            }
            let order = match channel.order {
                Order::Ordered => "ordered",
                Order::Unordered => "unordered",
            };
            write!(f, "{order}, {}", channel.version)?;
            for ChannelEnd { chain, port, channel, state, pending } in &channel.ends {
                let channel = channel.as_deref().unwrap_or("none");
                write!(f, "\n  {chain}: {port}/{channel} {state}, {pending} packets pending")?;
            }
            if let Some(next) = &channel.next {
                write!(f, "\n  next: {next}")?;
            }
        }
        Ok(())
    }
}
