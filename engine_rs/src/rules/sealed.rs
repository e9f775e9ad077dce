//! Sealed bids (密封报价): who holds their amounts, what may be changed, who wins, and what these rules must fulfil.

use super::check::{above_start, at_least_one, multiple_of_precision};
use super::fault::{RuleError, fault, told, wrong};
use super::{CapAction, ClockStart, Phase, PhaseEnd, PhaseKind, ReservePolicy, RuleSet};
use crate::wire::coded_enum;

coded_enum! {
    /// Who holds the amounts of sealed bids until they are opened.
    SealedCustody {
        /// Each bidder its own; the house has commitments only.
        Bidder = 1 "bidder",
        /// The vault of the house, which judges each amount as it is placed.
        House = 2 "house",
    }
}
coded_enum! {
    /// What a bidder may do to its sealed bid before the phase ends.
    SealedChange {
        /// Change it (N11 art. 19).
        Change = 1 "change",
        /// Change or withdraw it (招标投标法 art. 29).
        ChangeOrWithdraw = 2 "change_or_withdraw",
    }
}
coded_enum! {
    /// Which of the valid sealed bids wins.
    SealedAward {
        /// The highest (四川 2024).
        Highest = 1 "highest",
        /// The one closest to the mean of all (苏州 2016).
        ClosestToMean = 2 "closest_to_mean",
        /// The one to which the most points were given (招标投标法 art. 41).
        MostPoints = 3 "most_points",
    }
}
coded_enum! {
    /// What decides among equal ones.
    SealedTie {
        /// Those bidders bid again (四川 2024).
        Requote = 1 "requote",
        /// The one placed first wins.
        Earlier = 2 "earlier",
        /// The higher amount wins, then the one placed first.
        Higher = 3 "higher",
    }
}
coded_enum! {
    /// What becomes of an amount that another sealed bid has, where it is not taken.
    SealedEqual {
        /// It is refused (苏州 2016).
        Refused = 1 "refused",
    }
}
coded_enum! {
    /// What a reserve is for that is disclosed while the bids are opened.
    ReservePublished {
        /// It decides, as always (四川 2025).
        Decides = 1 "decides",
        /// It is for reference, and never compared (标底: 招标投标法实施条例 art. 50).
        Reference = 2 "reference",
    }
}

impl RuleSet {
    /// Returns whether a phase of these rules takes sealed bids.
    #[must_use]
    pub const fn takes_sealed_bids(&self) -> bool {
        self.optional.sealed_custody.is_some()
    }
}

/// Returns the first thing that is wrong.
pub(super) fn check(rules: &RuleSet) -> Result<(), RuleError> {
    let optional = &rules.optional;
    let is_sealed = |phase: &Phase| phase.kind == PhaseKind::Sealed;
    let Some(phase) = rules.phases.iter().find(|phase| is_sealed(phase)) else { return without_phase(rules) };
    if rules.phases.iter().rev().skip(1).any(is_sealed) {
        return fault("phases", "a sealed phase is the last one", "密封报价期须为最后一个阶段");
    }
    if rules.clock == ClockStart::FirstBid && rules.phases.first().is_some_and(is_sealed) {
        return fault(
            "clock",
            "first_bid needs a first phase that takes clear bids",
            "自首次报价起计时（first_bid）的，首个阶段不得为密封报价期",
        );
    }
    if optional.priority.is_some() {
        return fault(
            "priority",
            "is not possible with a sealed phase: nobody sees a top amount to match",
            "有密封报价期时不适用：无人看得到可同价跟进的最高报价",
        );
    }
    if optional.cap.is_some() && optional.cap_action != Some(CapAction::Enter) {
        return fault(
            "cap_action",
            "with a sealed phase a cap can only lead to it: expected enter",
            "有密封报价期时，达到封顶价只能进入该阶段：应为 enter",
        );
    }
    if optional.cap_phase.is_some() && !matches!(phase.end, PhaseEnd::After(_)) {
        return fault(
            "phases",
            "a sealed phase behind a cap ends after a duration: nobody knows when it begins",
            "达到封顶价后的密封报价期须按时长结束：无人知其何时开始",
        );
    }
    if optional.sealed_custody.is_none() {
        return fault(
            "sealed_custody",
            "must be stated with a sealed phase; there is no default",
            "有密封报价期时须写明，没有默认值",
        );
    }
    let Some(award) = optional.sealed_award else {
        return fault(
            "sealed_award",
            "must be stated with a sealed phase; there is no default",
            "有密封报价期时须写明，没有默认值",
        );
    };
    tie(rules, award, phase)?;
    if award == SealedAward::ClosestToMean && optional.sealed_custody != Some(SealedCustody::House) {
        return fault(
            "sealed_custody",
            "closest_to_mean needs amounts that the house holds: who keeps its own could choose what counts",
            "最接近平均价者成交的，报价须由拍卖方保管（house）：自行保管者可左右计入平均价的报价",
        );
    }
    optional.sealed_min.map_or(Ok(()), |least| at_least_one("sealed_min", i64::from(least)))?;
    most(rules)?;
    if optional.sealed_equal.is_some() && optional.sealed_custody != Some(SealedCustody::House) {
        return fault(
            "sealed_equal",
            "needs amounts that the house holds: only it can tell that two are equal",
            "报价须由拍卖方保管（house）：只有拍卖方能看出两个报价相同",
        );
    }
    if optional.sealed_equal.is_some() && optional.sealed_change.is_some() {
        return fault(
            "sealed_change",
            "is not possible with sealed_equal: who changes a bid could search for the others'",
            "不得与 sealed_equal 并用：可修改报价者能借此试出他人的报价",
        );
    }
    let is_single = matches!(rules.reserve, ReservePolicy::Required { .. }) && optional.reserve_setters.is_none();
    if optional.reserve_published.is_some() && !is_single {
        return fault("reserve_published", "needs a required reserve of one figure", "须有由一人设定的底价");
    }
    if optional.reserve_published.is_some() && optional.sealed_tie == Some(SealedTie::Requote) {
        return fault(
            "reserve_published",
            "is not possible with requote: who bids again would know the reserve",
            "不得与 requote 并用：再次报价者会得知底价",
        );
    }
    let is_required = matches!(rules.reserve, ReservePolicy::Required { .. });
    if is_required && award != SealedAward::Highest && optional.reserve_published.is_none() {
        return wrong(
            "reserve_published",
            told!(
                "must be stated with {0}: who may win depends on it; there is no default",
                "sealed_award 为 {0} 时须写明，没有默认值：成交结果取决于它",
                word(award.code())
            ),
        );
    }
    Ok(())
}

