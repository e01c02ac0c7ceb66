//! What a released version of a contract held, and what a migration loses of it: for tests.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A contract on a real chain, as `scripts/record-release` found it in one block.
#[derive(Debug, Deserialize)]
pub struct Recorded {
    /// The block's time, in seconds since 1970.
    pub time: u64,
    /// The contract's address, where its storage tells of it.
    pub address: Option<String>,
    /// All storage: keys in hex, values as text.
    pub state: BTreeMap<String, String>,
    /// What it answered.
    pub answers: Vec<Answered>,
}

/// A question and its answer.
#[derive(Debug, Clone, Deserialize)]
pub struct Answered {
    /// The whole query message.
    pub ask: Value,
    /// What came.
    pub answer: Value,
}

impl Recorded {
    /// The questions of one kind, without its name, each with its answer.
    pub fn of(&self, kind: &str) -> impl Iterator<Item = (&Value, &Value)> {
        let asked = self.answers.iter();
        asked.filter_map(move |asked| Some((asked.ask.get(kind)?, &asked.answer)))
    }
}

/// Each field of an answer that is gone later or has another value, in words. A field that is new is no
/// loss, nor is what becomes of those whose names are `passed_over`.
#[must_use]
pub fn losses(path: &str, (old, new): (&Value, &Value), passed_over: &[&str]) -> Vec<String> {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let fields = old.iter().filter(|(key, _)| !passed_over.contains(&key.as_str()));
            let lost = fields.flat_map(|(key, value)| {
                let path = format!("{path}.{key}");
                match new.get(key) {
                    Some(found) => losses(&path, (value, found), passed_over),
                    None => vec![format!("{path} is gone")],
                }
            });
            lost.collect()
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            let entries = old.iter().zip(new).enumerate();
            let lost = entries
                .flat_map(|(index, both)| losses(&format!("{path}[{index}]"), both, passed_over));
            lost.collect()
        }
        (old, new) if old == new => Vec::new(),
        (old, new) => vec![format!("{path} was {old} and is {new}")],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::losses;

    #[test]
    fn what_is_gone_or_changed_is_lost_and_what_is_new_is_not() {
        let old = json!({ "a": 1, "list": [{ "b": 2, "c": 3 }], "short": [1], "now": 5 });
        let new = json!({ "a": 1, "list": [{ "b": 4, "d": 0 }], "short": [], "now": 6, "more": 7 });
        let lost = [
            "x.list[0].b was 2 and is 4",
            "x.list[0].c is gone",
            "x.now was 5 and is 6",
            "x.short was [1] and is []",
        ];
        assert_eq!(losses("x", (&old, &new), &[]), lost);
        let kept = ["b", "c", "short", "now"];
        assert_eq!(losses("x", (&old, &new), &kept), [""; 0]);
    }
}
