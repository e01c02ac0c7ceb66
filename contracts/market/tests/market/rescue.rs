//! Ways out of a dead route: what the outpost is asked, and what the owner may do after announcing it.

use cosmwasm_std::{
    Binary, IbcAcknowledgement, IbcEndpoint, IbcMsg, IbcPacket, IbcPacketAckMsg, SubMsg, Uint128,
    coin, to_json_binary,
};
use market::msg::{
    AnnouncementsResponse, ExecuteMsg, InFlightResponse, NewDenom, NewRoute, Outcome, OwnerAction,
    QueryMsg, RouteUpdate, Way,
};
use protocol::control::{Answer, Command, ControlAck, ControlBody, ControlPacket, SettledQuery};
use protocol::ics20::SUCCESS_ACK;
use protocol::money::{Open, SettleKind};
use protocol::{Action, Code, RouteStyle, Tenant};

use crate::callbacks::{ERROR_ACK, acknowledged, claim, closed, credited, liabilities, timed_out};
use crate::control::{CONTROL, connected};
use crate::far::{
    Far, OUTPOST, ROUTE, VOUCHER, WALLET, channel, id, instruct, open, route, settle_of, tenant,
    transfer_of, voucher,
};
use crate::suite::{deployment, manual};

const DAY: u64 = 86_400;
const OTHER: &str = "channel-2";

fn announce(action: OwnerAction) -> ExecuteMsg {
    ExecuteMsg::Announce { action }
}

fn perform(announcement: u64) -> ExecuteMsg {
    ExecuteMsg::Perform { announcement }
}

fn rescue(claimant: Tenant, way: Way) -> OwnerAction {
    OwnerAction::Rescue { claimant, denom: VOUCHER.into(), way }
}

fn resolve(sequence: u64, outcome: Outcome) -> OwnerAction {
    OwnerAction::ResolveSettle { route: ROUTE.into(), sequence, outcome }
}

fn refused(far: &mut Far, from: &str, msg: ExecuteMsg, code: Code) {
    let before = far.snapshot();
    let error = far.send(from, msg, &[]).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    far.deps.storage = before;
}

fn in_flight(far: &Far) -> usize {
    let question = QueryMsg::InFlight { route: ROUTE.into(), start_after: None, limit: None };
    far.ask::<InFlightResponse>(question).settlements.len()
}

/// Two deployments of the outpost's are closed, on their way home as packets 1 and 2.
fn two_under_way() -> Far {
    let mut far = connected();
    far.say(OUTPOST, (2, open(2, deployment(manual()))), 500).unwrap();
    for (n, seq) in [(3, 1), (4, 2)] {
        let close = instruct(seq, Command::CloseDeployment {});
        let response = far.say(OUTPOST, (n, close), 100).unwrap();
        far.sent(&response.messages[0], u8::try_from(seq).unwrap());
    }
    far
}

fn answer(far: &mut Far, question: &SubMsg, answer: Answer) {
    let cosmwasm_std::CosmosMsg::Ibc(IbcMsg::SendPacket { channel_id, data, timeout }) =
        question.msg.clone()
    else {
        panic!("no question: {question:?}");
    };
    let end = |port: &str, channel: &str| IbcEndpoint {
        port_id: port.into(),
        channel_id: channel.into(),
    };
    let src = end("wasm.market", &channel_id);
    let packet = IbcPacket::new(data, src, end("wasm.outpost", "channel-5"), 1, timeout);
    let ack = to_json_binary(&ControlAck::Answer(answer)).unwrap();
    let msg = IbcPacketAckMsg::new(IbcAcknowledgement::new(ack), packet, far.address("relayer"));
    let env = far.env.clone();
    let Ok(response) = market::ibc::ibc_packet_ack(far.deps.as_mut(), env, msg);
    far.hold(0, &response.messages);
}

fn ask(sequence: u64) -> ExecuteMsg {
    ExecuteMsg::AskSettled { route: ROUTE.into(), sequence }
}

