//! What the accounts have that sign and pay, as the chains say now.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use cosmos::keys::encode_address;
use futures_util::future::join_all;
use serde::Serialize;
use tokio::time::timeout;

use super::Place;
use crate::config::{Chain as ChainFile, Config};
use crate::drive::setup;

/// How long a chain may take: the rest of the answer does not need it.
const PATIENCE: Duration = Duration::from_secs(3);

/// By chain.
pub(super) type Accounts = BTreeMap<String, Vec<AccountStatus>>;

/// An account that signs or pays.
#[derive(Serialize)]
pub(super) struct AccountStatus {
    /// The key's name; none of an account that grants fees.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// None where there is no such key.
    address: Option<String>,
    /// What it has of the fee denom; none when the chain does not answer.
    balance: Option<String>,
    denom: String,
}

/// Asks every chain what its accounts have.
pub(super) async fn look(place: &Place, file: &Config) -> Accounts {
    join_all(file.chains.iter().map(|chain| on_chain(place, chain))).await.into_iter().collect()
}

async fn on_chain(place: &Place, file: &ChainFile) -> (String, Vec<AccountStatus>) {
    let mut accounts = named(place, file);
    let asked = async {
        let chain = setup::reach(file).await.ok()?;
        for account in &mut accounts {
            let Some(address) = &account.address else { continue };
            let balance = chain.balance(address, &account.denom).await.ok()?;
            account.balance = Some(balance.to_string());
        }
        Some(())
    };
    // What has not come by then is shown as not known.
    let _ = timeout(PATIENCE, asked).await;
    (file.id.clone(), accounts)
}

/// The accounts that the configuration names.
fn named(place: &Place, file: &ChainFile) -> Vec<AccountStatus> {
    // `ferry doctor` says what is wrong with a key that does not read.
    let stored = place.keys().list().unwrap_or_default();
    let address = |name: &String| {
        let key = stored.iter().find(|key| key.name == *name)?;
        encode_address(&file.address_prefix, &hex::decode(&key.account).ok()?).ok()
    };
    let account = |key: Option<String>, address: Option<String>| {
        let denom = file.gas_price.denom().to_owned();
        AccountStatus { key, address, balance: None, denom }
    };
    let keys = file.key.iter().map(|name| account(Some(name.clone()), address(name)));
    let granters = file.fee_granter.iter().map(|granter| account(None, Some(granter.clone())));
    keys.chain(granters).collect()
}

impl fmt::Display for AccountStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, address, balance, denom } = self;
        match key {
            Some(key) => write!(f, "key {key}")?,
            None => write!(f, "granter")?,
        }
        match (address, balance) {
            (None, _) => write!(f, ": there is no such key"),
            (Some(address), Some(balance)) => write!(f, ", {address}: {balance}{denom}"),
            (Some(address), None) => write!(f, ", {address}: its chain does not say what it has"),
        }
    }
}
