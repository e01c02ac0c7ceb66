//! What `why` says, from what chains say: recorded events, and every place a purchase can be.

mod swallowed;

use cosmos::wire::event::{Attribute, Event};
use cosmwasm_std::{Coin, Uint128};
use entrepot::why::{Cause, Facts, Packet, Received, Reception, Way, explain, refusal_in};
use outpost::msg::responses::OrderState;
use protocol::control::{DeploymentState, DeploymentStatus, GroupState, GroupStatus, Refusal};
use protocol::{Code, RouteStyle};

const NOW: u64 = 1_800_000_000;

/// The events of a transaction on wasmd v0.61.14: a client update, and packet 2 on `channel-2`,
/// which bought by an offer that there never was.
fn recorded() -> Vec<Event> {
    serde_json::from_str(include_str!("../recorded/refused.json")).unwrap()
}

/// A purchase that left and of which nothing else is known.
fn under_way() -> Facts {
    Facts {
        seq: 7,
        n: 9,
        state: OrderState::InFlight,
        coin: Coin::new(1_000_u128, "usdx"),
        owner: "dao".into(),
        send_by: None,
        command_refusal: None,
        deployment: None,
        packet: Some(Packet {
            channel: "channel-1".into(),
            sequence: 3,
            timeout_at: NOW + 600,
            committed: true,
            reception: Reception::NotYet,
        }),
        cancelled: false,
        way: Way {
            route: "market".into(),
            style: RouteStyle::Callbacks { source_gas: 1, destination_gas: 1 },
            market_channel: "channel-0".into(),
            client_on_market: "07-tendermint-0".into(),
            client_on_market_status: "Active".into(),
            client_on_outpost: "07-tendermint-1".into(),
            client_on_outpost_status: "Active".into(),
        },
        now: NOW,
    }
}

fn packet(facts: &mut Facts) -> &mut Packet {
    facts.packet.as_mut().unwrap()
}

fn refused(reason: &str) -> Facts {
    let mut facts = under_way();
    facts.state = OrderState::Refunded;
    packet(&mut facts).committed = false;
    packet(&mut facts).reception =
        Reception::Seen(Received { height: 9, refusal: Some(reason.into()) });
    facts
}

fn deployment(state: DeploymentState, group: GroupState) -> DeploymentStatus {
    DeploymentStatus {
        seq: 7,
        revision: 1,
        state,
        at: NOW,
        free: Uint128::zero(),
        rate: Uint128::zero(),
        runs_out_at: None,
        groups: vec![GroupStatus { state: group, provider: None, rate: None }],
    }
}

#[test]
fn refusal_is_found_in_recorded_events() {
    let reason = refusal_in(&recorded(), "channel-2", 2).unwrap();
    let said = explain(&refused(&reason));
    let code = Some(Code::UnknownOffer);
    assert_eq!(said.cause, Cause::Refused { code, reason: reason.clone() });
    assert!(said.what.contains("never an offer") && said.what.contains(&reason), "{said}");
    assert!(said.advice.contains("`entrepot offers`"), "{said}");
}

#[test]
fn refusal_of_another_packet_in_the_same_transaction_is_not_taken() {
    assert_eq!(refusal_in(&recorded(), "channel-2", 3), None);
    assert_eq!(refusal_in(&recorded(), "channel-1", 2), None);
    assert_eq!(refusal_in(&[], "channel-2", 2), None);
}

fn event(kind: &str, attributes: &[(&str, &str)]) -> Event {
    let attribute =
        |(key, value): &(&str, &str)| Attribute { key: (*key).into(), value: (*value).into() };
    Event { kind: kind.into(), attributes: attributes.iter().map(attribute).collect() }
}

fn receives(sequence: &str) -> Event {
    event("recv_packet", &[("packet_sequence", sequence), ("packet_dst_channel", "channel-2")])
}

/// As ibc-go keeps it, or as older chains do.
fn hooks_error(kept: &str, context: &str) -> Event {
    let keys = [format!("{kept}error"), format!("{kept}error-context")];
    let said = [(keys[0].as_str(), "wasm error"), (keys[1].as_str(), context)];
    event(&format!("{kept}ibc-acknowledgement-error"), &said)
}

#[test]
fn an_error_of_ibc_hooks_is_that_of_the_packet_before_it() {
    for kept in ["ibccallbackerror-", ""] {
        let events = [
            hooks_error(kept, "before all of them"),
            receives("1"),
            hooks_error(kept, "execute wasm contract failed: paused: no new business"),
            receives("2"),
            event("write_acknowledgement", &[("packet_sequence", "2")]),
            receives("3"),
            hooks_error(kept, "unknown_offer: there has never been an offer 99"),
        ];
        let reason = |sequence| refusal_in(&events, "channel-2", sequence);
        assert!(reason(1).unwrap().contains("no new business"));
        assert_eq!(reason(2), None, "the errors around it are of others");
        let said = explain(&refused(&reason(3).unwrap()));
        assert!(matches!(said.cause, Cause::Refused { code: Some(Code::UnknownOffer), .. }));
        assert_eq!(refusal_in(&events, "channel-1", 1), None);
    }
}

