use anyhow::Context as _;
use cosmos::Any;
use cosmos::chain::ibc::Transfer;
use cosmos::ibc_proto::cosmos::bank::v1beta1::MsgSend;
use cosmos::ibc_proto::ibc::applications::interchain_accounts::controller::v1::{
    MsgRegisterInterchainAccount, MsgSendTx, QueryInterchainAccountRequest,
    QueryInterchainAccountResponse,
};
use cosmos::ibc_proto::ibc::applications::interchain_accounts::v1::{
    CosmosTx, InterchainAccountPacketData,
};
use cosmos::ibc_proto::ibc::core::channel::v1::{IdentifiedChannel, Order, State};
use cosmos::keys::encode_address;
use cosmos::wire::height::{Height, revision_of};
use cosmos::wire::tx::any;
use e2e::clock;
use e2e::modules::coin;
use e2e::operator::Operator;
use entrepot::deploy::Site;
use prost::Message as _;
use protocol::ics20::TRANSFER_PORT;

use crate::keys::{balance, send};

const EXECUTE_TX: i32 = 1;
/// Enough for every handshake, and for a packet by which the account pays one other.
const MAX_GAS: &str = "max_gas = 1000000";
/// What it is raised to: enough for a packet by which it pays [`MANY`].
const MORE_GAS: &str = "max_gas = 10000000";
const MANY: usize = 60;
/// Seconds after which a packet is too late that is not to be.
const HOUR: u64 = 3_600;
/// Blocks of the other chain after which a transfer is too late.
const BLOCKS: u64 = 2;

/// An account on B whose owner is the user on A.
struct Account<'a> {
    operator: &'a Operator,
    connection: &'a str,
}

impl Account<'_> {
    /// The message that makes it, or gives it another channel.
    fn register(&self) -> Any {
        any(&MsgRegisterInterchainAccount {
            owner: self.operator.user.clone(),
            connection_id: self.connection.to_owned(),
            version: String::new(),
            ordering: Order::Ordered.into(),
        })
    }

    /// The message that has it do something, unless that comes so many seconds late.
    fn tell(&self, data: Vec<u8>, seconds: u64) -> Any {
        let packet = InterchainAccountPacketData { r#type: EXECUTE_TX, data, memo: String::new() };
        any(&MsgSendTx {
            owner: self.operator.user.clone(),
            connection_id: self.connection.to_owned(),
            packet_data: Some(packet),
            relative_timeout: seconds * 1_000_000_000,
        })
    }

    /// Its channel on A: the one that is open, if there are several.
    async fn channel(&self) -> anyhow::Result<IdentifiedChannel> {
        let channels = self.operator.a.chain.connection_channels(self.connection).await?;
        let is_account =
            |channel: &IdentifiedChannel| channel.port_id.starts_with("icacontroller-");
        let (mut open, mut others): (Vec<_>, Vec<_>) = channels
            .into_iter()
            .filter(is_account)
            .partition(|channel| channel.state == i32::from(State::Open));
        open.pop().or_else(|| others.pop()).context("there is no channel of the account")
    }

    async fn opens(&self) -> anyhow::Result<IdentifiedChannel> {
        let is_open = async || {
            let end = self.channel().await?;
            Ok((end.state == i32::from(State::Open)).then_some(end))
        };
        clock::until(&self.operator.a.chain, "the account's channel is open", is_open).await
    }

    async fn address(&self) -> anyhow::Result<String> {
        let path = "/ibc.applications.interchain_accounts.controller.v1.Query/InterchainAccount";
        let (owner, connection_id) = (self.operator.user.clone(), self.connection.to_owned());
        let request = QueryInterchainAccountRequest { owner, connection_id };
        let answer: QueryInterchainAccountResponse =
            self.operator.a.chain.rpc().query(path, &request, 0).await?;
        Ok(answer.address)
    }

    /// Waits until its packets under way are these.
    async fn has_under_way(&self, end: &IdentifiedChannel, left: &[u64]) -> anyhow::Result<()> {
        let a = &self.operator.a.chain;
        let are_these = async || {
            let found = a.packet_commitments(&end.port_id, &end.channel_id).await?;
            Ok((found == left).then_some(()))
        };
        clock::until(a, &format!("packets {left:?} are under way"), are_these).await
    }
}

/// A payment of one unit of the fee denom, to each of these.
fn pay(site: &Site, from: &str, to: &[String]) -> Vec<u8> {
    let denom = site.chain.config().gas_price.denom();
    let payment = |to: &String| {
        let (from_address, to_address) = (from.to_owned(), to.clone());
        any(&MsgSend { from_address, to_address, amount: vec![coin((1, denom))] })
    };
    CosmosTx { messages: to.iter().map(payment).collect() }.encode_to_vec()
}

