//! Property: the bytes of every kind of message are those of the golden files, in both directions.
//!
//! A difference is a change of the wire: raise `VERSION` and `MESSAGE_VERSION`, then rewrite the
//! files with `GOLDEN=write cargo test -p protocol to_the_golden_bytes`.

use std::fmt::Debug;
use std::fs;
use std::path::PathBuf;

use protocol::control::{
    Answer, Command, ControlAck, ControlBody, ControlPacket, DeploymentState, DeploymentStatus,
    Notice, SettledQuery,
};
use protocol::money::{Probe, Settle, SettleKind, Statement, TopUp};
use protocol::{Action, Code, Memo, Otherwise, Selection, Tenant};

use crate::{samples, styles};

/// A message of one of the three forms that cross the wire.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wire {
    Memo(Memo),
    Packet(ControlPacket),
    Ack(ControlAck),
}

impl Wire {
    pub(crate) fn encode(&self) -> String {
        match self {
            Self::Memo(memo) => memo.encode().unwrap(),
            Self::Packet(packet) => String::from_utf8(packet.encode().unwrap().into()).unwrap(),
            Self::Ack(ack) => cosmwasm_std::to_json_string(ack).unwrap(),
        }
    }

    /// Decodes `text` as the form that `self` has.
    pub(crate) fn decode_alike(&self, text: &str) -> Result<Self, String> {
        fn said(error: &impl ToString) -> String {
            error.to_string()
        }
        match self {
            Self::Memo(_) => Memo::parse(text).map(Self::Memo).map_err(|e| said(&e)),
            Self::Packet(_) => {
                ControlPacket::parse(text.as_bytes()).map(Self::Packet).map_err(|e| said(&e))
            }
            Self::Ack(_) => ControlAck::parse(text.as_bytes()).map(Self::Ack).map_err(|e| said(&e)),
        }
    }
}

fn purchases() -> Vec<(String, Wire)> {
    let offer = Selection::Offer { offer: 42, otherwise: Otherwise::Order, max_charge: None };
    let by_offer = samples::open(samples::deployment(vec![samples::group("web", offer)]));
    let remote =
        Tenant::Remote { route: "channel-0".into(), sender: "far1x".into(), account: "a".into() };
    let mut wallet = samples::memo(Action::Open(samples::small_open()));
    wallet.src_callback = None;
    let top_up = |tenant| Action::TopUp(TopUp { account: samples::DAO.into(), tenant, seq: 7 });
    let close = samples::instruction(Command::CloseDeployment {});
    [
        ("memo_open_by_offer", samples::memo(Action::Open(by_offer))),
        ("memo_open_manual", samples::memo(Action::Open(samples::small_open()))),
        ("memo_open_full", samples::memo(Action::Open(samples::full_open()))),
        ("memo_open_from_wallet", wallet),
        ("memo_top_up", samples::memo(top_up(None))),
        ("memo_top_up_of_another", samples::memo(top_up(Some(remote)))),
        (
            "memo_top_up_of_local",
            samples::memo(top_up(Some(Tenant::Local { address: "away1x".into() }))),
        ),
        ("memo_do", samples::memo(Action::Do(close))),
        ("memo_probe", samples::memo(Action::Probe(Probe { nonce: 99, refund_to: None }))),
    ]
    .into_iter()
    .map(|(name, memo)| (name.into(), Wire::Memo(memo)))
    .collect()
}

