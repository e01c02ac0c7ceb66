//! The book as a test: its commands, in the order of its pages, in one shell.
//!
//! A block marked `sh` is run, `sh terminal` runs beside the others until the end, `sh install` is
//! what `scripts/test` has done before. Comments that begin with `check` are run too. Everything
//! else that is fenced shows something; a mark that is not known is an error, so that no command
//! escapes.

pub mod links;
pub mod prose;
mod session;

pub use session::{Session, Setting};

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

/// Marks of blocks that only show something.
const SHOWN: [&str; 6] = ["console", "json", "mermaid", "text", "toml", "yaml"];

/// One page of the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its file's name.
    pub name: String,
    text: String,
}

/// Commands of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The page and the line on which it begins.
    pub place: String,
    /// How it is run.
    pub kind: Kind,
    /// The commands.
    pub text: String,
}

/// How a block is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One block after the other.
    InOrder,
    /// Beside the others, until the end.
    Terminal,
}

/// Where the pages are.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src")
}

/// The pages that the summary lists, in its order.
///
/// # Errors
/// The summary or a page cannot be read.
pub fn pages() -> anyhow::Result<Vec<Page>> {
    let summary = Page::read("SUMMARY.md")?;
    let pages = links(&summary.text).into_iter().map(Page::read);
    pages.collect()
}

/// The targets of the links in a text, without those to elsewhere.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).collect()
}

impl Page {
    fn read(name: &str) -> anyhow::Result<Self> {
        let file = folder().join(name);
        let text = std::fs::read_to_string(&file);
        let text = text.with_context(|| format!("cannot read `{}`", file.display()))?;
        Ok(Self { name: name.to_owned(), text })
    }

    /// The blocks that are run.
    ///
    /// # Errors
    /// A block has no mark or an unknown one, or does not end.
    pub fn blocks(&self) -> anyhow::Result<Vec<Block>> {
        let mut blocks = Vec::new();
        let mut lines = self.text.lines().enumerate();
        while let Some((index, line)) = lines.next() {
            let place = format!("{}:{}", self.name, index + 1);
            let Some((kind, end)) = opening(line).with_context(|| place.clone())? else { continue };
            let mut text = String::new();
            loop {
                let (_, line) = lines.next().with_context(|| format!("{place} does not end"))?;
                if line == end {
                    break;
                }
                text.push_str(line);
                text.push('\n');
            }
            if let Some(kind) = kind {
                blocks.push(Block { place, kind, text });
            }
        }
        Ok(blocks)
    }
}

