//! The rules that are off when absent: each with its key and its type, what it does to bids, and what it must fulfil beside
//! the others.
//!
//! A new parameter is one row of the table below, a line in what judges bids, and its constraint in [`check`]. Bytes, keyword
//! arguments and `as_dict` follow from the row; so does what rule files and the auction types know of it, which take its name,
//! its kind and its words for readers from here. A rule that needs a fact of its own, or moves a clock, has its effect in `lot/`
//! too.

use super::canonical::whole;
use super::check::{at_least_one, duration, one_to, positive};
use super::fault::{Part, RuleError, fault, told, wrong};
use super::open_time::Span;
use super::value::{Duration, Given, OptionalRule, Value, choices, expect_tag, optional_rules};
use super::{
    ClockStart, CommitmentTime, Extension, HardEnd, LotRules, Phase, PhaseEnd, PhaseKind, ReservePolicy,
    ReservePublished, Rounding, RuleSet, SealedAward, SealedChange, SealedCustody, SealedEqual, SealedTie, WithoutBids,
};
use crate::amount::Amount;
use crate::record::Answer;
use crate::time::Timestamp;
use crate::verdict::Reason;
use crate::wire::{WireError, Writer, coded_enum};

coded_enum! {
    /// Who may bid in the phases behind the first.
    TimedEntry {
        /// Who has an accepted bid (汕头 art. 19, 德州 item 4).
        PriorBid = 1 "prior_bid",
        /// Who said yes in the inquiry.
        Yes = 2 "yes",
        /// Who has an accepted bid and said yes.
        PriorBidAndYes = 3 "prior_bid_and_yes",
    }
}
coded_enum! {
    /// The least first bid, where it is not the start price.
    FirstBidMin {
        /// The start price and one step.
        StartPlusStep = 1 "start_plus_step",
    }
}
coded_enum! {
    /// What who resumes a lot may do to the end of a free phase.
    ResumeFree {
        /// State a later one (福建 art. 55).
        Extend = 1 "extend",
    }
}
coded_enum! {
    /// What becomes of a suspended phase that is not free.
    ResumeTimed {
        /// It begins again.
        Restart = 1 "restart",
        /// It begins again with the preparation before it (福建 art. 55).
        RestartFromPreparation = 2 "restart_from_preparation",
    }
}
coded_enum! {
    /// What becomes of a stated end of the first phase where the opening is postponed, and it does not stay.
    PostponedEnd {
        /// It moves so that as much open time is left.
        Moves = 1 "moves",
    }
}
coded_enum! {
    /// How often the holder of a priority (优先权) may bid the top amount.
    Priority {
        /// Once.
        Once = 1 "once",
        /// As often as it is outbid (法释〔2016〕18号 art. 21).
        Repeatedly = 2 "repeatedly",
    }
}

coded_enum! {
    /// What a bid that reaches the cap brings.
    CapAction {
        /// Bidding is over.
        Sell = 1 "sell",
        /// The phase with the index that `cap_phase` states.
        Enter = 2 "enter",
        /// Others may bid the cap too, and a lottery decides among several (摇号).
        Lottery = 3 "lottery",
        /// Bidding is over and goes on in another lot, from the cap on.
        NextRound = 4 "next_round",
        /// Bidding is over and goes on in another lot, for another quantity.
        OtherQuantity = 5 "other_quantity",
    }
}
coded_enum! {
    /// What becomes of a bid above the cap, where it is not refused.
    CapPassing {
        /// It is taken, as a circuit-breaker price (熔断价) is reached or passed.
        Allowed = 1 "allowed",
    }
}
coded_enum! {
    /// When a cap that is reached in a free phase has its effect, where that is not at once.
    CapInFree {
        /// At the phase's end.
        AtEnd = 1 "at_end",
    }
}
coded_enum! {
    /// What a bidder needs to bid in the phases that the cap leads to.
    TopUp {
        /// A further deposit, confirmed.
        Required = 1 "required",
    }
}

