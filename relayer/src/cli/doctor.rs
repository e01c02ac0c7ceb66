//! `ferry doctor`: looks at everything that relaying needs, and says how to cure what is wrong.
//!
//! Needs no password, changes nothing, and works beside a ferry that runs.

mod account;
mod chain;
mod home;
mod path;
mod permission;

use std::fmt;

use cosmos::chain::Chain;
use futures_util::future::join_all;
use serde::Serialize;

use super::Place;
use crate::config::{Chain as ChainFile, Config};
use crate::model::facts::Tip;
use crate::model::rows::{Ibc, Rows};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only these chains, and nothing of paths; default everything.
    #[arg(value_name = "CHAIN")]
    pub(super) chains: Vec<String>,
}

/// All findings.
#[derive(Serialize)]
struct Report {
    findings: Vec<Finding>,
    /// How many keep ferry from relaying.
    faults: usize,
    /// How many will, or may.
    warnings: usize,
}

/// One thing that was looked at.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Finding {
    /// What it concerns: `home`, a chain, a path.
    subject: String,
    /// What was looked at.
    check: &'static str,
    grade: Grade,
    /// What was found.
    finding: String,
    /// What to do about it; none when all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    cure: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Grade {
    /// All is well.
    Ok,
    /// It will keep ferry from relaying, or may.
    Warning,
    /// It keeps ferry from relaying.
    Fault,
}

/// Findings about one subject.
#[derive(Debug)]
struct Findings {
    subject: String,
    found: Vec<Finding>,
}

impl Findings {
    fn of(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), found: Vec::new() }
    }

    fn ok(&mut self, check: &'static str, finding: impl Into<String>) {
        self.push(check, Grade::Ok, (finding.into(), None));
    }

    fn warning(
        &mut self,
        check: &'static str,
        finding: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.push(check, Grade::Warning, (finding.into(), Some(cure.into())));
    }

    fn fault(&mut self, check: &'static str, finding: impl Into<String>, cure: impl Into<String>) {
        self.push(check, Grade::Fault, (finding.into(), Some(cure.into())));
    }

    fn push(
        &mut self,
        check: &'static str,
        grade: Grade,
        (finding, cure): (String, Option<String>),
    ) {
        let subject = self.subject.clone();
        self.found.push(Finding { subject, check, grade, finding, cure });
    }
}

/// A chain that answered.
struct Reached {
    chain: Chain,
    /// The addresses of those of its keys that there are.
    addresses: Vec<String>,
}

pub(super) async fn run(place: &Place, Args { chains: only }: Args) -> anyhow::Result<()> {
    let (mut findings, file, rows) = home::look(place).await;
    if let Some(mut file) = file {
        let rows = rows.unwrap_or_default();
        if !only.is_empty() {
            only.iter().try_for_each(|id| file.chain(id).map(|_| ()))?;
            file.chains.retain(|chain| only.contains(&chain.id));
        }
        let chains = file.chains.iter().map(|chain| one_chain(place, chain, &rows));
        let mut reached = Vec::new();
        for (found, chain) in join_all(chains).await {
            findings.extend(found);
            reached.extend(chain);
        }
        if only.is_empty() {
            findings.extend(paths(place, &file, &rows, &reached).await);
        }
    }
    let count = |grade| findings.iter().filter(|finding| finding.grade == grade).count();
    let (faults, warnings) = (count(Grade::Fault), count(Grade::Warning));
    place.print(&Report { findings, faults, warnings })?;
    anyhow::ensure!(faults == 0, "{faults} faults keep ferry from relaying; see the cures above");
    Ok(())
}

async fn one_chain(
    place: &Place,
    file: &ChainFile,
    rows: &Rows,
) -> (Vec<Finding>, Option<Reached>) {
    let mut findings = Findings::of(&file.id);
    let addresses = home::addresses(place, file, &mut findings);
    let cursor: Option<Tip> =
        rows.cursors.iter().find(|row| row.chain.as_str() == file.id).map(|row| row.tip);
    let chain = chain::endpoints(file, cursor, &mut findings).await;
    let Some(chain) = chain else { return (findings.found, None) };
    let paths = rows.paths.iter();
    let own =
        paths.filter(|row| [&row.chains.a, &row.chains.b].iter().any(|id| id.as_str() == file.id));
    let versions: Vec<Ibc> = own.map(|row| row.ibc).collect();
    account::look(&chain, (file, &versions), &addresses, &mut findings).await;
    (findings.found, Some(Reached { chain, addresses }))
}

async fn paths(place: &Place, file: &Config, rows: &Rows, reached: &[Reached]) -> Vec<Finding> {
    let looks = rows.paths.iter().map(|row| path::look((place, file), row, reached));
    join_all(looks).await.into_iter().flatten().collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut subject = "";
        for finding in &self.findings {
            if finding.subject != subject {
                subject = &finding.subject;
                writeln!(f, "{subject}")?;
            }
            let Finding { check, grade, finding, cure, .. } = finding;
            writeln!(f, "  {:<5} {check}: {finding}", grade.word())?;
            if let Some(cure) = cure {
                writeln!(f, "        cure: {cure}")?;
            }
        }
        let Self { findings, faults, warnings } = self;
        write!(f, "{} checks, {faults} faults, {warnings} warnings", findings.len())
    }
}

impl Grade {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warn",
            Self::Fault => "FAULT",
        }
    }
}
