use super::*;
use crate::model::ids::{End, Order, PacketKey, Side};

/// With its bytes.
const UPDATE: u64 = 57_600 + 12_500;
const UPDATE_BYTES: Option<usize> = Some(1_250);
const REST: u64 = 26_000;
const RECV: u64 = 66_000;

fn flow() -> FlowId {
    FlowId { path: "ab".into(), to: Side::B }
}

fn packet(data: Vec<u8>, port: &str) -> (PacketKey, PacketData) {
    let end = |channel: &str| End { port: port.into(), channel: channel.into() };
    let ends = Ends::V1 { src: end("c-0"), dst: end("c-1"), order: Order::Unordered };
    let route = Arc::new(Route { from: "a".into(), to: "b".into(), ends });
    let key = PacketKey { route, seq: 1 };
    (key.clone(), PacketData { key, data, ack: None })
}

fn transfer(denom: &str, receiver: &str, memo: &str) -> Vec<u8> {
    serde_json::to_vec(&serde_json::json!({
        "denom": denom, "amount": "1", "sender": "s", "receiver": receiver, "memo": memo,
    }))
    .unwrap()
}

/// Receives of 1,000 bytes by these receivers, by turns.
fn receives(count: usize, update: Option<usize>, receivers: &[String]) -> Shape {
    let mut shape = Shape::of(update);
    for receiver in receivers.iter().cycle().take(count) {
        let (key, data) = packet(transfer("stake", receiver, ""), TRANSFER);
        shape.add(&Work::Recv(key), &data, 1_000).unwrap();
    }
    shape
}

fn shape(count: usize, update: Option<usize>) -> Shape {
    receives(count, update, &["r".to_owned()])
}

/// With what the update takes, or nothing.
fn gas(count: u64, update: u64) -> u64 {
    REST + update + count * (RECV + 10_000)
}

fn sent(number: u8, shape: Shape) -> Sent {
    Sent {
        hash: [number; 32],
        flow: flow(),
        shape,
        simulated: None,
        is_known: true,
        is_usual: true,
        was_refused: false,
        lesson: None,
    }
}

fn taught() -> Learned {
    let mut learned = Learned::default();
    learned.sent(sent(0, shape(1, UPDATE_BYTES)));
    assert!(learned.delivered(&[0; 32], gas(1, UPDATE)));
    teach(&mut learned);
    learned
}

fn teach(learned: &mut Learned) {
    learned.learn(&flow(), &shape(0, UPDATE_BYTES), gas(0, UPDATE));
    for count in [20, 30, 25, 40] {
        learned.learn(&flow(), &shape(count, UPDATE_BYTES), gas(count as u64, UPDATE));
    }
}

fn is_classified(data: Vec<u8>, port: &str) -> bool {
    let (key, data) = packet(data, port);
    classify(&Work::Recv(key), &data).is_some()
}

#[test]
fn only_plain_transfers_are_of_a_class() {
    assert!(is_classified(transfer("stake", "r", ""), TRANSFER));
    assert!(!is_classified(transfer("stake", "r", "{\"wasm\":{}}"), TRANSFER));
    assert!(!is_classified(transfer("stake", "r", ""), "wasm.contract"));
    assert!(!is_classified(transfer(&"s".repeat(257), "r", ""), TRANSFER));
    assert!(!is_classified(b"anything".to_vec(), TRANSFER));
}

