use anyhow::Context as _;
use cosmos::wire::tx::any;
use cosmos::wire::wasm::MsgExecuteContract;
use e2e::clock;
use e2e::ledger::{Asset, Ledger, changes, escrow};
use e2e::modules;
use e2e::people::{earnings, first_group};
use e2e::world::{BUYER, OWNER, PROVIDER, World};
use outpost::msg::responses::{OrderState, OrdersResponse};
use outpost::msg::{ExecuteMsg, QueryMsg};
use protocol::control::GroupState;
use serde_json::json;
use simnet::world::orders::{from_offer, web_server};

const UNITS: u128 = 5_000_000;
/// Has all the voting power of the chain.
const VALIDATOR: &str = "validator";
/// May act for another, or is paid what comes home.
const OTHER: &str = "user3";
/// What a proposal of x/gov is deposited with.
const DEPOSIT: &str = "1000stake";

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

/// A chain's governance pays out of the community pool to its own account, which buys; an operator
/// closes, and the rest goes to an address that can receive it.
#[test]
fn governance_buys_from_the_community_pool_and_the_rest_reaches_a_treasury() -> anyhow::Result<()> {
    e2e::run(governance_buys)
}

pub(crate) async fn governance_buys(world: &World) -> anyhow::Result<()> {
    let chain = &world.sites.outpost.chain;
    let before = Ledger::take(world).await?;
    let gov = modules::gov_account(chain).await?;
    let (patron, treasury) = (world.address(BUYER)?.to_owned(), world.address(OTHER)?);
    let tool = world.tool(VALIDATOR)?;
    let order = json!({ "order": web_server(from_offer(world.offer)) });
    std::fs::write(tool.home().join("order.json"), order.to_string())?;
    let (coin, operator) = (format!("{UNITS}usdx"), format!("{patron}=close"));
    let propose =
        [
            &[
                "propose",
                "--dao",
                "gov",
                "--deposit",
                DEPOSIT,
                "--community-pool",
                "--submit",
                "buy",
            ][..],
            &["--order", "order.json", "--coin", &coin, "--refund-to", treasury],
            &["--operator", &operator],
        ]
        .concat();
    let poor = tool.ask(&propose).await.unwrap_err().to_string();
    assert!(poor.contains("the community pool has"), "asked before the vote: {poor}");
    let gift = modules::coin((UNITS, &world.deployed.denom));
    modules::fund_pool(chain, &world.key(BUYER)?, gift).await?;
    world.start_ferry().await?;
    let submitted = tool.ask(&propose).await?;
    let number = submitted["proposal"].as_u64().context("a proposal has a number")?;
    modules::pass(chain, &world.key(VALIDATOR)?, number).await?;

    let ask = QueryMsg::Orders { owner: gov.clone(), start_after: None, limit: None };
    let orders: OrdersResponse = world.ask_outpost(&ask).await?;
    let seq = orders.orders.first().context("governance has an order")?.seq;
    world.ended(&gov, seq).await?;
    let id = world.deployment(&gov, seq);
    let lease = first_group(id.clone());
    assert_eq!(world.lease(&lease).await?.state, GroupState::Pending);
    let since = world.beat(PROVIDER, &lease).await?;
    clock::reach(&world.sites.market.chain, since + 3).await?;
    world.outpost(BUYER, &ExecuteMsg::Close { seq }, &[]).await?;
    world.settled().await?;
    assert_eq!(world.order(seq).await?.state, OrderState::Closed);
    world.claim(&gov).await?;
    world.collect_for(PROVIDER).await?;
    world.collect_for(OWNER).await?;
    let (gross, fee) = earnings(since, world.tombstone(&id).await?.closed_at);
    let locked = escrow(chain, &world.deployed.transfer.outpost).await?;
    let units = i128::try_from(UNITS)?;
    let expected = changes([
        (Asset::Money, &patron, -units),
        (Asset::Money, treasury, units - gross),
        (Asset::Money, &locked, gross),
        (Asset::Voucher, world.address(PROVIDER)?, gross - fee),
        (Asset::Voucher, world.address(OWNER)?, fee),
    ]);
    assert_eq!(Ledger::take(world).await?.since(&before)?, expected, "to the unit");
    Ok(())
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
