//! What is said to the outpost beside purchases and their ends: about orders, about budgets, and by the
//! outpost's owner.

mod budgets;
mod keeper;
mod orders;

use cosmwasm_std::Coin;
use outpost::msg::ExecuteMsg as Outpost;
use proptest::prelude::{Strategy, prop_oneof};
use simnet::{Error, Result};

use super::act::Pick;
use super::deeds::name;
use super::machine::{Machine, OWNERS};

use budgets::Spending;
use keeper::Keeping;
use orders::Care;

/// A message to the outpost.
#[derive(Debug, Clone)]
pub(crate) enum Errand {
    Spend(Spending),
    Care(Care),
    Keep(Keeping),
}

pub(crate) fn errands() -> impl Strategy<Value = Errand> {
    prop_oneof![
        30 => budgets::spending().prop_map(Errand::Spend),
        15 => orders::care().prop_map(Errand::Care),
        2 => keeper::keeping().prop_map(Errand::Keep),
    ]
}

pub(crate) fn owner_of(which: Pick) -> &'static str {
    OWNERS[usize::from(which) % OWNERS.len()]
}

/// Whom an owner trusts, or robs.
fn other(owner: &str) -> &'static str {
    OWNERS.into_iter().find(|name| *name != owner).unwrap_or(OWNERS[0])
}

impl Machine {
    pub(crate) fn errand(&mut self, errand: &Errand) -> Result<()> {
        match errand {
            Errand::Spend(spending) => self.spend(spending),
            Errand::Care(care) => self.care(care),
            Errand::Keep(keeping) => self.keep(keeping),
        }
    }

    /// Has somebody of B say something to the outpost, and counts it if the outpost takes it.
    pub(crate) fn say(&mut self, who: &str, msg: &Outpost, funds: &[Coin]) -> Result<()> {
        self.world.outpost(who, msg, funds)?;
        self.taken.add(format!("outpost {}", name(msg)));
        Ok(())
    }

    /// One of the orders so far, and its owner.
    pub(crate) fn known_order(&self, which: Pick) -> Result<(u64, &'static str)> {
        let none = || Error::Transaction { reason: "no order yet".into() };
        self.order(which).ok_or_else(none)
    }
}
