//! Providers and their auditor.

use cosmwasm_std::{Uint128, coin};
use market::msg::{
    ExecuteMsg as Market, LeaseId, OfferTerms, OffersResponse, OrdersResponse,
    QueryMsg as AskMarket,
};
use simnet::Result;
use simnet::world::STAKE;
use simnet::world::orders::{WEB_RATE, web_offer};

use super::{AUDITOR, Deed, good, provider_of};
use crate::act::Pick;
use crate::machine::{Machine, PEOPLE, pick, tolerate};

impl Machine {
    pub(super) fn offer(&mut self, deed: &Deed) -> Result<()> {
        match deed {
            Deed::PostOffer { provider, local, capacity, min_charge, days } => {
                let terms = OfferTerms {
                    capacity: *capacity,
                    min_charge: Uint128::new(*min_charge),
                    expires_in_seconds: days * 86_400,
                    ..web_offer(&self.local_denom(u8::from(!local)))
                };
                let bond = [coin(1_000_000 * u128::from(*capacity), STAKE)];
                self.tell(provider_of(*provider), &Market::PostOffer { terms }, &bond)
            }
            Deed::UpdateOffer { provider, offer, percent } => {
                let Some((offer, denom)) = self.some_offer(*offer)? else { return Ok(()) };
                let mut terms = web_offer(&denom);
                let scaled = terms.prices.memory_gib.multiply_ratio(*percent, 100_u128);
                terms.prices.memory_gib = scaled;
                let update = Market::UpdateOffer { offer, terms: Some(terms) };
                self.tell(provider_of(*provider), &update, &[])
            }
            Deed::CancelOffer { provider, offer } => match self.some_offer(*offer)? {
                // The offer that most orders name is left alone.
                Some((offer, _)) if offer != self.offer => {
                    self.tell(provider_of(*provider), &Market::CancelOffer { offer }, &[])
                }
                _ => Ok(()),
            },
            other => unreachable!("nothing about an offer: {other:?}"),
        }
    }

    /// Number and denom of one of the first offers.
    fn some_offer(&self, which: Pick) -> Result<Option<(u64, String)>> {
        let ask = AskMarket::Offers {
            provider: None,
            denom: None,
            state: None,
            start_after: None,
            limit: Some(50),
        };
        let offers: OffersResponse = self.world.ask_market(&ask)?;
        let offers: Vec<_> =
            offers.offers.into_iter().map(|offer| (offer.id, offer.terms.denom)).collect();
        Ok(pick(&offers, which))
    }

    /// One of the oldest open orders.
    fn some_order(&self, which: Pick) -> Result<Option<LeaseId>> {
        let ask =
            AskMarket::Orders { tenant: None, denom: None, start_after: None, limit: Some(50) };
        let orders: OrdersResponse = self.world.ask_market(&ask)?;
        let orders: Vec<_> = orders.orders.into_iter().map(|order| order.id).collect();
        Ok(pick(&orders, which))
    }

    pub(super) fn bid(&mut self, deed: &Deed) -> Result<()> {
        match deed {
            Deed::Bid { provider, lease, group, percent, seconds } => {
                let open = if seconds % 4 == 0 { None } else { self.some_order(*lease)? };
                let Some(order) = open.or(self.group(*lease, *group)?) else { return Ok(()) };
                let rate = WEB_RATE * percent / 100;
                let secured = rate.max(WEB_RATE);
                let bond = coin((secured * 86_400).div_ceil(1_000_000_000), STAKE);
                let rate = Uint128::new(rate);
                let bid = Market::Bid { order, rate, valid_for_seconds: *seconds };
                self.tell(provider_of(*provider), &bid, &[bond])
            }
            Deed::WithdrawBid { who, provider, lease, group } => {
                let Some(order) = self.group(*lease, *group)? else { return Ok(()) };
                let provider = Some(self.on_a(provider_of(*provider)));
                let withdraw = Market::WithdrawBid { order, provider };
                self.tell(provider_of(*who), &withdraw, &[])
            }
            other => unreachable!("nothing about a bid: {other:?}"),
        }
    }

    pub(super) fn provider_itself(&mut self, deed: &Deed) -> Result<()> {
        match deed {
            Deed::Beat { provider } => self.beat_all(provider_of(*provider)),
            Deed::Describe { provider, good: is_good } => {
                let attributes = Some(is_good.then(good).into_iter().collect());
                let update = Market::UpdateProvider { host_uri: None, attributes };
                self.tell(provider_of(*provider), &update, &[])
            }
            Deed::Register { provider } => {
                let leaving = self.on_a(provider_of(*provider));
                let release = Market::ReleaseStake { provider: leaving };
                tolerate(self.tell("anyone", &release, &[]))?;
                let host_uri = "https://again.example".to_owned();
                let register = Market::RegisterProvider { host_uri, attributes: vec![good()] };
                self.tell(provider_of(*provider), &register, &[coin(1_000_000, STAKE)])
            }
            Deed::Deregister { provider } => {
                self.tell(provider_of(*provider), &Market::DeregisterProvider {}, &[])
            }
            Deed::Sign { provider, days } => {
                let sign = Market::SignAttributes {
                    provider: self.on_a(provider_of(*provider)),
                    attributes: vec![good()],
                    valid_for_seconds: days * 86_400,
                };
                self.tell(AUDITOR, &sign, &[])
            }
            Deed::Revoke { provider, stranger } => {
                let (provider, auditor) = (self.on_a(provider_of(*provider)), self.on_a(AUDITOR));
                let revoke = Market::RevokeAttributes { provider, auditor: Some(auditor) };
                self.tell(if *stranger { "anyone" } else { AUDITOR }, &revoke, &[])
            }
            other => unreachable!("nothing that a provider does for itself: {other:?}"),
        }
    }

    /// Beats for everything there is; what is not the provider's is skipped.
    fn beat_all(&mut self, provider: &str) -> Result<()> {
        let mut leases = Vec::new();
        for tenant in self.world.tenants(&PEOPLE) {
            for (deployment, _) in self.world.deployments_of(&tenant)? {
                leases.push(LeaseId { deployment, group: 0 });
            }
        }
        let newest = leases.split_off(leases.len().saturating_sub(50));
        self.tell(provider, &Market::Heartbeat { leases: newest }, &[])
    }
}
