//! Several nodes of one chain used as one: the healthiest is asked first, the others when it fails.

use std::cmp::Reverse;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::rpc::{Blame, QueryError, Rpc, RpcError, Status};

/// Failures in a row after which a node is avoided.
const FAILURES: u32 = 3;
/// How long it is avoided before one call tries it again.
const COOL_DOWN: Duration = Duration::from_secs(5);
/// Calls at one node at a time; CometBFT serves queries one after the other anyway.
const IN_FLIGHT: usize = 16;

/// The nodes of one chain.
#[derive(Debug)]
pub struct Endpoints {
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    rpc: Rpc,
    health: Mutex<Health>,
    slots: Semaphore,
}

/// What is known of a node.
#[derive(Clone, Copy, Debug, Default)]
struct Health {
    /// The newest block it said to have.
    height: u64,
    /// How long it takes to answer: a moving average.
    latency: Duration,
    /// Failures since its last answer.
    failures: u32,
    /// When it may be tried again, while it is avoided.
    avoided_until: Option<Instant>,
}

/// An error that says who is to blame, so that a pool knows whether to ask elsewhere.
pub trait Blamed {
    /// Who is to blame.
    fn blame(&self) -> Blame;
}

impl Blamed for RpcError {
    fn blame(&self) -> Blame {
        self.fault.blame()
    }
}

impl Blamed for QueryError {
    fn blame(&self) -> Blame {
        Self::blame(self)
    }
}

/// No endpoints were given.
#[derive(Debug, thiserror::Error)]
pub enum EndpointsError {
    /// The list is empty.
    #[error("no endpoint given; name at least one node, such as `http://127.0.0.1:26657`")]
    Empty,
    /// An address is not valid.
    #[error(transparent)]
    Address(#[from] RpcError),
}

impl Endpoints {
    /// A pool of the nodes at these addresses. Nothing is asked of them yet.
    ///
    /// # Errors
    /// [`EndpointsError`] when there is no address or one of them is not valid.
    pub fn new(addresses: &[String], timeout: Duration) -> Result<Self, EndpointsError> {
        let node = |address: &String| {
            let (health, slots) = (Mutex::default(), Semaphore::new(IN_FLIGHT));
            Ok(Node { rpc: Rpc::new(address, timeout)?, health, slots })
        };
        let nodes = addresses.iter().map(node).collect::<Result<Vec<_>, RpcError>>()?;
        if nodes.is_empty() {
            return Err(EndpointsError::Empty);
        }
        Ok(Self { nodes })
    }

    /// Asks the healthiest node, and the others in turn while nodes are to blame for failing.
    ///
    /// # Errors
    /// That of the last node asked.
    ///
    /// # Panics
    /// Never: a pool has at least one node.
    pub async fn call<T, E, F, R>(&self, op: F) -> Result<T, E>
    where
        E: Blamed,
        F: Fn(Rpc) -> R,
        R: Future<Output = Result<T, E>>,
    {
        let mut order = self.order(Instant::now()).into_iter();
        let mut node = order.next().expect("a pool has at least one node");
        loop {
            let answer = node.call(&op).await;
            match (answer, order.next()) {
                (Err(error), Some(next)) if error.blame() != Blame::Question => node = next,
                (answer, _) => return answer,
            }
        }
    }

    /// Asks all nodes where they are, and returns the best answer of those on `chain_id`.
    ///
    /// A node on another chain counts as failed. To be called now and then: calls follow what is learned here.
    ///
    /// # Errors
    /// That of the first node, if none answered; `None` if those that did are on other chains.
    pub async fn refresh(&self, chain_id: &str) -> Result<Option<Status>, RpcError> {
        let answers = join_all(self.nodes.iter().map(|node| node.refresh(chain_id))).await;
        let (answered, failed): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        if answered.is_empty() {
            if let Some(Err(error)) = failed.into_iter().next() {
                return Err(error);
            }
        }
        let statuses = answered.into_iter().filter_map(|answer| answer.ok().flatten());
        Ok(statuses.max_by_key(|status| status.sync_info.latest_block_height))
    }

    /// The nodes by health: those not avoided, the highest, the fastest first.
    ///
    /// Avoided ones come last, not never: when all others fail, they are still better than nothing.
    fn order(&self, now: Instant) -> Vec<&Node> {
        let mut nodes: Vec<(Score, &Node)> =
            self.nodes.iter().map(|node| (node.health().score(now), node)).collect();
        nodes.sort_by_key(|(score, _)| *score);
        if let [(_, first), ..] = nodes.as_slice() {
            first.health().claim_trial(now);
        }
        nodes.into_iter().map(|(_, node)| node).collect()
    }
}

type Score = (bool, Reverse<u64>, Duration);

impl Node {
    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call<T, E, F, R>(&self, op: &F) -> Result<T, E>
    where
        E: Blamed,
        F: Fn(Rpc) -> R,
        R: Future<Output = Result<T, E>>,
    {
        // The semaphore is never closed; without a permit the call is only less polite.
        let _slot = self.slots.acquire().await;
        let start = Instant::now();
        let answer = op(self.rpc.clone()).await;
        let now = Instant::now();
        match &answer {
            Err(error) if error.blame() == Blame::Node => self.health().failed(now),
            _ => self.health().answered(now - start),
        }
        answer
    }

