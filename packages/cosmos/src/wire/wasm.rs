//! Messages and queries of wasmd, which `ibc-proto` does not have.
//!
//! Source: wasmd v0.61.14 `proto/cosmwasm/wasm/v1/{tx,query,types}.proto`.

use ibc_proto::cosmos::base::query::v1beta1::{PageRequest, PageResponse};
use ibc_proto::cosmos::base::v1beta1::Coin;

/// The package of everything here.
const PACKAGE: &str = "cosmwasm.wasm.v1";

macro_rules! named {
    ($($message:ident),* $(,)?) => {$(
        impl prost::Name for $message {
            const NAME: &'static str = stringify!($message);
            const PACKAGE: &'static str = PACKAGE;

            fn full_name() -> String {
                concat!("cosmwasm.wasm.v1.", stringify!($message)).into()
            }

            fn type_url() -> String {
                concat!("/cosmwasm.wasm.v1.", stringify!($message)).into()
            }
        }
    )*};
}

named!(MsgStoreCode, MsgInstantiateContract, MsgExecuteContract, MsgMigrateContract, MsgPinCodes,);

/// Stores a contract's code.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MsgStoreCode {
    /// Who stores it.
    #[prost(string, tag = "1")]
    pub sender: String,
    /// The code, plain or gzipped.
    #[prost(bytes = "vec", tag = "2")]
    pub wasm_byte_code: Vec<u8>,
}

/// The answer to [`MsgStoreCode`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct MsgStoreCodeResponse {
    /// The number it is stored under.
    #[prost(uint64, tag = "1")]
    pub code_id: u64,
    /// SHA-256 of the plain code.
    #[prost(bytes = "vec", tag = "2")]
    pub checksum: Vec<u8>,
}

/// Makes a contract of stored code.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MsgInstantiateContract {
    /// Who makes it.
    #[prost(string, tag = "1")]
    pub sender: String,
    /// Who may migrate it; empty for nobody.
    #[prost(string, tag = "2")]
    pub admin: String,
    /// Its code.
    #[prost(uint64, tag = "3")]
    pub code_id: u64,
    /// A text for people.
    #[prost(string, tag = "4")]
    pub label: String,
    /// Its first message, in JSON.
    #[prost(bytes = "vec", tag = "5")]
    pub msg: Vec<u8>,
    /// Coins sent along.
    #[prost(message, repeated, tag = "6")]
    pub funds: Vec<Coin>,
}

/// The answer to [`MsgInstantiateContract`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct MsgInstantiateContractResponse {
    /// The contract's address.
    #[prost(string, tag = "1")]
    pub address: String,
    /// What it returned.
    #[prost(bytes = "vec", tag = "2")]
    pub data: Vec<u8>,
}

/// Sends a contract a message.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MsgExecuteContract {
    /// Who sends it.
    #[prost(string, tag = "1")]
    pub sender: String,
    /// To which contract.
    #[prost(string, tag = "2")]
    pub contract: String,
    /// The message, in JSON.
    #[prost(bytes = "vec", tag = "3")]
    pub msg: Vec<u8>,
    /// Coins sent along.
    #[prost(message, repeated, tag = "5")]
    pub funds: Vec<Coin>,
}

/// The answer to [`MsgExecuteContract`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct MsgExecuteContractResponse {
    /// What the contract returned.
    #[prost(bytes = "vec", tag = "1")]
    pub data: Vec<u8>,
}

/// Gives a contract other code.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MsgMigrateContract {
    /// The contract's admin.
    #[prost(string, tag = "1")]
    pub sender: String,
    /// The contract.
    #[prost(string, tag = "2")]
    pub contract: String,
    /// The code.
    #[prost(uint64, tag = "3")]
    pub code_id: u64,
    /// The migration message, in JSON.
    #[prost(bytes = "vec", tag = "4")]
    pub msg: Vec<u8>,
}

/// Keeps codes in the memory of every node, so that loading them costs less gas.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MsgPinCodes {
    /// The chain's governance.
    #[prost(string, tag = "1")]
    pub authority: String,
    /// Which codes.
    #[prost(uint64, repeated, tag = "2")]
    pub code_ids: Vec<u64>,
}

