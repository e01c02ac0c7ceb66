//! From the operator's file to nodes and a model: asks the chains what the file need not say.

mod probe;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cosmos::Any;
use cosmos::chain::{Chain, ChainConfig as Connection, ChainError};
use cosmos::keys::store::{KeyStore, KeyStoreError, Unsealed};
use cosmos::keys::{HdPath, Key, KeyError};
use cosmos::rpc::Rpc;
use cosmos::wire::height::revision_of;
use futures_util::future::{join_all, try_join_all};

use super::endpoints::Endpoints;
use super::node::Node;
use super::{Nodes, blocks, decode};
use crate::config::check::memo;
use crate::config::{Chain as ChainFile, Config as File, Global};
use crate::model::config::{ChainConfig, Config, LaneConfig, Probe};
use crate::model::facts::Tip;
use crate::model::ids::{Address, ChainId, LaneId, PathId, SlotId, Span};

/// Which account of the mnemonic simulates: it exists and never signs.
pub(crate) const PROBE_INDEX: u32 = 1000;
/// The time between two blocks until it is learned.
const INTERVAL: Duration = Duration::from_secs(1);

/// Why the chains cannot be served as the file says.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A key cannot be loaded.
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    /// A key has no address on the chain.
    #[error("chain `{chain}`: the key has no address there, check `address_prefix`")]
    Address {
        /// The chain.
        chain: String,
        /// What is wrong.
        source: KeyError,
    },
    /// The chain cannot be asked, or its answer is of no use.
    #[error("chain `{chain}`")]
    Chain {
        /// The chain.
        chain: String,
        /// What happened.
        source: Box<ChainError>,
    },
}

/// The chains, connected, and what the model is told of them.
#[derive(Debug)]
pub struct Setup {
    /// The nodes.
    pub nodes: Nodes,
    /// The model's configuration.
    pub config: Config,
}

/// A chain with the keys that are used on it, ready to connect.
#[derive(Debug)]
pub struct Unlocked {
    file: ChainFile,
    lanes: Vec<LaneConfig>,
    /// The account of each key that may simulate.
    probes: Vec<Address>,
}

impl Unlocked {
    /// The accounts in whose name transactions may be simulated: the first that exists is taken.
    pub fn probes(&self) -> &[Address] {
        &self.probes
    }
}

/// The keys that a password opens, each file once: many chains have the same one, and to open it takes long on purpose.
pub struct Keys<'a> {
    store: KeyStore,
    password: &'a str,
    unsealed: BTreeMap<String, Unsealed>,
}

impl fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("unsealed", &self.unsealed).finish_non_exhaustive()
    }
}

impl<'a> Keys<'a> {
    /// Nothing is opened yet.
    pub fn new(store: KeyStore, password: &'a str) -> Self {
        Self { store, password, unsealed: BTreeMap::new() }
    }

    fn open(&mut self, name: &str) -> Result<&Unsealed, KeyStoreError> {
        match self.unsealed.entry(name.to_owned()) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => Ok(new.insert(self.store.unseal(name, self.password)?)),
        }
    }

    /// Opens the keys of a chain. Nothing is asked of the chain.
    ///
    /// # Errors
    /// [`SetupError::Keys`], [`SetupError::Address`].
    pub fn unlock(&mut self, file: &ChainFile) -> Result<Unlocked, SetupError> {
        let lanes = self.lanes(file)?;
        let probe =
            |name: &String| address(file, &self.open(name)?.key_at(HdPath::cosmos(PROBE_INDEX))?);
        let probes = file.key.iter().map(probe).collect::<Result<_, _>>()?;
        Ok(Unlocked { lanes, probes, file: file.clone() })
    }

    /// Opens the keys that sign on a chain.
    ///
    /// # Errors
    /// [`SetupError::Keys`], [`SetupError::Address`].
    pub fn lanes(&mut self, file: &ChainFile) -> Result<Vec<LaneConfig>, SetupError> {
        let chain = ChainId::from(file.id.as_str());
        let lane = |name: &String| {
            let key = self.open(name)?.key()?;
            let id = LaneId { chain: chain.clone(), address: address(file, &key)? };
            Ok(LaneConfig { id, key })
        };
        file.key.iter().map(lane).collect()
    }
}