optional_rules! {
    /// In a free phase bids are refused once no more than so much is left (太仓: the last hour).
    22 free_stop: Duration, "free_stop_ns", "quotes stop before its end" "停止更新报价";
    /// Who may bid in the phases behind the first.
    23 timed_entry: TimedEntry, "timed_entry", "entry to timed bidding" "限时竞价参加条件", [
        "a valid bid before" "此前有有效报价",
        "yes in the inquiry" "询问期表示参加",
        "a valid bid before, and yes in the inquiry" "此前有有效报价且询问期表示参加",
    ];
    /// So many bidders must say yes in the inquiry (汕头 art. 23), or bidding is over with it.
    24 inquiry_yes: u32, "inquiry_yes", "bidders who must say yes" "须表示参加的人数";
    /// So many bidders must have an accepted bid in the last part of the first phase (福建 art. 33, 40), or it is over.
    25 recent_bidders: u32, "recent_bidders", "bidders in the last window" "最后时段报价人数";
    /// That last part.
    26 recent_window: Duration, "recent_window_ns", "last window" "最后时段";
    /// After so many extensions the deadline stands.
    27 max_extensions: u32, "max_extensions", "most extensions" "延时次数上限";
    /// The step in phases that are not free (福建 art. 43).
    28 timed_increment: i64, "timed_increment", "increment of the timed phase" "限时竞价增价幅度";
    /// The least first bid.
    29 first_bid_min: FirstBidMin, "first_bid_min", "least first bid" "首次报价下限", [
        "the start price and one step" "起始价加一个增价幅度",
    ];
    /// Amounts are whole multiples of it (福建 art. 30: 0.1 万元).
    30 precision: i64, "precision", "precision of amounts" "报价精度";
    /// The spans in which bidding is closed.
    31 closed: Vec<Span>, "closed_ns", "closed spans" "停止报价时段";
    /// What who resumes a lot may do to the end of a free phase.
    32 resume_free: ResumeFree, "resume_free", "end stated at a resumption" "恢复时另定截止", ["may be later" "可以顺延"];
    /// With no more than so much left at the suspension, no more is left after the resumption (福建 art. 55: one hour).
    33 resume_free_most: Duration, "resume_free_most_ns", "most left after it" "恢复后最多剩余";
    /// What becomes of a suspended phase that is not free.
    34 resume_timed: ResumeTimed, "resume_timed", "a suspended timed phase" "限时竞价中止后", [
        "begins again" "重新计时",
        "begins again with its preparation" "自准备期重新开始",
    ];
    /// So long after its suspension a lot may be resumed without notice (福建 art. 58: one hour).
    35 resume_direct_within: Duration, "resume_direct_within_ns", "resumed without notice within" "可直接恢复的时限";
    /// Otherwise the resumption must be announced so long ahead (福建 art. 58: 24 hours).
    36 resume_notice: Duration, "resume_notice_ns", "notice of a resumption" "恢复告知提前";
    /// How often the holder of a priority may bid the top amount.
    37 priority: Priority, "priority", "priority holders" "优先权", [
        "may match the top once" "可按最高价行使一次",
        "may match the top repeatedly" "可按最高价多次行使",
    ];
    /// The price cap (封顶价) or circuit-breaker price (熔断价).
    38 cap: i64, "cap", "price cap" "封顶价（熔断价）";
    /// What a bid that reaches the cap brings.
    39 cap_action: CapAction, "cap_action", "what the cap brings" "达到封顶价后", [
        "the bid wins" "即成交",
        "bidding goes on behind a pause" "暂停后继续竞价",
        "a lottery decides" "摇号",
        "the next round, another lot" "转下一轮（另一标的）",
        "another quantity is bid for, another lot" "转竞其他条件（另一标的）",
    ];
    /// The first of the phases that only the cap leads to.
    40 cap_phase: i64, "cap_phase";
    /// What becomes of a bid above the cap.
    41 cap_passing: CapPassing, "cap_passing", "a bid above the cap" "超过封顶价的报价", ["allowed" "允许"];
    /// When a cap that is reached in a free phase has its effect.
    42 cap_in_free: CapInFree, "cap_in_free", "the cap in the free phase" "自由报价期达到封顶价", [
        "has its effect at the phase's end" "至该阶段截止时生效",
    ];
    /// What a bidder needs to bid in the phases that the cap leads to.
    43 top_up: TopUp, "top_up", "further deposit" "补交保证金", ["required" "须补交"];
    /// The commitments of the seeds from which the lottery is drawn.
    44 lottery_seeds: Vec<[u8; 32]>, "lottery_seeds", "commitments of its seeds" "摇号种子承诺值";
    /// So many people enter a figure each; the reserve is the arithmetic mean of the figures.
    45 reserve_setters: u32, "reserve_setters", "people who set a figure each" "底价录入人数（取平均值）";
    /// How that mean is rounded to minor units.
    46 reserve_rounding: Rounding, "reserve_rounding", "rounding of their mean, to the minor unit" "平均值取整（至分）", [
        "up" "进位",
        "down" "舍去",
    ];
    /// Who holds the amounts of sealed bids until they are opened.
    47 sealed_custody: SealedCustody, "sealed_custody", "who holds sealed amounts" "密封报价由谁保管", [
        "each bidder its own" "各竞买人自行保管",
        "the house, in its vault" "平台密存",
    ];
    /// What a bidder may do to its sealed bid before the phase ends.
    48 sealed_change: SealedChange, "sealed_change", "a placed sealed bid" "密封报价递交后", [
        "may be changed" "可以修改",
        "may be changed or withdrawn" "可以修改或撤回",
    ];
    /// With fewer sealed bids nothing is opened (招标投标法实施条例 art. 44: three).
    49 sealed_min: u32, "sealed_min", "least sealed bids to open" "开启所需最少份数";
    /// The most that a sealed bid may be.
    50 sealed_most: i64, "sealed_most", "most of a sealed bid" "密封报价上限";
    /// Which of the valid sealed bids wins.
    51 sealed_award: SealedAward, "sealed_award", "which sealed bid wins" "密封报价定标", [
        "the highest" "最高者",
        "the closest to the mean" "最接近平均值者",
        "the one with most points" "得分最高者",
    ];
    /// What decides among equal ones.
    52 sealed_tie: SealedTie, "sealed_tie", "among equal ones" "并列时", [
        "those bid again" "并列者再次报价",
        "the first placed" "先递交者",
        "the higher amount, then the first placed" "报价高者，再先递交者",
    ];
    /// What becomes of an amount that another sealed bid has.
    53 sealed_equal: SealedEqual, "sealed_equal", "equal sealed bids" "相同密封报价", [
        "refused: another must be chosen" "不接受，须另选",
    ];
    /// What a reserve is for that is disclosed while the bids are opened.
    54 reserve_published: ReservePublished, "reserve_published", "disclosed at the opening" "开启时公布底价", [
        "and it decides" "公布并据以确定结果",
        "for reference only" "仅供参考（标底）",
    ];
    /// What becomes of a stated end of the first phase where the opening is postponed.
    55 postponed_end: PostponedEnd, "postponed_end", "a stated end, if the opening is postponed" "开始延期时既定的截止时间", [
        "moves with the opening, which leaves as much time" "随之顺延，可报价时长不变",
    ];
    /// The first phase lasts at least so much open time (法释〔2016〕18号 art. 20: 24 hours).
    56 free_least: Duration, "free_least_ns", "least length of the listing" "挂牌最短时长";
}

