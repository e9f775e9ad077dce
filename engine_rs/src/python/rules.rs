//! Rules from keyword arguments, and back as a dictionary.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyInt};

use super::arguments::to_hashes;
use super::errors::{misuse, rule, wrong_rule};
use crate::amount::Amount;
use crate::lot::seed_commitment;
use crate::rules::{
    self as core, Admission, Anchor, ClockStart, CommitmentTime, CountOf, Custody, EntryWindow, Extension, Given,
    HardEnd, Increment, MinBidders, OnOutage, OptionalRule, OptionalRules, PhaseEnd, PhaseKind, Problem, ReservePolicy,
    Rounding, RuleSet, SelfOutbid, SingleBidder, StepRow, WithoutBids, told,
};
use crate::time::Timestamp;

/// One phase of a lot.
#[pyclass(frozen, eq, skip_from_py_object, module = "pyauction._engine")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Phase(core::Phase);

#[pymethods]
impl Phase {
    #[new]
    #[pyo3(signature = (kind, *, after_ns=None, at_ns=None, reset_to_ns=None, window_ns=None, window_to_ns=None,
                        hard_end_after_ns=None, hard_end_at_ns=None))]
    fn new(
        kind: &str,
        after_ns: Option<i64>,
        at_ns: Option<i64>,
        reset_to_ns: Option<i64>,
        window_ns: Option<i64>,
        window_to_ns: Option<i64>,
        hard_end_after_ns: Option<i64>,
        hard_end_at_ns: Option<i64>,
    ) -> PyResult<Self> {
        let kind = code("kind", kind, PhaseKind::from_code, PhaseKind::CODES)?;
        let end = match (after_ns, at_ns) {
            (Some(ns), None) => PhaseEnd::After(ns),
            (None, Some(time)) => PhaseEnd::At(Timestamp(time)),
            (None, None) => PhaseEnd::Called,
            _ => {
                return Err(wrong_rule(
                    "phases",
                    &told!(
                        "expected after_ns or at_ns, or neither for a called end; received both",
                        "应写 after_ns 或 at_ns 之一，宣布结束的均不写；实为两者"
                    ),
                ));
            }
        };
        let extension = match (reset_to_ns, window_ns, window_to_ns) {
            (None, None, None) => Extension::None,
            (Some(to), None, None) => Extension::Reset(to),
            (None, Some(within), Some(to)) => Extension::Window { within, to },
            _ => {
                return Err(wrong_rule(
                    "phases",
                    &told!(
                        "expected reset_to_ns alone, or window_ns and window_to_ns together",
                        "应单独写 reset_to_ns，或同时写 window_ns 与 window_to_ns"
                    ),
                ));
            }
        };
        let hard_end = match (hard_end_after_ns, hard_end_at_ns) {
            (None, None) => None,
            (Some(ns), None) => Some(HardEnd::After(ns)),
            (None, Some(time)) => Some(HardEnd::At(Timestamp(time))),
            _ => {
                return Err(wrong_rule(
                    "phases",
                    &told!(
                        "expected hard_end_after_ns or hard_end_at_ns, received both",
                        "应写 hard_end_after_ns 或 hard_end_at_ns 之一，实为两者"
                    ),
                ));
            }
        };
        Ok(Self(core::Phase { kind, end, extension, hard_end }))
    }

    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind.code()
    }

    fn __repr__(&self) -> String {
        format!(
            "Phase({:?}, end={:?}, extension={:?}, hard_end={:?})",
            self.kind(),
            self.0.end,
            self.0.extension,
            self.0.hard_end
        )
    }
}

/// The validated rules of a lot.
#[pyclass(frozen, eq, skip_from_py_object, module = "pyauction._engine")]
#[derive(Clone, PartialEq, Eq)]
pub(super) struct LotRules(pub(super) core::LotRules);

/// A step: an int, a tuple (numerator, denominator, rounding), or rows of (from, step).
#[derive(FromPyObject)]
enum Step {
    Fixed(i64),
    Percent((i64, i64, String)),
    Table(Vec<(i64, i64)>),
}

