//! IBC v2: packets between pairs of clients, and what a chain says of them.

use super::ibc::SEQUENCES_PER_QUERY;
use super::{Chain, ChainError, TxOutcome};
use crate::keys::Key;
use crate::wire::msg_v2::{
    MsgSendPacket, MsgSendPacketResponse, Payload, QueryCounterpartyInfoRequest,
    QueryCounterpartyInfoResponse, QueryPacketCommitmentsRequest, QueryPacketCommitmentsResponse,
    QueryUnreceivedPacketsRequest, QueryUnreceivedPacketsResponse,
};
use crate::wire::tx::any;

/// An ICS-20 transfer between two clients.
#[derive(Clone, Copy, Debug)]
pub struct TransferV2<'a> {
    /// The client on this chain.
    pub client: &'a str,
    /// How much.
    pub amount: u128,
    /// Of what.
    pub denom: &'a str,
    /// To whom on the other chain.
    pub receiver: &'a str,
    /// The memo.
    pub memo: &'a str,
    /// The other chain's time at which it is too late, in seconds since 1970; at most 24 hours ahead.
    pub timeout: u64,
}

impl Chain {
    /// Sends coins between two clients and returns the packet's sequence.
    ///
    /// # Errors
    /// As [`Chain::send_msgs`].
    pub async fn transfer_v2(
        &self,
        key: &Key,
        transfer: TransferV2<'_>,
    ) -> Result<(u64, TxOutcome), ChainError> {
        let signer = self.address(key)?;
        let value = serde_json::json!({
            "denom": transfer.denom,
            "amount": transfer.amount.to_string(),
            "sender": signer,
            "receiver": transfer.receiver,
            "memo": transfer.memo,
        });
        let payload = Payload {
            source_port: "transfer".to_owned(),
            destination_port: "transfer".to_owned(),
            version: "ics20-1".to_owned(),
            encoding: "application/json".to_owned(),
            value: value.to_string().into_bytes(),
        };
        let message = MsgSendPacket {
            source_client: transfer.client.to_owned(),
            timeout_timestamp: transfer.timeout,
            payloads: vec![payload],
            signer,
        };
        let outcome = self.send_msgs(key, &[any(&message)], "").await?;
        let answer: MsgSendPacketResponse = outcome.answer(0)?;
        Ok((answer.sequence, outcome))
    }

    /// The client of the other chain that was registered as following a client; `None` while none was.
    ///
    /// # Errors
    /// [`ChainError::Query`], also when the chain knows nothing of IBC v2.
    pub async fn counterparty(&self, client: &str) -> Result<Option<String>, ChainError> {
        let request = QueryCounterpartyInfoRequest { client_id: client.to_owned() };
        let path = "/ibc.core.client.v2.Query/CounterpartyInfo";
        let answer: Option<QueryCounterpartyInfoResponse> = self.find(path, &request).await?;
        let info = answer.and_then(|answer| answer.counterparty_info);
        Ok(info.map(|info| info.client_id).filter(|client| !client.is_empty()))
    }

    /// The sequences of all packets sent from a client's end whose life was not over after a block; zero is the newest.
    ///
    /// # Errors
    /// [`ChainError::Query`], also when the node no longer has that state.
    pub async fn commitments_v2_at(
        &self,
        client: &str,
        height: u64,
    ) -> Result<Vec<u64>, ChainError> {
        type Answer = QueryPacketCommitmentsResponse;
        let path = "/ibc.core.channel.v2.Query/PacketCommitments";
        let request = |page| QueryPacketCommitmentsRequest {
            client_id: client.to_owned(),
            pagination: Some(page),
        };
        let read = |answer: Answer| {
            let sequences = answer.commitments.into_iter().map(|state| state.sequence);
            (sequences.collect(), answer.pagination)
        };
        self.in_pages((path, height), request, read).await
    }

    /// Those of the sequences that a client's end had not received after a block; zero is the newest.
    ///
    /// # Errors
    /// [`ChainError::Query`], also when the node no longer has that state.
    pub async fn unreceived_v2_at(
        &self,
        client: &str,
        sequences: &[u64],
        height: u64,
    ) -> Result<Vec<u64>, ChainError> {
        self.which_v2("UnreceivedPackets", (client, sequences), height).await
    }

    /// Those of the packets that a client's end sent whose life is not over: neither acknowledged nor timed out.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn unfinished_v2(
        &self,
        client: &str,
        sequences: &[u64],
    ) -> Result<Vec<u64>, ChainError> {
        self.which_v2("UnreceivedAcks", (client, sequences), 0).await
    }

    /// Asks a question that picks sequences; both have the same form.
    async fn which_v2(
        &self,
        question: &str,
        (client, sequences): (&str, &[u64]),
        height: u64,
    ) -> Result<Vec<u64>, ChainError> {
        let path = format!("/ibc.core.channel.v2.Query/{question}");
        let mut unreceived = Vec::new();
        for chunk in sequences.chunks(SEQUENCES_PER_QUERY) {
            let request = QueryUnreceivedPacketsRequest {
                client_id: client.to_owned(),
                sequences: chunk.to_vec(),
            };
            let answer: QueryUnreceivedPacketsResponse =
                self.rpc.query(&path, &request, height).await?;
            unreceived.extend(answer.sequences);
        }
        Ok(unreceived)
    }
}
