//! A chain: blocks, and a mempool that behaves like CometBFT's.

mod mempool;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use cosmos::wire::tx::{DecodedTx, decode};
use ferry::drive::decode::beginning;
use ferry::model::facts::{BlockFacts, BlockLimits, Event, Tip, TxFacts, Used};
use ferry::model::ids::{LaneId, Time};
use ibc_proto::google::protobuf::Any;
use ibc_proto::ibc::core::channel::v1::{MsgAcknowledgement, MsgRecvPacket, MsgTimeout};
use prost::Message as _;

use crate::channels::Channels;
use crate::core::{Context, Core, Effect, Failure, Mode};
use crate::light::{SimHeader, root};
use crate::plain::Plain;
use mempool::Pooled;
pub(crate) use mempool::{Checked, Evicted};

pub(crate) const PREFIX: &str = "sim";
/// Gas of storing the public key of an account that never signed.
const FIRST_KEY_GAS: u64 = 6_571;
/// What a block counts for the first transaction of a key beyond its later ones.
const FIRST_TX_GAS: u64 = 11_093;
/// A hundredth of a unit.
pub(crate) const BASE_PRICE: u128 = 10_000_000_000_000_000;
/// Gas of a transaction besides its messages.
const BASE_GAS: u64 = 60_000;
/// Gas of a client update with a new header that one validator signed.
pub(crate) const UPDATE_GAS: u64 = 83_000;
/// Gas of receiving a packet, unless the application takes more.
pub(crate) const RECV_GAS: u64 = 75_000;

/// The part of it that taking the fee costs: a simulation without a fee does not count it.
const FEE_GAS: u64 = 16_000;

/// A packet that the application sends in the next block.
pub(crate) type Send<C = Plain> = Box<dyn FnOnce(&mut Core<C>) -> Option<Event>>;

/// A chain with one validator.
#[derive(Debug)]
pub(crate) struct Chain<C = Plain> {
    pub(crate) id: String,
    pub(crate) revision: u64,
    pub(crate) is_strict: bool,
    pub(crate) block_gas: u64,
    /// What its blocks say of the limits of the next.
    pub(crate) told: Option<BlockLimits>,
    pub(crate) capacity: usize,
    /// The longest transaction that the mempool takes.
    pub(crate) max_tx_bytes: usize,
    pub(crate) height: u64,
    pub(crate) time: u64,
    /// The lanes of ours, to mark their transactions in facts.
    pub(crate) lanes: Vec<LaneId>,
    pub(crate) core: Core<C>,
    check: Core<C>,
    /// Height -> state after it; as many as the node keeps.
    pub(crate) history: BTreeMap<u64, Rc<Core<C>>>,
    pub(crate) headers: BTreeMap<u64, SimHeader>,
    pub(crate) blocks: BTreeMap<u64, BlockFacts>,
    mempool: VecDeque<Pooled>,
    /// What the proposers of the next blocks have and our node has not heard of.
    elsewhere: Vec<Pooled>,
    /// So many transactions stay in the mempool until the block of this height: others offer more than it holds, and pay
    /// more.
    flooded: Option<(usize, u64)>,
    /// When the mempool is checked again after the last block, if it was not yet.
    pub(crate) rechecks_at: Option<u64>,
    /// While it is checked again the mempool takes nothing, as `CometBFT`'s own; one of an application does.
    pub(crate) locks: bool,
    cache: BTreeSet<[u8; 32]>,
    /// Gas limit and use of everything that our lane paid for.
    pub(crate) paid: Vec<Used>,
    pub(crate) gas_limits: u64,
    /// The gas limit of each.
    pub(crate) limits: Vec<u64>,
    /// What every message takes more than usual.
    pub(crate) heavier: u64,
    /// What an update takes whose header its client does not know yet.
    pub(crate) update_gas: u64,
    /// What it paid in all.
    pub(crate) fees: u128,
    /// The channels here of packets of which a message of ours was paid for and found nothing to do.
    pub(crate) in_vain: BTreeSet<String>,
    /// Transactions of others that blocks included and that succeeded.
    pub(crate) others: u64,
    /// What the chain demands for gas, in units of 10⁻¹⁸.
    pub(crate) base_price: u128,
    /// The node does not say what the chain demands.
    pub(crate) hides_price: bool,
    /// The node serves no blocks up to this height any more.
    pub(crate) pruned: u64,
    /// Nobody has blocks up to this height, also where a scan asks for them.
    pub(crate) lacks: u64,
    /// How many blocks the node serves at most, to be read in order.
    pub(crate) serves: u64,
    /// How many blocks its archive keeps, to be asked for old ones.
    pub(crate) keeps: usize,
    /// Of how many heights the node keeps the state.
    pub(crate) states: usize,
}

pub(crate) fn gas_of(url: &str, effect: &Effect) -> u64 {
    match (url.rsplit('.').next().unwrap_or_default(), effect) {
        (_, Effect::Noop) => 20_000,
        (_, Effect::Heavy(gas)) => *gas,
        ("MsgRecvPacket", _) => RECV_GAS,
        ("MsgAcknowledgement", _) => 27_000,
        _ => 120_000,
    }
}

