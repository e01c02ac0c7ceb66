use std::time::Duration;

use anyhow::{Context as _, ensure};
use cosmos::Any;
use cosmos::ibc_proto::ibc::core::client::v1::MsgUpdateClient;
use cosmos::wire::client::ClientState;
use cosmos::wire::tx::any;
use e2e::clock;
use e2e::forge::forge;
use e2e::operator::Operator;
use entrepot::deploy::Site;
use serde_json::Value;

/// Seconds by which the connection here holds packets back.
const DELAY: u64 = 2;

/// The height up to which a client knows the chain that it follows.
async fn known(on: &Site, client: &str) -> anyhow::Result<u64> {
    let state = on.chain.client_state(client).await?.context("there is no client")?;
    Ok(ClientState::from_any(&state)?.latest_height.block)
}

async fn give(on: &Site, client: &str, header: Any) -> anyhow::Result<()> {
    let update = any(&MsgUpdateClient {
        client_id: client.to_owned(),
        client_message: Some(header),
        signer: on.chain.address(&on.key)?,
    });
    on.chain.send_msgs(&on.key, &[update], "").await?;
    Ok(())
}

async fn is_frozen(on: &Site, client: &str) -> anyhow::Result<Option<()>> {
    let status = on.chain.client_status(client).await?;
    ensure!(["Active", "Frozen"].contains(&status.as_str()), "the client is {status}");
    Ok((status == "Frozen").then_some(()))
}

/// Sends packets over a connection that delays and waits until they are over: `ferry packets` says that
/// the connection delays, and nothing fails.
async fn wait_out(operator: &Operator, channel: &str) -> anyhow::Result<()> {
    let a = &operator.a;
    operator.send(a, channel, 3).await?;
    let sent = clock::now(&a.chain).await?;
    let says_why = async || {
        let pending = operator.ferry(&["packets"]).await?;
        let delays = |packet: &Value| {
            packet["why"].as_str().is_some_and(|why| why.contains("the delay of its connection"))
        };
        let mut packets = pending["packets"].as_array().context("no list")?.iter();
        Ok(packets.any(delays).then_some(()))
    };
    clock::until(&a.chain, "`ferry packets` says that the connection delays", says_why).await?;
    operator.settled(a, channel).await?;
    let took = clock::now(&a.chain).await? - sent;
    ensure!(took >= 2 * DELAY, "packets were back after {took} s");
    let costs = operator.ferry(&["costs"]).await?;
    for line in costs["lines"].as_array().context("no lines")? {
        assert_eq!((&line["failed"], &line["redundant"]), (&0.into(), &0.into()), "{line}");
    }
    Ok(())
}

/// Packets over a connection that delays wait for it both ways. Then A's validator signs another header
/// for a block that A has made, and B's validator one of the near future for a height that B reaches in
/// days: each client that is given such a header is shown the chain's own and freezes, and ferry says
/// how it is revived.
#[test]
fn delays_are_waited_out_and_forged_headers_freeze_clients() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("").await?;
        let (a, b) = (&operator.a, &operator.b);
        let linked = operator.ferry(&["link", a.chain_id(), b.chain_id(), "--delay", "2s"]).await?;
        let text = |end: &str, key: &str| linked[end][key].as_str().context("not linked");
        let _ferry = operator.start()?;
        wait_out(&operator, text("a", "channel")?).await?;

        let (on_a, on_b) = (text("a", "client")?, text("b", "client")?);
        let header = forge(&a.chain, known(b, on_b).await?, |header| {
            header.app_hash = vec![7; 32].try_into().expect("any bytes are a hash");
        });
        give(b, on_b, header.await?).await?;
        let header = forge(&b.chain, known(a, on_a).await?, |header| {
            let height = header.height.value() + 1_000_000;
            header.height = height.try_into().expect("heights go further");
            header.time = (header.time + Duration::from_secs(2)).expect("time goes on");
        });
        give(a, on_a, header.await?).await?;
        clock::until(&b.chain, "the client on B freezes", async || is_frozen(b, on_b).await)
            .await?;
        clock::until(&a.chain, "the client on A freezes", async || is_frozen(a, on_a).await)
            .await?;
        let status = operator.ferry(&["client", "status"]).await?;
        for client in status["clients"].as_array().context("no clients")? {
            assert_eq!(client["status"], "frozen", "{client}");
            assert!(client["revive"].as_str().is_some_and(|text| text.contains("client recover")));
        }
        let told = "client was given a header that the chain did not make";
        assert_eq!(operator.log()?.matches(told).count(), 2);
        Ok(())
    })
}
