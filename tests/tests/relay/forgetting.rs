use anyhow::{Context as _, ensure};
use e2e::operator::Operator;
use serde_json::Value;

/// A path with a packet that waits, since it is paused. What a dry run says beside the ferry that runs changes
/// nothing; the path is forgotten only when that is meant, and what was paid for it stays in the books.
pub(crate) async fn a_path_goes(operator: &Operator, path: &str) -> anyhow::Result<Value> {
    let dry = operator.ferry(&["clear", path, "--dry-run"]).await?;
    let waits = dry["waiting"][0]["why"].as_str().context("nothing waits")?;
    ensure!(waits.contains("paused") && dry["waiting_total"] == 1, "{dry}");
    ensure!(dry["transactions"] == Value::Array(Vec::new()), "{dry}");

    let forget = ["link", "--forget", path];
    let complaint = operator.refused(&forget).await?;
    ensure!(complaint.contains("1 packets that are not over"), "{complaint}");
    let would = operator.ferry(&[&forget[..], &["--dry-run"]].concat()).await?;
    ensure!(would["forgotten"] == false && operator.waiting().await?.len() == 1, "{would}");

    let costs = operator.ferry(&["costs"]).await?;
    let gone = operator.ferry(&[&forget[..], &["--yes"]].concat()).await?;
    ensure!(
        gone["forgotten"] == true && gone["packets"] == 1 && gone["transactions"] == 0,
        "{gone}"
    );
    ensure!(operator.waiting().await?.is_empty(), "packets of it are left");
    let status = operator.ferry(&["status"]).await?;
    ensure!(
        status["paths"] == Value::Array(Vec::new()) && status["pending_packets"] == 0,
        "{status}"
    );
    ensure!(operator.ferry(&["costs"]).await? == costs, "the books have changed");
    let again = operator.refused(&forget).await?;
    ensure!(again.contains("there is no path"), "{again}");
    Ok(gone)
}

/// The command that it was told takes the path up again finds what is pending on its channels.
pub(crate) async fn it_comes_again(operator: &Operator, gone: &Value) -> anyhow::Result<()> {
    let again = gone["again"].as_str().context("no command")?;
    let again: Vec<&str> = again.split(' ').skip(1).collect();
    let adopted = operator.ferry(&again).await?;
    ensure!(adopted["channels"] == gone["channels"] && adopted["pending"] == 0, "{adopted}");
    Ok(())
}
