//! `entrepot top-up`

use outpost::msg::ExecuteMsg;

use super::sent::{CoinArg, Sent, require_sent};
use super::watch::Watch;
use super::{Place, rehearsal, status};

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
    let books = session.books().await?;
    // An order that is on its way or over takes no money.
    rehearsal::require_top_up(&books, &books.living(seq).await?, &coin).await?;
    let actor = session.outpost_actor(key.as_deref()).await?;
    let outcome = actor.send(&ExecuteMsg::TopUp { seq }, &coin.as_funds()).await?;
    require_sent(&outcome)?;
    let done = format!("sent {} {} to order {seq}", coin.amount, coin.denom);
    let next = format!("a relayer carries it to the market; `entrepot runway {seq} --watch`");
    watch.print(&Sent::new(&outcome, done, next))?;
    status::follow(place, seq, watch).await
}
