//! What the market does to the outpost.

use cosmwasm_std::{
    Binary, Coin, IbcBasicResponse, IbcChannel, IbcChannelConnectMsg, IbcChannelOpenMsg,
    IbcDestinationCallbackMsg, IbcOrder, IbcPacket, IbcPacketReceiveMsg, IbcTransferCallback,
    from_json, to_json_binary, to_json_string,
};
use outpost::msg::ExecuteMsg;
use outpost::{ContractError, ibc};
use protocol::control::{
    ControlAck, ControlBody, ControlPacket, DeploymentState, DeploymentStatus, GroupState,
    GroupStatus, Notice,
};
use protocol::handshake::{VERSION, port_of};
use protocol::ics20::{FungibleTokenPacketData, SUCCESS_ACK};
use protocol::memo::Callback;
use protocol::money::{Settle, SettleKind};
use protocol::{Action, Memo, Message};

use super::{CONNECTION, CONTROL, MARKET, ROUTE, Suite, TRANSFER, acknowledgement, endpoint};

impl Suite {
    /// Opens a control channel to the route's market.
    pub(crate) fn connect(&mut self, id: &str) -> Result<(), ContractError> {
        let channel = control_channel(id);
        let env = self.env.clone();
        let open = IbcChannelOpenMsg::new_init(channel.clone());
        ibc::ibc_channel_open(self.deps.as_mut(), env.clone(), open)?;
        let connect = IbcChannelConnectMsg::new_ack(channel, VERSION);
        ibc::ibc_channel_connect(self.deps.as_mut(), env, connect)?;
        Ok(())
    }

    /// Probes the route with a coin that the market sends back.
    pub(crate) fn probe(&mut self, coin: Coin) {
        let probe = ExecuteMsg::ProbeRoute { route: ROUTE.into(), timeout_seconds: None };
        self.execute("keeper", &probe, std::slice::from_ref(&coin)).unwrap();
        let sent = self.last_sent();
        let Action::Probe(probe) = sent.message().action else { panic!("a probe was sent") };
        self.acknowledge(&sent, SUCCESS_ACK);
        self.settle(&probed(probe.nonce), coin).unwrap();
    }

    /// Sends a coin home from the market.
    pub(crate) fn settle(
        &mut self,
        settle: &Settle,
        coin: Coin,
    ) -> Result<IbcBasicResponse, ContractError> {
        let arrival = self.arrival(settle, coin);
        self.arrive(arrival)
    }

    /// The callback of a settlement as the market sends it, for tests to spoil.
    pub(crate) fn arrival(&self, settle: &Settle, coin: Coin) -> IbcDestinationCallbackMsg {
        let memo = Memo {
            src_callback: Some(Callback::new(MARKET, 900_000)),
            dest_callback: Some(Callback::new(self.env.contract.address.as_str(), 500_000)),
            entrepot: Message { n: 1, action: Action::Settle(settle.clone()) },
        };
        let data = FungibleTokenPacketData {
            denom: format!("transfer/channel-0/{}", coin.denom),
            amount: coin.amount.to_string(),
            sender: MARKET.into(),
            receiver: self.env.contract.address.to_string(),
            memo: to_json_string(&memo).unwrap(),
        };
        let packet = IbcPacket::new(
            to_json_binary(&data).unwrap(),
            endpoint("transfer", "channel-0"),
            endpoint("transfer", TRANSFER),
            1,
            self.env.block.time.plus_seconds(100).into(),
        );
        IbcDestinationCallbackMsg {
            packet,
            ack: acknowledgement(SUCCESS_ACK),
            transfer: Some(IbcTransferCallback {
                sender: MARKET.into(),
                receiver: self.env.contract.address.clone(),
                funds: vec![coin],
            }),
        }
    }

    /// Delivers a destination callback, the coin first; a refusal takes it back.
    pub(crate) fn arrive(
        &mut self,
        msg: IbcDestinationCallbackMsg,
    ) -> Result<IbcBasicResponse, ContractError> {
        let before = super::chain::copy(&self.deps.storage);
        let chain = self.chain.clone();
        if let Some(transfer) = &msg.transfer {
            if transfer.receiver == self.env.contract.address {
                self.receive_coins(&transfer.funds);
            }
        }
        let result = ibc::ibc_destination_callback(self.deps.as_mut(), self.env.clone(), msg);
        if result.is_err() {
            self.deps.storage = before;
            self.chain = chain;
            self.show_bank();
        }
        self.check();
        result
    }

    /// Sends the outpost a control packet of the market; returns its answer.
    pub(crate) fn tell(&mut self, body: ControlBody) -> ControlAck {
        let packet = ControlPacket { id: 1, body };
        self.tell_bytes(CONTROL, packet.encode().unwrap())
    }

    /// Sends the outpost any bytes over a channel; returns its answer.
    pub(crate) fn tell_bytes(&mut self, channel: &str, data: Binary) -> ControlAck {
        let packet = IbcPacket::new(
            data,
            endpoint("wasm.away1market", "channel-1"),
            endpoint("wasm.outpost", channel),
            1,
            self.env.block.time.plus_seconds(100).into(),
        );
        let msg = IbcPacketReceiveMsg::new(packet, self.who("relayer"));
        let response = ibc::ibc_packet_receive(self.deps.as_mut(), self.env.clone(), msg).unwrap();
        self.check();
        from_json(response.acknowledgement.unwrap()).unwrap()
    }

    /// Notifies the outpost of how an order stands.
    pub(crate) fn notify(&mut self, account: &str, status: DeploymentStatus) -> ControlAck {
        let account = self.who(account).into();
        let seq = status.seq;
        self.tell(ControlBody::Notice(Notice { account, seq, status }))
    }

    /// A settlement for an order.
    pub(crate) fn home(&self, owner: &str, seq: u64, kind: SettleKind) -> Settle {
        let account = self.who(owner).into();
        Settle { account, seq: Some(seq), kind, nonce: None, statement: None }
    }
}

/// The answer to a probe.
pub(crate) fn probed(nonce: u64) -> Settle {
    Settle {
        account: String::new(),
        seq: None,
        kind: SettleKind::Probe,
        nonce: Some(nonce),
        statement: None,
    }
}

/// The route's control channel as the handshake shows it.
pub(crate) fn control_channel(id: &str) -> IbcChannel {
    IbcChannel::new(
        endpoint("wasm.outpost", id),
        endpoint(&port_of(MARKET), "channel-1"),
        IbcOrder::Unordered,
        VERSION,
        CONNECTION,
    )
}

/// A status with one group.
pub(crate) fn status(seq: u64, revision: u64, group: GroupState) -> DeploymentStatus {
    let groups = vec![GroupStatus { state: group, provider: None, rate: None }];
    DeploymentStatus {
        seq,
        revision,
        state: DeploymentState::Open,
        at: 1_800_000_000,
        free: 100_u128.into(),
        rate: 1_u128.into(),
        runs_out_at: None,
        groups,
    }
}

/// The status of a closed deployment.
pub(crate) fn closed(seq: u64, revision: u64) -> DeploymentStatus {
    DeploymentStatus {
        state: DeploymentState::Closed,
        groups: Vec::new(),
        ..status(seq, revision, GroupState::Closed)
    }
}
