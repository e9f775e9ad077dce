//! What a set of rules must fulfil before a lot can open (FORMAT.md B.1).

use super::fault::{Part, Problem, RuleError, fault, wrong};
use super::{
    Anchor, ClockStart, Custody, EntryWindow, Extension, HardEnd, Increment, Phase, PhaseEnd, PhaseKind, ReservePolicy,
    RuleSet,
};
use crate::time::{MAX_DURATION_NS, Timestamp};

const MAX_PHASES: usize = 8;
const MAX_ROWS: usize = 64;

/// Returns the first thing that is wrong.
pub(super) fn check(rules: &RuleSet) -> Result<(), RuleError> {
    positive("start_price", rules.start_price.minor())?;
    increment(&rules.increment)?;
    if rules.multiple_anchor == Some(Anchor::Start) && matches!(rules.increment, Increment::Percent { .. }) {
        return fault(
            "multiple_anchor",
            "start is not possible with a percentage: its step moves with the top",
            "按比例增价时不得自起始价计整数倍：其幅度随最高报价变动",
        );
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
        Increment::Fixed(step) => positive("increment_fixed", *step),
        Increment::Percent { numerator, denominator, .. } => {
            at_least_one("increment_percent", *numerator)?;
            at_least_one("increment_percent", *denominator)
        }
        Increment::Table(rows) => {
            one_to("increment_table", MAX_ROWS, rows.len())?;
            if let Some(first) = rows.first().filter(|row| row.from != 0) {
                let problem = Problem::new(
                    "a gap: expected the first row from 0, received from {0}",
                    "有缺口：首行应自 0 起，实自 {0} 起",
                );
                return wrong("increment_table", problem.amount(first.from));
            }
            for (row, next) in rows.iter().zip(rows.iter().skip(1)) {
                if row.from >= next.from {
                    let problem = Problem::new(
                        "expected rising rows, received from {0} after {1}",
                        "各行应递增，实为 {1} 之后为 {0}",
                    );
                    return wrong("increment_table", problem.amount(next.from).amount(row.from));
                }
            }
            rows.iter().try_for_each(|row| positive("increment_table", row.step))
        }
    }
}

fn phases(rules: &RuleSet) -> Result<(), RuleError> {
    let count = rules.phases.len();
    one_to("phases", MAX_PHASES, count)?;
    let cap_phase = rules.optional.cap_phase.and_then(|index| usize::try_from(index).ok());
    for (index, each) in rules.phases.iter().enumerate() {
        let next = index.saturating_add(1);
        phase(each, next == count || Some(next) == cap_phase).map_err(|error| error.of_phase(index))?;
    }
    for end in [rules.phases.first(), rules.phases.last()].into_iter().flatten() {
        if !end.takes_bids() && end.kind != PhaseKind::Sealed {
            return fault(
                "phases",
                "the first and the last phase must take bids: expected free, timed or sealed",
                "首末两个阶段须接受报价：应为自由报价、限时竞价或密封报价",
            );
        }
    }
    if rules.phases.iter().filter(|phase| phase.kind == PhaseKind::Inquiry).count() > 1 {
        return fault("phases", "expected at most one inquiry", "询问期至多一个");
    }
    let first_end = rules.phases.first().map(|phase| phase.end);
    if rules.clock == ClockStart::FirstBid && !matches!(first_end, Some(PhaseEnd::After(_))) {
        return fault(
            "clock",
            "first_bid needs a first phase that ends after a duration",
            "自首次报价起计时（first_bid）的，首个阶段须按时长结束",
        );
    }
    stated_iff("timed_without_bids", rules.timed_without_bids.is_some(), count > 1)?;
    stated_iff("single_bidder", rules.single_bidder.is_some(), count > 1)
}

fn phase(phase: &Phase, last: bool) -> Result<(), RuleError> {
    match phase.end {
        PhaseEnd::After(ns) => part(Part::Length, ns)?,
        PhaseEnd::At(time) => time_of(Part::EndsAt, time)?,
        PhaseEnd::Called if !last => {
            return fault("phases", "only the last phase can be ended by a call", "只有最后一个阶段可以宣布结束");
        }
        PhaseEnd::Called if phase.extension != Extension::None => {
            return fault(
                "phases",
                "a phase ended by a call has no deadline to extend",
                "宣布结束的阶段没有可延的截止时间",
            );
        }
        PhaseEnd::Called => {}
    }
    if phase.kind == PhaseKind::Inquiry && !matches!(phase.end, PhaseEnd::After(_)) {
        return fault("phases", "an inquiry ends after a duration", "询问期须按时长结束");
    }
    if phase.kind == PhaseKind::Sealed && phase.end == PhaseEnd::Called {
        return fault(
            "phases",
            "a sealed phase ends by the clock, not by a call",
            "密封报价期须到时结束，不得宣布结束",
        );
    }
    match phase.extension {
        Extension::None if phase.hard_end.is_some() => {
            return fault("phases", "a hard end needs an extension to bound", "有延时才可设最晚结束时间");
        }
        Extension::None => {}
        _ if phase.kind != PhaseKind::Timed => {
            let problem = Problem::new("a {0} phase is not extended; expected timed", "只有限时竞价可以延时，实为 {0}");
            return wrong("phases", problem.word(phase.kind.code()));
        }
        Extension::Reset(to) => part(Part::Extension, to)?,
        Extension::Window { within, to } => {
            part(Part::Window, within)?;
            part(Part::Extension, to)?;
        }
    }
    match phase.hard_end {
        Some(HardEnd::After(ns)) => part(Part::HardEnd, ns),
        Some(HardEnd::At(time)) => time_of(Part::HardEnd, time),
        None => Ok(()),
    }
}

