//! The transaction of a key whose fate is not known: whoever gives a command again must not pay twice.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cosmos::chain::Note;

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

    /// Notes a transaction that is about to leave, so that not even a power cut forgets it.
    pub(super) fn keep(&self, note: &Note) -> anyhow::Result<()> {
        let written = || -> std::io::Result<()> {
            if let Some(folder) = self.file.parent() {
                fs::create_dir_all(folder)?;
            }
            let new = self.file.with_extension("new");
            let mut file = File::create(&new)?;
            file.write_all(&serde_json::to_vec_pretty(note)?)?;
            file.sync_all()?;
            fs::rename(&new, &self.file)
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
        journal("a-1", "wasm1x").forget().unwrap();
        journal("a-1", "wasm1x").forget().unwrap();
        assert_eq!(journal("a-1", "wasm1x").read().unwrap(), None);
        fs::write(journal("a-1", "wasm1x").file(), "").unwrap();
        let error = journal("a-1", "wasm1x").read().unwrap_err().to_string();
        assert!(error.contains("remove it"), "{error}");
    }
}
