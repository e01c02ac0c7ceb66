//! Messages of the SDK's x/authz, which `ibc-proto` does not have.
//!
//! Source: cosmos-sdk v0.53 `proto/cosmos/authz/v1beta1`; wasmd
//! v0.61.14 `proto/cosmwasm/wasm/v1/authz.proto`.

use cosmos::Any;
use cosmos::chain::Chain;
use cosmos::ibc_proto::cosmos::base::v1beta1::Coin;
use cosmos::keys::Key;
use cosmos::wire::tx::any;

macro_rules! named {
    ($package:literal: $($message:ident),*) => {$(
        impl prost::Name for $message {
            const NAME: &'static str = stringify!($message);
            const PACKAGE: &'static str = $package;

            fn type_url() -> String {
                concat!("/", $package, ".", stringify!($message)).into()
            }
        }
    )*};
}

named!("cosmos.authz.v1beta1": MsgGrant, MsgExec);
named!("cosmwasm.wasm.v1": ContractExecutionAuthorization, MaxFundsLimit, AcceptedMessageKeysFilter);

#[derive(Clone, PartialEq, prost::Message)]
struct MsgGrant {
    #[prost(string, tag = "1")]
    granter: String,
    #[prost(string, tag = "2")]
    grantee: String,
    #[prost(message, optional, tag = "3")]
    grant: Option<Grant>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Grant {
    #[prost(message, optional, tag = "1")]
    authorization: Option<Any>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct MsgExec {
    #[prost(string, tag = "1")]
    grantee: String,
    #[prost(message, repeated, tag = "2")]
    msgs: Vec<Any>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ContractExecutionAuthorization {
    #[prost(message, repeated, tag = "1")]
    grants: Vec<ContractGrant>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ContractGrant {
    #[prost(string, tag = "1")]
    contract: String,
    #[prost(message, optional, tag = "2")]
    limit: Option<Any>,
    #[prost(message, optional, tag = "3")]
    filter: Option<Any>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct MaxFundsLimit {
    #[prost(message, repeated, tag = "1")]
    amounts: Vec<Coin>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct AcceptedMessageKeysFilter {
    #[prost(string, repeated, tag = "1")]
    keys: Vec<String>,
}

/// One coin.
#[must_use]
pub fn coin((units, denom): (u128, &str)) -> Coin {
    Coin { denom: denom.to_owned(), amount: units.to_string() }
}

/// Lets `grantee` send a contract, in the granter's name, messages with the one `key` and at most
/// these coins in all.
///
/// # Errors
/// The chain refuses it.
pub async fn grant(
    chain: &Chain,
    (granter, grantee): (&Key, &Key),
    (contract, key): (&str, &str),
    most: (u128, &str),
) -> anyhow::Result<()> {
    let grant = ContractGrant {
        contract: contract.to_owned(),
        limit: Some(any(&MaxFundsLimit { amounts: vec![coin(most)] })),
        filter: Some(any(&AcceptedMessageKeysFilter { keys: vec![key.to_owned()] })),
    };
    let authorization = any(&ContractExecutionAuthorization { grants: vec![grant] });
    let message = MsgGrant {
        granter: chain.address(granter)?,
        grantee: chain.address(grantee)?,
        grant: Some(Grant { authorization: Some(authorization) }),
    };
    chain.send_msgs(granter, &[any(&message)], "").await?;
    Ok(())
}

/// The grantee's message that carries one of the granter's.
///
/// # Errors
/// The key has no address on this chain.
pub fn in_their_name(chain: &Chain, grantee: &Key, msg: Any) -> anyhow::Result<Any> {
    Ok(any(&MsgExec { grantee: chain.address(grantee)?, msgs: vec![msg] }))
}