fn part(part: Part, ns: i64) -> Result<(), RuleError> {
    duration("phases", ns).map_err(|error| error.of_part(part))
}

fn time_of(part: Part, time: Timestamp) -> Result<(), RuleError> {
    if time.is_valid() {
        return Ok(());
    }
    let problem =
        Problem::new("expected a time from 1970 to 2116, received {0}", "应为 1970 至 2116 年间的时间，实为 {0}");
    wrong("phases", problem.time(time)).map_err(|error: RuleError| error.of_part(part))
}

fn reserve(rules: &RuleSet) -> Result<(), RuleError> {
    let ReservePolicy::Required { custody, window, .. } = rules.reserve else {
        return Ok(());
    };
    if custody == Custody::Keepers {
        return fault(
            "reserve_custody",
            "keepers is reserved and not built in this release; expected entered",
            "keepers 为保留值，本版本尚未实现；应为 entered",
        );
    }
    if window == EntryWindow::default() {
        return Ok(());
    }
    let EntryWindow { opens_before_end: opens, ends_before_end: ends } = window;
    if rules.clock != ClockStart::Opening || matches!(rules.phases.first().map(|p| p.end), Some(PhaseEnd::Called)) {
        return fault(
            "entry_opens_before_end",
            "an entry window needs a first phase whose end is known at the opening",
            "设底价录入时段的，首个阶段的结束时间须在开始时已知",
        );
    }
    opens.map_or(Ok(()), |ns| duration("entry_opens_before_end", ns))?;
    ends.map_or(Ok(()), |ns| duration("entry_ends_before_end", ns))?;
    match (opens, ends) {
        (Some(opens), Some(ends)) if ends >= opens => {
            shorter("entry_ends_before_end", ends, "entry_opens_before_end", opens)
        }
        _ => Ok(()),
    }
}

/// Returns that a length is not shorter than the one that bounds it.
pub(super) fn shorter(parameter: &'static str, received: i64, than: &str, bound: i64) -> Result<(), RuleError> {
    let problem = Problem::new("expected less than {0} ({1}), received {2}", "应短于 {0}（{1}），实为 {2}");
    wrong(parameter, problem.word(than).length(bound).length(received))
}

/// Refuses an amount that is not above the start price.
pub(super) fn above_start(parameter: &'static str, rules: &RuleSet, amount: i64) -> Result<(), RuleError> {
    let start = rules.start_price.minor();
    if amount > start {
        return Ok(());
    }
    let problem = Problem::new("expected more than the start price {0}, received {1}", "应高于起始价 {0}，实为 {1}");
    wrong(parameter, problem.amount(start).amount(amount))
}

/// Refuses an amount that is finer than bids may be.
pub(super) fn multiple_of_precision(parameter: &'static str, rules: &RuleSet, amount: i64) -> Result<(), RuleError> {
    match rules.optional.precision {
        Some(precision) if amount % precision != 0 => {
            let problem = Problem::new(
                "expected a whole multiple of the precision {0}, received {1}",
                "应为报价精度 {0} 的整数倍，实为 {1}",
            );
            wrong(parameter, problem.amount(precision).amount(amount))
        }
        _ => Ok(()),
    }
}

/// Refuses a number of things outside 1 to `most`.
pub(super) fn one_to(parameter: &'static str, most: usize, count: usize) -> Result<(), RuleError> {
    if (1..=most).contains(&count) {
        return Ok(());
    }
    let problem = Problem::new("expected 1 to {0} entries, received {1}", "应有 1 至 {0} 项，实有 {1} 项");
    wrong(parameter, problem.number(most).number(count))
}

pub(super) fn at_least_one(parameter: &'static str, value: i64) -> Result<(), RuleError> {
    if value >= 1 {
        return Ok(());
    }
    wrong(parameter, Problem::new("expected at least 1, received {0}", "不得小于 1，实为 {0}").number(value))
}

/// Refuses an amount that is not positive.
pub(super) fn positive(parameter: &'static str, minor: i64) -> Result<(), RuleError> {
    if minor > 0 {
        return Ok(());
    }
    wrong(parameter, Problem::new("expected more than 0, received {0}", "应大于 0，实为 {0}").amount(minor))
}

pub(super) fn duration(parameter: &'static str, ns: i64) -> Result<(), RuleError> {
    if (1..=MAX_DURATION_NS).contains(&ns) {
        return Ok(());
    }
    let problem = Problem::new("expected a length from {0} to {1}, received {2}", "时长应在 {0} 至 {1} 之间，实为 {2}");
    wrong(parameter, problem.length(1).length(MAX_DURATION_NS).length(ns))
}

fn stated_iff(parameter: &'static str, stated: bool, needed: bool) -> Result<(), RuleError> {
    match (stated, needed) {
        (false, true) => fault(
            parameter,
            "must be stated where there is more than one phase; there is no default",
            "有多个阶段时须写明，没有默认值",
        ),
        (true, false) => fault(parameter, "has no meaning where there is one phase only", "只有一个阶段时不适用"),
        _ => Ok(()),
    }
}
