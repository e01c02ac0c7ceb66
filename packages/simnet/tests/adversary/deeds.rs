//! What people do on the market's own chain: tenants and their operators, providers, strangers.

use cosmwasm_std::{Coin, Uint128, coin};
use market::msg::{
    ExecuteMsg as Market, LeaseId, NewTerms, OfferTerms, OffersResponse, QueryMsg as AskMarket,
};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use protocol::control::{Command, DeploymentState};
use protocol::deployment::{Attribute, LocalOperator, Scope};
use protocol::{DeploymentId, Manifest, Tenant};
use simnet::Result;
use simnet::world::orders::{WEB_RATE, deployment_of, web_group, web_offer};
use simnet::world::{MARKET_CHAIN, STAKE};

use super::act::{Choice, Pick, choice, units};
use super::machine::{BIDDING_SECONDS, LOCALS, Machine, PEOPLE, PROVIDERS, pick, tolerate};

/// Groups of the largest deployment.
const GROUPS: u8 = 3;

/// A message to the market from somebody on its chain.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Open { tenant: Pick, choice: Choice, groups: u8, units: u128, term: Option<u64> },
    TopUp { lease: Pick, units: u128 },
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
    Describe { provider: Pick, good: bool },
    Register { provider: Pick },
    Deregister { provider: Pick },
    Slash { provider: Pick, units: u128 },
    Exit { exit: Pick },
}

pub(crate) fn deeds() -> impl Strategy<Value = Deed> {
    prop_oneof![4 => of_tenants(), 4 => of_providers(), 2 => of_strangers()]
}

fn group() -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(0_u8), 1 => 1..=GROUPS]
}

fn of_tenants() -> impl Strategy<Value = Deed> {
    let p = any::<Pick>;
    let term = prop_oneof![1 => Just(None), 1 => (1_u64..20_000).prop_map(Some)];
    prop_oneof![
        3 => (p(), choice(), 1..=GROUPS, units(), term).prop_map(
            |(tenant, choice, groups, units, term)| Deed::Open { tenant, choice, groups, units, term }),
        1 => (p(), units()).prop_map(|(lease, units)| Deed::TopUp { lease, units }),
        1 => (p(), p(), units()).prop_map(
            |(tenant, provider, units)| Deed::Auction { tenant, provider, units }),
        5 => (p(), p(), group(), p(), 0_u8..6).prop_map(|(who, lease, group, command, number)| {
            Deed::Command { who, lease, group, command, number }
        }),
    ]
}

fn of_providers() -> impl Strategy<Value = Deed> {
    let p = any::<Pick>;
    let percent = || 30_u128..150;
    prop_oneof![
        2 => (p(), any::<bool>(), 1_u32..4, 0_u128..100_000, 1_u64..60).prop_map(
            |(provider, local, capacity, min_charge, days)| Deed::PostOffer {
                provider, local, capacity, min_charge, days
            }),
        1 => (p(), p(), percent())
            .prop_map(|(provider, offer, percent)| Deed::UpdateOffer { provider, offer, percent }),
        1 => (p(), p()).prop_map(|(provider, offer)| Deed::CancelOffer { provider, offer }),
        5 => (p(), p(), group(), percent(), 1_u64..200_000).prop_map(
            |(provider, lease, group, percent, seconds)| Deed::Bid {
                provider, lease, group, percent, seconds
            }),
        2 => (p(), p(), p(), group()).prop_map(
            |(who, provider, lease, group)| Deed::WithdrawBid { who, provider, lease, group }),
        4 => p().prop_map(|provider| Deed::Beat { provider }),
        2 => (p(), percent()).prop_map(|(who, percent)| Deed::Propose { who, percent }),
        1 => Just(Deed::Agree),
        1 => (p(), any::<bool>()).prop_map(|(provider, good)| Deed::Describe { provider, good }),
        1 => p().prop_map(|provider| Deed::Register { provider }),
        1 => p().prop_map(|provider| Deed::Deregister { provider }),
    ]
}

fn of_strangers() -> impl Strategy<Value = Deed> {
    let p = any::<Pick>;
    prop_oneof![
        9 => p().prop_map(|exit| Deed::Exit { exit }),
        1 => (p(), 1_u128..200_000).prop_map(|(provider, units)| Deed::Slash { provider, units }),
    ]
}

impl Machine {
    pub(crate) fn deed(&mut self, deed: &Deed) -> Result<()> {
        match deed {
            Deed::Open { .. } => self.open(deed),
            Deed::TopUp { lease, units } => self.top_up(*lease, *units),
            Deed::Command { who, lease, group, command, number } => {
                self.command((*who, *lease), *group, (*command, *number))
            }
            Deed::PostOffer { .. } | Deed::UpdateOffer { .. } | Deed::CancelOffer { .. } => {
                self.offer(deed)
            }
            Deed::Bid { .. } | Deed::WithdrawBid { .. } => self.bid(deed),
            Deed::Beat { provider } => self.beat_all(provider_of(*provider)),
            Deed::Propose { who, percent } => self.propose(*who, *percent),
            Deed::Agree => self.agree(),
            Deed::Auction { tenant, provider, units } => self.auction((*tenant, *provider), *units),
            Deed::Exit { exit } => self.exit(*exit),
            _ => self.provider_itself(deed),
        }
    }

