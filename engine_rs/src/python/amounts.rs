//! Amounts from Python: whole minor units as `int`; `str` and `Decimal` where a unit is declared; nothing else.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString};

use super::errors::{raise, raise_told};
use crate::amount::{Amount, AmountTextError};

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
        let lone = |_| wrong(value, "an amount as Unicode text", "Unicode 文本的金额");
        return in_unit(text.to_str().map_err(lone)?, unit, value);
    }
    if is_decimal(value)? {
        if !value.call_method0("is_finite")?.extract::<bool>()? {
            return Err(wrong(value, "a finite amount", "有限的金额"));
        }
        if !value.is_truthy()? {
            // Zero has many forms; in none of them does it fill the memory.
            return in_unit("0", unit, value);
        }
        // Written out, 1E+999999999 would fill the memory.
        let places = value.call_method0("adjusted")?.extract::<i64>()?;
        if places.saturating_abs() > MOST_PLACES {
            return Err(wrong(value, "an amount in 64 bits", "64 位以内的金额"));
        }
        let text = value.call_method1("__format__", ("f",))?;
        return in_unit(text.cast::<PyString>()?.to_str()?, unit, value);
    }
    if value.hasattr("__index__")? { integer(value) } else { Err(wrong_type(value)) }
}

fn integer(value: &Bound<'_, PyAny>) -> PyResult<Amount> {
    value.extract::<i64>().map(Amount).map_err(|_| {
        let chinese = "最小货币单位的整数，自 -2**63 至 2**63 - 1";
        wrong(value, "an integer of minor units from -2**63 to 2**63 - 1", chinese)
    })
}

fn in_unit(text: &str, unit: Option<(&str, u8)>, value: &Bound<'_, PyAny>) -> PyResult<Amount> {
    let Some((name, scale)) = unit.filter(|(name, _)| !name.is_empty()) else {
        let expected = "an int of minor units: text and Decimal need a lot that declares its unit";
        return Err(wrong(value, expected, "最小货币单位的整数（int）：文本与 Decimal 须标的声明了报价单位"));
    };
    Amount::parse(text, scale).map_err(|error| {
        let (english, chinese) = told(&error, scale);
        wrong(value, &format!("an amount in {name}: {english}"), &format!("以{name}计的金额，{chinese}"))
    })
}

/// Returns why a text is not an amount, in English and Chinese.
fn told(error: &AmountTextError, scale: u8) -> (String, String) {
    match error {
        AmountTextError::Malformed => (error.to_string(), "即 ASCII 数字，至多一个小数点，如 319 或 319.50".to_owned()),
        AmountTextError::Fraction { scale } => {
            (error.to_string(), format!("小数点后至多 {scale} 位（再多则不足一个最小货币单位）"))
        }
        AmountTextError::TooLarge => {
            let most = most_in_unit(scale);
            (format!("expected at most {most}"), format!("至多 {most}"))
        }
    }
}

/// Returns the greatest amount in a unit.
fn most_in_unit(scale: u8) -> String {
    let digits = i64::MAX.to_string();
    match digits.split_at_checked(digits.len().saturating_sub(usize::from(scale))) {
        Some((whole, fraction)) if !fraction.is_empty() => format!("{whole}.{fraction}"),
        _ => digits,
    }
}

fn is_decimal(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let class = value.get_type();
    Ok(class.name()? == "Decimal" && class.module()? == "decimal")
}

fn wrong(value: &Bound<'_, PyAny>, english: &str, chinese: &str) -> PyErr {
    let received =
        value.repr().map_or_else(|_| "an object without a repr".to_owned(), |repr| shortened(&repr.to_string()));
    let (english, chinese) =
        (format!("expected {english}, received {received}"), format!("应为{chinese}，实为 {received}"));
    raise_told("AmountError", &english, &chinese)
}

fn wrong_type(value: &Bound<'_, PyAny>) -> PyErr {
    let kind = value.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
    let received = value.repr().map_or_else(|_| String::new(), |repr| shortened(&repr.to_string()));
    let english = format!(
        "expected an int of minor units, or str or decimal.Decimal in the lot's unit, received {kind} {received}: \
         a float cannot hold money exactly and a bool is no amount"
    );
    let chinese = format!(
        "应为最小货币单位的整数（int），或以标的报价单位计的 str 或 decimal.Decimal，实为 {kind} {received}：\
         float 不能精确表示金额，bool 不是金额"
    );
    raise_told("AmountTypeError", &english, &chinese)
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
