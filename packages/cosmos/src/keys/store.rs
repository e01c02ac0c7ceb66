//! Keys at rest: one encrypted file per key.
//!
//! The mnemonic, or a private key without one, is sealed by XChaCha20-Poly1305 under a key that Argon2id makes of the password. The parameters stand
//! in the file, so that they can be raised without losing old files.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand_core::{OsRng, RngCore};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{HdPath, Key, KeyError, new_mnemonic};
use crate::file::{self, Readers};

/// The only file format so far.
const FORMAT: u32 = 1;
/// Argon2id: the memory and the passes that RFC 9106 recommends where memory is scarce. OWASP's least, 19 MiB and two
/// passes, is meant for a server that checks logins; who has this file may guess for years.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// An upper bound on what a file may ask for, so that a forged one cannot exhaust the machine.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const MAX_PASSES: u32 = 64;
/// Shorter passwords are refused when a key is written.
const MIN_PASSWORD: usize = 8;
/// What stands instead of a derivation path where there is no mnemonic.
const NO_PATH: &str = "private key";
/// The longest name of a key.
const MAX_NAME: usize = 64;

/// A directory of encrypted key files, `NAME.json` each.
#[derive(Clone, Debug)]
pub struct KeyStore {
    dir: PathBuf,
}

/// A key file that its password has opened.
pub struct Unsealed {
    secret: Zeroizing<String>,
    path: String,
    file: PathBuf,
}

/// What a key file says without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// The key's name.
    pub name: String,
    /// Where it lies below its mnemonic, or `private key` if it has none.
    pub path: String,
    /// The account behind it, as hexadecimal; the same on all chains of one key type.
    pub account: String,
}

/// Why a key could not be stored or loaded.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// The name cannot be a file name.
    #[error("key name `{0}` is not valid; use letters, digits, `-` and `_`, at most 64")]
    Name(String),
    /// There is a key of this name already.
    #[error("key `{0}` exists already; remove it first or choose another name")]
    Exists(String),
    /// There is no key of this name.
    #[error("no key `{name}` in {dir}; list the keys or add one")]
    Unknown {
        /// The name asked for.
        name: String,
        /// Where it was sought.
        dir: PathBuf,
    },
    /// The password is too short to protect anything.
    #[error("password is too short; expected at least {MIN_PASSWORD} characters")]
    WeakPassword,
    /// The password does not open the file, or the file was changed.
    #[error("wrong password for key `{0}`, or its file was changed")]
    Password(String),
    /// The file is no key file of a known format.
    #[error("key file {file} is not readable: {reason}; restore it from a backup or the mnemonic")]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file system refused.
    #[error("cannot {action} `{file}`")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        file: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The mnemonic or path is not valid.
    #[error(transparent)]
    Key(#[from] KeyError),
}

#[derive(Serialize, Deserialize)]
struct KeyFile {
    format: u32,
    name: String,
    path: String,
    account: String,
    memory_kib: u32,
    passes: u32,
    salt: String,
    nonce: String,
    sealed: String,
}

/// Whether a name may have this character.
fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// A name of another program's key as a store takes it: what it does not take becomes `-`, what is too long is cut.
#[must_use]
pub fn fitting_name(name: &str) -> String {
    let allowed = name.chars().map(|c| if is_allowed(c) { c } else { '-' });
    let fitting: String = allowed.take(MAX_NAME).collect();
    if fitting.is_empty() { "key".to_owned() } else { fitting }
}

impl KeyStore {
    /// A store in `dir`, which is made when the first key is written.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Makes a new key and returns its mnemonic, which is shown once and never again.
    ///
    /// # Errors
    /// As [`KeyStore::restore`].
    pub fn add(&self, name: &str, password: &str) -> Result<Zeroizing<String>, KeyStoreError> {
        let words = new_mnemonic()?;
        self.restore(name, &words, HdPath::cosmos(0), password)?;
        Ok(words)
    }

    /// Stores the key at `path` below a mnemonic, and returns it.
    ///
    /// # Errors
    /// [`KeyStoreError::Exists`] when the name is taken; also for bad names, passwords and mnemonics.
    pub fn restore(
        &self,
        name: &str,
        words: &str,
        path: HdPath,
        password: &str,
    ) -> Result<Key, KeyStoreError> {
        let key = Key::from_mnemonic(words, path.clone())?;
        self.keep(name, &key, (words, &path.to_string()), password)?;
        Ok(key)
    }

