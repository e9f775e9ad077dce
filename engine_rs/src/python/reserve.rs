//! Sealed reserves. The amount never becomes a Python object: it goes from the terminal or a descriptor into the vault.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::{PyKeyboardInterrupt, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rustix::fs::{Mode, OFlags};
use zeroize::Zeroizing;

use super::decision::hex;
use super::errors::{self, misuse, raise};
use crate::amount::Amount;
use crate::house::CustodyError;
use crate::reserve::{
    self as core, AmountTextError, CannotHoldReserve, Commitment, DataKey, Entropy, KdfParams, Language,
    MAX_SEALED_FILE_BYTES, Mean, NewFile, Opening, OsEntropy, SealError, SealedFile, Source, TerminalError, Terms,
};
use crate::rules::Rounding;

/// A sealed reserve (底价): a commitment one can see and an amount one cannot.
#[pyclass(frozen, module = "pyauction._engine")]
pub(super) struct SealedReserve {
    kind: Kind,
    commitment: Commitment,
    terms: Terms,
}

enum Kind {
    /// A sealed file; only the passphrase opens it. The key is there once it was given ahead of its use.
    File { file: Box<SealedFile>, key: Mutex<Option<DataKey>> },
    /// An amount that a test or simulation gave.
    Simulated { amount: Zeroizing<i64>, blinding: Zeroizing<[u8; 32]> },
}

#[pymethods]
impl SealedReserve {
    /// Read a sealed file that `pyauction seal` made.
    #[staticmethod]
    fn from_file(path: PathBuf) -> PyResult<Self> {
        let unreadable = |what: String| raise("SealedFileError", format!("{}: {what}", path.display()));
        let bytes = read_regular(&path).map_err(|error| unreadable(error.to_string()))?;
        let file = SealedFile::parse(&bytes).map_err(|error| unreadable(error.to_string()))?;
        let (commitment, terms) = (file.commitment(), file.terms().clone());
        Ok(Self { kind: Kind::File { file: Box::new(file), key: Mutex::new(None) }, commitment, terms })
    }

    /// Make a sealed reserve from an amount, for tests and simulations only: the amount was a Python object.
    #[staticmethod]
    #[pyo3(signature = (lot, amount_minor, *, currency="CNY", exponent=2, round=1, blinding=None))]
    fn for_simulation(
        lot: &str,
        amount_minor: i64,
        currency: &str,
        exponent: u8,
        round: u32,
        blinding: Option<[u8; 32]>,
    ) -> PyResult<Self> {
        let terms = terms(lot, round, currency, exponent)?;
        let mut random = [0; 32];
        OsEntropy.fill(&mut random).map_err(|error| raise("ReserveError", error.to_string()))?;
        let blinding = blinding.unwrap_or(random);
        let commitment = core::commit(&terms, Amount(amount_minor), &blinding);
        let kind = Kind::Simulated { amount: Zeroizing::new(amount_minor), blinding: Zeroizing::new(blinding) };
        Ok(Self { kind, commitment, terms })
    }

    /// The commitment in hexadecimal, as the journal states it.
    #[getter]
    fn commitment(&self) -> String {
        hex(&self.commitment.0)
    }

    /// The lot for which it was sealed.
    #[getter]
    fn lot(&self) -> &str {
        self.terms.lot()
    }

    /// The round for which it was sealed, from 1.
    #[getter]
    fn round(&self) -> u32 {
        self.terms.round()
    }

    /// The currency in which it was sealed.
    #[getter]
    fn currency(&self) -> &str {
        self.terms.currency()
    }

    /// How many decimal digits of the currency a minor unit stands for.
    #[getter]
    fn exponent(&self) -> u8 {
        self.terms.exponent()
    }

    /// The start price that the amount was checked against when it was sealed; None for a simulation.
    #[getter]
    fn start_price_minor(&self) -> Option<i64> {
        match &self.kind {
            Kind::File { file, .. } => Some(file.start_price().minor()),
            Kind::Simulated { .. } => None,
        }
    }

    /// Ask for the passphrase now and prove that it opens the file. The next use does not ask again.
    #[pyo3(name = "_unlock")]
    #[pyo3(signature = (*, passphrase_fd=None, lang="en"))]
    fn unlock_ahead(&self, py: Python<'_>, passphrase_fd: Option<i32>, lang: &str) -> PyResult<()> {
        let Kind::File { file, key } = &self.kind else { return Ok(()) };
        core::check_room().map_err(cannot_hold)?;
        let given = ask(py, file, passphrase_fd, language(lang)?)?;
        file.open(&given).map_err(|error| seal(&error))?;
        key.lock().unwrap_or_else(PoisonError::into_inner).replace(given);
        Ok(())
    }

