//! The password of the keys: from a file, the environment, or the keyboard.

use std::io::IsTerminal as _;

use anyhow::Context as _;

use super::Place;

/// The variable that may hold it.
const VARIABLE: &str = "FERRY_PASSWORD";

/// Reads the password; `again` asks for it twice where it is typed.
pub(super) fn read(place: &Place, again: Again) -> anyhow::Result<String> {
    if let Some(file) = &place.password_file {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the password file `{}`", file.display()))?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    if let Ok(password) = std::env::var(VARIABLE) {
        return Ok(password);
    }
    anyhow::ensure!(
        std::io::stdin().is_terminal(),
        "the keys need their password; set {VARIABLE} or give --password-file FILE"
    );
    let password = rpassword::prompt_password("password of the keys: ")?;
    if again == Again::Yes {
        let second = rpassword::prompt_password("once more: ")?;
        anyhow::ensure!(password == second, "the two passwords differ; nothing was written");
    }
    Ok(password)
}

/// Whether a typed password is asked for twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    Yes,
    No,
}
