//! The chain: bank, transfer module, packets.

use std::collections::BTreeMap;

use cosmwasm_std::testing::MockStorage;
use cosmwasm_std::{
    BankMsg, Binary, Coin, CosmosMsg, IbcAckCallbackMsg, IbcBasicResponse, IbcMsg, IbcPacket,
    IbcPacketAckMsg, IbcPacketTimeoutMsg, IbcSourceCallbackMsg, IbcTimeoutCallbackMsg, MsgResponse,
    Order, Reply, ReplyOn, Storage, SubMsg, SubMsgResponse, SubMsgResult, Uint128, WasmMsg,
    to_json_binary,
};
use outpost::{ContractError, contract, ibc};
use protocol::control::{ControlAck, ControlPacket};
use protocol::ics20::FungibleTokenPacketData;

use super::{Posted, Sent, Suite, acknowledgement, endpoint};

/// What happens around the outpost.
#[derive(Clone, Default)]
pub(crate) struct Chain {
    /// Coins the outpost holds.
    pub(crate) bank: BTreeMap<String, u128>,
    /// What each address was paid.
    pub(crate) paid: BTreeMap<String, u128>,
    /// Transfers that left.
    pub(crate) sent: Vec<Sent>,
    /// Control packets that left.
    pub(crate) posted: Vec<Posted>,
    /// Why the chain takes no packet, if it does not.
    pub(crate) refuses: Option<String>,
    /// Whether owners are contracts that take the hook.
    pub(crate) hooks: bool,
    sequence: u64,
}

/// A copy of a storage.
pub(crate) fn copy(storage: &MockStorage) -> MockStorage {
    let mut copy = MockStorage::default();
    for (key, value) in storage.range(None, None, Order::Ascending) {
        copy.set(&key, &value);
    }
    copy
}

impl Suite {
    /// Credits the outpost with coins.
    pub(crate) fn receive_coins(&mut self, coins: &[Coin]) {
        for coin in coins {
            let held = self.chain.bank.entry(coin.denom.clone()).or_default();
            *held += Uint128::try_from(coin.amount).unwrap().u128();
        }
        self.show_bank();
    }

    /// Lets the outpost see its balance.
    pub(crate) fn show_bank(&mut self) {
        let coins = self.chain.bank.iter().map(|(denom, amount)| Coin::new(*amount, denom));
        let coins = coins.collect::<Vec<_>>();
        self.deps.querier.bank.update_balance(self.env.contract.address.clone(), coins);
    }

    fn pay(&mut self, coin: &Coin) {
        let held = self.chain.bank.get_mut(&coin.denom).expect("the outpost has this coin");
        let amount = Uint128::try_from(coin.amount).unwrap().u128();
        *held = held.checked_sub(amount).expect("the outpost has this much");
        self.show_bank();
    }

    /// Runs submessages as the chain does: each, then its reply.
    pub(crate) fn run(&mut self, messages: Vec<SubMsg>) -> Result<(), ContractError> {
        for message in messages {
            let (id, payload, reply_on) =
                (message.id, message.payload.clone(), message.reply_on.clone());
            let result = self.perform(message.msg);
            let replies = match (&result, reply_on) {
                (_, ReplyOn::Always) | (Ok(_), ReplyOn::Success) | (Err(_), ReplyOn::Error) => true,
                (Ok(_), _) => false,
                (Err(reason), _) => {
                    return Err(ContractError::NotSent { reason: reason.clone() });
                }
            };
            if replies {
                let result = match result {
                    Ok(response) => SubMsgResult::Ok(response),
                    Err(reason) => SubMsgResult::Err(reason),
                };
                let reply = Reply { id, payload, gas_used: 0, result };
                contract::reply(self.deps.as_mut(), self.env.clone(), reply)?;
            }
        }
        Ok(())
    }

    fn perform(&mut self, message: CosmosMsg) -> Result<SubMsgResponse, String> {
        match message {
            CosmosMsg::Bank(BankMsg::Send { to_address, amount }) => {
                for coin in amount {
                    self.pay(&coin);
                    let paid = self.chain.paid.entry(to_address.clone()).or_default();
                    *paid += Uint128::try_from(coin.amount).unwrap().u128();
                }
                Ok(response(Vec::new()))
            }
            CosmosMsg::Wasm(WasmMsg::Execute { .. }) if self.chain.hooks => {
                Ok(response(Vec::new()))
            }
            CosmosMsg::Ibc(message) => self.send_packet(message),
            other => panic!("the outpost does not send {other:?}"),
        }
    }

