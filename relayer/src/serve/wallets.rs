//! The accounts that pay, looked at now and then.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tokio::time::sleep;

use crate::config::{Chain, Config};
use crate::drive::Nodes;
use crate::drive::desk::Desk;
use crate::drive::served::Served;
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

/// What is little on each chain, as the configuration says.
type Least = BTreeMap<ChainId, u128>;

fn least(file: &Config) -> Least {
    let of_chain = |chain: &Chain| (chain.id.as_str().into(), chain.low_balance.into());
    file.chains.iter().map(of_chain).collect()
}

/// The accounts that pay on the chains that are served. A key that others pay for may have little.
fn accounts(chains: &BTreeMap<ChainId, ChainConfig>, least: &Least) -> Vec<Account> {
    let of_chain = |chain: &ChainConfig| {
        let least = least.get(&chain.id).copied().unwrap_or(0);
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
    pub async fn watch(self, desk: Desk, file: Arc<AsyncMutex<Config>>, nodes: Served) {
        loop {
            let least = least(&*file.lock().await);
            // Names leave the loop, keys do not. Where it is busy, those of before are looked at a minute later.
            if let Ok(accounts) = desk.read(move |model, _| accounts(&model.config, &least)).await {
                self.look(accounts, &nodes.all()).await;
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
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use ibc_proto::cosmos::bank::v1beta1::QueryBalanceResponse;
    use ibc_proto::cosmos::base::v1beta1::Coin;
    use prost::Message as _;
    use serde_json::json;
    use tokio::time::timeout;

    use super::*;
    use crate::drive::desk::{self, Request};
    use crate::drive::fake::{CHAIN, FakeNode, LIMIT};
    use crate::drive::setup;
    use crate::drive::tally::Tally;
    use crate::model::Model;
    use crate::model::rows::Rows;

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
            let accounts = accounts(chains, &least(file));
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

    /// A chain whose accounts have so much.
    fn give(fake: &FakeNode, amount: &str) {
        let coin = Coin { denom: "stake".into(), amount: amount.into() };
        let balance = QueryBalanceResponse { balance: Some(coin) }.encode_to_vec();
        let answer = ("Query/Balance", json!({ "value": STANDARD.encode(balance) }));
        fake.state.lock().unwrap().queries = vec![answer];
    }

    #[expect(clippy::disallowed_methods, reason = "the watch says nowhere that it has looked")]
    async fn until(wallets: &Wallets, wanted: (&str, bool)) {
        let is_so = async || {
            let found = wallets.list();
            found.iter().any(|one| (one.balance.as_deref(), one.low) == (Some(wanted.0), wanted.1))
        };
        let waiting = async {
            while !is_so().await {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = timeout(LIMIT, waiting).await;
        assert!(waited.is_ok(), "{wanted:?}: {:?}", wallets.list());
    }

    /// As `ferry start` does it, and `ferry reload`: what is little is what the configuration says by then, and nobody
    /// waits for a chain that is being connected to.
    #[tokio::test]
    async fn what_is_little_is_what_the_configuration_says_now() {
        let fake = FakeNode::with_blocks(1).await;
        give(&fake, "100");
        let text = format!(
            "[[chain]]\nid = \"{CHAIN}\"\nrpc = [\"http://x\"]\naddress_prefix = \"wasm\"\n\
             key = \"k\"\ngas_price = \"1stake\"\nlow_balance = 100\n"
        );
        let file: Config = toml::from_str(&text).unwrap();
        let mut model = Model::load(setup::offline(&file), Rows::default());
        let chain = model.config.get_mut(&ChainId::from(CHAIN)).unwrap();
        chain.lanes[0].id.address = "wasm1relayer".into();
        let (desk, mut requests) = desk::open();
        tokio::spawn(async move {
            while let Some(request) = requests.recv().await {
                let Request::Read(read) = request else { panic!("nothing is to be changed") };
                read(&model, &Tally::default());
            }
        });
        let served = Served::default();
        let (wallets, file) = (Wallets::default(), Arc::new(AsyncMutex::new(file)));
        tokio::spawn(wallets.clone().watch(desk, Arc::clone(&file), served.clone()));
        served.extend(Nodes::from([(CHAIN.into(), fake.connect(LIMIT).await)]));
        wallets.look_again();
        until(&wallets, ("100", false)).await;
        for (low_balance, balance, low) in
            [(101, "100", true), (101, "101", false), (102, "101", true)]
        {
            give(&fake, balance);
            file.lock().await.chains[0].low_balance = low_balance;
            wallets.look_again();
            until(&wallets, (balance, low)).await;
        }
    }
}
