//! Proposals: what a DAO votes on so that it buys, pays or commands.
//!
//! A proposal is one message to the outpost with at most one coin, wrapped as the DAO's kind wants
//! it: the forms of cw3 2.0, of dao-proposal-single and dao-pre-propose-single 2.6, and of the file
//! that the SDK's `tx gov submit-proposal` reads.

mod explain;
mod read;

pub use explain::{Known, WayHome, explain, explain_cost, explain_message};
pub use read::{Coins, Message};

use anyhow::ensure;
use cosmos::wire::gov::PoolModule;
use cosmwasm_std::{Binary, Coin, CosmosMsg, Uint256, WasmMsg};
use outpost::msg::ExecuteMsg;
use serde::Serialize;
use serde_json::{Value, json};

/// The largest proposal that DAO DAO takes, in bytes of its JSON.
///
/// Source: dao-voting 2.6.0 `proposal.rs`, `MAX_PROPOSAL_SIZE`.
pub const DAODAO_BYTES: usize = 30_000;

/// What is voted on.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// A line.
    pub title: String,
    /// Why.
    pub description: String,
    /// The outpost.
    pub outpost: String,
    /// What it is told.
    pub msg: ExecuteMsg,
    /// The coin that goes with it: units and denom.
    pub coin: Option<(u128, String)>,
}

/// Who votes, and so how the proposal is wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dao {
    /// cw3-fixed-multisig or cw3-flex-multisig.
    Cw3 {
        /// Its address.
        address: String,
    },
    /// dao-dao-core with dao-proposal-single.
    DaoDao {
        /// The core's address.
        core: String,
        /// Where a proposal is made.
        entrance: Entrance,
    },
    /// The chain's own governance.
    Gov {
        /// The module's account.
        account: String,
        /// What a proposer puts down: units and denom.
        deposit: (u128, String),
        /// Whether the coin comes out of the community pool first.
        source: Source,
    },
}

/// Where a proposal to a DAO of DAO DAO is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// At the proposal module itself.
    Module {
        /// Its address.
        address: String,
    },
    /// At the pre-propose module before it.
    PrePropose {
        /// Its address.
        address: String,
        /// What a proposer puts down, if anything: units and denom.
        deposit: Option<(u128, String)>,
    },
}

/// Where the coin of a proposal of x/gov comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The module's account has it.
    Account,
    /// The community pool pays it to the module's account first.
    CommunityPool(PoolModule),
}

/// A vote, as cw3 and DAO DAO write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Vote {
    /// For it.
    Yes,
    /// Against it.
    No,
    /// Neither, but counted.
    Abstain,
}

/// The message that votes on a proposal of cw3 or DAO DAO.
#[must_use]
pub fn vote(proposal: u64, vote: Vote) -> Value {
    json!({ "vote": { "proposal_id": proposal, "vote": vote } })
}

/// The message that executes a proposal of cw3 or DAO DAO that has passed.
#[must_use]
pub fn execute(proposal: u64) -> Value {
    json!({ "execute": { "proposal_id": proposal } })
}

impl Dao {
    /// Who calls the outpost, and so owns what is bought.
    #[must_use]
    pub fn owner(&self) -> &str {
        match self {
            Self::Cw3 { address } => address,
            Self::DaoDao { core, .. } => core,
            Self::Gov { account, .. } => account,
        }
    }

