use std::time::Duration;

use anyhow::Context as _;
use e2e::clock;
use e2e::operator::Operator;
use e2e::third_party::ThirdParty;
use e2e::world::setting;
use protocol::ics20::TRANSFER_PORT;
use serde_json::{Value, json};

/// What systemd, Ctrl-C and an upgrade may wait for.
const STOPS_WITHIN: Duration = Duration::from_secs(5);

/// A dry run says what would be sent and what it costs, and sends nothing. A ferry that is stopped in
/// the middle ends in time and forgets nothing; what it pays for is had once.
#[test]
fn a_ferry_stops_in_the_middle_and_forgets_nothing() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("").await?;
        let linked = operator.link().await?;
        let (on_a, on_b) = (channel(&linked, "a")?, channel(&linked, "b")?);
        let mut sent = operator.send(&operator.a, &on_a, 60).await?;
        sent.extend(operator.send(&operator.a, &on_a, 60).await?);
        dry_run(&operator, (&on_b, &sent)).await?;

        let ferry = operator.start()?;
        let b = &operator.b.chain;
        let is_under_way = async || {
            let left = b.unreceived_packets(TRANSFER_PORT, &on_b, &sent).await?;
            Ok((left.len() < sent.len()).then_some(()))
        };
        clock::until(b, "packets are under way", is_under_way).await?;
        let took = operator.stop(ferry).await?;
        assert!(took <= STOPS_WITHIN, "ferry took {took:?} to stop");
        let left = operator.a.chain.packet_commitments(TRANSFER_PORT, &on_a).await?;
        assert!(!left.is_empty(), "nothing was in flight any more");

        let _ferry = operator.start()?;
        operator.settled(&operator.a, &on_a).await?;
        let costs = operator.ferry(&["costs"]).await?;
        let lines = costs["lines"].as_array().context("no lines")?;
        let wasted = |line: &&Value| line["redundant"] != 0 || line["failed"] != 0;
        assert_eq!(lines.iter().find(wasted), None, "paid for nothing");
        Ok(())
    })
}

async fn dry_run(operator: &Operator, (on_b, sent): (&str, &[u64])) -> anyhow::Result<()> {
    let b = &operator.b.chain;
    let before = b.account(&operator.relayer).await?.sequence;
    let plan = operator.ferry(&["start", "--dry-run"]).await?;
    let transactions = plan["transactions"].as_array().context("no transactions")?;
    let messages = transactions.iter().filter_map(|tx| tx["messages"].as_array());
    assert_eq!(messages.map(Vec::len).sum::<usize>(), sent.len(), "{plan}");
    let denom = b.config().gas_price.denom();
    let cost = plan["costs"][operator.b.chain_id()].as_str().context("no costs")?;
    let fee: u128 = cost.strip_suffix(denom).context("another denom")?.parse()?;
    assert!(fee > 0, "{plan}");
    assert_eq!(b.account(&operator.relayer).await?.sequence, before, "something was sent");
    let unreceived = b.unreceived_packets(TRANSFER_PORT, on_b, sent).await?;
    assert_eq!(unreceived.len(), sent.len());
    Ok(())
}

fn channel(linked: &Value, end: &str) -> anyhow::Result<String> {
    Ok(linked[end]["channel"].as_str().context("no channel")?.to_owned())
}

