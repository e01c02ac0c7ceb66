//! How a limit is tested: what lies at its edge passes, what lies one beyond is refused by name.

use protocol::limits::LimitError;

type Checked = Result<(), LimitError>;

/// A list of `max` entries passes, of one more does not.
pub(crate) fn assert_entries(field: &'static str, max: usize, check: impl Fn(usize) -> Checked) {
    assert_eq!(check(max), Ok(()), "{field}");
    let got = max + 1;
    assert_eq!(check(got), Err(LimitError::TooLong { field, unit: "entries", got, max }));
}

/// A string of `max` bytes passes, of one more does not.
pub(crate) fn assert_bytes(field: &'static str, max: usize, check: impl Fn(String) -> Checked) {
    assert_eq!(check("x".repeat(max)), Ok(()), "{field}");
    let got = max + 1;
    let too_long = LimitError::TooLong { field, unit: "bytes", got, max };
    assert_eq!(check("x".repeat(got)), Err(too_long));
}

/// As [`assert_bytes`], and the empty string is refused too.
pub(crate) fn assert_text(field: &'static str, max: usize, check: impl Fn(String) -> Checked) {
    assert_eq!(check(String::new()), Err(LimitError::Empty { field }));
    assert_bytes(field, max, check);
}

/// `min` and `max` pass, one less and one more do not.
pub(crate) fn assert_range(
    field: &'static str,
    (min, max): (u128, u128),
    check: impl Fn(u128) -> Checked,
) {
    assert_eq!(check(min), Ok(()), "{field}");
    assert_eq!(check(max), Ok(()), "{field}");
    let refused = |got| Err(LimitError::OutOfRange { field, got, min, max });
    assert_eq!(check(max + 1), refused(max + 1));
    if let Some(below) = min.checked_sub(1) {
        assert_eq!(check(below), refused(below));
    }
}
