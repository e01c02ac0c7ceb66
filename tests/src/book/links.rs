//! Links of all Markdown files of the repository, without those to elsewhere.

use std::path::{Component, Path, PathBuf};

/// A link that leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dead {
    /// The file that has it.
    pub file: PathBuf,
    /// What it names.
    pub target: String,
}

/// Folders without texts of ours.
const NOT_OURS: [&str; 3] = ["target", "artifacts", "node_modules"];

/// The Markdown files below a folder.
///
/// # Errors
/// A folder cannot be read.
pub fn texts(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let (path, kind) = {
            let entry = entry?;
            (entry.path(), entry.file_type()?)
        };
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if kind.is_dir() && !name.starts_with('.') && !NOT_OURS.contains(&name) {
            found.extend(texts(&path)?);
        } else if kind.is_file() && name.ends_with(".md") {
            found.push(path);
        }
    }
    Ok(found)
}

/// The links of a file that lead nowhere: to no file, or to no heading of one. What a page of the book includes
/// is looked at as if it stood in the page, because that is where its links are followed.
///
/// # Errors
/// The file cannot be read.
pub fn dead(file: &Path) -> std::io::Result<Vec<Dead>> {
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let mut dead = Vec::new();
    for target in links(&whole(file)?) {
        let (path, heading) = target.split_once('#').unwrap_or((&target, ""));
        let to = if path.is_empty() { file.to_path_buf() } else { plain(&folder.join(path)) };
        let leads = to.try_exists()? && (heading.is_empty() || has(&whole(&to)?, heading));
        if !leads {
            dead.push(Dead { file: file.to_path_buf(), target });
        }
    }
    Ok(dead)
}

/// A file's text with those that it includes.
fn whole(file: &Path) -> std::io::Result<String> {
    let text = std::fs::read_to_string(file)?;
    let include = text.trim().strip_prefix("{{#include ").and_then(|rest| rest.strip_suffix("}}"));
    match include {
        Some(other) => {
            let folder = file.parent().unwrap_or_else(|| Path::new(""));
            std::fs::read_to_string(plain(&folder.join(other)))
        }
        None => Ok(text),
    }
}

/// A path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if plain.file_name().is_some() => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    plain
}

/// A text's lines outside of its fenced blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_fenced = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        !is_fenced && !is_fence
    })
}

/// What a text has between backquotes, without its fenced blocks.
pub fn quoted(text: &str) -> impl Iterator<Item = &str> {
    prose(text).flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// The targets of a text's links inside the repository.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    for line in prose(text) {
        // What stands between backquotes is no link; what stands between links may be quoted.
        let spoken: Vec<&str> = line.split('`').step_by(2).collect();
        let spoken = spoken.join("");
        let targets = spoken.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        links.extend(targets.filter(|to| !to.contains("://")).map(ToOwned::to_owned));
    }
    links
}

/// Whether a text has a heading of this name, as GitHub and mdBook form it.
fn has(text: &str, name: &str) -> bool {
    prose(text).any(|line| {
        let title = line.trim_start_matches('#');
        title.len() < line.len() && slug(title.trim()) == name
    })
}

fn slug(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_of_the_repository_leads_somewhere() {
        let files = texts(&plain(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))).unwrap();
        assert!(files.len() > 15, "{files:?}");
        let found: Vec<Dead> = files.iter().flat_map(|file| dead(file).unwrap()).collect();
        assert!(found.is_empty(), "{found:#?}");
    }

    #[test]
    fn a_link_to_no_file_or_no_heading_is_dead() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            file
        };
        write("b.md", "# A title: *with* `code`\n```\n# none\n[x](nowhere.md)\n```\n");
        let a = write(
            "a.md",
            "[1](b.md) [2](b.md#a-title-with-code) [`3`](c.md) `[4](d.md)`\n[5](b.md#none) [6](#a)\n\
             [7](https://example.org/x) ![8](no.svg)\n",
        );
        let targets: Vec<String> = dead(&a).unwrap().into_iter().map(|dead| dead.target).collect();
        assert_eq!(targets, ["c.md", "b.md#none", "#a", "no.svg"]);
        let page = write("page.md", "{{#include a.md}}\n");
        assert_eq!(dead(&page).unwrap().len(), 4, "as if it stood there");
        assert!(dead(&folder.path().join("b.md")).unwrap().is_empty());
    }
}
