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
    let found = operator.ailments().await?;
    ensure!(found.is_empty(), "when all is right again it says {found:?}");
    Ok(())
}