choices! {
    TimedEntry FirstBidMin ResumeFree ResumeTimed PostponedEnd Priority CapAction CapPassing CapInFree TopUp Rounding
    SealedCustody SealedChange SealedAward SealedTie SealedEqual ReservePublished
}

/// Where a bidder and its lot stand when a bid comes, as far as rules ask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Position {
    /// The index of the present phase.
    pub phase: u8,
    /// Its kind.
    pub kind: PhaseKind,
    /// The top amount.
    pub top: Option<Amount>,
    /// Whether the bidder leads.
    pub leads: bool,
    /// The leader's rank, 0 for none.
    pub leader_rank: u32,
    /// How many bids of the bidder were accepted.
    pub accepted: u32,
    /// What the bidder answered to the inquiry.
    pub answer: Option<Answer>,
    /// The rank of the bidder's priority, 0 for none.
    pub rank: u32,
    /// How often it bid the top amount by it.
    pub matches: u32,
    /// Whether its further deposit was confirmed.
    pub topped_up: bool,
    /// Whether it bid the cap.
    pub at_cap: bool,
}

impl LotRules {
    /// Judges when a bid comes (FORMAT.md B.5, rows 7 and 8). `left` finds the open time that is left of the phase, None where
    /// no deadline is known: not every rule asks, and closed hours make it dear.
    pub(crate) fn judge_time(
        &self,
        at: Timestamp,
        position: &Position,
        left: impl FnOnce() -> Option<i64>,
    ) -> Result<(), Reason> {
        self.judge_hours(at)?;
        match self.optional.free_stop {
            Some(stop) if position.kind == PhaseKind::Free && left().is_some_and(|left| left <= stop.0) => {
                Err(Reason::FreeStopped)
            }
            _ => Ok(()),
        }
    }

