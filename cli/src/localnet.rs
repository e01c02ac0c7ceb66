//! Two local nodes, as `scripts/localnet` describes them in `localnet.json`.

mod dao;
mod home;

pub use dao::{NewDao, store};
pub use home::{Parts, Prepared};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cosmos::chain::{Chain, ChainConfig};
use cosmos::keys::{HdPath, Key};
use cosmwasm_std::{Decimal, Uint128};
use serde::Deserialize;

use crate::deploy::{Artifacts, MarketSpec, OutpostSpec, RouteSpec, Site, Sites, Spec};
use crate::ferry::{Ferry, FerryChain};

/// The account that the relayer signs with.
const RELAYER: &str = "relayer";
/// The shortest packet timeout: local chains make a block a second.
const MIN_TIMEOUT_SECONDS: u64 = 20;
/// What is sent to prove the route, and the least deposit.
const LEAST_UNITS: u128 = 10_000;

/// The chains and the accounts that have money on both.
#[derive(Debug, Deserialize)]
pub struct Localnet {
    /// The market's chain `a` and the outpost's chain `b`.
    pub chains: LocalChains,
    /// Accounts by name.
    pub accounts: BTreeMap<String, LocalAccount>,
}

/// Both chains.
#[derive(Debug, Deserialize)]
pub struct LocalChains {
    /// The market's.
    pub a: LocalChain,
    /// The outpost's.
    pub b: LocalChain,
}

/// One chain.
#[derive(Debug, Deserialize)]
pub struct LocalChain {
    /// Its id.
    pub chain_id: String,
    /// The node's RPC address.
    pub rpc: String,
    /// The node's gRPC address.
    pub grpc: String,
    /// Prefix of its addresses.
    pub bech32_prefix: String,
    /// The denom that pays fees.
    pub fee_denom: String,
    /// The price of gas in it.
    pub gas_price: String,
    /// The denom that people pay with.
    pub token: String,
}

/// One account. The mnemonic is public: it is in the repository.
#[derive(Debug, Deserialize)]
pub struct LocalAccount {
    /// Its address; the prefixes of both chains are the same.
    pub address: String,
    /// Its mnemonic.
    pub mnemonic: String,
}

impl Localnet {
    /// Reads `localnet.json`.
    ///
    /// # Errors
    /// The file cannot be read, or is of another form.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            let path = path.display();
            format!("cannot read `{path}`; `scripts/localnet up` starts the nodes and writes it")
        })?;
        serde_json::from_str(&text)
            .with_context(|| format!("`{}` does not describe two local nodes", path.display()))
    }

    /// The key of an account.
    ///
    /// # Errors
    /// There is no such account.
    pub fn key(&self, account: &str) -> anyhow::Result<Key> {
        Ok(Key::from_mnemonic(&self.account(account)?.mnemonic, HdPath::cosmos(0))?)
    }

    /// An account.
    ///
    /// # Errors
    /// There is no such account.
    pub fn account(&self, name: &str) -> anyhow::Result<&LocalAccount> {
        self.accounts.get(name).with_context(|| {
            let known: Vec<&str> = self.accounts.keys().map(String::as_str).collect();
            format!("the local nodes have no account `{name}`; they have {}", known.join(", "))
        })
    }

    /// Connects to both chains, on which `account` acts.
    ///
    /// # Errors
    /// A node does not answer or is on another chain; there is no such account.
    pub async fn sites(&self, account: &str) -> anyhow::Result<Sites> {
        Ok(Sites {
            market: self.chains.a.site(self.key(account)?).await?,
            outpost: self.chains.b.site(self.key(account)?).await?,
        })
    }

    /// What is deployed on local nodes: short timeouts, b's token as the money, a's as the bond.
    #[must_use]
    pub fn spec(&self, artifacts: &Path) -> Spec {
        let a = &self.chains.a;
        Spec {
            artifacts: Artifacts {
                market: artifacts.join("market.wasm"),
                outpost: artifacts.join("outpost.wasm"),
            },
            market: MarketSpec {
                min_timeout_seconds: Some(MIN_TIMEOUT_SECONDS),
                stake_denom: a.token.clone(),
                min_stake: Uint128::new(1_000_000),
                bond_denom: Some(a.token.clone()),
                ..MarketSpec::default()
            },
            outpost: OutpostSpec {
                min_timeout_seconds: Some(MIN_TIMEOUT_SECONDS),
                ..OutpostSpec::default()
            },
            route: RouteSpec {
                denom: self.chains.b.token.clone(),
                probe_amount: Uint128::new(LEAST_UNITS),
                min_deposit: Uint128::new(LEAST_UNITS),
                min_bond: Uint128::new(1_000),
                bond_factor: Some(Decimal::one()),
                ..RouteSpec::default()
            },
        }
    }

    /// A relayer between the two chains with everything it needs in `home`, which it makes.
    ///
    /// # Errors
    /// The home has a configuration already, or ferry does not do as told.
    pub async fn ferry(&self, binary: &Path, home: PathBuf) -> anyhow::Result<Ferry> {
        let chains = [&self.chains.a, &self.chains.b].map(|chain| FerryChain {
            id: &chain.chain_id,
            rpc: &chain.rpc,
            address_prefix: &chain.bech32_prefix,
            gas_price: format!("{}{}", chain.gas_price, chain.fee_denom),
        });
        Ferry::prepare(binary, home, &chains, &self.account(RELAYER)?.mnemonic).await
    }
}

impl LocalChain {
    /// Connects to the chain, on which `key` acts.
    ///
    /// # Errors
    /// The node does not answer or is on another chain.
    pub async fn site(&self, key: Key) -> anyhow::Result<Site> {
        let config = ChainConfig {
            chain_id: self.chain_id.clone(),
            rpc: self.rpc.clone(),
            prefix: self.bech32_prefix.clone(),
            gas_price: format!("{}{}", self.gas_price, self.fee_denom).parse()?,
        };
        Site::new(Chain::connect(config).await?, key)
    }
}