#[test]
fn the_outpost_tells_what_arrived_from_what_came_back() {
    let mut far = two_under_way();
    // Of both the callback is lost; the first arrived, the second came back.
    refused(&mut far, "anyone", ask(1), Code::TooEarly);
    far.pass(600);
    far.hold(600, &[]);
    let first = far.run("anyone", ask(1)).messages[0].clone();
    let second = far.run("anyone", ask(2)).messages[0].clone();
    refused(&mut far, "anyone", ask(2), Code::TooEarly);
    let packet = match &first.msg {
        cosmwasm_std::CosmosMsg::Ibc(IbcMsg::SendPacket { channel_id, data, .. }) => {
            assert_eq!(channel_id, CONTROL);
            ControlPacket::parse(data).unwrap()
        }
        other => panic!("no packet: {other:?}"),
    };
    assert_eq!(packet.body, ControlBody::Settled(SettledQuery { n: 0 }));

    let at = far.now();
    answer(&mut far, &first, Answer::Settled { credited: true, at });
    assert_eq!((in_flight(&far), liabilities(&far)), (1, (0, 600)));
    assert_eq!(credited(&far, tenant(OUTPOST)).amount.u128(), 0);
    answer(&mut far, &second, Answer::Settled { credited: false, at });
    assert_eq!((in_flight(&far), liabilities(&far)), (0, (600, 0)));
    assert_eq!(credited(&far, tenant(OUTPOST)).amount.u128(), 600);
    answer(&mut far, &second, Answer::Settled { credited: false, at });
    assert_eq!(credited(&far, tenant(OUTPOST)).amount.u128(), 600, "an answer counts once");
}

#[test]
fn an_answer_that_is_not_final_or_not_covered_changes_nothing() {
    let mut far = two_under_way();
    far.pass(600);
    let question = far.run("anyone", ask(2)).messages[0].clone();
    let at = far.now();
    answer(&mut far, &question, Answer::Settled { credited: false, at: at - 1 });
    answer(&mut far, &question, Answer::Settled { credited: false, at });
    answer(&mut far, &question, Answer::Done {});
    assert_eq!((in_flight(&far), liabilities(&far)), (2, (0, 1_700)));
}

#[test]
fn a_wallet_is_not_asked() {
    let mut far = connected();
    let order = Action::Open(Open {
        account: "dao".into(),
        seq: 1,
        refund_to: Some(WALLET.into()),
        local_refund: None,
        deployment: deployment(manual()),
    });
    far.say(WALLET, (1, order), 1_000).unwrap();
    let response = far.say(WALLET, (2, instruct(1, Command::CloseDeployment {})), 100).unwrap();
    far.sent(&response.messages[0], 9);
    far.pass(600);
    refused(&mut far, "anyone", ask(9), Code::WrongState);
}

#[test]
fn the_owner_tells_apart_what_no_rule_can() {
    let mut far = two_under_way();
    far.pass(600 + 7 * DAY);
    far.hold(600, &[]);
    let recover = ExecuteMsg::RecoverSettle { route: ROUTE.into(), sequence: 2 };
    refused(&mut far, "anyone", recover, Code::Insolvent);
    let (arrived, returned) = (resolve(1, Outcome::Arrived), resolve(2, Outcome::Returned));
    refused(&mut far, "anyone", announce(arrived.clone()), Code::Unauthorized);
    far.run("owner", announce(arrived));
    far.run("owner", announce(returned));
    far.pass(14 * DAY - 1);
    refused(&mut far, "owner", perform(1), Code::TooEarly);
    far.pass(1);
    refused(&mut far, "anyone", perform(1), Code::Unauthorized);
    far.run("owner", perform(1));
    assert_eq!(liabilities(&far), (0, 600));
    far.run("owner", perform(2));
    assert_eq!(credited(&far, tenant(OUTPOST)).amount.u128(), 600);
    refused(&mut far, "owner", perform(2), Code::NotFound);
    refused(&mut far, "owner", announce(resolve(2, Outcome::Returned)), Code::NotFound);
}

