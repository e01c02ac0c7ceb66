use std::collections::BTreeMap;

use anyhow::Context as _;
use e2e::clock;
use e2e::operator::Operator;
use e2e::puppet::{End, Puppet, Sent};
use serde_json::Value;

/// Packets that are sent at once.
const ALL: usize = 100;
/// Seconds after which a packet is too late that is not to be.
const LATE: u64 = 3_600;
/// What bad packets may cost the others.
const BLOCKS: u64 = 1;
/// After so many failures a message is given up here.
const TRIES: &str = "[ferry]\nmax_tries = 2\n";

/// Packets among the good ones, by their place: what each carries, and after how many seconds it is too late. See
/// `tests/puppet`.
const GREEDY: (usize, (&str, u64)) = (17, ("gas without end", LATE));
const DEAR: (usize, (&str, u64)) = (38, ("dear", LATE));
const LARGE: (usize, (&str, u64)) = (57, ("large acknowledgement", LATE));
const TOO_LATE: (usize, (&str, u64)) = (64, ("too late", 1));
const JUST_LATE: (usize, (&str, u64)) = (91, ("just late", 3));

/// Of a hundred packets in one block, all over one channel, one takes all gas there is, one takes more than may be paid
/// for, one has an acknowledgement that no relayer can bring, and two expire under way. Every other one is
/// acknowledged no more than a block later than without them; the bad ones end with their reasons, and the dear one
/// goes when the operator allows the gas.
#[test]
fn bad_packets_in_a_hundred_delay_no_other() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("").await?;
        operator.configure(|text| TRIES.to_owned() + &text)?;
        let linked = operator.link().await?;
        let _ferry = operator.start()?;
        let puppet = Puppet::new(&operator).await?;
        let alone = usual(&operator, &puppet).await?.max(usual(&operator, &puppet).await?);

        let mut packets = vec![("well", LATE); ALL];
        let bad = [GREEDY, DEAR, LARGE, TOO_LATE, JUST_LATE];
        bad.iter().for_each(|(place, packet)| packets[*place] = *packet);
        let sent = puppet.send(&operator.a, &packets).await?;
        let number = |bad: (usize, (&str, u64))| sent.sequences[bad.0];
        let is_good = |number: &u64| !bad.iter().any(|bad| sent.sequences[bad.0] == *number);
        let good = sent.sequences.iter().copied().filter(is_good).collect();
        let beside = blocks(&operator, &puppet, &Sent { sequences: good, ..sent }).await?;
        println!("blocks until the last acknowledgement: {alone} alone, {beside} beside bad ones");
        assert!(beside <= alone + BLOCKS, "{beside} blocks beside bad packets, {alone} without");

        let late = [number(TOO_LATE), number(JUST_LATE)];
        let ends = ended(&operator, &puppet, sent.height, &late).await?;
        assert!(matches!(ends[&late[0]], End::TimedOut(_)), "{ends:?}");
        let left = [
            (number(GREEDY), "receive", "out of gas"),
            (number(DEAR), "receive", "`max_gas` is"),
            (number(LARGE), "acknowledgement", "it is too large"),
        ];
        given_up(&operator, &left).await?;

        operator.configure(|text| text.replace("gas_price", "max_gas = 10000000\ngas_price"))?;
        operator.ferry(&["reload"]).await?;
        let path = linked["path"].as_str().context("no path")?;
        operator.ferry(&["clear", path]).await?;
        ended(&operator, &puppet, sent.height, &[number(DEAR)]).await?;
        given_up(&operator, &[left[0], left[2]]).await
    })
}

/// In how many blocks a hundred good packets are acknowledged.
async fn usual(operator: &Operator, puppet: &Puppet) -> anyhow::Result<u64> {
    let sent = puppet.send(&operator.a, &[("well", LATE); ALL]).await?;
    blocks(operator, puppet, &sent).await
}

/// How many blocks of chain A it took until all of these were acknowledged.
async fn blocks(operator: &Operator, puppet: &Puppet, sent: &Sent) -> anyhow::Result<u64> {
    let ends = ended(operator, puppet, sent.height, &sent.sequences).await?;
    let mut last = sent.height;
    for sequence in &sent.sequences {
        match ends[sequence] {
            End::Acknowledged(height) => last = last.max(height),
            end @ End::TimedOut(_) => anyhow::bail!("packet {sequence} is lost: {end:?}"),
        }
    }
    Ok(last - sent.height)
}

/// Waits until packets have ended.
async fn ended(
    operator: &Operator,
    puppet: &Puppet,
    since: u64,
    sequences: &[u64],
) -> anyhow::Result<BTreeMap<u64, End>> {
    let have_ended = async || {
        let ends = puppet.ends(&operator.a, since).await?;
        Ok(sequences.iter().all(|sequence| ends.contains_key(sequence)).then_some(ends))
    };
    clock::until(&operator.a.chain, "packets end", have_ended).await
}

/// Waits until ferry has given up these packets and has no others: the sequence, the message, the reason.
async fn given_up(operator: &Operator, expected: &[(u64, &str, &str)]) -> anyhow::Result<()> {
    let is_told = |packets: &[Value]| {
        let told = |(sequence, message, reason): &(u64, &str, &str)| {
            let is_it = |packet: &&Value| packet["sequence"] == *sequence;
            let why = packets.iter().find(is_it).and_then(|packet| packet["why"].as_str());
            why.is_some_and(|why| {
                why.starts_with(message) && why.contains("is given up") && why.contains(reason)
            })
        };
        packets.len() == expected.len() && expected.iter().all(told)
    };
    let mut last = Value::Null;
    let says = async || {
        last = operator.ferry(&["packets"]).await?["packets"].take();
        Ok(is_told(last.as_array().context("no packets")?).then_some(()))
    };
    let waited = clock::until(&operator.a.chain, "the bad ones end with their reasons", says).await;
    waited.with_context(|| format!("`ferry packets` says {last}"))
}
