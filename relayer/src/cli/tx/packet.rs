//! One message of one packet.

use super::one::{Done, Sender, Way};
use crate::cli::scene::Scene;
use crate::drive::by_hand;
use crate::model::Model;
use crate::model::ids::{End, FlowId};
use crate::model::rows::{Leg, PacketRow};
use crate::plan::explain::explain;
use crate::plan::work::Work;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The chain that sent it.
    chain: String,
    /// The channel's end there, such as `channel-0`; in IBC v2 the client.
    channel: String,
    /// The packet's sequence.
    sequence: u64,
    /// The end's port.
    #[arg(long, default_value = "transfer")]
    port: String,
    #[command(flatten)]
    way: Way,
}

pub(super) async fn run(sender: &Sender<'_>, args: Args, leg: Leg) -> anyhow::Result<Done> {
    let Args { chain, channel, sequence, port, way } = args;
    let end = end(&port, &channel);
    let scene = Box::pin(Scene::of_end(sender.file, &chain, &end)).await?;
    let mut model = scene.model().await?;
    let ends = scene.ends(&model)?;
    let (source, destination) = ((&scene.nodes.a, ends.a), (&scene.nodes.b, ends.b));
    let found =
        Box::pin(by_hand::packet(source, destination, sequence)).await?.ok_or_else(|| {
            anyhow::anyhow!(
                "`{chain}` holds no packet {sequence} of `{end}`: it is over, or was never sent; \
             `ferry query packets` lists those that are pending"
            )
        })?;
    if let Some((_, why)) = found.lost.first() {
        anyhow::bail!(
            "the data of packet {sequence} of `{end}` cannot be had: {why}; add `archive_rpc` to the \
             chain's configuration"
        );
    }
    let data = model.on_looked_at(found);
    let row = model.packets().next().cloned();
    let row = row.ok_or_else(|| anyhow::anyhow!("packet {sequence} of `{end}` ended just now"))?;
    let (flow, work) = owed(&model, &row, leg)?;
    Box::pin(sender.send((&scene, &model), (&flow, &work), data, &way)).await
}

/// What the packet needs next, if that is what was asked for.
fn owed(model: &Model, row: &PacketRow, leg: Leg) -> anyhow::Result<(FlowId, Work)> {
    let Some((flow, _, work)) = model.owed(row) else {
        anyhow::bail!("{} needs no message now: {}", row.key, explain(model, &row.key));
    };
    let next = work.packet().map(|(next, _)| next);
    anyhow::ensure!(
        next == Some(leg),
        "{} needs another message now: `ferry tx {}` sends it",
        row.key,
        match next {
            Some(Leg::Ack) => "ack",
            Some(Leg::Timeout) => "timeout",
            _ => "recv",
        }
    );
    Ok((flow, work))
}

/// In IBC v2 a client stands where a channel stood.
fn end(port: &str, channel: &str) -> End {
    if channel.starts_with("channel-") {
        End { port: port.into(), channel: channel.into() }
    } else {
        End::of_client(channel)
    }
}
