//! Amounts, rates, sizes and times as people read them.

use outpost::msg::responses::OrderState;
use protocol::deployment::ResourceUnit;
use protocol::{Otherwise, Selection};

/// Nano-units in a unit.
const NANO: u128 = 1_000_000_000;
const DAY: u64 = 86_400;

/// How far an order has come.
#[must_use]
pub const fn order_state(state: OrderState) -> &'static str {
    match state {
        OrderState::Unsent => "not sent",
        OrderState::InFlight => "on its way",
        OrderState::Acked => "arrived",
        OrderState::Open => "open",
        OrderState::Leased => "leased",
        OrderState::Closed => "closed",
        OrderState::RefundDue => "refund due",
        OrderState::Refunded => "refunded",
    }
}

/// What a group asks for.
#[must_use]
pub fn resources(units: &[ResourceUnit]) -> String {
    units.iter().map(unit).collect::<Vec<_>>().join(" + ")
}

fn unit(unit: &ResourceUnit) -> String {
    let mut text =
        format!("{} × {}m cpu, {} memory", unit.count, unit.cpu_milli, bytes(unit.memory_bytes));
    for volume in &unit.volumes {
        text.push_str(&format!(", {} {}", bytes(volume.bytes), volume.class));
    }
    if let Some(gpu) = &unit.gpu {
        text.push_str(&format!(", {} gpu", gpu.units));
    }
    match unit.endpoints.len() {
        0 => {}
        1 => text.push_str(", 1 endpoint"),
        more => text.push_str(&format!(", {more} endpoints")),
    }
    text
}

/// How providers are chosen.
#[must_use]
pub fn selection(selection: &Selection) -> String {
    match selection {
        Selection::Manual {} => "manual".into(),
        Selection::Lowest { bidding_seconds } => {
            format!("lowest bid after {}", duration(*bidding_seconds))
        }
        Selection::Offer { offer, otherwise, max_charge } => {
            let charge = max_charge.map_or_else(String::new, |units| {
                format!(" with a minimum charge of at most {}", grouped(units.u128()))
            });
            let otherwise = match otherwise {
                Otherwise::Order => "bids",
                Otherwise::Refund => "refund",
            };
            format!("offer {offer}{charge}, else {otherwise}")
        }
    }
}

/// A rate as units per day, rounded up: the figure that people compare.
#[must_use]
pub fn per_day(nano_per_second: u128) -> String {
    grouped(nano_per_second.saturating_mul(u128::from(DAY)).div_ceil(NANO))
}

/// A number in groups of three.
#[must_use]
pub fn grouped(number: u128) -> String {
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
#[must_use]
pub fn bytes(bytes: u64) -> String {
    let exact = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    let found = exact.into_iter().find(|(power, _)| bytes > 0 && bytes % (1_u64 << power) == 0);
    found.map_or_else(|| format!("{bytes} B"), |(power, unit)| format!("{} {unit}", bytes >> power))
}

/// Seconds in the two largest units that are not zero.
#[must_use]
pub fn duration(seconds: u64) -> String {
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

/// Units with their denom.
#[must_use]
pub fn units(amount: u128, denom: &str) -> String {
    format!("{} {denom}", grouped(amount))
}

/// A second since 1970 as a date in UTC.
///
/// Source: H. Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
#[must_use]
pub fn moment(seconds: u64) -> String {
    let days = seconds / DAY + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dates() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_767_225_599, "2025-12-31 23:59:59 UTC"),
            (4_102_444_800, "2100-01-01 00:00:00 UTC"),
        ] {
            assert_eq!(moment(seconds), text);
        }
    }

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
