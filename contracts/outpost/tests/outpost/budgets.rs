//! Budgets and allowances: a DAO decides once, a key acts within what was decided.

use cosmwasm_std::{Coin, Timestamp, Uint128, coin};
use cw_utils::Expiration;
use outpost::ContractError;
use outpost::msg::responses::{
    AllowanceResponse, AllowancesResponse, BudgetResponse, BuyResponse, OrderState,
};
use outpost::msg::{Buy, ExecuteMsg, Operator, QueryMsg, SpendingLimit};
use protocol::deployment::Scope;
use protocol::ics20::SUCCESS_ACK;
use protocol::money::SettleKind;

use crate::suite::{Suite, USDX, order};

/// What an ICS-20 module acknowledges when the market refuses.
const REFUSED: &[u8] =
    br#"{"error":"ABCI code: 5: error handling packet: see events for details"}"#;

impl Suite {
    /// An outpost on which `dao` has a budget and `key` may spend 100 per 1,000 s, 250 in all.
    fn budgeted() -> Self {
        let mut suite = Self::proved();
        suite.execute("dao", &ExecuteMsg::Deposit { owner: None }, &[coin(1_000, USDX)]).unwrap();
        suite.allow(100, 1_000, 250, None);
        suite
    }

    fn allow(&mut self, per_period: u128, period_seconds: u64, total: u128, until: Option<u64>) {
        let limit = SpendingLimit {
            denom: USDX.into(),
            per_period: Uint128::new(per_period),
            period_seconds,
            total: Uint128::new(total),
        };
        let expires = until.map(|at| Expiration::AtTime(Timestamp::from_seconds(at)));
        let delegate = self.who("key").into();
        let msg = ExecuteMsg::SetAllowance { delegate, limits: vec![limit], expires };
        self.execute("dao", &msg, &[]).unwrap();
    }

    fn spend(&mut self, sender: &str, units: u128) -> Result<u64, ContractError> {
        self.spend_on(sender, coin(units, USDX), order())
    }

    fn spend_on(&mut self, sender: &str, coin: Coin, buy: Buy) -> Result<u64, ContractError> {
        let owner = self.who("dao").into();
        let msg = ExecuteMsg::BuyFromBudget { owner, coin, buy: Box::new(buy) };
        let response = self.execute(sender, &msg, &[])?;
        let bought: BuyResponse = cosmwasm_std::from_json(response.data.unwrap()).unwrap();
        Ok(bought.seq)
    }

    fn fund(&mut self, sender: &str, seq: u64, units: u128) -> Result<(), ContractError> {
        let owner = self.who("dao").into();
        let msg = ExecuteMsg::TopUpFromBudget { owner, coin: coin(units, USDX), seq };
        self.execute(sender, &msg, &[]).map(|_| ())
    }

    pub(crate) fn budget(&self, owner: &str) -> u128 {
        let owner = self.who(owner).into();
        let query = QueryMsg::Budget { owner, start_after: None, limit: None };
        let budget: BudgetResponse = self.ask(query);
        budget.coins.iter().map(|coin| Uint128::try_from(coin.amount).unwrap().u128()).sum()
    }

    fn left(&self) -> u128 {
        let (owner, delegate) = (self.who("dao").into(), self.who("key").into());
        let allowance: AllowanceResponse = self.ask(QueryMsg::Allowance { owner, delegate });
        allowance.limits.first().map_or(0, |limit| limit.left.u128())
    }
}

#[test]
fn a_delegate_buys_for_the_owner_and_what_comes_home_is_the_budgets() {
    let mut suite = Suite::budgeted();
    let seq = suite.spend("key", 100).unwrap();
    assert_eq!((suite.budget("dao"), suite.left()), (900, 0));
    let bought = suite.order(seq);
    assert_eq!((bought.owner, bought.from_budget), (suite.who("dao"), true));
    let sent = suite.last_sent();
    suite.acknowledge(&sent, SUCCESS_ACK);
    let home = suite.home("dao", seq, SettleKind::Closed);
    suite.settle(&home, coin(60, USDX)).unwrap();
    assert_eq!((suite.budget("dao"), suite.claimable("dao"), suite.claimable("key")), (960, 0, 0));
    assert_eq!(suite.state(seq), OrderState::Closed);
}

