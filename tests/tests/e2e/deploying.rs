use anyhow::Context as _;
use cosmos::chain::Chain;
use e2e::World;
use e2e::clock::until;
use e2e::deployment::{Made, Rollout};
use e2e::world::OWNER;
use entrepot::deploy::state::Contract;
use entrepot::deploy::{Deployed, State, Step};
use entrepot::ferry::NewChannel;
use market::msg::AcceptedResponse;
use outpost::msg::responses::{FlightKind, FlightResponse, InFlightResponse};
use protocol::handshake::{VERSION, port_of};

async fn contracts_beside(chain: &Chain, contract: &str) -> anyhow::Result<Vec<String>> {
    let code = chain.contract_info(contract).await?.code_id;
    Ok(chain.contracts_of(code).await?)
}

/// A deployment that was killed between the making of a contract or a channel and its own note of it takes that one, and
/// makes no other that nobody would know of.
#[test]
fn a_deployment_that_was_killed_finds_what_it_has_made() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let (a, b) = (&world.sites.market.chain, &world.sites.outpost.chain);
        let (market, outpost) = (&world.deployed.market, &world.deployed.outpost);
        let before = (contracts_beside(a, market).await?, contracts_beside(b, outpost).await?);
        let made = world.made().await?;
        let forgotten = |contract: &mut Contract| {
            contract.address = None;
            contract.is_asked_for = true;
        };
        let again = world
            .deploy_again(|state| {
                forgotten(&mut state.market);
                forgotten(&mut state.outpost);
                state.transfer = None;
            })
            .await?;
        let control = world.control().await?.context("there is a control channel")?;
        assert_eq!(again, Deployed { control, ..world.deployed.clone() });
        let after = (contracts_beside(a, market).await?, contracts_beside(b, outpost).await?);
        assert_eq!(after, before, "nothing was made twice");
        assert_eq!(world.made().await?.codes, made.codes, "nor stored twice");
        Ok(())
    })
}

/// Has a state file forget what a step has made, as if the deployment had been killed between the two.
fn forget(state: &mut State, step: Step) {
    let forget = |contract: &mut Contract| {
        *contract = match contract.address.take() {
            Some(_) => Contract { is_asked_for: true, ..contract.clone() },
            None => Contract { is_asked_for: true, ..Contract::default() },
        };
    };
    match step {
        Step::StoreMarket | Step::MakeMarket => forget(&mut state.market),
        Step::StoreOutpost | Step::MakeOutpost => forget(&mut state.outpost),
        Step::TransferChannel => state.transfer = None,
        // Of these nothing is noted.
        Step::MarketRoute
        | Step::MarketDenom
        | Step::OutpostRoute
        | Step::ControlChannel
        | Step::ProbeRoute => {}
    }
}

/// Kills the deployment after `step`, and has it forget what that step has made.
async fn kill(rollout: &Rollout, step: Step) -> anyhow::Result<()> {
    rollout.killed_after(step).await.with_context(|| format!("killed after it: {step}"))?;
    let mut file = rollout.state()?;
    forget(&mut file.state, step);
    file.save()
}

/// The probe of an outpost that is under way, if one is.
async fn probe(world: &World, outpost: &str) -> anyhow::Result<Option<FlightResponse>> {
    let ask = outpost::msg::QueryMsg::InFlight { start_after: None, limit: None };
    let flights: InFlightResponse = world.sites.outpost.chain.query_smart(outpost, &ask).await?;
    Ok(flights.packets.into_iter().find(|flight| flight.kind == FlightKind::Probe))
}

/// Whether a market has accepted a packet of an outpost over the route's channel.
async fn is_accepted(
    world: &World,
    (market, outpost): (&str, &str),
    n: u64,
) -> anyhow::Result<bool> {
    let route = world.deployed.transfer.market.clone();
    let ask = market::msg::QueryMsg::Accepted { route, sender: outpost.to_owned(), n };
    let chain = &world.sites.market.chain;
    let answer: AcceptedResponse = chain.query_smart(market, &ask).await?;
    Ok(answer.accepted)
}

/// Asserts that one code and one contract were made on each chain, and one channel: the control channel.
fn require_made_once(before: &Made, mut after: Made) {
    for (now, before) in after.codes.iter_mut().zip(&before.codes) {
        assert_eq!(now.len(), before.len() + 1, "one code on each chain: {now:?}");
        now.pop();
    }
    assert_eq!(after.codes, before.codes);
    assert_eq!(after.contracts, before.contracts.map(|count| count + 1));
    assert_eq!(after.channels, before.channels + 1, "the control channel");
}

/// Opens the control channel as `deploy` asks for it: two ports, two chains and a version, each in backticks.
async fn open_as_told(world: &World, told: &str) -> anyhow::Result<()> {
    let (_, told) = told.split_once("open it with your relayer").context("says who opens it")?;
    let quoted: Vec<&str> = told.split('`').skip(1).step_by(2).collect();
    let [from_port, from, to_port, to, version, ..] = quoted[..] else {
        anyhow::bail!("ports, chains and a version: {told}")
    };
    assert_eq!(version, VERSION);
    let channel = NewChannel { from: (from, from_port), to: (to, to_port), version };
    world.link(channel).await.map(drop)
}

