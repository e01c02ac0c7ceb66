//! What the VM offers to a contract. Each call lends it bytes, and takes over what comes back.

use cosmwasm_std::{
    Addr, Api, CanonicalAddr, Order, Querier, QuerierResult, Record, RecoverPubkeyError, StdError,
    StdResult, Storage, SystemError, SystemResult, VerificationError,
};
use protocol::json::from_slice;

use super::region::{Lent, take};
use crate::sections;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn abort(message: &Lent<'_>);
    fn db_read(key: &Lent<'_>) -> u32;
    fn db_write(key: &Lent<'_>, value: &Lent<'_>);
    fn db_remove(key: &Lent<'_>);
    fn db_scan(start: Option<&Lent<'_>>, end: Option<&Lent<'_>>, order: i32) -> u32;
    fn db_next(iterator: u32) -> u32;
    fn db_next_key(iterator: u32) -> u32;
    fn addr_validate(address: &Lent<'_>) -> u32;
    fn debug(message: &Lent<'_>);
    fn query_chain(request: &Lent<'_>) -> u32;
}

/// The most bytes that the VM reads as an address: `MAX_LENGTH_HUMAN_ADDRESS`.
const ADDRESS_BYTES: usize = 256;

/// Ends the call with the message of a panic.
pub(super) fn abort_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        // SAFETY: the bytes live until the call returns.
        unsafe { abort(&Lent::new(panic.to_string().as_bytes())) };
    }));
}

/// Takes over bytes, unless the VM gives none.
///
/// # Safety
/// `region` comes from a call of the VM, and is handed over once.
unsafe fn take_some(region: u32) -> Option<Vec<u8>> {
    // SAFETY: as above.
    (region != 0).then(|| unsafe { take(region) })
}

/// The contract's state.
pub(super) struct Database;

impl Storage for Database {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        // SAFETY: the key lives until the call returns; the value is ours from then on.
        unsafe { take_some(db_read(&Lent::new(key))) }
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        // SAFETY: both live until the call returns.
        unsafe { db_write(&Lent::new(key), &Lent::new(value)) }
    }

    fn remove(&mut self, key: &[u8]) {
        // SAFETY: the key lives until the call returns.
        unsafe { db_remove(&Lent::new(key)) }
    }

    fn range<'a>(
        &'a self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = Record> + 'a> {
        let iterator = scan(start, end, order);
        Box::new(std::iter::from_fn(move || {
            // SAFETY: the bytes are ours; at the end they are those of an empty key.
            sections::record(unsafe { take(db_next(iterator)) })
        }))
    }

    fn range_keys<'a>(
        &'a self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = Vec<u8>> + 'a> {
        let iterator = scan(start, end, order);
        // SAFETY: the bytes are ours.
        Box::new(std::iter::from_fn(move || unsafe { take_some(db_next_key(iterator)) }))
    }
}

fn scan(start: Option<&[u8]>, end: Option<&[u8]>, order: Order) -> u32 {
    let (start, end) = (start.map(Lent::new), end.map(Lent::new));
    // SAFETY: both ends live until the call returns.
    unsafe { db_scan(start.as_ref(), end.as_ref(), order.into()) }
}

/// The chain's addresses. Of the rest of [`Api`] the contracts use nothing.
pub(super) struct Addresses;

impl Api for Addresses {
    fn addr_validate(&self, human: &str) -> StdResult<Addr> {
        // More would end the call instead of being refused.
        if human.len() > ADDRESS_BYTES {
            return Err(StdError::msg("the address is too long"));
        }
        // SAFETY: the address lives until the call returns; the error's text is ours.
        match unsafe { take_some(addr_validate(&Lent::new(human.as_bytes()))) } {
            None => Ok(Addr::unchecked(human)),
            Some(error) => Err(StdError::msg(String::from_utf8_lossy(&error))),
        }
    }

    fn addr_canonicalize(&self, _human: &str) -> StdResult<CanonicalAddr> {
        Err(unused())
    }

    fn addr_humanize(&self, _canonical: &CanonicalAddr) -> StdResult<Addr> {
        Err(unused())
    }

    fn secp256k1_verify(&self, _: &[u8], _: &[u8], _: &[u8]) -> Result<bool, VerificationError> {
        Err(VerificationError::GenericErr)
    }

    fn secp256k1_recover_pubkey(
        &self,
        _: &[u8],
        _: &[u8],
        _: u8,
    ) -> Result<Vec<u8>, RecoverPubkeyError> {
        Err(RecoverPubkeyError::InvalidRecoveryParam)
    }

    fn ed25519_verify(&self, _: &[u8], _: &[u8], _: &[u8]) -> Result<bool, VerificationError> {
        Err(VerificationError::GenericErr)
    }

    fn ed25519_batch_verify(
        &self,
        _: &[&[u8]],
        _: &[&[u8]],
        _: &[&[u8]],
    ) -> Result<bool, VerificationError> {
        Err(VerificationError::GenericErr)
    }

    fn debug(&self, message: &str) {
        // SAFETY: the message lives until the call returns.
        unsafe { debug(&Lent::new(message.as_bytes())) }
    }
}

fn unused() -> StdError {
    StdError::msg("the contracts do not use this")
}

/// The other modules of the chain.
pub(super) struct Chain;

impl Querier for Chain {
    fn raw_query(&self, request: &[u8]) -> QuerierResult {
        // SAFETY: the request lives until the call returns; the answer is ours.
        let answer = unsafe { take(query_chain(&Lent::new(request))) };
        from_slice(&answer).unwrap_or_else(|error| {
            SystemResult::Err(SystemError::InvalidResponse {
                error: error.to_string(),
                response: answer.into(),
            })
        })
    }
}
