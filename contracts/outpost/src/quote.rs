//! The query `quote`: what to attach to a purchase, and the message for a proposal.

use cosmwasm_std::{Coin, Deps, Env, Uint128, Uint256, WasmMsg, to_json_binary, to_json_vec};
use protocol::limits;
use protocol::money::Open;

use crate::ContractError;
use crate::buy;
use crate::money::Money;
use crate::msg::responses::QuoteResponse;
use crate::msg::{Buy, ExecuteMsg};
use crate::state::auto_top_up::units;
use crate::state::order;

/// Checks a purchase as `buy` would and says what to attach.
///
/// # Errors
/// Whatever `buy` would refuse it for, and [`ContractError::Amount`] if the time asked for costs
/// more than one packet carries.
pub(crate) fn quote(
    deps: Deps<'_>,
    env: &Env,
    purchase: Buy,
    denom: String,
    seconds: Option<u64>,
) -> Result<QuoteResponse, ContractError> {
    buy::check(deps, &purchase, &denom)?;
    let runway = purchase.deployment.runway_seconds;
    let seconds = seconds.unwrap_or(runway).max(runway);
    limits::integer("seconds", seconds)?;
    let rates = purchase.deployment.groups.iter().map(|group| group.max_rate);
    let rate = rates.fold(Uint256::zero(), |sum, rate| sum.saturating_add(rate.into()));
    let amount = cost(rate, seconds)?;
    let open = Open {
        // The longest address of this chain stands for the caller's, who is not known yet.
        account: env.contract.address.to_string(),
        seq: order::next_seq(deps.storage)?,
        refund_to: None,
        local_refund: purchase.local_refund.clone(),
        deployment: purchase.deployment.clone(),
    };
    open.validate()?;
    let order_bytes = to_json_vec(&open)?.len();
    let coin = Coin::from(Money { denom, amount });
    let message = WasmMsg::Execute {
        contract_addr: env.contract.address.to_string(),
        msg: to_json_binary(&ExecuteMsg::Buy(Box::new(purchase)))?,
        funds: vec![coin.clone()],
    };
    Ok(QuoteResponse {
        coin,
        seconds,
        message: message.into(),
        order_bytes: u64::try_from(order_bytes).unwrap_or(u64::MAX),
    })
}

/// What a rate costs for a time: nano-units per second to units, rounded up.
fn cost(rate: Uint256, seconds: u64) -> Result<Uint128, ContractError> {
    let units = units(rate, seconds);
    let units = units.max(Uint256::one());
    Uint128::try_from(units)
        .ok()
        .filter(|amount| amount.u128() <= limits::AMOUNT)
        .ok_or_else(|| ContractError::Amount { got: units.to_string(), max: limits::AMOUNT })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_rounded_up_and_never_nothing() {
        for (rate, seconds, units) in [
            (1_u64, 600, 1_u128),
            (1_000_000_000, 600, 600),
            (1_000_000_001, 600, 601),
            (0, 600, 1),
        ] {
            assert_eq!(cost(rate.into(), seconds).unwrap().u128(), units);
        }
    }

    #[test]
    fn a_cost_beyond_one_packet_is_an_error() {
        let most = Uint256::from(limits::AMOUNT);
        let rate = most.checked_mul(Uint256::from(crate::state::auto_top_up::NANO)).unwrap();
        assert_eq!(cost(rate, 1).unwrap().u128(), limits::AMOUNT);
        assert!(matches!(cost(rate, 2), Err(ContractError::Amount { .. })));
    }
}
