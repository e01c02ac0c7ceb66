//! Everything that waits: blocks in, questions out, and the one loop that owns the model.
//!
//! `fact → step → commit → asks`. A kill at any point loses nothing: what a step wants to send is
//! stored before it is sent, and sending the same bytes twice does no harm.

#![expect(clippy::disallowed_methods, reason = "the driver is where time passes")]

mod answer;
mod blocks;
mod carried;
pub(crate) mod client;
mod compare;
#[cfg(test)]
pub(crate) mod fake;
pub(crate) mod funds;
mod light;
mod recent;
mod report;
pub(crate) mod scan;

pub mod books;
pub(crate) mod by_hand;
pub mod decode;
pub mod desk;
pub mod endpoints;
pub mod node;
pub mod price;
pub mod served;
pub mod setup;
pub mod tally;

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::model::facts::{Ask, Fact};
use crate::model::ids::{AskId, ChainId, Span, Time};
use crate::model::{Model, step};
use crate::store::{Store, StoreError};
use desk::{Desk, Request};
use node::Node;
use tally::{Ours, Tally};

/// Facts that wait for the loop. A full queue slows the pullers down, and loses nothing.
const FACTS: usize = 64;
/// How long answers under way are waited for when ferry stops.
const DRAIN: Duration = Duration::from_secs(3);
/// After how long a chain is tried again that could not be followed.
const REST: Duration = Duration::from_secs(600);

/// How long a stop may take in all. A store that says nothing for longer would hold it up for half a minute.
const LONGEST_STOP: Duration = Duration::from_millis(4_500);
/// So many messages are summed up at a time, which takes some milliseconds: blocks wait for it.
const FOLDED: u32 = 2_000;
/// After so long from its start a ferry begins with that. By then whoever adds up what was paid before has read it.
const SETTLED: Span = Span::seconds(600);

/// The chains that ferry serves.
pub type Nodes = BTreeMap<ChainId, Arc<Node>>;

/// Why ferry stopped.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The store failed, so nothing can be promised any more.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A chain has another block at the height that was read before.
    #[error(
        "`{chain}` has another block at height {height} than the one read before: it is another \
         chain or was reset; check its `rpc`, or start over with another --home"
    )]
    AnotherChain {
        /// The chain.
        chain: ChainId,
        /// The height.
        height: u64,
    },
    /// The store did not take what came last.
    #[error(
        "the store has not answered since ferry was told to stop, {} ms ago: what it did not take is found on the chains \
         again at the next start, and other replicas wait until the lease ends", LONGEST_STOP.as_millis()
    )]
    Unstored,
    /// A task ended that must not.
    #[error("a task ended that must not")]
    Task(#[from] JoinError),
}

/// Runs until `enough`, asked after every fact, says so, or ferry is told to stop; returns the model as
/// it is then.
///
/// `first` are facts to begin with: where to begin reading a chain, which path to make.
///
/// # Errors
/// [`DriveError`]. What was stored stays good.
pub async fn run<S: Store + Send + Sync + 'static>(
    engine: Engine<S>,
    first: Vec<Fact>,
    stop: CancellationToken,
    enough: impl FnMut(&Model) -> bool,
) -> Result<Model, DriveError> {
    let overdue = async {
        stop.cancelled().await;
        sleep(LONGEST_STOP).await;
    };
    // To leave the loop amid a step is no worse than a kill.
    tokio::select! {
        ended = follow(engine, first, &stop, enough) => ended,
        () = overdue => Err(DriveError::Unstored),
    }
}

async fn follow<S: Store + Send + Sync + 'static>(
    mut engine: Engine<S>,
    first: Vec<Fact>,
    stop: &CancellationToken,
    mut enough: impl FnMut(&Model) -> bool,
) -> Result<Model, DriveError> {
    for fact in first {
        engine.take(fact).await?;
    }
    engine.pull_blocks();
    engine.take(Fact::Tick).await?;
    while !enough(&engine.model) {
        let fact = tokio::select! {
            () = stop.cancelled() => break,
            fact = engine.next() => fact?,
        };
        engine.take(fact).await?;
    }
    engine.drain().await
}

