//! What anybody may send, and what nobody may.

use cosmwasm_std::{Binary, Uint128, coin};
use market::msg::{ExecuteMsg as Market, InternalMsg, LeaseId, Received};
use protocol::Tenant;
use simnet::world::{MARKET_CHAIN, OUTPOST_CHAIN, STAKE};
use simnet::{CallbackKind, ClientStatus, Error, Relayer, Result, Stage};

use super::{Deed, local_of, provider_of, tolerated};
use crate::act::{Act, Pick};
use crate::machine::{Machine, PEOPLE, WALLET, tolerate};
use crate::mischief::must_relay;

/// Longer than a way home must be dead before a tenant is paid on the market's chain.
const DEAD_SECONDS: u64 = 31 * DAY_SECONDS;
const DAY_SECONDS: u64 = 86_400;
/// Above the numbers that wallets give to their packets and orders otherwise.
const NEVER_USED: u64 = 1_000;

impl Machine {
    /// One of the messages that anybody may send, by somebody who looks for the first that is due.
    pub(super) fn exit(&mut self, exit: Pick) -> Result<()> {
        match exit % 15 {
            9 => self.claim_any(),
            13 => self.about_settlements(|route, sequence| Market::AskSettled { route, sequence }),
            14 => {
                self.about_settlements(|route, sequence| Market::RecoverSettle { route, sequence })
            }
            _ => self.first_of(|machine, lease| ("anyone".into(), machine.exit_of(lease, exit))),
        }
    }

    fn exit_of(&self, lease: LeaseId, exit: Pick) -> Market {
        let (deployment, claimant) = (lease.deployment.clone(), lease.deployment.tenant.clone());
        let provider = self.on_a(provider_of(exit / 15));
        match exit % 15 {
            0 => Market::Match { order: lease },
            1 => Market::Withdraw { lease },
            2 => Market::EndLease { lease },
            3 => Market::ExpireOrder { order: lease },
            4 => Market::CloseUnready { lease },
            5 => Market::ReportSilent { lease },
            6 => Market::CloseSilent { lease },
            7 => Market::CloseShort { deployment },
            8 => Market::Finish { deployment },
            10 => Market::ClaimLocal { claimant, denom: self.any_denom(exit / 15) },
            11 => {
                let claimant = Tenant::Local { address: provider };
                Market::Claim { claimant, denom: STAKE.into() }
            }
            _ => Market::ReleaseStake { provider },
        }
    }

    /// Has the first credit of a tenant paid, or sent home.
    fn claim_any(&mut self) -> Result<()> {
        for claimant in self.world.tenants(&PEOPLE) {
            for denom in self.world.denoms(MARKET_CHAIN) {
                let claimant = claimant.clone();
                if tolerated(self.tell("anyone", &Market::Claim { claimant, denom }, &[]))? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    pub(super) fn any_denom(&self, which: Pick) -> String {
        let denoms = self.world.denoms(MARKET_CHAIN);
        denoms[usize::from(which) % denoms.len()].clone()
    }

    /// Tries something with each transfer home of which no word came.
    fn about_settlements(&mut self, message: impl Fn(String, u64) -> Market) -> Result<()> {
        let route = self.world.transfer.market.clone();
        for settlement in self.world.settlements()? {
            let msg = message(route.clone(), settlement.sequence);
            tolerate(self.tell("anyone", &msg, &[]))?;
        }
        Ok(())
    }

    /// Has a statement about a money packet sent home, for the unit that it takes.
    pub(super) fn attest(&mut self, deed: &Deed) -> Result<()> {
        let Deed::Attest { who, wallet, n } = deed else { return Ok(()) };
        let outpost = self.world.outpost.to_string();
        let wallet = wallet.then(|| self.world.address(OUTPOST_CHAIN, WALLET).to_string());
        let (route, sender) = (self.world.transfer.market.clone(), wallet.unwrap_or(outpost));
        let funds = [coin(1, self.world.usdx_on_a())];
        self.tell(local_of(*who), &Market::Attest { route, sender, n: *n }, &funds)
    }

    /// Says what only the market or a token may say.
    pub(super) fn pose(&mut self, who: Pick) -> Result<()> {
        let (sender, amount) = (self.on_a(local_of(who)), Uint128::new(1_000_000));
        let received = Received { sender, amount, msg: Binary::from(b"{}") };
        let (route, packet) = (self.world.transfer.market.clone(), Binary::from(b"{}"));
        let internal = Market::Internal(InternalMsg::Control { route, packet });
        for msg in [Market::Receive(received), internal] {
            if tolerated(self.tell(local_of(who), &msg, &[]))? {
                return Err(Error::Invariant { reason: format!("a stranger may say {msg:?}") });
            }
        }
        Ok(())
    }

    /// A wallet's deployment of which nobody knows yet; the number of its packet and itself.
    fn fresh_deployment(&mut self) -> Result<u64> {
        self.last_seq += 2;
        let number = NEVER_USED + self.last_seq;
        let open = Act::WalletOpen { n: number, seq: number, units: 1_000_000 };
        tolerate(self.wallet(&open))?;
        must_relay(self.world.relay().map(|_| ()))?;
        Ok(number)
    }

    /// The client of the way home dies for longer than anybody has to wait, and comes back.
    pub(super) fn dead_route(&mut self) -> Result<()> {
        self.fresh_deployment()?;
        let connection = self.world.connection.market.clone();
        let set = |machine: &mut Self, status| {
            machine.world.network.chain_mut(MARKET_CHAIN).set_client(&connection, status)
        };
        set(self, ClientStatus::Frozen)?;
        for _ in 0..4 {
            self.world.knock_at_every_exit(&PEOPLE)?;
            self.world.pass(DAY_SECONDS)?;
        }
        self.world.pass(DEAD_SECONDS)?;
        for claimant in self.world.tenants(&PEOPLE) {
            let denom = self.world.usdx_on_a();
            let claim = Market::ClaimLocal { claimant, denom };
            tolerate(self.tell("anyone", &claim, &[]))?;
        }
        set(self, ClientStatus::Active)
    }

    /// Money on its way home times out and the chain loses the word of it; then an outpost is asked,
    /// or a week passes.
    pub(super) fn lost_word(&mut self, deed: &Deed) -> Result<()> {
        let number = self.fresh_deployment()?;
        let network = &mut self.world.network;
        network.chain_mut(MARKET_CHAIN).starve_callbacks(CallbackKind::Source);
        let close = Act::WalletClose { n: number + 1, seq: number };
        tolerate(self.wallet(&close))?;
        // The close arrives, and what it sends home does not.
        for (packet, stage) in self.world.relayer.pending(&self.world.network)? {
            if packet.chain == OUTPOST_CHAIN && stage == Stage::Receive {
                let network = &mut self.world.network;
                must_relay(Relayer::relay(network, &packet, stage).map(|_| ()))?;
            }
        }
        self.world.pass(DAY_SECONDS)?;
        must_relay(self.world.relay().map(|_| ()))?;
        self.world.network.chain_mut(MARKET_CHAIN).feed_callbacks(CallbackKind::Source);
        if matches!(deed, Deed::LostWord { asked: true }) {
            self.about_settlements(|route, sequence| Market::AskSettled { route, sequence })?;
            return must_relay(self.world.relay().map(|_| ()));
        }
        self.world.pass(8 * DAY_SECONDS)?;
        self.about_settlements(|route, sequence| Market::RecoverSettle { route, sequence })
    }
}
