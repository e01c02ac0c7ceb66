//! The way home: what is acknowledged, refused, timed out, forged or never heard of again.

use cosmwasm_std::{
    Binary, IbcAckCallbackMsg, IbcAcknowledgement, IbcEndpoint, IbcPacket, IbcSourceCallbackMsg,
    IbcTimeout, IbcTimeoutCallbackMsg, SubMsg, SubMsgResult, Timestamp, coin, coins,
};
use market::msg::{
    ClaimableResponse, ExecuteMsg, InFlightResponse, QueryMsg, RouteUpdate, SolvencyResponse,
};
use proptest::prelude::*;
use protocol::control::{Answer, Command};
use protocol::ics20::SUCCESS_ACK;
use protocol::money::{Open, Probe, SettleKind};
use protocol::{Action, Code, Memo, RouteStyle, Tenant};

use crate::far::{
    Far, OUTPOST, ROUTE, SECOND, VOUCHER, WALLET, instruct, open, route, settle_of, tenant,
    transfer_of,
};
use crate::suite::{deployment, manual};

pub(crate) const ERROR_ACK: &[u8] = br#"{"error":"ABCI code: 6: error handling packet"}"#;

fn packet(far: &Far, channel: &str, sequence: u64) -> IbcPacket {
    let end =
        |channel: &str| IbcEndpoint { port_id: "transfer".into(), channel_id: channel.into() };
    let timeout = IbcTimeout::with_timestamp(Timestamp::from_seconds(far.now()));
    IbcPacket::new(Binary::default(), end(channel), end("channel-7"), sequence, timeout)
}

/// The chain calls back; `back` units came back before.
fn call_back(far: &mut Far, msg: IbcSourceCallbackMsg, back: u128) {
    let env = far.env.clone();
    let Ok(response) = market::ibc::ibc_source_callback(far.deps.as_mut(), env, msg);
    far.hold(back, &response.messages);
}

pub(crate) fn acknowledged(far: &mut Far, sequence: u64, ack: &[u8], back: u128) {
    let msg = IbcAckCallbackMsg::new(
        IbcAcknowledgement::new(ack),
        packet(far, ROUTE, sequence),
        far.address("relayer"),
    );
    call_back(far, IbcSourceCallbackMsg::Acknowledgement(msg), back);
}

pub(crate) fn timed_out(far: &mut Far, sequence: u64, back: u128) {
    let msg = IbcTimeoutCallbackMsg::new(packet(far, ROUTE, sequence), far.address("relayer"));
    call_back(far, IbcSourceCallbackMsg::Timeout(msg), back);
}

/// A market whose one deployment is closed; its rest, 1,100 units, waits to be sent.
pub(crate) fn closed() -> (Far, SubMsg) {
    let mut far = Far::new();
    let action = Action::Open(Open {
        account: "dao".into(),
        seq: 1,
        refund_to: None,
        local_refund: Some(far.address("lifeboat").into()),
        deployment: deployment(manual()),
    });
    far.say(OUTPOST, (1, action), 1_000).unwrap();
    let close = instruct(1, Command::CloseDeployment {});
    let response = far.say(OUTPOST, (2, close), 100).unwrap();
    (far, response.messages[0].clone())
}

pub(crate) fn credited(far: &Far, claimant: Tenant) -> ClaimableResponse {
    far.ask(QueryMsg::Claimable { claimant, denom: VOUCHER.into() })
}

pub(crate) fn claim(claimant: Tenant) -> ExecuteMsg {
    ExecuteMsg::Claim { claimant, denom: VOUCHER.into() }
}

pub(crate) fn liabilities(far: &Far) -> (u128, u128) {
    let answer: SolvencyResponse = far.ask(QueryMsg::Solvency { denom: VOUCHER.into() });
    (answer.liabilities.u128(), answer.in_flight.u128())
}

