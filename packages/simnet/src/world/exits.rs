//! What anybody may trigger: the ways out of every state, by time alone.

use market::msg::{
    DeploymentsResponse, ExecuteMsg as Market, LeaseId, OffersResponse, QueryMsg as AskMarket,
};
use outpost::msg::ExecuteMsg as Outpost;
use outpost::msg::responses::OrderState;
use protocol::control::{DeploymentState, GroupState};
use protocol::{DeploymentId, Tenant, limits};

use super::{MARKET_CHAIN, OUTPOST_CHAIN, World};
use crate::error::{Error, Result};

/// Who takes part: whose deployments, bids and credits there can be.
#[derive(Debug, Clone, Default)]
pub struct People<'a> {
    /// Owners of orders on B.
    pub owners: &'a [&'a str],
    /// Wallets of B that buy without the outpost.
    pub wallets: &'a [&'a str],
    /// Tenants on A.
    pub locals: &'a [&'a str],
    /// Providers on A.
    pub providers: &'a [&'a str],
}

impl World {
    /// Tries everything that anybody may do to end something, once; what is refused is left.
    ///
    /// # Errors
    /// [`Error::Invariant`], or any error of the relayer.
    pub fn knock_at_every_exit(&mut self, people: &People<'_>) -> Result<()> {
        let tenants = self.tenants(people);
        for tenant in &tenants {
            for (id, state) in self.deployments_of(tenant)? {
                self.return_deposits(&id)?;
                if state == DeploymentState::Open {
                    self.end_deployment(&id)?;
                }
            }
        }
        self.end_offers()?;
        self.relay()?;
        self.repair_packets()?;
        self.recover_settlements()?;
        let mut claimants = tenants;
        for name in people.providers.iter().copied().chain(["treasury", "anyone"]) {
            claimants.push(Tenant::Local { address: self.on_a(name).into() });
        }
        for claimant in &claimants {
            for denom in self.denoms(MARKET_CHAIN) {
                let (claimant, local) = (claimant.clone(), denom.clone());
                self.knock(&Market::Claim { claimant: claimant.clone(), denom })?;
                self.knock(&Market::ClaimLocal { claimant, denom: local })?;
            }
        }
        self.relay()?;
        for owner in people.owners {
            let owner = self.on_b(owner);
            for denom in self.denoms(OUTPOST_CHAIN) {
                self.knock_on_b(&Outpost::Claim { owner: owner.to_string(), denom })?;
            }
        }
        Ok(())
    }

    /// Does as time passes what anybody may do, for more than the longest life of anything.
    ///
    /// # Errors
    /// As [`World::knock_at_every_exit`].
    pub fn wait_for_every_exit(&mut self, people: &People<'_>) -> Result<()> {
        // Orders live a week, short accounts a day, silence and idleness hours; offers 90 days.
        for days in [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 30, 50, 1] {
            self.pass(days * 86_400)?;
            self.knock_at_every_exit(people)?;
        }
        Ok(())
    }

    /// Every tenant that these people can be.
    pub fn tenants(&mut self, people: &People<'_>) -> Vec<Tenant> {
        let owners: Vec<_> = people.owners.iter().map(|owner| self.tenant(owner)).collect();
        let wallets: Vec<_> =
            people.wallets.iter().map(|wallet| self.wallet_tenant(wallet)).collect();
        let locals = people.locals.iter();
        let locals = locals.map(|name| Tenant::Local { address: self.on_a(name).into() });
        owners.into_iter().chain(wallets).chain(locals).collect()
    }

    /// The tenant that the market sees for a wallet that buys without the outpost, as itself.
    #[must_use]
    pub fn wallet_tenant(&self, wallet: &str) -> Tenant {
        let address = self.address(OUTPOST_CHAIN, wallet).to_string();
        let route = self.transfer.market.clone();
        Tenant::Remote { route, sender: address.clone(), account: address }
    }

