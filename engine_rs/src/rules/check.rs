//! What a set of rules must fulfil before a lot can open (FORMAT.md B.1).

use super::{
    Anchor, ClockStart, Custody, EntryWindow, Extension, HardEnd, Increment, Phase, PhaseEnd, PhaseKind, ReservePolicy,
    RuleError, RuleSet,
};
use crate::time::MAX_DURATION_NS;

const MAX_PHASES: usize = 8;
const MAX_ROWS: usize = 64;

/// Returns the first thing that is wrong.
pub(super) fn check(rules: &RuleSet) -> Result<(), RuleError> {
    at_least_one("start_price", rules.start_price.minor())?;
    increment(&rules.increment)?;
    if rules.multiple_anchor == Some(Anchor::Start) && matches!(rules.increment, Increment::Percent { .. }) {
        return wrong("multiple_anchor", "start is not possible with increment_percent: its step moves with the top");
    }
    if let Some(most) = rules.max_multiple {
        at_least_one("max_multiple", most)?;
    }
    phases(rules)?;
    if let Some(least) = rules.min_bidders {
        at_least_one("min_bidders", i64::from(least.count))?;
    }
    reserve(rules)?;
    super::optional::check(rules)
}

fn increment(increment: &Increment) -> Result<(), RuleError> {
    match increment {
        Increment::Fixed(step) => at_least_one("increment_fixed", *step),
        Increment::Percent { numerator, denominator, .. } => {
            at_least_one("increment_percent", *numerator)?;
            at_least_one("increment_percent", *denominator)
        }
        Increment::Table(rows) => {
            if rows.is_empty() || rows.len() > MAX_ROWS {
                return wrong("increment_table", format!("expected 1 to {MAX_ROWS} rows, received {}", rows.len()));
            }
            if let Some(first) = rows.first().filter(|row| row.from != 0) {
                return wrong("increment_table", format!("expected the first row from 0, received {}", first.from));
            }
            for (row, next) in rows.iter().zip(rows.iter().skip(1)) {
                if row.from >= next.from {
                    let problem = format!("expected rising rows, received from {} after {}", next.from, row.from);
                    return wrong("increment_table", problem);
                }
            }
            rows.iter().try_for_each(|row| at_least_one("increment_table", row.step))
        }
    }
}

fn phases(rules: &RuleSet) -> Result<(), RuleError> {
    let count = rules.phases.len();
    if count == 0 || count > MAX_PHASES {
        return wrong("phases", format!("expected 1 to {MAX_PHASES} phases, received {count}"));
    }
    let cap_phase = rules.optional.cap_phase.and_then(|index| usize::try_from(index).ok());
    for (index, each) in rules.phases.iter().enumerate() {
        let next = index.saturating_add(1);
        phase(each, next == count || Some(next) == cap_phase)
            .map_err(|error| RuleError { problem: format!("phase {index}: {}", error.problem), ..error })?;
    }
    for end in [rules.phases.first(), rules.phases.last()].into_iter().flatten() {
        if !end.takes_bids() && end.kind != PhaseKind::Sealed {
            return wrong("phases", "the first and the last phase must take bids: expected free, timed or sealed");
        }
    }
    if rules.phases.iter().filter(|phase| phase.kind == PhaseKind::Inquiry).count() > 1 {
        return wrong("phases", "expected at most one inquiry");
    }
    let first_end = rules.phases.first().map(|phase| phase.end);
    if rules.clock == ClockStart::FirstBid && !matches!(first_end, Some(PhaseEnd::After(_))) {
        return wrong("clock", "first_bid needs a first phase that ends after a duration");
    }
    stated_iff("timed_without_bids", rules.timed_without_bids.is_some(), count > 1)?;
    stated_iff("single_bidder", rules.single_bidder.is_some(), count > 1)
}

