use anyhow::Context as _;
use cosmwasm_std::{CosmosMsg, Uint128, coin};
use e2e::clock;
use e2e::cw3::Dao;
use e2e::daodao::DaoDao;
use e2e::ledger::{Asset, Ledger, changes, escrow};
use e2e::people::{Sent, earnings, first_group, purchase};
use e2e::world::{BUYER, OWNER, PROVIDER, World};
use outpost::msg::responses::{BudgetResponse, OrderState};
use outpost::msg::{ExecuteMsg, QueryMsg, SpendingLimit};
use protocol::control::GroupState;
use serde_json::{Value, json};
use simnet::world::orders::{from_offer, web_server};

/// What a DAO has, and what it spends on one purchase.
const FUNDS: u128 = 20_000_000;
const UNITS: u128 = 5_000_000;
/// A key that is no member of the DAO.
const DELEGATE: &str = "user4";

async fn dao_dao(world: &World) -> anyhow::Result<DaoDao> {
    let members = [world.key(BUYER)?, world.key("user3")?];
    let funds = (FUNDS, world.deployed.denom.as_str());
    DaoDao::form(&world.sites.outpost, &world.third_party, members, funds).await
}

/// The purchase of a web server from an offer.
fn buy(world: &World, offer: u64, units: u128) -> anyhow::Result<CosmosMsg> {
    let deployment = web_server(from_offer(offer));
    let buy = purchase(world.deployed.route.clone(), deployment, None);
    world.call(&ExecuteMsg::Buy(Box::new(buy)), &[coin(units, &world.deployed.denom)])
}

/// The lease of an order lives and earns for some seconds; the order is closed by `close`; the
/// changes of all balances since `before` are what was earned, to the unit.
async fn run_and_close(
    world: &World,
    (owner, seq): (&str, u64),
    before: &Ledger,
    close: impl AsyncFnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let id = world.deployment(owner, seq);
    let lease = first_group(id.clone());
    assert_eq!(world.lease(&lease).await?.state, GroupState::Pending, "the lease is there");
    let since = world.beat(PROVIDER, &lease).await?;
    clock::reach(&world.sites.market.chain, since + 3).await?;
    assert_eq!(world.lease(&lease).await?.state, GroupState::Active, "the lease is live");
    close().await?;
    world.settled().await?;
    assert_eq!(world.order(seq).await?.state, OrderState::Closed);
    world.claim(owner).await?;
    world.collect_for(PROVIDER).await?;
    world.collect_for(OWNER).await?;
    let (gross, fee) = earnings(since, world.tombstone(&id).await?.closed_at);
    let locked = escrow(&world.sites.outpost.chain, &world.deployed.transfer.outpost).await?;
    let expected = changes([
        (Asset::Money, owner, -gross),
        (Asset::Money, &locked, gross),
        (Asset::Voucher, world.address(PROVIDER)?, gross - fee),
        (Asset::Voucher, world.address(OWNER)?, fee),
    ]);
    assert_eq!(Ledger::take(world).await?.since(before)?, expected, "to the unit");
    Ok(())
}

/// A proposal of DAO DAO is voted on and executed, and its lease is live; another closes it.
#[test]
fn a_dao_dao_buys_by_proposal_and_closes_by_another() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let dao = dao_dao(world).await?;
        let before = Ledger::take(world).await?;
        world.start_ferry().await?;
        let bought = dao.decide("a web server", &[buy(world, world.offer, UNITS)?]).await?;
        assert_eq!(bought.status, "executed");
        let seq = Sent::find(&bought.outcome)?.seq;
        world.settled().await?;
        run_and_close(world, (&dao.address, seq), &before, async || {
            let close = world.call(&ExecuteMsg::Close { seq }, &[])?;
            assert_eq!(dao.decide("enough", &[close]).await?.status, "executed");
            Ok(())
        })
        .await
    })
}

/// A purchase that the market refuses does not break the proposal, and the money is back.
#[test]
fn a_refused_purchase_leaves_the_proposal_executed_and_the_money_home() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let dao = dao_dao(world).await?;
        let before = Ledger::take(world).await?;
        world.start_ferry().await?;
        let none = world.offer + 1_000;
        let bought = dao.decide("an offer that is gone", &[buy(world, none, UNITS)?]).await?;
        assert_eq!(bought.status, "executed");
        let seq = Sent::find(&bought.outcome)?.seq;
        world.settled().await?;
        assert_eq!(world.order(seq).await?.state, OrderState::Refunded);
        assert_eq!(world.owed(&dao.address).await?, UNITS);
        world.claim(&dao.address).await?;
        assert_eq!(Ledger::take(world).await?.since(&before)?, changes([]), "as if nothing was");
        Ok(())
    })
}

