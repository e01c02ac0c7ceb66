//! What is offered for gas now, outside of the model.

use cosmos::chain::{Chain, ChainError};
use cosmos::wire::gas::GasPrice;

use crate::config::Chain as ChainFile;
use crate::model::config::DynamicPrice;

/// There is no price at which something may be sent now.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// The chain sets its price, and does not say it.
    #[error("`{chain}` does not say what gas costs; correct its `dynamic_gas_price`, or try again")]
    Unknown {
        /// The chain.
        chain: String,
        /// What failed.
        #[source]
        source: Box<ChainError>,
    },
    /// It asks for more than the configuration allows.
    #[error(
        "gas on `{chain}` costs {got} now, `max` of its `dynamic_gas_price` is {most}; try again later, or raise that"
    )]
    Expensive {
        /// The chain.
        chain: String,
        /// What would be offered.
        got: GasPrice,
        /// The most that may be.
        most: GasPrice,
    },
}

/// What is offered for gas on a chain: the configured price, or that of its module with the margin for the next block.
///
/// # Errors
/// [`PriceError`].
pub async fn now(chain: &Chain, file: &ChainFile) -> Result<GasPrice, PriceError> {
    let least = &file.gas_price;
    let Some(dynamic) = file.dynamic_gas_price.clone().map(DynamicPrice::from) else {
        return Ok(least.clone());
    };
    let id = || file.id.clone();
    let demand = chain.base_gas_price(dynamic.module, least.denom()).await;
    let demand =
        demand.map_err(|error| PriceError::Unknown { chain: id(), source: Box::new(error) })?;
    let (got, most) = (dynamic.offer(demand, least), dynamic.most(least));
    if got.atto() > most.atto() {
        return Err(PriceError::Expensive { chain: id(), got, most });
    }
    Ok(got)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD as BASE64;
    use serde_json::json;

    use super::super::fake::{CHAIN, FakeNode, LIMIT};
    use super::*;
    use crate::config::gas::{DynamicGasPrice, Module};

    /// The price offered where the chain asks for so much, by its module if it has one, and 0.2 is the most; and its calls.
    async fn offered(
        demand: &str,
        module: Option<Module>,
    ) -> (Result<String, PriceError>, Vec<String>) {
        let fake = FakeNode::with_blocks(1).await;
        let chain = fake.connect(LIMIT).await.chain();
        // `QueryEipBaseFeeResponse` with its only field.
        let text = demand.as_bytes();
        let value = [&[0x0a, text.len() as u8], text].concat();
        let answer =
            json!({ "response": { "code": 0, "value": BASE64.encode(value), "height": "1" } });
        fake.state.lock().unwrap().recorded.insert("abci_query", answer);
        let mut file = ChainFile::new(
            CHAIN.into(),
            vec![fake.address.clone()],
            "wasm".into(),
            "relayer".into(),
            "0.01stake".parse().unwrap(),
        );
        file.dynamic_gas_price = module.map(|module| DynamicGasPrice {
            module,
            multiplier: 1_150,
            max: "0.2stake".parse().unwrap(),
            max_urgent: None,
        });
        let price = now(&chain, &file).await.map(|price| price.to_string());
        (price, fake.state.lock().unwrap().calls.clone())
    }

    #[tokio::test]
    async fn the_price_follows_the_chain_within_its_bounds() {
        let (price, _) = offered("100000000000000000", Some(Module::Osmosis)).await;
        assert_eq!(price.unwrap(), "0.115stake");
        let (price, _) = offered("1", Some(Module::Osmosis)).await;
        assert_eq!(price.unwrap(), "0.01stake", "never below the configured one");
        let (price, _) = offered("900000000000000000", Some(Module::Osmosis)).await;
        assert!(
            matches!(&price, Err(PriceError::Expensive { got, .. }) if got.to_string() == "1.035stake"),
            "{price:?}"
        );
        let (price, _) = offered("nothing", Some(Module::Osmosis)).await;
        assert!(matches!(price, Err(PriceError::Unknown { .. })), "{price:?}");
        let (price, calls) = offered("100000000000000000", None).await;
        assert_eq!(price.unwrap(), "0.01stake");
        assert!(!calls.contains(&"abci_query".to_owned()), "{calls:?}");
    }
}
