//! The exits by time: what anybody may do once it is due.

use cosmos::chain::TxOutcome;
use cosmos::wire::packet::Packet;
use market::msg::{ExecuteMsg, LeaseId, OwnerAction, Way};
use protocol::control::Command;
use protocol::limits::{GROUPS, HEARTBEAT_MIN_SECONDS, LEASE_MIN_SECONDS, OFFER_GROUPS};
use protocol::{Deployment, Selection};
use simnet::world::orders::{deployment_of, from_offer, web_group, web_server};

use super::control;
use super::local::{accept, act, beat, bid, full, open, open_with};
use super::loopback::{carry, packet_of, time_out};
use super::market::{DEPOSIT, Market, kind, number};
use super::remote::buy_from_home;
use super::stage::{Code, Person};
use super::table::{Row, Tape};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// When what was prepared has become due.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stop {
    /// Orders have expired, leases are silent, transfers home are too late.
    Hour,
    /// What was reported has had its time.
    Silence,
    /// Accounts are out of funds for longer than the grace, stakes are free.
    Day,
    /// Announcements of a week are due; no word came of a transfer for a week.
    Week,
    /// A way home has been dead for a month; announcements of a fortnight are due.
    Month,
}

impl Stop {
    pub(super) const ALL: [Self; 5] =
        [Self::Hour, Self::Silence, Self::Day, Self::Week, Self::Month];

    /// Seconds since the stop before; what has passed between them by itself comes on top.
    pub(super) const fn seconds(self) -> u64 {
        match self {
            Self::Hour | Self::Silence => HOUR + 60,
            Self::Day => DAY + HOUR,
            Self::Week => 7 * DAY,
            Self::Month => 30 * DAY,
        }
    }
}

/// What waits for its time in one market, for one code.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) code: Code,
    order: LeaseId,
    auction: LeaseId,
    unready: LeaseId,
    silent: LeaseId,
    termed: LeaseId,
    short: LeaseId,
    idle: LeaseId,
    stray: u64,
    rescue: Option<u64>,
    /// Of the outpost, whose control channel lives.
    asked: u64,
    /// Of wallets: one with an address here, one without, one that is never told.
    away: [(Person, Packet); 3],
}

impl Waiting {
    /// Prepares everything.
    pub(super) async fn prepare(
        market: &mut Market<'_>,
        code: Code,
        stray: u64,
    ) -> anyhow::Result<Self> {
        let hourly = Selection::Lowest { bidding_seconds: HOUR };
        let mut order = web_server(Selection::Manual {});
        edit(&mut order, |group| group.expires_in_seconds = HOUR);
        let mut unready = leased(market);
        edit(&mut unready, |group| group.ready_within_seconds = Some(LEASE_MIN_SECONDS));
        let mut termed = leased(market);
        edit(&mut termed, |group| group.term_seconds = Some(LEASE_MIN_SECONDS));
        let silent = leased(market);
        let (idle, _) = open(market, web_server(Selection::Manual {})).await?;
        act(market, &idle, Command::CloseLease { group: 0 }).await?;
        let (silent, termed) = (live(market, silent).await?, live(market, termed).await?);
        let here = market.rival.address.clone();
        Ok(Self {
            code,
            order: open(market, order).await?.0,
            auction: full(market, hourly).await?,
            unready: open_with(market, unready, 20 * DEPOSIT).await?.0,
            silent,
            termed,
            short: large(market).await?,
            idle,
            stray,
            rescue: None,
            asked: control::lose(market).await?,
            away: [
                close_away(market, code, (0, Some(here))).await?,
                close_away(market, code, (1, None)).await?,
                close_away(market, code, (2, None)).await?,
            ],
        })
    }

