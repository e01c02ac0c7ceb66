//! Who has what, as a table.

use std::fmt::Write as _;

use super::stage::{Asset, Side, Stage, Who};

/// Units of one whole coin, of both assets.
const WHOLE: u128 = 1_000_000;
/// Everybody whose money moves.
const EVERYBODY: [Who; 6] =
    [Who::Dao, Who::Outpost, Who::Escrow, Who::Market, Who::Provider, Who::Treasury];

/// Every balance, as it is on the chains now.
pub(super) async fn balances(stage: &impl Stage) -> anyhow::Result<String> {
    let mut table = format!("  {:<9} {:<18} {:>16} {:>16}\n", "", "", "USDX", "stake coin");
    let mut last = None;
    for who in EVERYBODY {
        let side = who.side();
        let chain = if last == Some(side) { "" } else { side.name() };
        last = Some(side);
        let usdx = coins(stage.balance(who, Asset::Usdx).await?);
        let stake = match side {
            Side::A => coins(stage.balance(who, Asset::Stake).await?),
            Side::B => String::new(),
        };
        writeln!(
            table,
            "{}",
            format!("  {chain:<9} {:<18} {usdx:>16} {stake:>16}", who.name()).trim_end()
        )?;
    }
    Ok(table)
}

/// An amount in whole coins, exact: `1,000.000000`.
pub(super) fn coins(units: u128) -> String {
    let whole = (units / WHOLE).to_string();
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{:06}", units % WHOLE)
}

#[cfg(test)]
mod tests {
    use super::coins;

    #[test]
    fn amounts_are_exact() {
        for (units, text) in [
            (0, "0.000000"),
            (1, "0.000001"),
            (999_999_999, "999.999999"),
            (1_000_000_000, "1,000.000000"),
            (1_234_567_000_001, "1,234,567.000001"),
        ] {
            assert_eq!(coins(units), text);
        }
    }
}
