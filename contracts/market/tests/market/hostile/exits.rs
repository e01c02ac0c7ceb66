//! What anybody may say, too early or about nothing.

use protocol::Code;
use serde_json::{Value, json};

use super::{Case, case, deployment, far, lease};
use crate::suite::{Suite, USD};

fn about(message: &str, seq: u64) -> Value {
    let field = if message == "expire_order" { "order" } else { "lease" };
    json!({ message: { field: lease(seq) } })
}

fn of(message: &str, seq: u64) -> Value {
    json!({ message: { "deployment": deployment(seq) } })
}

fn claim(message: &str, claimant: Value, denom: &str) -> Value {
    json!({ message: { "claimant": claimant, "denom": denom } })
}

fn home(message: &str, channel: &str) -> Value {
    json!({ message: { "route": channel, "sequence": 1 } })
}

pub(super) fn cases() -> Vec<Case> {
    let operator = || json!({ "local": { "address": Suite::named("operator") } });
    let mut cases = vec![
        case("bob", about("expire_order", 2), Code::TooEarly, &["order expires", "now is"]),
        case("bob", about("close_unready", 1), Code::WrongState, &["not reported"]),
        case("bob", about("close_unready", 4), Code::WrongState, &["lease"]),
        case("bob", about("report_silent", 4), Code::TooEarly, &["silent", "now is"]),
        case("bob", about("report_silent", 1), Code::TooEarly, &["provider is late", "now is"]),
        case("bob", about("close_silent", 4), Code::WrongState, &["silent"]),
        case("bob", about("end_lease", 4), Code::WrongState, &["neither a term nor notice"]),
        case("bob", of("close_short", 4), Code::WrongState, &["not out of funds"]),
        case("bob", of("close_short", 9), Code::NotFound, &["/9"]),
        case("bob", of("finish", 4), Code::WrongState, &["0 open orders and 1 leases"]),
        case("bob", of("finish", 3), Code::WrongState, &["closed"]),
        case("bob", of("finish", 9), Code::NotFound, &["/9"]),
        case("bob", claim("claim", operator(), USD), Code::BelowMinimum, &[USD, "nothing"]),
        case("bob", claim("claim", operator(), "never"), Code::BelowMinimum, &["never"]),
        case("bob", claim("claim", far(), USD), Code::BelowMinimum, &["far1x"]),
        case("bob", claim("claim_local", operator(), USD), Code::BelowMinimum, &[USD]),
        case("bob", claim("claim_local", far(), USD), Code::BelowMinimum, &["far1x"]),
        case("bob", home("recover_settle", "channel-7"), Code::WrongRoute, &["channel-7"]),
        case("bob", home("ask_settled", "channel-7"), Code::WrongRoute, &["channel-7"]),
    ];
    for message in ["withdraw", "close_unready", "report_silent", "close_silent", "end_lease"] {
        cases.push(case("bob", about(message, 2), Code::NotFound, &["lease", "/2/0"]));
        cases.push(case("bob", about(message, 3), Code::WrongState, &["deployment", "closed"]));
        cases.push(case("bob", about(message, 9), Code::NotFound, &["deployment", "/9"]));
    }
    cases
}
