//! The accounts that pay, looked at now and then.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tokio::time::sleep;

use crate::config::Config;
use crate::drive::Nodes;
use crate::drive::desk::Desk;
use crate::model::config::ChainConfig;
use crate::model::ids::{Address, ChainId};

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

/// An account to be looked at.
#[derive(Debug)]
struct Account {
    chain: ChainId,
    address: String,
    granter: bool,
    denom: String,
    /// Less than this is little.
    least: u128,
}

impl Account {
    /// Whether it is the one that was looked at.
    fn is_of(&self, wallet: &Wallet) -> bool {
        let name = |chain, address, granter, denom| (chain, address, granter, denom);
        name(&self.chain, &self.address, self.granter, &self.denom)
            == name(&wallet.chain, &wallet.address, wallet.granter, &wallet.denom)
    }

    fn with(self, balance: u128) -> Wallet {
        let Self { chain, address, granter, denom, least } = self;
        let low = balance < least;
        Wallet { chain, address, granter, denom, balance: Some(balance.to_string()), low }
    }
}

/// The accounts that pay on the chains that are served. A key that others pay for may have little.
fn accounts(chains: &BTreeMap<ChainId, ChainConfig>, file: &Config) -> Vec<Account> {
    let of_chain = |chain: &ChainConfig| {
        let least = file.chain(chain.id.as_str()).map_or(0, |file| u128::from(file.low_balance));
        let account = |address: &Address, granter: bool| Account {
            chain: chain.id.clone(),
            address: address.to_string(),
            granter,
            denom: chain.gas_price.denom().to_owned(),
            least: if granter || chain.fee_granters.is_empty() { least } else { 0 },
        };
        let keys = chain.lanes.iter().map(|lane| account(&lane.id.address, false));
        let granters = chain.fee_granters.iter().map(|granter| account(granter, true));
        keys.chain(granters).collect::<Vec<_>>()
    };
    chains.values().flat_map(of_chain).collect()
}

/// The accounts that pay, as they were when last looked at.
#[derive(Clone, Debug, Default)]
pub struct Wallets {
    known: Arc<Mutex<BTreeMap<(ChainId, String), Wallet>>>,
    /// Told when they are to be looked at before their time.
    again: Arc<Notify>,
}

impl Wallets {
    /// All of them, by chain.
    pub fn list(&self) -> Vec<Wallet> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Has them looked at now: others may pay, or be thought to have little.
    pub fn look_again(&self) {
        self.again.notify_one();
    }

    fn put(&self, wallet: Wallet) -> Option<Wallet> {
        let mut wallets = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        wallets.insert((wallet.chain.clone(), wallet.address.clone()), wallet)
    }

    /// Forgets the accounts that pay no more.
    fn keep(&self, accounts: &[Account]) {
        let mut wallets = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let pays = |wallet: &Wallet| accounts.iter().any(|account| account.is_of(wallet));
        wallets.retain(|_, wallet| pays(wallet));
    }

    /// Asks for the balances for ever, of the accounts that pay by then. Warns once when one becomes low.
    #[expect(clippy::disallowed_methods, reason = "balances are looked at by the clock")]
    pub async fn watch(
        self,
        desk: Desk,
        file: Arc<AsyncMutex<Config>>,
        nodes: Arc<AsyncMutex<Nodes>>,
    ) {
        loop {
            // Where the loop is busy, those of before are looked at a minute later.
            if let Ok(chains) = desk.read(|model, _| model.config.clone()).await {
                let accounts = accounts(&chains, &*file.lock().await);
                let nodes = nodes.lock().await.clone();
                self.look(accounts, &nodes).await;
            }
            tokio::select! {
                () = sleep(EVERY) => {}
                () = self.again.notified() => {}
            }
        }
    }

    async fn look(&self, accounts: Vec<Account>, nodes: &Nodes) {
        self.keep(&accounts);
        for account in accounts {
            let Some(node) = nodes.get(&account.chain) else { continue };
            let balance = node.chain().balance(&account.address, &account.denom).await;
            if let Ok(balance) = balance {
                self.tell(account.with(balance));
            }
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
    use crate::drive::setup;

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
    /// As after a reload that names other keys and granters: an alarm of one that pays no more ends.
    #[test]
    fn the_accounts_that_pay_now_are_looked_at() {
        let text = "[[chain]]\nid = \"a-1\"\nrpc = [\"http://127.0.0.1:1\"]\naddress_prefix = \"x\"\n\
             key = \"k\"\ngas_price = \"1stake\"\nlow_balance = 5\n";
        let mut file: Config = toml::from_str(text).unwrap();
        let model = |file: &Config| {
            let chains = setup::offline(file).chains.into_iter();
            chains.map(|chain| (chain.id.clone(), chain)).collect::<BTreeMap<_, _>>()
        };
        let wallets = Wallets::default();
        let look = |chains: &BTreeMap<ChainId, ChainConfig>, file: &Config| {
            let accounts = accounts(chains, file);
            wallets.keep(&accounts);
            accounts.into_iter().for_each(|account| wallets.tell(account.with(3)));
            let shown = wallets.list().into_iter();
            shown.map(|wallet| (wallet.address, wallet.low)).collect::<Vec<_>>()
        };
        let mut chains = model(&file);
        let chain = chains.get_mut(&"a-1".into()).unwrap();
        chain.lanes[0].id.address = "key".into();
        assert_eq!(look(&chains, &file), [("key".to_owned(), true)]);
        let chain = chains.get_mut(&"a-1".into()).unwrap();
        chain.fee_granters = vec!["pays".into()];
        assert_eq!(look(&chains, &file), [("key".to_owned(), false), ("pays".to_owned(), true)]);
        let chain = chains.get_mut(&"a-1".into()).unwrap();
        (chain.lanes[0].id.address, chain.fee_granters) = ("other".into(), Vec::new());
        file.chains[0].low_balance = 2;
        assert_eq!(look(&chains, &file), [("other".to_owned(), false)]);
    }
}
