//! Texts after a schema, from a tape of choices.

use std::fmt;

use serde_json::Value;

/// JSON as text, so that keys can be repeated and numbers be anything.
#[derive(Debug, Clone)]
pub(crate) enum Json {
    Raw(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Choices, one after the other; zeros when they are used up.
pub(crate) struct Tape {
    choices: Vec<u32>,
    at: usize,
}

impl Tape {
    pub(crate) fn new(choices: Vec<u32>) -> Self {
        Self { choices, at: 0 }
    }

    /// A number below `count`.
    pub(crate) fn next(&mut self, count: usize) -> usize {
        let choice = self.choices.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        usize::try_from(choice).unwrap() % count.max(1)
    }

    pub(crate) fn pick<'a>(&mut self, among: &[&'a str]) -> &'a str {
        among[self.next(among.len())]
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spaced(&mut Tape::new(Vec::new())))
    }
}

impl Json {
    /// The text, with white space wherever the tape says so.
    pub(crate) fn spaced(&self, tape: &mut Tape) -> String {
        let gap = |tape: &mut Tape| tape.pick(&["", " ", "\n", "\t \r"]);
        let (before, behind) = (gap(tape), gap(tape));
        let text = match self {
            Self::Raw(text) => text.clone(),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(|item| item.spaced(tape)).collect();
                format!("[{}{}]", gap(tape), items.join(","))
            }
            Self::Object(entries) => {
                let mut pairs = Vec::new();
                for (key, value) in entries {
                    let key = serde_json::to_string(key).unwrap();
                    pairs.push(format!("{}{key}{}:{}", gap(tape), gap(tape), value.spaced(tape)));
                }
                format!("{{{}{}}}", gap(tape), pairs.join(","))
            }
        };
        format!("{before}{text}{behind}")
    }
}

/// Strings as they are written: plain, escaped, wide, and such that mean something.
const STRINGS: [&str; 9] = [
    r#""abc""#,
    r#""""#,
    r#""5""#,
    r#""\u00e9\ud83d\ude00\u0000""#,
    r#""\"\\\/\b\f\n\r\t""#,
    "\"é😀\"",
    r#""manual""#,
    r#""channel-0""#,
    r#""-7""#,
];

/// A value that the schema allows.
pub(crate) fn write(schema: &Value, tape: &mut Tape) -> Json {
    let definitions = schema.get("definitions").cloned().unwrap_or_default();
    value(schema, &definitions, tape)
}

fn value(schema: &Value, definitions: &Value, tape: &mut Tape) -> Json {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return known(name, tape).unwrap_or_else(|| value(&definitions[name], definitions, tape));
    }
    for alternatives in ["oneOf", "anyOf", "allOf"] {
        if let Some(schemas) = schema[alternatives].as_array() {
            return value(&schemas[tape.next(schemas.len())], definitions, tape);
        }
    }
    if let Some(names) = schema["enum"].as_array() {
        return Json::Raw(names[tape.next(names.len())].to_string());
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds[tape.next(kinds.len())].clone(),
        kind => kind.clone(),
    };
    match kind.as_str().unwrap_or_else(|| panic!("no type in {schema}")) {
        "null" => Json::Raw("null".into()),
        "boolean" => Json::Raw(tape.pick(&["true", "false"]).into()),
        "string" => Json::Raw(tape.pick(&STRINGS).into()),
        "integer" => Json::Raw(number(schema["format"].as_str(), tape)),
        "array" => list(schema, definitions, tape),
        "object" => object(schema, definitions, tape),
        other => panic!("`{other}` is not written"),
    }
}

/// Strings that are something else.
fn known(name: &str, tape: &mut Tape) -> Option<Json> {
    let text = match name {
        "Uint128" | "Uint256" => {
            tape.pick(&["0", "7", "007", "340282366920938463463374607431768211455"])
        }
        "Uint64" | "Timestamp" => tape.pick(&["0", "1800000000000000000", "18446744073709551615"]),
        "Decimal" => tape.pick(&["1", "0.5", "000012.100", "340282366920938463463"]),
        "Binary" => tape.pick(&["", "AQ==", "AQ", "/+8="]),
        _ => return None,
    };
    Some(Json::Raw(format!("\"{text}\"")))
}

fn number(format: Option<&str>, tape: &mut Tape) -> String {
    let last = match format {
        Some("uint8") => u64::from(u8::MAX),
        Some("uint16") => u64::from(u16::MAX),
        Some("uint32") => u64::from(u32::MAX),
        Some("uint64") => u64::MAX,
        other => panic!("numbers of {other:?} are not written"),
    };
    [0, 1, last][tape.next(3)].to_string()
}

fn list(schema: &Value, definitions: &Value, tape: &mut Tape) -> Json {
    match &schema["items"] {
        Value::Array(items) => {
            Json::List(items.iter().map(|item| value(item, definitions, tape)).collect())
        }
        item => Json::List((0..tape.next(4)).map(|_| value(item, definitions, tape)).collect()),
    }
}

/// The required fields, and of the others some.
fn object(schema: &Value, definitions: &Value, tape: &mut Tape) -> Json {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut entries = Vec::new();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        if required.contains(&name.as_str()) || tape.next(2) == 1 {
            entries.push((name.clone(), value(field, definitions, tape)));
        }
    }
    let first = tape.next(entries.len());
    entries.rotate_left(first);
    Json::Object(entries)
}