/// The account pays as it is told to, in order: what takes more gas than ferry may pay for holds up what comes after
/// it, not what comes before, until the operator allows more.
async fn acts_in_order(account: &Account<'_>, end: &IdentifiedChannel) -> anyhow::Result<()> {
    let operator = account.operator;
    let (a, b) = (&operator.a, &operator.b);
    let own = account.address().await?;
    send(b, &own, 1_000).await?;
    let address = |number: usize| {
        let number = u8::try_from(number).context("there are not so many")?;
        Ok::<_, anyhow::Error>(encode_address(&b.chain.config().prefix, &[number; 32])?)
    };
    let many: Vec<String> = (1..=MANY).map(address).collect::<Result<_, _>>()?;
    let one = &many[..1];
    let before = balance(b, &one[0]).await?;
    let orders = [one, one, &many, one, one];
    let tell = |to: &[String]| account.tell(pay(b, &own, to), HOUR);
    a.chain.send_msgs(&a.key, &orders.map(tell), "").await?;

    account.has_under_way(end, &[3, 4, 5]).await?;
    let says_why = async || {
        let waiting = operator.waiting().await?;
        Ok(waiting.iter().any(|why| why.contains("`max_gas` is")).then_some(()))
    };
    clock::until(&a.chain, "ferry says what the third packet takes", says_why).await?;
    assert_eq!(balance(b, &one[0]).await?, before + 2);
    account.has_under_way(end, &[3, 4, 5]).await?;

    operator.configure(|text| text.replace(MAX_GAS, MORE_GAS))?;
    operator.ferry(&["reload"]).await?;
    operator.ferry(&["clear", &format!("{}-{}", a.chain_id(), b.chain_id())]).await?;
    account.has_under_way(end, &[]).await?;
    assert_eq!(balance(b, &one[0]).await?, before + 5, "each payment was made once");
    assert_eq!(balance(b, &own).await?, 1_000 - 4 - MANY as u128);
    Ok(())
}

/// Sends a transfer that is too late some blocks of the other chain later; gives its sequence.
async fn send_late(
    operator: &Operator,
    (from, channel): (&Site, &str),
    to: &Site,
) -> anyhow::Result<u64> {
    let late = Height::new(revision_of(to.chain_id()), to.chain.height().await? + BLOCKS);
    let transfer = Transfer {
        channel,
        amount: 1,
        denom: from.chain.config().gas_price.denom(),
        receiver: &operator.user,
        memo: "",
        timeout_height: late,
        timeout_timestamp: 0,
    };
    let sent = operator.transfer(from, std::iter::once(transfer)).await?;
    sent.first().copied().context("nothing was sent")
}

/// An interchain account is somebody else's ordered channel: ferry finishes its handshake, and what the account is told
/// to do is done, in order. When a
/// packet on it is too late the channel closes on both chains, and the packet behind it, whose own
/// timeout is an hour away, comes back at once. The owner registers again, and ferry opens another channel.
///
/// While ferry does not run, a transfer of either chain is overtaken by a height of the other, of revision 0 and 1: both
/// come back.
#[test]
fn an_interchain_account_acts_in_order_and_closes_with_nothing_left() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new(MAX_GAS).await?;
        let linked = operator.link().await?;
        let text = |end: &str, key: &str| linked[end][key].as_str().context("not linked");
        let account = Account { operator: &operator, connection: text("a", "connection")? };
        let ferry = operator.start()?;
        let (a, b) = (&operator.a, &operator.b);
        a.chain.send_msgs(&a.key, &[account.register()], "").await?;
        let end = account.opens().await?;
        assert_eq!(end.ordering, i32::from(Order::Ordered));
        acts_in_order(&account, &end).await?;

        operator.stop(ferry).await?;
        let (on_a, on_b) = (text("a", "channel")?, text("b", "channel")?);
        let from_a = send_late(&operator, (a, on_a), b).await?;
        let from_b = send_late(&operator, (b, on_b), a).await?;
        let orders = [1, HOUR].map(|seconds| account.tell(b"nothing".to_vec(), seconds));
        a.chain.send_msgs(&a.key, &orders, "").await?;
        clock::reach(&b.chain, clock::now(&a.chain).await? + BLOCKS).await?;
        clock::pass(&a.chain, BLOCKS).await?;
        let _ferry = operator.start()?;
        account.has_under_way(&end, &[]).await?;
        let other = end.counterparty.as_ref().context("the other end is not known")?;
        let closed = i32::from(State::Closed);
        let here = a.chain.channel(&end.port_id, &end.channel_id).await?.context("no channel")?;
        let there = b.chain.channel(&other.port_id, &other.channel_id).await?;
        assert_eq!((here.state, there.context("no channel")?.state), (closed, closed));
        operator.settled(a, on_a).await?;
        operator.settled(b, on_b).await?;
        let unreceived = b.chain.unreceived_packets(TRANSFER_PORT, on_b, &[from_a]).await?;
        assert_eq!(unreceived, [from_a], "what was late by a height of revision 0 arrived");
        let unreceived = a.chain.unreceived_packets(TRANSFER_PORT, on_a, &[from_b]).await?;
        assert_eq!(unreceived, [from_b], "what was late by a height of revision 1 arrived");

        a.chain.send_msgs(&a.key, &[account.register()], "").await?;
        let again = account.opens().await?;
        assert_ne!(again.channel_id, end.channel_id);
        Ok(())
    })
}
