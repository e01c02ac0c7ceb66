//! What tenants, wallets and providers do.

use cosmwasm_std::coin;
use market::msg::{ExecuteMsg as Market, LeaseId};
use outpost::msg::ExecuteMsg as Outpost;
use protocol::control::{Command, Instruction};
use protocol::money::Open;
use protocol::{Action, DeploymentId, Otherwise, Selection};
use simnet::world::orders::{WEB_RATE, web_server};
use simnet::world::{MARKET_CHAIN, OUTPOST_CHAIN, USDX};
use simnet::{Error, Result};

use super::act::{Act, Choice, Pick};
use super::machine::{BIDDING_SECONDS, LOCALS, Machine, OWNERS, PEOPLE, PROVIDERS, WALLET, pick};

impl Machine {
    /// The number of one of the orders so far, and its owner.
    fn order(&self, which: Pick) -> Option<(u64, &'static str)> {
        let mut orders = Vec::new();
        let mut seq = 1;
        while let Ok(order) = self.world.order(seq) {
            let owner = OWNERS
                .into_iter()
                .find(|name| self.world.address(OUTPOST_CHAIN, name) == order.owner);
            orders.extend(owner.map(|owner| (seq, owner)));
            seq += 1;
        }
        pick(&orders, which)
    }

    pub(crate) fn lease(&mut self, which: Pick) -> Result<Option<LeaseId>> {
        let mut all: Vec<DeploymentId> = Vec::new();
        for tenant in self.world.tenants(&PEOPLE) {
            all.extend(self.world.deployments_of(&tenant)?.into_iter().map(|(id, _)| id));
        }
        Ok(pick(&all, which).map(|deployment| LeaseId { deployment, group: 0 }))
    }

    pub(crate) fn tenant(&mut self, act: &Act) -> Result<()> {
        let order = |machine: &Self, which: Pick| {
            let none = || Error::Transaction { reason: "no order yet".into() };
            machine.order(which).ok_or_else(none)
        };
        match act {
            Act::Buy { owner, choice, units, max_rate_percent } => {
                let owner = OWNERS[usize::from(*owner) % OWNERS.len()];
                let mut deployment = web_server(self.selection(*choice));
                deployment.groups[0].max_rate = (WEB_RATE * max_rate_percent / 100).into();
                self.world.buy(owner, deployment, *units).map(|_| ())
            }
            Act::TopUp { payer, order: which, units } => {
                let payer = OWNERS[usize::from(*payer) % OWNERS.len()];
                let (seq, _) = order(self, *which)?;
                self.world.top_up(payer, seq, *units)
            }
            Act::AcceptBid { order: which, bid } => {
                let (seq, owner) = order(self, *which)?;
                let deployment = self.world.deployment(owner, seq);
                let bids = self.world.bids(&LeaseId { deployment, group: 0 })?;
                match pick(&bids, *bid) {
                    Some(bid) => self.world.accept_bid(owner, seq, &bid),
                    None => Ok(()),
                }
            }
            Act::Close { order: which } => {
                let (seq, owner) = order(self, *which)?;
                self.world.close(owner, seq)
            }
            Act::CloseWithCoin { order: which } => {
                let (seq, owner) = order(self, *which)?;
                let close = Outpost::Close { seq };
                self.world.outpost(owner, &close, &[coin(20_000, USDX)]).map(|_| ())
            }
            Act::Status { order: which } => {
                let (seq, _) = order(self, *which)?;
                self.world.ask_status(seq)
            }
            Act::Claim { owner } => self.world.claim(OWNERS[usize::from(*owner) % OWNERS.len()]),
            Act::Reconcile { flight } => match pick(&self.world.flights()?, *flight) {
                Some(flight) => self.world.reconcile(flight.n),
                None => Ok(()),
            },
            Act::Cancel { order: which } => {
                let (seq, owner) = order(self, *which)?;
                self.world.outpost(owner, &Outpost::Cancel { seq }, &[]).map(|_| ())
            }
            Act::Send { order: which } => {
                let (seq, _) = order(self, *which)?;
                self.world.outpost("anyone", &Outpost::Send { seq }, &[]).map(|_| ())
            }
            other => unreachable!("no act of a tenant: {other:?}"),
        }
    }

    pub(crate) const fn selection(&self, choice: Choice) -> Selection {
        let offer = self.offer;
        match choice {
            Choice::OfferOrRefund => {
                Selection::Offer { offer, otherwise: Otherwise::Refund, max_charge: None }
            }
            Choice::OfferOrOrder => {
                Selection::Offer { offer, otherwise: Otherwise::Order, max_charge: None }
            }
            Choice::Manual => Selection::Manual {},
            Choice::Lowest => Selection::Lowest { bidding_seconds: BIDDING_SECONDS },
        }
    }

    pub(crate) fn wallet(&mut self, act: &Act) -> Result<()> {
        let account = self.world.address(OUTPOST_CHAIN, WALLET).to_string();
        let (units, memo) = match act {
            Act::WalletOpen { n, seq, units } => {
                let deployment = web_server(self.selection(Choice::OfferOrRefund));
                let local_refund = Some(self.world.address(MARKET_CHAIN, LOCALS[0]).into());
                let open = Open { account, seq: *seq, refund_to: None, local_refund, deployment };
                (*units, self.world.memo(*n, Action::Open(open))?)
            }
            Act::WalletClose { n, seq } => {
                let command = Command::CloseDeployment {};
                let close = Instruction { account, seq: *seq, command };
                (20_000, self.world.memo(*n, Action::Do(close))?)
            }
            Act::Stray { units } => (*units, String::new()),
            other => unreachable!("no act of a wallet: {other:?}"),
        };
        let stray = memo.is_empty();
        self.world.send_to_market(WALLET, units, memo)?;
        if stray {
            self.strays += units;
        }
        Ok(())
    }

    pub(crate) fn provider(&mut self, act: &Act) -> Result<()> {
        let (provider, deployment) = match act {
            Act::Bid { provider, deployment, .. }
            | Act::Beat { provider, deployment }
            | Act::Leave { provider, deployment } => (*provider, *deployment),
            Act::Withdraw { deployment } => (0, *deployment),
            other => unreachable!("no act of a provider: {other:?}"),
        };
        let provider = PROVIDERS[usize::from(provider) % PROVIDERS.len()];
        let Some(lease) = self.lease(deployment)? else {
            return Ok(());
        };
        match act {
            Act::Bid { rate_percent, .. } => {
                self.world.bid(provider, lease, WEB_RATE * rate_percent / 100)
            }
            Act::Beat { .. } => self.world.beat(provider, &lease),
            Act::Withdraw { .. } => self.world.withdraw("anyone", &lease),
            _ => self.tell(provider, &Market::CloseLease { lease }, &[]),
        }
    }
}
