use anyhow::Context as _;
use cosmos::ibc_proto::cosmos::base::v1beta1::Coin;
use cosmos::ibc_proto::ibc::applications::transfer::v1::MsgTransfer;
use e2e::ledger::{Ledger, changes};
use e2e::wallet::TIMEOUT;
use e2e::world::{BUYER, OWNER, WALLET};
use e2e::{World, records};
use market::msg::{CheckResponse, ExecuteMsg as Market, Money, QueryMsg as AskMarket, RouteUpdate};
use outpost::msg::responses::OrderState;
use protocol::control::{Command, Instruction};
use protocol::{Action, Code, Deployment, Message, Selection};
use simnet::world::orders::{deployment_of, from_offer, web_group, web_server};

const UNITS: u128 = 5_000_000;
/// The number of the packet that is accepted, of its deployment, and of the offer that is gone.
const USED: u64 = 3_000;
/// The denom of fees on the outpost's chain, which is no money on the market's.
const FEES: &str = "stake";

/// A purchase spoiled in one place, and what the market should say to it.
struct Spoiled {
    what: &'static str,
    code: Option<Code>,
    transfer: MsgTransfer,
}

/// Makes purchases of the wallet, each with a number of its own, that are spoiled in one place.
struct Spoiler<'a> {
    world: &'a World,
    next: u64,
    made: Vec<Spoiled>,
}

impl<'a> Spoiler<'a> {
    const fn new(world: &'a World, next: u64) -> Self {
        Self { world, next, made: Vec::new() }
    }

    fn deployment(&self) -> Deployment {
        web_server(from_offer(self.world.offer))
    }

    /// A purchase that would be accepted.
    fn message(&mut self) -> anyhow::Result<Message> {
        self.next += 1;
        self.world.open(self.next, self.next, self.deployment())
    }

