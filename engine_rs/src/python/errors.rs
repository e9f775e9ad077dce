//! Faults become exceptions of `pyauction.errors`; refusals never do.

use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

use crate::command::Fault;
use crate::house::{HouseError, ReopenError};
use crate::ids::LotId;
use crate::journal::JournalError;
use crate::replay::ReplayMismatch;
use crate::reserve::VaultError;
use crate::rules::{Figure, Part, Place, Problem, RuleError};
use crate::text::TextError;

/// Makes an exception of the class `name` in `pyauction.errors`.
pub(super) fn raise(name: &str, message: impl Into<String>) -> PyErr {
    let message = message.into();
    Python::attach(|py| match class(py, name) {
        Ok(class) => PyErr::from_type(class, (message,)),
        Err(missing) => missing,
    })
}

/// Makes an exception that is told in English and Chinese.
pub(super) fn raise_told(name: &str, english: &str, chinese: &str) -> PyErr {
    told(name, english, chinese, "")
}

/// Makes a `MisuseError` about an argument, in English and Chinese.
pub(super) fn wrong_argument(what: &str, english: impl AsRef<str>, chinese: impl AsRef<str>) -> PyErr {
    told("MisuseError", english.as_ref(), chinese.as_ref(), what)
}

/// Makes an exception about what `what` names, "" where the sentence itself does.
fn told(name: &str, english: &str, chinese: &str, what: &str) -> PyErr {
    Python::attach(|py| {
        let told = py.import("pyauction.told")?.getattr("Told")?.call1((english, chinese))?;
        Ok(PyErr::from_type(class(py, name)?, (told.unbind(), what.to_owned())))
    })
    .unwrap_or_else(|failed: PyErr| failed)
}

fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyType>> {
    Ok(py.import("pyauction.errors")?.getattr(name)?.cast_into()?)
}

pub(super) fn misuse(message: impl Into<String>) -> PyErr {
    raise("MisuseError", message)
}

/// Something that a caller named and the house does not have.
///
/// No Python, because it is found out under the house's lock: making an exception may run a garbage collection and so any
/// code, which may call the house.
pub(super) enum Missing {
    LotNamed(String),
    Lot(LotId),
    BidderNamed(String),
}

impl From<Missing> for PyErr {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::LotNamed(name) => raise_told(
                "UnknownLot",
                &format!("there is no lot named {name:?} in this house"),
                &format!("没有名为 {name:?} 的标的"),
            ),
            Missing::Lot(number) => raise_told(
                "UnknownLot",
                &format!("there is no lot number {number} in this house"),
                &format!("没有 {number} 号标的"),
            ),
            Missing::BidderNamed(name) => raise_told(
                "UnknownBidder",
                &format!("the lot has no bidder named {name:?}"),
                &format!("该标的没有名为 {name:?} 的竞买人"),
            ),
        }
    }
}

/// What a bid may fail with, on its way to Python.
pub(super) enum CallError {
    House(HouseError),
    Missing(Missing),
}

impl From<HouseError> for CallError {
    fn from(error: HouseError) -> Self {
        Self::House(error)
    }
}