// Rules 6, 18: only our own packets count, by channel and sequence, once.
#[test]
fn what_arrives_is_forgotten() {
    let (mut far, home) = closed();
    let (to, amount, _) = transfer_of(&home);
    assert_eq!((to.as_str(), amount), (OUTPOST, coin(1_100, VOUCHER)));
    assert_eq!(settle_of(&home).1.kind, SettleKind::Closed);
    far.sent(&home, 9);
    assert_eq!(liabilities(&far), (0, 1_100));
    acknowledged(&mut far, 9, SUCCESS_ACK, 0);
    assert_eq!(liabilities(&far), (0, 0));
    acknowledged(&mut far, 9, ERROR_ACK, 0);
    assert_eq!(credited(&far, tenant(OUTPOST)).amount.u128(), 0, "a second word changes nothing");
}

// Rule 22: a push that fails leaves a claimable.
#[test]
fn b8_what_cannot_be_sent_is_claimable_and_the_close_stands() {
    let (mut far, home) = closed();
    far.reply(&home, SubMsgResult::Err("codespace: ibc, code: 5".into()));
    let claimable = credited(&far, tenant(OUTPOST));
    assert_eq!((claimable.amount.u128(), claimable.attempts), (1_100, 1));
    assert_eq!(liabilities(&far), (1_100, 0));
}

// Rule 14: a retry is anybody's message, with a back-off, and no callback's.
#[test]
fn what_comes_back_is_claimable_and_retries_back_off() {
    let (mut far, home) = closed();
    far.sent(&home, 1);
    timed_out(&mut far, 1, 1_100);
    let mut wait = 600;
    for sequence in 2..12_u8 {
        let claimable = credited(&far, tenant(OUTPOST));
        assert_eq!(claimable.amount.u128(), 1_100);
        assert_eq!(claimable.retry_at, Some(far.now() + wait));
        far.pass(wait - 1);
        let error = far.send("anyone", claim(tenant(OUTPOST)), &[]).unwrap_err();
        assert_eq!(error.code(), Code::TooEarly);
        far.pass(1);
        let response = far.run("anyone", claim(tenant(OUTPOST)));
        let (n, settle) = settle_of(&response.messages[0]);
        assert_eq!((n, settle.kind), (u64::from(sequence) - 1, SettleKind::Closed));
        assert_eq!((settle.account.as_str(), settle.seq), ("dao", Some(1)));
        far.sent(&response.messages[0], sequence);
        acknowledged(&mut far, sequence.into(), ERROR_ACK, 1_100);
        wait = (wait * 2).min(86_400);
    }
    far.pass(wait);
    let response = far.run("anyone", claim(tenant(OUTPOST)));
    far.sent(&response.messages[0], 99);
    acknowledged(&mut far, 99, SUCCESS_ACK, 0);
    let claimable = credited(&far, tenant(OUTPOST));
    assert_eq!((claimable.amount.u128(), claimable.attempts), (0, 0), "a success starts afresh");
}

#[test]
fn after_thirty_days_without_a_way_home_the_lifeboat_is_paid() {
    let (mut far, home) = closed();
    far.sent(&home, 1);
    timed_out(&mut far, 1, 1_100);
    let msg = ExecuteMsg::ClaimLocal { claimant: tenant(OUTPOST), denom: VOUCHER.into() };
    far.pass(30 * 86_400 - 1);
    assert_eq!(far.send("anyone", msg.clone(), &[]).unwrap_err().code(), Code::TooEarly);
    far.pass(1);
    assert_eq!(credited(&far, tenant(OUTPOST)).local_at, Some(far.now()));
    let response = far.run("anyone", msg);
    let to_address = far.address("lifeboat").into();
    let amount = coins(1_100, VOUCHER);
    assert_eq!(response.messages[0].msg, cosmwasm_std::BankMsg::Send { to_address, amount }.into());
}

#[test]
fn a_silent_transfer_home_is_recovered_only_if_its_coin_is_there() {
    let (mut far, home) = closed();
    far.sent(&home, 1);
    let recover = ExecuteMsg::RecoverSettle { route: ROUTE.into(), sequence: 1 };
    far.pass(600 + 7 * 86_400 - 1);
    assert_eq!(far.send("anyone", recover.clone(), &[]).unwrap_err().code(), Code::TooEarly);
    far.pass(1);
    assert_eq!(far.send("anyone", recover.clone(), &[]).unwrap_err().code(), Code::Insolvent);
    far.hold(1_100, &[]);
    far.run("anyone", recover.clone());
    assert_eq!(credited(&far, tenant(OUTPOST)).amount.u128(), 1_100);
    assert_eq!(far.send("anyone", recover, &[]).unwrap_err().code(), Code::NotFound);
}

