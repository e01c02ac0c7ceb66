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

/// What is known of a row before it is measured.
struct Spec {
    name: &'static str,
    /// The most it should take unpinned.
    target: Option<u64>,
    /// What the nearest message of Akash's native module takes, least and most.
    akash: Option<Akash>,
}

type Akash = (&'static str, u64, u64);

/// The rows in the order of the table: the first name in backticks is the message that it is about.
macro_rules! rows {
    ($($row:ident = $name:literal $(, at_most $target:expr)? $(, akash $akash:expr)?;)*) => {
        /// A message, or what a packet does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Row {
            $(#[doc = $name] $row,)*
        }

        impl Row {
            const ALL: &[Self] = &[$(Self::$row),*];

            const fn spec(self) -> Spec {
                match self {
                    $(Self::$row => Spec {
                        name: $name,
                        target: rows!(@ $($target)?),
                        akash: rows!(@ $($akash)?),
                    },)*
                }
            }
        }
    };
    (@) => { None };
    (@ $known:expr) => { Some($known) };
}

rows! {
    Register = "`register_provider`";
    UpdateProvider = "`update_provider`";
    DeregisterProvider = "`deregister_provider`";
    ReleaseStake = "`release_stake`";
    SignAttributes = "`sign_attributes`";
    RevokeAttributes = "`revoke_attributes`";
    PostOffer = "`post_offer`";
    UpdateOffer = "`update_offer`";
    CancelOffer = "`cancel_offer`";
    OpenOrder = "`open`, an order", at_most 320_000;
    OpenByOffer = "`open`, leased by an offer", at_most 320_000;
    OpenByToken = "`receive`: an order by cw20, with the token's own work";
    TopUp = "`top_up`";
    Bid = "`bid`", at_most 215_000, akash ("CreateBid", 131_000, 162_000);
    BidEvicting = "`bid`, which evicts the worst of 20", at_most 215_000;
    WithdrawBid = "`withdraw_bid`";
    Match = "`match` of 20 bids";
    ExpireOrder = "`expire_order`";
    NoHeartbeat = "`heartbeat`, no lease: does nothing";
    FirstHeartbeat = "`heartbeat`, the first", at_most 125_000;
    Heartbeat = "`heartbeat`, 1 lease", at_most 125_000;
    Heartbeat50 = "`heartbeat`, 50 deployments", at_most 125_000 + 49 * 15_000;
    Withdraw = "`withdraw`", at_most 180_000, akash ("Withdraw", 184_000, 184_000);
    ProposeTerms = "`propose_terms`";
    AcceptTerms = "`accept_terms` by the provider";
    CloseLease = "`close_lease` by the provider", at_most 215_000, akash ("CloseBid", 146_000, 146_000);
    EndLease = "`end_lease`";
    ReportSilent = "`report_silent`";
    CloseSilent = "`close_silent`";
    CloseUnready = "`close_unready`";
    CloseShort = "`close_short`, 8 leases";
    Finish = "`finish`";
    ActAcceptBid = "`act`: `accept_bid`", at_most 220_000, akash ("CreateLease", 200_000, 200_000);
    ActAcceptTerms = "`act`: `accept_terms`";
    ActManifest = "`act`: `update_manifest`";
    ActOperators = "`act`: `set_operators`";
    ActRefundTo = "`act`: `set_refund_to`";
    ActStatus = "`act`: `status`";
    ActSurplus = "`act`: `withdraw_surplus`";
    ActCloseLease = "`act`: `close_lease`", at_most 215_000;
    CloseLocal = "`act`: `close_deployment`, local", at_most 215_000;
    CloseRemote = "`act`: `close_deployment`, sent home", at_most 340_000;
    SettleAcked = "acknowledgement of a transfer home";
    SettleTimedOut = "timeout of a transfer home";
    Claim = "`claim`, paid here";
    ClaimHome = "`claim`, sent home";
    ClaimLocal = "`claim_local`";
    AskSettled = "`ask_settled`";
    RecoverSettle = "`recover_settle`";
    Attest = "`attest`";
    BuyOrder = "purchase callback, an order", at_most 280_000;
    BuyByOffer = "purchase callback, leased by an offer", at_most 280_000;
    BuyLargest = "purchase callback at every limit", at_most 600_000;
    TopUpByPacket = "top-up callback";
    CloseByPacket = "close callback, sent home";
    ControlStatus = "control packet (`internal`): `status`";
    ControlAcceptBid = "control packet (`internal`): `accept_bid`";
    ControlClose = "control packet (`internal`): `close_deployment`, sent home";
    AddRoute = "`add_route`";
    UpdateRoute = "`update_route`";
    AddDenom = "`add_denom`";
    RemoveDenom = "`remove_denom`";
    SetParams = "`set_params`";
    SlashProvider = "`slash_provider`";
    Announce = "`announce`";
    Retract = "`retract`";
    PerformStray = "`perform`: coins without an order are credited";
    PerformRescue = "`perform`: a claimable is rescued";
    ArmChannelClose = "`arm_channel_close`";
    Pause = "`pause`";
    Unpause = "`unpause`";
    OfferOwnership = "`update_ownership`: offered";
    AcceptOwnership = "`update_ownership`: accepted";
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

    /// Notes a figure, once for each row.
    pub(super) fn set(&mut self, row: Row, gas: u64) {
        let before = self.gas.insert(row, gas);
        debug_assert!(before.is_none(), "{row:?} is measured twice");
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
        for &row in Row::ALL {
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
        for &row in Row::ALL {
            let spec = row.spec();
            for code in Code::BOTH {
                let measured =
                    self.sizes.iter().filter_map(|size| self.gas.get(&(row, code, *size)));
                let measured: Vec<u64> = measured.copied().collect();
                if measured.len() < self.sizes.len() {
                    faults.push(format!(
                        "{}, {}: not measured at each size",
                        spec.name,
                        word(code)
                    ));
                }
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

#[cfg(test)]
mod tests {
    use cosmwasm_schema::schema_for;
    use market::msg::ExecuteMsg;
    use protocol::control::Command;
    use serde_json::Value;

    use super::Row;

    /// The one message that nobody can send on this node, and why.
    const LEFT_OUT: [(&str, &str); 1] = [(
        "entrepot",
        "comes from the account of ibc-hooks, which wasmd has not; its work is that of a callback",
    )];

    /// The variants of an enum, as its schema names them.
    fn variants(schema: &impl serde::Serialize) -> Vec<String> {
        let schema = serde_json::to_value(schema).unwrap();
        let named = |variant: &Value| -> String {
            let name = variant["required"].get(0).or_else(|| variant["enum"].get(0));
            name.unwrap().as_str().unwrap().to_owned()
        };
        schema["oneOf"].as_array().unwrap().iter().map(named).collect()
    }

    #[test]
    fn every_message_has_a_row_or_a_reason() {
        let rows: Vec<_> = Row::ALL.iter().map(|row| row.spec().name).collect();
        let messages = variants(&schema_for!(ExecuteMsg));
        assert!(messages.len() > 40, "{messages:?}");
        for message in &messages {
            let of_commands = |row: &str| row.starts_with("`act`") && message != "act";
            let row =
                rows.iter().find(|row| row.split('`').nth(1) == Some(message) && !of_commands(row));
            let left_out = LEFT_OUT.iter().find(|(name, _)| name == message);
            assert!(row.is_some() != left_out.is_some(), "`{message}`: {row:?}, {left_out:?}");
        }
        let commands = variants(&schema_for!(Command));
        assert!(commands.len() > 8, "{commands:?}");
        for command in commands {
            let name = format!("`act`: `{command}`");
            assert!(rows.iter().any(|row| row.starts_with(&name)), "{name}");
        }
    }
}