/// Over a transfer channel that exists and with a relayer that runs, `entrepot deploy` is killed after each of its steps,
/// once more with what that step has made not noted, and with the probe under way. Whoever gives the same command again
/// gets on from there: one code and one contract on each chain, one channel, one probe.
#[test]
fn a_deployment_killed_after_each_step_makes_nothing_twice() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let rollout = world.rollout()?;
        let names = Step::ALL.map(|step| serde_json::to_value(step).map(|name| name.to_string()));
        let names: Vec<String> = names.into_iter().collect::<Result<_, _>>()?;
        let names: Vec<String> = names.iter().map(|name| name.replace('"', "")).collect();
        let before = world.made().await?;
        let (none, all, missing) = rollout.plan().await?;
        assert_eq!((none, all, missing), (vec![], names.clone(), vec![]));
        assert!(!rollout.state_file().try_exists()?, "nothing was done");
        plan_names_what_is_missing(&rollout).await?;
        assert_eq!(world.made().await?, before, "a dry run makes nothing");

        let chain = &world.sites.outpost.chain;
        let money = world.deployed.denom.as_str();
        let purse = chain.balance(world.address(OWNER)?, money).await?;
        world.start_ferry().await?;
        for step in Step::ALL.into_iter().take_while(|step| *step != Step::ControlChannel) {
            kill(&rollout, step).await?;
            if step == Step::MarketRoute {
                let (done, to_do, missing) = rollout.plan().await?;
                assert!((6..8).contains(&done.len()), "the next may have been under way: {done:?}");
                assert_eq!([done, to_do].concat(), names, "one after the other");
                assert_eq!(missing, [""; 0]);
            }
        }
        let told = rollout.refused().await?;
        let state = rollout.state()?.state;
        let (market, outpost) = (state.market.address()?, state.outpost.address()?);
        for port in [port_of(market), port_of(outpost)] {
            assert!(told.contains(&port), "{told}");
        }
        open_as_told(world, &told).await?;
        kill(&rollout, Step::ControlChannel).await?;
        let mut sent = None;
        let under_way = async || {
            let found = until(chain, "the probe has left", async || probe(world, outpost).await);
            sent = Some(found.await?.n);
            Ok(())
        };
        rollout.killed_when(under_way).await?;
        let sent = sent.context("the probe has a number")?;
        assert_eq!(probe(world, outpost).await?.map(|probe| probe.n), Some(sent), "it is killed");

        let deployed = rollout.run().await?;
        assert_eq!(
            (deployed["market"].as_str(), deployed["outpost"].as_str()),
            (Some(market), Some(outpost))
        );
        assert_eq!(deployed, rollout.run().await?, "once more, and nothing is done");
        let (done, to_do, missing) = rollout.plan().await?;
        assert_eq!((done, to_do, missing), (names, vec![], vec![]));
        assert_eq!(probe(world, outpost).await?, None);
        for (n, is_there) in [(sent, true), (sent + 1, false)] {
            let accepted = is_accepted(world, (market, outpost), n).await?;
            assert_eq!(accepted, is_there, "one probe, which the market has: {n}");
        }
        require_made_once(&before, world.made().await?);
        world.settled().await?;
        assert_eq!(chain.balance(world.address(OWNER)?, money).await?, purse, "to the unit");
        Ok(())
    })
}

/// A key that has nothing is told what each chain would want of it.
async fn plan_names_what_is_missing(rollout: &Rollout) -> anyhow::Result<()> {
    let words = cosmos::keys::new_mnemonic()?;
    std::fs::write(rollout.tool.home().join("words"), words.as_bytes())?;
    let (key, file) = (format!("key = \"{OWNER}\""), "mnemonic_file = \"words\"");
    rollout.rewrite(|text| text.replace(&key, file))?;
    let (_, _, missing) = rollout.plan().await?;
    let [market, outpost, probe] = &missing[..] else { anyhow::bail!("{missing:?}") };
    assert!(market.contains("has no stake for fees; send it some"), "{market}");
    assert!(outpost.contains("has no stake for fees; send it some"), "{outpost}");
    assert!(probe.contains("lower `route.probe_amount`"), "{probe}");
    rollout.rewrite(|text| text.replace(file, &key))?;
    let (ends, none) = ("outpost = \"channel-", "outpost = \"channel-9999");
    rollout.rewrite(|text| text.replace(ends, none))?;
    let (_, _, missing) = rollout.plan().await?;
    let [channel] = &missing[..] else { anyhow::bail!("{missing:?}") };
    assert!(channel.contains("leads to") || channel.contains("there is no transfer"), "{channel}");
    assert!(channel.contains("correct `channels.transfer`"), "{channel}");
    let refused = rollout.refused().await?;
    assert!(refused.contains("channel-9999") && !rollout.state_file().try_exists()?, "{refused}");
    rollout.rewrite(|text| text.replace(none, ends))
}
