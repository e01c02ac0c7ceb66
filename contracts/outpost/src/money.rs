//! A coin with a 128-bit amount: the only place where the chain's 256-bit amounts are converted.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Coin, Uint128, Uint256};
use protocol::json::Decode;
use protocol::limits;

use crate::ContractError;

/// A coin of this chain.
#[cw_serde]
#[derive(Decode, Eq)]
pub(crate) struct Money {
    /// Its denom.
    pub(crate) denom: String,
    /// Its amount in the smallest unit.
    pub(crate) amount: Uint128,
}

impl Money {
    /// The one coin of a message or callback.
    ///
    /// # Errors
    /// [`ContractError::NotOneCoin`], or [`ContractError::Amount`] for zero and for more than a
    /// 128-bit number.
    pub(crate) fn only(coins: &[Coin]) -> Result<Self, ContractError> {
        let [coin] = coins else {
            return Err(ContractError::NotOneCoin { got: coins.len() });
        };
        let out_of_range =
            || ContractError::Amount { got: coin.amount.to_string(), max: limits::AMOUNT };
        let amount = Uint128::try_from(coin.amount).map_err(|_| out_of_range())?;
        if amount.is_zero() {
            return Err(out_of_range());
        }
        Ok(Self { denom: coin.denom.clone(), amount })
    }

    /// The one coin of a message that is to be sent on.
    ///
    /// # Errors
    /// As [`Money::only`], and [`ContractError::Amount`] above [`limits::AMOUNT`]: a larger
    /// number could mean "my whole balance" to ICS-20.
    pub(crate) fn to_send(coins: &[Coin]) -> Result<Self, ContractError> {
        let money = Self::only(coins)?;
        if money.amount.u128() > limits::AMOUNT {
            let got = money.amount.to_string();
            return Err(ContractError::Amount { got, max: limits::AMOUNT });
        }
        Ok(money)
    }

    /// An amount of a bank balance, cut to 128 bits: less than there is, never more.
    #[must_use]
    pub(crate) fn at_most(amount: Uint256) -> Uint128 {
        Uint128::try_from(amount).unwrap_or(Uint128::MAX)
    }
}

impl From<Money> for Coin {
    fn from(money: Money) -> Self {
        Self { denom: money.denom, amount: money.amount.into() }
    }
}

/// Refuses coins where none are taken, so that none is ever kept without a record.
///
/// # Errors
/// [`ContractError::UnwantedCoins`].
pub(crate) const fn none(coins: &[Coin]) -> Result<(), ContractError> {
    if coins.is_empty() {
        return Ok(());
    }
    Err(ContractError::UnwantedCoins { got: coins.len() })
}
