//! Versions of what is stored.

use cosmwasm_std::Storage;
use cw2::{get_contract_version, set_contract_version};

use crate::error::ContractError;

/// Name of the contract in its stored version.
pub(crate) const CONTRACT: &str = "crates.io:entrepot-market";
/// Version of the code.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Notes that the storage has this version's form.
pub(crate) fn stamp(storage: &mut dyn Storage) -> Result<(), ContractError> {
    Ok(set_contract_version(storage, CONTRACT, VERSION)?)
}

/// Brings the storage of this or an older version to this version's form.
pub(crate) fn migrate(storage: &mut dyn Storage) -> Result<(), ContractError> {
    let stored = get_contract_version(storage)?;
    let is_ours = stored.contract == CONTRACT;
    let is_older = numbers(&stored.version)
        .zip(numbers(VERSION))
        .is_some_and(|(stored, current)| stored <= current);
    if !is_ours || !is_older {
        return Err(ContractError::WrongVersion {
            got: format!("{} {}", stored.contract, stored.version),
            expected: format!("{CONTRACT} up to {VERSION}"),
        });
    }
    stamp(storage)
}

/// The three numbers of a version.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let parts: Result<Vec<u64>, _> = version.split('.').map(str::parse).collect();
    parts.ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;

    use super::*;

    #[test]
    fn only_this_contract_moves_and_only_forward() {
        for (contract, version, is_allowed) in [
            (CONTRACT, VERSION, true),
            (CONTRACT, "0.0.9", true),
            (CONTRACT, "99.0.0", false),
            (CONTRACT, "soon", false),
            ("crates.io:another", VERSION, false),
        ] {
            let mut storage = MockStorage::new();
            set_contract_version(&mut storage, contract, version).unwrap();
            assert_eq!(migrate(&mut storage).is_ok(), is_allowed, "{contract} {version}");
        }
    }
}