    /// Stores a private key that has no mnemonic, and returns it.
    ///
    /// # Errors
    /// As [`KeyStore::restore`].
    pub fn import(
        &self,
        name: &str,
        secret: &[u8; 32],
        password: &str,
    ) -> Result<Key, KeyStoreError> {
        let key = Key::from_secret(secret)?;
        let text = Zeroizing::new(hex::encode(secret));
        self.keep(name, &key, (&text, NO_PATH), password)?;
        Ok(key)
    }

    /// Writes the file of a key that `secret` at `path` leads to.
    fn keep(
        &self,
        name: &str,
        key: &Key,
        (secret, path): (&str, &str),
        password: &str,
    ) -> Result<(), KeyStoreError> {
        let file = self.file(name)?;
        if password.chars().count() < MIN_PASSWORD {
            return Err(KeyStoreError::WeakPassword);
        }
        let sealed = seal(name, key, (secret, path), password)?;
        let text = serde_json::to_vec_pretty(&sealed).map_err(malformed(&file))?;
        fs::create_dir_all(&self.dir).map_err(io_error("create", &self.dir))?;
        file::create(&file, &text, Readers::Owner).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => KeyStoreError::Exists(name.to_owned()),
            _ => KeyStoreError::Io { action: "write", file, source },
        })
    }

    /// Opens a key.
    ///
    /// # Errors
    /// [`KeyStoreError::Unknown`], [`KeyStoreError::Password`], or the file does not read.
    pub fn load(&self, name: &str, password: &str) -> Result<Key, KeyStoreError> {
        self.unseal(name, password)?.key()
    }

    /// Opens the file of a key. That takes 64 MiB and a seventh of a second, so that who has the file cannot try many
    /// passwords.
    ///
    /// # Errors
    /// As [`KeyStore::load`].
    pub fn unseal(&self, name: &str, password: &str) -> Result<Unsealed, KeyStoreError> {
        let file = self.file(name)?;
        let stored = self.read(name, &file)?;
        let secret = open(name, &file, &stored, password)?;
        Ok(Unsealed { secret, path: stored.path, file })
    }

    /// Lists the keys by name; needs no password.
    ///
    /// # Errors
    /// When the directory or one of its key files does not read. No directory is no keys.
    pub fn list(&self) -> Result<Vec<StoredKey>, KeyStoreError> {
        let entries = match fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(io_error("read", &self.dir))?,
        };
        let mut keys = Vec::new();
        for entry in entries {
            let file = entry.map_err(io_error("read", &self.dir))?.path();
            let name = file.file_stem().and_then(|stem| stem.to_str());
            if let (Some(name), Some("json")) = (name, file.extension().and_then(|e| e.to_str())) {
                let KeyFile { path, account, .. } = self.read(name, &file)?;
                keys.push(StoredKey { name: name.to_owned(), path, account });
            }
        }
        keys.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(keys)
    }

    /// Deletes a key. The password is asked for, so that nobody removes a key they cannot open.
    ///
    /// # Errors
    /// As [`KeyStore::load`], or when the file cannot be deleted.
    pub fn remove(&self, name: &str, password: &str) -> Result<(), KeyStoreError> {
        self.load(name, password)?;
        let file = self.file(name)?;
        fs::remove_file(&file).map_err(io_error("remove", &file))
    }

    fn file(&self, name: &str) -> Result<PathBuf, KeyStoreError> {
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(is_allowed) {
            return Err(KeyStoreError::Name(name.to_owned()));
        }
        Ok(self.dir.join(format!("{name}.json")))
    }

    fn read(&self, name: &str, file: &Path) -> Result<KeyFile, KeyStoreError> {
        let text = fs::read(file).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => {
                KeyStoreError::Unknown { name: name.to_owned(), dir: self.dir.clone() }
            }
            _ => KeyStoreError::Io { action: "read", file: file.to_owned(), source },
        })?;
        let read: KeyFile = serde_json::from_slice(&text).map_err(malformed(file))?;
        if read.format != FORMAT {
            let reason = format!("format {}, expected {FORMAT}", read.format);
            return Err(malformed(file)(reason));
        }
        Ok(read)
    }
}

impl Unsealed {
    /// The key itself.
    ///
    /// # Errors
    /// When what the file holds is no key.
    pub fn key(&self) -> Result<Key, KeyStoreError> {
        match self.path.as_str() {
            NO_PATH => Ok(Key::from_secret(&*self.plain()?)?),
            path => Ok(Key::from_mnemonic(&self.secret, path.parse()?)?),
        }
    }

