//! ICS-20 and its callbacks.

use cosmwasm_std::{Addr, IbcTimeout, IbcTimeoutBlock, Timestamp, coin};
use simnet::{
    CallbackKind, CallbackSupport, ClientStatus, Error, PacketId, Relayed, Stage, TRANSFER_PORT,
    Transfer, voucher,
};

use super::probe::Execute;
use super::{A, B, Pair};

fn packet(chain: &str, channel: &str, sequence: u64) -> PacketId {
    PacketId { chain: chain.into(), port: TRANSFER_PORT.into(), channel: channel.into(), sequence }
}

impl Pair {
    /// Alice on B sends 100 to `receiver` on A.
    fn send_from_alice(&mut self, receiver: &str, memo: &str) -> PacketId {
        let sender = self.alice.clone();
        self.send_as(&sender, receiver, memo)
    }

    fn send_as(&mut self, sender: &Addr, receiver: &str, memo: &str) -> PacketId {
        let until = self.network.chain(B).now() + 60;
        let transfer = Transfer {
            channel: self.transfer.1.clone(),
            receiver: receiver.into(),
            coin: coin(100, "ustake"),
            timeout: Timestamp::from_seconds(until).into(),
            memo: memo.into(),
        };
        self.network.chain_mut(B).transfer(sender, transfer).unwrap();
        let (id, _) = self.network.in_flight().unwrap().pop().unwrap();
        id
    }

    fn voucher_on_a(&self) -> String {
        voucher(&format!("transfer/{}/ustake", self.transfer.0))
    }

    fn balances(&self, account: &Addr) -> (u128, u128) {
        let alice = self.network.chain(B).balance(&self.alice, "ustake").unwrap();
        let there = self.network.chain(A).balance(account, &self.voucher_on_a()).unwrap();
        (alice, there)
    }
}

