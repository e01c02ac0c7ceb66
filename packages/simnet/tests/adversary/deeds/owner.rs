//! What the market's owner does with every power it has. Nothing of it may cost anybody a unit.

use cosmwasm_std::{Decimal, Uint128};
use market::msg::{
    AnnouncementsResponse, ExecuteMsg as Market, Harm, NewDenom, NewRoute, Outcome, OwnerAction,
    Params, QueryMsg as AskMarket, RouteUpdate, Way,
};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use protocol::ics20::SUCCESS_ACK;
use protocol::ownership::OwnershipAction;
use protocol::{RouteStyle, Tenant};
use simnet::world::{MARKET_CHAIN, STAKE};
use simnet::{PacketId, Result, TRANSFER_PORT};

use super::{local_of, provider_of, tolerated};
use crate::act::Pick;
use crate::machine::{Machine, PEOPLE, pick, tolerate};

/// Who the owner is by turns.
const OWNERS: [&str; 2] = ["market-owner", "heir"];

/// A power of the owner.
#[derive(Debug, Clone)]
pub(crate) enum Power {
    Slash { provider: Pick, units: u128, harmed: Option<Pick> },
    Accept { denom: Pick, remote: bool, fee: u128 },
    Remove { denom: Pick, remote: bool },
    AddRoute,
    Switch { spare: bool, enabled: bool },
    Params { bps: u16, hours: u64 },
    Stray { units: u128, to: Pick },
    Rescue { claimant: Pick, here: bool, denom: Pick },
    Resolve { which: Pick },
    Retract { which: Pick },
    Perform,
    HandOver { accepted: bool },
}

pub(super) fn powers() -> impl Strategy<Value = Power> {
    let p = any::<Pick>;
    let harmed = prop_oneof![Just(None), p().prop_map(Some)];
    prop_oneof![
        2 => (p(), 1_u128..200_000, harmed)
            .prop_map(|(provider, units, harmed)| Power::Slash { provider, units, harmed }),
        4 => (p(), any::<bool>(), 0_u128..200)
            .prop_map(|(denom, remote, fee)| Power::Accept { denom, remote, fee }),
        1 => (p(), any::<bool>()).prop_map(|(denom, remote)| Power::Remove { denom, remote }),
        1 => Just(Power::AddRoute),
        2 => (any::<bool>(), any::<bool>())
            .prop_map(|(spare, enabled)| Power::Switch { spare, enabled }),
        2 => (0_u16..=2_000, 1_u64..24).prop_map(|(bps, hours)| Power::Params { bps, hours }),
        2 => (1_u128..50_000, p()).prop_map(|(units, to)| Power::Stray { units, to }),
        2 => (p(), any::<bool>(), p())
            .prop_map(|(claimant, here, denom)| Power::Rescue { claimant, here, denom }),
        2 => p().prop_map(|which| Power::Resolve { which }),
        1 => p().prop_map(|which| Power::Retract { which }),
        4 => Just(Power::Perform),
        1 => any::<bool>().prop_map(|accepted| Power::HandOver { accepted }),
    ]
}

impl Machine {
    pub(super) fn govern(&mut self, power: &Power) -> Result<()> {
        let used = self.world.transfer.market.clone();
        let route_of = |remote: bool| remote.then(|| used.clone());
        let msg = match power {
            Power::Slash { provider, units, harmed } => self.slash(*provider, *units, *harmed)?,
            Power::Accept { denom, remote, fee } => {
                Market::AddDenom(self.terms_of(*denom, route_of(*remote), *fee))
            }
            Power::Remove { denom, remote } => {
                let NewDenom { denom, route, .. } = self.terms_of(*denom, route_of(*remote), 0);
                Market::RemoveDenom { denom, route }
            }
            Power::AddRoute => Market::AddRoute(NewRoute {
                channel: self.spare_channel.market.clone(),
                outpost: None,
                style: RouteStyle::Callbacks { source_gas: 500_000, destination_gas: 500_000 },
            }),
            Power::Switch { spare, enabled } => {
                let channel = if *spare { &self.spare_channel.market } else { &used }.clone();
                let enabled = Some(*enabled);
                Market::UpdateRoute(RouteUpdate { channel, enabled, outpost: None, style: None })
            }
            Power::Params { bps, hours } => Market::SetParams { params: self.params(*bps, *hours) },
            Power::Stray { .. } | Power::Rescue { .. } | Power::Resolve { .. } => {
                let Some(action) = self.action(power)? else { return Ok(()) };
                Market::Announce { action }
            }
            Power::Retract { which } => match pick(&self.announced()?, *which) {
                Some(announcement) => Market::Retract { announcement },
                None => return Ok(()),
            },
            Power::Perform => return self.perform(),
            Power::HandOver { .. } => return self.hand_over(power),
        };
        self.tell(self.owner, &msg, &[])
    }

