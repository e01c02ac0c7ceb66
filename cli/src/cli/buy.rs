//! `entrepot buy`

use outpost::msg::responses::BuyResponse;

use super::purchase::{Purchase, Told};
use super::sent::{Sent, not_sent};
use super::watch::Watch;
use super::{Place, status};

const EXAMPLES: &str = "\
Examples:
  entrepot buy --order deploy.yaml --days 30
  entrepot buy --order deploy.yaml --days 30 --watch
  entrepot buy --order deploy.yaml --coin 28512000usdx --selection offer:7
  entrepot buy --order order.json --days 7 --key me --operator wasm1colleague...=close

The key owns the order. A DAO buys by a proposal: `entrepot propose`. Both contracts are asked before anything
is signed.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    purchase: Purchase,
    /// The key that signs on the outpost's chain.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    #[command(flatten)]
    watch: Watch,
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let session = place.session()?;
    let books = session.books().await?;
    let actor = session.outpost_actor(args.key.as_deref()).await?;
    let Told { msg, coin, .. } = args.purchase.message(&books, &actor.address).await?;
    let funds: Vec<_> = coin.iter().map(|(amount, denom)| (*amount, denom.as_str())).collect();
    let outcome = actor.send(&msg, &funds).await?;
    let BuyResponse { seq } = outcome.contract_answer(0)?;
    let paid: Vec<_> = coin.iter().map(|(amount, denom)| format!("{amount} {denom}")).collect();
    let paid = paid.join(", ");
    let (done, next) = match not_sent(&outcome) {
        None => (
            format!("order {seq}: sent {paid} to the market"),
            format!("a relayer carries it; entrepot lease {seq} --watch, or entrepot why {seq}"),
        ),
        Some(reason) => (
            format!(
                "order {seq}: the chain did not take it, so {paid} is kept and not sent: {reason}"
            ),
            format!("`entrepot send {seq}` tries again, `entrepot cancel {seq}` gives it back"),
        ),
    };
    args.watch.print(&Sent::new(&outcome, done, next).with_order(seq))?;
    status::follow(place, seq, args.watch).await
}
