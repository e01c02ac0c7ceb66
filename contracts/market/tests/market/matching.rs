//! Which offers can serve which groups, and at what rate: the whole resource model.

use cosmwasm_std::{Uint128, coins};
use market::msg::{GpuPrice, OfferTerms, Prices, StoragePrice};
use protocol::deployment::{Endpoint, Gpu, GpuModel, Volume};
use protocol::{Code, Group};

use crate::suite::{BOND, Suite, USD, attribute, by_offer, group, offer_terms, open_msg};

fn model(vendor: &str, model: Option<&str>, ram_gib: Option<u32>) -> GpuModel {
    GpuModel { vendor: vendor.into(), model: model.map(Into::into), ram_gib }
}

fn gpu(units: u32, alternatives: Vec<GpuModel>) -> Option<Gpu> {
    Some(Gpu { units, alternatives })
}

/// Prices of one each: 1 for a milli-cpu, 10 for memory, 100 and 1,000 for storage, 10,000 for an
/// endpoint, 100,000 and more for graphics processors.
fn prices() -> Prices {
    let storage = |class: &str, gib: u128| StoragePrice { class: class.into(), gib: gib.into() };
    let each = |model, each: u128| GpuPrice { model, each: each.into() };
    Prices {
        cpu_milli: Uint128::one(),
        memory_gib: Uint128::new(10),
        storage: vec![storage("default", 100), storage("beta3", 1_000)],
        gpus: vec![
            each(model("nvidia", Some("a100"), Some(80)), 300_000),
            each(model("nvidia", Some("a100"), Some(40)), 200_000),
            each(model("amd", Some("mi300"), None), 100_000),
        ],
        endpoint: Uint128::new(10_000),
    }
}

/// The rate at which an offer with these prices takes a group, or why it does not.
fn rate_of(change: impl Fn(&mut Group)) -> Result<u128, Code> {
    let mut suite = Suite::new();
    let terms = OfferTerms { prices: prices(), ..offer_terms() };
    let offer = suite.post("alice", terms, &coins(BOND, USD));
    let mut wanted = group("web", by_offer(offer));
    change(&mut wanted);
    let sent = suite.send("tenant", &open_msg(1, vec![wanted]), &coins(1_000, USD));
    let lease = suite.lease_id(1, 0);
    sent.map(|_| suite.lease(&lease).rate.u128())
        .map_err(|error| Code::find(&error).expect("a code"))
}

/// What a cpu and a GiB of memory cost.
const BARE: u128 = 1_000 + 10;

#[test]
fn graphics_processors_match_by_vendor_model_and_memory_and_the_cheapest_counts() {
    let cases = [
        (vec![], Ok(100_000)),
        (vec![model("nvidia", None, None)], Ok(200_000)),
        (vec![model("nvidia", Some("a100"), None)], Ok(200_000)),
        (vec![model("nvidia", Some("a100"), Some(80))], Ok(300_000)),
        (vec![model("nvidia", Some("a100"), Some(80)), model("amd", None, None)], Ok(100_000)),
        (vec![model("intel", None, None), model("nvidia", None, Some(40))], Ok(200_000)),
        (vec![model("nvidia", Some("h100"), None)], Err(Code::OfferUnavailable)),
        (vec![model("nvidia", Some("a100"), Some(24))], Err(Code::OfferUnavailable)),
        (vec![model("amd", Some("mi300"), Some(192))], Err(Code::OfferUnavailable)),
    ];
    for (alternatives, expected) in cases {
        let got = rate_of(|group| group.resources[0].gpu = gpu(2, alternatives.clone()));
        let expected = expected.map(|each| BARE + 2 * each);
        assert_eq!(got, expected, "{alternatives:?}");
    }
}

#[test]
fn storage_matches_by_class() {
    let volume = |class: &str| Volume { class: class.into(), bytes: 1 << 31, persistent: true };
    let with =
        |volumes: Vec<Volume>| rate_of(|group| group.resources[0].volumes.clone_from(&volumes));
    assert_eq!(with(vec![volume("default")]), Ok(BARE + 200));
    assert_eq!(with(vec![volume("default"), volume("beta3")]), Ok(BARE + 2_200));
    assert_eq!(with(vec![volume("default"), volume("ram")]), Err(Code::OfferUnavailable));
}

#[test]
fn b12_every_endpoint_and_every_unit_counts() {
    let rate = rate_of(|group| {
        let mut unit = group.resources[0].clone();
        unit.count = 3;
        unit.endpoints = vec![Endpoint::SharedHttp, Endpoint::LeasedIp];
        group.resources.push(unit);
    });
    assert_eq!(rate, Ok(BARE + 3 * (BARE + 20_000)));
}

#[test]
fn attributes_match_by_key_or_glob_and_by_value() {
    let region = |key: &str, value: &str| {
        let wanted = attribute(key, value);
        rate_of(|group| group.requirements.attributes = vec![wanted.clone()])
    };
    for key in ["region", "reg*", "*"] {
        assert_eq!(region(key, "eu-west"), Ok(BARE));
        assert_eq!(region(key, "eu-east"), Err(Code::ProviderIneligible));
    }
    assert_eq!(region("regio", "eu-west"), Err(Code::ProviderIneligible));
}

#[test]
fn a_rate_above_what_the_group_allows_is_refused() {
    assert_eq!(rate_of(|group| group.max_rate = BARE.into()), Ok(BARE));
    assert_eq!(rate_of(|group| group.max_rate = (BARE - 1).into()), Err(Code::RateAboveMax));
}

/// What a tenant wants of a group.
type Wish<'a> = &'a dyn Fn(&mut Group);

#[test]
fn a_refusal_names_what_is_missing() {
    let volume = Volume { class: "ram".into(), bytes: 1 << 31, persistent: true };
    let cases: [(Wish<'_>, &str); 5] = [
        (
            &|group| group.resources[0].gpu = gpu(1, vec![model("nvidia", Some("h100"), Some(80))]),
            "offer 1 cannot serve the group: a graphics processor `nvidia/h100/80Gi` has no price",
        ),
        (
            &|group| group.resources[0].volumes.push(volume.clone()),
            "offer 1 cannot serve the group: storage of class `ram` has no price",
        ),
        (
            &|group| group.requirements.attributes.push(attribute("region", "eu-east")),
            "lacks the attribute `region` = `eu-east`, which the order requires",
        ),
        (
            &|group| group.requirements.all_of.push(Suite::named("bob")),
            "on what the order requires",
        ),
        (
            &|group| group.min_stake = Some(Uint128::new(5_000)),
            "has a stake of 1000ustake, the order requires 5000ustake",
        ),
    ];
    for (change, words) in cases {
        let mut suite = Suite::new();
        let terms = OfferTerms { prices: prices(), ..offer_terms() };
        let offer = suite.post("alice", terms, &coins(BOND, USD));
        let mut wanted = group("web", by_offer(offer));
        change(&mut wanted);
        let open = open_msg(1, vec![wanted]);
        let error = suite.send("tenant", &open, &coins(1_000, USD)).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}
