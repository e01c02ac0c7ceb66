//! What providers and auditors say.

use protocol::Code;
use serde_json::{Value, json};

use super::{Case, case, lease};
use crate::suite::{BOND, RATE, STAKE, Suite, USD};

fn register(uri: &str, attributes: usize) -> Value {
    let attributes = (0..attributes).map(|index| json!({ "key": index.to_string(), "value": "x" }));
    let attributes: Vec<_> = attributes.collect();
    json!({ "register_provider": { "host_uri": uri, "attributes": attributes } })
}

fn terms(denom: &str, capacity: u32, days: u64) -> Value {
    let prices = json!({ "cpu_milli": "1", "memory_gib": "1", "storage": [], "endpoint": "1" });
    json!({
        "denom": denom, "prices": prices, "capacity": capacity,
        "expires_in_seconds": days * 86_400,
    })
}

fn post(terms: Value) -> Value {
    json!({ "post_offer": { "terms": terms } })
}

fn bid(seq: u64, rate: u128, seconds: u64) -> Value {
    json!({ "bid": { "order": lease(seq), "rate": rate.to_string(), "valid_for_seconds": seconds } })
}

pub(super) fn cases() -> Vec<Case> {
    [of_themselves(), of_offers(), of_bids(), of_leases(), of_auditors()]
        .into_iter()
        .flatten()
        .collect()
}

fn of_themselves() -> Vec<Case> {
    let uri = "https://x.example";
    let (long, alice) = ("x".repeat(257), Suite::named("alice"));
    vec![
        case("bob", register(uri, 1), Code::WrongState, &["registered already"]).with(1_000, STAKE),
        case("operator", register(uri, 1), Code::InsufficientDeposit, &["stake is 999", "1000"])
            .with(999, STAKE),
        case("operator", register(uri, 1), Code::WrongCoin, &["uusd", "ustake"]).with(1_000, USD),
        case("operator", register(&long, 1), Code::LimitExceeded, &["host_uri", "257", "256"])
            .with(1_000, STAKE),
        case("operator", register(uri, 25), Code::LimitExceeded, &["attributes", "25", "24"])
            .with(1_000, STAKE),
        case("operator", json!({ "update_provider": {} }), Code::NotFound, &["provider"]),
        case(
            "bob",
            json!({ "update_provider": { "host_uri": long } }),
            Code::LimitExceeded,
            &["257", "256"],
        ),
        case("operator", json!({ "deregister_provider": {} }), Code::NotFound, &["provider"]),
        case(
            "bob",
            json!({ "release_stake": { "provider": alice } }),
            Code::WrongState,
            &["is not leaving"],
        ),
        case(
            "bob",
            json!({ "release_stake": { "provider": "nobody" } }),
            Code::NotFound,
            &["nobody"],
        ),
    ]
}

fn of_offers() -> Vec<Case> {
    let good = || terms(USD, 1, 30);
    let update = |offer: u64| json!({ "update_offer": { "offer": offer, "terms": good() } });
    let cancel = |offer: u64| json!({ "cancel_offer": { "offer": offer } });
    vec![
        case("operator", post(good()), Code::NotFound, &["provider"]).with(BOND, USD),
        case("bob", post(terms("uother", 1, 30)), Code::UnknownDenom, &["uother"]).with(BOND, USD),
        case("bob", post(terms(USD, 0, 30)), Code::LimitExceeded, &["capacity", "0", "1"])
            .with(BOND, USD),
        case(
            "bob",
            post(terms(USD, 1, 367)),
            Code::LimitExceeded,
            &["expires_in_seconds", "31708800", "31622400"],
        )
        .with(BOND, USD),
        case("bob", post(good()), Code::InsufficientDeposit, &["bond is 9", "10"]).with(9, USD),
        case("bob", update(1), Code::Unauthorized, &["provider"]),
        case("alice", update(9), Code::NotFound, &["offer", "9"]),
        case("bob", cancel(1), Code::Unauthorized, &["provider"]),
        case("bob", cancel(9), Code::NotFound, &["offer", "9"]),
    ]
}

