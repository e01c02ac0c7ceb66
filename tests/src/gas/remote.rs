//! What comes with a transfer. A callback's gas is what the packet takes beyond one whose memo is
//! as long and calls nobody.

use anyhow::ensure;
use market::msg::{ExecuteMsg, LeaseId};
use protocol::control::{Command, Instruction};
use protocol::deployment::{Attribute, LocalOperator, Scope};
use protocol::memo::Callback;
use protocol::money::{Open, TopUp};
use protocol::{Action, Deployment, Group, Memo, Message, Selection, limits};
use simnet::world::orders::{deployment_of, from_offer, web_group, web_server};

use super::local::{act, beat};
use super::loopback::{acknowledge, carry, packet_of, receive};
use super::market::{CALLBACK_GAS, DEPOSIT, Market, first_group};
use super::stage::Person;
use super::table::{Row, Tape};

/// Purchases, and the end of one over the way it came.
pub(super) async fn packets(market: &mut Market<'_>, tape: &mut Tape) -> anyhow::Result<()> {
    let [_, offer] = market.offers;
    let wallet = market.wallet.clone();
    let (_, ordered) = purchase(market, &wallet, None, web_server(Selection::Manual {}));
    callback(market, ordered, Row::BuyOrder, tape).await?;
    let (lease, bought) = purchase(market, &wallet, None, web_server(from_offer(offer)));
    callback(market, bought, Row::BuyByOffer, tape).await?;
    let seq = lease.deployment.seq;
    let account = market.wallet.address.clone();
    let top_up = Action::TopUp(TopUp { account: account.clone(), tenant: None, seq });
    callback(market, top_up, Row::TopUpByPacket, tape).await?;
    beat(market, std::slice::from_ref(&lease)).await?;
    let command = Command::CloseDeployment {};
    let close = Action::Do(Instruction { account, seq, command });
    callback(market, close, Row::CloseByPacket, tape).await?;
    let (_, largest) = largest(market)?;
    callback(market, largest, Row::BuyLargest, tape).await
}

/// A close whose rest travels home, and the word that it has arrived; a statement that travels.
pub(super) async fn settle(market: &mut Market<'_>, tape: &mut Tape) -> anyhow::Result<()> {
    let wallet = market.wallet.clone();
    let lease = buy_from_home(market, &wallet, None).await?;
    let closed = act(market, &lease, Command::CloseDeployment {}).await?;
    tape.note(Row::CloseRemote, &closed);
    let received = receive(market.stage, packet_of(&closed)?).await?;
    tape.note(Row::SettleAcked, &acknowledge(market.stage, &received).await?);
    attest(market, tape).await
}

async fn attest(market: &Market<'_>, tape: &mut Tape) -> anyhow::Result<()> {
    let unit = (1, market.rival.address.as_str(), "");
    market.loopback.transfer(market.stage, &market.wallet, unit).await?;
    let (route, sender) = (market.loopback.far.clone(), market.wallet.address.clone());
    let attest = ExecuteMsg::Attest { route, sender, n: 1 };
    let stated = market.tell(&market.rival, &attest, Some((1, &market.voucher))).await?;
    tape.note(Row::Attest, &stated);
    carry(market.stage, &stated).await
}

/// A live lease of a buyer elsewhere that the measured tenant may close.
pub(super) async fn buy_from_home(
    market: &mut Market<'_>,
    buyer: &Person,
    local_refund: Option<String>,
) -> anyhow::Result<LeaseId> {
    let [_, offer] = market.offers;
    let mut deployment = web_server(from_offer(offer));
    deployment.local_operators = vec![LocalOperator {
        address: market.tenant.address.clone(),
        scopes: vec![Scope::Close],
        expires_in_seconds: None,
    }];
    let (lease, bought) = purchase(market, buyer, local_refund, deployment);
    let memo = memo(market, bought)?;
    deliver(market, buyer, &memo).await?;
    beat(market, std::slice::from_ref(&lease)).await?;
    Ok(lease)
}

