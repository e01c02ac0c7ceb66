//! Durations and sizes as the other relayers write them.

use std::time::Duration;

use crate::config::value::parse_duration;

/// A duration as Hermes writes it: `10s`, `14days`, `2h 30m`.
pub(super) fn hermes_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let millis = match unit {
            "ms" | "msec" | "millis" => 1,
            "s" | "sec" | "secs" | "second" | "seconds" => 1_000,
            "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600_000,
            "d" | "day" | "days" => 86_400_000,
            "w" | "week" | "weeks" => 604_800_000,
            _ => return None,
        };
        let number: u64 = number.parse().ok()?;
        total = total.checked_add(Duration::from_millis(number.checked_mul(millis)?))?;
        rest = after.trim_start();
    }
    (!text.trim().is_empty()).then_some(total)
}

/// A duration as Go writes it, such as `10s` or `1m30s`.
pub(super) fn go_duration(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let letters = rest[digits..].find(|c: char| c.is_ascii_digit());
        let (part, after) = rest.split_at(letters.map_or(rest.len(), |at| digits + at));
        total = total.checked_add(parse_duration(part).ok()?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

/// A size as Hermes writes it, in bytes: `32KiB`, `2 kB`, `1024`.
pub(super) fn bytes(text: &str) -> Option<usize> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let each = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "kib" => 1_024,
        "mb" => 1_000_000,
        "mib" => 1_048_576,
        _ => return None,
    };
    number.parse::<usize>().ok()?.checked_mul(each)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_the_others_write_them() {
        let seconds = |text: &str| hermes_duration(text).map(|duration| duration.as_secs());
        assert_eq!(seconds("14days"), Some(14 * 86_400));
        assert_eq!(seconds("2h 30m"), Some(9_000));
        assert_eq!(hermes_duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(go_duration("1m30s"), Some(Duration::from_secs(90)));
        for wrong in ["", "10", "s", "10x", "-1s"] {
            assert_eq!(hermes_duration(wrong), None, "{wrong}");
            assert_eq!(go_duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sizes_are_read_in_bytes() {
        let sizes = [("32KiB", 32_768), ("2 kB", 2_000), ("700", 700), ("1MiB", 1_048_576)];
        for (text, expected) in sizes {
            assert_eq!(bytes(text), Some(expected), "{text}");
        }
        for wrong in ["", "KiB", "2 GiB", "-1"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }
}
