//! Versions of what is stored, and the way from each of them to the present one.

mod v0_2_0;

use cosmwasm_std::Storage;
use store::Version;

use crate::error::ContractError;

/// Name of the contract in its stored version.
pub(crate) const CONTRACT: &str = "crates.io:entrepot-market";
/// Version of the code.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What has to be done to the storage of a version to make it that of the next.
struct Step {
    from: &'static str,
    migrate: fn(&mut dyn Storage) -> Result<(), ContractError>,
}

/// From every version that was ever released, oldest first.
const STEPS: [Step; 1] = [Step { from: "0.1.0", migrate: v0_2_0::migrate }];

/// Notes that the storage has this version's form.
pub(crate) fn stamp(storage: &mut dyn Storage) -> Result<(), ContractError> {
    Ok(Version::save(storage, CONTRACT, VERSION)?)
}

/// Brings the storage of this or a released older version to this version's form.
pub(crate) fn migrate(storage: &mut dyn Storage) -> Result<(), ContractError> {
    let stored = Version::load(storage)?;
    let released = STEPS.iter().position(|step| step.from == stored.version);
    let first = if stored.version == VERSION { Some(STEPS.len()) } else { released };
    let first = first.filter(|_| stored.contract == CONTRACT);
    let first = first.ok_or_else(|| ContractError::WrongVersion {
        got: format!("{} {}", stored.contract, stored.version),
        expected: format!("{CONTRACT} {VERSION}, or a version that was released before"),
    })?;
    STEPS.iter().skip(first).try_for_each(|step| (step.migrate)(storage))?;
    stamp(storage)
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;

    use super::*;

    #[test]
    fn only_released_versions_of_this_contract_move_and_only_forward() {
        for (contract, version, is_allowed) in [
            (CONTRACT, VERSION, true),
            (CONTRACT, "0.1.0", true),
            (CONTRACT, "0.0.9", false),
            (CONTRACT, "0.1.1", false),
            (CONTRACT, "99.0.0", false),
            (CONTRACT, "soon", false),
            ("crates.io:another", VERSION, false),
            ("crates.io:another", "0.1.0", false),
        ] {
            let mut storage = MockStorage::new();
            Version::save(&mut storage, contract, version).unwrap();
            assert_eq!(migrate(&mut storage).is_ok(), is_allowed, "{contract} {version}");
            let stored = Version::load(&storage).unwrap().version;
            assert_eq!(stored, if is_allowed { VERSION } else { version });
        }
    }
}