fn of_bids() -> Vec<Case> {
    let withdraw = |seq: u64, provider: &str| json!({ "withdraw_bid": { "order": lease(seq), "provider": Suite::named(provider) } });
    vec![
        case("alice", bid(2, 0, 60), Code::LimitExceeded, &["rate", "0", "1"]).with(BOND, USD),
        case("alice", bid(2, RATE, 0), Code::LimitExceeded, &["valid_for_seconds", "0"])
            .with(BOND, USD),
        case("alice", bid(2, RATE, 31 * 86_400), Code::LimitExceeded, &["2678400", "2592000"])
            .with(BOND, USD),
        case("alice", bid(2, 2 * RATE + 1, 60), Code::RateAboveMax, &["2000000001", "2000000000"])
            .with(BOND, USD),
        case("alice", bid(2, RATE, 60), Code::InsufficientDeposit, &["86399", "86400"])
            .with(BOND - 1, USD),
        case("alice", bid(1, RATE, 60), Code::NotFound, &["open order", "/1/0"]).with(BOND, USD),
        case("alice", bid(3, RATE, 60), Code::WrongState, &["deployment", "closed"])
            .with(BOND, USD),
        case("alice", bid(9, RATE, 60), Code::NotFound, &["deployment", "/9"]).with(BOND, USD),
        case("bob", bid(2, RATE, 60), Code::WrongState, &["bid", "withdraw it first"])
            .with(BOND, USD),
        case("operator", bid(2, RATE, 60), Code::NotFound, &["provider"]).with(BOND, USD),
        case("operator", withdraw(2, "bob"), Code::Unauthorized, &["the bidder"]),
        case("bob", withdraw(2, "alice"), Code::NotFound, &["bid"]),
        case("bob", withdraw(9, "bob"), Code::NotFound, &["deployment", "/9"]),
    ]
}

fn of_leases() -> Vec<Case> {
    let close = |seq: u64| json!({ "close_lease": { "lease": lease(seq) } });
    let beat = json!({ "heartbeat": { "leases": vec![lease(1); 51] } });
    let terms = |rate: &str, seconds: u64| {
        let terms = json!({ "rate": rate, "valid_for_seconds": seconds });
        json!({ "propose_terms": { "lease": lease(4), "terms": terms } })
    };
    let accept =
        |terms_no: u64| json!({ "accept_terms": { "lease": lease(4), "terms_no": terms_no } });
    vec![
        case("alice", beat, Code::LimitExceeded, &["leases", "51", "50"]),
        case("bob", close(4), Code::Unauthorized, &["provider"]),
        case("alice", close(2), Code::NotFound, &["lease", "/2/0"]),
        case("alice", close(9), Code::NotFound, &["deployment", "/9"]),
        case("bob", terms("5", 60), Code::Unauthorized, &["provider", "tenant"]),
        case("alice", terms("0", 60), Code::LimitExceeded, &["rate", "0", "1"]),
        case(
            "alice",
            terms("5", 8 * 86_400),
            Code::LimitExceeded,
            &["valid_for_seconds", "691200", "604800"],
        ),
        case("alice", accept(1), Code::NotFound, &["1"]),
        case("bob", accept(1), Code::Unauthorized, &["provider"]),
    ]
}

fn of_auditors() -> Vec<Case> {
    let (alice, bob) = (Suite::named("alice"), Suite::named("bob"));
    let sign = |provider: &str, days: u64| {
        let attributes = json!([{ "key": "region", "value": "eu" }]);
        let seconds = days * 86_400;
        json!({ "sign_attributes": {
            "provider": provider, "attributes": attributes, "valid_for_seconds": seconds,
        } })
    };
    let revoke =
        |auditor: &str| json!({ "revoke_attributes": { "provider": alice, "auditor": auditor } });
    vec![
        case("operator", sign("nobody", 1), Code::NotFound, &["provider", "nobody"]),
        case("operator", sign(&alice, 0), Code::LimitExceeded, &["valid_for_seconds", "0"]),
        case("operator", sign(&alice, 367), Code::LimitExceeded, &["31708800", "31622400"]),
        case("operator", revoke(&bob), Code::NotFound, &["signature"]),
    ]
}
