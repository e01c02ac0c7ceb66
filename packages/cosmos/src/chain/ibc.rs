//! IBC: transfers, and what a chain says of its clients, connections, channels and packets.

use std::time::Duration;

use ibc_proto::cosmos::base::v1beta1::Coin;
use ibc_proto::ibc::applications::transfer::v1::{MsgTransfer, MsgTransferResponse};
use ibc_proto::ibc::core::channel::v1 as channel;
use ibc_proto::ibc::core::client::v1 as client;
use ibc_proto::ibc::core::connection::v1 as connection;

use super::{Chain, ChainError, TxOutcome, first_page, malformed};
use crate::Any;
use crate::keys::Key;
use crate::wire::height::Height;
use crate::wire::tx::any;

/// Sequences asked about in one query.
pub(super) const SEQUENCES_PER_QUERY: usize = 500;
/// The most commitments listed at once.
const MAX_COMMITMENTS: u64 = 10_000;

/// An ICS-20 transfer.
#[derive(Clone, Copy, Debug)]
pub struct Transfer<'a> {
    /// The channel on this chain, of port `transfer`.
    pub channel: &'a str,
    /// How much.
    pub amount: u128,
    /// Of what.
    pub denom: &'a str,
    /// To whom on the other chain.
    pub receiver: &'a str,
    /// The memo, which may carry commands to the receiver.
    pub memo: &'a str,
    /// The other chain's height at which it is too late; zero for none.
    pub timeout_height: Height,
    /// The other chain's time at which it is too late, in nanoseconds since 1970; zero for none.
    pub timeout_timestamp: u64,
}

impl Chain {
    /// Sends coins over a channel and returns the packet's sequence.
    ///
    /// # Errors
    /// As [`Chain::send_msgs`].
    pub async fn transfer(
        &self,
        key: &Key,
        transfer: Transfer<'_>,
    ) -> Result<(u64, TxOutcome), ChainError> {
        let message = self.transfer_msg(key, transfer)?;
        let outcome = self.send_msgs(key, &[message], "").await?;
        let answer: MsgTransferResponse = outcome.answer(0)?;
        Ok((answer.sequence, outcome))
    }

    /// The message of a transfer, to be sent with others.
    ///
    /// # Errors
    /// [`ChainError::Key`] when the chain's prefix is not valid.
    pub fn transfer_msg(&self, key: &Key, transfer: Transfer<'_>) -> Result<Any, ChainError> {
        let (denom, amount) = (transfer.denom.to_owned(), transfer.amount.to_string());
        Ok(any(&MsgTransfer {
            source_port: "transfer".to_owned(),
            source_channel: transfer.channel.to_owned(),
            token: Some(Coin { denom, amount }),
            sender: self.address(key)?,
            receiver: transfer.receiver.to_owned(),
            timeout_height: Some(transfer.timeout_height.into()),
            timeout_timestamp: transfer.timeout_timestamp,
            memo: transfer.memo.to_owned(),
        }))
    }

    /// The time between two blocks by which connections count their delay in blocks; zero when they do
    /// not.
    ///
    /// # Errors
    /// [`ChainError::Query`]; [`ChainError::Malformed`] when the chain names no parameters.
    pub async fn max_block_time(&self) -> Result<Duration, ChainError> {
        let request = connection::QueryConnectionParamsRequest {};
        let path = "/ibc.core.connection.v1.Query/ConnectionParams";
        let answer: connection::QueryConnectionParamsResponse =
            self.rpc.query(path, &request, 0).await?;
        let params = answer.params.ok_or_else(|| malformed("connection params", "none in it"))?;
        Ok(Duration::from_nanos(params.max_expected_time_per_block))
    }

