use super::example::EXAMPLE;
use super::*;

/// The example with every commented key switched on: the manual must be a configuration.
fn example_switched_on() -> String {
    EXAMPLE
        .lines()
        .map(|line| {
            let key = line.strip_prefix("# ").unwrap_or(line);
            let is_key = key.starts_with('[')
                || key.split_once(" = ").is_some_and(|(name, _)| {
                    name.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '.')
                });
            if is_key { key } else { line }
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_example_is_a_configuration_as_it_stands() {
    let config = Config::parse(EXAMPLE).unwrap();
    assert_eq!(config.ferry, Global::default());
    assert!(config.chains.is_empty());
}

#[test]
fn every_key_of_the_example_is_known_and_shows_its_default() {
    let config = Config::parse(&example_switched_on()).unwrap();
    assert_eq!(config.ferry, Global::default());
    let database = config.store.as_ref().unwrap();
    assert_eq!(database.lease, store::default_lease());
    let shown = config.chain("wasmdev-1").unwrap();
    let usual = Chain::new(
        shown.id.clone(),
        shown.rpc.clone(),
        shown.address_prefix.clone(),
        shown.key.first().to_owned(),
        shown.gas_price.clone(),
    );
    // What has no default is shown with a value that it may have.
    let filter = Filter {
        max_memo_bytes: shown.filter.max_memo_bytes,
        max_receiver_bytes: shown.filter.max_receiver_bytes,
        ..Filter::default()
    };
    let expected = Chain {
        archive_rpc: shown.archive_rpc.clone(),
        dynamic_gas_price: shown.dynamic_gas_price.clone(),
        max_gas: shown.max_gas,
        filter,
        fee_granter: shown.fee_granter.clone(),
        extension_options: shown.extension_options.clone(),
        trusting_period: shown.trusting_period,
        ..usual
    };
    assert_eq!(*shown, expected);
    assert!(shown.dynamic_gas_price.is_some() && shown.max_gas.is_some());
    assert!(shown.filter.max_memo_bytes.is_some() && shown.filter.max_receiver_bytes.is_some());
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let error = Config::parse("[ferry]\n\nmax_trys = 3\n").unwrap_err().to_string();
    assert!(error.contains("line 3") && error.contains("max_trys"), "{error}");
}

#[test]
fn a_wrong_price_says_the_form_wanted() {
    let text = example_switched_on().replace("0.001stake", "cheap");
    let error = Config::parse(&text).unwrap_err().to_string();
    assert!(error.contains("0.001stake") && error.contains("line"), "{error}");
}

#[test]
fn a_chain_is_configured_once() {
    let text = example_switched_on();
    let (_, chain) = text.split_once("[[chain]]").unwrap();
    let error = Config::parse(&format!("{text}\n[[chain]]\n{chain}")).unwrap_err().to_string();
    assert!(error.contains("twice"), "{error}");
}

#[test]
fn an_unknown_chain_is_answered_with_the_known_ones() {
    let error = Config::parse(&example_switched_on()).unwrap().chain("nowhere").unwrap_err();
    assert!(error.to_string().contains("`wasmdev-1`"), "{error}");
}

#[test]
fn what_is_wrong_beside_other_values_has_a_place_too() {
    for (right, wrong, line, reason) in [
        ("max_msgs = 100", "max_msgs = 0", "max_msgs = 0", "at least 1"),
        ("http://127.0.0.1:26657", "node:26657", "rpc = ", "http://"),
        ("address_prefix = \"wasm\"", "address_prefix = \"WASM\"", "address_prefix", "prefix"),
        ("wasm19rl4", "cosmos19rl4", "fee_granter", "begins `wasm1`"),
        ("\"127.0.0.1:3880\"", "\"3880\"", "listen", "`off`"),
        ("http://127.0.0.1:26657", "http://", "rpc = ", "`https://rpc.example`"),
        ("max_gas = 4000000", "max_gas = 0", "max_gas", "at least 1"),
        ("rpc_timeout = \"10s\"", "rpc_timeout = \"0s\"", "rpc_timeout", "`40s`"),
        ("drift = \"40s\"", "drift = \"0ms\"", "max_clock_drift", "longer"),
        ("trusting_period = \"14d\"", "trusting_period = \"0d\"", "trusting_period", "longer"),
        ("receiver_bytes = 2048", "receiver_bytes = 0", "filter.max_receiver", "at least 1"),
        ("max = \"0.1stake\"", "max = \"0.0001stake\"", "gas_price", "above `max`"),
        ("memo = \"\"", &format!("memo = \"{}\"", "m".repeat(256)), "memo", "at most"),
        (
            "deny_senders = []",
            "deny_senders = [\"wasm1x\"]",
            "filter.deny_senders",
            "begins `wasm1`",
        ),
    ] {
        let text = example_switched_on();
        assert!(text.contains(right), "{right}");
        let text = text.replace(right, wrong);
        let expected = text.lines().position(|l| l.starts_with(line)).unwrap() + 1;
        let mistake = Config::parse(&text).unwrap_err();
        assert_eq!(mistake.line, expected, "{mistake}");
        assert!(mistake.to_string().contains(reason), "{mistake}");
    }
}

/// In a list the one that is wrong is shown; and what is named in two keys is looked for in both.
#[test]
fn a_path_that_is_not_there_is_named_with_its_line() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let check = |text: &str| {
        std::fs::write(file.path(), text).unwrap();
        Config::read(file.path()).unwrap();
        Config::check_paths(file.path(), &["a-b", "c-d"])
    };
    for (text, line, column) in [
        ("[ferry]\npaused = [\"a-b\", \"a-c\"]\n", 2, 18),
        ("[ferry]\n\nonly = { \"a-c\" = [] }\n", 3, 10),
        ("[ferry]\nonly.c-d = []\nonly.a-c = []\n", 3, 6),
    ] {
        let Err(ConfigError::Invalid { mistake, .. }) = check(text) else { panic!("{text}") };
        assert_eq!((mistake.line, mistake.column), (line, column), "{mistake}");
        assert!(mistake.reason.contains("no path `a-c`"), "{mistake}");
    }
    check("[ferry]\npaused = [\"a-b\"]\nonly = { \"c-d\" = [] }\n").unwrap();
}

#[test]
fn keys_and_granters_are_one_or_several() {
    let text = example_switched_on();
    let granter = "wasm19rl4cm2hmr8afy4kldpxz3fka4jguq0akuugk7";
    let one = &Config::parse(&text).unwrap().chains[0];
    assert_eq!(
        (one.key.to_vec(), one.fee_granter.to_vec()),
        (vec!["relayer".into()], vec![granter.into()])
    );
    let several = text
        .replace("\nkey = \"relayer\"", "\nkey = [\"relayer\", \"second\"]")
        .replace(&format!("\nfee_granter = \"{granter}\""), "\nfee_granter = []");
    let config = Config::parse(&several).unwrap();
    assert_eq!(config.chains[0].key.to_vec(), ["relayer", "second"]);
    assert!(config.chains[0].fee_granter.is_empty());
    assert_eq!(Config::parse(&toml::to_string(&config).unwrap()).unwrap(), config);
    for (wrong, reason) in
        [("[]", "name at least one"), ("[\"a\", \"a\"]", "in it twice"), ("7", "a list of texts")]
    {
        let text = text.replace("\nkey = \"relayer\"", &format!("\nkey = {wrong}"));
        let expected = text.lines().position(|line| line.starts_with("key = ")).unwrap() + 1;
        let mistake = Config::parse(&text).unwrap_err();
        assert!(mistake.to_string().contains(reason), "{mistake}");
        assert_eq!(mistake.line, expected, "{mistake}");
    }
}

#[test]
fn a_wrong_option_is_named_with_its_line() {
    let text = example_switched_on();
    for (wrong, reason) in [
        ("[{ type = \"other\", value = \"1\" }]", "unknown variant"),
        ("[{ type = \"ethermint_dynamic_fee\", value = \"much\" }]", "no whole number"),
    ] {
        let right = "[{ type = \"ethermint_dynamic_fee\", value = \"1000000\" }]";
        assert!(text.contains(right));
        let text = text.replace(right, wrong);
        let expected = text.lines().position(|line| line.contains(wrong)).unwrap() + 1;
        let mistake = Config::parse(&text).unwrap_err();
        assert!(mistake.to_string().contains(reason), "{mistake}");
        assert_eq!(mistake.line, expected, "{mistake}");
    }
}

#[test]
fn what_is_shown_reads_back() {
    let config = Config::parse(&example_switched_on()).unwrap();
    let shown = toml::to_string(&config).unwrap();
    assert_eq!(Config::parse(&shown).unwrap(), config, "{shown}");
}
