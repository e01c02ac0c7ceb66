//! What everybody was to receive, as the events say, and where it went.

use std::collections::{BTreeMap, BTreeSet};

use super::{Account, Fault, Told, is_local};

/// Route and sequence of a transfer home.
pub(crate) type Transfer = (String, String);
/// A claimant and a denom.
pub(crate) type Purse = (String, String);

#[derive(Debug, Clone, Default)]
pub(crate) struct Dues {
    due: BTreeMap<Purse, u128>,
    /// What a tenant of the market's chain gets back: at once if it asked for it itself, or else by the
    /// credit that the next event tells.
    refund: Option<(Purse, u128)>,
    /// Whom a statement goes to whose transfer is told of next.
    stated_to: Option<String>,
    /// What was claimed for tenants of other chains and paid on the market's, by who got it.
    pub(crate) here: BTreeMap<Purse, BTreeMap<String, u128>>,
    /// Transfers home.
    pub(crate) homes: BTreeMap<Transfer, Home>,
    /// Those of them that the market says have come back.
    pub(crate) returned: BTreeSet<Transfer>,
}

/// A transfer home.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    pub(crate) owner: String,
    /// Whom it reaches.
    pub(crate) to: String,
    pub(crate) denom: String,
    pub(crate) amount: u128,
}

impl Dues {
    /// What somebody was to receive until now, claimed or not.
    pub(crate) fn of(&self, purse: &Purse) -> u128 {
        let refund = self.refund.as_ref().filter(|(of, _)| of == purse);
        let due = self.due.get(purse).copied().unwrap_or_default();
        due + refund.map(|(_, amount)| *amount).unwrap_or_default()
    }

    pub(super) fn add(&mut self, claimant: &str, denom: &str, amount: u128) {
        *self.due.entry((claimant.to_owned(), denom.to_owned())).or_default() += amount;
    }

    /// Meets the next event: was it the credit of a refund, or had that been paid?
    pub(super) fn meet(&mut self, kind: &str, told: &Told<'_>) {
        if kind == "statement_sent" {
            self.stated_to = told.may("sender").map(str::to_owned);
        }
        let Some(((claimant, denom), amount)) = self.refund.take() else { return };
        let amount_told = amount.to_string();
        let refund = [("claimant", &claimant), ("denom", &denom), ("amount", &amount_told)];
        let is_credit = refund.iter().all(|(key, value)| told.may(key) == Some(value));
        if kind != "credited" || !is_credit {
            self.add(&claimant, &denom, amount);
        }
    }

    /// A deployment returns money: to the address that its tenant named here, or to a tenant elsewhere.
    pub(super) fn refund(&mut self, deployment: &str, account: &Account, amount: u128) {
        let tenant = deployment.rsplit_once('/').map_or(deployment, |(tenant, _)| tenant);
        if is_local(tenant) {
            self.refund = Some(((account.refund_to.clone(), account.denom.clone()), amount));
        } else {
            self.add(tenant, &account.denom, amount);
        }
    }

    /// A claimable is paid, here or by a transfer home.
    pub(super) fn paid(
        &mut self,
        claimant: &Purse,
        to: Option<&str>,
        amount: u128,
    ) -> Result<(), Fault> {
        match to {
            Some(to) if is_local(&claimant.0) && to == claimant.0 => {}
            Some(to) if !is_local(&claimant.0) => {
                self.add(to, &claimant.1, amount);
                let paid = self.here.entry(claimant.clone()).or_default();
                *paid.entry(to.to_owned()).or_default() += amount;
            }
            None if !is_local(&claimant.0) => {}
            _ => return Err(format!("what {claimant:?} may claim is paid to {to:?}")),
        }
        Ok(())
    }

    /// A transfer home leaves.
    pub(super) fn sent(&mut self, transfer: Transfer, owner: &str, (denom, amount): (&str, u128)) {
        let of_statement = self.stated_to.take().filter(|_| is_local(owner));
        let to = of_statement.or_else(|| owner.split('/').nth(1).map(str::to_owned));
        let to = to.unwrap_or_default();
        self.homes.insert(
            transfer,
            Home { owner: owner.to_owned(), to, denom: denom.to_owned(), amount },
        );
    }

    pub(super) fn returned(&mut self, transfer: Transfer) {
        self.returned.insert(transfer);
    }
}
