use anyhow::Context as _;
use e2e::admission::allow;
use e2e::clock;
use e2e::operator::Operator;
use e2e::world::setting;
use entrepot::localnet::Localnet;

/// Such that a client that lets nobody of ours relay is looked at again soon.
const TERMS: &str = "trusting_period = \"50s\"";
/// Who has made the clients.
const CREATOR: &str = "user4";

/// The creator of a client lets others relay than ferry, while ferry runs: it says so, and `doctor` names both accounts that
/// are to be let in, the one that signs and the one in whose name it simulates. The first alone is not enough. With
/// both, ferry goes on by itself; shut out while it does not run, it says so from the start.
#[test]
fn a_client_that_lets_only_some_relay_is_told_and_served_when_it_lets_us() -> anyhow::Result<()> {
    crate::run(async || {
        let creator = Operator::signing_as(CREATOR, TERMS).await?;
        let linked = creator.link().await?;
        let operator = Operator::new(TERMS).await?;
        let (a, b) = (&operator.a, &operator.b);
        let text = |end: &str, key: &str| linked[end][key].as_str().context("not linked");
        let (client, channel) = (text("b", "client")?, text("a", "channel")?);
        let connection = ["--connection", text("a", "connection")?];
        operator.ferry(&[&["link", a.chain_id(), b.chain_id()], &connection[..]].concat()).await?;
        if b.chain.counterparty(client).await.is_err() {
            println!("skipped: on {} everybody may relay", b.chain_id());
            return Ok(());
        }
        let key = Localnet::read(&setting("E2E_LOCALNET")?)?.key(CREATOR)?;
        let ferry = operator.start()?;
        operator.send(a, channel, 1).await?;
        operator.settled(a, channel).await?;

        let other = operator.user.as_str();
        allow(b, &key, client, &[other]).await?;
        operator.send(a, channel, 1).await?;
        is_shut_out(&operator).await?;
        let ailments = operator.ailments().await?;
        let [signs, simulates] = &ailments[..] else { anyhow::bail!("{ailments:?}") };
        let signer = &operator.relayer;
        assert!(signs.contains(&format!("not {signer}, which signs")), "{signs}");
        assert!(simulates.contains("MsgUpdateClientConfig"), "{simulates}");
        let probe = simulates.split_once(", which simulates").context("no probe")?.0;
        let probe = probe.rsplit_once("not ").context("no probe")?.1;

        allow(b, &key, client, &[other, signer]).await?;
        clock::pass(&b.chain, 7).await?;
        is_shut_out(&operator).await?;
        assert_eq!(operator.ailments().await?.len(), 1);
        allow(b, &key, client, &[other, signer, probe]).await?;
        operator.settled(a, channel).await?;
        assert!(operator.ailments().await?.is_empty(), "{:?}", operator.ailments().await?);

        operator.stop(ferry).await?;
        allow(b, &key, client, &[other]).await?;
        operator.send(a, channel, 1).await?;
        let _ferry = operator.start()?;
        is_shut_out(&operator).await?;
        allow(b, &key, client, &[]).await?;
        operator.settled(a, channel).await
    })
}

/// Waits until ferry says of the packet that the client does not let it relay.
async fn is_shut_out(operator: &Operator) -> anyhow::Result<()> {
    let is_told = async || {
        let waiting = operator.waiting().await?;
        let told = |why: &String| why.contains("it lets only some accounts relay");
        Ok(waiting.iter().any(told).then_some(()))
    };
    clock::until(&operator.a.chain, "ferry says that it may not relay", is_told).await
}
