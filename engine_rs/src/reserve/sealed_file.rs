//! The sealed file: a reserve under a passphrase, in the keepers' hands (FORMAT.md A.6).
//!
//! A passphrase can be guessed by whoever has the file, as fast as Argon2id lets them. So the file goes to its keepers
//! and never into a journal.
//!
//! Reading is strict: every length is bounded before anything is allocated, a field that FORMAT.md does not allow is
//! refused, and no byte may follow. The file has the same length for every amount.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use zeroize::Zeroize;

use super::commitment::{Commitment, InvalidTerms, Terms};
use super::entropy::{Entropy, NoEntropy};
use super::locked::{CannotHoldReserve, Locked, SECRET_BYTES, Workspace};
use super::opening::{self, Opening};
use super::scrub::scrubbed;
use super::secret::{Passphrase, SecretAmount};
use crate::amount::Amount;

const MAGIC: &[u8; 8] = b"PYAUSEAL";
const VERSION: u16 = 1;
const SUITE: u16 = 1;
const MAX_WRAPS: u8 = 16;
const WRAP_PASSPHRASE: u8 = 1;
const WRAP_TAG: &[u8] = b"pyauction/wrap/v1";
const PASSPHRASE_WRAP_BYTES: u16 = 88;
const KEY_BYTES: usize = 32;
const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const WRAPPED_KEY_BYTES: usize = KEY_BYTES + TAG_BYTES;
const SEALED_BYTES: usize = SECRET_BYTES + TAG_BYTES;

/// The longest sealed file; a reader need not take in more.
pub const MAX_SEALED_FILE_BYTES: usize = 8 + 4 + 65 + 4 + 65 + 1 + 8 + 32 + 1 + 16 * (3 + 88) + 12 + 56;

/// A key that moves without being copied and is zeroed when it goes.
type Key = Locked<KEY_BYTES>;

/// Argon2id's cost. Always within the bounds of FORMAT.md, and with 8 KiB at least for each lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfParams {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// A cost that is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected Argon2id with 8 to 1048576 KiB of memory (8 for each lane), 1 to 64 passes and 1 to 16 lanes, got \
     {memory_kib} KiB, {passes} passes and {lanes} lanes"
)]
pub struct InvalidKdf {
    /// The memory, in KiB.
    pub memory_kib: u32,
    /// The number of passes.
    pub passes: u32,
    /// The number of lanes.
    pub lanes: u32,
}

impl KdfParams {
    /// 64 MiB, 3 passes, 1 lane.
    pub const DEFAULT: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };

    /// Returns the parameters of this cost.
    ///
    /// # Errors
    /// [`InvalidKdf`] names the bounds.
    pub const fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, InvalidKdf> {
        let lanes_fit = lanes >= 1 && lanes <= 16;
        let memory_fits = lanes_fit && memory_kib >= 8 * lanes && memory_kib <= 1_048_576;
        if memory_fits && passes >= 1 && passes <= 64 {
            return Ok(Self { memory_kib, passes, lanes });
        }
        Err(InvalidKdf { memory_kib, passes, lanes })
    }

    /// Returns the key that the passphrase and the salt make at this cost.
    fn derive(self, passphrase: &Passphrase, salt: &[u8]) -> Result<Key, SealError> {
        let defect = |_| SealError::Defect("Argon2id");
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(KEY_BYTES)).map_err(defect)?;
        // Not left to the crate, which would neither hide nor zero it.
        let no_memory = |_| SealError::OutOfMemory { kib: self.memory_kib };
        let mut memory = Workspace::new(params.block_count()).map_err(no_memory)?;
        let mut key = Key::new()?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let (password, output) = (passphrase.expose(), key.as_mut_slice());
        scrubbed(|| argon2.hash_password_into_with_memory(password, salt, output, memory.blocks())).map_err(defect)?;
        Ok(key)
    }
}

