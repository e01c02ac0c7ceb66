//! The story on two chains inside this process.

use cosmwasm_std::{CosmosMsg, Uint128, coin};
use serde::de::DeserializeOwned;
use simnet::World;
use simnet::world::{MARKET_CHAIN, OUTPOST_CHAIN, ROUTE, STAKE as STAKE_DENOM, USDX};

use super::multisig;
use super::stage::{Asset, Side, Stage, Tempo, Who};
use super::story::{BUDGET, PROVIDER_FUNDS};

/// The members of the DAO's multisig, two of whom must agree.
const MEMBERS: [&str; 3] = ["member 1", "member 2", "member 3"];

/// Two simulated chains.
pub(super) struct Simulated {
    world: World,
    /// The DAO's last proposal.
    proposal: u64,
}

impl Simulated {
    /// The contracts are deployed and the route is proved; the DAO and the provider have money.
    pub(super) fn new() -> anyhow::Result<Self> {
        let mut world = World::new()?;
        let members = MEMBERS.map(|member| world.on_b(member).to_string());
        world.deploy_on_b("dao", multisig::code(), &multisig::instantiate(&members))?;
        world.fund("dao", BUDGET)?;
        let provider = world.on_a("provider");
        world.network.chain_mut(MARKET_CHAIN).mint(&provider, coin(PROVIDER_FUNDS, STAKE_DENOM))?;
        Ok(Self { world, proposal: 0 })
    }

    fn execute_dao(&mut self, member: &str, msg: &serde_json::Value) -> anyhow::Result<()> {
        let (member, dao) = (self.world.on_b(member), self.world.on_b("dao"));
        self.world.network.chain_mut(OUTPOST_CHAIN).execute(&member, &dao, msg, &[])?;
        self.world.check()?;
        Ok(())
    }
}

/// The name of an account in the world.
const fn name(who: Who) -> &'static str {
    match who {
        Who::Provider => "provider",
        Who::Treasury => "treasury",
        Who::Market => "market",
        Who::Dao => "dao",
        Who::Outpost => "outpost",
        Who::Escrow => "transfer escrow",
        Who::Anyone => "anyone",
    }
}

const fn chain(side: Side) -> &'static str {
    match side {
        Side::A => MARKET_CHAIN,
        Side::B => OUTPOST_CHAIN,
    }
}

impl Stage for Simulated {
    fn describe(&self) -> String {
        "Two chains inside this process, with the contracts as they are on real ones.".into()
    }

    fn tempo(&self) -> Tempo {
        Tempo { beats: 18, seconds_between: 4 * 3_600, price_factor: 1, patience: 3 }
    }

    fn chain_id(&self, side: Side) -> String {
        chain(side).into()
    }

    fn route_on_a(&self) -> String {
        self.world.transfer.market.clone()
    }

    fn route_on_b(&self) -> String {
        ROUTE.into()
    }

    fn address(&self, who: Who) -> String {
        self.world.address(chain(who.side()), name(who)).into()
    }

    fn denom(&self, asset: Asset, side: Side) -> String {
        match (asset, side) {
            (Asset::Usdx, Side::A) => self.world.usdx_on_a(),
            (Asset::Usdx, Side::B) => USDX.into(),
            (Asset::Stake, Side::A) => STAKE_DENOM.into(),
            (Asset::Stake, Side::B) => self.world.stake_on_b(),
        }
    }

    async fn tell_market(
        &mut self,
        who: Who,
        msg: &market::msg::ExecuteMsg,
        funds: Option<(Uint128, Asset)>,
    ) -> anyhow::Result<()> {
        let funds: Vec<_> = funds
            .map(|(amount, asset)| coin(amount.u128(), self.denom(asset, Side::A)))
            .into_iter()
            .collect();
        self.world.market(name(who), msg, &funds)?;
        Ok(())
    }

    async fn tell_outpost(
        &mut self,
        who: Who,
        msg: &outpost::msg::ExecuteMsg,
    ) -> anyhow::Result<()> {
        self.world.outpost(name(who), msg, &[])?;
        Ok(())
    }

    async fn decide(&mut self, title: &str, msg: CosmosMsg) -> anyhow::Result<String> {
        self.proposal += 1;
        let [first, second, third] = MEMBERS;
        self.execute_dao(first, &multisig::propose(title, &msg))?;
        self.execute_dao(second, &multisig::vote(self.proposal))?;
        self.execute_dao(third, &multisig::execute(self.proposal))?;
        Ok(multisig::decided(self.proposal))
    }

    async fn ask_market<T: DeserializeOwned>(
        &self,
        ask: &market::msg::QueryMsg,
    ) -> anyhow::Result<T> {
        Ok(self.world.ask_market(ask)?)
    }

    async fn ask_outpost<T: DeserializeOwned>(
        &self,
        ask: &outpost::msg::QueryMsg,
    ) -> anyhow::Result<T> {
        Ok(self.world.ask_outpost(ask)?)
    }

    async fn balance(&self, who: Who, asset: Asset) -> anyhow::Result<u128> {
        let side = who.side();
        let account = self.world.address(chain(side), name(who));
        Ok(self.world.network.chain(chain(side)).balance(&account, &self.denom(asset, side))?)
    }

    async fn supply(&self, asset: Asset, side: Side) -> anyhow::Result<u128> {
        let supply = self.world.network.chain(chain(side)).supply(&self.denom(asset, side))?;
        Ok(supply.to_string().parse()?)
    }

    async fn carry(&mut self) -> anyhow::Result<()> {
        self.world.relay()?;
        Ok(())
    }

    async fn pass(&mut self, seconds: u64) -> anyhow::Result<()> {
        Ok(self.world.pass(seconds)?)
    }
}
