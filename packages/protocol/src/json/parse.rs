//! Text to tree: RFC 8259, of limited depth.

use std::borrow::Cow;

use super::Error;

/// How deep lists and objects may be nested: three times what any message needs.
const DEPTH: u8 = 32;

/// JSON as it was written. Repeated keys survive, for the types to refuse; numbers stay text, for
/// the types to judge.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tree<'j> {
    Null,
    Bool(bool),
    Number(&'j str),
    Text(Cow<'j, str>),
    List(Vec<Tree<'j>>),
    Object(Vec<(Cow<'j, str>, Tree<'j>)>),
}

/// Reads a text that is one value.
///
/// # Errors
/// [`Error`] with the place in bytes.
pub(super) fn tree(json: &[u8]) -> Result<Tree<'_>, Error> {
    let at_byte = |at: usize, reason: &str| Error {
        place: String::new(),
        reason: format!("{reason} at byte {at}"),
    };
    let text = std::str::from_utf8(json)
        .map_err(|error| at_byte(error.valid_up_to(), "expected UTF-8"))?;
    let mut reader = Reader { text, at: 0 };
    reader.whole().map_err(|reason| at_byte(reader.at, reason))
}

struct Reader<'j> {
    text: &'j str,
    at: usize,
}

/// A value, or what was expected where the reader stands.
type Read<T> = Result<T, &'static str>;

impl<'j> Reader<'j> {
    fn whole(&mut self) -> Read<Tree<'j>> {
        let tree = self.value(DEPTH)?;
        match self.visible() {
            None => Ok(tree),
            Some(_) => Err("trailing characters"),
        }
    }

    fn value(&mut self, depth: u8) -> Read<Tree<'j>> {
        match self.visible() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.string().map(Tree::Text),
            Some(b'-' | b'0'..=b'9') => self.number().map(Tree::Number),
            Some(b'n') => self.word("null", Tree::Null),
            Some(b't') => self.word("true", Tree::Bool(true)),
            Some(b'f') => self.word("false", Tree::Bool(false)),
            _ => Err("expected value"),
        }
    }

    fn object(&mut self, depth: u8) -> Read<Tree<'j>> {
        let depth = self.enter(depth)?;
        let mut entries = Vec::new();
        if self.takes(b'}') {
            return Ok(Tree::Object(entries));
        }
        loop {
            if self.visible() != Some(b'"') {
                return Err("expected value: a key");
            }
            let key = self.string()?;
            if !self.takes(b':') {
                return Err("expected `:`");
            }
            entries.push((key, self.value(depth)?));
            if self.takes(b'}') {
                return Ok(Tree::Object(entries));
            }
            if !self.takes(b',') {
                return Err("expected `,` or `}`");
            }
        }
    }

    fn list(&mut self, depth: u8) -> Read<Tree<'j>> {
        let depth = self.enter(depth)?;
        let mut items = Vec::new();
        if self.takes(b']') {
            return Ok(Tree::List(items));
        }
        loop {
            items.push(self.value(depth)?);
            if self.takes(b']') {
                return Ok(Tree::List(items));
            }
            if !self.takes(b',') {
                return Err("expected `,` or `]`");
            }
        }
    }

    /// Steps over an opening bracket, one level deeper.
    fn enter(&mut self, depth: u8) -> Read<u8> {
        self.skip();
        depth.checked_sub(1).ok_or("expected less than 33 levels")
    }

    fn string(&mut self) -> Read<Cow<'j, str>> {
        self.skip();
        let (piece, mut end) = self.piece()?;
        if end == b'"' {
            return Ok(Cow::Borrowed(piece));
        }
        let mut text = String::from(piece);
        while end == b'\\' {
            text.push(self.escaped()?);
            let (piece, next) = self.piece()?;
            text.push_str(piece);
            end = next;
        }
        Ok(Cow::Owned(text))
    }

    /// The text up to a quotation mark or backslash, and which of them.
    fn piece(&mut self) -> Read<(&'j str, u8)> {
        let start = self.at;
        loop {
            match self.peek() {
                Some(end @ (b'"' | b'\\')) => {
                    let piece = self.since(start);
                    self.skip();
                    return Ok((piece, end));
                }
                Some(0x20..) => self.skip(),
                Some(_) | None => return Err("expected the end of a string"),
            }
        }
    }

    /// The character that stands behind a backslash.
    fn escaped(&mut self) -> Read<char> {
        let letter = self.peek();
        self.skip();
        match letter {
            Some(plain @ (b'"' | b'\\' | b'/')) => Ok(plain.into()),
            Some(b'b') => Ok('\u{8}'),
            Some(b'f') => Ok('\u{c}'),
            Some(b'n') => Ok('\n'),
            Some(b'r') => Ok('\r'),
            Some(b't') => Ok('\t'),
            Some(b'u') => self.unicode().ok_or("expected a code point"),
            _ => Err("expected an escaped character"),
        }
    }

    /// Four digits, or a pair of surrogates.
    fn unicode(&mut self) -> Option<char> {
        let unit = self.four_digits()?;
        if char::from_u32(unit.into()).is_some() || !self.starts("\\u") {
            return char::from_u32(unit.into());
        }
        let low = self.four_digits()?;
        char::decode_utf16([unit, low]).next()?.ok()
    }

    fn four_digits(&mut self) -> Option<u16> {
        let digits = self.text.get(self.at..self.at.checked_add(4)?)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        self.at = self.at.saturating_add(4);
        u16::from_str_radix(digits, 16).ok()
    }

    fn number(&mut self) -> Read<&'j str> {
        let start = self.at;
        self.starts("-");
        if !self.starts("0") {
            self.digits()?;
        }
        if self.starts(".") {
            self.digits()?;
        }
        if self.starts("e") || self.starts("E") {
            let _sign = self.starts("-") || self.starts("+");
            self.digits()?;
        }
        Ok(self.since(start))
    }

    fn digits(&mut self) -> Read<()> {
        let start = self.at;
        while self.peek().is_some_and(|digit| digit.is_ascii_digit()) {
            self.skip();
        }
        if self.at == start { Err("expected a digit") } else { Ok(()) }
    }

    fn word(&mut self, word: &str, tree: Tree<'j>) -> Read<Tree<'j>> {
        if self.starts(word) { Ok(tree) } else { Err("expected value") }
    }

    /// Whether the rest starts with a text; then steps over it.
    fn starts(&mut self, text: &str) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let starts = rest.starts_with(text.as_bytes());
        if starts {
            self.at = self.at.saturating_add(text.len());
        }
        starts
    }

    /// Whether this is the next visible character; then steps over it.
    fn takes(&mut self, character: u8) -> bool {
        let takes = self.visible() == Some(character);
        if takes {
            self.skip();
        }
        takes
    }

    /// The next character that is no white space, with the reader before it.
    fn visible(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.skip();
        }
        self.peek()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn since(&self, start: usize) -> &'j str {
        self.text.get(start..self.at).unwrap_or_default()
    }
}