impl Default for KdfParams {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Why a reserve cannot be sealed, or a sealed file not be opened. Never says anything about an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The reserve is less than the start price (起始价).
    #[error("the reserve is below the start price")]
    BelowStart,
    /// The start price is not positive.
    #[error("expected a start price of at least 1, got {0}")]
    StartPrice(Amount),
    /// The passphrase is empty.
    #[error("expected a passphrase, got none")]
    EmptyPassphrase,
    /// No passphrase wrap opens with this passphrase, or one of its bytes was changed.
    #[error("wrong passphrase, or the sealed file was changed")]
    WrongPassphrase,
    /// The file does not begin with `PYAUSEAL`.
    #[error("this is not a sealed reserve: it does not begin with PYAUSEAL")]
    NotASealedFile,
    /// The file states a version, suite or kind of wrap that this reader does not know.
    #[error("the sealed file has {field} {got}; this program knows {known} only")]
    Unsupported {
        /// Which field.
        field: &'static str,
        /// The number found.
        got: u16,
        /// The number known.
        known: u16,
    },
    /// The file ends inside a field.
    #[error("the sealed file ends inside its field {0}")]
    Truncated(&'static str),
    /// A field has a value that is not allowed.
    #[error("the sealed file's field {0} has a value that is not allowed")]
    Malformed(&'static str),
    /// The file states terms that are not allowed.
    #[error("the sealed file's terms are not allowed: {0}")]
    Terms(#[from] InvalidTerms),
    /// A cost that is not allowed.
    #[error(transparent)]
    Kdf(#[from] InvalidKdf),
    /// Bytes follow the last field.
    #[error("the sealed file has {0} bytes after its end")]
    TrailingBytes(usize),
    /// The passphrase was right, and the contents were changed or made by another program's mistake: they do not
    /// authenticate, do not open the file's commitment, or are below its start price.
    #[error("the sealed file's contents do not agree with its header")]
    Inconsistent,
    /// There is not enough memory for Argon2id.
    #[error("the passphrase needs {kib} KiB of memory to be checked, and they are not available")]
    OutOfMemory {
        /// The memory, in KiB.
        kib: u32,
    },
    /// No random bytes.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// There is no locked memory for what is to be secret.
    #[error(transparent)]
    CannotHoldReserve(#[from] CannotHoldReserve),
    /// A cryptographic function refused valid input.
    #[error("{0} refused valid input; this is a defect of pyauction")]
    Defect(&'static str),
}

/// The key to the contents of one sealed file. It cannot be cloned, printed or serialised.
pub struct DataKey(Key);

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(..)")
    }
}

/// A sealed file that has been read: what it says in the clear, and the rest to be opened.
pub struct SealedFile {
    terms: Terms,
    start_price: Amount,
    commitment: Commitment,
    wraps: Vec<PassphraseWrap>,
    nonce: [u8; NONCE_BYTES],
    sealed: [u8; SEALED_BYTES],
    before_wraps: Vec<u8>,
    before_nonce: Vec<u8>,
}

struct PassphraseWrap {
    salt: [u8; SALT_BYTES],
    kdf: KdfParams,
    nonce: [u8; NONCE_BYTES],
    wrapped_key: [u8; WRAPPED_KEY_BYTES],
}

impl SealedFile {
    /// Returns what the bytes of a sealed file state.
    ///
    /// # Errors
    /// [`SealError`] names the first field that is not as FORMAT.md A.6 has it.
    pub fn parse(bytes: &[u8]) -> Result<Self, SealError> {
        let mut reader = Reader { whole: bytes, rest: bytes };
        if reader.array::<8>("magic") != Ok(*MAGIC) {
            return Err(SealError::NotASealedFile);
        }
        reader.known("version", VERSION)?;
        reader.known("suite", SUITE)?;
        let lot = reader.name("lot")?;
        let round = reader.u32("round")?;
        let currency = reader.name("currency")?;
        let [exponent] = reader.array("exponent")?;
        let terms = Terms::new(lot, round, currency, exponent)?;
        let start_price = Amount(i64::from_le_bytes(reader.array("start price")?));
        if start_price < Amount(1) {
            return Err(SealError::Malformed("start price"));
        }
        let commitment = Commitment(reader.array("commitment")?);
        let before_wraps = reader.consumed().to_vec();
        let [count] = reader.array("wraps")?;
        if !(1..=MAX_WRAPS).contains(&count) {
            return Err(SealError::Malformed("wraps"));
        }
        let wraps = (0..count).map(|_| reader.wrap()).collect::<Result<Vec<_>, _>>()?;
        let before_nonce = reader.consumed().to_vec();
        let nonce = reader.array("nonce")?;
        let sealed = reader.array("sealed")?;
        match reader.rest.len() {
            0 => Ok(Self { terms, start_price, commitment, wraps, nonce, sealed, before_wraps, before_nonce }),
            trailing => Err(SealError::TrailingBytes(trailing)),
        }
    }

    /// Returns the lot, round and currency that the reserve is for.
    #[must_use]
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Returns the start price that the reserve was checked against.
    #[must_use]
    pub const fn start_price(&self) -> Amount {
        self.start_price
    }

    /// Returns the commitment to the reserve.
    #[must_use]
    pub const fn commitment(&self) -> Commitment {
        self.commitment
    }

    /// Returns the data key, from the first wrap that the passphrase opens.
    ///
    /// This takes as long as the file's Argon2id cost says: up to 64 passes over 1 GiB for each of up to 16 wraps.
    ///
    /// # Errors
    /// [`SealError::WrongPassphrase`], which says nothing else; [`SealError::OutOfMemory`] and
    /// [`SealError::CannotHoldReserve`].
    pub fn unlock(&self, passphrase: &Passphrase) -> Result<DataKey, SealError> {
        let associated = wrap_associated(&self.before_wraps);
        let mut key = Key::new()?;
        for wrap in &self.wraps {
            let wrapping = wrap.kdf.derive(passphrase, &wrap.salt)?;
            let (wrapped, tag) = split_tag::<WRAPPED_KEY_BYTES, KEY_BYTES>(&wrap.wrapped_key)?;
            *key = wrapped;
            if decrypt(&wrapping, &wrap.nonce, &associated, key.as_mut_slice(), &tag).is_ok() {
                return Ok(DataKey(key));
            }
        }
        Err(SealError::WrongPassphrase)
    }

    /// Opens the contents. They are checked against the file's own commitment, terms and start price; whether these are
    /// the lot's is the vault's to judge.
    ///
    /// # Errors
    /// [`SealError::Inconsistent`] where the contents are not what the header states, and
    /// [`SealError::CannotHoldReserve`].
    pub fn open(&self, DataKey(key): &DataKey) -> Result<Opening, SealError> {
        let (sealed, tag) = split_tag::<SEALED_BYTES, SECRET_BYTES>(&self.sealed)?;
        let mut secret = Locked::new()?;
        *secret = sealed;
        decrypt(key, &self.nonce, &self.before_nonce, secret.as_mut_slice(), &tag)?;
        let opening = Opening::from_secret(secret).prove(&self.terms, self.commitment);
        opening.filter(|opening| !opening.is_below(self.start_price)).ok_or(SealError::Inconsistent)
    }
}

/// Opens a sealed file: [`SealedFile::unlock`], then [`SealedFile::open`].
///
/// # Errors
/// As these two.
pub fn open(file: &SealedFile, passphrase: &Passphrase) -> Result<Opening, SealError> {
    file.open(&file.unlock(passphrase)?)
}

/// Returns the bytes of a new sealed file, with one passphrase wrap.
///
/// Random bytes are drawn in this order: blinding, data key, salt, the wrap's nonce, the nonce.
///
/// # Errors
/// [`SealError::BelowStart`], [`SealError::StartPrice`], [`SealError::EmptyPassphrase`], [`SealError::NoEntropy`],
/// [`SealError::OutOfMemory`] or [`SealError::CannotHoldReserve`].
pub fn seal(
    terms: &Terms,
    start_price: Amount,
    amount: &SecretAmount,
    passphrase: &Passphrase,
    entropy: &mut dyn Entropy,
    kdf: KdfParams,
) -> Result<Vec<u8>, SealError> {
    if start_price < Amount(1) {
        return Err(SealError::StartPrice(start_price));
    }
    if scrubbed(|| amount.expose() < start_price) {
        return Err(SealError::BelowStart);
    }
    if passphrase.is_empty() {
        return Err(SealError::EmptyPassphrase);
    }
    let (mut secret, mut key, mut wrapped_key) = (Locked::new()?, Key::new()?, Key::new()?);
    let (mut salt, mut wrap_nonce, mut nonce) = ([0; SALT_BYTES], [0; NONCE_BYTES], [0; NONCE_BYTES]);
    scrubbed(|| opening::put_amount(amount.expose(), &mut secret));
    entropy.fill(opening::blinding_mut(&mut secret))?;
    entropy.fill(key.as_mut_slice())?;
    entropy.fill(&mut salt)?;
    entropy.fill(&mut wrap_nonce)?;
    entropy.fill(&mut nonce)?;

    let mut file = Vec::with_capacity(MAX_SEALED_FILE_BYTES);
    put_header(&mut file, terms, start_price, opening::commitment_of(&secret, terms));
    let associated = wrap_associated(&file);
    file.extend([1, WRAP_PASSPHRASE]);
    file.extend(PASSPHRASE_WRAP_BYTES.to_le_bytes());
    file.extend(salt);
    file.extend(kdf.memory_kib.to_le_bytes());
    file.extend(kdf.passes.to_le_bytes());
    file.extend(kdf.lanes.to_le_bytes());
    file.extend(wrap_nonce);
    wrapped_key.copy_from_slice(key.as_slice());
    let wrapping = kdf.derive(passphrase, &salt)?;
    let tag = encrypt(&wrapping, &wrap_nonce, &associated, wrapped_key.as_mut_slice())?;
    file.extend(wrapped_key.iter());
    file.extend(tag);
    let tag = encrypt(&key, &nonce, &file, secret.as_mut_slice())?;
    file.extend(nonce);
    file.extend(secret.iter());
    file.extend(tag);
    Ok(file)
}

fn put_header(file: &mut Vec<u8>, terms: &Terms, start_price: Amount, commitment: Commitment) {
    file.extend(MAGIC);
    file.extend(VERSION.to_le_bytes());
    file.extend(SUITE.to_le_bytes());
    put_name(file, terms.lot());
    file.extend(terms.round().to_le_bytes());
    put_name(file, terms.currency());
    file.push(terms.exponent());
    file.extend(start_price.minor().to_le_bytes());
    file.extend(commitment.as_bytes());
}

#[allow(clippy::cast_possible_truncation, reason = "terms hold names of at most 64 bytes")]
fn put_name(file: &mut Vec<u8>, name: &str) {
    file.push(name.len() as u8);
    file.extend(name.as_bytes());
}

fn wrap_associated(before_wraps: &[u8]) -> Vec<u8> {
    [WRAP_TAG, before_wraps].concat()
}

fn encrypt(
    key: &[u8; KEY_BYTES],
    nonce: &[u8; NONCE_BYTES],
    associated: &[u8],
    buffer: &mut [u8],
) -> Result<[u8; TAG_BYTES], SealError> {
    let tag = scrubbed(|| {
        let cipher = ChaCha20Poly1305::new(key.into());
        cipher.encrypt_inout_detached(nonce.into(), associated, buffer.into())
    });
    Ok(tag.map_err(|_| SealError::Defect("ChaCha20-Poly1305"))?.into())
}

/// Decrypts in place. A buffer that does not authenticate is zeroed.
fn decrypt(
    key: &[u8; KEY_BYTES],
    nonce: &[u8; NONCE_BYTES],
    associated: &[u8],
    buffer: &mut [u8],
    tag: &[u8; TAG_BYTES],
) -> Result<(), SealError> {
    let opened = scrubbed(|| {
        let cipher = ChaCha20Poly1305::new(key.into());
        cipher.decrypt_inout_detached(nonce.into(), associated, (&mut *buffer).into(), tag.into())
    });
    opened.map_err(|_| {
        buffer.zeroize();
        SealError::Inconsistent
    })
}

/// Returns the `N` bytes of text and the tag that follows them.
fn split_tag<const WHOLE: usize, const N: usize>(bytes: &[u8; WHOLE]) -> Result<([u8; N], [u8; TAG_BYTES]), SealError> {
    let mut reader = Reader { whole: bytes, rest: bytes };
    Ok((reader.array("text")?, reader.array("tag")?))
}

/// Takes fields from the front; a field that is not there whole is an error.
struct Reader<'a> {
    whole: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], SealError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(SealError::Truncated(field))?;
        self.rest = rest;
        Ok(*taken)
    }

    fn u32(&mut self, field: &'static str) -> Result<u32, SealError> {
        self.array(field).map(u32::from_le_bytes)
    }

    fn name(&mut self, field: &'static str) -> Result<&'a str, SealError> {
        let [length] = self.array(field)?;
        let taken = self.rest.split_at_checked(length.into());
        let (name, rest) = taken.ok_or(SealError::Truncated(field))?;
        self.rest = rest;
        std::str::from_utf8(name).map_err(|_| SealError::Malformed(field))
    }

    fn known(&mut self, field: &'static str, known: u16) -> Result<(), SealError> {
        match self.array(field).map(u16::from_le_bytes)? {
            got if got == known => Ok(()),
            got => Err(SealError::Unsupported { field, got, known }),
        }
    }

    fn wrap(&mut self) -> Result<PassphraseWrap, SealError> {
        let [kind] = self.array("kind of wrap")?;
        if kind != WRAP_PASSPHRASE {
            let (got, known) = (kind.into(), WRAP_PASSPHRASE.into());
            return Err(SealError::Unsupported { field: "kind of wrap", got, known });
        }
        if u16::from_le_bytes(self.array("length of wrap")?) != PASSPHRASE_WRAP_BYTES {
            return Err(SealError::Malformed("length of wrap"));
        }
        let salt = self.array("salt")?;
        let (memory_kib, passes, lanes) = (self.u32("memory")?, self.u32("passes")?, self.u32("lanes")?);
        let kdf = KdfParams::new(memory_kib, passes, lanes)?;
        Ok(PassphraseWrap { salt, kdf, nonce: self.array("nonce of wrap")?, wrapped_key: self.array("wrapped key")? })
    }

    /// Returns the bytes before the next field.
    fn consumed(&self) -> &'a [u8] {
        let length = self.whole.len().saturating_sub(self.rest.len());
        self.whole.get(..length).unwrap_or_default()
    }
}
