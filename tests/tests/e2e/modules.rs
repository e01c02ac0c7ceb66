use cosmos::wire::tx::any;
use cosmos::wire::wasm::MsgExecuteContract;
use e2e::ledger::{Ledger, changes};
use e2e::modules;
use e2e::world::{BUYER, World};
use outpost::msg::ExecuteMsg;
use simnet::world::orders::{from_offer, web_server};

const UNITS: u128 = 5_000_000;
/// May act for another.
const OTHER: &str = "user3";

/// A message to the outpost as a transaction carries it.
fn to_outpost(
    world: &World,
    sender: &str,
    msg: &ExecuteMsg,
    units: u128,
) -> anyhow::Result<MsgExecuteContract> {
    let coin = modules::coin((units, &world.deployed.denom));
    Ok(MsgExecuteContract {
        sender: sender.to_owned(),
        contract: world.deployed.outpost.clone(),
        msg: serde_json::to_vec(msg)?,
        funds: if units == 0 { Vec::new() } else { vec![coin] },
    })
}

/// A key that x/authz lets send `top_up` in another's name can do that and nothing else, and what
/// is not spent is the granter's.
#[test]
fn a_grantee_of_authz_tops_up_and_does_nothing_else() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let chain = &world.sites.outpost.chain;
        let (granter, grantee) = (world.key(BUYER)?, world.key(OTHER)?);
        let owner = world.address(BUYER)?.to_owned();
        let denom = world.deployed.denom.as_str();
        let before = Ledger::take(world).await?;
        let contract = world.deployed.outpost.as_str();
        modules::grant(chain, (&granter, &grantee), (contract, "top_up"), (UNITS, denom)).await?;
        world.start_ferry().await?;
        let bought = world.buy(BUYER, web_server(from_offer(world.offer)), (UNITS, None)).await?;
        let seq = bought.seq;
        world.settled().await?;
        let id = world.deployment(&owner, seq);

        let attempt = async |msg: &ExecuteMsg, units| {
            let msg = any(&to_outpost(world, &owner, msg, units)?);
            let msg = modules::in_their_name(chain, &grantee, msg)?;
            anyhow::Ok(chain.send_msgs(&grantee, &[msg], "").await?)
        };
        for (msg, units) in [
            (ExecuteMsg::Close { seq }, 0),
            (ExecuteMsg::Close { seq }, 1),
            (ExecuteMsg::Deposit { owner: None }, 1),
            (ExecuteMsg::TopUp { seq }, UNITS + 1),
        ] {
            assert!(attempt(&msg, units).await.is_err(), "{msg:?} with {units}");
        }
        attempt(&ExecuteMsg::TopUp { seq }, UNITS).await?;
        world.settled().await?;
        assert_eq!(world.status(&id).await?.free.u128(), 2 * UNITS, "it is topped up");

        world.outpost(BUYER, &ExecuteMsg::Close { seq }, &[]).await?;
        world.settled().await?;
        world.claim(&owner).await?;
        let after = Ledger::take(world).await?.since(&before)?;
        assert_eq!(after, changes([]), "nothing was earned, all of it is the granter's");
        Ok(())
    })
}
