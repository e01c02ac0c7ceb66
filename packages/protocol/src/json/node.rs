//! A place in a tree, and what types ask of it.

use std::cell::OnceCell;
use std::ptr;

use super::parse::Tree;

/// A place in a tree to decode from: a value, or where one could be and is absent.
///
/// An absent value decodes to the empty value of its type and is no failure: an object reports the
/// fields that it needs and does not find.
#[derive(Debug, Clone, Copy)]
pub struct Node<'t> {
    tree: Content<'t>,
    flaw: &'t OnceCell<Flaw>,
}

/// A value, if there is one, of an object or a variant.
#[derive(Debug, Clone, Copy)]
pub struct Content<'t>(Option<&'t Tree<'t>>);

/// The first failure, and where.
#[derive(Debug)]
pub(super) struct Flaw {
    /// Address of the value at which it was noticed, only ever compared.
    place: *const (),
    pub(super) reason: String,
}

/// The fields of a struct.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    /// Their names.
    pub names: &'static [&'static str],
    /// For each whether it must be there.
    pub required: &'static [bool],
    /// Whether others are refused.
    pub is_strict: bool,
}

/// The variants of an enum.
#[derive(Debug, Clone, Copy)]
pub struct Variants {
    /// Their names.
    pub names: &'static [&'static str],
    /// One bit for each, from the lowest, set if it carries nothing.
    pub units: u64,
}

impl<'t> Node<'t> {
    pub(super) fn root(tree: &'t Tree<'t>, flaw: &'t OnceCell<Flaw>) -> Self {
        Self { tree: Content(Some(tree)), flaw }
    }

    /// Another place in the same tree.
    #[must_use]
    pub fn at(self, tree: Content<'t>) -> Self {
        Self { tree, ..self }
    }

    /// A place without a value.
    fn absent(self) -> Self {
        self.at(Content(None))
    }

    /// Whether there is no value, or `null`.
    pub(super) fn is_nothing(self) -> bool {
        matches!(self.tree.0, None | Some(Tree::Null))
    }

    /// Notes a failure; only the first one counts.
    #[cold]
    pub fn fail(self, reason: String) {
        let place = self.tree.0.map_or(ptr::null(), address);
        // A second failure follows from the first.
        let _second = self.flaw.set(Flaw { place, reason });
    }

    /// Notes that something else was expected.
    #[cold]
    #[inline(never)]
    pub(super) fn mismatch(self, expected: &str) {
        let found = match self.tree.0 {
            None | Some(Tree::Null) => "null",
            Some(Tree::Bool(true)) => "true",
            Some(Tree::Bool(false)) => "false",
            Some(Tree::Number(number)) => number,
            Some(Tree::Text(text)) => {
                return self.fail(format!("expected {expected}, found the string `{text}`"));
            }
            Some(Tree::List(_)) => return self.fail(format!("expected {expected}, found a list")),
            Some(Tree::Object(_)) => {
                return self.fail(format!("expected {expected}, found an object"));
            }
        };
        self.fail(format!("expected {expected}, found `{found}`"));
    }

    /// The values of a struct's fields, in the order of their names.
    #[must_use]
    #[inline]
    pub fn fields<const N: usize>(self, fields: &Fields) -> [Content<'t>; N] {
        let mut found = [Content(None); N];
        self.find(fields, &mut found);
        found
    }

