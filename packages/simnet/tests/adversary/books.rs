//! The whole market kept from its events alone, as an indexer would keep it.

mod dues;
mod groups;
mod parties;

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use cosmwasm_std::Event;
use market::msg::OfferTerms;
use protocol::Deployment;
use protocol::deployment::Attribute;
use serde::de::DeserializeOwned;

use self::dues::Dues;
pub(crate) use self::dues::Home;

/// A group of a deployment, by the deployment's name.
pub(crate) type Key = (String, u32);
/// What cannot be, in words.
pub(crate) type Fault = String;

#[derive(Debug, Clone, Default)]
pub(crate) struct Books {
    pub(crate) treasury: String,
    pub(crate) providers: BTreeMap<String, Provider>,
    pub(crate) offers: BTreeMap<u64, Offer>,
    /// Those that live.
    pub(crate) deployments: BTreeMap<String, Account>,
    /// Those that do not, and what came back of them at their close.
    pub(crate) closed: BTreeMap<String, u128>,
    pub(crate) orders: BTreeMap<Key, Order>,
    /// By order and provider; they outlive their order until their deposit is returned.
    pub(crate) bids: BTreeMap<(Key, String), Bid>,
    pub(crate) leases: BTreeMap<Key, Lease>,
    /// By claimant and denom.
    pub(crate) claimables: BTreeMap<(String, String), u128>,
    /// Transfers home under way, by route and sequence
    /// -> denom, units, and whether it counts as unresolved.
    pub(crate) in_flight: BTreeMap<(String, String), (String, u128, bool)>,
    /// What everybody was to receive.
    pub(crate) dues: Dues,
    /// Kinds of events that were met.
    pub(crate) met: BTreeSet<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Provider {
    pub(crate) host_uri: String,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) stake: u128,
    pub(crate) denom: String,
    pub(crate) unbonds_at: Option<u64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) provider: String,
    pub(crate) bond: u128,
    pub(crate) bond_denom: String,
    pub(crate) terms: OfferTerms,
    /// Terms that hold later, and when.
    pub(crate) next: Option<(u64, OfferTerms)>,
    pub(crate) cancelled: bool,
    pub(crate) locked: u128,
    pub(crate) leases: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) denom: String,
    pub(crate) refund_to: String,
    pub(crate) spec: Deployment,
    /// Set aside for each group while it is an order.
    fee: u128,
    pub(crate) deposited: u128,
    pub(crate) refunded: u128,
    pub(crate) paid: u128,
}

#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) max_rate: u128,
    pub(crate) fee: u128,
    pub(crate) expires_at: u64,
    pub(crate) bidding_until: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bid {
    pub(crate) bid_no: u64,
    pub(crate) rate: u128,
    pub(crate) valid_until: u64,
    pub(crate) deposit: u128,
    pub(crate) denom: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Lease {
    pub(crate) provider: String,
    pub(crate) rate: u128,
    pub(crate) offer: Option<u64>,
    pub(crate) bond: u128,
    pub(crate) bond_denom: String,
    pub(crate) ready_by: u64,
    pub(crate) stops_at: Option<u64>,
    pub(crate) silent_deadline: Option<u64>,
    pub(crate) is_active: bool,
    pub(crate) is_reclaiming: bool,
    pub(crate) paid: u128,
    /// Number and rate of what a side proposes, by its name.
    pub(crate) proposals: BTreeMap<String, (u64, u128)>,
}

/// Transitions that change nothing of what is kept here.
const OTHER: [&str; 24] = [
    "action_announced",
    "action_performed",
    "action_retracted",
    "answer_unheard",
    "attributes_revoked",
    "attributes_signed",
    "callback_failed",
    "channel_close_armed",
    "command_failed",
    "command_refused",
    "control_channel_closed",
    "control_channel_opened",
    "denom_added",
    "denom_removed",
    "harm_repaid",
    "heartbeat_skipped",
    "money_accepted",
    "ownership_updated",
    "paused",
    "route_added",
    "route_updated",
    "settlement_asked",
    "statement_sent",
    "unpaused",
];

/// One event.
struct Told<'a>(&'a Event);

