//! Where a house keeps its records, and reading a journal without writing it.

use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::backend::{PyBackend, read_all};
use super::decision::hex;
use super::errors::{journal as journal_error, misuse, raise, reopen};
use crate::house::{TakingUp, take_up, witness};
use crate::journal::backend::BackendLog;
use crate::journal::vfs::Vfs;
use crate::journal::vfs::filesystem::Filesystem;
use crate::journal::vfs::memory::MemoryVfs;
use crate::journal::vfs::real::RealVfs;
use crate::journal::{
    Align, Content, Control, DEFAULT_SEGMENT_BYTES, JournalError, Kind, OpenOptions, ReadEnd, Recovery, SegmentName,
    Store, TailLoss, Why, read,
};
use crate::replay::Replay;
use crate::reserve::{Entropy, OsEntropy};
use crate::time::Timestamp;

/// A journal in a directory.
#[pyclass(frozen, module = "pyauction._engine")]
pub(super) struct FileJournal {
    path: PathBuf,
    options: Options,
}

/// A journal in memory, for tests and trials. It outlives its house and can be opened again.
#[pyclass(frozen, module = "pyauction._engine")]
pub(super) struct MemoryJournal {
    vfs: MemoryVfs,
    options: Options,
}

#[derive(Clone)]
pub(super) struct Options {
    align: Align,
    segment_bytes: u64,
    acknowledged: u64,
    accept_tail_loss: Option<TailLoss>,
    /// Whether a snapshot is kept beside the journal and used.
    snapshots: bool,
    /// In place of chance, for a test that compares whole journals.
    entropy_for_tests: Option<[u8; 32]>,
}

impl Options {
    fn new(
        align: u32,
        segment_bytes: u64,
        acknowledged: u64,
        accept_tail_loss: Option<(String, String)>,
    ) -> PyResult<Self> {
        let align = match align {
            512 => Align::Bytes512,
            4096 => Align::Bytes4096,
            other => return Err(misuse(format!("align: expected 512 or 4096, received {other}"))),
        };
        let accept_tail_loss = accept_tail_loss.map(|(removed_hash, operator)| TailLoss { removed_hash, operator });
        Ok(Self { align, segment_bytes, acknowledged, accept_tail_loss, snapshots: false, entropy_for_tests: None })
    }

    fn opening(&self, now: Timestamp) -> PyResult<OpenOptions> {
        let mut entropy = [0; 32];
        OsEntropy.fill(&mut entropy).map_err(|error| raise("JournalError", error.to_string()))?;
        let entropy = self.entropy_for_tests.unwrap_or(entropy);
        let Self { align, segment_bytes, acknowledged, accept_tail_loss, .. } = self.clone();
        Ok(OpenOptions { align, segment_bytes, now_ns: now.0, entropy, acknowledged, accept_tail_loss })
    }
}

#[pymethods]
impl FileJournal {
    #[new]
    #[pyo3(signature = (path, *, align=4096, segment_bytes=DEFAULT_SEGMENT_BYTES, acknowledged=0, accept_tail_loss=None,
                        snapshots=false))]
    fn new(
        path: PathBuf,
        align: u32,
        segment_bytes: u64,
        acknowledged: u64,
        accept_tail_loss: Option<(String, String)>,
        snapshots: bool,
    ) -> PyResult<Self> {
        // A journal stays where it is when the process changes its working directory.
        let path = std::path::absolute(path)?;
        let options = Options { snapshots, ..Options::new(align, segment_bytes, acknowledged, accept_tail_loss)? };
        Ok(Self { path, options })
    }

    #[getter]
    fn path(&self) -> PathBuf {
        self.path.clone()
    }

    fn __repr__(&self) -> String {
        format!("FileJournal({:?})", self.path.display().to_string())
    }
}

#[pymethods]
impl MemoryJournal {
    #[new]
    #[pyo3(signature = (*, align=512, segment_bytes=1 << 20, snapshots=false, entropy_for_tests=None))]
    fn new(align: u32, segment_bytes: u64, snapshots: bool, entropy_for_tests: Option<[u8; 32]>) -> PyResult<Self> {
        let options = Options { snapshots, entropy_for_tests, ..Options::new(align, segment_bytes, 0, None)? };
        Ok(Self { vfs: MemoryVfs::default(), options })
    }

    /// Return the journal's files by name, as a directory would hold them.
    fn files<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let files = PyDict::new(py);
        let names = self.vfs.list().map_err(|error| raise("JournalError", error.to_string()))?;
        for name in names {
            if let Some(bytes) = self.vfs.get(&name) {
                files.set_item(&name, PyBytes::new(py, &bytes))?;
            }
        }
        Ok(files)
    }

    fn __repr__(&self) -> &'static str {
        "MemoryJournal()"
    }
}