    /// Judges whether anything is taken at this time.
    pub(crate) fn judge_hours(&self, at: Timestamp) -> Result<(), Reason> {
        if self.open_time().is_closed(at) { Err(Reason::OutsideHours) } else { Ok(()) }
    }

    /// Judges who bids in a phase behind the first (rows 9 to 10a).
    pub(crate) fn judge_entrance(&self, position: &Position) -> Result<(), Reason> {
        if position.phase == 0 {
            return Ok(());
        }
        self.judge_prior_bid(position)?;
        let asks = matches!(self.optional.timed_entry, Some(TimedEntry::Yes | TimedEntry::PriorBidAndYes));
        if asks && self.is_behind_inquiry(position.phase) && position.answer != Some(Answer::Yes) {
            return Err(Reason::NoYes);
        }
        let is_beyond = self.cap_phase().is_some_and(|first| position.phase >= first);
        let needs = is_beyond && self.optional.top_up.is_some();
        if needs && !position.topped_up { Err(Reason::NoTopUp) } else { Ok(()) }
    }

    /// Judges whether a bidder has bid before, where it must have.
    pub(crate) fn judge_prior_bid(&self, position: &Position) -> Result<(), Reason> {
        let asks = matches!(self.optional.timed_entry, Some(TimedEntry::PriorBid | TimedEntry::PriorBidAndYes));
        if asks && position.accepted == 0 { Err(Reason::NoPriorBid) } else { Ok(()) }
    }

    /// Returns whether a phase follows the inquiry. The phases that the cap leads to follow one only if it is among them: the
    /// cap skips what stands before.
    fn is_behind_inquiry(&self, phase: u8) -> bool {
        let before = usize::from(self.part_begins(phase))..usize::from(phase);
        self.phases.get(before).is_some_and(|phases| phases.iter().any(|phase| phase.kind == PhaseKind::Inquiry))
    }

    /// Judges a bid of the top amount by the holder of a priority (优先权, row 12); None where it is none.
    ///
    /// Never the first bid, never when already leading; the higher rank wins, and of the same rank the earlier bid
    /// (法释〔2016〕18号 art. 21).
    pub(crate) fn judge_match(&self, amount: Amount, position: &Position) -> Option<Result<(), Reason>> {
        let priority = self.optional.priority?;
        let is_match = position.top == Some(amount) && !position.leads && position.rank > 0;
        let outranked = (1..=position.rank).contains(&position.leader_rank);
        is_match.then_some(match priority {
            Priority::Once if position.matches > 0 => Err(Reason::PriorityUsed),
            _ if outranked => Err(Reason::PriorityOutranked),
            _ => Ok(()),
        })
    }

    /// Returns the step at `base` in a phase of a kind.
    #[must_use]
    pub fn step(&self, base: Amount, kind: PhaseKind) -> i64 {
        if self.is_plain {
            return self.increment.step(base, 1);
        }
        match self.optional.timed_increment {
            Some(step) if kind != PhaseKind::Free => step,
            _ => self.increment.step(base, self.optional.precision.unwrap_or(1)),
        }
    }

    /// Returns the least first bid in a phase of a kind; `None` where 64 bits cannot express it.
    #[must_use]
    pub fn first_bid_min(&self, kind: PhaseKind) -> Option<Amount> {
        if self.is_plain {
            return Some(self.start_price);
        }
        match self.optional.first_bid_min {
            None => Some(self.start_price),
            Some(FirstBidMin::StartPlusStep) => self.start_price.checked_add(Amount(self.step(self.start_price, kind))),
        }
    }

