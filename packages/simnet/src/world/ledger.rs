//! Who has what, and whether it adds up.

use cosmwasm_std::{Addr, Coin};
use market::msg::{QueryMsg as AskMarket, SolvencyResponse};
use outpost::msg::QueryMsg as AskOutpost;
use outpost::msg::responses::SolvencyResponse as OutpostSolvency;

use super::{MARKET_CHAIN, OUTPOST_CHAIN, STAKE, USDX, World};
use crate::error::{Error, Result};

/// What a named account holds of a denom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Balance {
    /// Chain id.
    pub chain: String,
    /// Name of the account.
    pub account: String,
    /// Denom on that chain.
    pub denom: String,
    /// Units.
    pub amount: u128,
}

impl World {
    /// Every balance of every named account that is not zero, by chain, name and denom.
    ///
    /// # Errors
    /// [`Error::Transaction`] if a bank cannot be read.
    pub fn balances(&self) -> Result<Vec<Balance>> {
        let mut table = Vec::new();
        for ((chain, name), address) in &self.accounts {
            for denom in self.denoms(chain) {
                let amount = self.held(chain, address, &denom)?;
                if amount > 0 {
                    let (chain, account) = (chain.clone(), name.clone());
                    table.push(Balance { chain, account, denom, amount });
                }
            }
        }
        table.sort();
        Ok(table)
    }

    /// The denoms of a chain; of the market's also its token, if one was issued.
    #[must_use]
    pub fn denoms(&self, chain: &str) -> Vec<String> {
        if chain == MARKET_CHAIN {
            [self.usdx_on_a(), STAKE.into()].into_iter().chain(self.token()).collect()
        } else {
            vec![USDX.into(), self.stake_on_b()]
        }
    }

    /// What an account of a chain holds of one of its [`World::denoms`].
    ///
    /// # Errors
    /// [`Error::Transaction`] if the bank or the token cannot be read.
    pub fn held(&self, chain: &str, account: &Addr, denom: &str) -> Result<u128> {
        if self.token().is_some_and(|token| token == denom) {
            return self.tokens_of(account);
        }
        self.network.chain(chain).balance(account, denom)
    }

    /// What an account of A holds, in USDX and in the stake denom.
    ///
    /// # Errors
    /// [`Error::Transaction`] if the bank cannot be read.
    pub fn holdings_on_a(&self, account: &Addr) -> Result<(u128, u128)> {
        let usdx = self.a().balance(account, &self.usdx_on_a())?;
        Ok((usdx, self.a().balance(account, STAKE)?))
    }

    /// Checks every invariant: conservation on and between the chains, solvency of both contracts
    /// in every denom.
    ///
    /// # Errors
    /// [`Error::Invariant`] with the figures.
    pub fn check(&self) -> Result<()> {
        self.network.check_conservation()?;
        for denom in self.denoms(MARKET_CHAIN) {
            let books = self.market_books(&denom)?;
            let held = self.held(MARKET_CHAIN, &self.market, &denom)?;
            if !books.solvent || books.bank.u128() != held || books.liabilities > books.bank {
                return Err(insolvent("market", &denom, &books));
            }
        }
        for denom in self.denoms(OUTPOST_CHAIN) {
            let books: OutpostSolvency =
                self.ask_outpost(&AskOutpost::Solvency { denom: denom.clone() })?;
            let held = self.b().balance(&self.outpost, &denom)?;
            if !books.solvent || books.bank.u128() != held || books.tracked > books.bank {
                return Err(insolvent("outpost", &denom, &books));
            }
        }
        let broken = |contract: &str| {
            let contract = contract.to_owned();
            move |reason: String| Error::Invariant { reason: format!("{contract}: {reason}") }
        };
        self.a().inspect(&self.market, market::sanity::check).map_err(broken("market"))?;
        self.b()
            .inspect(&self.outpost, |deps, env| outpost::sanity::check(deps, &env.contract.address))
            .map_err(broken("outpost"))
    }

    /// Coins that the market holds and owes to nobody: they arrived without an order.
    ///
    /// # Errors
    /// [`Error::Transaction`] if the market cannot be asked.
    pub fn stray_at_market(&self) -> Result<Vec<Coin>> {
        let mut stray = Vec::new();
        for denom in self.denoms(MARKET_CHAIN) {
            let books = self.market_books(&denom)?;
            let amount = books.bank.u128().saturating_sub(books.liabilities.u128());
            if amount > 0 {
                stray.push(Coin { denom, amount: amount.into() });
            }
        }
        Ok(stray)
    }

    /// What the market holds and owes of a denom, as it says.
    ///
    /// # Errors
    /// [`Error::Transaction`] if the market cannot be asked.
    pub fn market_books(&self, denom: &str) -> Result<SolvencyResponse> {
        self.ask_market(&AskMarket::Solvency { denom: denom.into() })
    }
}

fn insolvent(contract: &str, denom: &str, books: &impl std::fmt::Debug) -> Error {
    Error::Invariant { reason: format!("{contract} in {denom}: {books:?}") }
}
