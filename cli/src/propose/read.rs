//! What stands in a proposal that others made.

use std::fmt;

use cosmwasm_std::{Binary, Uint128};
use outpost::msg::ExecuteMsg;
use serde::Deserialize;
use serde_json::Value;

use crate::figures;

/// Coins that go with a message: units and denom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coins(Vec<(u128, String)>);

/// A message of a proposal, as far as it can be explained.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// It tells the outpost something.
    Outpost {
        /// What.
        msg: Box<ExecuteMsg>,
        /// With which coins.
        coins: Coins,
    },
    /// It calls another contract, or tells the outpost what that does not understand.
    Contract {
        /// Which.
        contract: String,
        /// What it is told.
        msg: String,
        /// With which coins.
        coins: Coins,
    },
    /// It pays somebody.
    Pays {
        /// Whom.
        to: String,
        /// What.
        coins: Coins,
    },
    /// Something else, as it stands there.
    Other(Value),
}

/// `CosmosMsg` as cw3 and DAO DAO keep it, as far as it is read; with a key more it is something else.
///
/// Source: cosmwasm-std 1.5 and 2.2 `results/cosmos_msg.rs`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum CosmosMsg {
    Wasm(WasmMsg),
    Bank(BankMsg),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum WasmMsg {
    Execute { contract_addr: String, msg: Binary, funds: Vec<Coin> },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum BankMsg {
    Send { to_address: String, amount: Vec<Coin> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Coin {
    denom: String,
    amount: Uint128,
}

impl Message {
    /// Reads a message of a proposal of cw3 or DAO DAO.
    #[must_use]
    pub fn read(outpost: &str, message: &Value) -> Self {
        match CosmosMsg::deserialize(message) {
            Ok(CosmosMsg::Wasm(WasmMsg::Execute { contract_addr, msg, funds })) => {
                let coins = Coins::of(funds);
                let told = (contract_addr == outpost).then(|| serde_json::from_slice(&msg).ok());
                match told.flatten() {
                    Some(msg) => Self::Outpost { msg: Box::new(msg), coins },
                    None => Self::Contract {
                        contract: contract_addr,
                        msg: String::from_utf8_lossy(&msg).into_owned(),
                        coins,
                    },
                }
            }
            Ok(CosmosMsg::Bank(BankMsg::Send { to_address, amount })) => {
                Self::Pays { to: to_address, coins: Coins::of(amount) }
            }
            Err(_) => Self::Other(message.clone()),
        }
    }

    /// The coins that go with it.
    pub(super) fn coins(&self) -> &[(u128, String)] {
        match self {
            Self::Outpost { coins, .. }
            | Self::Contract { coins, .. }
            | Self::Pays { coins, .. } => &coins.0,
            Self::Other(_) => &[],
        }
    }
}

impl Coins {
    fn of(coins: Vec<Coin>) -> Self {
        coins.into_iter().map(|coin| (coin.amount.u128(), coin.denom)).collect()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_one(&self) -> bool {
        self.0.len() == 1
    }

    /// The only coin.
    pub(super) fn only(&self) -> Option<&(u128, String)> {
        self.0.first().filter(|_| self.is_one())
    }
}

impl FromIterator<(u128, String)> for Coins {
    fn from_iter<T: IntoIterator<Item = (u128, String)>>(coins: T) -> Self {
        Self(coins.into_iter().collect())
    }
}

impl fmt::Display for Coins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no coin");
        }
        let coins: Vec<_> =
            self.0.iter().map(|(units, denom)| figures::units(*units, denom)).collect();
        f.write_str(&coins.join(" and "))
    }
}
