//! What comes with every call, and with replies.

use cosmwasm_std::{
    Addr, Attribute, Binary, BlockInfo, Coin, ContractInfo, Env, Event, MessageInfo, MsgResponse,
    Reply, SubMsgResponse, SubMsgResult, Timestamp, TransactionInfo,
};

use super::{RESULT, object};
use crate::json::{Decode, Fields, Node};

object!(Env { block: BlockInfo, transaction: Option<TransactionInfo>, contract: ContractInfo } =>
    Self { block, transaction, contract });
object!(BlockInfo { height: u64, time: Timestamp, chain_id: String } =>
    Self { height, time, chain_id });
object!(TransactionInfo { index: u32; hash: Binary } =>
    Self::new(index, hash));
object!(ContractInfo { address: Addr } => Self { address });
object!(MessageInfo { sender: Addr, funds: Vec<Coin> } => Self { sender, funds });

object!(Reply { id: u64, result: SubMsgResult; payload: Binary, gas_used: u64 } =>
Self {
    id,
    payload,
    gas_used,
    result,
});

impl Decode for SubMsgResult {
    fn decode(node: Node<'_>) -> Self {
        match node.variant(&RESULT) {
            (1, node) => Self::Err(Decode::decode(node)),
            (_, node) => Self::Ok(Decode::decode(node)),
        }
    }
}

object!(SubMsgResponse {
    events: Vec<Event>,
    data: Option<Binary>;
    msg_responses: Vec<MsgResponse>
} => {
    #[expect(deprecated, reason = "older chains give nothing else")]
    Self { events, data, msg_responses }
});
object!(MsgResponse { type_url: String, value: Binary } => Self { type_url, value });
object!(Attribute { key: String, value: String } => Self { key, value });

impl Decode for Event {
    fn decode(node: Node<'_>) -> Self {
        const FIELDS: Fields =
            Fields { names: &["type", "attributes"], required: &[true, true], is_strict: false };
        let [kind, attributes] = node.fields(&FIELDS);
        let attributes = Vec::<Attribute>::decode(node.at(attributes));
        Self::new(String::decode(node.at(kind))).add_attributes(attributes)
    }
}
