//! What connects two chains, as they have it now: for verbs that need no store, and no ferry that runs.

use anyhow::Context as _;
use cosmos::chain::Chain;
use ibc_proto::ibc::core::channel::v1::{
    Channel, Counterparty as ChannelEndName, IdentifiedChannel,
};
use ibc_proto::ibc::core::connection::v1::{ConnectionEnd, Counterparty, State as ConnectionState};

use crate::config::Config;
use crate::drive::node::Node;
use crate::drive::scan::{order_of, state_of};
use crate::drive::setup::newest;
use crate::drive::{client, setup};
use crate::model::Model;
use crate::model::config::Config as Settings;
use crate::model::ids::{Both, ChainId, End, PathId, Side, Span};
use crate::model::rows::{
    ChannelEnd, ChannelRow, CursorRow, EndState, Ibc, PathEnd, PathRow, Rows,
};
use crate::model::state::ScanEnd;
use crate::plan::work::Work;

/// Two chains and what connects them. Side A is the one that was named.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) nodes: Both<Node>,
    pub(super) path: PathRow,
    /// The channel that it is about, if it is about one.
    pub(super) channel: Option<ChannelRow>,
    settings: Settings,
}

impl Scene {
    /// The connection that has this end.
    pub(super) async fn of_connection(
        file: &Config,
        chain: &str,
        connection: &str,
    ) -> anyhow::Result<Self> {
        let a = setup::follow(file.chain(chain)?).await?;
        let (end_a, row_a) = connection_end(&a.chain(), connection).await?;
        let there = end_a.counterparty.unwrap_or_default();
        let b = setup::follow(file.chain(&followed(&a.chain(), &end_a.client_id).await?)?).await?;
        let here = (connection, end_a.client_id.as_str());
        let row_b = match counterpart(&b.chain(), here, &there).await? {
            Some(other) => connection_end(&b.chain(), &other).await?.1,
            None => path_end(&b.chain(), &there.client_id).await?,
        };
        let delay = Span(end_a.delay_period);
        Ok(Self::of(file, (a, b), Both { a: row_a, b: row_b }, (Ibc::V1, delay)))
    }

    /// Two clients; the other one is the one that the first names, unless it is given.
    pub(super) async fn of_clients(
        file: &Config,
        chain: &str,
        (client, other): (&str, Option<&str>),
    ) -> anyhow::Result<Self> {
        let a = setup::follow(file.chain(chain)?).await?;
        let b = setup::follow(file.chain(&followed(&a.chain(), client).await?)?).await?;
        let other = match other {
            Some(other) => other.to_owned(),
            None => {
                let named = a.chain().counterparty(client).await?;
                named.with_context(|| format!("`{client}` of `{chain}` names no other client"))?
            }
        };
        let follows = followed(&b.chain(), &other).await?;
        anyhow::ensure!(
            follows == chain,
            "`{other}` of `{}` follows `{follows}`, expected one that follows `{chain}`",
            b.id
        );
        let ends =
            Both { a: path_end(&a.chain(), client).await?, b: path_end(&b.chain(), &other).await? };
        Ok(Self::of(file, (a, b), ends, (Ibc::V2, Span(0))))
    }

    /// The channel that has this end, or in IBC v2 the clients that stand where a channel stood.
    pub(super) async fn of_end(file: &Config, chain: &str, end: &End) -> anyhow::Result<Self> {
        if let Some(client) = end.client() {
            let pair = Box::pin(Self::of_clients(file, chain, (client.as_str(), None))).await?;
            return Ok(pair.with_ends_open());
        }
        let node = setup::reach(file.chain(chain)?).await?;
        let here = channel_at(&node, end).await?;
        let connection = here.connection_hops.first().map(String::as_str).unwrap_or_default();
        let scene = Box::pin(Self::of_connection(file, chain, connection)).await?;
        let there = here.counterparty.clone().unwrap_or_default();
        let row_b = match scene.other_end(end, &there).await? {
            Some(other) => channel_end(&other, &channel_at(&scene.nodes.b.chain(), &other).await?),
            None => absent(&there.port_id),
        };
        let channel = ChannelRow {
            path: scene.path.path.clone(),
            index: 0,
            version: here.version.clone(),
            order: order_of(here.ordering),
            wanted: true,
            ends: Both { a: channel_end(end, &here), b: row_b },
        };
        Ok(Self { channel: Some(channel), ..scene })
    }

    /// The other chain's end of a channel, if it has one; see [`counterpart`].
    async fn other_end(&self, end: &End, named: &ChannelEndName) -> anyhow::Result<Option<End>> {
        let port = named.port_id.as_str();
        if !named.channel_id.is_empty() {
            let channel = named.channel_id.as_str().into();
            return Ok(Some(End { port: port.into(), channel }));
        }
        let Some(connection) = &self.path.ends.b.connection else { return Ok(None) };
        let channels = self.nodes.b.chain().connection_channels(connection.as_str()).await?;
        let leads_here = |channel: &IdentifiedChannel| {
            let back = channel.counterparty.clone().unwrap_or_default();
            let names = (back.port_id.as_str(), back.channel_id.as_str());
            channel.port_id == port && names == (end.port.as_str(), end.channel.as_str())
        };
        let found = channels.into_iter().find(leads_here);
        Ok(found.map(|found| End { port: port.into(), channel: found.channel_id.as_str().into() }))
    }

    fn of(
        file: &Config,
        (a, b): (Node, Node),
        ends: Both<PathEnd>,
        (ibc, delay): (Ibc, Span),
    ) -> Self {
        let chains = Both { a: a.id.clone(), b: b.id.clone() };
        let path = PathId::from(format!("{}-{}", a.id, b.id));
        let path = PathRow { path, chains, ends, create: true, delay, ibc };
        Self { nodes: Both { a, b }, path, channel: None, settings: setup::offline(file) }
    }

