//! A home for trying things on two local nodes: keys, relayer, deployment file.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use cosmos::keys::HdPath;
use serde::Serialize;

use super::{LEAST_UNITS, LocalChain, Localnet, MIN_TIMEOUT_SECONDS, RELAYER};
use crate::home::Home;

/// Guards keys whose mnemonics are in the repository.
const PASSWORD: &str = "local nodes only";
/// Makes blocks, and has nothing to do here.
const VALIDATOR: &str = "validator";

/// What everything on local nodes is made of.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// The directory of the compiled contracts.
    pub artifacts: &'a Path,
    /// The ferry binary; a bare name is looked for in `PATH`.
    pub ferry: &'a Path,
}

/// What was written.
#[derive(Clone, Debug, Serialize)]
pub struct Prepared {
    /// The deployment file.
    pub deployment: PathBuf,
    /// ferry's home.
    pub ferry_home: PathBuf,
    /// The file with the password of all keys.
    pub password_file: PathBuf,
    /// The names of the keys.
    pub keys: Vec<String>,
}

impl Localnet {
    /// Writes keys, a relayer's home and a deployment file into a home that has none of them.
    ///
    /// # Errors
    /// The home is in use, the artifacts are not there, ferry does not do as told (what it left is
    /// removed, so that the next attempt can succeed), or a file cannot be written.
    pub async fn prepare(&self, home: &Home, parts: Parts<'_>) -> anyhow::Result<Prepared> {
        let dir = home.dir();
        let shown = dir.display();
        let deployment = dir.join("deploy.toml");
        for file in [&deployment, &home.config_file(), &dir.join("ferry"), &dir.join("keys")] {
            ensure!(
                !file.try_exists().with_context(|| format!(
                    "cannot look into `{shown}`; choose another folder with --home DIR"
                ))?,
                "`{}` exists already; give another folder with --home DIR, or move `{shown}` away",
                file.display()
            );
        }
        let artifacts = parts.artifacts.canonicalize().with_context(|| {
            let artifacts = parts.artifacts.display();
            format!("there is no `{artifacts}`; `scripts/build-contracts` makes it")
        })?;
        home.make()?;
        let ferry_home = dir.join("ferry");
        if let Err(error) = self.ferry(parts.ferry, ferry_home.clone()).await {
            // Made by this attempt alone: the check above found nothing there.
            fs::remove_dir_all(&ferry_home)
                .with_context(|| format!("cannot remove `{}`", ferry_home.display()))?;
            return Err(error);
        }
        let password_file = dir.join("password");
        write(&password_file, PASSWORD)?;
        let mut keys = Vec::new();
        for (name, account) in &self.accounts {
            if name != RELAYER && name != VALIDATOR {
                home.keys().restore(name, &account.mnemonic, HdPath::cosmos(0), PASSWORD)?;
                keys.push(name.clone());
            }
        }
        write(&deployment, &self.deployment_file(&artifacts, parts.ferry))?;
        Ok(Prepared { deployment, ferry_home, password_file, keys })
    }

    /// What [`Localnet::spec`] deploys, as a file.
    fn deployment_file(&self, artifacts: &Path, ferry: &Path) -> String {
        let (a, b) = (&self.chains.a, &self.chains.b);
        let wasm = |name: &str| quoted(&artifacts.join(name).display().to_string());
        format!(
            "# Two local nodes; `entrepot deploy --example` explains every key.\n\n\
             {}\n{}\n\
             [keys]\ndir = \"keys\"\npassword_file = \"password\"\n\n\
             [artifacts]\nmarket = {}\noutpost = {}\n\n\
             [market]\nstake_denom = {bond}\nbond_denom = {bond}\n\
             min_timeout_seconds = {MIN_TIMEOUT_SECONDS}\n\n\
             [outpost]\nmin_timeout_seconds = {MIN_TIMEOUT_SECONDS}\n\n\
             [route]\ndenom = {}\nprobe_amount = \"{LEAST_UNITS}\"\nmin_deposit = \"{LEAST_UNITS}\"\n\
             bond_factor = \"1\"\n\n\
             [ferry]\nbinary = {}\nhome = \"ferry\"\npassword_file = \"ferry/password\"\n\
             carry_probe = true\n",
            chain("market", a),
            chain("outpost", b),
            wasm("market.wasm"),
            wasm("outpost.wasm"),
            quoted(&b.token),
            quoted(&ferry.display().to_string()),
            bond = quoted(&a.token),
        )
    }
}

fn chain(name: &str, chain: &LocalChain) -> String {
    let LocalChain { chain_id, rpc, bech32_prefix, fee_denom, gas_price, .. } = chain;
    format!(
        "[chains.{name}]\nid = {}\nrpc = {}\naddress_prefix = {}\ngas_price = {}\nkey = \"user1\"\n",
        quoted(chain_id),
        quoted(rpc),
        quoted(bech32_prefix),
        quoted(&format!("{gas_price}{fee_denom}")),
    )
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write `{}`", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::config::Config;

    #[test]
    fn the_file_deploys_what_tests_and_demo_deploy() {
        let chain = |chain_id: &str, token: &str| {
            let text = |text: &str| text.to_owned();
            LocalChain {
                chain_id: chain_id.into(),
                rpc: text("http://127.0.0.1:26657"),
                grpc: text("127.0.0.1:9090"),
                bech32_prefix: text("wasm"),
                fee_denom: text("stake"),
                gas_price: text("0.001"),
                token: token.into(),
            }
        };
        let chains = super::super::LocalChains { a: chain("a-1", "utok"), b: chain("b-1", "usdx") };
        let net = Localnet { chains, accounts: std::collections::BTreeMap::new() };
        let artifacts = Path::new("/somewhere");
        let text = net.deployment_file(artifacts, Path::new("ferry"));
        let config = Config::parse(&text).unwrap();
        let (spec, wanted) = (config.spec(), net.spec(artifacts));
        assert_eq!(spec.market, wanted.market);
        assert_eq!(spec.outpost, wanted.outpost);
        assert_eq!(spec.route, wanted.route);
        assert_eq!(spec.artifacts, wanted.artifacts);
    }
}
