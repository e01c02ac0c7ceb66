use std::collections::BTreeMap;

use anyhow::Context as _;
use cosmos::ibc_proto::ibc::core::channel::v1::State;
use e2e::clock;
use e2e::operator::Operator;
use e2e::puppet::{End, Puppet, Sent};
use serde_json::Value;

use crate::keys::send;

/// Packets that are sent at once.
const ALL: usize = 100;
/// Seconds after which a packet is too late that is not to be.
const LATE: u64 = 3_600;
/// What it may cost the others to look at the bad ones, on a machine that is busy. A message that another one takes down is
/// tried again 1, 2, 4, 8, 16 and more blocks later, until it is given up.
const BLOCKS: u64 = 16;
/// No chain takes a packet that carries nothing.
const NOTHING: (&str, u64) = ("", LATE);
/// After so many failures a message is given up when it is seen that the others did not wait.
const TRIES: &str = "[ferry]\nmax_tries = 2\n";

/// Packets among the good ones, by their place: what each carries, and after how many seconds it is too late. See
/// `tests/puppet`.
const GREEDY: (usize, (&str, u64)) = (17, ("gas without end", LATE));
const DEAR: (usize, (&str, u64)) = (38, ("dear", LATE));
const LARGE: (usize, (&str, u64)) = (57, ("large acknowledgement", LATE));
const TOO_LATE: (usize, (&str, u64)) = (64, ("too late", 0));
const JUST_LATE: (usize, (&str, u64)) = (91, ("just late", 3));

/// Of a hundred packets in one block, all over one channel, one takes all gas there is, one takes more than may be paid
/// for, one has an acknowledgement that no relayer can bring, and two expire under way. No other one is tried again with
/// them; the bad ones end with their reasons, and the dear one goes when the operator allows the gas. When somebody closes
/// the channel, the one that nobody could receive comes back.
#[test]
fn bad_packets_in_a_hundred_delay_no_other() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("").await?;
        let linked = operator.link().await?;
        let _ferry = operator.start()?;
        operator.is_running().await?;
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

        operator.configure(|text| TRIES.to_owned() + &text)?;
        operator.ferry(&["reload"]).await?;
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
        given_up(&operator, &[left[0], left[2]]).await?;

        takes_what_was_sent(&operator, &puppet).await?;
        close(&operator, &puppet).await?;
        let ends = ended(&operator, &puppet, sent.height, &[number(GREEDY)]).await?;
        assert!(matches!(ends[&number(GREEDY)], End::TimedOut(_)), "{ends:?}");
        Ok(())
    })
}

/// Of the messages in one transaction one fails, a packet that it had sent included, and its contract goes on without
/// it: ferry sees the one packet that is sent after all, which bears the number of the one that is not.
async fn takes_what_was_sent(operator: &Operator, puppet: &Puppet) -> anyhow::Result<()> {
    let undone = [("undone", LATE), NOTHING];
    let sent = puppet.send_after(&operator.a, &undone, &[("well", LATE)]).await?;
    let ends = ended(operator, puppet, sent.height, &sent.sequences).await?;
    assert!(matches!(ends[&sent.sequences[0]], End::Acknowledged(_)), "{ends:?}");
    Ok(())
}

/// Somebody closes the end on B, beside the ferry that runs and with another key. ferry closes the end on A.
async fn close(operator: &Operator, puppet: &Puppet) -> anyhow::Result<()> {
    let (a, b) = (&operator.a, &operator.b);
    let helper = operator.add_key("helper").await?;
    send(b, &helper, 10_000_000).await?;
    let (port, channel) = &puppet.other;
    let verb = ["channel", "close", b.chain_id(), channel, "--port", port, "--key", "helper"];
    operator.ferry(&verb).await?;
    let closed = i32::from(State::Closed);
    let are_closed = async || {
        let here = a.chain.channel(&puppet.port, &puppet.channel).await?.context("no channel")?;
        let there = b.chain.channel(port, channel).await?.context("no channel")?;
        Ok((here.state == closed && there.state == closed).then_some(()))
    };
    clock::until(&a.chain, "both ends are closed", are_closed).await
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
