//! Lists: what they let through, that a walk over their pages meets everything once whatever comes and
//! goes meanwhile, and that no page costs more than it may.

use std::collections::BTreeSet;

use cosmwasm_std::{Uint128, coins};
use market::msg::{
    BidsOfResponse, ClaimablesResponse, DenomOnRoute, DenomsResponse, DeploymentsResponse,
    ExecuteMsg, LeaseId, LeasesResponse, LiveDeploymentsResponse, NewDenom, OfferState, OfferTerms,
    OffersResponse, OrdersResponse, QueryMsg, Standing, StatsResponse,
};
use protocol::control::{Command, DeploymentState, GroupState};
use protocol::deployment::Selection;
use protocol::{Code, Group, Tenant};

use crate::far::{Far, ROUTE, SECOND, VOUCHER, route, voucher};
use crate::suite::{
    BOND, CROWD, GRACE, RATE, STAKE, Suite, USD, by_offer, group, manual, offer_terms, open_msg,
    usd,
};

/// Seconds of a day.
const DAY: u64 = 86_400;

/// A market that takes the stake's denom as well.
pub(crate) fn suite() -> Suite {
    let mut suite = Suite::new();
    let denom = NewDenom { denom: STAKE.into(), ..usd() };
    suite.just("owner", &ExecuteMsg::AddDenom(denom));
    suite
}

fn groups(count: usize) -> Vec<Group> {
    (0..count).map(|index| group(&format!("g{index}"), Selection::Manual {})).collect()
}

fn leases_by(
    provider: Option<String>,
    tenant: Option<Tenant>,
    state: Option<GroupState>,
) -> QueryMsg {
    let (denom, start_after, limit) = (None, None, Some(50));
    QueryMsg::Leases { provider, tenant, denom, state, start_after, limit }
}

fn named(ids: &[LeaseId]) -> Vec<(String, u64, u32)> {
    let told = |id: &LeaseId| (id.deployment.tenant.to_string(), id.deployment.seq, id.group);
    ids.iter().map(told).collect()
}

impl Suite {
    fn orders(
        &self,
        tenant: Option<Tenant>,
        denom: Option<&str>,
        after: Option<LeaseId>,
        limit: u32,
    ) -> OrdersResponse {
        let (denom, limit) = (denom.map(Into::into), Some(limit));
        self.ask(&QueryMsg::Orders { tenant, denom, start_after: after, limit })
    }

    fn seqs(&self, denom: Option<&str>, state: Option<DeploymentState>) -> Vec<u64> {
        let (tenant, denom) = (self.tenant("tenant"), denom.map(Into::into));
        let ask = QueryMsg::Deployments { tenant, denom, state, start_after: None, limit: None };
        let page: DeploymentsResponse = self.ask(&ask);
        page.deployments.iter().map(|deployment| deployment.seq).collect()
    }

    pub(crate) fn live(&self, standing: Option<Standing>) -> LiveDeploymentsResponse {
        let (denom, start_after, limit) = (None, None, None);
        self.ask(&QueryMsg::LiveDeployments { denom, standing, start_after, limit })
    }

    pub(crate) fn refuses(&self, ask: &QueryMsg, code: Code) {
        let answer = self.app.wrap().query_wasm_smart::<serde_json::Value>(&self.market, ask);
        let error = answer.unwrap_err().to_string();
        assert_eq!(Code::find(&error), Some(code), "{error}");
    }
}

