//! Settlements: coins that come home.

use cosmwasm_std::{Addr, Binary, Coin, IbcDestinationCallbackMsg, coin};
use outpost::ContractError;
use outpost::msg::responses::{OrderState, UnclaimedResponse};
use outpost::msg::{ExecuteMsg, QueryMsg};
use protocol::control::{Answer, ControlAck, ControlBody, SettledQuery};
use protocol::money::{SettleKind, Statement};

use crate::suite::market::{closed, probed};
use crate::suite::{Suite, USDX, acknowledgement};

#[test]
fn what_comes_home_is_the_owners_and_closes_the_order() {
    let mut suite = Suite::proved();
    let seq = suite.bought("dao", 1_000);
    let home = suite.home("dao", seq, SettleKind::Closed);
    suite.settle(&home, coin(400, USDX)).unwrap();
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Closed, 400));
}

#[test]
fn settlements_come_in_any_order_and_move_forward_only() {
    let mut suite = Suite::proved();
    let seq = suite.bought("dao", 1_000);
    for (kind, state) in [
        (SettleKind::Surplus, OrderState::Open),
        (SettleKind::Closed, OrderState::Closed),
        (SettleKind::Refund, OrderState::Closed),
    ] {
        let home = suite.home("dao", seq, kind);
        suite.settle(&home, coin(10, USDX)).unwrap();
        assert_eq!(suite.state(seq), state);
    }
    assert_eq!(suite.claimable("dao"), 30);
}

#[test]
fn a_settlement_before_the_acknowledgement_is_taken() {
    let mut suite = Suite::proved();
    let (seq, sent) = suite.buy("dao", 1_000);
    let home = suite.home("dao", seq, SettleKind::Closed);
    suite.settle(&home, coin(400, USDX)).unwrap();
    suite.acknowledge(&sent, protocol::ics20::SUCCESS_ACK);
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Closed, 400));
}

#[test]
fn an_unknown_order_credits_its_account_and_is_claimed_like_any_credit() {
    let mut suite = Suite::proved();
    let home = suite.home("dao", 99, SettleKind::Closed);
    suite.settle(&home, coin(40, USDX)).unwrap();
    let account = suite.who("dao").to_string();
    let unclaimed: UnclaimedResponse =
        suite.ask(QueryMsg::Unclaimed { account, start_after: None, limit: None });
    assert_eq!(unclaimed.coins, vec![coin(40, USDX)]);
    suite.claim("dao").unwrap();
    assert_eq!(suite.paid("dao"), 40);
}

#[test]
fn a_bad_account_and_an_unknown_probe_are_not_refused() {
    let mut suite = Suite::proved();
    let mut home = suite.home("dao", 99, SettleKind::Refund);
    home.account = "No Address".into();
    suite.settle(&home, coin(40, USDX)).unwrap();
    suite.settle(&probed(12_345), coin(2, USDX)).unwrap();
    assert_eq!(suite.solvency().tracked.u128(), 42);
}

#[test]
fn a_probes_coin_that_comes_home_late_is_the_contract_owners() {
    let mut suite = Suite::proved();
    let mut home = suite.home("dao", 99, SettleKind::Refund);
    (home.account, home.seq) = (String::new(), None);
    suite.settle(&home, coin(5, USDX)).unwrap();
    assert_eq!(suite.claimable("keeper"), 5);
}

#[test]
fn a_market_cannot_speak_for_another_account() {
    let mut suite = Suite::proved();
    let seq = suite.bought("dao", 1_000);
    let home = suite.home("stranger", seq, SettleKind::Closed);
    suite.settle(&home, coin(40, USDX)).unwrap();
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Acked, 0));
    suite.claim("stranger").unwrap();
    assert_eq!(suite.paid("stranger"), 40);
}

#[test]
fn a_pause_does_not_refuse_a_settlement() {
    let mut suite = Suite::proved();
    let seq = suite.bought("dao", 1_000);
    suite.execute("keeper", &ExecuteMsg::Pause {}, &[]).unwrap();
    let home = suite.home("dao", seq, SettleKind::Closed);
    suite.settle(&home, coin(400, USDX)).unwrap();
    suite.claim("dao").unwrap();
    assert_eq!(suite.paid("dao"), 400);
}

