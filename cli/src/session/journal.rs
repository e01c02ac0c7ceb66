//! The transaction of a key whose fate is not known: whoever gives a command again must not pay twice.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cosmos::chain::Note;
use cosmos::file::{self, Readers};

use crate::lock::Lock;

/// Where a key's last transaction on a chain is noted, from its signature until its fate is known.
#[derive(Clone, Debug)]
pub(super) struct Journal {
    file: PathBuf,
}

impl Journal {
    pub(super) fn new(home: &Path, chain_id: &str, address: &str) -> Self {
        Self { file: home.join("unsettled").join(format!("{chain_id}-{address}.json")) }
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// The right to send with the key; none while another program has it.
    pub(super) fn turn(&self) -> anyhow::Result<Option<Lock>> {
        Lock::take(&self.file.with_extension("lock"))
    }

    /// Notes a transaction that is about to leave, so that not even a power cut forgets it.
    pub(super) fn keep(&self, note: &Note) -> anyhow::Result<()> {
        let written = || -> std::io::Result<()> {
            if let Some(folder) = self.file.parent() {
                fs::create_dir_all(folder)?;
            }
            file::replace(&self.file, &serde_json::to_vec_pretty(note)?, Readers::Owner)
        };
        written()
            .with_context(|| format!("cannot write `{}`, so nothing was sent", self.file.display()))
    }

    pub(super) fn read(&self) -> anyhow::Result<Option<Note>> {
        let shown = self.file.display();
        match fs::read(&self.file) {
            Ok(text) => {
                let note = serde_json::from_slice(&text);
                note.map(Some).with_context(|| {
                    format!("`{shown}` is no note of a transaction; look up what the key sent last, and remove it")
                })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read `{shown}`")),
        }
    }

    pub(super) fn forget(&self) -> anyhow::Result<()> {
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error).with_context(|| {
                format!("cannot remove `{}`; remove it by hand", self.file.display())
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_outlives_the_program_and_belongs_to_one_key_of_one_chain() {
        let home = tempfile::tempdir().unwrap();
        let journal = |chain: &str, address: &str| Journal::new(home.path(), chain, address);
        let note = Note {
            hash: "AB".repeat(32),
            address: "wasm1x".into(),
            sequence: 7,
            from_height: 1,
            until_height: 31,
        };
        journal("a-1", "wasm1x").keep(&note).unwrap();
        assert_eq!(journal("a-1", "wasm1x").read().unwrap(), Some(note));
        assert_eq!(journal("b-1", "wasm1x").read().unwrap(), None);
        assert_eq!(journal("a-1", "wasm1y").read().unwrap(), None);
        let turn = journal("a-1", "wasm1x").turn().unwrap();
        assert!(turn.is_some() && journal("b-1", "wasm1x").turn().unwrap().is_some());
        assert!(journal("a-1", "wasm1x").turn().unwrap().is_none(), "another program sends");
        journal("a-1", "wasm1x").forget().unwrap();
        journal("a-1", "wasm1x").forget().unwrap();
        assert_eq!(journal("a-1", "wasm1x").read().unwrap(), None);
        fs::write(journal("a-1", "wasm1x").file(), "").unwrap();
        let error = journal("a-1", "wasm1x").read().unwrap_err().to_string();
        assert!(error.contains("remove it"), "{error}");
    }
}