    fn tell(&mut self, who: &str, msg: &Market, funds: &[Coin]) -> Result<()> {
        self.world.market(who, msg, funds)?;
        self.taken.insert(name(msg));
        Ok(())
    }

    /// A group of one of the deployments there ever were.
    fn group(&mut self, which: Pick, group: u8) -> Result<Option<LeaseId>> {
        let lease = self.lease(which)?;
        Ok(lease.map(|lease| LeaseId { group: group.into(), ..lease }))
    }

    fn open(&mut self, deed: &Deed) -> Result<()> {
        let Deed::Open { tenant, choice, groups, units, term } = deed else { return Ok(()) };
        let groups = (0..*groups).map(|index| {
            let mut group = web_group(&format!("g{index}"), self.selection(*choice));
            (group.term_seconds, group.notice_seconds) = (*term, Some(3_600));
            group.requirements.attributes.extend((index == 2).then(good));
            group
        });
        let deployment = deployment_of(groups.collect());
        self.last_seq += 1;
        let open = Market::Open { seq: self.last_seq, refund_to: None, deployment };
        let funds = [coin(*units, self.local_denom(*tenant))];
        self.tell(local_of(*tenant), &open, &funds)
    }

    /// One tenant pays in the stake coin, the other in what came over the route.
    fn local_denom(&self, tenant: Pick) -> String {
        if tenant % 2 == 0 { STAKE.into() } else { self.world.usdx_on_a() }
    }

    fn top_up(&mut self, which: Pick, units: u128) -> Result<()> {
        let Some(lease) = self.lease(which)? else { return Ok(()) };
        let top_up =
            Market::TopUp { tenant: Some(lease.deployment.tenant), seq: lease.deployment.seq };
        let funds = [coin(units, self.local_denom(which))];
        self.tell(local_of(which), &top_up, &funds)
    }

    fn command(
        &mut self,
        (who, which): (Pick, Pick),
        group: u8,
        (kind, number): (Pick, u8),
    ) -> Result<()> {
        let Some(lease) = self.group(which, group)? else { return Ok(()) };
        let rev = u64::from(number);
        let command = match kind % 8 {
            0 | 1 => return self.accept(number),
            2 => Command::CloseLease { group: lease.group },
            3 => Command::CloseDeployment {},
            4 => Command::WithdrawSurplus {},
            5 => {
                let manifest = Manifest { hash: "ab".repeat(32), uri: None };
                Command::UpdateManifest { rev, manifest }
            }
            6 => {
                let address = self.world.on_a(LOCALS[0]).into();
                let scopes = vec![Scope::Close, Scope::BidAccept, Scope::Withdraw];
                let operator = LocalOperator { address, scopes, expires_in_seconds: Some(90_000) };
                Command::SetOperators { rev, local_operators: vec![operator], access_keys: vec![] }
            }
            _ => Command::AcceptTerms { group: lease.group, terms_no: rev },
        };
        let act = Market::Act { deployment: lease.deployment.clone(), command };
        let owner = self.owner_of(&lease);
        let sender = if who % 4 == 0 { local_of(who / 4) } else { owner };
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

    /// The tenant, if it is of this chain, or else somebody who is not.
    fn owner_of(&mut self, lease: &LeaseId) -> &'static str {
        let Tenant::Local { address } = &lease.deployment.tenant else { return LOCALS[0] };
        let named = LOCALS.into_iter().find(|name| self.world.on_a(name).as_str() == address);
        named.unwrap_or(LOCALS[1])
    }