fn callbacks_to(address: &Addr, text: &str) -> String {
    format!(r#"{{"dest_callback":{{"address":"{address}"}},"text":"{text}"}}"#)
}

#[test]
fn a_coin_goes_out_as_a_voucher_and_comes_home_as_itself() {
    let mut pair = Pair::new();
    let bob = pair.network.chain(A).wallet("bob");
    pair.send_from_alice(bob.as_str(), "");
    pair.relay_all();
    assert_eq!(pair.balances(&bob), (900, 100));
    let escrow = pair.network.chain(B).escrow(&pair.transfer.1).unwrap();
    assert_eq!(pair.network.chain(B).balance(&escrow, "ustake").unwrap(), 100);

    let home = Transfer {
        channel: pair.transfer.0.clone(),
        receiver: pair.alice.to_string(),
        coin: coin(40, pair.voucher_on_a()),
        timeout: Timestamp::from_seconds(pair.network.chain(A).now() + 60).into(),
        memo: String::new(),
    };
    let supply = |pair: &Pair| {
        let supplies = pair.network.supplies().unwrap();
        let ustake = supplies.iter().find(|supply| supply.denom == "ustake").unwrap();
        (ustake.at_home, ustake.abroad, ustake.under_way)
    };
    assert_eq!(supply(&pair), (1_900, 100, 0));
    pair.network.chain_mut(A).transfer(&bob, home).unwrap();
    assert_eq!(supply(&pair), (1_900, 60, 40));
    pair.relay_all();
    assert_eq!(supply(&pair), (1_940, 60, 0));
    assert_eq!(pair.balances(&bob), (940, 60));
    assert_eq!(pair.network.chain(A).supply(&pair.voucher_on_a()).unwrap(), 60);
    assert_eq!(pair.network.chain(B).balance(&escrow, "ustake").unwrap(), 60);
}

#[test]
fn a_timeout_refunds_and_cannot_come_early_or_after_receipt() {
    let mut pair = Pair::new();
    let bob = pair.network.chain(A).wallet("bob");
    let late = pair.send_from_alice(bob.as_str(), "");
    assert_eq!(pair.network.time_out(&late), Err(Error::TimeoutNotReached));
    pair.network.advance(60);
    assert_eq!(pair.network.receive(&late), Err(Error::TimeoutElapsed));
    assert_eq!(pair.network.time_out(&late), Ok(Relayed::Done));
    assert_eq!(pair.network.time_out(&late), Ok(Relayed::Repeated));
    assert_eq!(pair.balances(&bob), (1_000, 0));

    let received = pair.send_from_alice(bob.as_str(), "");
    pair.network.receive(&received).unwrap();
    pair.network.advance(60);
    assert!(matches!(pair.network.time_out(&received), Err(Error::Proof { .. })));
}

#[test]
fn a_timeout_may_be_a_height() {
    let mut pair = Pair::new();
    let bob = pair.network.chain(A).wallet("bob");
    let height = pair.network.chain(A).height() + 5;
    let transfer = Transfer {
        channel: pair.transfer.1.clone(),
        receiver: bob.to_string(),
        coin: coin(1, "ustake"),
        timeout: IbcTimeout::with_block(IbcTimeoutBlock { revision: 1, height }),
        memo: String::new(),
    };
    let alice = pair.alice.clone();
    pair.network.chain_mut(B).transfer(&alice, transfer).unwrap();
    pair.network.advance(4);
    assert_eq!(pair.network.in_flight().unwrap()[0].1, Stage::Receive);
    pair.network.advance(1);
    assert_eq!(pair.network.in_flight().unwrap()[0].1, Stage::TimeOut);
}

#[test]
fn a_packet_is_received_and_acknowledged_once() {
    let mut pair = Pair::new();
    let bob = pair.network.chain(A).wallet("bob");
    let id = pair.send_from_alice(bob.as_str(), "");
    pair.network.check_conservation().unwrap();
    assert_eq!(pair.network.receive(&id), Ok(Relayed::Done));
    pair.network.check_conservation().unwrap();
    assert_eq!(pair.network.receive(&id), Ok(Relayed::Repeated));
    assert_eq!(pair.network.acknowledge(&id), Ok(Relayed::Done));
    assert_eq!(pair.network.acknowledge(&id), Ok(Relayed::Repeated));
    assert_eq!(pair.balances(&bob), (900, 100));
}

#[test]
fn a_forged_packet_has_no_proof() {
    let mut pair = Pair::new();
    let bob = pair.network.chain(A).wallet("bob");
    let id = pair.send_from_alice(bob.as_str(), "");
    let mut forged = pair.network.packet(&id).unwrap();
    forged.sequence += 1;
    assert!(matches!(pair.network.present(A, &forged), Err(Error::Proof { .. })));
    let mut altered = pair.network.packet(&id).unwrap();
    altered.data = br#"{"denom":"ustake","amount":"900","sender":"x","receiver":"y"}"#.into();
    assert!(matches!(pair.network.present(A, &altered), Err(Error::Proof { .. })));
    let mut elsewhere = pair.network.packet(&id).unwrap();
    elsewhere.dest.channel_id = pair.wasm.0.clone();
    assert!(pair.network.present(A, &elsewhere).is_err());
    assert_eq!(pair.balances(&bob), (900, 0));
}

#[test]
fn the_destination_callback_runs_after_the_credit() {
    let mut pair = Pair::new();
    let probe = pair.probe_a.clone();
    pair.send_from_alice(probe.as_str(), &callbacks_to(&probe, "welcome"));
    pair.relay_all();
    assert_eq!(pair.count(A, "destination_callback"), 1);
    let voucher = pair.voucher_on_a();
    assert_eq!(pair.last(A, "destination_callback"), format!("100{voucher} of 100"));
    assert_eq!(pair.balances(&probe), (900, 100));
}

#[test]
fn a_destination_callback_that_errs_reverts_the_transfer_without_telling_why() {
    let mut pair = Pair::new();
    let probe = pair.probe_a.clone();
    let id = pair.send_from_alice(probe.as_str(), &callbacks_to(&probe, "refuse"));
    let before = pair.network.chain(A).storage().clone();
    pair.network.receive(&id).unwrap();
    let ack = pair.ack(&id).unwrap();
    assert_eq!(ack, r#"{"error":"ABCI code: 5: error handling packet: see events for details"}"#);
    let errors = pair.network.chain(A).callback_errors();
    assert_eq!(errors, ["kind: Other, error: unknown_denom: refused on purpose"]);
    assert_eq!(pair.count(A, "destination_callback"), 0);
    // Nothing but the receipt and the acknowledgement is new.
    let new_keys = difference(&before, pair.network.chain(A).storage());
    assert_eq!(new_keys, 2);
    pair.relay_all();
    assert_eq!(pair.balances(&probe), (1_000, 0));
}

fn difference(before: &simnet::ChainStorage, after: &simnet::ChainStorage) -> usize {
    use cosmwasm_std::{Order, Storage};
    after
        .range(None, None, Order::Ascending)
        .filter(|(key, value)| before.get(key).as_ref() != Some(value))
        .count()
}

#[test]
fn a_destination_callback_without_gas_reverts_the_transfer() {
    let mut pair = Pair::new();
    let probe = pair.probe_a.clone();
    let memo = format!(r#"{{"dest_callback":{{"address":"{probe}","gas_limit":"1000"}}}}"#);
    let id = pair.send_from_alice(probe.as_str(), &memo);
    pair.relay_all();
    assert!(pair.ack(&id).unwrap().contains("ABCI code: 6"));
    assert_eq!(pair.balances(&probe), (1_000, 0));

    pair.network.chain_mut(A).starve_callbacks(CallbackKind::Destination);
    let id = pair.send_from_alice(probe.as_str(), &callbacks_to(&probe, ""));
    pair.relay_all();
    assert!(pair.ack(&id).unwrap().contains("ABCI code: 6"));
    pair.network.chain_mut(A).feed_callbacks(CallbackKind::Destination);
    pair.send_from_alice(probe.as_str(), &callbacks_to(&probe, ""));
    pair.relay_all();
    assert_eq!(pair.balances(&probe), (900, 100));
}

#[test]
fn a_callback_address_that_is_no_contract_reverts_the_transfer() {
    let mut pair = Pair::new();
    let bob = pair.network.chain(A).wallet("bob");
    pair.send_from_alice(bob.as_str(), &callbacks_to(&bob, ""));
    pair.relay_all();
    assert_eq!(pair.balances(&bob), (1_000, 0));
}

#[test]
fn a_callback_runs_even_if_the_receiver_is_somebody_else() {
    let mut pair = Pair::new();
    let bob = pair.network.chain(A).wallet("bob");
    let memo = callbacks_to(&pair.probe_a.clone(), "hello");
    pair.send_from_alice(bob.as_str(), &memo);
    pair.relay_all();
    assert_eq!(pair.last(A, "destination_callback"), format!("100{} of 0", pair.voucher_on_a()));
    assert_eq!(pair.balances(&bob), (900, 100));
}

#[test]
fn chains_of_another_age_keep_the_coin_whatever_the_callback_says() {
    for (support, called) in [(CallbackSupport::Absent, 0), (CallbackSupport::Swallowed, 0)] {
        let mut pair = Pair::new();
        pair.network.chain_mut(A).set_callback_support(support);
        let probe = pair.probe_a.clone();
        let id = pair.send_from_alice(probe.as_str(), &callbacks_to(&probe, "refuse"));
        pair.relay_all();
        assert_eq!(pair.ack(&id).unwrap(), r#"{"result":"AQ=="}"#);
        assert_eq!(pair.count(A, "destination_callback"), called);
        assert_eq!(pair.balances(&probe), (900, 100));
    }
}

#[test]
fn an_upper_case_sender_arrives_as_it_is_spelt() {
    let mut pair = Pair::new();
    let bob = pair.network.chain(A).wallet("bob");
    let shouting = Addr::unchecked(pair.alice.as_str().to_uppercase());
    let id = pair.send_as(&shouting, bob.as_str(), "");
    let packet = pair.network.packet(&id).unwrap();
    let data = String::from_utf8(packet.data.to_vec()).unwrap();
    assert!(data.contains(shouting.as_str()));
    pair.relay_all();
    assert_eq!(pair.balances(&bob), (900, 100));
}

/// The probe on B sends 50 to a wallet on A with a source callback to `callback`.
fn send_from_probe(pair: &mut Pair, callback: &Addr, text: &str) -> PacketId {
    let bob = pair.network.chain(A).wallet("bob");
    let send = Execute::Transfer {
        channel: pair.transfer.1.clone(),
        to: bob.into(),
        coin: coin(50, "ustake"),
        timeout_seconds: 60,
        memo: format!(r#"{{"src_callback":{{"address":"{callback}"}},"text":"{text}"}}"#),
    };
    let (alice, probe) = (pair.alice.clone(), pair.probe_b.clone());
    pair.network.chain_mut(B).execute(&alice, &probe, &send, &[]).unwrap();
    packet(B, &pair.transfer.1, 1)
}

#[test]
fn the_source_callback_tells_the_sender_and_only_the_sender() {
    let mut pair = Pair::new();
    let probe = pair.probe_b.clone();
    send_from_probe(&mut pair, &probe, "");
    assert_eq!(
        pair.last(B, "sent"),
        "/ibc.applications.transfer.v1.MsgTransferResponse=[1]",
        "the sequence comes back in the reply"
    );
    pair.relay_all();
    assert_eq!(pair.last(B, "source_callback"), "acknowledged");

    let mut pair = Pair::new();
    let stranger = pair.alice.clone();
    send_from_probe(&mut pair, &stranger, "");
    pair.relay_all();
    assert_eq!(pair.count(B, "source_callback"), 0);
}

#[test]
fn whatever_goes_wrong_in_a_source_callback_the_refund_stands() {
    let mut pair = Pair::new();
    let probe = pair.probe_b.clone();
    let id = send_from_probe(&mut pair, &probe, "source fails");
    assert_eq!(pair.network.chain(B).balance(&probe, "ustake").unwrap(), 950);
    pair.network.check_conservation().unwrap();
    pair.network.advance(60);
    assert_eq!(pair.network.time_out(&id), Ok(Relayed::Done));
    assert_eq!(pair.count(B, "source_callback"), 0, "its writes are taken back");
    assert_eq!(pair.network.chain(B).balance(&probe, "ustake").unwrap(), 1_000);
}

#[test]
fn a_send_that_fails_reaches_the_contract_redacted_and_leaves_nothing() {
    let mut pair = Pair::new();
    let connection = pair.connections.1.clone();
    pair.network.chain_mut(B).set_client(&connection, ClientStatus::Frozen).unwrap();
    let probe = pair.probe_b.clone();
    send_from_probe(&mut pair, &probe, "");
    assert_eq!(pair.last(B, "reply_error"), "codespace: wasm, code: 5");
    assert_eq!(pair.network.chain(B).balance(&probe, "ustake").unwrap(), 1_000);
    assert_eq!(pair.network.in_flight().unwrap(), []);
}

#[test]
fn conservation_sees_a_unit_that_is_not_backed() {
    let mut pair = Pair::new();
    let bob = pair.network.chain(A).wallet("bob");
    pair.send_from_alice(bob.as_str(), "");
    pair.relay_all();
    let voucher = pair.voucher_on_a();
    pair.network.chain_mut(A).mint(&bob, coin(1, voucher)).unwrap();
    assert!(matches!(pair.network.check_conservation(), Err(Error::Invariant { .. })));
}
