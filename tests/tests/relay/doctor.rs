use anyhow::ensure;
use e2e::operator::Operator;

/// `ferry doctor` finds nothing wrong with a path between two chains. Each thing that an operator may have got wrong it
/// names, with what cures it, and nothing beside it.
pub(crate) async fn names_each_fault(operator: &Operator) -> anyhow::Result<()> {
    let found = operator.ailments().await?;
    ensure!(found.is_empty(), "of a sound path it says {found:?}");
    let empty = operator.add_key("empty").await?;
    let price = operator.a.chain.config().gas_price.to_string();
    let stranger = format!("id = \"{}\"\nfee_granter = \"{empty}\"\n", operator.a.chain_id());
    let id = format!("id = \"{}\"\n", operator.a.chain_id());
    for (right, wrong, named) in [
        ("gas_price = \"0.0", "gas_price = \"0.00", &["gas price: ", &price, "set `gas_price"][..]),
        ("stake\"", "utok\"", &["gas price: the node takes no fees in `utok`", &price]),
        ("key = \"relayer\"", "key = \"empty\"", &["balance: ", " has no `", "send `", &empty]),
        (&id, &stranger, &["fee grant: ", " pays nothing for ", "feegrant grant ", &empty]),
        ("gas_price", "low_balance = 9000000000000000000\ngas_price", &["balance: ", "send `"]),
        (
            "address_prefix = \"",
            "address_prefix = \"other",
            &["address prefix: ", "set `address_prefix = "],
        ),
        ("rpc = [\"", "rpc = [\"http://127.0.0.1:1\", \"", &["endpoint: ", "start the node"]),
    ] {
        operator.configure(|text| text.replacen(right, wrong, 1))?;
        let found = operator.ailments().await?;
        operator.configure(|text| text.replacen(wrong, right, 1))?;
        let is_named = |line: &String| named.iter().all(|part| line.contains(part));
        ensure!(found.iter().any(is_named), "`{wrong}` is not named: {found:?}");
    }
    names_clocks_apart(operator).await?;
    let found = operator.ailments().await?;
    ensure!(found.is_empty(), "when all is right again it says {found:?}");
    Ok(())
}

/// Two chains do not make their blocks in the same millisecond: where clocks may be no more than that apart, one is ahead.
async fn names_clocks_apart(operator: &Operator) -> anyhow::Result<()> {
    let strict = "max_clock_drift = \"1ms\"\ngas_price";
    operator.configure(|text| text.replace("gas_price", strict))?;
    let found = operator.ailments().await?;
    operator.configure(|text| text.replace(strict, "gas_price"))?;
    let [clocks] = &found[..] else { anyhow::bail!("of clocks apart it says {found:?}") };
    let (a, b) = (operator.a.chain_id(), operator.b.chain_id());
    let ahead = [(a, b), (b, a)]
        .map(|(fast, slow)| (format!("`{fast}` is "), format!(" s ahead of `{slow}`")));
    let is_named = ahead.iter().any(|(fast, slow)| clocks.contains(fast) && clocks.contains(slow));
    ensure!(is_named && clocks.contains("headers are held back"), "it says {clocks}");
    Ok(())
}
