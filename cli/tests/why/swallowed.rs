//! Over the model of two chains: purchases whose outcome the outpost never heard. What `why` advises, once done, ends it.

use entrepot::why::{Cause, Explanation, Facts, Packet, Reception, Way, explain};
use outpost::msg::responses::{FlightResponse, OrderState};
use protocol::RouteStyle;
use simnet::world::orders::{from_offer, web_offer, web_server};
use simnet::world::{OUTPOST_CHAIN, USDX};
use simnet::{CallbackKind, TRANSFER_PORT, World};

const HOUR: u64 = 3_600;
const UNITS: u128 = 500_000_000;

/// A purchase as its packet left.
struct Purchase {
    seq: u64,
    flight: FlightResponse,
}

/// A world, a purchase that the market accepts there, and one that it refuses.
fn bought(style: RouteStyle) -> (World, Purchase, Purchase) {
    let mut world = World::of_style(style).unwrap();
    world.fund("dao", 2 * UNITS).unwrap();
    world.register_provider("p1").unwrap();
    let offer = world.post_offer("p1", web_offer(&world.usdx_on_a())).unwrap();
    let mut buy = |max_rate: Option<u64>| {
        let mut deployment = web_server(from_offer(offer));
        if let Some(max_rate) = max_rate {
            deployment.groups[0].max_rate = max_rate.into();
        }
        let seq = world.buy("dao", deployment, UNITS).unwrap();
        let flight = world.flights().unwrap().into_iter().find(|flight| flight.seq == Some(seq));
        Purchase { seq, flight: flight.unwrap() }
    };
    let (good, bad) = (buy(None), buy(Some(1_000)));
    (world, good, bad)
}

/// What a node and the contracts would tell of it.
fn why(world: &mut World, style: &RouteStyle, purchase: &Purchase) -> Explanation {
    let order = world.order(purchase.seq).unwrap();
    let FlightResponse { channel, sequence, timeout_at, .. } = purchase.flight.clone();
    let market_channel = world.transfer.market.clone();
    let sent = (TRANSFER_PORT, channel.as_str(), sequence);
    let committed = world.b().state().commitment(sent).unwrap().is_some();
    let is_received = world.a().state().has_receipt((TRANSFER_PORT, &market_channel, sequence));
    let id = world.deployment("dao", purchase.seq);
    explain(&Facts {
        seq: order.seq,
        n: order.n,
        state: order.state,
        coin: order.coin,
        owner: order.owner.into(),
        send_by: order.send_by,
        command_refusal: order.refusal,
        deployment: world.status(&id).ok(),
        packet: Some(Packet {
            channel,
            sequence,
            timeout_at,
            committed,
            reception: if is_received { Reception::Unseen } else { Reception::NotYet },
        }),
        cancelled: false,
        way: Way {
            route: order.route,
            style: style.clone(),
            market_channel,
            client_on_market: "07-tendermint-0".into(),
            client_on_market_status: "Active".into(),
            client_on_outpost: "07-tendermint-1".into(),
            client_on_outpost_status: "Active".into(),
        },
        now: world.now(),
    })
}

fn names_reconcile(said: &Explanation, seq: u64) -> bool {
    said.advice.contains(&format!("`entrepot reconcile {seq}`"))
}

#[test]
fn what_a_chain_never_told_the_outpost_is_ended_as_advised() {
    let style = RouteStyle::Callbacks { source_gas: 1_000_000, destination_gas: 1_000_000 };
    for (style, is_plain) in [(style, false), (RouteStyle::Plain {}, true)] {
        let (mut world, good, bad) = bought(style.clone());
        assert_eq!(why(&mut world, &style, &good).cause, Cause::NotCarried);
        world.network.chain_mut(OUTPOST_CHAIN).starve_callbacks(CallbackKind::Source);
        world.relay().unwrap();
        world.network.chain_mut(OUTPOST_CHAIN).feed_callbacks(CallbackKind::Source);

        let said = why(&mut world, &style, &good);
        assert_eq!(said.cause, Cause::Accepted { leased: false });
        assert!(
            names_reconcile(&said, good.seq) && !said.advice.contains("nothing needs"),
            "{said}"
        );
        assert_eq!(world.order(good.seq).unwrap().state, OrderState::InFlight);
        let said = why(&mut world, &style, &bad);
        assert!(matches!(said.cause, Cause::ArrivedOnly | Cause::RefusedUnknown), "{said}");
        assert!(names_reconcile(&said, bad.seq), "{said}");
        assert_eq!(world.claimable("dao", USDX).unwrap(), 0);
        // "From its timeout on", where the chain should have told it: not before.
        assert_eq!(world.reconcile(bad.flight.n).is_ok(), is_plain);

        world.pass(2 * HOUR).unwrap();
        world.relay().unwrap();
        world.ask_about_all().unwrap();
        let said = why(&mut world, &style, &good);
        assert_eq!(said.advice, "nothing needs to be done");
        let said = why(&mut world, &style, &bad);
        assert_eq!(said.cause, Cause::RefusedUnknown);
        assert!(!names_reconcile(&said, bad.seq), "{said}");
        assert_eq!(world.claimable("dao", USDX).unwrap(), UNITS);
    }
}