#[test]
fn only_acknowledgements_of_successes_are_of_a_class() {
    let (key, data) = packet(transfer("stake", "r", ""), TRANSFER);
    for (ack, is_known) in [(r#"{"result":"AQ=="}"#, true), (r#"{"error":"ABCI"}"#, false)] {
        let data = PacketData { ack: Some(ack.into()), ..data.clone() };
        assert_eq!(classify(&Work::Ack(key.clone()), &data).is_some(), is_known, "{ack}");
    }
    assert!(classify(&Work::Timeout(key), &data).is_none());
}

#[test]
fn what_was_simulated_is_known_for_other_counts() {
    let mut learned = taught();
    let known = learned.predict(&flow(), &shape(77, UPDATE_BYTES));
    assert_eq!(known, Some(gas(77, UPDATE)));
    let small = learned.predict(&flow(), &shape(9, UPDATE_BYTES));
    assert_eq!(small, None, "small ones are simulated");
    let behind = learned.predict(&flow(), &shape(77, None));
    assert_eq!(behind, None, "it is not known what remains");
}

#[test]
fn another_denom_is_not_known() {
    let mut learned = taught();
    let mut other = shape(76, UPDATE_BYTES);
    let (key, data) = packet(transfer("other", "r", ""), TRANSFER);
    other.add(&Work::Recv(key), &data, 1_000).unwrap();
    assert_eq!(learned.predict(&flow(), &other), None);
}

/// Each costs an account, which many together would not find in the limit's margin.
#[test]
fn new_receivers_are_known_once_they_have_received() {
    let mut learned = taught();
    let receivers: Vec<String> = (0..50).map(|number| format!("r{number}")).collect();
    let new = receives(50, UPDATE_BYTES, &receivers);
    assert_eq!(learned.predict(&flow(), &new), None);
    learned.learn(&flow(), &new, gas(50, UPDATE) + 50 * 13_000);
    assert_eq!(learned.predict(&flow(), &shape(50, UPDATE_BYTES)), Some(gas(50, UPDATE)));
    learned.sent(Sent { is_known: false, ..sent(1, new.clone()) });
    assert!(!learned.delivered(&[1; 32], gas(50, UPDATE) + 50 * 13_000));
    assert_eq!(learned.predict(&flow(), &new), Some(gas(50, UPDATE)));
}

/// Delivered after its update, with which it was simulated.
fn behind(number: u8) -> Sent {
    let with_update = gas(35, UPDATE) - shape(35, UPDATE_BYTES).bytes();
    Sent { simulated: Some(with_update), ..sent(number, shape(35, None)) }
}

#[test]
fn what_follows_its_update_is_learned_from_what_was_delivered() {
    let mut learned = taught();
    learned.sent(behind(1));
    assert!(!learned.delivered(&[2; 32], 1));
    assert!(learned.delivered(&[1; 32], gas(35, 0)));
    assert_eq!(learned.predict(&flow(), &shape(50, None)), Some(gas(50, 0)));
}

/// A grant takes gas beside the messages, as an account's first transaction does.
#[test]
fn what_a_grant_pays_for_tells_who_received_and_no_gas() {
    let mut learned = taught();
    let new = receives(50, UPDATE_BYTES, &["new".to_owned()]);
    learned.sent(Sent { is_usual: false, ..behind(1) });
    learned.sent(Sent { is_usual: false, ..sent(2, new.clone()) });
    assert!(learned.delivered(&[1; 32], gas(35, 0) + 6_000));
    assert!(learned.delivered(&[2; 32], gas(50, UPDATE) * 103 / 100));
    assert_eq!(learned.predict(&flow(), &shape(50, None)), None);
    assert_eq!(learned.predict(&flow(), &new), Some(gas(50, UPDATE)));
    assert!(learned.knows_receivers(&new));
}

#[test]
fn nothing_is_known_while_it_differs() {
    let mut learned = taught();
    learned.learn(&flow(), &shape(25, UPDATE_BYTES), gas(25, UPDATE) * 103 / 100);
    assert_eq!(learned.predict(&flow(), &shape(50, UPDATE_BYTES)), None);
}

#[test]
fn nothing_is_known_for_a_while_after_it_was_wrong() {
    let mut learned = taught();
    learned.sent(sent(1, shape(50, UPDATE_BYTES)));
    assert!(learned.failed(&[1; 32]));
    assert!(!learned.failed(&[1; 32]), "it is forgotten");
    teach(&mut learned);
    for _ in 0..DOUBT {
        assert_eq!(learned.predict(&flow(), &shape(50, UPDATE_BYTES)), None);
    }
    assert_eq!(learned.predict(&flow(), &shape(50, UPDATE_BYTES)), Some(gas(50, UPDATE)));
}

/// A stranger's bad message, each now and then, does not keep anything from being known for ever.
#[test]
fn what_fails_for_another_reason_is_doubted_for_a_while_only() {
    let mut learned = taught();
    learned.failures = 10;
    learned.sent(Sent { is_known: false, ..sent(1, shape(50, UPDATE_BYTES)) });
    assert!(!learned.failed(&[1; 32]));
    teach(&mut learned);
    for _ in 0..DOUBT {
        assert_eq!(learned.predict(&flow(), &shape(50, UPDATE_BYTES)), None);
    }
    assert_eq!(learned.predict(&flow(), &shape(50, UPDATE_BYTES)), Some(gas(50, UPDATE)));
}

/// A transfer that its chain refuses takes less, and its receiver has no account for it.
#[test]
fn nothing_is_learned_from_what_was_refused() {
    let mut learned = taught();
    let receiver = ["other".to_owned()];
    for number in 1..9 {
        learned.sent(sent(number, receives(50, UPDATE_BYTES, &receiver)));
        learned.refused(&[number; 32]);
        assert!(learned.delivered(&[number; 32], gas(50, UPDATE) * 2 / 3));
    }
    assert_eq!(learned.predict(&flow(), &shape(50, UPDATE_BYTES)), Some(gas(50, UPDATE)));
    assert!(!learned.knows_receivers(&receives(1, None, &receiver)));
}

/// Who makes what was learned wrong whenever it is relied on has us pay for that ever more rarely.
#[test]
fn what_was_wrong_is_doubted_for_longer_each_time() {
    let (mut learned, mut failed) = (taught(), 0);
    for batch in 0..100_000 {
        let is_known = learned.predict(&flow(), &shape(50, UPDATE_BYTES)).is_some();
        learned.sent(Sent { is_known, ..sent(1, shape(50, UPDATE_BYTES)) });
        if is_known {
            // What went at the same time fails with it.
            learned.sent(sent(2, shape(50, UPDATE_BYTES)));
            assert!(learned.failed(&[1; 32]) && learned.failed(&[2; 32]), "{batch}");
            failed += 1;
            teach(&mut learned);
        } else {
            learned.delivered(&[1; 32], gas(50, UPDATE));
        }
    }
    assert_eq!(failed, 10, "times in 100,000 batches");
}

/// Strangers choose denoms and receivers.
#[test]
fn what_is_remembered_has_a_bound() {
    let mut learned = taught();
    for number in 0..2 * RECEIVERS as u64 {
        if number < 2 * CLASSES as u64 {
            let (key, data) = packet(transfer(&number.to_string(), "r", ""), TRANSFER);
            let mut shape = Shape::of(UPDATE_BYTES);
            shape.add(&Work::Recv(key), &data, 1_000).unwrap();
            learned.learn(&flow(), &shape, gas(100, UPDATE));
        }
        let mut tx = sent(1, shape(1, None));
        tx.shape.receivers = [number].into();
        learned.sent(tx);
        learned.delivered(&[1; 32], 1);
    }
    assert!(learned.classes.len() <= CLASSES && learned.receivers.len() <= RECEIVERS);
    (0..1_000).for_each(|_| learned.sent(sent(1, shape(1, None))));
    assert_eq!(learned.sent.len(), SENT);
}