    /// The contract that takes the proposal; none for x/gov.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        match self {
            Self::Cw3 { address }
            | Self::DaoDao {
                entrance: Entrance::Module { address } | Entrance::PrePropose { address, .. },
                ..
            } => Some(address),
            Self::Gov { .. } => None,
        }
    }

    /// What who proposes puts down.
    #[must_use]
    pub fn deposit(&self) -> Option<&(u128, String)> {
        match self {
            Self::DaoDao { entrance: Entrance::PrePropose { deposit, .. }, .. } => deposit.as_ref(),
            Self::Gov { deposit, .. } => Some(deposit),
            Self::Cw3 { .. } | Self::DaoDao { entrance: Entrance::Module { .. }, .. } => None,
        }
    }

    /// The proposal as this DAO takes it: the message for [`Dao::target`], or the file for the
    /// chain's `tx gov submit-proposal`.
    ///
    /// # Errors
    /// It is larger than the DAO takes.
    pub fn wrap(&self, proposal: &Proposal) -> anyhow::Result<Value> {
        let Proposal { title, description, .. } = proposal;
        let content = || -> anyhow::Result<Value> {
            let msgs = [proposal.call()?];
            Ok(json!({ "title": title, "description": description, "msgs": msgs }))
        };
        let wrapped = match self {
            Self::Cw3 { .. } | Self::DaoDao { entrance: Entrance::Module { .. }, .. } => {
                json!({ "propose": content()? })
            }
            Self::DaoDao { entrance: Entrance::PrePropose { .. }, .. } => {
                json!({ "propose": { "msg": { "propose": content()? } } })
            }
            Self::Gov { account, deposit, source } => gov(proposal, account, deposit, *source)?,
        };
        if matches!(self, Self::DaoDao { .. }) {
            let bytes = serde_json::to_vec(&wrapped)?.len();
            ensure!(
                bytes <= DAODAO_BYTES,
                "the proposal has {bytes} bytes, DAO DAO takes {DAODAO_BYTES}; shorten the description"
            );
        }
        Ok(wrapped)
    }
}

impl Proposal {
    /// The call that a DAO's contract makes.
    fn call(&self) -> anyhow::Result<CosmosMsg> {
        let coin = |(amount, denom): &(u128, String)| Coin {
            denom: denom.clone(),
            amount: Uint256::from(*amount),
        };
        Ok(CosmosMsg::Wasm(WasmMsg::Execute {
            contract_addr: self.outpost.clone(),
            msg: Binary::from(serde_json::to_vec(&self.msg)?),
            funds: self.coin.iter().map(coin).collect(),
        }))
    }
}

fn coin((amount, denom): &(u128, String)) -> Value {
    json!({ "denom": denom, "amount": amount.to_string() })
}

/// The file that `tx gov submit-proposal` reads.
fn gov(
    proposal: &Proposal,
    account: &str,
    deposit: &(u128, String),
    source: Source,
) -> anyhow::Result<Value> {
    let funds: Vec<Value> = proposal.coin.iter().map(coin).collect();
    let mut messages = Vec::new();
    if let (Source::CommunityPool(pool), false) = (source, funds.is_empty()) {
        messages.push(json!({
            "@type": pool.spend(),
            "authority": account,
            "recipient": account,
            "amount": funds,
        }));
    }
    messages.push(json!({
        "@type": "/cosmwasm.wasm.v1.MsgExecuteContract",
        "sender": account,
        "contract": proposal.outpost,
        "msg": serde_json::to_value(&proposal.msg)?,
        "funds": funds,
    }));
    let (amount, denom) = deposit;
    Ok(json!({
        "messages": messages,
        "metadata": "",
        "deposit": format!("{amount}{denom}"),
        "title": proposal.title,
        "summary": proposal.description,
        "expedited": false,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_beyond_what_daodao_takes_is_refused() {
        let proposal = |length| Proposal {
            title: "t".into(),
            description: "d".repeat(length),
            outpost: "wasm1outpost".into(),
            msg: ExecuteMsg::Close { seq: 1 },
            coin: None,
        };
        let entrance = Entrance::Module { address: "wasm1module".into() };
        let dao = Dao::DaoDao { core: "wasm1core".into(), entrance };
        dao.wrap(&proposal(29_000)).unwrap();
        let error = dao.wrap(&proposal(30_000)).unwrap_err().to_string();
        assert!(error.contains("takes 30000"), "{error}");
        Dao::Cw3 { address: "wasm1m".into() }.wrap(&proposal(30_000)).unwrap();
    }
}
