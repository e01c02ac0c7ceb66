//! What one program may do at a time.

use std::fs::{self, File, OpenOptions};
use std::path::Path;

use anyhow::Context as _;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// A file that one program at a time holds. The system frees it when the program ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _held: File,
}

impl Lock {
    /// Takes a file, which is made if it is not there; none if another program holds it.
    ///
    /// # Errors
    /// The file cannot be made, or its file system knows no locks.
    pub(crate) fn take(file: &Path) -> anyhow::Result<Option<Self>> {
        let open = || -> std::io::Result<File> {
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            OpenOptions::new().write(true).create(true).truncate(false).open(file)
        };
        let shown = file.display();
        let held = open().with_context(|| format!("cannot write `{shown}`"))?;
        match flock(&held, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self { _held: held })),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot lock `{shown}`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_holds_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("new").join("x.lock");
        let first = Lock::take(&file).unwrap();
        assert!(first.is_some());
        assert!(Lock::take(&file).unwrap().is_none());
        drop(first);
        assert!(Lock::take(&file).unwrap().is_some());
    }
}
