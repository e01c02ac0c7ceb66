//! How the world comes to be: chains, contracts, channels, route, denom, people.

use std::collections::BTreeMap;

use cosmwasm_std::{Addr, Decimal, IbcOrder, Uint128, coin};
use market::msg::{InstantiateMsg, NewDenom, NewRoute, Params};
use protocol::RouteStyle;
use protocol::handshake::{VERSION, port_of};

use super::{
    Ends, MARKET_CHAIN, MIN_DEPOSIT, OUTPOST_CHAIN, PROBE_UNITS, ROUTE, STAKE, USDX, World,
    contracts,
};
use crate::chain::Chain;
use crate::error::Result;
use crate::ibc::ics20::{TRANSFER_PORT, TRANSFER_VERSION};
use crate::network::{End, Network};
use crate::relayer::Relayer;

/// Gas that routes grant a callback.
const CALLBACK_GAS: u64 = 1_000_000;
/// The shortest packet timeout of both contracts.
const MIN_TIMEOUT_SECONDS: u64 = 600;

/// How callbacks are asked for on both sides of the route.
fn style() -> RouteStyle {
    RouteStyle::Callbacks { source_gas: CALLBACK_GAS, destination_gas: CALLBACK_GAS }
}

impl World {
    /// Both contracts on their chains, the transfer and the control channel open, the route known
    /// to both sides and proved for USDX; nobody but the contracts' owners has done anything.
    ///
    /// # Errors
    /// What a contract refuses: there is no fault of the caller's.
    pub fn new() -> Result<Self> {
        let mut world = Self::unproved()?;
        world.prove_route()?;
        Ok(world)
    }

    /// Like [`World::new`], but nothing was bought or proved on the route yet.
    ///
    /// # Errors
    /// What a contract refuses.
    pub fn unproved() -> Result<Self> {
        let mut world = Self::with_contracts()?;
        world.open_transfer_channel()?;
        world.add_routes()?;
        world.open_control_channel()?;
        world.check()?;
        Ok(world)
    }

    fn with_contracts() -> Result<Self> {
        let mut a = Chain::new(MARKET_CHAIN, "alpha");
        let mut b = Chain::new(OUTPOST_CHAIN, "beta");
        let (owner_a, owner_b) = (a.wallet("market-owner"), b.wallet("outpost-owner"));
        let market = a.deploy(
            contracts::market(),
            &owner_a,
            "market",
            &market_config(&a.wallet("treasury")),
        )?;
        let outpost_config = outpost::msg::InstantiateMsg {
            owner: None,
            min_timeout_seconds: Some(MIN_TIMEOUT_SECONDS),
            default_timeout_seconds: None,
            send_window_seconds: None,
        };
        let outpost = b.deploy(contracts::outpost(), &owner_b, "outpost", &outpost_config)?;
        b.mint(&owner_b, coin(PROBE_UNITS, USDX))?;
        let mut network = Network::default();
        network.add(a);
        network.add(b);
        let (on_a, on_b) = network.connect(MARKET_CHAIN, OUTPOST_CHAIN)?;
        let account = |chain: &str, name: &str, address: &Addr| {
            ((chain.to_owned(), name.to_owned()), address.clone())
        };
        let accounts = BTreeMap::from([
            account(MARKET_CHAIN, "market", &market),
            account(OUTPOST_CHAIN, "outpost", &outpost),
        ]);
        let mut world = Self {
            network,
            relayer: Relayer::default(),
            market,
            outpost,
            connection: Ends { market: on_a, outpost: on_b },
            transfer: Ends::default(),
            control: Ends::default(),
            accounts,
        };
        world.on_a("treasury");
        Ok(world)
    }

    fn open_transfer_channel(&mut self) -> Result<()> {
        let (a, b) = (self.end_on_a(TRANSFER_PORT), self.end_on_b(TRANSFER_PORT));
        let (market, outpost) =
            self.network.open_channel(&b, &a, IbcOrder::Unordered, TRANSFER_VERSION).map(swap)?;
        self.transfer = Ends { market, outpost };
        let escrow = self.b().escrow(&self.transfer.outpost)?;
        self.accounts.insert((OUTPOST_CHAIN.into(), "transfer escrow".into()), escrow);
        let escrow = self.a().escrow(&self.transfer.market)?;
        self.accounts.insert((MARKET_CHAIN.into(), "transfer escrow".into()), escrow);
        Ok(())
    }

