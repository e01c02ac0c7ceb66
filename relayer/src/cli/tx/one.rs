//! What all single messages have in common: gathering what one stands on, and sending it.

use std::fmt;

use anyhow::Context as _;
use serde::Serialize;

use crate::cli::Place;
use crate::cli::hand::{Hand, Manner, Sent};
use crate::cli::scene::{Scene, name};
use crate::config::Config;
use crate::drive::node::Node;
use crate::drive::{by_hand, client};
use crate::model::Model;
use crate::model::facts::{Header, PacketData, Proofs, TrustedHeight};
use crate::model::ids::FlowId;
use crate::plan::single::Gathered;
use crate::plan::work::Work;

/// How a message is proved and sent.
#[derive(Clone, Debug, clap::Args)]
pub(in crate::cli) struct Way {
    /// Prove with this header, which the client must know already; default: bring it the newest. Needed where
    /// a connection delays: update the client, wait, and give the height of that update.
    #[arg(long, value_name = "HEIGHT")]
    header: Option<u64>,
    #[command(flatten)]
    pub(super) manner: Manner,
}

/// Who sends.
pub(super) struct Sender<'a> {
    pub(super) place: &'a Place,
    pub(super) file: &'a Config,
}

/// A message that was sent, or would be.
#[derive(Serialize)]
pub(super) struct Done {
    /// What it does.
    message: String,
    /// The header of the other chain that proves it; none where nothing is proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<u64>,
    /// The client's updates before it.
    client_updates: usize,
    /// The end that it made.
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<String>,
    #[serde(flatten)]
    sent: Sent,
}

impl Done {
    pub(super) fn new(message: String, header: Option<u64>, updates: usize, sent: Sent) -> Self {
        let ends = [("connection", "connection_id"), ("channel", "channel_id")];
        let made = ends.into_iter().find_map(|(kind, key)| {
            let event = |step| sent.attribute(&format!("{kind}_open_{step}"), key);
            event("init").or_else(|| event("try"))
        });
        Self { message, header, client_updates: updates, made, sent }
    }
}

impl Sender<'_> {
    pub(super) async fn hand(&self, chain: &str, manner: &Manner) -> anyhow::Result<Hand> {
        Hand::open(self.place, self.file, chain, manner).await
    }

    /// Proves a work and sends its message. The name of the path is not told: it is made up.
    pub(super) async fn send(
        &self,
        (scene, model): (&Scene, &Model),
        (flow, work): (&FlowId, &Work),
        data: Vec<PacketData>,
        way: &Way,
    ) -> anyhow::Result<Done> {
        let (from, to) = (scene.nodes.on(flow.to.other()), scene.nodes.on(flow.to));
        let hand = self.hand(to.id.as_str(), &way.manner).await?;
        let keys = model.keys(flow, work);
        let gathered = if keys.is_empty() {
            nothing(data)
        } else {
            let client = scene.path.ends.on(flow.to).client.as_ref().context("no client")?;
            Box::pin(gather((from, to), client.as_str(), (keys, data), way.header)).await?
        };
        let header = Some(gathered.height).filter(|height| *height > 0);
        let messages = model.single(flow, work, gathered, &hand.signer);
        let messages = messages.map_err(|why| {
            anyhow::anyhow!("`{}` would refuse {}: {why}; nothing was sent", to.id, name(work))
        })?;
        let sent = hand.send(&messages).await?;
        Ok(Done::new(name(work), header, messages.len() - 1, sent))
    }
}

fn nothing(data: Vec<PacketData>) -> Gathered {
    Gathered {
        height: 0,
        header: None,
        proofs: Proofs { root: Vec::new(), items: Vec::new() },
        data,
    }
}

/// Gets proofs, and the header that they refer to unless the client knows it.
async fn gather(
    (from, to): (&Node, &Node),
    client: &str,
    (keys, data): (Vec<Vec<u8>>, Vec<PacketData>),
    height: Option<u64>,
) -> anyhow::Result<Gathered> {
    let failed = || format!("what proves it cannot be had of `{}`; try again", from.id);
    let (height, header): (u64, Option<Header>) = match height {
        Some(height) => (height, None),
        None => {
            let next = by_hand::next_height(from).await.with_context(failed)?;
            let known = client::look(&to.chain(), client).await?;
            // Somebody else may have brought a newer one meanwhile.
            if known.latest >= next {
                (known.latest, None)
            } else {
                let trusted = TrustedHeight { height: known.latest, terms: known.terms };
                let header = by_hand::header(from, next, trusted).await.with_context(failed)?;
                (next, Some(header))
            }
        }
    };
    let proofs = by_hand::prove(from, height, keys).await.with_context(failed)?;
    Ok(Gathered { height, header, proofs, data })
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, header, client_updates, made, sent } = self;
        write!(f, "{message}")?;
        if let Some(header) = header {
            let updates = match client_updates {
                0 => "which its client knows".to_owned(),
                1 => "behind a client update".to_owned(),
                more => format!("behind {more} client updates"),
            };
            write!(f, ", proved with header {header}, {updates}")?;
        }
        if let Some(made) = made {
            write!(f, "\nmade {made}")?;
        }
        write!(f, "\n{sent}")
    }
}
