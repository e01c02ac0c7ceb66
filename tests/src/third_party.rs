//! Contracts of others, built from their published crates.

use std::path::{Path, PathBuf};

use cosmos::ibc_proto::cosmos::bank::v1beta1::MsgSend;
use cosmos::ibc_proto::cosmos::base::v1beta1::Coin;
use cosmos::wire::tx::any;
use entrepot::deploy::Site;
use entrepot::localnet::store;

/// Where `scripts/build-contracts --third-party` puts them.
#[derive(Clone, Debug)]
pub struct ThirdParty(PathBuf);

impl ThirdParty {
    /// The contracts below the folder of all artifacts.
    #[must_use]
    pub fn below(artifacts: &Path) -> Self {
        Self(artifacts.join("third-party"))
    }

    /// Stores a contract and returns its number.
    ///
    /// # Errors
    /// The artifact cannot be read, or the chain refuses it.
    pub async fn store(&self, site: &Site, name: &str) -> anyhow::Result<u64> {
        store(site, &self.0, name).await
    }

    /// Where they are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }
}

/// Gives an account a coin of the site's key.
///
/// # Errors
/// The chain refuses it.
pub async fn give(site: &Site, to: &str, (units, denom): (u128, &str)) -> anyhow::Result<()> {
    let coin = Coin { denom: denom.to_owned(), amount: units.to_string() };
    let (from_address, to_address) = (site.address.clone(), to.to_owned());
    let gift = MsgSend { from_address, to_address, amount: vec![coin] };
    site.chain.send_msgs(&site.key, &[any(&gift)], "").await?;
    Ok(())
}
