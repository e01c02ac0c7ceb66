use anyhow::Context as _;
use cosmos::ibc_proto::cosmos::bank::v1beta1::MsgSend;
use cosmos::ibc_proto::cosmos::base::v1beta1::Coin;
use cosmos::ibc_proto::ibc::applications::interchain_accounts::controller::v1::{
    MsgRegisterInterchainAccount, MsgSendTx,
};
use cosmos::ibc_proto::ibc::applications::interchain_accounts::v1::{
    CosmosTx, InterchainAccountPacketData,
};
use cosmos::ibc_proto::ibc::core::channel::v1::{Order, State};
use cosmos::wire::tx::any;
use e2e::clock;
use e2e::operator::Operator;
use e2e::third_party::give;
use prost::Message as _;
use protocol::ics20::TRANSFER_PORT;
use serde_json::Value;

const EXECUTE_TX: i32 = 1;
/// Enough for a hundred transfers in some transactions, and far less than the greedy packet takes.
const MAX_GAS: u64 = 3_000_000;
/// Payments that the greedy packet makes; each takes some 30,000 gas.
const PAYMENTS: usize = 250;
/// Transfers in the same block as the greedy packet.
const OTHERS: usize = 99;
/// One block that the bad packet may cost the others, and one by which two looks at a height may differ.
const BLOCKS: u64 = 2;

/// An account on chain B that chain A commands.
struct Account {
    connection: String,
    port: String,
    channel: String,
}

/// One packet in a hundred takes more gas than may be paid for. The others, sent in the same block, arrive no more than
/// a block later than without it; it waits with its reason, and goes when the operator allows the gas.
#[test]
fn one_bad_packet_in_a_hundred_delays_nothing() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new(&format!("max_gas = {MAX_GAS}")).await?;
        let linked = operator.link().await?;
        let text = |key: &str| linked["a"][key].as_str().map(str::to_owned);
        let (on_a, connection) = text("channel").zip(text("connection")).context("no channel")?;
        let _ferry = operator.start()?;
        let account = Account::open(&operator, connection).await?;
        let alone = arrival(&operator, &on_a).await?;
        account.spend(&operator).await?;
        let beside = arrival(&operator, &on_a).await?;
        assert!(beside <= alone + BLOCKS, "{beside} blocks beside a bad packet, {alone} without");

        let a = &operator.a.chain;
        let says = async || {
            let waiting = operator.waiting().await?;
            let is_alone = waiting.len() == 1 && waiting[0].contains("`max_gas` is");
            Ok(is_alone.then_some(()))
        };
        clock::until(a, "it alone waits, with its reason", says).await?;
        let limit = |gas: u64| format!("max_gas = {gas}\n");
        operator.configure(|text| text.replace(&limit(MAX_GAS), &limit(10 * MAX_GAS)))?;
        operator.ferry(&["reload"]).await?;
        let path = linked["path"].as_str().context("no path")?;
        operator.ferry(&["clear", path]).await?;
        let left = a.packet_commitments(&account.port, &account.channel).await?;
        assert!(left.is_empty(), "{left:?}");
        Ok(())
    })
}

/// Sends the others, and counts the blocks of chain B until all have arrived.
async fn arrival(operator: &Operator, channel: &str) -> anyhow::Result<u64> {
    let b = &operator.b.chain;
    let sent = operator.send(&operator.a, channel, OTHERS).await?;
    let begun = b.height().await?;
    let other = operator.a.chain.channel(TRANSFER_PORT, channel).await?.context("no channel")?;
    let other = other.counterparty.context("the other end is not known")?;
    let arrived = async || {
        let left = b.unreceived_packets(TRANSFER_PORT, &other.channel_id, &sent).await?;
        Ok(left.is_empty().then_some(()))
    };
    clock::until(b, "all others have arrived", arrived).await?;
    Ok(b.height().await? - begun)
}

impl Account {
    async fn open(operator: &Operator, connection: String) -> anyhow::Result<Self> {
        let a = &operator.a;
        let register = any(&MsgRegisterInterchainAccount {
            owner: operator.user.clone(),
            connection_id: connection.clone(),
            version: String::new(),
            ordering: Order::Unordered.into(),
        });
        a.chain.send_msgs(&a.key, &[register], "").await?;
        let open = async || {
            let channels = a.chain.connection_channels(&connection).await?;
            let is_ours = |port: &str| port.starts_with("icacontroller-");
            let found = channels.into_iter().find(|channel| is_ours(&channel.port_id));
            Ok(found.filter(|channel| channel.state == i32::from(State::Open)))
        };
        let end = clock::until(&a.chain, "the account's channel is open", open).await?;
        let version: Value = serde_json::from_str(&end.version)?;
        let address = version["address"].as_str().context("the account has no address")?;
        let b = &operator.b;
        give(b, address, (10, b.chain.config().gas_price.denom())).await?;
        Ok(Self { connection, port: end.port_id, channel: end.channel_id })
    }

    /// Commands more payments than the gas of a transaction is enough for.
    async fn spend(&self, operator: &Operator) -> anyhow::Result<()> {
        let (a, b) = (&operator.a, &operator.b);
        let channel = a.chain.channel(&self.port, &self.channel).await?.context("no channel")?;
        let version: Value = serde_json::from_str(&channel.version)?;
        let address = version["address"].as_str().context("the account has no address")?;
        let denom = b.chain.config().gas_price.denom().to_owned();
        let payment = any(&MsgSend {
            from_address: address.to_owned(),
            to_address: address.to_owned(),
            amount: vec![Coin { denom, amount: "1".to_owned() }],
        });
        let commands = CosmosTx { messages: vec![payment; PAYMENTS] };
        let packet = InterchainAccountPacketData {
            r#type: EXECUTE_TX,
            data: commands.encode_to_vec(),
            memo: String::new(),
        };
        let send = any(&MsgSendTx {
            owner: operator.user.clone(),
            connection_id: self.connection.clone(),
            packet_data: Some(packet),
            relative_timeout: 3_600 * 1_000_000_000,
        });
        a.chain.send_msgs(&a.key, &[send], "").await?;
        Ok(())
    }
}
