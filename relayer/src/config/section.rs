//! Sections of the file, taken out without touching what else stands there.

use super::Config;

/// The text without the section of a chain; `None` if there is none, or it does not stand by itself.
///
/// A section goes from its header to the next one that is not within it. Comments right above a header are that one's.
pub fn without_chain(text: &str, id: &str) -> Option<String> {
    let mut config = Config::parse(text).ok()?;
    let index = config.chains.iter().position(|chain| chain.id == id)?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let headers = || lines.iter().enumerate().filter_map(|(at, line)| Some((at, header(line)?)));
    let (begin, _) = headers().filter(|(_, name)| name == "[[chain]]").nth(index)?;
    let is_within = |name: &str| name.starts_with("[chain.") || name.starts_with("[[chain.");
    let next = headers().find(|(at, name)| *at > begin && !is_within(name));
    let end =
        next.map_or(lines.len(), |(at, _)| at - above(&lines, at, |line| line.starts_with('#')));
    let begin = begin - above(&lines, begin, str::is_empty);
    let kept = lines.get(..begin)?.iter().chain(lines.get(end..)?);
    let kept: String = kept.copied().collect();
    // What looked like a header may have been a part of a value.
    config.chains.remove(index);
    Config::parse(&kept).ok().filter(|read| *read == config).map(|_| kept)
}

/// The name of a table that begins on a line, without spaces.
fn header(line: &str) -> Option<String> {
    let line = line.split('#').next().unwrap_or_default();
    let name: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    (name.starts_with('[') && name.ends_with(']')).then_some(name)
}

/// How many lines of a kind stand right above one.
fn above(lines: &[&str], at: usize, is_its: impl Fn(&str) -> bool) -> usize {
    lines.iter().take(at).rev().take_while(|line| is_its(line.trim())).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(id: &str, more: &str) -> String {
        format!(
            "[[chain]]\nid = \"{id}\"\nrpc = [\n\"http://x\",\n]\naddress_prefix = \"x\"\nkey = \"k\"\n\
             gas_price = \"0.1stake\"\n{more}"
        )
    }

    #[test]
    fn a_section_goes_with_all_that_is_within_and_nothing_else() {
        let head = "# Mine.\n[ferry]\nmax_tries = 3\n";
        let (a, b) =
            (chain("a", "# memo = \"\"\n"), chain("b", "[chain.filter]\ndeny_denoms = [\"x\"]\n"));
        let serve = "# Where.\n[serve]\nlisten = \"off\"\n";
        let all = format!("{head}\n# Of A.\n{a}\n\n# Of B.\n{b}\n{serve}");
        let without = |text: &str, id: &str| without_chain(text, id);
        let no_b = format!("{head}\n# Of A.\n{a}\n\n# Of B.\n{serve}");
        assert_eq!(without(&all, "b"), Some(no_b.clone()));
        assert_eq!(without(&no_b, "a"), Some(format!("{head}\n# Of A.\n# Of B.\n{serve}")));
        assert_eq!(without(&all, "c"), None);
        let last = format!("{head}\n{b}\n{a}");
        assert_eq!(without(&last, "a"), Some(format!("{head}\n{b}")));
    }

    #[test]
    fn what_does_not_stand_by_itself_stays() {
        let inline = "chain = [{ id = \"a\", rpc = [\"http://x\"], address_prefix = \"x\", key = \"k\", \
                      gas_price = \"0.1stake\" }]\n";
        Config::parse(inline).unwrap();
        assert_eq!(without_chain(inline, "a"), None);
        let memo = "memo = \"\"\"\n[[chain]]\n\"\"\"\n";
        let text = format!("{}{}", chain("a", memo), chain("b", ""));
        Config::parse(&text).unwrap();
        assert_eq!(without_chain(&text, "b"), None, "the second header is in a text");
    }
}