    /// One that is spoiled in what it orders; `check` must say so in advance.
    async fn order(
        &mut self,
        (what, code): (&'static str, Code),
        spoil: impl FnOnce(&mut Deployment),
    ) -> anyhow::Result<()> {
        let mut deployment = self.deployment();
        spoil(&mut deployment);
        self.next += 1;
        let message = self.world.open(self.next, self.next, deployment)?;
        self.foreseen((what, code), message).await
    }

    /// One whose message the market refuses also when it is asked in advance.
    async fn foreseen(
        &mut self,
        (what, code): (&'static str, Code),
        message: Message,
    ) -> anyhow::Result<()> {
        assert_eq!(check(self.world, &message).await?, Some(code), "`check` on {what}");
        let memo = self.world.memo(message)?;
        let transfer = self.world.transfer(UNITS, memo, TIMEOUT).await?;
        self.made.push(Spoiled { what, code: Some(code), transfer });
        Ok(())
    }

    /// One that is spoiled in the transfer that carries it.
    async fn transfer(
        &mut self,
        (what, code): (&'static str, Code),
        spoil: impl FnOnce(&mut MsgTransfer),
    ) -> anyhow::Result<()> {
        let message = self.message()?;
        let memo = self.world.memo(message)?;
        let mut transfer = self.world.transfer(UNITS, memo, TIMEOUT).await?;
        spoil(&mut transfer);
        self.made.push(Spoiled { what, code: Some(code), transfer });
        Ok(())
    }

    /// One whose callback may not use as much gas as it needs: the chain refuses, not the market.
    async fn starved(&mut self) -> anyhow::Result<()> {
        let message = self.message()?;
        let memo = self.world.memo_with_gas(message, 50_000)?;
        let transfer = self.world.transfer(UNITS, memo, TIMEOUT).await?;
        self.made.push(Spoiled { what: "a callback without gas", code: None, transfer });
        Ok(())
    }
}

/// Asks the market in advance.
async fn check(world: &World, message: &Message) -> anyhow::Result<Option<Code>> {
    let ask = AskMarket::Check {
        route: Some(world.deployed.transfer.market.clone()),
        sender: world.address(WALLET)?.to_owned(),
        coin: Some(Money::from((world.deployed.market_denom.as_str(), UNITS))),
        message: serde_json::to_string(message)?,
    };
    let answer: CheckResponse = world.ask_market(&ask).await?;
    assert_eq!(answer.accepted, answer.code.is_none());
    Ok(answer.code)
}

/// Sends all in one transaction: each must be refunded in full, leave nothing in the market, and
/// have its reason in the events of the market's chain.
async fn refuse(world: &World, spoiled: &[Spoiled]) -> anyhow::Result<()> {
    let (a, b) = (&world.sites.market.chain, &world.sites.outpost.chain);
    let wallet = world.address(WALLET)?;
    let before = (Ledger::take(world).await?, b.balance(wallet, FEES).await?);
    let states = async || {
        let market = records::of(a, &world.deployed.market).await?;
        anyhow::Ok((market, records::of(b, &world.deployed.outpost).await?))
    };
    let state = states().await?;
    let transfers: Vec<_> = spoiled.iter().map(|one| one.transfer.clone()).collect();
    let (sequences, outcome) = world.send(&transfers).await?;
    world.settled().await?;

    assert_eq!(Ledger::take(world).await?.since(&before.0)?, changes([]), "refunded in full");
    let fees = b.balance(wallet, FEES).await? + outcome.fee;
    assert_eq!(fees, before.1, "refunded in full, also what is no money");
    let after = states().await?;
    assert_eq!(records::differences(&state.0, &after.0), [""; 0], "no state is left on A");
    assert_eq!(records::differences(&state.1, &after.1), [""; 0], "no state is left on B");
    for (Spoiled { what, code, transfer }, sequence) in spoiled.iter().zip(sequences) {
        let is_other = transfer.source_channel == world.other_transfer.outpost;
        let ends = if is_other { &world.other_transfer } else { &world.deployed.transfer };
        let reason = world.refusal(&ends.market, sequence).await;
        let reason = reason.with_context(|| format!("the reason of: {what}"))?;
        match code {
            Some(code) => assert_eq!(Code::find(&reason), Some(*code), "{what}: {reason}"),
            None => assert!(reason.contains("out of gas"), "{what}: {reason}"),
        }
    }
    Ok(())
}

/// Purchases that are wrong in what they order.
async fn spoil_orders(spoiler: &mut Spoiler<'_>) -> anyhow::Result<()> {
    let dear = ("an offer above `max_rate`", Code::RateAboveMax);
    spoiler.order(dear, |deployment| deployment.groups[0].max_rate = 1_000_u64.into()).await?;
    let unknown = ("an offer that never was", Code::UnknownOffer);
    spoiler.order(unknown, |deployment| deployment.groups[0].selection = from_offer(4_711)).await?;
    let large = ("a specification beyond its limits", Code::LimitExceeded);
    let name = |index: u32| web_group(&format!("web-{index}"), Selection::Manual {});
    spoiler
        .order(large, |deployment| *deployment = deployment_of((0..9).map(name).collect()))
        .await?;
    let world = spoiler.world;
    let deployment = spoiler.deployment();
    let again = world.open(USED, USED + 1, deployment.clone())?;
    spoiler.foreseen(("a number that was used", Code::UsedNumber), again).await?;
    let again = world.open(USED + 1, USED, deployment)?;
    spoiler.foreseen(("a deployment that exists", Code::UsedSeq), again).await?;
    let account = world.address(WALLET)?.to_owned();
    let command = Instruction { account, seq: 9_999, command: Command::CloseDeployment {} };
    let command = Message { n: USED + 2, action: Action::Do(command) };
    spoiler.foreseen(("a command about nothing", Code::NotFound), command).await
}

/// Purchases that are wrong in the transfer that carries them.
async fn spoil_transfers(spoiler: &mut Spoiler<'_>) -> anyhow::Result<()> {
    let world = spoiler.world;
    let coin = |denom: &str, units: u128| {
        Some(Coin { denom: denom.to_owned(), amount: units.to_string() })
    };
    let money = world.deployed.denom.as_str();
    let other = ("an unknown denom", Code::UnknownDenom);
    spoiler.transfer(other, |transfer| transfer.token = coin(FEES, UNITS)).await?;
    let little = ("less than the runway costs", Code::InsufficientDeposit);
    spoiler.transfer(little, |transfer| transfer.token = coin(money, 20_000)).await?;
    let channel = world.other_transfer.outpost.clone();
    let wrong = ("a channel that is no route", Code::WrongRoute);
    spoiler.transfer(wrong, |transfer| transfer.source_channel = channel).await?;
    let stranger = world.address(BUYER)?.to_owned();
    let elsewhere = ("a receiver other than the market", Code::WrongReceiver);
    spoiler.transfer(elsewhere, |transfer| transfer.receiver = stranger).await?;
    let loud = ("an upper-case sender", Code::BadSender);
    spoiler.transfer(loud, |transfer| transfer.sender = transfer.sender.to_uppercase()).await?;
    let replaced = |from: &'static str, to: &'static str| {
        move |transfer: &mut MsgTransfer| transfer.memo = transfer.memo.replacen(from, to, 1)
    };
    let foreign = ("foreign keys in the memo", Code::Malformed);
    spoiler.transfer(foreign, replaced("{", r#"{"forward":{"receiver":"x"},"#)).await?;
    let twice = ("duplicate keys in the memo", Code::Malformed);
    spoiler.transfer(twice, replaced(r#""v":1"#, r#""v":1,"v":1"#)).await?;
    let version = ("another version", Code::UnsupportedVersion);
    spoiler.transfer(version, replaced(r#""v":1"#, r#""v":2"#)).await?;
    let long = ("a memo beyond its limit", Code::LimitExceeded);
    spoiler.transfer(long, |transfer| transfer.memo += &" ".repeat(9_000)).await?;
    spoiler.starved().await
}

/// Whatever is wrong with a purchase, the coin is back in full, the market has stored nothing, and
/// the reason can be read on its chain. The same purchase unspoilt is accepted.
#[test]
fn every_wrong_purchase_is_refunded_and_says_why() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let before = Ledger::take(world).await?;
        world.start_ferry().await?;
        let mut spoiler = Spoiler::new(world, USED - 1);
        let right = spoiler.message()?;
        assert_eq!(check(world, &right).await?, None);
        world.send(&[world.transfer(UNITS, world.memo(right)?, TIMEOUT).await?]).await?;
        world.settled().await?;

        let mut spoiler = Spoiler::new(world, USED + 100);
        spoil_orders(&mut spoiler).await?;
        spoil_transfers(&mut spoiler).await?;
        assert!(spoiler.made.len() >= 16);
        refuse(world, &spoiler.made).await?;

        let wallet = world.address(WALLET)?.to_owned();
        let command = Command::CloseDeployment {};
        let close = Instruction { account: wallet.clone(), seq: USED, command };
        let memo = world.memo(Message { n: USED + 1, action: Action::Do(close) })?;
        world.send(&[world.transfer(10_000, memo, TIMEOUT).await?]).await?;
        world.settled().await?;
        world.collect(&world.tenant(wallet.clone(), &wallet)).await?;
        assert_eq!(Ledger::take(world).await?.since(&before)?, changes([]));
        Ok(())
    })
}

/// A market that takes no new business refuses wallets and outposts alike: an outpost's owner can
/// claim the whole coin, and `why` finds the reason.
#[test]
fn a_paused_market_refunds_wallets_and_outposts() -> anyhow::Result<()> {
    e2e::run(async |world| {
        let before = Ledger::take(world).await?;
        world.start_ferry().await?;
        world.market(OWNER, &Market::Pause {}, &[]).await?;
        let bought = world.buy(BUYER, web_server(from_offer(world.offer)), (UNITS, None)).await?;
        world.settled().await?;
        let mut spoiler = Spoiler::new(world, USED + 200);
        let message = spoiler.message()?;
        spoiler.foreseen(("a paused market", Code::Paused), message).await?;
        refuse(world, &spoiler.made).await?;
        world.market(OWNER, &Market::Unpause {}, &[]).await?;

        let buyer = world.address(BUYER)?;
        assert_eq!(world.order(bought.seq).await?.state, OrderState::Refunded);
        assert_eq!(world.owed(buyer).await?, UNITS);
        let why = world.why(bought.seq).await?;
        assert_eq!(why["cause"]["refused"]["code"], serde_json::to_value(Code::Paused)?, "{why}");
        world.claim(buyer).await?;
        assert_eq!(Ledger::take(world).await?.since(&before)?, changes([]));
        Ok(())
    })
}

/// A route that its owner switched off takes nothing new.
#[test]
fn a_route_that_is_switched_off_refunds() -> anyhow::Result<()> {
    e2e::run(async |world| {
        world.start_ferry().await?;
        let enable = async |enabled: bool| {
            let channel = world.deployed.transfer.market.clone();
            let update =
                RouteUpdate { channel, enabled: Some(enabled), outpost: None, style: None };
            world.market(OWNER, &Market::UpdateRoute(update), &[]).await
        };
        enable(false).await?;
        let mut spoiler = Spoiler::new(world, USED + 300);
        let message = spoiler.message()?;
        spoiler.foreseen(("a route that is off", Code::WrongRoute), message).await?;
        refuse(world, &spoiler.made).await?;
        enable(true).await?;
        let message = spoiler.message()?;
        assert_eq!(check(world, &message).await?, None, "its number is free again");
        Ok(())
    })
}
