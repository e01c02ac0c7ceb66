//! `ferry chains`: those of the configuration.

mod rename;

use std::fmt;
use std::fmt::Write as _;

use anyhow::Context as _;
use clap::Subcommand;
use cosmos::chain::{Chain, ChainConfig};
use cosmos::rpc::{Address, DEFAULT_TIMEOUT, Rpc};
use cosmos::wire::gas::GasPrice;
use serde::Serialize;

use super::{Place, doctor};
use crate::config::section::without_chain;
use crate::config::texts::Texts;
use crate::config::{Chain as ChainFile, Config};
use crate::drive::setup::{self, SetupError};
use crate::model::rows::PathRow;
use crate::store::{Store as _, StoreError};

pub(super) const EXAMPLES: &str = "\
Examples:
  ferry chains list
  ferry chains check chain-a
  ferry chains add https://rpc.example --key relayer --gas-price 0.01uatom
  ferry chains remove chain-a                      once no path needs it (`ferry link --forget PATH`)
  ferry chains rename chain-1 chain-2              once it runs again after an upgrade that changed its id";

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show the chains of the configuration and whether their nodes answer.
    List,
    /// Check what relaying to some chains needs, and say how to cure what is wrong; default all chains.
    Check {
        /// The chains.
        chains: Vec<String>,
    },
    /// Put a chain into the configuration; what is not given is asked of its node.
    Add {
        /// The node's RPC.
        rpc: String,
        /// The key that signs.
        #[arg(long, value_name = "NAME", default_value = "relayer")]
        key: String,
        /// The price of gas, such as `0.01uatom`; default the least that the node takes.
        #[arg(long, value_name = "PRICE")]
        gas_price: Option<GasPrice>,
    },
    /// Take a chain out of the configuration. One that a path needs stays.
    Remove {
        /// The chain.
        chain: String,
    },
    /// Carry the paths of a chain over to the id under which it goes on after an upgrade. The configuration has the new
    /// id, and its clients are upgraded (`ferry client upgrade`).
    Rename {
        /// Its id until now.
        from: String,
        /// Its id from now on.
        to: String,
    },
}

#[derive(Serialize)]
struct Chains {
    chains: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    chain: String,
    /// Its endpoints, without what may be a secret.
    rpc: Vec<String>,
    /// The keys that sign; a single one as a text.
    key: Texts,
    gas_price: String,
    /// The newest block; none when no endpoint answers.
    height: Option<u64>,
    /// Why none answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct Added {
    chain: String,
    address_prefix: String,
    gas_price: String,
}

#[derive(Serialize)]
struct Removed {
    chain: String,
}

pub(super) async fn run(place: &Place, verb: Verb) -> anyhow::Result<()> {
    match verb {
        Verb::List => list(place, &place.read_config()?).await,
        Verb::Check { chains } => Box::pin(doctor::run(place, doctor::Args { chains })).await,
        Verb::Rename { from, to } => rename::run(place, &from, &to).await,
        Verb::Add { rpc, key, gas_price } => add(place, rpc, key, gas_price).await,
        Verb::Remove { chain } => remove(place, chain).await,
    }
}

async fn list(place: &Place, file: &Config) -> anyhow::Result<()> {
    let chains = futures_util::future::join_all(file.chains.iter().map(listed)).await;
    place.print(&Chains { chains })
}

async fn listed(file: &ChainFile) -> Listed {
    let reached = async {
        let chain = setup::reach(file).await?;
        let failed = |error| SetupError::Chain { chain: file.id.clone(), source: Box::new(error) };
        chain.height().await.map_err(failed)
    };
    let (height, error) = match reached.await {
        Ok(height) => (Some(height), None),
        // Which chain it is of, is said already.
        Err(SetupError::Chain { source, .. }) => (None, Some(source.to_string())),
        Err(error) => (None, Some(error.to_string())),
    };
    Listed {
        chain: file.id.clone(),
        rpc: file.rpc.iter().map(|url| Address::from(url.as_str()).to_string()).collect(),
        key: file.key.clone(),
        gas_price: file.gas_price.to_string(),
        height,
        error,
    }
}