/// The loop's state. Nobody else touches the model.
#[derive(Debug)]
pub struct Engine<S> {
    model: Model,
    store: Arc<S>,
    nodes: Nodes,
    /// Questions under way; each ends with its answer.
    asks: JoinSet<Fact>,
    /// One puller for each chain that is read. None of them ends by itself but by an error.
    pullers: JoinSet<Result<(), DriveError>>,
    /// The chains that are read, and what ends that.
    pulled: BTreeMap<ChainId, AbortHandle>,
    /// Chains that could not be followed any more: each ends when it is to be tried again.
    resting: JoinSet<(ChainId, Arc<Node>)>,
    /// Facts from the desk that are taken in before anything else.
    told: VecDeque<Fact>,
    facts: mpsc::Sender<Fact>,
    inbox: mpsc::Receiver<Fact>,
    desk: Desk,
    requests: mpsc::Receiver<Request>,
    tally: Tally,
    offers: Offers,
    /// How long it is kept what was paid, if that is seen to.
    keeping: Option<Keeping>,
    /// The day on which what is older was forgotten last.
    pruned: u64,
    /// Messages may be left that are to be summed up.
    folds: bool,
    losses: Losses,
    wake: Option<Time>,
}

/// What becomes of transactions that are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offers {
    /// They are sent.
    Sent,
    /// They are kept: ferry only looks what it would send.
    Kept,
}

/// For how many days it is kept what was paid, today included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// For each message.
    pub messages: u64,
    /// Summed up by day.
    pub sums: u64,
}

/// What becomes of the loop when a chain cannot be followed any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Losses {
    /// It ends: somebody waits for what was to be done.
    End,
    /// It goes on with the other chains.
    GoOn,
}

