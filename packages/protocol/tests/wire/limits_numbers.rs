//! Property: every number passes at both ends of its range and is refused one beyond.

use cosmwasm_std::Uint128;
use protocol::control::{Command, ControlBody, ControlPacket, SettledQuery};
use protocol::deployment::{Gpu, LocalOperator, ResourceUnit, Scope, Volume, validate_operators};
use protocol::limits::{self, LimitError};
use protocol::money::{Open, Probe, Settle, SettleKind, Statement, TopUp};
use protocol::{Action, Deployment, Group, Message, Otherwise, Selection};

use crate::edges::assert_range;
use crate::samples::{
    access_keys, deployment, group, instruction, manifest, message, operators, packet, settle,
    small_open,
};

/// The range of a number that leaves as a JSON number: `2^53` is the first that does not.
const JSON: (u128, u128) = (0, limits::JSON_INTEGER as u128 - 1);
const MAX: u128 = JSON.1;

fn narrow(value: u128) -> u64 {
    u64::try_from(value).unwrap()
}

fn web(change: impl FnOnce(&mut Group)) -> Result<(), LimitError> {
    let mut group = group("web", Selection::Manual {});
    change(&mut group);
    group.validate()
}

fn resource(change: impl FnOnce(&mut ResourceUnit)) -> Result<(), LimitError> {
    web(|group| change(&mut group.resources[0]))
}

#[test]
fn numbers_of_messages_stay_exact_in_json() {
    assert_eq!(limits::JSON_INTEGER, 9_007_199_254_740_992);
    let probe = Action::Probe(Probe { nonce: 0, refund_to: None });
    assert_range("n", JSON, |n| Message { n: narrow(n), action: probe.clone() }.validate());
    let says = |action| message(action).validate();
    assert_range("nonce", JSON, |nonce| {
        says(Action::Probe(Probe { nonce: narrow(nonce), refund_to: None }))
    });
    assert_range("seq", JSON, |seq| says(Action::Open(Open { seq: narrow(seq), ..small_open() })));
    assert_range("seq", JSON, |seq| {
        says(Action::TopUp(TopUp { account: "a".into(), tenant: None, seq: narrow(seq) }))
    });
    assert_range("seq", JSON, |seq| {
        let mut close = instruction(Command::CloseDeployment {});
        close.seq = narrow(seq);
        says(Action::Do(close))
    });
}

#[test]
fn numbers_of_settlements_stay_exact_in_json() {
    let says = |settle| message(Action::Settle(settle)).validate();
    let probe = || settle(SettleKind::Probe);
    assert_range("seq", JSON, |seq| says(Settle { seq: Some(narrow(seq)), ..probe() }));
    assert_range("nonce", JSON, |nonce| says(Settle { nonce: Some(narrow(nonce)), ..probe() }));
    assert_range("statement.n", JSON, |n| {
        let answer = protocol::control::Answer::Never { at: 1 };
        says(Settle { statement: Some(Statement { n: narrow(n), answer }), ..probe() })
    });
}

#[test]
fn numbers_of_control_packets_stay_exact_in_json() {
    let query = ControlBody::Settled(SettledQuery { n: 1 });
    assert_range("id", JSON, |id| ControlPacket { id: narrow(id), body: query.clone() }.validate());
    assert_range("n", JSON, |n| {
        packet(ControlBody::Settled(SettledQuery { n: narrow(n) })).validate()
    });
    assert_range("n", JSON, |n| Command::Status { n: Some(narrow(n)) }.validate());
    assert_range("terms_no", JSON, |no| {
        Command::AcceptTerms { group: 0, terms_no: narrow(no) }.validate()
    });
    for command in [
        |rev| Command::UpdateManifest { rev, manifest: manifest() },
        |rev| Command::SetRefundTo { rev, refund_to: "a".into() },
        |rev| Command::SetOperators {
            rev,
            local_operators: operators(),
            access_keys: access_keys(),
        },
    ] {
        assert_range("rev", JSON, |rev| command(narrow(rev)).validate());
    }
}

