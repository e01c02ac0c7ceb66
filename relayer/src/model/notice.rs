//! What the operator should be told.

use super::ids::{Address, ChainId, ClientId, LaneId, PathId};
use super::lane::QUIET_BLOCKS;
use super::purse::Payer;

/// Something the operator should be told; the driver logs it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Notice {
    /// Somebody else signs with a lane's key.
    #[error("lane `{}` on `{}` is paused: a transaction that is not ours used its sequence {sequence}; it goes on {QUIET_BLOCKS} blocks after the last such transaction; give the other user of this key another one", lane.address, lane.chain)]
    ForeignTx {
        /// The lane.
        lane: LaneId,
        /// The sequence.
        sequence: u64,
    },
    /// A key cannot pay a transaction; what it has signed stays in its lane, its clients go to other keys, and if there is
    /// none, it signs what it has enough money for.
    #[error("lane `{}` on `{}` is short of money: {reason}; send it some of the fee denom", lane.address, lane.chain)]
    LaneEmpty {
        /// The lane.
        lane: LaneId,
        /// The chain's explanation.
        reason: String,
    },
    /// Who pays fees from now on, where others grant them.
    #[error("fees of `{}` on `{}` are paid by {payer}", lane.address, lane.chain)]
    Payer {
        /// The lane.
        lane: LaneId,
        /// Who pays.
        payer: Payer,
        /// Granters that come before and do not pay, and why.
        passed: Vec<(Address, String)>,
    },
    /// It cannot be found out who pays; nothing is signed meanwhile.
    #[error("it is not known who pays the fees of `{}` on `{}`: {reason}", lane.address, lane.chain)]
    NoFunds {
        /// The lane.
        lane: LaneId,
        /// What failed.
        reason: String,
    },
    /// What paused a lane is over: nobody else signs with its key, or it has money again.
    #[error("lane `{}` on `{}` goes on", lane.address, lane.chain)]
    LaneResumed {
        /// The lane.
        lane: LaneId,
    },
    /// A paid transaction failed.
    #[error("transaction at sequence {sequence} of `{address}` failed at height {height}: {log}")]
    TxFailed {
        /// The account.
        address: Address,
        /// Its sequence.
        sequence: u64,
        /// The block.
        height: u64,
        /// The chain's explanation.
        log: String,
    },
    /// Validators of a chain signed two headers.
    #[error(
        "client `{client}` on `{chain}` was given header {height} that `{of}` did not make, path `{path}`: its validators signed two; {proof}"
    )]
    Misbehaviour {
        /// The path.
        path: PathId,
        /// The chain that the client is on.
        chain: ChainId,
        /// The client.
        client: ClientId,
        /// The chain that it follows.
        of: ChainId,
        /// The header's height.
        height: u64,
        /// What is done about it.
        proof: String,
    },
    /// A client cannot be used; nothing is relayed to it.
    #[error("client `{client}` on `{chain}` refuses updates, path `{path}` is parked: {log}")]
    ClientUnusable {
        /// The path.
        path: PathId,
        /// The chain.
        chain: ChainId,
        /// The client.
        client: ClientId,
        /// The chain's explanation.
        log: String,
    },
    /// A chain turns our transactions away, whatever is in them.
    #[error(
        "`{chain}` refuses the transactions of `{address}`: {log}; check its funds and the gas price"
    )]
    Refused {
        /// The chain.
        chain: ChainId,
        /// The account.
        address: Address,
        /// The error, as its module counts them.
        code: u32,
        /// The chain's explanation.
        log: String,
    },
    /// A chain does not say what gas costs, again and again; what it said last is paid, and nothing is
    /// sent before it has said anything.
    #[error(
        "`{chain}` does not say what gas costs: {reason}; check `module` of its `dynamic_gas_price`"
    )]
    NoGasPrice {
        /// The chain.
        chain: ChainId,
        /// What failed last.
        reason: String,
    },
    /// A client is about to expire, or was told of a header that its chain did not make: its update goes at more than
    /// is paid for anything else.
    #[error(
        "the client update on path `{path}` cannot wait and goes at {price} for gas, `max` of `dynamic_gas_price` is {max}"
    )]
    DearUpdate {
        /// The path.
        path: PathId,
        /// What is paid.
        price: String,
        /// What is paid for what can wait.
        max: String,
    },
    /// A chain demands more than is paid for anything.
    #[error(
        "gas on `{chain}` costs {price}, more than `max_urgent` of its `dynamic_gas_price`, {max}: nothing is sent, and clients that grow old expire"
    )]
    AbsurdGasPrice {
        /// The chain.
        chain: ChainId,
        /// What would be paid.
        price: String,
        /// The most that is.
        max: String,
    },
    /// A message failed; it will be tried again.
    #[error("{work} failed, try {tries}: {reason}")]
    Failing {
        /// What was to be done.
        work: String,
        /// How often it was tried.
        tries: u16,
        /// Why it failed.
        reason: String,
    },
    /// A message was given up.
    #[error("{work} is given up after {tries} tries: {reason}")]
    GivenUp {
        /// What was to be done.
        work: String,
        /// How often it was tried.
        tries: u16,
        /// Why it failed last.
        reason: String,
    },
    /// Blocks could not be read; what they did is found by scans.
    #[error(
        "the nodes of `{chain}` have no blocks {from} to {to} any more: what they did is found by a scan of the chain's state"
    )]
    Gap {
        /// The chain.
        chain: ChainId,
        /// The first block.
        from: u64,
        /// The last block.
        to: u64,
    },
    /// A chain has changed how much a block may hold.
    #[error("blocks of `{chain}` hold {bytes} bytes and {} from now on", gas.map_or_else(|| "any gas".to_owned(), |gas| format!("{gas} gas")))]
    BlockLimits {
        /// The chain.
        chain: ChainId,
        /// The most gas; `None` when it is not limited.
        gas: Option<u64>,
        /// The most bytes.
        bytes: u64,
    },
    /// A scan found packets that no block that was read had told of.
    #[error("a scan of {from} found {count} packets that were not known")]
    Found {
        /// The end that sent them, with its chain.
        from: String,
        /// How many there are.
        count: usize,
    },
    /// A packet is pending that cannot be moved, since its data cannot be had.
    #[error(
        "{packet} is pending and cannot be moved: {reason}; put an endpoint that keeps all blocks into `archive_rpc`, then `ferry clear`"
    )]
    Lost {
        /// The packet.
        packet: String,
        /// Why its data cannot be had.
        reason: String,
    },
    /// An ask failed; it will be asked again.
    #[error("path `{path}` waits: {reason}")]
    Delayed {
        /// The path.
        path: PathId,
        /// What failed.
        reason: String,
    },
}
