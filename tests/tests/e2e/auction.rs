use cosmwasm_std::{Coin, CosmosMsg, Uint256, WasmMsg};
use e2e::World;
use e2e::ledger::{Asset, Ledger, changes, escrow};
use e2e::people::{Sent, first_group, purchase};
use e2e::world::{OWNER, PROVIDER, RIVAL};
use market::msg::BidInfo;
use outpost::msg::ExecuteMsg;
use outpost::msg::responses::OrderState;
use protocol::Selection;
use protocol::control::{DeploymentState, GroupState};
use simnet::world::orders::{WEB_RATE, web_server};

/// What the DAO pays in advance.
const UNITS: u128 = 5_000_000;
/// A tenth of the rate of an offer less: nine units a second and nine tenths.
const LOW_RATE: u128 = WEB_RATE - WEB_RATE / 10;

fn tell(world: &World, msg: &ExecuteMsg, funds: Vec<Coin>) -> anyhow::Result<CosmosMsg> {
    let msg = serde_json::to_vec(msg)?.into();
    let contract_addr = world.deployed.outpost.clone();
    Ok(WasmMsg::Execute { contract_addr, msg, funds }.into())
}

fn buy(world: &World) -> anyhow::Result<CosmosMsg> {
    let deployment = web_server(Selection::Manual {});
    let buy = Box::new(purchase(world.deployed.route.clone(), deployment, None));
    let coin = Coin { denom: world.deployed.denom.clone(), amount: Uint256::from(UNITS) };
    tell(world, &ExecuteMsg::Buy(buy), vec![coin])
}

fn accept(world: &World, seq: u64, bid: &BidInfo) -> anyhow::Result<CosmosMsg> {
    let accept = ExecuteMsg::AcceptBid {
        seq,
        group: 0,
        provider: bid.provider.clone(),
        bid_no: bid.bid_no,
        max_rate: bid.rate,
    };
    tell(world, &accept, Vec::new())
}

/// A DAO orders, two providers bid, the DAO accepts the lower bid over the control channel: the
/// other has its deposit back, and closing leaves every unit with whom it belongs to.
#[test]
fn a_multisig_buys_by_auction_and_the_loser_has_its_deposit_back() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let before = Ledger::take(world).await?;
        let dao = world.dao()?.address.as_str();
        world.start_ferry().await?;
        let seq = Sent::find(&world.dao()?.pass("bids, please", &buy(world)?).await?)?.seq;
        world.settled().await?;
        let id = world.deployment(dao, seq);
        let order = first_group(id.clone());
        assert_eq!(world.status(&id).await?.groups[0].state, GroupState::Open);

        world.bid(PROVIDER, &order, WEB_RATE).await?;
        world.bid(RIVAL, &order, LOW_RATE).await?;
        let mut bids = world.bids(&order).await?;
        bids.sort_by_key(|bid| bid.rate);
        assert_eq!(bids.len(), 2);
        let loser = bids[1].provider.clone();
        assert_eq!(loser, world.address(PROVIDER)?);
        world.dao()?.pass("the lower one", &accept(world, seq, &bids[0])?).await?;
        world.settled().await?;
        let lease = world.lease(&order).await?;
        let winner = world.address(RIVAL)?;
        assert_eq!((lease.provider.as_str(), lease.rate.u128()), (winner, LOW_RATE));
        assert_eq!(world.order(seq).await?.refusal, None);

        let withdraw = market::msg::ExecuteMsg::WithdrawBid {
            order: order.clone(),
            provider: Some(loser.clone()),
        };
        // The market may have returned it by itself; then there is nothing to withdraw.
        if world.bids(&order).await?.iter().any(|bid| bid.provider == loser) {
            world.market(OWNER, &withdraw, &[]).await?;
        }
        world.collect_for(PROVIDER).await?;
        let now = Ledger::take(world).await?;
        let deposit = before.of(Asset::Bond, &loser);
        assert_eq!(now.of(Asset::Bond, &loser), deposit, "the loser's deposit is back");
        assert!(now.of(Asset::Bond, winner) < before.of(Asset::Bond, winner), "a bond is held");

        let since = world.beat(RIVAL, &order).await?;
        world
            .dao()?
            .pass("enough of it", &tell(world, &ExecuteMsg::Close { seq }, Vec::new())?)
            .await?;
        world.settled().await?;
        assert_eq!(world.order(seq).await?.state, OrderState::Closed);
        assert_eq!(world.status(&id).await?.state, DeploymentState::Closed);
        let grave = world.tombstone(&id).await?;
        world.claim(dao).await?;
        world.collect_for(RIVAL).await?;
        world.collect_for(OWNER).await?;
        // The part of a unit that a provider has earned at the end stays with the tenant.
        let nano = LOW_RATE * u128::from(grave.closed_at - since);
        let gross = i128::try_from(UNITS - grave.refunded.u128())?;
        assert_eq!(u128::try_from(gross)?, nano / 1_000_000_000);
        let fee = gross * 200 / 10_000;
        let locked = escrow(&world.sites.outpost.chain, &world.deployed.transfer.outpost).await?;
        let expected = changes([
            (Asset::Money, dao, -gross),
            (Asset::Money, &locked, gross),
            (Asset::Voucher, winner, gross - fee),
            (Asset::Voucher, world.address(OWNER)?, fee),
        ]);
        assert_eq!(Ledger::take(world).await?.since(&before)?, expected, "to the unit");
        Ok(())
    })
}
