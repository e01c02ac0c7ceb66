//! `entrepot provider register`

use anyhow::Context as _;
use market::msg::ExecuteMsg;
use protocol::deployment::Attribute;

use super::super::Place;
use super::super::sent::{CoinArg, Sent};
use super::Common;
use crate::provider::check_uri;

const EXAMPLES: &str = "\
Examples:
  entrepot provider register --host-uri https://p.example.org --stake 1000000stake --attribute region=eu-west
  entrepot provider register --host-uri https://new.example.org      again: changes it; a stake is added

An attribute that a live lease requires should stay: without it the tenant may leave at once.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Where tenants reach the provider's gateway.
    #[arg(long, value_name = "URI")]
    host_uri: String,
    /// The stake; when it is registered already, what is added to it.
    #[arg(long, value_name = "COIN")]
    stake: Option<CoinArg>,
    /// What it says of itself; all of it each time. Can be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    attribute: Vec<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let Args { host_uri, stake, attribute, common } = args;
    let attributes = attribute.iter().map(|text| read(text));
    let attributes = attributes.collect::<anyhow::Result<Vec<_>>>()?;
    check_uri(&host_uri)?;
    let desk = common.desk(place).await?;
    let (outcome, done) = if desk.record().await?.is_some() {
        let update =
            ExecuteMsg::UpdateProvider { host_uri: Some(host_uri), attributes: Some(attributes) };
        let funds = stake.as_ref().map(CoinArg::as_funds);
        let funds = funds.as_ref().map_or(&[][..], |funds| funds);
        (desk.send(&update, funds).await?, "changed the provider")
    } else {
        let stake = stake.context("--stake is missing; `entrepot market` shows the least")?;
        let coin = (stake.amount, stake.denom.as_str());
        (desk.register(&host_uri, &attributes, coin).await?, "registered the provider")
    };
    let done = format!("{done} {}", desk.address());
    common.output.print(&Sent::new(&outcome, done, "entrepot provider orders"))
}

fn read(text: &str) -> anyhow::Result<Attribute> {
    let pair = text.split_once('=');
    let (key, value) = pair.with_context(|| {
        format!("`--attribute {text}`: expected KEY=VALUE, as in `region=eu-west`")
    })?;
    Ok(Attribute { key: key.into(), value: value.into() })
}
