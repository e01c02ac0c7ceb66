//! How large things may be. Every bound is tested at its edge and one beyond.

use thiserror::Error;

/// Bytes of a transfer's whole memo.
pub const MEMO_BYTES: usize = 8 * 1024;
/// Bytes of one `open`, encoded; also of a deployment, however it is opened.
pub const OPEN_BYTES: usize = 4 * 1024;
/// Bytes of a control packet.
pub const CONTROL_BYTES: usize = 4 * 1024;
/// Groups of one deployment; also the leases one escrow account can pay.
pub const GROUPS: usize = 8;
/// Groups of one packet that may name a standing offer: each starts a lease in the same callback.
pub const OFFER_GROUPS: usize = 4;
/// Resource units of one group.
pub const RESOURCE_UNITS: usize = 4;
/// Attributes of one list.
pub const ATTRIBUTES: usize = 24;
/// Auditors of one list.
pub const AUDITORS: usize = 4;
/// Providers of an allow or deny list.
pub const PROVIDERS: usize = 8;
/// Endpoints of one resource unit.
pub const ENDPOINTS: usize = 8;
/// Volumes of one resource unit.
pub const VOLUMES: usize = 3;
/// Alternatives for one gpu.
pub const GPU_ALTERNATIVES: usize = 8;
/// Operators, and access keys, of one deployment.
pub const OPERATORS: usize = 4;
/// Bids that one order keeps.
pub const BIDS: usize = 20;
/// Bytes of a name.
pub const NAME_BYTES: usize = 32;
/// Bytes of an attribute's key or value and of other short strings.
pub const STRING_BYTES: usize = 64;
/// Bytes of a URI.
pub const URI_BYTES: usize = 256;
/// Bytes of an address, and of an account, on either chain.
pub const ADDRESS_BYTES: usize = 128;
/// Bytes of a refusal's text.
pub const DETAIL_BYTES: usize = 256;
/// Bytes of a denom: the SDK's own bound.
pub const DENOM_BYTES: usize = 128;
/// Integers that leave as JSON numbers stay below this, so that every reader keeps them exact.
pub const JSON_INTEGER: u64 = 1 << 53;
/// Units one transfer may carry and one escrow account may ever take.
pub const AMOUNT: u128 = 1 << 90;
/// Nano-units per second of one rate.
pub const RATE: u128 = 1 << 96;
/// Seconds of runway, at least: ten minutes.
pub const RUNWAY_MIN_SECONDS: u64 = 600;
/// Seconds of runway, at most: more than a year.
pub const RUNWAY_MAX_SECONDS: u64 = 1 << 25;
/// Seconds for which an order may stay open: thirty days.
pub const ORDER_SECONDS: u64 = 30 * 86_400;
/// Seconds of a heartbeat window, at least.
pub const HEARTBEAT_MIN_SECONDS: u64 = 900;
/// Seconds of a heartbeat window, at most: seven days.
pub const HEARTBEAT_MAX_SECONDS: u64 = 7 * 86_400;
/// Seconds of a lease's term, and until its first heartbeat is due, at least. An offer is taken without
/// asking its provider, who must have time to notice before its bond can be lost.
pub const LEASE_MIN_SECONDS: u64 = 900;
/// Seconds that a provider may take to its first heartbeat: one day.
pub const READY_SECONDS: u64 = 86_400;
/// Seconds of notice a tenant may ask of a provider: thirty days.
pub const NOTICE_SECONDS: u64 = 30 * 86_400;
/// Seconds of a fixed term: about three years.
pub const TERM_SECONDS: u64 = 3 * 366 * 86_400;
/// Seconds of a packet's timeout, at least, wherever a contract is instantiated.
pub const TIMEOUT_FLOOR_SECONDS: u64 = 10;
/// Seconds of a packet's timeout, at most.
pub const TIMEOUT_MAX_SECONDS: u64 = 86_400;

