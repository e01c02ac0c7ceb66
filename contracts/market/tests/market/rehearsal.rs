//! What would happen: `check` says what a message would do, `quote` what to attach.

use cosmwasm_std::{Uint128, coins, to_json_string};
use market::msg::{
    CheckResponse, ExecuteMsg, Money, NewDenom, OfferTerms, QueryMsg, QuoteResponse, Standing,
    StatsResponse,
};
use protocol::control::{Command, GroupState};
use protocol::deployment::Selection;
use protocol::{Code, DeploymentId, Otherwise};

use crate::listing::suite;
use crate::suite::{
    BOND, RATE, Suite, USD, by_offer, deployment, group, manual, offer_terms, open_msg, usd,
};

/// Who says it, with which coin, and what.
type Case<'a> = (&'a str, Option<(&'a str, u128)>, &'a ExecuteMsg);

#[test]
fn a_check_on_this_chain_says_what_would_happen_and_changes_nothing() {
    let mut suite = suite();
    let offer = suite.post_offer("alice");
    suite.open(1, manual(), 1_000);
    let check = |suite: &Suite, who: &str, coin: Option<(&str, u128)>, msg: &ExecuteMsg| {
        let (sender, message) = (suite.address(who).into(), to_json_string(msg).unwrap());
        let coin = coin.map(Money::from);
        let ask = QueryMsg::Check { route: None, sender, coin, message };
        suite.ask::<CheckResponse>(&ask)
    };
    let bid = suite.bid_msg(RATE, 60);
    let taken = open_msg(2, vec![group("web", by_offer(offer))]);
    let deregister = ExecuteMsg::DeregisterProvider {};
    let cases: [Case<'_>; 8] = [
        ("tenant", Some((USD, 1_000)), &taken),
        ("tenant", Some((USD, 599)), &taken),
        ("tenant", Some(("uother", 1_000)), &taken),
        ("tenant", None, &taken),
        ("tenant", Some((USD, 1_000)), &open_msg(1, manual())),
        ("bob", Some((USD, 1)), &bid),
        ("operator", Some((USD, BOND)), &bid),
        ("alice", None, &deregister),
    ];
    let before = suite.ask::<StatsResponse>(&QueryMsg::Stats {});
    for (who, coin, msg) in cases {
        let told = check(&suite, who, coin, msg);
        assert_eq!(told, check(&suite, who, coin, msg), "asking changes nothing");
        assert_eq!(suite.ask::<StatsResponse>(&QueryMsg::Stats {}), before);
        // The same code as the message itself, tried where it leaves nothing.
        let funds = coin.map(|(denom, amount)| cosmwasm_std::coin(amount, denom));
        if let Some(code) = told.code {
            // A purse without the coin cannot even try.
            if coin.is_none_or(|coin| coin.0 != "uother") {
                suite.refused(who, msg, funds.as_slice(), code);
            }
        } else {
            assert!(told.accepted && told.reason.is_none());
        }
    }
    let codes = cases.map(|(who, coin, msg)| check(&suite, who, coin, msg).code);
    let refusals = [
        None,
        Some(Code::InsufficientDeposit),
        Some(Code::UnknownDenom),
        Some(Code::WrongCoin),
        Some(Code::UsedSeq),
        Some(Code::InsufficientDeposit),
        Some(Code::NotFound),
        None,
    ];
    assert_eq!(codes, refusals);
    suite.run("tenant", &taken, &coins(1_000, USD));
    suite.just("alice", &deregister);

    // What cannot be read, what nobody may say but the market, and a route without a coin.
    let ask = |sender: String, route: Option<&str>, message: &str| {
        let (route, message) = (route.map(Into::into), message.into());
        suite.ask::<CheckResponse>(&QueryMsg::Check { route, sender, coin: None, message }).code
    };
    let tenant = suite.address("tenant").to_string();
    assert_eq!(ask(tenant.clone(), None, "{}"), Some(Code::Malformed));
    assert_eq!(ask("x".into(), None, r#"{"pause":{}}"#), Some(Code::Malformed));
    assert_eq!(ask(tenant.clone(), None, r#"{"pause":{}}"#), Some(Code::Unauthorized));
    assert_eq!(ask(tenant, Some("channel-0"), "{}"), Some(Code::WrongCoin));
}

#[test]
fn what_only_a_contract_may_say_is_refused_from_a_person_and_no_defect() {
    let suite = suite();
    for (message, code) in [
        (r#"{"entrepot":{"v":1,"n":1,"probe":{"nonce":1}}}"#, Code::Unauthorized),
        (r#"{"receive":{"sender":"cosmos1x","amount":"5","msg":"e30="}}"#, Code::UnknownDenom),
        (r#"{"internal":{"control":{"route":"channel-0","packet":"e30="}}}"#, Code::Unauthorized),
    ] {
        let (sender, message) = (suite.address("tenant").into(), message.into());
        let ask = QueryMsg::Check { route: None, sender, coin: None, message };
        let told: CheckResponse = suite.ask(&ask);
        assert_eq!(told.code, Some(code), "{told:?}");
    }
}

#[test]
fn a_quote_is_enough_and_exact() {
    let mut suite = suite();
    let denom = NewDenom { listing_fee: Uint128::new(7), ..usd() };
    suite.just("owner", &ExecuteMsg::AddDenom(denom));
    let terms = OfferTerms { min_charge: Uint128::new(50), ..offer_terms() };
    let offer = suite.post("alice", terms, &coins(2 * BOND, USD));
    let wanted = vec![group("a", by_offer(offer)), group("b", by_offer(offer))];
    let quote: QuoteResponse = suite.ask(&QueryMsg::Quote {
        route: None,
        denom: USD.into(),
        deployment: deployment(wanted.clone()),
        seconds: 10_000,
    });
    // Two leases at a unit a second for the runway, and what they cost at least. Their fees come back
    // within the message.
    assert_eq!(quote.minimum.u128(), 2 * (600 + 50));
    assert_eq!(quote.deposit.u128(), 2 * (10_000 + 50));
    suite.just_enough(1, wanted.clone(), quote.minimum.u128());

    suite.just(
        "tenant",
        &ExecuteMsg::Act { deployment: suite.id(1), command: Command::CloseDeployment {} },
    );
    suite.run("tenant", &open_msg(2, wanted), &coins(quote.deposit.u128(), USD));
    let (a, b) = (suite.lease_id(2, 0), suite.lease_id(2, 1));
    suite.just("alice", &ExecuteMsg::Heartbeat { leases: vec![a, b] });
    let runs_out_at = suite.status(2).runs_out_at.unwrap();
    assert!(runs_out_at >= suite.now() + 10_000, "it lasts for what was asked");
    let id: DeploymentId = suite.id(2);
    let live = suite.live(Some(Standing::Funded));
    assert_eq!(
        (&live.deployments[0].id, live.deployments[0].runs_out_at),
        (&id, Some(runs_out_at))
    );
}

#[test]
fn a_quote_has_the_fees_of_what_goes_to_bids_and_the_denoms_minimum() {
    let mut suite = suite();
    let denom = NewDenom { listing_fee: Uint128::new(7), min_deposit: Uint128::new(900), ..usd() };
    suite.just("owner", &ExecuteMsg::AddDenom(denom));
    let offer = suite.post_offer("alice");
    let quoted = |suite: &Suite, groups| {
        let deployment = deployment(groups);
        let ask = QueryMsg::Quote { route: None, denom: USD.into(), deployment, seconds: 0 };
        let quote: QuoteResponse = suite.ask(&ask);
        assert_eq!(quote.deposit, quote.minimum);
        quote.minimum.u128()
    };
    let small = vec![group("a", by_offer(offer))];
    assert_eq!(quoted(&suite, small.clone()), 900 + 7, "the deposit is looked at less all fees");
    suite.just_enough(1, small, 900 + 7);
    // The order is quoted at its `max_rate`, which is twice the offer's.
    let mixed = vec![group("a", by_offer(offer)), manual().remove(0)];
    assert_eq!(quoted(&suite, mixed), 3 * 600 + 7, "the order's fee stays set aside");

    // Fees are a tenth of the coin at most, though this one comes back.
    let denom = NewDenom { listing_fee: Uint128::new(500), ..usd() };
    suite.just("owner", &ExecuteMsg::AddDenom(denom));
    let small = vec![group("a", by_offer(offer))];
    assert_eq!(quoted(&suite, small.clone()), 5_000);
    suite.just_enough(2, small, 5_000);
}

#[test]
fn a_quote_leaves_out_an_offer_whose_minimum_charge_the_order_does_not_take() {
    let mut suite = suite();
    let terms = OfferTerms { min_charge: Uint128::new(50), ..offer_terms() };
    let offer = suite.post("alice", terms, &coins(2 * BOND, USD));
    let quoted = |units: u128| {
        let (otherwise, max_charge) = (Otherwise::Order, Some(Uint128::new(units)));
        let selection = Selection::Offer { offer, otherwise, max_charge };
        let deployment = deployment(vec![group("a", selection)]);
        let ask = QueryMsg::Quote { route: None, denom: USD.into(), deployment, seconds: 0 };
        let quote: QuoteResponse = suite.ask(&ask);
        (quote.groups[0].offer, quote.groups[0].rate.u128())
    };
    assert_eq!(quoted(50), (Some(offer), RATE));
    assert_eq!(quoted(49), (None, 2 * RATE));
}

#[test]
fn a_quote_leaves_out_an_offer_that_has_no_room_for_all_groups() {
    let mut suite = suite();
    let one =
        suite.post("alice", OfferTerms { capacity: 1, ..offer_terms() }, &coins(9 * BOND, USD));
    let poor = suite.post("alice", OfferTerms { capacity: 9, ..offer_terms() }, &coins(BOND, USD));
    for offer in [one, poor] {
        let or_order = Selection::Offer { offer, otherwise: Otherwise::Order, max_charge: None };
        let groups = ["a", "b"].map(|name| group(name, or_order.clone())).to_vec();
        let ask = |groups| QueryMsg::Quote {
            route: None,
            denom: USD.into(),
            deployment: deployment(groups),
            seconds: 0,
        };
        let quote: QuoteResponse = suite.ask(&ask(groups.clone()));
        let offers: Vec<_> = quote.groups.iter().map(|quoted| quoted.offer).collect();
        assert_eq!((offers, quote.minimum.u128()), (vec![Some(offer), None], 600 + 2 * 600));
        suite.run("tenant", &open_msg(offer, groups), &coins(quote.minimum.u128(), USD));
        let states: Vec<_> = suite.status(offer).groups.iter().map(|group| group.state).collect();
        assert_eq!(states, [GroupState::Pending, GroupState::Open]);
        let quote: QuoteResponse = suite.ask(&ask(vec![group("a", or_order)]));
        assert_eq!(quote.groups[0].offer, None);
    }
}

impl Suite {
    /// Opens a deployment with these units, after it was refused with one less.
    fn just_enough(&mut self, seq: u64, groups: Vec<protocol::Group>, units: u128) {
        let open = open_msg(seq, groups);
        self.refused("tenant", &open, &coins(units - 1, USD), Code::InsufficientDeposit);
        self.run("tenant", &open, &coins(units, USD));
    }
}