#[test]
fn exactly_what_the_chain_says_was_transferred_is_credited() {
    let mut suite = Suite::proved();
    let seq = suite.bought("dao", 1_000);
    let home = suite.home("dao", seq, SettleKind::Closed);
    // The packet's data claims more; the chain's word counts.
    let mut arrival = suite.arrival(&home, coin(1_000_000, USDX));
    arrival.transfer.as_mut().unwrap().funds = vec![coin(1, USDX)];
    suite.arrive(arrival).unwrap();
    assert_eq!(suite.claimable("dao"), 1);
}

/// One thing that spoils a settlement.
type Fault = (&'static str, fn(&mut IbcDestinationCallbackMsg));

const FAULTS: [Fault; 12] = [
    ("another port", |msg| msg.packet.dest.port_id = "wasm.x".into()),
    ("another channel", |msg| msg.packet.dest.channel_id = "channel-8".into()),
    ("no success", |msg| msg.ack = acknowledgement(br#"{"error":"x"}"#)),
    ("no word on the transfer", |msg| msg.transfer = None),
    ("another sender", |msg| msg.transfer.as_mut().unwrap().sender = "away1thief".into()),
    ("an upper-case sender", |msg| msg.transfer.as_mut().unwrap().sender = "AWAY1MARKET".into()),
    ("another receiver", |msg| {
        msg.transfer.as_mut().unwrap().receiver = Addr::unchecked("somebody");
    }),
    ("no coin", |msg| msg.transfer.as_mut().unwrap().funds.clear()),
    ("no amount", |msg| msg.transfer.as_mut().unwrap().funds = vec![coin(0, USDX)]),
    ("two coins", |msg| {
        let funds: Vec<Coin> = vec![coin(1, USDX), coin(1, "uatom")];
        msg.transfer.as_mut().unwrap().funds = funds;
    }),
    ("no data", |msg| msg.packet.data = Binary::from(b"garbage")),
    ("another memo", |msg| {
        let text = String::from_utf8(msg.packet.data.to_vec()).unwrap();
        msg.packet.data = Binary::from(text.replace("settle", "forward").into_bytes());
    }),
];

// Rule 5: each violation of the destination callback's checks is refused and changes nothing.
#[test]
fn whatever_is_not_a_settlement_of_the_market_is_refused() {
    let mut suite = Suite::proved();
    let seq = suite.bought("dao", 1_000);
    let home = suite.home("dao", seq, SettleKind::Closed);
    for (fault, spoil) in FAULTS {
        let mut arrival = suite.arrival(&home, coin(400, USDX));
        spoil(&mut arrival);
        assert!(suite.arrive(arrival).is_err(), "{fault}");
        assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Acked, 0), "{fault}");
    }
    let other_callback = {
        let mut arrival = suite.arrival(&home, coin(400, USDX));
        let text = String::from_utf8(arrival.packet.data.to_vec()).unwrap();
        let ours = format!(r#"dest_callback\":{{\"address\":\"{}"#, suite.env.contract.address);
        let theirs = r#"dest_callback\":{\"address\":\"somebody"#;
        assert!(text.contains(&ours));
        arrival.packet.data = Binary::from(text.replace(&ours, theirs).into_bytes());
        arrival
    };
    let refused = suite.arrive(other_callback);
    assert!(matches!(refused, Err(ContractError::NotASettlement { .. })));
}

#[test]
fn the_market_learns_whether_a_settlement_was_credited() {
    let mut suite = Suite::connected();
    let ask = |n| ControlBody::Settled(SettledQuery { n });
    let at = suite.now();
    let credited = |credited| ControlAck::Answer(Answer::Settled { credited, at });
    // The suite's market numbers each of its settlements 1; the probe was one.
    assert_eq!(suite.tell(ask(1)), credited(true));
    assert_eq!(suite.tell(ask(2)), credited(false));
}

#[test]
fn a_settlement_that_carries_a_status_moves_the_order() {
    let mut suite = Suite::proved();
    let seq = suite.bought("dao", 1_000);
    let mut home = suite.home("dao", seq, SettleKind::Status);
    home.statement = Some(Statement { n: 77, answer: Answer::Deployment(closed(seq, 4)) });
    suite.settle(&home, coin(1, USDX)).unwrap();
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Closed, 1));
    assert_eq!(suite.order(seq).status.unwrap().revision, 4);
}
