//! Keys that a program of the Cosmos SDK keeps with `--keyring-backend test`: gaiad and the like, and rly.
//!
//! Such a keyring is a folder with a file for each key, sealed with a password that everybody knows. So whoever reads the
//! file has the key; taking it over into a [`KeyStore`](super::KeyStore) makes it safer.
//!
//! Source: Cosmos SDK v0.53 `crypto/keyring/keyring.go`, `newTestBackendKeyringConfig`;
//! `proto/cosmos/crypto/keyring/v1/record.proto`; 99designs/keyring v1.2 `file.go`; RFC 7516 and RFC 7518, sections 4.4, 4.8
//! and 5.3.

use std::io;
use std::path::{Path, PathBuf};

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use aes_kw::KekAes128;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64_URL};
use prost::Message as _;
use serde::Deserialize;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::Any;

/// The password of every such keyring.
const PASSWORD: &[u8] = b"test";
/// How the key that seals the file is made of the password.
const ALGORITHM: &str = "PBES2-HS256+A128KW";
const CIPHER: &str = "A256GCM";
/// No file asks for more rounds; one that does would keep us busy.
const MOST_ROUNDS: u32 = 10_000_000;
/// The type of keys that Cosmos chains take by default.
const SECP256K1: &str = "/cosmos.crypto.secp256k1.PrivKey";

/// Why a key of a keyring cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The file cannot be read.
    #[error("`{}` cannot be read", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file has another form, or another password.
    #[error("`{}` is no key of a keyring with the backend `test`: {reason}", file.display())]
    Form {
        /// The file.
        file: PathBuf,
        /// What is otherwise.
        reason: &'static str,
    },
    /// The key is in a device, or is somebody else's.
    #[error("`{}` has no private key", file.display())]
    NoSecret {
        /// The file.
        file: PathBuf,
    },
    /// The key is of another type.
    #[error("`{}` is a key of type `{got}`, expected `{SECP256K1}`", file.display())]
    Type {
        /// The file.
        file: PathBuf,
        /// Its type.
        got: String,
    },
}

/// The protected header of a sealed file.
#[derive(Deserialize)]
struct Header {
    alg: String,
    enc: String,
    /// Rounds.
    p2c: u32,
    /// Salt.
    p2s: String,
}