/// Connects to chains and makes sure that each has what ferry needs there.
///
/// # Errors
/// [`SetupError`], for the first chain that cannot be served.
pub async fn connect(
    global: &Global,
    chains: Vec<Unlocked>,
    probes: Probes,
) -> Result<Setup, SetupError> {
    let connected = chains.into_iter().map(|chain| connect_one(chain, &probes));
    let connected = try_join_all(connected).await?;
    let (nodes, configs): (Vec<_>, Vec<_>) = connected.into_iter().unzip();
    let nodes = nodes.into_iter().map(|node| (node.id.clone(), Arc::new(node))).collect();
    Ok(Setup { nodes, config: settings(global, configs) })
}

/// As [`connect`], without the chains that cannot be served now; they are given with the reasons.
///
/// # Errors
/// [`SetupError`], when that are all of them.
pub async fn connect_some(
    global: &Global,
    chains: Vec<Unlocked>,
    probes: Probes,
) -> Result<(Setup, Vec<(String, SetupError)>), SetupError> {
    let probes = &probes;
    let connected = chains.into_iter().map(|chain| async move {
        let id = chain.file.id.clone();
        (id, connect_one(chain, probes).await)
    });
    let (mut nodes, mut configs, mut missing) = (Nodes::new(), Vec::new(), Vec::new());
    for (id, connected) in join_all(connected).await {
        match connected {
            Ok((node, config)) => {
                nodes.insert(node.id.clone(), Arc::new(node));
                configs.push(config);
            }
            Err(error) => missing.push((id, error)),
        }
    }
    match missing.pop() {
        Some((_, error)) if nodes.is_empty() => Err(error),
        last => {
            missing.extend(last);
            Ok((Setup { nodes, config: settings(global, configs) }, missing))
        }
    }
}

/// What the model is told: what concerns all of it, and its chains.
pub fn settings(global: &Global, chains: Vec<ChainConfig>) -> Config {
    let paused = global.paused.iter().map(|path| PathId::from(path.as_str())).collect();
    let only = |(path, listed): (&String, &Vec<_>)| (PathId::from(path.as_str()), listed.clone());
    let only = global.only.iter().map(only).collect();
    let check_every = Span::from(global.check_every);
    Config { chains, max_tries: global.max_tries, check_every, paused, only }
}

/// What to do where the account that simulates does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probes {
    /// Make it, with one unit of the fee denom.
    Make {
        /// What is signed and may be on its way: its sequences are not taken.
        undecided: Vec<SlotId>,
    },
    /// Say so.
    Demand,
}

/// A chain's configuration with what of the file a running ferry can take over.
pub fn tune(known: ChainConfig, file: &ChainFile) -> ChainConfig {
    ChainConfig {
        gas_price: file.gas_price.clone(),
        dynamic: file.dynamic_gas_price.clone().map(Into::into),
        gas_multiplier: file.gas_multiplier,
        learn_gas: file.learn_gas,
        max_gas: file.max_gas,
        backup_blocks: file.backup_blocks,
        polite_blocks: file.polite_blocks,
        handshakes: file.handshakes,
        filter: file.filter.clone().into(),
        fee_granters: granters(file),
        memo: memo(&file.memo),
        extension_options: extension_options(file),
        max_msgs: file.max_msgs,
        ..known
    }
}

/// What a model is told that only looks: nothing is asked of the chains, and it cannot sign.
pub fn offline(file: &File) -> Config {
    let chains = file.chains.iter().map(offline_chain).collect();
    settings(&file.ferry, chains)
}

fn offline_chain(file: &ChainFile) -> ChainConfig {
    let id = ChainId::from(file.id.as_str());
    let nobody = Address::from("");
    // Whatever this key signed, no account would be its own.
    let key = Key::from_secret(&[1; 32]).expect("one is a valid secret");
    ChainConfig {
        revision: revision_of(&file.id),
        lanes: vec![LaneConfig { id: LaneId { chain: id.clone(), address: nobody.clone() }, key }],
        probe: Probe { address: nobody, sequence: 0 },
        gas_price: file.gas_price.clone(),
        dynamic: None,
        gas_multiplier: file.gas_multiplier,
        learn_gas: file.learn_gas,
        max_gas: file.max_gas,
        backup_blocks: file.backup_blocks,
        polite_blocks: file.polite_blocks,
        handshakes: file.handshakes,
        filter: file.filter.clone().into(),
        fee_granters: Vec::new(),
        memo: String::new(),
        extension_options: Vec::new(),
        block_gas: None,
        block_bytes: decode::MAX_BLOCK_BYTES,
        max_msgs: file.max_msgs,
        max_block_time: Span(0),
        interval: INTERVAL.into(),
        trusting_period: file.trusting_period.unwrap_or_default().into(),
        unbonding_period: Span(0),
        trust_threshold: file.trust_threshold,
        max_clock_drift: file.max_clock_drift.into(),
        rpc_timeout: file.rpc_timeout.into(),
        id,
    }
}

