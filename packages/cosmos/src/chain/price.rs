//! What gas costs on chains that set its price from block to block.

use ibc_proto::cosmos::base::v1beta1::DecCoin;
use prost::Message;

use super::{Chain, ChainError, malformed};

/// The module that sets the price of gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceModule {
    /// `x/feemarket`, as on the Cosmos Hub and Neutron.
    Feemarket,
    /// Osmosis' `x/txfees`.
    Osmosis,
}

/// `feemarket.feemarket.v1.GasPriceRequest`.
#[derive(Clone, PartialEq, Message)]
struct GasPriceRequest {
    #[prost(string, tag = "1")]
    denom: String,
}

/// `feemarket.feemarket.v1.GasPriceResponse`.
#[derive(Clone, PartialEq, Message)]
struct GasPriceResponse {
    #[prost(message, optional, tag = "1")]
    price: Option<DecCoin>,
}

/// `osmosis.txfees.v1beta1.QueryEipBaseFeeRequest`.
#[derive(Clone, PartialEq, Message)]
struct EipBaseFeeRequest {}

/// `osmosis.txfees.v1beta1.QueryEipBaseFeeResponse`.
#[derive(Clone, PartialEq, Message)]
struct EipBaseFeeResponse {
    #[prost(string, tag = "1")]
    base_fee: String,
}

impl Chain {
    /// The least that the next block takes for a unit of gas, in 10⁻¹⁸ `denom`.
    ///
    /// Osmosis answers for its own denom, whatever `denom` is.
    ///
    /// # Errors
    /// [`ChainError::Query`], also when the chain has no such module.
    ///
    /// Source: skip-mev/feemarket v1 `proto/feemarket/feemarket/v1/query.proto`; osmosis v31
    /// `proto/osmosis/txfees/v1beta1/query.proto`. Decimals cross the wire as whole numbers of 10⁻¹⁸.
    pub async fn base_gas_price(
        &self,
        module: PriceModule,
        denom: &str,
    ) -> Result<u128, ChainError> {
        let price = match module {
            PriceModule::Feemarket => {
                let request = GasPriceRequest { denom: denom.to_owned() };
                let path = "/feemarket.feemarket.v1.Query/GasPrice";
                let answer: GasPriceResponse = self.rpc().query(path, &request, 0).await?;
                answer.price.ok_or_else(|| malformed("gas price", "none in it"))?.amount
            }
            PriceModule::Osmosis => {
                let path = "/osmosis.txfees.v1beta1.Query/GetEipBaseFee";
                let answer: EipBaseFeeResponse =
                    self.rpc().query(path, &EipBaseFeeRequest {}, 0).await?;
                answer.base_fee
            }
        };
        price.parse().map_err(|_| malformed("gas price", format!("`{price}` is no number")))
    }
}
