//! The price cap: when it is in force and reached, and what its rules must fulfil.

use super::check::{above_start, multiple_of_precision, one_to};
use super::fault::{RuleError, fault, told, wrong};
use super::{CapAction, CapPassing, FirstBidMin, Increment, LotRules, Phase, PhaseEnd, PhaseKind, Position, RuleSet};
use crate::amount::Amount;
use crate::verdict::Reason;

/// The most seeds of one lottery.
pub(crate) const MAX_SEEDS: usize = 16;

impl LotRules {
    /// Returns the cap, if it is in force in the phase with this index.
    #[must_use]
    pub fn cap_in_force(&self, phase: u8) -> Option<Amount> {
        let before = self.cap_phase().is_none_or(|first| phase < first);
        self.optional.cap.filter(|_| before).map(Amount)
    }

    /// Returns the index of the first phase that only the cap leads to.
    #[must_use]
    pub fn cap_phase(&self) -> Option<u8> {
        self.optional.cap_phase.and_then(|index| u8::try_from(index).ok())
    }

    /// Returns the index of the first phase of the part that a phase is in: of those before the cap, or of those that only
    /// the cap leads to. The cap skips what stands between.
    #[must_use]
    pub fn part_begins(&self, phase: u8) -> u8 {
        self.cap_phase().filter(|first| phase >= *first).unwrap_or(0)
    }

    /// Returns whether a phase or one behind it takes clear bids, of those before the cap or of those that only it leads to.
    pub(crate) fn takes_bids_from(&self, phase: u8) -> bool {
        let end = self.cap_phase().filter(|first| phase < *first).map_or(self.phases.len(), usize::from);
        let behind = usize::from(phase)..end;
        self.phases.get(behind).is_some_and(|phases| phases.iter().any(Phase::takes_bids))
    }

    /// Returns the amount that may always be bid and not be passed in the phase with this index.
    #[must_use]
    pub fn ceiling(&self, phase: u8) -> Option<Amount> {
        self.cap_in_force(phase).filter(|_| self.optional.cap_passing != Some(CapPassing::Allowed))
    }

    /// Returns whether a top amount has reached the cap that is in force.
    #[must_use]
    pub fn is_cap_reached(&self, phase: u8, top: Option<Amount>) -> bool {
        self.cap_in_force(phase).zip(top).is_some_and(|(cap, top)| top >= cap)
    }

    /// Judges a bid against the cap (FORMAT.md B.5, rows 11a to 11c); None where the other rules decide.
    pub(crate) fn judge_cap(&self, amount: Amount, position: &Position) -> Option<Result<(), Reason>> {
        let reached = self.is_cap_reached(position.phase, position.top);
        if reached && (!self.draws_lots() || position.at_cap) {
            return Some(Err(Reason::CapReached));
        }
        let ceiling = self.ceiling(position.phase)?;
        if amount > ceiling {
            return Some(Err(Reason::AboveCap));
        }
        (reached && amount == ceiling).then_some(Ok(()))
    }

    /// Returns whether several bidders may bid the cap, among whom a lottery decides.
    #[must_use]
    pub fn draws_lots(&self) -> bool {
        self.optional.cap_action == Some(CapAction::Lottery)
    }
}

/// Returns the first thing that is wrong.
pub(super) fn check(rules: &RuleSet) -> Result<(), RuleError> {
    let optional = &rules.optional;
    let Some(cap) = optional.cap else { return without_cap(rules) };
    let Some(action) = optional.cap_action else {
        return fault("cap_action", "must be stated with a cap; there is no default", "有封顶价时须写明，没有默认值");
    };
    if optional.priority.is_some() {
        return fault(
            "priority",
            "is not possible with a cap: nobody could match the bid that reaches it",
            "有封顶价时不适用：达到封顶价的报价无人可以同价跟进",
        );
    }
    amount(rules, cap, action)?;
    phases(rules, action)?;
    let is_lottery = action == CapAction::Lottery;
    if optional.cap_passing.is_some() && is_lottery {
        return fault(
            "cap_passing",
            "nobody may pass a cap at which a lottery is drawn",
            "达到封顶价即摇号的，报价不得高于封顶价",
        );
    }
    let before = optional.cap_phase.and_then(|index| usize::try_from(index).ok()).unwrap_or(rules.phases.len());
    if optional.cap_in_free.is_some() {
        let mut free = rules.phases.iter().take(before).filter(|phase| phase.kind == PhaseKind::Free).peekable();
        if is_lottery || free.peek().is_none() {
            return fault("cap_in_free", "needs a free phase that the cap ends", "须有可因封顶价结束的自由报价期");
        }
        if free.any(|phase| phase.end == PhaseEnd::Called) {
            return fault(
                "cap_in_free",
                "at_end needs free phases that end by the clock, not by a call",
                "at_end 须自由报价期到时结束，不得宣布结束",
            );
        }
    }
    match &optional.lottery_seeds {
        None if is_lottery => {
            fault("lottery_seeds", "must be stated with a lottery; there is no default", "摇号时须写明，没有默认值")
        }
        Some(_) if !is_lottery => fault("lottery_seeds", "has no meaning without a lottery", "不摇号时不适用"),
        Some(seeds) if seeds.contains(&[0; 32]) => {
            fault("lottery_seeds", "expected commitments that are not zero", "承诺不得全为零")
        }
        Some(seeds) => one_to("lottery_seeds", MAX_SEEDS, seeds.len()),
        None => Ok(()),
    }
}

