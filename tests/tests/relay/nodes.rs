use anyhow::{Context as _, ensure};
use e2e::clock;
use e2e::follower::{Follower, Peers};
use e2e::gate::{Gate, Mode};
use e2e::operator::Operator;
use protocol::ics20::TRANSFER_PORT;
use serde_json::Value;

/// So much of what a node has is not thrown away here.
const KEPT: [&str; 4] = [
    "--min-retain-blocks=10",
    "--pruning=custom",
    "--pruning-keep-recent=30",
    "--pruning-interval=10",
];

fn channels(linked: &Value) -> anyhow::Result<[String; 2]> {
    let channel = |end: &str| linked[end]["channel"].as_str().map(str::to_owned);
    Ok([channel("a").context("no channel")?, channel("b").context("no channel")?])
}

/// Waits until ferry has logged a text.
async fn logged(operator: &Operator, text: &str) -> anyhow::Result<()> {
    let is_logged = async || Ok(operator.log()?.contains(text).then_some(()));
    clock::until(&operator.a.chain, &format!("ferry logs `{text}`"), is_logged).await
}

/// Nothing was skipped, and nothing was paid for in vain.
async fn all_read(operator: &Operator) -> anyhow::Result<()> {
    let status = operator.ferry(&["status"]).await?;
    assert_eq!(status["gaps"], Value::Array(Vec::new()), "{status}");
    assert!(!operator.log()?.contains("blocks are not kept any more"), "{}", operator.log()?);
    let costs = operator.ferry(&["costs"]).await?;
    for line in costs["lines"].as_array().context("no lines")? {
        assert_eq!((&line["failed"], &line["redundant"]), (&0.into(), &0.into()), "{line}");
    }
    Ok(())
}

/// The node of the chain on which packets arrive is stopped and started, killed and started, and replaced by a copy of
/// itself of before, which has not come as far as ferry has read: ferry says so each time, waits, skips no block and
/// pays nothing twice. Another ferry that knows nothing finds what was sent from there.
#[test]
fn a_node_may_stop_die_and_be_put_back() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("").await?;
        let (a, b) = (&operator.a, &operator.b);
        let linked = operator.link().await?;
        let [on_a, _] = channels(&linked)?;
        let mut node = Follower::of(&b.chain, &[]).await?;
        operator.configure(|text| text.replace(b.chain.rpc().endpoint(), &node.rpc))?;
        let ferry = operator.start()?;
        operator.send(a, &on_a, 3).await?;
        operator.settled(a, &on_a).await?;

        node.stop().await?;
        let before = node.copy()?;
        operator.send(a, &on_a, 3).await?;
        logged(&operator, "node does not serve blocks").await?;
        node.start(Peers::Validator).await?;
        operator.settled(a, &on_a).await?;
        logged(&operator, "node serves blocks again").await?;

        operator.send(a, &on_a, 3).await?;
        node.kill().await?;
        node.start(Peers::Validator).await?;
        operator.settled(a, &on_a).await?;

        node.stop().await?;
        node.put_back(&before)?;
        operator.send(a, &on_a, 3).await?;
        node.start(Peers::Nobody).await?;
        logged(&operator, "node is behind, waiting for it").await?;
        let ailments = operator.ailments().await?;
        let is_behind = |line: &String| line.starts_with("height") && line.contains("caught up");
        assert!(ailments.iter().any(is_behind), "{ailments:?}");
        node.stop().await?;
        node.start(Peers::Validator).await?;
        operator.settled(a, &on_a).await?;
        all_read(&operator).await?;
        operator.stop(ferry).await?;
        finds_all_without_an_index(&operator, &node, &linked).await
    })
}

/// What was sent from a chain before another ferry knew the connection is found, with its data, though the chain's only
/// node has no index of transactions.
async fn finds_all_without_an_index(
    before: &Operator,
    node: &Follower,
    linked: &Value,
) -> anyhow::Result<()> {
    let (a, b) = (&before.a, &before.b);
    let [on_a, on_b] = channels(linked)?;
    let mut sent = before.send(b, &on_b, 7).await?;
    sent.extend(before.send(b, &on_b, 3).await?);
    // What its node does not know yet was sent after ferry was told.
    node.reaches(b.chain.height().await?).await?;
    let heir = Operator::new("").await?;
    heir.configure(|text| text.replace(b.chain.rpc().endpoint(), &node.rpc))?;
    let connection = linked["a"]["connection"].as_str().context("no connection")?;
    let verb = ["link", a.chain_id(), b.chain_id(), "--connection", connection];
    let adopted = heir.ferry(&verb).await?;
    assert_eq!(adopted["pending"], 0, "{adopted}");
    let unreceived = a.chain.unreceived_packets(TRANSFER_PORT, &on_a, &sent).await?;
    assert!(unreceived.is_empty(), "{unreceived:?} did not arrive");
    let left = b.chain.packet_commitments(TRANSFER_PORT, &on_b).await?;
    assert!(left.is_empty(), "{left:?} are not acknowledged");
    Ok(())
}

