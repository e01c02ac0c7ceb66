//! JSON-RPC of a CometBFT node: the methods we need, typed, each with a deadline.
//!
//! CometBFT 0.38 and 0.39 are understood by the shape of their answers; versions are never compared.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use prost::Message;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tendermint::block::signed_header::SignedHeader;
use tendermint::validator;

use crate::wire::header::LightBlock;
use crate::wire::path::IBC_STORE;
use crate::wire::proof::Proved;
use crate::wire::{json, proof};

mod address;
pub mod answer;
mod error;
pub mod socket;

pub use address::Address;
pub use answer::{
    AbciInfo, AbciQuery, Block, BlockParams, BlockResults, Broadcast, FoundTx, Status, TxPage,
    TxResult,
};
pub use error::{Blame, Fault, QueryError, RpcError};

/// How long a call may take unless the caller says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer read; the results of a block of 10,000 receives have 57 MB.
const MAX_ANSWER: usize = 256 << 20;
/// The most validators that a node puts on one page.
const VALIDATORS_PER_PAGE: u32 = 100;
/// CometBFT allows 10,000 validators at most: `types.MaxVotesCount`.
const MAX_VALIDATOR_PAGES: u32 = 100;

/// A connection to one node.
#[derive(Clone, Debug)]
pub struct Rpc {
    http: reqwest::Client,
    address: Address,
    timeout: Duration,
}

#[derive(Deserialize)]
struct Envelope<T> {
    result: Option<T>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: i64,
    message: String,
    #[serde(default)]
    data: Value,
}

impl Rpc {
    /// A client for the node at `endpoint`, such as `http://127.0.0.1:26657`. Connects on the first call.
    ///
    /// # Errors
    /// [`Fault::Address`] when the endpoint is no `http` or `https` URL.
    pub fn new(endpoint: &str, timeout: Duration) -> Result<Self, RpcError> {
        let fail = |reason: String| RpcError {
            endpoint: endpoint.into(),
            method: "connect",
            fault: Fault::Address(reason),
        };
        let url = reqwest::Url::parse(endpoint).map_err(|error| fail(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(fail(format!("scheme `{}`", url.scheme())));
        }
        let builder = reqwest::Client::builder().timeout(timeout).connect_timeout(timeout);
        let http = builder.build().map_err(|error| fail(error.to_string()))?;
        Ok(Self { http, address: endpoint.into(), timeout })
    }

    /// The node's address as it is called: not to be shown.
    pub fn endpoint(&self) -> &str {
        self.address.as_str()
    }

    /// The node's address, which shows no secrets.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Where the node is and which chain it follows.
    ///
    /// # Errors
    /// [`RpcError`] as for every method here.
    pub async fn status(&self) -> Result<Status, RpcError> {
        self.call("status", serde_json::json!({})).await
    }

    /// The application's last committed height and hash.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn abci_info(&self) -> Result<AbciInfo, RpcError> {
        Ok(self.call::<answer::Response<_>>("abci_info", serde_json::json!({})).await?.response)
    }

    /// Asks the application; `height` zero is the newest.
    ///
    /// # Errors
    /// [`RpcError`]. A refusal by the application is not one: see [`AbciQuery::code`].
    pub async fn abci_query(
        &self,
        path: &str,
        data: &[u8],
        height: u64,
        proof: Proof,
    ) -> Result<AbciQuery, RpcError> {
        let params = serde_json::json!({
            "path": path,
            "data": hex::encode(data),
            "height": height.to_string(),
            "prove": proof == Proof::Wanted,
        });
        Ok(self.call::<answer::Response<_>>("abci_query", params).await?.response)
    }

    /// Reads a key of the `ibc` store with proof; the proof is not checked against a header yet.
    ///
    /// # Errors
    /// [`QueryError`]; [`QueryError::Malformed`] when the answer is of another height or has no proof.
    pub async fn prove(&self, key: Vec<u8>, height: u64) -> Result<Proved, QueryError> {
        self.prove_in(IBC_STORE, key, height).await
    }

