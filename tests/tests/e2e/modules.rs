use anyhow::Context as _;
use cosmos::wire::tx::any;
use cosmos::wire::wasm::MsgExecuteContract;
use e2e::ledger::{Asset, Ledger, changes, escrow};
use e2e::modules;
use e2e::people::{earnings, first_group};
use e2e::tool::Tool;
use e2e::world::{BUYER, OWNER, PROVIDER, World};
use outpost::msg::responses::{OrderState, OrdersResponse};
use outpost::msg::{ExecuteMsg, QueryMsg};
use protocol::Selection;
use protocol::control::GroupState;
use serde_json::json;
use simnet::world::orders::{WEB_RATE, from_offer, web_server};

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

/// Governance's proposals by `entrepot`, on which the validator votes.
struct Governance<'a> {
    world: &'a World,
    tool: Tool,
}

impl Governance<'_> {
    /// Submits a proposal and votes for it; `way` is beside what every one of them has. Returns its number.
    async fn propose(&self, way: &[&str], verb: &[&str]) -> anyhow::Result<u64> {
        let propose = ["propose", "--dao", "gov", "--deposit", DEPOSIT, "--submit"];
        let submitted = self.tool.ask(&[&propose, way, verb].concat()).await?;
        let number = submitted["proposal"].as_u64().context("a proposal has a number")?;
        let voter = self.world.key(VALIDATOR)?;
        modules::vote(&self.world.sites.outpost.chain, &voter, number).await?;
        Ok(number)
    }

    /// Waits until proposals are executed.
    async fn passed<const N: usize>(&self, numbers: [u64; N]) -> anyhow::Result<()> {
        for number in numbers {
            modules::passed(&self.world.sites.outpost.chain, number).await?;
        }
        Ok(())
    }
}

/// A chain's governance pays out of the community pool to its own account, which orders and adds money; it accepts a
/// bid and closes by proposals that take nothing from the pool; and the rest goes to an address that can receive it.
#[test]
fn governance_buys_from_the_community_pool_and_the_rest_reaches_a_treasury() -> anyhow::Result<()> {
    e2e::run(governance_buys)
}

pub(crate) async fn governance_buys(world: &World) -> anyhow::Result<()> {
    let chain = &world.sites.outpost.chain;
    let before = Ledger::take(world).await?;
    let gov = modules::gov_account(chain).await?;
    let (patron, treasury) = (world.address(BUYER)?, world.address(OTHER)?);
    let governance = Governance { world, tool: world.tool(VALIDATOR)? };
    let order = json!({ "order": web_server(Selection::Manual {}) });
    std::fs::write(governance.tool.home().join("order.json"), order.to_string())?;
    let coin = format!("{UNITS}usdx");
    let buy = ["buy", "--order", "order.json", "--coin", &coin, "--refund-to", treasury];
    let pool = ["--community-pool"];
    let poor = governance.propose(&pool, &buy).await.unwrap_err().to_string();
    assert!(poor.contains("the community pool has"), "asked before the vote: {poor}");
    let gift = modules::coin((2 * UNITS, &world.deployed.denom));
    modules::fund_pool(chain, &world.key(BUYER)?, gift).await?;
    world.start_ferry().await?;
    governance.passed([governance.propose(&pool, &buy).await?]).await?;

    let ask = QueryMsg::Orders { owner: gov.clone(), start_after: None, limit: None };
    let orders: OrdersResponse = world.ask_outpost(&ask).await?;
    let seq = orders.orders.first().context("governance has an order")?.seq;
    world.ended(&gov, seq).await?;
    let id = world.deployment(&gov, seq);
    let lease = first_group(id.clone());
    world.bid(PROVIDER, &lease, WEB_RATE).await?;
    let (number, bid_no) = (seq.to_string(), world.bids(&lease).await?[0].bid_no.to_string());
    // Both are voted on at a time.
    let accept = governance.propose(&[], &["accept", &number, "--bid", &bid_no]).await?;
    let top_up = governance.propose(&pool, &["top-up", &number, &coin]).await?;
    governance.passed([accept, top_up]).await?;
    world.ended(&gov, seq).await?;
    assert_eq!(world.lease(&lease).await?.state, GroupState::Pending);
    assert_eq!(world.status(&id).await?.free.u128(), 2 * UNITS, "it is topped up");
    let since = world.beat(PROVIDER, &lease).await?;
    governance.passed([governance.propose(&[], &["close", &number]).await?]).await?;
    world.settled().await?;
    assert_eq!(world.order(seq).await?.state, OrderState::Closed);
    world.claim(&gov).await?;
    world.collect_for(PROVIDER).await?;
    world.collect_for(OWNER).await?;
    let (gross, fee) = earnings(since, world.tombstone(&id).await?.closed_at);
    let locked = escrow(chain, &world.deployed.transfer.outpost).await?;
    let units = i128::try_from(2 * UNITS)?;
    let expected = changes([
        (Asset::Money, patron, -units),
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
            let refused = attempt(&msg, units).await.expect_err("the grant is for less");
            let reason = format!("{refused:#}");
            assert!(reason.contains("unauthorized"), "{msg:?} with {units}: {reason}");
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
