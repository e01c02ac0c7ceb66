//! Who has what, as a table.

use std::fmt;

use serde::Serialize;

use super::stage::{Asset, Side, Stage, Who};

/// Units of one whole coin, of both assets.
const WHOLE: u128 = 1_000_000;
/// Everybody whose money moves.
const EVERYBODY: [Who; 6] =
    [Who::Dao, Who::Outpost, Who::Escrow, Who::Market, Who::Provider, Who::Treasury];

/// Every balance, as it is on the chains now.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Balances(Vec<Balance>);

/// What somebody has, in units; as text in JSON, which has no numbers so large.
#[derive(Debug, Serialize)]
struct Balance {
    chain: &'static str,
    who: &'static str,
    #[serde(serialize_with = "super::telling::units")]
    usdx: u128,
    /// None where there is no such coin.
    #[serde(
        serialize_with = "super::telling::some_units",
        skip_serializing_if = "Option::is_none"
    )]
    stake: Option<u128>,
}

impl Balances {
    /// # Errors
    /// A chain does not answer.
    pub(super) async fn read(stage: &impl Stage) -> anyhow::Result<Self> {
        let mut balances = Vec::new();
        for who in EVERYBODY {
            let stake = match who.side() {
                Side::A => Some(stage.balance(who, Asset::Stake).await?),
                Side::B => None,
            };
            let usdx = stage.balance(who, Asset::Usdx).await?;
            balances.push(Balance { chain: who.side().name(), who: who.name(), usdx, stake });
        }
        Ok(Self(balances))
    }
}

impl fmt::Display for Balances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {:<9} {:<18} {:>16} {:>16}", "", "", "USDX", "stake coin")?;
        let mut last = "";
        for Balance { chain, who, usdx, stake } in &self.0 {
            let shown = if last == *chain { "" } else { chain };
            last = chain;
            let stake = stake.map_or_else(String::new, coins);
            let line = format!("  {shown:<9} {who:<18} {:>16} {stake:>16}", coins(*usdx));
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
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