impl Told<'_> {
    fn may(&self, key: &str) -> Option<&str> {
        let found = self.0.attributes.iter().find(|attribute| attribute.key == key);
        found.map(|attribute| attribute.value.as_str())
    }

    fn text(&self, key: &str) -> Result<String, Fault> {
        let found = self.may(key).map(str::to_owned);
        found.ok_or_else(|| format!("no `{key}` in {:?}", self.0))
    }

    fn number<T: FromStr>(&self, key: &str) -> Result<T, Fault> {
        let text = self.text(key)?;
        text.parse().map_err(|_| format!("`{key}` is no number in {:?}", self.0))
    }

    fn may_number<T: FromStr>(&self, key: &str) -> Result<Option<T>, Fault> {
        self.may(key).map(|_| self.number(key)).transpose()
    }

    fn json<T: DeserializeOwned>(&self, key: &str) -> Result<T, Fault> {
        let text = self.text(key)?;
        serde_json::from_str(&text).map_err(|error| format!("`{key}`: {error} in {text}"))
    }

    fn group(&self) -> Result<Key, Fault> {
        Ok((self.text("deployment")?, self.number("group")?))
    }
}

fn known<'m, K: Ord + std::fmt::Debug, V>(
    map: &'m mut BTreeMap<K, V>,
    key: &K,
) -> Result<&'m mut V, Fault> {
    map.get_mut(key).ok_or_else(|| format!("{key:?} was never told of, or is over"))
}

fn taken<K: Ord + std::fmt::Debug, V>(map: &mut BTreeMap<K, V>, key: &K) -> Result<V, Fault> {
    map.remove(key).ok_or_else(|| format!("{key:?} was never told of, or is over"))
}

impl Books {
    /// Enters an event of the market.
    pub(crate) fn enter(&mut self, event: &Event) -> Result<(), Fault> {
        let Some(kind) = event.ty.strip_prefix("wasm-") else { return Ok(()) };
        self.met.insert(kind.to_owned());
        self.dues.meet(kind, &Told(event));
        if OTHER.contains(&kind) {
            return Ok(());
        }
        let told = Told(event);
        match kind.split('_').next().unwrap_or_default() {
            "provider" | "stake" => self.provider(kind, &told),
            "offer" => self.offer(kind, &told),
            "deployment" | "account" | "surplus" | "manifest" | "operators" | "refund" | "bond" => {
                self.deployment(kind, &told)
            }
            "order" | "listing" | "bid" => self.order(kind, &told),
            "lease" | "silence" | "terms" => self.lease(kind, &told),
            "credited" | "claim" | "settlement" | "params" => self.money(kind, &told),
            _ => Err(format!("nothing is known of {event:?}")),
        }
    }

    fn money(&mut self, kind: &str, told: &Told<'_>) -> Result<(), Fault> {
        if kind == "params_set" {
            self.treasury = told.text("treasury")?;
            return Ok(());
        }
        let (denom, amount) = (told.text("denom")?, told.number("amount")?);
        match kind {
            "credited" => self.credit(&told.text("claimant")?, &denom, amount),
            "claim_paid" => {
                let key = (told.text("claimant")?, denom);
                self.dues.paid(&key, told.may("to"), amount)?;
                let left = known(&mut self.claimables, &key)?;
                *left = left.checked_sub(amount).ok_or("more is paid than was credited")?;
            }
            "settlement_sent" => {
                let key = (told.text("route")?, told.text("detail")?);
                self.dues.sent(key.clone(), &told.text("owner")?, (&denom, amount));
                let is_counted = told.text("aside")? == "false";
                self.in_flight.insert(key, (denom, amount, is_counted));
            }
            "settlement_failed" => self.credit_again(&told.text("owner")?, &denom, amount),
            "settlement_arrived" | "settlement_returned" => {
                let key = (told.text("route")?, told.text("detail")?);
                taken(&mut self.in_flight, &key)?;
                if kind == "settlement_returned" {
                    self.dues.returned(key);
                    self.credit_again(&told.text("owner")?, &denom, amount);
                }
            }
            _ => return Err(format!("nothing is known of {kind}")),
        }
        Ok(())
    }

    fn credit(&mut self, claimant: &str, denom: &str, amount: u128) {
        self.dues.add(claimant, denom, amount);
        self.credit_claimable(claimant, denom, amount);
    }

    /// Credits what was on its way home. It was due before, but to who paid for a statement, whom nobody
    /// owed the unit as long as it was under way.
    fn credit_again(&mut self, claimant: &str, denom: &str, amount: u128) {
        if is_local(claimant) {
            self.dues.add(claimant, denom, amount);
        }
        self.credit_claimable(claimant, denom, amount);
    }

    fn credit_claimable(&mut self, claimant: &str, denom: &str, amount: u128) {
        *self.claimables.entry((claimant.to_owned(), denom.to_owned())).or_default() += amount;
    }
}

/// Whether a claimant is an address of the market's chain.
fn is_local(claimant: &str) -> bool {
    !claimant.contains('/')
}