/// The newest block of a chain: where to begin reading it.
///
/// # Errors
/// [`SetupError::Chain`].
pub async fn newest(node: &Node) -> Result<Tip, SetupError> {
    let failed = |error| SetupError::Chain { chain: node.id.to_string(), source: Box::new(error) };
    let height = node.chain().height().await.map_err(failed)?;
    blocks::tip_at(node, height).await.map_err(|error| failed(error.into()))
}

async fn connect_one(
    unlocked: Unlocked,
    probes: &Probes,
) -> Result<(Node, ChainConfig), SetupError> {
    let Unlocked { file, lanes, probes: accounts } = unlocked;
    let failed = |error| SetupError::Chain { chain: file.id.clone(), source: Box::new(error) };
    let endpoints = endpoints(&file).await.map_err(failed)?;
    let chain = endpoints.current();
    let unbonding = unbonding(&chain, &file).await.map_err(failed)?;
    let max_block_time = chain.max_block_time().await.map_err(failed)?;
    let height = chain.height().await.map_err(failed)?;
    let block = chain.rpc().block_params(height).await.map_err(|e| failed(e.into()))?;
    let limits = decode::limits(block);
    let granters = granters(&file);
    let probe = probe::find(&chain, (&file, &lanes), accounts, probes).await.map_err(failed)?;
    let extension_options = extension_options(&file);
    let config = ChainConfig {
        id: ChainId::from(file.id.as_str()),
        revision: revision_of(&file.id),
        lanes,
        probe,
        gas_price: file.gas_price,
        dynamic: file.dynamic_gas_price.map(Into::into),
        gas_multiplier: file.gas_multiplier,
        learn_gas: file.learn_gas,
        max_gas: file.max_gas,
        backup_blocks: file.backup_blocks,
        polite_blocks: file.polite_blocks,
        handshakes: file.handshakes,
        filter: file.filter.into(),
        fee_granters: granters,
        memo: memo(&file.memo),
        extension_options,
        block_gas: limits.gas,
        block_bytes: limits.bytes,
        max_msgs: file.max_msgs,
        max_block_time: max_block_time.into(),
        interval: INTERVAL.into(),
        trusting_period: file.trusting_period.unwrap_or(unbonding * 2 / 3).into(),
        unbonding_period: unbonding.into(),
        trust_threshold: file.trust_threshold,
        max_clock_drift: file.max_clock_drift.into(),
        rpc_timeout: file.rpc_timeout.into(),
    };
    let archives = file.archive_rpc.iter().map(|url| Rpc::new(url, file.rpc_timeout));
    let archives = archives.collect::<Result<_, _>>().map_err(|error| failed(error.into()))?;
    let node = Node::new(config.id.clone(), endpoints, INTERVAL / 2).with_archives(archives);
    node.sign_with(config.lanes.iter().map(|lane| lane.id.clone()));
    Ok((node, config))
}

/// A chain that clients follow, to lead them by hand. Nobody signs there.
///
/// # Errors
/// [`SetupError::Chain`].
pub async fn follow(file: &ChainFile) -> Result<Node, SetupError> {
    let failed = |error| SetupError::Chain { chain: file.id.clone(), source: Box::new(error) };
    let endpoints = endpoints(file).await.map_err(failed)?;
    let id = ChainId::from(file.id.as_str());
    Ok(Node::new(id, endpoints, INTERVAL / 2))
}

/// The options in every transaction.
pub(crate) fn extension_options(file: &ChainFile) -> Vec<Any> {
    file.extension_options.iter().map(Any::from).collect()
}

