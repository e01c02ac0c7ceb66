use anyhow::Context as _;
use cosmos::ibc_proto::cosmos::upgrade::v1beta1::Plan;
use cosmos::ibc_proto::ibc::core::client::v1::MsgIbcSoftwareUpgrade;
use cosmos::wire::client::ClientState;
use cosmos::wire::gov::MsgSubmitProposal;
use cosmos::wire::height::Height;
use cosmos::wire::tx::any;
use e2e::clock;
use e2e::follower::{Follower, Peers};
use e2e::modules;
use e2e::operator::Operator;
use entrepot::localnet::Localnet;

/// Blocks until the chain halts, of half a second or a whole one: the vote takes six seconds, and its transactions some more.
const NOTICE: u64 = 40;
/// The chain's id from then on.
const NEXT_ID: &str = "wasmdev-2";

/// Governance gives chain A another id from some height on, where it halts. Before that nothing can be
/// upgraded, and ferry says when. Then the client on B is led to the last header and upgraded with
/// proofs from A's last state, and is active and follows the chain with the new id. When that chain runs, from the state that A
/// had and without its blocks, ferry carries what was on its way, over the same connection.
#[test]
#[ignore = "halts chain A for good: `scripts/test --halting` runs it"]
fn a_client_goes_with_its_chain_through_an_upgrade() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("").await?;
        let (a, b) = (&operator.a, &operator.b);
        let linked = operator.link().await?;
        let mut node = Follower::of(&a.chain, &[]).await?;
        let client = linked["b"]["client"].as_str().context("no client")?;
        let state = async || -> anyhow::Result<ClientState> {
            let packed = b.chain.client_state(client).await?.context("there is no client")?;
            Ok(ClientState::from_any(&packed)?)
        };
        let height = a.chain.height().await? + NOTICE;
        let new = ClientState {
            chain_id: NEXT_ID.to_owned(),
            latest_height: Height::new(2, height),
            ..state().await?
        };
        let upgrade = MsgIbcSoftwareUpgrade {
            plan: Some(Plan { name: "next".into(), height: height.try_into()?, ..Plan::default() }),
            upgraded_client_state: Some(new.to_any()),
            signer: a.chain.governance()?,
        };
        let net = Localnet::read(&e2e::world::setting("E2E_LOCALNET")?)?;
        let voter = net.key("validator")?;
        let propose = any(&MsgSubmitProposal {
            messages: vec![any(&upgrade)],
            initial_deposit: vec![modules::coin((2_000, "stake"))],
            proposer: a.chain.address(&voter)?,
            metadata: String::new(),
            title: "next".into(),
            summary: "another id".into(),
            expedited: true,
        });
        let proposed = a.chain.send_msgs(&voter, &[propose], "").await?;
        let number = proposed.attribute("submit_proposal", "proposal_id");
        modules::pass(&a.chain, &voter, number.context("no number")?.parse()?).await?;

        let verb = ["client", "upgrade", a.chain_id()];
        let early = operator.ferry(&verb).await.expect_err("the chain has not halted");
        assert!(format!("{early:#}").contains(&format!("at height {height}")), "{early:#}");
        let is_halted = async || {
            let executed = a.chain.rpc().abci_info().await?.last_block_height;
            let has_header = a.chain.rpc().commit(height).await.is_ok();
            Ok((executed + 1 == height && has_header).then_some(()))
        };
        clock::until(&b.chain, "chain A halts", is_halted).await?;
        let upgraded = operator.ferry(&verb).await?;
        assert_eq!(upgraded["clients"][0]["client"], client, "{upgraded}");
        assert_eq!(upgraded["clients"][0]["follows"], NEXT_ID, "{upgraded}");
        let state = state().await?;
        assert_eq!((&*state.chain_id, state.latest_height), (NEXT_ID, Height::new(2, height)));
        assert_eq!(b.chain.client_status(client).await?, "Active");
        let again = operator.ferry(&verb).await?;
        assert_eq!(again["clients"][0].get("hash"), None, "it is paid for twice: {again}");
        let on_b = linked["b"]["channel"].as_str().context("no channel")?;
        goes_on(&operator, &mut node, (on_b, height)).await
    })
}

/// What the book says of a chain that runs again, with packets that were sent to it while it did not.
async fn goes_on(
    operator: &Operator,
    node: &mut Follower,
    (on_b, height): (&str, u64),
) -> anyhow::Result<()> {
    let (a, b) = (&operator.a, &operator.b);
    let ferry = operator.start()?;
    operator.send(b, on_b, 5).await?;
    let are_known = async || Ok((operator.waiting().await?.len() == 5).then_some(()));
    clock::until(&b.chain, "ferry knows of the packets", are_known).await?;
    operator.stop(ferry).await?;

    node.kill().await?;
    let now = b.chain.rpc().status().await?.sync_info.latest_block_time;
    node.begin_anew(NEXT_ID, &now.to_string()).await?;
    node.start(Peers::Nobody).await?;
    node.reaches(height + 1).await?;
    operator.configure(|text| {
        text.replace(a.chain_id(), NEXT_ID).replace(a.chain.rpc().endpoint(), &node.rpc)
    })?;
    let carried = operator.ferry(&["chains", "rename", a.chain_id(), NEXT_ID]).await?;
    assert_eq!(carried["packets"], 5, "{carried}");
    let _ferry = operator.start()?;
    operator.settled(b, on_b).await
}