#[test]
fn a_refund_returns_to_the_budget_but_not_to_the_allowance() {
    let mut suite = Suite::budgeted();
    let seq = suite.spend("key", 70).unwrap();
    let sent = suite.last_sent();
    suite.acknowledge(&sent, REFUSED);
    assert_eq!((suite.state(seq), suite.budget("dao")), (OrderState::Refunded, 1_000));
    assert_eq!(suite.left(), 30);
}

#[test]
fn one_unit_above_the_allowance_is_refused() {
    let mut suite = Suite::budgeted();
    let over = suite.spend("key", 101);
    assert!(matches!(over, Err(ContractError::AllowanceExceeded { left: 100, got: 101, .. })));
    suite.spend("key", 100).unwrap();
    let over = suite.spend("key", 1);
    assert!(matches!(over, Err(ContractError::AllowanceExceeded { left: 0, .. })));
}

#[test]
fn a_new_period_allows_again_until_the_total_is_spent() {
    let mut suite = Suite::budgeted();
    for (left, spent) in [(100, 100), (100, 100), (50, 50)] {
        assert_eq!(suite.left(), left);
        suite.spend("key", spent).unwrap();
        suite.pass(1_000);
    }
    assert_eq!(suite.left(), 0);
    assert!(matches!(suite.spend("key", 1), Err(ContractError::AllowanceExceeded { .. })));
    assert_eq!(suite.budget("dao"), 750);
}

#[test]
fn strangers_and_expired_delegates_spend_nothing() {
    let mut suite = Suite::budgeted();
    let unauthorized = |result| matches!(result, Err(ContractError::Unauthorized { .. }));
    for sender in ["stranger", "keeper", "deployer"] {
        assert!(unauthorized(suite.spend(sender, 1)), "{sender}");
    }
    let until = suite.now() + 10;
    suite.allow(100, 1_000, 250, Some(until));
    suite.pass(9);
    suite.spend("key", 1).unwrap();
    suite.pass(1);
    assert!(unauthorized(suite.spend("key", 1)));
    assert_eq!(suite.left(), 0);
    let (delegate, limits) = (suite.who("key").to_string(), Vec::new());
    suite.allow(100, 1_000, 250, None);
    let end = ExecuteMsg::SetAllowance { delegate, limits, expires: None };
    suite.execute("dao", &end, &[]).unwrap();
    assert!(unauthorized(suite.spend("key", 1)));
}

#[test]
fn the_owner_spends_without_an_allowance_and_nobody_beyond_the_budget() {
    let mut suite = Suite::budgeted();
    suite.spend("dao", 1_000).unwrap();
    let over = suite.spend("key", 1);
    assert!(matches!(over, Err(ContractError::BudgetExceeded { held: 0, got: 1, .. })));
    // What was refused was not counted.
    assert_eq!(suite.left(), 100);
}

#[test]
fn a_delegate_can_direct_no_money_to_itself() {
    let mut suite = Suite::budgeted();
    let key = suite.who("key").to_string();
    let mut to_itself = vec![order(), order(), order()];
    to_itself[0].refund_to = Some(key.clone());
    to_itself[1].local_refund = Some("away1key".into());
    let operator = r#"[{"address":"away1key","scopes":["withdraw"]}]"#;
    to_itself[2].deployment.local_operators = cosmwasm_std::from_json(operator).unwrap();
    for buy in to_itself {
        let refused = suite.spend_on("key", coin(10, USDX), buy);
        assert!(matches!(refused, Err(ContractError::Limit(_))));
    }
    let mut buy = order();
    buy.operators = vec![Operator { address: key, scopes: vec![Scope::Close, Scope::Withdraw] }];
    let seq = suite.spend_on("key", coin(10, USDX), buy).unwrap();
    let sent = suite.last_sent();
    suite.acknowledge(&sent, SUCCESS_ACK);
    let refund_to = suite.who("key").to_string();
    for msg in [
        ExecuteMsg::SetRefundTo { seq, refund_to: refund_to.clone() },
        ExecuteMsg::TransferOrder { seq, new_owner: refund_to },
    ] {
        let refused = suite.execute("key", &msg, &[]);
        assert!(matches!(refused, Err(ContractError::Unauthorized { .. })));
    }
    let withdraw = ExecuteMsg::WithdrawBudget { denom: USDX.into(), amount: None, to: None };
    assert!(suite.execute("key", &withdraw, &[]).is_err());
}