    /// Another key of the same mnemonic. A private key that has none stands for one: its other keys are SHA-256 of it
    /// and their path.
    ///
    /// # Errors
    /// As [`Unsealed::key`].
    pub fn key_at(&self, path: HdPath) -> Result<Key, KeyStoreError> {
        if self.path != NO_PATH {
            return Ok(Key::from_mnemonic(&self.secret, path)?);
        }
        let other = Sha256::new().chain_update(*self.plain()?).chain_update(path.to_string());
        Ok(Key::from_secret(&other.finalize().into())?)
    }

    /// The bytes of a private key that has no mnemonic.
    fn plain(&self) -> Result<Zeroizing<[u8; 32]>, KeyStoreError> {
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(&*self.secret, &mut *bytes).map_err(malformed(&self.file))?;
        Ok(bytes)
    }
}

impl fmt::Debug for Unsealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsealed").field("file", &self.file).finish_non_exhaustive()
    }
}

fn seal(
    name: &str,
    key: &Key,
    (secret, path): (&str, &str),
    password: &str,
) -> Result<KeyFile, KeyStoreError> {
    let (mut salt, mut nonce) = ([0u8; 16], [0u8; 24]);
    OsRng.try_fill_bytes(&mut salt).map_err(|_| KeyError::Random)?;
    OsRng.try_fill_bytes(&mut nonce).map_err(|_| KeyError::Random)?;
    let mut file = KeyFile {
        format: FORMAT,
        name: name.to_owned(),
        path: path.to_owned(),
        account: hex::encode(key.account_id()),
        memory_kib: MEMORY_KIB,
        passes: PASSES,
        salt: BASE64.encode(salt),
        nonce: BASE64.encode(nonce),
        sealed: String::new(),
    };
    let cipher = cipher(&file, &salt, password).expect("the fixed parameters are valid");
    let payload = Payload { msg: secret.as_bytes(), aad: &associated(&file) };
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload);
    file.sealed = BASE64.encode(sealed.expect("a secret is far below the cipher's limit"));
    Ok(file)
}

fn open(
    name: &str,
    path: &Path,
    file: &KeyFile,
    password: &str,
) -> Result<Zeroizing<String>, KeyStoreError> {
    let decode = |text: &str| BASE64.decode(text).map_err(malformed(path));
    let (salt, nonce, sealed) = (decode(&file.salt)?, decode(&file.nonce)?, decode(&file.sealed)?);
    let nonce: [u8; 24] = nonce.try_into().map_err(|_| malformed(path)("nonce is not 24 bytes"))?;
    let cipher = cipher(file, &salt, password).map_err(malformed(path))?;
    let payload = Payload { msg: &sealed, aad: &associated(file) };
    let words = cipher
        .decrypt(&XNonce::from(nonce), payload)
        .map_err(|_| KeyStoreError::Password(name.to_owned()))?;
    String::from_utf8(words).map(Zeroizing::new).map_err(malformed(path))
}