    /// Refuses a first phase that would leave less than it must, were it started at `start` (法释〔2016〕18号 art. 20).
    pub(crate) fn check_first_phase(&self, phase: &Phase, start: Timestamp) -> Result<(), RuleError> {
        let Some(least) = self.optional.free_least.filter(|_| self.clock == ClockStart::Opening) else { return Ok(()) };
        let open = self.open_time();
        let Some(deadline) = phase.deadline_from(start, open) else { return Ok(()) };
        let left = open.between(start, deadline);
        if left >= least.0 {
            return Ok(());
        }
        let part = if phase.hard_end_from(start, open) == Some(deadline) { Part::HardEnd } else { Part::EndsAt };
        let problem = told!(
            "expected at least free_least ({0}) behind the opening, received {1}",
            "距开始不得短于 free_least（{0}），实为 {1}",
            length(least.0),
            length(left)
        );
        wrong("phases", problem).map_err(|error: RuleError| error.of_phase(0).of_part(part))
    }

    /// Judges how fine an amount is (row 18).
    pub(crate) fn judge_precision(&self, amount: Amount) -> Result<(), Reason> {
        let is_finer = self.optional.precision.is_some_and(|precision| amount.minor() % precision != 0);
        if is_finer { Err(Reason::TooPrecise) } else { Ok(()) }
    }
}

/// Returns the first thing that is wrong.
pub(super) fn check(rules: &RuleSet) -> Result<(), RuleError> {
    let optional = &rules.optional;
    let several = rules.phases.len() > 1;
    let inquires = rules.phases.iter().any(|phase| phase.kind == PhaseKind::Inquiry);
    free_stop(rules)?;
    free_least(rules)?;
    match optional.timed_entry {
        Some(_) if !several => {
            return fault("timed_entry", "has no meaning where there is one phase only", "只有一个阶段时不适用");
        }
        Some(entry) if entry != TimedEntry::PriorBid && !inquires => {
            return wrong("timed_entry", told!("{0} needs an inquiry phase", "{0} 须有询问期", word(entry.code())));
        }
        Some(entry) if entry != TimedEntry::Yes && rules.timed_without_bids == Some(WithoutBids::Enter) => {
            return wrong(
                "timed_entry",
                told!(
                    "with {0} nobody could bid in a phase that is entered without bids",
                    "timed_entry 为 {0} 时，无人报价而进入的阶段将无人可以报价",
                    word(entry.code())
                ),
            );
        }
        _ => {}
    }
    match optional.inquiry_yes {
        None if inquires => {
            return fault(
                "inquiry_yes",
                "must be stated with an inquiry phase; there is no default",
                "有询问期时须写明，没有默认值",
            );
        }
        Some(_) if !inquires => return fault("inquiry_yes", "needs an inquiry phase", "须有询问期"),
        count => least("inquiry_yes", count)?,
    }
    least("recent_bidders", optional.recent_bidders)?;
    length("recent_window", optional.recent_window)?;
    match (optional.recent_bidders, optional.recent_window) {
        (Some(_), Some(_)) if several => {}
        (None, None) => {}
        (Some(_), Some(_)) => {
            return fault("recent_bidders", "has no meaning where there is one phase only", "只有一个阶段时不适用");
        }
        (Some(_), None) => {
            return fault(
                "recent_window",
                "must be stated with recent_bidders; there is no default",
                "写明 recent_bidders 时须写明，没有默认值",
            );
        }
        (None, Some(_)) => {
            return fault(
                "recent_bidders",
                "must be stated with recent_window; there is no default",
                "写明 recent_window 时须写明，没有默认值",
            );
        }
    }
    least("max_extensions", optional.max_extensions)?;
    if optional.max_extensions.is_some() && rules.phases.iter().all(|phase| phase.extension == Extension::None) {
        return fault("max_extensions", "needs a phase that bids extend", "须有因报价而延时的阶段");
    }
    amounts(rules)?;
    if let Some(spans) = &optional.closed {
        closed(spans)?;
    }
    suspension(rules)?;
    setters(rules)?;
    super::cap::check(rules)?;
    super::sealed::check(rules)
}

/// The most people who enter a figure each.
const MAX_SETTERS: u32 = 16;

