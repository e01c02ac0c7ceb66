//! The table: what was measured, what it should be, and what another market takes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use cosmos::chain::TxOutcome;

use super::stage::Code;

/// The most that the last column may be of the first, in percent.
const FLAT_PERCENT: u64 = 110;
/// What surrounds the table in a document.
const MARKS: [&str; 2] = ["<!-- bench gas: begin -->", "<!-- bench gas: end -->"];

/// A message, or a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// `register_provider`.
    Register,
    /// `update_provider`.
    UpdateProvider,
    /// `deregister_provider`.
    DeregisterProvider,
    /// `post_offer`.
    PostOffer,
    /// `cancel_offer`.
    CancelOffer,
    /// `open`, one group, an order.
    OpenOrder,
    /// `open`, one group, leased at once.
    OpenByOffer,
    /// `bid`.
    Bid,
    /// `withdraw_bid`.
    WithdrawBid,
    /// `act` with `accept_bid`.
    Accept,
    /// `heartbeat` of no lease, which does nothing: what any message takes.
    NoHeartbeat,
    /// `heartbeat` that makes a lease active.
    FirstHeartbeat,
    /// `heartbeat` of an active lease.
    Heartbeat,
    /// `heartbeat` of fifty leases of fifty deployments.
    Heartbeat50,
    /// `withdraw`.
    Withdraw,
    /// `top_up`.
    TopUp,
    /// `act` with `withdraw_surplus`.
    Surplus,
    /// `close_lease` by the provider.
    CloseLease,
    /// `act` with `close_deployment` by a tenant here, one lease.
    CloseLocal,
    /// The same for a tenant elsewhere: the rest travels home.
    CloseRemote,
    /// The acknowledgement of a transfer home, callback included.
    SettleAcked,
    /// `claim`.
    Claim,
    /// `report_silent`.
    ReportSilent,
    /// A purchase by packet, an order.
    BuyOrder,
    /// A purchase by packet, leased at once.
    BuyByOffer,
    /// A purchase by packet at every limit.
    BuyLargest,
    /// A top-up by packet.
    TopUpByPacket,
    /// A close by packet, with the transfer home.
    CloseByPacket,
}

/// What is known of a row before it is measured.
struct Spec {
    name: &'static str,
    /// The most it should take unpinned.
    target: Option<u64>,
    /// What the nearest message of Akash's native module takes, least and most.
    akash: Option<(&'static str, u64, u64)>,
}

impl Row {
    const ALL: [Self; 28] = [
        Self::Register,
        Self::UpdateProvider,
        Self::DeregisterProvider,
        Self::PostOffer,
        Self::CancelOffer,
        Self::OpenOrder,
        Self::OpenByOffer,
        Self::Bid,
        Self::WithdrawBid,
        Self::Accept,
        Self::NoHeartbeat,
        Self::FirstHeartbeat,
        Self::Heartbeat,
        Self::Heartbeat50,
        Self::Withdraw,
        Self::TopUp,
        Self::Surplus,
        Self::CloseLease,
        Self::CloseLocal,
        Self::CloseRemote,
        Self::SettleAcked,
        Self::Claim,
        Self::ReportSilent,
        Self::BuyOrder,
        Self::BuyByOffer,
        Self::BuyLargest,
        Self::TopUpByPacket,
        Self::CloseByPacket,
    ];

    const fn spec(self) -> Spec {
        let (name, target, akash) = match self {
            Self::Register => ("`register_provider`", None, None),
            Self::UpdateProvider => ("`update_provider`", None, None),
            Self::DeregisterProvider => ("`deregister_provider`", None, None),
            Self::PostOffer => ("`post_offer`", None, None),
            Self::CancelOffer => ("`cancel_offer`", None, None),
            Self::OpenOrder => ("`open`, an order", Some(320_000), None),
            Self::OpenByOffer => ("`open`, leased by an offer", Some(320_000), None),
            Self::Bid => ("`bid`", Some(215_000), Some(("CreateBid", 131_000, 162_000))),
            Self::WithdrawBid => ("`withdraw_bid`", None, None),
            Self::Accept => {
                ("`accept_bid`", Some(220_000), Some(("CreateLease", 200_000, 200_000)))
            }
            Self::NoHeartbeat => ("`heartbeat`, no lease: does nothing", None, None),
            Self::FirstHeartbeat => ("`heartbeat`, the first", Some(125_000), None),
            Self::Heartbeat => ("`heartbeat`, 1 lease", Some(125_000), None),
            Self::Heartbeat50 => ("`heartbeat`, 50 deployments", Some(125_000 + 49 * 15_000), None),
            Self::Withdraw => ("`withdraw`", Some(180_000), Some(("Withdraw", 184_000, 184_000))),
            Self::TopUp => ("`top_up`", None, None),
            Self::Surplus => ("`withdraw_surplus`", None, None),
            Self::CloseLease => {
                ("`close_lease`", Some(215_000), Some(("CloseBid", 146_000, 146_000)))
            }
            Self::CloseLocal => ("`close_deployment`, local", Some(215_000), None),
            Self::CloseRemote => ("`close_deployment`, sent home", Some(340_000), None),
            Self::SettleAcked => ("acknowledgement of it", None, None),
            Self::Claim => ("`claim`", None, None),
            Self::ReportSilent => ("`report_silent`", None, None),
            Self::BuyOrder => ("purchase callback, an order", Some(280_000), None),
            Self::BuyByOffer => ("purchase callback, leased by an offer", Some(280_000), None),
            Self::BuyLargest => ("purchase callback at every limit", Some(600_000), None),
            Self::TopUpByPacket => ("top-up callback", None, None),
            Self::CloseByPacket => ("close callback, sent home", None, None),
        };
        Spec { name, target, akash }
    }
}

/// What was measured on one market run by one code.
#[derive(Clone, Debug)]
pub struct Tape {
    size: u32,
    pub(super) code: Code,
    gas: BTreeMap<Row, u64>,
}

impl Tape {
    pub(super) const fn new(size: u32, code: Code) -> Self {
        Self { size, code, gas: BTreeMap::new() }
    }