/// A DAO decides once on a budget; its delegate's key buys within the allowance, is refused one
/// unit above it, and what comes home is the budget's and in the end the DAO's.
#[test]
fn a_delegate_of_a_dao_dao_spends_its_allowance_and_not_a_unit_more() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let dao = dao_dao(world).await?;
        let before = Ledger::take(world).await?;
        let denom = world.deployed.denom.as_str();
        let limit = SpendingLimit {
            denom: denom.to_owned(),
            per_period: Uint128::new(UNITS),
            period_seconds: 86_400,
            total: Uint128::new(2 * UNITS),
        };
        let delegate = world.address(DELEGATE)?.to_owned();
        let allow = ExecuteMsg::SetAllowance { delegate, limits: vec![limit], expires: None };
        let deposit = ExecuteMsg::Deposit { owner: None };
        let msgs = [world.call(&deposit, &[coin(2 * UNITS, denom)])?, world.call(&allow, &[])?];
        assert_eq!(dao.decide("a budget", &msgs).await?.status, "executed");

        world.start_ferry().await?;
        let spend = |units| {
            let deployment = web_server(from_offer(world.offer));
            let buy = purchase(world.deployed.route.clone(), deployment, None);
            let (owner, coin) = (dao.address.clone(), coin(units, denom));
            ExecuteMsg::BuyFromBudget { owner, coin, buy: Box::new(buy) }
        };
        let refused = world.outpost(DELEGATE, &spend(UNITS + 1), &[]).await;
        let reason = format!("{:#}", refused.expect_err("one unit above the allowance"));
        assert!(reason.contains(&format!("may spend {UNITS}{denom} now")), "{reason}");
        let bought = world.outpost(DELEGATE, &spend(UNITS), &[]).await?;
        let seq = Sent::find(&bought)?.seq;
        let refused = world.outpost(DELEGATE, &spend(1), &[]).await;
        assert!(refused.is_err(), "the period is spent");
        world.settled().await?;
        run_and_close(world, (&dao.address, seq), &before, async || {
            let close = world.call(&ExecuteMsg::Close { seq }, &[])?;
            assert_eq!(dao.decide("enough", &[close]).await?.status, "executed");
            world.settled().await?;
            let owner = dao.address.clone();
            let ask = QueryMsg::Budget { owner, start_after: None, limit: None };
            let budget: BudgetResponse = world.ask_outpost(&ask).await?;
            assert!(budget.coins[0].amount > UNITS.into(), "what came home is in it");
            let (denom, none) = (denom.to_owned(), None);
            let withdraw = ExecuteMsg::WithdrawBudget { denom, amount: none, to: None };
            let withdraw = world.call(&withdraw, &[])?;
            assert_eq!(dao.decide("the rest of it", &[withdraw]).await?.status, "executed");
            Ok(())
        })
        .await
    })
}

/// One member of a multisig proposes by `entrepot`, the other votes and executes. Returns what the last said.
async fn pass(world: &World, dao: &Dao, verb: &[&str]) -> anyhow::Result<Value> {
    let which = ["--dao", "cw3", "--address", &dao.address];
    let propose = [&["propose"][..], &which, &["--submit"], verb].concat();
    let submitted = world.tool(BUYER)?.ask(&propose).await?;
    let number = submitted["proposal"].to_string();
    let other = world.tool("user3")?;
    other.ask(&[&["proposal", "vote", &number, "yes"][..], &which].concat()).await?;
    other.ask(&[&["proposal", "execute", &number][..], &which].concat()).await
}

/// A cw3-flex multisig over a cw4-group buys and closes, by the commands that its members use.
#[test]
fn a_flexible_multisig_buys_and_closes() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let members = [world.key(BUYER)?, world.key("user3")?];
        let funds = (FUNDS, world.deployed.denom.as_str());
        let dao = Dao::form_flex(&world.sites.outpost, &world.third_party, members, funds).await?;
        let before = Ledger::take(world).await?;
        world.start_ferry().await?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("order.json");
        let order = json!({ "order": web_server(from_offer(world.offer)) });
        std::fs::write(&file, order.to_string())?;
        let coin = format!("{UNITS}{}", world.deployed.denom);
        let file = file.to_str().context("a path is text")?;
        let bought = pass(world, &dao, &["buy", "--order", file, "--coin", &coin]).await?;
        let seq = bought["order"].as_u64().context("the purchase has a number")?;
        world.settled().await?;
        run_and_close(world, (&dao.address, seq), &before, async || {
            pass(world, &dao, &["close", &seq.to_string()]).await?;
            Ok(())
        })
        .await
    })
}
