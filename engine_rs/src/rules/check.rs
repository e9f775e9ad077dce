//! What a set of rules must fulfil before a lot can open (FORMAT.md B.1).

use super::fault::{Part, RuleError, fault, told, wrong};
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
            if *numerator > 0 && *denominator > 0 {
                return Ok(());
            }
            let problem = told!(
                "expected a part above 0 of the top amount, received {0}/{1}",
                "增价比例应大于 0，实为 {0}/{1}",
                number(*numerator),
                number(*denominator)
            );
            wrong("increment_percent", problem)
        }
        Increment::Table(rows) => {
            one_to("increment_table", MAX_ROWS, rows.len())?;
            if let Some(first) = rows.first().filter(|row| row.from != 0) {
                return wrong(
                    "increment_table",
                    told!(
                        "a gap: expected the first row from 0, received from {0}",
                        "有缺口：首行应自 0 起，实为 {0}",
                        amount(first.from)
                    ),
                );
            }
            for (row, next) in rows.iter().zip(rows.iter().skip(1)) {
                if row.from >= next.from {
                    return wrong(
                        "increment_table",
                        told!(
                            "expected rising rows, received from {0} after {1}",
                            "各行应递增，实为 {1}之后为 {0}",
                            amount(next.from),
                            amount(row.from)
                        ),
                    );
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
    let last = count.saturating_sub(1);
    for (index, end) in rules.phases.iter().enumerate().filter(|(index, _)| *index == 0 || *index == last) {
        if !end.takes_bids() && end.kind != PhaseKind::Sealed {
            let wrong = fault(
                "phases",
                "the first and the last phase must take bids: expected free, timed or sealed",
                "首末两个阶段须接受报价：应为自由报价、限时竞价或密封报价",
            );
            return wrong.map_err(|error: RuleError| error.of_phase(index));
        }
    }
    let mut inquiries = rules.phases.iter().enumerate().filter(|(_, phase)| phase.kind == PhaseKind::Inquiry);
    if let Some((second, _)) = inquiries.nth(1) {
        let wrong = fault("phases", "expected at most one inquiry", "询问期至多一个");
        return wrong.map_err(|error: RuleError| error.of_phase(second));
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
            return of_part(Part::Length, "only the last phase can be ended by a call", "只有最后一个阶段可以宣布结束");
        }
        PhaseEnd::Called if phase.extension != Extension::None => {
            return of_part(
                Part::Extension,
                "a phase ended by a call has no deadline to extend",
                "宣布结束的阶段没有可延的截止时间",
            );
        }
        PhaseEnd::Called => {}
    }
    if phase.kind == PhaseKind::Inquiry && !matches!(phase.end, PhaseEnd::After(_)) {
        return of_part(Part::Length, "an inquiry ends after a duration", "询问期须按时长结束");
    }
    if phase.kind == PhaseKind::Sealed && phase.end == PhaseEnd::Called {
        return of_part(
            Part::Length,
            "a sealed phase ends by the clock, not by a call",
            "密封报价期须到时结束，不得宣布结束",
        );
    }
    match phase.extension {
        Extension::None if phase.hard_end.is_some() => {
            return of_part(Part::HardEnd, "has no meaning without an extension to bound", "不延时的，不适用");
        }
        Extension::None => {}
        _ if phase.kind != PhaseKind::Timed => {
            let problem = told!(
                "a {0} phase is not extended; expected timed",
                "只有限时竞价可以延时，实为 {0}",
                word(phase.kind.code())
            );
            return wrong("phases", problem).map_err(|error: RuleError| error.of_part(Part::Extension));
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

fn of_part(part: Part, english: &'static str, chinese: &'static str) -> Result<(), RuleError> {
    fault("phases", english, chinese).map_err(|error: RuleError| error.of_part(part))
}

fn part(part: Part, ns: i64) -> Result<(), RuleError> {
    duration("phases", ns).map_err(|error| error.of_part(part))
}

fn time_of(part: Part, time: Timestamp) -> Result<(), RuleError> {
    if time.is_valid() {
        return Ok(());
    }
    wrong(
        "phases",
        told!("expected a time from 1970 to 2116, received {0}", "应为 1970 至 2116 年间的时间，实为 {0}", time(time)),
    )
    .map_err(|error: RuleError| error.of_part(part))
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
            let problem = told!(
                "expected less than entry_opens_before_end ({0}), received {1}",
                "应短于 entry_opens_before_end（{0}），实为 {1}",
                length(opens),
                length(ends)
            );
            wrong("entry_ends_before_end", problem)
        }
        _ => Ok(()),
    }
}

/// Refuses an amount that is not above the start price.
pub(super) fn above_start(parameter: &'static str, rules: &RuleSet, amount: i64) -> Result<(), RuleError> {
    let start = rules.start_price.minor();
    if amount > start {
        return Ok(());
    }
    wrong(
        parameter,
        told!(
            "expected more than the start price {0}, received {1}",
            "应高于起始价 {0}，实为 {1}",
            amount(start),
            amount(amount)
        ),
    )
}

/// Refuses an amount that is finer than bids may be.
pub(super) fn multiple_of_precision(parameter: &'static str, rules: &RuleSet, amount: i64) -> Result<(), RuleError> {
    match rules.optional.precision {
        Some(precision) if amount % precision != 0 => wrong(
            parameter,
            told!(
                "expected a whole multiple of the precision {0}, received {1}",
                "应为报价精度 {0}的整数倍，实为 {1}",
                amount(precision),
                amount(amount)
            ),
        ),
        _ => Ok(()),
    }
}

/// Refuses a number of things outside 1 to `most`.
pub(super) fn one_to(parameter: &'static str, most: usize, count: usize) -> Result<(), RuleError> {
    if (1..=most).contains(&count) {
        return Ok(());
    }
    wrong(
        parameter,
        told!("expected 1 to {0} entries, received {1}", "应有 1 至 {0} 项，实有 {1} 项", number(most), number(count)),
    )
}

pub(super) fn at_least_one(parameter: &'static str, value: i64) -> Result<(), RuleError> {
    if value >= 1 {
        return Ok(());
    }
    wrong(parameter, told!("expected at least 1, received {0}", "不得小于 1，实为 {0}", number(value)))
}

/// Refuses an amount that is not positive.
pub(super) fn positive(parameter: &'static str, minor: i64) -> Result<(), RuleError> {
    if minor > 0 {
        return Ok(());
    }
    wrong(parameter, told!("expected more than 0, received {0}", "应大于 0，实为 {0}", amount(minor)))
}

pub(super) fn duration(parameter: &'static str, ns: i64) -> Result<(), RuleError> {
    if (1..=MAX_DURATION_NS).contains(&ns) {
        return Ok(());
    }
    wrong(
        parameter,
        told!(
            "expected a length from {0} to {1}, received {2}",
            "时长应在 {0} 至 {1} 之间，实为 {2}",
            length(1),
            length(MAX_DURATION_NS),
            length(ns)
        ),
    )
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
