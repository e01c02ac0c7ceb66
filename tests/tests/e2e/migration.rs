use cosmwasm_std::Uint128;
use e2e::World;
use e2e::ledger::{Asset, Ledger};
use e2e::people::first_group;
use e2e::world::{BUYER, OWNER, PROVIDER, RIVAL};
use market::msg::{ExecuteMsg as Market, LeaseId};
use outpost::msg::ExecuteMsg as Outpost;
use protocol::control::{Command, DeploymentState, GroupState};
use protocol::{DeploymentId, Selection, Tenant};
use released::losses;
use serde_json::{Value, json};
use simnet::world::orders::{WEB_RATE, from_offer, web_server};

/// The version that both contracts come from.
const RELEASED: &str = "0.1.0";
/// What each order is paid in advance.
const UNITS: u128 = 5_000_000;
/// Fields that are computed from the time of the question, and those that a migration is there to change.
const PASSED_OVER: [&str; 5] = ["free", "at", "withdrawable", "version", "contract_version"];

/// What stands before the migration.
struct Filled {
    leased: LeaseId,
    ordered: LeaseId,
    local: LeaseId,
    closed: u64,
    under_way: u64,
}

impl Filled {
    /// A lease that runs, an order with two bids, a lease of a tenant of the market's chain, money home
    /// that is not claimed, and a purchase that no relayer has carried yet.
    async fn new(world: &World) -> anyhow::Result<Self> {
        let buyer = world.address(BUYER)?;
        let by_offer = || web_server(from_offer(world.offer));
        world.start_ferry().await?;
        let leased = world.buy(BUYER, by_offer(), (UNITS, None)).await?.seq;
        let manual = web_server(Selection::Manual {});
        let ordered = world.buy(BUYER, manual.clone(), (UNITS, None)).await?.seq;
        let closed = world.buy(BUYER, by_offer(), (UNITS, None)).await?.seq;
        world.settled().await?;
        let lease = |seq| first_group(world.deployment(buyer, seq));
        let (leased, ordered) = (lease(leased), lease(ordered));
        world.beat(PROVIDER, &leased).await?;
        world.bid(PROVIDER, &ordered, WEB_RATE).await?;
        world.bid(RIVAL, &ordered, WEB_RATE - 1).await?;
        world.outpost(BUYER, &Outpost::Close { seq: closed }, &[]).await?;
        world.outpost(BUYER, &Outpost::Status { seq: leased.deployment.seq }, &[]).await?;
        world.settled().await?;

        let denom = json!({ "add_denom": {
            "denom": world.bond_denom(), "min_deposit": "10000", "min_bond": "1000",
        }});
        let (chain, owner) = (&world.sites.market.chain, world.key(OWNER)?);
        chain.execute(&owner, &world.deployed.market, &denom, &[]).await?;
        let open = Market::Open { seq: 1, refund_to: None, deployment: manual };
        world.market(RIVAL, &open, &[(UNITS, world.bond_denom())]).await?;
        let tenant = Tenant::Local { address: world.address(RIVAL)?.to_owned() };
        let local = first_group(DeploymentId { tenant, seq: 1 });
        world.bid(PROVIDER, &local, WEB_RATE).await?;
        let command = Command::AcceptBid {
            group: 0,
            provider: world.address(PROVIDER)?.to_owned(),
            bid_no: 1,
            max_rate: Uint128::new(WEB_RATE),
        };
        let accept = Market::Act { deployment: local.deployment.clone(), command };
        world.market(RIVAL, &accept, &[]).await?;
        world.beat(PROVIDER, &local).await?;
        world.market(OWNER, &Market::Withdraw { lease: local.clone() }, &[]).await?;

        world.kill_ferry().await?;
        let under_way = world.buy(BUYER, by_offer(), (UNITS, None)).await?.seq;
        Ok(Self { leased, ordered, local, closed, under_way })
    }

    fn asks_of_market(&self, world: &World) -> anyhow::Result<Vec<Value>> {
        let people = [OWNER, PROVIDER, RIVAL].map(|name| world.address(name));
        let people = people.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut asks = vec![
            json!({ "config": {} }),
            json!({ "ownership": {} }),
            json!({ "routes": {} }),
            json!({ "denoms": {} }),
            json!({ "providers": {} }),
            json!({ "offers": {} }),
            json!({ "orders": {} }),
            json!({ "leases": { "provider": world.address(PROVIDER)? } }),
            json!({ "lease": { "id": self.leased } }),
            json!({ "lease": { "id": self.local } }),
            json!({ "order": { "id": self.ordered } }),
            json!({ "bids": { "order": self.ordered } }),
        ];
        let buyers = &self.leased.deployment.tenant;
        for tenant in [buyers, &self.local.deployment.tenant] {
            asks.push(json!({ "deployments": { "tenant": tenant } }));
        }
        for lease in [&self.leased, &self.ordered, &self.local] {
            asks.push(json!({ "status": { "id": lease.deployment } }));
            asks.push(json!({ "deployment": { "id": lease.deployment } }));
        }
        for denom in [world.deployed.market_denom.as_str(), world.bond_denom()] {
            asks.push(json!({ "solvency": { "denom": denom } }));
            for address in &people {
                let claimant = json!({ "local": { "address": address } });
                asks.push(json!({ "claimable": { "claimant": claimant, "denom": denom } }));
            }
        }
        Ok(asks)
    }

