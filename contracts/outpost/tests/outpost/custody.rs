//! `transfer_order`, `accept_order`, `set_refund_to`, `notify_owner`.

use cosmwasm_std::{CosmosMsg, Uint128, WasmMsg, coin, from_json};
use outpost::ContractError;
use outpost::msg::responses::{OrderState, OrdersResponse};
use outpost::msg::{ExecuteMsg, QueryMsg};
use protocol::money::SettleKind;
use serde_json::Value;

use crate::suite::{Suite, USDX};

impl Suite {
    fn offer(&mut self, seq: u64, to: &str) {
        let new_owner = self.who(to).into();
        self.execute("dao", &ExecuteMsg::TransferOrder { seq, new_owner }, &[]).unwrap();
    }

    fn orders(&self, owner: &str) -> Vec<u64> {
        let query =
            QueryMsg::Orders { owner: self.who(owner).into(), start_after: None, limit: None };
        let page: OrdersResponse = self.ask(query);
        page.orders.iter().map(|order| order.seq).collect()
    }
}

#[test]
fn an_order_changes_hands_in_two_steps_and_keeps_its_account() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 1_000);
    suite.offer(seq, "heir");
    assert_eq!(suite.order(seq).new_owner, Some(suite.who("heir")));
    suite.execute("heir", &ExecuteMsg::AcceptOrder { seq }, &[]).unwrap();
    assert_eq!((suite.orders("dao"), suite.orders("heir")), (vec![], vec![seq]));
    assert_eq!(suite.order(seq).account, suite.who("dao").to_string());
    // The market names the account; the coin is the new owner's.
    let home = suite.home("dao", seq, SettleKind::Closed);
    suite.settle(&home, coin(400, USDX)).unwrap();
    assert_eq!((suite.claimable("heir"), suite.claimable("dao")), (400, 0));
    assert_eq!(suite.state(seq), OrderState::Closed);
}

#[test]
fn only_the_owner_offers_and_only_the_offered_accepts() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 1_000);
    let new_owner = suite.who("thief").to_string();
    let theft = suite.execute("thief", &ExecuteMsg::TransferOrder { seq, new_owner }, &[]);
    assert!(matches!(theft, Err(ContractError::Unauthorized { .. })));
    let accept = ExecuteMsg::AcceptOrder { seq };
    assert!(matches!(suite.execute("thief", &accept, &[]), Err(ContractError::NotOffered { .. })));
    suite.offer(seq, "heir");
    assert!(suite.execute("thief", &accept, &[]).is_err());
    suite.offer(seq, "dao");
    assert!(suite.execute("heir", &accept, &[]).is_err());
    assert_eq!(suite.order(seq).new_owner, None);
}

#[test]
fn a_refund_in_flight_goes_to_who_owns_the_order_then() {
    let mut suite = Suite::connected();
    let (seq, sent) = suite.buy("dao", 1_000);
    suite.offer(seq, "heir");
    suite.execute("heir", &ExecuteMsg::AcceptOrder { seq }, &[]).unwrap();
    assert_eq!(suite.in_flight().packets[0].owner, suite.who("heir"));
    suite.time_out(&sent);
    assert_eq!((suite.claimable("heir"), suite.claimable("dao")), (1_000, 0));
}

#[test]
fn an_automatic_top_up_and_its_budget_stay_behind() {
    let mut suite = Suite::connected();
    suite.execute("heir", &ExecuteMsg::Deposit { owner: None }, &[coin(900, USDX)]).unwrap();
    let seq = suite.bought("dao", 1_000);
    let auto = ExecuteMsg::AutoTopUp {
        seq,
        target_runway_seconds: 1_200,
        max_per_period: Uint128::new(900),
        period_seconds: None,
        tip: Some(Uint128::new(800)),
    };
    suite.execute("dao", &auto, &[]).unwrap();
    suite.offer(seq, "heir");
    suite.execute("heir", &ExecuteMsg::AcceptOrder { seq }, &[]).unwrap();
    suite.pass(10_000);
    let poked = suite.execute("dao", &ExecuteMsg::Poke { seq }, &[]);
    assert!(matches!(poked, Err(ContractError::NoAutoTopUp { .. })));
    assert_eq!(suite.budget("heir"), 900);
}

#[test]
fn the_owner_changes_who_is_paid_for_what_comes_home_next() {
    let mut suite = Suite::connected();
    let (seq, sent) = suite.buy("dao", 1_000);
    let refund_to = suite.who("treasury").to_string();
    let msg = ExecuteMsg::SetRefundTo { seq, refund_to };
    assert!(suite.execute("stranger", &msg, &[]).is_err());
    suite.execute("dao", &msg, &[]).unwrap();
    suite.time_out(&sent);
    suite.claim("dao").unwrap();
    assert_eq!((suite.paid("treasury"), suite.paid("dao")), (1_000, 0));
}

#[test]
fn an_owner_is_told_how_its_order_stands() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 1_000);
    suite.chain.hooks = true;
    let told = suite.execute("anyone", &ExecuteMsg::NotifyOwner { seq }, &[]).unwrap();
    let CosmosMsg::Wasm(WasmMsg::Execute { contract_addr, msg, funds }) = &told.messages[0].msg
    else {
        panic!("the owner is called")
    };
    assert_eq!((contract_addr.as_str(), funds.len()), (suite.who("dao").as_str(), 0));
    let msg: Value = from_json(msg).unwrap();
    assert_eq!(msg["entrepot_order"]["order"]["seq"], seq);
    assert_eq!(msg["entrepot_order"]["order"]["state"], "acked");
}