#[test]
fn offers_by_provider_denom_and_state() {
    let mut suite = suite();
    let usd = suite.post_offer("alice");
    let once = OfferTerms { capacity: 1, ..offer_terms() };
    let full = suite.post("alice", once, &coins(BOND, USD));
    let in_stake = OfferTerms { denom: STAKE.into(), ..offer_terms() };
    let stake = suite.post("bob", in_stake, &coins(2 * BOND, STAKE));
    let brief = OfferTerms { expires_in_seconds: 10, ..offer_terms() };
    let brief = suite.post("bob", brief, &coins(BOND, USD));
    suite.open(1, vec![group("web", by_offer(full))], 1_000);
    suite.pass(10);
    let ask = |provider: Option<&str>, denom: Option<&str>, state, after, limit| {
        let provider = provider.map(|name| suite.address(name).into());
        let denom = denom.map(Into::into);
        let page: OffersResponse =
            suite.ask(&QueryMsg::Offers { provider, denom, state, start_after: after, limit });
        let ids: Vec<_> = page.offers.iter().map(|offer| offer.id).collect();
        (ids, page.next)
    };
    assert_eq!(ask(None, None, None, None, None), (vec![usd, full, stake, brief], None));
    assert_eq!(ask(Some("bob"), None, None, None, None).0, [stake, brief]);
    assert_eq!(ask(None, Some(STAKE), None, None, None).0, [stake]);
    assert_eq!(ask(None, Some("never"), None, None, None).0, [0; 0]);
    assert_eq!(ask(Some("operator"), None, None, None, None).0, [0; 0]);
    let of = |state| ask(None, None, Some(state), None, None).0;
    assert_eq!(of(OfferState::Open), [usd, stake]);
    assert_eq!(of(OfferState::Full), [full]);
    assert_eq!(of(OfferState::Expired), [brief]);
    // A page that is full says where to go on, and the last one that there is nothing more.
    assert_eq!(ask(None, Some(USD), None, None, Some(2)), (vec![usd, full], Some(full)));
    assert_eq!(ask(None, Some(USD), None, Some(full), Some(2)), (vec![brief], None));
    suite.just("alice", &ExecuteMsg::CancelOffer { offer: full });
    let state = Some(OfferState::Cancelled);
    let page: OffersResponse = suite.ask(&QueryMsg::Offers {
        provider: None,
        denom: None,
        state,
        start_after: None,
        limit: None,
    });
    assert_eq!(page.offers.iter().map(|offer| offer.id).collect::<Vec<_>>(), [full]);
}

#[test]
fn a_tenants_deployments_by_denom_and_state() {
    let mut suite = suite();
    suite.open(3, manual(), 1_000);
    suite.open(1, manual(), 1_000);
    suite.run("tenant", &open_msg(2, manual()), &coins(1_000, STAKE));
    let close = Command::CloseDeployment {};
    suite.act(close);
    assert_eq!(suite.seqs(None, None), [1, 2, 3]);
    assert_eq!(suite.seqs(Some(STAKE), None), [2]);
    assert_eq!(suite.seqs(None, Some(DeploymentState::Open)), [2, 3]);
    assert_eq!(suite.seqs(Some(USD), Some(DeploymentState::Closed)), [1]);
    assert_eq!(suite.seqs(Some("never"), None), [0; 0]);
}

#[test]
fn what_anyone_may_close_is_found_and_when() {
    let mut suite = suite();
    let offer = suite.post_offer("alice");
    suite.open(1, vec![group("web", by_offer(offer))], 1_000);
    suite.open(2, manual(), 1_000);
    suite.open(3, manual(), 1_000);
    let lease = suite.lease_id(1, 0);
    suite.beat("alice", &lease);
    let opened_at = suite.now();
    suite.just(
        "tenant",
        &ExecuteMsg::Act { deployment: suite.id(3), command: Command::CloseLease { group: 0 } },
    );
    let seqs = |page: &LiveDeploymentsResponse| -> Vec<_> {
        page.deployments.iter().map(|deployment| deployment.id.seq).collect()
    };
    assert_eq!(seqs(&suite.live(None)), [1, 2, 3]);
    assert_eq!(seqs(&suite.live(Some(Standing::Funded))), [1, 2]);
    let idle = suite.live(Some(Standing::Idle)).deployments;
    assert_eq!((idle[0].id.seq, idle[0].closable_at), (3, Some(opened_at + DAY)));
    assert!(suite.live(Some(Standing::Short)).deployments.is_empty());

    let funded = suite.live(Some(Standing::Funded)).deployments;
    let runs_out_at = funded[0].runs_out_at.unwrap();
    assert_eq!(runs_out_at, opened_at + 1_000, "a unit a second");
    assert_eq!((funded[0].closable_at, funded[1].runs_out_at), (None, None));
    assert_eq!((funded[0].leases, funded[0].orders, funded[1].orders), (1, 0, 1));
    suite.pass(1_500);
    let short = suite.live(Some(Standing::Short)).deployments;
    assert_eq!((short.len(), short[0].runs_out_at), (1, Some(runs_out_at)));
    let at = short[0].closable_at.unwrap();
    assert_eq!(at, runs_out_at + GRACE);
    suite.pass(at - suite.now() - 1);
    let close = ExecuteMsg::CloseShort { deployment: suite.id(1) };
    suite.refused("bob", &close, &[], Code::TooEarly);
    suite.pass(1);
    suite.just("bob", &close);
    assert_eq!(seqs(&suite.live(None)), [2, 3]);
}

