//! Amounts from Python: whole minor units as `int`; `str` and `Decimal` where a unit is declared; nothing else.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString};

use super::errors::raise;
use crate::amount::Amount;

/// Beyond so many decimal places on either side of the point no amount fits into 64 bits in any unit.
const MOST_PLACES: i64 = 40;

/// Reads an amount. `unit` is the declared unit's name and scale, if there is one.
pub(super) fn amount(value: &Bound<'_, PyAny>, unit: Option<(&str, u8)>) -> PyResult<Amount> {
    if value.is_exact_instance_of::<PyInt>() {
        return integer(value);
    }
    if value.is_instance_of::<PyBool>() || value.is_instance_of::<PyFloat>() {
        return Err(wrong_type(value));
    }
    if let Ok(text) = value.cast::<PyString>() {
        let lone = |_| wrong(value, "an amount as Unicode text");
        return in_unit(text.to_str().map_err(lone)?, unit, value);
    }
    if is_decimal(value)? {
        if !value.call_method0("is_finite")?.extract::<bool>()? {
            return Err(wrong(value, "a finite amount"));
        }
        if !value.is_truthy()? {
            // Zero has many forms; in none of them does it fill the memory.
            return in_unit("0", unit, value);
        }
        // Written out, 1E+999999999 would fill the memory.
        let places = value.call_method0("adjusted")?.extract::<i64>()?;
        if places.saturating_abs() > MOST_PLACES {
            return Err(wrong(value, "an amount in 64 bits"));
        }
        let text = value.call_method1("__format__", ("f",))?;
        return in_unit(text.cast::<PyString>()?.to_str()?, unit, value);
    }
    if value.hasattr("__index__")? { integer(value) } else { Err(wrong_type(value)) }
}

fn integer(value: &Bound<'_, PyAny>) -> PyResult<Amount> {
    value.extract::<i64>().map(Amount).map_err(|_| wrong(value, "an integer of minor units from -2**63 to 2**63 - 1"))
}

fn in_unit(text: &str, unit: Option<(&str, u8)>, value: &Bound<'_, PyAny>) -> PyResult<Amount> {
    let Some((name, scale)) = unit.filter(|(name, _)| !name.is_empty()) else {
        let expected = "an int of minor units: text and Decimal need a lot that declares its unit";
        return Err(wrong(value, expected));
    };
    Amount::parse(text, scale).map_err(|error| wrong(value, &format!("an amount in {name}: {error}")))
}

fn is_decimal(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let class = value.get_type();
    Ok(class.name()? == "Decimal" && class.module()? == "decimal")
}

fn wrong(value: &Bound<'_, PyAny>, expected: &str) -> PyErr {
    let received =
        value.repr().map_or_else(|_| "an object without a repr".to_owned(), |repr| shortened(&repr.to_string()));
    raise("AmountError", format!("expected {expected}, received {received}"))
}

fn wrong_type(value: &Bound<'_, PyAny>) -> PyErr {
    let kind = value.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
    let received = value.repr().map_or_else(|_| String::new(), |repr| shortened(&repr.to_string()));
    let message = format!(
        "expected an int of minor units, or str or decimal.Decimal in the lot's unit, received {kind} {received}: \
         a float cannot hold money exactly and a bool is no amount"
    );
    raise("AmountTypeError", message)
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 80 { text.to_owned() } else { text.chars().take(77).chain("...".chars()).collect() }
}

/// parse_amount(value, unit="", scale=0)
/// --
///
/// Return the minor units that `value` states. `int` is minor units; `str` and `Decimal` are in the unit.
#[pyfunction]
#[pyo3(signature = (value, unit="", scale=0))]
pub(super) fn parse_amount(value: &Bound<'_, PyAny>, unit: &str, scale: u8) -> PyResult<i64> {
    if scale > 18 {
        return Err(raise("AmountError", format!("scale: expected 0 to 18, received {scale}")));
    }
    amount(value, Some((unit, scale))).map(Amount::minor)
}