/// An owner that says `arrived` of a coin that came back would have it as a stray: everybody has a week to be first.
#[test]
fn anybody_recovers_a_transfer_a_week_before_the_owner_may_say_how_it_ended() {
    let mut far = two_under_way();
    far.pass(600);
    far.run("owner", announce(resolve(1, Outcome::Arrived)));
    far.hold(1_700, &[]);
    far.pass(7 * DAY);
    refused(&mut far, "owner", perform(1), Code::TooEarly);
    far.run("anyone", ExecuteMsg::RecoverSettle { route: ROUTE.into(), sequence: 1 });
    far.pass(7 * DAY);
    refused(&mut far, "owner", perform(1), Code::NotFound);
}

#[test]
fn a_return_is_credited_only_out_of_what_nobody_owns() {
    let mut far = two_under_way();
    far.pass(600);
    far.run("owner", announce(resolve(1, Outcome::Returned)));
    far.pass(14 * DAY);
    refused(&mut far, "owner", perform(1), Code::Insolvent);
    far.hold(1_099, &[]);
    refused(&mut far, "owner", perform(1), Code::Insolvent);
    far.hold(1, &[]);
    far.run("owner", perform(1));
    assert_eq!(liabilities(&far), (1_100, 600));
}

#[test]
fn each_deployments_money_goes_home_under_its_own_number() {
    let mut far = two_under_way();
    timed_out(&mut far, 1, 1_100);
    timed_out(&mut far, 2, 600);
    far.pass(DAY);
    let response = far.run("anyone", claim(tenant(OUTPOST)));
    let sent: Vec<_> = response
        .messages
        .iter()
        .map(|message| {
            let (to, amount, _) = transfer_of(message);
            let (_, settle) = settle_of(message);
            assert_eq!((to.as_str(), settle.kind), (OUTPOST, SettleKind::Closed));
            (settle.seq, amount)
        })
        .collect();
    assert_eq!(sent, [(Some(1), coin(1_100, VOUCHER)), (Some(2), coin(600, VOUCHER))]);
}

#[test]
fn the_tenant_does_not_wait_and_dust_waits_longest() {
    let mut far = two_under_way();
    timed_out(&mut far, 2, 600);
    refused(&mut far, "anyone", claim(tenant(OUTPOST)), Code::TooEarly);
    let at_once = instruct(2, Command::WithdrawSurplus {});
    let error = far.say(OUTPOST, (9, at_once), 100).unwrap_err();
    assert_eq!(error.code(), Code::WrongState, "a closed deployment takes no coin");
    let data = to_json_binary(&ControlPacket {
        id: 1,
        body: ControlBody::Do(protocol::control::Instruction {
            account: "dao".into(),
            seq: 2,
            command: Command::WithdrawSurplus {},
        }),
    });
    let response = far.by_control(data.unwrap());
    assert_eq!(transfer_of(&response.messages[0]).1, coin(600, VOUCHER));

    // With less than the least deposit anyone waits a day, whatever the attempt.
    far.sent(&response.messages[0], 3);
    timed_out(&mut far, 3, 600);
    assert_eq!(credited(&far, tenant(OUTPOST)).retry_at, Some(far.now() + 1_200));
    let dearer = NewDenom { min_deposit: Uint128::new(601), ..voucher() };
    far.run("owner", ExecuteMsg::AddDenom(dearer));
    assert_eq!(credited(&far, tenant(OUTPOST)).retry_at, Some(far.now() + DAY));
    far.pass(DAY - 1);
    refused(&mut far, "anyone", claim(tenant(OUTPOST)), Code::TooEarly);
    far.pass(1);
    far.run("anyone", claim(tenant(OUTPOST)));
}

#[test]
fn a_dead_routes_claimable_is_rescued_here_after_fourteen_days() {
    let mut far = two_under_way();
    let to = far.address("lifeboat").to_string();
    let here = Way::Here { to: to.clone() };
    timed_out(&mut far, 2, 600);
    far.run("owner", announce(rescue(tenant(OUTPOST), here)));
    let listed: AnnouncementsResponse =
        far.ask(QueryMsg::Announcements { start_after: None, limit: None });
    assert_eq!(listed.announcements[0].due_at, far.now() + 14 * DAY);
    far.pass(14 * DAY - 1);
    refused(&mut far, "owner", perform(1), Code::TooEarly);
    far.pass(1);
    let response = far.run("owner", perform(1));
    let amount = vec![coin(600, VOUCHER)];
    let pay = cosmwasm_std::BankMsg::Send { to_address: to, amount };
    assert_eq!(response.messages[0].msg, pay.into());
    assert_eq!(liabilities(&far), (0, 1_100));
}

