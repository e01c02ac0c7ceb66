//! The seven checks of money that arrives, and their order: a transfer with two faults is refused
//! for the one that is checked first.

use cosmwasm_std::{Uint256, coin, coins, from_json, to_json_binary};
use market::msg::{
    AcceptedResponse, CheckResponse, ExecuteMsg, Money, QueryMsg, RouteUpdate, SolvencyResponse,
};
use protocol::control::{Command, DeploymentState, DeploymentStatus};
use protocol::ics20::{End, FungibleTokenPacketData, received_denom};
use protocol::money::{Probe, SettleKind, TopUp};
use protocol::{Action, Code};

use crate::far::{
    Arrived, FAR, Far, OUTPOST, ROUTE, VOUCHER, WALLET, id, instruct, open, settle_of, tenant,
    transfer_of,
};
use crate::suite::{deployment, manual};

/// One fault in a transfer that is right otherwise.
type Forgery = fn(&Far, &mut Arrived);

fn edit(arrived: &mut Arrived, change: impl Fn(&mut FungibleTokenPacketData)) {
    let mut data: FungibleTokenPacketData = from_json(&arrived.packet.data).unwrap();
    change(&mut data);
    arrived.packet.data = to_json_binary(&data).unwrap();
}

/// Faults in the order of the checks, with the reason that each gives.
const FORGERIES: [(&str, Code, Forgery); 13] = [
    ("another port here", Code::WrongPort, |_, it| it.packet.dest.port_id = "wasm.x".into()),
    ("a channel without route", Code::WrongRoute, |_, it| {
        it.packet.dest.channel_id = "channel-9".into();
    }),
    ("another channel there", Code::WrongRoute, |_, it| {
        it.packet.src.channel_id = "channel-8".into();
    }),
    ("another port there", Code::WrongPort, |_, it| it.packet.src.port_id = "wasm.liar".into()),
    ("a failed transfer", Code::WrongReceiver, |_, it| it.ack = br#"{"error":"no"}"#.into()),
    ("another receiver", Code::WrongReceiver, |far, it| {
        it.transfer.as_mut().unwrap().receiver = far.address("somebody");
    }),
    ("two coins", Code::WrongCoin, |_, it| {
        it.transfer.as_mut().unwrap().funds = vec![coin(1, "a"), coin(1, VOUCHER)];
    }),
    ("an unknown denom", Code::UnknownDenom, |_, it| {
        it.transfer.as_mut().unwrap().funds = coins(1_000, "ibc/OTHER");
    }),
    ("a foreign memo key", Code::Malformed, |_, it| {
        edit(it, |data| data.memo.insert_str(1, r#""forward":{},"#));
    }),
    ("another callback", Code::WrongCallback, |far, it| {
        let own = format!("\"{}\"", far.market());
        edit(it, |data| data.memo = data.memo.replacen(&own, "\"beta1x\"", 1));
    }),
    ("an upper-case sender", Code::BadSender, |_, it| {
        it.transfer.as_mut().unwrap().sender = OUTPOST.to_uppercase();
    }),
    ("a used seq", Code::UsedSeq, |far, it| {
        let memo = far.memo(3, open(1, deployment(manual())));
        edit(it, |data| data.memo = memo.clone());
    }),
    ("a coin that the bank has not", Code::Insolvent, |_, it| it.minted -= 1),
];

/// A market with one remote deployment, `dao`'s number 1.
fn opened() -> Far {
    let mut far = Far::new();
    far.say(OUTPOST, (1, open(1, deployment(manual()))), 1_000).unwrap();
    far
}

fn right(far: &Far) -> Arrived {
    let memo = far.memo(2, open(2, deployment(manual())));
    far.transfer(OUTPOST, 1_000, memo)
}

#[test]
fn a_transfer_that_is_right_opens() {
    let far = opened();
    let status: DeploymentStatus = far.ask(QueryMsg::Status { id: id(1) });
    assert_eq!((status.state, status.free.u128()), (DeploymentState::Open, 1_000));
    let accepted = |n| {
        let (route, sender) = (ROUTE.into(), OUTPOST.into());
        far.ask::<AcceptedResponse>(QueryMsg::Accepted { route, sender, n }).accepted
    };
    assert!(accepted(1) && !accepted(0) && !accepted(257));
}

// Rule 5: each violation of the destination callback's checks.
#[test]
fn each_fault_is_refused_for_its_reason_and_leaves_nothing() {
    for (name, code, forge) in FORGERIES {
        let mut far = opened();
        let mut arrived = right(&far);
        forge(&far, &mut arrived);
        let error = far.arrive(arrived).unwrap_err();
        assert_eq!(error.code(), code, "{name}: {error}");
        let arrived = right(&far);
        far.arrive(arrived).unwrap();
    }
}

#[test]
fn of_two_faults_the_one_checked_first_is_told() {
    for (first, (name, code, forge)) in FORGERIES.iter().enumerate() {
        for (other, _, forge_too) in FORGERIES.iter().skip(first + 1) {
            let mut far = opened();
            let mut arrived = right(&far);
            forge_too(&far, &mut arrived);
            forge(&far, &mut arrived);
            let error = far.arrive(arrived).unwrap_err();
            assert_eq!(error.code(), *code, "{name} and {other}: {error}");
        }
    }
}

// Rule 24: amounts are bounded where they come in.
#[test]
fn bounds_of_the_amount() {
    let mut far = Far::new();
    for amount in [Uint256::zero(), Uint256::from(1_u128 << 90) + Uint256::one(), Uint256::MAX] {
        let mut arrived = right(&far);
        arrived.transfer.as_mut().unwrap().funds[0].amount = amount;
        assert_eq!(far.arrive(arrived).unwrap_err().code(), Code::WrongCoin);
    }
    far.say(OUTPOST, (1, open(1, deployment(manual()))), 1 << 90).unwrap();
}

// Rule 50: nothing unknown is tolerated.
#[test]
fn memos_are_ours_to_the_last_key() {
    let mut far = Far::new();
    let own = far.memo(1, open(1, deployment(manual())));
    let twice = own.replacen(r#""seq":1"#, r#""seq":1,"seq":2"#, 1);
    let hidden = own.replacen(r#""seq":1"#, r#""seq":1,"extra":2"#, 1);
    let version = own.replacen(r#""v":1"#, r#""v":2"#, 1);
    let uncalled = own.replacen("dest_callback", "src_callback", 1);
    let long = format!("{own}{}", " ".repeat(9_000));
    for (memo, code) in [
        (String::new(), Code::Malformed),
        ("hello".into(), Code::Malformed),
        (twice, Code::Malformed),
        (hidden, Code::Malformed),
        (version, Code::UnsupportedVersion),
        (uncalled, Code::WrongCallback),
        (long, Code::LimitExceeded),
    ] {
        let arrived = far.transfer(OUTPOST, 1_000, memo.clone());
        let error = far.arrive(arrived).unwrap_err();
        assert_eq!(error.code(), code, "{memo}: {error}");
    }
}

#[test]
fn garbage_packets_are_refused() {
    let mut far = Far::new();
    for bytes in [&b""[..], b"{}", b"\xff\xfe", b"[[[[", br#"{"denom":1}"#] {
        let mut arrived = right(&far);
        arrived.packet.data = bytes.into();
        assert_eq!(far.arrive(arrived).unwrap_err().code(), Code::Malformed);
    }
}

#[test]
fn an_older_chain_tells_no_transfer_and_the_denom_is_derived() {
    let mut far = Far::new();
    let end = |channel| End { port: "transfer", channel };
    let denom = received_denom(end(FAR), end(ROUTE), "usdx");
    let arrived = || {
        let mut arrived = right(&Far::new());
        arrived.transfer = None;
        arrived
    };
    assert_eq!(far.arrive(arrived()).unwrap_err().code(), Code::UnknownDenom);
    let listed = market::msg::NewDenom { denom, ..crate::far::voucher() };
    far.run("owner", ExecuteMsg::AddDenom(listed));
    let error = far.arrive(arrived()).unwrap_err();
    assert_eq!(error.code(), Code::Insolvent, "accepted, and only the bank knows another denom");
}

// Rule 29: the same number of the same sender counts once.
#[test]
fn a_number_is_accepted_once_whatever_it_carries() {
    let mut far = opened();
    let top_up = || Action::TopUp(TopUp { account: "dao".into(), tenant: None, seq: 1 });
    assert_eq!(far.say(OUTPOST, (1, top_up()), 100).unwrap_err().code(), Code::UsedNumber);
    far.say(OUTPOST, (2, top_up()), 100).unwrap();
    far.say(WALLET, (2, open(1, deployment(manual()))), 100).unwrap();
    let error = far.say(OUTPOST, (2, open(2, deployment(manual()))), 100).unwrap_err();
    assert_eq!(error.code(), Code::UsedNumber);
}

#[test]
fn anyone_funds_anyone_over_the_deployments_own_route() {
    let mut far = opened();
    let top_up =
        Action::TopUp(TopUp { account: "x".into(), tenant: Some(tenant(OUTPOST)), seq: 1 });
    far.say(WALLET, (1, top_up), 500).unwrap();
    let own = Action::TopUp(TopUp { account: "dao".into(), tenant: None, seq: 1 });
    assert_eq!(far.say(WALLET, (2, own), 500).unwrap_err().code(), Code::NotFound);
    let status: DeploymentStatus = far.ask(QueryMsg::Status { id: id(1) });
    assert_eq!(status.free.u128(), 1_500);
}

#[test]
fn a_disabled_route_and_a_removed_denom_still_serve_what_lives() {
    let mut far = opened();
    far.run("owner", ExecuteMsg::RemoveDenom { denom: VOUCHER.into(), route: Some(ROUTE.into()) });
    let error = far.say(OUTPOST, (2, open(2, deployment(manual()))), 1_000).unwrap_err();
    assert_eq!(error.code(), Code::UnknownDenom);
    let off =
        RouteUpdate { channel: ROUTE.into(), enabled: Some(false), outpost: None, style: None };
    far.run("owner", ExecuteMsg::UpdateRoute(off));
    let error = far.say(OUTPOST, (2, open(2, deployment(manual()))), 1_000).unwrap_err();
    assert_eq!(error.code(), Code::WrongRoute);
    let probe = Action::Probe(Probe { nonce: 5, refund_to: None });
    assert_eq!(far.say(OUTPOST, (2, probe), 1_000).unwrap_err().code(), Code::WrongRoute);

    let top_up = Action::TopUp(TopUp { account: "dao".into(), tenant: None, seq: 1 });
    far.say(OUTPOST, (2, top_up), 100).unwrap();
    let response = far.say(OUTPOST, (3, instruct(1, Command::CloseDeployment {})), 100).unwrap();
    assert_eq!(transfer_of(&response.messages[0]).1, coin(1_200, VOUCHER));
}

#[test]
fn a_coin_pays_for_a_command_and_comes_home_with_the_rest() {
    let mut far = Far::new();
    far.say(WALLET, (1, open(1, deployment(manual()))), 1_000).unwrap();
    let close = |n| (n, instruct(1, Command::CloseDeployment {}));
    let error = far.say(WALLET, close(2), 99).unwrap_err();
    assert_eq!(error.code(), Code::InsufficientDeposit);
    let status = (2, instruct(1, Command::Status { n: None }));
    assert_eq!(far.say(WALLET, status, 100).unwrap_err().code(), Code::Unsupported);
    let response = far.say(WALLET, close(2), 100).unwrap();
    let (to, amount, memo) = transfer_of(&response.messages[0]);
    assert_eq!((to.as_str(), amount), (WALLET, coin(1_100, VOUCHER)));
    assert!(!memo.contains("dest_callback"), "a wallet cannot be called back: {memo}");
    let (n, settle) = settle_of(&response.messages[0]);
    assert_eq!((n, settle.seq, settle.kind), (0, Some(1), SettleKind::Closed));
    far.sent(&response.messages[0], 1);
    assert_eq!(far.say(WALLET, close(3), 100).unwrap_err().code(), Code::WrongState);
}

#[test]
fn a_probe_comes_back_with_its_nonce() {
    let mut far = Far::new();
    let response =
        far.say(OUTPOST, (1, Action::Probe(Probe { nonce: 77, refund_to: None })), 5).unwrap();
    let (to, amount, memo) = transfer_of(&response.messages[0]);
    assert_eq!((to.as_str(), amount), (OUTPOST, coin(5, VOUCHER)));
    assert!(memo.contains("dest_callback"));
    let (_, settle) = settle_of(&response.messages[0]);
    assert_eq!((settle.kind, settle.nonce), (SettleKind::Probe, Some(77)));
}

#[test]
fn the_check_says_what_would_happen_and_changes_nothing() {
    let far = opened();
    let check = |sender: &str, coin: Money, message: &str| {
        let (route, sender, message) = (Some(ROUTE.into()), sender.into(), message.into());
        far.ask::<CheckResponse>(QueryMsg::Check { route, sender, coin: Some(coin), message })
    };
    let message = |n, seq| {
        let action = open(seq, deployment(manual()));
        serde_json::to_string(&protocol::Message { n, action }).unwrap()
    };
    for _ in 0..2 {
        let answer = check(OUTPOST, (VOUCHER, 1_000).into(), &message(2, 2));
        assert_eq!(answer, CheckResponse { accepted: true, code: None, reason: None });
    }
    for (sender, coin, message, code) in [
        (OUTPOST, (VOUCHER, 1_000), message(1, 2), Code::UsedNumber),
        (OUTPOST, (VOUCHER, 1_000), message(2, 1), Code::UsedSeq),
        (OUTPOST, (VOUCHER, 99), message(2, 2), Code::InsufficientDeposit),
        (OUTPOST, ("uother", 1_000), message(2, 2), Code::UnknownDenom),
        ("Beta1", (VOUCHER, 1_000), message(2, 2), Code::BadSender),
        (OUTPOST, (VOUCHER, 1_000), "{}".into(), Code::Malformed),
    ] {
        let answer = check(sender, coin.into(), &message);
        assert_eq!(answer.code, Some(code), "{:?}", answer.reason);
    }
    let solvency: SolvencyResponse = far.ask(QueryMsg::Solvency { denom: VOUCHER.into() });
    assert_eq!(solvency.liabilities.u128(), 1_000);
}
