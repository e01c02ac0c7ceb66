use anyhow::Context as _;
use e2e::clock::until;
use e2e::ledger::{Asset, Ledger, changes};
use e2e::modules::{Transfers, pass, propose_transfers};
use e2e::world::{BUYER, WALLET};
use outpost::msg::responses::OrderState;
use serde_json::{Value, json};
use simnet::world::orders::{from_offer, web_server};

const UNITS: u128 = 5_000_000;
/// Is paid what comes home of another's order.
const HEIR: &str = "user3";
/// Has all the voting power of the chain.
const VALIDATOR: &str = "validator";

/// Purchases that a chain does not take, because its governance has stopped transfers, are kept by the outpost: `entrepot`
/// says so and what to do, gives one up and sends the other once the chain takes it, and nothing is lost.
#[test]
fn what_the_chain_does_not_take_is_sent_later_or_given_up() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let (chain, voter) = (&world.sites.outpost.chain, world.key(VALIDATOR)?);
        let before = Ledger::take(world).await?;
        let (mine, theirs) = (world.tool(BUYER)?, world.tool(WALLET)?);
        let order = json!({ "order": web_server(from_offer(world.offer)) }).to_string();
        for tool in [&mine, &theirs] {
            std::fs::write(tool.home().join("order.json"), &order)?;
        }
        let stop = propose_transfers(chain, &voter, Transfers::Stopped).await?;
        pass(chain, &voter, stop).await?;
        // What comes next is seconds from now; nobody waits for it before the purchases are made.
        let go_on = propose_transfers(chain, &voter, Transfers::Taken).await?;
        let coin = format!("{UNITS}usdx");
        let buy = ["buy", "--order", "order.json", "--coin", &coin];
        let (operator, heir) = (format!("{}=close", world.address(BUYER)?), world.address(HEIR)?);
        let for_others = [&buy[..], &["--operator", &operator, "--refund-to", heir]].concat();
        let (given_up, sent, ()) =
            tokio::try_join!(mine.ask(&buy), theirs.ask(&for_others), pass(chain, &voter, go_on))?;
        let number = |bought: &Value| {
            assert_eq!(bought["sent"], false, "{bought}");
            let next = bought["next"].as_str().unwrap_or_default();
            assert!(next.contains("`entrepot send") && next.contains("`entrepot cancel"), "{next}");
            bought["order"].as_u64().context("an order has a number")
        };
        let (given_up, sent) = (number(&given_up)?, number(&sent)?);

        let why = mine.say(&["why", &given_up.to_string()]).await?;
        assert!(why.contains("has not left") && why.contains("entrepot send"), "{why}");
        let other = theirs.refused(&["cancel", &given_up.to_string()]).await?;
        assert!(other.contains("who alone may give it up until 20"), "{other}");
        mine.say(&["cancel", &given_up.to_string()]).await?;
        assert_eq!(world.order(given_up).await?.state, OrderState::Refunded);
        let again = mine.refused(&["send", &given_up.to_string()]).await?;
        assert!(again.contains("nothing of it waits to be sent; see `entrepot status"), "{again}");
        mine.say(&["claim"]).await?;

        world.start_ferry().await?;
        // Anyone may.
        let done = mine.ask(&["send", &sent.to_string()]).await?;
        assert_eq!(done["sent"], true, "{done}");
        world.settled().await?;
        assert_eq!(world.order(sent).await?.state, OrderState::Acked);
        let again = theirs.refused(&["send", &sent.to_string()]).await?;
        assert!(again.contains("nothing of it waits to be sent"), "{again}");
        mine.say(&["close", &sent.to_string()]).await?;
        let is_closed = async || {
            let state = world.order(sent).await?.state;
            Ok((state == OrderState::Closed).then_some(()))
        };
        until(chain, "it is closed", is_closed).await?;
        world.settled().await?;
        theirs.say(&["claim"]).await?;
        let units = i128::try_from(UNITS)?;
        let owner = world.address(WALLET)?;
        let expected = changes([(Asset::Money, owner, -units), (Asset::Money, heir, units)]);
        assert_eq!(Ledger::take(world).await?.since(&before)?, expected, "to the unit");
        Ok(())
    })
}
