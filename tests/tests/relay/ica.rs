use anyhow::Context as _;
use cosmos::ibc_proto::ibc::applications::interchain_accounts::controller::v1::{
    MsgRegisterInterchainAccount, MsgSendTx,
};
use cosmos::ibc_proto::ibc::applications::interchain_accounts::v1::InterchainAccountPacketData;
use cosmos::ibc_proto::ibc::core::channel::v1::{IdentifiedChannel, Order, State};
use cosmos::wire::tx::any;
use e2e::clock;
use e2e::operator::Operator;

const EXECUTE_TX: i32 = 1;

async fn channel(operator: &Operator, connection: &str) -> anyhow::Result<IdentifiedChannel> {
    let channels = operator.a.chain.connection_channels(connection).await?;
    let is_account = |channel: &IdentifiedChannel| channel.port_id.starts_with("icacontroller-");
    let (mut open, mut others): (Vec<_>, Vec<_>) = channels
        .into_iter()
        .filter(is_account)
        .partition(|channel| channel.state == i32::from(State::Open));
    open.pop().or_else(|| others.pop()).context("there is no channel of the account")
}

/// An interchain account is somebody else's ordered channel: ferry finishes its handshake. When a
/// packet on it is too late the channel closes on both chains, and the packet behind it, whose own
/// timeout is an hour away, comes back at once. The owner registers again, and ferry opens another channel.
#[test]
fn an_interchain_account_opens_and_closes_with_nothing_left() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("").await?;
        let linked = operator.link().await?;
        let connection = linked["a"]["connection"].as_str().context("no connection")?.to_owned();
        let ferry = operator.start()?;
        let (a, b) = (&operator.a, &operator.b);
        let register = any(&MsgRegisterInterchainAccount {
            owner: operator.user.clone(),
            connection_id: connection.clone(),
            version: String::new(),
            ordering: Order::Ordered.into(),
        });
        a.chain.send_msgs(&a.key, std::slice::from_ref(&register), "").await?;
        let is_open = async || {
            let end = channel(&operator, &connection).await?;
            Ok((end.state == i32::from(State::Open)).then_some(end))
        };
        let end = clock::until(&a.chain, "the account's channel is open", is_open).await?;
        assert_eq!(end.ordering, i32::from(Order::Ordered));

        drop(ferry);
        let send = |seconds: u64| {
            any(&MsgSendTx {
                owner: operator.user.clone(),
                connection_id: connection.clone(),
                packet_data: Some(InterchainAccountPacketData {
                    r#type: EXECUTE_TX,
                    data: b"nothing".to_vec(),
                    memo: String::new(),
                }),
                relative_timeout: seconds * 1_000_000_000,
            })
        };
        a.chain.send_msgs(&a.key, &[send(1), send(3_600)], "").await?;
        clock::reach(&b.chain, clock::now(&a.chain).await? + 2).await?;
        let _ferry = operator.start()?;
        let (port, id) = (end.port_id.as_str(), end.channel_id.as_str());
        let is_over =
            async || Ok(a.chain.packet_commitments(port, id).await?.is_empty().then_some(()));
        clock::until(&a.chain, "both packets are back", is_over).await?;
        let other = end.counterparty.context("the other end is not known")?;
        let closed = i32::from(State::Closed);
        let here = a.chain.channel(port, id).await?.context("no channel")?;
        let there = b.chain.channel(&other.port_id, &other.channel_id).await?;
        assert_eq!((here.state, there.context("no channel")?.state), (closed, closed));

        a.chain.send_msgs(&a.key, &[register], "").await?;
        let again = clock::until(&a.chain, "the account has a channel again", is_open).await?;
        assert_ne!(again.channel_id, end.channel_id);
        Ok(())
    })
}
