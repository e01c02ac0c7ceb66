//! What is wrong with a value beside others: of a chain's section, and beside the paths that there are.

use std::path::Path;

use cosmos::keys::decode_address;

use super::place::{Mistake, Places};
use super::{Chain, Config, ConfigError};

/// The most bytes of a memo that a chain takes unless it was told otherwise.
///
/// Source: cosmos-sdk v0.53 `x/auth/types/params.go`, `DefaultMaxMemoCharacters`; `x/auth/ante/basic.go` counts bytes.
const LONGEST_MEMO: usize = 256;

/// The key whose value is wrong, at which place of a list if it is one, and why.
type Wrong = (&'static str, usize, String);

impl Config {
    /// Checks that the paths which a file names are among those that there are.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn check_paths(path: &Path, known: &[&str]) -> Result<(), ConfigError> {
        let text = super::read(path)?;
        let wrong = |mistake| ConfigError::Invalid { path: path.into(), mistake };
        let places = Places::of(&text).map_err(wrong)?;
        let unknown = places.paths().find(|(name, _)| !known.contains(name));
        let Some((name, place)) = unknown else { return Ok(()) };
        let reason = format!("there is no path `{name}`; `ferry status` shows the paths");
        Err(wrong(Mistake::at(&text, Some(place), reason)))
    }
}

impl Chain {
    pub(super) fn check(&self) -> Result<(), Wrong> {
        self.check_names()?;
        self.check_price()?;
        self.check_accounts()?;
        let own = self.memo.len();
        let beside = memo(&self.memo).len() - own;
        if own + beside > LONGEST_MEMO {
            let most = LONGEST_MEMO - beside;
            let wrong = format!(
                "it has {own} bytes, write {most} at most: chains take {LONGEST_MEMO}, and ferry adds its name"
            );
            return Err(("memo", 0, wrong));
        }
        Ok(())
    }

    fn check_names(&self) -> Result<(), Wrong> {
        if self.id.is_empty() {
            return Err(("id", 0, "the chain id is empty".into()));
        }
        let prefix = &self.address_prefix;
        let is_prefix = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if prefix.is_empty() || !prefix.chars().all(is_prefix) {
            let wrong = format!("`{prefix}` is no address prefix; write what stands before the 1");
            return Err(("address_prefix", 0, wrong));
        }
        Ok(())
    }

    fn check_price(&self) -> Result<(), Wrong> {
        let Some(dynamic) = &self.dynamic_gas_price else { return Ok(()) };
        let (least, most) = (&self.gas_price, &dynamic.max);
        if most.denom() != least.denom() {
            let (got, wanted) = (least.denom(), most.denom());
            let wrong = format!("it is in `{got}`, `max` of `dynamic_gas_price` in `{wanted}`");
            return Err(("gas_price", 0, wrong));
        }
        if most.atto() < least.atto() {
            let wrong = format!(
                "it is the least that is paid, and above `max` of `dynamic_gas_price`, {most}: nothing would be sent"
            );
            return Err(("gas_price", 0, wrong));
        }
        if let Some(urgent) = &dynamic.max_urgent
            && (urgent.denom() != most.denom() || urgent.atto() < most.atto())
        {
            let wrong = format!(
                "`max_urgent` is `{urgent}`; write the most for what cannot wait, at least `max`, which is `{most}`"
            );
            return Err(("dynamic_gas_price", 0, wrong));
        }
        Ok(())
    }

    fn check_accounts(&self) -> Result<(), Wrong> {
        let (id, prefix) = (&self.id, &self.address_prefix);
        let is_here =
            |account: &String| decode_address(account).is_ok_and(|(found, _)| found == *prefix);
        let lists = [
            ("fee_granter", &*self.fee_granter),
            ("filter.deny_senders", self.filter.deny_senders.as_slice()),
        ];
        for (key, accounts) in lists {
            if let Some(place) = accounts.iter().position(|account| !is_here(account)) {
                let account = &accounts[place];
                let wrong =
                    format!("`{account}` is no address of `{id}`, which begins `{prefix}1`");
                return Err((key, place, wrong));
            }
        }
        Ok(())
    }
}

/// The text in every transaction, with ferry's name, so that explorers can tell who relayed.
pub(crate) fn memo(own: &str) -> String {
    let name = concat!("ferry ", env!("CARGO_PKG_VERSION"));
    if own.is_empty() { name.into() } else { format!("{own} | {name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Explorers tell relayers by it.
    #[test]
    fn every_memo_has_the_name_and_the_version() {
        let name = format!("ferry {}", env!("CARGO_PKG_VERSION"));
        assert_eq!(memo(""), name);
        assert_eq!(memo("operator.example"), format!("operator.example | {name}"));
    }

    #[test]
    fn a_memo_has_room_for_the_name() {
        let mut chain = Chain::new(
            "a-1".into(),
            vec!["http://x".into()],
            "x".into(),
            "k".into(),
            "0.1stake".parse().unwrap(),
        );
        chain.memo = "m".repeat(LONGEST_MEMO - memo("").len() - " | ".len());
        assert_eq!(memo(&chain.memo).len(), LONGEST_MEMO);
        chain.check().unwrap();
        chain.memo.push('m');
        assert!(chain.check().is_err_and(|(key, ..)| key == "memo"));
    }
}
