//! Offers that are kept as a file says: what they promise, and what one that stands lacks of it.

use anyhow::{Context as _, ensure};
use cosmwasm_std::Uint128;
use market::msg::{OfferInfo, OfferState, OfferTerms, Prices};
use protocol::deployment::Attribute;
use serde::Deserialize;

use super::{Capacity, DenomPrices};
use crate::coin::Coin;

/// Seconds for which an offer stands at least: it is renewed at half of its time.
const LEAST_SECONDS: u64 = 3_600;
/// Seconds for which an offer may stand: the market's `OFFER_SECONDS`.
const MOST_SECONDS: u64 = 366 * 86_400;

/// A standing offer of the file. Its prices are those of the list in its denom.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandingOffer {
    /// What its leases are paid in.
    pub denom: String,
    /// Leases that it may have at a time.
    pub capacity: u32,
    /// Its bond, of which each lease locks a day of its rate.
    pub bond: Coin,
    /// Units that a lease costs at least.
    #[serde(default)]
    pub min_charge: Uint128,
    /// Seconds for which it stands; it is renewed at half of them.
    #[serde(default = "ninety_days")]
    pub expires_in_seconds: u64,
    /// What its leases have beside what the provider says of itself.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}

const fn ninety_days() -> u64 {
    90 * 86_400
}

/// What is to be done for an offer of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// It does not stand.
    Post,
    /// It stands otherwise than the file says.
    Change {
        /// Its number.
        offer: u64,
        /// Why its terms are set anew; none if only its bond grows.
        why: Option<Why>,
        /// What its bond lacks.
        bond: u128,
    },
}

/// Why the terms of an offer are set anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The file says others.
    Changed,
    /// Half of its time has passed.
    Renewed,
}

impl StandingOffer {
    /// Checks what the form of the file does not tell.
    ///
    /// # Errors
    /// The first wrong value, with what is wanted.
    pub(super) fn check(&self, prices: &[DenomPrices]) -> anyhow::Result<()> {
        let Self { denom, capacity, expires_in_seconds, .. } = self;
        self.list(prices)?;
        ensure!(
            *capacity > 0,
            "the offer in `{denom}` has `capacity` 0; expected at least 1, or leave the offer out"
        );
        ensure!(
            (LEAST_SECONDS..=MOST_SECONDS).contains(expires_in_seconds),
            "the offer in `{denom}` has `expires_in_seconds` {expires_in_seconds}; expected {LEAST_SECONDS} to \
             {MOST_SECONDS}"
        );
        Ok(())
    }

    fn list<'a>(&self, prices: &'a [DenomPrices]) -> anyhow::Result<&'a Prices> {
        let denom = &self.denom;
        let list = prices.iter().find(|list| list.denom == *denom);
        let list = list.with_context(|| {
            format!("there is an offer in `{denom}` and no list of prices; add [[prices]] in it")
        })?;
        Ok(&list.each)
    }

    /// What it says to the market: at the prices of the file, but for kinds of which there is nothing to give.
    ///
    /// # Errors
    /// There are no prices in its denom.
    pub(super) fn terms(
        &self,
        prices: &[DenomPrices],
        capacity: &Capacity,
    ) -> anyhow::Result<OfferTerms> {
        let mut prices = self.list(prices)?.clone();
        prices.storage.retain(|price| capacity.has_storage(&price.class));
        prices.gpus.retain(|price| capacity.has_gpus(&price.model));
        Ok(OfferTerms {
            denom: self.denom.clone(),
            prices,
            attributes: self.attributes.clone(),
            capacity: self.capacity,
            min_charge: self.min_charge,
            expires_in_seconds: self.expires_in_seconds,
        })
    }

    /// Whether an offer of the provider's is this one: bonds and prices keep their denoms.
    pub(super) fn is(&self, offer: &OfferInfo) -> bool {
        offer.terms.denom == self.denom && offer.bond.denom == self.bond.denom
    }

    /// The one of the provider's offers that is this one and stands: the newest, if there are several.
    pub(super) fn find<'a>(&self, offers: &'a [OfferInfo]) -> Option<&'a OfferInfo> {
        let stands = |offer: &&OfferInfo| match offer.state {
            OfferState::Open | OfferState::Full => self.is(offer),
            OfferState::Expired | OfferState::Cancelled => false,
        };
        offers.iter().filter(stands).max_by_key(|offer| offer.id)
    }

    /// What is to be done by the time `now`, so that the offer stands with these terms.
    pub(super) fn due(
        &self,
        stands: Option<&OfferInfo>,
        terms: &OfferTerms,
        now: u64,
    ) -> Option<Deed> {
        let Some(offer) = stands else { return Some(Deed::Post) };
        // What is worse for tenants holds a day later, and each change begins that day anew.
        let says = offer.next.as_ref().map_or(&offer.terms, |next| &next.terms);
        let half = self.expires_in_seconds / 2;
        let why = if !is_same(says, terms) {
            Some(Why::Changed)
        } else if offer.next.is_none() && offer.expires_at.saturating_sub(now) <= half {
            Some(Why::Renewed)
        } else {
            None
        };
        let bond = self.bond.amount.saturating_sub(offer.bond.amount.u128());
        (why.is_some() || bond > 0).then_some(Deed::Change { offer: offer.id, why, bond })
    }
}

