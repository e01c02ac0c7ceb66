//! `ferry client`: how long clients are good for, new ones, and the proposal that revives a dead one.

mod upgrade;

use std::fmt;
use std::io::Write as _;

use anyhow::Context as _;
use clap::Subcommand;
use cosmos::Any;
use cosmos::chain::Chain;
use cosmos::wire::client::{ClientState, ConsensusState};
use cosmos::wire::terms;
use cosmos::wire::tx::any;
use ibc_proto::ibc::core::client::v1::MsgCreateClient;
use serde::Serialize;
use serde_json::{Value, json};

use super::hand::{Hand, Manner, Sent};
use super::{Place, logging};
use crate::config::Config;
use crate::drive::{client as look, setup};
use crate::model::ids::{ChainId, PathId, Side};
use crate::model::state::{ClientFacts, ClientStatus};
use crate::store::Store as _;

const NANOS: u64 = 1_000_000_000;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show the clients of all paths, or of one, and how long each is good for.
    Status {
        /// The path.
        path: Option<String>,
    },
    /// Make a client on one chain that follows another, with the terms that the configuration says.
    Create {
        /// The chain to make it on.
        on: String,
        /// The chain that it follows.
        of: String,
        /// On the terms of this client of the same chains, whose place it is to take: governance revives a client only with
        /// one that has the same. The trusting period is that of the configuration if it says one.
        #[arg(long, value_name = "CLIENT")]
        like: Option<String>,
        #[command(flatten)]
        manner: Manner,
    },
    /// Upgrade all clients that follow a chain which has halted for an upgrade that changes its id or
    /// its unbonding period.
    Upgrade {
        /// The chain that has halted.
        of: String,
        /// Only the client of this path.
        #[arg(long, value_name = "PATH")]
        path: Option<String>,
        #[command(flatten)]
        manner: Manner,
    },
    /// Print the governance proposal that revives an expired or frozen client.
    Recover {
        /// The chain that the client is on.
        chain: String,
        /// The client.
        client: String,
        /// A client that works and follows the same chain on the same terms; `ferry client create --like` makes one.
        #[arg(long, value_name = "CLIENT")]
        substitute: String,
        /// The deposit, such as `10000000stake`; default what the chain demands.
        #[arg(long, value_name = "COINS")]
        deposit: Option<String>,
    },
}

#[derive(Serialize)]
struct Clients {
    clients: Vec<Client>,
}

#[derive(Serialize)]
struct Client {
    path: PathId,
    chain: ChainId,
    client: String,
    /// The chain that it follows.
    follows: ChainId,
    /// `active`, `expired`, `frozen`, or what the chain calls it.
    status: String,
    /// The newest height that it knows of the chain it follows.
    height: u64,
    trusting_period_seconds: u64,
    /// How long it still takes updates.
    seconds_left: u64,
    /// What revives it; none while it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    revive: Option<String>,
}

#[derive(Serialize)]
struct Created {
    /// None after a dry run.
    client: Option<String>,
    #[serde(flatten)]
    sent: Sent,
}

pub(super) async fn run(place: &Place, verb: Verb) -> anyhow::Result<()> {
    let file = place.read_config()?;
    match verb {
        Verb::Status { path } => status(place, &file, path).await,
        Verb::Create { on, of, like, manner } => {
            create(place, &file, (&on, &of, like.as_deref()), &manner).await
        }
        Verb::Upgrade { of, path, manner } => {
            logging::start(&file.ferry)?;
            Box::pin(upgrade::run(place, &file, (&of, path.as_deref()), &manner)).await
        }
        Verb::Recover { chain, client, substitute, deposit } => {
            let proposal = recover(&file, &chain, (&client, &substitute), deposit).await?;
            let mut out = std::io::stdout().lock();
            serde_json::to_writer_pretty(&mut out, &proposal)?;
            Ok(writeln!(out)?)
        }
    }
}

async fn status(place: &Place, file: &Config, path: Option<String>) -> anyhow::Result<()> {
    let rows = place.store(file).open_to_read().await?.load().await?;
    let mut clients = Vec::new();
    for row in rows.paths.iter().filter(|row| path.as_ref().is_none_or(|p| row.path.as_str() == p))
    {
        for side in [Side::A, Side::B] {
            let (chain, follows) = (row.chains.on(side), row.chains.on(side.other()));
            let Some(client) = &row.ends.on(side).client else { continue };
            let node = setup::reach(file.chain(chain.as_str())?).await?;
            let facts = look::look(&node, client.as_str()).await?;
            let now = node.rpc().status().await?.sync_info.latest_block_time;
            let now = u64::try_from(now.unix_timestamp_nanos()).unwrap_or_default();
            let end = facts.time.plus(facts.terms.trusting_period).0;
            clients.push(Client {
                path: row.path.clone(),
                chain: chain.clone(),
                client: client.to_string(),
                follows: follows.clone(),
                status: word(&facts.status).to_owned(),
                height: facts.latest,
                trusting_period_seconds: facts.terms.trusting_period.0 / NANOS,
                seconds_left: end.saturating_sub(now) / NANOS,
                revive: revive(&facts, chain, client.as_str(), follows),
            });
        }
    }
    anyhow::ensure!(!clients.is_empty(), "there is no such path with clients; see `ferry status`");
    place.print(&Clients { clients })
}

fn word(status: &ClientStatus) -> &str {
    match status {
        ClientStatus::Active => "active",
        ClientStatus::Expired => "expired",
        ClientStatus::Frozen => "frozen",
        ClientStatus::Other(other) => other,
    }
}

