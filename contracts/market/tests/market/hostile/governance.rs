//! What only the owner may say, its tokens, the chain and the market itself.

use protocol::Code;
use serde_json::{Value, json};

use super::{Case, case, far, lease};
use crate::suite::{STAKE, Suite, USD};

/// What the owner says, rightly or not.
fn powers() -> Vec<(Value, Code, &'static [&'static str])> {
    let deaf = json!({ "callbacks": { "source_gas": 0, "destination_gas": 1 } });
    let route = |style: &Value| json!({ "add_route": { "channel": "channel-7", "style": style } });
    let denom = |denom: &str, least: &str, factor: &str| {
        json!({ "add_denom": {
            "denom": denom, "min_deposit": least, "min_bond": "1", "bond_factor": factor,
        } })
    };
    let remove =
        |route: Option<&str>| json!({ "remove_denom": { "denom": STAKE, "route": route } });
    vec![
        (slash("alice", "0"), Code::LimitExceeded, &["amount", "0", "1"]),
        (slash("alice", "101"), Code::LimitExceeded, &["amount", "101", "100"]),
        (slash("operator", "1"), Code::NotFound, &["provider"]),
        (slash_for("bob", "5", 4), Code::WrongState, &["slashed provider's"]),
        (denom(USD, "0", "1"), Code::LimitExceeded, &["min_deposit", "0", "1"]),
        (denom(USD, "1", "1000000001"), Code::LimitExceeded, &["bond_factor"]),
        (denom("", "1", "1"), Code::LimitExceeded, &["denom", "empty"]),
        (denom("cw20:x", "1", "1"), Code::Malformed, &["`x`"]),
        (remove(None), Code::UnknownDenom, &[STAKE, "this chain"]),
        (remove(Some("channel-7")), Code::WrongRoute, &["channel-7"]),
        (route(&deaf), Code::LimitExceeded, &["source_gas", "0", "1"]),
        (json!({ "update_route": { "channel": "channel-7" } }), Code::WrongRoute, &["channel-7"]),
        (
            json!({ "arm_channel_close": { "route": "channel-7" } }),
            Code::WrongRoute,
            &["channel-7"],
        ),
        (params("x", 200), Code::Malformed, &["`x`"]),
        (
            params(&Suite::named("treasury"), 2_001),
            Code::LimitExceeded,
            &["take_rate_bps", "2001", "2000"],
        ),
    ]
}

fn announcements() -> Vec<(Value, Code, &'static [&'static str])> {
    let announce = |action: Value| json!({ "announce": { "action": action } });
    let rescue = |claimant: Value| {
        let way = json!({ "here": { "to": Suite::named("bob") } });
        announce(json!({ "rescue": { "claimant": claimant, "denom": USD, "way": way } }))
    };
    let local = || json!({ "local": { "address": Suite::named("bob") } });
    let stray = |denom: &str, amount: &str| {
        announce(json!({ "attribute_stray": { "denom": denom, "amount": amount, "to": local() } }))
    };
    let resolve =
        json!({ "resolve_settle": { "route": "channel-7", "sequence": 1, "outcome": "arrived" } });
    vec![
        (rescue(local()), Code::WrongState, &["of this chain"]),
        (rescue(far()), Code::BelowMinimum, &["far1x"]),
        (stray("never", "1"), Code::UnknownDenom, &["never"]),
        (stray(USD, "0"), Code::LimitExceeded, &["amount", "0", "1"]),
        (stray(USD, "1"), Code::Insolvent, &[USD, "the market owes"]),
        (announce(resolve), Code::WrongRoute, &["channel-7"]),
        (json!({ "retract": { "announcement": 1 } }), Code::NotFound, &["announcement", "1"]),
        (json!({ "perform": { "announcement": 1 } }), Code::NotFound, &["announcement", "1"]),
    ]
}

fn slash(provider: &str, amount: &str) -> Value {
    let provider = Suite::named(provider);
    json!({ "slash_provider": { "provider": provider, "amount": amount, "reason": "x" } })
}

fn slash_for(provider: &str, amount: &str, seq: u64) -> Value {
    let harmed = json!([{ "lease": lease(seq), "amount": "1" }]);
    let provider = Suite::named(provider);
    json!({ "slash_provider": {
        "provider": provider, "amount": amount, "reason": "x", "harmed": harmed,
    } })
}

fn params(treasury: &str, bps: u32) -> Value {
    json!({ "set_params": { "params": {
        "treasury": treasury, "take_rate_bps": bps, "grace_seconds": 1, "stake_denom": STAKE,
        "min_stake": "1", "unbonding_seconds": 1, "settle_timeout_seconds": 600, "control_gas": 500_000,
    } } })
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = of_contracts();
    for (msg, code, words) in powers().into_iter().chain(announcements()) {
        cases.push(case("bob", msg.clone(), Code::Unauthorized, &["only", "owner"]));
        cases.push(case("owner", msg, code, words));
    }
    let transfer = json!({ "transfer_ownership": { "new_owner": "x" } });
    cases.extend([
        case("bob", json!({ "pause": {} }), Code::Unauthorized, &["only the owner and the pauser"]),
        case("pauser", json!({ "unpause": {} }), Code::Unauthorized, &["owner"]),
        case("owner", json!({ "update_ownership": transfer }), Code::Malformed, &["`x`"]),
        case(
            "bob",
            json!({ "update_ownership": "accept_ownership" }),
            Code::Unauthorized,
            &["owner"],
        ),
        case(
            "bob",
            json!({ "update_ownership": "renounce_ownership" }),
            Code::Unauthorized,
            &["owner"],
        ),
    ]);
    cases
}

fn of_contracts() -> Vec<Case> {
    let probe = json!({ "v": 1, "n": 1, "probe": { "nonce": 1 } });
    let packet = json!({ "control": { "route": "channel-7", "packet": "e30=" } });
    let received = json!({ "sender": Suite::named("bob"), "amount": "5", "msg": "e30=" });
    vec![
        case("bob", json!({ "entrepot": probe }), Code::Unauthorized, &["ibc-hooks"]).with(5, USD),
        case("bob", json!({ "internal": packet }), Code::Unauthorized, &["only"]),
        case("bob", json!({ "receive": received }), Code::UnknownDenom, &["cw20:", "this market"]),
    ]
}
