//! What somebody might do to spoil the market for others, and what it costs or comes to.
//!
//! Each rule was taken out of the contract alone, and the whole suite run without it. At least the
//! test beside it failed (those without a path are of this file); none passed unnoticed.
//!
//! | grief | rule | caught by |
//! |---|---|---|
//! | junk bids fill the 20 slots | a better bid evicts the worst | `junk_bids_that_fill_the_slots_make_way_for_a_better_one` |
//! | | better by half a percent | `auctions::a_full_order_makes_room_for_half_a_percent_less_than_its_worst` |
//! | | one bid of a provider for an order | `a_provider_has_one_bid_for_an_order` |
//! | bid and withdraw just before the matching | leaving costs a tenth | `a_bid_withdrawn_just_before_the_matching_costs_a_tenth_to_the_tenant` |
//! | | a bid of an auction binds until its decision | `auctions::bids_of_an_auction_bind_until_its_decision_whatever_they_say` |
//! | | who leaves the market stays bound | `a_binding_bid_is_not_left_by_deregistering_nor_by_dropping_an_attribute` |
//! | | who drops an attribute pays a tenth | the same |
//! | a junk bid at one nano-unit | the bond of half of the limit | `a_junk_bid_at_one_nano_unit_stakes_as_much_as_one_at_half_of_the_limit` |
//! | an offer raised when the packet is seen | dearer a day later | `offers::an_offer_raised_when_the_packet_is_seen_is_still_taken_at_the_old_price` |
//! | capacity taken and released for nothing | the minimum charge | `capacity_taken_and_released_for_nothing_is_paid_for_each_time` |
//! | a held-back command after its revocation | revisions, of operators | `a_command_held_back_until_after_its_revocation_does_nothing` |
//! | | of the manifest, of the refund's address | `replaced::a_greater_revision_replaces_and_a_lesser_is_stale` |
//! | dust deposits | the least deposit, at the opening | `dust_deposits_and_top_ups_of_one_unit_by_strangers_are_refused` |
//! | top-ups of one unit by strangers | the same for top-ups | the same |
//! | dust orders | 32 for each tenant | `dust_orders_are_bounded_for_each_tenant` |
//! | | of a sender, over all its accounts | `dust_orders_of_a_sender_are_bounded_over_all_its_accounts` |
//! | | the listing fee | `fees::who_clears_an_expired_order_away_earns_its_fee` |
//! | self-dealing | no bid for one's own order | `nobody_deals_with_itself` |
//! | | no acceptance of one's own bid | the same |
//! | | nor of one's own terms | `terms::a_provider_that_is_the_tenants_operator_does_not_agree_with_itself` |
//! | offers without capacity | at least one lease, and its bond | `an_offer_promises_no_more_than_its_capacity_and_its_bond` |
//! | | no lease beyond the capacity, or the bond | the same |
//! | slots held by dead providers | anyone clears a bid that cannot win | `slots_held_by_dead_providers_are_anybodys_to_clear` |
//! | | a bid that binds no more gives way | the same |
//! | purchases that replay a `seq` | a number is used once | `a_purchase_that_replays_a_number_is_refused_alive_or_dead` |
//! | | and so is that of a money packet | the same |
//!
//! Of the rules that an audit added each was taken out alone, and the test beside it run without it: it failed.
//!
//! | grief | rule | caught by |
//! |---|---|---|
//! | a lease that gives no time to be ready, for its bond | 15 minutes at least | `nobody_takes_a_bond_by_giving_no_time_to_earn_it` |
//! | | a term of 15 minutes at least | the same |
//! | | who is late is reported first | the same, `exits::a_halt_of_the_chain_costs_nobody_a_bond` |
//! | | not before it is late | `exits::a_provider_that_never_comes_loses_its_bond_to_the_tenant` |
//! | | and has an hour more | the same |
//! | | or its window, if that is longer | `exits::who_is_reported_has_an_hour_or_its_window_if_that_is_longer` |
//! | another's order closed by money that one sends to its outpost | refused at the opening, by a probe | simnet `outsiders::a_wallet_cannot_close_the_order_of_another_by_sending_its_own_money_to_the_outpost` |
//! | | refused by `set_refund_to` | simnet `outsiders::a_wallet_cannot_say_so_later_either` |
//! | | no word about it from before the outpost was one | `callbacks::an_outpost_is_not_told_of_the_order_of_a_wallet_that_named_it_before_it_was_one` |
//! | | and what fails goes to the wallet | the same |
//! | a minimum charge raised during a vote | a day's pay at the limit, unless the order says | `offers::a_minimum_charge_raised_during_a_vote_takes_no_more_than_a_day` |
//! | | what the order says | `offers::a_tenant_says_which_minimum_charge_it_takes` |
//! | an order too large for lists | 4 KiB, whichever way it comes | `orders::an_order_of_this_chain_is_no_larger_than_one_in_a_packet` |
//! | | attributes without control characters | protocol `limits_strings::keys_and_values_of_attributes` |
//! | an offer that grows until closing its leases is too dear | two sets of attributes, of storage and of gpu prices | `offers::an_offer_does_not_grow_with_every_update` |
//! | a way home that the owner breaks, to take what it does not bring | 30 days after a change of style | `rescue::an_owner_cannot_make_a_way_dead_and_then_take_what_it_could_not_bring` |
//! | | 400,000 gas for a callback; the same style again is no change | the same |
//! | | 400,000 gas for a command | `governance::parameters_have_bounds_and_act_on_new_business_only` |
//! | a listing fee raised during a vote | a tenth of the coin at most | `fees::a_fee_raised_during_a_vote_sends_the_purchase_back_rather_than_eat_it` |
//! | a unit under way that blocks the recovery of others' coins | statements and probes aside | `callbacks::a_statement_or_probe_under_way_does_not_block_the_recovery_of_a_transfer` |
//! | | and not paid out of a transfer | `callbacks::a_statement_that_came_back_is_not_recovered_out_of_a_transfer_that_did` |
//! | a token that lies after it was removed | it tops up, nothing else | `tokens::a_removed_token_still_serves_what_was_opened_in_it` |
//! | an announcement in stock | it lapses after 30 days | `rescue::what_was_announced_lapses` |