/// Asks a contract.
#[derive(Clone, PartialEq, prost::Message)]
pub struct QuerySmartContractStateRequest {
    /// The contract.
    #[prost(string, tag = "1")]
    pub address: String,
    /// The question, in JSON.
    #[prost(bytes = "vec", tag = "2")]
    pub query_data: Vec<u8>,
}

/// The answer to [`QuerySmartContractStateRequest`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct QuerySmartContractStateResponse {
    /// The answer, in JSON.
    #[prost(bytes = "vec", tag = "1")]
    pub data: Vec<u8>,
}

/// Asks for what stands in a contract's storage.
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryRawContractStateRequest {
    /// The contract.
    #[prost(string, tag = "1")]
    pub address: String,
    /// The key.
    #[prost(bytes = "vec", tag = "2")]
    pub query_data: Vec<u8>,
}

/// The answer to [`QueryRawContractStateRequest`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryRawContractStateResponse {
    /// The value; empty if there is none.
    #[prost(bytes = "vec", tag = "1")]
    pub data: Vec<u8>,
}

/// Asks what a chain knows of a contract.
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryContractInfoRequest {
    /// The contract.
    #[prost(string, tag = "1")]
    pub address: String,
}

/// The answer to [`QueryContractInfoRequest`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryContractInfoResponse {
    /// The contract.
    #[prost(string, tag = "1")]
    pub address: String,
    /// What is known of it.
    #[prost(message, optional, tag = "2")]
    pub contract_info: Option<ContractInfo>,
}

/// What a chain knows of a contract.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ContractInfo {
    /// Its code.
    #[prost(uint64, tag = "1")]
    pub code_id: u64,
    /// Who made it.
    #[prost(string, tag = "2")]
    pub creator: String,
    /// Who may migrate it; empty for nobody.
    #[prost(string, tag = "3")]
    pub admin: String,
    /// A text for people.
    #[prost(string, tag = "4")]
    pub label: String,
    /// Its IBC v1 port; empty if it speaks no IBC.
    #[prost(string, tag = "6")]
    pub ibc_port_id: String,
    /// Its IBC v2 port; empty if it speaks none.
    #[prost(string, tag = "8")]
    pub ibc2_port_id: String,
}

/// Asks for all codes that are stored.
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryCodesRequest {
    /// Which page of them.
    #[prost(message, optional, tag = "1")]
    pub pagination: Option<PageRequest>,
}

/// The answer to [`QueryCodesRequest`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryCodesResponse {
    /// The codes, oldest first.
    #[prost(message, repeated, tag = "1")]
    pub code_infos: Vec<CodeInfoResponse>,
    /// Where the next page begins.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageResponse>,
}

/// A stored code in a list of them.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CodeInfoResponse {
    /// Its number.
    #[prost(uint64, tag = "1")]
    pub code_id: u64,
    /// Who stored it.
    #[prost(string, tag = "2")]
    pub creator: String,
    /// SHA-256 of the plain code.
    #[prost(bytes = "vec", tag = "3")]
    pub data_hash: Vec<u8>,
}

/// Asks what a chain knows of stored code.
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryCodeInfoRequest {
    /// Its number.
    #[prost(uint64, tag = "1")]
    pub code_id: u64,
}

/// The answer to [`QueryCodeInfoRequest`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryCodeInfoResponse {
    /// Its number.
    #[prost(uint64, tag = "1")]
    pub code_id: u64,
    /// Who stored it.
    #[prost(string, tag = "2")]
    pub creator: String,
    /// SHA-256 of the plain code.
    #[prost(bytes = "vec", tag = "3")]
    pub checksum: Vec<u8>,
}

/// Asks for the contracts made of a code, oldest first.
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryContractsByCodeRequest {
    /// The code.
    #[prost(uint64, tag = "1")]
    pub code_id: u64,
    /// Which page of the list.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageRequest>,
}

/// The answer to [`QueryContractsByCodeRequest`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryContractsByCodeResponse {
    /// Their addresses.
    #[prost(string, repeated, tag = "1")]
    pub contracts: Vec<String>,
    /// Where the next page begins.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageResponse>,
}
