//! Changing an offer: better at once, worse a day later, and nobody on the way is caught.

use cosmwasm_std::{Uint128, coin, coins};
use market::msg::{ExecuteMsg, GpuPrice, OfferInfo, OfferTerms, Prices, QueryMsg, StoragePrice};
use protocol::Code;
use protocol::Otherwise;
use protocol::control::{Command, GroupState};
use protocol::deployment::{Attribute, GpuModel, Selection};

use crate::suite::{
    BOND, PURSE, RATE, STAKE, Suite, USD, attribute, by_offer, group, manual, offer_terms, open_msg,
};

const DAY: u64 = 86_400;

fn update(offer: u64, terms: OfferTerms) -> ExecuteMsg {
    ExecuteMsg::UpdateOffer { offer, terms: Some(terms) }
}

fn priced(cpu_milli: u128) -> OfferTerms {
    let terms = offer_terms();
    let prices = Prices { cpu_milli: Uint128::new(cpu_milli), ..terms.prices };
    OfferTerms { prices, ..terms }
}

fn told(suite: &Suite, offer: u64) -> OfferInfo {
    suite.ask(&QueryMsg::Offer { offer })
}

/// The rate at which a tenant gets the offer now.
fn rate(suite: &mut Suite, seq: u64, offer: u64) -> u128 {
    suite.open(seq, vec![group("web", by_offer(offer))], 10_000);
    let lease = suite.lease_id(seq, 0);
    suite.lease(&lease).rate.u128()
}

/// `alice` with room for many leases.
fn posted(suite: &mut Suite) -> u64 {
    let terms = OfferTerms { capacity: 9, ..offer_terms() };
    suite.post("alice", terms, &coins(50 * BOND, USD))
}

#[test]
fn an_offer_raised_when_the_packet_is_seen_is_still_taken_at_the_old_price() {
    let mut suite = Suite::new();
    let offer = posted(&mut suite);
    suite.just("alice", &update(offer, OfferTerms { capacity: 9, ..priced(RATE / 500) }));
    assert_eq!(rate(&mut suite, 1, offer), RATE);
    assert_eq!(told(&suite, offer).next.unwrap().effective_at, suite.now() + DAY);
    suite.pass(DAY - 1);
    assert_eq!(rate(&mut suite, 2, offer), RATE);
    suite.pass(1);
    assert_eq!(rate(&mut suite, 3, offer), 2 * RATE);
    assert_eq!(told(&suite, offer).next, None);
    let first = suite.lease_id(1, 0);
    assert_eq!(suite.lease(&first).rate.u128(), RATE, "leases keep their rate");
}

#[test]
fn cheaper_holds_at_once_also_while_dearer_waits() {
    let mut suite = Suite::new();
    let offer = posted(&mut suite);
    let at = |price| update(offer, OfferTerms { capacity: 9, ..priced(price) });
    suite.just("alice", &at(RATE / 500));
    suite.pass(DAY / 2);
    suite.just("alice", &at(RATE / 2_000));
    assert_eq!(rate(&mut suite, 1, offer), RATE / 2);
    suite.pass(DAY);
    assert_eq!(rate(&mut suite, 2, offer), RATE / 2, "the dearer terms were replaced");
    // Each raise waits a whole day: a change of mind cannot be kept in stock.
    suite.just("alice", &at(RATE / 500));
    suite.pass(DAY - 1);
    suite.just("alice", &at(RATE / 600));
    suite.pass(1);
    assert_eq!(rate(&mut suite, 3, offer), RATE / 2);
}

#[test]
fn each_respect_counts_by_itself() {
    let mut suite = Suite::new();
    let terms = OfferTerms {
        attributes: vec![attribute("tier", "gold"), attribute("disk", "nvme")],
        min_charge: Uint128::new(50),
        ..offer_terms()
    };
    let offer = suite.post("alice", terms, &coins(2 * BOND, USD));
    let changed = OfferTerms {
        attributes: vec![attribute("disk", "nvme"), attribute("net", "10g")],
        min_charge: Uint128::new(60),
        capacity: 5,
        expires_in_seconds: DAY * 20,
        ..priced(RATE / 2_000)
    };
    suite.just("alice", &update(offer, changed.clone()));
    let now = told(&suite, offer);
    let has = |key: &str, of: &[Attribute]| of.iter().any(|attribute| attribute.key == key);
    assert!(["tier", "disk", "net"].iter().all(|key| has(key, &now.terms.attributes)));
    assert_eq!((now.terms.min_charge.u128(), now.terms.capacity), (50, 5));
    assert_eq!(now.terms.prices.cpu_milli.u128(), RATE / 2_000);
    assert_eq!(now.terms.expires_in_seconds, offer_terms().expires_in_seconds);
    assert_eq!(now.next.unwrap().terms, changed);
    suite.pass(DAY);
    assert_eq!(told(&suite, offer).terms, changed);
}