    /// Notes what a transaction has used.
    pub(super) fn note(&mut self, row: Row, outcome: &TxOutcome) {
        self.set(row, outcome.gas_used);
    }

    pub(super) fn set(&mut self, row: Row, gas: u64) {
        self.gas.insert(row, gas);
    }
}

/// Everything that was measured.
#[derive(Clone, Debug)]
pub struct Table {
    sizes: Vec<u32>,
    gas: BTreeMap<(Row, Code, u32), u64>,
}

impl Table {
    pub(super) const fn new(sizes: Vec<u32>) -> Self {
        Self { sizes, gas: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, tape: Tape) {
        let Tape { size, code, gas } = tape;
        self.gas.extend(gas.into_iter().map(|(row, gas)| ((row, code, size), gas)));
    }

    /// Columns by code and size; in thousands of gas.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = String::from("| thousands of gas |");
        for code in Code::BOTH {
            for size in &self.sizes {
                let _ = write!(text, " {} {} |", word(code), grouped(u64::from(*size)));
            }
            text.push_str(match code {
                Code::Unpinned => " target |",
                Code::Pinned => " Akash, native |\n",
            });
        }
        text.push_str(&"|---".repeat(self.sizes.len() * 2 + 3));
        text.push_str("|\n");
        for row in Row::ALL {
            self.write_row(row, &mut text);
        }
        text
    }

    fn write_row(&self, row: Row, text: &mut String) {
        let spec = row.spec();
        let _ = write!(text, "| {} |", spec.name);
        for code in Code::BOTH {
            for size in &self.sizes {
                match self.gas.get(&(row, code, *size)) {
                    Some(gas) => drop(write!(text, " {} |", thousands(*gas))),
                    None => text.push_str(" |"),
                }
            }
            let beside = match code {
                Code::Unpinned => spec.target.map(|target| format!("≤ {}", thousands(target))),
                Code::Pinned => spec.akash.map(|(name, least, most)| match least == most {
                    true => format!("{name} {}", thousands(least)),
                    false => format!("{name} {} to {}", thousands(least), thousands(most)),
                }),
            };
            let _ = write!(text, " {} |", beside.unwrap_or_default());
        }
        text.push('\n');
    }

    /// What is over its target, not below Akash's, or not flat, and by how much.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for row in Row::ALL {
            let spec = row.spec();
            for code in Code::BOTH {
                let measured =
                    self.sizes.iter().filter_map(|size| self.gas.get(&(row, code, *size)));
                let measured: Vec<u64> = measured.copied().collect();
                let (Some(first), Some(last)) = (measured.first(), measured.last()) else {
                    continue;
                };
                let most = measured.iter().max().copied().unwrap_or_default();
                let (bound, of) = match code {
                    Code::Unpinned => (spec.target, "its target"),
                    Code::Pinned => (spec.akash.map(|(_, least, _)| least), "Akash's least"),
                };
                if let Some(bound) = bound.filter(|bound| most > *bound) {
                    let by = thousands(most - bound);
                    faults.push(format!("{}, {}: {by} above {of}", spec.name, word(code)));
                }
                if last * 100 > first * FLAT_PERCENT {
                    let percent = (last * 100).div_ceil(*first) - 100;
                    faults.push(format!("{}, {}: grows by {percent} %", spec.name, word(code)));
                }
            }
        }
        faults
    }

    /// Whether every row meets its target and stays flat.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.faults().is_empty()
    }

    /// What is not good, a line each.
    #[must_use]
    pub fn verdict(&self) -> String {
        match self.faults().as_slice() {
            [] => "Every row meets its target and stays flat.".to_owned(),
            faults => format!("Short of the aim:\n\n* {}", faults.join("\n* ")),
        }
    }

    /// Replaces the table in a document.
    ///
    /// # Errors
    /// The document cannot be read or written, or has no place for a table.
    pub fn replace_in(&self, document: &Path) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(document)
            .with_context(|| format!("cannot read {}", document.display()))?;
        let [begin, end] = MARKS;
        let around = text
            .split_once(begin)
            .and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
        let (before, after) =
            around.with_context(|| format!("{} has no `{begin}`", document.display()))?;
        let (table, verdict) = (self.markdown(), self.verdict());
        let text = format!("{before}{begin}\n\n{table}\n{verdict}\n\n{end}{after}");
        Ok(std::fs::write(document, text)?)
    }
}

const fn word(code: Code) -> &'static str {
    match code {
        Code::Unpinned => "unpinned",
        Code::Pinned => "pinned",
    }
}

/// Gas in thousands with one digit after the point.
fn thousands(gas: u64) -> String {
    format!("{}.{}", gas / 1_000, gas % 1_000 / 100)
}

fn grouped(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", number / 1_000, number % 1_000),
    }
}
