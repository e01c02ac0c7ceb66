//! What an address is whose contract does not know a question.

use anyhow::anyhow;
use cosmos::chain::ChainError;
use serde::Deserialize;

use super::Contract;

/// Where contracts say what they are. Source: cw2 2.0 `lib.rs`, `CONTRACT`.
const KIND: &[u8] = b"contract_info";

#[derive(Deserialize)]
struct Kind {
    contract: String,
    version: String,
}

impl Contract {
    /// The error of a question that this contract does not know: what it is, instead of everything
    /// else that it could be asked.
    pub(super) async fn foreign(&self) -> anyhow::Error {
        let Self { chain, address } = self;
        let kind = chain.query_raw(address, KIND).await.ok().flatten();
        let kind: Option<Kind> = kind.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let is = match (kind, chain.contract_info(address).await) {
            (Some(Kind { contract, version }), _) => format!("the contract `{contract}` {version}"),
            (None, Ok(info)) => format!("a contract with the label `{}`", info.label),
            (None, Err(_)) => "a contract of another kind".into(),
        };
        let chain = &chain.config().chain_id;
        anyhow!(
            "`{address}` on `{chain}` is {is}, which does not know this question; check the address"
        )
    }
}

/// Whether a contract said that it does not know what it was asked.
pub(super) fn is_foreign(error: &ChainError) -> bool {
    let text = error.to_string();
    text.contains("unknown variant") || text.contains("Error parsing into type")
}
