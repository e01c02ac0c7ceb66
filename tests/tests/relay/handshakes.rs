use anyhow::Context as _;
use cosmos::chain::Chain;
use cosmos::ibc_proto::ibc::core::channel::v1::{
    Channel, Counterparty, MsgChannelOpenInit, Order, State,
};
use cosmos::wire::tx::any;
use e2e::clock;
use e2e::operator::Operator;
use protocol::ics20::TRANSFER_PORT;

/// Channels that are begun in a transaction, and transactions.
const EACH: usize = 111;
const TRANSACTIONS: usize = 9;
/// After so many blocks ferry is killed, each time.
const KILLS: [u64; 3] = [3, 4, 5];

async fn open(chain: &Chain, connection: &str) -> anyhow::Result<usize> {
    let channels = chain.connection_channels(connection).await?;
    Ok(channels.iter().filter(|channel| channel.state == i32::from(State::Open)).count())
}

/// 999 channels that somebody begins on A at once, beside the one that ferry opened itself, are open on
/// both chains, though ferry is killed three times on the way; nothing is paid for twice.
#[test]
#[ignore = "a thousand handshakes take minutes: `scripts/test --long` runs it"]
fn a_thousand_channels_open_in_one_go() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("").await?;
        let (a, b) = (&operator.a, &operator.b);
        let linked = operator.link().await?;
        let connection = |end: &str| linked[end]["connection"].as_str().context("no connection");
        let (on_a, on_b) = (connection("a")?, connection("b")?);
        let init = any(&MsgChannelOpenInit {
            port_id: TRANSFER_PORT.to_owned(),
            channel: Some(Channel {
                state: State::Init.into(),
                ordering: Order::Unordered.into(),
                counterparty: Some(Counterparty {
                    port_id: TRANSFER_PORT.to_owned(),
                    channel_id: String::new(),
                }),
                connection_hops: vec![on_a.to_owned()],
                version: "ics20-1".to_owned(),
                upgrade_sequence: 0,
            }),
            signer: operator.user.clone(),
        });
        for _ in 0..TRANSACTIONS {
            a.chain.send_msgs(&a.key, &vec![init.clone(); EACH], "").await?;
        }
        for blocks in KILLS {
            let ferry = operator.start()?;
            clock::pass(&b.chain, blocks).await?;
            drop(ferry);
        }
        let _ferry = operator.start()?;
        let all = EACH * TRANSACTIONS + 1;
        while open(&a.chain, on_a).await? < all || open(&b.chain, on_b).await? < all {
            clock::pass(&b.chain, 2).await?;
        }
        let costs = operator.ferry(&["costs"]).await?;
        let lines = costs["lines"].as_array().context("no lines")?;
        let failed = lines.iter().find(|line| line["failed"] != 0 || line["redundant"] != 0);
        assert_eq!(failed, None);
        Ok(())
    })
}