fn settlements() -> Vec<(String, Wire)> {
    let statement = |answer| Settle {
        seq: None,
        statement: Some(Statement { n: 12, answer }),
        ..samples::settle(SettleKind::Status)
    };
    let probe = Settle { seq: None, nonce: Some(99), ..samples::settle(SettleKind::Probe) };
    let mut to_wallet = samples::settlement(SettleKind::Closed);
    to_wallet.dest_callback = None;
    let mut all = vec![("memo_settle_closed_to_wallet", to_wallet)];
    for (name, settle) in [
        ("memo_settle_closed", samples::settle(SettleKind::Closed)),
        ("memo_settle_refund", samples::settle(SettleKind::Refund)),
        ("memo_settle_surplus", samples::settle(SettleKind::Surplus)),
        ("memo_settle_status_never", statement(Answer::Never { at: 1_800_000_600 })),
        ("memo_settle_status_open", statement(Answer::Deployment(samples::status()))),
        ("memo_settle_probe", probe),
    ] {
        let mut memo = samples::settlement(SettleKind::Closed);
        memo.entrepot = samples::message(Action::Settle(settle));
        all.push((name, memo));
    }
    all.into_iter().map(|(name, memo)| (name.into(), Wire::Memo(memo))).collect()
}

fn packets() -> Vec<(String, Wire)> {
    let notice = Notice { account: samples::DAO.into(), seq: 7, status: samples::status() };
    let questions = [
        ("packet_notice".into(), ControlBody::Notice(notice)),
        ("packet_settled".into(), ControlBody::Settled(SettledQuery { n: 31 })),
    ];
    samples::commands()
        .into_iter()
        .map(|(name, command)| {
            (format!("packet_do_{name}"), ControlBody::Do(samples::instruction(command)))
        })
        .chain(questions)
        .map(|(name, body)| (name, Wire::Packet(samples::packet(body))))
        .collect()
}

fn acknowledgements() -> Vec<(String, Wire)> {
    let closed = DeploymentStatus {
        state: DeploymentState::Closed,
        free: 0_u128.into(),
        rate: 0_u128.into(),
        runs_out_at: None,
        groups: Vec::new(),
        ..samples::status()
    };
    [
        ("ack_done", ControlAck::Answer(Answer::Done {})),
        ("ack_stale", ControlAck::Answer(Answer::Stale { rev: 9 })),
        ("ack_never", ControlAck::Answer(Answer::Never { at: 1_800_000_600 })),
        ("ack_open", ControlAck::Answer(Answer::Deployment(samples::status()))),
        ("ack_closed", ControlAck::Answer(Answer::Deployment(closed))),
        ("ack_settled", ControlAck::Answer(Answer::Settled { credited: true, at: 1_800_000_700 })),
        (
            "ack_refused",
            ControlAck::refused(Code::NotFound, "bid 3 of group 0 is not there any more"),
        ),
        ("ack_internal", ControlAck::Internal {}),
    ]
    .into_iter()
    .map(|(name, ack)| (name.into(), Wire::Ack(ack)))
    .collect()
}

/// Every golden message with the name of its file.
pub(crate) fn all() -> Vec<(String, Wire)> {
    [purchases(), settlements(), packets(), acknowledgements()].concat()
}

fn file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "golden", &format!("{name}.json")].iter().collect()
}

pub(crate) fn assert_golden(name: &str, encoded: &str) {
    if std::env::var_os("GOLDEN").is_some_and(|mode| mode == "write") {
        fs::write(file(name), format!("{encoded}\n")).unwrap();
    }
    let golden = fs::read_to_string(file(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(format!("{encoded}\n"), golden, "{name}: the wire has changed");
}

#[test]
fn messages_encode_to_the_golden_bytes() {
    for (name, message) in all() {
        assert_golden(&name, &message.encode());
    }
}

#[test]
fn golden_bytes_decode_to_the_messages() {
    for (name, message) in all() {
        let text = fs::read_to_string(file(&name)).unwrap();
        assert_eq!(message.decode_alike(text.trim_end()), Ok(message), "{name}");
    }
}

#[test]
fn every_golden_file_has_its_message() {
    let mut names: Vec<String> =
        all().into_iter().map(|(name, _)| format!("{name}.json")).collect();
    names.extend(styles::files());
    names.sort();
    let directory = file("x").parent().unwrap().to_owned();
    let mut files: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, names);
}
