//! `ferry link --forget PATH`: a path is served no more.
//!
//! Nothing is sent for that, so that it goes without nodes and without a password, also where a chain is gone for good.

use std::fmt;
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::beside_start;
use crate::cli::Place;
use crate::cli::control::door::Door;
use crate::cli::control::{self, Request as Asked};
use crate::cli::logging;
use crate::drive::{now, setup};
use crate::model::facts::Fact;
use crate::model::ids::{Both, ChainId, PathId, Side};
use crate::model::rows::{GapRow, Ibc, PathRow};
use crate::model::{Model, step};
use crate::store::Store as _;
use crate::store::postgres::Held;

/// How long a ferry that runs waits for blocks to decide what is on its way.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which path, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::cli) struct Request {
    pub(super) path: PathId,
    /// Also while it has packets that are not over.
    pub(super) yes: bool,
    pub(super) dry_run: bool,
}

/// What was forgotten, or would be.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::cli) struct Forgotten {
    path: PathId,
    /// Whether it is.
    forgotten: bool,
    a: ForgottenEnd,
    b: ForgottenEnd,
    channels: usize,
    /// Packets that are not over, as far as its channels are looked at: they are left to others.
    packets: usize,
    /// Whether its channels are not looked at yet, and may have more of them.
    unscanned: bool,
    /// Transactions that no block has decided.
    transactions: usize,
    /// Those of its chains that no other path needs.
    unneeded: Vec<ChainId>,
    /// What takes it up again; none while it has nothing that can be named.
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ForgottenEnd {
    chain: ChainId,
    client: Option<String>,
    connection: Option<String>,
}

/// Whether what is on its way is settled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settling {
    /// By the ferry that runs.
    Goes,
    /// Not before a ferry runs that reads its chain.
    Rests,
}

pub(super) async fn run(place: &Place, request: Request) -> anyhow::Result<()> {
    let file = place.read_config()?;
    logging::start(&file.ferry)?;
    if let Some(done) = control::ask::<Forgotten>(place, &Asked::Forget(request.clone())).await? {
        return place.print(&done);
    }
    let location = place.store(&file);
    if request.dry_run {
        let rows = location.open_to_read().await?.load().await?;
        let model = Model::load(setup::offline(&file), rows);
        return place.print(&found(&model, &request.path)?);
    }
    // What is not there is not made to forget it.
    location.open_to_read().await?;
    let store = location.open(Held::Refuse).await.map_err(|error| beside_start(error.into()))?;
    let mut model = Model::load(setup::offline(&file), store.load().await?);
    let mut found = found(&model, &request.path)?;
    found.agree(&request, Settling::Rests)?;
    let writes = step(&mut model, Fact::Forget(request.path.clone()), now()).writes;
    store.commit(&writes).await?;
    store.release().await?;
    found.forgotten = true;
    place.print(&found)
}

/// The same by a ferry that runs, which relays everything else meanwhile.
pub(in crate::cli) async fn beside(door: &Door, request: &Request) -> anyhow::Result<Forgotten> {
    let path = request.path.clone();
    let mut found = door.desk.read(move |model, _| found(model, &path)).await??;
    if request.dry_run {
        return Ok(found);
    }
    found.agree(request, Settling::Goes)?;
    let path = request.path.clone();
    door.desk.tell(Fact::Forget(path.clone()))?;
    tracing::info!(%path, "path is forgotten");
    let of = path.clone();
    let settled = door.until(move |model| {
        let is_over = model.path(&of).is_none() && model.slots_of(&of).next().is_none();
        is_over.then_some(())
    });
    found.transactions = match timeout(PATIENCE, settled).await {
        Ok(settled) => settled.map(|()| 0)?,
        // They expire, or are decided when their chain makes blocks again.
        Err(_) => door.desk.read(move |model, _| model.slots_of(&path).count()).await?,
    };
    found.forgotten = true;
    Ok(found)
}

/// What is to be forgotten.
fn found(model: &Model, path: &PathId) -> anyhow::Result<Forgotten> {
    let row = model.path(path);
    let row = row.with_context(|| format!("there is no path `{path}`; see `ferry status`"))?;
    let end = |side: Side| {
        let end = row.ends.on(side);
        ForgottenEnd {
            chain: row.chains.on(side).clone(),
            client: end.client.as_ref().map(ToString::to_string),
            connection: end.connection.as_ref().map(ToString::to_string),
        }
    };
    let others = || model.paths().filter(|other| other.path != *path);
    let is_needed =
        |chain: &ChainId| others().any(|other| [&other.chains.a, &other.chains.b].contains(&chain));
    let Both { a, b } = &row.chains;
    Ok(Forgotten {
        path: path.clone(),
        forgotten: false,
        a: end(Side::A),
        b: end(Side::B),
        channels: model.channels(path).count(),
        packets: model.packets().filter(|packet| packet.path == *path).count(),
        unscanned: model.gaps(path).any(GapRow::hides_packets),
        transactions: model.slots_of(path).count(),
        unneeded: [a, b].into_iter().filter(|chain| !is_needed(chain)).cloned().collect(),
        again: again(row),
    })
}