#[test]
fn a_route_that_lives_again_is_not_rescued() {
    let mut far = two_under_way();
    let here = Way::Here { to: far.address("lifeboat").into() };
    timed_out(&mut far, 2, 600);
    far.run("owner", announce(rescue(tenant(OUTPOST), here)));
    far.pass(DAY);
    let response = far.run("anyone", claim(tenant(OUTPOST)));
    far.sent(&response.messages[0], 3);
    acknowledged(&mut far, 3, SUCCESS_ACK, 0);
    acknowledged(&mut far, 1, ERROR_ACK, 1_100);
    far.pass(14 * DAY);
    refused(&mut far, "owner", perform(1), Code::WrongState);
    far.run("owner", ExecuteMsg::Retract { announcement: 1 });
    refused(&mut far, "owner", perform(1), Code::NotFound);
}

#[test]
fn who_named_a_lifeboat_or_lives_here_needs_no_rescue() {
    let (mut far, home) = closed();
    far.sent(&home, 1);
    timed_out(&mut far, 1, 1_100);
    let here = Way::Here { to: far.address("owner").into() };
    refused(&mut far, "owner", announce(rescue(tenant(OUTPOST), here.clone())), Code::WrongState);
    let local = Tenant::Local { address: far.address("anyone").into() };
    refused(&mut far, "owner", announce(rescue(local, here)), Code::WrongState);
}

#[test]
fn a_claimable_is_bound_to_another_route_of_the_same_outpost() {
    let mut far = two_under_way();
    let mut other = channel(OTHER, "transfer", "channel-8", "transfer");
    other.connection_id = "connection-1".into();
    let known = channel(ROUTE, "transfer", "channel-7", "transfer");
    far.deps.querier.ibc.update("wasm.market", &[known, other]);
    timed_out(&mut far, 2, 600);
    let over = Way::Over { route: OTHER.into() };
    let rebind = || announce(rescue(tenant(OUTPOST), over.clone()));
    refused(&mut far, "owner", rebind(), Code::WrongRoute);
    let stranger = Some("beta1another".to_owned());
    let new = |outpost| NewRoute { channel: OTHER.into(), outpost, ..route() };
    let before = far.snapshot();
    far.run("owner", ExecuteMsg::AddRoute(new(stranger)));
    refused(&mut far, "owner", rebind(), Code::WrongRoute);
    far.deps.storage = before;
    far.run("owner", ExecuteMsg::AddRoute(new(Some(OUTPOST.into()))));
    far.run("owner", rebind());
    far.pass(14 * DAY);
    let response = far.run("owner", perform(1));
    let cosmwasm_std::CosmosMsg::Ibc(IbcMsg::Transfer { channel_id, .. }) =
        &response.messages[0].msg
    else {
        panic!("no transfer: {response:?}");
    };
    assert_eq!(channel_id, OTHER);
    assert_eq!(settle_of(&response.messages[0]).1.seq, Some(2));
    far.sent(&response.messages[0], 1);
    assert_eq!(liabilities(&far), (0, 1_700));
}

// Rule 20: coins without an order, and nobody's.
#[test]
fn strays_are_attributed_only_beyond_what_is_owed() {
    let mut far = connected();
    let stray = |amount, to| OwnerAction::AttributeStray {
        denom: VOUCHER.into(),
        amount: Uint128::new(amount),
        to,
    };
    let anyone = Tenant::Local { address: far.address("anyone").into() };
    let nobody = Tenant::Remote { route: ROUTE.into(), sender: "x".into(), account: "y".into() };
    refused(&mut far, "owner", announce(stray(1, anyone.clone())), Code::Insolvent);
    far.hold(50, &[]);
    refused(&mut far, "owner", announce(stray(51, anyone.clone())), Code::Insolvent);
    refused(&mut far, "owner", announce(stray(0, anyone.clone())), Code::LimitExceeded);
    far.run("owner", announce(stray(50, anyone)));
    far.run("owner", announce(stray(50, tenant(OUTPOST))));
    far.run("owner", announce(stray(50, nobody)));
    far.pass(7 * DAY);
    refused(&mut far, "owner", perform(3), Code::NotFound);
    far.run("owner", perform(2));
    refused(&mut far, "owner", perform(1), Code::Insolvent);
    assert_eq!(credited(&far, tenant(OUTPOST)).amount.u128(), 50);
    let response = far.run("anyone", claim(tenant(OUTPOST)));
    assert_eq!(settle_of(&response.messages[0]).1.seq, Some(id(1).seq));
    assert_eq!(liabilities(&far), (1_000, 0));
}

