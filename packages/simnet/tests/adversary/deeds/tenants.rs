//! Tenants of the market's chain, with coins and with tokens, and their operators.

use cosmwasm_std::{Uint128, coin};
use market::msg::{ExecuteMsg as Market, LeaseId, NewTerms};
use protocol::control::Command;
use protocol::deployment::{LocalOperator, Scope};
use protocol::{DeploymentId, Manifest, Tenant};
use simnet::Result;
use simnet::world::STAKE;
use simnet::world::orders::{WEB_RATE, deployment_of, web_group};

use super::{AUDITOR, Deed, good, local_of, name, provider_of, tolerated};
use crate::act::{Choice, Pick};
use crate::machine::{BIDDING_SECONDS, LOCALS, Machine, PROVIDERS, pick};

/// The term of a lease that is seen to its end.
const TERM_SECONDS: u64 = 7_200;
const DAY_SECONDS: u64 = 86_400;
/// Units that pay for the runway and for little more.
const HOUR_OF_MONEY: u128 = 50_000;

impl Machine {
    pub(super) fn pay(&mut self, deed: &Deed) -> Result<()> {
        match deed {
            Deed::Open { tenant, choice, groups, units, term } => {
                let open = self.opening(*choice, *groups, *term);
                let funds = [coin(*units, self.local_denom(*tenant))];
                self.tell(local_of(*tenant), &open, &funds)
            }
            Deed::OpenWithToken { tenant, choice, units } => {
                let open = self.opening(*choice, 1, None);
                self.tell_token(local_of(*tenant), &open, *units)
            }
            Deed::TopUp { lease, units } => {
                let Some(found) = self.lease(*lease)? else { return Ok(()) };
                let funds = [coin(*units, self.local_denom(*lease))];
                self.tell(local_of(*lease), &top_up(found), &funds)
            }
            Deed::TopUpWithToken { payer, units } => {
                for group in self.groups()? {
                    let msg = top_up(group);
                    if tolerated(self.tell_token(local_of(*payer), &msg, *units))? {
                        break;
                    }
                }
                Ok(())
            }
            Deed::Auction { tenant, provider, units } => self.auction((*tenant, *provider), *units),
            Deed::Neglect { tenant, provider, silent: true } => {
                self.fall_silent((*tenant, *provider))
            }
            Deed::Neglect { tenant, provider, silent: false } => {
                self.run_short((*tenant, *provider))
            }
            other => unreachable!("nothing that a tenant pays for: {other:?}"),
        }
    }

    fn tell_token(&mut self, who: &str, msg: &Market, units: u128) -> Result<()> {
        self.world.send_token(who, units, msg)?;
        self.taken.add("receive".into());
        self.taken.add(format!("receive {}", name(msg)));
        Ok(())
    }

    /// The opening of a deployment with the next number. The second group of one with a term wants
    /// an auditor's word, the third of any an attribute.
    fn opening(&mut self, choice: Choice, groups: u8, term: Option<u64>) -> Market {
        let auditor = self.on_a(AUDITOR);
        let groups = (0..groups).map(|index| {
            let mut group = web_group(&format!("g{index}"), self.selection(choice));
            (group.term_seconds, group.notice_seconds) = (term, Some(3_600));
            group.requirements.attributes.extend((index == 2).then(good));
            group
                .requirements
                .any_of
                .extend((index == 1 && term.is_some()).then(|| auditor.clone()));
            group
        });
        let deployment = deployment_of(groups.collect());
        self.last_seq += 1;
        Market::Open { seq: self.last_seq, refund_to: None, deployment }
    }

    pub(super) fn command(
        &mut self,
        (who, which): (Pick, Pick),
        group: u8,
        (kind, number): (Pick, u8),
    ) -> Result<()> {
        let Some(lease) = self.group(which, group)? else { return Ok(()) };
        let rev = u64::from(number);
        let command = match kind % 10 {
            0 | 1 => return self.accept(number),
            2 => Command::CloseLease { group: lease.group },
            3 => Command::CloseDeployment {},
            4 => Command::WithdrawSurplus {},
            5 => {
                let manifest = Manifest { hash: "ab".repeat(32), uri: None };
                Command::UpdateManifest { rev, manifest }
            }
            6 => {
                let address = self.on_a(LOCALS[0]);
                let scopes = vec![Scope::Close, Scope::BidAccept, Scope::Withdraw, Scope::Terms];
                let operator = LocalOperator { address, scopes, expires_in_seconds: Some(90_000) };
                Command::SetOperators { rev, local_operators: vec![operator], access_keys: vec![] }
            }
            7 => Command::SetRefundTo { rev, refund_to: self.on_a(local_of(number)) },
            8 => Command::Status { n: None },
            _ => Command::AcceptTerms { group: lease.group, terms_no: rev },
        };
        let act = Market::Act { deployment: lease.deployment.clone(), command };
        let sender = if who % 4 == 0 { local_of(who / 4) } else { self.owner_of(&lease) };
        self.tell(sender, &act, &[])
    }

    /// Accepts a bid for the first order on A for which that can be done.
    fn accept(&mut self, which: u8) -> Result<()> {
        for order in self.groups()? {
            let Some(bid) = pick(&self.world.bids(&order)?, which) else { continue };
            let command = Command::AcceptBid {
                group: order.group,
                provider: bid.provider,
                bid_no: bid.bid_no,
                max_rate: bid.rate,
            };
            let act = Market::Act { deployment: order.deployment.clone(), command };
            let owner = self.owner_of(&order);
            if tolerated(self.tell(owner, &act, &[]))? {
                break;
            }
        }
        Ok(())
    }