#[pymethods]
impl LotRules {
    #[new]
    #[pyo3(signature = (*, admission, start_price, increment, self_outbid, phases, clock, on_outage, reserve,
                        multiple_anchor=None, max_multiple=None, timed_without_bids=None, single_bidder=None,
                        min_bidders=None, min_bidders_counts=None, reserve_custody=None, reserve_commitment=None,
                        entry_opens_before_end_ns=None, entry_ends_before_end_ns=None, **optional))]
    fn new(
        admission: &str,
        start_price: i64,
        increment: Step,
        self_outbid: &str,
        phases: Vec<Bound<'_, Phase>>,
        clock: &str,
        on_outage: &str,
        reserve: &str,
        multiple_anchor: Option<&str>,
        max_multiple: Option<i64>,
        timed_without_bids: Option<&str>,
        single_bidder: Option<&str>,
        min_bidders: Option<i64>,
        min_bidders_counts: Option<&str>,
        reserve_custody: Option<&str>,
        reserve_commitment: Option<&str>,
        entry_opens_before_end_ns: Option<i64>,
        entry_ends_before_end_ns: Option<i64>,
        optional: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let window =
            EntryWindow { opens_before_end: entry_opens_before_end_ns, ends_before_end: entry_ends_before_end_ns };
        let set = RuleSet {
            admission: code("admission", admission, Admission::from_code, Admission::CODES)?,
            start_price: Amount(start_price),
            increment: step(increment)?,
            multiple_anchor: code_or_none("multiple_anchor", multiple_anchor, Anchor::from_code, Anchor::CODES)?,
            max_multiple,
            self_outbid: code("self_outbid", self_outbid, SelfOutbid::from_code, SelfOutbid::CODES)?,
            phases: phases.iter().map(|phase| phase.get().0).collect(),
            clock: code("clock", clock, ClockStart::from_code, ClockStart::CODES)?,
            timed_without_bids: code_or_none(
                "timed_without_bids",
                timed_without_bids,
                WithoutBids::from_code,
                WithoutBids::CODES,
            )?,
            single_bidder: code_or_none("single_bidder", single_bidder, SingleBidder::from_code, SingleBidder::CODES)?,
            on_outage: code("on_outage", on_outage, OnOutage::from_code, OnOutage::CODES)?,
            min_bidders: least(min_bidders, min_bidders_counts)?,
            reserve: reserve_policy(reserve, reserve_custody, reserve_commitment, window)?,
            optional: optional.map_or_else(|| Ok(OptionalRules::default()), optional_rules)?,
        };
        core::LotRules::new(set).map(Self).map_err(|error| rule(&error))
    }

    /// Return the canonical bytes (FORMAT.md B.1).
    #[getter]
    fn canonical<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let mut bytes = Vec::new();
        self.0.encode(&mut bytes);
        PyBytes::new(py, &bytes)
    }

    /// Return the parameters by name.
    fn as_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        rules_dict(py, &self.0)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("LotRules({})", rules_dict(py, &self.0)?.repr()?))
    }
}

/// A rule that is off when absent: name, keyword, kind, label, and each choice's code and words; words in English and Chinese.
type OptionalRow = (Str, Str, Str, Option<(Str, Str)>, Vec<(Str, (Str, Str))>);
type Str = &'static str;

/// Returns every rule that is off when absent.
pub(super) fn optional_rows() -> Vec<OptionalRow> {
    let choices = |rule: &OptionalRule| rule.codes.split_whitespace().zip(rule.choices.iter().copied()).collect();
    OptionalRules::ALL.iter().map(|rule| (rule.name, rule.keyword, rule.kind, rule.label, choices(rule))).collect()
}

/// Reads the rules that are off when absent. `None` leaves one off.
fn optional_rules(stated: &Bound<'_, PyDict>) -> PyResult<OptionalRules> {
    let mut rules = OptionalRules::default();
    for (word, value) in stated {
        let word: String = word.extract()?;
        let known = OptionalRules::ALL.iter().map(|rule| rule.keyword);
        if !known.clone().any(|known| known == word) {
            let known = known.collect::<Vec<_>>().join(", ");
            return Err(PyTypeError::new_err(format!("there is no rule {word:?}; the optional ones are {known}")));
        }
        if !value.is_none() {
            rules.state(&word, given(&word, &value)?).map_err(|error| rule(&error))?;
        }
    }
    Ok(rules)
}