    /// Does what has become due.
    pub(super) async fn at(
        &mut self,
        stop: Stop,
        market: &Market<'_>,
        tape: &mut Tape,
    ) -> anyhow::Result<()> {
        match stop {
            Stop::Hour => self.after_an_hour(market, tape).await,
            Stop::Silence => self.after_silence(market, tape).await,
            Stop::Day => self.after_a_day(market, tape).await,
            Stop::Week => self.after_a_week(market, tape).await,
            Stop::Month => self.after_a_month(market, tape).await,
        }
    }

    async fn after_an_hour(&mut self, market: &Market<'_>, tape: &mut Tape) -> anyhow::Result<()> {
        let (route, sequence) = (market.loopback.far.clone(), self.asked);
        let due = [
            (Row::Match, ExecuteMsg::Match { order: self.auction.clone() }),
            (Row::ExpireOrder, ExecuteMsg::ExpireOrder { order: self.order.clone() }),
            (Row::EndLease, ExecuteMsg::EndLease { lease: self.termed.clone() }),
            (Row::ReportSilent, ExecuteMsg::ReportSilent { lease: self.silent.clone() }),
            (Row::AskSettled, ExecuteMsg::AskSettled { route, sequence }),
        ];
        for (row, msg) in due {
            tape.note(row, &anyone(market, &msg).await?);
        }
        anyone(market, &ExecuteMsg::ReportSilent { lease: self.unready.clone() }).await?;
        let [(_, first), (rescued, second), _] = &self.away;
        tape.note(Row::SettleTimedOut, &time_out(market.stage, first.clone()).await?);
        time_out(market.stage, second.clone()).await?;
        let action = OwnerAction::Rescue {
            claimant: market.remote(&rescued.address, &rescued.address),
            denom: market.voucher.clone(),
            way: Way::Here { to: market.rival.address.clone() },
        };
        let announce = ExecuteMsg::Announce { action };
        let announced = market.tell(&market.stage.owner, &announce, None).await?;
        self.rescue = Some(number(&announced, "action_announced", "announcement")?);
        Ok(())
    }

    async fn after_silence(&self, market: &Market<'_>, tape: &mut Tape) -> anyhow::Result<()> {
        let close = ExecuteMsg::CloseSilent { lease: self.silent.clone() };
        tape.note(Row::CloseSilent, &anyone(market, &close).await?);
        let close = ExecuteMsg::CloseUnready { lease: self.unready.clone() };
        tape.note(Row::CloseUnready, &anyone(market, &close).await?);
        Ok(())
    }

    async fn after_a_day(&self, market: &Market<'_>, tape: &mut Tape) -> anyhow::Result<()> {
        let (short, idle) = (self.short.deployment.clone(), self.idle.deployment.clone());
        let close = ExecuteMsg::CloseShort { deployment: short };
        tape.note(Row::CloseShort, &anyone(market, &close).await?);
        tape.note(Row::Finish, &anyone(market, &ExecuteMsg::Finish { deployment: idle }).await?);
        let provider = market.stage.person(kind::FRESH, self.code.index())?.address;
        let release = ExecuteMsg::ReleaseStake { provider };
        tape.note(Row::ReleaseStake, &anyone(market, &release).await?);
        Ok(())
    }

    async fn after_a_week(&self, market: &Market<'_>, tape: &mut Tape) -> anyhow::Result<()> {
        let perform = ExecuteMsg::Perform { announcement: self.stray };
        let performed = market.tell(&market.stage.owner, &perform, None).await?;
        tape.note(Row::PerformStray, &performed);
        let [.., (_, packet)] = &self.away;
        // No word came of this packet nor of the outpost's: coins without an order stand for both, these and those of
        // `owner::announce`.
        let stray = (DEPOSIT, market.address.as_str(), "");
        market.loopback.transfer(market.stage, &market.wallet, stray).await?;
        let (route, sequence) = (market.loopback.far.clone(), packet.id.sequence);
        let recover = ExecuteMsg::RecoverSettle { route, sequence };
        tape.note(Row::RecoverSettle, &anyone(market, &recover).await?);
        Ok(())
    }

