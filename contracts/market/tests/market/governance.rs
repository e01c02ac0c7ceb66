//! Owner, pauser, parameters: who may, within which bounds, and what goes on while paused.

use cosmwasm_std::{Uint128, coins};
use market::msg::{
    ConfigResponse, DenomsResponse, ExecuteMsg, InfoResponse, NewDenom, OwnershipAction,
    OwnershipResponse, QueryMsg,
};
use protocol::Code;
use protocol::control::Command;

use crate::suite::{Suite, USD, by_offer, group, manual, open_msg, params, usd};

// Rule 31: the pauser moves no funds, and a pause blocks new business alone.
#[test]
fn pause_stops_new_business_and_nothing_else() {
    let mut suite = Suite::new();
    let lease = suite.leased(10_000);
    suite.open(2, manual(), 1_000);
    let bid = ExecuteMsg::Bid {
        order: suite.lease_id(2, 0),
        rate: Uint128::one(),
        valid_for_seconds: 3_600,
    };
    suite.run("bob", &bid, &coins(crate::suite::BOND, USD));
    suite.refused("tenant", &ExecuteMsg::Pause {}, &[], Code::Unauthorized);
    suite.just("pauser", &ExecuteMsg::Pause {});

    let open = open_msg(3, vec![group("web", by_offer(1))]);
    suite.refused("tenant", &open, &coins(1_000, USD), Code::Paused);
    suite.refused("alice", &bid, &coins(crate::suite::BOND, USD), Code::Paused);
    let offer = ExecuteMsg::PostOffer { terms: crate::suite::offer_terms() };
    suite.refused("bob", &offer, &coins(100, USD), Code::Paused);
    let terms = Some(crate::suite::offer_terms());
    let update = ExecuteMsg::UpdateOffer { offer: 1, terms };
    suite.refused("alice", &update, &[], Code::Paused);
    let accept = Command::AcceptBid {
        group: 0,
        provider: suite.address("bob").into(),
        bid_no: 1,
        max_rate: Uint128::one(),
    };
    let accept = ExecuteMsg::Act { deployment: suite.id(2), command: accept };
    suite.refused("tenant", &accept, &[], Code::Paused);

    suite.beat("alice", &lease);
    suite.run("tenant", &ExecuteMsg::TopUp { tenant: None, seq: 1 }, &coins(100, USD));
    suite.pass(100);
    suite.just("owner", &ExecuteMsg::Withdraw { lease });
    suite.act(Command::CloseDeployment {});
    suite.claim("treasury", USD);

    suite.refused("pauser", &ExecuteMsg::Unpause {}, &[], Code::Unauthorized);
    suite.just("owner", &ExecuteMsg::Unpause {});
    suite.open(3, manual(), 1_000);
    suite.just("tenant", &accept);
}

// Rule 31: the owner changes in two steps.
#[test]
fn ownership_changes_in_two_steps() {
    let mut suite = Suite::new();
    let update = ExecuteMsg::UpdateOwnership;
    let transfer = |suite: &Suite, expiry| {
        update(OwnershipAction::TransferOwnership {
            new_owner: suite.address("bob").into(),
            expiry,
        })
    };
    let to_bob = transfer(&suite, None);
    suite.refused("bob", &to_bob, &[], Code::Unauthorized);
    suite.just("owner", &to_bob);
    suite.refused("alice", &update(OwnershipAction::AcceptOwnership), &[], Code::Unauthorized);
    suite.just("bob", &update(OwnershipAction::AcceptOwnership));
    let ownership: OwnershipResponse = suite.ask(&QueryMsg::Ownership {});
    assert_eq!(ownership.owner, Some(suite.address("bob").into()));
    assert_eq!(ownership.pending_owner, None);
    suite.refused("owner", &ExecuteMsg::Unpause {}, &[], Code::Unauthorized);

    let past = cw_utils::Expiration::AtHeight(1);
    let late = transfer(&suite, Some(past));
    suite.refused("bob", &late, &[], Code::WrongState);
    suite.just("bob", &update(OwnershipAction::RenounceOwnership));
    suite.refused("bob", &ExecuteMsg::Unpause {}, &[], Code::Unauthorized);
}

