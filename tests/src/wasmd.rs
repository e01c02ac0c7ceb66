//! What wasmd's own command line makes of a file.

use std::path::Path;

use anyhow::{Context as _, ensure};
use cosmos::Any;
use cosmos::ibc_proto::cosmos::tx::v1beta1::{TxBody, TxRaw};
use cosmwasm_std::Binary;
use entrepot::deploy::Site;
use prost::Message as _;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::follower::described;

/// The messages of the transaction that `wasmd tx gov submit-proposal` makes of a proposal.
///
/// # Errors
/// It does not read the proposal.
pub async fn submission(site: &Site, proposal: &Value) -> anyhow::Result<Vec<Any>> {
    let described = described(site.chain_id())?;
    let wasmd = Path::new(described["wasmd"].as_str().context("no `wasmd`")?);
    let place = TempDir::new()?;
    let (file, unsigned) = (place.path().join("proposal.json"), place.path().join("tx.json"));
    std::fs::write(&file, serde_json::to_vec(proposal)?)?;
    let text = |path: &Path| path.to_str().map(str::to_owned).context("the name is no text");
    let offline = ["--generate-only", "--offline", "--account-number", "0", "--sequence", "0"];
    let from = ["--from", &site.address, "--home"];
    let place = text(place.path())?;
    let verb = ["tx", "gov", "submit-proposal", &text(&file)?];
    let tx = asked(wasmd, &[&verb[..], &offline, &from, &[&place]].concat()).await?;
    std::fs::write(&unsigned, tx)?;
    let encoded = asked(wasmd, &["tx", "encode", &text(&unsigned)?, "--home", &place]).await?;
    let bytes = Binary::from_base64(encoded.trim()).map_err(anyhow::Error::msg)?;
    let tx = TxRaw::decode(bytes.as_slice())?;
    Ok(TxBody::decode(tx.body_bytes.as_slice())?.messages)
}

async fn asked(wasmd: &Path, args: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(wasmd).args(args).output().await?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`wasmd {}` failed: {complaint}", args.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}
