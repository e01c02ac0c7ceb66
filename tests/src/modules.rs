//! What tests say to the SDK's x/gov, x/protocolpool, x/authz and x/feegrant, which `ibc-proto` does not have.
//!
//! Source: cosmos-sdk v0.53 `proto/cosmos/{gov/v1,protocolpool/v1,authz/v1beta1,feegrant/v1beta1}`; wasmd
//! v0.61.14 `proto/cosmwasm/wasm/v1/authz.proto`.

use anyhow::{Context as _, ensure};
use cosmos::Any;
use cosmos::chain::Chain;
use cosmos::ibc_proto::cosmos::auth::v1beta1::BaseAccount;
use cosmos::ibc_proto::cosmos::base::v1beta1::Coin;
use cosmos::ibc_proto::ibc::applications::transfer::v1::{MsgUpdateParams, Params};
use cosmos::keys::Key;
use cosmos::wire::gov::{MsgSubmitProposal, PoolModule};
use cosmos::wire::tx::any;
use prost::Message as _;

use crate::clock::until;

/// `VOTE_OPTION_YES`.
const YES: i32 = 1;
/// `PROPOSAL_STATUS_VOTING_PERIOD`; whatever is above is decided.
const VOTING: i32 = 2;
/// `PROPOSAL_STATUS_PASSED`, its messages executed.
const PASSED: i32 = 3;

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

named!("cosmos.gov.v1": MsgVote);
named!("cosmos.protocolpool.v1": MsgFundCommunityPool);
named!("cosmos.authz.v1beta1": MsgGrant, MsgExec);
named!("cosmos.feegrant.v1beta1": MsgGrantAllowance, BasicAllowance);
named!("cosmwasm.wasm.v1": ContractExecutionAuthorization, MaxFundsLimit, AcceptedMessageKeysFilter);

