//! `entrepot order`

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::Subcommand;
use cosmos::file::{self, Readers};
use cosmwasm_std::Binary;
use protocol::deployment::{AccessKey, LocalOperator, Scope};
use protocol::{Deployment, Otherwise, Selection};
use serde::Serialize;

use super::Output;
use super::table::Table;
use crate::figures;
use crate::sdl::manifest;
use crate::sdl::{self, Sdl, Terms};

const EXAMPLES: &str = "\
Examples:
  entrepot order from deploy.yaml
  entrepot order from deploy.yaml --json > order.json
  entrepot order from deploy.yaml --selection lowest:3600 --runway-seconds 86400
  entrepot order from deploy.yaml --selection offer:7 --max-rate web=12000000000 --json

The file's prices are units per block of Akash; the order's are nano-units per second of the coin that you
attach, converted by --block-seconds. `--manifest-out` writes the text that the hash is of, which is what
the provider is given.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Turn Akash's deployment file (SDL 2.0, 2.1) into an order and its manifest.
    From(From),
}

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct From {
    /// The deployment file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    terms: TermArgs,
    /// Also write the manifest, byte by byte what the hash is of.
    #[arg(long, value_name = "FILE")]
    manifest_out: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

/// What an order needs beside the deployment file.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct TermArgs {
    /// Seconds of all rates that the account must hold when a lease starts.
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    runway_seconds: u64,
    /// Seconds after which an order without a provider is closed.
    #[arg(long, value_name = "SECONDS", default_value_t = 604_800, value_parser = clap::value_parser!(u64).range(60..))]
    expires_in_seconds: u64,
    /// How providers are chosen: `manual`, `lowest:SECONDS`, `offer:NUMBER` or
    /// `offer:NUMBER:refund`; of one group, `GROUP=…`. Can be repeated.
    #[arg(long, value_name = "[GROUP=]RULE")]
    selection: Vec<String>,
    /// The most to pay for a group instead of the file's prices: nano-units per second. Can be repeated.
    #[arg(long, value_name = "GROUP=RATE")]
    max_rate: Vec<String>,
    /// Seconds of a block of Akash, by which prices per block become prices per second.
    #[arg(long, value_name = "SECONDS", default_value = "6.5", value_parser = block_millis)]
    block_seconds: u64,
    /// Where the manifest can be fetched, if it is public.
    #[arg(long, value_name = "URI")]
    manifest_uri: Option<String>,
    /// Seconds of notice with which a provider may leave.
    #[arg(long, value_name = "SECONDS")]
    notice_seconds: Option<u64>,
    /// Seconds after which a lease ends by itself.
    #[arg(long, value_name = "SECONDS")]
    term_seconds: Option<u64>,
    /// Who may act on the market's chain: an address and what it may do, of `bid_accept`, `close`,
    /// `manifest`, `withdraw`, `terms`. Can be repeated.
    #[arg(long, value_name = "ADDRESS=SCOPE,…")]
    local_operator: Vec<String>,
    /// A public key for the provider's gateway: `secp256k1:BASE64` or `ed25519:BASE64`. Can be repeated.
    #[arg(long, value_name = "KIND:KEY")]
    access_key: Vec<String>,
}

fn block_millis(text: &str) -> Result<u64, String> {
    let seconds: sdl::Decimal =
        text.parse().map_err(|error: sdl::DecimalError| error.to_string())?;
    let millis = u64::try_from(seconds.atto() / 1_000_000_000_000_000).ok();
    millis.filter(|millis| *millis > 0).ok_or_else(|| "expected seconds such as `6.5`".into())
}

/// An order and its manifest.
#[derive(Debug, Serialize)]
pub(super) struct Ordered {
    pub(super) order: Deployment,
    pub(super) manifest_hash: String,
    /// The manifest, which may name passwords: orders are passed around.
    #[serde(skip)]
    sorted_json: String,
}

impl fmt::Display for Ordered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new(&["GROUP", "RESOURCES", "MOST PER DAY", "SELECTION"]);
        for group in &self.order.groups {
            let rate = figures::per_day(group.max_rate.u128());
            table.row([
                group.name.clone(),
                figures::resources(&group.resources),
                rate,
                figures::selection(&group.selection),
            ]);
        }
        write!(f, "{table}")?;
        writeln!(f, "manifest {}", self.manifest_hash)?;
        writeln!(f, "runway   {}", figures::duration(self.order.runway_seconds))
    }
}

