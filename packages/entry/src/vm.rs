//! The border to the VM: what it calls, and what it offers.
#![expect(unsafe_code, reason = "the border to the VM is made of pointers")]

mod offers;
mod region;

use std::fmt::Display;

use cosmwasm_std::{Deps, DepsMut, Env, MessageInfo, QuerierWrapper};
use protocol::json::Decode;
use serde::Serialize;

use crate::call;
use offers::{Addresses, Chain, Database, abort_on_panic};
use region::{give, take};

/// Takes a message that somebody sent.
///
/// # Safety
/// For the VM only: each pointer is a region that it had us allocate, and is handed over once.
pub unsafe fn sent<M: Decode, R: Serialize, E: Display>(
    contract: fn(DepsMut<'_>, Env, MessageInfo, M) -> Result<R, E>,
    env: u32,
    info: u32,
    msg: u32,
) -> u32 {
    abort_on_panic();
    // SAFETY: as above.
    let [env, info, msg] = [env, info, msg].map(|region| unsafe { take(region) });
    let mut storage = Database;
    let deps =
        DepsMut { storage: &mut storage, api: &Addresses, querier: QuerierWrapper::new(&Chain) };
    give(call::sent(contract, deps, &env, &info, &msg))
}

/// Takes something that the chain tells the contract.
///
/// # Safety
/// As for [`sent`].
pub unsafe fn told<M: Decode, R: Serialize, E: Display>(
    contract: fn(DepsMut<'_>, Env, M) -> Result<R, E>,
    env: u32,
    msg: u32,
) -> u32 {
    abort_on_panic();
    // SAFETY: as above.
    let [env, msg] = [env, msg].map(|region| unsafe { take(region) });
    let mut storage = Database;
    let deps =
        DepsMut { storage: &mut storage, api: &Addresses, querier: QuerierWrapper::new(&Chain) };
    give(call::told(contract, deps, &env, &msg))
}

/// Takes a question.
///
/// # Safety
/// As for [`sent`].
pub unsafe fn asked<M: Decode, R: Serialize, E: Display>(
    contract: fn(Deps<'_>, Env, M) -> Result<R, E>,
    env: u32,
    msg: u32,
) -> u32 {
    abort_on_panic();
    // SAFETY: as above.
    let [env, msg] = [env, msg].map(|region| unsafe { take(region) });
    let deps = Deps { storage: &Database, api: &Addresses, querier: QuerierWrapper::new(&Chain) };
    give(call::asked(contract, deps, &env, &msg))
}