/// A journal that a house is to open, free of Python.
pub(super) enum JournalChoice {
    File(PathBuf, Options),
    Memory(MemoryVfs, Options),
    Backend(PyBackend),
}

impl JournalChoice {
    /// Whether a snapshot is to be kept beside it and used.
    pub(super) const fn keeps_snapshots(&self) -> bool {
        match self {
            Self::File(_, options) | Self::Memory(_, options) => options.snapshots,
            Self::Backend(_) => false,
        }
    }

    pub(super) fn from_python(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(file) = value.cast::<FileJournal>() {
            let FileJournal { path, options } = file.get();
            return Ok(Self::File(path.clone(), options.clone()));
        }
        if let Ok(memory) = value.cast::<MemoryJournal>() {
            let MemoryJournal { vfs, options } = memory.get();
            return Ok(Self::Memory(vfs.clone(), options.clone()));
        }
        if let Some(backend) = PyBackend::from_python(value)? {
            return Ok(Self::Backend(backend));
        }
        let received = value.get_type().name()?;
        let expected = "FileJournal, MemoryJournal, an object with the methods of pyauction.journal.Journal or None";
        Err(misuse(format!("journal: expected {expected}, received {received}")))
    }
}

/// Opens a journal for writing and replays what it holds.
pub(super) fn open_journal(choice: JournalChoice, now: Timestamp) -> PyResult<(Box<dyn Store>, Replay)> {
    match choice {
        JournalChoice::File(path, options) => {
            let snapshots = options.snapshots;
            let options = options.opening(now)?;
            // Before a directory is made for a journal that cannot be.
            options.check().map_err(|error| journal_error(&error))?;
            let unusable = |error: std::io::Error| {
                raise("JournalError", format!("cannot use {} as a journal: {error}", path.display()))
            };
            let vfs = RealVfs::create(&path).map_err(unusable)?;
            refuse_network(&path, vfs.filesystem().map_err(unusable)?)?;
            open_log(&vfs, &options, snapshots)
        }
        JournalChoice::Memory(vfs, options) => open_log(&vfs, &options.opening(now)?, options.snapshots),
        JournalChoice::Backend(backend) => {
            let options = Options::new(512, DEFAULT_SEGMENT_BYTES, 0, None)?.opening(now)?;
            let mut taken = TakingUp::default();
            let log = BackendLog::open(backend, &options, &mut |frame, content| taken.take(frame, content));
            let replay = log.and_then(|log| Ok((log, taken.replayed()?)));
            let (log, replay) = replay.map_err(|error| reopen(&error))?;
            Ok((Box::new(log), replay))
        }
    }
}

/// Refuses a filesystem whose locks and syncs do not bind everybody who writes there.
fn refuse_network(path: &Path, filesystem: Filesystem) -> PyResult<()> {
    let Filesystem::Network(name) = filesystem else { return Ok(()) };
    let message = format!(
        "{} lies on {name}, a network filesystem: neither its locks nor its syncs keep a journal. Expected a local one",
        path.display()
    );
    Err(raise("JournalError", message))
}

/// filesystem_of(path)
/// --
///
/// Return what a directory lies on: "local", "network" or "memory", and the filesystem's name where it is no local one.
#[pyfunction]
pub(super) fn filesystem_of(path: PathBuf) -> PyResult<(&'static str, &'static str)> {
    Ok(match RealVfs::open(path)?.filesystem()? {
        Filesystem::Local => ("local", ""),
        Filesystem::Network(name) => ("network", name),
        Filesystem::Memory(name) => ("memory", name),
    })
}

fn open_log<V>(vfs: &V, options: &OpenOptions, snapshots: bool) -> PyResult<(Box<dyn Store>, Replay)>
where
    V: Vfs + Clone + Send + 'static,
    V::File: Send,
    V::Lock: Send,
{
    let (log, replay) = take_up(vfs, options, snapshots).map_err(|error| reopen(&error))?;
    Ok((Box::new(log), replay))
}

/// leave_locks()
/// --
///
/// Close what a forked process has of the journals' locks of its parent.
#[pyfunction]
pub(super) fn leave_locks() {
    crate::journal::vfs::real::leave_locks();
}

/// snapshot_seq(path)
/// --
///
/// Return the last record that the journal in a directory must hold because a snapshot of it does, or None.
#[pyfunction]
pub(super) fn snapshot_seq(path: PathBuf) -> PyResult<Option<u64>> {
    Ok(witness(&RealVfs::open(path)?))
}

