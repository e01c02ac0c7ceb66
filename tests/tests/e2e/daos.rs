use anyhow::{Context as _, bail};
use cosmwasm_std::{CosmosMsg, Uint128, coin};
use e2e::clock;
use e2e::cw3::Dao;
use e2e::daodao::DaoDao;
use e2e::ledger::{Asset, Ledger, changes, escrow};
use e2e::members::{Kind, Members, SECOND};
use e2e::people::{Sent, earnings, first_group, purchase};
use e2e::world::{BUYER, OWNER, PROVIDER, World};
use entrepot::localnet::NewDao;
use market::msg::LeaseId;
use outpost::msg::responses::{BudgetResponse, OrderState};
use outpost::msg::{ExecuteMsg, QueryMsg, SpendingLimit};
use protocol::Selection;
use protocol::control::GroupState;
use protocol::ics20::TRANSFER_PORT;
use serde_json::json;
use simnet::world::orders::{WEB_RATE, from_offer, web_server};

/// What a DAO has, and what it spends on one purchase.
const FUNDS: u128 = 20_000_000;
const UNITS: u128 = 5_000_000;
/// What who proposes to a DAO puts down.
const DEPOSIT: u128 = 1_000_000;
/// What a command travels with where there is no control channel.
const CARRIER: u128 = 20_000;
/// A key that is no member of the DAO.
const DELEGATE: &str = "user4";

