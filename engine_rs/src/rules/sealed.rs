//! Sealed bids (密封报价): who holds their amounts, what may be changed, who wins, and what these rules must fulfil.

use super::check::{at_least_one, wrong};
use super::{CapAction, ClockStart, Phase, PhaseEnd, PhaseKind, ReservePolicy, RuleError, RuleSet};
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
        return wrong("phases", "a sealed phase is the last one");
    }
    if rules.clock == ClockStart::FirstBid && rules.phases.first().is_some_and(is_sealed) {
        return wrong("clock", "first_bid needs a first phase that takes clear bids");
    }
    if optional.priority.is_some() {
        return wrong("priority", "is not possible with a sealed phase: nobody sees a top amount to match");
    }
    if optional.cap.is_some() && optional.cap_action != Some(CapAction::Enter) {
        return wrong("cap_action", "with a sealed phase a cap can only lead to it: expected enter");
    }
    if optional.cap_phase.is_some() && !matches!(phase.end, PhaseEnd::After(_)) {
        return wrong("phases", "a sealed phase behind a cap ends after a duration: nobody knows when it begins");
    }
    if optional.sealed_custody.is_none() {
        return wrong("sealed_custody", "must be stated with a sealed phase; there is no default");
    }
    let Some(award) = optional.sealed_award else {
        return wrong("sealed_award", "must be stated with a sealed phase; there is no default");
    };
    tie(rules, award, phase)?;
    if award == SealedAward::ClosestToMean && optional.sealed_custody != Some(SealedCustody::House) {
        let problem = "closest_to_mean needs amounts that the house holds: who keeps its own could choose what counts";
        return wrong("sealed_custody", problem);
    }
    optional.sealed_min.map_or(Ok(()), |least| at_least_one("sealed_min", i64::from(least)))?;
    most(rules)?;
    if optional.sealed_equal.is_some() && optional.sealed_custody != Some(SealedCustody::House) {
        return wrong("sealed_equal", "needs amounts that the house holds: only it can tell that two are equal");
    }
    if optional.sealed_equal.is_some() && optional.sealed_change.is_some() {
        return wrong(
            "sealed_change",
            "is not possible with sealed_equal: who changes a bid could search for the others'",
        );
    }
    let is_single = matches!(rules.reserve, ReservePolicy::Required { .. }) && optional.reserve_setters.is_none();
    if optional.reserve_published.is_some() && !is_single {
        return wrong("reserve_published", "needs a required reserve of one figure");
    }
    if optional.reserve_published.is_some() && optional.sealed_tie == Some(SealedTie::Requote) {
        return wrong("reserve_published", "is not possible with requote: who bids again would know the reserve");
    }
    let is_required = matches!(rules.reserve, ReservePolicy::Required { .. });
    if is_required && award != SealedAward::Highest && optional.reserve_published.is_none() {
        let problem = format!("must be stated with {}: who may win depends on it; there is no default", award.code());
        return wrong("reserve_published", problem);
    }
    Ok(())
}

fn tie(rules: &RuleSet, award: SealedAward, phase: &Phase) -> Result<(), RuleError> {
    match (rules.optional.sealed_tie, award) {
        (None, SealedAward::ClosestToMean) => Ok(()),
        (Some(_), SealedAward::ClosestToMean) => {
            wrong("sealed_tie", "has no meaning with closest_to_mean, which says itself what decides")
        }
        (None, _) => wrong("sealed_tie", "must be stated with this award; there is no default"),
        (Some(SealedTie::Requote), SealedAward::MostPoints) => {
            wrong("sealed_tie", "requote is about equal amounts, not about equal points")
        }
        (Some(SealedTie::Requote), _) if !matches!(phase.end, PhaseEnd::After(_)) => {
            wrong("sealed_tie", "requote needs a sealed phase that ends after a duration, so that it can begin again")
        }
        (Some(SealedTie::Higher), SealedAward::Highest) => {
            wrong("sealed_tie", "higher is about equal points, not about equal amounts")
        }
        _ => Ok(()),
    }
}

fn most(rules: &RuleSet) -> Result<(), RuleError> {
    let (optional, start) = (&rules.optional, rules.start_price.minor());
    let Some(most) = optional.sealed_most else { return Ok(()) };
    if most <= start {
        return wrong("sealed_most", format!("expected more than the start price {start}, received {most}"));
    }
    if let Some(cap) = optional.cap.filter(|cap| most < *cap) {
        return wrong("sealed_most", format!("expected at least the cap {cap}, received {most}"));
    }
    if optional.cap_passing.is_some() {
        return wrong(
            "sealed_most",
            "is not possible with cap_passing: a bid could pass it and leave no amount to seal",
        );
    }
    if optional.sealed_tie == Some(SealedTie::Requote) {
        return wrong("sealed_most", "is not possible with requote: bids at the most would be equal for ever");
    }
    match optional.precision {
        Some(precision) if most % precision != 0 => {
            wrong("sealed_most", format!("expected a whole multiple of the precision, received {most}"))
        }
        _ => Ok(()),
    }
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
        Some((parameter, _)) => wrong(parameter, "has no meaning without a sealed phase"),
        None => Ok(()),
    }
}
