//! `entrepot accept`

use anyhow::{Context as _, bail};
use market::msg::LeaseId;
use outpost::msg::ExecuteMsg;
use protocol::control::GroupState;

use super::sent::{CoinArg, Sent, require_sent};
use super::watch::Watch;
use super::{Place, status};
use crate::session::Books;

const EXAMPLES: &str = "\
Examples:
  entrepot accept 7 --bid 2
  entrepot accept 7 --bid 2 --watch
  entrepot accept 7 --group 1 --bid 2 --key operator
  entrepot accept 7 --bid 2 --coin 10000usdx       over the money's way, while the control channel is closed

The key must be the order's owner or an operator with `bid_accept`. The bid's price is pinned: if it has
risen meanwhile the market refuses. A DAO accepts by a proposal: `entrepot propose --dao … accept`.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    choice: Choice,
    /// The coin with which the command travels, credited to the deployment; default over the control channel.
    #[arg(long, value_name = "COIN")]
    coin: Option<CoinArg>,
    /// The key that signs on the outpost's chain.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    #[command(flatten)]
    watch: Watch,
}

/// Which bid.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Choice {
    /// The order's number at the outpost.
    pub(super) seq: u64,
    /// The group's index, as `entrepot bids` shows it; not needed if only one is open.
    #[arg(long)]
    pub(super) group: Option<u32>,
    /// The bid's number in the group.
    #[arg(long, value_name = "NUMBER")]
    pub(super) bid: u64,
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let session = place.session()?;
    let msg = message(&session.books().await?, &args.choice).await?;
    let actor = session.outpost_actor(args.key.as_deref()).await?;
    let funds = args.coin.as_ref().map(CoinArg::as_funds);
    let outcome = actor.send(&msg, funds.as_ref().map_or(&[], |funds| &funds[..])).await?;
    require_sent(&outcome)?;
    let seq = args.choice.seq;
    let done = format!("accepted bid {} for order {seq}", args.choice.bid);
    let next = format!(
        "a relayer carries it to the market; `entrepot lease {seq} --watch` shows the lease"
    );
    args.watch.print(&Sent::new(&outcome, done, next))?;
    status::follow(place, seq, args.watch).await
}

/// The message that accepts a bid at the price it has now.
pub(super) async fn message(books: &Books, choice: &Choice) -> anyhow::Result<ExecuteMsg> {
    let seq = choice.seq;
    let (id, status) = books.status(seq).await?;
    let open = (0..).zip(&status.groups).filter(|(_, group)| group.state == GroupState::Open);
    let open: Vec<u32> = open.map(|(index, _)| index).collect();
    let group = match (choice.group, &open[..]) {
        (Some(group), open) if open.contains(&group) => group,
        (None, [group]) => *group,
        (Some(group), _) => {
            bail!("group {group} of order {seq} is not open for bids; see `entrepot lease {seq}`")
        }
        (None, []) => bail!("no group of order {seq} is open; see `entrepot lease {seq}`"),
        (None, open) => bail!("several groups are open, {open:?}; say which with --group"),
    };
    let bids = books.market.bids(&LeaseId { deployment: id, group }).await?;
    let bid = bids.into_iter().find(|bid| bid.bid_no == choice.bid);
    let bid = bid.with_context(|| {
        format!("group {group} has no bid {}; `entrepot bids {seq}` lists them", choice.bid)
    })?;
    Ok(ExecuteMsg::AcceptBid {
        seq,
        group,
        provider: bid.provider,
        bid_no: bid.bid_no,
        max_rate: bid.rate,
    })
}