/// A running ferry refuses a wrong configuration by its line and goes on with the old one; it takes over
/// filters and paused paths, and serves a new channel, of a contract of others, without a restart.
#[test]
fn a_running_ferry_takes_other_settings_and_a_contracts_channel() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("").await?;
        let linked = operator.link().await?;
        let (a, on_a) = (&operator.a, channel(&linked, "a")?);
        let _ferry = operator.start()?;
        operator.send(a, &on_a, 1).await?;
        operator.settled(a, &on_a).await?;

        operator.configure(|text| text.replacen("gas_price", "gas_prize", 1))?;
        let complaint = operator.refused(&["reload"]).await?;
        assert!(complaint.contains("line 6") && complaint.contains("gas_prize"), "{complaint}");
        let filter = format!("filter.deny_channels = [\"transfer/{on_a}\"]\ngas_price");
        operator.configure(|text| text.replacen("gas_prize", &filter, 1))?;
        operator.ferry(&["reload"]).await?;
        operator.send(a, &on_a, 1).await?;
        says(&operator, "deny_channels").await?;

        carries_a_contracts_packets(&operator).await?;

        assert!(is_said(&operator, "deny_channels").await?, "it was carried meanwhile");
        operator.configure(|text| text.replacen(&filter, "gas_price", 1))?;
        operator.ferry(&["reload"]).await?;
        operator.settled(a, &on_a).await?;

        let path = linked["path"].as_str().context("no path")?;
        let paused = format!("[ferry]\npaused = [\"{path}\"]\n");
        operator.configure(|text| paused.clone() + &text)?;
        operator.ferry(&["reload"]).await?;
        operator.send(a, &on_a, 1).await?;
        waits(&operator, "paused").await?;
        operator.configure(|text| text.replacen(&paused, "", 1))?;
        operator.ferry(&["reload"]).await?;
        operator.settled(a, &on_a).await
    })
}

/// Waits until ferry says of a packet why it is not carried, and sees that it is not.
async fn waits(operator: &Operator, why: &str) -> anyhow::Result<()> {
    says(operator, why).await?;
    clock::pass(&operator.b.chain, 2).await?;
    assert!(is_said(operator, why).await?, "it is carried all the same");
    Ok(())
}

async fn says(operator: &Operator, why: &str) -> anyhow::Result<()> {
    let is_told = async || Ok(is_said(operator, why).await?.then_some(()));
    clock::until(&operator.a.chain, "ferry says why the packet waits", is_told).await
}

async fn is_said(operator: &Operator, why: &str) -> anyhow::Result<bool> {
    Ok(operator.waiting().await?.iter().any(|line| line.contains(why)))
}

/// cw20-ics20, as it was published, sends a coin to the other chain's transfer module and pays it out again.
async fn carries_a_contracts_packets(operator: &Operator) -> anyhow::Result<()> {
    let (a, b) = (&operator.a, &operator.b);
    let code_id = ThirdParty::below(&setting("ARTIFACTS")?).store(a, "cw20_ics20").await?;
    let init = json!({
        "default_timeout": 3_600, "gov_contract": operator.user, "allowlist": [],
        "default_gas_limit": null,
    });
    let new = cosmos::chain::wasm::NewContract { code_id, label: "ics20", admin: None, funds: &[] };
    let (contract, _) = a.chain.instantiate(&a.key, new, &init).await?;
    let port = format!("wasm.{contract}");
    let linked = operator.ferry(&["link", a.chain_id(), b.chain_id(), "--a-port", &port]).await?;
    let (on_a, on_b) = (channel(&linked, "a")?, channel(&linked, "b")?);

    let denom = a.chain.config().gas_price.denom();
    let transfer = json!({ "transfer": {
        "channel": on_a, "remote_address": operator.user, "timeout": null, "memo": null,
    }});
    a.chain.execute(&a.key, &contract, &transfer, &[(1_000, denom)]).await?;
    let is_over =
        async || Ok(a.chain.packet_commitments(&port, &on_a).await?.is_empty().then_some(()));
    clock::until(&a.chain, "the contract's packet is acknowledged", is_over).await?;
    let mut voucher = None;
    for (held, units) in b.chain.balances(&operator.user).await? {
        let path = entrepot::denom::path(&b.chain, &held).await?;
        if path == format!("{TRANSFER_PORT}/{on_b}/{denom}") {
            voucher = Some((held, units));
        }
    }
    let (voucher, units) = voucher.context("there is no voucher")?;
    assert_eq!(units, 1_000);
    operator.send_units(b, &on_b, (3, &voucher)).await?;
    operator.settled(b, &on_b).await?;
    assert_eq!(a.chain.balance(&contract, denom).await?, 997, "the contract has paid out");
    Ok(())
}