/// What begins on a line, and the line that ends it: a block that is run, or (no kind) is shown.
fn opening(line: &str) -> anyhow::Result<Option<(Option<Kind>, &'static str)>> {
    if line == "<!-- check" {
        return Ok(Some((Some(Kind::InOrder), "-->")));
    }
    let Some(mark) = line.trim_start().strip_prefix("```") else { return Ok(None) };
    ensure!(line.starts_with("```"), "a block must begin at the start of its line");
    Ok(Some(match mark {
        "sh" => (Some(Kind::InOrder), "```"),
        "sh terminal" => (Some(Kind::Terminal), "```"),
        "sh install" => (None, "```"),
        shown if SHOWN.contains(&shown) => (None, "```"),
        other => bail!("a block is marked `{other}`, which is not known"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        Page { name: "p.md".into(), text: text.into() }
    }

    #[test]
    fn what_is_marked_is_run_and_the_rest_is_shown() {
        let text = "a\n```sh\none\ntwo\n```\n```console\nshown\n```\n<!-- check\nthree\n-->\n\
                    ```sh terminal\nfour\n```\n```sh install\nfive\n```\n";
        let blocks = page(text).blocks().unwrap();
        let found: Vec<_> =
            blocks.iter().map(|b| (b.place.as_str(), b.kind, b.text.as_str())).collect();
        let wanted = [
            ("p.md:2", Kind::InOrder, "one\ntwo\n"),
            ("p.md:9", Kind::InOrder, "three\n"),
            ("p.md:12", Kind::Terminal, "four\n"),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_block_that_would_escape_is_an_error() {
        for text in ["```\nx\n```\n", "```bash\nx\n```\n", "  ```sh\n  x\n  ```\n", "```sh\nx\n"] {
            page(text).blocks().unwrap_err();
        }
    }

    /// Whether mdBook takes a line of the summary: a title, a chapter, numbered or not, or what separates them.
    fn is_of_a_summary(line: &str) -> bool {
        let entry = line.trim_start();
        let chapter = entry.strip_prefix("- ").unwrap_or(entry);
        let is_chapter = chapter.starts_with('[') && chapter.ends_with(".md)");
        line.is_empty() || line.starts_with("# ") || line == "---" || is_chapter
    }

    #[test]
    fn mdbook_finds_what_it_reads() {
        let docs = folder().join("..");
        let settings: toml::Table =
            std::fs::read_to_string(docs.join("book.toml")).unwrap().parse().unwrap();
        let source = docs.join(settings["book"]["src"].as_str().unwrap());
        assert_eq!(source.canonicalize().unwrap(), folder().canonicalize().unwrap());
        let makes_up = settings["build"]["create-missing"].as_bool();
        assert_eq!(makes_up, Some(false), "a page that is missing is an error");
        let summary = Page::read("SUMMARY.md").unwrap();
        for line in summary.text.lines() {
            assert!(is_of_a_summary(line), "{line}");
        }
        let mut included = 0;
        for page in pages().unwrap() {
            let Some((before, rest)) = page.text.split_once("{{#") else { continue };
            let file =
                rest.trim_end().strip_prefix("include ").and_then(|rest| rest.strip_suffix("}}"));
            let file = folder().join(file.filter(|_| before.is_empty()).unwrap());
            assert!(file.is_file(), "{} includes {}", page.name, file.display());
            included += 1;
        }
        assert!(included >= 2, "the decisions and the benchmarks are in the book");
    }

    /// The texts of all Rust files below a folder.
    fn sources(folder: &Path, into: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
                sources(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    #[test]
    fn every_complaint_has_a_test_that_exists() {
        let mut code = String::new();
        for part in ["relayer", "packages", "tests"] {
            sources(&folder().join("../..").join(part), &mut code);
        }
        let page = Page::read("complaints.md").unwrap();
        let rows = page.text.lines().filter(|line| line.starts_with("| "));
        let rows: Vec<Vec<&str>> = rows.skip(1).map(|row| row.split(" | ").collect()).collect();
        assert!(rows.len() >= 35, "only {} complaints", rows.len());
        for row in rows {
            assert_eq!(row.len(), 3, "{row:?}");
            let tests: Vec<&str> = row[2].split('`').skip(1).step_by(2).collect();
            assert!(!tests.is_empty(), "`{}` has no test", row[0]);
            for test in tests {
                let is_there =
                    ['(', '<'].iter().any(|end| code.contains(&format!("fn {test}{end}")));
                assert!(is_there, "there is no test `{test}`");
            }
        }
    }

    #[test]
    fn every_page_is_in_the_summary_and_the_readme_links_into_the_book() {
        let pages = pages().unwrap();
        let readme = folder().join("../../README.md");
        let readme = std::fs::read_to_string(readme).unwrap();
        for entry in std::fs::read_dir(folder()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let listed = name == "SUMMARY.md" || pages.iter().any(|page| page.name == name);
            assert!(listed || !name.ends_with(".md"), "{name}");
        }
        for page in &pages {
            page.blocks().unwrap();
        }
        let into_the_book = links(&readme).into_iter().filter(|link| link.contains("docs/src/"));
        assert!(into_the_book.count() >= 4, "README links into the book");
    }
}