#[test]
fn a_refusal_of_the_transfer_module_is_told_and_its_success_is_not() {
    let told = |success, error| {
        let kept = "ibccallbackerror-";
        let (success_key, error_key) = (format!("{kept}success"), format!("{kept}error"));
        let said = [(success_key.as_str(), success), (error_key.as_str(), error)];
        let events = [receives("5"), event(&format!("{kept}fungible_token_packet"), &said)];
        refusal_in(&events, "channel-2", 5)
    };
    let reason = "fungible token transfers to wasm1x are disabled";
    assert_eq!(told("false", reason).as_deref(), Some(reason));
    assert_eq!(told("true", ""), None);
}

#[test]
fn on_a_plain_route_it_is_said_who_asks_and_when() {
    let plain = |mut facts: Facts| {
        facts.way.style = RouteStyle::Plain {};
        explain(&facts).advice
    };
    let waiting = |change: &dyn Fn(&mut Facts)| {
        let mut facts = under_way();
        packet(&mut facts).committed = false;
        change(&mut facts);
        facts
    };
    let asks = "`entrepot reconcile 7`";
    let refusal = |facts: &mut Facts| {
        let refusal = Some("paused: no".to_owned());
        packet(facts).reception = Reception::Seen(Received { height: 9, refusal });
    };
    let advice = plain(waiting(&refusal));
    assert!(advice.contains(asks) && advice.contains("2027-01-15 08:10:00 UTC"), "{advice}");
    let accepted = |facts: &mut Facts| {
        facts.deployment = Some(deployment(DeploymentState::Open, GroupState::Active))
    };
    let advice = plain(waiting(&accepted));
    assert!(advice.contains("has not heard") && advice.contains(asks), "{advice}");
    let advice = plain(waiting(&|_| ()));
    assert!(advice.contains(asks), "a timeout that the chain has processed: {advice}");
    assert!(!plain(under_way()).contains(asks), "it may still be received");
    let over = |facts: &mut Facts| {
        facts.deployment = Some(deployment(DeploymentState::Closed, GroupState::Closed));
    };
    assert!(plain(waiting(&over)).contains("past the outpost"));
}

#[test]
fn an_answer_that_the_outpost_lost_is_told_from_one_that_is_not_back() {
    let refused = |facts: &mut Facts| {
        let refusal = Some("unknown_offer: no offer 9".to_owned());
        packet(facts).reception = Reception::Seen(Received { height: 9, refusal });
    };
    let accepted = |facts: &mut Facts| {
        packet(facts).reception = Reception::Unseen;
        facts.deployment = Some(deployment(DeploymentState::Open, GroupState::Active));
    };
    let closed = |facts: &mut Facts| {
        packet(facts).reception = Reception::Unseen;
        facts.deployment = Some(deployment(DeploymentState::Closed, GroupState::Closed));
    };
    let hooks = RouteStyle::Hooks { market_gas: None };
    for style in [under_way().way.style, hooks] {
        for decided in [&refused as &dyn Fn(&mut Facts), &accepted, &closed] {
            let mut facts = under_way();
            facts.way.style = style.clone();
            decided(&mut facts);
            let travels = explain(&facts).advice;
            assert!(
                travels.contains("not back") && travels.contains("`ferry status`"),
                "{travels}"
            );
            facts.way.client_on_outpost_status = "Expired".into();
            let stuck = explain(&facts).advice;
            assert!(stuck.contains("cannot come back") && stuck.contains("Expired"), "{stuck}");
            packet(&mut facts).committed = false;
            let lost = explain(&facts).advice;
            let asks = "from 2027-01-15 08:10:00 UTC on, `entrepot reconcile 7`";
            assert!(lost.contains(asks), "{lost}");
            for advice in [&travels, &stuck, &lost] {
                assert!(!advice.contains("nothing needs"), "{advice}");
            }
        }
    }
}

#[test]
fn an_order_without_a_packet_is_not_called_unsent() {
    let mut facts = under_way();
    facts.packet = None;
    facts.state = OrderState::Refunded;
    let said = explain(&facts);
    assert_eq!(said.cause, Cause::Unknown);
    assert!(
        said.what.contains("is refunded") && said.advice.contains("`entrepot claim`"),
        "{said}"
    );
    facts.cancelled = true;
    let said = explain(&facts);
    assert_eq!(said.cause, Cause::Cancelled);
    assert!(said.advice.contains("`entrepot claim`"), "{said}");
    facts.cancelled = false;
    facts.state = OrderState::Closed;
    assert_eq!(explain(&facts).cause, Cause::Closed);
    facts.state = OrderState::Acked;
    let said = explain(&facts);
    assert_eq!(said.cause, Cause::Unknown);
    assert!(!said.to_string().contains("entrepot send"), "{said}");
}