    /// The same of any store.
    ///
    /// # Errors
    /// As [`Rpc::prove`].
    pub async fn prove_in(
        &self,
        store: &str,
        key: Vec<u8>,
        height: u64,
    ) -> Result<Proved, QueryError> {
        let path = format!("/store/{store}/key");
        let answer = self.abci_query(&path, &key, height, Proof::Wanted).await?.accepted(&path)?;
        let malformed = |reason| QueryError::Malformed { path: path.clone(), reason };
        if answer.height != height {
            return Err(malformed(format!("height {}, expected {height}", answer.height)));
        }
        let proof = proof::from_ops(answer.proof_ops()).map_err(|e| malformed(e.to_string()))?;
        // No store of the SDK keeps an empty value.
        let value = Some(answer.value).filter(|value| !value.is_empty());
        Ok(Proved { key, value, height, proof })
    }

    /// A header with its signatures and validators; the validators are checked to be those of the header.
    ///
    /// # Errors
    /// [`RpcError`]; [`Fault::Malformed`] when header and validators do not match.
    pub async fn light_block(&self, height: u64) -> Result<LightBlock, RpcError> {
        let signed_header = self.commit(height).await?;
        let validators = self.validators(height).await?;
        LightBlock::new(signed_header, validators)
            .map_err(|error| self.error("commit", Fault::Malformed(error.to_string())))
    }