/// What takes a path up again over what stands on the chains.
fn again(row: &PathRow) -> Option<String> {
    let PathRow { path, chains: Both { a, b }, ends, .. } = row;
    let over = match row.ibc {
        Ibc::V1 => format!("--connection {}", ends.a.connection.as_ref()?),
        Ibc::V2 => format!("--v2 --client {}", ends.a.client.as_ref()?),
    };
    Some(format!("ferry link {a} {b} --path {path} {over}"))
}

impl Forgotten {
    /// Refuses where something is left that nobody would see to, and that is not wanted.
    fn agree(&self, request: &Request, settling: Settling) -> anyhow::Result<()> {
        let left = self.left(settling);
        anyhow::ensure!(
            left.is_empty() || request.yes,
            "path `{path}` has {}; `ferry clear {path}` finishes what can be finished, or --yes leaves it to others",
            left.join(", and "),
            path = self.path,
        );
        Ok(())
    }

    /// What nobody would see to.
    fn left(&self, settling: Settling) -> Vec<String> {
        let Self { packets, unscanned, transactions, .. } = self;
        let mut left = Vec::new();
        if *packets > 0 {
            left.push(format!("{packets} packets that are not over"));
        }
        if *unscanned {
            left.push("channels that are not looked at yet and may have packets".to_owned());
        }
        if *transactions > 0 && settling == Settling::Rests {
            left.push(format!("{transactions} transactions that no block has decided"));
        }
        left
    }
}

impl fmt::Display for Forgotten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, forgotten, channels, packets, unscanned, transactions, .. } = self;
        let is = if *forgotten { "is" } else { "would be" };
        write!(
            f,
            "path {path} {is} forgotten: {channels} channels, {packets} packets left to others"
        )?;
        for ForgottenEnd { chain, client, connection } in [&self.a, &self.b] {
            let name =
                |name: &Option<String>, what| name.clone().unwrap_or_else(|| format!("no {what}"));
            write!(f, "\n  {chain}: {}", name(client, "client"))?;
            connection.iter().try_for_each(|connection| write!(f, ", {connection}"))?;
        }
        if *unscanned {
            write!(f, "\nits channels are not looked at yet and may have more packets")?;
        }
        if *transactions > 0 {
            write!(
                f,
                "\n{transactions} transactions are on their way: `ferry costs` has what they cost once a block decides \
                 them that ferry reads"
            )?;
        }
        for chain in &self.unneeded {
            write!(
                f,
                "\nno other path needs {chain}: `ferry chains remove {chain}` takes it out of the configuration"
            )?;
        }
        match &self.again {
            Some(again) => write!(f, "\n`{again}` takes it up again"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::model::ids::{ConnectionId, Span};
    use crate::model::rows::{PathEnd, Rows};

    fn path(name: &str, [a, b]: [&str; 2]) -> PathRow {
        let connection = Some(ConnectionId::from("connection-7"));
        let end = PathEnd { connection, client: Some("client-3".into()), ..PathEnd::default() };
        PathRow {
            path: name.into(),
            chains: Both { a: a.into(), b: b.into() },
            ends: Both { a: end.clone(), b: end },
            create: false,
            delay: Span(0),
            ibc: Ibc::V1,
        }
    }

    fn model(paths: Vec<PathRow>) -> Model {
        let rows = Rows { paths, ..Rows::default() };
        Model::load(setup::offline(&Config::parse("").unwrap()), rows)
    }

    #[test]
    fn it_says_what_nobody_needs_any_more_and_what_takes_it_up_again() {
        let paths = vec![path("hub-juno", ["hub", "juno"]), path("hub-x", ["x", "hub"])];
        let told = found(&model(paths), &"hub-juno".into()).unwrap();
        assert_eq!(told.unneeded, [ChainId::from("juno")]);
        let again = told.again.as_deref();
        assert_eq!(again, Some("ferry link hub juno --path hub-juno --connection connection-7"));
        let v2 = PathRow { ibc: Ibc::V2, ..path("p", ["a", "b"]) };
        assert_eq!(again_of(&v2), "ferry link a b --path p --v2 --client client-3");
        let unknown = found(&model(Vec::new()), &"p".into()).unwrap_err().to_string();
        assert!(unknown.contains("no path `p`"), "{unknown}");
    }

    fn again_of(row: &PathRow) -> String {
        again(row).unwrap()
    }

    #[test]
    fn what_is_left_is_told_before_it_is_left() {
        let sound = found(&model(vec![path("p", ["a", "b"])]), &"p".into()).unwrap();
        let asked = Request { path: "p".into(), yes: false, dry_run: false };
        let insists = Request { yes: true, ..asked.clone() };
        sound.agree(&asked, Settling::Rests).unwrap();
        let left = Forgotten { packets: 2, transactions: 1, ..sound };
        for (settling, transactions) in [(Settling::Goes, false), (Settling::Rests, true)] {
            let told = left.agree(&asked, settling).unwrap_err().to_string();
            assert!(told.contains("2 packets") && told.contains("`ferry clear p`"), "{told}");
            assert_eq!(told.contains("1 transactions"), transactions, "{told}");
            left.agree(&insists, settling).unwrap();
        }
        let only = Forgotten { packets: 0, ..left };
        only.agree(&asked, Settling::Goes).unwrap();
        only.agree(&asked, Settling::Rests).unwrap_err();
    }
}