/// Reads a rule's value as its kind wants it.
fn given(word: &str, value: &Bound<'_, PyAny>) -> PyResult<Given> {
    let received = || format!("{value:?}");
    if value.is_exact_instance_of::<PyInt>() {
        return value.extract().map(Given::Whole).map_err(|_| {
            let problem =
                told!("expected a whole number in 64 bits, received {0}", "应为 64 位整数，实为 {0}", word(received()));
            wrong_rule(word, &problem)
        });
    }
    if let Ok(text) = value.extract::<String>() {
        return Ok(Given::Word(text));
    }
    if OptionalRules::ALL.iter().any(|rule| rule.keyword == word && rule.kind == "hashes") {
        return Ok(Given::Hashes(to_hashes(word, value)?));
    }
    value.extract().map(Given::Spans).map_err(|_| {
        let problem = told!(
            "expected a whole number, a word, or pairs of times, received {0}",
            "应为整数、词或若干时间对，实为 {0}",
            word(received())
        );
        wrong_rule(word, &problem)
    })
}

fn given_to_python<'py>(py: Python<'py>, given: &Given) -> PyResult<Bound<'py, PyAny>> {
    Ok(match given {
        Given::Whole(value) => value.into_pyobject(py)?.into_any(),
        Given::Word(word) => word.into_pyobject(py)?.into_any(),
        Given::Spans(spans) => spans.into_pyobject(py)?.into_any(),
        Given::Hashes(hashes) => {
            let bytes: Vec<_> = hashes.iter().map(|hash| PyBytes::new(py, hash)).collect();
            bytes.into_pyobject(py)?.into_any()
        }
    })
}

/// Return what stands in a lot's rules for a seed of its lottery: H("pyauction/lottery/seed/v1" ‖ seed).
#[pyfunction]
pub(super) fn lottery_commitment<'py>(py: Python<'py>, seed: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let received = seed.cast::<PyBytes>().ok().and_then(|bytes| <[u8; 32]>::try_from(bytes.as_bytes()).ok());
    let seed = received.filter(|seed| *seed != [0; 32]);
    let wrong = || misuse("seed: expected 32 bytes that are not all zero");
    seed.map(|seed| PyBytes::new(py, &seed_commitment(&seed))).ok_or_else(wrong)
}

fn step(step: Step) -> PyResult<Increment> {
    Ok(match step {
        Step::Fixed(step) => Increment::Fixed(step),
        Step::Percent((numerator, denominator, rounding)) => Increment::Percent {
            numerator,
            denominator,
            rounding: code("rounding", &rounding, Rounding::from_code, Rounding::CODES)?,
        },
        Step::Table(rows) => Increment::Table(rows.into_iter().map(|(from, step)| StepRow { from, step }).collect()),
    })
}

fn least(count: Option<i64>, of: Option<&str>) -> PyResult<Option<MinBidders>> {
    match (count, of) {
        (None, None) => Ok(None),
        (Some(count), Some(of)) => {
            let of = code("min_bidders_counts", of, CountOf::from_code, CountOf::CODES)?;
            let count = u32::try_from(count).map_err(|_| {
                wrong_rule(
                    "min_bidders",
                    &told!(
                        "expected 1 to {0}, received {1}",
                        "应为 1 至 {0}，实为 {1}",
                        number(u32::MAX),
                        number(count)
                    ),
                )
            })?;
            Ok(Some(MinBidders { count, of }))
        }
        _ => Err(wrong_rule(
            "min_bidders",
            &told!("expected with min_bidders_counts, both or neither", "应与 min_bidders_counts 同时写明，或均不写"),
        )),
    }
}

fn reserve_policy(
    policy: &str,
    custody: Option<&str>,
    commitment: Option<&str>,
    window: EntryWindow,
) -> PyResult<ReservePolicy> {
    match (policy, custody, commitment) {
        ("declared_none", None, None) if window == EntryWindow::default() => Ok(ReservePolicy::DeclaredNone),
        ("declared_none", ..) => Err(wrong_rule(
            "reserve",
            &told!(
                "declared_none has no custody, commitment or entry window",
                "声明无底价的，没有保管、承诺与录入时段"
            ),
        )),
        ("required", Some(custody), Some(commitment)) => Ok(ReservePolicy::Required {
            custody: code("reserve_custody", custody, Custody::from_code, Custody::CODES)?,
            commitment: code("reserve_commitment", commitment, CommitmentTime::from_code, CommitmentTime::CODES)?,
            window,
        }),
        ("required", ..) => Err(wrong_rule(
            "reserve",
            &told!(
                "a required reserve needs reserve_custody and reserve_commitment; there is no default",
                "有底价的，须写明 reserve_custody 与 reserve_commitment，没有默认值"
            ),
        )),
        _ => Err(wrong_rule("reserve", &Problem::one_of("required declared_none", format!("{policy:?}")))),
    }
}

