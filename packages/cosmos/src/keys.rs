//! Keys: a BIP-39 mnemonic to a secp256k1 key to an address.

use std::fmt;
use std::str::FromStr;

use bip32::{DerivationPath, XPrv};
use bip39::Mnemonic;
use k256::CompressedPoint;
use k256::ecdsa::signature::Signer;
use k256::ecdsa::{Signature, SigningKey};
use rand_core::{OsRng, RngCore};
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub mod keyring;
pub mod password;
pub mod store;

pub use store::{KeyStore, KeyStoreError, StoredKey};

/// Where below a mnemonic a key lies, such as `m/44'/118'/0'/0/0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HdPath(DerivationPath);

impl HdPath {
    /// The path of Cosmos chains, `m/44'/118'/0'/0/index`.
    ///
    /// # Panics
    /// For an index of 2³¹ and beyond, which no path has.
    pub fn cosmos(index: u32) -> Self {
        let path = format!("m/44'/118'/0'/0/{index}");
        Self(path.parse().expect("a path of five numbers below 2^31 parses"))
    }
}

impl fmt::Display for HdPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for HdPath {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        text.parse().map(Self).map_err(|_| KeyError::Path { got: text.to_owned() })
    }
}

/// Why no key or address can be made of what was given. No variant repeats a secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The words are no BIP-39 mnemonic.
    #[error("mnemonic is not valid ({reason}); expected 12, 15, 18, 21 or 24 english words")]
    Mnemonic {
        /// What is wrong with it: the position of a word, the count, or the checksum.
        reason: String,
    },
    /// The derivation path does not parse.
    #[error("derivation path `{got}` is not valid; expected a form like `m/44'/118'/0'/0/0`")]
    Path {
        /// What was given.
        got: String,
    },
    /// The path leads to no key, which happens once in 2¹²⁷.
    #[error("no key at derivation path `{0}`; use another index")]
    Derive(HdPath),
    /// The bytes are no secp256k1 secret.
    #[error("private key is not valid; expected 32 bytes below the order of secp256k1")]
    Secret,
    /// The address prefix cannot be written in bech32.
    #[error("address prefix `{got}` is not valid; expected lower-case letters such as `cosmos`")]
    Prefix {
        /// What was given.
        got: String,
    },
    /// The address is not bech32.
    #[error("address `{got}` is not valid; expected a form like `cosmos1…`")]
    Address {
        /// What was given.
        got: String,
    },
    /// The system gave no randomness.
    #[error("the system's random source failed; try again")]
    Random,
}

/// A secp256k1 key that signs transactions. It is erased when dropped and never printed.
#[derive(Clone)]
pub struct Key(SigningKey);

impl Key {
    /// Derives the key at `path` below a mnemonic with an empty passphrase.
    ///
    /// # Errors
    /// [`KeyError::Mnemonic`] when the words are not valid, [`KeyError::Derive`] when there is no key.
    pub fn from_mnemonic(words: &str, path: HdPath) -> Result<Self, KeyError> {
        let seed = Zeroizing::new(parse_mnemonic(words)?.to_seed_normalized(""));
        let derived = XPrv::derive_from_path(*seed, &path.0).map_err(|_| KeyError::Derive(path))?;
        Ok(Self(derived.private_key().clone()))
    }

    /// Takes a raw secret.
    ///
    /// # Errors
    /// [`KeyError::Secret`] when it is zero or not below the order of the curve.
    pub fn from_secret(secret: &[u8; 32]) -> Result<Self, KeyError> {
        SigningKey::from_slice(secret).map(Self).map_err(|_| KeyError::Secret)
    }

    /// The compressed public key.
    pub fn public_key(&self) -> [u8; 33] {
        CompressedPoint::from(self.0.verifying_key()).into()
    }

    /// The account behind the key: RIPEMD-160 of SHA-256 of the public key.
    pub fn account_id(&self) -> [u8; 20] {
        account_id(&self.public_key())
    }

    /// The account's address under a chain's prefix.
    ///
    /// # Errors
    /// [`KeyError::Prefix`] when the prefix cannot be written in bech32.
    pub fn address(&self, prefix: &str) -> Result<String, KeyError> {
        encode_address(prefix, &self.account_id())
    }

    /// Signs SHA-256 of `bytes`: `r ‖ s` with the low `s`, deterministic by RFC 6979.
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        let signature: Signature = self.0.sign(bytes);
        signature.to_bytes().into()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key(account {}, secret hidden)", hex::encode(self.account_id()))
    }
}

/// The account behind a compressed public key.
pub fn account_id(public_key: &[u8; 33]) -> [u8; 20] {
    Ripemd160::digest(Sha256::digest(public_key)).into()
}

/// Writes an account or contract in bech32.
///
/// # Errors
/// [`KeyError::Prefix`] when the prefix cannot be written in bech32.
pub fn encode_address(prefix: &str, account: &[u8]) -> Result<String, KeyError> {
    let wrong = || KeyError::Prefix { got: prefix.to_owned() };
    let hrp = bech32::Hrp::parse(prefix).map_err(|_| wrong())?;
    bech32::encode_lower::<bech32::Bech32>(hrp, account).map_err(|_| wrong())
}