use cosmwasm_std::{Uint128, coins};
use market::msg::{ExecuteMsg, LeaseId, OfferTerms, OrderInfo, QueryMsg};
use protocol::control::{Answer, Command, ControlAck};
use protocol::deployment::{LocalOperator, Scope, Selection};
use protocol::money::TopUp;
use protocol::{Action, Code, Otherwise};

use crate::control::{acknowledgement, command, connected};
use crate::far::{OUTPOST, WALLET, open, tenant};
use crate::suite::{
    BOND, CROWD, PURSE, RATE, Suite, USD, attribute, by_offer, deployment, group, manual,
    offer_terms, open_msg,
};

fn auction(suite: &mut Suite) -> LeaseId {
    let mut wanted = group("web", Selection::Lowest { bidding_seconds: 600 });
    wanted.requirements.attributes = vec![attribute("region", "eu-west")];
    suite.open(1, vec![wanted], 100_000);
    suite.lease_id(1, 0)
}

fn withdraw(order: &LeaseId, provider: Option<String>) -> ExecuteMsg {
    ExecuteMsg::WithdrawBid { order: order.clone(), provider }
}

#[test]
fn junk_bids_that_fill_the_slots_make_way_for_a_better_one() {
    let mut suite = Suite::new();
    let order = auction(&mut suite);
    suite.fill_slots();
    suite.run("bob", &suite.bid_msg(RATE / 2, 60), &coins(BOND, USD));
    suite.pass(600);
    suite.just("owner", &ExecuteMsg::Match { order: order.clone() });
    assert_eq!(suite.lease(&order).provider, suite.address("bob").to_string());
}

#[test]
fn a_provider_has_one_bid_for_an_order() {
    let mut suite = Suite::new();
    auction(&mut suite);
    suite.bid("alice", RATE);
    let second = suite.bid_msg(RATE / 2, 60);
    suite.refused("alice", &second, &coins(BOND, USD), Code::WrongState);
}

