use e2e::ledger::{Asset, Ledger, changes};
use e2e::world::{BUYER, WALLET};
use e2e::{clock, records};
use market::msg::AcceptedResponse;
use outpost::msg::responses::OrderState;
use protocol::Code;
use simnet::world::orders::{from_offer, web_server};

const UNITS: u128 = 5_000_000;
/// The shortest timeout that the contracts of a local network take.
const SHORT: u64 = 20;

/// Packets that nobody carried in time are refunded in full and leave nothing on the market's
/// chain: an outpost's purchase is claimable, a wallet has its coin back at once.
#[test]
fn a_packet_that_is_late_refunds_and_leaves_nothing() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let (a, market) = (&world.sites.market.chain, &world.deployed.market);
        let before = (Ledger::take(world).await?, records::of(a, market).await?);
        let deployment = web_server(from_offer(world.offer));
        let sent = world.buy(BUYER, deployment.clone(), (UNITS, Some(SHORT))).await?;
        let open = world.open(2_001, 2_001, deployment)?;
        let transfer = world.transfer(UNITS, world.memo(open)?, SHORT).await?;
        let late = sent.timeout_at.max(transfer.timeout_timestamp / 1_000_000_000) + 1;
        let (sequences, _) = world.send(&[transfer]).await?;
        clock::reach(a, late).await?;
        // Whoever fears that a callback is lost asks the market as well: the answer and the timeout pay once.
        let tool = world.tool(BUYER)?;
        let asked = tool.say(&["reconcile", &sent.seq.to_string()]).await?;
        assert!(asked.contains(&format!("packet {}", sent.sequence)), "{asked}");
        world.start_ferry().await?;
        world.settled().await?;

        let buyer = world.address(BUYER)?;
        assert_eq!(world.order(sent.seq).await?.state, OrderState::Refunded);
        assert_eq!(world.owed(buyer).await?, UNITS);
        let why = tool.say(&["why", &sent.seq.to_string()]).await?;
        assert!(
            why.contains("was not received in time") && why.contains("`entrepot claim`"),
            "{why}"
        );
        let claimed = tool.ask(&["claim"]).await?;
        assert_eq!(claimed["credits"][0]["amount"], UNITS.to_string(), "{claimed}");
        assert_eq!(Ledger::take(world).await?.since(&before.0)?, changes([]), "refunded in full");
        let after = records::of(a, market).await?;
        assert_eq!(records::differences(&before.1, &after), [""; 0], "no state is left");

        let channel = &world.deployed.transfer.market;
        let unreceived = [sent.sequence, sequences[0]];
        let missing = a.unreceived_packets("transfer", channel, &unreceived).await?;
        assert_eq!(missing, unreceived, "neither was received");
        let status = world.status(&world.deployment(buyer, sent.seq)).await;
        let error = status.expect_err("the market knows nothing of it").to_string();
        assert_eq!(Code::find(&error), Some(Code::NotFound), "{error}");
        let ask = market::msg::QueryMsg::Accepted {
            route: channel.clone(),
            sender: world.address(WALLET)?.to_owned(),
            n: 2_001,
        };
        let accepted: AcceptedResponse = world.ask_market(&ask).await?;
        assert!(!accepted.accepted, "its number may be used again");
        assert!(before.0.of(Asset::Money, buyer) >= UNITS);
        Ok(())
    })
}
