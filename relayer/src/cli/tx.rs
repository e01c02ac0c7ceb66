//! `ferry tx`: single messages by hand, for when a relayer cannot send them or shall not.
//!
//! They need no store and no ferry that runs: what a message stands on is read from the chains, proved,
//! verified and simulated as the planner has it done.

mod handshake;
mod one;
mod packet;
mod update;

use clap::Subcommand;

use super::Place;
use super::hand::Manner;
use super::link::Delivery;
use crate::model::rows::Leg;
pub(super) use handshake::ChannelClose;

pub(super) const EXAMPLES: &str = "\
Examples:
  ferry tx update-client chain-b 07-tendermint-3
  ferry tx recv chain-a channel-0 17 --dry-run     packet 17 that chain-a sent over its channel-0
  ferry tx ack chain-a channel-0 17                its acknowledgement, back to chain-a
  ferry tx timeout chain-a channel-0 18            takes a packet back that came too late
  ferry tx channel-next chain-b channel-5          the step that its handshake or its close is at

A packet is named by the end that sent it, as in `ferry packets`. What nobody owes any more is refused, and
so is a key with which a running ferry signs: give another one with --key.";

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Bring a client a header of the chain that it follows.
    UpdateClient {
        /// The chain that it is on.
        chain: String,
        /// The client.
        client: String,
        /// The header; default the newest.
        #[arg(long, value_name = "HEIGHT")]
        height: Option<u64>,
        #[command(flatten)]
        manner: Manner,
    },
    /// Bring a packet to the chain that it was sent to.
    Recv(packet::Args),
    /// Bring a packet's acknowledgement to the chain that sent it.
    Ack(packet::Args),
    /// Tell the chain that sent a packet that it can no longer arrive: it is too late, or the channel closed.
    Timeout(packet::Args),
    /// Begin the handshake of a connection between two clients.
    ConnectionInit(handshake::ConnectionInit),
    /// Send the step that a connection's handshake is at, to whichever chain it is owed.
    ConnectionNext {
        /// A chain with an end of the connection.
        chain: String,
        /// That end.
        connection: String,
        #[command(flatten)]
        way: one::Way,
    },
    /// Begin the handshake of a channel over an open connection.
    ChannelInit(handshake::ChannelInit),
    /// Send the step that a channel's handshake or its close is at, to whichever chain it is owed.
    ChannelNext {
        /// A chain with an end of the channel.
        chain: String,
        /// That end.
        channel: String,
        /// Its port.
        #[arg(long, default_value = "transfer")]
        port: String,
        #[command(flatten)]
        way: one::Way,
    },
    /// Close a channel's end, where its application lets anybody do so; that of ICS-20 does not.
    ChannelClose(ChannelClose),
    /// IBC v2: tell a client which client of the other chain follows it.
    Register {
        /// The chain.
        chain: String,
        /// Its client; whoever made it must sign.
        client: String,
        /// The other chain's client.
        other: String,
        #[command(flatten)]
        way: one::Way,
    },
}

pub(super) async fn run(place: &Place, verb: Verb) -> anyhow::Result<()> {
    let file = place.read_config()?;
    let sender = one::Sender { place, file: &file };
    let done = match verb {
        Verb::UpdateClient { chain, client, height, manner } => {
            let updated =
                Box::pin(update::run(&sender, (&chain, &client), height, &manner)).await?;
            return place.print(&updated);
        }
        Verb::Recv(args) => Box::pin(packet::run(&sender, args, Leg::Recv)).await?,
        Verb::Ack(args) => Box::pin(packet::run(&sender, args, Leg::Ack)).await?,
        Verb::Timeout(args) => Box::pin(packet::run(&sender, args, Leg::Timeout)).await?,
        Verb::ConnectionInit(args) => Box::pin(handshake::connection_init(&sender, args)).await?,
        Verb::ConnectionNext { chain, connection, way } => {
            Box::pin(handshake::connection_next(&sender, (&chain, &connection), &way)).await?
        }
        Verb::ChannelInit(args) => Box::pin(handshake::channel_init(&sender, args)).await?,
        Verb::ChannelNext { chain, channel, port, way } => {
            Box::pin(handshake::channel_next(&sender, &chain, (&port, &channel), &way)).await?
        }
        Verb::ChannelClose(args) => Box::pin(handshake::channel_close(&sender, args)).await?,
        Verb::Register { chain, client, other, way } => {
            Box::pin(handshake::register(&sender, &chain, (&client, &other), &way)).await?
        }
    };
    place.print(&done)
}
