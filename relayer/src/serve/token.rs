//! The token that allows to change things.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper::header::{self, HeaderMap};

/// The shortest token that is taken.
const SHORTEST: usize = 16;

/// A secret that a request must carry.
#[derive(Clone)]
pub struct Token(Arc<str>);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file cannot be read.
    #[error("the token file `{}` cannot be read; write a token into it, as by `openssl rand -hex 24`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It can be guessed.
    #[error("the token in `{}` has {got} characters, it must have at least {SHORTEST}", path.display())]
    Short {
        /// The file.
        path: PathBuf,
        /// Its length.
        got: usize,
    },
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

impl Token {
    /// Reads the token of a file.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| TokenError::Unreadable { path: path.into(), source })?;
        let token = text.trim();
        match token.len() {
            got @ 0..SHORTEST => Err(TokenError::Short { path: path.into(), got }),
            _ => Ok(Self(token.into())),
        }
    }

    /// Whether a request carries it, as `Authorization: Bearer TOKEN`.
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
        let given = given.and_then(|value| value.strip_prefix(b"Bearer "));
        given.is_some_and(|given| is_same(given, self.0.as_bytes()))
    }
}

/// Compares in a time that does not depend on where the two differ, so that nobody can find a token bit by bit.
fn is_same(given: &[u8], token: &[u8]) -> bool {
    let difference = given.iter().zip(token).fold(0, |sum, (a, b)| sum | (a ^ b));
    given.len() == token.len() && difference == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_the_token() {
        let token = Token("0123456789abcdef".into());
        let is_in = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            token.is_in(&headers)
        };
        assert!(is_in("Bearer 0123456789abcdef"));
        for wrong in
            ["0123456789abcdef", "Bearer ", "Bearer 0123456789abcde", "Bearer 0123456789abcdeff"]
        {
            assert!(!is_in(wrong), "{wrong}");
        }
        assert!(!token.is_in(&HeaderMap::new()));
        assert!(!format!("{token:?}").contains("0123"));
    }

    #[test]
    fn a_token_that_can_be_guessed_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(Token::read(file.path()), Err(TokenError::Short { got: 0, .. })));
        std::fs::write(file.path(), "  0123456789abcdef\n").unwrap();
        assert_eq!(&*Token::read(file.path()).unwrap().0, "0123456789abcdef");
    }
}
