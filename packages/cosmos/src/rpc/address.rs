//! A node's address, which may hold what its owner pays for.

use std::fmt;

/// An address of a node. It is shown without what may be a secret: a user and a password before the host, and
/// everything behind the port, where providers put their keys.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(String);

impl Address {
    /// The address as it is called, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Address {
    fn from(text: &str) -> Self {
        Self(text.trim_end_matches('/').to_owned())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = match self.0.find("://") {
            Some(end) => self.0.split_at(end + 3),
            None => ("", self.0.as_str()),
        };
        let (authority, tail) = match rest.find(['/', '?', '#']) {
            Some(end) => rest.split_at(end),
            None => (rest, ""),
        };
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        write!(f, "{scheme}{host}")?;
        if tail.is_empty() { Ok(()) } else { f.write_str("/…") }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_not_shown() {
        for (address, shown) in [
            ("http://127.0.0.1:26657", "http://127.0.0.1:26657"),
            ("http://127.0.0.1:26657/", "http://127.0.0.1:26657"),
            ("https://user:secret@rpc.example", "https://rpc.example"),
            ("https://user:s@cret@rpc.example:443/", "https://rpc.example:443"),
            ("https://rpc.example?apikey=secret", "https://rpc.example/…"),
            ("https://rpc.example/v1/secret", "https://rpc.example/…"),
            ("rpc.example/secret", "rpc.example/…"),
        ] {
            let address = Address::from(address);
            assert_eq!(
                (format!("{address}"), format!("{address:?}")),
                (shown.into(), shown.into())
            );
        }
    }
}
