use std::path::Path;

use cosmwasm_std::Uint128;
use e2e::book::{self, Session, Setting};
use e2e::ledger::escrow;
use e2e::world::setting;
use entrepot::deploy::StateFile;
use entrepot::localnet::Localnet;
use market::msg::{QueryMsg as AskMarket, StoredTombstone};
use outpost::msg::QueryMsg as AskOutpost;
use outpost::msg::responses::OrderResponse;
use protocol::{DeploymentId, Tenant};

/// What the book's DAO is given.
const TREASURY: u128 = 1_000_000_000;

/// Whoever follows the book, command by command, gets from nothing to a lease that a DAO of DAO DAO
/// has bought, sells as a provider and relays; and every unit is where it belongs.
#[test]
fn every_command_of_the_book_works_and_every_unit_is_accounted_for() -> anyhow::Result<()> {
    e2e::alone(async || {
        let described = setting("E2E_LOCALNET")?;
        let localnet = described.parent().unwrap_or_else(|| Path::new(".")).canonicalize()?;
        let folder = tempfile::Builder::new().prefix("book-").tempdir_in(&localnet)?.keep();
        let mut binaries = Vec::new();
        for variable in ["ENTREPOT_BIN", "FERRY_BIN"] {
            binaries.extend(setting(variable)?.canonicalize()?.parent().map(Path::to_owned));
        }
        let artifacts = setting("ARTIFACTS")?.canonicalize()?;
        let around = Setting { folder: folder.clone(), localnet, artifacts, binaries };
        let mut blocks = Vec::new();
        for page in book::pages()? {
            blocks.extend(page.blocks()?);
        }
        let read = Session::run(&blocks, &around).await?;

        let seconds: u64 = read.variable("DAO_SECONDS")?.parse()?;
        println!("the DAO's part took {seconds} s");
        assert!(seconds < 600, "from two nodes to a lease and back in less than ten minutes");

        let net = Localnet::read(&described)?;
        let sites = net.sites("user1").await?;
        let (a, b) = (&sites.market.chain, &sites.outpost.chain);
        let state = folder.join(".localnet/home/deploy.state.json");
        let made =
            StateFile::open(&state, sites.market.chain_id(), sites.outpost.chain_id())?.state;
        let (market, outpost) = (made.market.address()?, made.outpost.address()?);
        let (dao, seq) = (read.variable("DAO")?, read.variable("ORDER")?.parse()?);
        let order: OrderResponse = b.query_smart(outpost, &AskOutpost::Order { seq }).await?;
        let transfer = made.transfer.expect("a route was proved over it");
        let tenant = Tenant::Remote {
            route: transfer.market.clone(),
            sender: outpost.to_owned(),
            account: dao.to_owned(),
        };
        let id = DeploymentId { tenant, seq };
        let grave: StoredTombstone = a.query_smart(market, &AskMarket::Tombstone { id }).await?;
        let bought = Uint128::try_from(order.coin.amount)?.u128();
        let left = TREASURY - bought + grave.refunded.u128();
        assert_eq!(b.balance(dao, "usdx").await?, left, "the rest is home and nothing more");
        assert!(grave.refunded.u128() > bought, "what another has added came home to the DAO too");
        let denom = read.variable("DENOM")?;
        let locked = b.balance(&escrow(b, &transfer.outpost).await?, "usdx").await?;
        assert_eq!(a.supply(denom).await?, locked, "no voucher without its coin");
        let path = entrepot::denom::path(a, denom).await?;
        assert_eq!(path, format!("transfer/{}/usdx", transfer.market), "by which way it came");
        Ok(())
    })
}
