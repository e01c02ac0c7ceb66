use cosmwasm_std::{Coin, CosmosMsg, Uint256, WasmMsg};
use e2e::World;
use e2e::ledger::{Asset, Ledger, changes, escrow};
use e2e::members::{Kind, Members};
use e2e::people::{Sent, first_group, purchase};
use e2e::world::{OWNER, PROVIDER, RIVAL};
use market::msg::{DeploymentInfo, QueryMsg};
use outpost::msg::responses::OrderState;
use outpost::msg::{ExecuteMsg, Operator, RemoteOperators};
use protocol::control::{Command, DeploymentState, GroupState};
use protocol::deployment::{AccessKey, LocalOperator, Manifest, Scope};
use protocol::{DeploymentId, Selection};
use simnet::world::orders::{WEB_RATE, web_server};

/// What the DAO pays in advance.
const UNITS: u128 = 5_000_000;
/// A tenth of the rate of an offer less: nine units a second and nine tenths.
const LOW_RATE: u128 = WEB_RATE - WEB_RATE / 10;
/// Operators: on the outpost's chain, and on the market's.
const HERE: &str = "user4";
const THERE: &str = "user3";

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

/// Names a key of each chain that may act from now on, and one that the provider's gateway lets in.
fn name_operators(world: &World, seq: u64) -> anyhow::Result<(CosmosMsg, RemoteOperators)> {
    let operator = Operator { address: world.address(HERE)?.into(), scopes: vec![Scope::Close] };
    let there = LocalOperator {
        address: world.address(THERE)?.to_owned(),
        scopes: vec![Scope::Manifest],
        expires_in_seconds: None,
    };
    let remote = RemoteOperators {
        local_operators: vec![there],
        access_keys: vec![AccessKey::Ed25519(vec![7; 32].into())],
    };
    let operators = Some(vec![operator]);
    let name = ExecuteMsg::SetOperators { seq, operators, remote: Some(remote.clone()) };
    Ok((tell(world, &name, Vec::new())?, remote))
}

/// The DAO replaces who may act for it; on the market's chain that takes effect when the command has arrived. The key
/// there changes the manifest, and does nothing that it was not named for.
async fn have_operators_act(world: &World, id: &DeploymentId) -> anyhow::Result<()> {
    let (name, named) = name_operators(world, id.seq)?;
    world.dao()?.pass("who may act", &name).await?;
    world.settled().await?;
    let info = async || -> anyhow::Result<DeploymentInfo> {
        world.ask_market(&QueryMsg::Deployment { id: id.clone() }).await
    };
    let known = info().await?;
    assert_eq!(known.local_operators, named.local_operators);
    assert_eq!(known.deployment.access_keys, named.access_keys);
    let act = async |command| {
        let act = market::msg::ExecuteMsg::Act { deployment: id.clone(), command };
        world.market(THERE, &act, &[]).await
    };
    let refused = act(Command::CloseDeployment {}).await;
    let reason = format!("{:#}", refused.expect_err("it was not named for that"));
    assert!(reason.contains("an operator with this scope"), "{reason}");
    let manifest = Manifest { hash: "ab".repeat(32), uri: None };
    act(Command::UpdateManifest { rev: 100, manifest: manifest.clone() }).await?;
    assert_eq!(info().await?.deployment.manifest, manifest);
    Ok(())
}

/// A DAO orders, two providers bid, the DAO accepts the lower bid over the control channel: the
/// other has its deposit back. An operator whom the DAO names afterwards closes, which leaves every
/// unit with whom it belongs to.
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
        let members = Members::of(world, Kind::Cw3, dao)?;
        let (order_no, bid_no) = (seq.to_string(), bids[0].bid_no.to_string());
        members.decide(&["accept", &order_no, "--bid", &bid_no]).await?;
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
        have_operators_act(world, &id).await?;
        world.outpost(HERE, &ExecuteMsg::Close { seq }, &[]).await?;
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