/// What is sealed.
#[derive(Deserialize)]
struct Item {
    #[serde(rename = "Data")]
    data: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Record {
    #[prost(message, optional, tag = "3")]
    local: Option<Local>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Local {
    #[prost(message, optional, tag = "1")]
    private_key: Option<Any>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PrivateKey {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
}

/// Reads a private key; `keyring` is the folder in which `keyring-test` lies.
///
/// # Errors
/// [`KeyringError`].
pub fn read(keyring: &Path, name: &str) -> Result<Zeroizing<[u8; 32]>, KeyringError> {
    let file = keyring.join("keyring-test").join(format!("{name}.info"));
    let sealed = match std::fs::read_to_string(&file) {
        Ok(sealed) => sealed,
        Err(source) => return Err(KeyringError::File { file, source }),
    };
    let record = match unseal(sealed.trim()).and_then(|item| record(&item)) {
        Ok(record) => record,
        Err(reason) => return Err(KeyringError::Form { file, reason }),
    };
    let Some(key) = record.local.and_then(|local| local.private_key) else {
        return Err(KeyringError::NoSecret { file });
    };
    if key.type_url != SECP256K1 {
        return Err(KeyringError::Type { file, got: key.type_url });
    }
    let packed = Zeroizing::new(key.value);
    let secret = PrivateKey::decode(packed.as_slice()).ok();
    let secret = secret.map(|secret| Zeroizing::new(secret.key));
    match secret.and_then(|secret| <[u8; 32]>::try_from(secret.as_slice()).ok()) {
        Some(secret) => Ok(Zeroizing::new(secret)),
        None => Err(KeyringError::Form { file, reason: "the private key has not 32 bytes" }),
    }
}

/// Opens a JSON Web Encryption in its compact form.
fn unseal(sealed: &str) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let parts: Vec<&str> = sealed.split('.').collect();
    let [protected, wrapped, nonce, text, tag] = parts[..] else {
        return Err("it has not five parts");
    };
    let decode = |part: &str| BASE64_URL.decode(part).map_err(|_| "a part is no base64");
    let header: Header =
        serde_json::from_slice(&decode(protected)?).map_err(|_| "its header is not readable")?;
    if header.alg != ALGORITHM || header.enc != CIPHER {
        return Err("it is sealed in another way");
    }
    if header.p2c > MOST_ROUNDS {
        return Err("its password takes too many rounds");
    }
    let salt = [ALGORITHM.as_bytes(), &[0], &decode(&header.p2s)?].concat();
    let mut password = Zeroizing::new([0; 16]);
    pbkdf2::pbkdf2_hmac::<Sha256>(PASSWORD, &salt, header.p2c, &mut *password);
    let mut key = Zeroizing::new([0; 32]);
    let wrapped = decode(wrapped)?;
    let unwrapped = KekAes128::from(*password).unwrap(&wrapped, &mut *key);
    unwrapped.map_err(|_| "it has another password")?;
    let nonce: [u8; 12] = decode(nonce)?.try_into().map_err(|_| "its nonce has not 12 bytes")?;
    let sealed = [decode(text)?, decode(tag)?].concat();
    let payload = Payload { msg: &sealed, aad: protected.as_bytes() };
    let opened = Aes256Gcm::new((&*key).into()).decrypt(&nonce.into(), payload);
    opened.map(Zeroizing::new).map_err(|_| "it was changed")
}

fn record(item: &[u8]) -> Result<Record, &'static str> {
    let item: Item = serde_json::from_slice(item).map_err(|_| "it holds no item")?;
    let text = Zeroizing::new(item.data);
    let data = BASE64.decode(text.as_bytes()).map_err(|_| "its item is no base64")?;
    let data = Zeroizing::new(data);
    Record::decode(data.as_slice()).map_err(|_| "its item is no key, or one of before SDK 0.46")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{HdPath, Key};

    /// What `wasmd keys add relayer --recover --keyring-backend test` of wasmd v0.61.14 wrote for [`WORDS`].
    const FILE: &str = include_str!("keyring/relayer.info");
    const WORDS: &str = "damage govern juice prefer cannon side provide base top sample close divorce sun \
                         solution exist wheel little audit sick anger kid knife ignore culture";

    fn keyring(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("keyring-test");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(inner.join("relayer.info"), text).unwrap();
        folder
    }

    #[test]
    fn a_key_that_wasmd_wrote_is_read() {
        let folder = keyring(FILE);
        let secret = read(folder.path(), "relayer").unwrap();
        let expected = Key::from_mnemonic(WORDS, HdPath::cosmos(0)).unwrap();
        assert_eq!(Key::from_secret(&secret).unwrap().account_id(), expected.account_id());
        let missing = read(folder.path(), "other").unwrap_err();
        assert!(matches!(missing, KeyringError::File { .. }), "{missing}");
    }

    #[test]
    fn a_file_that_was_changed_is_refused() {
        let parts: Vec<&str> = FILE.trim().split('.').collect();
        let header = BASE64_URL.decode(parts[0]).unwrap();
        let header = String::from_utf8(header).unwrap();
        let with = |index: usize, part: String| {
            let mut parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
            parts[index] = part;
            parts.join(".")
        };
        let of = |from: &str, to: &str| {
            assert!(header.contains(from), "{header}");
            with(0, BASE64_URL.encode(header.replace(from, to)))
        };
        let flipped = |index: usize| {
            let mut bytes = BASE64_URL.decode(parts[index]).unwrap();
            bytes[0] ^= 1;
            with(index, BASE64_URL.encode(bytes))
        };
        for (text, reason) in [
            (parts[..4].join("."), "it has not five parts"),
            (with(0, "%".into()), "a part is no base64"),
            (of("A256GCM", "A128GCM"), "it is sealed in another way"),
            (of("8192", "4000000000"), "its password takes too many rounds"),
            (of("8192", "8191"), "it has another password"),
            (of("created", "creates"), "it was changed"),
            (flipped(1), "it has another password"),
            (flipped(3), "it was changed"),
            (flipped(4), "it was changed"),
        ] {
            let refused = read(keyring(&text).path(), "relayer").unwrap_err();
            let KeyringError::Form { reason: got, .. } = refused else { panic!("{refused}") };
            assert_eq!(got, reason, "{text}");
        }
    }
}
