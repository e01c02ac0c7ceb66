//! YAML as far as a configuration needs it: mappings, lists, plain values.

use saphyr_parser::{Event, Parser, ScalarStyle};
use toml::{Table, Value};

/// How deep a file may be nested.
const DEPTH: usize = 16;

/// Reads the mapping that a file is.
pub(super) fn read(text: &str) -> Result<Table, String> {
    let mut parser = Parser::new_from_str(text);
    loop {
        match next(&mut parser)? {
            Event::StreamStart | Event::DocumentStart(_) => {}
            Event::MappingStart(..) => return mapping(&mut parser, DEPTH),
            _ => return Err("the file is no mapping".into()),
        }
    }
}

type Source<'a> = Parser<'a, saphyr_parser::StrInput<'a>>;

fn next<'a>(parser: &mut Source<'a>) -> Result<Event<'a>, String> {
    match parser.next() {
        Some(Ok((event, _))) => Ok(event),
        Some(Err(error)) => Err(error.to_string()),
        None => Err("the file ends too early".into()),
    }
}

fn mapping(parser: &mut Source<'_>, depth: usize) -> Result<Table, String> {
    let mut table = Table::new();
    loop {
        let key = match next(parser)? {
            Event::MappingEnd => return Ok(table),
            Event::Scalar(key, ..) => key.into_owned(),
            _ => return Err("a key is no text".into()),
        };
        let event = next(parser)?;
        if let Some(value) = value(parser, event, depth)? {
            table.insert(key, value);
        }
    }
}

/// A value; none where nothing stands.
fn value(parser: &mut Source<'_>, event: Event<'_>, depth: usize) -> Result<Option<Value>, String> {
    let Some(depth) = depth.checked_sub(1) else { return Err("it is nested too deep".into()) };
    Ok(match event {
        Event::Scalar(text, style, ..) => scalar(&text, style),
        Event::MappingStart(..) => Some(Value::Table(mapping(parser, depth)?)),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match next(parser)? {
                    Event::SequenceEnd => break,
                    event => items.extend(value(parser, event, depth)?),
                }
            }
            Some(Value::Array(items))
        }
        _ => return Err("it has an alias, which is not read".into()),
    })
}

fn scalar(text: &str, style: ScalarStyle) -> Option<Value> {
    match (style, text) {
        (ScalarStyle::Plain, "" | "~" | "null") => None,
        (ScalarStyle::Plain, "true") => Some(Value::Boolean(true)),
        (ScalarStyle::Plain, "false") => Some(Value::Boolean(false)),
        _ => Some(Value::String(text.to_owned())),
    }
}
