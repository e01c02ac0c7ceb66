//! `entrepot accept`

use anyhow::{Context as _, bail, ensure};
use market::msg::{BidInfo, LeaseId};
use outpost::msg::ExecuteMsg;
use protocol::control::{Command, DeploymentStatus, GroupState};

use super::sent::{CoinArg, Sent, require_sent};
use super::watch::Watch;
use super::{Place, rehearsal, status};
use crate::figures;
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
    let books = session.books().await?;
    let chosen = chosen(&books, &args.choice).await?;
    let order = books.living(args.choice.seq).await?;
    rehearsal::require_command(&books, &order, args.coin.as_ref(), chosen.command()).await?;
    let actor = session.outpost_actor(args.key.as_deref()).await?;
    let msg = chosen.message();
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

/// A bid that can be accepted now.
pub(super) struct Chosen {
    seq: u64,
    group: u32,
    pub(super) bid: BidInfo,
    /// The market's clock, in seconds since 1970.
    pub(super) now: u64,
}

impl Chosen {
    pub(super) const fn new(seq: u64, group: u32, bid: BidInfo, now: u64) -> Self {
        Self { seq, group, bid, now }
    }

    /// What accepts it at the outpost, at the price it has.
    pub(super) fn message(&self) -> ExecuteMsg {
        let Self { seq, group, bid, .. } = self;
        ExecuteMsg::AcceptBid {
            seq: *seq,
            group: *group,
            provider: bid.provider.clone(),
            bid_no: bid.bid_no,
            max_rate: bid.rate,
        }
    }

    /// What the outpost then tells the market.
    pub(super) fn command(&self) -> Command {
        let Self { group, bid, .. } = self;
        Command::AcceptBid {
            group: *group,
            provider: bid.provider.clone(),
            bid_no: bid.bid_no,
            max_rate: bid.rate,
        }
    }
}

/// Finds the bid.
pub(super) async fn chosen(books: &Books, choice: &Choice) -> anyhow::Result<Chosen> {
    let seq = choice.seq;
    let (id, status) = books.status(seq).await?;
    let group = group(choice, &status)?;
    let bids = books.market.bids(&LeaseId { deployment: id, group }).await?;
    let bid = bids.into_iter().find(|bid| bid.bid_no == choice.bid);
    let bid = bid.with_context(|| {
        format!("group {group} has no bid {}; `entrepot bids {seq}` lists them", choice.bid)
    })?;
    ensure!(
        status.at < bid.valid_until,
        "bid {} was good until {}; `entrepot bids {seq}` lists those that stand",
        bid.bid_no,
        figures::moment(bid.valid_until)
    );
    Ok(Chosen::new(seq, group, bid, status.at))
}

fn group(choice: &Choice, status: &DeploymentStatus) -> anyhow::Result<u32> {
    let seq = choice.seq;
    let open = (0..).zip(&status.groups).filter(|(_, group)| group.state == GroupState::Open);
    let open: Vec<u32> = open.map(|(index, _)| index).collect();
    Ok(match (choice.group, &open[..]) {
        (Some(group), open) if open.contains(&group) => group,
        (None, [group]) => *group,
        (Some(group), _) => {
            bail!("group {group} of order {seq} is not open for bids; see `entrepot lease {seq}`")
        }
        (None, []) => bail!("no group of order {seq} is open; see `entrepot lease {seq}`"),
        (None, open) => bail!("several groups are open, {open:?}; say which with --group"),
    })
}