fn tie(rules: &RuleSet, award: SealedAward, phase: &Phase) -> Result<(), RuleError> {
    match (rules.optional.sealed_tie, award) {
        (None, SealedAward::ClosestToMean) => Ok(()),
        (Some(_), SealedAward::ClosestToMean) => fault(
            "sealed_tie",
            "has no meaning with closest_to_mean, which says itself what decides",
            "最接近平均价者成交的，不适用：该规则自身已定",
        ),
        (None, _) => fault(
            "sealed_tie",
            "must be stated with this award; there is no default",
            "以此方式确定成交的，须写明，没有默认值",
        ),
        (Some(SealedTie::Requote), SealedAward::MostPoints) => fault(
            "sealed_tie",
            "requote is about equal amounts, not about equal points",
            "requote 用于报价相同，不用于得分相同",
        ),
        (Some(SealedTie::Requote), _) if !matches!(phase.end, PhaseEnd::After(_)) => fault(
            "sealed_tie",
            "requote needs a sealed phase that ends after a duration, so that it can begin again",
            "requote 须密封报价期按时长结束，方可重新开始",
        ),
        (Some(SealedTie::Higher), SealedAward::Highest) => fault(
            "sealed_tie",
            "higher is about equal points, not about equal amounts",
            "higher 用于得分相同，不用于报价相同",
        ),
        _ => Ok(()),
    }
}

fn most(rules: &RuleSet) -> Result<(), RuleError> {
    let optional = &rules.optional;
    let Some(most) = optional.sealed_most else { return Ok(()) };
    above_start("sealed_most", rules, most)?;
    if let Some(cap) = optional.cap.filter(|cap| most < *cap) {
        return wrong(
            "sealed_most",
            told!(
                "expected at least the cap {0}, received {1}",
                "不得低于封顶价 {0}，实为 {1}",
                amount(cap),
                amount(most)
            ),
        );
    }
    if optional.cap_passing.is_some() {
        return fault(
            "sealed_most",
            "is not possible with cap_passing: a bid could pass it and leave no amount to seal",
            "不得与 cap_passing 并用：公开报价可能超过它而无密封报价余地",
        );
    }
    if optional.sealed_tie == Some(SealedTie::Requote) {
        return fault(
            "sealed_most",
            "is not possible with requote: bids at the most would be equal for ever",
            "不得与 requote 并用：报至上限者将始终同价",
        );
    }
    multiple_of_precision("sealed_most", rules, most)
}

fn without_phase(rules: &RuleSet) -> Result<(), RuleError> {
    let optional = &rules.optional;
    let stated = [
        ("sealed_custody", optional.sealed_custody.is_some()),
        ("sealed_change", optional.sealed_change.is_some()),
        ("sealed_min", optional.sealed_min.is_some()),
        ("sealed_most", optional.sealed_most.is_some()),
        ("sealed_award", optional.sealed_award.is_some()),
        ("sealed_tie", optional.sealed_tie.is_some()),
        ("sealed_equal", optional.sealed_equal.is_some()),
        ("reserve_published", optional.reserve_published.is_some()),
    ];
    match stated.into_iter().find(|(_, stated)| *stated) {
        Some((parameter, _)) => fault(parameter, "has no meaning without a sealed phase", "没有密封报价期时不适用"),
        None => Ok(()),
    }
}
