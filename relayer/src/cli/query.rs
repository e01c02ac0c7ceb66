//! `ferry query`: what chains themselves say, without a store or a ferry that runs.

use std::fmt;

use anyhow::Context as _;
use clap::Subcommand;
use cosmos::chain::Chain;
use ibc_proto::ibc::core::channel::v1::{Order, State as ChannelState};
use ibc_proto::ibc::core::connection::v1::State as ConnectionState;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Place;
use crate::drive::{client as look, setup};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// The newest block.
    Height {
        /// The chain.
        chain: String,
    },
    /// What an account has.
    Balance {
        /// The chain.
        chain: String,
        /// The account.
        address: String,
    },
    /// What a client follows, to which height, and whether it works.
    Client {
        /// The chain that it is on.
        chain: String,
        /// The client.
        client: String,
    },
    /// The state of a connection's end, its client and the other end.
    Connection {
        /// The chain.
        chain: String,
        /// The connection.
        connection: String,
    },
    /// The connections that stand on a client, with the state of each.
    Connections {
        /// The chain.
        chain: String,
        /// The client.
        client: String,
    },
    /// The channels of a connection, with the state of each.
    Channels {
        /// The chain.
        chain: String,
        /// The connection.
        connection: String,
    },
    /// The packets that a channel's end has sent and that are not over; and with --to, which of them have not arrived.
    Packets {
        /// The chain.
        chain: String,
        /// The channel.
        channel: String,
        /// The end's port.
        #[arg(long, default_value = "transfer")]
        port: String,
        /// The chain at the other end.
        #[arg(long, value_name = "CHAIN")]
        to: Option<String>,
    },
}

/// What was found, by name.
#[derive(Serialize)]
#[serde(transparent)]
struct Found(Value);

pub(super) async fn run(place: &Place, verb: Verb) -> anyhow::Result<()> {
    let file = place.read_config()?;
    let reach = async |id: &str| anyhow::Ok(setup::reach(file.chain(id)?).await?);
    let found = match &verb {
        Verb::Height { chain } => json!({ "height": reach(chain).await?.height().await? }),
        Verb::Balance { chain, address } => balance(&reach(chain).await?, address).await?,
        Verb::Client { chain, client } => self::client(&reach(chain).await?, client).await?,
        Verb::Connection { chain, connection } => {
            self::connection(&reach(chain).await?, connection).await?
        }
        Verb::Connections { chain, client } => connections(&reach(chain).await?, client).await?,
        Verb::Channels { chain, connection } => channels(&reach(chain).await?, connection).await?,
        Verb::Packets { chain, channel, port, to } => {
            let other = match to {
                Some(to) => Some(reach(to).await?),
                None => None,
            };
            packets(&reach(chain).await?, (port, channel), other.as_ref()).await?
        }
    };
    place.print(&Found(found))
}

async fn balance(chain: &Chain, address: &str) -> anyhow::Result<Value> {
    let coins = chain.balances(address).await?;
    let coins = coins.into_iter().map(|(denom, units)| (denom, Value::from(units.to_string())));
    Ok(Value::Object(coins.collect::<Map<_, _>>()))
}

async fn client(chain: &Chain, client: &str) -> anyhow::Result<Value> {
    let state = look::state(chain, client).await?;
    Ok(json!({
        "follows": state.chain_id,
        "height": state.latest_height.block,
        "status": chain.client_status(client).await?,
        "trusting_period_seconds": state.trusting_period.as_secs(),
    }))
}

async fn connection(chain: &Chain, connection: &str) -> anyhow::Result<Value> {
    let end = chain.connection(connection).await?;
    let end = end.with_context(|| format!("there is no connection `{connection}`"))?;
    let other = end.counterparty.unwrap_or_default();
    let state = ConnectionState::try_from(end.state).map(|state| state.as_str_name());
    Ok(json!({
        "state": state.unwrap_or("unknown"),
        "client": end.client_id,
        "delay_seconds": end.delay_period / 1_000_000_000,
        "other_connection": other.connection_id,
        "other_client": other.client_id,
    }))
}

async fn connections(chain: &Chain, client: &str) -> anyhow::Result<Value> {
    let mut found = Map::new();
    for id in chain.client_connections(client).await? {
        let end = connection(chain, &id).await?;
        found.insert(id, end);
    }
    Ok(Value::Object(found))
}

async fn channels(chain: &Chain, connection: &str) -> anyhow::Result<Value> {
    let channels = chain.connection_channels(connection).await?;
    let channels = channels.into_iter().map(|end| {
        let other = end.counterparty.unwrap_or_default();
        let state = ChannelState::try_from(end.state).map(|state| state.as_str_name());
        let order = Order::try_from(end.ordering).map(|order| order.as_str_name());
        let found = json!({
            "state": state.unwrap_or("unknown"),
            "order": order.unwrap_or("unknown"),
            "version": end.version,
            "other": format!("{}/{}", other.port_id, other.channel_id),
        });
        (format!("{}/{}", end.port_id, end.channel_id), found)
    });
    Ok(Value::Object(channels.collect::<Map<_, _>>()))
}

async fn packets(
    chain: &Chain,
    (port, channel): (&str, &str),
    other: Option<&Chain>,
) -> anyhow::Result<Value> {
    let end = chain.channel(port, channel).await?;
    let end = end.with_context(|| format!("there is no channel `{port}/{channel}`"))?;
    let pending = chain.packet_commitments(port, channel).await?;
    let Some(other) = other else { return Ok(json!({ "pending": pending })) };
    let there = end.counterparty.unwrap_or_default();
    let unreceived = other.unreceived_packets(&there.port_id, &there.channel_id, &pending).await?;
    Ok(json!({ "pending": pending, "not_received": unreceived }))
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(facts) = self.0.as_object() else { return write!(f, "{}", self.0) };
        if facts.is_empty() {
            return f.write_str("nothing");
        }
        let lines: Vec<String> =
            facts.iter().map(|(name, value)| format!("{name}: {}", words(value))).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// A value as people read it.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(" "),
        Value::Object(facts) => {
            let facts = facts.iter().map(|(name, value)| format!("{name} {}", words(value)));
            facts.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
