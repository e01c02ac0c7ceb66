//! What a provider decides: prices, capacity, how it presents itself.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use market::msg::Prices;
use market::price;
use protocol::Group;
use protocol::deployment::Attribute;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Capacity, Limits, StandingOffer};

/// The file that `entrepot provider example` prints: the manual, with every key.
pub const EXAMPLE: &str = include_str!("example.toml");

/// The example with a denom and a stake of one's own.
#[must_use]
pub fn example(denom: Option<&str>, stake: Option<&str>) -> String {
    let mut text = EXAMPLE.to_owned();
    for (key, given) in [("denom", denom), ("stake", stake)] {
        let start = format!("\n{key} = ");
        if let (Some(given), Some(at)) = (given, text.find(&start)) {
            let from = at + start.len();
            let until = text[from..].find('\n').map_or(text.len(), |length| from + length);
            text.replace_range(from..until, &toml::Value::from(given).to_string());
        }
    }
    text
}

/// Prices by denom. Other keys are passed over, so that the file of a whole provider serves too.
#[derive(Clone, Debug, Deserialize)]
pub struct PriceFile {
    /// One list for each denom that is taken.
    pub prices: Vec<DenomPrices>,
}

/// Prices in one denom.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenomPrices {
    /// As the market's chain calls it.
    pub denom: String,
    /// Nano-units per second, by resource.
    pub each: Prices,
}

/// Everything a provider that runs by itself needs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where tenants reach the provider's gateway.
    pub host_uri: String,
    /// What it says of itself.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
    /// Its stake when it registers, such as `1000000stake`.
    pub stake: String,
    /// What all its leases and bids together may need.
    pub capacity: Capacity,
    /// One list for each denom that is taken.
    pub prices: Vec<DenomPrices>,
    /// The offers that it keeps, at these prices.
    #[serde(default)]
    pub offers: Vec<StandingOffer>,
    /// Seconds for which a bid is binding.
    #[serde(default = "one_day")]
    pub valid_for_seconds: u64,
    /// Seconds from one round to the next.
    #[serde(default = "ten")]
    pub poll_seconds: u64,
    /// Seconds from one withdrawal to the next.
    #[serde(default = "one_day")]
    pub withdraw_every_seconds: u64,
    /// What it never goes beyond.
    #[serde(default)]
    pub limits: Limits,
}

const fn one_day() -> u64 {
    86_400
}

const fn ten() -> u64 {
    10
}

impl PriceFile {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// It cannot be read, or what is wrong with it, by line and key.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let prices: Self = read(file)?;
        check(&prices.prices).with_context(|| format!("`{}`", file.display()))?;
        Ok(prices)
    }

    /// The list in a denom, or the only one.
    ///
    /// # Errors
    /// There is none in this denom, or several and none was named.
    pub fn list(&self, denom: Option<&str>) -> anyhow::Result<&DenomPrices> {
        match (denom, &self.prices[..]) {
            (None, [only]) => Ok(only),
            (None, lists) => {
                let denoms: Vec<&str> = lists.iter().map(|list| list.denom.as_str()).collect();
                bail!(
                    "there are several lists of prices; give --denom with one of {}",
                    denoms.join(", ")
                )
            }
            (Some(denom), lists) => {
                let found = lists.iter().find(|list| list.denom == denom);
                found.with_context(|| {
                    let denoms: Vec<&str> = lists.iter().map(|list| list.denom.as_str()).collect();
                    format!(
                        "there is no list of prices in `{denom}`; the file has {}",
                        denoms.join(", ")
                    )
                })
            }
        }
    }

    /// What a group costs in a denom: nano-units per second; none if something has no price.
    #[must_use]
    pub fn rate(&self, denom: &str, group: &Group) -> Option<u128> {
        rate(&self.prices, denom, group)
    }
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// It cannot be read, or what is wrong with it, by line and key.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let config: Self = read(file)?;
        config.check().with_context(|| format!("`{}`", file.display()))?;
        Ok(config)
    }

    /// Checks what the form of the file does not tell.
    ///
    /// # Errors
    /// The first wrong value, with what is wanted.
    pub fn check(&self) -> anyhow::Result<()> {
        check_uri(&self.host_uri)?;
        ensure!(self.poll_seconds > 0, "`poll_seconds` is 0; expected at least 1");
        ensure!(self.valid_for_seconds > 0, "`valid_for_seconds` is 0; expected at least 1");
        let Limits { transactions_per_round, orders_per_round, .. } = self.limits;
        ensure!(transactions_per_round > 0, "`transactions_per_round` is 0; expected at least 1");
        ensure!(orders_per_round > 0, "`orders_per_round` is 0; expected at least 1");
        check(&self.prices)?;
        check_offers(&self.offers, &self.prices)
    }
}

fn read<T: DeserializeOwned>(file: &Path) -> anyhow::Result<T> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).with_context(|| {
        format!("cannot read `{shown}`; `entrepot provider example` prints one to begin with")
    })?;
    toml::from_str(&text).with_context(|| format!("`{shown}` is not valid"))
}

/// Checks where tenants shall reach a provider. The market takes any text, which nobody could use.
///
/// # Errors
/// It is no address of the web.
pub fn check_uri(host_uri: &str) -> anyhow::Result<()> {
    let host = host_uri.strip_prefix("https://").or_else(|| host_uri.strip_prefix("http://"));
    ensure!(
        host.is_some_and(|host| !host.is_empty() && !host.contains(char::is_whitespace)),
        "`host_uri` is `{host_uri}`; expected an address such as `https://provider.example.org`"
    );
    Ok(())
}

fn check(prices: &[DenomPrices]) -> anyhow::Result<()> {
    ensure!(!prices.is_empty(), "there are no prices; add a section [[prices]]");
    for (index, one) in prices.iter().enumerate() {
        let denom = &one.denom;
        let again = prices.iter().skip(index + 1).any(|other| other.denom == *denom);
        ensure!(!again, "there are two lists of prices in `{denom}`; leave one out");
        let free = Capacity::given_away(&one.each);
        ensure!(
            free.is_none(),
            "the price of {} in `{denom}` is 0; expected at least \"1\": of what costs nothing an offer may have to give \
             any amount, so beside it there would be no room for a bid",
            free.unwrap_or_default()
        );
    }
    Ok(())
}

fn check_offers(offers: &[StandingOffer], prices: &[DenomPrices]) -> anyhow::Result<()> {
    for (index, one) in offers.iter().enumerate() {
        let again = offers.iter().skip(index + 1).any(|other| other.denom == one.denom);
        ensure!(!again, "there are two offers in `{}`; leave one out", one.denom);
        one.check(prices)?;
    }
    Ok(())
}

/// What a group costs by these prices: nano-units per second; none if something has no price.
#[must_use]
pub(super) fn rate(prices: &[DenomPrices], denom: &str, group: &Group) -> Option<u128> {
    let prices = prices.iter().find(|prices| prices.denom == denom)?;
    price::rate(&prices.each, group).ok().map(|rate| rate.get())
}
