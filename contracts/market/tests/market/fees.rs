//! The listing fee: set aside for each order, the cleaner's after its expiry, else the tenant's again.

use cosmwasm_std::{Uint128, coins};
use market::msg::{ExecuteMsg, NewDenom, QueryMsg, QuoteResponse};
use protocol::control::{Command, GroupState};
use protocol::deployment::Selection;
use protocol::{Code, Otherwise};

use crate::suite::{
    BOND, PURSE, RATE, Suite, USD, attribute_of, by_offer, deployment, group, manual, open_msg, usd,
};

/// Units of each order's fee.
const FEE: u128 = 50;

fn suite() -> Suite {
    let mut suite = Suite::new();
    let denom = NewDenom { listing_fee: Uint128::new(FEE), ..usd() };
    suite.just("owner", &ExecuteMsg::AddDenom(denom));
    suite
}

#[test]
fn who_clears_an_expired_order_away_earns_its_fee() {
    let mut suite = suite();
    suite.open(1, manual(), 1_000);
    assert_eq!(suite.deployment(1).deposited.u128(), 1_000 - FEE, "taken before the account");
    let order = suite.lease_id(1, 0);
    suite.pass(86_400);
    suite.just("bob", &ExecuteMsg::ExpireOrder { order });
    assert_eq!(suite.claimable("bob", USD), FEE);
    suite.act(Command::CloseDeployment {});
    assert_eq!(suite.usd("tenant"), PURSE - FEE);
}

#[test]
fn an_order_that_is_matched_or_closed_gives_its_fee_back() {
    let mut suite = suite();
    let groups = vec![group("a", Selection::Manual {}), group("b", Selection::Manual {})];
    suite.open(1, groups, 1_000);
    assert_eq!(suite.status(1).free.u128(), 1_000 - 2 * FEE);
    let bid = suite.bid("alice", RATE);
    let (provider, bid_no) = (bid.provider, bid.bid_no);
    suite.act(Command::AcceptBid { group: 0, provider, bid_no, max_rate: bid.rate });
    assert_eq!(suite.status(1).free.u128(), 1_000 - FEE);
    suite.act(Command::CloseLease { group: 1 });
    assert_eq!(suite.status(1).free.u128(), 1_000);
}

#[test]
fn a_group_leased_at_once_pays_no_fee_and_one_that_falls_back_to_an_order_does() {
    let mut suite = suite();
    let offer = suite.post_offer("alice");
    suite.refused(
        "tenant",
        &open_msg(1, vec![group("a", by_offer(offer))]),
        &coins(599, USD),
        Code::InsufficientDeposit,
    );
    suite.open(1, vec![group("a", by_offer(offer))], 600);
    assert_eq!(suite.status(1).free.u128(), 600);
    suite.just("alice", &ExecuteMsg::CancelOffer { offer });
    let or_order = Selection::Offer { offer, otherwise: Otherwise::Order, max_charge: None };
    suite.open(2, vec![group("a", or_order)], 600);
    let status = suite.status(2);
    assert_eq!((status.free.u128(), status.groups[0].state), (600 - FEE, GroupState::Open));
}

#[test]
fn dust_does_not_open_orders() {
    let mut suite = suite();
    let eight: Vec<_> = (0..8).map(|i| group(&i.to_string(), Selection::Manual {})).collect();
    let msg = open_msg(1, eight.clone());
    suite.refused("tenant", &msg, &coins(80 * FEE - 1, USD), Code::InsufficientDeposit);
    let quote: QuoteResponse = suite.ask(&QueryMsg::Quote {
        route: None,
        denom: USD.into(),
        deployment: deployment(eight),
        seconds: 1,
    });
    assert_eq!(quote.minimum.u128(), 8 * (600 * 2 + FEE));
    suite.run("tenant", &msg, &coins(80 * FEE, USD));
}

#[test]
fn a_fee_raised_during_a_vote_sends_the_purchase_back_rather_than_eat_it() {
    let mut suite = suite();
    let mut at = |fee| {
        let denom = NewDenom { listing_fee: Uint128::new(fee), ..usd() };
        suite.just("owner", &ExecuteMsg::AddDenom(denom));
        suite.send("tenant", &open_msg(1, manual()), &coins(1_000, USD))
    };
    assert_eq!(Code::find(&at(101).unwrap_err()), Some(Code::InsufficientDeposit));
    at(100).unwrap();
}

/// Gives the tenant all that an account takes, less what it has already.
fn fill(suite: &mut Suite, has: u128) {
    let rest = coins((1 << 90) - has, USD);
    let tenant = suite.address("tenant");
    let purse = coins((1 << 90) + PURSE, USD);
    suite.app.init_modules(|router, _, storage| {
        router.bank.init_balance(storage, &tenant, purse).unwrap();
    });
    suite.run("tenant", &ExecuteMsg::TopUp { tenant: None, seq: 1 }, &rest);
}

#[test]
fn what_a_full_account_cannot_take_is_credited_and_told_once() {
    let mut suite = suite();
    suite.open(1, manual(), 1_000);
    fill(&mut suite, 1_000 - FEE);
    suite.bid("alice", RATE);
    let order = suite.lease_id(1, 0);
    // A tenth of the deposit is forfeit.
    let left = suite.just("alice", &ExecuteMsg::WithdrawBid { order, provider: None });
    assert_eq!(attribute_of(&left, "wasm-bond_forfeited", "amount"), (BOND / 10).to_string());
    assert_eq!(attribute_of(&left, "wasm-account_full", "amount"), (BOND / 10).to_string());
    assert_eq!(attribute_of(&left, "wasm-credited", "amount"), (BOND / 10).to_string());
    // And so is the fee of an order that ends.
    let ended = suite.act(Command::CloseLease { group: 0 });
    assert_eq!(attribute_of(&ended, "wasm-account_full", "amount"), FEE.to_string());
    assert_eq!(suite.claimable("tenant", USD), BOND / 10 + FEE);
    assert_eq!(suite.deployment(1).deposited.u128(), 1 << 90);
}