    #[inline(never)]
    fn find(self, fields: &Fields, found: &mut [Content<'t>]) {
        let Some(tree) = self.tree.0 else { return };
        let Tree::Object(entries) = tree else { return self.mismatch("an object") };
        for (key, value) in entries {
            match fields.names.iter().zip(found.iter_mut()).find(|(name, _)| *name == key) {
                Some((_, field)) if field.0.is_some() => {
                    self.fail(format!("duplicate field `{key}`"));
                }
                Some((_, field)) => field.0 = Some(value),
                None if fields.is_strict => {
                    self.fail(format!("unknown field `{key}`, {}", expected(fields.names)));
                }
                None => {}
            }
        }
        let all = fields.names.iter().zip(fields.required).zip(found);
        for ((name, is_required), field) in all {
            if *is_required && field.0.is_none() {
                self.fail(format!("missing field `{name}`"));
            }
        }
    }

    /// The index of the variant that is named, and what it carries; the first after a failure.
    #[inline(never)]
    pub fn variant(self, variants: &Variants) -> (usize, Self) {
        let none = (0, self.absent());
        let Some((name, content)) = self.named() else { return none };
        let Some(index) = variants.names.iter().position(|known| *known == name) else {
            self.fail(format!("unknown variant `{name}`, {}", expected(variants.names)));
            return none;
        };
        let is_unit = u32::try_from(index).ok().and_then(|bit| variants.units.checked_shr(bit));
        let is_unit = is_unit.is_some_and(|bits| bits & 1 == 1);
        let node = self.at(content);
        match content.0 {
            None if !is_unit => {
                self.fail(format!("`{name}` needs its content: an object with this key"));
            }
            Some(_) if is_unit && !node.is_nothing() => node.mismatch("nothing"),
            None | Some(_) => {}
        }
        (index, node)
    }

    /// The name of a variant, and what it carries.
    fn named(self) -> Option<(&'t str, Content<'t>)> {
        let entries = match self.tree.0? {
            Tree::Text(name) => return Some((name, Content(None))),
            Tree::Object(entries) => entries.as_slice(),
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::List(_) => {
                self.mismatch("a name, or an object with one key");
                return None;
            }
        };
        match entries {
            [(name, content)] => return Some((name, Content(Some(content)))),
            [] => self.fail("expected an object with one key, found none".into()),
            [(name, _), (other, _), ..] if name == other => {
                self.fail(format!("duplicate field `{other}`"));
            }
            [(name, _), (other, _), ..] => self.fail(format!(
                "unknown field `{other}`, expected an object with the one key `{name}`"
            )),
        }
        None
    }

    /// The elements of a list; none after a failure.
    #[inline(never)]
    pub(super) fn items(self) -> &'t [Tree<'t>] {
        match self.tree.0 {
            Some(Tree::List(items)) => return items,
            None => {}
            Some(_) => self.mismatch("a list"),
        }
        &[]
    }

    /// The place of an element.
    pub(super) fn item(self, tree: &'t Tree<'t>) -> Self {
        self.at(Content(Some(tree)))
    }

    /// The elements of a list of this length; absent ones after a failure.
    #[inline]
    pub(super) fn tuple<const N: usize>(self) -> [Content<'t>; N] {
        let mut found = [Content(None); N];
        self.fill(&mut found);
        found
    }

    #[inline(never)]
    fn fill(self, found: &mut [Content<'t>]) {
        let items = self.items();
        if items.len() != found.len() && self.tree.0.is_some() {
            self.fail(format!(
                "expected a list of {} elements, found {}",
                found.len(),
                items.len()
            ));
        }
        for (place, item) in found.iter_mut().zip(items) {
            *place = Content(Some(item));
        }
    }

    /// A string; none if it is absent or after a failure.
    #[inline(never)]
    pub(super) fn text(self) -> Option<&'t str> {
        match self.tree.0 {
            Some(Tree::Text(text)) => return Some(text),
            None => {}
            Some(_) => self.mismatch("a string"),
        }
        None
    }

    /// A number as it is written; none if it is absent or after a failure.
    pub(super) fn number(self) -> Option<&'t str> {
        match self.tree.0 {
            Some(Tree::Number(number)) => return Some(number),
            None => {}
            Some(_) => self.mismatch("a number from zero up"),
        }
        None
    }

    /// True or false.
    #[inline(never)]
    pub(super) fn truth(self) -> bool {
        match self.tree.0 {
            Some(Tree::Bool(value)) => return *value,
            None => {}
            Some(_) => self.mismatch("true or false"),
        }
        false
    }
}

#[cold]
fn expected(names: &[&str]) -> String {
    if names.is_empty() {
        return "there are no fields".into();
    }
    format!("expected one of `{}`", names.join("`, `"))
}

fn address(tree: &Tree<'_>) -> *const () {
    ptr::from_ref(tree).cast()
}

impl Flaw {
    /// Looks for the place of the failure, and puts its path behind `path`.
    pub(super) fn seek(&self, tree: &Tree<'_>, path: &mut String) -> bool {
        if address(tree) == self.place {
            return true;
        }
        let length = path.len();
        match tree {
            Tree::Object(entries) => {
                for (key, value) in entries {
                    if length > 0 {
                        path.push('.');
                    }
                    path.push_str(key);
                    if self.seek(value, path) {
                        return true;
                    }
                    path.truncate(length);
                }
            }
            Tree::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    path.push_str(&format!("[{index}]"));
                    if self.seek(item, path) {
                        return true;
                    }
                    path.truncate(length);
                }
            }
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => {}
        }
        false
    }
}
