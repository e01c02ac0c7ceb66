use std::time::Duration;

use anyhow::Context as _;
use cosmos::chain::ibc::Transfer;
use cosmos::wire::height::Height;
use e2e::clock;
use e2e::operator::Operator;
use e2e::page::{Page, TOKEN};
use e2e::third_party::ThirdParty;
use e2e::world::setting;
use entrepot::deploy::Site;
use entrepot::localnet::Localnet;
use protocol::ics20::TRANSFER_PORT;
use serde_json::{Value, json};

use crate::blocks::carried;
use crate::forgetting;
use crate::keys::balance;
use crate::kills::killed_and_robbed;

/// More than ferry's key has.
const LOW: &str = "low_balance = 9000000000000000000";
/// Another account of the localnet.
const STRANGER: &str = "user4";
/// What systemd, Ctrl-C and an upgrade may wait for.
const STOPS_WITHIN: Duration = Duration::from_secs(5);

/// A dry run says what would be sent and what it costs, and sends nothing. A ferry that is stopped in
/// the middle ends in time and forgets nothing; what it pays for is had once, also when it is killed over and over and loses
/// its store, and after a backup of then is put back that knows nothing of what came later.
#[test]
fn a_ferry_stops_in_the_middle_and_forgets_nothing() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("").await?;
        let linked = operator.link().await?;
        let (on_a, on_b) = (channel(&linked, "a")?, channel(&linked, "b")?);
        let mut sent = operator.send(&operator.a, &on_a, 60).await?;
        sent.extend(operator.send(&operator.a, &on_a, 60).await?);
        dry_run(&operator, (&on_b, &sent)).await?;
        let began = [operator.a.chain.height().await?, operator.b.chain.height().await?];

        let ferry = operator.start()?;
        let b = &operator.b.chain;
        let is_under_way = async || {
            let left = b.unreceived_packets(TRANSFER_PORT, &on_b, &sent).await?;
            Ok((left.len() < sent.len()).then_some(()))
        };
        clock::until(b, "packets are under way", is_under_way).await?;
        let backup = operator.file("backup.db");
        let backup = backup.to_str().context("the name is no text")?;
        operator.ferry(&["backup", backup]).await?;
        let took = operator.stop(ferry).await?;
        assert!(took <= STOPS_WITHIN, "ferry took {took:?} to stop");
        let left = operator.a.chain.packet_commitments(TRANSFER_PORT, &on_a).await?;
        assert!(!left.is_empty(), "nothing was in flight any more");

        let ferry = operator.start()?;
        operator.settled(&operator.a, &on_a).await?;
        operator.send(&operator.a, &on_a, 20).await?;
        operator.settled(&operator.a, &on_a).await?;
        operator.stop(ferry).await?;
        let connection = linked["a"]["connection"].as_str().context("no connection")?;
        let more = killed_and_robbed(&operator, connection, &on_a).await?;
        operator.ferry(&["restore", backup]).await?;
        let _ferry = operator.start()?;
        operator.send(&operator.a, &on_a, 5).await?;
        operator.settled(&operator.a, &on_a).await?;
        let on_a = carried(&operator.a, began[0]).await?;
        let on_b = carried(&operator.b, began[1]).await?;
        let packets = sent.len() + 25 + more;
        assert_eq!(on_b.iter().map(|tx| tx.receives).sum::<usize>(), packets);
        assert_eq!(on_a.iter().map(|tx| tx.acknowledgements).sum::<usize>(), packets);
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
/// filters and paused paths, serves a new channel, of a contract of others, without a restart, and forgets a path. What it
/// serves over HTTP agrees with the chains, and changes something only for one who has the token.
#[test]
fn a_running_ferry_takes_other_settings_and_a_contracts_channel() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new(LOW).await?;
        let linked = operator.link().await?;
        let (a, on_a) = (&operator.a, channel(&linked, "a")?);
        let page = Page::of(&operator)?;
        let had = moneys(&operator).await?;
        let _ferry = operator.start()?;
        operator.send(a, &on_a, 3).await?;
        operator.settled(a, &on_a).await?;
        shows_what_was_done(&operator, page, (&on_a, 3), had).await?;

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
        filters(&operator, page, (path, &on_a)).await?;
        let paused = format!("[ferry]\npaused = [\"{path}\"]\n");
        operator.configure(|text| paused.clone() + &text)?;
        operator.ferry(&["reload"]).await?;
        operator.send(a, &on_a, 1).await?;
        waits(&operator, "paused").await?;
        let packets = page.json(&format!("/api/packets?path={path}")).await?;
        assert_eq!(packets.as_array().map(Vec::len), Some(1), "{packets}");
        assert!(packets[0]["why"].as_str().is_some_and(|why| why.contains("paused")), "{packets}");
        assert!(packets[0]["age_seconds"].as_u64().is_some_and(|age| age > 0), "{packets}");
        let gone = forgetting::a_path_goes(&operator, path).await?;
        operator.configure(|text| text.replacen(&paused, "", 1))?;
        operator.ferry(&["reload"]).await?;
        forgetting::it_comes_again(&operator, &gone).await?;
        operator.settled(a, &on_a).await
    })
}