    /// Calls a gRPC query of the application, by its path such as `/cosmos.bank.v1beta1.Query/Balance`.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn query<Q: Message, A: Message + Default>(
        &self,
        path: &str,
        request: &Q,
        height: u64,
    ) -> Result<A, QueryError> {
        let data = request.encode_to_vec();
        let answer = self.abci_query(path, &data, height, Proof::Unwanted).await?;
        let value = answer.accepted(path)?.value;
        A::decode(value.as_slice()).map_err(|error| QueryError::Malformed {
            path: path.to_owned(),
            reason: error.to_string(),
        })
    }

    /// A block's header and transactions.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn block(&self, height: u64) -> Result<Block, RpcError> {
        self.call("block", serde_json::json!({ "height": height.to_string() })).await
    }

    /// What a block's transactions did.
    ///
    /// # Errors
    /// [`RpcError`]; [`Fault::Refused`] when the node does not have the block.
    pub async fn block_results(&self, height: u64) -> Result<BlockResults, RpcError> {
        Ok(self.block_results_within(height, MAX_ANSWER).await?.0)
    }

    /// The same, and how many bytes the answer had: read only if they are no more than `most`.
    ///
    /// # Errors
    /// As [`Rpc::block_results`]; [`Fault::TooLong`].
    pub async fn block_results_within(
        &self,
        height: u64,
        most: usize,
    ) -> Result<(BlockResults, usize), RpcError> {
        let (method, params) =
            ("block_results", serde_json::json!({ "height": height.to_string() }));
        self.exchange(method, params, most).await.map_err(|fault| self.error(method, fault))
    }

    /// A header with the signatures on it. For the tip these are the votes seen so far.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn commit(&self, height: u64) -> Result<SignedHeader, RpcError> {
        #[derive(Deserialize)]
        struct Commit {
            signed_header: SignedHeader,
        }
        let params = serde_json::json!({ "height": height.to_string() });
        Ok(self.call::<Commit>("commit", params).await?.signed_header)
    }

    /// All validators of a height.
    ///
    /// # Errors
    /// [`RpcError`]; [`Fault::Malformed`] when the pages do not add up.
    pub async fn validators(&self, height: u64) -> Result<Vec<validator::Info>, RpcError> {
        #[derive(Deserialize)]
        struct Page {
            validators: Vec<validator::Info>,
            #[serde(deserialize_with = "json::number")]
            total: usize,
        }
        let mut all = Vec::new();
        for page in 1..=MAX_VALIDATOR_PAGES {
            let params = serde_json::json!({
                "height": height.to_string(),
                "page": page.to_string(),
                "per_page": VALIDATORS_PER_PAGE.to_string(),
            });
            let Page { mut validators, total } = self.call("validators", params).await?;
            let empty = validators.is_empty();
            all.append(&mut validators);
            if all.len() == total {
                return Ok(all);
            }
            if empty || all.len() > total {
                break;
            }
        }
        Err(self.error("validators", Fault::Malformed("the pages do not add up".into())))
    }

    /// Offers a transaction; the answer is that of the mempool, not of a block.
    ///
    /// # Errors
    /// [`RpcError`]; whether the node has the transaction is unknown then.
    pub async fn broadcast_tx_sync(&self, tx: &[u8]) -> Result<Broadcast, RpcError> {
        self.call("broadcast_tx_sync", serde_json::json!({ "tx": BASE64.encode(tx) })).await
    }

    /// Finds a transaction by its hash; `None` when the node does not know it.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn tx(&self, hash: &[u8; 32]) -> Result<Option<FoundTx>, RpcError> {
        match self.call("tx", serde_json::json!({ "hash": BASE64.encode(hash) })).await {
            Ok(found) => Ok(Some(found)),
            // The only mark of absence: `rpc/core/tx.go` has no code of its own for it.
            Err(RpcError { fault: Fault::Refused { data, .. }, .. })
                if data.contains("not found") =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Finds transactions by their events, oldest first; `page` counts from 1, with at most 100 on each.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn tx_search(&self, query: &str, page: u32) -> Result<TxPage, RpcError> {
        let params = serde_json::json!({
            "query": query,
            "page": page.to_string(),
            "per_page": "100",
            "order_by": "asc",
        });
        self.call("tx_search", params).await
    }

    /// The limits of a block at `height`.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn block_params(&self, height: u64) -> Result<BlockParams, RpcError> {
        #[derive(Deserialize)]
        struct Answer {
            consensus_params: Params,
        }
        #[derive(Deserialize)]
        struct Params {
            block: BlockParams,
        }
        let params = serde_json::json!({ "height": height.to_string() });
        Ok(self.call::<Answer>("consensus_params", params).await?.consensus_params.block)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, RpcError> {
        let answer = self.exchange(method, params, MAX_ANSWER).await;
        Ok(answer.map_err(|fault| self.error(method, fault))?.0)
    }

    fn error(&self, method: &'static str, fault: Fault) -> RpcError {
        RpcError { endpoint: self.address.clone(), method, fault }
    }

    /// The answer, and how many bytes it had.
    async fn exchange<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
        most: usize,
    ) -> Result<(T, usize), Fault> {
        let request =
            serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let sent = self.http.post(self.endpoint()).json(&request).send().await;
        let mut response = sent.map_err(|error| self.transport(error))?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.transport(error))? {
            if body.len() + chunk.len() > most.min(MAX_ANSWER) {
                return Err(match most < MAX_ANSWER {
                    true => Fault::TooLong { most },
                    false => Fault::Malformed(format!("more than {MAX_ANSWER} bytes")),
                });
            }
            body.extend_from_slice(&chunk);
        }
        // A node sends refusals with status 500 and a JSON-RPC body: read the body first.
        match serde_json::from_slice::<Envelope<T>>(&body) {
            Ok(Envelope { error: Some(Refusal { code, message, data }), .. }) => {
                let data = data.as_str().map_or_else(|| data.to_string(), str::to_owned);
                Err(Fault::Refused { code, message, data })
            }
            Ok(Envelope { result: Some(result), .. }) if status.is_success() => {
                Ok((result, body.len()))
            }
            _ if !status.is_success() => {
                Err(Fault::Http { status: status.as_u16(), body: beginning(&body) })
            }
            Ok(_) => Err(Fault::Malformed("neither result nor error".into())),
            Err(error) => Err(Fault::Malformed(format!("{error}: {}", beginning(&body)))),
        }
    }

    fn transport(&self, error: reqwest::Error) -> Fault {
        if error.is_timeout() {
            return Fault::Timeout(self.timeout);
        }
        let error = error.without_url();
        let mut reason = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            reason = inner.to_string();
            source = inner.source();
        }
        Fault::Unreachable(reason)
    }
}

/// Whether a query's answer shall carry a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It shall.
    Wanted,
    /// It need not.
    Unwanted,
}

impl AbciQuery {
    /// The answer, or the application's refusal as an error.
    ///
    /// # Errors
    /// [`QueryError::Refused`].
    pub fn accepted(self, path: &str) -> Result<Self, QueryError> {
        if self.code == 0 {
            return Ok(self);
        }
        Err(QueryError::Refused {
            path: path.to_owned(),
            codespace: self.codespace,
            code: self.code,
            log: self.log,
        })
    }
}

fn beginning(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(200)]).trim().to_owned()
}
