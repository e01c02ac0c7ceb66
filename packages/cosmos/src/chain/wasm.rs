//! Contracts: store, instantiate, execute, migrate, query.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use ibc_proto::cosmos::base::abci::v1beta1::TxMsgData;
use ibc_proto::cosmos::base::v1beta1::Coin;
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Chain, ChainError, TxOutcome, malformed};
use crate::Any;
use crate::keys::Key;
use crate::wire::tx::any;
use crate::wire::wasm::{
    ContractInfo, MsgExecuteContract, MsgExecuteContractResponse, MsgInstantiateContract,
    MsgInstantiateContractResponse, MsgMigrateContract, MsgStoreCode, MsgStoreCodeResponse,
    QueryCodeInfoRequest, QueryCodeInfoResponse, QueryCodesRequest, QueryCodesResponse,
    QueryContractInfoRequest, QueryContractInfoResponse, QueryContractsByCodeRequest,
    QueryContractsByCodeResponse, QueryRawContractStateRequest, QueryRawContractStateResponse,
    QuerySmartContractStateRequest, QuerySmartContractStateResponse,
};

/// A contract to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewContract<'a> {
    /// Its code.
    pub code_id: u64,
    /// A text for people.
    pub label: &'a str,
    /// Who may migrate it.
    pub admin: Option<&'a str>,
    /// Coins sent along.
    pub funds: &'a [(u128, &'a str)],
}

impl Chain {
    /// Stores a contract's code, compressed, and returns its number.
    ///
    /// # Errors
    /// As [`Chain::send_msgs`].
    pub async fn store_code(&self, key: &Key, wasm: &[u8]) -> Result<(u64, TxOutcome), ChainError> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        let zipped = gzip.write_all(wasm).and_then(|()| gzip.finish());
        let wasm_byte_code = zipped.map_err(|error| malformed("wasm", error.to_string()))?;
        let message = MsgStoreCode { sender: self.address(key)?, wasm_byte_code };
        let outcome = self.send_msgs(key, &[any(&message)], "").await?;
        let answer: MsgStoreCodeResponse = outcome.answer(0)?;
        Ok((answer.code_id, outcome))
    }

    /// Makes a contract and returns its address.
    ///
    /// # Errors
    /// As [`Chain::send_msgs`].
    pub async fn instantiate(
        &self,
        key: &Key,
        contract: NewContract<'_>,
        msg: &impl Serialize,
    ) -> Result<(String, TxOutcome), ChainError> {
        let message = MsgInstantiateContract {
            sender: self.address(key)?,
            admin: contract.admin.unwrap_or_default().to_owned(),
            code_id: contract.code_id,
            label: contract.label.to_owned(),
            msg: json(msg)?,
            funds: coins(contract.funds),
        };
        let outcome = self.send_msgs(key, &[any(&message)], "").await?;
        let answer: MsgInstantiateContractResponse = outcome.answer(0)?;
        Ok((answer.address, outcome))
    }

    /// Sends a contract a message, with coins.
    ///
    /// # Errors
    /// As [`Chain::send_msgs`].
    pub async fn execute(
        &self,
        key: &Key,
        contract: &str,
        msg: &impl Serialize,
        funds: &[(u128, &str)],
    ) -> Result<TxOutcome, ChainError> {
        let message = self.execution(key, contract, msg, funds)?;
        self.send_msgs(key, &[message], "").await
    }

    /// What [`Chain::execute`] sends.
    ///
    /// # Errors
    /// [`ChainError::Malformed`] when the message is no JSON, [`ChainError::Key`].
    pub fn execution(
        &self,
        key: &Key,
        contract: &str,
        msg: &impl Serialize,
        funds: &[(u128, &str)],
    ) -> Result<Any, ChainError> {
        Ok(any(&MsgExecuteContract {
            sender: self.address(key)?,
            contract: contract.to_owned(),
            msg: json(msg)?,
            funds: coins(funds),
        }))
    }

    /// Gives a contract other code.
    ///
    /// # Errors
    /// As [`Chain::send_msgs`].
    pub async fn migrate(
        &self,
        key: &Key,
        contract: &str,
        code_id: u64,
        msg: &impl Serialize,
    ) -> Result<TxOutcome, ChainError> {
        let (sender, contract) = (self.address(key)?, contract.to_owned());
        let message = MsgMigrateContract { sender, contract, code_id, msg: json(msg)? };
        self.send_msgs(key, &[any(&message)], "").await
    }

    /// Asks a contract.
    ///
    /// # Errors
    /// [`ChainError::Query`] with the contract's reason, [`ChainError::Malformed`] for another shape of answer.
    pub async fn query_smart<T: DeserializeOwned>(
        &self,
        contract: &str,
        msg: &impl Serialize,
    ) -> Result<T, ChainError> {
        let request =
            QuerySmartContractStateRequest { address: contract.to_owned(), query_data: json(msg)? };
        let path = "/cosmwasm.wasm.v1.Query/SmartContractState";
        let answer: QuerySmartContractStateResponse = self.rpc.query(path, &request, 0).await?;
        serde_json::from_slice(&answer.data)
            .map_err(|error| malformed("smart query", error.to_string()))
    }

    /// What stands in a contract's own storage under a key; `None` if nothing does.
    ///
    /// # Errors
    /// [`ChainError::Query`], also when there is no such contract.
    pub async fn query_raw(
        &self,
        contract: &str,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, ChainError> {
        let request =
            QueryRawContractStateRequest { address: contract.to_owned(), query_data: key.to_vec() };
        let path = "/cosmwasm.wasm.v1.Query/RawContractState";
        let answer: QueryRawContractStateResponse = self.rpc.query(path, &request, 0).await?;
        Ok(Some(answer.data).filter(|data| !data.is_empty()))
    }

    /// SHA-256 of the plain code stored under a number; `None` if there is none.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn code_checksum(&self, code_id: u64) -> Result<Option<Vec<u8>>, ChainError> {
        let path = "/cosmwasm.wasm.v1.Query/CodeInfo";
        let answer: Option<QueryCodeInfoResponse> =
            self.find(path, &QueryCodeInfoRequest { code_id }).await?;
        Ok(answer.map(|answer| answer.checksum))
    }

    /// The numbers of the codes that `creator` has stored with this SHA-256, oldest first.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn codes_of(&self, creator: &str, checksum: &[u8]) -> Result<Vec<u64>, ChainError> {
        let path = "/cosmwasm.wasm.v1.Query/Codes";
        let request = |page| QueryCodesRequest { pagination: Some(page) };
        let read = |answer: QueryCodesResponse| (answer.code_infos, answer.pagination);
        let codes = self.in_pages((path, 0), request, read).await?.into_iter();
        let found = codes.filter(|code| code.creator == creator && code.data_hash == checksum);
        Ok(found.map(|code| code.code_id).collect())
    }

    /// What the chain knows of a contract, among it its IBC port.
    ///
    /// # Errors
    /// [`ChainError::Query`] when there is no such contract.
    pub async fn contract_info(&self, contract: &str) -> Result<ContractInfo, ChainError> {
        let request = QueryContractInfoRequest { address: contract.to_owned() };
        let path = "/cosmwasm.wasm.v1.Query/ContractInfo";
        let answer: QueryContractInfoResponse = self.rpc.query(path, &request, 0).await?;
        answer.contract_info.ok_or_else(|| malformed("contract info", "no info in it"))
    }

    /// The addresses of the contracts made of a code, oldest first.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn contracts_of(&self, code_id: u64) -> Result<Vec<String>, ChainError> {
        let path = "/cosmwasm.wasm.v1.Query/ContractsByCode";
        let request = |page| QueryContractsByCodeRequest { code_id, pagination: Some(page) };
        let read = |answer: QueryContractsByCodeResponse| (answer.contracts, answer.pagination);
        self.in_pages((path, 0), request, read).await
    }
}

