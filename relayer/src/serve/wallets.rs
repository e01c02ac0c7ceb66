//! The accounts that pay, looked at now and then.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::sleep;

use crate::config::Config;
use crate::drive::Nodes;
use crate::model::ids::ChainId;

/// How often balances are asked for.
const EVERY: Duration = Duration::from_secs(60);

/// An account that pays fees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wallet {
    /// The chain.
    pub chain: ChainId,
    /// The account.
    pub address: String,
    /// Whether it pays for keys by a grant; else it is a key's own.
    pub granter: bool,
    /// The fee denom.
    pub denom: String,
    /// What it has of it; none until the chain has told.
    pub balance: Option<String>,
    /// Whether that is less than `low_balance` of the configuration. A key that others pay for may have little.
    pub low: bool,
}

/// The accounts that pay, as they were when last looked at.
#[derive(Clone, Debug, Default)]
pub struct Wallets(Arc<Mutex<BTreeMap<(ChainId, String), Wallet>>>);

impl Wallets {
    /// All of them, by chain.
    pub fn list(&self) -> Vec<Wallet> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn put(&self, wallet: Wallet) -> Option<Wallet> {
        let mut wallets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wallets.insert((wallet.chain.clone(), wallet.address.clone()), wallet)
    }

    /// Asks for the balances for ever. Warns once when one becomes low.
    #[expect(clippy::disallowed_methods, reason = "balances are looked at by the clock")]
    pub async fn watch(self, config: Config, nodes: Nodes) {
        loop {
            for file in &config.chains {
                let id = ChainId::from(file.id.as_str());
                let Some(node) = nodes.get(&id) else { continue };
                let keys = node.lanes();
                let keys = keys.iter().map(|lane| (lane.address.as_str(), false));
                let granters = file.fee_granter.iter().map(|granter| (granter.as_str(), true));
                for (address, granter) in keys.chain(granters) {
                    let denom = file.gas_price.denom().to_owned();
                    let Ok(balance) = node.chain().balance(address, &denom).await else { continue };
                    let pays = granter || file.fee_granter.is_empty();
                    let low = pays && balance < u128::from(file.low_balance);
                    let (address, balance) = (address.to_owned(), Some(balance.to_string()));
                    self.tell(Wallet { chain: id.clone(), address, granter, denom, balance, low });
                }
            }
            sleep(EVERY).await;
        }
    }

    pub(super) fn tell(&self, wallet: Wallet) {
        let Wallet { chain, address, denom, balance, low, .. } = wallet.clone();
        let was_low = self.put(wallet).is_some_and(|before| before.low);
        if low && !was_low {
            tracing::error!(%chain, address, balance, denom, "the account that pays fees is running dry");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_balance_is_shown() {
        let wallets = Wallets::default();
        let wallet = |chain: &str, balance: u128| Wallet {
            chain: ChainId::from(chain),
            address: "a1".into(),
            granter: false,
            denom: "x".into(),
            balance: Some(balance.to_string()),
            low: balance < 5,
        };
        for (chain, balance) in [("b", 9), ("a", 7), ("b", 3)] {
            wallets.tell(wallet(chain, balance));
        }
        assert_eq!(wallets.list(), [wallet("a", 7), wallet("b", 3)]);
    }
}
