//! What tenants and their operators say, and who pays for them.

use protocol::Code;
use serde_json::{Value, json};

use super::{Case, case, deployment, far, lease};
use crate::suite::{RATE, STAKE, Suite, USD, group, manual};

fn open(seq: u64, refund_to: Option<&str>, groups: Vec<protocol::Group>) -> Value {
    let deployment = crate::suite::deployment(groups);
    json!({ "open": { "seq": seq, "refund_to": refund_to, "deployment": deployment } })
}

fn act(seq: u64, command: Value) -> Value {
    json!({ "act": { "deployment": deployment(seq), "command": command } })
}

fn accept(provider: &str, bid_no: u64, max_rate: u128) -> Value {
    let (provider, max_rate) = (Suite::named(provider), max_rate.to_string());
    json!({ "accept_bid": {
        "group": 0, "provider": provider, "bid_no": bid_no, "max_rate": max_rate,
    } })
}

pub(super) fn cases() -> Vec<Case> {
    [of_openings(), of_money(), of_bids(), of_commands()].into_iter().flatten().collect()
}

fn of_openings() -> Vec<Case> {
    let long = vec![group(&"x".repeat(33), protocol::Selection::Manual {})];
    vec![
        case("tenant", open(1, None, manual()), Code::UsedSeq, &["deployment 1"]).with(1_000, USD),
        case("tenant", open(3, None, manual()), Code::UsedSeq, &["existed"]).with(1_000, USD),
        case(
            "tenant",
            open(1 << 53, None, manual()),
            Code::LimitExceeded,
            &["seq", "9007199254740992"],
        )
        .with(1_000, USD),
        case("tenant", open(6, Some("x"), manual()), Code::Malformed, &["`x`", "address"])
            .with(1_000, USD),
        case("tenant", open(6, None, long), Code::LimitExceeded, &["33", "32"]).with(1_000, USD),
        case("tenant", open(6, None, vec![]), Code::LimitExceeded, &["groups", "empty"])
            .with(1_000, USD),
        case("tenant", open(6, None, manual()), Code::InsufficientDeposit, &["99", "100"])
            .with(99, USD),
        case("tenant", open(6, None, manual()), Code::UnknownDenom, &[STAKE, "this chain"])
            .with(1_000, STAKE),
    ]
}

fn of_money() -> Vec<Case> {
    let top_up = |seq: u64| json!({ "top_up": { "seq": seq } });
    let far = json!({ "top_up": { "tenant": far(), "seq": 1 } });
    let attest = json!({ "attest": { "route": "channel-7", "sender": "far1x", "n": 1 } });
    vec![
        case("tenant", top_up(9), Code::NotFound, &["deployment", "/9"]).with(1_000, USD),
        case("tenant", top_up(3), Code::WrongState, &["deployment", "closed"]).with(1_000, USD),
        case("tenant", top_up(1), Code::InsufficientDeposit, &["99", "100"]).with(99, USD),
        case("tenant", top_up(1), Code::UnknownDenom, &[STAKE]).with(1_000, STAKE),
        case("tenant", far, Code::NotFound, &["far1x"]).with(1_000, USD),
        case("tenant", attest, Code::WrongRoute, &["channel-7"]).with(1, USD),
    ]
}

fn of_bids() -> Vec<Case> {
    let at_most = RATE;
    vec![
        case("bob", act(2, accept("bob", 1, at_most)), Code::Unauthorized, &["tenant", "operator"]),
        case("tenant", act(2, accept("bob", 2, at_most)), Code::NotFound, &["bid", "2 of"]),
        case("tenant", act(2, accept("alice", 1, at_most)), Code::NotFound, &["bid"]),
        case("tenant", act(2, accept("nobody", 1, at_most)), Code::NotFound, &["provider"]),
        case(
            "tenant",
            act(2, accept("bob", 1, RATE - 1)),
            Code::RateAboveMax,
            &["1000000000", "999999999"],
        ),
        case("tenant", act(1, accept("bob", 1, at_most)), Code::WrongState, &["leased to another"]),
        case("tenant", act(3, accept("bob", 1, at_most)), Code::WrongState, &["closed"]),
    ]
}

fn of_commands() -> Vec<Case> {
    let close = |group: u32| json!({ "close_lease": { "group": group } });
    let manifest =
        |hash: &str| json!({ "update_manifest": { "rev": 1, "manifest": { "hash": hash } } });
    let operator = json!({ "address": Suite::named("operator"), "scopes": ["close"] });
    let operators = |count: usize| {
        json!({ "set_operators": {
            "rev": 1, "local_operators": vec![operator.clone(); count], "access_keys": [],
        } })
    };
    let refund_to = |to: &str| json!({ "set_refund_to": { "rev": 1, "refund_to": to } });
    let accept_terms = json!({ "accept_terms": { "group": 0, "terms_no": 1 } });
    vec![
        case(
            "operator",
            act(4, json!({ "close_deployment": {} })),
            Code::Unauthorized,
            &["tenant"],
        ),
        case("tenant", act(9, json!({ "close_deployment": {} })), Code::NotFound, &["/9"]),
        case("tenant", act(4, close(1)), Code::NotFound, &["group"]),
        case("operator", act(4, refund_to("x")), Code::Unauthorized, &["tenant"]),
        case("tenant", act(4, refund_to("x")), Code::Malformed, &["`x`"]),
        case("tenant", act(4, manifest("zz")), Code::LimitExceeded, &["hash", "zz"]),
        case("tenant", act(4, operators(5)), Code::LimitExceeded, &["local_operators", "5", "4"]),
        case("tenant", act(4, accept_terms), Code::NotFound, &["1"]),
        case(
            "tenant",
            act(4, json!({ "status": { "n": 1_u64 << 53 } })),
            Code::LimitExceeded,
            &["n"],
        ),
        case("alice", json!({ "match": { "order": lease(2) } }), Code::WrongState, &["lowest bid"]),
        case(
            "alice",
            json!({ "match": { "order": lease(5) } }),
            Code::TooEarly,
            &["matched", "now is"],
        ),
        case(
            "alice",
            json!({ "match": { "order": lease(1) } }),
            Code::NotFound,
            &["open order", "/1/0"],
        ),
    ]
}