#[test]
fn what_an_offer_no_more_prices_it_still_gives_for_a_day() {
    let mut suite = Suite::new();
    let model = GpuModel { vendor: "nvidia".into(), model: Some("a100".into()), ram_gib: None };
    let with = |class: &str, gpu: u128| {
        let terms = offer_terms();
        let storage = vec![StoragePrice { class: class.into(), gib: Uint128::new(7) }];
        let gpus = vec![GpuPrice { model: model.clone(), each: Uint128::new(gpu) }];
        OfferTerms { prices: Prices { storage, gpus, ..terms.prices }, ..terms }
    };
    let offer = suite.post("alice", with("nvme", 5), &coins(2 * BOND, USD));
    suite.just("alice", &update(offer, with("hdd", 9)));
    let prices = told(&suite, offer).terms.prices;
    let classes: Vec<_> = prices.storage.iter().map(|price| price.class.as_str()).collect();
    assert_eq!(classes, ["hdd", "nvme"]);
    assert_eq!(prices.gpus[0].each.u128(), 5);
    suite.pass(DAY);
    assert_eq!(told(&suite, offer).terms.prices, with("hdd", 9).prices);
}

#[test]
fn a_tenant_leaves_without_minimum_charge_once_an_attribute_is_gone() {
    let mut suite = Suite::new();
    let gold = OfferTerms {
        attributes: vec![attribute("tier", "gold")],
        min_charge: Uint128::new(100_000),
        ..offer_terms()
    };
    let offer = suite.post("alice", gold.clone(), &coins(2 * BOND, USD));
    let mut wanting = group("web", by_offer(offer));
    wanting.requirements.attributes = vec![attribute("tier", "gold")];
    wanting.heartbeat_window_seconds = Some(7 * DAY);
    suite.open(1, vec![wanting], 200_000);
    let lease = suite.lease_id(1, 0);
    suite.beat("alice", &lease);
    suite.just("alice", &update(offer, OfferTerms { attributes: vec![], ..gold }));
    assert_eq!(suite.lease(&lease).reserved.u128(), 100_000);
    suite.pass(DAY);
    // The provider earned a day, which is less than the minimum, and no more.
    suite.act(Command::CloseDeployment {});
    assert_eq!(suite.usd("tenant"), PURSE - 86_400);
}

#[test]
fn a_bond_grows_and_carries_more_leases() {
    let mut suite = Suite::new();
    let offer = suite.post("alice", offer_terms(), &coins(BOND, USD));
    let add = ExecuteMsg::UpdateOffer { offer, terms: None };
    suite.open(1, vec![group("web", by_offer(offer))], 10_000);
    let second = open_msg(2, vec![group("web", by_offer(offer))]);
    suite.refused("tenant", &second, &coins(10_000, USD), Code::OfferUnavailable);
    suite.refused("alice", &add, &[], Code::WrongCoin);
    suite.refused("alice", &add, &coins(BOND, STAKE), Code::WrongCoin);
    suite.refused("alice", &add, &[coin(1, STAKE), coin(1, USD)], Code::WrongCoin);
    suite.refused("bob", &add, &coins(BOND, USD), Code::Unauthorized);
    suite.run("alice", &add, &coins(BOND, USD));
    suite.run("tenant", &second, &coins(10_000, USD));
    assert_eq!(told(&suite, offer).bond.amount.u128(), 2 * BOND);
}

#[test]
fn only_its_provider_changes_an_offer_that_stands() {
    let mut suite = Suite::new();
    let offer = suite.post_offer("alice");
    suite.refused("bob", &update(offer, offer_terms()), &[], Code::Unauthorized);
    suite.refused("alice", &update(99, offer_terms()), &[], Code::NotFound);
    let other = OfferTerms { denom: STAKE.into(), ..offer_terms() };
    suite.refused("alice", &update(offer, other), &[], Code::UnknownDenom);
    let none = OfferTerms { capacity: 0, ..offer_terms() };
    suite.refused("alice", &update(offer, none), &[], Code::LimitExceeded);
    suite.just("pauser", &ExecuteMsg::Pause {});
    suite.refused("alice", &update(offer, offer_terms()), &[], Code::Paused);
    suite.just("owner", &ExecuteMsg::Unpause {});
    suite.pass(30 * DAY);
    suite.refused("alice", &update(offer, offer_terms()), &[], Code::WrongState);
    let ended = suite.post_offer("alice");
    suite.open(1, vec![group("web", by_offer(ended))], 10_000);
    suite.just("alice", &ExecuteMsg::CancelOffer { offer: ended });
    suite.refused("alice", &update(ended, offer_terms()), &[], Code::WrongState);
}

