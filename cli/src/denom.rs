//! The way a voucher came by, as its chain knows it.

use anyhow::Context as _;
use cosmos::chain::Chain;
use cosmos::ibc_proto::ibc::applications::transfer::v1::{
    QueryDenomTraceRequest, QueryDenomTraceResponse,
};
use cosmos::rpc::QueryError;

/// Since ibc-go v10.
const PATH: &str = "/ibc.applications.transfer.v1.Query/Denom";
/// Until ibc-go v9.
const OLD_PATH: &str = "/ibc.applications.transfer.v1.Query/DenomTrace";

/// Source: ibc-go v10 `proto/ibc/applications/transfer/v1/query.proto`, which `ibc-proto` does not
/// have; the request is that of the older query.
#[derive(Clone, PartialEq, prost::Message)]
struct DenomResponse {
    #[prost(message, optional, tag = "1")]
    denom: Option<Denom>,
}

/// Source: ibc-go v10 `proto/ibc/applications/transfer/v1/token.proto`.
#[derive(Clone, PartialEq, prost::Message)]
struct Denom {
    #[prost(string, tag = "1")]
    base: String,
    #[prost(message, repeated, tag = "3")]
    trace: Vec<Hop>,
}

/// Source: as [`Denom`].
#[derive(Clone, PartialEq, prost::Message)]
struct Hop {
    #[prost(string, tag = "1")]
    port_id: String,
    #[prost(string, tag = "2")]
    channel_id: String,
}

/// The full path of a denom, such as `transfer/channel-3/uusdc` for `ibc/…`; any other denom is its
/// own.
///
/// # Errors
/// The chain knows no such voucher, or does not answer.
pub async fn path(chain: &Chain, denom: &str) -> anyhow::Result<String> {
    let Some(hash) = denom.strip_prefix("ibc/") else { return Ok(denom.to_owned()) };
    let request = QueryDenomTraceRequest { hash: hash.to_owned() };
    let answer: Result<DenomResponse, _> = chain.rpc().query(PATH, &request, 0).await;
    match answer {
        Ok(DenomResponse { denom: Some(Denom { base, trace }) }) => {
            let hops = trace.iter().map(|hop| format!("{}/{}/", hop.port_id, hop.channel_id));
            Ok(hops.chain([base]).collect())
        }
        // A chain that does not know the query says so with the codespace `sdk`, code 6.
        Err(QueryError::Refused { code: 6, .. }) => {
            let answer: QueryDenomTraceResponse = chain.rpc().query(OLD_PATH, &request, 0).await?;
            let trace = answer.denom_trace.with_context(|| unknown(chain, denom))?;
            Ok(format!("{}/{}", trace.path, trace.base_denom))
        }
        Ok(DenomResponse { denom: None }) => Err(anyhow::anyhow!(unknown(chain, denom))),
        Err(error) => Err(error).with_context(|| unknown(chain, denom)),
    }
}

fn unknown(chain: &Chain, denom: &str) -> String {
    format!("`{}` does not tell by which way `{denom}` came", chain.config().chain_id)
}