fn without_cap(rules: &RuleSet) -> Result<(), RuleError> {
    let optional = &rules.optional;
    let stated = [
        ("cap_action", optional.cap_action.is_some()),
        ("cap_phase", optional.cap_phase.is_some()),
        ("cap_passing", optional.cap_passing.is_some()),
        ("cap_in_free", optional.cap_in_free.is_some()),
        ("top_up", optional.top_up.is_some()),
        ("lottery_seeds", optional.lottery_seeds.is_some()),
    ];
    match stated.into_iter().find(|(_, stated)| *stated) {
        Some((parameter, _)) => fault(parameter, "has no meaning without a cap", "没有封顶价时不适用"),
        None => Ok(()),
    }
}

fn amount(rules: &RuleSet, cap: i64, action: CapAction) -> Result<(), RuleError> {
    let (optional, start) = (&rules.optional, rules.start_price.minor());
    above_start("cap", rules, cap)?;
    multiple_of_precision("cap", rules, cap)?;
    if optional.first_bid_min == Some(FirstBidMin::StartPlusStep) {
        let step = rules.increment.step(rules.start_price, optional.precision.unwrap_or(1));
        let least = start.checked_add(step.max(optional.timed_increment.unwrap_or(0)));
        let Some(least) = least else {
            return fault(
                "first_bid_min",
                "the start price and one step are more than 64 bits hold",
                "起始价加一个增价幅度超出 64 位",
            );
        };
        if cap < least {
            let problem = told!(
                "expected at least {0}, the first bid that is taken, received {1}",
                "不得低于首次报价的下限 {0}，实为 {1}",
                amount(least),
                amount(cap)
            );
            return wrong("cap", problem);
        }
    }
    match rules.increment {
        Increment::Fixed(step) if action == CapAction::Lottery && (cap - start) % step != 0 => wrong(
            "cap",
            told!(
                "expected {0} and whole steps of {1} for a lottery, received {2}",
                "摇号的封顶价应为 {0}加 {1}的整数倍，实为 {2}",
                amount(start),
                amount(step),
                amount(cap)
            ),
        ),
        _ => Ok(()),
    }
}

fn phases(rules: &RuleSet, action: CapAction) -> Result<(), RuleError> {
    let optional = &rules.optional;
    match (optional.cap_phase, action) {
        (Some(index), CapAction::Enter) => {
            let first = usize::try_from(index).unwrap_or(0);
            if first == 0 || first >= rules.phases.len() {
                let last = rules.phases.len().saturating_sub(1);
                return wrong(
                    "cap_phase",
                    told!(
                        "expected the index of a phase, 1 to {0}, received {1}",
                        "应为某一阶段的序号 1 至 {0}，实为 {1}",
                        number(last),
                        number(index)
                    ),
                );
            }
            let last_before = first.checked_sub(1).and_then(|index| rules.phases.get(index));
            if !last_before.is_some_and(Phase::takes_bids) {
                return fault(
                    "cap_phase",
                    "the phase before it is the last one without the cap: expected free or timed",
                    "其前一阶段是未达封顶价时的最后一个阶段，应为自由报价或限时竞价",
                );
            }
        }
        (None, CapAction::Enter) => {
            return fault(
                "cap_phase",
                "must be stated with enter; there is no default",
                "cap_action 为 enter 时须写明，没有默认值",
            );
        }
        (Some(_), _) => {
            return fault(
                "cap_phase",
                "has no meaning where the cap leads to no phase",
                "达到封顶价后不进入其他阶段的，不适用",
            );
        }
        (None, _) if optional.top_up.is_some() => {
            return fault(
                "top_up",
                "has no meaning where the cap leads to no phase",
                "达到封顶价后不进入其他阶段的，不适用",
            );
        }
        (None, _) => {}
    }
    Ok(())
}
