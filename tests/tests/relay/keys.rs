use anyhow::Context as _;
use cosmos::Any;
use cosmos::ibc_proto::cosmos::bank::v1beta1::MsgSend;
use cosmos::keys::Key;
use cosmos::wire::tx::any;
use e2e::clock;
use e2e::modules::{coin, pay_fees};
use e2e::operator::Operator;
use entrepot::deploy::Site;

/// Gas of a packet with its update, but not of many.
const SOME: u64 = 450_000;
/// Packets of which the first key cannot pay the last.
const MANY: u32 = 5;
/// Gas of one such packet, but not of two.
const ONE_PACKET: u64 = 300_000;

/// Two keys on both chains, of which the first has hardly any money on B: it pays while it can, then the other signs
/// for its client. Then two accounts grant the first one fees, one of them for one packet: ferry takes them in turn
/// without a restart, and neither key pays any more. What it shows names every key with what it has.
#[test]
fn keys_and_granters_stand_in_for_each_other() -> anyhow::Result<()> {
    crate::run(async || {
        let operator = Operator::new("").await?;
        let linked = operator.link().await?;
        let channel = linked["a"]["channel"].as_str().context("no channel")?.to_owned();
        let (a, b) = (&operator.a, &operator.b);
        let poor = &*operator.add_key("poor").await?;
        send(a, poor, 10_000_000).await?;
        let fee = b.chain.config().gas_price.fee(SOME);
        send(b, poor, fee).await?;
        operator
            .configure(|text| text.replace("key = \"relayer\"", "key = [\"poor\", \"relayer\"]"))?;

        let _ferry = operator.start()?;
        let relayer = &operator.relayer;
        let rich = balance(b, relayer).await?;
        for _ in 0..MANY {
            operator.send(a, &channel, 1).await?;
            operator.settled(a, &channel).await?;
            if balance(b, relayer).await? < rich {
                break;
            }
        }
        assert!(balance(b, poor).await? < fee, "the first key has paid");
        assert!(balance(b, relayer).await? < rich, "the other key has paid");
        assert!(operator.log()?.contains("key cannot pay"));
        shows(&operator, &[poor, relayer]).await?;

        let brief = Key::from_secret(&[91; 32])?;
        let granters = [b.chain.address(&brief)?, operator.user.clone()];
        send(b, &granters[0], 10_000_000).await?;
        let limit = b.chain.config().gas_price.fee(ONE_PACKET);
        pay_fees(&b.chain, &brief, poor, Some(limit)).await?;
        pay_fees(&b.chain, &b.key, poor, None).await?;
        let names = format!("fee_granter = [\"{}\", \"{}\"]\n", granters[0], granters[1]);
        let id = format!("id = \"{}\"\n", b.chain_id());
        operator.configure(|text| text.replace(&id, &format!("{id}{names}")))?;
        let had = [balance(b, poor).await?, balance(b, relayer).await?];
        let granted = [balance(b, &granters[0]).await?, balance(b, &granters[1]).await?];
        operator.ferry(&["reload"]).await?;
        let pays = async || Ok(operator.log()?.contains("lane goes on").then_some(()));
        clock::until(&b.chain, "the first key goes on", pays).await?;
        for _ in 0..2 {
            operator.send(a, &channel, 1).await?;
            operator.settled(a, &channel).await?;
        }
        for (address, before) in granters.iter().zip(granted) {
            assert!(balance(b, address).await? < before, "{address} has paid");
        }
        assert_eq!([balance(b, poor).await?, balance(b, relayer).await?], had, "no key has paid");
        shows(&operator, &[poor, relayer, &granters[0], &granters[1]]).await?;
        let costs = operator.ferry(&["costs"]).await?;
        for line in costs["lines"].as_array().context("no lines")? {
            assert_eq!((&line["failed"], &line["redundant"]), (&0.into(), &0.into()), "{line}");
        }
        Ok(())
    })
}

/// `status` and `doctor` name all these accounts on B, with what they have.
async fn shows(operator: &Operator, accounts: &[&str]) -> anyhow::Result<()> {
    let status = operator.ferry(&["status"]).await?;
    let chains = status["chains"].as_array().context("no chains")?;
    let on_b = chains.iter().find(|chain| chain["chain"] == operator.b.chain_id());
    let listed = on_b.and_then(|chain| chain["accounts"].as_array()).context("no accounts")?;
    for address in accounts {
        let account = listed.iter().find(|account| account["address"] == **address);
        let shown = account.with_context(|| format!("no {address}: {status}"))?;
        let balance = balance(&operator.b, address).await?.to_string();
        assert_eq!(shown["balance"].as_str(), Some(balance.as_str()), "{shown}");
    }
    let doctor = operator.ferry(&["doctor"]).await?.to_string();
    let missing = accounts.iter().find(|address| !doctor.contains(**address));
    assert_eq!(missing, None, "{doctor}");
    Ok(())
}

/// What an account has of the fee denom.
pub(crate) async fn balance(site: &Site, address: &str) -> anyhow::Result<u128> {
    Ok(site.chain.balance(address, site.chain.config().gas_price.denom()).await?)
}

/// Sends an account some of the fee denom.
pub(crate) async fn send(from: &Site, to: &str, units: u128) -> anyhow::Result<()> {
    let denom = from.chain.config().gas_price.denom();
    let message: Any = any(&MsgSend {
        from_address: from.chain.address(&from.key)?,
        to_address: to.to_owned(),
        amount: vec![coin((units, denom))],
    });
    from.chain.send_msgs(&from.key, &[message], "").await?;
    Ok(())
}
