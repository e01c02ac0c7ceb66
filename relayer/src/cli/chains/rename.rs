//! `ferry chains rename`: a chain goes on under another id, and its paths with it.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context as _, ensure};
use cosmos::chain::Chain;
use serde::Serialize;

use crate::cli::{Place, logging};
use crate::config::Config;
use crate::drive::setup::newest;
use crate::drive::{client, setup};
use crate::model::facts::Tip;
use crate::model::ids::{Both, ChainId, PathId, Side};
use crate::model::rename::{Bytes, Renamed};
use crate::model::rows::{Ibc, PathRow, Rows};
use crate::store::Store as _;
use crate::store::any::AnyStore;
use crate::store::postgres::Held;

#[derive(Serialize)]
struct Carried {
    from: ChainId,
    to: ChainId,
    paths: Vec<PathId>,
    /// Packets that are not over.
    packets: usize,
    /// The block after which the chain is read.
    height: u64,
}

pub(super) async fn run(place: &Place, from: &str, to: &str) -> anyhow::Result<()> {
    let file = place.read_config()?;
    logging::start(&file.ferry)?;
    let node = setup::follow(file.chain(to)?).await?;
    // Nothing is made where there is nothing to carry over.
    place.store(&file).open_to_read().await?;
    let store = place.store(&file).open(Held::Refuse).await?;
    let carried = carry(&store, &file, (from, &node.chain()), newest(&node).await?).await;
    store.release().await?;
    place.print(&carried?)
}

async fn carry(
    store: &AnyStore,
    file: &Config,
    (from, chain): (&str, &Chain),
    tip: Tip,
) -> anyhow::Result<Carried> {
    let rows = store.load().await?;
    let (from, to) = (ChainId::from(from), ChainId::from(chain.config().chain_id.as_str()));
    ensure!(
        Renamed::paths(&rows, &to).next().is_none(),
        "`{to}` has paths of its own: it is another chain than `{from}`"
    );
    let mut known = BTreeMap::new();
    for row in Renamed::paths(&rows, &from) {
        let ends = ends(file, row, (&from, chain)).await;
        let ends = ends.with_context(|| format!("path `{}` cannot be carried over", row.path))?;
        known.insert(row.path.clone(), ends);
    }
    ensure!(!known.is_empty(), "no path has `{from}`; see `ferry status`");
    let renamed = Renamed { from, to, tip, known };
    let bytes = bytes(store, &rows, &renamed).await?;
    let packets = renamed.packets(&rows).count();
    store.commit(&renamed.writes(&rows, bytes)).await?;
    let Renamed { from, to, known, .. } = renamed;
    Ok(Carried { from, to, paths: known.into_keys().collect(), packets, height: tip.height })
}

/// The newest heights that the clients of a path's ends know, once it is sure that the chain still has this path.
async fn ends(
    file: &Config,
    row: &PathRow,
    (from, chain): (&ChainId, &Chain),
) -> anyhow::Result<Both<u64>> {
    let here = if row.chains.a == *from { Side::A } else { Side::B };
    let other = setup::reach(file.chain(row.chains.on(here.other()).as_str())?).await?;
    let mut known = Both { a: 0, b: 0 };
    for (side, chain, follows) in [(here, chain, &other), (here.other(), &other, chain)] {
        let (end, id) = (row.ends.on(side), &chain.config().chain_id);
        let client = end.client.as_ref().with_context(|| format!("it has no client on `{id}`"))?;
        let state = client::state(chain, client.as_str()).await?;
        let (follows, now) = (&follows.config().chain_id, &state.chain_id);
        let cure = if side == here {
            "this is another chain".to_owned()
        } else {
            format!("`ferry client upgrade {from}`, while that chain has halted, leads it over")
        };
        ensure!(now == follows, "`{client}` on `{id}` follows `{now}`, not `{follows}`; {cure}");
        if let (Ibc::V1, Some(connection)) = (row.ibc, &end.connection) {
            let found = chain.connection(connection.as_str()).await?.unwrap_or_default();
            ensure!(
                found.client_id == client.as_str(),
                "`{connection}` of `{id}` is not over `{client}`: this is another chain"
            );
        }
        *known.on_mut(side) = state.latest_height.block;
    }
    Ok(known)
}

/// The bytes of the packets and transactions that go along.
async fn bytes(store: &AnyStore, rows: &Rows, renamed: &Renamed) -> anyhow::Result<Bytes> {
    let keys: Vec<_> = renamed.packets(rows).map(|row| row.key.clone()).collect();
    let mut slots = BTreeMap::new();
    for slot in renamed.slots(rows) {
        slots.insert(slot.id.clone(), store.slot_bytes(&slot.id).await?);
    }
    Ok(Bytes { packets: store.packet_data(&keys).await?, slots })
}

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, paths, packets, height } = self;
        let paths = paths.iter().map(PathId::as_str).collect::<Vec<_>>().join(", ");
        write!(
            f,
            "{to} is what {from} was, and is read from height {height}: {packets} packets go on, on {paths}\n\
             next: `ferry start`; what {from} did unseen is found by a scan"
        )
    }
}