#[test]
fn orders_and_leases_of_one_tenant_by_its_numbers() {
    let mut suite = suite();
    let offer = suite.post_offer("alice");
    let by_stranger = open_msg(1, groups(2));
    suite.run("operator", &by_stranger, &coins(1_000, STAKE));
    suite.open(9, groups(3), 10_000);
    suite.open(4, vec![group("a", by_offer(offer)), group("b", Selection::Manual {})], 10_000);
    suite.open(5, manual(), 10_000);
    suite.just(
        "tenant",
        &ExecuteMsg::Act { deployment: suite.id(5), command: Command::CloseDeployment {} },
    );
    let (me, other) = (suite.tenant("tenant"), suite.tenant("operator"));
    let ids = |page: &OrdersResponse| page.orders.iter().map(|o| o.id.clone()).collect::<Vec<_>>();
    let all = suite.orders(None, None, None, 50);
    let (mine, yours) = (me.to_string(), other.to_string());
    let by_age = [
        (&yours, 1, 0),
        (&yours, 1, 1),
        (&mine, 9, 0),
        (&mine, 9, 1),
        (&mine, 9, 2),
        (&mine, 4, 1),
    ];
    let by_age: Vec<_> =
        by_age.into_iter().map(|(who, seq, group)| (who.clone(), seq, group)).collect();
    assert_eq!(named(&ids(&all)), by_age);
    assert_eq!(ids(&suite.orders(None, Some(STAKE), None, 50)).len(), 2);

    // Page by page, in the order of the tenant's numbers.
    let mut walked = Vec::new();
    let mut after = None;
    loop {
        let page = suite.orders(Some(me.clone()), None, after, 1);
        walked.extend(ids(&page));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let wanted = [(4, 1), (9, 0), (9, 1), (9, 2)].map(|(seq, group)| suite.lease_id(seq, group));
    assert_eq!(walked, wanted);

    let leases = |ask: QueryMsg| -> Vec<LeaseId> {
        let page: LeasesResponse = suite.ask(&ask);
        assert_eq!(page.next, None);
        page.leases.into_iter().map(|lease| lease.id).collect()
    };
    let lease = vec![suite.lease_id(4, 0)];
    let alice = Some(suite.address("alice").to_string());
    let bob = Some(suite.address("bob").to_string());
    assert_eq!(leases(leases_by(None, None, None)), lease);
    assert_eq!(leases(leases_by(alice.clone(), None, None)), lease);
    assert_eq!(leases(leases_by(bob, None, None)), []);
    assert_eq!(leases(leases_by(None, Some(me.clone()), None)), lease);
    assert_eq!(leases(leases_by(alice.clone(), Some(me), None)), lease);
    assert_eq!(leases(leases_by(alice, Some(other), None)), []);
    assert_eq!(leases(leases_by(None, None, Some(GroupState::Pending))), lease);
    assert_eq!(leases(leases_by(None, None, Some(GroupState::Active))), []);
}

// Rule 38: every list is a page.
#[test]
fn a_walk_meets_everything_once_whatever_comes_and_goes() {
    let mut suite = suite();
    for seq in 1..=6 {
        suite.open(seq, groups(2), 10_000);
    }
    let mut met = Vec::new();
    let mut after = None;
    for step in 0.. {
        let page = suite.orders(None, None, after.clone(), 3);
        met.extend(page.orders.iter().map(|order| order.id.clone()));
        let Some(next) = page.next else { break };
        // The cursor's own order goes, and with it all of its deployment; others come.
        if step == 1 {
            let close = Command::CloseDeployment {};
            let deployment = next.deployment.clone();
            suite.just("tenant", &ExecuteMsg::Act { deployment, command: close });
            suite.open(7, groups(1), 10_000);
        }
        after = Some(next);
    }
    let distinct: BTreeSet<_> = met.iter().collect();
    assert_eq!(distinct.len(), met.len(), "met twice: {met:?}");
    // The third deployment was seen before it was closed, what came later is met at the end.
    let seqs: BTreeSet<_> = met.iter().map(|id| id.deployment.seq).collect();
    assert_eq!(seqs, (1..=7).collect());
    assert_eq!(met.len(), 13);
}

#[test]
fn a_filter_looks_at_a_hundred_at_most_and_says_where_to_go_on() {
    let mut suite = suite();
    for (who, seq) in CROWD.into_iter().flat_map(|who| [(who, 1), (who, 2)]).take(13) {
        suite.run(who, &open_msg(seq, groups(8)), &coins(10_000, USD));
    }
    suite.run("tenant", &open_msg(1, groups(1)), &coins(10_000, STAKE));
    let first = suite.orders(None, Some(STAKE), None, 10);
    assert!(first.orders.is_empty(), "none of the first hundred is paid in it");
    let next = first.next.expect("that was not all");
    assert_eq!(next.group, 3, "a hundred are twelve deployments of eight and four groups");
    let second = suite.orders(None, Some(STAKE), Some(next), 10);
    assert_eq!(second.orders[0].id, suite.lease_id(1, 0));
    assert_eq!(second.next, None);
    // A tenant's own index leads there at once.
    let own = suite.orders(Some(suite.tenant("tenant")), Some(STAKE), None, 10);
    assert_eq!((own.orders.len(), own.next), (1, None));
    let most = suite.orders(None, None, None, 1_000);
    assert_eq!(most.orders.len(), 50, "the hard maximum");
    assert!(most.next.is_some());
    assert_eq!(suite.orders(None, None, None, 0).orders.len(), 1, "no page of nothing");
}

#[test]
fn a_cursor_that_never_was_is_refused() {
    let suite = suite();
    let (start_after, limit) = (Some(Suite::named("nobody")), None);
    suite.refuses(&QueryMsg::Providers { start_after, limit }, Code::NotFound);
    let denom = DenomOnRoute { denom: "never".into(), route: None };
    suite.refuses(&QueryMsg::Denoms { start_after: Some(denom), limit }, Code::NotFound);
    let (claimant, start_after) = (suite.tenant("tenant"), Some("never".into()));
    suite.refuses(&QueryMsg::Claimables { claimant, start_after, limit }, Code::NotFound);
    let start_after = Some(suite.lease_id(7, 0));
    let ask = QueryMsg::Orders { tenant: None, denom: None, start_after, limit };
    suite.refuses(&ask, Code::NotFound);
    let start_after = Some(suite.id(7));
    let ask = QueryMsg::LiveDeployments { denom: None, standing: None, start_after, limit };
    suite.refuses(&ask, Code::NotFound);
}

#[test]
fn a_denom_is_listed_once_for_each_of_its_routes_and_none_is_cut() {
    let mut far = Far::new();
    far.add_second_route(Some("beta1second"), route().style);
    let places = [None, Some(ROUTE), Some(SECOND.0)];
    for denom in ["ua", "ub"] {
        for route in places {
            let (denom, route) = (denom.into(), route.map(Into::into));
            far.run("owner", ExecuteMsg::AddDenom(NewDenom { denom, route, ..voucher() }));
        }
    }
    let (mut met, mut start_after) = (Vec::new(), None);
    loop {
        let page: DenomsResponse = far.ask(QueryMsg::Denoms { start_after, limit: Some(2) });
        assert!(page.denoms.len() <= 2);
        let Some(last) = page.denoms.last() else { break };
        start_after = Some(last.into());
        // The cursor's own place may be gone by then.
        let (denom, route) = (last.denom.clone(), last.route.clone());
        far.run("owner", ExecuteMsg::RemoveDenom { denom, route });
        met.extend(page.denoms.into_iter().map(|info| (info.denom, info.route)));
    }
    let on = |denom: &str, routes: &[Option<&str>]| -> Vec<_> {
        routes.iter().map(|route| (denom.to_owned(), route.map(Into::into))).collect()
    };
    assert_eq!(met, [on(VOUCHER, &places[1..]), on("ua", &places), on("ub", &places)].concat());
}

#[test]
fn all_that_is_credited_to_somebody() {
    let mut suite = suite();
    let ask = |suite: &Suite, start_after: Option<&str>| -> Vec<(String, u128)> {
        let (claimant, start_after) = (suite.tenant("bob"), start_after.map(Into::into));
        let ask = QueryMsg::Claimables { claimant, start_after, limit: None };
        let page: ClaimablesResponse = suite.ask(&ask);
        page.claimables.into_iter().map(|one| (one.denom, one.claimable.amount.u128())).collect()
    };
    assert_eq!(ask(&suite, None), []);
    for denom in [USD, STAKE] {
        let terms = OfferTerms { denom: denom.into(), ..offer_terms() };
        let offer = suite.post("bob", terms, &coins(BOND, denom));
        suite.just("bob", &ExecuteMsg::CancelOffer { offer });
    }
    // In the order in which the market first met the denoms: its stake's came first.
    let both = [(STAKE.to_owned(), BOND), (USD.to_owned(), BOND)];
    assert_eq!(ask(&suite, None), both);
    assert_eq!(ask(&suite, Some(STAKE)), both[1..]);
    suite.claim("bob", STAKE);
    assert_eq!(ask(&suite, None), both[1..]);
}

#[test]
fn stats_count_what_there_is() {
    let mut suite = suite();
    let stats = |suite: &Suite| suite.ask::<StatsResponse>(&QueryMsg::Stats {});
    let offer = suite.post_offer("alice");
    suite.open(1, vec![group("a", by_offer(offer)), group("b", Selection::Manual {})], 10_000);
    suite.open(2, groups(3), 10_000);
    let all = StatsResponse {
        providers: 2,
        offers_posted: 1,
        deployments_opened: 2,
        deployments: 2,
        orders: 4,
        leases: 1,
    };
    assert_eq!(stats(&suite), all);
    suite.act(Command::CloseDeployment {});
    suite.just("bob", &ExecuteMsg::DeregisterProvider {});
    suite.pass(DAY);
    let provider = suite.address("bob").into();
    suite.just("alice", &ExecuteMsg::ReleaseStake { provider });
    let rest = StatsResponse { providers: 1, deployments: 1, orders: 3, leases: 0, ..all };
    assert_eq!(stats(&suite), rest, "what was ever opened or posted stays counted");
}

#[test]
fn a_provider_finds_its_bids_whatever_became_of_their_orders() {
    let mut suite = suite();
    for seq in 1..=3 {
        suite.open(seq, groups(2), 10_000);
    }
    let bid = |suite: &mut Suite, name: &str, seq, group| {
        let (order, rate) = (suite.lease_id(seq, group), Uint128::new(RATE));
        let bid = ExecuteMsg::Bid { order, rate, valid_for_seconds: 3_600 };
        suite.run(name, &bid, &coins(BOND, USD));
    };
    for (seq, group) in [(3, 1), (1, 0), (2, 0), (2, 1)] {
        bid(&mut suite, "alice", seq, group);
    }
    bid(&mut suite, "bob", 1, 0);
    suite.act(Command::CloseDeployment {});
    let page = |suite: &Suite, name: &str, start_after, limit| -> BidsOfResponse {
        let provider = suite.address(name).into();
        suite.ask(&QueryMsg::BidsOf { provider, start_after, limit })
    };
    let told = |page: &BidsOfResponse| -> Vec<_> {
        page.bids.iter().map(|own| (own.order.deployment.seq, own.order.group)).collect()
    };
    let all = page(&suite, "alice", None, None);
    assert_eq!((told(&all), &all.next), (vec![(1, 0), (2, 0), (2, 1), (3, 1)], &None));
    assert_eq!(
        all.bids.iter().map(|own| own.is_open).collect::<Vec<_>>(),
        [false, true, true, true]
    );
    let first = &all.bids[0].bid;
    assert_eq!((first.rate.u128(), first.deposit.amount.u128()), (RATE, BOND));
    assert_eq!(first.provider, suite.address("alice").as_str());
    assert_eq!(told(&page(&suite, "bob", None, None)), [(1, 0)]);
    assert_eq!(told(&page(&suite, "operator", None, None)), []);

    // The cursor's own bid may be gone, and its order closed.
    let two = page(&suite, "alice", None, Some(2));
    assert_eq!((told(&two), &two.next), (vec![(1, 0), (2, 0)], &Some(suite.lease_id(2, 0))));
    let order = suite.lease_id(2, 0);
    suite.just("alice", &ExecuteMsg::WithdrawBid { order, provider: None });
    assert_eq!(told(&page(&suite, "alice", two.next, None)), [(2, 1), (3, 1)]);
    suite.just("alice", &ExecuteMsg::WithdrawBid { order: suite.lease_id(1, 0), provider: None });
    assert_eq!(told(&page(&suite, "alice", None, None)), [(2, 1), (3, 1)]);
}