#[test]
fn a_bid_withdrawn_just_before_the_matching_costs_a_tenth_to_the_tenant() {
    let mut suite = Suite::new();
    let order = auction(&mut suite);
    suite.bid("alice", RATE / 2);
    suite.bid("bob", RATE);
    suite.pass(600);
    suite.just("alice", &withdraw(&order, None));
    assert_eq!(PURSE - suite.usd("alice"), BOND / 10);
    assert_eq!(suite.status(1).free.u128(), 100_000 + BOND / 10);
}

#[test]
fn a_binding_bid_is_not_left_by_deregistering_nor_by_dropping_an_attribute() {
    let mut suite = Suite::new();
    let order = auction(&mut suite);
    suite.bid("alice", RATE / 2);
    suite.bid("bob", RATE);
    let dropped = ExecuteMsg::UpdateProvider { host_uri: None, attributes: Some(vec![]) };
    suite.just("alice", &dropped);
    suite.just("bob", &ExecuteMsg::DeregisterProvider {});
    suite.pass(600);
    suite.just("owner", &ExecuteMsg::Match { order: order.clone() });
    assert_eq!(suite.claimable("alice", USD), BOND - BOND / 10, "passed over for a tenth");
    assert_eq!(suite.lease(&order).provider, suite.address("bob").to_string());
    suite.just("bob", &ExecuteMsg::CloseLease { lease: order });
    assert_eq!(suite.claimable("bob", USD), BOND - BOND / 10, "it declines for a tenth");
}

#[test]
fn a_junk_bid_at_one_nano_unit_stakes_as_much_as_one_at_half_of_the_limit() {
    let mut suite = Suite::new();
    let order = auction(&mut suite);
    suite.bid("bob", RATE);
    let junk = suite.bid_msg(1, 60);
    // The tenant would pay twice `RATE`: half of that for a day is the least that a winner can lose.
    let info: OrderInfo = suite.ask(&QueryMsg::Order { id: order.clone() });
    assert_eq!(info.secured_rate.u128(), RATE);
    suite.refused("alice", &junk, &coins(BOND - 1, USD), Code::InsufficientDeposit);
    suite.run("alice", &junk, &coins(BOND, USD));
    suite.pass(600);
    suite.just("owner", &ExecuteMsg::Match { order: order.clone() });
    suite.pass(7_200);
    suite.never_ready(&order);
    assert_eq!(suite.status(1).free.u128(), 100_000 + BOND, "a day of service for a day's delay");
    assert_eq!(suite.usd("alice"), PURSE - BOND);
}

#[test]
fn capacity_taken_and_released_for_nothing_is_paid_for_each_time() {
    let mut suite = Suite::new();
    let terms = OfferTerms { min_charge: Uint128::new(3_000), capacity: 1, ..offer_terms() };
    let offer = suite.post("alice", terms, &coins(BOND, USD));
    for seq in 1..=3 {
        suite.open(seq, vec![group("web", by_offer(offer))], 10_000);
        let lease = suite.lease_id(seq, 0);
        suite.beat("alice", &lease);
        let deployment = suite.id(seq);
        suite.just("tenant", &ExecuteMsg::Act { deployment, command: Command::CloseDeployment {} });
    }
    assert_eq!(PURSE - suite.usd("tenant"), 3 * 3_000);
    assert_eq!(suite.claimable("alice", USD) + suite.claimable("treasury", USD), 3 * 3_000);
}

#[test]
fn a_command_held_back_until_after_its_revocation_does_nothing() {
    let mut far = connected();
    let operator = far.address("operator").to_string();
    let appoint = |rev, address: &str| Command::SetOperators {
        rev,
        local_operators: vec![LocalOperator {
            address: address.into(),
            scopes: vec![Scope::Close],
            expires_in_seconds: None,
        }],
        access_keys: vec![],
    };
    let revoke = Command::SetOperators { rev: 2, local_operators: vec![], access_keys: vec![] };
    let ack = acknowledgement(&mut far, command(revoke));
    assert_eq!(ack, ControlAck::Answer(Answer::Done {}));
    let ack = acknowledgement(&mut far, command(appoint(1, &operator)));
    assert_eq!(ack, ControlAck::Answer(Answer::Stale { rev: 2 }));
    let close =
        ExecuteMsg::Act { deployment: crate::far::id(1), command: Command::CloseDeployment {} };
    assert_eq!(far.send("operator", close, &[]).unwrap_err().code(), Code::Unauthorized);
}

