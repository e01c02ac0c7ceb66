//! What a faulty or hostile sender does to a text that was good.

use crate::write::{Json, Tape};

/// Values that are wrong nearly everywhere, and some that are no JSON.
const ODD: [&str; 28] = [
    "null",
    "true",
    "0",
    "-0",
    "-1",
    "1.5",
    "1.0",
    "1e3",
    "1E-2",
    "256",
    "65536",
    "4294967296",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "\"\"",
    "\"x\"",
    "\"+5\"",
    "\" 5\"",
    "\"1.\"",
    "[]",
    "{}",
    "[null]",
    "01",
    "+1",
    "nul",
    "\"\\ud800\"",
    "\"\u{1}\"",
    "1e",
];

/// Spoils one value of the text.
pub(crate) fn spoil(json: &mut Json, tape: &mut Tape) {
    let mut place = tape.next(count(json));
    if let Some(json) = find(json, &mut place) {
        change(json, tape);
    }
}

fn children(json: &Json) -> Vec<&Json> {
    match json {
        Json::Raw(_) => Vec::new(),
        Json::List(items) => items.iter().collect(),
        Json::Object(entries) => entries.iter().map(|(_, value)| value).collect(),
    }
}

fn count(json: &Json) -> usize {
    1 + children(json).into_iter().map(count).sum::<usize>()
}

fn find<'a>(json: &'a mut Json, place: &mut usize) -> Option<&'a mut Json> {
    if *place == 0 {
        return Some(json);
    }
    *place -= 1;
    match json {
        Json::Raw(_) => None,
        Json::List(items) => items.iter_mut().find_map(|item| find(item, place)),
        Json::Object(entries) => entries.iter_mut().find_map(|(_, value)| find(value, place)),
    }
}

fn change(json: &mut Json, tape: &mut Tape) {
    let odd = Json::Raw(tape.pick(&ODD).into());
    match json {
        Json::Object(entries) if tape.next(5) > 0 => {
            let at = tape.next(entries.len());
            match tape.next(4) {
                0 if !entries.is_empty() => drop(entries.remove(at)),
                1 if !entries.is_empty() => entries.push(entries[at].clone()),
                2 if !entries.is_empty() => entries[at].0.push('x'),
                _ => entries.push((tape.pick(&["unknown", "n", "seq", ""]).into(), odd)),
            }
        }
        Json::List(items) if tape.next(5) > 0 => {
            let at = tape.next(items.len());
            match tape.next(3) {
                0 if !items.is_empty() => drop(items.remove(at)),
                1 if !items.is_empty() => items.push(items[at].clone()),
                _ => items.push(odd),
            }
        }
        Json::Raw(_) | Json::List(_) | Json::Object(_) => {
            *json = match tape.next(4) {
                0 => Json::List(vec![odd]),
                1 => Json::Object(vec![("x".into(), odd)]),
                _ => odd,
            };
        }
    }
}
