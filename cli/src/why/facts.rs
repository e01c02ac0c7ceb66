//! What the two chains say about a purchase.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use cosmos::chain::{Chain, ChainConfig};
use cosmos::rpc::{DEFAULT_TIMEOUT, Rpc};
use cosmos::wire::gas::GasPrice;
use cosmwasm_std::Coin;
use outpost::msg::QueryMsg;
use outpost::msg::responses::{
    InFlightResponse, OrderResponse, OrderState, RouteResponse, RoutesResponse,
};
use protocol::control::{DeploymentStatus, Refusal};
use protocol::ics20::TRANSFER_PORT;
use protocol::{Code, DeploymentId, RouteStyle, Tenant};
use serde::Serialize;

use super::search::{self, Received, Sent};

/// Both chains, to be read.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The market's chain.
    pub market_chain: Chain,
    /// The outpost's chain.
    pub outpost_chain: Chain,
    /// The outpost's address there.
    pub outpost: String,
}

/// Everything that can be learnt about a purchase.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Facts {
    /// Its number at the outpost.
    pub seq: u64,
    /// The number of the money packet that opens it, as `reconcile` names it.
    pub n: u64,
    /// How far the outpost says that it has come.
    pub state: OrderState,
    /// The coin it was opened with.
    pub coin: Coin,
    /// Whose it is.
    pub owner: String,
    /// While it is unsent: until when anyone may send it, in seconds since 1970.
    pub send_by: Option<u64>,
    /// Why the market refused the last command, if it did.
    pub command_refusal: Option<Refusal>,
    /// How the deployment stands on the market, if it exists there.
    pub deployment: Option<DeploymentStatus>,
    /// The packet that carries it; none if it never left, or left long ago and the node has forgotten it.
    pub packet: Option<Packet>,
    /// Whether it was given up before it left.
    pub cancelled: bool,
    /// The way it takes.
    pub way: Way,
    /// This machine's time, in seconds since 1970.
    pub now: u64,
}

/// A packet's state on both chains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Packet {
    /// The outpost's end of the transfer channel.
    pub channel: String,
    /// Its sequence there.
    pub sequence: u64,
    /// When it can no longer be received, in seconds since 1970.
    pub timeout_at: u64,
    /// Whether its sender still waits for an acknowledgement or timeout.
    pub committed: bool,
    /// What the market's chain did with it.
    pub reception: Reception,
}

/// What the destination did with a packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reception {
    /// It has not come.
    NotYet,
    /// It has come, and the transaction was found.
    Seen(Received),
    /// It has come; the node does not have the transaction any more.
    Unseen,
}

/// The channel and the clients that a purchase depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Way {
    /// The route's name at the outpost.
    pub route: String,
    /// How the chains tell the contracts of transfers on it.
    pub style: RouteStyle,
    /// The market's end of the transfer channel.
    pub market_channel: String,
    /// The client of the outpost's chain on the market's chain.
    pub client_on_market: String,
    /// Its status.
    pub client_on_market_status: String,
    /// The client of the market's chain on the outpost's chain.
    pub client_on_outpost: String,
    /// Its status.
    pub client_on_outpost_status: String,
}