// Rules 25, 32, 33: parameters are checked when they are set, and open orders keep theirs.
#[test]
fn parameters_have_bounds_and_act_on_new_business_only() {
    let mut suite = Suite::new();
    let (treasury, pauser) = (suite.address("treasury"), suite.address("pauser"));
    let with = |change: &dyn Fn(&mut market::msg::Params)| {
        let mut params = params(&treasury, &pauser);
        change(&mut params);
        ExecuteMsg::SetParams { params }
    };
    let bad = [
        with(&|params| params.take_rate_bps = 2_001),
        with(&|params| params.grace_seconds = 7 * 86_400 + 1),
        with(&|params| params.settle_timeout_seconds = 599),
        with(&|params| params.settle_timeout_seconds = 86_401),
        with(&|params| params.min_stake = Uint128::zero()),
        with(&|params| params.unbonding_seconds = 90 * 86_400 + 1),
        with(&|params| params.control_gas = 399_999),
    ];
    for msg in bad {
        suite.refused("owner", &msg, &[], Code::LimitExceeded);
    }
    let lease = suite.leased(10_000);
    let dearer = with(&|params| params.take_rate_bps = 2_000);
    suite.refused("bob", &dearer, &[], Code::Unauthorized);
    suite.just("owner", &dearer);
    suite.beat("alice", &lease);
    suite.pass(1_000);
    suite.just("owner", &ExecuteMsg::Withdraw { lease });
    assert_eq!(suite.claimable("treasury", USD), 20, "the fee of the opening");
    let config: ConfigResponse = suite.ask(&QueryMsg::Config {});
    assert_eq!(config.params.take_rate_bps, 2_000);
    assert_eq!((config.min_timeout_seconds, config.paused), (600, false));
}

#[test]
fn a_removed_denom_takes_no_new_deployments_but_top_ups() {
    let mut suite = Suite::new();
    suite.open(1, manual(), 1_000);
    let remove = ExecuteMsg::RemoveDenom { denom: USD.into(), route: None };
    suite.refused("bob", &remove, &[], Code::Unauthorized);
    suite.just("owner", &remove);
    suite.refused("owner", &remove, &[], Code::UnknownDenom);
    suite.refused("tenant", &open_msg(2, manual()), &coins(1_000, USD), Code::UnknownDenom);
    suite.run("tenant", &ExecuteMsg::TopUp { tenant: None, seq: 1 }, &coins(100, USD));
    let listed: DenomsResponse = suite.ask(&QueryMsg::Denoms { start_after: None, limit: None });
    assert!(listed.denoms.is_empty());
    let dearer = NewDenom { min_deposit: Uint128::new(5_000), ..usd() };
    suite.just("owner", &ExecuteMsg::AddDenom(dearer));
    suite.refused("tenant", &open_msg(2, manual()), &coins(1_000, USD), Code::InsufficientDeposit);
    suite.run("tenant", &ExecuteMsg::TopUp { tenant: None, seq: 1 }, &coins(100, USD));
}

// Rule 8: internal messages are the market's own.
#[test]
fn only_the_market_speaks_to_itself() {
    let mut suite = Suite::new();
    let internal =
        market::msg::InternalMsg::Control { route: "channel-0".into(), packet: Default::default() };
    suite.refused("owner", &ExecuteMsg::Internal(internal), &[], Code::Unauthorized);
}

#[test]
fn it_tells_what_it_is() {
    let info: InfoResponse = Suite::new().ask(&QueryMsg::Info {});
    assert_eq!(info.contract, "crates.io:entrepot-market");
    assert_eq!((info.control_version.as_str(), info.message_version), ("entrepot-1", 1));
}
