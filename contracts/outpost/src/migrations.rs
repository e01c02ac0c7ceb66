//! Versions of what is stored. Nothing that 0.1.0 stored has changed since.

use cosmwasm_std::Storage;
use store::Version;

use crate::error::ContractError;

/// Name of the contract in its stored version.
pub(crate) const NAME: &str = "crates.io:entrepot-outpost";
/// Version of the code.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Every version that was released before this one.
const RELEASED: [&str; 1] = ["0.1.0"];

/// Brings the storage of this or a released older version to this version's form.
pub(crate) fn migrate(storage: &mut dyn Storage) -> Result<(), ContractError> {
    let stored = Version::load(storage)?;
    let is_known = stored.version == VERSION || RELEASED.contains(&stored.version.as_str());
    if stored.contract != NAME || !is_known {
        return Err(ContractError::WrongVersion {
            got: format!("{} {}", stored.contract, stored.version),
            expected: format!("{NAME} {VERSION}, or a version that was released before"),
        });
    }
    Ok(Version::save(storage, NAME, VERSION)?)
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;

    use super::*;

    #[test]
    fn only_released_versions_of_this_contract_move_and_only_forward() {
        for (contract, version, is_allowed) in [
            (NAME, VERSION, true),
            (NAME, "0.1.0", true),
            (NAME, "0.0.9", false),
            (NAME, "99.0.0", false),
            (NAME, "soon", false),
            ("crates.io:another", "0.1.0", false),
        ] {
            let mut storage = MockStorage::new();
            Version::save(&mut storage, contract, version).unwrap();
            assert_eq!(migrate(&mut storage).is_ok(), is_allowed, "{contract} {version}");
        }
    }
}
