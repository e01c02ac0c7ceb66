//! The side of the ferry that runs.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::future::Future;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::io::BufReader;
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::Signal;
use tokio::sync::{Mutex, Semaphore, watch};
use tokio::time::error::Elapsed;
use tokio::time::{Interval, interval};
use tokio_util::sync::CancellationToken;

use super::super::logging::LogLevel;
use super::super::password::Password;
use super::super::progress::Remaining;
use super::super::{Place, clear, link, packets, reload};
use super::address::Address;
use super::{Reply, Request, read_line, socket, write_line};
use crate::config::{Chain, Config};
use crate::drive::Nodes;
use crate::drive::desk::Desk;
use crate::drive::served::Served;
use crate::drive::setup::{self, Probes, Setup, newest};
use crate::model::Model;
use crate::model::config::LaneConfig;
use crate::model::facts::Fact;
use crate::model::ids::{ChainId, LaneId, SlotId};
use crate::serve::wallets::Wallets;

/// Commands that are served at once.
const PLACES: usize = 8;
/// How long one who has come may take to say what for.
const SILENCE: Duration = Duration::from_secs(5);
/// How often a command is told how far its work is.
const PROGRESS: Duration = Duration::from_secs(2);
/// How often the model is looked at while somebody waits for something to happen.
const EVERY: Duration = Duration::from_millis(250);
/// When a chain that could not be served is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// Where it is said how far the work for a command is.
pub(in crate::cli) type Told = watch::Sender<Option<Remaining>>;

/// What commands can change of a ferry that runs.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Door {
    pub(in crate::cli) place: Arc<Place>,
    pub(in crate::cli) desk: Desk,
    pub(in crate::cli) level: LogLevel,
    pub(in crate::cli) wallets: Wallets,
    /// The configuration as it was read last.
    pub(in crate::cli) config: Arc<Mutex<Config>>,
    /// The chains that are served.
    pub(in crate::cli) nodes: Served,
    /// Held by who takes more of them in, so that no chain is connected to twice.
    pub(in crate::cli) connecting: Arc<Mutex<()>>,
    pub(in crate::cli) password: Arc<Password>,
    pub(in crate::cli) stop: CancellationToken,
}

/// The socket, which goes with the ferry that made it.
#[derive(Debug)]
pub(in crate::cli) struct Socket(UnixListener, PathBuf);

impl Drop for Socket {
    fn drop(&mut self) {
        // The next ferry removes what is left.
        let _ = std::fs::remove_file(&self.1);
    }
}

impl Socket {
    /// Makes the socket: commands that come from now on wait until the door is open.
    ///
    /// The store is ours by now, so a socket that is there belongs to nobody.
    pub(in crate::cli) fn make(place: &Place) -> Option<Self> {
        let made = Self::bind(place);
        made.inspect_err(|error| {
            tracing::warn!("other commands cannot reach this ferry: {error:#}")
        })
        .ok()
    }

    fn bind(place: &Place) -> anyhow::Result<Self> {
        let path = socket(place);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let made = Address::of(place).bind();
        let listener = made.with_context(|| format!("cannot make `{}`", path.display()))?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self(listener, path))
    }
}

impl Door {
    /// Serves other commands, and SIGHUP, until ferry stops.
    pub(in crate::cli) fn open(self, socket: Option<Socket>, mut hangup: Signal) {
        tokio::spawn(async move {
            let places = Arc::new(Semaphore::new(PLACES));
            loop {
                tokio::select! {
                    () = self.stop.cancelled() => return,
                    Some(()) = hangup.recv() => {
                        if let Err(error) = reload::read_again(&self).await {
                            tracing::error!("nothing of the configuration is changed: {error:#}");
                        }
                    }
                    Some(stream) = accept(socket.as_ref()) => {
                        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
                        let door = self.clone();
                        tokio::spawn(async move {
                            door.attend(stream).await;
                            drop(place);
                        });
                    }
                }
            }
        });
    }

    /// Serves a chain as soon as that is possible.
    pub(in crate::cli) fn try_again(self, chain: String) {
        tokio::spawn(async move {
            while let Err(error) = self.serve(&[&chain]).await {
                tracing::debug!(chain, "chain still cannot be served: {error:#}");
                if pause(AGAIN, self.stop.cancelled()).await.is_ok() {
                    return;
                }
            }
        });
    }

    /// Answers one command, unless it goes away before.
    async fn attend(&self, stream: UnixStream) {
        let mut stream = BufReader::new(stream);
        let Ok(Ok(Some(line))) = tokio::time::timeout(SILENCE, read_line(&mut stream)).await else {
            return;
        };
        let (told, mut left) = watch::channel(None);
        let work = self.answer(&line, &told);
        tokio::pin!(work);
        let mut turns = interval(PROGRESS);
        let answer = loop {
            let left = tokio::select! {
                answer = &mut work => break answer.map_err(|error| format!("{error:#}")),
                // Nothing more is said: the line ends when the command does.
                _ = read_line(&mut stream) => return,
                left = news(&mut turns, &mut left) => left,
            };
            if write_line(&mut stream, &Reply::Remaining(left)).await.is_err() {
                return;
            }
        };
        // Who has gone away needs no answer.
        let _ = write_line(&mut stream, &Reply::Ended(answer)).await;
    }

