//! The contracts' side of the chain's virtual machine: entry points, storage, addresses, queries.
//!
//! `cosmwasm_std` brings all of it too, but its entry points decode with serde: 70 KiB of the
//! 800 KiB that a chain takes. Here everything that comes in is decoded by [`protocol::json`].
//! What goes out, the names and the memory layout are those of the VM's interface version 8.
//!
//! [`export!`] makes the entry points of a contract. What they do with bytes is in [`call`], for
//! every target; how bytes cross the border is in `vm`, for wasm only, and so is all code here
//! that the compiler cannot check.

pub mod ask;
pub mod call;
#[cfg(any(test, target_arch = "wasm32"))]
mod sections;
#[cfg(target_arch = "wasm32")]
pub mod vm;

/// Exports entry points: first those that get a [`cosmwasm_std::MessageInfo`], then the others that
/// may change the state, then those that only read.
///
/// ```ignore
/// entry::export! {
///     sent: execute = contract::execute;
///     told: reply = contract::reply;
///     asked: query = contract::query;
/// }
/// ```
#[macro_export]
macro_rules! export {
    (
        sent: $($sent:ident = $on_sent:path),*;
        told: $($told:ident = $on_told:path),*;
        asked: $($asked:ident = $on_asked:path),*;
    ) => {
        #[cfg(target_arch = "wasm32")]
        #[expect(unsafe_code, reason = "the names are the chain's, and nobody else's")]
        const _: () = {
            $(
                #[unsafe(no_mangle)]
                extern "C" fn $sent(env: u32, info: u32, msg: u32) -> u32 {
                    // SAFETY: called by the VM only, with regions of its own.
                    unsafe { $crate::vm::sent($on_sent, env, info, msg) }
                }
            )*
            $(
                #[unsafe(no_mangle)]
                extern "C" fn $told(env: u32, msg: u32) -> u32 {
                    // SAFETY: as above.
                    unsafe { $crate::vm::told($on_told, env, msg) }
                }
            )*
            $(
                #[unsafe(no_mangle)]
                extern "C" fn $asked(env: u32, msg: u32) -> u32 {
                    // SAFETY: as above.
                    unsafe { $crate::vm::asked($on_asked, env, msg) }
                }
            )*
        };
    };
}
