//! What an account has to pay fees with: its own, and what others grant it.

use cosmos::chain::feegrant::Allowance;
use cosmos::chain::{Chain, ChainError};
use futures_util::future::{join, join_all};

use super::decode::beginning;
use super::now;
use crate::model::ids::{Address, Time};
use crate::model::state::{Funds, Grant};

/// Looks at what an account and those who may grant it fees have, at all of them at once. One whose grant cannot be
/// looked at holds up no other.
pub(super) async fn look(
    chain: &Chain,
    address: &str,
    denom: &str,
    granters: Vec<Address>,
) -> Result<Funds, ChainError> {
    let looks = granters.into_iter().map(|granter| async move {
        grant(chain, address, denom, granter.clone()).await.map_err(|error| (granter, error))
    });
    let (balance, looked) = join(chain.balance(address, denom), join_all(looks)).await;
    let (mut grants, mut unread) = (Vec::new(), Vec::new());
    for look in looked {
        match look {
            Ok(grant) => grants.push(grant),
            Err((granter, error)) => unread.push((granter, beginning(&error.to_string()))),
        }
    }
    Ok(Funds { balance: balance?, grants, unread })
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

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use ibc_proto::cosmos::bank::v1beta1::QueryBalanceResponse;
    use ibc_proto::cosmos::base::v1beta1::Coin;
    use prost::Message as _;
    use serde_json::json;

    use super::super::fake::{FakeNode, LIMIT};
    use super::*;

    #[tokio::test]
    async fn a_grant_that_cannot_be_looked_at_holds_up_no_other() {
        let fake = FakeNode::with_blocks(1).await;
        let coin = Coin { denom: "stake".into(), amount: "7".into() };
        let balance = QueryBalanceResponse { balance: Some(coin) }.encode_to_vec();
        let refused = |log: &str| json!({ "code": 18, "codespace": "sdk", "log": log });
        fake.state.lock().unwrap().queries = vec![
            ("Query/Balance", json!({ "value": STANDARD.encode(balance) })),
            ("pruned", refused("failed to load state at height 5")),
            ("nothing", refused("fee-grant not found: not found")),
            ("Query/Allowance", json!({ "value": "" })),
        ];
        let node = fake.connect(LIMIT).await;
        let granters = ["pruned", "nothing"].map(Address::from).to_vec();
        let funds = look(&node.chain(), "wasm1relayer", "stake", granters).await.unwrap();
        assert_eq!(funds.balance, 7);
        assert!(
            matches!(&funds.unread[..], [(granter, why)]
                if granter.as_str() == "pruned" && why.contains("failed to load state")),
            "{funds:?}"
        );
        assert!(
            matches!(&funds.grants[..], [Grant { granter, fault: Some(fault), .. }]
                if granter.as_str() == "nothing" && fault.contains("grants `wasm1relayer` nothing")),
            "{funds:?}"
        );
    }
}