    /// A channel end; `None` if it does not exist.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn channel(
        &self,
        port: &str,
        channel: &str,
    ) -> Result<Option<channel::Channel>, ChainError> {
        let (port_id, channel_id) = (port.to_owned(), channel.to_owned());
        let request = channel::QueryChannelRequest { port_id, channel_id };
        let path = "/ibc.core.channel.v1.Query/Channel";
        let answer: Option<channel::QueryChannelResponse> = self.find(path, &request).await?;
        Ok(answer.and_then(|answer| answer.channel))
    }

    /// All channel ends of a connection, the first thousand.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn connection_channels(
        &self,
        connection: &str,
    ) -> Result<Vec<channel::IdentifiedChannel>, ChainError> {
        let request = channel::QueryConnectionChannelsRequest {
            connection: connection.to_owned(),
            pagination: Some(first_page(1_000)),
        };
        let path = "/ibc.core.channel.v1.Query/ConnectionChannels";
        let answer: channel::QueryConnectionChannelsResponse =
            self.rpc.query(path, &request, 0).await?;
        Ok(answer.channels)
    }

    /// A connection end; `None` if it does not exist.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn connection(
        &self,
        connection: &str,
    ) -> Result<Option<connection::ConnectionEnd>, ChainError> {
        let request = connection::QueryConnectionRequest { connection_id: connection.to_owned() };
        let path = "/ibc.core.connection.v1.Query/Connection";
        let answer: Option<connection::QueryConnectionResponse> = self.find(path, &request).await?;
        Ok(answer.and_then(|answer| answer.connection))
    }

    /// The connection ends that stand on a client; none also where the client does not exist.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn client_connections(&self, client: &str) -> Result<Vec<String>, ChainError> {
        let request = connection::QueryClientConnectionsRequest { client_id: client.to_owned() };
        let path = "/ibc.core.connection.v1.Query/ClientConnections";
        let answer: Option<connection::QueryClientConnectionsResponse> =
            self.find(path, &request).await?;
        Ok(answer.map(|answer| answer.connection_paths).unwrap_or_default())
    }

    /// A client's state, still packed; `None` if it does not exist.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn client_state(&self, client: &str) -> Result<Option<Any>, ChainError> {
        let request = client::QueryClientStateRequest { client_id: client.to_owned() };
        let path = "/ibc.core.client.v1.Query/ClientState";
        let answer: Option<client::QueryClientStateResponse> = self.find(path, &request).await?;
        Ok(answer.and_then(|answer| answer.client_state))
    }

    /// What a client holds of the counterparty at a height, still packed; `None` if it does not.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn consensus_state(
        &self,
        client: &str,
        height: Height,
    ) -> Result<Option<Any>, ChainError> {
        let request = client::QueryConsensusStateRequest {
            client_id: client.to_owned(),
            revision_number: height.revision,
            revision_height: height.block,
            latest_height: false,
        };
        let path = "/ibc.core.client.v1.Query/ConsensusState";
        let answer: Option<client::QueryConsensusStateResponse> = self.find(path, &request).await?;
        Ok(answer.and_then(|answer| answer.consensus_state))
    }

    /// `Active`, `Expired`, `Frozen` or `Unknown`.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn client_status(&self, client: &str) -> Result<String, ChainError> {
        let request = client::QueryClientStatusRequest { client_id: client.to_owned() };
        let path = "/ibc.core.client.v1.Query/ClientStatus";
        let answer: client::QueryClientStatusResponse = self.rpc.query(path, &request, 0).await?;
        Ok(answer.status)
    }

    /// Sequences of packets sent over a channel whose life is not over, at most ten thousand.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn packet_commitments(
        &self,
        port: &str,
        channel: &str,
    ) -> Result<Vec<u64>, ChainError> {
        let request = channel::QueryPacketCommitmentsRequest {
            port_id: port.to_owned(),
            channel_id: channel.to_owned(),
            pagination: Some(first_page(MAX_COMMITMENTS)),
        };
        let path = "/ibc.core.channel.v1.Query/PacketCommitments";
        let answer: channel::QueryPacketCommitmentsResponse =
            self.rpc.query(path, &request, 0).await?;
        Ok(answer.commitments.into_iter().map(|state| state.sequence).collect())
    }

    /// Those of the sequences that a channel end has not received.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn unreceived_packets(
        &self,
        port: &str,
        channel: &str,
        sequences: &[u64],
    ) -> Result<Vec<u64>, ChainError> {
        self.unreceived_packets_at((port, channel), sequences, 0).await
    }

    /// Those of the sequences that a channel end had not received after a block; zero is the newest.
    ///
    /// # Errors
    /// [`ChainError::Query`], also when the node no longer has that state.
    pub async fn unreceived_packets_at(
        &self,
        (port, channel): (&str, &str),
        sequences: &[u64],
        height: u64,
    ) -> Result<Vec<u64>, ChainError> {
        let mut unreceived = Vec::new();
        for chunk in sequences.chunks(SEQUENCES_PER_QUERY) {
            let request = channel::QueryUnreceivedPacketsRequest {
                port_id: port.to_owned(),
                channel_id: channel.to_owned(),
                packet_commitment_sequences: chunk.to_vec(),
            };
            let path = "/ibc.core.channel.v1.Query/UnreceivedPackets";
            let answer: channel::QueryUnreceivedPacketsResponse =
                self.rpc.query(path, &request, height).await?;
            unreceived.extend(answer.sequences);
        }
        Ok(unreceived)
    }

    /// The hash of the acknowledgement that a channel end wrote of a packet; `None` as long as it wrote none.
    ///
    /// Source: ibc-go v10.5 `modules/core/04-channel/types/packet.go`, `CommitAcknowledgement`: SHA-256 of its bytes.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn acknowledgement_hash(
        &self,
        port: &str,
        channel: &str,
        sequence: u64,
    ) -> Result<Option<Vec<u8>>, ChainError> {
        let request = channel::QueryPacketAcknowledgementRequest {
            port_id: port.to_owned(),
            channel_id: channel.to_owned(),
            sequence,
        };
        let path = "/ibc.core.channel.v1.Query/PacketAcknowledgement";
        let answer: Option<channel::QueryPacketAcknowledgementResponse> =
            self.find(path, &request).await?;
        Ok(answer.map(|answer| answer.acknowledgement))
    }

    /// Those of the packets that a channel end sent whose life is not over: neither acknowledged nor timed out.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn unfinished_packets(
        &self,
        (port, channel): (&str, &str),
        sequences: &[u64],
    ) -> Result<Vec<u64>, ChainError> {
        let mut unfinished = Vec::new();
        for chunk in sequences.chunks(SEQUENCES_PER_QUERY) {
            let request = channel::QueryUnreceivedAcksRequest {
                port_id: port.to_owned(),
                channel_id: channel.to_owned(),
                packet_ack_sequences: chunk.to_vec(),
            };
            let path = "/ibc.core.channel.v1.Query/UnreceivedAcks";
            let answer: channel::QueryUnreceivedAcksResponse =
                self.rpc.query(path, &request, 0).await?;
            unfinished.extend(answer.sequences);
        }
        Ok(unfinished)
    }

    /// The sequences of all packets sent over a channel whose life was not over after a block.
    ///
    /// # Errors
    /// [`ChainError::Query`], also when the node no longer has that state.
    pub async fn commitments_at(
        &self,
        (port, channel): (&str, &str),
        height: u64,
    ) -> Result<Vec<u64>, ChainError> {
        type Answer = channel::QueryPacketCommitmentsResponse;
        let path = "/ibc.core.channel.v1.Query/PacketCommitments";
        let request = |page| channel::QueryPacketCommitmentsRequest {
            port_id: port.to_owned(),
            channel_id: channel.to_owned(),
            pagination: Some(page),
        };
        let read = |answer: Answer| {
            let sequences = answer.commitments.into_iter().map(|state| state.sequence);
            (sequences.collect(), answer.pagination)
        };
        self.in_pages((path, height), request, read).await
    }

    /// All channel ends that a connection had after a block.
    ///
    /// # Errors
    /// [`ChainError::Query`], also when the node no longer has that state.
    pub async fn connection_channels_at(
        &self,
        connection: &str,
        height: u64,
    ) -> Result<Vec<channel::IdentifiedChannel>, ChainError> {
        type Answer = channel::QueryConnectionChannelsResponse;
        let path = "/ibc.core.channel.v1.Query/ConnectionChannels";
        let request = |page| channel::QueryConnectionChannelsRequest {
            connection: connection.to_owned(),
            pagination: Some(page),
        };
        let read = |answer: Answer| (answer.channels, answer.pagination);
        self.in_pages((path, height), request, read).await
    }

    /// How long bonded stake takes to come free: the basis of a client's trusting period.
    ///
    /// # Errors
    /// [`ChainError::Query`]; [`ChainError::Malformed`] when the chain names none.
    pub async fn unbonding_period(&self) -> Result<std::time::Duration, ChainError> {
        use ibc_proto::cosmos::staking::v1beta1::{QueryParamsRequest, QueryParamsResponse};
        let path = "/cosmos.staking.v1beta1.Query/Params";
        let answer: QueryParamsResponse = self.rpc.query(path, &QueryParamsRequest {}, 0).await?;
        let time = answer.params.and_then(|params| params.unbonding_time);
        let time = time.and_then(crate::wire::client::duration);
        time.ok_or_else(|| malformed("staking params", "no unbonding time in it"))
    }

    pub(super) async fn find<Q, A>(&self, path: &str, request: &Q) -> Result<Option<A>, ChainError>
    where
        Q: prost::Message,
        A: prost::Message + Default,
    {
        match self.rpc.query(path, request, 0).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