impl From<Missing> for CallError {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

impl From<HouseError> for PyErr {
    fn from(error: HouseError) -> Self {
        house(&error)
    }
}

impl From<CallError> for PyErr {
    fn from(error: CallError) -> Self {
        match error {
            CallError::House(error) => house(&error),
            CallError::Missing(missing) => missing.into(),
        }
    }
}

pub(super) fn house(error: &HouseError) -> PyErr {
    let name = match error {
        HouseError::Fault(fault) => return misuse_of(fault),
        HouseError::OutcomeUnknown { .. } => "OutcomeUnknown",
        HouseError::Halted(_) => "HouseHalted",
        HouseError::Forked => "ForkedEngine",
        HouseError::Reentered => "MisuseError",
        HouseError::LogSpaceLow => "LogSpaceLow",
    };
    raise(name, error.to_string())
}

fn misuse_of(fault: &Fault) -> PyErr {
    let name = match fault {
        Fault::Opening(error) => return rule(error),
        Fault::UnknownLot(_) => "UnknownLot",
        Fault::UnknownBidder { .. } => "UnknownBidder",
        _ => "MisuseError",
    };
    raise_told(name, &fault.to_string(), &fault.chinese())
}

pub(super) fn text(what: &str, error: &TextError) -> PyErr {
    wrong_argument(what, error.to_string(), error.chinese())
}

/// Makes a `RuleError` in both languages, whose figures are shown in the unit of whoever knows it.
pub(super) fn rule(error: &RuleError) -> PyErr {
    rule_of(error.parameter, error.place, &error.problem)
}

/// Makes a `RuleError` of arguments that make no rules.
pub(super) fn wrong_rule(parameter: &str, problem: &Problem) -> PyErr {
    rule_of(parameter, Place::default(), problem)
}

fn rule_of(parameter: &str, place: Place, problem: &Problem) -> PyErr {
    let made = Python::attach(|py| {
        let figures = PyTuple::new(py, problem.figures.iter().map(shown))?;
        let part = place.part.map(Part::code);
        let fault = (parameter, place.phase, part, problem.english, problem.chinese, figures);
        let error = py.import("pyauction.rule_fault")?.getattr("RuleFault")?.call1(fault)?.call_method0("error")?;
        Ok(PyErr::from_value(error))
    });
    made.unwrap_or_else(|failed| failed)
}

/// What stands in a place of a sentence, for Python.
#[derive(IntoPyObject)]
enum Value {
    Whole(i64),
    Word(String),
}

fn shown(figure: &Figure) -> (&'static str, Value) {
    match figure {
        Figure::Number(number) => ("number", Value::Whole(*number)),
        Figure::Amount(minor) => ("amount", Value::Whole(*minor)),
        Figure::Length(ns) => ("length", Value::Whole(*ns)),
        Figure::Time(time) => ("time", Value::Whole(time.0)),
        Figure::Word(word) => ("word", Value::Word(word.clone())),
    }
}

pub(super) fn vault(error: &VaultError) -> PyErr {
    let name = if let VaultError::CannotHoldReserve(_) = error { "CannotHoldReserve" } else { "ReserveError" };
    raise(name, error.to_string())
}

pub(super) fn journal(error: &JournalError) -> PyErr {
    let name = match error {
        JournalError::Locked => "JournalLocked",
        JournalError::Ambiguous(_) => "JournalAmbiguous",
        JournalError::Corrupt(_) => "JournalCorrupt",
        JournalError::Tampered(_) => "JournalTampered",
        JournalError::Torn(_) => "JournalTorn",
        JournalError::Unsupported(_) => "JournalUnsupported",
        JournalError::InvalidOption { .. } => "MisuseError",
        _ => "JournalError",
    };
    raise(name, error.to_string())
}

pub(super) fn reopen(error: &ReopenError) -> PyErr {
    match error {
        ReopenError::Journal(error) => journal(error),
        ReopenError::Mismatch(error) => mismatch(error),
        ReopenError::Snapshot => raise("JournalError", error.to_string()),
    }
}

/// Makes the exception of a record that differs. Its attributes let a report say the same in another language.
pub(super) fn mismatch(error: &ReplayMismatch) -> PyErr {
    let (expected, found) = match error {
        // Nothing is wrong with such a journal; it is not for this release.
        ReplayMismatch::Unsupported { .. } => return raise("JournalUnsupported", error.to_string()),
        ReplayMismatch::Unreadable { source, .. } => (String::new(), source.to_string()),
        ReplayMismatch::Sequence { expected, found, .. } => (expected.clone(), found.clone()),
        ReplayMismatch::State { recorded, replayed, .. } | ReplayMismatch::Differs { recorded, replayed, .. } => {
            (replayed.clone(), recorded.clone())
        }
    };
    let raised = raise("ReplayMismatch", error.to_string());
    Python::attach(|py| {
        let value = raised.value(py);
        let set = |name: &str, text: &str| value.setattr(name, text);
        let said =
            set("code", error.code()).and_then(|()| set("expected", &expected)).and_then(|()| set("found", &found));
        said.err()
    })
    .unwrap_or(raised)
}