/// Whether two terms are the same but for their end.
fn is_same(one: &OfferTerms, other: &OfferTerms) -> bool {
    let OfferTerms { denom, prices, attributes, capacity, min_charge, expires_in_seconds: _ } = one;
    (denom, prices, attributes, capacity, min_charge)
        == (&other.denom, &other.prices, &other.attributes, &other.capacity, &other.min_charge)
}

#[cfg(test)]
mod tests {
    use super::super::config::{Config, EXAMPLE};

    /// The example with its offer.
    fn file(change: impl Fn(&str) -> String) -> anyhow::Result<Config> {
        let begin = EXAMPLE.find("# [[offers]]").expect("the example shows an offer");
        let (before, offer) = EXAMPLE.split_at(begin);
        let keys = offer.lines().map(|line| match line.strip_prefix("# ") {
            Some(key) if key.starts_with('[') || key.contains(" = ") => format!("{key}\n"),
            _ => format!("{line}\n"),
        });
        let config: Config =
            toml::from_str(&format!("{before}{}", change(&keys.collect::<String>())))?;
        config.check()?;
        Ok(config)
    }

    #[test]
    fn the_example_shows_every_key_of_an_offer_with_its_default() {
        let config = file(str::to_owned).unwrap();
        let [offer] = &config.offers[..] else { panic!("one offer: {:?}", config.offers) };
        assert_eq!((offer.bond.amount, offer.bond.denom.as_str()), (15_000_000, "stake"));
        let least = |text: &str| {
            let needed = ["[[offers]]", "denom", "capacity", "bond"];
            let keep = |line: &&str| needed.iter().any(|key| line.starts_with(key));
            text.lines().filter(keep).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(&file(least).unwrap().offers[0], offer);
        let terms = offer.terms(&config.prices, &config.capacity).unwrap();
        assert!(terms.prices.gpus.is_empty(), "of which it has none");
        assert_eq!(terms.prices.storage, config.prices[0].each.storage);
    }

    #[test]
    fn what_is_wrong_with_an_offer_is_said_with_what_is_wanted() {
        for (from, to, said) in [
            ("capacity = 10", "capacity = 0", "`capacity` 0; expected at least 1"),
            (
                "expires_in_seconds = 7776000",
                "expires_in_seconds = 60",
                "expected 3600 to 31622400",
            ),
            ("denom = \"ibc/", "denom = \"abc/", "add [[prices]] in it"),
            ("15000000stake", "15000000", "expected a coin such as"),
            ("min_charge", "min_charges", "unknown field `min_charges`"),
        ] {
            let error = file(|offer| offer.replace(from, to)).unwrap_err();
            assert!(format!("{error:#}").contains(said), "{from}: {error:#}");
        }
        let twice = file(|offer| format!("{offer}\n{offer}")).unwrap_err();
        assert!(format!("{twice:#}").contains("two offers in"), "{twice:#}");
    }
}