    /// A tenant's deployments, dead or alive.
    ///
    /// # Errors
    /// What the market says.
    pub fn deployments_of(&self, tenant: &Tenant) -> Result<Vec<(DeploymentId, DeploymentState)>> {
        let mut found = Vec::new();
        let mut start_after = None;
        loop {
            let ask = AskMarket::Deployments {
                tenant: tenant.clone(),
                denom: None,
                state: None,
                start_after,
                limit: Some(50),
            };
            let page: DeploymentsResponse = self.ask_market(&ask)?;
            let Some(last) = page.deployments.last() else {
                return Ok(found);
            };
            start_after = Some(last.seq);
            found.extend(page.deployments.iter().map(|summary| {
                (DeploymentId { tenant: tenant.clone(), seq: summary.seq }, summary.state)
            }));
        }
    }

    /// Has the deposits of bids returned that bind no more; a closed deployment can have some.
    fn return_deposits(&mut self, id: &DeploymentId) -> Result<()> {
        for group in (0..).take(limits::GROUPS) {
            let order = LeaseId { deployment: id.clone(), group };
            for bid in self.bids(&order)? {
                let provider = Some(bid.provider);
                self.knock(&Market::WithdrawBid { order: order.clone(), provider })?;
            }
        }
        Ok(())
    }

    fn end_deployment(&mut self, id: &DeploymentId) -> Result<()> {
        let groups = self.status(id)?.groups;
        for (group, status) in (0..).zip(groups) {
            let lease = LeaseId { deployment: id.clone(), group };
            match status.state {
                GroupState::Open => {
                    self.knock(&Market::Match { order: lease.clone() })?;
                    self.knock(&Market::ExpireOrder { order: lease })?;
                }
                GroupState::Pending => {
                    self.knock(&Market::CloseUnready { lease: lease.clone() })?;
                    self.knock(&Market::ReportSilent { lease })?;
                }
                GroupState::Active | GroupState::Reclaiming => {
                    self.knock(&Market::EndLease { lease: lease.clone() })?;
                    self.knock(&Market::CloseSilent { lease: lease.clone() })?;
                    self.knock(&Market::ReportSilent { lease })?;
                }
                GroupState::Closed => {}
            }
        }
        self.knock(&Market::CloseShort { deployment: id.clone() })?;
        self.knock(&Market::Finish { deployment: id.clone() })
    }

    fn end_offers(&mut self) -> Result<()> {
        let ask = AskMarket::Offers {
            provider: None,
            denom: None,
            state: None,
            start_after: None,
            limit: Some(50),
        };
        let offers: OffersResponse = self.ask_market(&ask)?;
        for offer in offers.offers.iter().filter(|offer| !offer.cancelled) {
            self.knock(&Market::CancelOffer { offer: offer.id })?;
        }
        Ok(())
    }

    /// Asks what became of settlements of which no word came, and credits those that came back.
    fn recover_settlements(&mut self) -> Result<()> {
        let route = self.transfer.market.clone();
        for settlement in self.settlements()? {
            let sequence = settlement.sequence;
            self.knock(&Market::AskSettled { route: route.clone(), sequence })?;
        }
        self.relay()?;
        for settlement in self.settlements()? {
            let sequence = settlement.sequence;
            self.knock(&Market::RecoverSettle { route: route.clone(), sequence })?;
        }
        Ok(())
    }

    /// Sends what was not sent, or cancels it, and repairs what lost its callback.
    fn repair_packets(&mut self) -> Result<()> {
        let mut seq = 1;
        while let Ok(order) = self.order(seq) {
            if order.state == OrderState::Unsent {
                self.knock_on_b(&Outpost::Cancel { seq })?;
            }
            seq += 1;
        }
        for flight in self.flights()? {
            self.knock_on_b(&Outpost::Reconcile { n: flight.n })?;
        }
        self.relay()?;
        Ok(())
    }

    /// Tries something at the market as a stranger.
    fn knock(&mut self, msg: &Market) -> Result<()> {
        let asked = self.asked;
        let done = or_refused(self.market("anyone", msg, &[]).map(|_| ()));
        self.asked = asked;
        done
    }

    fn knock_on_b(&mut self, msg: &Outpost) -> Result<()> {
        or_refused(self.outpost("anyone", msg, &[]).map(|_| ()))
    }
}

/// A refusal is an answer; a broken invariant is not.
fn or_refused(done: Result<()>) -> Result<()> {
    match done {
        Err(Error::Transaction { .. }) => Ok(()),
        other => other,
    }
}
