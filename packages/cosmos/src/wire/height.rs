//! Heights as IBC counts them: a revision and a block.

use std::fmt;
use std::str::FromStr;

use ibc_proto::ibc::core::client::v1::Height as ProtoHeight;

/// A block of a chain. Revisions compare first: a restarted chain counts blocks anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Height {
    /// How often the chain was restarted under a new chain id.
    pub revision: u64,
    /// The block.
    pub block: u64,
}

/// The text is no height.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("height `{got}` is not valid; expected a form like `1-42`")]
pub struct HeightError {
    got: String,
}

impl Height {
    /// A height from its two parts.
    pub const fn new(revision: u64, block: u64) -> Self {
        Self { revision, block }
    }

    /// Whether this is `0-0`, by which a packet says that it has no timeout height.
    pub const fn is_zero(self) -> bool {
        self.revision == 0 && self.block == 0
    }
}

/// The revision that a chain id ends in: 4 of `name-4`, 0 without such an ending.
///
/// Source: ICS-2; ibc-go v10.5 `modules/core/02-client/types/height.go`, `ParseChainID`.
pub fn revision_of(chain_id: &str) -> u64 {
    match chain_id.rsplit_once('-') {
        Some((name, number))
            if !name.is_empty()
                && !name.ends_with('-')
                && !number.starts_with('0')
                && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            number.parse().unwrap_or(0)
        }
        _ => 0,
    }
}

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.revision, self.block)
    }
}

impl FromStr for Height {
    type Err = HeightError;

    fn from_str(text: &str) -> Result<Self, HeightError> {
        let parts = text.split_once('-');
        let parse = |(revision, block): (&str, &str)| {
            Some(Self::new(revision.parse().ok()?, block.parse().ok()?))
        };
        parts.and_then(parse).ok_or_else(|| HeightError { got: text.to_owned() })
    }
}

impl From<Height> for ProtoHeight {
    fn from(height: Height) -> Self {
        Self { revision_number: height.revision, revision_height: height.block }
    }
}

impl From<ProtoHeight> for Height {
    fn from(height: ProtoHeight) -> Self {
        Self::new(height.revision_number, height.revision_height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_follow_the_chain_id() {
        for (chain_id, revision) in [
            ("wasmdev-1", 1),
            ("betanet", 0),
            ("a-b-12", 12),
            ("a-01", 0),
            ("a--1", 0),
            ("-1", 0),
            ("a-", 0),
        ] {
            assert_eq!(revision_of(chain_id), revision, "{chain_id}");
        }
    }

    #[test]
    fn heights_read_print_and_order() {
        let height: Height = "1-42".parse().unwrap();
        assert_eq!((height, height.to_string().as_str()), (Height::new(1, 42), "1-42"));
        assert!(Height::new(1, 1) > Height::new(0, 99));
        for bad in ["", "42", "1-", "-1", "1-2-3", "a-1"] {
            assert!(bad.parse::<Height>().is_err(), "{bad}");
        }
    }
}
