//! Steps of handshakes and closes.

use std::time::Duration;

use anyhow::Context as _;
use cosmos::wire::tx::any;
use ibc_proto::ibc::core::channel::v1::MsgChannelCloseInit;

use super::Delivery;
use super::one::{Done, Sender, Way};
use crate::cli::hand::Manner;
use crate::cli::scene::{Scene, absent};
use crate::config::value::parse_duration;
use crate::model::ids::{Both, End, FlowId, Side};
use crate::model::rows::{ChannelRow, Ibc};
use crate::plan::work::Work;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ConnectionInit {
    /// The chain on which it begins.
    chain: String,
    /// Its client.
    client: String,
    /// The client on the other chain.
    other: String,
    /// How long the connection holds back packets after a client got the header that proves them.
    #[arg(long, value_parser = parse_duration, value_name = "TIME", default_value = "0s")]
    delay: Duration,
    #[command(flatten)]
    way: Way,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ChannelInit {
    /// The chain on which it begins.
    chain: String,
    /// Its end of the connection.
    connection: String,
    /// The channel's port there.
    #[arg(long, default_value = "transfer")]
    port: String,
    /// The channel's port on the other chain.
    #[arg(long, default_value = "transfer", value_name = "PORT")]
    other_port: String,
    /// The channel's version.
    #[arg(long, default_value = "ics20-1", value_name = "VERSION")]
    channel_version: String,
    /// How the channel delivers.
    #[arg(long, value_enum, default_value_t = Delivery::Unordered)]
    order: Delivery,
    #[command(flatten)]
    way: Way,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ChannelClose {
    /// The chain.
    chain: String,
    /// Its end of the channel.
    channel: String,
    /// The end's port.
    #[arg(long, default_value = "transfer")]
    port: String,
    #[command(flatten)]
    manner: Manner,
}

pub(super) async fn connection_init(
    sender: &Sender<'_>,
    args: ConnectionInit,
) -> anyhow::Result<Done> {
    let ConnectionInit { chain, client, other, delay, way } = args;
    let clients = (client.as_str(), Some(other.as_str()));
    let mut scene = Box::pin(Scene::of_clients(sender.file, &chain, clients)).await?;
    (scene.path.ibc, scene.path.delay) = (Ibc::V1, delay.into());
    step(sender, &scene, &way, |(flow, work)| is_connection(work) && flow.to == Side::A).await
}

pub(super) async fn connection_next(
    sender: &Sender<'_>,
    (chain, connection): (&str, &str),
    way: &Way,
) -> anyhow::Result<Done> {
    let scene = Box::pin(Scene::of_connection(sender.file, chain, connection)).await?;
    step(sender, &scene, way, |(_, work)| is_connection(work)).await
}

pub(super) async fn channel_init(sender: &Sender<'_>, args: ChannelInit) -> anyhow::Result<Done> {
    let ChannelInit { chain, connection, port, other_port, channel_version, order, way } = args;
    let mut scene = Box::pin(Scene::of_connection(sender.file, &chain, &connection)).await?;
    scene.channel = Some(ChannelRow {
        path: scene.path.path.clone(),
        index: 0,
        version: channel_version,
        order: order.into(),
        wanted: true,
        ends: Both { a: absent(&port), b: absent(&other_port) },
    });
    step(sender, &scene, &way, |(flow, work)| is_channel(work) && flow.to == Side::A).await
}

pub(super) async fn channel_next(
    sender: &Sender<'_>,
    chain: &str,
    (port, channel): (&str, &str),
    way: &Way,
) -> anyhow::Result<Done> {
    let end = End { port: port.into(), channel: channel.into() };
    let scene = Box::pin(Scene::of_end(sender.file, chain, &end)).await?;
    step(sender, &scene, way, |(_, work)| is_channel(work)).await
}

pub(super) async fn register(
    sender: &Sender<'_>,
    chain: &str,
    (client, other): (&str, &str),
    way: &Way,
) -> anyhow::Result<Done> {
    let scene = Box::pin(Scene::of_clients(sender.file, chain, (client, Some(other)))).await?;
    step(sender, &scene, way, |(flow, _)| flow.to == Side::A).await
}

pub(super) async fn channel_close(sender: &Sender<'_>, args: ChannelClose) -> anyhow::Result<Done> {
    let ChannelClose { chain, channel, port, manner } = args;
    let hand = sender.hand(&chain, &manner).await?;
    let close = any(&MsgChannelCloseInit {
        port_id: port.clone(),
        channel_id: channel.clone(),
        signer: hand.signer.clone(),
    });
    let sent = hand.send(&[close]).await?;
    Ok(Done::new(format!("close of {port}/{channel}"), None, 0, sent))
}

/// Sends the first step that is owed and wanted.
async fn step(
    sender: &Sender<'_>,
    scene: &Scene,
    way: &Way,
    is_wanted: impl Fn(&(FlowId, Work)) -> bool,
) -> anyhow::Result<Done> {
    let model = scene.model().await?;
    let owed = model.steps(&scene.path.path).into_iter().find(is_wanted);
    let (flow, work) = owed.with_context(|| nothing_owed(scene))?;
    Box::pin(sender.send((scene, &model), (&flow, &work), Vec::new(), way)).await
}

/// Why no step is owed: what the two ends are.
fn nothing_owed(scene: &Scene) -> String {
    let name = |side: Side| {
        let (chain, end) = (scene.path.chains.on(side), scene.path.ends.on(side));
        let (id, state) = match &scene.channel {
            Some(channel) => {
                let end = channel.ends.on(side);
                (end.channel.as_ref().map(ToString::to_string), end.state)
            }
            None => (end.connection.as_ref().map(ToString::to_string), end.state),
        };
        let id = id.unwrap_or_else(|| "the end to be".to_owned());
        format!("{id} of `{chain}` is {}", state.word())
    };
    format!("no step is owed: {}, {}", name(Side::A), name(Side::B))
}

fn is_connection(work: &Work) -> bool {
    matches!(work, Work::Connection(_))
}

fn is_channel(work: &Work) -> bool {
    matches!(work, Work::Channel(..))
}
