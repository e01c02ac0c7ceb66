use anyhow::Context as _;
use cosmos::keys::encode_address;
use e2e::modules::pay_fees;
use e2e::operator::Operator;
use entrepot::deploy::Site;
use serde_json::Value;

use crate::blocks::{Carried, carried};
use crate::keys::send;

/// Packets of each transaction that sends some.
const BATCH: usize = 40;
/// More packets than are received in one transaction: some 65 take a twentieth of what fits into a block.
const TWO_BATCHES: usize = 100;
/// Such that a few of them are in the second transaction.
const A_FEW_MORE: usize = 70;

/// After the first batches of transfers ferry knows what such messages take: it asks no node any more, and what
/// it pays for is as close to what they take as before, also for a few of them behind a client update with which they
/// were simulated. Transfers to accounts that are new take more: there
/// it asks.
#[test]
fn gas_that_is_known_is_not_asked_for() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("").await?;
        operator.configure(|text| text + "[ferry]\nlog = \"ferry=debug\"\n")?;
        let linked = operator.link().await?;
        let channel = linked["a"]["channel"].as_str().unwrap();
        let a = &operator.a;
        let _ferry = operator.start()?;
        // It has to see whom it brings something to, then two hundred receives and acknowledgements, some of them in two
        // transactions behind a client update.
        for count in [1, TWO_BATCHES, BATCH, BATCH, BATCH] {
            operator.send(a, channel, count).await?;
            operator.settled(a, channel).await?;
        }
        let known = Watch::begin(&operator).await?;
        for _ in 0..3 {
            operator.send(a, channel, BATCH).await?;
        }
        operator.settled(a, channel).await?;
        let (asked, sent) = known.end(3 * BATCH).await?;
        assert!(asked * 2 <= sent, "{asked} simulations for {sent} transactions");
        let behind = Watch::begin(&operator).await?;
        operator.send(a, channel, A_FEW_MORE).await?;
        operator.settled(a, channel).await?;
        behind.end(A_FEW_MORE).await?;

        let new = Watch::begin(&operator).await?;
        let prefix = &operator.b.chain.config().prefix;
        let stranger = |number| encode_address(prefix, &[number; 20]);
        let strangers: Vec<String> = (1..=BATCH as u8).map(stranger).collect::<Result<_, _>>()?;
        let denom = a.chain.config().gas_price.denom();
        let receivers = strangers.iter().map(String::as_str);
        operator.send_each(a, (channel, denom), receivers).await?;
        operator.settled(a, channel).await?;
        new.end(BATCH).await?;
        Ok(())
    })
}

/// What `ferry costs` says was paid on a chain for packets: the fee of each line, and how many messages of it were
/// redundant.
pub(crate) fn for_packets(costs: &Value, on: &Site) -> anyhow::Result<Vec<(u128, u64)>> {
    let denom = on.chain.config().gas_price.denom();
    let lines = costs["lines"].as_array().context("no lines")?.iter();
    let is_here = |line: &&Value| {
        line["on"] == on.chain_id() && line["what"].as_str().is_some_and(|what| what.contains('/'))
    };
    let line = |line: &Value| {
        let fee = line["fee"].as_str().and_then(|fee| fee.strip_suffix(denom)).context("no fee")?;
        Ok((fee.parse()?, line["redundant"].as_u64().context("no count")?))
    };
    lines.filter(is_here).map(line).collect()
}

/// Whoever granted it pays for everything that is relayed, as `costs` has it, and the key itself for nothing: it has one unit, which the
/// account in whose name ferry simulates gets.
#[test]
fn a_granter_pays_the_fees() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("").await?;
        let b = &operator.b;
        let granted = &*operator.add_key("granted").await?;
        send(b, granted, 1).await?;
        pay_fees(&b.chain, &b.key, granted, None).await?;
        let id = format!("id = \"{}\"\n", b.chain_id());
        operator.configure(|text| {
            let (before, after) = text.split_once(&id).unwrap();
            let after = after.replacen("key = \"relayer\"", "key = \"granted\"", 1);
            format!("{before}{id}{after}")
        })?;
        operator.set_granter(b, &operator.user)?;
        let linked = operator.link().await?;
        let channel = linked["a"]["channel"].as_str().unwrap();
        let balance = async |address: &str| {
            let denom = b.chain.config().gas_price.denom();
            b.chain.balance(address, denom).await
        };
        assert_eq!(balance(granted).await?, 0);
        let before = balance(&operator.user).await?;
        let began = b.chain.height().await?;
        let _ferry = operator.start()?;
        operator.send(&operator.a, channel, 5).await?;
        operator.settled(&operator.a, channel).await?;
        let txs = carried(b, began).await?;
        assert_eq!(txs.iter().map(|tx| tx.receives).sum::<usize>(), 5);
        let fees: u128 = txs.iter().map(|tx| tx.fee).sum();
        assert_eq!(before - balance(&operator.user).await?, fees);
        assert!(fees > 0);
        for (by, lines) in [("channel", 1), ("day", 1), ("packet", 5)] {
            let on_b = for_packets(&operator.ferry(&["costs", "--by", by]).await?, b)?;
            assert_eq!(on_b.len(), lines, "by {by}");
            assert_eq!(on_b.iter().map(|(fee, _)| fee).sum::<u128>(), fees, "by {by}");
        }
        Ok(())
    })
}

/// What ferry asks and pays for from some moment on.
struct Watch<'a> {
    operator: &'a Operator,
    simulations: usize,
    began: [u64; 2],
}

impl<'a> Watch<'a> {
    async fn begin(operator: &'a Operator) -> anyhow::Result<Self> {
        let simulations = simulations(operator)?;
        let began = [operator.a.chain.height().await?, operator.b.chain.height().await?];
        Ok(Self { operator, simulations, began })
    }

    /// Simulations and transactions, once each of so many packets was received and acknowledged by one message
    /// each, in transactions whose gas limits are within 5 % of what they used.
    async fn end(self, packets: usize) -> anyhow::Result<(usize, usize)> {
        let asked = simulations(self.operator)? - self.simulations;
        let mut sent = carried(&self.operator.a, self.began[0]).await?;
        sent.extend(carried(&self.operator.b, self.began[1]).await?);
        let count = |of: fn(&Carried) -> usize| sent.iter().map(of).sum::<usize>();
        assert_eq!(count(|tx| tx.receives), packets, "each is received by one message");
        assert_eq!(count(|tx| tx.acknowledgements), packets, "and acknowledged by one");
        for Carried { gas_wanted, gas_used, receives, acknowledgements, .. } in &sent {
            println!("{receives} + {acknowledgements}: limit {gas_wanted}, {gas_used} used");
            let fits = (*gas_used..=gas_used * 105 / 100).contains(gas_wanted);
            assert!(fits, "limit {gas_wanted}, {gas_used} used");
        }
        Ok((asked, sent.len()))
    }
}

fn simulations(operator: &Operator) -> anyhow::Result<usize> {
    let log = operator.log()?;
    Ok(log.lines().filter(|line| line.contains("\"simulate\"")).count())
}
