//! Arguments that several methods of the house take: names or numbers, texts, keys, columns.

use pyo3::buffer::{Element, PyBuffer};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyString};

use super::errors::{self, Missing, misuse, raise, wrong_argument};
use crate::command::BidderRef;
use crate::engine::Engine;
use crate::ids::{BidderNo, LotId};
use crate::lot::Lot;
use crate::record::{Authority, Key};
use crate::text::{Name, Text};

/// A time that a caller states: nanoseconds since 1970 UTC.
#[derive(Clone, Copy)]
pub(super) struct At(pub(super) i64);

impl<'a, 'py> FromPyObject<'a, 'py> for At {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let wrong = || {
            let english = format!("expected nanoseconds since 1970 UTC in 64 bits, received {value:?}");
            wrong_argument("at", english, format!("应为自 1970 年（UTC）起的 64 位纳秒数，实为 {value:?}"))
        };
        if !value.is_exact_instance_of::<PyInt>() {
            return Err(wrong());
        }
        value.extract::<i64>().map(Self).map_err(|_| wrong())
    }
}

/// A lot as a caller names it.
pub(super) enum LotArg<'a> {
    Number(LotId),
    Name(&'a str),
}

impl<'a> LotArg<'a> {
    pub(super) fn from_python(value: &'a Bound<'_, PyAny>) -> PyResult<Self> {
        if value.is_exact_instance_of::<PyInt>() {
            let number =
                value.extract::<u32>().map_err(|_| raise("UnknownLot", format!("there is no lot number {value}")))?;
            return Ok(Self::Number(LotId(number)));
        }
        match value.cast::<PyString>() {
            Ok(name) => Ok(Self::Name(unicode("lot", name)?)),
            Err(_) => {
                Err(misuse(format!("lot: expected its name or its number, received {}", value.get_type().name()?)))
            }
        }
    }

    /// Returns the number that this names.
    pub(super) fn find(&self, engine: &Engine) -> Result<LotId, Missing> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Name(name) => engine.lot_id(name).ok_or_else(|| Missing::LotNamed((*name).to_owned())),
        }
    }

    /// Returns the lot that this names.
    pub(super) fn lot<'e>(&self, engine: &'e Engine) -> Result<&'e Lot, Missing> {
        let id = self.find(engine)?;
        engine.lot(id).ok_or(Missing::Lot(id))
    }
}

/// A bidder as a caller names it.
pub(super) enum BidderArg {
    Number(BidderNo),
    Name(Name),
}

impl BidderArg {
    pub(super) fn from_python(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        if value.is_exact_instance_of::<PyInt>() {
            let unknown = |_| raise("UnknownBidder", format!("there is no bidder number {value}"));
            return value.extract::<u32>().map(|number| Self::Number(BidderNo(number))).map_err(unknown);
        }
        match value.cast::<PyString>() {
            Ok(name) => to_name("bidder", unicode("bidder", name)?).map(Self::Name),
            Err(_) => {
                Err(misuse(format!("bidder: expected its name or its number, received {}", value.get_type().name()?)))
            }
        }
    }

    pub(super) const fn get(&self) -> BidderRef<'_> {
        match self {
            Self::Number(number) => BidderRef::Number(*number),
            Self::Name(name) => BidderRef::Name(name),
        }
    }
}

/// Returns a text's characters. A Python string can hold halves of characters, which no record can.
pub(super) fn unicode<'a>(what: &str, text: &'a Bound<'_, PyString>) -> PyResult<&'a str> {
    let lone = |_| {
        wrong_argument(
            what,
            "expected Unicode text, received a lone surrogate",
            "应为 Unicode 文本，实含不成对的代理字符",
        )
    };
    text.to_str().map_err(lone)
}

pub(super) fn to_name(what: &str, text: &str) -> PyResult<Name> {
    Name::new(text).map_err(|error| errors::text(what, &error))
}

pub(super) fn to_text(what: &str, text: &str) -> PyResult<Text> {
    Text::new(text).map_err(|error| errors::text(what, &error))
}

pub(super) fn to_authority(by: &str, why: &str, basis: Option<&str>) -> PyResult<Authority> {
    let basis = match basis {
        Some("") => {
            let english = "expected a text, or None for none, received an empty one";
            return Err(wrong_argument("basis", english, "应为文本，没有依据的应为 None，实为空文本"));
        }
        basis => to_text("basis", basis.unwrap_or_default())?,
    };
    Ok(Authority { by: to_text("authority", by)?, why: to_text("why", why)?, basis })
}

/// Returns the rank of a priority, from 1, the highest.
pub(super) fn to_rank(rank: &Bound<'_, PyAny>) -> PyResult<u32> {
    let stated = if rank.is_exact_instance_of::<PyInt>() { rank.extract::<u32>().ok() } else { None };
    let wrong = || {
        let english = format!("expected 1, the highest, to {}, received {rank:?}", u32::MAX);
        wrong_argument("rank", english, format!("应为 1（最高）至 {}，实为 {rank:?}", u32::MAX))
    };
    stated.filter(|rank| *rank > 0).ok_or_else(wrong)
}

/// Returns hashes or seeds, 32 bytes each.
pub(super) fn to_hashes(what: &str, values: &Bound<'_, PyAny>) -> PyResult<Vec<[u8; 32]>> {
    let wrong = |received: String| {
        let english = format!("expected bytes of 32 each, received {received}");
        wrong_argument(what, english, format!("应为若干 32 字节的 bytes，实为 {received}"))
    };
    if values.is_instance_of::<PyString>() || values.is_instance_of::<PyBytes>() {
        return Err(wrong(values.get_type().name()?.to_string()));
    }
    let each = values.try_iter().map_err(|_| wrong(format!("{values:?}")))?;
    each.map(|value| {
        let value = value?;
        match value.cast::<PyBytes>() {
            Ok(bytes) => {
                <[u8; 32]>::try_from(bytes.as_bytes()).map_err(|_| wrong(format!("{} bytes", bytes.as_bytes().len())))
            }
            Err(_) => Err(wrong(value.get_type().name()?.to_string())),
        }
    })
    .collect()
}

pub(super) fn to_key(key: &Bound<'_, PyAny>) -> PyResult<Key> {
    let bytes = if let Ok(text) = key.cast::<PyString>() {
        unicode("key", text)?.as_bytes()
    } else if let Ok(bytes) = key.cast::<PyBytes>() {
        bytes.as_bytes()
    } else {
        let received = key.get_type().name()?;
        let english = format!("expected str or bytes, received {received}");
        return Err(wrong_argument("key", english, format!("应为 str 或 bytes，实为 {received}")));
    };
    Key::new(bytes).filter(|key| !key.is_none()).ok_or_else(|| {
        let english = format!("expected 1 to 32 bytes, received {}", bytes.len());
        wrong_argument("key", english, format!("应为 1 至 32 字节，实为 {}", bytes.len()))
    })
}

/// Copies a column out of a buffer.
pub(super) fn column<T: Element>(value: &Bound<'_, PyAny>, what: &str, expected: &str) -> PyResult<Vec<T>> {
    let wrong = |_| misuse(format!("{what}: expected {expected}, received {}", value.get_type()));
    match PyBuffer::<T>::get(value) {
        Ok(buffer) => buffer.to_vec(value.py()),
        // The buffer of an empty array has no address, which PyO3 refuses.
        Err(_) if value.len().is_ok_and(|length| length == 0) => Ok(Vec::new()),
        Err(error) => Err(wrong(error)),
    }
}
