//! The account in whose name transactions are simulated.

use cosmos::chain::{Chain, ChainError, FeeTerms};
use cosmos::wire::tx::any;
use ibc_proto::cosmos::bank::v1beta1::MsgSend;
use ibc_proto::cosmos::base::v1beta1::Coin;

use super::{Probes, memo};
use crate::model::config::{LaneConfig, Probe};
use crate::model::ids::Address;

/// The account that simulates. Where it does not exist yet, it may be made with one unit.
pub(super) async fn find(
    chain: &Chain,
    payers: (&[LaneConfig], &[Address]),
    address: Address,
    probes: Probes,
) -> Result<Probe, ChainError> {
    let account = match chain.account(address.as_str()).await {
        Err(ChainError::NoAccount { .. }) if probes == Probes::Make => {
            make(chain, payers, &address).await?;
            chain.account(address.as_str()).await?
        }
        other => other?,
    };
    Ok(Probe { address, sequence: account.sequence })
}

/// Makes the account that simulates, with the first key that has one unit for it, and the first who pays the fee: the key
/// itself, or one that grants it.
async fn make(
    chain: &Chain,
    (lanes, granters): (&[LaneConfig], &[Address]),
    address: &Address,
) -> Result<(), ChainError> {
    let granters: Vec<Option<String>> =
        [None].into_iter().chain(granters.iter().map(|one| Some(one.to_string()))).collect();
    let mut made = Ok(());
    for LaneConfig { key, .. } in lanes {
        let coin = Coin { denom: chain.config().gas_price.denom().to_owned(), amount: "1".into() };
        let send = any(&MsgSend {
            from_address: chain.address(key)?,
            to_address: address.to_string(),
            amount: vec![coin],
        });
        for granter in &granters {
            let fees = FeeTerms { granter: granter.clone(), ..FeeTerms::default() };
            let chain = chain.clone().with_fees(fees);
            made = chain.send_msgs(key, std::slice::from_ref(&send), &memo("")).await.map(drop);
            if made.is_ok() {
                return made;
            }
        }
    }
    made
}