    fn slash(&mut self, provider: Pick, units: u128, harmed: Option<Pick>) -> Result<Market> {
        let lease = match harmed {
            Some(which) => self.lease(which)?,
            None => None,
        };
        let amount = Uint128::new(units);
        let harmed = lease.map(|lease| Harm { lease, amount: Uint128::new(units.div_ceil(2)) });
        Ok(Market::SlashProvider {
            provider: self.on_a(provider_of(provider)),
            amount,
            reason: "it sold what it had not".into(),
            harmed: harmed.into_iter().collect(),
        })
    }

    /// A denom for tenants of this chain, or that of the route.
    fn terms_of(&self, denom: Pick, route: Option<String>, fee: u128) -> NewDenom {
        let is_local = route.is_none();
        let denom = if is_local { self.any_denom(denom) } else { self.world.usdx_on_a() };
        NewDenom {
            denom,
            route,
            min_deposit: Uint128::new(10_000),
            min_bond: Uint128::new(1_000),
            bond_factor: Some(Decimal::one()),
            listing_fee: Uint128::new(fee),
        }
    }

    fn params(&self, take_rate_bps: u16, hours: u64) -> Params {
        Params {
            treasury: self.on_a("treasury"),
            pauser: Some(self.on_a("pauser")),
            take_rate_bps,
            grace_seconds: hours * 3_600,
            stake_denom: STAKE.into(),
            min_stake: Uint128::new(1_000_000),
            unbonding_seconds: hours * 3_600,
            bond_denom: Some(STAKE.into()),
            settle_timeout_seconds: hours * 3_600,
            control_gas: 800_000,
        }
    }

    fn action(&mut self, power: &Power) -> Result<Option<OwnerAction>> {
        Ok(match power {
            Power::Stray { units, to } => Some(OwnerAction::AttributeStray {
                denom: self.world.usdx_on_a(),
                amount: Uint128::new(*units),
                to: Tenant::Local { address: self.on_a(local_of(*to)) },
            }),
            Power::Rescue { claimant, here, denom } => {
                let all = self.world.tenants(&PEOPLE);
                let claimant = pick(&all, *claimant);
                let to = self.on_a(local_of(*denom));
                let over = self.world.transfer.market.clone();
                let way = if *here { Way::Here { to } } else { Way::Over { route: over } };
                let denom = self.world.usdx_on_a();
                claimant.map(|claimant| OwnerAction::Rescue { claimant, denom, way })
            }
            Power::Resolve { which } => {
                let silent = pick(&self.world.settlements()?, *which);
                let sequence = silent.map(|settlement| settlement.sequence);
                sequence.map(|sequence| self.resolution(sequence)).transpose()?
            }
            other => unreachable!("nothing to announce: {other:?}"),
        })
    }

    /// How a transfer home ended, as the owner sees on the other chain.
    fn resolution(&self, sequence: u64) -> Result<OwnerAction> {
        let route = self.world.transfer.market.clone();
        let (chain, port) = (MARKET_CHAIN.into(), TRANSFER_PORT.into());
        let packet = PacketId { chain, port, channel: route.clone(), sequence };
        let ack = self.world.network.ack(&packet)?;
        let is_there = ack.is_some_and(|ack| ack.as_slice() == SUCCESS_ACK);
        let outcome = if is_there { Outcome::Arrived } else { Outcome::Returned };
        Ok(OwnerAction::ResolveSettle { route, sequence, outcome })
    }

    /// Numbers of announcements.
    fn announced(&self) -> Result<Vec<u64>> {
        let ask = AskMarket::Announcements { start_after: None, limit: Some(50) };
        let announced: AnnouncementsResponse = self.world.ask_market(&ask)?;
        Ok(announced.announcements.iter().map(|announced| announced.announcement).collect())
    }

    /// Does the first announced thing that can be done.
    pub(crate) fn perform(&mut self) -> Result<()> {
        for announcement in self.announced()? {
            if tolerated(self.tell(self.owner, &Market::Perform { announcement }, &[]))? {
                break;
            }
        }
        Ok(())
    }

    /// Names the other one as the next owner, who accepts or does not.
    fn hand_over(&mut self, power: &Power) -> Result<()> {
        let renounce = Market::UpdateOwnership(OwnershipAction::RenounceOwnership);
        tolerate(self.tell(self.owner, &renounce, &[]))?;
        let heir = if self.owner == OWNERS[0] { OWNERS[1] } else { OWNERS[0] };
        let transfer =
            OwnershipAction::TransferOwnership { new_owner: self.on_a(heir), expiry: None };
        self.tell(self.owner, &Market::UpdateOwnership(transfer), &[])?;
        if matches!(power, Power::HandOver { accepted: true }) {
            self.tell(heir, &Market::UpdateOwnership(OwnershipAction::AcceptOwnership), &[])?;
            self.owner = heir;
        }
        Ok(())
    }
}
