//! A store of a third party, written in Python, as the engine's journal sees it.
//!
//! Python runs here while the committer's lock is held: whoever waits for a commit has given up the interpreter, and a store
//! that calls the house is refused ([`HouseError::Reentered`](crate::house::HouseError::Reentered)).

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::journal::backend::{Backend, SealedFrame};

/// An object with the methods of `pyauction.journal.Journal`.
pub(super) struct PyBackend(Py<PyAny>);

impl PyBackend {
    /// Takes an object that has the methods; `None` if it lacks one.
    pub(super) fn from_python(store: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        for method in ["append", "read", "close"] {
            if !store.hasattr(method)? {
                return Ok(None);
            }
        }
        Ok(Some(Self(store.clone().unbind())))
    }
}

/// Returns every frame of a store, one behind the other.
pub(super) fn read_all(store: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let mut bytes = Vec::new();
    for frame in store.call_method1(intern!(store.py(), "read"), (0,))?.try_iter()? {
        bytes.extend_from_slice(frame?.cast::<PyBytes>()?.as_bytes());
    }
    Ok(bytes)
}

impl Backend for PyBackend {
    fn append(&mut self, frame: SealedFrame<'_>) -> Result<(), String> {
        Python::attach(|py| {
            let SealedFrame { bytes, first_seq, count, prev_chain, chain } = frame;
            let (bytes, prev_chain, chain) =
                (PyBytes::new(py, bytes), PyBytes::new(py, &prev_chain), PyBytes::new(py, &chain));
            let answer =
                self.0.bind(py).call_method1(intern!(py, "append"), (bytes, first_seq, count, prev_chain, chain));
            match answer {
                Ok(answer) if answer.is_none() => Ok(()),
                Ok(answer) => Err(format!("append returned {answer:?} where None says that the frame is kept")),
                Err(error) => Err(words(py, &error)),
            }
        })
    }

    fn read(&mut self) -> Result<Vec<u8>, String> {
        Python::attach(|py| read_all(self.0.bind(py)).map_err(|error| words(py, &error)))
    }

    fn close(&mut self) -> Result<(), String> {
        Python::attach(|py| {
            self.0.bind(py).call_method0(intern!(py, "close")).map(|_| ()).map_err(|error| words(py, &error))
        })
    }
}

fn words(py: Python<'_>, error: &PyErr) -> String {
    let kind = error.get_type(py).name().map_or_else(|_| "an exception".to_owned(), |name| name.to_string());
    format!("{kind}: {}", error.value(py))
}
