use anyhow::{Context as _, ensure};
use e2e::clock;
use e2e::operator::Operator;
use entrepot::deploy::Site;

use crate::blocks::{Carried, carried};
use crate::economy::for_packets;
use crate::keys::balance;

/// Packets after which it is clear who leads: more than half of what a ferry remembers.
const ENOUGH: usize = 12;
/// How many blocks the second ferry leaves to the one that leads. One is enough where blocks take seconds; these take
/// half of one, on a machine that does other things.
const POLITE: u64 = 8;
/// How many blocks the second ferry leaves to others when it is only there in case they fail.
const BACKUP: u64 = 3;
/// How often both may race before they must have met.
const RACES: usize = 24;
/// Packets of one race, and how many each ferry puts into a transaction: a node refuses one of which others do
/// everything, and takes one of which they do a part.
const RACING: usize = 40;
const BATCHES: [usize; 2] = [7, 5];

/// Two ferries with keys of their own.
struct Pair {
    first: Operator,
    second: Operator,
    /// The channel on A.
    channel: String,
}

impl Pair {
    async fn new() -> anyhow::Result<Self> {
        let first = Operator::new("").await?;
        let linked = first.link().await?;
        let text = |key: &str| linked["a"][key].as_str().context("not linked");
        let second = Operator::signing_as("user4", "").await?;
        let (a, b) = (first.a.chain_id(), first.b.chain_id());
        second.ferry(&["link", a, b, "--connection", text("connection")?]).await?;
        Ok(Self { channel: text("channel")?.to_owned(), first, second })
    }

    /// Has packets carried, by whomever.
    async fn carry(&self, packets: usize) -> anyhow::Result<()> {
        self.first.send(&self.first.a, &self.channel, packets).await?;
        self.first.settled(&self.first.a, &self.channel).await
    }

    /// What the second ferry's key has.
    async fn purse(&self) -> anyhow::Result<[u128; 2]> {
        let Operator { a, b, relayer, .. } = &self.second;
        Ok([balance(a, relayer).await?, balance(b, relayer).await?])
    }
}

/// How many blocks of `to` are older than the one that received the packet sent last, and newer than the header that
/// proves it.
async fn left_to_others(pair: &Pair, sent: u64, received: u64) -> anyhow::Result<u64> {
    let (from, to) = (&pair.first.a.chain, &pair.first.b.chain);
    let proved = from.rpc().block(sent + 1).await?.block.header.time;
    let mut blocks = 0;
    for height in (1..received).rev() {
        if to.rpc().block(height).await?.block.header.time <= proved {
            break;
        }
        blocks += 1;
    }
    Ok(blocks)
}

/// While one ferry brings everything the other pays for nothing. When it is killed the other goes on, after as many blocks
/// as it is told to leave to others.
async fn one_leads(pair: &Pair) -> anyhow::Result<()> {
    let leader = pair.first.start()?;
    pair.carry(ENOUGH).await?;
    let had = pair.purse().await?;
    let polite = format!("polite_blocks = {POLITE}\ngas_price");
    pair.second.configure(|text| text.replace("gas_price", &polite))?;
    let second = pair.second.start()?;
    let has_read = async || {
        let log = pair.second.log()?;
        Ok(log.contains("path is served").then_some(()))
    };
    clock::until(&pair.second.b.chain, "the second ferry runs", has_read).await?;
    for _ in 0..3 {
        pair.carry(2).await?;
    }
    assert_eq!(pair.purse().await?, had, "the second ferry has paid");

    drop(leader);
    let backup = format!("backup_blocks = {BACKUP}\ngas_price");
    pair.second.configure(|text| {
        text.replace(&format!("polite_blocks = {POLITE}\n"), "").replace("gas_price", &backup)
    })?;
    pair.second.ferry(&["reload"]).await?;
    let Operator { a, b, .. } = &pair.first;
    let began = [a.chain.height().await?, b.chain.height().await?];
    pair.carry(1).await?;
    let sent = first_with(a, began[0], "send_packet").await?;
    let received = first_with(b, began[1], "recv_packet").await?;
    let left = left_to_others(pair, sent, received).await?;
    ensure!(left >= BACKUP, "it left {left} blocks to others");
    pair.second.stop(second).await?;
    Ok(())
}

/// The first block after one with an event of this kind.
async fn first_with(site: &Site, after: u64, kind: &str) -> anyhow::Result<u64> {
    for height in after + 1..=site.chain.height().await? {
        let txs = site.chain.rpc().block_results(height).await?.txs;
        if txs.iter().flat_map(|tx| &tx.events).any(|event| event.kind == kind) {
            return Ok(height);
        }
    }
    anyhow::bail!("no `{kind}` after block {after}")
}

/// What both have paid for packets on a chain, and how many messages of them were redundant.
async fn accounts(pair: &Pair, on: &Site) -> anyhow::Result<(u128, u64)> {
    let mut sum = (0, 0);
    for operator in [&pair.first, &pair.second] {
        for (fee, redundant) in for_packets(&operator.ferry(&["costs"]).await?, on)? {
            sum = (sum.0 + fee, sum.1 + redundant);
        }
    }
    Ok(sum)
}

/// Two that leave each other no time, with batches of different sizes, bring some packets twice. Each counts what it has paid for nothing, and both together
/// account for every fee that the chains took.
async fn both_race(pair: &Pair, began: [u64; 2], carried_before: usize) -> anyhow::Result<()> {
    for (operator, batch) in [&pair.first, &pair.second].into_iter().zip(BATCHES) {
        let terms = format!("polite_blocks = 0\nmax_msgs = {batch}\ngas_price");
        operator.configure(|text| {
            let text = text.replace(&format!("backup_blocks = {BACKUP}"), "backup_blocks = 0");
            text.replace("gas_price", &terms)
        })?;
    }
    let _ferries = (pair.first.start()?, pair.second.start()?);
    let Operator { a, b, .. } = &pair.first;
    let mut packets = carried_before;
    let mut messages = [0; 2];
    for _ in 0..RACES {
        pair.carry(RACING).await?;
        packets += RACING;
        clock::pass(&a.chain, 1).await?;
        let sum = |txs: &[Carried], of: fn(&Carried) -> usize| txs.iter().map(of).sum::<usize>();
        messages = [
            sum(&carried(a, began[0]).await?, |tx| tx.acknowledgements) - packets,
            sum(&carried(b, began[1]).await?, |tx| tx.receives) - packets,
        ];
        if messages.iter().sum::<usize>() > 0 {
            break;
        }
    }
    ensure!(messages.iter().sum::<usize>() > 0, "they never met in {RACES} races");
    for (site, (began, redundant)) in [a, b].into_iter().zip(began.into_iter().zip(messages)) {
        let fees: u128 = carried(site, began).await?.iter().map(|tx| tx.fee).sum();
        let is_counted = async || {
            let counted = accounts(pair, site).await?;
            Ok((counted == (fees, redundant as u64)).then_some(()))
        };
        let counted = clock::until(&site.chain, "all is accounted for", is_counted).await;
        let on = site.chain_id();
        counted.with_context(|| format!("{fees}, {redundant} redundant on {on}"))?;
    }
    Ok(())
}

/// See [`one_leads`] and [`both_race`].
#[test]
fn of_two_ferries_one_pays_and_both_know_what_a_race_costs() -> anyhow::Result<()> {
    crate::run(async || {
        let pair = Pair::new().await?;
        let Operator { a, b, .. } = &pair.first;
        let began = [a.chain.height().await?, b.chain.height().await?];
        one_leads(&pair).await?;
        both_race(&pair, began, ENOUGH + 3 * 2 + 1).await
    })
}