    fn with_ends_open(mut self) -> Self {
        for side in [Side::A, Side::B] {
            self.path.ends.on_mut(side).state = EndState::Open;
        }
        self
    }

    /// A model that knows this and nothing else, with both chains read to where they are now.
    pub(super) async fn model(&self) -> anyhow::Result<Model> {
        let mut cursors = Vec::new();
        for node in [&self.nodes.a, &self.nodes.b] {
            cursors.push(CursorRow { chain: node.id.clone(), tip: newest(node).await? });
        }
        let (paths, channels) = (vec![self.path.clone()], self.channel.clone().into_iter());
        let rows = Rows { cursors, paths, channels: channels.collect(), ..Rows::default() };
        Ok(Model::load(self.settings.clone(), rows))
    }

    /// The step that a handshake or a close is at, and the chain that it goes to; none when it is at its end.
    pub(super) async fn next_step(&self) -> anyhow::Result<Option<String>> {
        let model = self.model().await?;
        let step = model.steps(&self.path.path).into_iter().next();
        Ok(step.map(|(flow, work)| format!("{}, to {}", name(&work), self.path.chains.on(flow.to))))
    }

    /// The two ends of what packets take, at the heights to which a model has read.
    pub(super) fn ends(&self, model: &Model) -> anyhow::Result<Both<ScanEnd>> {
        let end = |side: Side| {
            let chain: ChainId = self.path.chains.on(side).clone();
            let height = model.cursor(&chain).map_or(0, |tip| tip.height);
            let end = match &self.channel {
                Some(row) => {
                    let ChannelEnd { port, channel, .. } = row.ends.on(side);
                    let channel = channel.clone();
                    channel.map(|channel| End { port: port.clone(), channel })
                }
                None => self.path.ends.on(side).client.as_ref().map(|c| End::of_client(c.as_str())),
            };
            let end = end.with_context(|| {
                format!("the channel has no end on `{chain}` yet; `ferry tx channel-next` goes on with it")
            })?;
            anyhow::Ok(ScanEnd { chain, height, end })
        };
        Ok(Both { a: end(Side::A)?, b: end(Side::B)? })
    }
}

/// A work in words. Only one channel is spoken of, so that it needs no number.
pub(super) fn name(work: &Work) -> String {
    match work {
        Work::Channel(_, step) => format!("channel {step}"),
        other => other.to_string(),
    }
}

/// A connection's end, and what ferry keeps of it.
pub(super) async fn connection_end(
    chain: &Chain,
    connection: &str,
) -> anyhow::Result<(ConnectionEnd, PathEnd)> {
    let id = &chain.config().chain_id;
    let end = chain.connection(connection).await?;
    let end = end.with_context(|| format!("`{id}` has no connection `{connection}`"))?;
    let state = match ConnectionState::try_from(end.state) {
        Ok(ConnectionState::Init) => EndState::Init,
        Ok(ConnectionState::Tryopen) => EndState::TryOpen,
        Ok(ConnectionState::Open) => EndState::Open,
        _ => EndState::None,
    };
    let row = path_end(chain, &end.client_id).await?;
    Ok((end, PathEnd { connection: Some(connection.into()), state, ..row }))
}

/// The other chain's end of a connection, if it has one. An end in INIT does not name it, also where somebody has
/// brought the TRY: then it is the one on the other client that names this end.
pub(super) async fn counterpart(
    other: &Chain,
    (connection, client): (&str, &str),
    named: &Counterparty,
) -> anyhow::Result<Option<String>> {
    if !named.connection_id.is_empty() {
        return Ok(Some(named.connection_id.clone()));
    }
    for candidate in other.client_connections(&named.client_id).await? {
        let end = other.connection(&candidate).await?.unwrap_or_default();
        let back = end.counterparty.unwrap_or_default();
        if back.connection_id == connection && back.client_id == client {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}

/// The end of a path that has a client and no connection yet.
pub(super) async fn path_end(chain: &Chain, client: &str) -> anyhow::Result<PathEnd> {
    let facts = client::look(chain, client).await?;
    let consensus = vec![facts.latest];
    Ok(PathEnd { client: Some(client.into()), consensus, ..PathEnd::default() })
}

/// The chain that a client follows.
pub(super) async fn followed(chain: &Chain, client: &str) -> anyhow::Result<String> {
    Ok(client::state(chain, client).await?.chain_id)
}

/// The connection under a channel of a chain, and the chain that it leads to.
pub(super) async fn connection_under(
    file: &Config,
    chain: &str,
    end: &End,
) -> anyhow::Result<(String, String)> {
    let node = setup::reach(file.chain(chain)?).await?;
    let hops = channel_at(&node, end).await?.connection_hops;
    let connection = hops.into_iter().next().unwrap_or_default();
    let (found, _) = connection_end(&node, &connection).await?;
    let other = followed(&node, &found.client_id).await?;
    Ok((connection, other))
}

async fn channel_at(chain: &Chain, end: &End) -> anyhow::Result<Channel> {
    let found = chain.channel(end.port.as_str(), end.channel.as_str()).await?;
    let id = &chain.config().chain_id;
    found.with_context(|| {
        format!("`{id}` has no channel `{end}`; `ferry query channels` lists those of a connection")
    })
}

fn channel_end(end: &End, found: &Channel) -> ChannelEnd {
    ChannelEnd {
        port: end.port.clone(),
        channel: Some(end.channel.clone()),
        state: state_of(found.state).unwrap_or_default(),
        since: 0,
    }
}

/// An end that is not made yet.
pub(super) fn absent(port: &str) -> ChannelEnd {
    ChannelEnd { port: port.into(), channel: None, state: EndState::None, since: 0 }
}
