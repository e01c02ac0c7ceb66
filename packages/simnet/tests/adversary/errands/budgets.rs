//! Owners of budgets, their delegates, and who pokes.

use cosmwasm_std::{Uint128, coin};
use outpost::msg::{ExecuteMsg as Outpost, SpendingLimit};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use simnet::Result;
use simnet::world::USDX;
use simnet::world::orders::{purchase, web_server};

use super::{other, owner_of};
use crate::act::{Choice, Pick, choice, units};
use crate::machine::{Machine, OWNERS, tolerate};

/// Longer than most coins last, so that pokes find something to do.
const TARGET_SECONDS: u64 = 300 * 86_400;

/// A message about a budget.
#[derive(Debug, Clone)]
pub(crate) enum Spending {
    Deposit { owner: Pick, units: u128 },
    Allow { owner: Pick, units: u128, seconds: u64 },
    Buy { owner: Pick, by: Pick, choice: Choice, units: u128 },
    TopUp { owner: Pick, by: Pick, order: Pick, units: u128 },
    Withdraw { owner: Pick, units: Option<u128> },
    AutoTopUp { order: Pick, most: u128, tip: u128 },
    Poke { by: Pick, order: Pick },
}

pub(super) fn spending() -> impl Strategy<Value = Spending> {
    let p = any::<Pick>;
    let seconds = prop_oneof![Just(3_600_u64), Just(86_400), Just(8 * 86_400)];
    prop_oneof![
        4 => (p(), units()).prop_map(|(owner, units)| Spending::Deposit { owner, units }),
        3 => (p(), units(), seconds)
            .prop_map(|(owner, units, seconds)| Spending::Allow { owner, units, seconds }),
        4 => (p(), p(), choice(), units())
            .prop_map(|(owner, by, choice, units)| Spending::Buy { owner, by, choice, units }),
        3 => (p(), p(), p(), units())
            .prop_map(|(owner, by, order, units)| Spending::TopUp { owner, by, order, units }),
        1 => (p(), prop_oneof![Just(None), units().prop_map(Some)])
            .prop_map(|(owner, units)| Spending::Withdraw { owner, units }),
        3 => (p(), units(), prop_oneof![Just(0_u128), Just(7)])
            .prop_map(|(order, most, tip)| Spending::AutoTopUp { order, most, tip }),
        6 => (p(), p()).prop_map(|(by, order)| Spending::Poke { by, order }),
    ]
}

impl Machine {
    pub(super) fn spend(&mut self, spending: &Spending) -> Result<()> {
        match spending {
            Spending::Deposit { owner, units } => {
                let deposit = Outpost::Deposit { owner: None };
                self.say(owner_of(*owner), &deposit, &[coin(*units, USDX)])
            }
            Spending::Allow { owner, units, seconds } => {
                self.allow(owner_of(*owner), *units, *seconds)
            }
            Spending::Buy { owner, by, choice, units } => {
                let buy = Box::new(purchase(web_server(self.selection(*choice))));
                let owner = self.world.on_b(owner_of(*owner)).into();
                let coin = coin(*units, USDX);
                self.say(owner_of(*by), &Outpost::BuyFromBudget { owner, coin, buy }, &[])
            }
            Spending::TopUp { owner, by, order, units } => {
                let (seq, _) = self.known_order(*order)?;
                let owner = self.world.on_b(owner_of(*owner)).into();
                let coin = coin(*units, USDX);
                self.say(owner_of(*by), &Outpost::TopUpFromBudget { owner, coin, seq }, &[])
            }
            Spending::Withdraw { owner, units } => self.withdraw_budget(owner_of(*owner), *units),
            Spending::AutoTopUp { order, most, tip } => self.auto_top_up(*order, *most, *tip),
            Spending::Poke { by, order } => {
                let (seq, _) = self.known_order(*order)?;
                self.say(owner_of(*by), &Outpost::Poke { seq }, &[])
            }
        }
    }

    fn allow(&mut self, owner: &str, units: u128, period_seconds: u64) -> Result<()> {
        let limit = SpendingLimit {
            denom: USDX.into(),
            per_period: Uint128::new(units),
            period_seconds,
            total: Uint128::new(units.saturating_mul(3)),
        };
        let delegate = self.world.on_b(other(owner)).into();
        let allow = Outpost::SetAllowance { delegate, limits: vec![limit], expires: None };
        self.say(owner, &allow, &[])
    }

    fn auto_top_up(&mut self, order: Pick, most: u128, tip: u128) -> Result<()> {
        let (seq, owner) = self.known_order(order)?;
        let keep_funded = Outpost::AutoTopUp {
            seq,
            target_runway_seconds: TARGET_SECONDS,
            max_per_period: Uint128::new(most),
            period_seconds: Some(86_400),
            tip: Some(Uint128::new(tip)).filter(|tip| !tip.is_zero()),
        };
        self.say(owner, &keep_funded, &[])
    }

    fn withdraw_budget(&mut self, owner: &str, units: Option<u128>) -> Result<()> {
        let (denom, amount) = (USDX.into(), units.map(Uint128::new));
        self.say(owner, &Outpost::WithdrawBudget { denom, amount, to: None }, &[])
    }

    /// Owners take what is left of their budgets.
    pub(crate) fn empty_budgets(&mut self) -> Result<()> {
        OWNERS.into_iter().try_for_each(|owner| tolerate(self.withdraw_budget(owner, None)))
    }
}
