use anyhow::Context as _;
use e2e::clock;
use e2e::operator::Operator;
use serde_json::Value;

/// Seconds for which clients trust a header here.
const PERIOD: u64 = 14;

async fn clients(operator: &Operator) -> anyhow::Result<Vec<Value>> {
    let status = operator.ferry(&["client", "status"]).await?;
    Ok(status["clients"].as_array().context("no clients")?.clone())
}

/// Clients outlive their trusting period while nothing is sent. Without a ferry they expire, and the
/// proposal that revives one names it, a healthy substitute and the chain's own deposit.
#[test]
fn idle_clients_live_on_and_dead_ones_have_a_way_back() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new(&format!("trusting_period = \"{PERIOD}s\"")).await?;
        operator.link().await?;
        let ferry = operator.start()?;
        let (a, b) = (operator.a.chain_id(), operator.b.chain_id());
        let begun = clock::now(&operator.a.chain).await?;
        clock::reach(&operator.a.chain, begun + PERIOD + 5).await?;
        for client in clients(&operator).await? {
            assert_eq!(client["status"], "active", "{client}");
        }

        drop(ferry);
        clock::reach(&operator.a.chain, begun + 2 * PERIOD + 10).await?;
        let dead = clients(&operator).await?;
        for client in &dead {
            assert_eq!(
                (&client["status"], &client["seconds_left"]),
                (&"expired".into(), &0.into())
            );
            assert!(client["revive"].as_str().is_some_and(|text| text.contains("client recover")));
        }
        let subject = dead[0]["client"].as_str().context("no client")?;
        let made = operator.ferry(&["client", "create", a, b]).await?;
        let substitute = made["client"].as_str().context("no client was made")?;
        let verb = ["client", "recover", a, subject, "--substitute", substitute];
        let proposal = operator.ferry(&verb).await?;
        let message = &proposal["messages"][0];
        assert_eq!(message["@type"], "/ibc.core.client.v1.MsgRecoverClient");
        assert_eq!(message["subject_client_id"], subject);
        assert_eq!(message["substitute_client_id"], substitute);
        assert_eq!(proposal["deposit"], "1000stake", "what local chains demand");
        Ok(())
    })
}
