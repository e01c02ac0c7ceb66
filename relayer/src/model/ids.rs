//! The names of things: chains, clients, channels, packets, slots.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Cheap to clone; ordered as text.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// A chain, by the chain id that it signs with.
    ChainId
}
name! {
    /// A path (a pair of clients), by the name the operator gave it.
    PathId
}
name! {
    /// A light client on one chain, such as `07-tendermint-0`.
    ClientId
}
name! {
    /// One end of a connection, such as `connection-0`.
    ConnectionId
}
name! {
    /// A port, such as `transfer`.
    PortId
}
name! {
    /// One end of a channel, such as `channel-0`.
    ChannelId
}
name! {
    /// An account on a chain, in bech32.
    Address
}

/// A moment: nanoseconds since 1970, as in block headers and packet timeouts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Time(pub u64);

impl Time {
    /// The moment `span` later; the last representable one when there is none.
    #[must_use]
    pub fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The moment `span` earlier; 1970 when there is none.
    #[must_use]
    pub fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// The day, counted from 1970.
    pub fn day(self) -> u64 {
        self.0 / Span::seconds(86_400).0
    }

    /// How long after `earlier` this is; zero when it is not after.
    pub fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

/// A length of time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span(pub u64);

impl Span {
    /// A span of whole seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// A span of whole milliseconds.
    pub const fn millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }
}

impl From<std::time::Duration> for Span {
    fn from(duration: std::time::Duration) -> Self {
        Self(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }
}

/// A height of a chain with its revision, as clients and timeouts name it. Zero means none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Height {
    /// The number at the end of the chain id, `0` when it has none.
    pub revision: u64,
    /// The block.
    pub height: u64,
}

impl From<Height> for cosmos::wire::height::Height {
    fn from(height: Height) -> Self {
        Self::new(height.revision, height.height)
    }
}

/// One of the two chains of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Side {
    /// The first chain, on which handshakes begin.
    A,
    /// The second chain.
    B,
}

impl Side {
    /// The other chain.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// A value for each of the two chains of a path.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Both<T> {
    /// The one for side A.
    pub a: T,
    /// The one for side B.
    pub b: T,
}

impl<T: Clone> Both<T> {
    /// The same for both.
    pub fn of(value: T) -> Self {
        Self { a: value.clone(), b: value }
    }
}

impl<T> Both<T> {
    /// The value for `side`.
    pub fn on(&self, side: Side) -> &T {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }

    /// The value for `side`, to change it.
    pub fn on_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::A => &mut self.a,
            Side::B => &mut self.b,
        }
    }
}

/// Everything owed to one chain of a path: what one client there verifies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FlowId {
    /// The path.
    pub path: PathId,
    /// The chain that receives the messages.
    pub to: Side,
}

/// One end of a channel. In IBC v2 a client stands where a channel stood, and the port is empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct End {
    /// The port.
    pub port: PortId,
    /// The channel.
    pub channel: ChannelId,
}

impl End {
    /// The end that a client is in IBC v2.
    pub fn of_client(client: &str) -> Self {
        Self { port: "".into(), channel: client.into() }
    }

    /// The client that it is in IBC v2; none of a channel's end.
    pub fn client(&self) -> Option<ClientId> {
        self.port.as_str().is_empty().then(|| self.channel.as_str().into())
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.client() {
            Some(client) => client.fmt(f),
            None => write!(f, "{}/{}", self.port, self.channel),
        }
    }
}

/// How a channel delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Order {
    /// Each packet by itself.
    Unordered,
    /// One after the other; a packet that times out closes the channel.
    Ordered,
}

/// Where packets go from and to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Route {
    /// The chain that sends.
    pub from: ChainId,
    /// The chain that receives.
    pub to: ChainId,
    /// The two ends, by the version of IBC.
    pub ends: Ends,
}

impl Route {
    /// Whether packets arrive only one after the other.
    pub fn is_ordered(&self) -> bool {
        matches!(&self.ends, Ends::V1 { order: Order::Ordered, .. })
    }

    /// The end that sends.
    pub fn src(&self) -> &End {
        let (Ends::V1 { src, .. } | Ends::V2 { src, .. }) = &self.ends;
        src
    }

    /// The end that receives.
    pub fn dst(&self) -> &End {
        let (Ends::V1 { dst, .. } | Ends::V2 { dst, .. }) = &self.ends;
        dst
    }
}

/// The two ends of a route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Ends {
    /// IBC v1: a channel.
    V1 {
        /// The end that sends.
        src: End,
        /// The end that receives.
        dst: End,
        /// How the channel delivers.
        order: Order,
    },
    /// IBC v2: two clients that follow each other.
    V2 {
        /// The client on the chain that sends.
        src: End,
        /// The client on the chain that receives.
        dst: End,
    },
}

/// A packet. Ordered by route, then by sequence.
#[derive(Clone, PartialEq, Eq)]
pub struct PacketKey {
    /// Where it goes; shared among the packets of a route.
    pub route: Arc<Route>,
    /// Its sequence on the route.
    pub seq: u64,
}

impl Ord for PacketKey {
    fn cmp(&self, other: &Self) -> Ordering {
        // Most of those that are compared are of one route, which has eight names to compare.
        let by_route = match Arc::ptr_eq(&self.route, &other.route) {
            true => Ordering::Equal,
            false => self.route.cmp(&other.route),
        };
        by_route.then(self.seq.cmp(&other.seq))
    }
}

impl PartialOrd for PacketKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for PacketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.route.from, self.route.src(), self.seq)
    }
}

impl fmt::Debug for PacketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for PacketKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&*self.route, self.seq).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PacketKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (route, seq) = <(Route, u64)>::deserialize(deserializer)?;
        Ok(Self { route: Arc::new(route), seq })
    }
}

/// One key on one chain, which signs its transactions in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LaneId {
    /// The chain.
    pub chain: ChainId,
    /// The account.
    pub address: Address,
}

/// What was signed for one sequence of a lane. At most one attempt of a sequence gets into the chain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SlotId {
    /// The lane.
    pub lane: LaneId,
    /// The account's sequence.
    pub sequence: u64,
    /// Counts from 0 how often the content of this sequence was replaced.
    pub attempt: u16,
}

/// Names an outstanding question; never used twice by one [`Model`](crate::model::Model).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AskId(pub u64);
