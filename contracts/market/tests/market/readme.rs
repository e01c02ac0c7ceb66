//! The README's tables: every message has a row; every code stands with the meaning that the schema
//! gives it, and every error of the contract beside the code that its text begins with.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_schema::schema_for;
use cosmwasm_std::{OverflowError, OverflowOperation, StdError};
use escrow::EscrowError;
use market::ContractError;
use market::error::{Ineligible, Unavailable};
use market::msg::{ExecuteMsg, OwnerAction};
use protocol::Code;
use protocol::control::{Command, ControlPacket};
use protocol::handshake::HandshakeError;
use protocol::{LimitError, Memo, limits};

use crate::hostile::variants;

const README: &str = include_str!("../../README.md");

/// What stands between backticks.
fn words(cell: &str) -> impl Iterator<Item = String> {
    cell.split('`').filter(|word| !word.trim().is_empty()).map(str::to_owned)
}

/// The rows: code, meaning, errors.
fn rows() -> Vec<(String, String, BTreeSet<String>)> {
    let head = "| code | meaning | `src/error.rs` |\n|---|---|---|\n";
    let (_, table) = README.split_once(head).unwrap();
    let rows = table.lines().map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.map(|row| {
        let mut cells = row.split(" | ");
        let mut cell = || cells.next().unwrap();
        (words(cell()).collect(), cell().to_owned(), words(cell()).collect())
    })
    .collect()
}

fn limit() -> LimitError {
    limits::text("name", "", 1).unwrap_err()
}

/// One of each.
fn samples() -> Vec<ContractError> {
    use ContractError as E;
    let text = String::new;
    vec![
        E::Std(StdError::msg("")),
        E::Arithmetic(OverflowError::new(OverflowOperation::Add)),
        E::Escrow(EscrowError::Overflow { operation: "" }),
        E::Limit(limit()),
        E::Memo(Memo::parse("").unwrap_err()),
        E::Control(ControlPacket::parse(b"").unwrap_err()),
        E::Handshake(HandshakeError::Version { side: "own", got: text() }),
        E::Malformed { what: "", reason: text() },
        E::BadAddress { address: text(), reason: text() },
        E::WrongPort { end: "", got: text(), expected: text() },
        E::WrongRoute { channel: text(), problem: "" },
        E::WrongReceiver { got: text(), expected: text() },
        E::TransferFailed {},
        E::WrongCallback { got: text(), expected: text() },
        E::WrongCoin { got: text(), expected: text() },
        E::UnknownDenom { denom: text(), on: text() },
        E::BadSender(limit()),
        E::UsedNumber { n: 0 },
        E::UsedSeq { seq: 0 },
        E::UnknownOffer { offer: 0 },
        E::OfferUnavailable { offer: 0, problem: Unavailable::Gone },
        E::ChargeAboveMax { offer: 0, got: 0, max: 0 },
        E::RateAboveMax { got: 0, max: 0 },
        E::NotBetter { got: 0, max: 0 },
        E::ProviderIneligible { provider: text(), problem: Ineligible::Denied },
        E::TooSmall { what: "", got: 0, expected: 0 },
        E::TooMany { what: "", max: 0 },
        E::Paused {},
        E::Unauthorized { sender: text(), expected: "" },
        E::NotFound { what: "", id: text() },
        E::WrongState { what: "", problem: "" },
        E::InUse { what: "", orders: 0, leases: 0 },
        E::TooEarly { what: "", at: 0, now: 0 },
        E::TooLate { what: "", at: 0, now: 0 },
        E::NothingToClaim { claimant: text(), denom: text() },
        E::Insolvent { denom: text(), bank: 0, liabilities: 0 },
        E::Unsupported { what: "" },
        E::WrongVersion { got: text(), expected: text() },
        E::Overflow { what: "" },
        E::Missing { what: "" },
        E::UnknownReply { id: 0 },
    ]
}

/// The name of a variant. A new one does not compile before it is here, and then needs a sample.
fn name(error: &ContractError) -> String {
    use ContractError as E;
    match error {
        E::Std(_)
        | E::Arithmetic(_)
        | E::Escrow(_)
        | E::Limit(_)
        | E::Memo(_)
        | E::Control(_)
        | E::Handshake(_)
        | E::Malformed { .. }
        | E::BadAddress { .. }
        | E::WrongPort { .. }
        | E::WrongRoute { .. }
        | E::WrongReceiver { .. }
        | E::TransferFailed { .. }
        | E::WrongCallback { .. }
        | E::WrongCoin { .. }
        | E::UnknownDenom { .. }
        | E::BadSender(_)
        | E::UsedNumber { .. }
        | E::UsedSeq { .. }
        | E::UnknownOffer { .. }
        | E::OfferUnavailable { .. }
        | E::ChargeAboveMax { .. }
        | E::RateAboveMax { .. }
        | E::NotBetter { .. }
        | E::ProviderIneligible { .. }
        | E::TooSmall { .. }
        | E::TooMany { .. }
        | E::Paused { .. }
        | E::Unauthorized { .. }
        | E::NotFound { .. }
        | E::WrongState { .. }
        | E::InUse { .. }
        | E::TooEarly { .. }
        | E::TooLate { .. }
        | E::NothingToClaim { .. }
        | E::Insolvent { .. }
        | E::Unsupported { .. }
        | E::WrongVersion { .. }
        | E::Overflow { .. }
        | E::Missing { .. }
        | E::UnknownReply { .. } => {}
    }
    let debug = format!("{error:?}");
    debug.chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[test]
fn the_table_of_errors_has_every_code_with_the_meaning_of_the_schema() {
    let schema = serde_json::to_value(schema_for!(Code)).unwrap();
    let meanings = schema["oneOf"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().replace('\n', " ");
    let meanings: Vec<_> =
        meanings.map(|one| (text(&one["enum"][0]), text(&one["description"]))).collect();
    let listed: Vec<_> = rows().into_iter().map(|(code, meaning, _)| (code, meaning)).collect();
    assert_eq!(listed, meanings);
    let codes: Vec<_> = listed.into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, Code::ALL.map(|code| code.as_str().to_owned()));
}

#[test]
fn the_table_of_errors_has_every_error_beside_its_code() {
    let samples = samples();
    let known: BTreeSet<String> = samples.iter().map(name).collect();
    assert_eq!(known.len(), samples.len(), "a sample of each");
    let rows: BTreeMap<_, _> = rows().into_iter().map(|(code, _, errors)| (code, errors)).collect();
    for sample in &samples {
        let (code, name) = (sample.code().as_str(), name(sample));
        assert!(rows[code].contains(&name), "`{name}` is not listed with `{code}`");
        assert!(sample.to_string().starts_with(&format!("{code}: ")), "{sample}");
    }
    for (code, listed) in &rows {
        assert!(listed.is_subset(&known), "{code}: {listed:?}");
    }
}

#[test]
fn the_tables_of_messages_have_every_message_and_no_other() {
    let (_, section) = README.split_once("\n## Every message\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.map(|row| row.split(" |").next().unwrap());
    let told: BTreeSet<String> = cells.flat_map(words).collect();
    let mut messages = variants(&schema_for!(ExecuteMsg));
    messages.extend(variants(&schema_for!(Command)));
    assert_eq!(told, messages);
    for action in variants(&schema_for!(OwnerAction)) {
        assert!(section.contains(&format!("`{action}`: ")), "{action}");
    }
}
