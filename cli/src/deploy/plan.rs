//! What a deployment would do, and what it would fail for.

use anyhow::Context as _;
use protocol::handshake::VERSION;
use serde::Serialize;

use super::channels::TRANSFER_VERSION;
use super::contracts::read;
use super::{Carrier, Channels, Deployment, Site, State, Step};
use crate::figures;

/// What is done and what would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Every step, in its order.
    pub steps: Vec<Standing>,
    /// What the steps to do would fail for, each with what to change.
    pub missing: Vec<String>,
}

/// How a step stands: what the chains have of it, or what would be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The step.
    pub step: Step,
    /// What is there; none if it is still to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
    /// What would be done, and who would do it; none if it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would: Option<String>,
}

impl Deployment<'_> {
    /// How every step stands; changes nothing.
    ///
    /// # Errors
    /// A chain cannot be asked, or what is there is not what is wanted.
    pub async fn plan(&self, state: &State) -> anyhow::Result<Plan> {
        let mut steps = Vec::new();
        for step in Step::ALL {
            let done = self.found(step, state).await?;
            let would = done.is_none().then(|| self.would(step)).transpose()?;
            steps.push(Standing { step, done, would });
        }
        let missing = self.missing(&steps).await?;
        Ok(Plan { steps, missing })
    }

    fn would(&self, step: Step) -> anyhow::Result<String> {
        let (market, outpost) = (&self.sites.market, &self.sites.outpost);
        let artifacts = &self.spec.artifacts;
        let route = &self.spec.route;
        Ok(match step {
            Step::StoreMarket => store(market, &artifacts.market)?,
            Step::StoreOutpost => store(outpost, &artifacts.outpost)?,
            Step::MakeMarket => by(market, &serde_json::to_string(&self.new_market())?),
            Step::MakeOutpost => by(outpost, &serde_json::to_string(&self.new_outpost())?),
            Step::TransferChannel => match self.channels {
                Channels::Existing { transfer } => format!("take {transfer}"),
                Channels::Ferry(ferry) => format!("{ferry}: version {TRANSFER_VERSION}"),
            },
            Step::MarketRoute => {
                by(market, &format!("style {}", serde_json::to_string(&route.style())?))
            }
            Step::MarketDenom => by(
                market,
                &format!(
                    "`{}` of the outpost's chain; least deposit {}, least bond {}, listing fee {}",
                    route.denom, route.min_deposit, route.min_bond, route.listing_fee
                ),
            ),
            Step::OutpostRoute => by(
                outpost,
                &format!("`{}`, style {}", route.name, serde_json::to_string(&route.style())?),
            ),
            Step::ControlChannel => match self.channels {
                Channels::Existing { .. } => {
                    format!("your relayer, once the contracts are made: version {VERSION}")
                }
                Channels::Ferry(ferry) => format!("{ferry}: version {VERSION}"),
            },
            Step::ProbeRoute => {
                let coin = figures::units(route.probe_amount.u128(), &route.denom);
                let carrier = match self.carrier {
                    Carrier::External => "the relayer that runs",
                    Carrier::Child { .. } => "ferry, started for the time",
                };
                by(
                    outpost,
                    &format!(
                        "first one unit each way that the contracts refuse, then {coin}, there and back, carried by \
                         {carrier}"
                    ),
                )
            }
        })
    }

    /// What the steps to do would fail for: coins that the keys do not have, and a ferry that does not run.
    async fn missing(&self, steps: &[Standing]) -> anyhow::Result<Vec<String>> {
        let to_do = |step: Step| {
            steps.iter().any(|standing| standing.step == step && standing.done.is_none())
        };
        let mut missing = Vec::new();
        for (site, own) in [
            (&self.sites.market, [Step::StoreMarket, Step::MarketRoute, Step::MarketDenom]),
            (&self.sites.outpost, [Step::StoreOutpost, Step::OutpostRoute, Step::ProbeRoute]),
        ] {
            let fee = site.chain.config().gas_price.denom();
            if own.into_iter().any(to_do) && site.chain.balance(&site.address, fee).await? == 0 {
                missing.push(format!(
                    "{} on {} has no {fee} for fees; send it some",
                    site.address,
                    site.chain_id()
                ));
            }
        }
        let (site, route) = (&self.sites.outpost, &self.spec.route);
        let has = site.chain.balance(&site.address, &route.denom).await?;
        if to_do(Step::ProbeRoute) && has < route.probe_amount.u128() {
            missing.push(format!(
                "{} on {} has {}, the probe sends {}; send it more or lower `route.probe_amount`",
                site.address,
                site.chain_id(),
                figures::units(has, &route.denom),
                figures::units(route.probe_amount.u128(), &route.denom)
            ));
        }
        if let Err(error) = self.check_given().await {
            missing.push(format!("{error:#}; correct `channels.transfer`"));
        }
        if let Channels::Ferry(ferry) = self.channels {
            if let Err(error) = ferry.check().await {
                missing.push(format!("{error:#}"));
            }
        }
        Ok(missing)
    }
}

fn by(site: &Site, what: &str) -> String {
    format!("{} on {}: {what}", site.address, site.chain_id())
}

fn store(site: &Site, artifact: &std::path::Path) -> anyhow::Result<String> {
    let bytes = read(artifact).context("a contract is missing")?.len();
    let bytes = figures::grouped(bytes.try_into()?);
    Ok(by(site, &format!("`{}`, {bytes} bytes", artifact.display())))
}