fn setters(rules: &RuleSet) -> Result<(), RuleError> {
    let Some(setters) = rules.optional.reserve_setters else {
        return match rules.optional.reserve_rounding {
            None => Ok(()),
            Some(_) => fault(
                "reserve_rounding",
                "rounds the mean of the figures of reserve_setters; expected both",
                "用于对 reserve_setters 各份金额的平均值取整，两者须同时写明",
            ),
        };
    };
    if !(2..=MAX_SETTERS).contains(&setters) {
        return wrong(
            "reserve_setters",
            told!("expected 2 to {0}, received {1}", "应为 2 至 {0}，实为 {1}", number(MAX_SETTERS), number(setters)),
        );
    }
    if !matches!(rules.reserve, ReservePolicy::Required { commitment: CommitmentTime::AtEntry, .. }) {
        return fault(
            "reserve_setters",
            "needs a required reserve that is committed to at its entry",
            "须有底价，且在录入时作出承诺（at_entry）",
        );
    }
    match rules.optional.reserve_rounding {
        Some(_) => Ok(()),
        None => fault(
            "reserve_rounding",
            "must be stated with reserve_setters; there is no default",
            "写明 reserve_setters 时须写明，没有默认值",
        ),
    }
}

fn free_stop(rules: &RuleSet) -> Result<(), RuleError> {
    let Some(stop) = rules.optional.free_stop else { return Ok(()) };
    length("free_stop", Some(stop))?;
    if !has_timed_free_phase(rules) {
        return fault("free_stop", "needs a free phase that ends by the clock", "须有到时结束的自由报价期");
    }
    for phase in rules.phases.iter().filter(|phase| phase.kind == PhaseKind::Free) {
        if let PhaseEnd::After(ns) = phase.end
            && ns <= stop.0
        {
            let problem = told!(
                "expected less than the free phase ({0}), or nobody could ever bid; received {1}",
                "应短于自由报价期（{0}），否则无人能够报价；实为 {1}",
                length(ns),
                length(stop.0)
            );
            return wrong("free_stop", problem);
        }
    }
    Ok(())
}

fn free_least(rules: &RuleSet) -> Result<(), RuleError> {
    let (Some(least), Some(first)) = (rules.optional.free_least, rules.phases.first()) else { return Ok(()) };
    length("free_least", Some(least))?;
    let ends = match (first.end, first.hard_end) {
        (PhaseEnd::Called, _) => {
            return fault("free_least", "needs a first phase that ends by the clock", "首个阶段须到时结束");
        }
        (PhaseEnd::After(ns), _) if ns < least.0 => (Part::Length, ns),
        (_, Some(HardEnd::After(ns))) if ns < least.0 => (Part::HardEnd, ns),
        _ => return Ok(()),
    };
    let problem = told!(
        "expected at least free_least ({0}), received {1}",
        "不得短于 free_least（{0}），实为 {1}",
        length(least.0),
        length(ends.1)
    );
    wrong("phases", problem).map_err(|error: RuleError| error.of_phase(0).of_part(ends.0))
}

fn amounts(rules: &RuleSet) -> Result<(), RuleError> {
    let optional = &rules.optional;
    if let Some(step) = optional.timed_increment {
        positive("timed_increment", step)?;
        let has = |kind| rules.phases.iter().any(|phase| phase.kind == kind);
        if !(has(PhaseKind::Free) && has(PhaseKind::Timed)) {
            return fault(
                "timed_increment",
                "needs a free phase and a timed one; with one of them the step is increment",
                "须同时有自由报价期与限时竞价期；只有其一时，幅度即 increment",
            );
        }
    }
    let Some(precision) = optional.precision else { return Ok(()) };
    if precision < 2 {
        return wrong(
            "precision",
            told!("expected at least {0}, received {1}", "不得小于 {0}，实为 {1}", amount(2), amount(precision)),
        );
    }
    let mut stated = vec![("start_price", rules.start_price.minor())];
    stated.extend(rules.increment.amounts().map(|step| ("increment", step)));
    stated.extend(optional.timed_increment.map(|step| ("timed_increment", step)));
    match stated.into_iter().find(|(_, amount)| amount % precision != 0) {
        None => Ok(()),
        Some((what, amount)) => wrong(
            "precision",
            told!(
                "expected {0} as a whole multiple of {1}, received {2}",
                "{0} 应为 {1}的整数倍，实为 {2}",
                word(what),
                amount(precision),
                amount(amount)
            ),
        ),
    }
}