/// read_journal(journal, acknowledged=0)
/// --
///
/// Return a journal's frames, its records, and its first bad frame or None. Nothing is written, no lock is taken.
#[pyfunction]
#[pyo3(signature = (journal, acknowledged=0))]
pub(super) fn read_journal<'py>(
    py: Python<'py>,
    journal: &Bound<'py, PyAny>,
    acknowledged: u64,
) -> PyResult<Collected<'py>> {
    if let Ok(memory) = journal.cast::<MemoryJournal>() {
        return collect(py, &memory.get().vfs, acknowledged);
    }
    if journal.hasattr("append")? && journal.hasattr("read")? {
        // The frames of a store, one behind the other, are one segment (FORMAT.md A.7).
        let files = MemoryVfs::default();
        let frames = read_all(journal)?;
        if !frames.is_empty() {
            files.put(&SegmentName(1).to_string(), frames);
        }
        return collect(py, &files, acknowledged);
    }
    let path: PathBuf = match journal.cast::<FileJournal>() {
        Ok(file) => file.get().path.clone(),
        Err(_) => journal.extract()?,
    };
    let vfs = RealVfs::open(&path)
        .map_err(|error| raise("JournalError", format!("cannot read {} as a journal: {error}", path.display())))?;
    collect(py, &vfs, acknowledged)
}

/// Frames, records, and the first bad frame.
type Collected<'py> = (Vec<Bound<'py, PyDict>>, Vec<Bound<'py, PyBytes>>, Option<Bound<'py, PyDict>>);

fn collect<'py, V: Vfs>(py: Python<'py>, vfs: &V, acknowledged: u64) -> PyResult<Collected<'py>> {
    let (mut frames, mut records) = (Vec::new(), Vec::new());
    let end = read(vfs, acknowledged, &mut |info, content| {
        let frame = PyDict::new(py);
        frame.set_item("kind", kind_name(info.kind))?;
        frame.set_item("segment", info.segment.to_string())?;
        frame.set_item("offset", info.offset)?;
        frame.set_item("bytes", info.bytes)?;
        frame.set_item("first_seq", info.first_seq)?;
        frame.set_item("count", info.count)?;
        frame.set_item("epoch", info.epoch)?;
        frame.set_item("durable_upto", info.durable_upto)?;
        frame.set_item("chain", hex(&info.chain))?;
        match content {
            Content::Records(content) => records.extend(content.map(|record| PyBytes::new(py, record))),
            Content::Control(control) => control_fields(&frame, &control)?,
        }
        frames.push(frame);
        Ok::<(), ReadError>(())
    });
    let bad = match end.map_err(ReadError::into_python)? {
        ReadEnd::Clean => None,
        ReadEnd::Bad(bad) => {
            let found = PyDict::new(py);
            found.set_item("class", bad.class.to_string())?;
            found.set_item("segment", bad.segment.to_string())?;
            found.set_item("offset", bad.offset)?;
            found.set_item("next_seq", bad.next_seq)?;
            found.set_item("removed_bytes", bad.removed_bytes)?;
            found.set_item("removed_hash", hex(&bad.removed_hash))?;
            found.set_item("detail", bad.to_string())?;
            Some(found)
        }
    };
    Ok((frames, records, bad))
}

fn control_fields(frame: &Bound<'_, PyDict>, control: &Control) -> PyResult<()> {
    match control {
        Control::State { seq, state_hash } => {
            frame.set_item("seq", *seq)?;
            frame.set_item("state_hash", hex(state_hash))
        }
        Control::Recovery(recovery) => recovery_fields(frame, recovery),
        _ => Ok(()),
    }
}

fn recovery_fields(frame: &Bound<'_, PyDict>, recovery: &Recovery) -> PyResult<()> {
    frame.set_item("cut_at", recovery.offset)?;
    frame.set_item("removed", recovery.removed_bytes)?;
    frame.set_item("removed_hash", hex(&recovery.removed_hash))?;
    frame.set_item("why", if recovery.why == Why::Torn { "torn" } else { "operator" })?;
    frame.set_item("operator", &recovery.operator)
}

const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Records => "records",
        Kind::Header => "header",
        Kind::Seal => "seal",
        Kind::Recovery => "recovery",
        Kind::Epoch => "epoch",
        Kind::State => "state",
    }
}

enum ReadError {
    Journal(JournalError),
    Python(PyErr),
}

impl From<JournalError> for ReadError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl From<PyErr> for ReadError {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl ReadError {
    fn into_python(self) -> PyErr {
        match self {
            Self::Journal(error) => journal_error(&error),
            Self::Python(error) => error,
        }
    }
}
