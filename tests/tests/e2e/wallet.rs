use e2e::clock;
use e2e::ledger::{Asset, Ledger, changes, escrow};
use e2e::people::{earnings, first_group};
use e2e::wallet::TIMEOUT;
use e2e::world::{OWNER, PROVIDER, WALLET};
use protocol::control::{Command, DeploymentState, GroupState, Instruction};
use protocol::{Action, DeploymentId, Message};
use simnet::world::orders::{from_offer, web_server};

const UNITS: u128 = 5_000_000;
/// What a command is sent with: the market's least deposit, which is credited.
const FARE: u128 = 10_000;

/// A wallet on a chain without an outpost buys with one `MsgTransfer` and closes with another.
#[test]
fn a_wallet_without_an_outpost_buys_with_one_transfer() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let before = Ledger::take(world).await?;
        let wallet = world.address(WALLET)?.to_owned();
        world.start_ferry().await?;
        let open = world.open(1_001, 7, web_server(from_offer(world.offer)))?;
        world.send(&[world.transfer(UNITS, world.memo(open)?, TIMEOUT).await?]).await?;
        world.settled().await?;
        let tenant = world.tenant(wallet.clone(), &wallet);
        let id = DeploymentId { tenant: tenant.clone(), seq: 7 };
        let lease = first_group(id.clone());
        assert_eq!(world.lease(&lease).await?.state, GroupState::Pending);
        assert_eq!(world.status(&id).await?.free.u128(), UNITS);

        let since = world.beat(PROVIDER, &lease).await?;
        clock::reach(&world.sites.market.chain, since + 3).await?;
        let command = Command::CloseDeployment {};
        let close = Instruction { account: wallet.clone(), seq: 7, command };
        let memo = world.memo(Message { n: 1_002, action: Action::Do(close) })?;
        world.send(&[world.transfer(FARE, memo, TIMEOUT).await?]).await?;
        world.settled().await?;
        assert_eq!(world.status(&id).await?.state, DeploymentState::Closed);
        world.collect(&tenant).await?;
        world.collect_for(PROVIDER).await?;
        world.collect_for(OWNER).await?;
        let (gross, fee) = earnings(since, world.tombstone(&id).await?.closed_at);
        let locked = escrow(&world.sites.outpost.chain, &world.deployed.transfer.outpost).await?;
        let expected = changes([
            (Asset::Money, &wallet, -gross),
            (Asset::Money, &locked, gross),
            (Asset::Voucher, world.address(PROVIDER)?, gross - fee),
            (Asset::Voucher, world.address(OWNER)?, fee),
        ]);
        assert_eq!(Ledger::take(world).await?.since(&before)?, expected, "to the unit");
        Ok(())
    })
}
