//! The password of the keys: from a file, the environment, or the keyboard.

use cosmos::keys::password::{PasswordError, read_password};

use super::Place;

pub(super) use cosmos::keys::password::Again;

/// The variable that may hold it.
const VARIABLE: &str = "FERRY_PASSWORD";

/// A password that no log shows.
pub(super) struct Password(String);

impl Password {
    /// The password itself.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Password {
    fn from(password: String) -> Self {
        Self(password)
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(hidden)")
    }
}

/// Reads the password; `again` asks for it twice where it is typed.
pub(super) fn read(place: &Place, again: Again) -> anyhow::Result<String> {
    read_password(place.password_file.as_deref(), VARIABLE, again).map_err(|error| match error {
        PasswordError::Missing { .. } => {
            anyhow::anyhow!("the keys need their password; set {VARIABLE}, or give --password-file")
        }
        _ => error.into(),
    })
}

/// The password, if nobody has to type it.
pub(super) fn at_hand(place: &Place) -> Option<String> {
    let is_said = place.password_file.is_some() || std::env::var_os(VARIABLE).is_some();
    if is_said { read(place, Again::No).ok() } else { None }
}
