use std::time::Duration;

use anyhow::{Context as _, ensure};
use e2e::clock;
use e2e::database::Database;
use e2e::operator::Operator;
use entrepot::deploy::Site;
use protocol::ics20::TRANSFER_PORT;
use serde_json::Value;
use tokio::process::Child;
use tokio::time::timeout;

use crate::blocks::carried;

/// Seconds for which a replica that is not heard of keeps the other from relaying.
const LEASE: u64 = 3;
/// How long a replica that wakes and finds the lease lost may take to end.
const END: Duration = Duration::from_secs(20);

/// Of two replicas the one that relays is killed amid a burst; later the heir is frozen amid another, until its lease is
/// lost, and woken. Each time the other goes on where it stopped, and the one that woke ends by itself. Every packet is
/// received and acknowledged by one message that was paid for, as the blocks of both chains say.
#[test]
fn replicas_take_over_and_nothing_is_lost_or_paid_twice() -> anyhow::Result<()> {
    crate::run(async || {
        let database = Database::start().await?;
        let (first, second) = (Operator::new("").await?, Operator::new("").await?);
        let store = format!("[store]\nurl = \"{}\"\nlease = \"{LEASE}s\"\n", database.url);
        let terms = store + "[serve]\nlisten = \"off\"\n";
        for replica in [&first, &second] {
            replica.configure(|text| text + &terms)?;
        }
        let linked = first.link().await?;
        let text = |end: &str| linked[end]["channel"].as_str().unwrap().to_owned();
        let (on_a, on_b) = (text("a"), text("b"));
        let (a, b) = (&first.a, &first.b);
        let began = [a.chain.height().await?, b.chain.height().await?];

        let mut killed = first.start()?;
        relays(&first, &killed).await?;
        let mut frozen = second.start()?;
        stands_by(&second).await?;
        let mut sent = Vec::new();
        for _ in 0..3 {
            sent.extend(first.send(a, &on_a, 40).await?);
        }
        some_arrived(b, &on_b, &sent).await?;
        killed.kill().await?;
        sent.extend(first.send(a, &on_a, 40).await?);
        let back = first.send(b, &on_b, 10).await?;
        first.settled(a, &on_a).await?;
        first.settled(b, &on_b).await?;
        relays(&first, &frozen).await?;

        let heir = first.start()?;
        stands_by(&first).await?;
        let burst = first.send(a, &on_a, 80).await?;
        some_arrived(b, &on_b, &burst).await?;
        second.signal(&frozen, "STOP").await?;
        sent.extend(burst);
        first.settled(a, &on_a).await?;
        relays(&first, &heir).await?;
        second.signal(&frozen, "CONT").await?;
        let ended = timeout(END, frozen.wait()).await.context("it goes on without the lease")??;
        ensure!(!ended.success(), "it ended with {ended}");
        ensure!(
            second.log()?.contains("another replica"),
            "it does not say why: {}",
            second.log()?
        );
        sent.extend(first.send(a, &on_a, 5).await?);
        first.settled(a, &on_a).await?;

        assert_eq!((sent.len(), back.len()), (245, 10));
        let unreceived = b.chain.unreceived_packets(TRANSFER_PORT, &on_b, &sent).await?;
        assert!(unreceived.is_empty(), "{unreceived:?} did not arrive");
        assert_eq!(messages(b, began[1]).await?, (sent.len(), back.len()));
        assert_eq!(messages(a, began[0]).await?, (back.len(), sent.len()));
        let costs = first.ferry(&["costs"]).await?;
        for line in costs["lines"].as_array().context("no costs")? {
            assert_eq!((&line["redundant"], &line["failed"]), (&0.into(), &0.into()), "{line}");
        }
        Ok(())
    })
}

/// Waits until a ferry holds the lease, as `status` has it.
async fn relays(replica: &Operator, ferry: &Child) -> anyhow::Result<()> {
    let process = format!(":{}", ferry.id().context("ferry has ended")?);
    let holds = async || {
        let status: Value = replica.ferry(&["status"]).await?;
        let holder = status["lease"]["holder"].as_str();
        Ok(holder.is_some_and(|holder| holder.ends_with(&process)).then_some(()))
    };
    clock::until(&replica.a.chain, "the replica holds the lease", holds).await
}

async fn stands_by(replica: &Operator) -> anyhow::Result<()> {
    let waits = async || Ok(replica.log()?.contains("this one stands by").then_some(()));
    clock::until(&replica.a.chain, "the replica stands by", waits).await
}

/// Waits until the first packets arrive.
async fn some_arrived(to: &Site, channel: &str, sent: &[u64]) -> anyhow::Result<()> {
    clock::until(&to.chain, "some packets arrive", async || {
        let missing = to.chain.unreceived_packets(TRANSFER_PORT, channel, sent).await?;
        Ok((missing.len() < sent.len()).then_some(()))
    })
    .await
}

/// How many receives and acknowledgements were paid for in the blocks after one.
async fn messages(site: &Site, after: u64) -> anyhow::Result<(usize, usize)> {
    let txs = carried(site, after).await?;
    let receives = txs.iter().map(|tx| tx.receives).sum();
    Ok((receives, txs.iter().map(|tx| tx.acknowledgements).sum()))
}