#[test]
fn an_offer_that_grew_dear_becomes_an_order_or_is_refunded() {
    let mut suite = Suite::new();
    let offer = posted(&mut suite);
    suite.just("alice", &update(offer, OfferTerms { capacity: 9, ..priced(RATE / 100) }));
    suite.pass(DAY);
    let refund = open_msg(1, vec![group("web", by_offer(offer))]);
    suite.refused("tenant", &refund, &coins(10_000, USD), Code::RateAboveMax);
    let or_order = Selection::Offer { offer, otherwise: Otherwise::Order, max_charge: None };
    suite.open(1, vec![group("web", or_order)], 10_000);
    assert_eq!(suite.status(1).groups[0].state, GroupState::Open);
    suite.open(2, manual(), 1_000);
}

#[test]
fn a_minimum_charge_raised_during_a_vote_takes_no_more_than_a_day() {
    let mut suite = Suite::new();
    let offer = posted(&mut suite);
    let raised = OfferTerms { min_charge: Uint128::new(200_000), capacity: 9, ..offer_terms() };
    suite.just("alice", &update(offer, raised));
    suite.pass(DAY);
    let open = open_msg(1, vec![group("web", by_offer(offer))]);
    suite.refused("tenant", &open, &coins(200_600, USD), Code::OfferUnavailable);
    // A day at the limit is the most by default.
    let most = 2 * u128::from(DAY);
    let mut at = |charge| {
        let terms = OfferTerms { min_charge: Uint128::new(charge), ..offer_terms() };
        let offer = suite.post("alice", terms, &coins(2 * BOND, USD));
        open_msg(2, vec![group("web", by_offer(offer))])
    };
    let (edge, beyond) = (at(most), at(most + 1));
    suite.refused("tenant", &beyond, &coins(200_600, USD), Code::OfferUnavailable);
    suite.run("tenant", &edge, &coins(200_600, USD));
}

#[test]
fn a_tenant_says_which_minimum_charge_it_takes() {
    let mut suite = Suite::new();
    let terms = OfferTerms { min_charge: Uint128::new(500), ..offer_terms() };
    let offer = suite.post("alice", terms, &coins(2 * BOND, USD));
    let taking = |otherwise, units: u128| {
        let max_charge = Some(Uint128::new(units));
        vec![group("web", Selection::Offer { offer, otherwise, max_charge })]
    };
    let open = open_msg(1, taking(Otherwise::Refund, 499));
    let error = suite.send("tenant", &open, &coins(10_000, USD)).unwrap_err();
    assert_eq!(
        error.split_once("offer_unavailable").unwrap().1,
        ": offer 1 has a minimum charge of 500 units, the order takes at most 499"
    );
    suite.open(1, taking(Otherwise::Order, 499), 10_000);
    assert_eq!(suite.status(1).groups[0].state, GroupState::Open);
    suite.open(2, taking(Otherwise::Refund, 500), 10_000);
    assert_eq!(suite.status(2).groups[0].state, GroupState::Pending);
}

#[test]
fn an_offer_does_not_grow_with_every_update() {
    let with = |prices| OfferTerms { prices, ..offer_terms() };
    let names = |letter: char, count| (0..count).map(move |i| format!("{letter}{i}"));
    let attributes = |letter| {
        let attributes = names(letter, 24).map(|name| attribute(&name, "yes"));
        OfferTerms { attributes: attributes.collect(), ..offer_terms() }
    };
    let gpus = |letter| {
        let model = |vendor| GpuModel { vendor, model: None, ram_gib: None };
        let gpus = names(letter, 8).map(|name| GpuPrice { model: model(name), each: 1_u64.into() });
        with(Prices { gpus: gpus.collect(), ..offer_terms().prices })
    };
    let storage = |letter| {
        let storage = names(letter, 8).map(|class| StoragePrice { class, gib: 1_u64.into() });
        with(Prices { storage: storage.collect(), ..offer_terms().prices })
    };
    for full in [&attributes as &dyn Fn(char) -> OfferTerms, &gpus, &storage] {
        let mut suite = Suite::new();
        let offer = posted(&mut suite);
        suite.just("alice", &update(offer, full('a')));
        suite.pass(DAY);
        suite.just("alice", &update(offer, full('b')));
        suite.refused("alice", &update(offer, full('c')), &[], Code::LimitExceeded);
        suite.pass(DAY);
        suite.just("alice", &update(offer, full('c')));
    }
}
