//! The deployment file: what it may say, and what is wrong with it, by line.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use cosmos::chain::{Chain, ChainConfig};
use cosmos::keys::{HdPath, Key, KeyStore, decode_address};
use serde::Deserialize;

use super::{
    Artifacts, Carrier, Channels, Ends, MarketSpec, OutpostSpec, RouteSpec, Site, Sites, Spec,
};
use crate::ferry::Ferry;
use crate::home::open_key;

/// The file that `entrepot deploy --example` prints: the manual, with every key.
pub const EXAMPLE: &str = include_str!("example.toml");

/// The largest share of the treasury, in basis points. Source: `contracts/market/src/params.rs`.
const MOST_TAKEN: u16 = 2_000;

/// The whole file. `entrepot deploy --example` prints one with every key and its meaning.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The chains.
    pub chains: ChainsSection,
    /// Where the keys are.
    #[serde(default)]
    pub keys: KeysSection,
    /// The compiled contracts, relative to the file.
    pub artifacts: Artifacts,
    /// The market.
    #[serde(default)]
    pub market: MarketSpec,
    /// The outpost.
    #[serde(default)]
    pub outpost: OutpostSpec,
    /// The way between them.
    pub route: RouteSpec,
    /// The relayer that makes the channels.
    pub ferry: Option<FerrySection>,
    /// The channels that exist, instead.
    pub channels: Option<ChannelsSection>,
}

/// The two chains.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainsSection {
    /// The market's.
    pub market: ChainSection,
    /// The outpost's.
    pub outpost: ChainSection,
}

/// One chain.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainSection {
    /// The chain id.
    pub id: String,
    /// A node's RPC address.
    pub rpc: String,
    /// Prefix of its addresses.
    pub address_prefix: String,
    /// Price of gas with its denom, as in `0.001stake`.
    pub gas_price: String,
    /// The name of the key that acts there.
    pub key: Option<String>,
    /// A file with its mnemonic, instead.
    pub mnemonic_file: Option<PathBuf>,
}

/// Where the keys are.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysSection {
    /// A directory of encrypted keys, such as `keys` in ferry's home.
    pub dir: Option<PathBuf>,
    /// A file with their password; default the variable `ENTREPOT_PASSWORD`.
    pub password_file: Option<PathBuf>,
}

/// The relayer that makes the channels.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FerrySection {
    /// The binary.
    #[serde(default = "default_binary")]
    pub binary: PathBuf,
    /// Its home, with configuration and keys for both chains.
    pub home: PathBuf,
    /// A file with the password of its keys; default the variable `FERRY_PASSWORD`.
    pub password_file: Option<PathBuf>,
    /// Whether it is started for the time of the probe.
    #[serde(default)]
    pub carry_probe: bool,
    /// Where its log goes then.
    #[serde(default = "default_log")]
    pub log: PathBuf,
}

fn default_binary() -> PathBuf {
    "ferry".into()
}

fn default_log() -> PathBuf {
    "ferry.log".into()
}

/// Channels that exist.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelsSection {
    /// The transfer channel.
    pub transfer: Ends,
}

