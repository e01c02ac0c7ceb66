//! Messages of governance, which `ibc-proto` does not have.
//!
//! Source: Cosmos SDK v0.53 `proto/cosmos/gov/v1/tx.proto`, `proto/cosmos/distribution/v1beta1/tx.proto`,
//! `proto/cosmos/protocolpool/v1/tx.proto`.

use ibc_proto::cosmos::base::v1beta1::Coin;
use prost::Message as _;

use crate::Any;

/// Submits a proposal.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MsgSubmitProposal {
    /// What is executed if it passes.
    #[prost(message, repeated, tag = "1")]
    pub messages: Vec<Any>,
    /// What the proposer puts down.
    #[prost(message, repeated, tag = "2")]
    pub initial_deposit: Vec<Coin>,
    /// Who proposes.
    #[prost(string, tag = "3")]
    pub proposer: String,
    /// Anything.
    #[prost(string, tag = "4")]
    pub metadata: String,
    /// A line.
    #[prost(string, tag = "5")]
    pub title: String,
    /// Why.
    #[prost(string, tag = "6")]
    pub summary: String,
    /// Whether it is voted on faster.
    #[prost(bool, tag = "7")]
    pub expedited: bool,
}

/// Which module of a chain keeps the community pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolModule {
    /// x/distribution, as before SDK 0.53.
    Distribution,
    /// x/protocolpool. x/distribution refuses to pay where it is.
    ProtocolPool,
}

/// Pays from the community pool. Both modules have it, with the same fields; see [`Self::to`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct MsgCommunityPoolSpend {
    /// The account of governance.
    #[prost(string, tag = "1")]
    pub authority: String,
    /// Who is paid.
    #[prost(string, tag = "2")]
    pub recipient: String,
    /// How much.
    #[prost(message, repeated, tag = "3")]
    pub amount: Vec<Coin>,
}

impl prost::Name for MsgSubmitProposal {
    const NAME: &'static str = "MsgSubmitProposal";
    const PACKAGE: &'static str = "cosmos.gov.v1";

    fn full_name() -> String {
        "cosmos.gov.v1.MsgSubmitProposal".into()
    }

    fn type_url() -> String {
        "/cosmos.gov.v1.MsgSubmitProposal".into()
    }
}

impl PoolModule {
    /// The type URL of its [`MsgCommunityPoolSpend`].
    pub const fn spend(self) -> &'static str {
        match self {
            Self::Distribution => "/cosmos.distribution.v1beta1.MsgCommunityPoolSpend",
            Self::ProtocolPool => "/cosmos.protocolpool.v1.MsgCommunityPoolSpend",
        }
    }
}

impl MsgCommunityPoolSpend {
    /// The message as this module takes it.
    pub fn to(&self, module: PoolModule) -> Any {
        Any { type_url: module.spend().into(), value: self.encode_to_vec() }
    }
}