    async fn answer(&self, line: &str, told: &Told) -> anyhow::Result<Value> {
        let other = "the ferry that runs is of another version; restart it";
        Ok(match serde_json::from_str(line).context(other)? {
            Request::Reload => json!(reload::read_again(self).await?),
            Request::Log(directives) => json!(self.level.direct(&directives)?),
            Request::Packets(args) => {
                json!(self.desk.read(move |model, _| packets::beside(model, &args)).await??)
            }
            Request::Clear(path) => json!(clear::beside(self, path, told).await?),
            Request::Forget(request) => json!(link::forget::beside(self, &request).await?),
            Request::Link(args) => Box::pin(link::beside(self, &args, told)).await?,
        })
    }

    /// Waits until something is there in the model.
    pub(in crate::cli) async fn until<T: Send + 'static>(
        &self,
        found: impl Fn(&Model) -> Option<T> + Clone + Send + 'static,
    ) -> anyhow::Result<T> {
        loop {
            let found = found.clone();
            if let Some(found) = self.desk.read(move |model, _| found(model)).await? {
                return Ok(found);
            }
            // Either way the desk says what is next.
            let _ = pause(EVERY, self.stop.cancelled()).await;
        }
    }

    /// The keys that the password opens.
    pub(in crate::cli) fn keys(&self) -> setup::Keys<'_> {
        setup::Keys::new(self.place.keys(), self.password.reveal())
    }

    /// Has the blocks of a chain that is served tell of these keys.
    pub(in crate::cli) fn sign_with(&self, chain: &ChainId, lanes: &[LaneConfig]) {
        if let Some(node) = self.nodes.get(chain) {
            node.sign_with(lanes.iter().map(|lane| lane.id.clone()));
        }
    }

    /// Makes sure that these chains are served, as the configuration says it now, and gives all nodes.
    pub(in crate::cli) async fn serve(&self, chains: &[&str]) -> anyhow::Result<Nodes> {
        let _connecting = self.connecting.lock().await;
        self.resume(chains).await?;
        let file = Config::read(&self.place.config)?;
        let is_missing = |id: &&str| self.nodes.get(&ChainId::from(*id)).is_none();
        let missing: BTreeSet<&str> = chains.iter().copied().filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(self.nodes.all());
        }
        let mut keys = self.keys();
        let unlock = |id: &str| anyhow::Ok(keys.unlock(file.chain(id)?)?);
        let unlocked = missing.iter().copied().map(unlock).collect::<Result<Vec<_>, _>>()?;
        drop(keys);
        let undecided = self.desk.read(|model, _| undecided(model)).await?;
        let signed: Vec<LaneId> = undecided.iter().map(|slot| slot.lane.clone()).collect();
        let Setup { nodes: new, config } =
            setup::connect(&file.ferry, unlocked, Probes::Make { undecided }).await?;
        new.values().for_each(|node| node.sign_with(signed.clone()));
        let mut facts = vec![Fact::Reload(Box::new(config))];
        for node in new.values() {
            facts.push(Fact::Begin(node.id.clone(), newest(node).await?));
            tracing::info!(chain = %node.id, "chain is served");
        }
        self.desk.join(new.clone(), facts)?;
        self.nodes.extend(new);
        let is_served = |chain: &Chain| missing.contains(chain.id.as_str());
        let served = file.chains.iter().filter(|chain| is_served(chain)).cloned();
        self.config.lock().await.take_over(served);
        self.wallets.look_again();
        Ok(self.nodes.all())
    }

    /// Has chains that are served, and that no path has needed for a while, read from now on: what was on them meanwhile
    /// is nobody's.
    async fn resume(&self, chains: &[&str]) -> anyhow::Result<()> {
        let chains = chains.iter().map(|id| ChainId::from(*id)).collect::<Vec<_>>();
        let idle = move |model: &Model| chains.into_iter().filter(|id| !model.needs(id)).collect();
        let idle: Vec<ChainId> = self.desk.read(move |model, _| idle(model)).await?;
        for node in idle.iter().filter_map(|id| self.nodes.get(id)) {
            self.desk.tell(Fact::Begin(node.id.clone(), newest(&node).await?))?;
        }
        Ok(())
    }
}

/// What is new of how far the work is, once it is time to tell.
async fn news(turns: &mut Interval, left: &mut watch::Receiver<Option<Remaining>>) -> Remaining {
    loop {
        turns.tick().await;
        if left.has_changed().unwrap_or(false)
            && let Some(left) = *left.borrow_and_update()
        {
            return left;
        }
    }
}

/// The transactions that are to be decided.
fn undecided(model: &Model) -> Vec<SlotId> {
    model.slots().map(|slot| slot.id.clone()).collect()
}

/// The next command; never where there is no socket.
async fn accept(socket: Option<&Socket>) -> Option<UnixStream> {
    match socket {
        Some(Socket(listener, _)) => listener.accept().await.ok().map(|(stream, _)| stream),
        None => std::future::pending().await,
    }
}

/// Lets some time pass; `Ok` when ferry stops before.
async fn pause(time: Duration, stop: impl Future<Output = ()>) -> Result<(), Elapsed> {
    tokio::time::timeout(time, stop).await
}
