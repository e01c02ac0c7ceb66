use super::example::EXAMPLE;
use super::*;

/// The example with every commented key switched on: the manual must be a configuration.
fn example_switched_on() -> String {
    EXAMPLE
        .lines()
        .map(|line| {
            let key = line.strip_prefix("# ").unwrap_or(line);
            let is_key = key.starts_with("[[")
                || key.split_once(" = ").is_some_and(|(name, _)| {
                    name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
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
    let chain = config.chain("wasmdev-1").unwrap();
    assert_eq!(chain.max_msgs, default_max_msgs());
    assert_eq!(chain.max_clock_drift, default_drift());
    assert_eq!(chain.rpc_timeout, default_timeout());
    assert_eq!(chain.gas_price, GasPrice { atto: 1_000_000_000_000_000, denom: "stake".into() });
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let error = Config::parse("[ferry]\n\nmax_trys = 3\n").unwrap_err();
    assert!(error.contains("line 3") && error.contains("max_trys"), "{error}");
}

#[test]
fn a_wrong_price_says_the_form_wanted() {
    let text = example_switched_on().replace("0.001stake", "cheap");
    let error = Config::parse(&text).unwrap_err();
    assert!(error.contains("0.001stake") && error.contains("line"), "{error}");
}

#[test]
fn a_chain_is_configured_once() {
    let text = example_switched_on();
    let (_, chain) = text.split_once("[[chain]]").unwrap();
    let error = Config::parse(&format!("{text}\n[[chain]]\n{chain}")).unwrap_err();
    assert!(error.contains("twice"), "{error}");
}

#[test]
fn an_unknown_chain_is_answered_with_the_known_ones() {
    let error = Config::parse(&example_switched_on()).unwrap().chain("nowhere").unwrap_err();
    assert!(error.to_string().contains("`wasmdev-1`"), "{error}");
}

#[test]
fn prices_are_exact_to_eighteen_places() {
    assert_eq!(parse_gas_price("0.000000000000000001x").unwrap().atto, 1);
    assert_eq!(parse_gas_price("12ibc/ABC").unwrap().atto, 12 * 10_u128.pow(18));
    for wrong in ["", "1", "x", ".x", "0.0000000000000000001x", "-1x"] {
        assert!(parse_gas_price(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn durations_have_units() {
    assert_eq!(parse_duration("14d").unwrap(), Duration::from_secs(14 * 86_400));
    assert_eq!(parse_duration("250ms").unwrap(), Duration::from_millis(250));
    for wrong in ["", "5", "s", "1.5s", "5 s", "5w"] {
        assert!(parse_duration(wrong).is_err(), "{wrong}");
    }
}