    fn __repr__(&self) -> String {
        format!("SealedReserve(lot={:?}, commitment={})", self.lot(), self.commitment())
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("a sealed reserve cannot be pickled or copied; read its file again"))
    }

    fn __copy__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a sealed reserve cannot be copied"))
    }

    fn __deepcopy__(&self, _memo: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("a sealed reserve cannot be copied"))
    }
}

impl SealedReserve {
    /// Whether somebody has to give a passphrase.
    pub(super) const fn is_locked(&self) -> bool {
        matches!(self.kind, Kind::File { .. })
    }

    /// The commitment that it states.
    pub(super) const fn stated(&self) -> Commitment {
        self.commitment
    }

    /// Returns the reserve as one that can be opened; a file asks for its passphrase at the terminal or reads it from `fd`,
    /// unless it was given ahead. Nothing is opened yet.
    pub(super) fn unlock(&self, py: Python<'_>, fd: Option<i32>) -> PyResult<Unlocked<'_>> {
        let Kind::File { file, key } = &self.kind else { return Ok(Unlocked { reserve: self, key: None }) };
        let ahead = key.lock().unwrap_or_else(PoisonError::into_inner).take();
        let key = ahead.map_or_else(|| ask(py, file, fd, Language::default()), Ok)?;
        Ok(Unlocked { reserve: self, key: Some(key) })
    }
}

/// A sealed reserve with its key.
pub(super) struct Unlocked<'a> {
    reserve: &'a SealedReserve,
    key: Option<DataKey>,
}

impl Unlocked<'_> {
    /// Opens the reserve, on its way into the vault.
    pub(super) fn open(self) -> PyResult<Opening> {
        match (&self.reserve.kind, &self.key) {
            (Kind::File { file, .. }, Some(key)) => file.open(key).map_err(|error| seal(&error)),
            (Kind::Simulated { amount, blinding }, _) => {
                let opening = Opening::for_simulation(**amount, **blinding).map_err(cannot_hold)?;
                Ok(opening.stating(self.reserve.commitment))
            }
            (Kind::File { .. }, None) => Err(raise("SealedFileError", "expected a passphrase, got none")),
        }
    }
}

/// Returns the bytes of a regular file, of at most [`MAX_SEALED_FILE_BYTES`].
fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    // Not blocking, since opening a named pipe would wait for its writer.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("expected a regular file"));
    }
    let most = u64::try_from(MAX_SEALED_FILE_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::with_capacity(MAX_SEALED_FILE_BYTES.saturating_add(1));
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_SEALED_FILE_BYTES {
        return Err(io::Error::other(format!("expected at most {MAX_SEALED_FILE_BYTES} bytes, received more")));
    }
    Ok(bytes)
}

/// Reads the passphrase and returns the key that it gives.
fn ask(py: Python<'_>, file: &SealedFile, fd: Option<i32>, language: Language) -> PyResult<DataKey> {
    let passphrase = py.detach(|| core::read_passphrase(source(fd), language));
    let passphrase = passphrase.map_err(|error| terminal(&error, "passphrase_fd (--passphrase-fd)"))?;
    // An interrupt that came while nobody looked stops the call before anything depends on it.
    py.check_signals()?;
    py.detach(|| file.unlock(&passphrase)).map_err(|error| seal(&error))
}

fn source(fd: Option<i32>) -> Source {
    fd.map_or(Source::Terminal, Source::Descriptor)
}

fn language(lang: &str) -> PyResult<Language> {
    match lang {
        "en" => Ok(Language::English),
        "zh-CN" => Ok(Language::Chinese),
        other => Err(misuse(format!("lang: expected en or zh-CN, received {other:?}"))),
    }
}

pub(super) fn terms(lot: &str, round: u32, currency: &str, exponent: u8) -> PyResult<Terms> {
    Terms::new(lot, round, currency, exponent).map_err(|error| misuse(error.to_string()))
}

pub(super) fn custody(error: &CustodyError) -> PyErr {
    match error {
        CustodyError::House(error) => errors::house(error),
        CustodyError::Vault(error) => errors::vault(error),
    }
}

