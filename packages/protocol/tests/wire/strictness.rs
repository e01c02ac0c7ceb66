//! Property: at every depth of every message an unknown key, a repeated key or a missing brace is refused.

use serde_json::Value;

use crate::golden::all;

/// One object as pairs of a key and the text of its value.
type Entries = Vec<(String, String)>;

fn render(entries: &Entries) -> String {
    let pairs: Vec<String> =
        entries.iter().map(|(key, text)| format!("\"{key}\":{text}")).collect();
    format!("{{{}}}", pairs.join(","))
}

fn entries_of(object: &serde_json::Map<String, Value>) -> Entries {
    object.iter().map(|(key, value)| (key.clone(), value.to_string())).collect()
}

/// The texts of `json` with one object, each in its turn, replaced by what `spoil` makes of it.
fn spoiled(json: &Value, spoil: fn(&Entries) -> Vec<Entries>) -> Vec<String> {
    match json {
        Value::Object(object) => {
            let entries = entries_of(object);
            let mut texts: Vec<String> = spoil(&entries).iter().map(render).collect();
            for (at, child) in object.values().enumerate() {
                for text in spoiled(child, spoil) {
                    let mut entries = entries.clone();
                    entries[at].1 = text;
                    texts.push(render(&entries));
                }
            }
            texts
        }
        Value::Array(array) => {
            let items: Vec<String> = array.iter().map(Value::to_string).collect();
            let spoil_item = |at: usize| {
                let items = &items;
                spoiled(&array[at], spoil).into_iter().map(move |text| {
                    let mut items = items.clone();
                    items[at] = text;
                    format!("[{}]", items.join(","))
                })
            };
            (0..array.len()).flat_map(spoil_item).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Asserts that every spoiled form of every golden message is refused with a reason that fits.
fn assert_refused(spoil: fn(&Entries) -> Vec<Entries>, reasons: &[&str]) {
    let mut tried = 0;
    for (name, message) in all() {
        let json = serde_json::from_str(&message.encode()).unwrap();
        for text in spoiled(&json, spoil) {
            let reason = message.decode_alike(&text).expect_err(&format!("{name}: {text}"));
            assert!(reasons.iter().any(|r| reason.contains(r)), "{name}: {reason}: {text}");
            tried += 1;
        }
    }
    assert!(tried > 100, "only {tried} forms were tried");
}

/// A variant of an enum is an object of one key: serde stops at the second with one of the last two.
const ONE_KEY_TOO_MANY: [&str; 4] =
    ["unknown field", "duplicate field", "expected value", "trailing characters"];

#[test]
fn an_unknown_key_is_refused_at_every_depth() {
    let last = |entries: &Entries| {
        let mut more = entries.clone();
        more.push(("unknown".into(), "0".into()));
        vec![more]
    };
    assert_refused(last, &ONE_KEY_TOO_MANY);
}

#[test]
fn a_repeated_key_is_refused_at_every_depth() {
    let each = |entries: &Entries| {
        let twice = |entry: &(String, String)| {
            let mut more = entries.clone();
            more.push(entry.clone());
            more
        };
        entries.iter().map(twice).collect()
    };
    assert_refused(each, &ONE_KEY_TOO_MANY);
}

#[test]
fn a_message_cut_short_or_followed_by_more_is_refused() {
    for (name, message) in all() {
        let text = message.encode();
        for end in 0..text.len() {
            assert!(message.decode_alike(&text[..end]).is_err(), "{name} cut at {end}");
        }
        for tail in ["x", "}", "{}", "\0", ","] {
            assert!(message.decode_alike(&format!("{text}{tail}")).is_err(), "{name} + {tail:?}");
        }
    }
}