fn cipher(file: &KeyFile, salt: &[u8], password: &str) -> Result<XChaCha20Poly1305, String> {
    if file.memory_kib > MAX_MEMORY_KIB || file.passes > MAX_PASSES {
        return Err(format!("asks for {} KiB and {} passes", file.memory_kib, file.passes));
    }
    let params = Params::new(file.memory_kib, file.passes, 1, Some(32));
    let params = params.map_err(|error| error.to_string())?;
    let mut key = Zeroizing::new([0u8; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut *key)
        .map_err(|error| error.to_string())?;
    Ok(XChaCha20Poly1305::new((&*key).into()))
}

/// The readable part is bound to the sealed one: a file with another path or account does not open.
fn associated(file: &KeyFile) -> Vec<u8> {
    format!("{}\n{}\n{}", file.format, file.path, file.account).into_bytes()
}

fn io_error(action: &'static str, file: &Path) -> impl FnOnce(io::Error) -> KeyStoreError {
    let file = file.to_owned();
    move |source| KeyStoreError::Io { action, file, source }
}

fn malformed<E: ToString>(file: &Path) -> impl Fn(E) -> KeyStoreError {
    let file = file.to_owned();
    move |reason| KeyStoreError::Malformed { file: file.clone(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "abandon abandon abandon abandon abandon abandon \
                         abandon abandon abandon abandon abandon about";
    const PASSWORD: &str = "correct horse";

    fn store() -> (tempfile::TempDir, KeyStore) {
        let dir = tempfile::tempdir().unwrap();
        let store = KeyStore::new(dir.path().join("keys"));
        (dir, store)
    }

    #[test]
    fn restored_key_loads_lists_and_is_removed() {
        let (_dir, store) = store();
        let key = store.restore("relayer", WORDS, HdPath::cosmos(3), PASSWORD).unwrap();
        assert_eq!(store.load("relayer", PASSWORD).unwrap().account_id(), key.account_id());
        let other = store.unseal("relayer", PASSWORD).unwrap().key_at(HdPath::cosmos(0)).unwrap();
        assert_eq!(
            other.account_id(),
            Key::from_mnemonic(WORDS, HdPath::cosmos(0)).unwrap().account_id()
        );
        let listed = store.list().unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(
            (listed[0].name.as_str(), listed[0].path.as_str()),
            ("relayer", "m/44'/118'/0'/0/3")
        );
        store.remove("relayer", PASSWORD).unwrap();
        assert!(store.list().unwrap().is_empty());
        assert!(matches!(store.load("relayer", PASSWORD), Err(KeyStoreError::Unknown { .. })));
    }

    #[test]
    fn a_private_key_without_mnemonic_is_kept_too() {
        let (_dir, store) = store();
        let key = store.import("bare", &[7; 32], PASSWORD).unwrap();
        assert_eq!(store.load("bare", PASSWORD).unwrap().account_id(), key.account_id());
        assert_eq!(store.list().unwrap()[0].path, NO_PATH);
        let bare = store.unseal("bare", PASSWORD).unwrap();
        assert!(!format!("{bare:?}").contains(&hex::encode([7; 32])));
        let at = |index| bare.key_at(HdPath::cosmos(index)).unwrap().account_id();
        assert_eq!(at(1000), at(1000));
        assert!(at(1000) != at(0) && at(1000) != key.account_id());
        assert!(matches!(store.load("bare", "wrong horse"), Err(KeyStoreError::Password(_))));
    }

    #[test]
    fn another_programs_names_are_made_to_fit() {
        let (_dir, store) = store();
        for name in ["relayer", "my.key@hub 1", "ключ", "", &"long".repeat(20)] {
            let fitting = fitting_name(name);
            store.file(&fitting).unwrap();
            assert_eq!(store.file(name).is_ok(), fitting == name, "{name}");
        }
        assert_eq!(fitting_name("my.key@hub 1"), "my-key-hub-1");
    }

    #[test]
    fn nothing_secret_stands_in_the_file() {
        let (dir, store) = store();
        let words = store.add("new", PASSWORD).unwrap();
        let file = dir.path().join("keys/new.json");
        let text = fs::read_to_string(&file).unwrap();
        // Single words may be names of fields, such as "memory"; two in a row cannot.
        let words: Vec<&str> = words.split(' ').collect();
        assert!(words.windows(2).all(|pair| !text.contains(&pair.join(" "))));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn wrong_password_and_changed_file_are_refused() {
        let (dir, store) = store();
        store.restore("k", WORDS, HdPath::cosmos(0), PASSWORD).unwrap();
        assert!(matches!(store.load("k", "wrong horse"), Err(KeyStoreError::Password(_))));
        assert!(matches!(store.remove("k", "wrong horse"), Err(KeyStoreError::Password(_))));
        let file = dir.path().join("keys/k.json");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace("0'/0/0", "0'/0/1")).unwrap();
        assert!(matches!(store.load("k", PASSWORD), Err(KeyStoreError::Password(_))));
        fs::write(&file, "{}").unwrap();
        assert!(matches!(store.load("k", PASSWORD), Err(KeyStoreError::Malformed { .. })));
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let (_dir, store) = store();
        store.add("k", PASSWORD).unwrap();
        let again = store.restore("k", WORDS, HdPath::cosmos(0), PASSWORD);
        assert!(matches!(again, Err(KeyStoreError::Exists(_))));
    }

    #[test]
    fn bad_names_and_passwords_are_refused() {
        let (_dir, store) = store();
        for name in ["", "../up", "a b", &"x".repeat(65)] {
            assert!(matches!(store.add(name, PASSWORD), Err(KeyStoreError::Name(_))));
        }
        assert!(matches!(store.add("k", "short"), Err(KeyStoreError::WeakPassword)));
    }
}