/// What ferry's key has on both chains.
async fn moneys(operator: &Operator) -> anyhow::Result<[u128; 2]> {
    let relayer = &operator.relayer;
    Ok([balance(&operator.a, relayer).await?, balance(&operator.b, relayer).await?])
}

/// ferry's figures are the chains': packets, fees, money; it is in health, and warns of a key that has little until the
/// operator says that this is enough.
async fn shows_what_was_done(
    operator: &Operator,
    page: Page,
    (on_a, packets): (&str, u128),
    had: [u128; 2],
) -> anyhow::Result<()> {
    let a = &operator.a;
    let end = format!("chain=\"{}\",channel=\"{on_a}\",port=\"{TRANSFER_PORT}\"", a.chain_id());
    let between = |from: &str, to: &str| format!("src_chain=\"{from}\",dst_chain=\"{to}\"");
    let (ours, theirs) = (a.chain_id(), operator.b.chain_id());
    for (name, labels) in [
        ("ferry_packets_sent_total", end.clone()),
        ("ferry_packets_received_total", end.clone()),
        ("ferry_packets_acknowledged_total", end.clone()),
        ("receive_packets_confirmed_total", between(ours, theirs)),
        ("acknowledgment_packets_confirmed_total", between(theirs, ours)),
    ] {
        let is_counted = async || Ok((page.metric(name, &labels).await? == packets).then_some(()));
        clock::until(&a.chain, name, is_counted).await?;
    }
    assert_eq!(page.metric("ferry_packets_pending", &end).await?, 0);
    let has = moneys(operator).await?;
    for (site, (had, has)) in [a, &operator.b].into_iter().zip(had.into_iter().zip(has)) {
        let chain = format!("chain=\"{}\"", site.chain_id());
        let paid = page.metric("ferry_fees_total", &chain).await?;
        assert_eq!((paid, paid > 0), (had - has, true), "what was paid on {chain}");
    }
    for path in ["/health", "/ready"] {
        assert_eq!(page.get(path).await?.0, 200, "{}", page.get(path).await?.1);
    }
    assert_eq!(page.json("/api/status").await?["costs"][0]["acknowledged"], packets as u64);
    what_was_paid_is_what_is_stored(operator, page).await?;

    assert!(operator.log()?.contains("the account that pays fees is running dry"));
    let key = format!("chain=\"{}\",account=\"{}\"", a.chain_id(), operator.relayer);
    assert_eq!(page.metric("ferry_wallet_low", &key).await?, 1);
    operator.configure(|text| text.replace(LOW, "low_balance = 1"))?;
    operator.ferry(&["reload"]).await?;
    let has_enough = async || Ok((page.metric("ferry_wallet_low", &key).await? == 0).then_some(()));
    clock::until(&a.chain, "ferry warns no more", has_enough).await?;
    assert_eq!(page.metric("ferry_wallet_balance", &key).await?, has[0]);
    Ok(())
}