#[test]
fn the_index_of_a_group_is_below_the_number_of_groups() {
    let indices = (0, limits::GROUPS as u128 - 1);
    let index = |value: u128| u32::try_from(value).unwrap();
    assert_range("group", indices, |group| {
        Command::AcceptTerms { group: index(group), terms_no: 1 }.validate()
    });
    assert_range("group", indices, |group| Command::CloseLease { group: index(group) }.validate());
    assert_range("group", indices, |group| accept_bid(index(group), 1, 1));
}

fn accept_bid(group: u32, bid_no: u64, max_rate: u128) -> Result<(), LimitError> {
    let max_rate = Uint128::new(max_rate);
    Command::AcceptBid { group, provider: "a".into(), bid_no, max_rate }.validate()
}

#[test]
fn rates_and_amounts() {
    assert_range("max_rate", (1, limits::RATE), |rate| accept_bid(0, 1, rate));
    assert_range("bid_no", JSON, |no| accept_bid(0, narrow(no), 1));
    assert_range("groups.max_rate", (1, limits::RATE), |rate| {
        web(|group| group.max_rate = Uint128::new(rate))
    });
    assert_range("groups.min_stake", (0, limits::AMOUNT), |stake| {
        web(|group| group.min_stake = Some(Uint128::new(stake)))
    });
}

#[test]
fn what_the_largest_numbers_make_together_fits_128_bits() {
    let rates = limits::RATE * limits::GROUPS as u128;
    rates.checked_mul(u128::from(limits::RUNWAY_MAX_SECONDS)).unwrap();
    limits::AMOUNT.checked_mul(1_000_000_000).unwrap();
}

#[test]
fn times_of_a_deployment() {
    let (min, max) = (limits::RUNWAY_MIN_SECONDS, limits::RUNWAY_MAX_SECONDS);
    assert_range("runway_seconds", (min.into(), max.into()), |seconds| {
        let groups = vec![group("web", Selection::Manual {})];
        Deployment { runway_seconds: narrow(seconds), ..deployment(groups) }.validate()
    });
    assert_range("local_operators.expires_in_seconds", JSON, |seconds| {
        let expires_in_seconds = Some(narrow(seconds));
        let (address, scopes) = ("a".into(), vec![Scope::Close]);
        validate_operators(&[LocalOperator { address, scopes, expires_in_seconds }])
    });
}

#[test]
fn times_of_a_group() {
    assert_range("groups.expires_in_seconds", (1, limits::ORDER_SECONDS.into()), |seconds| {
        web(|group| group.expires_in_seconds = narrow(seconds))
    });
    let window = (limits::HEARTBEAT_MIN_SECONDS.into(), limits::HEARTBEAT_MAX_SECONDS.into());
    assert_range("groups.heartbeat_window_seconds", window, |seconds| {
        web(|group| group.heartbeat_window_seconds = Some(narrow(seconds)))
    });
    assert_range("groups.ready_within_seconds", (900, limits::READY_SECONDS.into()), |seconds| {
        web(|group| group.ready_within_seconds = Some(narrow(seconds)))
    });
    assert_range("groups.notice_seconds", (0, limits::NOTICE_SECONDS.into()), |seconds| {
        web(|group| group.notice_seconds = Some(narrow(seconds)))
    });
    assert_range("groups.term_seconds", (900, limits::TERM_SECONDS.into()), |seconds| {
        web(|group| group.term_seconds = Some(narrow(seconds)))
    });
}

#[test]
fn selection_of_a_group() {
    assert_range("groups.selection.bidding_seconds", (1, 5_000), |seconds| {
        web(|group| {
            group.expires_in_seconds = 5_000;
            group.selection = Selection::Lowest { bidding_seconds: narrow(seconds) };
        })
    });
    assert_range("groups.selection.offer", JSON, |offer| {
        let (offer, otherwise) = (narrow(offer), Otherwise::Order);
        web(|group| group.selection = Selection::Offer { offer, otherwise, max_charge: None })
    });
    assert_range("groups.selection.max_charge", (0, limits::AMOUNT), |units| {
        let (otherwise, max_charge) = (Otherwise::Order, Some(Uint128::new(units)));
        web(|group| group.selection = Selection::Offer { offer: 1, otherwise, max_charge })
    });
}

