//! What tenants, wallets and providers do.

use cosmwasm_std::coin;
use market::msg::{ExecuteMsg as Market, LeaseId};
use outpost::msg::ExecuteMsg as Outpost;
use protocol::control::{Command, Instruction};
use protocol::money::Open;
use protocol::{Action, DeploymentId, Otherwise, Selection};
use simnet::Result;
use simnet::world::orders::{WEB_RATE, purchase, web_server};
use simnet::world::{MARKET_CHAIN, OUTPOST_CHAIN, USDX};

use super::act::{Act, Choice, Pick};
use super::errands::owner_of;
use super::machine::{BIDDING_SECONDS, LOCALS, Machine, OWNERS, PEOPLE, PROVIDERS, WALLET, pick};

impl Machine {
    /// The number of one of the orders so far, and its owner.
    pub(crate) fn order(&self, which: Pick) -> Option<(u64, &'static str)> {
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
        match act {
            Act::Buy { owner, choice, units, max_rate_percent } => {
                let mut deployment = web_server(self.selection(*choice));
                deployment.groups[0].max_rate = (WEB_RATE * max_rate_percent / 100).into();
                let buy = Outpost::Buy(Box::new(purchase(deployment)));
                self.say(owner_of(*owner), &buy, &[coin(*units, USDX)])
            }
            Act::TopUp { payer, order, units } => {
                let (seq, _) = self.known_order(*order)?;
                self.say(owner_of(*payer), &Outpost::TopUp { seq }, &[coin(*units, USDX)])
            }
            Act::AcceptBid { order, bid } => self.accept_remotely(*order, *bid),
            Act::Close { order } => {
                let (seq, owner) = self.known_order(*order)?;
                self.say(owner, &Outpost::Close { seq }, &[])
            }
            Act::CloseWithCoin { order } => {
                let (seq, owner) = self.known_order(*order)?;
                self.say(owner, &Outpost::Close { seq }, &[coin(20_000, USDX)])
            }
            Act::Status { order } => {
                let (seq, _) = self.known_order(*order)?;
                self.say("anyone", &Outpost::Status { seq }, &[])
            }
            Act::Claim { owner } => {
                let owner = self.world.on_b(owner_of(*owner)).into();
                self.say("anyone", &Outpost::Claim { owner, denom: USDX.into() }, &[])
            }
            Act::Reconcile { flight } => match pick(&self.world.flights()?, *flight) {
                Some(flight) => self.say("anyone", &Outpost::Reconcile { n: flight.n }, &[]),
                None => Ok(()),
            },
            Act::Cancel { order } => {
                let (seq, owner) = self.known_order(*order)?;
                self.say(owner, &Outpost::Cancel { seq }, &[])
            }
            Act::Send { order } => {
                let (seq, _) = self.known_order(*order)?;
                self.say("anyone", &Outpost::Send { seq }, &[])
            }
            other => unreachable!("no act of a tenant: {other:?}"),
        }
    }

    fn accept_remotely(&mut self, order: Pick, bid: Pick) -> Result<()> {
        let (seq, owner) = self.known_order(order)?;
        let deployment = self.world.deployment(owner, seq);
        let bids = self.world.bids(&LeaseId { deployment, group: 0 })?;
        let Some(bid) = pick(&bids, bid) else { return Ok(()) };
        let (provider, bid_no, max_rate) = (bid.provider, bid.bid_no, bid.rate);
        self.say(owner, &Outpost::AcceptBid { seq, group: 0, provider, bid_no, max_rate }, &[])
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
        // A chain without callbacks does not read the memo of a wallet.
        let is_stray = memo.is_empty() || self.world.style().hooks_at_market();
        self.world.send_to_market(WALLET, units, memo)?;
        if is_stray {
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