#[test]
fn what_came_back_without_word_is_no_stray() {
    let mut far = two_under_way();
    let owner = Tenant::Local { address: far.address("owner").into() };
    let stray = |amount| OwnerAction::AttributeStray {
        denom: VOUCHER.into(),
        amount: Uint128::new(amount),
        to: owner.clone(),
    };
    far.hold(1_700, &[]);
    refused(&mut far, "owner", announce(stray(1)), Code::Insolvent);
    far.hold(1, &[]);
    far.run("owner", announce(stray(1)));
}

// Rule 10: an acknowledgement never fails, for any bytes.
#[test]
fn garbage_for_an_answer_ends_well() {
    let mut far = two_under_way();
    far.pass(600);
    let question = far.run("anyone", ask(1)).messages[0].clone();
    let cosmwasm_std::CosmosMsg::Ibc(IbcMsg::SendPacket { timeout, .. }) = question.msg else {
        panic!("no question");
    };
    for (channel, data, ack) in [
        (CONTROL, Binary::default(), Binary::default()),
        (CONTROL, Binary::new(b"{}".into()), Binary::new(b"\xff".into())),
        ("channel-77", Binary::default(), Binary::default()),
    ] {
        let end = |channel: &str| IbcEndpoint {
            port_id: "wasm.market".into(),
            channel_id: channel.into(),
        };
        let packet = IbcPacket::new(data, end(channel), end("x"), 1, timeout.clone());
        let ack = IbcAcknowledgement::new(ack);
        let msg = IbcPacketAckMsg::new(ack, packet, far.address("relayer"));
        let env = far.env.clone();
        let Ok(response) = market::ibc::ibc_packet_ack(far.deps.as_mut(), env, msg);
        assert!(response.messages.is_empty());
        assert_eq!(liabilities(&far), (0, 1_700));
    }
}

#[test]
fn an_owner_cannot_make_a_way_dead_and_then_take_what_it_could_not_bring() {
    let mut far = two_under_way();
    timed_out(&mut far, 1, 1_100);
    let style = |destination_gas| {
        let style = RouteStyle::Callbacks { source_gas: 500_000, destination_gas };
        ExecuteMsg::UpdateRoute(RouteUpdate {
            channel: ROUTE.into(),
            style: Some(style),
            enabled: None,
            outpost: None,
        })
    };
    for gas in [1, 399_999] {
        refused(&mut far, "owner", style(gas), Code::LimitExceeded);
    }
    far.run("owner", style(400_000));
    let to = far.address("owner").to_string();
    let rescue = || announce(rescue(tenant(OUTPOST), Way::Here { to: to.clone() }));
    far.pass(30 * DAY - 1);
    far.run("owner", rescue());
    far.pass(1);
    // The same style once more is no change.
    far.run("owner", style(400_000));
    far.run("owner", rescue());
    far.pass(14 * DAY);
    refused(&mut far, "owner", perform(1), Code::WrongState);
    far.run("owner", perform(2));
    assert_eq!(liabilities(&far), (0, 600));
}

#[test]
fn what_was_announced_lapses() {
    let mut far = connected();
    far.hold(100, &[]);
    let to = tenant(OUTPOST);
    let action =
        OwnerAction::AttributeStray { denom: VOUCHER.into(), amount: Uint128::new(100), to };
    far.run("owner", announce(action));
    far.pass(7 * DAY + 30 * DAY);
    refused(&mut far, "owner", perform(1), Code::TooLate);
    far.env.block.time = far.env.block.time.minus_seconds(1);
    far.run("owner", perform(1));
}
