//! `entrepot top-up`

use anyhow::ensure;
use outpost::msg::ExecuteMsg;
use outpost::msg::responses::OrderResponse;

use super::sent::{CoinArg, Sent, require_sent};
use super::watch::Watch;
use super::{Place, status};

const EXAMPLES: &str = "\
Examples:
  entrepot top-up 7 28512000usdx
  entrepot top-up 7 28512000usdx --watch
  entrepot top-up 7 28512000usdx --key treasurer

Anyone may, for anyone's order. What is unspent at the end goes to the order's owner; what a failed top-up
brings back, to who paid: `entrepot claim`.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The order's number at the outpost.
    seq: u64,
    /// What is added, such as `28512000usdx`.
    coin: CoinArg,
    /// The key that signs on the outpost's chain.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    #[command(flatten)]
    watch: Watch,
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let Args { seq, coin, key, watch } = args;
    let session = place.session()?;
    // An order that is on its way or over takes no money.
    let order = session.books().await?.living(seq).await?;
    require_denom(&order, &coin)?;
    let actor = session.outpost_actor(key.as_deref()).await?;
    let outcome = actor.send(&ExecuteMsg::TopUp { seq }, &coin.as_funds()).await?;
    require_sent(&outcome)?;
    let done = format!("sent {} {} to order {seq}", coin.amount, coin.denom);
    let next = format!("a relayer carries it to the market; `entrepot runway {seq} --watch`");
    watch.print(&Sent::new(&outcome, done, next))?;
    status::follow(place, seq, watch).await
}

/// An order takes nothing but what it is paid in.
pub(super) fn require_denom(order: &OrderResponse, coin: &CoinArg) -> anyhow::Result<()> {
    ensure!(
        order.coin.denom == coin.denom,
        "order {} is paid in `{}`, got `{}`; top it up in what it is paid in",
        order.seq,
        order.coin.denom,
        coin.denom
    );
    Ok(())
}
