//! The parts of the story as they are told: text for people, a JSON document a line for programs.

use std::fmt;
use std::io::Write;

use serde::{Serialize, Serializer};

use super::table::{Balances, coins};

/// How the story is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Sentences and tables.
    Text,
    /// A JSON document a line.
    Json,
}

/// To whom the story is told.
pub(super) struct Teller<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) form: Form,
}

impl Teller<'_> {
    /// Tells a part at once, because the next one may take a while.
    pub(super) fn tell(&mut self, part: &(impl Serialize + fmt::Display)) -> anyhow::Result<()> {
        match self.form {
            Form::Text => write!(self.out, "{part}")?,
            Form::Json => writeln!(self.out, "{}", serde_json::to_string(part)?)?,
        }
        Ok(self.out.flush()?)
    }
}

/// Where the story happens.
#[derive(Debug, Serialize)]
pub(super) struct Opening {
    pub(super) place: String,
    pub(super) market_chain: String,
    pub(super) market: String,
    pub(super) outpost_chain: String,
    pub(super) outpost: String,
}

impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, market_chain, market, outpost_chain, outpost } = self;
        writeln!(f, "{place}\n")?;
        writeln!(f, "chain A, `{market_chain}`: the market, {market}")?;
        writeln!(f, "chain B, `{outpost_chain}`: the outpost, {outpost}")
    }
}

/// What happened, and the balances after it.
#[derive(Debug, Serialize)]
pub(super) struct Step<'a> {
    pub(super) step: u32,
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    pub(super) balances: Balances,
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}. {}", self.step, self.title)?;
        for line in wrapped(self.text) {
            writeln!(f, "   {line}")?;
        }
        write!(f, "\n{}", self.balances)
    }
}

/// The sums that must agree in the end.
#[derive(Debug, Serialize)]
pub(super) struct Conservation {
    pub(super) conservation: Vec<Sums>,
}

/// Two sums of units that must agree.
#[derive(Debug, Serialize)]
pub(super) struct Sums {
    pub(super) what: &'static str,
    #[serde(serialize_with = "units")]
    pub(super) one: u128,
    #[serde(serialize_with = "units")]
    pub(super) other: u128,
}

impl Conservation {
    /// How many sums do not agree.
    pub(super) fn broken(&self) -> usize {
        self.conservation.iter().filter(|sums| sums.one != sums.other).count()
    }
}

impl fmt::Display for Conservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nConservation, to the unit")?;
        for Sums { what, one, other } in &self.conservation {
            let verdict = if one == other { "equal" } else { "DIFFERENT" };
            writeln!(f, "  {what}: {} and {}: {verdict}", coins(*one), coins(*other))?;
        }
        if self.broken() > 0 { Ok(()) } else { writeln!(f, "\nNo unit was lost or made.") }
    }
}

pub(super) fn units<S: Serializer>(units: &u128, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(units)
}

pub(super) fn some_units<S: Serializer>(units: &Option<u128>, to: S) -> Result<S::Ok, S::Error> {
    match units {
        Some(units) => to.collect_str(units),
        None => to.serialize_none(),
    }
}

/// Breaks a text into lines that fit beside a margin on a terminal of 100 columns.
fn wrapped(text: &str) -> Vec<String> {
    const WIDTH: usize = 94;
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + 1 + word.len() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}
