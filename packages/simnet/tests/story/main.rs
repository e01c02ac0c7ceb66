//! The market and the outpost together, over the model of two chains: the story that must always
//! work, every refusal, every failure on the way, and what time alone brings about.

mod control;
mod failures;
mod hooks;
mod multisig;
mod outsiders;
mod plain;
mod purchases;
mod readme;
mod reentry;
mod refusals;
mod repair;
mod time;

use cosmwasm_std::{Order, Record};
use market::msg::LeaseId;
use protocol::DeploymentId;
use protocol::control::GroupState;
use simnet::world::USDX;
use simnet::world::orders::web_offer;
use simnet::{Chain, World};

/// 1,000 USDX.
pub(crate) const THOUSAND: u128 = 1_000_000_000;
pub(crate) const HOUR: u64 = 3_600;
pub(crate) const DAY: u64 = 86_400;

/// A world in which the DAO has 1,000 USDX and the provider `p1` a standing offer.
pub(crate) fn world_with_offer() -> (World, u64) {
    with_offer(World::new().unwrap())
}

/// Gives the DAO of a new world 1,000 USDX, and has `p1` post an offer there.
pub(crate) fn with_offer(mut world: World) -> (World, u64) {
    world.fund("dao", THOUSAND).unwrap();
    world.register_provider("p1").unwrap();
    let offer = world.post_offer("p1", web_offer(&world.usdx_on_a())).unwrap();
    (world, offer)
}

/// Everything is back with the DAO and nothing is owed to anybody.
pub(crate) fn assert_dao_is_whole(world: &mut World) {
    world.claim("dao").unwrap();
    assert_eq!(world.usdx_of("dao").unwrap(), THOUSAND);
    let outpost = world.outpost.clone();
    assert_eq!(world.b().balance(&outpost, USDX).unwrap(), 0);
}

/// The first group of a deployment.
pub(crate) const fn first_group(deployment: DeploymentId) -> LeaseId {
    LeaseId { deployment, group: 0 }
}

/// The state of the only group of a deployment.
pub(crate) fn group_state(world: &World, id: &DeploymentId) -> GroupState {
    world.status(id).unwrap().groups[0].state
}

/// Everything a contract has stored.
pub(crate) fn records(chain: &Chain, contract: &cosmwasm_std::Addr) -> Vec<Record> {
    chain.inspect(contract, |deps, _| deps.storage.range(None, None, Order::Ascending).collect())
}