/// The accounts that may grant fees.
pub(crate) fn granters(file: &ChainFile) -> Vec<Address> {
    file.fee_granter.iter().map(|granter| Address::from(granter.as_str())).collect()
}

/// The unbonding period; where the chain has no module that tells, as on chains that others secure, it follows from
/// `trusting_period` of the configuration, which is taken to be two thirds of it. A node that fails is no such chain:
/// ibc-go v8 refuses the handshakes of a client with another unbonding period than its own.
async fn unbonding(chain: &Chain, file: &ChainFile) -> Result<Duration, ChainError> {
    match (chain.unbonding_period().await, file.trusting_period) {
        (Err(ChainError::Query(error)), Some(trusting)) if error.is_unknown() => {
            Ok(trusting * 3 / 2)
        }
        (asked, _) => asked,
    }
}

/// A chain, to be asked by hand.
///
/// # Errors
/// [`SetupError::Chain`].
pub async fn reach(file: &ChainFile) -> Result<Chain, SetupError> {
    let failed = |error| SetupError::Chain { chain: file.id.clone(), source: Box::new(error) };
    Ok(endpoints(file).await.map_err(failed)?.current())
}

async fn endpoints(file: &ChainFile) -> Result<Endpoints, ChainError> {
    let connection = Connection {
        chain_id: file.id.clone(),
        rpc: String::new(),
        prefix: file.address_prefix.clone(),
        gas_price: file.gas_price.clone(),
    };
    Endpoints::connect(connection, file.rpc.clone(), file.rpc_timeout).await
}

fn address(file: &ChainFile, key: &Key) -> Result<Address, SetupError> {
    key.address(&file.address_prefix)
        .map(Address::from)
        .map_err(|source| SetupError::Address { chain: file.id.clone(), source })
}

#[cfg(test)]
mod tests {
    use super::super::fake::{CHAIN, FakeNode, LIMIT};
    use super::*;

    /// To open a key takes long on purpose, and twenty chains have the same one.
    #[test]
    fn a_key_of_many_chains_is_opened_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = KeyStore::new(dir.path());
        store.import("relayer", &[7; 32], "correct horse").unwrap();
        let chain = |id: &str| {
            let rest = "rpc = [\"http://127.0.0.1:1\"]\naddress_prefix = \"wasm\"\nkey = \"relayer\"\n\
                        gas_price = \"1stake\"";
            format!("[[chain]]\nid = \"{id}\"\n{rest}\n")
        };
        let file = File::parse(&(chain("a-1") + &chain("b-1"))).unwrap();
        let mut keys = Keys::new(store, "correct horse");
        let first = keys.unlock(&file.chains[0]).unwrap();
        std::fs::remove_file(dir.path().join("relayer.json")).unwrap();
        let second = keys.unlock(&file.chains[1]).unwrap();
        assert_eq!(first.probes(), second.probes());
        assert!(!format!("{keys:?}").contains("horse"));
        assert_eq!(first.lanes[0].id.address, second.lanes[0].id.address);
    }

    /// Such a chain has no module of its own for it; a node that fails is no such chain.
    #[tokio::test]
    async fn a_chain_that_others_secure_needs_its_trusting_period_said() {
        let fake = FakeNode::with_blocks(1).await;
        let refused =
            serde_json::json!({ "code": 6, "codespace": "sdk", "log": "unknown query path" });
        fake.state.lock().unwrap().queries.push(("staking", refused));
        let chain = fake.connect(LIMIT).await.chain();
        let mut file = ChainFile::new(
            CHAIN.into(),
            vec![fake.address.clone()],
            "wasm".into(),
            "relayer".into(),
            "0.01stake".parse().unwrap(),
        );
        unbonding(&chain, &file).await.unwrap_err();
        file.trusting_period = Some(Duration::from_secs(14 * 86_400));
        let period = unbonding(&chain, &file).await.unwrap();
        assert_eq!(period, Duration::from_secs(21 * 86_400));
        let broken =
            serde_json::json!({ "code": 18, "codespace": "sdk", "log": "failed to load state" });
        fake.state.lock().unwrap().queries.insert(0, ("staking", broken));
        unbonding(&chain, &file).await.unwrap_err();
        fake.state.lock().unwrap().refuses.push("abci_query");
        unbonding(&chain, &file).await.unwrap_err();
    }
}
