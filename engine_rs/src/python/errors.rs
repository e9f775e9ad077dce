//! Faults become exceptions of `pyauction.errors`; refusals never do.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::command::Fault;
use crate::house::{HouseError, ReopenError};
use crate::journal::JournalError;
use crate::reserve::{SealError, TerminalError, VaultError};
use crate::rules::RuleError;
use crate::text::TextError;

/// Makes an exception of the class `name` in `pyauction.errors`.
pub(super) fn raise(name: &str, message: impl Into<String>) -> PyErr {
    let message = message.into();
    Python::attach(|py| match class(py, name) {
        Ok(class) => PyErr::from_type(class, (message,)),
        Err(missing) => missing,
    })
}

fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyType>> {
    Ok(py.import("pyauction.errors")?.getattr(name)?.cast_into()?)
}

pub(super) fn misuse(message: impl Into<String>) -> PyErr {
    raise("MisuseError", message)
}

/// What a call into the engine may fail with, on its way to Python.
pub(super) enum CallError {
    House(HouseError),
    Python(PyErr),
}

impl From<HouseError> for CallError {
    fn from(error: HouseError) -> Self {
        Self::House(error)
    }
}

impl From<PyErr> for CallError {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<CallError> for PyErr {
    fn from(error: CallError) -> Self {
        match error {
            CallError::House(error) => house(&error),
            CallError::Python(error) => error,
        }
    }
}

pub(super) fn house(error: &HouseError) -> PyErr {
    let name = match error {
        HouseError::Fault(Fault::UnknownLot(_)) => "UnknownLot",
        HouseError::Fault(Fault::UnknownBidder { .. }) => "UnknownBidder",
        HouseError::Fault(_) => "MisuseError",
        HouseError::OutcomeUnknown { .. } => "OutcomeUnknown",
        HouseError::Halted(_) => "HouseHalted",
    };
    raise(name, error.to_string())
}

pub(super) fn text(what: &str, error: &TextError) -> PyErr {
    misuse(format!("{what}: {error}"))
}

pub(super) fn rule(error: &RuleError) -> PyErr {
    raise("RuleError", error.to_string())
}

pub(super) fn vault(error: &VaultError) -> PyErr {
    let name = if let VaultError::CannotHoldReserve(_) = error { "CannotHoldReserve" } else { "ReserveError" };
    raise(name, error.to_string())
}

pub(super) fn seal(error: &SealError) -> PyErr {
    let name = if let SealError::BelowStart = error { "ReserveBelowStart" } else { "SealedFileError" };
    raise(name, error.to_string())
}

pub(super) fn terminal(error: &TerminalError) -> PyErr {
    raise("SealedFileError", error.to_string())
}

pub(super) fn journal(error: &JournalError) -> PyErr {
    let name = match error {
        JournalError::Locked => "JournalLocked",
        JournalError::Ambiguous(_) => "JournalAmbiguous",
        JournalError::Corrupt(_) | JournalError::Torn(_) => "JournalCorrupt",
        JournalError::Tampered(_) => "JournalTampered",
        JournalError::InvalidOption { .. } => "MisuseError",
        _ => "JournalError",
    };
    raise(name, error.to_string())
}

pub(super) fn reopen(error: &ReopenError) -> PyErr {
    match error {
        ReopenError::Journal(error) => journal(error),
        ReopenError::Mismatch(error) => raise("ReplayMismatch", error.to_string()),
    }
}