fn phase(phase: &Phase, last: bool) -> Result<(), RuleError> {
    match phase.end {
        PhaseEnd::After(ns) => duration("phases", "end", ns)?,
        PhaseEnd::At(time) if !time.is_valid() => {
            return wrong("phases", format!("end: expected a time from 1970 to 2116, received {time} ns"));
        }
        PhaseEnd::At(_) => {}
        PhaseEnd::Called if !last => {
            return wrong("phases", "only the last phase can be ended by a call");
        }
        PhaseEnd::Called if phase.extension != Extension::None => {
            return wrong("phases", "a phase ended by a call has no deadline to extend");
        }
        PhaseEnd::Called => {}
    }
    if phase.kind == PhaseKind::Inquiry && !matches!(phase.end, PhaseEnd::After(_)) {
        return wrong("phases", "an inquiry ends after a duration");
    }
    if phase.kind == PhaseKind::Sealed && phase.end == PhaseEnd::Called {
        return wrong("phases", "a sealed phase ends by the clock, not by a call");
    }
    match phase.extension {
        Extension::None if phase.hard_end.is_some() => {
            return wrong("phases", "a hard end needs an extension to bound");
        }
        Extension::None => {}
        _ if phase.kind != PhaseKind::Timed => {
            return wrong("phases", format!("a {} phase is not extended; expected timed", phase.kind.code()));
        }
        Extension::Reset(to) => duration("phases", "extension", to)?,
        Extension::Window { within, to } => {
            duration("phases", "window", within)?;
            duration("phases", "extension", to)?;
        }
    }
    match phase.hard_end {
        Some(HardEnd::After(ns)) => duration("phases", "hard end", ns),
        Some(HardEnd::At(time)) if !time.is_valid() => {
            wrong("phases", format!("hard end: expected a time from 1970 to 2116, received {time} ns"))
        }
        _ => Ok(()),
    }
}

fn reserve(rules: &RuleSet) -> Result<(), RuleError> {
    let ReservePolicy::Required { custody, window, .. } = rules.reserve else {
        return Ok(());
    };
    if custody == Custody::Keepers {
        return wrong("reserve_custody", "keepers is reserved and not built in this release; expected entered");
    }
    if window == EntryWindow::default() {
        return Ok(());
    }
    let EntryWindow { opens_before_end: opens, ends_before_end: ends } = window;
    if rules.clock != ClockStart::Opening || matches!(rules.phases.first().map(|p| p.end), Some(PhaseEnd::Called)) {
        return wrong(
            "entry_opens_before_end",
            "an entry window needs a first phase whose end is known at the opening",
        );
    }
    opens.map_or(Ok(()), |ns| duration("entry_opens_before_end", "window", ns))?;
    ends.map_or(Ok(()), |ns| duration("entry_ends_before_end", "window", ns))?;
    match (opens, ends) {
        (Some(opens), Some(ends)) if ends >= opens => wrong(
            "entry_ends_before_end",
            format!("expected less than entry_opens_before_end ({opens}), received {ends}"),
        ),
        _ => Ok(()),
    }
}

pub(super) fn at_least_one(parameter: &'static str, value: i64) -> Result<(), RuleError> {
    if value >= 1 { Ok(()) } else { wrong(parameter, format!("expected at least 1, received {value}")) }
}

pub(super) fn duration(parameter: &'static str, what: &str, ns: i64) -> Result<(), RuleError> {
    if (1..=MAX_DURATION_NS).contains(&ns) {
        return Ok(());
    }
    wrong(parameter, format!("{what}: expected 1 to {MAX_DURATION_NS} nanoseconds, received {ns}"))
}

fn stated_iff(parameter: &'static str, stated: bool, needed: bool) -> Result<(), RuleError> {
    match (stated, needed) {
        (false, true) => wrong(parameter, "must be stated where there is more than one phase; there is no default"),
        (true, false) => wrong(parameter, "has no meaning where there is one phase only"),
        _ => Ok(()),
    }
}

pub(super) fn wrong<T>(parameter: &'static str, problem: impl Into<String>) -> Result<T, RuleError> {
    Err(RuleError { parameter, problem: problem.into() })
}
