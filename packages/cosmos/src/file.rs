//! Files that a power cut leaves whole or as they were.
//!
//! What is written goes into a file beside it first, to the disk, and then under its name.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone.
    Owner,
    /// Whom the user's mask allows.
    Anyone,
}

/// Writes a file in the place of the one that has its name; what a link leads to is replaced, and not the link. What is
/// no file, such as a pipe, is written to.
///
/// # Errors
/// What the system says; the file is as it was then.
pub fn replace(file: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    if fs::metadata(file).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return OpenOptions::new().write(true).open(file)?.write_all(bytes);
    }
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let fresh = Fresh::write(&file, bytes, readers)?;
    fs::rename(&fresh.path, &file)?;
    sync_folder(&file)
}

/// Writes a file that must not exist yet.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`]; otherwise what the system says, and then there is none.
pub fn create(file: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let fresh = Fresh::write(file, bytes, readers)?;
    // Unlike a change of name, neither ever takes the place of another file.
    match fs::hard_link(&fresh.path, file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
        // Some file systems have no links.
        Err(_) => {
            OpenOptions::new().write(true).create_new(true).open(file)?;
            fs::rename(&fresh.path, file)
        }
        Ok(()) => Ok(()),
    }
    .and_then(|()| sync_folder(file))
    .inspect_err(|_| {
        // It is said that there is none.
        let _ = fs::remove_file(file);
    })
}

/// A file under a name that is not its own yet; removed unless it got another.
struct Fresh {
    path: PathBuf,
}

impl Fresh {
    fn write(file: &Path, bytes: &[u8], readers: Readers) -> io::Result<Self> {
        let mut name = file.file_name().map(OsString::from).unwrap_or_default();
        name.push(format!(".{}.new", std::process::id()));
        let fresh = Self { path: file.with_file_name(name) };
        // What a program left that was killed may be readable by others.
        match fs::remove_file(&fresh.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if readers == Readers::Owner {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        let mut handle = options.open(&fresh.path)?;
        handle.write_all(bytes)?;
        handle.sync_all()?;
        Ok(fresh)
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        // After a change of name there is nothing to remove.
        let _ = fs::remove_file(&self.path);
    }
}

/// A name is in its folder only once that is on the disk too.
fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_or_made_as_a_whole_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("state.json");
        create(&file, b"one", Readers::Owner).unwrap();
        let again = create(&file, b"two", Readers::Owner).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&file).unwrap(), b"one");
        replace(&file, b"three", Readers::Owner).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"three");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        let nowhere = dir.path().join("none").join("state.json");
        assert!(replace(&nowhere, b"x", Readers::Owner).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn what_a_link_leads_to_is_replaced_and_what_is_no_file_is_written_to() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("state.json"), dir.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, b"new", Readers::Owner).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        replace(Path::new("/dev/null"), b"gone", Readers::Owner).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_the_owners_alone_nobody_else_may_read() {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secret");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        replace(&file, b"new", Readers::Owner).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    }

    /// What was left by a program that was killed does not stand in the way.
    #[test]
    fn a_half_written_file_of_before_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("state.json");
        fs::write(dir.path().join(format!("state.json.{}.new", std::process::id())), "ha").unwrap();
        create(&file, b"whole", Readers::Anyone).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"whole");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