// Rule 39: there is a least deposit.
#[test]
fn dust_deposits_and_top_ups_of_one_unit_by_strangers_are_refused() {
    let mut suite = Suite::new();
    suite.refused("tenant", &open_msg(1, manual()), &coins(1, USD), Code::InsufficientDeposit);
    suite.open(1, manual(), 1_000);
    let top_up = ExecuteMsg::TopUp { tenant: Some(suite.tenant("tenant")), seq: 1 };
    suite.refused("bob", &top_up, &coins(1, USD), Code::InsufficientDeposit);
    assert_eq!(suite.deployment(1).deposited.u128(), 1_000);

    let mut far = connected();
    let top_up = TopUp { account: "me".into(), tenant: Some(tenant(OUTPOST)), seq: 1 };
    let refused = far.say(WALLET, (1, Action::TopUp(top_up)), 1).unwrap_err();
    assert_eq!(refused.code(), Code::InsufficientDeposit);
}

// Rule 39: open orders are bounded for each tenant.
#[test]
fn dust_orders_are_bounded_for_each_tenant() {
    let mut suite = Suite::new();
    for seq in 1..=32 {
        suite.open(seq, manual(), 100);
    }
    suite.refused("tenant", &open_msg(33, manual()), &coins(100, USD), Code::TooMany);
}

#[test]
fn dust_orders_of_a_sender_are_bounded_over_all_its_accounts() {
    let mut far = crate::far::Far::new();
    let order = |n: u64| match open(n, deployment(manual())) {
        Action::Open(mut order) => {
            order.account = format!("account {n}");
            (n, Action::Open(order))
        }
        action => (n, action),
    };
    for n in 1..=32 {
        far.say(WALLET, order(n), 100).unwrap();
    }
    assert_eq!(far.say(WALLET, order(33), 100).unwrap_err().code(), Code::TooMany);
    far.say(OUTPOST, order(33), 100).expect("an outpost limits its owners itself");
}

#[test]
fn nobody_deals_with_itself() {
    let mut suite = Suite::new();
    suite.register("tenant");
    let offer = suite.post_offer("tenant");
    let own = open_msg(1, vec![group("web", by_offer(offer))]);
    suite.refused("tenant", &own, &coins(1_000, USD), Code::ProviderIneligible);

    let mut wanted = deployment(manual());
    wanted.local_operators = vec![LocalOperator {
        address: suite.address("alice").into(),
        scopes: vec![Scope::BidAccept],
        expires_in_seconds: None,
    }];
    let open = ExecuteMsg::Open { seq: 1, refund_to: None, deployment: wanted };
    suite.run("tenant", &open, &coins(10_000, USD));
    let own = suite.bid_msg(RATE, 60);
    suite.refused("tenant", &own, &coins(BOND, USD), Code::ProviderIneligible);
    let bid = suite.bid("alice", RATE);
    let (provider, max_rate) = (bid.provider, bid.rate);
    let command = Command::AcceptBid { group: 0, provider, bid_no: bid.bid_no, max_rate };
    let accept = ExecuteMsg::Act { deployment: suite.id(1), command };
    suite.refused("alice", &accept, &[], Code::Unauthorized);
}

#[test]
fn an_offer_promises_no_more_than_its_capacity_and_its_bond() {
    let mut suite = Suite::new();
    let none = ExecuteMsg::PostOffer { terms: OfferTerms { capacity: 0, ..offer_terms() } };
    suite.refused("alice", &none, &coins(BOND, USD), Code::LimitExceeded);
    let bare = ExecuteMsg::PostOffer { terms: offer_terms() };
    suite.refused("alice", &bare, &coins(9, USD), Code::InsufficientDeposit);

    let one = OfferTerms { capacity: 1, ..offer_terms() };
    let small = suite.post("alice", one, &coins(3 * BOND, USD));
    let poor = suite.post("bob", OfferTerms { capacity: 9, ..offer_terms() }, &coins(BOND, USD));
    for (seq, offer) in [(1, small), (2, poor)] {
        suite.open(seq, vec![group("web", by_offer(offer))], 1_000);
        let second = open_msg(9, vec![group("web", by_offer(offer))]);
        suite.refused("tenant", &second, &coins(1_000, USD), Code::OfferUnavailable);
    }
    let or_order = Selection::Offer { offer: small, otherwise: Otherwise::Order, max_charge: None };
    suite.open(9, vec![group("web", or_order)], 1_000);
}

