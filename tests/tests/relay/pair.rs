use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use cosmos::chain::ibc_v2::TransferV2;
use e2e::clock;
use e2e::operator::Operator;
use entrepot::deploy::Site;

/// A client for asking whether a chain knows IBC v2 at all.
const ANY: &str = "07-tendermint-0";
/// What each transfer moves.
const UNITS: u128 = 7;

async fn send(operator: &Operator, from: &Site, client: &str, timeout: u64) -> anyhow::Result<u64> {
    let transfer = TransferV2 {
        client,
        amount: UNITS,
        denom: from.chain.config().gas_price.denom(),
        receiver: &operator.user,
        memo: "",
        timeout,
    };
    Ok(from.chain.transfer_v2(&from.key, transfer).await?.0)
}

async fn settled(from: &Site, client: &str) -> anyhow::Result<()> {
    let is_settled =
        async || Ok(from.chain.commitments_v2_at(client, 0).await?.is_empty().then_some(()));
    clock::until(&from.chain, "every packet between the clients is settled", is_settled).await
}

/// How much of what came over IBC the user has, by denom.
async fn vouchers(site: &Site, user: &str) -> anyhow::Result<BTreeSet<(String, u128)>> {
    let balances = site.chain.balances(user).await?;
    Ok(balances.into_iter().filter(|(denom, _)| denom.starts_with("ibc/")).collect())
}

/// Transfers of IBC v2 arrive both ways and are acknowledged, a late one comes back; what was sent
/// before a ferry knew the pair is found. With no ferry that runs, all that goes by hand too. Between chains that lack IBC v2 the verb says which one does.
#[test]
fn transfers_between_clients_arrive_or_come_back() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("").await?;
        let (a, b) = (&operator.a, &operator.b);
        let verb = ["link", "--v2", a.chain_id(), b.chain_id()];
        for site in [a, b] {
            if site.chain.counterparty(ANY).await.is_err() {
                let refused = operator.ferry(&verb).await.err().context("it is not refused")?;
                let lacks = format!("`{}` does not answer questions of IBC v2", site.chain_id());
                ensure!(format!("{refused:#}").contains(&lacks), "{refused:#}");
                println!("skipped: packets of IBC v2; {} does not know it", site.chain_id());
                return Ok(());
            }
        }
        let linked = operator.ferry(&verb).await?;
        let client = |end: &str| linked[end]["client"].as_str().unwrap_or_default().to_owned();
        let (on_a, on_b) = (client("a"), client("b"));
        assert_eq!(a.chain.counterparty(&on_a).await?.as_ref(), Some(&on_b));
        assert_eq!(b.chain.counterparty(&on_b).await?.as_ref(), Some(&on_a));
        assert_eq!(operator.ferry(&verb).await?, linked, "what is there is not made again");

        let money = async || a.chain.balance(&operator.user, "utok").await;
        let before = money().await?;
        // No chain takes a packet that is too late for its own clock, and theirs differ.
        let now = clock::now(&a.chain).await?.max(clock::now(&b.chain).await?);
        let transfer = TransferV2 {
            client: &on_a,
            amount: UNITS,
            denom: "utok",
            receiver: &operator.user,
            memo: "",
            timeout: now + 4,
        };
        a.chain.transfer_v2(&a.key, transfer).await?;
        assert_eq!(money().await?, before - UNITS);
        let late = clock::now(&b.chain).await? + 3_600;
        let had = (vouchers(a, &operator.user).await?, vouchers(b, &operator.user).await?);
        let sequence = send(&operator, a, &on_a, late).await?;
        send(&operator, b, &on_b, late).await?;
        // Unless it is late in earnest, another could still bring it.
        clock::reach(&b.chain, transfer.timeout).await?;
        let status = operator.ferry(&["status"]).await?;
        assert_eq!(status["paths"][0]["ibc"], "V2", "{status}");

        let ferry = operator.start()?;
        settled(a, &on_a).await?;
        settled(b, &on_b).await?;
        assert_eq!(money().await?, before, "what was late is back");
        for (site, client, had) in [(b, &on_b, had.1), (a, &on_a, had.0)] {
            let came = vouchers(site, &operator.user).await?;
            let new: Vec<_> = came.difference(&had).collect();
            assert_eq!(new.len(), 1, "one more denom at {client}: {new:?}");
            assert_eq!(new[0].1, UNITS);
        }
        assert!(b.chain.unreceived_v2_at(&on_b, &[sequence], 0).await?.is_empty());
        operator.stop(ferry).await?;
        by_hand(&operator, (&on_a, &on_b)).await?;
        registers_by_hand(&operator).await?;

        send(&operator, a, &on_a, late).await?;
        let heir = Operator::new("").await?;
        let adopted = heir.ferry(&[&verb[..], &["--client", &on_a]].concat()).await?;
        assert_eq!(adopted, linked);
        let _ferry = heir.start()?;
        settled(a, &on_a).await
    })
}

/// One packet is received and acknowledged by hand, another one, too late, taken back.
async fn by_hand(operator: &Operator, (on_a, on_b): (&str, &str)) -> anyhow::Result<()> {
    let (a, b) = (&operator.a, &operator.b);
    let now = clock::now(&a.chain).await?.max(clock::now(&b.chain).await?);
    let brief = now + 4;
    let late = send(operator, a, on_a, brief).await?;
    let packet = send(operator, a, on_a, now + 3_600).await?;
    let tx = async |verb: &str, sequence: u64| {
        let sequence = sequence.to_string();
        operator.ferry(&["tx", verb, a.chain_id(), on_a, &sequence]).await
    };
    let received = tx("recv", packet).await?;
    assert_eq!(received["chain"], b.chain_id(), "{received}");
    assert!(b.chain.unreceived_v2_at(on_b, &[packet], 0).await?.is_empty());
    tx("ack", packet).await?;
    clock::reach(&b.chain, brief).await?;
    tx("timeout", late).await?;
    assert!(a.chain.commitments_v2_at(on_a, 0).await?.is_empty());
    assert_eq!(b.chain.unreceived_v2_at(on_b, &[late], 0).await?, [late], "it came back");
    Ok(())
}

/// Two clients are made, and told of each other, by hand.
async fn registers_by_hand(operator: &Operator) -> anyhow::Result<()> {
    let (a, b) = (&operator.a, &operator.b);
    let create = async |on: &Site, of: &Site| {
        let made = operator.ferry(&["client", "create", on.chain_id(), of.chain_id()]).await?;
        Ok::<_, anyhow::Error>(made["client"].as_str().context("no client")?.to_owned())
    };
    let (on_a, on_b) = (create(a, b).await?, create(b, a).await?);
    for (site, own, other) in [(a, &on_a, &on_b), (b, &on_b, &on_a)] {
        operator.ferry(&["tx", "register", site.chain_id(), own, other]).await?;
        assert_eq!(site.chain.counterparty(own).await?.as_ref(), Some(other));
    }
    Ok(())
}
