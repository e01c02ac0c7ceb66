//! Deployments: opening, funding, closing.

pub(crate) mod close;
pub(crate) mod fund;
pub(crate) mod open;
pub(crate) mod revise;

use cosmwasm_std::Storage;
use escrow::{Account, Seconds};
use protocol::DeploymentId;
use protocol::deployment::Group;

use crate::error::ContractError;
use crate::state::deployment::{self as state, ACCOUNTS, Number, RECORDS, Record, StoredAccount};
use crate::state::tally::{self, Tally};

/// A deployment that lives, loaded to be changed.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    /// Its number here.
    pub(crate) number: Number,
    /// Its name.
    pub(crate) id: DeploymentId,
    /// How it stands. It is written only when [`Live::changed`] was called.
    pub(crate) record: Record,
    /// Its account.
    pub(crate) account: Account,
    stored: Stored,
}

/// What the storage knows of a deployment that was loaded.
#[derive(Debug, Clone, Copy, Default)]
struct Stored {
    revision: u64,
    tally: Tally,
}

impl Stored {
    fn of(record: &Record) -> Self {
        Self { revision: record.revision, tally: tally_of(record) }
    }
}

/// What a deployment adds to the tally.
pub(crate) fn tally_of(record: &Record) -> Tally {
    let (orders, leases) = (record.orders.into(), record.leases.into());
    Tally { deployments: 1, orders, leases, ..Tally::default() }
}

impl Live {
    /// A new one, not stored yet.
    pub(crate) fn new(number: Number, id: DeploymentId, record: Record, account: Account) -> Self {
        Self { number, id, record, account, stored: Stored::default() }
    }

    /// Loads a deployment by its name.
    pub(crate) fn load(storage: &dyn Storage, id: &DeploymentId) -> Result<Self, ContractError> {
        let number = state::live_number(storage, id)?;
        let record = state::record(storage, number)?;
        let account = state::account(storage, number)?;
        let stored = Stored::of(&record);
        Ok(Self { number, id: id.clone(), record, account, stored })
    }

    /// Stores what changed.
    pub(crate) fn save(self, storage: &mut dyn Storage) -> Result<(), ContractError> {
        if self.record.revision != self.stored.revision {
            RECORDS.save(storage, self.number, &self.record)?;
            tally::note(storage, self.stored.tally, tally_of(&self.record))?;
        }
        Ok(ACCOUNTS.save(storage, self.number, &StoredAccount(self.account))?)
    }

    /// Notes that it lives no more; its caller removes what is stored of it.
    pub(crate) fn end(&self, storage: &mut dyn Storage) -> Result<(), ContractError> {
        tally::note(storage, self.stored.tally, Tally::default())
    }

    /// Counts a change of state: see [`Record::changed`].
    pub(crate) fn changed(&mut self) -> Result<(), ContractError> {
        self.record.changed()
    }

    /// Notes the end of an order or lease: if it was the last, the deployment is idle from now on.
    pub(crate) fn ended_one(&mut self, now: Seconds) -> Result<(), ContractError> {
        if self.record.orders == 0 && self.record.leases == 0 {
            self.record.idle_since = Some(now.get());
        }
        self.changed()
    }

    /// What the tenant ordered as this group.
    pub(crate) fn group(&self, storage: &dyn Storage, group: u32) -> Result<Group, ContractError> {
        state::group(storage, self.number, group)
    }
}
