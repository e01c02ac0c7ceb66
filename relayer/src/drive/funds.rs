//! What an account has to pay fees with: its own, and what others grant it.

use cosmos::chain::feegrant::Allowance;
use cosmos::chain::{Chain, ChainError};

use super::now;
use crate::model::ids::{Address, Time};
use crate::model::state::{Funds, Grant};

/// Looks at what an account and those who may grant it fees have.
pub(super) async fn look(
    chain: &Chain,
    address: &str,
    denom: &str,
    granters: Vec<Address>,
) -> Result<Funds, ChainError> {
    let balance = chain.balance(address, denom).await?;
    let mut grants = Vec::with_capacity(granters.len());
    for granter in granters {
        grants.push(grant(chain, address, denom, granter).await?);
    }
    Ok(Funds { balance, grants })
}

/// Looks at what one account grants another.
///
/// # Errors
/// [`ChainError`] when the chain does not answer; that there is no grant is none.
pub(crate) async fn grant(
    chain: &Chain,
    grantee: &str,
    denom: &str,
    granter: Address,
) -> Result<Grant, ChainError> {
    let allowance = chain.allowance(granter.as_str(), grantee, now().0).await?;
    let balance = chain.balance(granter.as_str(), denom).await?;
    let fault = match &allowance {
        None => Some(format!("it grants `{grantee}` nothing")),
        Some(Allowance { unknown: Some(kind), .. }) => {
            Some(format!("its grant is of the kind `{kind}`, which ferry does not know"))
        }
        Some(_) => None,
    };
    let left = allowance.as_ref().and_then(|allowance| allowance.left(denom));
    let expires = allowance.as_ref().and_then(|allowance| allowance.expires).map(Time);
    let gas = allowance.as_ref().map_or(0, |allowance| allowance.gas);
    let messages = allowance.and_then(|allowance| allowance.messages);
    Ok(Grant { granter, fault, left, balance, expires, messages, gas })
}