/// How many packets `ferry status` says are lost.
async fn lost(operator: &Operator) -> anyhow::Result<usize> {
    let status = operator.ferry(&["status"]).await?;
    let gaps = status["gaps"].as_array().context("no gaps")?;
    Ok(gaps.iter().filter_map(|gap| gap["lost"].as_array()).map(Vec::len).sum())
}

/// The only node of a chain has thrown away the blocks that came while ferry did not run, and the header that the client
/// on the other chain trusts. What comes to this chain arrives all the same. ferry says which packets it has no bytes of,
/// and which header it lacks; told of an archive, it carries everything.
#[test]
fn what_a_node_has_thrown_away_is_told_and_found_in_an_archive() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("").await?;
        let (a, b) = (&operator.a, &operator.b);
        let [on_a, on_b] = channels(&operator.link().await?)?;
        let node = Follower::of(&a.chain, &KEPT).await?;
        let archive = a.chain.rpc().endpoint().to_owned();
        operator.configure(|text| text.replace(&archive, &node.rpc))?;
        operator.send(a, &on_a, 5).await?;
        let sent = operator.send(b, &on_b, 5).await?;
        node.lacks(a.chain.height().await?).await?;
        let ailments = operator.ailments().await?;
        let is_gone = |line: &String| line.starts_with("history") && line.contains("scans");
        assert!(ailments.iter().any(is_gone), "{ailments:?}");

        let ferry = operator.start()?;
        let have_arrived = async || {
            let left = a.chain.unreceived_packets(TRANSFER_PORT, &on_a, &sent).await?;
            Ok(left.is_empty().then_some(()))
        };
        clock::until(&a.chain, "what comes to the chain arrives", have_arrived).await?;
        let are_told = async || Ok((lost(&operator).await? == 5).then_some(()));
        clock::until(&a.chain, "ferry says which packets it has no bytes of", are_told).await?;
        let ailments = operator.ailments().await?;
        let is_cured =
            |line: &String| line.starts_with("packets") && line.contains("`archive_rpc`");
        assert!(ailments.iter().any(is_cured), "{ailments:?}");
        logged(&operator, "is not available, lowest height is").await?;
        operator.stop(ferry).await?;

        let line = format!("archive_rpc = [\"{archive}\"]\naddress_prefix");
        operator.configure(|text| text.replacen("address_prefix", &line, 1))?;
        let _ferry = operator.start()?;
        operator.settled(b, &on_b).await?;
        operator.ferry(&["clear", &format!("{}-{}", a.chain_id(), b.chain_id())]).await?;
        operator.settled(a, &on_a).await?;
        let is_closed = async || {
            let status = operator.ferry(&["status"]).await?;
            Ok((status["gaps"] == Value::Array(Vec::new())).then_some(()))
        };
        clock::until(&a.chain, "everything is looked at, and nothing is lost", is_closed).await
    })
}

/// A node that does not answer when ferry starts keeps nothing else from being served. When it hangs up, answers
/// nothing, an error or something else, ferry says so, and carries what was sent meanwhile as soon as it answers.
#[test]
fn a_node_may_answer_nothing_or_anything() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("rpc_timeout = \"2s\"").await?;
        let (a, b) = (&operator.a, &operator.b);
        let [on_a, _] = channels(&operator.link().await?)?;
        let gate = Gate::before(b.chain.rpc().endpoint(), Mode::Shut).await?;
        operator.configure(|text| text.replace(b.chain.rpc().endpoint(), &gate.address))?;
        let _ferry = operator.start()?;
        operator.send(a, &on_a, 1).await?;
        let is_told = async || {
            let waiting = operator.waiting().await?;
            let why = "not read or not configured";
            Ok(waiting.iter().any(|line| line.contains(why)).then_some(()))
        };
        clock::until(&a.chain, "ferry says why the packet waits", is_told).await?;
        gate.set(Mode::Open);
        operator.settled(a, &on_a).await?;

        for (mode, fault) in [
            (Mode::Shut, "cannot be reached"),
            (Mode::Silent, "no answer within"),
            (Mode::Error, "HTTP status 500"),
            (Mode::Garbage, "malformed"),
        ] {
            let known = operator.log()?.len();
            gate.set(mode);
            operator.send(a, &on_a, 2).await?;
            let is_told = async || {
                let log = operator.log()?;
                let mut lines = log[known..].lines();
                let told = |line: &str| {
                    line.contains("node does not serve blocks") && line.contains(fault)
                };
                Ok(lines.any(told).then_some(()))
            };
            let waited = clock::until(&a.chain, "ferry says what is wrong", is_told).await;
            waited.with_context(|| format!("{mode:?}"))?;
            gate.set(Mode::Open);
            operator.settled(a, &on_a).await?;
        }
        ensure!(operator.log()?.matches("node serves blocks again").count() >= 4);
        all_read(&operator).await
    })
}
