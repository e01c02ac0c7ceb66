use anyhow::Context as _;
use e2e::operator::Operator;
use e2e::wasmd::submission;
use e2e::world::setting;
use e2e::{clock, modules};
use entrepot::deploy::Site;
use entrepot::localnet::Localnet;
use serde_json::Value;

/// Seconds for which clients trust a header here.
const PERIOD: u64 = 14;

async fn clients(operator: &Operator) -> anyhow::Result<Vec<Value>> {
    let status = operator.ferry(&["client", "status"]).await?;
    Ok(status["clients"].as_array().context("no clients")?.clone())
}

/// Submits a proposal that ferry has written, as wasmd's command line reads it; gives its number. It is made to be voted on
/// faster, for twice the deposit.
async fn submit(site: &Site, mut proposal: Value) -> anyhow::Result<u64> {
    proposal["expedited"] = true.into();
    proposal["deposit"] = "2000stake".into();
    let messages = submission(site, &proposal).await?;
    let submitted = site.chain.send_msgs(&site.key, &messages, "").await?;
    let number = submitted.attribute("submit_proposal", "proposal_id");
    Ok(number.context("no number")?.parse()?)
}

/// Clients outlive their trusting period while nothing is sent. Without a ferry they expire, with a packet under way each, and the
/// proposal that revives one names it, a healthy substitute and the chain's own deposit. Once governance has passed one
/// for each client, a ferry that runs goes on by itself.
#[test]
fn idle_clients_live_on_and_dead_ones_have_a_way_back() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new(&format!("trusting_period = \"{PERIOD}s\"")).await?;
        let linked = operator.link().await?;
        let ferry = operator.start()?;
        let begun = clock::now(&operator.a.chain).await?;
        clock::reach(&operator.a.chain, begun + PERIOD + 5).await?;
        for client in clients(&operator).await? {
            assert_eq!(client["status"], "active", "{client}");
        }

        drop(ferry);
        for (site, end) in [(&operator.a, "a"), (&operator.b, "b")] {
            let channel = linked[end]["channel"].as_str().context("no channel")?;
            operator.send(site, channel, 1).await?;
        }
        clock::reach(&operator.a.chain, begun + 2 * PERIOD + 10).await?;
        let dead = clients(&operator).await?;
        for client in &dead {
            assert_eq!(
                (&client["status"], &client["seconds_left"]),
                (&"expired".into(), &0.into())
            );
            assert!(client["revive"].as_str().is_some_and(|text| text.contains("client recover")));
        }
        let ailments = operator.ailments().await?;
        let is_named = |line: &&String| line.contains("takes no updates; `ferry client create");
        assert_eq!(ailments.iter().filter(is_named).count(), 2, "{ailments:?}");
        revive(&operator, &dead, &linked).await
    })
}

/// A client as the configuration now says has another trust level than the dead one: governance would vote for nothing.
async fn other_terms(operator: &Operator, dead: &Value) -> anyhow::Result<()> {
    let (on, of) = (operator.a.chain_id(), operator.b.chain_id());
    let made = operator.ferry(&["client", "create", on, of]).await?;
    let substitute = made["client"].as_str().context("no client was made")?;
    let subject = dead["client"].as_str().context("no client")?;
    let verb = ["client", "recover", on, subject, "--substitute", substitute];
    let refused = operator.refused(&verb).await?;
    let says = format!(
        "`trust_level` is 2/3, expected 1/3; `ferry client create {on} {of} --like {subject}`"
    );
    anyhow::ensure!(refused.contains(&says), "{refused}");
    Ok(())
}

/// Has ferry write the proposals and governance pass them; the packets arrive.
async fn revive(operator: &Operator, dead: &[Value], linked: &Value) -> anyhow::Result<()> {
    let (a, b) = (&operator.a, &operator.b);
    // Governance takes a while.
    let longer = "\"1h\"\ntrust_threshold = \"2/3\"";
    operator.configure(|text| text.replace(&format!("\"{PERIOD}s\""), longer))?;
    other_terms(operator, &dead[0]).await?;
    let mut proposals = Vec::new();
    for (client, (on, of)) in dead.iter().zip([(a, b), (b, a)]) {
        let subject = client["client"].as_str().context("no client")?;
        let create = ["client", "create", on.chain_id(), of.chain_id(), "--like", subject];
        let made = operator.ferry(&create).await?;
        let substitute = made["client"].as_str().context("no client was made")?;
        let verb = ["client", "recover", on.chain_id(), subject, "--substitute", substitute];
        let proposal = operator.ferry(&verb).await?;
        let message = &proposal["messages"][0];
        assert_eq!(message["@type"], "/ibc.core.client.v1.MsgRecoverClient");
        assert_eq!(message["subject_client_id"], subject);
        assert_eq!(message["substitute_client_id"], substitute);
        assert_eq!(proposal["deposit"], "1000stake", "what local chains demand");
        proposals.push((on, proposal));
    }
    let _ferry = operator.start()?;
    let has_expired = async || {
        let waiting = operator.waiting().await?;
        let told = waiting.iter().filter(|why| why.contains("it has expired"));
        Ok((told.count() == 2).then_some(()))
    };
    clock::until(&a.chain, "ferry says why both packets wait", has_expired).await?;

    let voter = Localnet::read(&setting("E2E_LOCALNET")?)?.key("validator")?;
    let mut numbers = Vec::new();
    for (site, proposal) in proposals {
        numbers.push((site, submit(site, proposal).await?));
    }
    for (site, number) in numbers {
        modules::pass(&site.chain, &voter, number).await?;
    }
    for (site, end) in [(a, "a"), (b, "b")] {
        operator.settled(site, linked[end]["channel"].as_str().context("no channel")?).await?;
    }
    for client in clients(operator).await? {
        assert_eq!(client["status"], "active", "{client}");
    }
    Ok(())
}