impl Reader {
    /// Connects to a chain that is only read, by its node alone.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn connect(rpc: &str) -> anyhow::Result<Chain> {
        let chain_id = Rpc::new(rpc, DEFAULT_TIMEOUT)?.status().await?.node_info.network;
        let config = ChainConfig {
            chain_id,
            rpc: rpc.into(),
            prefix: String::new(),
            gas_price: GasPrice::new(0, ""),
        };
        Ok(Chain::connect(config).await?)
    }

    /// Learns everything about a purchase.
    ///
    /// # Errors
    /// There is no such purchase, or a chain cannot be asked.
    pub async fn facts(&self, seq: u64) -> anyhow::Result<Facts> {
        let mut order = self.order(seq).await?;
        let route = self.route(&order.route).await?;
        let way = self.way(&route).await?;
        let packet = self.packet(&order, &way).await?;
        if packet.as_ref().is_some_and(|packet| !packet.committed) {
            // The answer may have come while the nodes were asked, which is not an answer that the outpost lost.
            order = self.order(seq).await?;
        }
        let cancelled = packet.is_none()
            && order.state == OrderState::Refunded
            && search::cancelled(&self.outpost_chain, &self.outpost, seq).await?;
        let deployment = self.deployment(&order, &route, &way).await?;
        Ok(Facts {
            seq,
            n: order.n,
            state: order.state,
            coin: order.coin,
            owner: order.owner.into(),
            send_by: order.send_by,
            command_refusal: order.refusal,
            deployment,
            packet,
            cancelled,
            way,
            now: SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
        })
    }

    async fn order(&self, seq: u64) -> anyhow::Result<OrderResponse> {
        let order = self.ask(&QueryMsg::Order { seq }).await;
        order
            .with_context(|| format!("the outpost `{}` does not tell of order {seq}", self.outpost))
    }

    async fn packet(&self, order: &OrderResponse, way: &Way) -> anyhow::Result<Option<Packet>> {
        let Some(sent) = self.sent(order).await? else { return Ok(None) };
        let Sent { channel, sequence, timeout_at } = sent;
        let committed = self.outpost_chain.packet_commitments(TRANSFER_PORT, &channel).await?;
        Ok(Some(Packet {
            committed: committed.contains(&sequence),
            reception: self.reception(&way.market_channel, sequence).await?,
            channel,
            sequence,
            timeout_at,
        }))
    }

    /// The packet's sequence: the outpost's record while it is under way, the events after it.
    async fn sent(&self, order: &OrderResponse) -> anyhow::Result<Option<Sent>> {
        if order.state == OrderState::Unsent {
            return Ok(None);
        }
        let start_after = order.n.checked_sub(1);
        let ask = QueryMsg::InFlight { start_after, limit: Some(1) };
        let flights: InFlightResponse = self.ask(&ask).await?;
        match flights.packets.into_iter().find(|flight| flight.n == order.n) {
            Some(flight) => Ok(Some(Sent {
                channel: flight.channel,
                sequence: flight.sequence,
                timeout_at: flight.timeout_at,
            })),
            None => search::sent(&self.outpost_chain, &self.outpost, order.seq).await,
        }
    }

    async fn reception(&self, channel: &str, sequence: u64) -> anyhow::Result<Reception> {
        let chain = &self.market_chain;
        let unreceived = chain.unreceived_packets(TRANSFER_PORT, channel, &[sequence]).await?;
        if unreceived.contains(&sequence) {
            return Ok(Reception::NotYet);
        }
        let received = search::received(chain, channel, sequence).await?;
        Ok(received.map_or(Reception::Unseen, Reception::Seen))
    }

    /// How the deployment stands; none if the market knows nothing of it.
    async fn deployment(
        &self,
        order: &OrderResponse,
        route: &RouteResponse,
        way: &Way,
    ) -> anyhow::Result<Option<DeploymentStatus>> {
        let tenant = Tenant::Remote {
            route: way.market_channel.clone(),
            sender: self.outpost.clone(),
            account: order.account.clone(),
        };
        let id = DeploymentId { tenant, seq: order.seq };
        let ask = market::msg::QueryMsg::Status { id };
        match self.market_chain.query_smart(&route.market, &ask).await {
            Ok(status) => Ok(Some(status)),
            Err(error) if Code::find(&error.to_string()) == Some(Code::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn route(&self, name: &str) -> anyhow::Result<RouteResponse> {
        let mut start_after = None;
        loop {
            let ask = QueryMsg::Routes { start_after, limit: None };
            let page: RoutesResponse = self.ask(&ask).await?;
            let last = page.routes.last();
            let last = last.with_context(|| format!("the outpost has no route `{name}`"))?;
            start_after = Some(last.name.clone());
            if let Some(found) = page.routes.into_iter().find(|route| route.name == name) {
                return Ok(found);
            }
        }
    }

    async fn way(&self, route: &RouteResponse) -> anyhow::Result<Way> {
        let chain = &self.outpost_chain;
        let channel = chain.channel(TRANSFER_PORT, &route.channel).await?;
        let channel = channel.with_context(|| format!("there is no `{}`", route.channel))?;
        let connection = chain.connection(&route.connection).await?;
        let connection =
            connection.with_context(|| format!("there is no `{}`", route.connection))?;
        let there = connection.counterparty.map(|other| other.client_id).unwrap_or_default();
        Ok(Way {
            route: route.name.clone(),
            style: route.style.clone(),
            market_channel: channel.counterparty.map(|end| end.channel_id).unwrap_or_default(),
            client_on_market_status: self.market_chain.client_status(&there).await?,
            client_on_market: there,
            client_on_outpost_status: chain.client_status(&connection.client_id).await?,
            client_on_outpost: connection.client_id,
        })
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, ask: &QueryMsg) -> anyhow::Result<T> {
        Ok(self.outpost_chain.query_smart(&self.outpost, ask).await?)
    }
}