    /// Proposes terms for the first lease in which somebody has a say; every other time the other side
    /// agrees at once.
    pub(super) fn propose(&mut self, who: Pick, percent: u128) -> Result<()> {
        let rate = Uint128::new(WEB_RATE * percent / 100);
        self.first_of(|machine, lease| {
            let is_tenant = who % 2 == 0;
            let sender = if is_tenant { machine.owner_of(&lease) } else { provider_of(who / 2) };
            let terms = NewTerms { rate, spec_hash: None, valid_for_seconds: 86_400 };
            (sender.into(), Market::ProposeTerms { lease, terms })
        })?;
        if percent % 2 == 0 { self.agree() } else { Ok(()) }
    }

    /// Accepts the first proposal that somebody can, as the provider or as the tenant.
    pub(super) fn agree(&mut self) -> Result<()> {
        for lease in self.groups()? {
            for terms_no in 1..4 {
                let (deployment, group) = (lease.deployment.clone(), lease.group);
                let command = Command::AcceptTerms { group, terms_no };
                let as_tenant = Market::Act { deployment, command };
                let as_provider = Market::AcceptTerms { lease: lease.clone(), terms_no };
                let ways = [
                    (self.owner_of(&lease), &as_tenant),
                    (PROVIDERS[0], &as_provider),
                    (PROVIDERS[1], &as_provider),
                ];
                for (sender, agree) in ways {
                    if tolerated(self.tell(sender, agree, &[]))? {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// A lease that its provider forgets, to its end, if all of it is taken.
    fn fall_silent(&mut self, people: (Pick, Pick)) -> Result<()> {
        let lease = self.neglect(people, 5_000_000)?;
        self.tell("anyone", &Market::ReportSilent { lease: lease.clone() }, &[])?;
        self.world.pass(DAY_SECONDS)?;
        self.tell("anyone", &Market::CloseSilent { lease }, &[])
    }

    /// A lease that its tenant does not pay, to its end, if all of it is taken.
    fn run_short(&mut self, people: (Pick, Pick)) -> Result<()> {
        let LeaseId { deployment, .. } = self.neglect(people, HOUR_OF_MONEY)?;
        // Longer than the longest grace for who owes.
        self.world.pass(DAY_SECONDS)?;
        self.tell("anyone", &Market::CloseShort { deployment }, &[])
    }

    /// A lease of these units with one heartbeat, longer ago than its window.
    fn neglect(&mut self, (tenant, provider): (Pick, Pick), units: u128) -> Result<LeaseId> {
        let (choice, groups, term) = (Choice::Manual, 1, None);
        self.pay(&Deed::Open { tenant, choice, groups, units, term })?;
        let (name, provider) = (local_of(tenant), provider_of(provider));
        let local = Tenant::Local { address: self.on_a(name) };
        let deployment = DeploymentId { tenant: local, seq: self.last_seq };
        let lease = LeaseId { deployment: deployment.clone(), group: 0 };
        let rate = Uint128::new(WEB_RATE);
        let bid = Market::Bid { order: lease.clone(), rate, valid_for_seconds: 86_400 };
        self.tell(provider, &bid, &[coin(2_000_000, STAKE)])?;
        let provider_on_a = self.on_a(provider);
        let command =
            Command::AcceptBid { group: 0, provider: provider_on_a, bid_no: 1, max_rate: rate };
        let accept = Market::Act { deployment, command };
        self.tell(name, &accept, &[])?;
        self.tell(provider, &Market::Heartbeat { leases: vec![lease.clone()] }, &[])?;
        self.world.pass(DAY_SECONDS)?;
        Ok(lease)
    }

    /// An auction from its opening to its decision, if all of it is taken, and every other time to the
    /// end of the lease's term.
    fn auction(&mut self, (tenant, provider): (Pick, Pick), units: u128) -> Result<()> {
        let term = (units % 2 == 0).then_some(TERM_SECONDS);
        let (choice, groups, provider) = (Choice::Lowest, 1, provider_of(provider));
        self.pay(&Deed::Open { tenant, choice, groups, units, term })?;
        let tenant = Tenant::Local { address: self.on_a(local_of(tenant)) };
        let order = LeaseId { deployment: DeploymentId { tenant, seq: self.last_seq }, group: 0 };
        let rate = Uint128::new(WEB_RATE);
        let bid = Market::Bid { order: order.clone(), rate, valid_for_seconds: 86_400 };
        self.tell(provider, &bid, &[coin(2_000_000, STAKE)])?;
        self.world.pass(BIDDING_SECONDS)?;
        self.tell("anyone", &Market::Match { order: order.clone() }, &[])?;
        if term.is_some() {
            self.tell(provider, &Market::Heartbeat { leases: vec![order.clone()] }, &[])?;
            self.world.pass(TERM_SECONDS)?;
            self.tell("anyone", &Market::EndLease { lease: order }, &[])?;
        }
        Ok(())
    }
}

fn top_up(lease: LeaseId) -> Market {
    Market::TopUp { tenant: Some(lease.deployment.tenant), seq: lease.deployment.seq }
}