#[test]
fn an_attested_packet_was_never_or_was_accepted() {
    let mut far = Far::new();
    far.say(OUTPOST, (4, open(1, deployment(manual()))), 1_000).unwrap();
    for (n, accepted) in [(4, true), (5, false)] {
        let msg = || ExecuteMsg::Attest { route: ROUTE.into(), sender: OUTPOST.into(), n };
        let error = far.send("anyone", msg(), &coins(2, VOUCHER)).unwrap_err();
        assert_eq!(error.code(), Code::WrongCoin);
        let response = far.send("anyone", msg(), &coins(1, VOUCHER)).unwrap();
        let (_, settle) = settle_of(&response.messages[0]);
        let statement = settle.statement.unwrap();
        let answer = if accepted { Answer::Done {} } else { Answer::Never { at: far.now() } };
        assert_eq!((statement.n, statement.answer), (n, answer));
        assert_eq!(settle.kind, SettleKind::Status);
    }
}

#[test]
fn a_returned_attestation_is_the_attesters() {
    let mut far = Far::new();
    let msg = ExecuteMsg::Attest { route: ROUTE.into(), sender: WALLET.into(), n: 1 };
    let response = far.send("anyone", msg, &coins(1, VOUCHER)).unwrap();
    far.sent(&response.messages[0], 1);
    timed_out(&mut far, 1, 1);
    let anyone = Tenant::Local { address: far.address("anyone").into() };
    assert_eq!(credited(&far, anyone).amount.u128(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, fork: false, ..ProptestConfig::default() })]

    /// Callbacks end well for any bytes, and money moves only for a record of ours.
    #[test]
    fn callbacks_never_fail(
        ack in proptest::collection::vec(any::<u8>(), 0..64),
        data in proptest::collection::vec(any::<u8>(), 0..64),
        channel in "channel-[0-9]|[a-z]{0,8}",
        port in "transfer|wasm[.][a-z]{3}|",
        sequence in 2..u64::MAX,
        is_timeout in any::<bool>(),
    ) {
        let (mut far, home) = closed();
        far.sent(&home, 1);
        let mut packet = packet(&far, &channel, sequence);
        packet.src.port_id = port;
        packet.data = data.into();
        let relayer = far.address("relayer");
        let msg = if is_timeout {
            IbcSourceCallbackMsg::Timeout(IbcTimeoutCallbackMsg::new(packet, relayer))
        } else {
            let ack = IbcAcknowledgement::new(ack);
            let msg = IbcAckCallbackMsg::new(ack, packet, relayer);
            IbcSourceCallbackMsg::Acknowledgement(msg)
        };
        call_back(&mut far, msg, 0);
        prop_assert_eq!(liabilities(&far), (0, 1_100));
        let listed: InFlightResponse =
            far.ask(QueryMsg::InFlight { route: ROUTE.into(), start_after: None, limit: None });
        prop_assert_eq!(listed.settlements.len(), 1);
    }

    /// Unreadable acknowledgements of a transfer of ours keep its record.
    #[test]
    fn an_unreadable_acknowledgement_keeps_the_record(
        ack in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        prop_assume!(protocol::ics20::outcome(&ack) == protocol::ics20::TransferOutcome::Unreadable);
        let (mut far, home) = closed();
        far.sent(&home, 1);
        acknowledged(&mut far, 1, &ack, 0);
        prop_assert_eq!(liabilities(&far), (0, 1_100));
    }
}

