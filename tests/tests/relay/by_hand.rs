use anyhow::Context as _;
use cosmos::ibc_proto::ibc::core::connection::v1::State;
use cosmos::keys::Key;
use e2e::clock;
use e2e::modules::pay_fees;
use e2e::operator::Operator;
use protocol::ics20::TRANSFER_PORT;
use serde_json::{Value, json};

use crate::doctor;

/// Seconds after which the second packet is too late.
const BRIEF: &str = "2s";

/// With no ferry that runs, one packet is received and acknowledged by hand and another one, too late, taken
/// back; what is not owed is refused with the verb that is, and a dry run sends nothing. Who grants fees pays them, with
/// the configured multiplier. A channel is begun by
/// hand and its handshake, wherever it is, goes on by hand. A connection that was only begun is opened, also by a command
/// that was killed half-way and is given again. Beside a ferry that runs its key is refused; it opens another one.
#[test]
fn single_messages_go_by_hand() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("").await?;
        let linked = operator.link().await?;
        let text = |end: &str, key: &str| linked[end][key].as_str().context("not linked");
        let (a, b) = (&operator.a, &operator.b);
        let (on_a, on_b) = (text("a", "channel")?, text("b", "channel")?);
        let coin = format!("1{}", a.chain.config().gas_price.denom());
        let from = ["transfer", a.chain_id(), on_a, &coin, &operator.user];
        operator.ferry(&from).await?;
        operator.ferry(&[&from[..], &["--timeout", BRIEF]].concat()).await?;
        let of = |verb| ["tx", verb, a.chain_id(), on_a];

        doctor::names_each_fault(&operator).await?;
        let nobody = pays_by_grant(&operator).await?;
        let ailments = operator.ailments().await?;
        let is_named = |line: &String| line.contains(&format!("feegrant grant {nobody}"));
        assert!(ailments.iter().any(is_named), "{ailments:?}");
        let balance = async |address: &str| {
            let denom = b.chain.config().gas_price.denom();
            b.chain.balance(address, denom).await
        };
        let had = (balance(&operator.relayer).await?, balance(&operator.user).await?);
        let dry = operator.ferry(&[&of("recv")[..], &["1", "--dry-run"]].concat()).await?;
        assert_eq!(
            (&dry["outcome"], &dry["chain"]),
            (&"would_succeed".into(), &b.chain_id().into())
        );
        let unreceived = async || b.chain.unreceived_packets(TRANSFER_PORT, on_b, &[1, 2]).await;
        assert_eq!(unreceived().await?, [1, 2]);
        let limit = dry["gas"].as_u64().context("no gas")? * 11 / 10 + 3_000;
        let price = &b.chain.config().gas_price;
        let told = dry["fee"].as_str().and_then(|fee| fee.strip_suffix(price.denom()));
        let told: u128 = told.context("no fee")?.parse()?;
        // A multiplier's rest is rounded up.
        assert!((price.fee(limit)..=price.fee(limit + 1)).contains(&told), "{dry}");
        let done = operator.ferry(&[&of("recv")[..], &["1"]].concat()).await?;
        assert_eq!((&done["outcome"], &done["client_updates"]), (&"included".into(), &1.into()));
        assert_eq!(unreceived().await?, [2]);
        assert_eq!([&done["granter"], &dry["granter"]], [&operator.user; 2]);
        assert_eq!(done["passed_over"][0]["granter"], nobody, "{done}");
        let has = (balance(&operator.relayer).await?, balance(&operator.user).await?);
        let fee = format!("{}{}", had.1 - has.1, price.denom());
        assert_eq!((has.0, &done["fee"]), (had.0, &fee.into()), "{done}");

        let complaint = operator.refused(&[&of("recv")[..], &["1"]].concat()).await?;
        assert!(complaint.contains("`ferry tx ack` sends it"), "{complaint}");
        operator.ferry(&[&of("ack")[..], &["1"]].concat()).await?;
        operator.ferry(&[&of("timeout")[..], &["2"]].concat()).await?;
        assert!(a.chain.packet_commitments(TRANSFER_PORT, on_a).await?.is_empty());
        assert_eq!(unreceived().await?, [2], "a packet that was taken back arrived");
        let complaint = operator.refused(&[&of("timeout")[..], &["2"]].concat()).await?;
        assert!(complaint.contains("holds no packet 2"), "{complaint}");

        let made = opens_a_channel(&operator, text("a", "connection")?).await?;
        let [half, begun, tried] = begins_connections(&operator).await?;
        goes_on_after_a_kill(&operator, &half, &tried).await?;
        let _ferry = operator.start()?;
        operator.is_running().await?;
        let complaint =
            operator.refused(&["tx", "update-client", b.chain_id(), text("b", "client")?]).await?;
        assert!(complaint.contains("give another --key"), "{complaint}");
        operator.send(a, &made, 1).await?;
        operator.settled(a, &made).await?;
        finishes_what_others_began(&operator, [&begun, &tried]).await
    })
}

/// Somebody begins two connections between clients that ferry does not know: one on A only, and one whose second step is
/// made, so that B has an end of it that A does not know yet. Gives both on A, and that end.
async fn begins_connections(operator: &Operator) -> anyhow::Result<[String; 3]> {
    let (a, b) = (operator.a.chain_id(), operator.b.chain_id());
    let client = async |on: &str, of: &str| {
        let made = operator.ferry(&["client", "create", on, of]).await?;
        Ok::<_, anyhow::Error>(made["client"].as_str().context("no client")?.to_owned())
    };
    let (on_a, on_b) = (client(a, b).await?, client(b, a).await?);
    let made = |done: Value| {
        Ok::<_, anyhow::Error>(done["made"].as_str().context("no connection")?.to_owned())
    };
    let init = ["tx", "connection-init", a, &on_a, &on_b];
    let half = made(operator.ferry(&init).await?)?;
    let begun = made(operator.ferry(&init).await?)?;
    let tried = made(operator.ferry(&["tx", "connection-next", a, &begun]).await?)?;
    let shown = operator.ferry(&["connection", "show", a, &begun]).await?;
    assert_eq!(shown["connections"][0]["next"], format!("connection ack, to {a}"), "{shown}");
    Ok([half, begun, tried])
}

