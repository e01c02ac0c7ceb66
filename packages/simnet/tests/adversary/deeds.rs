//! What people do on the market's own chain: tenants and their operators, providers, strangers, the
//! market's owner.

mod owner;
mod providers;
mod strangers;
mod tenants;

use cosmwasm_std::Coin;
use market::msg::{ExecuteMsg as Market, LeaseId};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use protocol::Tenant;
use protocol::control::DeploymentState;
use protocol::deployment::Attribute;
use serde::Serialize;
use simnet::Result;
use simnet::world::STAKE;

use super::act::{Choice, Pick, choice, units};
use super::machine::{LOCALS, Machine, PEOPLE, PROVIDERS, tolerate};

pub(crate) use owner::Power;

/// Groups of the largest deployment.
const GROUPS: u8 = 3;
/// Whose signature some orders require.
const AUDITOR: &str = "auditor";

/// A message to the market from somebody on its chain.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Open { tenant: Pick, choice: Choice, groups: u8, units: u128, term: Option<u64> },
    OpenWithToken { tenant: Pick, choice: Choice, units: u128 },
    TopUp { lease: Pick, units: u128 },
    TopUpWithToken { payer: Pick, units: u128 },
    Command { who: Pick, lease: Pick, group: u8, command: Pick, number: u8 },
    PostOffer { provider: Pick, local: bool, capacity: u32, min_charge: u128, days: u64 },
    UpdateOffer { provider: Pick, offer: Pick, percent: u128 },
    CancelOffer { provider: Pick, offer: Pick },
    Bid { provider: Pick, lease: Pick, group: u8, percent: u128, seconds: u64 },
    WithdrawBid { who: Pick, provider: Pick, lease: Pick, group: u8 },
    Beat { provider: Pick },
    Propose { who: Pick, percent: u128 },
    Agree,
    Auction { tenant: Pick, provider: Pick, units: u128 },
    Neglect { tenant: Pick, provider: Pick, silent: bool },
    Describe { provider: Pick, good: bool },
    Register { provider: Pick },
    Deregister { provider: Pick },
    Sign { provider: Pick, days: u64 },
    Revoke { provider: Pick, stranger: bool },
    Exit { exit: Pick },
    Attest { who: Pick, wallet: bool, n: u64 },
    Pose { who: Pick },
    DeadRoute,
    LostWord { asked: bool },
    Govern(Power),
}

pub(crate) fn deeds() -> impl Strategy<Value = Deed> {
    prop_oneof![
        8 => of_tenants(),
        8 => of_providers(),
        4 => of_strangers(),
        2 => owner::powers().prop_map(Deed::Govern),
    ]
}

fn group() -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(0_u8), 1 => 1..=GROUPS]
}

fn of_tenants() -> impl Strategy<Value = Deed> {
    let p = any::<Pick>;
    let term = prop_oneof![1 => Just(None), 1 => (1_u64..20_000).prop_map(Some)];
    prop_oneof![
        6 => (p(), choice(), 1..=GROUPS, units(), term).prop_map(
            |(tenant, choice, groups, units, term)| Deed::Open { tenant, choice, groups, units, term }),
        1 => (p(), choice(), units()).prop_map(
            |(tenant, choice, units)| Deed::OpenWithToken { tenant, choice, units }),
        2 => (p(), units()).prop_map(|(lease, units)| Deed::TopUp { lease, units }),
        1 => (p(), units()).prop_map(|(payer, units)| Deed::TopUpWithToken { payer, units }),
        2 => (p(), p(), units()).prop_map(
            |(tenant, provider, units)| Deed::Auction { tenant, provider, units }),
        1 => (p(), p(), any::<bool>()).prop_map(
            |(tenant, provider, silent)| Deed::Neglect { tenant, provider, silent }),
        10 => (p(), p(), group(), p(), 0_u8..6).prop_map(|(who, lease, group, command, number)| {
            Deed::Command { who, lease, group, command, number }
        }),
    ]
}

fn of_providers() -> impl Strategy<Value = Deed> {
    let p = any::<Pick>;
    let percent = || 30_u128..150;
    prop_oneof![
        6 => (p(), any::<bool>(), 1_u32..4, 0_u128..100_000, 1_u64..60).prop_map(
            |(provider, local, capacity, min_charge, days)| Deed::PostOffer {
                provider, local, capacity, min_charge, days
            }),
        3 => (p(), p(), percent())
            .prop_map(|(provider, offer, percent)| Deed::UpdateOffer { provider, offer, percent }),
        3 => (p(), p()).prop_map(|(provider, offer)| Deed::CancelOffer { provider, offer }),
        15 => (p(), p(), group(), percent(), 1_u64..200_000).prop_map(
            |(provider, lease, group, percent, seconds)| Deed::Bid {
                provider, lease, group, percent, seconds
            }),
        6 => (p(), p(), p(), group()).prop_map(
            |(who, provider, lease, group)| Deed::WithdrawBid { who, provider, lease, group }),
        12 => p().prop_map(|provider| Deed::Beat { provider }),
        6 => (p(), percent()).prop_map(|(who, percent)| Deed::Propose { who, percent }),
        3 => Just(Deed::Agree),
        3 => (p(), any::<bool>()).prop_map(|(provider, good)| Deed::Describe { provider, good }),
        6 => p().prop_map(|provider| Deed::Register { provider }),
        1 => p().prop_map(|provider| Deed::Deregister { provider }),
        3 => (p(), 1_u64..60).prop_map(|(provider, days)| Deed::Sign { provider, days }),
        3 => (p(), any::<bool>())
            .prop_map(|(provider, stranger)| Deed::Revoke { provider, stranger }),
    ]
}

