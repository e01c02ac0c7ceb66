//! Routes of the other styles, and chains that have not what a style needs. `scripts/test --styles` runs each on the nodes
//! that it names.

use anyhow::Context as _;
use cosmos::wire::gov::PoolModule;
use e2e::ledger::{Asset, Ledger, changes, escrow};
use e2e::people::{earnings, first_group};
use e2e::world::{BUYER, OWNER, PROVIDER};
use e2e::{World, clock};
use entrepot::deploy::Style;
use outpost::msg::responses::{OrderState, RoutesResponse};
use outpost::msg::{ExecuteMsg, QueryMsg};
use protocol::Code;
use protocol::control::{DeploymentState, GroupState};
use simnet::world::orders::{from_offer, web_server};

const UNITS: u128 = 5_000_000;
/// The shortest timeout that the contracts of a local network take, in seconds.
const SHORT: u64 = 20;

async fn story(world: &World) -> anyhow::Result<()> {
    let ask = QueryMsg::Routes { start_after: None, limit: None };
    let routes: RoutesResponse = world.ask_outpost(&ask).await?;
    assert_eq!(routes.routes[0].proved, [world.deployed.denom.as_str()]);
    let start = Ledger::take(world).await?;
    let buyer = world.address(BUYER)?;
    world.start_ferry().await?;

    let nothing = web_server(from_offer(world.offer + 1_000));
    let refused = world.buy(BUYER, nothing, (UNITS, Some(SHORT))).await?;
    world.ended(buyer, refused.seq).await?;
    assert_eq!(world.order(refused.seq).await?.state, OrderState::Refunded);
    let why = world.why(refused.seq).await?.to_string();
    assert!(why.contains(Code::UnknownOffer.as_str()), "{why}");
    world.claim(buyer).await?;
    assert_eq!(Ledger::take(world).await?.since(&start)?, changes([]), "refunded in full");

    let bought = world.buy(BUYER, web_server(from_offer(world.offer)), (UNITS, None)).await?;
    world.ended(buyer, bought.seq).await?;
    let id = world.deployment(buyer, bought.seq);
    let lease = first_group(id.clone());
    assert_eq!(world.lease(&lease).await?.state, GroupState::Pending);
    let since = world.beat(PROVIDER, &lease).await?;
    clock::reach(&world.sites.market.chain, since + 3).await?;
    world.outpost(BUYER, &ExecuteMsg::Close { seq: bought.seq }, &[]).await?;
    world.settled().await?;
    assert_eq!(world.order(bought.seq).await?.state, OrderState::Closed);
    assert_eq!(world.status(&id).await?.state, DeploymentState::Closed);

    let (gross, fee) = earnings(since, world.tombstone(&id).await?.closed_at);
    assert!(gross > 0);
    world.claim(buyer).await?;
    world.collect_for(PROVIDER).await?;
    world.collect_for(OWNER).await?;
    let locked = escrow(&world.sites.outpost.chain, &world.deployed.transfer.outpost).await?;
    let expected = changes([
        (Asset::Money, buyer, -gross),
        (Asset::Money, &locked, gross),
        (Asset::Voucher, world.address(PROVIDER)?, gross - fee),
        (Asset::Voucher, world.address(OWNER)?, fee),
    ]);
    assert_eq!(Ledger::take(world).await?.since(&start)?, expected, "to the unit");
    world.kill_ferry().await
}

/// What `entrepot deploy` says about chains that lack what the style needs.
async fn refusal(style: Style) -> anyhow::Result<String> {
    let made = World::of_style(style, None).await;
    let error = made.err().context("the route was proved")?;
    Ok(format!("{error:#}"))
}

/// The outpost's chain tells it of no transfer: the market's word over the control channel proves the route, and says
/// what became of each purchase; what is not earned goes past the outpost to its owner.
#[test]
#[ignore = "takes a minute: scripts/test --styles"]
fn plain_route_sells_refuses_and_pays_back() -> anyhow::Result<()> {
    e2e::alone(async || story(&World::of_style(Style::Plain, None).await?).await)
}

/// Before SDK 0.53 the community pool is x/distribution's.
#[test]
#[ignore = "needs chain B of wasmd 0.54.9: scripts/test --styles"]
fn plain_route_sells_to_the_governance_of_a_chain_with_x_distribution() -> anyhow::Result<()> {
    e2e::alone(async || {
        let world = World::of_style(Style::Plain, None).await?;
        let pool = world.sites.outpost.chain.pool_module().await?;
        assert_eq!(pool, PoolModule::Distribution);
        super::modules::governance_buys(&world).await?;
        world.kill_ferry().await
    })
}

/// The outpost's chain has ibc-hooks, the market's has ibc-go's callbacks.
#[test]
#[ignore = "needs chain B with ibc-hooks: scripts/test --styles"]
fn hooks_of_the_outpost_buy_refuse_and_pay_back() -> anyhow::Result<()> {
    e2e::alone(async || story(&World::of_style(Style::Hooks, Some(1_000_000)).await?).await)
}

/// Both chains have ibc-hooks.
#[test]
#[ignore = "needs both chains with ibc-hooks: scripts/test --styles"]
fn hooks_of_both_buy_refuse_and_pay_back() -> anyhow::Result<()> {
    e2e::alone(async || story(&World::of_style(Style::Hooks, None).await?).await)
}

/// ibc-go 8 acknowledges a transfer that the market has refused: buyers would lose refused purchases.
#[test]
#[ignore = "needs chain A of wasmd 0.54.9: scripts/test --styles"]
fn a_market_whose_chain_keeps_what_it_refuses_is_not_opened() -> anyhow::Result<()> {
    e2e::alone(async || {
        let said = refusal(Style::Callbacks).await?;
        assert!(said.contains("`wasmdev-1` keeps what its market refuses"), "{said}");
        assert!(said.contains("ibc-go 10.1 or later"), "{said}");
        Ok(())
    })
}

/// The same of an outpost, to which no proof would ever come home: it is told at once.
#[test]
#[ignore = "needs chain B of wasmd 0.54.9: scripts/test --styles"]
fn an_outpost_whose_chain_keeps_what_it_refuses_is_told_another_style() -> anyhow::Result<()> {
    e2e::alone(async || {
        let said = refusal(Style::Callbacks).await?;
        assert!(said.contains("`betanet` keeps what its outpost refuses"), "{said}");
        assert!(said.contains("`route.style = \"plain\"`"), "{said}");
        Ok(())
    })
}

/// A style that the outpost's chain does not have is found by its probe, of which nobody tells the outpost.
#[test]
#[ignore = "takes two minutes: scripts/test --styles"]
fn hooks_without_hooks_are_told_where_the_probe_is() -> anyhow::Result<()> {
    e2e::alone(async || {
        let made = World::of_style(Style::Hooks, Some(1_000_000)).await;
        let said = format!("{:#}", made.err().context("the route was proved")?);
        assert!(said.contains("`betanet` did not tell its outpost"), "{said}");
        Ok(())
    })
}
