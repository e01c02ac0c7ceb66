//! The route and its denom, as both contracts know them.

use anyhow::ensure;
use market::msg::{DenomInfo, DenomsResponse, NewDenom, NewRoute, RouteInfo, RoutesResponse};
use outpost::msg::responses::{RouteResponse, RoutesResponse as OutpostRoutes};
use protocol::RouteStyle;

use super::{Deployment, State};

impl Deployment<'_> {
    /// The route as the market knows it.
    pub(super) async fn market_route_info(
        &self,
        state: &State,
    ) -> anyhow::Result<Option<RouteInfo>> {
        let (Ok(market), Ok(transfer)) = (state.market.address(), state.transfer()) else {
            return Ok(None);
        };
        let mut start_after = None;
        loop {
            let ask = market::msg::QueryMsg::Routes { start_after, limit: None };
            let page: RoutesResponse = self.sites.market.chain.query_smart(market, &ask).await?;
            let Some(last) = page.routes.last() else { return Ok(None) };
            start_after = Some(last.channel.clone());
            let found = page.routes.into_iter().find(|route| route.channel == transfer.market);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// The route as the outpost knows it.
    pub(super) async fn outpost_route_info(
        &self,
        state: &State,
    ) -> anyhow::Result<Option<RouteResponse>> {
        let Ok(outpost) = state.outpost.address() else { return Ok(None) };
        let mut start_after = None;
        loop {
            let ask = outpost::msg::QueryMsg::Routes { start_after, limit: None };
            let page: OutpostRoutes = self.sites.outpost.chain.query_smart(outpost, &ask).await?;
            let Some(last) = page.routes.last() else { return Ok(None) };
            start_after = Some(last.name.clone());
            let found = page.routes.into_iter().find(|route| route.name == self.spec.route.name);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    pub(super) async fn market_route(&self, state: &State) -> anyhow::Result<Option<String>> {
        let Some(route) = self.market_route_info(state).await? else { return Ok(None) };
        let outpost = state.outpost.address()?;
        ensure!(
            route.outpost.as_deref() == Some(outpost),
            "the market's route `{}` is for the outpost `{}`, not `{outpost}`; its tenants depend \
             on that: use another transfer channel",
            route.channel,
            route.outpost.as_deref().unwrap_or("none")
        );
        self.check_style("market", &route.channel, &route.style)?;
        Ok(Some(route.channel))
    }

    pub(super) async fn add_market_route(&self, state: &State) -> anyhow::Result<String> {
        let channel = state.transfer()?.market.clone();
        let route = NewRoute {
            channel: channel.clone(),
            outpost: Some(state.outpost.address()?.into()),
            style: self.spec.route.style(),
        };
        self.tell_market(state, &market::msg::ExecuteMsg::AddRoute(route)).await?;
        Ok(channel)
    }

    pub(super) async fn market_denom(&self, state: &State) -> anyhow::Result<Option<String>> {
        let (Ok(market), Ok(transfer)) = (state.market.address(), state.transfer()) else {
            return Ok(None);
        };
        let wanted = self.new_denom(&transfer.market, self.market_denom_name(transfer));
        let mut start_after = None;
        loop {
            let ask = market::msg::QueryMsg::Denoms { start_after, limit: None };
            let page: DenomsResponse = self.sites.market.chain.query_smart(market, &ask).await?;
            let Some(last) = page.denoms.last() else { return Ok(None) };
            start_after = Some(last.into());
            if page.denoms.iter().any(|listed| is_same(listed, &wanted)) {
                return Ok(Some(wanted.denom));
            }
        }
    }

    pub(super) async fn add_market_denom(&self, state: &State) -> anyhow::Result<String> {
        let transfer = state.transfer()?;
        let denom = self.new_denom(&transfer.market, self.market_denom_name(transfer));
        let name = denom.denom.clone();
        self.tell_market(state, &market::msg::ExecuteMsg::AddDenom(denom)).await?;
        Ok(name)
    }

    pub(super) async fn outpost_route(&self, state: &State) -> anyhow::Result<Option<String>> {
        let Some(route) = self.outpost_route_info(state).await? else { return Ok(None) };
        let (got, expected) = (
            (&route.channel, route.market.as_str()),
            (&state.transfer()?.outpost, state.market.address()?),
        );
        ensure!(
            got == expected,
            "the outpost's route `{}` leads over `{}` to `{}`, expected `{}` to `{}`; give the \
             route another name",
            route.name,
            got.0,
            got.1,
            expected.0,
            expected.1
        );
        self.check_style("outpost", &route.name, &route.style)?;
        Ok(Some(format!("`{}`", route.name)))
    }

    pub(super) async fn add_outpost_route(&self, state: &State) -> anyhow::Result<String> {
        let name = self.spec.route.name.clone();
        let add = outpost::msg::ExecuteMsg::AddRoute {
            name: name.clone(),
            channel: state.transfer()?.outpost.clone(),
            market: state.market.address()?.into(),
            style: self.spec.route.style(),
        };
        let site = &self.sites.outpost;
        site.chain.execute(&site.key, state.outpost.address()?, &add, &[]).await?;
        Ok(format!("`{name}`"))
    }

    /// Both contracts must build and expect the same memos.
    fn check_style(&self, whose: &str, name: &str, got: &RouteStyle) -> anyhow::Result<()> {
        let wanted = self.spec.route.style();
        ensure!(
            *got == wanted,
            "the {whose}'s route `{name}` has the style {got:?}, and the deployment file says \
             {wanted:?}; say in the file what the {whose} has, or deploy anew over another channel"
        );
        Ok(())
    }

    fn new_denom(&self, route: &str, denom: String) -> NewDenom {
        let spec = &self.spec.route;
        NewDenom {
            denom,
            route: Some(route.into()),
            min_deposit: spec.min_deposit,
            min_bond: spec.min_bond,
            bond_factor: spec.bond_factor,
            listing_fee: spec.listing_fee,
        }
    }

    async fn tell_market(
        &self,
        state: &State,
        msg: &market::msg::ExecuteMsg,
    ) -> anyhow::Result<()> {
        let site = &self.sites.market;
        site.chain.execute(&site.key, state.market.address()?, msg, &[]).await?;
        Ok(())
    }
}

fn is_same(listed: &DenomInfo, wanted: &NewDenom) -> bool {
    let DenomInfo { denom, route, min_deposit, min_bond, bond_factor, listing_fee } = listed;
    (denom, route, min_deposit, min_bond, bond_factor, listing_fee)
        == (
            &wanted.denom,
            &wanted.route,
            &wanted.min_deposit,
            &wanted.min_bond,
            &wanted.bond_factor,
            &wanted.listing_fee,
        )
}