impl<S: Store + Send + Sync + 'static> Engine<S> {
    /// A loop that has not begun.
    pub fn new(model: Model, store: Arc<S>, nodes: Nodes) -> Self {
        let (facts, inbox) = mpsc::channel(FACTS);
        let (desk, requests) = desk::open();
        Self {
            model,
            store,
            nodes,
            asks: JoinSet::new(),
            pullers: JoinSet::new(),
            pulled: BTreeMap::new(),
            resting: JoinSet::new(),
            told: VecDeque::new(),
            facts,
            inbox,
            desk,
            requests,
            tally: Tally::new(now()),
            offers: Offers::Sent,
            keeping: None,
            pruned: 0,
            folds: false,
            losses: Losses::End,
            wake: None,
        }
    }

    /// A loop that does everything but send.
    pub fn without_offers(self) -> Self {
        Self { offers: Offers::Kept, ..self }
    }

    /// A loop that sums up and forgets what was paid, each after so long.
    #[must_use]
    pub fn keeping_costs(self, keeping: Keeping) -> Self {
        Self { keeping: Some(keeping), ..self }
    }

    /// A loop that goes on with the other chains when one cannot be followed any more.
    #[must_use]
    pub fn without_lost_chains(self) -> Self {
        Self { losses: Losses::GoOn, ..self }
    }

    /// A way to ask the loop while it runs.
    pub fn desk(&self) -> Desk {
        self.desk.clone()
    }

    /// Reads the blocks of every chain that have something to tell, from its cursor on, and of no other chain: the last
    /// path to it may have been forgotten, and be taken up again.
    fn pull_blocks(&mut self) {
        let model = &self.model;
        self.pulled.retain(|chain, puller| {
            let is_needed = model.needs(chain);
            if !is_needed {
                tracing::info!(%chain, "no path needs the chain any more, it is not read");
                puller.abort();
            }
            is_needed
        });
        for (chain, node) in &self.nodes {
            if let Some(cursor) = model.cursor(chain)
                && model.needs(chain)
                && !self.pulled.contains_key(chain)
            {
                let puller = blocks::pull(Arc::clone(node), cursor, self.facts.clone());
                self.pulled.insert(chain.clone(), self.pullers.spawn(puller));
            }
        }
    }

    /// Waits for the next fact, and serves at the desk meanwhile.
    async fn next(&mut self) -> Result<Fact, DriveError> {
        let wake = until(self.wake);
        tokio::pin!(wake);
        loop {
            if let Some(fact) = self.told.pop_front() {
                return Ok(fact);
            }
            let request = tokio::select! {
                Some(ended) = self.pullers.join_next() => match ended {
                    Err(error) if error.is_cancelled() => continue,
                    // A puller ends well only when nobody takes its facts any more.
                    ended => return self.lost(ended?).map(|()| Fact::Tick),
                },
                Some(rested) = self.resting.join_next() => {
                    let (chain, node) = rested?;
                    self.follow_again(chain, node);
                    return Ok(Fact::Tick);
                }
                Some(answer) = self.asks.join_next() => return Ok(answer?),
                Some(fact) = self.inbox.recv() => return Ok(fact),
                Some(request) = self.requests.recv() => request,
                () = &mut wake => return Ok(Fact::Tick),
            };
            match request {
                Request::Read(read) => read(&self.model, &self.tally),
                Request::Take(nodes, facts) => {
                    self.nodes.extend(nodes);
                    self.told.extend(facts);
                }
            }
        }
    }

    /// Decides what follows when a chain cannot be followed any more. Nothing is asked of it for a while, and readiness
    /// says how old its last block is.
    fn lost(&mut self, ended: Result<(), DriveError>) -> Result<(), DriveError> {
        let Err(error) = ended else { return Ok(()) };
        match &error {
            DriveError::AnotherChain { chain, .. }
                if self.losses == Losses::GoOn && !self.pullers.is_empty() =>
            {
                tracing::error!(%chain, %error, try_again_in = ?REST, "chain cannot be followed, its paths stand still");
                if let Some(rested) = self.nodes.remove_entry(chain) {
                    self.resting.spawn(async move {
                        sleep(REST).await;
                        rested
                    });
                }
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// Reads a chain again from where it could not be followed: its endpoints may have been mistaken.
    fn follow_again(&mut self, chain: ChainId, node: Arc<Node>) {
        tracing::info!(%chain, "chain is tried again that could not be followed");
        self.pulled.remove(&chain);
        // A reload may have brought another way to it meanwhile.
        self.nodes.entry(chain).or_insert(node);
        self.pull_blocks();
    }

    /// Takes one fact in, stores what follows, and only then asks.
    async fn take(&mut self, fact: Fact) -> Result<(), DriveError> {
        let block = match &fact {
            Fact::Block(chain, block) => {
                report::block(chain, block);
                Some((chain.clone(), block.tip.height, Ours::of(&self.model, block)))
            }
            _ => None,
        };
        let turns =
            matches!(fact, Fact::Begin(..) | Fact::Path(..) | Fact::Forget(_) | Fact::Block(..));
        let is_block = block.is_some();
        let step = step(&mut self.model, fact, now());
        self.store.commit(&step.writes).await?;
        if turns {
            self.pull_blocks();
        }
        if let Some((chain, height, ours)) = block {
            self.tally.block(&self.model, (&chain, height), &ours, &step.writes);
        }
        for notice in &step.notices {
            report::notice(notice);
            self.tally.notice(notice);
        }
        for (id, ask) in step.asks {
            self.ask(id, ask);
        }
        self.wake = step.wake;
        if is_block {
            self.sum_up_costs().await?;
        }
        self.forget_costs().await
    }

    /// Forgets, once a day, what was paid too long ago.
    async fn forget_costs(&mut self) -> Result<(), DriveError> {
        let today = now().day();
        let Some(keeping) = self.keeping.filter(|_| today > self.pruned) else { return Ok(()) };
        (self.pruned, self.folds) = (today, true);
        Ok(self.store.forget_costs(today.saturating_sub(keeping.sums)).await?)
    }

    /// Sums up some of what is to be: with each block a little, as there may be millions.
    async fn sum_up_costs(&mut self) -> Result<(), DriveError> {
        let is_due = self.folds && now() >= self.tally.started.plus(SETTLED);
        if let Some(keeping) = self.keeping.filter(|_| is_due) {
            let before = books::first_of(keeping.messages, self.pruned);
            self.folds = self.store.fold_costs(before, FOLDED).await?;
        }
        Ok(())
    }

    fn ask(&mut self, id: AskId, ask: Ask) {
        if self.offers == Offers::Kept && matches!(ask, Ask::Offer(_)) {
            return;
        }
        let (nodes, store) = (self.nodes.clone(), Arc::clone(&self.store));
        self.tally.asked(ask.name());
        self.asks.spawn(async move { answer::answer(&nodes, &store, id, ask).await });
    }

    /// Takes in the answers under way, without asking anything new, and gives the model back.
    async fn drain(mut self) -> Result<Model, DriveError> {
        self.pullers.shutdown().await;
        let deadline = Instant::now() + DRAIN;
        // What is not answered by then is asked again after the next start.
        while let Ok(Some(answer)) = timeout_at(deadline, self.asks.join_next()).await {
            let step = step(&mut self.model, answer?, now());
            self.store.commit(&step.writes).await?;
        }
        self.asks.shutdown().await;
        self.store.release().await?;
        Ok(self.model)
    }
}

/// The clock, read at one place.
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

async fn until(wake: Option<Time>) {
    match wake {
        Some(wake) => sleep_until(Instant::now() + Duration::from_nanos(wake.since(now()).0)).await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests;
