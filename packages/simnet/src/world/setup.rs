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
use crate::ibc::callbacks::CallbackSupport;
use crate::ibc::ics20::{TRANSFER_PORT, TRANSFER_VERSION};
use crate::network::{End, Network};
use crate::relayer::Relayer;

/// Gas that routes grant a callback.
const CALLBACK_GAS: u64 = 1_000_000;
/// The shortest packet timeout of both contracts.
const MIN_TIMEOUT_SECONDS: u64 = 600;

/// The style of most worlds: ibc-go callbacks at both ends.
const fn callbacks() -> RouteStyle {
    RouteStyle::Callbacks { source_gas: CALLBACK_GAS, destination_gas: CALLBACK_GAS }
}

impl World {
    /// Both contracts on their chains, the transfer and the control channel open, the route known
    /// to both sides and proved for USDX; nobody but the contracts' owners has done anything.
    ///
    /// # Errors
    /// What a contract refuses: there is no fault of the caller's.
    pub fn new() -> Result<Self> {
        Self::of_style(callbacks())
    }

    /// Like [`World::new`], over a route of another style, between chains that have just what it
    /// needs.
    ///
    /// # Errors
    /// What a contract refuses.
    pub fn of_style(style: RouteStyle) -> Result<Self> {
        let mut world = Self::unproved_of_style(style)?;
        world.prove_route()?;
        Ok(world)
    }

    /// Like [`World::new`], but nothing was bought or proved on the route yet.
    ///
    /// # Errors
    /// What a contract refuses.
    pub fn unproved() -> Result<Self> {
        Self::unproved_of_style(callbacks())
    }

    fn unproved_of_style(style: RouteStyle) -> Result<Self> {
        let mut world = Self::unlinked()?;
        world.adopt(style)?;
        let (market, outpost) = world.network.connect(MARKET_CHAIN, OUTPOST_CHAIN)?;
        world.connection = Ends { market, outpost };
        let (a, b) = (world.end_on_a(TRANSFER_PORT), world.end_on_b(TRANSFER_PORT));
        let transfer =
            world.network.open_channel(&b, &a, IbcOrder::Unordered, TRANSFER_VERSION).map(swap)?;
        world.add_routes(transfer)?;
        world.open_control_channel()?;
        world.check()?;
        Ok(world)
    }

    /// Both contracts on their chains, which nothing connects.
    ///
    /// # Errors
    /// What a contract refuses.
    pub fn unlinked() -> Result<Self> {
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
            connection: Ends::default(),
            transfer: Ends::default(),
            control: Ends::default(),
            style: callbacks(),
            accounts,
            asked: 0,
            spent: BTreeMap::new(),
        };
        world.on_a("treasury");
        Ok(world)
    }

    fn adopt(&mut self, style: RouteStyle) -> Result<()> {
        for (chain, is_hooked) in
            [(MARKET_CHAIN, style.hooks_at_market()), (OUTPOST_CHAIN, style.hooks_at_outpost())]
        {
            if chain == OUTPOST_CHAIN && style.leaves_outpost_deaf() {
                self.network.chain_mut(chain).set_callback_support(CallbackSupport::Absent);
            }
            if is_hooked {
                let chain = self.network.chain_mut(chain);
                chain.set_callback_support(CallbackSupport::Absent);
                chain.install_hooks()?;
            }
        }
        self.style = style;
        Ok(())
    }

    /// Makes an open transfer channel the route of both contracts, for USDX.
    ///
    /// # Errors
    /// What a contract refuses.
    pub fn add_routes(&mut self, transfer: Ends) -> Result<()> {
        self.transfer = transfer;
        let escrow = self.b().escrow(&self.transfer.outpost)?;
        self.accounts.insert((OUTPOST_CHAIN.into(), "transfer escrow".into()), escrow);
        let escrow = self.a().escrow(&self.transfer.market)?;
        self.accounts.insert((MARKET_CHAIN.into(), "transfer escrow".into()), escrow);
        self.add_route_at_market()?;
        self.add_route_at_outpost()
    }

    fn add_route_at_market(&mut self) -> Result<()> {
        let route = NewRoute {
            channel: self.transfer.market.clone(),
            outpost: Some(self.outpost.to_string()),
            style: self.style.clone(),
        };
        let denom = NewDenom {
            denom: self.usdx_on_a(),
            route: Some(self.transfer.market.clone()),
            min_deposit: Uint128::new(MIN_DEPOSIT),
            min_bond: Uint128::new(1_000),
            bond_factor: Some(Decimal::one()),
            listing_fee: Uint128::zero(),
        };
        let market = self.market.clone();
        let a = self.network.chain_mut(MARKET_CHAIN);
        let owner = a.wallet("market-owner");
        a.execute(&owner, &market, &market::msg::ExecuteMsg::AddRoute(route), &[])?;
        a.execute(&owner, &market, &market::msg::ExecuteMsg::AddDenom(denom), &[])?;
        Ok(())
    }

    fn add_route_at_outpost(&mut self) -> Result<()> {
        let (market, outpost) = (self.market.clone(), self.outpost.clone());
        let route = outpost::msg::ExecuteMsg::AddRoute {
            name: ROUTE.into(),
            channel: self.transfer.outpost.clone(),
            market: market.into(),
            style: self.style.clone(),
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
        self.control = self.network.open_channel(&b, &a, IbcOrder::Unordered, VERSION).map(swap)?;
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
        self.probe_route()?;
        self.relay()?;
        if self.style.leaves_outpost_deaf() {
            // The coin is with its sender; that the market took it has to be asked.
            self.ask_about_all()?;
            return Ok(());
        }
        let tenant = self.tenant("outpost-owner");
        self.bring_home(&tenant)?;
        self.claim("outpost-owner")
    }

    /// Sends the coin that proves the route; it is not relayed yet.
    ///
    /// # Errors
    /// What the outpost says.
    pub fn probe_route(&mut self) -> Result<()> {
        let probe =
            outpost::msg::ExecuteMsg::ProbeRoute { route: ROUTE.into(), timeout_seconds: None };
        self.outpost("outpost-owner", &probe, &[coin(PROBE_UNITS, USDX)])?;
        Ok(())
    }
}

/// Channels are opened from B; the world names A first.
fn swap((outpost, market): (String, String)) -> Ends {
    Ends { market, outpost }
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
