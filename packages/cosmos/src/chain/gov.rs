//! Governance: who may sign for it, and what a proposal costs.

use ibc_proto::cosmos::base::v1beta1::Coin;
use prost::Message;
use sha2::{Digest, Sha256};

use super::{Chain, ChainError, malformed};
use crate::keys::encode_address;

/// `cosmos.gov.v1.QueryParamsRequest`, which `ibc-proto` lacks.
#[derive(Clone, PartialEq, Message)]
struct QueryParamsRequest {
    #[prost(string, tag = "1")]
    params_type: String,
}

/// `cosmos.gov.v1.QueryParamsResponse`, as far as it is read.
#[derive(Clone, PartialEq, Message)]
struct QueryParamsResponse {
    #[prost(message, optional, tag = "4")]
    params: Option<Params>,
}

/// `cosmos.gov.v1.Params`, as far as it is read.
#[derive(Clone, PartialEq, Message)]
struct Params {
    #[prost(message, repeated, tag = "1")]
    min_deposit: Vec<Coin>,
}

impl Chain {
    /// The account in whose name governance acts.
    ///
    /// # Errors
    /// [`ChainError::Key`] when the chain's prefix is not valid.
    ///
    /// Source: cosmos-sdk v0.53 `x/auth/types/account.go`, `NewModuleAddress`.
    pub fn governance(&self) -> Result<String, ChainError> {
        let hash = Sha256::digest(b"gov");
        Ok(encode_address(&self.config().prefix, &hash[..20])?)
    }

    /// What a proposal needs as its deposit before it is voted on.
    ///
    /// # Errors
    /// [`ChainError::Query`]; [`ChainError::Malformed`] when the chain names no parameters.
    pub async fn min_deposit(&self) -> Result<Vec<Coin>, ChainError> {
        let request = QueryParamsRequest { params_type: "deposit".to_owned() };
        let path = "/cosmos.gov.v1.Query/Params";
        let answer: QueryParamsResponse = self.rpc().query(path, &request, 0).await?;
        let params = answer.params.ok_or_else(|| malformed("gov params", "none in it"))?;
        Ok(params.min_deposit)
    }
}