    fn send_packet(&mut self, message: IbcMsg) -> Result<SubMsgResponse, String> {
        if let Some(reason) = &self.chain.refuses {
            return Err(reason.clone());
        }
        self.chain.sequence += 1;
        let sequence = self.chain.sequence;
        match message {
            IbcMsg::Transfer { channel_id, to_address, amount, timeout, memo } => {
                self.pay(&amount);
                self.chain.sent.push(Sent {
                    channel: channel_id,
                    sequence,
                    to: to_address,
                    coin: amount,
                    timeout_at: timeout.timestamp().unwrap().seconds(),
                    memo: memo.unwrap(),
                });
            }
            IbcMsg::SendPacket { channel_id, data, .. } => self.chain.posted.push(Posted {
                channel: channel_id,
                sequence,
                packet: ControlPacket::parse(&data).unwrap(),
            }),
            other => panic!("the outpost does not send {other:?}"),
        }
        Ok(response(sequence_field(sequence)))
    }

    /// Delivers an acknowledgement of a transfer to the outpost; one that reverted the transfer
    /// brings the coin back first.
    pub(crate) fn acknowledge(&mut self, sent: &Sent, data: &[u8]) -> IbcBasicResponse {
        if data != protocol::ics20::SUCCESS_ACK {
            self.receive_coins(std::slice::from_ref(&sent.coin));
        }
        self.source_callback(sent, Some(data))
    }

    /// Brings a transfer's coin back and tells the outpost that it timed out.
    pub(crate) fn time_out(&mut self, sent: &Sent) -> IbcBasicResponse {
        self.receive_coins(std::slice::from_ref(&sent.coin));
        self.source_callback(sent, None)
    }

    /// Calls the outpost back about a transfer; without data, with a timeout.
    pub(crate) fn source_callback(&mut self, sent: &Sent, data: Option<&[u8]>) -> IbcBasicResponse {
        let packet = self.packet_of(sent);
        let relayer = self.who("relayer");
        let msg = match data {
            Some(data) => IbcSourceCallbackMsg::Acknowledgement(IbcAckCallbackMsg::new(
                acknowledgement(data),
                packet,
                relayer,
            )),
            None => IbcSourceCallbackMsg::Timeout(IbcTimeoutCallbackMsg::new(packet, relayer)),
        };
        let response = ibc::ibc_source_callback(self.deps.as_mut(), self.env.clone(), msg).unwrap();
        self.check();
        response
    }

    fn packet_of(&self, sent: &Sent) -> IbcPacket {
        let data = FungibleTokenPacketData {
            denom: sent.coin.denom.clone(),
            amount: sent.coin.amount.to_string(),
            sender: self.env.contract.address.to_string(),
            receiver: sent.to.clone(),
            memo: sent.memo.clone(),
        };
        IbcPacket::new(
            to_json_binary(&data).unwrap(),
            endpoint("transfer", &sent.channel),
            endpoint("transfer", "channel-0"),
            sent.sequence,
            cosmwasm_std::Timestamp::from_seconds(sent.timeout_at).into(),
        )
    }

    /// Delivers the market's answer to a control packet.
    pub(crate) fn answer(&mut self, posted: &Posted, ack: &ControlAck) -> IbcBasicResponse {
        self.answer_bytes(posted, &to_json_binary(ack).unwrap())
    }

    /// Delivers any bytes as the answer to a control packet.
    pub(crate) fn answer_bytes(&mut self, posted: &Posted, data: &[u8]) -> IbcBasicResponse {
        let msg = IbcPacketAckMsg::new(
            acknowledgement(data),
            control_packet(posted),
            self.who("relayer"),
        );
        let response = ibc::ibc_packet_ack(self.deps.as_mut(), self.env.clone(), msg).unwrap();
        self.check();
        response
    }

    /// Tells the outpost that a control packet timed out.
    pub(crate) fn time_out_control(&mut self, posted: &Posted) -> IbcBasicResponse {
        let msg = IbcPacketTimeoutMsg::new(control_packet(posted), self.who("relayer"));
        let response = ibc::ibc_packet_timeout(self.deps.as_mut(), self.env.clone(), msg).unwrap();
        self.check();
        response
    }
}

fn control_packet(posted: &Posted) -> IbcPacket {
    IbcPacket::new(
        posted.packet.encode().unwrap(),
        endpoint("wasm.outpost", &posted.channel),
        endpoint("wasm.away1market", "channel-1"),
        posted.sequence,
        cosmwasm_std::Timestamp::from_seconds(1).into(),
    )
}

fn response(value: Vec<u8>) -> SubMsgResponse {
    let sent = MsgResponse { type_url: "/a.Response".into(), value: Binary::from(value) };
    #[expect(deprecated, reason = "the field must be named to build the struct")]
    SubMsgResponse { events: Vec::new(), data: None, msg_responses: vec![sent] }
}

/// `uint64 sequence = 1` as protobuf writes it.
fn sequence_field(mut sequence: u64) -> Vec<u8> {
    let mut bytes = vec![0x08];
    while sequence > 0x7F {
        bytes.push(u8::try_from(sequence & 0x7F).unwrap() | 0x80);
        sequence >>= 7;
    }
    bytes.push(u8::try_from(sequence).unwrap());
    bytes
}