/// Something is larger, or smaller, than it may be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LimitError {
    /// A list has too many entries or a string too many bytes.
    #[error("`{field}` has {got} {unit}, at most {max} are allowed")]
    TooLong {
        /// Path of the field.
        field: &'static str,
        /// What is counted: `entries` or `bytes`.
        unit: &'static str,
        /// What was found.
        got: usize,
        /// What is allowed.
        max: usize,
    },
    /// A list or string is empty and must not be.
    #[error("`{field}` is empty")]
    Empty {
        /// Path of the field.
        field: &'static str,
    },
    /// A number is outside its range.
    #[error("`{field}` is {got}, it must be between {min} and {max}")]
    OutOfRange {
        /// Path of the field.
        field: &'static str,
        /// What was found.
        got: u128,
        /// The least that is allowed.
        min: u128,
        /// The most that is allowed.
        max: u128,
    },
    /// The same entry stands twice in a list that is a set.
    #[error("`{field}` lists `{entry}` twice")]
    Duplicate {
        /// Path of the field.
        field: &'static str,
        /// The repeated entry.
        entry: String,
    },
    /// A string has characters it must not have.
    #[error("`{field}` must be {expected}, got `{got}`")]
    BadForm {
        /// Path of the field.
        field: &'static str,
        /// The form wanted, in words.
        expected: &'static str,
        /// What was found.
        got: String,
    },
}

/// Checks the number of a list's entries.
///
/// # Errors
/// [`LimitError::TooLong`] beyond `max`.
pub const fn entries(field: &'static str, got: usize, max: usize) -> Result<(), LimitError> {
    if got > max {
        return Err(LimitError::TooLong { field, unit: "entries", got, max });
    }
    Ok(())
}

/// Checks the bytes of a string that may be empty.
///
/// # Errors
/// [`LimitError::TooLong`] beyond `max`.
pub const fn bytes(field: &'static str, got: usize, max: usize) -> Result<(), LimitError> {
    if got > max {
        return Err(LimitError::TooLong { field, unit: "bytes", got, max });
    }
    Ok(())
}

/// Checks the bytes of a string that must say something.
///
/// # Errors
/// [`LimitError::Empty`], or [`LimitError::TooLong`] beyond `max`.
pub const fn text(field: &'static str, value: &str, max: usize) -> Result<(), LimitError> {
    if value.is_empty() {
        return Err(LimitError::Empty { field });
    }
    bytes(field, value.len(), max)
}

/// Checks that a string has no control characters.
///
/// # Errors
/// [`LimitError::BadForm`].
pub fn without_control(field: &'static str, value: &str) -> Result<(), LimitError> {
    if value.chars().any(char::is_control) {
        let expected = "text without control characters";
        return Err(LimitError::BadForm { field, expected, got: value.escape_debug().collect() });
    }
    Ok(())
}

/// Checks an address: not empty, at most [`ADDRESS_BYTES`], printable ASCII without upper case or space.
///
/// An upper-case bech32 names the same account and arrives verbatim, so it would be a second
/// identity. Beyond ASCII there are signs that look alike or do not show.
///
/// # Errors
/// [`LimitError::Empty`], [`LimitError::TooLong`] or [`LimitError::BadForm`].
pub fn address(field: &'static str, value: &str) -> Result<(), LimitError> {
    text(field, value, ADDRESS_BYTES)?;
    if !value.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase()) {
        return Err(LimitError::BadForm {
            field,
            expected: "lower-case ASCII without white space",
            got: value.into(),
        });
    }
    Ok(())
}

/// Checks that a number lies in `[min, max]`.
///
/// # Errors
/// [`LimitError::OutOfRange`].
pub fn range(
    field: &'static str,
    got: impl Into<u128>,
    min: impl Into<u128>,
    max: impl Into<u128>,
) -> Result<(), LimitError> {
    let (got, min, max) = (got.into(), min.into(), max.into());
    if got < min || got > max {
        return Err(LimitError::OutOfRange { field, got, min, max });
    }
    Ok(())
}

/// Checks that a number can leave as a JSON number: below [`JSON_INTEGER`].
///
/// # Errors
/// [`LimitError::OutOfRange`].
pub fn integer(field: &'static str, got: u64) -> Result<(), LimitError> {
    range(field, got, 0_u64, JSON_INTEGER.saturating_sub(1))
}

/// Checks that no entry of a list that is a set stands twice.
///
/// # Errors
/// [`LimitError::Duplicate`].
pub fn distinct<'a>(
    field: &'static str,
    entries: impl IntoIterator<Item = &'a str>,
) -> Result<(), LimitError> {
    let mut seen = std::collections::BTreeSet::new();
    for entry in entries {
        if !seen.insert(entry) {
            return Err(LimitError::Duplicate { field, entry: entry.into() });
        }
    }
    Ok(())
}