#[test]
fn an_unsent_order_says_who_may_do_what_until_when() {
    let mut facts = under_way();
    (facts.state, facts.packet, facts.send_by) = (OrderState::Unsent, None, Some(NOW + 600));
    let advice = explain(&facts).advice;
    let until = "until 2027-01-15 08:10:00 UTC (`entrepot send 7`)";
    assert!(advice.contains(until) && advice.contains("`entrepot cancel 7`"), "{advice}");
    facts.now += 600;
    let advice = explain(&facts).advice;
    assert!(advice.contains("anyone may give it up: `entrepot cancel 7`"), "{advice}");
    assert!(!advice.contains("entrepot send"), "{advice}");
}

#[test]
fn every_code_is_explained_and_has_a_remedy() {
    for code in Code::ALL {
        let reason = format!("on destination chain callback: {code}: some words: failed");
        let said = explain(&refused(&reason));
        assert!(matches!(said.cause, Cause::Refused { code: Some(got), .. } if got == code));
        assert!(said.what.contains("some words") && said.advice.len() > 20, "{code}: {said}");
    }
}

#[test]
fn out_of_gas_says_which_limit_to_raise() {
    let said = explain(&refused("ibc callback out of gas"));
    assert!(matches!(said.cause, Cause::Refused { code: None, .. }));
    assert!(said.advice.contains("`destination_gas`"), "{said}");
}

#[test]
fn each_place_of_a_waiting_purchase_has_its_cause() {
    let base = under_way();
    let change = |change: &dyn Fn(&mut Facts)| {
        let mut facts = base.clone();
        change(&mut facts);
        explain(&facts).cause
    };
    assert_eq!(change(&|_| ()), Cause::NotCarried);
    assert_eq!(change(&|facts| facts.now += 600), Cause::TimedOut);
    assert_eq!(
        change(&|facts| facts.way.client_on_market_status = "Expired".into()),
        Cause::Client
    );
    assert_eq!(
        change(&|facts| packet(facts).reception = Reception::Unseen),
        Cause::AnswerNotCarried
    );
    let expired = |end: fn(&mut Way) -> &mut String| {
        change(&|facts| {
            packet(facts).reception = Reception::Unseen;
            *end(&mut facts.way) = "Expired".into();
        })
    };
    assert_eq!(expired(|way| &mut way.client_on_outpost_status), Cause::Client);
    let other = expired(|way| &mut way.client_on_market_status);
    assert_eq!(other, Cause::AnswerNotCarried, "it proves nothing to the outpost's chain");
    assert_eq!(change(&|facts| packet(facts).committed = false), Cause::CallbackLost);
    assert_eq!(change(&|facts| facts.state = OrderState::RefundDue), Cause::RefundDue);
    let unsent = change(&|facts| {
        facts.state = OrderState::Unsent;
        facts.packet = None;
    });
    assert_eq!(unsent, Cause::Unsent);
    let arrived = change(&|facts| {
        packet(facts).committed = false;
        packet(facts).reception = Reception::Seen(Received { height: 9, refusal: None });
    });
    assert_eq!(arrived, Cause::ArrivedOnly);
}

#[test]
fn refunded_purchase_without_events_is_told_from_a_timeout() {
    let mut facts = under_way();
    facts.state = OrderState::Refunded;
    packet(&mut facts).committed = false;
    assert_eq!(explain(&facts).cause, Cause::TimedOut);
    packet(&mut facts).reception = Reception::Unseen;
    assert_eq!(explain(&facts).cause, Cause::RefusedUnknown);
}

#[test]
fn accepted_purchase_is_told_by_the_market() {
    let mut facts = under_way();
    facts.state = OrderState::Acked;
    facts.deployment = Some(deployment(DeploymentState::Open, GroupState::Open));
    assert_eq!(explain(&facts).cause, Cause::Accepted { leased: false });
    facts.deployment = Some(deployment(DeploymentState::Open, GroupState::Active));
    assert_eq!(explain(&facts).cause, Cause::Accepted { leased: true });
    facts.command_refusal =
        Some(Refusal { code: Code::RateAboveMax, detail: "rate 7, at most 5".into() });
    let said = explain(&facts);
    assert!(said.advice.contains("`max_rate`") && said.advice.contains("rate 7"), "{said}");
    facts.deployment = Some(deployment(DeploymentState::Closed, GroupState::Closed));
    assert_eq!(explain(&facts).cause, Cause::Closed);
}
