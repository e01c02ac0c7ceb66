//! What chains of Ethermint take beside a fee.

use ibc_proto::google::protobuf::Any;
use prost::Message;

const DYNAMIC_FEE: &str = "/ethermint.types.v1.ExtensionOptionDynamicFeeTx";

/// `ethermint.types.v1.ExtensionOptionDynamicFeeTx`.
#[derive(Clone, PartialEq, Message)]
struct DynamicFee {
    #[prost(string, tag = "1")]
    max_priority_price: String,
}

/// The option of a transaction by which a unit of gas costs at most so much above the chain's base fee, in the fee denom.
/// Without it all that the fee leaves above the base fee is paid.
///
/// Source: Ethermint `proto/ethermint/types/v1/dynamic_fee.proto`, `app/ante/fee_checker.go`.
pub fn dynamic_fee(max_priority_price: u128) -> Any {
    let option = DynamicFee { max_priority_price: max_priority_price.to_string() };
    Any { type_url: DYNAMIC_FEE.to_owned(), value: option.encode_to_vec() }
}

#[cfg(test)]
mod tests {
    use ibc_proto::cosmos::tx::v1beta1::{TxBody, TxRaw};

    use super::*;
    use crate::wire::tx::{Fee, TxPlan, unsigned};

    #[test]
    fn the_option_stands_in_the_transaction() {
        let fee = Fee { gas_limit: 0, amount: 0, denom: String::new(), granter: None };
        let options = [dynamic_fee(1_000_000)];
        let plan = TxPlan {
            chain_id: "a-1",
            account_number: 0,
            sequence: 0,
            msgs: &[],
            fee: &fee,
            memo: "",
            timeout_height: 0,
            extension_options: &options,
        };
        let raw = TxRaw::decode(unsigned(None, &plan).as_slice()).unwrap();
        let body = TxBody::decode(raw.body_bytes.as_slice()).unwrap();
        assert_eq!(body.extension_options, options);
        // Field 1, a text of seven bytes.
        assert_eq!(options[0].value, b"\x0a\x071000000");
    }
}