#[derive(Clone, PartialEq, prost::Message)]
struct ProposalId {
    #[prost(uint64, tag = "1")]
    proposal_id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct MsgVote {
    #[prost(uint64, tag = "1")]
    proposal_id: u64,
    #[prost(string, tag = "2")]
    voter: String,
    #[prost(int32, tag = "3")]
    option: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ProposalAnswer {
    #[prost(message, optional, tag = "1")]
    proposal: Option<Proposal>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Proposal {
    #[prost(int32, tag = "3")]
    status: i32,
    #[prost(string, tag = "15")]
    failed_reason: String,
}

/// Gives the community pool of x/protocolpool coins.
#[derive(Clone, PartialEq, prost::Message)]
struct MsgFundCommunityPool {
    #[prost(string, tag = "1")]
    depositor: String,
    #[prost(message, repeated, tag = "2")]
    amount: Vec<Coin>,
}

/// The same of x/distribution, whose pool it is before SDK 0.53: `cosmos.distribution.v1beta1.MsgFundCommunityPool`.
#[derive(Clone, PartialEq, prost::Message)]
struct FundDistribution {
    #[prost(message, repeated, tag = "1")]
    amount: Vec<Coin>,
    #[prost(string, tag = "2")]
    depositor: String,
}

impl prost::Name for FundDistribution {
    const NAME: &'static str = "MsgFundCommunityPool";
    const PACKAGE: &'static str = "cosmos.distribution.v1beta1";

    fn type_url() -> String {
        "/cosmos.distribution.v1beta1.MsgFundCommunityPool".into()
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct ModuleByName {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ModuleAnswer {
    #[prost(message, optional, tag = "1")]
    account: Option<Any>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ModuleAccount {
    #[prost(message, optional, tag = "1")]
    base_account: Option<BaseAccount>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct MsgGrantAllowance {
    #[prost(string, tag = "1")]
    granter: String,
    #[prost(string, tag = "2")]
    grantee: String,
    #[prost(message, optional, tag = "3")]
    allowance: Option<Any>,
}

/// Pays whatever it is asked for while it is not given a limit.
#[derive(Clone, PartialEq, prost::Message)]
struct BasicAllowance {
    #[prost(message, repeated, tag = "1")]
    spend_limit: Vec<Coin>,
}

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

/// The account of x/gov.
///
/// # Errors
/// The node does not answer as expected.
pub async fn gov_account(chain: &Chain) -> anyhow::Result<String> {
    let path = "/cosmos.auth.v1beta1.Query/ModuleAccountByName";
    let answer: ModuleAnswer =
        chain.rpc().query(path, &ModuleByName { name: "gov".into() }, 0).await?;
    let account = answer.account.context("x/gov has no account")?;
    let account = ModuleAccount::decode(account.value.as_slice())?;
    Ok(account.base_account.context("a module account has a base account")?.address)
}

/// Gives the chain's community pool a coin.
///
/// # Errors
/// The chain refuses it.
pub async fn fund_pool(chain: &Chain, giver: &Key, coin: Coin) -> anyhow::Result<()> {
    let (amount, depositor) = (vec![coin], chain.address(giver)?);
    let gift = match chain.pool_module().await? {
        PoolModule::ProtocolPool => any(&MsgFundCommunityPool { depositor, amount }),
        PoolModule::Distribution => any(&FundDistribution { amount, depositor }),
    };
    chain.send_msgs(giver, &[gift], "").await?;
    Ok(())
}

/// Whether a chain takes transfers over IBC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfers {
    /// It does.
    Taken,
    /// It takes none.
    Stopped,
}

/// Has `voter` propose to x/gov that the chain takes transfers over IBC, or takes none; decided within seconds of
/// [`pass`]'s vote. Returns the proposal's number.
///
/// # Errors
/// The chain refuses it.
pub async fn propose_transfers(
    chain: &Chain,
    voter: &Key,
    transfers: Transfers,
) -> anyhow::Result<u64> {
    let params = Params { send_enabled: transfers == Transfers::Taken, receive_enabled: true };
    let update = MsgUpdateParams { signer: gov_account(chain).await?, params: Some(params) };
    let update = Any {
        type_url: "/ibc.applications.transfer.v1.MsgUpdateParams".into(),
        value: update.encode_to_vec(),
    };
    let proposal = MsgSubmitProposal {
        messages: vec![update],
        initial_deposit: vec![coin((2_000, "stake"))],
        proposer: chain.address(voter)?,
        title: "Transfers".into(),
        summary: format!("{transfers:?}"),
        expedited: true,
        ..MsgSubmitProposal::default()
    };
    let outcome = chain.send_msgs(voter, &[any(&proposal)], "").await?;
    let number = outcome.attribute("submit_proposal", "proposal_id");
    Ok(number.context("a proposal has a number")?.parse()?)
}

/// Has `voter`, who has the power, say yes to a proposal of x/gov, and waits until it is executed.
///
/// # Errors
/// The chain refuses it; the proposal does not pass or its messages fail.
pub async fn pass(chain: &Chain, voter: &Key, proposal_id: u64) -> anyhow::Result<()> {
    vote(chain, voter, proposal_id).await?;
    passed(chain, proposal_id).await
}

/// Has `voter` say yes to a proposal of x/gov.
///
/// # Errors
/// The chain refuses it.
pub async fn vote(chain: &Chain, voter: &Key, proposal_id: u64) -> anyhow::Result<()> {
    let vote = MsgVote { proposal_id, voter: chain.address(voter)?, option: YES };
    chain.send_msgs(voter, &[any(&vote)], "").await?;
    Ok(())
}

/// Waits until a proposal of x/gov is executed.
///
/// # Errors
/// It does not pass or its messages fail.
pub async fn passed(chain: &Chain, proposal_id: u64) -> anyhow::Result<()> {
    let path = "/cosmos.gov.v1.Query/Proposal";
    let decided = async || {
        let answer: ProposalAnswer =
            chain.rpc().query(path, &ProposalId { proposal_id }, 0).await?;
        Ok(answer.proposal.filter(|proposal| proposal.status > VOTING))
    };
    let proposal = until(chain, "the proposal is decided", decided).await?;
    ensure!(proposal.status == PASSED, "status {}: {}", proposal.status, proposal.failed_reason);
    Ok(())
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

/// Lets the granter pay the grantee's fees if it grants none yet, up to so much of the fee denom if there is a limit.
///
/// # Errors
/// The chain refuses it.
pub async fn pay_fees(
    chain: &Chain,
    granter: &Key,
    grantee: &str,
    most: Option<u128>,
) -> anyhow::Result<()> {
    let own = chain.address(granter)?;
    if chain.allowance(&own, grantee, 0).await?.is_some() {
        return Ok(());
    }
    let denom = chain.config().gas_price.denom();
    let spend_limit = most.map(|units| coin((units, denom))).into_iter().collect();
    let message = MsgGrantAllowance {
        granter: own,
        grantee: grantee.to_owned(),
        allowance: Some(any(&BasicAllowance { spend_limit })),
    };
    chain.send_msgs(granter, &[any(&message)], "").await?;
    Ok(())
}