async fn add(
    place: &Place,
    rpc: String,
    key: String,
    gas_price: Option<GasPrice>,
) -> anyhow::Result<()> {
    // A mistake of before is told before anything is asked.
    let file = place.read_config()?;
    let id = Rpc::new(&rpc, DEFAULT_TIMEOUT)?.status().await?.node_info.network;
    anyhow::ensure!(
        file.chains.iter().all(|chain| chain.id != id),
        "`{id}` is configured already; edit `{}`",
        place.config.display()
    );
    let config = ChainConfig {
        chain_id: id.clone(),
        rpc: rpc.clone(),
        prefix: String::new(),
        gas_price: GasPrice::new(0, "none"),
    };
    let chain = Chain::connect(config).await?;
    let prefix = chain.address_prefix().await?;
    let gas_price = match gas_price {
        Some(price) => price,
        None => least_price(&chain).await?,
    };
    let added = Added { chain: id, address_prefix: prefix, gas_price: gas_price.to_string() };
    write(place, &added, (&rpc, &key))?;
    place.print(&added)
}

async fn least_price(chain: &Chain) -> anyhow::Result<GasPrice> {
    let prices = chain.minimum_gas_prices().await?;
    let price = prices.iter().find_map(|price| price.parse().ok());
    price
        .context("the node does not say what it takes for gas; give --gas-price, such as 0.01uatom")
}

/// Puts a section at the end of the file, as it stands there with its comments.
fn write(place: &Place, added: &Added, (rpc, key): (&str, &str)) -> anyhow::Result<()> {
    let path = &place.config;
    let failed = || format!("cannot write `{}`", path.display());
    let mut text = std::fs::read_to_string(path).with_context(failed)?;
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let quoted = |value: &str| toml::Value::from(value).to_string();
    let Added { chain, address_prefix, gas_price } = added;
    write!(
        text,
        "\n[[chain]]\nid = {}\nrpc = [{}]\naddress_prefix = {}\nkey = {}\ngas_price = {}\n",
        quoted(chain),
        quoted(rpc),
        quoted(address_prefix),
        quoted(key),
        quoted(gas_price)
    )?;
    Config::parse(&text).map_err(|mistake| anyhow::anyhow!("{mistake}"))?;
    replace(place, &text)
}

/// Takes a chain out of the file that no path needs.
async fn remove(place: &Place, chain: String) -> anyhow::Result<()> {
    let file = place.read_config()?;
    file.chain(&chain)?;
    let paths = match place.store(&file).open_to_read().await {
        Err(StoreError::Missing { .. }) => Vec::new(),
        store => store?.load().await?.paths,
    };
    let needs =
        |row: &&PathRow| [&row.chains.a, &row.chains.b].iter().any(|id| id.as_str() == chain);
    if let Some(row) = paths.iter().find(needs) {
        anyhow::bail!("path `{0}` needs `{chain}`; `ferry link --forget {0}` goes first", row.path);
    }
    let shown = place.config.display();
    let text = std::fs::read_to_string(&place.config);
    let text = text.with_context(|| format!("cannot read `{shown}`"))?;
    let text = without_chain(&text, &chain).with_context(|| {
        format!(
            "the section of `{chain}` does not stand by itself; take it out of `{shown}` by hand"
        )
    })?;
    replace(place, &text)?;
    place.print(&Removed { chain })
}

/// Puts another text into the file, in one go.
fn replace(place: &Place, text: &str) -> anyhow::Result<()> {
    let path = &place.config;
    let failed = || format!("cannot write `{}`", path.display());
    let new = path.with_extension("toml.new");
    std::fs::write(&new, text).with_context(failed)?;
    // The file may hold addresses that only its owner is to read.
    let permissions = std::fs::metadata(path).with_context(failed)?.permissions();
    std::fs::set_permissions(&new, permissions).with_context(failed)?;
    std::fs::rename(&new, path).with_context(failed)
}

impl fmt::Display for Chains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.chains.is_empty() {
            return write!(f, "no chains; add one with `ferry chains add RPC`");
        }
        for (line, listed) in self.chains.iter().enumerate() {
            let separator = if line == 0 { "" } else { "\n" };
            let Listed { chain, rpc, key, gas_price, height, error } = listed;
            write!(f, "{separator}{chain}: ")?;
            match (height, error) {
                (Some(height), _) => write!(f, "height {height}")?,
                (None, error) => write!(f, "{}", error.as_deref().unwrap_or_default())?,
            }
            let (rpc, keys) = (rpc.join(", "), key.join(", "));
            write!(f, "\n  {rpc}; key {keys}, gas at {gas_price}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is taken out of the configuration; the keys stay", self.chain)
    }
}

impl fmt::Display for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { chain, address_prefix, gas_price } = self;
        write!(
            f,
            "{chain} is added: addresses begin {address_prefix}1, gas at {gas_price}\n\
             next: fund its key (`ferry keys list`), then `ferry link`"
        )
    }
}