impl<C: Channels> Chain<C> {
    pub(crate) fn new(
        (id, revision): (&str, u64),
        lanes: Vec<LaneId>,
        time: u64,
        channels: C,
    ) -> Self {
        let mut chain = Self {
            id: id.to_owned(),
            revision,
            is_strict: false,
            block_gas: 20_000_000,
            told: None,
            capacity: 1_000,
            max_tx_bytes: 1 << 20,
            height: 0,
            time,
            lanes,
            core: Core::new(channels.clone()),
            check: Core::new(channels),
            history: BTreeMap::new(),
            headers: BTreeMap::new(),
            blocks: BTreeMap::new(),
            mempool: VecDeque::new(),
            elsewhere: Vec::new(),
            flooded: None,
            rechecks_at: None,
            locks: true,
            cache: BTreeSet::new(),
            paid: Vec::new(),
            gas_limits: 0,
            limits: Vec::new(),
            heavier: 0,
            update_gas: UPDATE_GAS,
            fees: 0,
            in_vain: BTreeSet::new(),
            others: 0,
            base_price: BASE_PRICE,
            hides_price: false,
            pruned: 0,
            lacks: 0,
            serves: u64::MAX,
            keeps: usize::MAX,
            states: 100,
        };
        chain.make_block(time, Vec::new());
        chain.make_block(time + 1_000_000_000, Vec::new());
        chain
    }

    /// The first lane of ours.
    pub(crate) fn lane(&self) -> &LaneId {
        &self.lanes[0]
    }

    pub(crate) fn tip(&self) -> Tip {
        self.blocks[&self.height].tip
    }

    pub(crate) fn context(&self, height: u64, time: u64) -> Context {
        Context {
            chain: self.id.clone(),
            revision: self.revision,
            height,
            time,
            is_strict: self.is_strict,
            mode: Mode::Check,
            base_price: self.base_price,
            update_gas: self.update_gas,
        }
    }

    /// `Simulate`: the gas, or the message that fails.
    pub(crate) fn simulate(&self, bytes: &[u8]) -> Result<u64, (usize, Failure)> {
        let tx = decode(bytes).expect("our own bytes decode");
        let at = Context { mode: Mode::Simulate, ..self.context(self.height, self.time) };
        let mut core = self.check.clone();
        // A simulation verifies no signature, but the sequence of whoever is to sign.
        let is_named = |lane: &&str| tx.msgs.iter().any(|message| names(&message.value, lane));
        let signer = self.lanes.iter().map(|lane| lane.address.as_str()).find(is_named);
        let pooled = signer.map(|signer| core.sequences.get(signer).copied().unwrap_or(0));
        if let Some(pooled) = pooled.filter(|pooled| *pooled != tx.sequence) {
            let log = format!("account sequence mismatch, expected {pooled}, got {}", tx.sequence);
            return Err((0, Failure { codespace: "sdk", code: 32, log }));
        }
        let skipped = if tx.fee.amount == 0 { FEE_GAS } else { 0 };
        let added = if tx.sequence == 0 { FIRST_KEY_GAS } else { 0 };
        let done = Self::run_all(&mut core, &at, &tx, &mut Vec::new());
        done.map(|(gas, _)| gas + added - skipped + self.heavier * tx.msgs.len() as u64)
    }

    fn run_all(
        core: &mut Core<C>,
        at: &Context,
        tx: &DecodedTx,
        events: &mut Vec<Event>,
    ) -> Result<(u64, Vec<usize>), (usize, Failure)> {
        let (mut gas, mut noops) = (BASE_GAS, Vec::new());
        for (index, message) in tx.msgs.iter().enumerate() {
            let effect = core.run(at, message, events).map_err(|failure| (index, failure))?;
            gas += gas_of(&message.type_url, &effect);
            if effect == Effect::Noop {
                noops.push(index);
            }
        }
        Ok((gas, noops))
    }

    /// Makes a block at `time`, with what the application sends in it, and checks the rest of the mempool again.
    pub(crate) fn make_block(&mut self, time: u64, sends: Vec<Send<C>>) {
        self.commit_block(time, sends);
        self.recheck();
    }