fn of_strangers() -> impl Strategy<Value = Deed> {
    let p = any::<Pick>;
    prop_oneof![
        36 => p().prop_map(|exit| Deed::Exit { exit }),
        2 => (p(), any::<bool>(), 0_u64..6)
            .prop_map(|(who, wallet, n)| Deed::Attest { who, wallet, n }),
        1 => p().prop_map(|who| Deed::Pose { who }),
        1 => Just(Deed::DeadRoute),
        1 => any::<bool>().prop_map(|asked| Deed::LostWord { asked }),
    ]
}

impl Machine {
    pub(crate) fn deed(&mut self, deed: &Deed) -> Result<()> {
        match deed {
            Deed::Open { .. }
            | Deed::OpenWithToken { .. }
            | Deed::TopUp { .. }
            | Deed::TopUpWithToken { .. }
            | Deed::Auction { .. }
            | Deed::Neglect { .. } => self.pay(deed),
            Deed::Command { who, lease, group, command, number } => {
                self.command((*who, *lease), *group, (*command, *number))
            }
            Deed::PostOffer { .. } | Deed::UpdateOffer { .. } | Deed::CancelOffer { .. } => {
                self.offer(deed)
            }
            Deed::Bid { .. } | Deed::WithdrawBid { .. } => self.bid(deed),
            Deed::Propose { who, percent } => self.propose(*who, *percent),
            Deed::Agree => self.agree(),
            Deed::Exit { exit } => self.exit(*exit),
            Deed::Attest { .. } => self.attest(deed),
            Deed::Pose { who } => self.pose(*who),
            Deed::DeadRoute => self.dead_route(),
            Deed::LostWord { .. } => self.lost_word(deed),
            Deed::Govern(power) => self.govern(power),
            _ => self.provider_itself(deed),
        }
    }

    /// Has somebody say something, and counts it if the market takes it.
    pub(crate) fn tell(&mut self, who: &str, msg: &Market, funds: &[Coin]) -> Result<()> {
        self.world.market(who, msg, funds)?;
        self.count_taken(msg);
        Ok(())
    }

    /// Counts a message by its name, and with the name of what it carries.
    fn count_taken(&mut self, msg: &Market) {
        let carried = match msg {
            Market::Act { command, .. } => Some(name(command)),
            Market::Announce { action } => Some(name(action)),
            _ => None,
        };
        let whole = carried.map(|carried| format!("{} {carried}", name(msg)));
        for name in whole.into_iter().chain([name(msg)]) {
            self.taken.add(name);
        }
    }

    /// Tries something for each group until it is taken once.
    fn first_of(
        &mut self,
        mut message: impl FnMut(&Self, LeaseId) -> (String, Market),
    ) -> Result<()> {
        for lease in self.groups()? {
            let (who, msg) = message(self, lease);
            if tolerated(self.tell(&who, &msg, &[]))? {
                break;
            }
        }
        Ok(())
    }

    /// A group of one of the deployments there ever were.
    fn group(&mut self, which: Pick, group: u8) -> Result<Option<LeaseId>> {
        let lease = self.lease(which)?;
        Ok(lease.map(|lease| LeaseId { group: group.into(), ..lease }))
    }

    /// Every group of every deployment there ever was.
    fn groups(&mut self) -> Result<Vec<LeaseId>> {
        let mut groups = Vec::new();
        for tenant in self.world.tenants(&PEOPLE) {
            for (deployment, state) in self.world.deployments_of(&tenant)? {
                let of_it = if state == DeploymentState::Open { GROUPS } else { 1 };
                let all = (0..u32::from(of_it)).map(|group| (deployment.clone(), group));
                groups.extend(all.map(|(deployment, group)| LeaseId { deployment, group }));
            }
        }
        Ok(groups)
    }

    /// The tenant, if it is of this chain, or else somebody who is not.
    fn owner_of(&self, lease: &LeaseId) -> &'static str {
        let Tenant::Local { address } = &lease.deployment.tenant else { return LOCALS[0] };
        let named = LOCALS.into_iter().find(|name| self.on_a(name) == *address);
        named.unwrap_or(LOCALS[1])
    }

    /// The address of somebody on the market's chain.
    fn on_a(&self, name: &str) -> String {
        self.world.address(simnet::world::MARKET_CHAIN, name).into()
    }

    /// One tenant pays in the stake coin, the other in what came over the route.
    fn local_denom(&self, tenant: Pick) -> String {
        if tenant % 2 == 0 { STAKE.into() } else { self.world.usdx_on_a() }
    }
}

/// Whether something was done; a refusal is none.
fn tolerated(done: Result<()>) -> Result<bool> {
    match done {
        Ok(()) => Ok(true),
        refused => tolerate(refused).map(|()| false),
    }
}

/// A message's name: its only key.
pub(crate) fn name(msg: &impl Serialize) -> String {
    match serde_json::to_value(msg) {
        Ok(serde_json::Value::Object(fields)) => fields.keys().next().cloned().unwrap_or_default(),
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("no message: {other:?}"),
    }
}

fn local_of(which: Pick) -> &'static str {
    LOCALS[usize::from(which) % LOCALS.len()]
}

fn provider_of(which: Pick) -> &'static str {
    PROVIDERS[usize::from(which) % PROVIDERS.len()]
}

/// What only some providers are.
fn good() -> Attribute {
    Attribute { key: "region".into(), value: "eu-west".into() }
}
