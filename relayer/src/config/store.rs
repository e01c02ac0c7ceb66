//! Where ferry keeps what it knows, if that is not a file.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::value;

/// A database that several replicas of ferry share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Where it is.
    pub url: Url,
    /// For how long a replica that is not heard of keeps the others from relaying.
    #[serde(default = "default_lease", with = "lease")]
    pub lease: Duration,
}

pub(super) fn default_lease() -> Duration {
    Duration::from_secs(15)
}

/// A duration in which a lease can be renewed twice.
mod lease {
    use std::time::Duration;

    use serde::{Deserializer, Serializer};

    use super::value;

    const LEAST: Duration = Duration::from_secs(3);

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let lease = value::duration::deserialize(from)?;
        if lease < LEAST {
            let wrong = format!("it is {} s, it must be at least 3s", lease.as_secs_f64());
            return Err(serde::de::Error::custom(wrong));
        }
        Ok(lease)
    }

    pub(super) fn serialize<S: Serializer>(lease: &Duration, to: S) -> Result<S::Ok, S::Error> {
        value::duration::serialize(lease, to)
    }
}

/// The URL of a PostgreSQL database; shown without its password, and without its query, which may hold one.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// The URL with its password.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The end of the user's part comes first: a password may have a question mark.
        let end = self.0.rfind('@').unwrap_or(0);
        let (shown, query) = match self.0[end..].find('?') {
            Some(place) => (&self.0[..end + place], "?***"),
            None => (&self.0[..], ""),
        };
        let parts = shown.split_once("://").and_then(|(scheme, rest)| {
            let (user, host) = rest.rsplit_once('@')?;
            Some((scheme, user.split_once(':')?.0, host))
        });
        match parts {
            Some((scheme, user, host)) => write!(f, "{scheme}://{user}:***@{host}{query}"),
            None => write!(f, "{shown}{query}"),
        }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Url {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Url {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self(text));
        }
        Err(serde::de::Error::custom("it is no URL such as `postgres://ferry@db.example/ferry`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_password() {
        let show = |text: &str| Url(text.to_owned()).to_string();
        assert_eq!(show("postgres://ferry:s:e@cr@db/f"), "postgres://ferry:***@db/f");
        assert_eq!(show("postgres://ferry@db/f"), "postgres://ferry@db/f");
        assert_eq!(show("postgres:///f?host=/run"), "postgres:///f?***");
        assert_eq!(show("postgres://db/f?user=ferry&password=secret"), "postgres://db/f?***");
        assert_eq!(show("postgres://ferry@db/f?password=secret"), "postgres://ferry@db/f?***");
        let url = Url("postgres://ferry:secret@db/f".to_owned());
        assert!(!format!("{url:?} {}", serde_json::to_string(&url).unwrap()).contains("secret"));
    }
}
