use e2e::operator::Operator;
use protocol::ics20::TRANSFER_PORT;

/// Packets that were sent over several blocks before this ferry knew anything of the connection are
/// found in the chains' state, with their data, and arrive; then it relays what comes.
#[test]
fn what_was_sent_before_ferry_knew_the_connection_arrives() -> anyhow::Result<()> {
    crate::run(async || {
        let linked = Operator::new("").await?.link().await?;
        let text = |end: &str, key: &str| linked[end][key].as_str().unwrap().to_owned();
        let (on_a, on_b) = (text("a", "channel"), text("b", "channel"));
        let operator = Operator::new("").await?;
        let (a, b) = (&operator.a, &operator.b);
        let mut sent = (Vec::new(), Vec::new());
        for _ in 0..3 {
            sent.0.extend(operator.send(a, &on_a, 20).await?);
            sent.1.extend(operator.send(b, &on_b, 5).await?);
        }
        assert_eq!((sent.0.len(), sent.1.len()), (60, 15));

        let connection = text("a", "connection");
        let verb = ["link", a.chain_id(), b.chain_id(), "--connection", &connection];
        let adopted = operator.ferry(&verb).await?;
        assert_eq!((&adopted["channels"], &adopted["pending"]), (&1.into(), &0.into()));
        let unreceived = b.chain.unreceived_packets(TRANSFER_PORT, &on_b, &sent.0).await?;
        assert!(unreceived.is_empty(), "{unreceived:?} did not arrive");
        let unreceived = a.chain.unreceived_packets(TRANSFER_PORT, &on_a, &sent.1).await?;
        assert!(unreceived.is_empty(), "{unreceived:?} did not arrive");
        for (site, channel) in [(a, &on_a), (b, &on_b)] {
            let left = site.chain.packet_commitments(TRANSFER_PORT, channel).await?;
            assert!(left.is_empty(), "{left:?} are not acknowledged");
        }

        let _ferry = operator.start()?;
        operator.send(a, &on_a, 3).await?;
        operator.settled(a, &on_a).await
    })
}