#[test]
fn a_statement_or_probe_under_way_does_not_block_the_recovery_of_a_transfer() {
    let (mut far, home) = closed();
    far.sent(&home, 1);
    far.pass(600 + 7 * 86_400);
    far.hold(1_100, &[]);
    let attest = ExecuteMsg::Attest { route: ROUTE.into(), sender: OUTPOST.into(), n: 1 };
    let response = far.send("anyone", attest, &coins(1, VOUCHER)).unwrap();
    far.sent(&response.messages[0], 2);
    let probe = Action::Probe(Probe { nonce: 1, refund_to: None });
    let response = far.say(WALLET, (1, probe), 100).unwrap();
    far.sent(&response.messages[0], 3);
    far.run("anyone", ExecuteMsg::RecoverSettle { route: ROUTE.into(), sequence: 1 });
    assert_eq!(credited(&far, tenant(OUTPOST)).amount.u128(), 1_100);
}

#[test]
fn a_statement_that_came_back_is_not_recovered_out_of_a_transfer_that_did() {
    let (mut far, home) = closed();
    far.sent(&home, 1);
    let attest = ExecuteMsg::Attest { route: ROUTE.into(), sender: OUTPOST.into(), n: 1 };
    let response = far.send("anyone", attest, &coins(1, VOUCHER)).unwrap();
    far.sent(&response.messages[0], 2);
    far.pass(600 + 7 * 86_400);
    far.hold(1_100, &[]);
    let recover = ExecuteMsg::RecoverSettle { route: ROUTE.into(), sequence: 2 };
    let error = far.send("anyone", recover.clone(), &[]).unwrap_err();
    assert_eq!(error.code(), Code::Insolvent);
    far.hold(1, &[]);
    far.run("anyone", recover);
    assert_eq!(liabilities(&far), (1, 1_100));
}

#[test]
fn a_probe_of_an_outpost_that_hears_nothing_is_claimed_to_where_it_said() {
    let deaf = "beta1deaf";
    let mut far = Far::new();
    far.add_second_route(Some(deaf), RouteStyle::Plain {});
    let probe = Action::Probe(Probe { nonce: 1, refund_to: Some(WALLET.into()) });
    let home = far.say_over_second(deaf, (1, probe), 1_000).unwrap().messages.remove(0);
    assert_eq!(transfer_of(&home).0, WALLET);
    far.reply(&home, SubMsgResult::Err("codespace: ibc, code: 5".into()));
    let route = SECOND.0.into();
    let prober = Tenant::Remote { route, sender: deaf.into(), account: String::new() };
    assert_eq!(credited(&far, prober.clone()).amount.u128(), 1_000);
    far.pass(600);
    let response = far.run("anyone", claim(prober));
    assert_eq!(transfer_of(&response.messages[0]).0, WALLET);
}

#[test]
fn an_outpost_is_not_told_of_the_order_of_a_wallet_that_named_it_before_it_was_one() {
    let late = "beta1late";
    let style = route().style;
    let mut far = Far::new();
    far.add_second_route(None, style);
    let order = Action::Open(Open {
        account: "dao".into(),
        seq: 1,
        refund_to: Some(late.into()),
        local_refund: None,
        deployment: deployment(manual()),
    });
    far.say_over_second(WALLET, (1, order), 1_000).unwrap();
    far.run(
        "owner",
        ExecuteMsg::UpdateRoute(RouteUpdate {
            channel: SECOND.0.into(),
            enabled: None,
            outpost: Some(late.into()),
            style: None,
        }),
    );
    let close = instruct(1, Command::CloseDeployment {});
    let response = far.say_over_second(WALLET, (2, close), 100).unwrap();
    let is_told =
        |home: &SubMsg| Memo::parse(&transfer_of(home).2).unwrap().dest_callback.is_some();
    let home = &response.messages[0];
    assert_eq!((transfer_of(home).0.as_str(), is_told(home)), (late, false));

    // If that fails it goes to the wallet, which alone knows what it is.
    far.reply(home, SubMsgResult::Err("codespace: ibc, code: 5".into()));
    far.pass(600);
    let wallet =
        Tenant::Remote { route: SECOND.0.into(), sender: WALLET.into(), account: "dao".into() };
    let response = far.run("anyone", claim(wallet));
    let home = &response.messages[0];
    assert_eq!((transfer_of(home).0.as_str(), is_told(home)), (WALLET, false));
}
