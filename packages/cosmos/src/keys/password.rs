//! The password of a key store: from a file, the environment, or the keyboard.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

/// Whether a typed password is asked for twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Twice: it will protect something new.
    Yes,
    /// Once.
    No,
}

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The file cannot be read.
    #[error("cannot read the password file `{}`", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is no file, no variable, and nobody at the keyboard.
    #[error("the keys need their password; set {variable} or name a file with it")]
    Missing {
        /// The variable that may hold it.
        variable: &'static str,
    },
    /// The keyboard cannot be read.
    #[error("cannot ask for the password")]
    Keyboard(#[from] io::Error),
    /// It was typed differently the second time.
    #[error("the two passwords differ; nothing was written")]
    Differ,
}

/// Reads the password of a key store: from `file` if there is one, else from the environment's
/// `variable`, else from the terminal.
///
/// # Errors
/// [`PasswordError`].
pub fn read_password(
    file: Option<&Path>,
    variable: &'static str,
    again: Again,
) -> Result<String, PasswordError> {
    if let Some(file) = file {
        let text = std::fs::read_to_string(file)
            .map_err(|source| PasswordError::File { file: file.to_owned(), source })?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    if let Ok(password) = std::env::var(variable) {
        return Ok(password);
    }
    if !io::stdin().is_terminal() {
        return Err(PasswordError::Missing { variable });
    }
    let password = rpassword::prompt_password("password of the keys: ")?;
    if again == Again::Yes && password != rpassword::prompt_password("once more: ")? {
        return Err(PasswordError::Differ);
    }
    Ok(password)
}