    async fn after_a_month(&self, market: &Market<'_>, tape: &mut Tape) -> anyhow::Result<()> {
        if let Some(announcement) = self.rescue {
            let perform = ExecuteMsg::Perform { announcement };
            let performed = market.tell(&market.stage.owner, &perform, None).await?;
            tape.note(Row::PerformRescue, &performed);
        }
        let [(refunded, _), _, (unheard, _)] = &self.away;
        let claimant = market.remote(&unheard.address, &unheard.address);
        let claim = ExecuteMsg::Claim { claimant, denom: market.voucher.clone() };
        let claimed = anyone(market, &claim).await?;
        tape.note(Row::ClaimHome, &claimed);
        carry(market.stage, &claimed).await?;
        let claimant = market.remote(&refunded.address, &refunded.address);
        let claim = ExecuteMsg::ClaimLocal { claimant, denom: market.voucher.clone() };
        tape.note(Row::ClaimLocal, &anyone(market, &claim).await?);
        Ok(())
    }
}

async fn anyone(market: &Market<'_>, msg: &ExecuteMsg) -> anyhow::Result<TxOutcome> {
    market.tell(&market.rival, msg, None).await
}

fn edit(deployment: &mut Deployment, change: impl Fn(&mut protocol::Group)) {
    deployment.groups.iter_mut().for_each(change);
}

/// A web server from the provider's offer, whose provider is to be heard of every quarter of an hour.
fn leased(market: &Market<'_>) -> Deployment {
    let [offer, _] = market.offers;
    let mut deployment = web_server(from_offer(offer));
    edit(&mut deployment, |group| group.heartbeat_window_seconds = Some(HEARTBEAT_MIN_SECONDS));
    deployment
}

/// A lease whose provider is heard of once.
async fn live(market: &mut Market<'_>, deployment: Deployment) -> anyhow::Result<LeaseId> {
    let (lease, _) = open_with(market, deployment, 20 * DEPOSIT).await?;
    beat(market, std::slice::from_ref(&lease)).await?;
    Ok(lease)
}

/// As many leases as one account pays, and money for little more than their runway.
async fn large(market: &mut Market<'_>) -> anyhow::Result<LeaseId> {
    let [offer, _] = market.offers;
    let group = |index: usize| {
        let is_leased = index < OFFER_GROUPS;
        let selection = if is_leased { from_offer(offer) } else { Selection::Manual {} };
        web_group(&format!("group-{index}"), selection)
    };
    let mut deployment = deployment_of((0..GROUPS).map(group).collect());
    edit(&mut deployment, |group| group.heartbeat_window_seconds = Some(DAY));
    let (lease, _) = open_with(market, deployment, DEPOSIT / 2).await?;
    let deployment = &lease.deployment;
    let group = |group: usize| -> anyhow::Result<LeaseId> {
        Ok(LeaseId { deployment: deployment.clone(), group: u32::try_from(group)? })
    };
    for order in OFFER_GROUPS..GROUPS {
        let order = group(order)?;
        let made = bid(market, &market.provider, &order).await?;
        accept(market, &order, &made).await?;
    }
    let leases: Vec<_> = (0..GROUPS).map(group).collect::<anyhow::Result<_>>()?;
    beat(market, &leases).await?;
    Ok(lease)
}

/// A deployment of somebody elsewhere that is closed, and whose money nobody brings home.
async fn close_away(
    market: &mut Market<'_>,
    code: Code,
    (index, local_refund): (u32, Option<String>),
) -> anyhow::Result<(Person, Packet)> {
    let buyer = market.stage.person(kind::AWAY, 3 * code.index() + index)?;
    let lease = buy_from_home(market, &buyer, local_refund).await?;
    let closed = act(market, &lease, Command::CloseDeployment {}).await?;
    Ok((buyer, packet_of(&closed)?))
}
