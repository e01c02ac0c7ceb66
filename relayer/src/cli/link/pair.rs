//! `ferry link --v2`: two clients that name each other, which is all that IBC v2 needs.

use std::fmt;
use std::sync::Arc;

use anyhow::Context as _;
use serde::Serialize;

use super::{Wanted, not_open, progress, refused_one, wanted_path};
use crate::cli::Place;
use crate::cli::session::{Session, stop_signal};
use crate::drive::setup::newest;
use crate::drive::{self, Engine, Nodes, client as look};
use crate::model::Model;
use crate::model::facts::Fact;
use crate::model::ids::{Both, ChainId, PathId, Side, Span};
use crate::model::rows::{EndState, GapRow, Ibc, PathEnd, PathRow};
use crate::plan::work::Work;

/// What there is now.
#[derive(Serialize)]
struct Paired {
    path: PathId,
    a: PairedEnd,
    b: PairedEnd,
}

#[derive(Serialize)]
struct PairedEnd {
    chain: ChainId,
    client: String,
}

impl fmt::Display for Paired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "path {}, IBC v2", self.path)?;
        for PairedEnd { chain, client } in [&self.a, &self.b] {
            write!(f, "\n  {chain}: {client}")?;
        }
        Ok(())
    }
}

pub(super) async fn run(place: &Place, session: Session, args: &Wanted) -> anyhow::Result<()> {
    let Session { store, rows, nodes, config, .. } = session;
    let known = rows.paths.iter().find(|row| row.path == args.path().0);
    let (id, chains) = args.path();
    anyhow::ensure!(
        args.terms.client.is_none() || !rows.paths.iter().any(|path| path.path == id),
        "path `{id}` exists already; give another --path NAME"
    );
    if let Some(client) = &args.terms.client {
        free(&rows.paths, &chains.a, client)?;
    }
    // What is read of the clients must be from before the first block that is read.
    let path = match &args.terms.client {
        Some(client) => existing(&nodes, (id.clone(), chains), client).await?,
        None => begun(&nodes, wanted_path(known, (&id, chains), None, Ibc::V2)?).await?,
    };
    let mut first = Vec::new();
    for node in nodes.values() {
        first.push(Fact::Begin(node.id.clone(), newest(node).await?));
    }
    first.push(Fact::Path(path, Vec::new()));
    if args.terms.client.is_some() {
        first.push(Fact::Clear(id.clone()));
    }
    let engine = Engine::new(Model::load(config, rows), Arc::clone(&store), nodes);
    let stop = stop_signal()?;
    let (progress, impatience) = progress::watch(&stop, args.patience());
    let refused = |model: &Model| refused_one(model, &id, &[Work::CreateClient, Work::Register]);
    let enough = |model: &Model| {
        progress.tell(model, &id, None);
        paired(model, &id).is_some() || refused(model).is_some()
    };
    let model = drive::run(engine, first, impatience, enough).await?;
    match paired(&model, &id) {
        Some(paired) => place.print(&paired),
        None => {
            let waited = (!stop.is_cancelled()).then_some(args.terms.patience);
            Err(not_open(&model, &id, refused(&model), waited))
        }
    }
}

/// Makes sure that no other path relays between a client and the one it names.
fn free(paths: &[PathRow], chain: &ChainId, client: &str) -> anyhow::Result<()> {
    let has = |path: &&PathRow| {
        path.ibc == Ibc::V2
            && [Side::A, Side::B].into_iter().any(|side| {
                let known = path.ends.on(side).client.as_ref();
                path.chains.on(side) == chain && known.is_some_and(|known| known.as_str() == client)
            })
    };
    match paths.iter().find(has) {
        Some(path) => {
            anyhow::bail!("path `{}` has `{client}` of `{chain}` already", path.path)
        }
        None => Ok(()),
    }
}

/// The pair, once each client knows the other and no scan of its packets is left.
fn paired(model: &Model, path: &PathId) -> Option<Paired> {
    let row = model.path(path)?;
    let end = |side: Side| {
        let end = row.ends.on(side);
        let client = end.client.as_ref().filter(|_| end.state == EndState::Open)?;
        Some(PairedEnd { chain: row.chains.on(side).clone(), client: client.to_string() })
    };
    let is_scanned = !model.gaps(path).any(GapRow::hides_packets);
    is_scanned.then_some(())?;
    Some(Paired { path: path.clone(), a: end(Side::A)?, b: end(Side::B)? })
}

