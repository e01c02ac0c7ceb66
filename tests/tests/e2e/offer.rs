use cosmwasm_std::{CosmosMsg, Uint128};
use e2e::ledger::{Asset, Ledger, changes, escrow};
use e2e::people::{Sent, earnings, first_group, purchase};
use e2e::world::{OWNER, PROVIDER};
use e2e::{World, clock};
use outpost::msg::responses::{OrderState, QuoteResponse};
use outpost::msg::{ExecuteMsg, QueryMsg};
use protocol::control::{DeploymentState, GroupState};
use simnet::world::orders::{from_offer, web_server};

/// For how long the DAO pays in advance.
const DAY: u64 = 86_400;

/// The message for a proposal, as the outpost itself words it, and the units it takes.
async fn quoted(world: &World) -> anyhow::Result<(CosmosMsg, u128)> {
    let deployment = web_server(from_offer(world.offer));
    let ask = QueryMsg::Quote {
        buy: Box::new(purchase(world.deployed.route.clone(), deployment, None)),
        denom: world.deployed.denom.clone(),
        seconds: Some(DAY),
    };
    let quote: QuoteResponse = world.ask_outpost(&ask).await?;
    Ok((quote.message, Uint128::try_from(quote.coin.amount)?.u128()))
}

/// A DAO's one decision opens, funds and leases with one packet; the provider earns by the second;
/// another decision closes; whatever was not earned is the DAO's again.
#[test]
fn a_multisig_buys_by_offer_and_closes_and_the_rest_is_home() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let before = Ledger::take(world).await?;
        let dao = world.dao()?.address.as_str();
        world.start_ferry().await?;

        let (message, units) = quoted(world).await?;
        let bought = world.dao()?.pass("a web server for a day", &message).await?;
        let packets = bought.events.iter().filter(|event| event.kind == "send_packet").count();
        assert_eq!(packets, 1, "one packet does all of it");
        let seq = Sent::find(&bought)?.seq;
        assert_eq!(world.order(seq).await?.state, OrderState::InFlight);
        world.settled().await?;
        assert_eq!(world.order(seq).await?.state, OrderState::Acked, "arrived, not yet opened");
        let id = world.deployment(dao, seq);
        let lease = first_group(id.clone());
        let leased = world.lease(&lease).await?;
        let provider = world.address(PROVIDER)?;
        assert_eq!((leased.provider.as_str(), leased.state), (provider, GroupState::Pending));
        assert_eq!(world.status(&id).await?.free.u128(), units);
        let spent = before.of(Asset::Money, dao) - units;
        assert_eq!(Ledger::take(world).await?.of(Asset::Money, dao), spent);

        let since = world.beat(PROVIDER, &lease).await?;
        clock::reach(&world.sites.market.chain, since + 5).await?;
        world
            .market(PROVIDER, &market::msg::ExecuteMsg::Withdraw { lease: lease.clone() }, &[])
            .await?;
        let earned = Ledger::take(world).await?.since(&before)?;
        let earned = earned.get(&(Asset::Voucher, provider.to_owned())).copied();
        assert!(earned >= Some(5 * 11 - 1), "withdrew {earned:?}");
        world.outpost(OWNER, &ExecuteMsg::Status { seq }, &[]).await?;
        world.settled().await?;
        assert_eq!(world.order(seq).await?.state, OrderState::Leased, "the market has said so");

        world.dao()?.pass("enough of it", &world.call(&ExecuteMsg::Close { seq }, &[])?).await?;
        world.settled().await?;
        assert_eq!(world.order(seq).await?.state, OrderState::Closed);
        assert_eq!(world.status(&id).await?.state, DeploymentState::Closed);
        let grave = world.tombstone(&id).await?;
        let (gross, fee) = earnings(since, grave.closed_at);
        assert_eq!(i128::try_from(grave.refunded.u128())?, i128::try_from(units)? - gross);
        assert_eq!(world.owed(dao).await?, grave.refunded.u128(), "the rest is home");
        world.claim(dao).await?;
        world.collect_for(PROVIDER).await?;
        world.collect_for(OWNER).await?;
        let locked = escrow(&world.sites.outpost.chain, &world.deployed.transfer.outpost).await?;
        let expected = changes([
            (Asset::Money, dao, -gross),
            (Asset::Money, &locked, gross),
            (Asset::Voucher, provider, gross - fee),
            (Asset::Voucher, world.address(OWNER)?, fee),
        ]);
        assert_eq!(Ledger::take(world).await?.since(&before)?, expected, "to the unit");
        Ok(())
    })
}
