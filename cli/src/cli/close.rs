//! `entrepot close`

use outpost::msg::responses::OrderResponse;
use outpost::msg::{ExecuteMsg, QueryMsg};

use super::sent::{CoinArg, Sent, require_sent};
use super::watch::Watch;
use super::{Place, rehearsal, status};

const EXAMPLES: &str = "\
Examples:
  entrepot close 7
  entrepot close 7 --watch
  entrepot close 7 --coin 10000usdx       over the money's way, while the control channel is closed

The key must be the order's owner or an operator with `close`. A DAO closes by a proposal: `entrepot propose
--dao … close`.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The order's number at the outpost.
    seq: u64,
    /// The coin with which the command travels; default over the control channel.
    #[arg(long, value_name = "COIN")]
    coin: Option<CoinArg>,
    /// The key that signs on the outpost's chain.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    #[command(flatten)]
    watch: Watch,
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let Args { seq, coin, key, watch } = args;
    let actor = place.session()?.outpost_actor(key.as_deref()).await?;
    let order: OrderResponse = actor.contract.ask(&QueryMsg::Order { seq }).await?;
    rehearsal::require_way(&actor.contract, &order, coin.as_ref()).await?;
    let funds = coin.as_ref().map(CoinArg::as_funds);
    let funds = funds.as_ref().map_or(&[][..], |funds| funds);
    let outcome = actor.send(&ExecuteMsg::Close { seq }, funds).await?;
    require_sent(&outcome)?;
    let next = format!(
        "a relayer carries it and brings the rest home; `entrepot lease {seq} --watch`, then \
         `entrepot claim`"
    );
    watch.print(&Sent::new(&outcome, format!("asked the market to close order {seq}"), next))?;
    status::follow(place, seq, watch).await
}
