//! What ibc-hooks does with transfers that a relayer brings.

use cosmwasm_std::{Addr, Binary, Event, IbcPacket, WasmMsg};

use super::Chain;
use crate::error::{Error, Result};
use crate::ibc::callbacks::error_ack;
use crate::ibc::hooks::{self, Call};
use crate::ibc::ics20::{self, PacketData};

impl Chain {
    /// Gives the chain the middleware ibc-hooks.
    ///
    /// # Errors
    /// Only if the store cannot be written.
    pub fn install_hooks(&mut self) -> Result<()> {
        self.step(|_, storage| Ok(hooks::INSTALLED.save(storage, &true)?))
    }

    /// The acknowledgement of a transfer whose memo has a contract called. None if it has not.
    pub(super) fn receive_hooked(&mut self, packet: &IbcPacket) -> Option<Binary> {
        if !hooks::are_installed(self.storage()).unwrap_or_default() {
            return None;
        }
        let data = PacketData::parse(packet).ok()?;
        let call = match self.with_host(|host, _| hooks::requested(host, &data)) {
            Ok(None) => return None,
            Ok(Some(call)) => self.execute_hooked(packet, &data.sender, call),
            Err(error) => Err(error),
        };
        Some(call.unwrap_or_else(|error| {
            self.events.push(hooks::refused(&error.to_string()));
            error_ack("ABCI code: 6")
        }))
    }

    /// Credits the account derived from the sender and has it execute the contract: both or neither.
    fn execute_hooked(&mut self, packet: &IbcPacket, sender: &str, call: Call) -> Result<Binary> {
        let Call { contract, msg } = call;
        self.atomically(|chain| {
            let response = chain.step(|host, storage| {
                let account = hooks::intermediary(host, &packet.dest.channel_id, sender)?;
                let arrival = ics20::receive_for(host, storage, packet, account)?;
                let funds = vec![arrival.coin];
                let execute = WasmMsg::Execute { contract_addr: contract.into(), msg, funds };
                Ok(host.execute(storage, &arrival.receiver, execute)?)
            })?;
            chain.events.extend(response.events);
            hooks::success_ack(response.data)
        })
    }

    /// Tells the contract that waits for it how a packet was acknowledged. Its error is the
    /// message's, so that the acknowledgement stays out.
    pub(super) fn tell_acknowledged(&mut self, packet: &IbcPacket, ack: &Binary) -> Result<()> {
        let Some(contract) = hooks::remembered(self.storage(), packet)? else { return Ok(()) };
        let told = hooks::acknowledged(packet, ack);
        let response = self.step(|host, storage| {
            let response = host.sudo(storage, &Addr::unchecked(contract), &told)?;
            hooks::forget(storage, packet);
            Ok(response)
        })?;
        self.events.extend(response.events);
        Ok(())
    }

    /// Tells the contract that waits for it that a packet timed out. Its error is an event.
    pub(super) fn tell_timed_out(&mut self, packet: &IbcPacket) -> Result<()> {
        let Some(contract) = hooks::remembered(self.storage(), packet)? else { return Ok(()) };
        let told = hooks::timed_out(packet);
        let contract = Addr::unchecked(contract);
        match self.step(|host, storage| Ok(host.sudo(storage, &contract, &told)?)) {
            Ok(response) => self.events.extend(response.events),
            Err(error) => self.events.push(timeout_error(&error)),
        }
        self.step(|_, storage| {
            hooks::forget(storage, packet);
            Ok(())
        })
    }
}

fn timeout_error(error: &Error) -> Event {
    Event::new("ibc-timeout-callback-error").add_attribute("error", error.to_string())
}