/// A path as the chains have it: what was registered before, by whomever, is not registered again.
async fn begun(nodes: &Nodes, mut path: PathRow) -> anyhow::Result<PathRow> {
    for side in [Side::A, Side::B] {
        let client = path.ends.on(side).client.as_ref().map(ToString::to_string);
        // Any name will do to learn whether the chain can be asked at all.
        let asked = client.as_deref().unwrap_or("07-tendermint-0");
        let registered = counterparty(nodes, path.chains.on(side), asked).await?;
        let Some(registered) = registered.filter(|_| client.is_some()) else { continue };
        let other = path.ends.on(side.other()).client.as_ref().map(ToString::to_string);
        anyhow::ensure!(
            other.as_ref().is_none_or(|other| *other == registered),
            "`{asked}` of `{}` names `{registered}` and not `{}`; give another --path NAME",
            path.chains.on(side),
            other.unwrap_or_default()
        );
        path.ends.on_mut(side).state = EndState::Open;
    }
    Ok(path)
}

/// A path over a client of the first chain and the one that it names.
async fn existing(
    nodes: &Nodes,
    (id, chains): (PathId, Both<ChainId>),
    client: &str,
) -> anyhow::Result<PathRow> {
    let named = async |chain: &ChainId, client: &str| {
        let named = counterparty(nodes, chain, client).await?;
        named.with_context(|| format!("`{client}` of `{chain}` names no other client"))
    };
    let other = named(&chains.a, client).await?;
    let back = named(&chains.b, &other).await?;
    anyhow::ensure!(
        back == client,
        "`{client}` of `{}` names `{other}`, which names `{back}`: packets between them cannot be answered",
        chains.a
    );
    let ends =
        Both { a: end(nodes, &chains.a, client).await?, b: end(nodes, &chains.b, &other).await? };
    Ok(PathRow { path: id, chains, ends, create: false, delay: Span(0), ibc: Ibc::V2 })
}

async fn end(nodes: &Nodes, chain: &ChainId, client: &str) -> anyhow::Result<PathEnd> {
    let node = nodes.get(chain).with_context(|| format!("chain `{chain}` is not configured"))?;
    let facts = look::look(&node.chain(), client).await?;
    Ok(PathEnd {
        client: Some(client.into()),
        consensus: vec![facts.latest],
        state: EndState::Open,
        ..PathEnd::default()
    })
}

async fn counterparty(
    nodes: &Nodes,
    chain: &ChainId,
    client: &str,
) -> anyhow::Result<Option<String>> {
    let node = nodes.get(chain).with_context(|| format!("chain `{chain}` is not configured"))?;
    let answer = node.chain().counterparty(client).await;
    answer.with_context(|| {
        format!(
            "`{chain}` does not answer questions of IBC v2, which chains know from ibc-go v10 on"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The packets of a pair would belong to whichever path came last.
    #[test]
    fn a_pair_of_clients_is_served_by_one_path() {
        let end = |client: &str| PathEnd { client: Some(client.into()), ..PathEnd::default() };
        let path = |ibc| PathRow {
            path: "p".into(),
            chains: Both { a: "a-1".into(), b: "b-1".into() },
            ends: Both { a: end("07-tendermint-0"), b: end("07-tendermint-3") },
            create: false,
            delay: Span(0),
            ibc,
        };
        let free =
            |ibc, chain: &str, client: &str| free(&[path(ibc)], &chain.into(), client).is_ok();
        assert!(!free(Ibc::V2, "a-1", "07-tendermint-0"));
        assert!(!free(Ibc::V2, "b-1", "07-tendermint-3"));
        assert!(free(Ibc::V2, "a-1", "07-tendermint-3"));
        assert!(
            free(Ibc::V1, "a-1", "07-tendermint-0"),
            "channels and pairs take no packets from each other"
        );
    }
}