    fn add_routes(&mut self) -> Result<()> {
        let route = NewRoute {
            channel: self.transfer.market.clone(),
            outpost: Some(self.outpost.to_string()),
            style: style(),
        };
        let denom = NewDenom {
            denom: self.usdx_on_a(),
            route: Some(self.transfer.market.clone()),
            min_deposit: Uint128::new(MIN_DEPOSIT),
            min_bond: Uint128::new(1_000),
            bond_factor: Some(Decimal::one()),
            listing_fee: Uint128::zero(),
        };
        let (market, outpost) = (self.market.clone(), self.outpost.clone());
        let a = self.network.chain_mut(MARKET_CHAIN);
        let owner = a.wallet("market-owner");
        a.execute(&owner, &market, &market::msg::ExecuteMsg::AddRoute(route), &[])?;
        a.execute(&owner, &market, &market::msg::ExecuteMsg::AddDenom(denom), &[])?;
        let route = outpost::msg::ExecuteMsg::AddRoute {
            name: ROUTE.into(),
            channel: self.transfer.outpost.clone(),
            market: market.into(),
            style: style(),
        };
        let b = self.network.chain_mut(OUTPOST_CHAIN);
        let owner = b.wallet("outpost-owner");
        b.execute(&owner, &outpost, &route, &[])?;
        Ok(())
    }

    /// Opens a control channel, as anybody can.
    ///
    /// # Errors
    /// What either contract says about it.
    pub fn open_control_channel(&mut self) -> Result<()> {
        let a = self.end_on_a(&port_of(self.market.as_str()));
        let b = self.end_on_b(&port_of(self.outpost.as_str()));
        let (market, outpost) =
            self.network.open_channel(&b, &a, IbcOrder::Unordered, VERSION).map(swap)?;
        self.control = Ends { market, outpost };
        Ok(())
    }

    /// A port on A over the connection of this world.
    #[must_use]
    pub fn end_on_a(&self, port: &str) -> End {
        End {
            chain: MARKET_CHAIN.into(),
            port: port.into(),
            connection: self.connection.market.clone(),
        }
    }

    /// A port on B over the connection of this world.
    #[must_use]
    pub fn end_on_b(&self, port: &str) -> End {
        End {
            chain: OUTPOST_CHAIN.into(),
            port: port.into(),
            connection: self.connection.outpost.clone(),
        }
    }

    /// Sends a coin to the market and back, which opens the route for purchases, and returns it
    /// to the outpost's owner.
    ///
    /// # Errors
    /// What a contract refuses.
    pub fn prove_route(&mut self) -> Result<()> {
        let probe =
            outpost::msg::ExecuteMsg::ProbeRoute { route: ROUTE.into(), timeout_seconds: None };
        self.outpost("outpost-owner", &probe, &[coin(PROBE_UNITS, USDX)])?;
        self.relay()?;
        let tenant = self.tenant("outpost-owner");
        self.bring_home(&tenant)?;
        self.claim("outpost-owner")
    }
}

/// Channels are opened from B; the world names A first.
fn swap((outpost, market): (String, String)) -> (String, String) {
    (market, outpost)
}

fn market_config(treasury: &Addr) -> InstantiateMsg {
    InstantiateMsg {
        owner: None,
        min_timeout_seconds: Some(MIN_TIMEOUT_SECONDS),
        params: Params {
            treasury: treasury.to_string(),
            pauser: None,
            take_rate_bps: 200,
            grace_seconds: 86_400,
            stake_denom: STAKE.into(),
            min_stake: Uint128::new(1_000_000),
            unbonding_seconds: 7 * 86_400,
            bond_denom: Some(STAKE.into()),
            settle_timeout_seconds: 3_600,
            control_gas: 800_000,
        },
        denoms: Vec::new(),
    }
}