    /// Makes a block; until the mempool is checked again the node takes it to be empty.
    pub(crate) fn commit_block(&mut self, time: u64, sends: Vec<Send<C>>) {
        self.height += 1;
        self.time = time;
        let at = Context { mode: Mode::Deliver, ..self.context(self.height, time) };
        let mut txs = Vec::new();
        let mut room = self.block_gas;
        for pooled in std::mem::take(&mut self.elsewhere) {
            let next = self.core.sequences.get(&pooled.signer).copied().unwrap_or(0);
            let is_over = pooled.tx.timeout_height != 0 && self.height > pooled.tx.timeout_height;
            if pooled.tx.sequence > next && !is_over {
                self.elsewhere.push(pooled);
            } else {
                txs.extend(self.deliver(&at, &pooled));
            }
        }
        while let Some(pooled) = self.mempool.pop_front() {
            if pooled.tx.fee.gas_limit > room {
                self.mempool.push_front(pooled);
                break;
            }
            room -= pooled.tx.fee.gas_limit;
            txs.extend(self.deliver(&at, &pooled));
        }
        let events: Vec<Event> =
            sends.into_iter().filter_map(|send| send(&mut self.core)).collect();
        txs.push(TxFacts { ours: Vec::new(), events });
        self.core.channels.commit(&at);
        let header = SimHeader {
            chain: self.id.clone(),
            height: self.height,
            time,
            root: root(&self.id, self.height - 1),
        };
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&self.height.to_be_bytes());
        let tip = Tip { height: self.height, hash, time: Time(time) };
        self.headers.insert(self.height, header);
        self.blocks.insert(self.height, BlockFacts { tip, txs, limits: self.told });
        self.history.insert(self.height, Rc::new(self.core.clone()));
        while self.history.len() > self.states {
            self.history.pop_first();
        }
        while self.blocks.len() > self.keeps {
            self.blocks.pop_first();
        }
        self.pruned = self.pruned.max(self.height.saturating_sub(self.serves));
        self.check = self.core.clone();
    }

    fn deliver(&mut self, at: &Context, pooled: &Pooled) -> Option<TxFacts> {
        let mut core = self.core.clone();
        Self::ante(&mut core, at, pooled).ok()?;
        self.core = core.clone();
        let mut events = Vec::new();
        let ran = Self::run_all(&mut core, at, &pooled.tx, &mut events);
        let limit = pooled.tx.fee.gas_limit;
        let first = if pooled.tx.sequence == 0 { FIRST_TX_GAS } else { 0 };
        let grant = self.core.grant_gas(&pooled.tx, &pooled.signer);
        let beside = self.heavier * pooled.tx.msgs.len() as u64 + first + grant;
        let ran = ran.map(|(gas, noops)| (gas + beside, noops));
        let ran = match ran {
            Ok((gas, _)) if gas > limit => {
                let failure = Failure { codespace: "sdk", code: 11, log: "out of gas".to_owned() };
                Err((None, failure))
            }
            Ok(ran) => Ok(ran),
            Err((index, failure)) => Err((failure.names(index), failure)),
        };
        let mut used = Used {
            lane: LaneId { chain: self.id.as_str().into(), address: pooled.signer.as_str().into() },
            sequence: pooled.tx.sequence,
            hash: pooled.tx.hash,
            code: 0,
            codespace: String::new(),
            log: String::new(),
            failed_index: None,
            noops: Vec::new(),
            gas_used: limit,
        };
        match ran {
            Ok((gas, noops)) => {
                self.core = core;
                used.gas_used = gas;
                used.noops = noops;
            }
            Err((index, failure)) => {
                events.clear();
                used.code = failure.code;
                used.codespace = failure.codespace.to_owned();
                used.log = beginning(&failure.log);
                used.failed_index = index;
            }
        }
        let is_ours = self.lanes.contains(&used.lane);
        self.others += u64::from(!is_ours && used.code == 0);
        let ours: Vec<Used> = is_ours.then_some(used).into_iter().collect();
        for used in &ours {
            let noops = used.noops.iter().filter_map(|index| pooled.tx.msgs.get(*index));
            self.in_vain.extend(noops.filter_map(channel_here));
            self.paid.push(used.clone());
            self.gas_limits += limit;
            self.limits.push(limit);
            self.fees += pooled.tx.fee.amount;
        }
        Some(TxFacts { ours, events })
    }

    /// Goes on under another id: the node has no block of before. Gives the last height of before.
    pub(crate) fn begin_anew(&mut self, (id, revision): (&str, u64), time: u64) -> u64 {
        self.restart();
        self.elsewhere.clear();
        let halted = self.height;
        (self.id, self.revision) = (id.to_owned(), revision);
        self.lanes.iter_mut().for_each(|lane| lane.chain = id.into());
        (self.pruned, self.lacks) = (halted, halted);
        self.make_block(time, Vec::new());
        halted
    }
}

/// The channel on the chain that a packet's message goes to.
fn channel_here(message: &Any) -> Option<String> {
    match message.type_url.rsplit('.').next()? {
        "MsgRecvPacket" => {
            Some(MsgRecvPacket::decode(&*message.value).ok()?.packet?.destination_channel)
        }
        "MsgAcknowledgement" => {
            Some(MsgAcknowledgement::decode(&*message.value).ok()?.packet?.source_channel)
        }
        "MsgTimeout" => Some(MsgTimeout::decode(&*message.value).ok()?.packet?.source_channel),
        _ => None,
    }
}

/// Whether a message has a text in it, such as its signer.
fn names(message: &[u8], text: &str) -> bool {
    message.windows(text.len()).any(|window| window == text.as_bytes())
}