#[test]
fn sizes_of_resources() {
    let small = |value: u128| u32::try_from(value).unwrap();
    assert_range("resources.count", (1, 1_000), |count| resource(|unit| unit.count = small(count)));
    assert_range("resources.cpu_milli", (1, 1_000_000_000), |milli| {
        resource(|unit| unit.cpu_milli = narrow(milli))
    });
    assert_range("resources.memory_bytes", (1, MAX), |bytes| {
        resource(|unit| unit.memory_bytes = narrow(bytes))
    });
    assert_range("resources.volumes.bytes", (1, MAX), |bytes| {
        let bytes = narrow(bytes);
        resource(|unit| {
            unit.volumes = vec![Volume { class: "ram".into(), bytes, persistent: false }]
        })
    });
    assert_range("resources.gpu.units", (1, 10_000), |units| {
        let units = small(units);
        resource(|unit| unit.gpu = Some(Gpu { units, alternatives: Vec::new() }))
    });
}

/// These have no field on the wire: the contracts check them, with the same function.
#[test]
fn limits_that_the_contracts_check() {
    let timeout = (limits::TIMEOUT_FLOOR_SECONDS, limits::TIMEOUT_MAX_SECONDS);
    assert_range("timeout", (timeout.0.into(), timeout.1.into()), |seconds| {
        limits::range("timeout", seconds, timeout.0, timeout.1)
    });
    assert_range("amount", (1, limits::AMOUNT), |amount| {
        limits::range("amount", amount, 1_u64, limits::AMOUNT)
    });
    crate::edges::assert_entries("bids", limits::BIDS, |count| {
        limits::entries("bids", count, limits::BIDS)
    });
    crate::edges::assert_text("denom", limits::DENOM_BYTES, |denom| {
        limits::text("denom", &denom, limits::DENOM_BYTES)
    });
}

/// The values themselves, so that none moves unnoticed.
#[test]
fn limits_are_those_of_the_specification() {
    use limits::*;
    let counts = [
        (GROUPS, 8),
        (OFFER_GROUPS, 4),
        (RESOURCE_UNITS, 4),
        (ATTRIBUTES, 24),
        (AUDITORS, 4),
        (PROVIDERS, 8),
        (ENDPOINTS, 8),
        (VOLUMES, 3),
        (GPU_ALTERNATIVES, 8),
        (OPERATORS, 4),
        (BIDS, 20),
    ];
    let sizes = [
        (MEMO_BYTES, 8_192),
        (OPEN_BYTES, 4_096),
        (CONTROL_BYTES, 4_096),
        (NAME_BYTES, 32),
        (STRING_BYTES, 64),
        (URI_BYTES, 256),
        (ADDRESS_BYTES, 128),
        (DENOM_BYTES, 128),
        (DETAIL_BYTES, 256),
    ];
    for (limit, expected) in counts.into_iter().chain(sizes) {
        assert_eq!(limit, expected);
    }
    let seconds = [
        (RUNWAY_MIN_SECONDS, 600),
        (RUNWAY_MAX_SECONDS, 33_554_432),
        (ORDER_SECONDS, 2_592_000),
        (HEARTBEAT_MIN_SECONDS, 900),
        (HEARTBEAT_MAX_SECONDS, 604_800),
        (READY_SECONDS, 86_400),
        (NOTICE_SECONDS, 2_592_000),
        (TERM_SECONDS, 94_867_200),
        (TIMEOUT_FLOOR_SECONDS, 10),
        (TIMEOUT_MAX_SECONDS, 86_400),
    ];
    for (limit, expected) in seconds {
        assert_eq!(limit, expected);
    }
    assert_eq!((AMOUNT, RATE), (1 << 90, 1 << 96));
}
