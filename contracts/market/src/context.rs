//! What every action works with: the chain, the caller, and what goes out.

use cosmwasm_std::{
    Addr, BankMsg, Binary, Coin, Deps, DepsMut, Env, Event, IbcBasicResponse, Response, Storage,
    SubMsg, Uint256,
};
use escrow::Seconds;

use crate::error::ContractError;
use crate::overlay::Overlay;

/// One call. Coins leave only through it, so no message can be forgotten.
pub(crate) struct Context<'a> {
    deps: DepsMut<'a>,
    /// The chain and this contract.
    pub(crate) env: Env,
    caller: Option<Addr>,
    out: Outgoing,
}

/// What a call says.
#[derive(Default)]
struct Outgoing {
    messages: Vec<SubMsg>,
    events: Vec<Event>,
    data: Option<Binary>,
}

impl<'a> Context<'a> {
    /// A call by somebody on this chain.
    pub(crate) fn called_by(deps: DepsMut<'a>, env: Env, caller: Addr) -> Self {
        Self { deps, env, caller: Some(caller), out: Outgoing::default() }
    }

    /// A call by the chain itself: a callback, a packet, a reply.
    pub(crate) fn of_chain(deps: DepsMut<'a>, env: Env) -> Self {
        Self { deps, env, caller: None, out: Outgoing::default() }
    }

    /// Block time.
    pub(crate) fn now(&self) -> Seconds {
        Seconds::new(self.env.block.time.seconds())
    }

    /// The address of whoever called; empty for the chain itself, which nobody's address is.
    pub(crate) fn caller(&self) -> &str {
        self.caller.as_ref().map_or("", Addr::as_str)
    }

    /// Goes on in the name of somebody whose tokens the caller brought.
    pub(crate) fn act_for(&mut self, sender: Addr) {
        self.caller = Some(sender);
    }

    /// The storage, to be written.
    pub(crate) fn storage(&mut self) -> &mut dyn Storage {
        self.deps.storage
    }

    /// The storage, to be read.
    pub(crate) fn state(&self) -> &dyn Storage {
        self.deps.storage
    }

    /// Everything that can be read.
    pub(crate) fn reading(&self) -> Deps<'_> {
        self.deps.as_ref()
    }

    /// Checks an address of this chain.
    ///
    /// # Errors
    /// [`ContractError::BadAddress`] if it is none.
    pub(crate) fn checked(&self, address: &str) -> Result<Addr, ContractError> {
        self.deps.api.addr_validate(address).map_err(|error| ContractError::BadAddress {
            address: address.into(),
            reason: error.to_string(),
        })
    }

    /// Records a transition.
    pub(crate) fn emit(&mut self, event: Event) {
        self.out.events.push(event);
    }

    /// Sends a message whose reply we handle.
    pub(crate) fn send(&mut self, message: SubMsg) {
        self.out.messages.push(message);
    }

    /// Sends coins to an address of this chain. Only [`crate::ledger`] calls it.
    pub(crate) fn send_coins(&mut self, to: &str, denom: &str, amount: Uint256) {
        let amount = vec![Coin { denom: denom.into(), amount }];
        self.send(SubMsg::new(BankMsg::Send { to_address: to.into(), amount }));
    }

    /// Sets the response data.
    pub(crate) fn answer(&mut self, data: Binary) {
        self.out.data = Some(data);
    }

    /// Runs `action` as a whole or not at all: if it fails, nothing it did remains, and the error
    /// is the caller's to judge.
    ///
    /// # Errors
    /// Those of `action`.
    pub(crate) fn attempt<T>(
        &mut self,
        action: impl FnOnce(&mut Context<'_>) -> Result<T, ContractError>,
    ) -> Result<T, ContractError> {
        let mut overlay = Overlay::new(self.deps.storage);
        let mut inner = Context {
            deps: DepsMut { storage: &mut overlay, api: self.deps.api, querier: self.deps.querier },
            env: self.env.clone(),
            caller: self.caller.clone(),
            out: Outgoing::default(),
        };
        let value = action(&mut inner)?;
        let out = inner.out;
        overlay.into_changes().apply(self.deps.storage);
        self.out.messages.extend(out.messages);
        self.out.events.extend(out.events);
        self.out.data = out.data.or_else(|| self.out.data.take());
        Ok(value)
    }

    /// The response of an execute message or a reply.
    pub(crate) fn into_response(self) -> Response {
        let mut response =
            Response::new().add_submessages(self.out.messages).add_events(self.out.events);
        response.data = self.out.data;
        response
    }

    /// The response of an IBC entry point.
    pub(crate) fn into_ibc_response(self) -> IbcBasicResponse {
        IbcBasicResponse::new().add_submessages(self.out.messages).add_events(self.out.events)
    }
}