fn code<T>(what: &str, received: &str, from: fn(&str) -> Option<T>, codes: &str) -> PyResult<T> {
    from(received).ok_or_else(|| wrong_rule(what, &Problem::one_of(codes, format!("{received:?}"))))
}

fn code_or_none<T>(
    what: &str,
    received: Option<&str>,
    from: fn(&str) -> Option<T>,
    codes: &str,
) -> PyResult<Option<T>> {
    received.map(|received| code(what, received, from, codes)).transpose()
}

/// Returns the parameters by the names of FORMAT.md.
pub(super) fn rules_dict<'py>(py: Python<'py>, rules: &core::LotRules) -> PyResult<Bound<'py, PyDict>> {
    let d = PyDict::new(py);
    d.set_item("admission", rules.admission.code())?;
    d.set_item("start_price", rules.start_price.minor())?;
    match &rules.increment {
        Increment::Fixed(step) => d.set_item("increment", *step)?,
        Increment::Percent { numerator, denominator, rounding } => {
            d.set_item("increment", (*numerator, *denominator, rounding.code()))?;
        }
        Increment::Table(rows) => {
            d.set_item("increment", rows.iter().map(|row| (row.from, row.step)).collect::<Vec<_>>())?;
        }
    }
    d.set_item("multiple_anchor", rules.multiple_anchor.map(Anchor::code))?;
    d.set_item("max_multiple", rules.max_multiple)?;
    d.set_item("self_outbid", rules.self_outbid.code())?;
    let phases = rules.phases.iter().map(|phase| phase_dict(py, phase)).collect::<PyResult<Vec<_>>>()?;
    d.set_item("phases", phases)?;
    d.set_item("clock", rules.clock.code())?;
    d.set_item("timed_without_bids", rules.timed_without_bids.map(WithoutBids::code))?;
    d.set_item("single_bidder", rules.single_bidder.map(SingleBidder::code))?;
    d.set_item("on_outage", rules.on_outage.code())?;
    d.set_item("min_bidders", rules.min_bidders.map(|least| least.count))?;
    d.set_item("min_bidders_counts", rules.min_bidders.map(|least| least.of.code()))?;
    match rules.reserve {
        ReservePolicy::DeclaredNone => d.set_item("reserve", "declared_none")?,
        ReservePolicy::Required { custody, commitment, window } => {
            d.set_item("reserve", "required")?;
            d.set_item("reserve_custody", custody.code())?;
            d.set_item("reserve_commitment", commitment.code())?;
            d.set_item("entry_opens_before_end_ns", window.opens_before_end)?;
            d.set_item("entry_ends_before_end_ns", window.ends_before_end)?;
        }
    }
    for (word, given) in rules.optional.stated() {
        d.set_item(word, given_to_python(py, &given)?)?;
    }
    Ok(d)
}

fn phase_dict<'py>(py: Python<'py>, phase: &core::Phase) -> PyResult<Bound<'py, PyDict>> {
    let d = PyDict::new(py);
    d.set_item("kind", phase.kind.code())?;
    match phase.end {
        PhaseEnd::After(ns) => d.set_item("after_ns", ns)?,
        PhaseEnd::At(time) => d.set_item("at_ns", time.0)?,
        PhaseEnd::Called => d.set_item("called", true)?,
    }
    match phase.extension {
        Extension::None => {}
        Extension::Reset(to) => d.set_item("reset_to_ns", to)?,
        Extension::Window { within, to } => {
            d.set_item("window_ns", within)?;
            d.set_item("window_to_ns", to)?;
        }
    }
    match phase.hard_end {
        None => {}
        Some(HardEnd::After(ns)) => d.set_item("hard_end_after_ns", ns)?,
        Some(HardEnd::At(time)) => d.set_item("hard_end_at_ns", time.0)?,
    }
    Ok(d)
}
