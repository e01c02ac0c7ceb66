//! `ferry start --dry-run` and `ferry clear --dry-run`: what ferry would send now, and what that would cost.
//!
//! The same engine on a copy of the store, with everything asked of the chains but the offers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Place;
use super::session::{Session, stop_signal};
use crate::config::{Chain, Config};
use crate::drive::setup::newest;
use crate::drive::{self, Engine};
use crate::model::Model;
use crate::model::facts::Fact;
use crate::model::ids::{ChainId, PathId};
use crate::model::rows::{GapRow, SlotRow};
use crate::plan::explain::{Explainer, Why};
use serde::Serialize;

/// After so long what is known by then is shown.
const PATIENCE: Duration = Duration::from_secs(60);
/// Packets that wait and are listed.
const MAX_WAITING: usize = 100;

#[derive(Serialize)]
struct Plan {
    transactions: Vec<Transaction>,
    /// What all of them cost, by chain, with the fee denom.
    costs: BTreeMap<ChainId, String>,
    waiting: Vec<Waiting>,
    /// How many packets wait.
    waiting_total: usize,
    /// Whether ferry stopped looking before everything was looked at.
    cut_short: bool,
    /// The command that sends it.
    #[serde(skip)]
    with: String,
}

/// A transaction that would be offered.
#[derive(Serialize)]
struct Transaction {
    chain: ChainId,
    /// Client updates before the messages.
    client_updates: usize,
    messages: Vec<String>,
    gas_limit: u64,
    /// With the fee denom.
    fee: String,
}

/// A packet that would not be moved.
#[derive(Serialize)]
struct Waiting {
    packet: String,
    why: String,
}

/// Says what would be sent: on all paths, or on one that is looked at anew.
pub(super) async fn run(
    place: &Place,
    file: &Config,
    chains: &[&Chain],
    path: Option<&PathId>,
) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let copy = dir.path().join("ferry.db");
    place.store(file).open_to_read().await?.copy_to(&copy).await?;
    let session = Session::begin_to_look(place, file, chains, &copy).await?;
    let Session { store, rows, nodes, config, .. } = session;
    let stop = stop_signal()?;
    let mut tips = BTreeMap::new();
    for node in nodes.values() {
        tips.insert(node.id.clone(), newest(node).await?.height);
    }
    let patience = stop.child_token();
    let token = patience.clone();
    tokio::spawn(async move {
        let _ = tokio::time::timeout(PATIENCE, token.cancelled()).await;
        token.cancel();
    });
    let engine = Engine::new(Model::load(config, rows), Arc::clone(&store), nodes).without_offers();
    let first = path.into_iter().cloned().map(Fact::Clear).collect();
    let enough = |model: &Model| is_planned(model, &tips, path);
    let model = drive::run(engine, first, patience, enough).await?;
    place.print(&Plan::of(&model, &tips, path))
}

/// Whether the chains are read to where they were at the start, the path is looked at, and nothing is being prepared.
fn is_planned(model: &Model, tips: &BTreeMap<ChainId, u64>, path: Option<&PathId>) -> bool {
    let is_read = |(chain, height): (&ChainId, &u64)| {
        model.cursor(chain).is_some_and(|tip| tip.height > *height)
    };
    let moves = |why: &Why| matches!(why, Why::Next { .. } | Why::Preparing { .. });
    let is_looked_at = !path.is_some_and(|path| model.gaps(path).any(GapRow::hides_packets));
    let mut explainer = Explainer::new(model);
    tips.iter().all(is_read)
        && is_looked_at
        && !model.packets().any(|row| moves(&explainer.explain(&row.key)))
}

impl Plan {
    fn of(model: &Model, tips: &BTreeMap<ChainId, u64>, path: Option<&PathId>) -> Self {
        let is_shown = |of: &PathId| path.is_none_or(|path| path == of);
        let mut sums = BTreeMap::<ChainId, u128>::new();
        let slots = model.wanted().filter(|slot| is_shown(&slot.flow.path));
        let transactions = slots.map(|slot| transaction(model, slot, &mut sums)).collect();
        let mut explainer = Explainer::new(model);
        let waiting = model.packets().filter(|row| is_shown(&row.path)).filter_map(|row| {
            let why = explainer.explain(&row.key);
            let would_move = matches!(why, Why::Signed { .. } | Why::Over { .. });
            (!would_move).then(|| Waiting { packet: row.key.to_string(), why: why.to_string() })
        });
        let mut waiting: Vec<Waiting> = waiting.collect();
        let waiting_total = waiting.len();
        waiting.truncate(MAX_WAITING);
        let denom = |chain: &ChainId| model.config[chain].gas_price.denom().to_owned();
        let costs = sums.into_iter().map(|(chain, fee)| {
            let cost = format!("{fee}{}", denom(&chain));
            (chain, cost)
        });
        Self {
            transactions,
            costs: costs.collect(),
            waiting,
            waiting_total,
            cut_short: !is_planned(model, tips, path),
            with: path.map_or_else(|| "start".to_owned(), |path| format!("clear {path}")),
        }
    }
}

fn transaction(model: &Model, slot: &SlotRow, sums: &mut BTreeMap<ChainId, u128>) -> Transaction {
    let chain = slot.id.lane.chain.clone();
    let price = &model.config[&chain].gas_price;
    let (fee, denom) = (slot.fee, price.denom());
    let sum = sums.entry(chain.clone()).or_default();
    *sum = sum.saturating_add(fee);
    Transaction {
        client_updates: slot.updates,
        messages: slot.works.iter().map(ToString::to_string).collect(),
        gas_limit: slot.gas_limit,
        fee: format!("{fee}{denom}"),
        chain,
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { transactions, costs, waiting, waiting_total, cut_short, with } = self;
        if transactions.is_empty() {
            writeln!(f, "nothing would be sent")?;
        }
        for Transaction { chain, client_updates, messages, gas_limit, fee } in transactions {
            let count = messages.len();
            writeln!(
                f,
                "{chain}: {client_updates} client updates, {count} messages, gas {gas_limit}, fee {fee}"
            )?;
            messages.iter().try_for_each(|message| writeln!(f, "  {message}"))?;
        }
        for (chain, cost) in costs {
            writeln!(f, "in all on {chain}: {cost}")?;
        }
        for Waiting { packet, why } in waiting {
            writeln!(f, "waits: {packet}: {why}")?;
        }
        if *waiting_total > waiting.len() {
            writeln!(f, "and {} more that wait", waiting_total - waiting.len())?;
        }
        if *cut_short {
            writeln!(f, "not everything was looked at within {} s", PATIENCE.as_secs())?;
        }
        write!(f, "nothing was sent; `ferry {with}` sends it")
    }
}