    fn offer(&mut self, deed: &Deed) -> Result<()> {
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

    fn bid(&mut self, deed: &Deed) -> Result<()> {
        match deed {
            Deed::Bid { provider, lease, group, percent, seconds } => {
                let Some(order) = self.group(*lease, *group)? else { return Ok(()) };
                let rate = WEB_RATE * percent / 100;
                let secured = rate.max(WEB_RATE);
                let bond = coin((secured * 86_400).div_ceil(1_000_000_000), STAKE);
                let rate = Uint128::new(rate);
                let bid = Market::Bid { order, rate, valid_for_seconds: *seconds };
                self.tell(provider_of(*provider), &bid, &[bond])
            }
            Deed::WithdrawBid { who, provider, lease, group } => {
                let Some(order) = self.group(*lease, *group)? else { return Ok(()) };
                let provider = Some(self.world.on_a(provider_of(*provider)).into());
                let withdraw = Market::WithdrawBid { order, provider };
                self.tell(provider_of(*who), &withdraw, &[])
            }
            other => unreachable!("nothing about a bid: {other:?}"),
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

    /// Proposes terms for the first lease in which somebody has a say.
    fn propose(&mut self, who: Pick, percent: u128) -> Result<()> {
        let rate = Uint128::new(WEB_RATE * percent / 100);
        for lease in self.groups()? {
            let sender = if who % 2 == 0 { self.owner_of(&lease) } else { provider_of(who / 2) };
            let terms = NewTerms { rate, spec_hash: None, valid_for_seconds: 86_400 };
            let propose = Market::ProposeTerms { lease, terms };
            if tolerated(self.tell(sender, &propose, &[]))? {
                break;
            }
        }
        Ok(())
    }

    /// Accepts the first proposal that somebody can.
    fn agree(&mut self) -> Result<()> {
        for lease in self.groups()? {
            for sender in [self.owner_of(&lease), PROVIDERS[0], PROVIDERS[1]] {
                for terms_no in 1..4 {
                    let agree = Market::AcceptTerms { lease: lease.clone(), terms_no };
                    if tolerated(self.tell(sender, &agree, &[]))? {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// An auction from its opening to its decision, if all of it is taken.
    fn auction(&mut self, (tenant, provider): (Pick, Pick), units: u128) -> Result<()> {
        let (choice, groups, term) = (Choice::Lowest, 1, None);
        self.open(&Deed::Open { tenant, choice, groups, units, term })?;
        let address = self.world.on_a(local_of(tenant)).into();
        let deployment = DeploymentId { tenant: Tenant::Local { address }, seq: self.last_seq };
        let order = LeaseId { deployment, group: 0 };
        let bid = Market::Bid {
            order: order.clone(),
            rate: Uint128::new(WEB_RATE),
            valid_for_seconds: 86_400,
        };
        self.tell(provider_of(provider), &bid, &[coin(2_000_000, STAKE)])?;
        self.world.pass(BIDDING_SECONDS)?;
        self.tell("anyone", &Market::Match { order }, &[])
    }

    fn provider_itself(&mut self, deed: &Deed) -> Result<()> {
        match deed {
            Deed::Describe { provider, good: is_good } => {
                let attributes = Some(is_good.then(good).into_iter().collect());
                let update = Market::UpdateProvider { host_uri: None, attributes };
                self.tell(provider_of(*provider), &update, &[])
            }
            Deed::Register { provider } => {
                let host_uri = "https://again.example".to_owned();
                let register = Market::RegisterProvider { host_uri, attributes: vec![good()] };
                self.tell(provider_of(*provider), &register, &[coin(1_000_000, STAKE)])
            }
            Deed::Deregister { provider } => {
                self.tell(provider_of(*provider), &Market::DeregisterProvider {}, &[])
            }
            Deed::Slash { provider, units } => {
                let slash = Market::SlashProvider {
                    provider: self.world.on_a(provider_of(*provider)).into(),
                    amount: Uint128::new(*units),
                    reason: "it sold what it had not".into(),
                    harmed: Vec::new(),
                };
                self.tell("market-owner", &slash, &[])
            }
            other => unreachable!("nothing that a provider does for itself: {other:?}"),
        }
    }

    /// One of the messages that anybody may send, by somebody who looks for the first that is due.
    fn exit(&mut self, exit: Pick) -> Result<()> {
        for lease in self.groups()? {
            if tolerated(self.tell("anyone", &self.exit_of(lease, exit), &[]))? {
                break;
            }
        }
        Ok(())
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

    fn exit_of(&self, lease: LeaseId, exit: Pick) -> Market {
        let (deployment, claimant) = (lease.deployment.clone(), lease.deployment.tenant.clone());
        let provider = self.world.address(MARKET_CHAIN, provider_of(exit)).to_string();
        match exit % 13 {
            0 => Market::Match { order: lease },
            1 => Market::Withdraw { lease },
            2 => Market::EndLease { lease },
            3 => Market::ExpireOrder { order: lease },
            4 => Market::CloseUnready { lease },
            5 => Market::ReportSilent { lease },
            6 => Market::CloseSilent { lease },
            7 => Market::CloseShort { deployment },
            8 => Market::Finish { deployment },
            9 => Market::Claim { claimant, denom: self.local_denom(exit / 13) },
            10 => Market::ClaimLocal { claimant, denom: self.local_denom(exit / 13) },
            11 => {
                let claimant = Tenant::Local { address: provider };
                Market::Claim { claimant, denom: STAKE.into() }
            }
            _ => Market::ReleaseStake { provider },
        }
    }
}

/// Whether something was done; a refusal is none.
fn tolerated(done: Result<()>) -> Result<bool> {
    match done {
        Ok(()) => Ok(true),
        refused => tolerate(refused).map(|()| false),
    }
}

/// A message's name; a command's, if it carries one.
fn name(msg: &Market) -> String {
    let json = match msg {
        Market::Act { command, .. } => serde_json::to_value(command),
        other => serde_json::to_value(other),
    };
    let object = json.ok().and_then(|json| json.as_object().cloned()).unwrap_or_default();
    object.keys().next().cloned().unwrap_or_default()
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
