//! Queries and `claim`.

use cosmwasm_std::{CosmosMsg, Uint256, WasmMsg, coin, from_json, to_json_string};
use outpost::ContractError;
use outpost::msg::responses::{
    ClaimableResponse, InFlightResponse, InfoResponse, OrdersResponse, QuoteResponse,
};
use outpost::msg::{ExecuteMsg, QueryMsg};
use protocol::money::SettleKind;

use crate::suite::{Suite, USDX, order, purchase};

fn quote(seconds: Option<u64>) -> QueryMsg {
    QueryMsg::Quote { buy: Box::new(order()), denom: USDX.into(), seconds }
}

#[test]
fn a_quote_gives_the_coin_and_the_message_of_a_proposal() {
    let mut suite = Suite::proved();
    let quote: QuoteResponse = suite.ask(quote(None));
    // One group at 1.5 units per second for the runway of an hour.
    assert_eq!(quote.coin, coin(5_400, USDX));
    let CosmosMsg::Wasm(WasmMsg::Execute { contract_addr, msg, funds }) = quote.message else {
        panic!("a quote is an execute message")
    };
    assert_eq!(contract_addr, suite.env.contract.address.as_str());
    let msg: ExecuteMsg = from_json(msg).unwrap();
    assert_eq!(msg, purchase());
    suite.execute("dao", &msg, &funds).unwrap();
    assert_eq!(suite.last_sent().coin, quote.coin);
}

#[test]
fn a_quote_is_for_the_time_asked_and_at_least_the_runway() {
    let suite = Suite::proved();
    for (seconds, units) in [(10, 5_400_u128), (3_601, 5_402), (7_200, 10_800)] {
        let quote: QuoteResponse = suite.ask(quote(Some(seconds)));
        assert_eq!(quote.coin.amount, Uint256::from(units));
    }
}

#[test]
fn a_quote_is_refused_like_the_purchase() {
    let mut suite = Suite::proved();
    suite.execute("keeper", &ExecuteMsg::Pause {}, &[]).unwrap();
    let query = quote(None);
    let paused = outpost::contract::query(suite.deps.as_ref(), suite.env.clone(), query);
    assert!(matches!(paused, Err(ContractError::Paused)));
}

#[test]
fn the_message_of_a_quote_is_json_that_older_chains_read() {
    let suite = Suite::proved();
    let quote: QuoteResponse = suite.ask(quote(None));
    let json = to_json_string(&quote.message).unwrap();
    assert!(json.starts_with(r#"{"wasm":{"execute":{"contract_addr":""#), "{json}");
    assert!(json.contains(r#""funds":[{"denom":"uusdx","amount":"5400"}]"#), "{json}");
}

// Rule 38: every list is a page.
#[test]
fn lists_are_pages() {
    let mut suite = Suite::proved();
    let packets: Vec<_> = (0..5).map(|_| suite.buy("dao", 1)).collect();
    let owner: String = suite.who("dao").into();
    let orders = |start_after, limit| {
        let query = QueryMsg::Orders { owner: owner.clone(), start_after, limit };
        let page: OrdersResponse = suite.ask(query);
        page.orders.iter().map(|order| order.seq).collect::<Vec<_>>()
    };
    assert_eq!(orders(None, Some(2)), vec![1, 2]);
    assert_eq!(orders(Some(2), None), vec![3, 4, 5]);
    let first = packets[0].1.message().n;
    let rest: InFlightResponse =
        suite.ask(QueryMsg::InFlight { start_after: Some(first), limit: Some(1_000) });
    assert_eq!(rest.packets.len(), 4);
}

#[test]
fn a_claim_pays_each_payee_and_can_be_repeated_for_the_rest() {
    let mut suite = Suite::proved();
    for payee in 0..12 {
        let mut order = order();
        order.refund_to = Some(suite.who(&format!("payee{payee}")).into());
        suite.execute("dao", &ExecuteMsg::Buy(Box::new(order)), &[coin(3, USDX)]).unwrap();
        let sent = suite.last_sent();
        suite.time_out(&sent);
    }
    let owner: String = suite.who("dao").into();
    let page: ClaimableResponse =
        suite.ask(QueryMsg::Claimable { owner: owner.clone(), start_after: None, limit: Some(5) });
    let last = page.claimable.last().unwrap();
    let start_after = Some((last.denom.clone(), last.payee.to_string()));
    let rest: ClaimableResponse =
        suite.ask(QueryMsg::Claimable { owner, start_after, limit: None });
    assert_eq!(rest.claimable.len(), 7);
    suite.claim("dao").unwrap();
    assert_eq!(suite.claimable("dao"), 6);
    suite.claim("dao").unwrap();
    let paid: u128 = (0..12).map(|payee| suite.paid(&format!("payee{payee}"))).sum();
    assert_eq!(paid, 36);
    let nothing = suite.claim("dao");
    assert!(matches!(nothing, Err(ContractError::NothingToClaim { .. })));
}

#[test]
fn an_owner_has_its_credit_paid_elsewhere_and_nobody_else_has() {
    let mut suite = Suite::proved();
    let mut order = order();
    order.refund_to = Some(suite.who("blocked").into());
    suite.execute("gov", &ExecuteMsg::Buy(Box::new(order)), &[coin(9, USDX)]).unwrap();
    let sent = suite.last_sent();
    suite.time_out(&sent);
    let home = suite.home("gov", 99, SettleKind::Refund);
    suite.settle(&home, coin(4, USDX)).unwrap();
    let claim_to = ExecuteMsg::ClaimTo { denom: USDX.into(), to: suite.who("treasury").into() };
    for other in ["stranger", "blocked"] {
        let nothing = suite.execute(other, &claim_to, &[]);
        assert!(matches!(nothing, Err(ContractError::NothingToClaim { .. })), "{other}");
    }
    suite.execute("gov", &claim_to, &[]).unwrap();
    assert_eq!((suite.paid("treasury"), suite.paid("blocked")), (13, 0));
}

#[test]
fn the_contract_tells_its_name_and_version() {
    let info: InfoResponse = Suite::bare().ask(QueryMsg::Info {});
    assert_eq!(info.info.contract, outpost::contract::CONTRACT_NAME);
    assert_eq!(info.info.version, outpost::contract::CONTRACT_VERSION);
}