/// Writes the account of a module, such as `gov`.
///
/// # Errors
/// As [`encode_address`].
///
/// Source: cosmos-sdk v0.53 `x/auth/types/account.go`, `NewModuleAddress`.
pub fn module_address(prefix: &str, module: &str) -> Result<String, KeyError> {
    let hash = Sha256::digest(module);
    encode_address(prefix, &hash[..20])
}

/// Reads a bech32 address into its prefix and bytes.
///
/// # Errors
/// [`KeyError::Address`] when it is not bech32.
pub fn decode_address(address: &str) -> Result<(String, Vec<u8>), KeyError> {
    let wrong = || KeyError::Address { got: address.to_owned() };
    let checked = bech32::primitives::decode::CheckedHrpstring::new::<bech32::Bech32>(address)
        .map_err(|_| wrong())?;
    Ok((checked.hrp().to_lowercase(), checked.byte_iter().collect()))
}

/// Makes a new mnemonic of 24 words from the system's randomness.
///
/// # Errors
/// [`KeyError::Random`] when the system has none.
pub fn new_mnemonic() -> Result<Zeroizing<String>, KeyError> {
    let mut entropy = Zeroizing::new([0u8; 32]);
    OsRng.try_fill_bytes(&mut *entropy).map_err(|_| KeyError::Random)?;
    let mnemonic = Mnemonic::from_entropy(&*entropy).map_err(|_| KeyError::Random)?;
    Ok(Zeroizing::new(mnemonic.to_string()))
}

/// Reads a mnemonic, forgiving capitals and any white space between words.
fn parse_mnemonic(words: &str) -> Result<Mnemonic, KeyError> {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = Zeroizing::new(words.to_lowercase());
    Mnemonic::parse_in_normalized(bip39::Language::English, &words).map_err(|error| {
        let reason = match error {
            bip39::Error::UnknownWord(index) => format!("word {} is not in the list", index + 1),
            bip39::Error::BadWordCount(count) => format!("it has {count} words"),
            bip39::Error::InvalidChecksum => "its checksum is wrong, a word may be mistyped".into(),
            _ => "it is malformed".into(),
        };
        KeyError::Mnemonic { reason }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWELVE: &str = "abandon abandon abandon abandon abandon abandon \
                          abandon abandon abandon abandon abandon about";

    #[test]
    fn known_mnemonic_gives_known_address() {
        let key = Key::from_mnemonic(TWELVE, HdPath::cosmos(0)).unwrap();
        let address = key.address("cosmos").unwrap();
        assert_eq!(address, "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4");
        let (prefix, account) = decode_address(&address).unwrap();
        assert_eq!((prefix.as_str(), account), ("cosmos", key.account_id().to_vec()));
    }

    #[test]
    fn path_and_index_choose_the_key() {
        let at = |path: &str| Key::from_mnemonic(TWELVE, path.parse().unwrap()).unwrap();
        assert_eq!(at("m/44'/118'/0'/0/1").account_id(), {
            Key::from_mnemonic(TWELVE, HdPath::cosmos(1)).unwrap().account_id()
        });
        assert_ne!(at("m/44'/118'/0'/0/0").account_id(), at("m/44'/118'/0'/0/1").account_id());
        assert!("44/118".parse::<HdPath>().is_err());
    }

    #[test]
    fn new_mnemonics_are_valid_and_differ() {
        let (one, other) = (new_mnemonic().unwrap(), new_mnemonic().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.split(' ').count(), 24);
        Key::from_mnemonic(&one, HdPath::cosmos(0)).unwrap();
    }

    #[test]
    fn bad_mnemonics_say_why() {
        let reason = |words: &str| match Key::from_mnemonic(words, HdPath::cosmos(0)) {
            Err(KeyError::Mnemonic { reason }) => reason,
            other => panic!("expected a mnemonic error, got {other:?}"),
        };
        assert_eq!(reason("abandon about"), "it has 2 words");
        assert_eq!(reason(&TWELVE.replace("about", "abuot")), "word 12 is not in the list");
        assert!(reason(&TWELVE.replace("about", "abandon")).contains("checksum"));
        let shouted = format!("  {}\n", TWELVE.to_uppercase());
        assert!(Key::from_mnemonic(&shouted, HdPath::cosmos(0)).is_ok());
    }

    #[test]
    fn debug_hides_the_secret() {
        let key = Key::from_secret(&[7; 32]).unwrap();
        let shown = format!("{key:?}");
        assert!(shown.contains("hidden") && !shown.contains(&hex::encode([7; 32])));
    }

    #[test]
    fn signature_verifies_and_repeats() {
        use k256::ecdsa::signature::Verifier;
        let key = Key::from_secret(&[7; 32]).unwrap();
        let signature = key.sign(b"text");
        assert_eq!(signature, key.sign(b"text"));
        let signature = Signature::from_slice(&signature).unwrap();
        key.0.verifying_key().verify(b"text", &signature).unwrap();
    }
}