/// Has everybody known who is met again by what is measured.
pub(super) async fn introduce(market: &mut Market<'_>) -> anyhow::Result<()> {
    let wallet = market.wallet.clone();
    let (lease, bought) = purchase(market, &wallet, None, web_server(Selection::Manual {}));
    let memo = memo(market, bought)?;
    deliver(market, &wallet, &memo).await?;
    let (account, seq) = (market.wallet.address.clone(), lease.deployment.seq);
    let command = Command::CloseDeployment {};
    let close = Action::Do(Instruction { account, seq, command });
    let memo = self::memo(market, close)?;
    deliver(market, &wallet, &memo).await?;
    plain(market, 100).await?;
    Ok(())
}

fn purchase(
    market: &mut Market<'_>,
    buyer: &Person,
    local_refund: Option<String>,
    deployment: Deployment,
) -> (LeaseId, Action) {
    let (seq, account) = (market.next_seq(), buyer.address.clone());
    let lease = first_group(market.remote(&account, &account), seq);
    (lease, Action::Open(Open { account, seq, refund_to: None, local_refund, deployment }))
}

/// An order at the limits: eight groups, half of them leased at once, as long as an order may be.
fn largest(market: &mut Market<'_>) -> anyhow::Result<(LeaseId, Action)> {
    let [_, offer] = market.offers;
    let mut groups: Vec<Group> = Vec::new();
    for index in 0..limits::GROUPS {
        let is_leased = index < limits::OFFER_GROUPS;
        let selection = if is_leased { from_offer(offer) } else { Selection::Manual {} };
        groups.push(web_group(&format!("group-{index}"), selection));
    }
    let wallet = market.wallet.clone();
    let (lease, mut action) = purchase(market, &wallet, None, deployment_of(groups));
    for index in 0..limits::ATTRIBUTES * limits::GROUPS {
        let mut longer = action.clone();
        let Action::Open(open) = &mut longer else { continue };
        let group = limits::OFFER_GROUPS + index % (limits::GROUPS - limits::OFFER_GROUPS);
        if let Some(group) = open.deployment.groups.get_mut(group) {
            let (key, value) = (format!("capability-{index}"), "yes".to_owned());
            group.requirements.attributes.push(Attribute { key, value });
        }
        if open.validate().is_err() {
            break;
        }
        action = longer;
    }
    Ok((lease, action))
}

async fn callback(
    market: &mut Market<'_>,
    action: Action,
    row: Row,
    tape: &mut Tape,
) -> anyhow::Result<()> {
    let memo = memo(market, action)?;
    let called = deliver(market, &market.wallet, &memo).await?;
    let plain = plain(market, memo.len()).await?;
    tape.set(row, called.saturating_sub(plain));
    Ok(())
}

/// The gas of receiving a transfer that the market takes.
async fn deliver(market: &Market<'_>, from: &Person, memo: &str) -> anyhow::Result<u64> {
    let transfer = (DEPOSIT, market.address.as_str(), memo);
    let received = market.loopback.transfer(market.stage, from, transfer).await?;
    let accepted = received.attribute("wasm-money_accepted", "n");
    ensure!(accepted.is_some(), "the market refused a transfer: {:?}", received.events);
    Ok(received.gas_used)
}

/// The gas of receiving a transfer that calls nobody.
async fn plain(market: &Market<'_>, bytes: usize) -> anyhow::Result<u64> {
    let frame = r#"{"nobody":""}"#;
    let memo = format!(r#"{{"nobody":"{}"}}"#, "-".repeat(bytes.saturating_sub(frame.len())));
    let transfer = (DEPOSIT, market.address.as_str(), memo.as_str());
    Ok(market.loopback.transfer(market.stage, &market.wallet, transfer).await?.gas_used)
}

fn memo(market: &mut Market<'_>, action: Action) -> anyhow::Result<String> {
    let memo = Memo {
        src_callback: None,
        dest_callback: Some(Callback::new(market.address.as_str(), CALLBACK_GAS)),
        entrepot: Message { n: market.next_n(), action },
    };
    Ok(memo.encode()?)
}