impl Config {
    /// Reads and checks a file; paths in it become relative to where it lies.
    ///
    /// # Errors
    /// It cannot be read, or what is wrong with it, by line and key.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).with_context(|| {
            format!(
                "cannot read `{shown}`; `entrepot deploy --example` prints a file to begin with"
            )
        })?;
        let mut config = Self::parse(&text).with_context(|| format!("`{shown}` is not valid"))?;
        config.resolve(path.parent().unwrap_or_else(|| Path::new("")));
        Ok(config)
    }

    /// Parses and checks the text of a file.
    ///
    /// # Errors
    /// What is wrong with it, by line and key.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let config: Self = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        self.route.check()?;
        ensure!(
            self.ferry.is_some() != self.channels.is_some(),
            "give either `[ferry]`, which makes the channels, or `[channels]`, which exist"
        );
        for (name, chain) in
            [("chains.market", &self.chains.market), ("chains.outpost", &self.chains.outpost)]
        {
            chain.check(name, &self.keys)?;
        }
        let take_rate = self.market.take_rate_bps;
        ensure!(
            take_rate <= MOST_TAKEN,
            "`market.take_rate_bps` is {take_rate}; expected at most {MOST_TAKEN}"
        );
        let (a, b) = (&self.chains.market.address_prefix, &self.chains.outpost.address_prefix);
        for (key, address, prefix) in [
            ("market.admin", &self.market.admin, a),
            ("market.treasury", &self.market.treasury, a),
            ("market.pauser", &self.market.pauser, a),
            ("outpost.admin", &self.outpost.admin, b),
        ] {
            if let Some(address) = address {
                let is_there = decode_address(address).is_ok_and(|(found, _)| found == *prefix);
                ensure!(
                    is_there,
                    "`{key}` is `{address}`; expected an address of the chain, `{prefix}1…`"
                );
            }
        }
        ensure!(
            self.chains.market.id != self.chains.outpost.id,
            "market and outpost are both on `{}`; they must be on two chains",
            self.chains.market.id
        );
        Ok(())
    }

    fn resolve(&mut self, dir: &Path) {
        let join = |path: &mut PathBuf| *path = dir.join(&*path);
        join(&mut self.artifacts.market);
        join(&mut self.artifacts.outpost);
        let Self { keys, chains, ferry, .. } = self;
        [
            &mut keys.dir,
            &mut keys.password_file,
            &mut chains.market.mnemonic_file,
            &mut chains.outpost.mnemonic_file,
        ]
        .into_iter()
        .flatten()
        .for_each(join);
        if let Some(ferry) = ferry {
            // A bare name is looked for in PATH.
            if ferry.binary.components().count() > 1 {
                join(&mut ferry.binary);
            }
            join(&mut ferry.home);
            join(&mut ferry.log);
            ferry.password_file.iter_mut().for_each(join);
        }
    }

    /// What is deployed.
    #[must_use]
    pub fn spec(&self) -> Spec {
        Spec {
            artifacts: self.artifacts.clone(),
            market: self.market.clone(),
            outpost: self.outpost.clone(),
            route: self.route.clone(),
        }
    }

    /// Connects to both chains.
    ///
    /// # Errors
    /// A node does not answer or is on another chain, or a key cannot be opened.
    pub async fn sites(&self) -> anyhow::Result<Sites> {
        let market = &self.chains.market;
        let outpost = &self.chains.outpost;
        Ok(Sites {
            market: Site::new(market.connect().await?, market.key(&self.keys)?)?,
            outpost: Site::new(outpost.connect().await?, outpost.key(&self.keys)?)?,
        })
    }

    /// Where the channels come from.
    #[must_use]
    pub fn channels(&self) -> Option<Channels> {
        if let Some(ChannelsSection { transfer }) = &self.channels {
            return Some(Channels::Existing { transfer: transfer.clone() });
        }
        self.ferry.as_ref().map(|ferry| {
            let FerrySection { binary, home, password_file, .. } = ferry.clone();
            Channels::Ferry(Ferry::new(binary, home, password_file))
        })
    }

    /// Who carries the probe.
    #[must_use]
    pub fn carrier(&self) -> Carrier {
        match &self.ferry {
            Some(ferry) if ferry.carry_probe => Carrier::Child { log: ferry.log.clone() },
            _ => Carrier::External,
        }
    }
}

impl ChainSection {
    fn check(&self, name: &str, keys: &KeysSection) -> anyhow::Result<()> {
        self.config().with_context(|| format!("`{name}.gas_price`"))?;
        match (&self.key, &self.mnemonic_file, &keys.dir) {
            (Some(_), None, Some(_)) | (None, Some(_), _) => Ok(()),
            (Some(_), None, None) => bail!("`{name}.key` needs `keys.dir`, where the key is"),
            (Some(_), Some(_), _) | (None, None, _) => {
                bail!("`{name}` needs either `key` or `mnemonic_file`")
            }
        }
    }

    /// The chain as its client takes it.
    ///
    /// # Errors
    /// The gas price is not valid.
    pub fn config(&self) -> anyhow::Result<ChainConfig> {
        Ok(ChainConfig {
            chain_id: self.id.clone(),
            rpc: self.rpc.clone(),
            prefix: self.address_prefix.clone(),
            gas_price: self.gas_price.parse()?,
        })
    }

    /// Connects to the chain.
    ///
    /// # Errors
    /// The node does not answer or is on another chain.
    pub async fn connect(&self) -> anyhow::Result<Chain> {
        Ok(Chain::connect(self.config()?).await?)
    }

    fn key(&self, keys: &KeysSection) -> anyhow::Result<Key> {
        let read = |path: &Path| {
            std::fs::read_to_string(path)
                .with_context(|| format!("cannot read `{}`", path.display()))
        };
        if let Some(file) = &self.mnemonic_file {
            return Ok(Key::from_mnemonic(&read(file)?, HdPath::cosmos(0))?);
        }
        let (Some(name), Some(dir)) = (&self.key, &keys.dir) else {
            bail!("chain `{}` has no key", self.id)
        };
        open_key(&KeyStore::new(dir), name, keys.password_file.as_deref())
    }
}
