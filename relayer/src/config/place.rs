//! Where in the file something stands, so that every mistake is shown at its place.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

/// A mistake and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, counted from 1; zero when the mistake has no place.
    pub line: usize,
    /// The column, counted from 1 in characters.
    pub column: usize,
    /// The line's text.
    pub text: String,
    /// How many characters are wrong.
    pub length: usize,
    /// What is wrong, and the form wanted.
    pub reason: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, text, length, reason } = self;
        if *line == 0 {
            return f.write_str(reason);
        }
        let margin = " ".repeat(line.to_string().len());
        write!(f, "line {line}, column {column}: {reason}\n {line} | {text}\n {margin} | ")?;
        write!(f, "{}{}", " ".repeat(column - 1), "^".repeat(*length))
    }
}

impl Mistake {
    /// The mistake at a range of bytes of the file.
    pub(super) fn at(file: &str, range: Option<Range<usize>>, reason: String) -> Self {
        let Some(range) = range.filter(|range| file.is_char_boundary(range.start)) else {
            return Self { line: 0, column: 0, text: String::new(), length: 0, reason };
        };
        let (before, after) = file.split_at(range.start);
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = after.lines().next().unwrap_or_default();
        let wrong = file.get(range).and_then(|wrong| wrong.lines().next()).unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: before[begin..].chars().count() + 1,
            text: without_secrets(&format!("{}{rest}", &before[begin..])),
            length: wrong.chars().count().max(1),
            reason,
        }
    }

    /// What the parser found.
    pub(super) fn of(file: &str, error: &toml::de::Error) -> Self {
        Self::at(file, error.span(), error.message().to_owned())
    }
}

/// A line of the file with a star for each character of an address that may be a secret: mistakes are logged,
/// too.
fn without_secrets(line: &str) -> String {
    let (mut shown, mut rest) = (String::new(), line);
    while let Some(scheme) = rest.find("://") {
        let (before, after) = rest.split_at(scheme + 3);
        let end = after.find(['"', '\'', ' ', ',', ']']).unwrap_or(after.len());
        let (address, tail) = after.split_at(end);
        let host_end = address.find(['/', '?', '#']).unwrap_or(address.len());
        let host_begin = address[..host_end].rfind('@').map_or(0, |at| at + 1);
        let stars = |text: &str| "*".repeat(text.chars().count());
        shown.push_str(before);
        shown.push_str(&stars(&address[..host_begin]));
        shown.push_str(&address[host_begin..host_end]);
        shown.push_str(&stars(&address[host_end..]));
        rest = tail;
    }
    shown + rest
}

/// The places of the values that are checked beside others.
#[derive(Debug, Deserialize)]
pub(super) struct Places {
    #[serde(default)]
    ferry: GlobalPlaces,
    #[serde(default, rename = "chain")]
    chains: Vec<ChainPlaces>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GlobalPlaces {
    paused: Vec<Spanned<String>>,
    only: BTreeMap<Spanned<String>, IgnoredAny>,
}

/// Values only: a table made by dotted keys, such as `filter.…`, has no place in `toml` 0.8, but what is in it has.
#[derive(Debug, Deserialize)]
struct ChainPlaces {
    id: Option<Spanned<IgnoredAny>>,
    address_prefix: Option<Spanned<IgnoredAny>>,
    gas_price: Option<Spanned<IgnoredAny>>,
    fee_granter: Option<Spanned<IgnoredAny>>,
    memo: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    filter: FilterPlaces,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FilterPlaces {
    deny_senders: Vec<Spanned<IgnoredAny>>,
}

impl Places {
    pub(super) fn of(text: &str) -> Result<Self, Mistake> {
        toml::from_str(text).map_err(|error| Mistake::of(text, &error))
    }

    /// Where the value of a key of the chain with this index stands, or a place of the list that it is.
    pub(super) fn of_chain(
        &self,
        index: usize,
        (key, place): (&str, usize),
    ) -> Option<Range<usize>> {
        let chain = self.chains.get(index)?;
        let value = match key {
            "id" => &chain.id,
            "address_prefix" => &chain.address_prefix,
            "gas_price" => &chain.gas_price,
            "fee_granter" => &chain.fee_granter,
            "memo" => &chain.memo,
            "filter.deny_senders" => {
                return chain.filter.deny_senders.get(place).map(Spanned::span);
            }
            _ => &None,
        };
        value.as_ref().map(Spanned::span)
    }

    /// The names of paths, and where they stand.
    pub(super) fn paths(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        let GlobalPlaces { paused, only } = &self.ferry;
        let names = paused.iter().chain(only.keys());
        names.map(|name| (name.get_ref().as_str(), name.span()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_shows_its_line_and_points_at_it() {
        let file = "[ferry]\nlog = \"é\" # x\n";
        let range = file.find("# x").map(|at| at..at + 3);
        let shown = Mistake::at(file, range, "no".into()).to_string();
        let expected = "line 2, column 11: no\n 2 | log = \"é\" # x\n   |           ^^^";
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_mistake_shows_no_secrets() {
        let file = r#"rpc = ["https://me:secret@rpc.example/secret", 'http://b?key=secret'] x"#;
        let shown = Mistake::at(file, Some(file.len() - 1..file.len()), "no".into()).text;
        assert_eq!(
            shown,
            r#"rpc = ["https://**********rpc.example*******", 'http://b***********'] x"#
        );
    }

    #[test]
    fn a_mistake_without_a_place_is_told_without_one() {
        assert_eq!(Mistake::at("", None, "no".into()).to_string(), "no");
        assert_eq!(Mistake::at("x", Some(9..10), "no".into()).to_string(), "no");
    }
}
