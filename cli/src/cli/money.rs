//! Amounts, rates, sizes and times as people read them.

/// Nano-units in a unit.
const NANO: u128 = 1_000_000_000;
const DAY: u64 = 86_400;

/// A rate as units per day, rounded up: the figure that people compare.
pub(super) fn per_day(nano_per_second: u128) -> String {
    grouped(nano_per_second.saturating_mul(u128::from(DAY)).div_ceil(NANO))
}

/// A number in groups of three.
pub(super) fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the largest binary unit that is exact.
pub(super) fn bytes(bytes: u64) -> String {
    let exact = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    let found = exact.into_iter().find(|(power, _)| bytes > 0 && bytes % (1_u64 << power) == 0);
    found.map_or_else(|| format!("{bytes} B"), |(power, unit)| format!("{} {unit}", bytes >> power))
}

/// Seconds in the two largest units that are not zero.
pub(super) fn duration(seconds: u64) -> String {
    let parts = [
        (seconds / DAY, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let from = parts.iter().position(|(count, _)| *count > 0).unwrap_or(parts.len() - 1);
    let shown = parts.iter().skip(from).take(2).filter(|(count, _)| *count > 0 || seconds == 0);
    shown.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (86_400, "1 d"),
            (90_061, "1 d 1 h"),
            (3_661, "1 h 1 min"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn numbers_are_grouped_and_sizes_exact() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(999), "999");
        assert_eq!(per_day(11_000_000_000), "950,400");
        assert_eq!(bytes(536_870_912), "512 MiB");
        assert_eq!(bytes(1_000), "1000 B");
    }
}