    async fn refresh(&self, chain_id: &str) -> Result<Option<Status>, RpcError> {
        let status = self.call(&|rpc: Rpc| async move { rpc.status().await }).await?;
        if status.node_info.network != chain_id {
            self.health().failed(Instant::now());
            return Ok(None);
        }
        self.health().height = status.sync_info.latest_block_height;
        Ok(Some(status))
    }
}

impl Health {
    fn score(&self, now: Instant) -> Score {
        let avoided = self.avoided_until.is_some_and(|until| now < until);
        (avoided, Reverse(self.height), self.latency)
    }

    fn answered(&mut self, latency: Duration) {
        // An eighth of the newest: steady, yet a node that has become slow is left after a dozen calls.
        let known = if self.latency.is_zero() { latency } else { self.latency };
        self.latency = (known * 7 + latency) / 8;
        self.failures = 0;
        self.avoided_until = None;
    }

    fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            self.avoided_until = Some(now + COOL_DOWN);
        }
    }

    /// One call may try an avoided node whose time is over; the others keep away until it answers.
    fn claim_trial(&mut self, now: Instant) {
        if self.avoided_until.is_some_and(|until| now >= until) {
            self.avoided_until = Some(now + COOL_DOWN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::Fault;

    fn pool(count: usize) -> Endpoints {
        let addresses: Vec<String> = (0..count).map(|n| format!("http://node{n}:26657")).collect();
        Endpoints::new(&addresses, Duration::from_secs(1)).unwrap()
    }

    fn fail(rpc: &Rpc, fault: Fault) -> RpcError {
        RpcError { endpoint: rpc.endpoint().to_owned(), method: "status", fault }
    }

    /// Asks until a node is up, and says which.
    async fn ask(pool: &Endpoints, down: &[&str]) -> Result<String, RpcError> {
        pool.call(|rpc| async move {
            if down.iter().any(|name| rpc.endpoint().contains(name)) {
                return Err(fail(&rpc, Fault::Unreachable("down".into())));
            }
            Ok(rpc.endpoint().to_owned())
        })
        .await
    }

    #[tokio::test]
    async fn another_node_answers_when_one_is_down() {
        assert!(ask(&pool(2), &["node0"]).await.unwrap().contains("node1"));
        let alone = ask(&pool(1), &["node0"]).await;
        assert!(matches!(alone, Err(RpcError { fault: Fault::Unreachable(_), .. })));
    }

    #[tokio::test]
    async fn a_refused_question_is_asked_once() {
        let asked = Mutex::new(0);
        let answer: Result<(), _> = pool(3)
            .call(|_| async {
                *asked.lock().unwrap() += 1;
                let (path, codespace, log) = ("/q".into(), "sdk".into(), "no".into());
                Err(QueryError::Refused { path, codespace, code: 18, log })
            })
            .await;
        assert!(answer.is_err());
        assert_eq!(*asked.lock().unwrap(), 1);
    }

    #[tokio::test]
    async fn a_node_without_the_block_is_not_avoided() {
        let pool = pool(2);
        for _ in 0..FAILURES {
            let answer: Result<(), _> = pool
                .call(|rpc| async move {
                    let (message, data) = ("pruned".to_owned(), String::new());
                    Err(fail(&rpc, Fault::Refused { code: -32603, message, data }))
                })
                .await;
            assert!(answer.is_err());
        }
        assert!(pool.nodes.iter().all(|node| node.health().avoided_until.is_none()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failing_node_is_avoided_and_tried_again_by_one_call() {
        let pool = pool(2);
        pool.nodes[0].health().height = 10;
        pool.nodes[1].health().height = 9;
        for _ in 0..FAILURES {
            ask(&pool, &["node0"]).await.unwrap();
        }
        assert!(ask(&pool, &[]).await.unwrap().contains("node1"));
        tokio::time::advance(COOL_DOWN).await;
        let now = Instant::now();
        let first = |order: Vec<&Node>| order[0].rpc.endpoint().to_owned();
        assert!(first(pool.order(now)).contains("node0"));
        assert!(first(pool.order(now)).contains("node1"));
        tokio::time::advance(COOL_DOWN).await;
        assert!(ask(&pool, &[]).await.unwrap().contains("node0"));
        assert!(ask(&pool, &[]).await.unwrap().contains("node0"));
    }

    #[tokio::test]
    async fn higher_nodes_come_first_then_faster_ones() {
        let pool = pool(3);
        let set = |node: usize, height, millis| {
            *pool.nodes[node].health() =
                Health { height, latency: Duration::from_millis(millis), ..Health::default() };
        };
        set(0, 9, 1);
        set(1, 10, 50);
        set(2, 10, 20);
        let order = pool.order(Instant::now());
        let names: Vec<&str> = order.iter().map(|node| node.rpc.endpoint()).collect();
        assert_eq!(names, ["http://node2:26657", "http://node1:26657", "http://node0:26657"]);
    }

    #[test]
    fn a_pool_has_nodes() {
        assert!(matches!(Endpoints::new(&[], COOL_DOWN), Err(EndpointsError::Empty)));
        let bad = Endpoints::new(&["node:26657".to_owned()], COOL_DOWN);
        assert!(matches!(bad, Err(EndpointsError::Address(_))));
    }
}
