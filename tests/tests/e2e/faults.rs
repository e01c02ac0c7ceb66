use e2e::World;
use e2e::clock;
use e2e::ledger::{Ledger, changes};
use e2e::people::{Sent, first_group};
use e2e::world::BUYER;
use market::msg::DeploymentInfo;
use outpost::msg::ExecuteMsg;
use outpost::msg::responses::OrderState;
use protocol::control::{DeploymentState, GroupState};
use simnet::world::orders::{from_offer, web_server};

const UNITS: u128 = 5_000_000;
/// Purchases of which one must be caught between its reception and its acknowledgement.
const CATCHES: usize = 4;
/// In how many blocks a relayer that had sent an acknowledgement before it died would have it in.
const BLOCKS: u64 = 3;

async fn buy(world: &World) -> anyhow::Result<Sent> {
    world.buy(BUYER, web_server(from_offer(world.offer)), (UNITS, None)).await
}

/// Kills ferry, and waits until whatever it has sent before is in a block.
async fn kill(world: &World) -> anyhow::Result<()> {
    world.kill_ferry().await?;
    clock::pass(&world.sites.outpost.chain, BLOCKS).await
}

/// The purchase was received exactly once: one deployment, funded once, leased.
async fn assert_bought_once(world: &World, sent: Sent) -> anyhow::Result<()> {
    let id = world.deployment(world.address(BUYER)?, sent.seq);
    let info: DeploymentInfo =
        world.ask_market(&market::msg::QueryMsg::Deployment { id: id.clone() }).await?;
    assert_eq!(info.deposited.u128(), UNITS);
    assert_eq!(world.lease(&first_group(id)).await?.state, GroupState::Pending);
    Ok(())
}

/// Closes orders in which nothing was earned, and sees all their money home.
async fn close_all(world: &World, orders: &[Sent]) -> anyhow::Result<()> {
    for sent in orders {
        world.outpost(BUYER, &ExecuteMsg::Close { seq: sent.seq }, &[]).await?;
    }
    world.settled().await?;
    let buyer = world.address(BUYER)?;
    for sent in orders {
        assert_eq!(world.order(sent.seq).await?.state, OrderState::Closed);
        let id = world.deployment(buyer, sent.seq);
        assert_eq!(world.status(&id).await?.state, DeploymentState::Closed);
        assert_eq!(world.tombstone(&id).await?.refunded.u128(), UNITS);
    }
    assert_eq!(world.owed(buyer).await?, UNITS * u128::try_from(orders.len())?);
    world.claim(buyer).await
}

/// A new ferry brings what is missing: every order is bought exactly once, and when all are closed no
/// unit has been lost or made since `before`.
async fn completes_once(world: &World, orders: &[Sent], before: &Ledger) -> anyhow::Result<()> {
    world.start_ferry().await?;
    world.settled().await?;
    for sent in orders {
        assert_eq!(world.order(sent.seq).await?.state, OrderState::Acked);
        assert_bought_once(world, *sent).await?;
    }
    close_all(world, orders).await?;
    assert_eq!(Ledger::take(world).await?.since(before)?, changes([]), "to the unit");
    Ok(())
}

/// Kills ferry at once when the packet is received; tells whether its acknowledgement was caught.
async fn caught(world: &World, sent: Sent) -> anyhow::Result<bool> {
    world.received(sent.sequence).await?;
    kill(world).await?;
    assert_bought_once(world, sent).await?;
    let is_caught = world.is_committed(sent.sequence).await?;
    let expected = if is_caught { OrderState::InFlight } else { OrderState::Acked };
    assert_eq!(world.order(sent.seq).await?.state, expected);
    Ok(is_caught)
}

/// ferry is killed with -9 when a purchase has been received and its acknowledgement has not: a
/// new one brings the acknowledgement, and nothing happens twice.
#[test]
fn a_relayer_killed_between_reception_and_acknowledgement_completes_once() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let before = Ledger::take(world).await?;
        let mut orders = Vec::new();
        let mut is_caught = false;
        while !is_caught {
            assert!(orders.len() < CATCHES, "every acknowledgement was faster than the kill");
            world.start_ferry().await?;
            let sent = buy(world).await?;
            orders.push(sent);
            is_caught = caught(world, sent).await?;
        }
        completes_once(world, &orders, &before).await
    })
}

/// ferry is killed with -9 at moments that fall anywhere in the life of packets: as soon as one is
/// sent, and in the first blocks after it.
#[test]
fn a_relayer_killed_at_any_moment_completes_once() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let before = Ledger::take(world).await?;
        let mut orders = Vec::new();
        for blocks in 0..3 {
            world.start_ferry().await?;
            orders.push(buy(world).await?);
            clock::pass(&world.sites.outpost.chain, blocks).await?;
            world.kill_ferry().await?;
        }
        completes_once(world, &orders, &before).await
    })
}

/// ferry is killed with -9 while a command is acknowledged and the rest of the money travels home.
#[test]
fn a_relayer_killed_while_money_travels_home_brings_it_once() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let before = Ledger::take(world).await?;
        world.start_ferry().await?;
        let sent = buy(world).await?;
        world.settled().await?;
        let buyer = world.address(BUYER)?;
        let id = world.deployment(buyer, sent.seq);
        world.outpost(BUYER, &ExecuteMsg::Close { seq: sent.seq }, &[]).await?;
        let is_closed =
            async || Ok((world.status(&id).await?.state == DeploymentState::Closed).then_some(()));
        clock::until(&world.sites.market.chain, "the deployment is closed", is_closed).await?;
        kill(world).await?;
        assert!(!world.under_way().await?.is_empty(), "the way home takes longer than the kill");
        world.start_ferry().await?;
        world.settled().await?;
        assert_eq!(world.order(sent.seq).await?.state, OrderState::Closed);
        assert_eq!(world.owed(buyer).await?, UNITS, "once");
        world.claim(buyer).await?;
        assert_eq!(Ledger::take(world).await?.since(&before)?, changes([]), "to the unit");
        Ok(())
    })
}
