//! What accounts pay fees from: their own, or what others grant them.

use std::collections::{BTreeMap, BTreeSet};

use cosmos::wire::tx::DecodedTx;
use ferry::model::ids::{Address, Time};
use ferry::model::state::Grant;

use crate::channels::Channels;
use crate::core::{Core, Failure, fail};

/// What a grant allows.
#[derive(Clone, Debug)]
pub(crate) struct Allowance {
    pub(crate) left: u128,
    pub(crate) expires: u64,
    pub(crate) messages: Option<BTreeSet<String>>,
    /// What taking a fee from it takes.
    pub(crate) gas: u64,
}

/// Who has what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Money {
    /// Address -> what it has; accounts that are not listed have as much as they want.
    pub(crate) balances: BTreeMap<String, u128>,
    /// Granter and grantee -> what is granted.
    pub(crate) grants: BTreeMap<(String, String), Allowance>,
    /// Granters whose grants no node tells of.
    pub(crate) unread: BTreeSet<String>,
    /// Who paid how much.
    pub(crate) paid: BTreeMap<String, u128>,
}

impl<C: Channels> Core<C> {
    /// Takes the fee of a transaction from the account that is to pay it.
    pub(crate) fn pay(&mut self, tx: &DecodedTx, signer: &str, time: u64) -> Result<(), Failure> {
        let fee = tx.fee.amount;
        let payer = tx.fee.granter.clone().unwrap_or_else(|| signer.to_owned());
        if payer != signer {
            self.use_grant(&payer, signer, tx, time)?;
        }
        let balance = self.balance(&payer);
        if balance < fee {
            let log = format!("spendable balance {balance}stake is smaller than {fee}stake");
            return fail("sdk", 5, format!("{log}: insufficient funds"));
        }
        if let Some(balance) = self.money.balances.get_mut(&payer) {
            *balance -= fee;
        }
        *self.money.paid.entry(payer).or_default() += fee;
        Ok(())
    }

    fn use_grant(
        &mut self,
        granter: &str,
        grantee: &str,
        tx: &DecodedTx,
        time: u64,
    ) -> Result<(), Failure> {
        let name = (granter.to_owned(), grantee.to_owned());
        let Some(grant) = self.money.grants.get_mut(&name) else {
            return fail("sdk", 38, "fee-grant not found: not found");
        };
        if grant.expires <= time {
            return fail("feegrant", 3, "basic allowance: fee allowance expired");
        }
        let is_allowed = |url: &String| grant.messages.as_ref().is_none_or(|all| all.contains(url));
        if !tx.msgs.iter().all(|message| is_allowed(&message.type_url)) {
            return fail("feegrant", 7, "message does not exist in allowed messages");
        }
        let Some(left) = grant.left.checked_sub(tx.fee.amount) else {
            return fail("feegrant", 2, "basic allowance: fee limit exceeded");
        };
        grant.left = left;
        Ok(())
    }

    /// What a transaction takes for taking its fee from a grant.
    pub(crate) fn grant_gas(&self, tx: &DecodedTx, signer: &str) -> u64 {
        let Some(granter) = tx.fee.granter.clone() else { return 0 };
        self.money.grants.get(&(granter, signer.to_owned())).map_or(0, |grant| grant.gas)
    }

    pub(crate) fn balance(&self, address: &str) -> u128 {
        self.money.balances.get(address).copied().unwrap_or(u128::MAX)
    }

    pub(crate) fn paid(&self, address: &str) -> u128 {
        self.money.paid.get(address).copied().unwrap_or(0)
    }

    /// What a node tells of a grant.
    pub(crate) fn granted(&self, granter: &Address, grantee: &Address) -> Grant {
        let name = (granter.to_string(), grantee.to_string());
        let allowance = self.money.grants.get(&name);
        Grant {
            granter: granter.clone(),
            fault: allowance.is_none().then(|| "it grants nothing".to_owned()),
            left: allowance.map(|allowance| allowance.left),
            balance: self.balance(granter.as_str()),
            expires: allowance.map(|allowance| Time(allowance.expires)),
            messages: allowance.and_then(|allowance| allowance.messages.clone()),
            gas: allowance.map_or(0, |allowance| allowance.gas),
        }
    }
}
