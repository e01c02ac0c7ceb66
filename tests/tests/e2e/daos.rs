use cosmwasm_std::{CosmosMsg, coin};
use e2e::daodao::DaoDao;
use e2e::ledger::{Ledger, changes};
use e2e::people::{Sent, purchase};
use e2e::world::{BUYER, World};
use outpost::msg::ExecuteMsg;
use outpost::msg::responses::OrderState;
use simnet::world::orders::{from_offer, web_server};

/// What a DAO has, and what it spends on one purchase.
const FUNDS: u128 = 20_000_000;
const UNITS: u128 = 5_000_000;

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
