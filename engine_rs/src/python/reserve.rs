//! Sealed reserves. The amount never becomes a Python object: it goes from the terminal or a descriptor into the vault.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zeroize::Zeroizing;

use super::decision::hex;
use super::errors::{misuse, raise, seal, terminal};
use crate::amount::Amount;
use crate::reserve::{
    self as core, Commitment, Entropy, KdfParams, MAX_SEALED_FILE_BYTES, Opening, OsEntropy, SealedFile, Source, Terms,
};

/// A sealed reserve (底价): a commitment one can see and an amount one cannot.
#[pyclass(frozen, module = "pyauction._engine")]
pub(super) struct SealedReserve {
    kind: Kind,
    commitment: Commitment,
    lot: String,
}

enum Kind {
    /// A sealed file; only the passphrase opens it.
    File(Box<SealedFile>),
    /// An amount that a test or simulation gave.
    Simulated { amount: Zeroizing<i64>, blinding: Zeroizing<[u8; 32]> },
}

#[pymethods]
impl SealedReserve {
    /// Read a sealed file that `pyauction seal` made.
    #[staticmethod]
    fn from_file(path: PathBuf) -> PyResult<Self> {
        let unreadable = |what: String| raise("SealedFileError", format!("{}: {what}", path.display()));
        let length = fs::metadata(&path).map_err(|error| unreadable(error.to_string()))?.len();
        if length > u64::try_from(MAX_SEALED_FILE_BYTES).unwrap_or(u64::MAX) {
            return Err(unreadable(format!("expected at most {MAX_SEALED_FILE_BYTES} bytes, received {length}")));
        }
        let bytes = fs::read(&path).map_err(|error| unreadable(error.to_string()))?;
        let file = SealedFile::parse(&bytes).map_err(|error| unreadable(error.to_string()))?;
        let (commitment, lot) = (file.commitment(), file.terms().lot().to_owned());
        Ok(Self { kind: Kind::File(Box::new(file)), commitment, lot })
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
        Ok(Self { kind, commitment, lot: lot.to_owned() })
    }

    /// The commitment in hexadecimal, as the journal states it.
    #[getter]
    fn commitment(&self) -> String {
        hex(&self.commitment.0)
    }

    /// The lot for which it was sealed.
    #[getter]
    fn lot(&self) -> &str {
        &self.lot
    }

    fn __repr__(&self) -> String {
        format!("SealedReserve(lot={:?}, commitment={})", self.lot, self.commitment())
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
    /// Opens the reserve; a file asks for its passphrase at the terminal or reads it from `fd`.
    pub(super) fn open(&self, py: Python<'_>, fd: Option<i32>) -> PyResult<Opening> {
        match &self.kind {
            Kind::Simulated { amount, blinding } => {
                Ok(Opening::for_simulation(**amount, **blinding).stating(self.commitment))
            }
            Kind::File(file) => py.detach(|| {
                let passphrase = core::read_passphrase(source(fd)).map_err(|error| terminal(&error))?;
                core::open(file, &passphrase).map_err(|error| seal(&error))
            }),
        }
    }
}

fn source(fd: Option<i32>) -> Source {
    fd.map_or(Source::Terminal, Source::Descriptor)
}

pub(super) fn terms(lot: &str, round: u32, currency: &str, exponent: u8) -> PyResult<Terms> {
    Terms::new(lot, round, currency, exponent).map_err(|error| misuse(error.to_string()))
}

/// seal_reserve(path, lot, start_price_minor, *, currency="CNY", exponent=2, round=1, unit="", unit_scale=0, fd=None)
/// --
///
/// Read an amount and a passphrase from the terminal or from `fd`, write the sealed file, return its commitment.
#[pyfunction]
#[pyo3(signature = (path, lot, start_price_minor, *, currency="CNY", exponent=2, round=1, unit="", unit_scale=0, fd=None))]
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
) -> PyResult<String> {
    let terms = terms(lot, round, currency, exponent)?;
    if path.exists() {
        return Err(raise(
            "SealedFileError",
            format!("{}: exists; a sealed file is never overwritten", path.display()),
        ));
    }
    py.detach(|| {
        let (amount, passphrase) =
            core::read_for_sealing(source(fd), unit_scale, unit).map_err(|error| terminal(&error))?;
        let kdf = KdfParams::default();
        let start = Amount(start_price_minor);
        let bytes =
            core::seal(&terms, start, &amount, &passphrase, &mut OsEntropy, kdf).map_err(|error| seal(&error))?;
        let commitment = SealedFile::parse(&bytes).map_err(|error| seal(&error))?.commitment();
        let write = || -> std::io::Result<()> {
            let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            fs::File::open(folder.unwrap_or_else(|| ".".as_ref()))?.sync_all()
        };
        write().map_err(|error| {
            // Half a file would stand in the way of the next try.
            let left = fs::remove_file(&path).err().map_or(String::new(), |_| "; remove what is left of it".to_owned());
            raise("SealedFileError", format!("{}: {error}{left}", path.display()))
        })?;
        Ok(hex(&commitment.0))
    })
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
