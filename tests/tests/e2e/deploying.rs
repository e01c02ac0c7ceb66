use anyhow::Context as _;
use cosmos::chain::Chain;
use entrepot::deploy::Deployed;
use entrepot::deploy::state::Contract;

async fn contracts_beside(chain: &Chain, contract: &str) -> anyhow::Result<Vec<String>> {
    let code = chain.contract_info(contract).await?.code_id;
    Ok(chain.contracts_of(code).await?)
}

/// A deployment that was killed between the making of a contract and its own note of it takes that contract, and makes
/// no other that nobody would know of.
#[test]
fn a_deployment_that_was_killed_finds_what_it_has_made() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let (a, b) = (&world.sites.market.chain, &world.sites.outpost.chain);
        let (market, outpost) = (&world.deployed.market, &world.deployed.outpost);
        let before = (contracts_beside(a, market).await?, contracts_beside(b, outpost).await?);
        let forgotten = |contract: &mut Contract| {
            contract.address = None;
            contract.is_asked_for = true;
        };
        let again = world
            .deploy_again(|state| {
                forgotten(&mut state.market);
                forgotten(&mut state.outpost);
            })
            .await?;
        let control = world.control().await?.context("there is a control channel")?;
        assert_eq!(again, Deployed { control, ..world.deployed.clone() });
        let after = (contracts_beside(a, market).await?, contracts_beside(b, outpost).await?);
        assert_eq!(after, before, "nothing was made twice");
        Ok(())
    })
}