/// The page adds up what `ferry link` paid before this start, and what was paid since: to the unit what `ferry costs` finds.
async fn what_was_paid_is_what_is_stored(operator: &Operator, page: Page) -> anyhow::Result<()> {
    let is_read = async || {
        let paid = page.json("/api/paid").await?;
        Ok((paid["complete"] == true).then_some(paid))
    };
    let paid = clock::until(&operator.a.chain, "the books of before are read", is_read).await?;
    let month = paid["periods"][2]["lines"].as_array().context("no lines")?;
    let stored = operator.ferry(&["costs"]).await?;
    let stored = stored["lines"].as_array().context("no lines")?;
    for chain in [operator.a.chain_id(), operator.b.chain_id()] {
        let fees = month.iter().filter_map(|line| line["fees"].as_array()).flatten();
        let on_page = fees.filter(|fee| fee["chain"] == chain).map(|fee| &fee["amount"]);
        let on_disk = stored.iter().filter(|line| line["on"] == chain).map(|line| &line["fee"]);
        let on_page = on_page.map(units).sum::<anyhow::Result<u128>>()?;
        let on_disk = on_disk.map(units).sum::<anyhow::Result<u128>>()?;
        assert_eq!((on_page, on_page > 0), (on_disk, true), "what was paid on {chain}");
    }
    Ok(())
}

/// How many units an amount has, with or without its denom.
fn units(amount: &Value) -> anyhow::Result<u128> {
    let text = amount.as_str().context("no amount")?;
    Ok(text.trim_end_matches(|c: char| !c.is_ascii_digit()).parse()?)
}

/// Transfers of a sender, of a denom, and with a memo that are not to be carried stay, another one in between does not.
/// When they may be, they go as soon as ferry is told over HTTP to look at them anew.
async fn filters(
    operator: &Operator,
    page: Page,
    (path, on_a): (&str, &str),
) -> anyhow::Result<()> {
    let a = &operator.a;
    let key = Localnet::read(&setting("E2E_LOCALNET")?)?.key(STRANGER)?;
    let address = a.chain.address(&key)?;
    let filters = format!(
        "filter.deny_senders = [\"{address}\"]\nfilter.deny_denoms = [\"utok\"]\n\
         filter.max_memo_bytes = 9\ngas_price"
    );
    operator.configure(|text| text.replacen("gas_price", &filters, 1))?;
    operator.ferry(&["reload"]).await?;
    let stranger = Site { key, address, ..a.clone() };
    let mut kept = operator.send(&stranger, on_a, 1).await?;
    kept.extend(operator.send_units(a, on_a, (1, "utok")).await?);
    operator.send(a, on_a, 1).await?;
    let long = Transfer {
        channel: on_a,
        amount: 1,
        denom: a.chain.config().gas_price.denom(),
        receiver: &operator.user,
        memo: "ten bytes!",
        timeout_height: Height::default(),
        timeout_timestamp: (clock::now(&a.chain).await? + 3_600) * 1_000_000_000,
    };
    kept.extend(operator.transfer(a, std::iter::once(long)).await?);
    let are_kept = async || {
        let left = a.chain.packet_commitments(TRANSFER_PORT, on_a).await?;
        Ok((left == kept).then_some(()))
    };
    clock::until(&a.chain, "only what is not to be carried is left", are_kept).await?;
    for filter in ["deny_senders", "deny_denoms", "max_memo_bytes"] {
        says(operator, filter).await?;
    }

    operator.configure(|text| text.replacen(&filters, "gas_price", 1))?;
    operator.ferry(&["reload"]).await?;
    let clear = format!("/clear_packets?path={path}");
    for token in [None, Some("another token, that is wrong")] {
        assert_eq!(page.post(&clear, token).await?.0, 401);
    }
    waits(operator, "deny_senders").await?;
    let (status, answer) = page.post(&clear, Some(TOKEN)).await?;
    assert!(status == 202 && answer.contains(path), "{status}: {answer}");
    operator.settled(a, on_a).await
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
