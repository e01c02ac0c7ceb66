//! The password of the keys: from a file, the environment, or the keyboard.

use cosmos::keys::password::read_password;

use super::Place;

pub(super) use cosmos::keys::password::Again;

/// The variable that may hold it.
const VARIABLE: &str = "FERRY_PASSWORD";

/// Reads the password; `again` asks for it twice where it is typed.
pub(super) fn read(place: &Place, again: Again) -> anyhow::Result<String> {
    Ok(read_password(place.password_file.as_deref(), VARIABLE, again)?)
}