#[test]
fn slots_held_by_dead_providers_are_anybodys_to_clear() {
    let mut suite = Suite::new();
    let mut wanted = group("web", Selection::Manual {});
    wanted.requirements.attributes = vec![attribute("region", "eu-west")];
    suite.open(1, vec![wanted], 1_000);
    let order = suite.lease_id(1, 0);
    suite.fill_slots();
    let dear = suite.bid_msg(2 * RATE, 3_600);
    let deposit = coins(2 * BOND, USD);
    suite.refused("bob", &dear, &deposit, Code::RateAboveMax);

    let first = suite.address(CROWD[0]).to_string();
    let clear = withdraw(&order, Some(first));
    suite.refused("owner", &clear, &[], Code::Unauthorized);
    let dropped = ExecuteMsg::UpdateProvider { host_uri: None, attributes: Some(vec![]) };
    suite.just(CROWD[0], &dropped);
    suite.just("owner", &clear);
    suite.run("bob", &dear, &deposit);

    suite.pass(3_600);
    suite.run("alice", &dear, &deposit);
    assert!(suite.bidders().contains(&"alice"), "the others bind no more");
}

#[test]
fn a_purchase_that_replays_a_number_is_refused_alive_or_dead() {
    let mut suite = Suite::new();
    suite.open(1, manual(), 1_000);
    let again = open_msg(1, manual());
    suite.refused("tenant", &again, &coins(1_000, USD), Code::UsedSeq);
    suite.act(Command::CloseDeployment {});
    suite.refused("tenant", &again, &coins(1_000, USD), Code::UsedSeq);

    let mut far = connected();
    let replay = |n, seq| (n, open(seq, deployment(manual())));
    assert_eq!(far.say(OUTPOST, replay(2, 1), 1_000).unwrap_err().code(), Code::UsedSeq);
    assert_eq!(far.say(OUTPOST, replay(1, 2), 1_000).unwrap_err().code(), Code::UsedNumber);
    acknowledgement(&mut far, command(Command::CloseDeployment {}));
    assert_eq!(far.say(OUTPOST, replay(2, 1), 1_000).unwrap_err().code(), Code::UsedSeq);
}

#[test]
fn nobody_takes_a_bond_by_giving_no_time_to_earn_it() {
    let mut suite = Suite::new();
    let offer = suite.post("alice", offer_terms(), &coins(2 * BOND, USD));
    let mut hasty = group("web", by_offer(offer));
    hasty.ready_within_seconds = Some(1);
    suite.refused("tenant", &open_msg(1, vec![hasty]), &coins(600, USD), Code::LimitExceeded);
    let mut brief = group("web", by_offer(offer));
    brief.term_seconds = Some(1);
    suite.refused("tenant", &open_msg(1, vec![brief]), &coins(600, USD), Code::LimitExceeded);
    // And who is called late answers in time.
    let mut least = group("web", by_offer(offer));
    least.ready_within_seconds = Some(900);
    suite.open(1, vec![least], 600);
    let lease = suite.lease_id(1, 0);
    suite.pass(900);
    let close = ExecuteMsg::CloseUnready { lease: lease.clone() };
    suite.refused("tenant", &close, &[], Code::WrongState);
    suite.just("tenant", &ExecuteMsg::ReportSilent { lease: lease.clone() });
    suite.pass(3_599);
    suite.refused("tenant", &close, &[], Code::TooEarly);
    suite.beat("alice", &lease);
    suite.pass(1);
    suite.refused("tenant", &close, &[], Code::WrongState);
}
