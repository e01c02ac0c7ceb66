//! Everything a contract has stored, byte by byte: "leaves no state" means that it is equal.

use std::collections::{BTreeMap, BTreeSet};

use cosmos::chain::Chain;
use cosmos::ibc_proto::cosmos::base::query::v1beta1::{PageRequest, PageResponse};

const PATH: &str = "/cosmwasm.wasm.v1.Query/AllContractState";
/// Records of one answer.
const PAGE: u64 = 500;

/// Source: wasmd v0.61.14 `proto/cosmwasm/wasm/v1/query.proto`.
#[derive(Clone, PartialEq, prost::Message)]
struct AllStateRequest {
    #[prost(string, tag = "1")]
    address: String,
    #[prost(message, optional, tag = "2")]
    pagination: Option<PageRequest>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct AllStateResponse {
    #[prost(message, repeated, tag = "1")]
    models: Vec<Model>,
    #[prost(message, optional, tag = "2")]
    pagination: Option<PageResponse>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Model {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// What a contract has stored, by readable key.
pub type Records = BTreeMap<String, String>;

/// The keys of the records that differ.
#[must_use]
pub fn differences(before: &Records, after: &Records) -> Vec<String> {
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    keys.into_iter().filter(|key| before.get(*key) != after.get(*key)).cloned().collect()
}

/// Reads everything that a contract has stored.
///
/// # Errors
/// The node does not answer, or has no such contract.
pub async fn of(chain: &Chain, contract: &str) -> anyhow::Result<Records> {
    let mut records = Records::new();
    let mut key = Vec::new();
    loop {
        let pagination = Some(PageRequest { key, limit: PAGE, ..PageRequest::default() });
        let request = AllStateRequest { address: contract.to_owned(), pagination };
        let page: AllStateResponse = chain.rpc().query(PATH, &request, 0).await?;
        let readable = |bytes: &[u8]| bytes.escape_ascii().to_string();
        let found = page.models.iter().map(|model| (readable(&model.key), readable(&model.value)));
        records.extend(found);
        key = page.pagination.map(|page| page.next_key).unwrap_or_default();
        if key.is_empty() {
            return Ok(records);
        }
    }
}
