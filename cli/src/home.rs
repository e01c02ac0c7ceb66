//! What a user keeps: which chains and contracts, and keys. By default under `~/.config/entrepot`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use cosmos::chain::{Chain, ChainConfig, MAX_GAS};
use cosmos::file::{self, Readers};
use cosmos::keys::password::{Again, read_password};
use cosmos::keys::{Key, KeyStore, KeyStoreError};
use serde::Deserialize;

/// The file that `entrepot config init` writes: the manual, with every key.
pub const EXAMPLE: &str = include_str!("home/example.toml");
/// The variable that may hold the password of the keys.
pub const PASSWORD: &str = "ENTREPOT_PASSWORD";

/// The folder of a user.
#[derive(Clone, Debug)]
pub struct Home {
    dir: PathBuf,
}

/// What is in `config.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The market and its chain.
    pub market: Place,
    /// The outpost and its chain; none for a provider, who needs only the market.
    pub outpost: Option<Place>,
    /// A file with the password of the keys, relative to the configuration.
    pub password_file: Option<PathBuf>,
}

/// A contract and its chain.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The chain id.
    pub chain_id: String,
    /// A node's RPC address.
    pub rpc: String,
    /// Prefix of the chain's addresses.
    pub address_prefix: String,
    /// Price of gas with its denom, as in `0.001stake`.
    pub gas_price: String,
    /// The most gas that a transaction may pay for, whatever the node says that it takes.
    #[serde(default = "max_gas")]
    pub max_gas: u64,
    /// The contract's address.
    pub contract: String,
    /// The name of the key that signs there.
    pub key: Option<String>,
}

const fn max_gas() -> u64 {
    MAX_GAS
}

impl Home {
    /// The folder given, or `entrepot` in the user's folder for configuration.
    ///
    /// # Errors
    /// Neither `XDG_CONFIG_HOME` nor `HOME` is set.
    pub fn find(given: Option<PathBuf>) -> anyhow::Result<Self> {
        if let Some(dir) = given {
            return Ok(Self { dir });
        }
        let set = |variable: &str| std::env::var_os(variable).filter(|value| !value.is_empty());
        let config = set("XDG_CONFIG_HOME").map(PathBuf::from);
        let config = config.or_else(|| Some(PathBuf::from(set("HOME")?).join(".config")));
        let config = config.context("HOME is not set; give --home DIR")?;
        Ok(Self { dir: config.join("entrepot") })
    }

    /// Where it is.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The configuration file.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.dir.join("config.toml")
    }

    /// The keys, in the form that ferry uses too.
    #[must_use]
    pub fn keys(&self) -> KeyStore {
        KeyStore::new(self.dir.join("keys"))
    }

    /// Whether there is a configuration.
    ///
    /// # Errors
    /// The folder cannot be looked into.
    pub fn is_configured(&self) -> anyhow::Result<bool> {
        let file = self.config_file();
        file.try_exists().with_context(|| {
            let shown = file.display();
            format!("cannot look for `{shown}`; choose another folder with --home DIR")
        })
    }

    /// Writes a configuration that must not exist yet.
    ///
    /// # Errors
    /// It exists, or cannot be written.
    pub fn write_config(&self, text: &str) -> anyhow::Result<PathBuf> {
        let file = self.config_file();
        let shown = file.display();
        ensure!(!self.is_configured()?, "`{shown}` exists already; edit it, or move it away");
        self.make()?;
        file::create(&file, text.as_bytes(), Readers::Anyone).with_context(|| {
            format!("cannot write `{shown}`; choose another folder with --home DIR")
        })?;
        Ok(file)
    }

    /// Makes the folder, if it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn make(&self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.dir).with_context(|| {
            let dir = self.dir.display();
            format!(
                "cannot make the folder `{dir}`; choose another with --home DIR or ENTREPOT_HOME"
            )
        })
    }

    /// Reads and checks the configuration.
    ///
    /// # Errors
    /// It cannot be read, or what is wrong with it, by line and key.
    pub fn config(&self) -> anyhow::Result<Config> {
        let file = self.config_file();
        let shown = file.display();
        let text = std::fs::read_to_string(&file).with_context(|| {
            format!("cannot read `{shown}`; `entrepot config init` writes one to begin with")
        })?;
        Config::parse(&text).with_context(|| format!("`{shown}` is not valid"))
    }

    /// The password of the keys.
    ///
    /// # Errors
    /// There is none in the file, the environment or at the keyboard.
    pub fn password(&self, config: Option<&Config>, again: Again) -> anyhow::Result<String> {
        let file = config.and_then(|config| config.password_file.as_ref());
        let file = file.map(|file| self.dir.join(file));
        Ok(read_password(file.as_deref(), PASSWORD, again)?)
    }

    /// Opens the key that signs at a place: the one named, or else the place's own.
    ///
    /// # Errors
    /// No key is named, it does not exist, or the password is wrong.
    pub fn key(&self, config: &Config, place: &Place, named: Option<&str>) -> anyhow::Result<Key> {
        let Some(name) = named.or(place.key.as_deref()) else {
            bail!(
                "no key signs on `{}`; give --key NAME, or set `key` in `{}`",
                place.chain_id,
                self.config_file().display()
            )
        };
        let file = config.password_file.as_ref().map(|file| self.dir.join(file));
        open_key(&self.keys(), name, file.as_deref())
    }
}

/// Opens a key with the password from a file, the environment or the keyboard.
///
/// # Errors
/// There is no such key or no password, or it is wrong: then where it came from.
pub fn open_key(keys: &KeyStore, name: &str, file: Option<&Path>) -> anyhow::Result<Key> {
    let password = read_password(file, PASSWORD, Again::No)?;
    let from = || match file {
        Some(file) => format!("correct the password in `{}`", file.display()),
        None if std::env::var_os(PASSWORD).is_some() => format!("correct the variable {PASSWORD}"),
        None => "type it again".into(),
    };
    match keys.load(name, &password) {
        Err(error @ KeyStoreError::Password(_)) => bail!("{error}; {}", from()),
        other => Ok(other?),
    }
}

impl Config {
    /// Parses and checks the text of a file.
    ///
    /// # Errors
    /// What is wrong with it, by line and key.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let config: Self = toml::from_str(text)?;
        config.market.check("market")?;
        if let Some(outpost) = &config.outpost {
            outpost.check("outpost")?;
        }
        Ok(config)
    }
}

impl Place {
    fn check(&self, name: &str) -> anyhow::Result<()> {
        self.chain().with_context(|| format!("`{name}.gas_price`"))?;
        ensure!(
            self.contract.starts_with(&format!("{}1", self.address_prefix)),
            "`{name}.contract` is `{}`; expected an address of the chain, `{}1…`",
            self.contract,
            self.address_prefix
        );
        Ok(())
    }

    fn chain(&self) -> anyhow::Result<ChainConfig> {
        Ok(ChainConfig {
            chain_id: self.chain_id.clone(),
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
        Ok(Chain::connect(self.chain()?).await?.with_max_gas(self.max_gas))
    }
}