    fn asks_of_outpost(&self, world: &World) -> anyhow::Result<Vec<Value>> {
        let mut asks = vec![
            json!({ "ownership": {} }),
            json!({ "routes": {} }),
            json!({ "in_flight": {} }),
            json!({ "solvency": { "denom": world.deployed.denom } }),
            json!({ "claimable": { "owner": world.address(BUYER)? } }),
        ];
        asks.extend((1..=self.under_way).map(|seq| json!({ "order": { "seq": seq } })));
        Ok(asks)
    }

    /// Both contracts' answers to every question, in the order of the questions.
    async fn answers(&self, world: &World) -> anyhow::Result<Vec<(Value, Value)>> {
        let mut answers = Vec::new();
        for ask in self.asks_of_market(world)? {
            let answer = world.market_answer(&ask).await?;
            answers.push((ask, answer));
        }
        for ask in self.asks_of_outpost(world)? {
            let answer = world.outpost_answer(&ask).await?;
            answers.push((ask, answer));
        }
        Ok(answers)
    }
}

/// Closes everything with today's contracts, and has everything paid to whom it belongs.
async fn end(world: &World, filled: &Filled) -> anyhow::Result<()> {
    for seq in 1..=filled.under_way {
        if seq != filled.closed {
            world.outpost(BUYER, &Outpost::Close { seq }, &[]).await?;
        }
    }
    let (deployment, command) = (filled.local.deployment.clone(), Command::CloseDeployment {});
    world.market(RIVAL, &Market::Act { deployment, command }, &[]).await?;
    world.settled().await?;
    for bid in world.bids(&filled.ordered).await? {
        let (order, provider) = (filled.ordered.clone(), Some(bid.provider));
        world.market(OWNER, &Market::WithdrawBid { order, provider }, &[]).await?;
    }
    world.market(PROVIDER, &Market::CancelOffer { offer: world.offer }, &[]).await?;
    for name in [PROVIDER, RIVAL, OWNER] {
        world.collect_for(name).await?;
    }
    world.claim(world.address(BUYER)?).await
}

/// Both contracts of the released version, filled, are migrated to today's: every deployment, order,
/// lease, bid, offer and credit is found again by query, both are solvent, what was under way meanwhile
/// arrives, and in the end every unit is with whom it belongs to.
#[test]
fn all_that_a_released_version_holds_is_found_after_its_migration() -> anyhow::Result<()> {
    e2e::alone(async || {
        let world = &World::released(RELEASED).await?;
        let start = Ledger::take(world).await?;
        let filled = Filled::new(world).await?;
        let before = filled.answers(world).await?;
        world.migrate().await?;
        let after = filled.answers(world).await?;
        for ((ask, old), (_, new)) in before.iter().zip(&after) {
            assert_eq!(losses(&ask.to_string(), (old, new), &PASSED_OVER), [""; 0]);
        }
        // What 0.1.0 kept no list of: the migration makes it.
        let ask = json!({ "bids_of": { "provider": world.address(RIVAL)? } });
        let bids = world.market_answer(&ask).await?;
        assert_eq!(bids["bids"][0]["order"], json!(filled.ordered), "{bids}");

        world.start_ferry().await?;
        world.settled().await?;
        let arrived = world.deployment(world.address(BUYER)?, filled.under_way);
        let status = world.status(&arrived).await?;
        assert_eq!(status.groups[0].state, GroupState::Pending, "what was under way has a lease");
        world.beat(PROVIDER, &filled.leased).await?;

        end(world, &filled).await?;
        for lease in [&filled.leased, &filled.ordered, &filled.local] {
            assert_eq!(world.status(&lease.deployment).await?.state, DeploymentState::Closed);
        }
        let ask = json!({ "solvency": { "denom": world.deployed.market_denom } });
        assert_eq!(world.market_answer(&ask).await?["liabilities"], "0");
        let ask = json!({ "solvency": { "denom": world.deployed.denom } });
        assert_eq!(world.outpost_answer(&ask).await?["tracked"], "0");
        let changes = Ledger::take(world).await?.since(&start)?;
        let of = |asset, who| -> anyhow::Result<i128> {
            let key = (asset, world.address(who)?.to_owned());
            Ok(changes.get(&key).copied().unwrap_or_default())
        };
        let earned = of(Asset::Voucher, PROVIDER)? + of(Asset::Voucher, OWNER)?;
        assert!(earned > 0, "{changes:?}");
        assert_eq!(of(Asset::Money, BUYER)?, -earned, "{changes:?}");
        assert_eq!(of(Asset::Voucher, RIVAL)?, 0);
        Ok(())
    })
}