const MAX_SPANS: usize = 512;

fn closed(spans: &[Span]) -> Result<(), RuleError> {
    one_to("closed", MAX_SPANS, spans.len())?;
    let mut before = Timestamp(0);
    for (number, Span { from, until }) in (1_i64..).zip(spans) {
        if !(from.is_valid() && until.is_valid()) {
            return wrong(
                "closed",
                told!(
                    "span {0}: expected times from 1970 to 2116, received {1} to {2}",
                    "第 {0} 个时段：应为 1970 至 2116 年间的时间，实为 {1} 至 {2}",
                    number(number),
                    time(*from),
                    time(*until)
                ),
            );
        }
        if from >= until {
            return wrong(
                "closed",
                told!(
                    "span {0}: expected an end behind its beginning, received {1} to {2}",
                    "第 {0} 个时段：应先起后止，实为 {1} 至 {2}",
                    number(number),
                    time(*from),
                    time(*until)
                ),
            );
        }
        if *from < before {
            return wrong(
                "closed",
                told!(
                    "span {0}: expected a beginning from {1} on, received {2}",
                    "第 {0} 个时段：不得早于 {1} 开始，实为 {2}",
                    number(number),
                    time(before),
                    time(*from)
                ),
            );
        }
        before = *until;
    }
    Ok(())
}

fn suspension(rules: &RuleSet) -> Result<(), RuleError> {
    let optional = &rules.optional;
    if optional.resume_free.is_some() && !has_timed_free_phase(rules) {
        return fault("resume_free", "needs a free phase that ends by the clock", "须有到时结束的自由报价期");
    }
    length("resume_free_most", optional.resume_free_most)?;
    if optional.resume_free_most.is_some() && optional.resume_free.is_none() {
        return fault(
            "resume_free_most",
            "bounds the end that resume_free lets somebody state; expected both",
            "用于限制 resume_free 所准另定的截止时间，两者须同时写明",
        );
    }
    let mut others = rules.phases.iter().filter(|phase| phase.kind != PhaseKind::Free).peekable();
    if optional.resume_timed.is_some() {
        if others.peek().is_none() {
            return fault("resume_timed", "needs a phase that is not free", "须有自由报价期以外的阶段");
        }
        let ends_at =
            |phase: &Phase| matches!(phase.end, PhaseEnd::At(_)) || matches!(phase.hard_end, Some(HardEnd::At(_)));
        if others.any(ends_at) {
            return fault(
                "resume_timed",
                "a phase that ends at a stated time cannot begin again after a suspension",
                "在既定时间结束的阶段，中止后无从重新开始",
            );
        }
    }
    if optional.resume_timed == Some(ResumeTimed::RestartFromPreparation)
        && rules.phases.iter().all(|phase| phase.kind != PhaseKind::Preparation)
    {
        return fault(
            "resume_timed",
            "restart_from_preparation needs a preparation",
            "restart_from_preparation 须有准备期",
        );
    }
    let first_end = rules.phases.first().map(|phase| phase.end);
    if optional.postponed_end.is_some() && !matches!(first_end, Some(PhaseEnd::At(_))) {
        return fault("postponed_end", "needs a first phase that ends at a stated time", "首个阶段须在既定时间结束");
    }
    length("resume_direct_within", optional.resume_direct_within)?;
    if optional.resume_direct_within.is_some() && optional.resume_notice.is_none() {
        return fault(
            "resume_direct_within",
            "is the exception to resume_notice; expected both",
            "是 resume_notice 的例外，两者须同时写明",
        );
    }
    length("resume_notice", optional.resume_notice)
}

fn has_timed_free_phase(rules: &RuleSet) -> bool {
    rules.phases.iter().any(|phase| phase.kind == PhaseKind::Free && phase.end != PhaseEnd::Called)
}

fn least(parameter: &'static str, count: Option<u32>) -> Result<(), RuleError> {
    count.map_or(Ok(()), |count| at_least_one(parameter, i64::from(count)))
}

fn length(parameter: &'static str, length: Option<Duration>) -> Result<(), RuleError> {
    length.map_or(Ok(()), |length| duration(parameter, length.0))
}