fn seal(error: &SealError) -> PyErr {
    match error {
        SealError::BelowStart => raise("ReserveBelowStart", error.to_string()),
        SealError::CannotHoldReserve(error) => cannot_hold(*error),
        _ => raise("SealedFileError", error.to_string()),
    }
}

/// `descriptor` is how the caller gives a descriptor instead of the terminal.
pub(super) fn terminal(error: &TerminalError, descriptor: &str) -> PyErr {
    match error {
        TerminalError::Cancelled => PyKeyboardInterrupt::new_err(()),
        TerminalError::CannotHoldReserve(error) | TerminalError::Amount(AmountTextError::CannotHoldReserve(error)) => {
            cannot_hold(*error)
        }
        TerminalError::NoTerminal(_) => {
            raise("SealedFileError", format!("{error}; give what would be typed through {descriptor}"))
        }
        _ => raise("SealedFileError", error.to_string()),
    }
}

pub(super) fn cannot_hold(error: CannotHoldReserve) -> PyErr {
    raise("CannotHoldReserve", error.to_string())
}

/// seal_reserve(path, lot, start_price_minor, *, currency="CNY", exponent=2, round=1, unit="", unit_scale=0, fd=None,
///              lang="en")
/// --
///
/// Read an amount and a passphrase from the terminal or from `fd`, write the sealed file, return its commitment.
#[pyfunction]
#[pyo3(signature = (path, lot, start_price_minor, *, currency="CNY", exponent=2, round=1, unit="", unit_scale=0, fd=None,
                    lang="en"))]
pub(super) fn seal_reserve(
    py: Python<'_>,
    path: PathBuf,
    lot: &str,
    start_price_minor: i64,
    currency: &str,
    exponent: u8,
    round: u32,
    unit: &str,
    unit_scale: u8,
    fd: Option<i32>,
    lang: &str,
) -> PyResult<String> {
    let (terms, language) = (terms(lot, round, currency, exponent)?, language(lang)?);
    if start_price_minor < 1 {
        return Err(misuse(format!("start_price_minor: expected at least 1, received {start_price_minor}")));
    }
    let failed = |error: io::Error| raise("SealedFileError", format!("{}: {error}", path.display()));
    let place = NewFile::at(&path).map_err(failed)?;
    core::check_room().map_err(cannot_hold)?;
    let typed = py.detach(|| core::read_for_sealing(source(fd), unit_scale, unit, language));
    let (amount, passphrase) = typed.map_err(|error| terminal(&error, "fd (--fd)"))?;
    py.check_signals()?;
    let (start, kdf) = (Amount(start_price_minor), KdfParams::default());
    let bytes = py.detach(|| core::seal(&terms, start, &amount, &passphrase, &mut OsEntropy, kdf));
    let bytes = bytes.map_err(|error| seal(&error))?;
    // The last moment at which "cancelled" is true.
    py.check_signals()?;
    py.detach(|| place.write(&bytes)).map_err(failed)?;
    Ok(hex(&SealedFile::parse(&bytes).map_err(|error| seal(&error))?.commitment().0))
}

/// reserve_mean(amounts_minor, rounding)
/// --
///
/// Return the reserve that disclosed figures make, in minor units (FORMAT.md B.6).
#[pyfunction]
pub(super) fn reserve_mean(amounts_minor: Vec<i64>, rounding: &str) -> PyResult<i64> {
    let known = Rounding::from_code(rounding)
        .ok_or_else(|| misuse(format!("rounding: expected up or down, received {rounding:?}")))?;
    let amounts: Vec<Amount> = amounts_minor.into_iter().map(Amount).collect();
    Mean::of(&amounts, known).map(Amount::minor).ok_or_else(|| misuse("amounts_minor: expected at least one"))
}

/// commitment(lot, amount_minor, blinding, *, currency="CNY", exponent=2, round=1)
/// --
///
/// Return the commitment (FORMAT.md A.6) of an opening that was disclosed.
#[pyfunction]
#[pyo3(signature = (lot, amount_minor, blinding, *, currency="CNY", exponent=2, round=1))]
pub(super) fn commitment<'py>(
    py: Python<'py>,
    lot: &str,
    amount_minor: i64,
    blinding: [u8; 32],
    currency: &str,
    exponent: u8,
    round: u32,
) -> PyResult<Bound<'py, PyBytes>> {
    let terms = terms(lot, round, currency, exponent)?;
    Ok(PyBytes::new(py, &core::commit(&terms, Amount(amount_minor), &blinding).0))
}
