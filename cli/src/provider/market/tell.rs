//! What a provider tells the market.

use cosmos::chain::TxOutcome;
use cosmwasm_std::Uint128;
use market::msg::{ExecuteMsg, LeaseId, OrderInfo};
use protocol::deployment::Attribute;

use super::{Desk, Reach};

/// Leases that one heartbeat may name.
const BATCH: usize = 50;

impl<R: Reach> Desk<R> {
    /// Registers.
    ///
    /// # Errors
    /// What the market says.
    pub async fn register(
        &self,
        host_uri: &str,
        attributes: &[Attribute],
        (amount, denom): (u128, &str),
    ) -> anyhow::Result<TxOutcome> {
        let host_uri = host_uri.to_owned();
        let register = ExecuteMsg::RegisterProvider { host_uri, attributes: attributes.to_vec() };
        self.market.tell(&register, &[(amount, denom)]).await
    }

    /// What a bid for an order must put down: for its own rate, or what the tenant's limit asks of all.
    ///
    /// # Errors
    /// As [`Desk::deposit`].
    pub async fn bid_deposit(
        &self,
        order: &OrderInfo,
        rate: u128,
    ) -> anyhow::Result<(u128, String)> {
        self.deposit(&order.denom, rate.max(order.secured_rate.u128())).await
    }

    /// Bids.
    ///
    /// # Errors
    /// What the market says.
    pub async fn bid(
        &self,
        order: &OrderInfo,
        rate: u128,
        valid_for_seconds: u64,
    ) -> anyhow::Result<TxOutcome> {
        let (amount, denom) = self.bid_deposit(order, rate).await?;
        let bid = ExecuteMsg::Bid {
            order: order.id.clone(),
            rate: Uint128::new(rate),
            valid_for_seconds,
        };
        self.market.tell(&bid, &[(amount, &denom)]).await
    }

    /// Has an auction decided.
    ///
    /// # Errors
    /// What the market says.
    pub async fn decide(&self, order: &LeaseId) -> anyhow::Result<TxOutcome> {
        self.market.tell(&ExecuteMsg::Match { order: order.clone() }, &[]).await
    }

    /// Takes a bid back, with its deposit.
    ///
    /// # Errors
    /// What the market says.
    pub async fn withdraw_bid(&self, order: &LeaseId) -> anyhow::Result<TxOutcome> {
        let withdraw = ExecuteMsg::WithdrawBid { order: order.clone(), provider: None };
        self.market.tell(&withdraw, &[]).await
    }

    /// Ends a lease that ran its term, or whose notice has passed.
    ///
    /// # Errors
    /// What the market says.
    pub async fn end(&self, lease: &LeaseId) -> anyhow::Result<TxOutcome> {
        self.market.tell(&ExecuteMsg::EndLease { lease: lease.clone() }, &[]).await
    }

    /// Closes a lease that was reported and stayed silent. Its bond is lost whoever does it; its capacity is free again.
    ///
    /// # Errors
    /// What the market says.
    pub async fn close_silent(&self, lease: &LeaseId) -> anyhow::Result<TxOutcome> {
        self.market.tell(&ExecuteMsg::CloseSilent { lease: lease.clone() }, &[]).await
    }

    /// Leaves a lease: at once while its deployment is out of money, else as was agreed.
    ///
    /// # Errors
    /// What the market says.
    pub async fn close(&self, lease: &LeaseId) -> anyhow::Result<TxOutcome> {
        self.market.tell(&ExecuteMsg::CloseLease { lease: lease.clone() }, &[]).await
    }

    /// Sends a heartbeat for leases, as many transactions as that takes.
    ///
    /// # Errors
    /// What the market says.
    pub async fn beat(&self, leases: &[LeaseId]) -> anyhow::Result<Vec<TxOutcome>> {
        let mut sent = Vec::new();
        for batch in leases.chunks(BATCH) {
            let beat = ExecuteMsg::Heartbeat { leases: batch.to_vec() };
            sent.push(self.market.repeat(&beat).await?);
        }
        Ok(sent)
    }

    /// Has paid what a lease has earned.
    ///
    /// # Errors
    /// What the market says.
    pub async fn withdraw(&self, lease: &LeaseId) -> anyhow::Result<TxOutcome> {
        self.market.tell(&ExecuteMsg::Withdraw { lease: lease.clone() }, &[]).await
    }

    /// Has paid what is credited in a denom.
    ///
    /// # Errors
    /// What the market says.
    pub async fn claim(&self, denom: &str) -> anyhow::Result<TxOutcome> {
        let claim = ExecuteMsg::Claim { claimant: self.tenant(), denom: denom.to_owned() };
        self.market.tell(&claim, &[]).await
    }

    /// Sends any message, with coins.
    ///
    /// # Errors
    /// What the market says.
    pub async fn send(
        &self,
        msg: &ExecuteMsg,
        funds: &[(u128, &str)],
    ) -> anyhow::Result<TxOutcome> {
        self.market.tell(msg, funds).await
    }
}