/// The command that takes over a connection of A.
fn adopt<'a>(operator: &'a Operator, path: &'a str, connection: &'a str) -> [&'a str; 7] {
    let (a, b) = (operator.a.chain_id(), operator.b.chain_id());
    ["link", a, b, "--path", path, "--connection", connection]
}

/// Told of a connection that others have only begun, ferry is killed when it has made the end on B, which comes after
/// `last`. Told the same again, it makes the steps that are left, and pays for nothing twice.
async fn goes_on_after_a_kill(operator: &Operator, begun: &str, last: &str) -> anyhow::Result<()> {
    let b = &operator.b.chain;
    let number = last.strip_prefix("connection-").context("another kind of name")?;
    let next = format!("connection-{}", number.parse::<u64>()? + 1);
    let verb = adopt(operator, "half", begun);
    let mut killed = operator.begin(&verb)?;
    let is_half_way = async || Ok(b.connection(&next).await?.map(drop));
    clock::until(b, "the connection has an end on B", is_half_way).await?;
    killed.kill().await?;
    let adopted = operator.ferry(&verb).await?;
    assert_eq!(adopted["b"]["connection"], next, "{adopted}");
    is_open(operator, begun, &adopted).await?;
    let costs = operator.ferry(&["costs"]).await?;
    for line in costs["lines"].as_array().context("no lines")? {
        assert_eq!((&line["redundant"], &line["failed"]), (&0.into(), &0.into()), "{line}");
    }
    Ok(())
}

/// Told of a connection that others have only begun, a ferry that runs opens it, over the end that the other chain has.
async fn finishes_what_others_began(
    operator: &Operator,
    [begun, tried]: [&str; 2],
) -> anyhow::Result<()> {
    let adopted = operator.ferry(&adopt(operator, "begun", begun)).await?;
    assert_eq!(adopted["b"]["connection"], tried, "a second end was made");
    is_open(operator, begun, &adopted).await?;
    let gone = operator.ferry(&["link", "--forget", "begun"]).await?;
    assert_eq!((&gone["forgotten"], &gone["unneeded"]), (&true.into(), &json!([])), "{gone}");
    Ok(())
}

/// Both ends of a connection that was taken over are open, and know each other.
async fn is_open(operator: &Operator, begun: &str, adopted: &Value) -> anyhow::Result<()> {
    let other = adopted["b"]["connection"].as_str().context("no connection")?;
    for (site, name, counterparty) in [(&operator.a, begun, other), (&operator.b, other, begun)] {
        let end = site.chain.connection(name).await?.context("no connection")?;
        assert_eq!(end.state, i32::from(State::Open), "{name} of {}", site.chain_id());
        let client = end.client_id;
        assert_eq!(&end.counterparty.context("no other end")?.connection_id, counterparty);
        // Those that were begun, and no third.
        let connections = site.chain.client_connections(&client).await?;
        assert!(
            connections.len() == 2 && connections.contains(&name.to_owned()),
            "{connections:?}"
        );
    }
    Ok(())
}

/// Lets the user pay ferry's fees on B, behind somebody who does not; gives the latter's address.
async fn pays_by_grant(operator: &Operator) -> anyhow::Result<String> {
    let b = &operator.b;
    pay_fees(&b.chain, &b.key, &operator.relayer, None).await?;
    let nobody = b.chain.address(&Key::from_secret(&[92; 32])?)?;
    let id = format!("id = \"{}\"\n", b.chain_id());
    let granters = format!("fee_granter = [\"{nobody}\", \"{}\"]\n", operator.user);
    let terms = format!("{id}{granters}gas_multiplier = 1.1\n");
    operator.configure(|text| text.replace(&id, &terms))?;
    Ok(nobody)
}

/// Opens a second channel, step by step; gives its end on A.
async fn opens_a_channel(operator: &Operator, connection: &str) -> anyhow::Result<String> {
    let (a, b) = (operator.a.chain_id(), operator.b.chain_id());
    let made =
        |done: &Value| Ok::<_, anyhow::Error>(done["made"].as_str().context("no end")?.to_owned());
    let on_a = made(&operator.ferry(&["tx", "channel-init", a, connection]).await?)?;
    let on_b = made(&operator.ferry(&["tx", "channel-next", a, &on_a]).await?)?;
    let shown = operator.ferry(&["channel", "show", b, &on_b]).await?;
    assert_eq!(shown["channels"][0]["next"], format!("channel ack, to {a}"));
    operator.ferry(&["tx", "channel-next", b, &on_b]).await?;
    operator.ferry(&["tx", "channel-next", b, &on_b]).await?;
    let shown = operator.ferry(&["channel", "show", a, &on_a]).await?;
    let ends = shown["channels"][0]["ends"].as_array().context("no ends")?;
    assert!(ends.iter().all(|end| end["state"] == "open"), "{shown}");
    let complaint = operator.refused(&["tx", "channel-next", b, &on_b]).await?;
    assert!(complaint.contains("no step is owed"), "{complaint}");
    Ok(on_a)
}