pub(super) fn run(args: Args) -> anyhow::Result<()> {
    let Verb::From(From { file, terms, manifest_out, output }) = args.verb;
    let ordered = read(&file, &terms)?;
    if let Some(path) = manifest_out {
        // It may name passwords.
        file::replace(&path, ordered.sorted_json.as_bytes(), Readers::Owner)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    output.print(&ordered)
}

/// Reads a deployment file.
pub(super) fn read(file: &Path, terms: &TermArgs) -> anyhow::Result<Ordered> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).with_context(|| {
        format!("cannot read `{shown}`; give a deployment file as Akash reads it")
    })?;
    let terms = terms.terms()?;
    let sdl = Sdl::parse(&text).map_err(|error| anyhow!("`{shown}`, {error}"))?;
    let manifest = manifest::manifest(&sdl);
    let sorted_json = manifest::sorted_json(&manifest)?;
    let manifest_hash = manifest::hash(&sorted_json);
    let order = sdl::order(&sdl, &terms, manifest_hash.clone());
    let order = order.map_err(|error| anyhow!("`{shown}`, {error}"))?;
    Ok(Ordered { order, manifest_hash, sorted_json })
}

impl TermArgs {
    fn terms(&self) -> anyhow::Result<Terms> {
        let mut terms = Terms {
            block_millis: self.block_seconds,
            runway_seconds: self.runway_seconds,
            expires_in_seconds: self.expires_in_seconds,
            selection: Selection::Manual {},
            selections: BTreeMap::new(),
            max_rates: BTreeMap::new(),
            manifest_uri: self.manifest_uri.clone(),
            notice_seconds: self.notice_seconds,
            term_seconds: self.term_seconds,
            local_operators: self
                .local_operator
                .iter()
                .map(|t| operator(t))
                .collect::<Result<_, _>>()?,
            access_keys: self
                .access_key
                .iter()
                .map(|text| access_key(text))
                .collect::<Result<_, _>>()?,
        };
        for text in &self.selection {
            match text.split_once('=') {
                None => terms.selection = rule(text)?,
                Some((group, text)) => {
                    terms.selections.insert(group.into(), rule(text)?);
                }
            }
        }
        for text in &self.max_rate {
            let parsed =
                text.split_once('=').and_then(|(group, rate)| Some((group, rate.parse().ok()?)));
            let (group, rate) = parsed.with_context(|| {
                format!("`--max-rate {text}`: expected GROUP=RATE, as in `web=12000000000`")
            })?;
            terms.max_rates.insert(group.into(), rate);
        }
        Ok(terms)
    }
}

fn rule(text: &str) -> anyhow::Result<Selection> {
    let number = |text: &str| text.parse().ok();
    let rule = match text.split(':').collect::<Vec<_>>()[..] {
        ["manual"] => Some(Selection::Manual {}),
        ["lowest", seconds] => {
            number(seconds).map(|bidding_seconds| Selection::Lowest { bidding_seconds })
        }
        ["offer", offer] => number(offer).map(|offer| Selection::Offer {
            offer,
            otherwise: Otherwise::Order,
            max_charge: None,
        }),
        ["offer", offer, "refund"] => number(offer).map(|offer| Selection::Offer {
            offer,
            otherwise: Otherwise::Refund,
            max_charge: None,
        }),
        _ => None,
    };
    rule.with_context(|| {
        format!(
            "`--selection {text}`: expected `manual`, `lowest:SECONDS`, `offer:NUMBER` or \
             `offer:NUMBER:refund`"
        )
    })
}

fn operator(text: &str) -> anyhow::Result<LocalOperator> {
    let Some((address, scopes)) = text.split_once('=') else {
        bail!(
            "`--local-operator {text}`: expected ADDRESS=SCOPE,…, as in `wasm1…=bid_accept,close`"
        )
    };
    Ok(LocalOperator {
        address: address.into(),
        scopes: read_scopes(scopes)?,
        expires_in_seconds: None,
    })
}

/// Scopes, by their names with commas between.
pub(super) fn read_scopes(text: &str) -> anyhow::Result<Vec<Scope>> {
    let scopes = text.split(',').map(|scope| {
        let known = serde_json::from_value(serde_json::Value::from(scope));
        known.map_err(|_| {
            anyhow!("`{scope}` is no scope; known: bid_accept, close, manifest, withdraw, terms")
        })
    });
    scopes.collect()
}

fn access_key(text: &str) -> anyhow::Result<AccessKey> {
    let key = |key: &str| Binary::from_base64(key).ok();
    let parsed = match text.split_once(':') {
        Some(("secp256k1", text)) => key(text).map(AccessKey::Secp256k1),
        Some(("ed25519", text)) => key(text).map(AccessKey::Ed25519),
        _ => None,
    };
    parsed.with_context(|| {
        format!("`--access-key {text}`: expected `secp256k1:BASE64` or `ed25519:BASE64`")
    })
}