fn revive(facts: &ClientFacts, chain: &ChainId, client: &str, of: &ChainId) -> Option<String> {
    (facts.status != ClientStatus::Active).then(|| {
        format!(
            "`ferry client create {chain} {of} --like {client}` makes a client NEW that works; `ferry client \
             recover {chain} {client} --substitute NEW` prints the proposal for the governance of {chain}; \
             once it has passed, ferry goes on by itself"
        )
    })
}

async fn create(
    place: &Place,
    file: &Config,
    (on, of, like): (&str, &str, Option<&str>),
    manner: &Manner,
) -> anyhow::Result<()> {
    anyhow::ensure!(
        on != of,
        "a client follows another chain than its own; `{on}` was given twice"
    );
    let followed = file.chain(of)?;
    let hand = Hand::open(place, file, on, manner).await?;
    let node = setup::reach(followed).await?;
    let block = node.rpc().light_block(node.height().await?).await?;
    let state = match like {
        Some(like) => {
            let model = packed_state(&hand.chain, like).await?;
            let follows = ClientState::from_any(&model)?.chain_id;
            anyhow::ensure!(follows == of, "`{like}` on `{on}` follows `{follows}`, not `{of}`");
            terms::on_terms_of(&model, block.height(), followed.trusting_period)?
        }
        None => {
            let unbonding = node.unbonding_period().await?;
            let new = ClientState::new(of, block.height(), unbonding, followed.max_clock_drift);
            let trusting_period = followed.trusting_period.unwrap_or(new.trusting_period);
            let trust_level = followed.trust_threshold;
            ClientState { trusting_period, trust_level, ..new }.to_any()
        }
    };
    let message = any(&MsgCreateClient {
        client_state: Some(state),
        consensus_state: Some(ConsensusState::of(&block).to_any()),
        signer: hand.signer.clone(),
    });
    let sent = hand.send(&[message]).await?;
    let client = sent.attribute("create_client", "client_id");
    place.print(&Created { client, sent })
}

/// The state of a client as its chain has it.
async fn packed_state(chain: &Chain, client: &str) -> anyhow::Result<Any> {
    let state = chain.client_state(client).await?;
    state.with_context(|| format!("there is no client `{client}`"))
}

/// The proposal as `tx gov submit-proposal` reads it.
async fn recover(
    file: &Config,
    chain: &str,
    (subject, substitute): (&str, &str),
    deposit: Option<String>,
) -> anyhow::Result<Value> {
    let node = setup::reach(file.chain(chain)?).await?;
    let dead = look::look(&node, subject).await?;
    anyhow::ensure!(
        matches!(dead.status, ClientStatus::Expired | ClientStatus::Frozen),
        "client `{subject}` on `{chain}` is {}, there is nothing to revive",
        word(&dead.status)
    );
    let healthy = look::look(&node, substitute).await?;
    anyhow::ensure!(
        healthy.status == ClientStatus::Active,
        "substitute `{substitute}` on `{chain}` is {}, it must be active; `ferry client create --like \
         {subject}` makes one",
        word(&healthy.status)
    );
    let packed = (packed_state(&node, subject).await?, packed_state(&node, substitute).await?);
    let (old, new) = (ClientState::from_any(&packed.0)?, ClientState::from_any(&packed.1)?);
    anyhow::ensure!(
        old.chain_id == new.chain_id,
        "substitute `{substitute}` follows `{}`, `{subject}` follows `{}`",
        new.chain_id,
        old.chain_id
    );
    // The chain would say so only when the vote is over.
    let differences = terms::differences(&packed.0, &packed.1)?;
    anyhow::ensure!(
        differences.is_empty(),
        "substitute `{substitute}` was made on other terms than `{subject}`: {}; `ferry client create \
         {chain} {} --like {subject}` makes one on the same",
        differences.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        old.chain_id
    );
    let deposit = match deposit {
        Some(deposit) => deposit,
        None => {
            let coins = node.min_deposit().await?;
            let coins = coins.into_iter().map(|coin| coin.amount + &coin.denom);
            coins.collect::<Vec<_>>().join(",")
        }
    };
    Ok(json!({
        "messages": [{
            "@type": "/ibc.core.client.v1.MsgRecoverClient",
            "subject_client_id": subject,
            "substitute_client_id": substitute,
            "signer": node.governance()?,
        }],
        "metadata": "",
        "deposit": deposit,
        "title": format!("Revive IBC client {subject}"),
        "summary": format!(
            "Client {subject} follows {} and is {}. It goes on with what client {substitute} knows; \
             channels and funds on it work again.",
            old.chain_id,
            word(&dead.status)
        ),
        "expedited": false,
    }))
}

impl fmt::Display for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (line, client) in self.clients.iter().enumerate() {
            let separator = if line == 0 { "" } else { "\n" };
            let Client { path, chain, client, follows, status, height, seconds_left, .. } = client;
            write!(
                f,
                "{separator}{path}: {client} on {chain} follows {follows} to height {height}: {status}, \
                 {} left of {}",
                period(*seconds_left),
                period(self.clients[line].trusting_period_seconds)
            )?;
            if let Some(revive) = &self.clients[line].revive {
                write!(f, "\n  {revive}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(client) = &self.client {
            writeln!(f, "client {client}")?;
        }
        write!(f, "{}", self.sent)
    }
}

/// A time as people say it, in its two largest units.
fn period(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m {}s", seconds % 60),
        (0, _, _) => format!("{hours}h {minutes}m"),
        _ => format!("{days}d {hours}h"),
    }
}