impl TxOutcome {
    /// The answer to the message at `index`.
    ///
    /// # Errors
    /// [`ChainError::Malformed`] when there is none or it is of another type.
    pub fn answer<M: Message + Default>(&self, index: usize) -> Result<M, ChainError> {
        let wrong = |reason: String| malformed("transaction", reason);
        let data = TxMsgData::decode(self.data.as_slice()).map_err(|e| wrong(e.to_string()))?;
        let answer = data.msg_responses.get(index);
        let answer = answer.ok_or_else(|| wrong(format!("no answer to message {index}")))?;
        M::decode(answer.value.as_slice()).map_err(|error| wrong(error.to_string()))
    }

    /// What the contract returned to the message at `index`, in JSON.
    ///
    /// # Errors
    /// [`ChainError::Malformed`] when it returned nothing, or something of another shape.
    pub fn contract_answer<T: DeserializeOwned>(&self, index: usize) -> Result<T, ChainError> {
        let answer: MsgExecuteContractResponse = self.answer(index)?;
        serde_json::from_slice(&answer.data)
            .map_err(|error| malformed("contract answer", error.to_string()))
    }
}

fn json(msg: &impl Serialize) -> Result<Vec<u8>, ChainError> {
    serde_json::to_vec(msg).map_err(|error| malformed("contract message", error.to_string()))
}

fn coins(funds: &[(u128, &str)]) -> Vec<Coin> {
    let coin = |&(amount, denom): &(u128, &str)| Coin {
        denom: denom.to_owned(),
        amount: amount.to_string(),
    };
    let mut coins: Vec<Coin> = funds.iter().map(coin).collect();
    // The SDK refuses coins that are not sorted by denom.
    coins.sort_by(|a, b| a.denom.cmp(&b.denom));
    coins
}