#[test]
fn a_delegate_tops_up_the_owners_orders_only() {
    let mut suite = Suite::budgeted();
    let (own, strange) = (suite.bought("dao", 10), suite.bought("stranger", 10));
    suite.fund("key", own, 40).unwrap();
    let sent = suite.last_sent();
    suite.acknowledge(&sent, REFUSED);
    assert_eq!((suite.budget("dao"), suite.left()), (1_000, 60));
    let refused = suite.fund("key", strange, 40);
    assert!(matches!(refused, Err(ContractError::Unauthorized { .. })));
    assert_eq!((suite.budget("dao"), suite.left()), (1_000, 60));
}

#[test]
fn a_purchase_the_chain_does_not_take_returns_to_the_budget() {
    let mut suite = Suite::budgeted();
    suite.chain.refuses = Some("the client expired".into());
    let seq = suite.spend("key", 100).unwrap();
    assert_eq!((suite.state(seq), suite.budget("dao")), (OrderState::Unsent, 900));
    suite.execute("dao", &ExecuteMsg::Cancel { seq }, &[]).unwrap();
    assert_eq!((suite.budget("dao"), suite.claimable("dao")), (1_000, 0));
}

#[test]
fn a_budget_is_paid_out_to_its_owner_or_to_whom_it_names() {
    let mut suite = Suite::budgeted();
    let gift = ExecuteMsg::Deposit { owner: Some(suite.who("dao").into()) };
    suite.execute("friend", &gift, &[coin(500, USDX)]).unwrap();
    let withdraw = |amount: Option<u128>, to| ExecuteMsg::WithdrawBudget {
        denom: USDX.into(),
        amount: amount.map(Uint128::new),
        to,
    };
    let over = suite.execute("dao", &withdraw(Some(1_501), None), &[]);
    assert!(matches!(over, Err(ContractError::BudgetExceeded { held: 1_500, .. })));
    suite.execute("dao", &withdraw(Some(300), None), &[]).unwrap();
    let payee = suite.who("treasury").to_string();
    suite.execute("dao", &withdraw(None, Some(payee)), &[]).unwrap();
    assert_eq!((suite.paid("dao"), suite.paid("treasury"), suite.budget("dao")), (300, 1_200, 0));
    assert!(suite.execute("dao", &withdraw(None, None), &[]).is_err());
    assert!(suite.execute("friend", &withdraw(Some(1), None), &[]).is_err());
}

#[test]
fn allowances_are_listed_by_delegate() {
    let mut suite = Suite::budgeted();
    for name in ["one", "two"] {
        let limit = SpendingLimit {
            denom: USDX.into(),
            per_period: Uint128::one(),
            period_seconds: 60,
            total: Uint128::one(),
        };
        let delegate = suite.who(name).into();
        let msg = ExecuteMsg::SetAllowance { delegate, limits: vec![limit], expires: None };
        suite.execute("dao", &msg, &[]).unwrap();
    }
    let owner = suite.who("dao").to_string();
    let page =
        |start_after, limit| QueryMsg::Allowances { owner: owner.clone(), start_after, limit };
    let first: AllowancesResponse = suite.ask(page(None, Some(2)));
    assert_eq!(first.allowances.len(), 2);
    let last = first.allowances[1].delegate.to_string();
    let rest: AllowancesResponse = suite.ask(page(Some(last), None));
    assert_eq!(rest.allowances.len(), 1);
}