async fn dao_dao(world: &World) -> anyhow::Result<DaoDao> {
    let members = [world.key(BUYER)?, world.key(SECOND)?];
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

/// Writes what is ordered, by bids, where a member's tool finds it.
fn write_order(members: &Members) -> anyhow::Result<()> {
    let order = json!({ "order": web_server(Selection::Manual {}) });
    Ok(std::fs::write(members.first().home().join("order.json"), order.to_string())?)
}

/// Has a provider bid for an order, and gives the bid's number.
async fn bid(world: &World, order: &LeaseId) -> anyhow::Result<String> {
    world.bid(PROVIDER, order, WEB_RATE).await?;
    let bids = world.bids(order).await?;
    Ok(bids.first().context("there is a bid")?.bid_no.to_string())
}

/// A DAO of DAO DAO takes proposals of its members alone, for a deposit that comes back with the vote's end. By the
/// commands that its members use it orders, accepts a bid and adds money; the operator whom it has named closes.
#[test]
fn a_dao_dao_with_deposits_orders_accepts_and_tops_up() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let denom = world.deployed.denom.as_str();
        let addresses = [BUYER, SECOND].map(|name| world.address(name).map(ToOwned::to_owned));
        let addresses: Vec<_> = addresses.into_iter().collect::<Result<_, _>>()?;
        let (site, contracts) = (&world.sites.outpost, world.third_party.folder());
        let (funds, deposit) = (Some((FUNDS, denom)), Some((DEPOSIT, denom)));
        let dao = NewDao::form(site, contracts, &addresses, funds, deposit).await?.core;
        let before = Ledger::take(world).await?;
        world.start_ferry().await?;
        let members = Members::of(world, Kind::DaoDao, &dao)?;
        write_order(&members)?;
        let (coin, operator) =
            (format!("{UNITS}{denom}"), format!("{}=close", world.address(DELEGATE)?));
        let buy = ["buy", "--order", "order.json", "--coin", &coin, "--operator", &operator];
        let bought = members.decide(&buy).await?;
        let seq = bought["order"].as_u64().context("the purchase has a number")?;
        world.settled().await?;
        let id = world.deployment(&dao, seq);
        let (number, bid_no) = (seq.to_string(), bid(world, &first_group(id.clone())).await?);
        members.decide(&["accept", &number, "--bid", &bid_no]).await?;
        members.decide(&["top-up", &number, &coin]).await?;
        world.settled().await?;
        assert_eq!(world.status(&id).await?.free.u128(), 2 * UNITS, "it is topped up");
        run_and_close(world, (&dao, seq), &before, async || {
            world.tool(DELEGATE)?.ask(&["close", &number]).await?;
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
        let reason = format!("{:#}", refused.expect_err("the period is spent"));
        assert!(reason.contains(&format!("may spend 0{denom} now")), "{reason}");
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

/// Without a control channel a cw3-flex multisig over a cw4-group still orders, accepts a bid, adds money and closes: each
/// command travels with a coin, which is the deployment's. What the market says travels with a coin as well. Then the
/// channel is opened anew.
#[test]
fn a_flexible_multisig_does_without_a_control_channel() -> anyhow::Result<()> {
    e2e::run(async |world| {
        world.close_control().await?;
        assert_eq!(world.control().await?, None, "both contracts know that it is closed");
        let went = match multisig_without_channel(world).await {
            Ok(()) => told_with_a_coin(world).await,
            failed => failed,
        };
        // Others need it.
        world.kill_ferry().await?;
        world.open_control().await?;
        went?;
        assert!(world.control().await?.is_some(), "another one takes over");
        Ok(())
    })
}

async fn multisig_without_channel(world: &World) -> anyhow::Result<()> {
    let keys = [world.key(BUYER)?, world.key(SECOND)?];
    let denom = world.deployed.denom.as_str();
    let (site, funds) = (&world.sites.outpost, (FUNDS, denom));
    let dao = Dao::form_flex(site, &world.third_party, keys, funds).await?.address;
    let before = Ledger::take(world).await?;
    world.start_ferry().await?;
    let members = Members::of(world, Kind::Cw3, &dao)?;
    write_order(&members)?;
    let coin = format!("{UNITS}{denom}");
    let bought = members.decide(&["buy", "--order", "order.json", "--coin", &coin]).await?;
    let seq = bought["order"].as_u64().context("the purchase has a number")?;
    world.settled().await?;
    let id = world.deployment(&dao, seq);
    let (number, bid_no) = (seq.to_string(), bid(world, &first_group(id.clone())).await?);
    let accept = ["accept", &number, "--bid", &bid_no];
    let refused = members.decide(&accept).await.unwrap_err().to_string();
    assert!(refused.contains("give a small --coin in `usdx`"), "before the vote: {refused}");
    let carrier = format!("{CARRIER}{denom}");
    let propose = ["propose", "--dao", "cw3", "--address", &dao, "--submit"];
    let stranger = [&propose[..], &["close", &number, "--coin", &carrier]].concat();
    let refused = world.tool(DELEGATE)?.ask(&stranger).await.unwrap_err().to_string();
    assert!(refused.contains("Unauthorized; sign with the key of a member"), "{refused}");
    members.decide(&[&accept[..], &["--coin", &carrier]].concat()).await?;
    world.settled().await?;
    members.decide(&["top-up", &number, &coin]).await?;
    world.settled().await?;
    assert_eq!(world.status(&id).await?.free.u128(), 2 * UNITS + CARRIER, "all of it is there");
    let unheard = world.outpost(OWNER, &ExecuteMsg::Status { seq }, &[]).await;
    assert!(unheard.is_err(), "only over the channel can the market be asked");
    run_and_close(world, (&dao, seq), &before, async || {
        members.decide(&["close", &number, "--coin", &carrier]).await?;
        Ok(())
    })
    .await
}

/// The acknowledgement of a purchase is not carried: what became of it the outpost learns all the same, because anybody on
/// the market's chain has the market say so with one unit, which is the outpost's owner's. That the acknowledgement
/// comes after all changes nothing.
async fn told_with_a_coin(world: &World) -> anyhow::Result<()> {
    world.kill_ferry().await?;
    let (a, b) = (world.sites.market.chain_id(), world.sites.outpost.chain_id());
    let (transfer, denom) = (&world.deployed.transfer, world.deployed.denom.as_str());
    let before = Ledger::take(world).await?;
    let sent = world.buy(BUYER, web_server(from_offer(world.offer)), (UNITS, None)).await?;
    let seq = sent.seq;
    let state = async || anyhow::Ok(world.order(seq).await?.state);
    world.by_hand(&["tx", "recv", b, &transfer.outpost, &sent.sequence.to_string()]).await?;
    assert_eq!(state().await?, OrderState::InFlight, "it has arrived and nobody has said so");
    let tool = world.tool(PROVIDER)?;
    tool.say(&["reconcile", &seq.to_string(), "--attest"]).await?;
    let waiting = world.sites.market.chain.packet_commitments(TRANSFER_PORT, &transfer.market);
    let [sequence] = waiting.await?[..] else { bail!("it sends one coin") };
    let sequence = &sequence.to_string();
    world.by_hand(&["tx", "recv", a, &transfer.market, sequence]).await?;
    assert_eq!(state().await?, OrderState::Acked, "the market has said so");
    world.start_ferry().await?;
    world.settled().await?;
    assert_eq!(state().await?, OrderState::Acked, "the acknowledgement says nothing new");

    let (buyer, owner) = (world.address(BUYER)?, world.address(OWNER)?);
    world.outpost(BUYER, &ExecuteMsg::Close { seq }, &[(CARRIER, denom)]).await?;
    world.settled().await?;
    assert_eq!(state().await?, OrderState::Closed);
    world.claim(buyer).await?;
    world.claim(owner).await?;
    let locked = escrow(&world.sites.outpost.chain, &transfer.outpost).await?;
    let unit = [
        (Asset::Voucher, world.address(PROVIDER)?, -1),
        (Asset::Money, &locked, -1),
        (Asset::Money, owner, 1),
    ];
    assert_eq!(Ledger::take(world).await?.since(&before)?, changes(unit), "nothing else has moved");
    Ok(())
}
