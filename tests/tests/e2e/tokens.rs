use cosmos::chain::wasm::NewContract;
use cosmwasm_std::{Binary, Decimal, Uint128};
use e2e::World;
use e2e::clock;
use e2e::people::{earnings, first_group};
use e2e::third_party::ThirdParty;
use e2e::world::{BUYER, OWNER, PROVIDER, setting};
use market::msg::{ExecuteMsg as Market, NewDenom};
use protocol::control::{Command, DeploymentState};
use protocol::{DeploymentId, Tenant};
use serde_json::{Value, json};
use simnet::world::orders::{from_offer, web_offer, web_server};

const UNITS: u128 = 5_000_000;
const SEQ: u64 = 2_001;
/// The least deposit, of a top-up too.
const LEAST: u128 = 10_000;
/// The bond of an offer in another denom than the market's bonds.
const OFFER_BOND: u128 = 50_000_000;

/// The token of cw20-base as it was published, on the market's chain.
struct Token<'a> {
    world: &'a World,
    address: String,
}

impl<'a> Token<'a> {
    /// Makes a token of which `holder` has all.
    async fn new(world: &'a World, holder: &str) -> anyhow::Result<Self> {
        let a = &world.sites.market;
        let code_id = ThirdParty::below(&setting("ARTIFACTS")?).store(a, "cw20_base").await?;
        let new = NewContract { code_id, label: "token", admin: None, funds: &[] };
        let setup = json!({
            "name": "a token", "symbol": "TOKEN", "decimals": 6,
            "initial_balances": [{ "address": holder, "amount": UNITS.to_string() }],
        });
        Ok(Self { world, address: a.chain.instantiate(&a.key, new, &setup).await?.0 })
    }

    fn denom(&self) -> String {
        format!("cw20:{}", self.address)
    }

    /// Sends tokens to the market with the message they pay for.
    async fn send(&self, from: &str, units: u128, msg: &Market) -> anyhow::Result<()> {
        let (chain, market) = (&self.world.sites.market.chain, &self.world.deployed.market);
        let msg = Binary::from(serde_json::to_vec(msg)?);
        let send =
            json!({ "send": { "contract": market, "amount": units.to_string(), "msg": msg } });
        chain.execute(&self.world.key(from)?, &self.address, &send, &[]).await?;
        Ok(())
    }

    async fn of(&self, account: &str) -> anyhow::Result<u128> {
        let ask = json!({ "balance": { "address": account } });
        let held: Value = self.world.sites.market.chain.query_smart(&self.address, &ask).await?;
        let units = held["balance"].as_str().unwrap_or_default();
        Ok(units.parse()?)
    }
}

/// A tenant of the market's chain pays with a published token: what the provider earned, the treasury's part and the
/// rest are paid out by the token's own contract.
#[test]
fn a_published_token_pays_for_a_lease() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let (buyer, provider) = (world.address(BUYER)?, world.address(PROVIDER)?);
        let token = Token::new(world, buyer).await?;
        let denom = token.denom();
        let listing = NewDenom {
            denom: denom.clone(),
            route: None,
            min_deposit: Uint128::new(LEAST),
            min_bond: Uint128::new(1_000),
            bond_factor: Some(Decimal::one()),
            listing_fee: Uint128::zero(),
        };
        world.market(OWNER, &Market::AddDenom(listing), &[]).await?;
        let post = Market::PostOffer { terms: web_offer(&denom) };
        let posted = world.market(PROVIDER, &post, &[(OFFER_BOND, world.bond_denom())]).await?;
        let offer = posted.attribute("wasm-offer_posted", "offer").unwrap_or_default().parse()?;

        let deployment = web_server(from_offer(offer));
        let open = Market::Open { seq: SEQ, refund_to: None, deployment };
        token.send(BUYER, UNITS - LEAST, &open).await?;
        let tenant = Tenant::Local { address: buyer.to_owned() };
        let id = DeploymentId { tenant, seq: SEQ };
        let top_up = Market::TopUp { tenant: None, seq: SEQ };
        token.send(BUYER, LEAST, &top_up).await?;
        assert_eq!(world.status(&id).await?.free.u128(), UNITS);
        assert_eq!(token.of(&world.deployed.market).await?, UNITS);

        let since = world.beat(PROVIDER, &first_group(id.clone())).await?;
        clock::reach(&world.sites.market.chain, since + 3).await?;
        let close = Market::Act { deployment: id.clone(), command: Command::CloseDeployment {} };
        world.market(BUYER, &close, &[]).await?;
        let tombstone = world.tombstone(&id).await?;
        assert_eq!(world.status(&id).await?.state, DeploymentState::Closed);
        for account in [BUYER, PROVIDER, OWNER] {
            let claimant = Tenant::Local { address: world.address(account)?.to_owned() };
            world.pay_out(&claimant, &denom).await?;
        }
        let (gross, fee) = earnings(since, tombstone.closed_at);
        let (gross, fee) = (u128::try_from(gross)?, u128::try_from(fee)?);
        assert_eq!(token.of(provider).await?, gross - fee);
        assert_eq!(token.of(world.address(OWNER)?).await?, fee);
        assert_eq!(token.of(buyer).await?, UNITS - gross);
        assert_eq!(token.of(&world.deployed.market).await?, 0, "to the unit");
        Ok(())
    })
}
