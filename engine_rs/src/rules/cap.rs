//! The price cap: when it is in force and reached, and what its rules must fulfil.

use super::check::wrong;
use super::{CapAction, CapPassing, FirstBidMin, Increment, LotRules, Phase, PhaseEnd, PhaseKind, RuleError, RuleSet};
use crate::amount::Amount;

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

    /// Returns the amount that may always be bid and not be passed in the phase with this index.
    #[must_use]
    pub fn ceiling(&self, phase: u8) -> Option<Amount> {
        self.cap_in_force(phase).filter(|_| self.optional.cap_passing != Some(CapPassing::Allowed))
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
        return wrong("cap_action", "must be stated with a cap; there is no default");
    };
    if optional.priority.is_some() {
        return wrong("priority", "is not possible with a cap: nobody could match the bid that reaches it");
    }
    amount(rules, cap, action)?;
    phases(rules, action)?;
    let is_lottery = action == CapAction::Lottery;
    if optional.cap_passing.is_some() && is_lottery {
        return wrong("cap_passing", "nobody may pass a cap at which a lottery is drawn");
    }
    let before = optional.cap_phase.and_then(|index| usize::try_from(index).ok()).unwrap_or(rules.phases.len());
    if optional.cap_in_free.is_some() {
        let mut free = rules.phases.iter().take(before).filter(|phase| phase.kind == PhaseKind::Free).peekable();
        if is_lottery || free.peek().is_none() {
            return wrong("cap_in_free", "needs a free phase that the cap ends");
        }
        if free.any(|phase| phase.end == PhaseEnd::Called) {
            return wrong("cap_in_free", "at_end needs free phases that end by the clock, not by a call");
        }
    }
    match &optional.lottery_seeds {
        None if is_lottery => wrong("lottery_seeds", "must be stated with a lottery; there is no default"),
        Some(_) if !is_lottery => wrong("lottery_seeds", "has no meaning without a lottery"),
        Some(seeds) if seeds.is_empty() || seeds.len() > MAX_SEEDS => {
            wrong("lottery_seeds", format!("expected 1 to {MAX_SEEDS} commitments, received {}", seeds.len()))
        }
        Some(seeds) if seeds.contains(&[0; 32]) => wrong("lottery_seeds", "expected commitments that are not zero"),
        _ => Ok(()),
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
        Some((parameter, _)) => wrong(parameter, "has no meaning without a cap"),
        None => Ok(()),
    }
}

fn amount(rules: &RuleSet, cap: i64, action: CapAction) -> Result<(), RuleError> {
    let (optional, start) = (&rules.optional, rules.start_price.minor());
    if cap <= start {
        return wrong("cap", format!("expected more than the start price {start}, received {cap}"));
    }
    if optional.precision.is_some_and(|precision| cap % precision != 0) {
        return wrong("cap", format!("expected a whole multiple of the precision, received {cap}"));
    }
    if optional.first_bid_min == Some(FirstBidMin::StartPlusStep) {
        let step = rules.increment.step(rules.start_price, optional.precision.unwrap_or(1));
        if start.checked_add(step.max(optional.timed_increment.unwrap_or(0))).is_none_or(|least| cap < least) {
            return wrong("cap", format!("expected at least the first bid that the rules take, received {cap}"));
        }
    }
    match rules.increment {
        Increment::Fixed(step) if action == CapAction::Lottery && (cap - start) % step != 0 => {
            wrong("cap", format!("expected {start} and whole steps of {step} for a lottery, received {cap}"))
        }
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
                return wrong("cap_phase", format!("expected the index of a phase, 1 to {last}, received {index}"));
            }
            let last_before = first.checked_sub(1).and_then(|index| rules.phases.get(index));
            if !last_before.is_some_and(Phase::takes_bids) {
                return wrong(
                    "cap_phase",
                    "the phase before it is the last one without the cap: expected free or timed",
                );
            }
        }
        (None, CapAction::Enter) => return wrong("cap_phase", "must be stated with enter; there is no default"),
        (Some(_), _) => return wrong("cap_phase", "has no meaning where the cap leads to no phase"),
        (None, _) if optional.top_up.is_some() => {
            return wrong("top_up", "has no meaning where the cap leads to no phase");
        }
        (None, _) => {}
    }
    Ok(())
}
