//! What may happen to a lot: pure functions of its state, read top to bottom as the specification.
//!
//! FORMAT.md B.2 to B.7 states the same in words; the article of a rule text stands where a rule has one.

use super::{Figure, Lot, ReserveState, State};
use crate::amount::Amount;
use crate::ids::BidderNo;
use crate::record::{Answer, CloseCause, EntryFields, EntryResult, Outcome, OutcomeCause, OutcomeKind};
use crate::rules::{
    Admission, Anchor, CapAction, CommitmentTime, EntryWindow, PhaseEnd, PhaseKind, Position, ReservePolicy,
    ReservePublished, ResumeTimed, SelfOutbid, SingleBidder, WithoutBids,
};
use crate::time::Timestamp;
use crate::verdict::Reason;

/// What follows the end of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PhaseNext {
    /// The phase with this index.
    Enter(u8),
    /// The close, for this cause.
    Close(CloseCause),
    /// The opening of sealed bids.
    Opening,
}

impl Lot {
    /// Returns whether a bidder that nobody admitted is admitted by its bid.
    pub(crate) fn admits_by_bid(&self) -> bool {
        self.terms.rules.admission == Admission::Open && self.takes_bidders()
    }

    /// Returns whether bidding is to come or runs, suspended or not (FORMAT.md B.4).
    pub(super) fn takes_bidders(&self) -> bool {
        matches!(self.course(), State::Scheduled | State::Bidding)
    }

    /// Decides a bid of an admitted bidder at `at` (FORMAT.md B.5, rows 3 to 21).
    pub(crate) fn decide_bid(&self, bidder: BidderNo, amount: Amount, at: Timestamp) -> Result<(), Reason> {
        self.decide_bidding()?;
        self.decide_phase()?;
        if !self.terms.rules.is_plain() {
            return self.decide_by_optional(bidder, amount, at);
        }
        if amount.minor() < 1 { Err(Reason::AmountNotPositive) } else { self.decide_amount(bidder, amount) }
    }

    /// Decides a bid where rules are on that are off when absent (rows 7 to 21). Apart, so that the others pay nothing for it.
    #[inline(never)]
    fn decide_by_optional(&self, bidder: BidderNo, amount: Amount, at: Timestamp) -> Result<(), Reason> {
        let (rules, position) = (&self.terms.rules, self.position(bidder));
        rules.judge_time(at, &position, || self.left(at))?;
        rules.judge_entrance(&position)?;
        if amount.minor() < 1 {
            return Err(Reason::AmountNotPositive);
        }
        let decided = rules.judge_cap(amount, &position).or_else(|| rules.judge_match(amount, &position));
        decided.unwrap_or_else(|| self.decide_amount(bidder, amount))
    }

    /// Returns where a bidder and the lot stand.
    pub(super) fn position(&self, bidder: BidderNo) -> Position {
        let (top, known) = (self.top(), self.bidder(bidder));
        let leader = top.and_then(|top| self.bidder(top.leader));
        Position {
            phase: self.phase_index,
            kind: self.phase().kind,
            top: top.map(|top| top.amount),
            leads: top.is_some_and(|top| top.leader == bidder),
            leader_rank: leader.map_or(0, |leader| leader.rank),
            accepted: known.map_or(0, |bidder| bidder.accepted),
            answer: known.and_then(|bidder| bidder.answer),
            rank: known.map_or(0, |bidder| bidder.rank),
            matches: known.map_or(0, |bidder| bidder.matches),
            topped_up: known.is_some_and(|bidder| bidder.topped_up),
            at_cap: known.is_some_and(|bidder| bidder.at_cap),
        }
    }

    /// Decides whether bidding runs.
    pub(super) const fn decide_bidding(&self) -> Result<(), Reason> {
        match self.state {
            State::Scheduled => Err(Reason::NotOpen),
            State::Suspended => Err(Reason::Suspended),
            State::Bidding => Ok(()),
            _ => Err(Reason::Closed),
        }
    }

    /// Decides whether the present phase takes bids.
    fn decide_phase(&self) -> Result<(), Reason> {
        if self.phase().takes_bids() { Ok(()) } else { Err(Reason::PhaseTakesNoBids) }
    }

    /// Decides an amount against the top amount and the increment rules.
    fn decide_amount(&self, bidder: BidderNo, amount: Amount) -> Result<(), Reason> {
        let rules = &self.terms.rules;
        let (top, kind) = (self.top(), self.phase().kind);
        let ceiling = if rules.is_plain() { None } else { rules.ceiling(self.phase_index) };
        if top.is_some_and(|top| top.leader == bidder) && rules.self_outbid == SelfOutbid::Refused {
            return Err(Reason::AlreadyLeading);
        }
        if top.is_some() && ceiling == Some(amount) {
            return Ok(());
        }
        let base = top.map_or(rules.start_price, |top| top.amount);
        let step = rules.step(base, kind);
        match top {
            None => {
                let least = rules.first_bid_min(kind).ok_or(Reason::AmountLimit)?;
                if amount < least {
                    return Err(Reason::BelowStart);
                }
                if ceiling == Some(amount) {
                    return Ok(());
                }
            }
            Some(top) => {
                let least = top.amount.checked_add(Amount(step)).ok_or(Reason::AmountLimit)?;
                if amount < least {
                    return Err(Reason::BelowIncrement);
                }
            }
        }
        if !rules.is_plain() {
            rules.judge_precision(amount)?;
        }
        let anchor = match rules.multiple_anchor {
            None => None,
            Some(Anchor::Start) => Some(rules.start_price),
            Some(Anchor::Current) => Some(base),
        };
        if anchor.is_some_and(|anchor| (amount.minor() - anchor.minor()) % step != 0) {
            return Err(Reason::NotMultiple);
        }
        if let Some(most) = rules.max_multiple {
            let limit = i128::from(base.minor()) + i128::from(most) * i128::from(step);
            let ask = rules.ask(top.map(|top| top.amount), kind);
            if i128::from(amount.minor()) > limit && ask.is_none_or(|ask| amount > ask) {
                return Err(Reason::AboveMaxMultiple);
            }
        }
        Ok(())
    }

    /// Returns by how much a bid must rise over the top, or over the start price without one, in the present phase.
    #[must_use]
    pub fn step(&self) -> i64 {
        let base = self.top().map_or(self.terms.rules.start_price, |top| top.amount);
        self.terms.rules.step(base, self.phase().kind)
    }

    /// Decides whether a bidder can be admitted.
    pub(crate) fn decide_admission(&self, known: Option<BidderNo>) -> Result<(), Reason> {
        if !self.takes_bidders() {
            return Err(Reason::WrongPhase);
        }
        if known.is_some() { Err(Reason::AlreadyAdmitted) } else { Ok(()) }
    }

    /// Decides whether the lot can be closed by a call.
    pub(crate) fn decide_close(&self) -> Result<(), Reason> {
        match self.state {
            State::Bidding if self.phase().end == PhaseEnd::Called => Ok(()),
            State::Bidding => Err(Reason::CloseNotCalled),
            _ => Err(Reason::WrongPhase),
        }
    }

    /// Decides whether the lot can be suspended.
    pub(crate) fn decide_suspension(&self) -> Result<(), Reason> {
        in_state(matches!(self.state, State::Scheduled | State::Bidding | State::AwaitingOpening))
    }

    /// Decides whether a resumption at `resumes_at` may be announced.
    pub(crate) fn decide_announcement(&self, at: Timestamp, resumes_at: Timestamp) -> Result<(), Reason> {
        in_state(self.state == State::Suspended)?;
        let notice = self.terms.rules.optional.resume_notice.map_or(0, |notice| notice.0);
        if resumes_at >= at.plus(notice) { Ok(()) } else { Err(Reason::NoticeTooShort) }
    }

    /// Decides whether the lot can be resumed, to an end that may be stated (FORMAT.md B.4).
    pub(crate) fn decide_resumption(&self, at: Timestamp, ends_at: Option<Timestamp>) -> Result<(), Reason> {
        in_state(self.state == State::Suspended)?;
        let optional = &self.terms.rules.optional;
        let direct = optional.resume_direct_within.is_some_and(|within| at.since(self.suspended_at) <= within.0);
        let announced = self.resumes_at.is_some_and(|resumes_at| at >= resumes_at);
        if optional.resume_notice.is_some() && !direct && !announced {
            return Err(Reason::ResumptionNotDue);
        }
        if self.suspended_from == State::Scheduled
            && let Some(opening) = ends_at.or(self.kept_end(at))
        {
            self.decide_postponement(opening)?;
        }
        match ends_at {
            Some(end) => self.decide_stated_end(at, end),
            None => Ok(()),
        }
    }

    /// Decides whether bidding may begin at `opening`, for what the first phase leaves then.
    fn decide_postponement(&self, opening: Timestamp) -> Result<(), Reason> {
        let rules = &self.terms.rules;
        let stays = rules.optional.postponed_end.is_none();
        let is_over = stays && matches!(self.phase_at(0).end, PhaseEnd::At(end) if opening >= end);
        let is_long_enough = rules.check_first_phase(&self.phase_from(0, opening), opening).is_ok();
        if !is_over && is_long_enough { Ok(()) } else { Err(Reason::EndNotAllowed) }
    }

    /// Decides an end that is stated: of a scheduled lot, the time of its opening, not before the one that stood; of a free
    /// phase, not before the frozen time is given back, and with no more than the allowed rest left where no more was left at
    /// the suspension (福建 art. 55).
    fn decide_stated_end(&self, at: Timestamp, end: Timestamp) -> Result<(), Reason> {
        let (rules, remaining) = (&self.terms.rules, self.remaining.ok_or(Reason::EndNotAllowed)?);
        if self.suspended_from == State::Scheduled {
            let stood = self.suspended_at.plus(remaining);
            return if end >= at.max(stood) { Ok(()) } else { Err(Reason::EndNotAllowed) };
        }
        let open = rules.open_time();
        let most = rules.optional.resume_free_most.map(|most| most.0).filter(|most| remaining <= *most);
        let allowed = self.end_may_be_stated()
            && end >= open.after(at, remaining)
            && most.is_none_or(|most| open.between(at, end) <= most);
        if allowed { Ok(()) } else { Err(Reason::EndNotAllowed) }
    }

    /// Returns whether who resumes the lot may state when its phase ends.
    pub(crate) fn end_may_be_stated(&self) -> bool {
        let in_free = self.phase().kind == PhaseKind::Free && self.terms.rules.optional.resume_free.is_some();
        self.remaining.is_some() && (self.suspended_from == State::Scheduled || in_free)
    }

    /// Returns the end that a phase has if the lot is resumed at `at` with the time that remained.
    pub(crate) fn kept_end(&self, at: Timestamp) -> Option<Timestamp> {
        self.remaining.map(|remaining| match self.suspended_from {
            State::Scheduled => at.plus(remaining),
            _ => self.terms.rules.open_time().after(at, remaining),
        })
    }

    /// Returns the phase that begins again when the lot is resumed, if one does (福建 art. 55).
    pub(crate) fn phase_to_restart(&self) -> Option<u8> {
        let policy = self.terms.rules.optional.resume_timed?;
        let runs = self.suspended_from == State::Bidding && !self.waiting;
        if !runs || self.phase().kind == PhaseKind::Free {
            return None;
        }
        let first = self.terms.rules.part_begins(self.phase_index);
        let mut earlier = (first..=self.phase_index).rev();
        let preparation = earlier.find(|index| self.phase_at(*index).kind == PhaseKind::Preparation);
        match policy {
            _ if self.phase().kind == PhaseKind::Sealed => Some(self.phase_index),
            ResumeTimed::Restart => Some(self.phase_index),
            ResumeTimed::RestartFromPreparation => preparation,
        }
    }

    /// Decides a bidder's answer to the inquiry (汕头 art. 23); `None` for a bidder who is not admitted.
    pub(crate) fn decide_answer(&self, bidder: Option<BidderNo>, at: Timestamp) -> Result<BidderNo, Reason> {
        if self.state == State::Suspended {
            return Err(Reason::Suspended);
        }
        in_state(self.state == State::Bidding && self.phase().kind == PhaseKind::Inquiry)?;
        let number = bidder.ok_or(Reason::NotAdmitted)?;
        let position = self.position(number);
        self.terms.rules.judge_hours(at)?;
        self.terms.rules.judge_prior_bid(&position)?;
        if position.answer.is_some() { Err(Reason::AlreadyAnswered) } else { Ok(number) }
    }

    /// Decides whether a bidder's further deposit can be confirmed.
    pub(crate) fn decide_top_up(&self, bidder: Option<BidderNo>) -> Result<BidderNo, Reason> {
        in_state(self.takes_bidders())?;
        if self.terms.rules.optional.top_up.is_none() {
            return Err(Reason::TopUpNotRequired);
        }
        let number = bidder.ok_or(Reason::NotAdmitted)?;
        let confirmed = self.bidder(number).is_some_and(|bidder| bidder.topped_up);
        if confirmed { Err(Reason::AlreadyConfirmed) } else { Ok(number) }
    }

    /// Decides whether a bidder can be confirmed as holder of a priority, at any time before the end of bidding
    /// (法释〔2016〕18号 art. 19).
    pub(crate) fn decide_grant(&self, bidder: Option<BidderNo>) -> Result<BidderNo, Reason> {
        in_state(self.takes_bidders())?;
        if self.terms.rules.optional.priority.is_none() {
            return Err(Reason::PriorityNotAllowed);
        }
        let number = bidder.ok_or(Reason::NotAdmitted)?;
        let holds = self.bidder(number).is_some_and(|bidder| bidder.rank > 0);
        if holds { Err(Reason::AlreadyGranted) } else { Ok(number) }
    }

    /// Decides whether the lot can be terminated.
    pub(crate) fn decide_termination(&self) -> Result<(), Reason> {
        in_state(!matches!(self.state, State::Decided | State::Terminated))
    }

    /// Returns what follows the end of the present phase, due at `due`.
    pub(crate) fn next_phase(&self, due: Timestamp) -> PhaseNext {
        if self.phase().kind == PhaseKind::Sealed {
            return if self.has_bids_to_open() { PhaseNext::Opening } else { PhaseNext::Close(CloseCause::Deadline) };
        }
        let next = self.phase_index.saturating_add(1);
        let rules = &self.terms.rules;
        match (self.cap_action(), rules.cap_phase()) {
            (None, _) => {}
            (Some(CapAction::Enter), Some(first)) => return PhaseNext::Enter(first),
            (Some(_), _) => return PhaseNext::Close(CloseCause::Cap),
        }
        if rules.cap_phase().is_some_and(|first| self.phase_index >= first) {
            let ends = usize::from(next) >= rules.phases.len() || self.lacks_yes();
            return if ends { PhaseNext::Close(CloseCause::Deadline) } else { PhaseNext::Enter(next) };
        }
        let too_few = match self.quoted {
            0 => rules.timed_without_bids == Some(WithoutBids::Decide),
            1 => rules.single_bidder == Some(SingleBidder::Decide),
            _ => false,
        };
        let is_last = usize::from(next) >= rules.phases.len() || Some(next) == rules.cap_phase();
        let decide = is_last || too_few || self.lacks_recent_bidders(due) || self.lacks_yes();
        if decide { PhaseNext::Close(CloseCause::Deadline) } else { PhaseNext::Enter(next) }
    }

    /// Returns whether too few bid in the last part of the first phase (福建 art. 33, 40).
    fn lacks_recent_bidders(&self, due: Timestamp) -> bool {
        let optional = &self.terms.rules.optional;
        let Some((least, window)) = optional.recent_bidders.zip(optional.recent_window) else { return false };
        let open = self.terms.rules.open_time();
        let is_recent = |last: Timestamp| open.between(last, due) <= window.0;
        let recent = self.bidders.iter().filter(|bidder| bidder.last_bid.is_some_and(is_recent)).count();
        self.phase_index == 0 && u32::try_from(recent).is_ok_and(|recent| recent < least)
    }

    /// Returns whether too few said yes in the inquiry that ends (汕头 art. 23).
    fn lacks_yes(&self) -> bool {
        let yes = self.bidders.iter().filter(|bidder| bidder.answer == Some(Answer::Yes)).count();
        let least = self.terms.rules.optional.inquiry_yes.filter(|_| self.phase().kind == PhaseKind::Inquiry);
        least.is_some_and(|least| u32::try_from(yes).is_ok_and(|yes| yes < least))
    }

    /// Returns whether a close now leaves a reserve to compare. Without a sale to decide it stays sealed.
    pub(crate) fn awaits_reserve(&self) -> bool {
        let optional = &self.terms.rules.optional;
        let has_any = self.reserve_state != ReserveState::DeclaredNone;
        let decides = has_any && optional.reserve_published != Some(ReservePublished::Reference);
        self.top().is_some() && self.has_enough_bidders() && decides
    }

    /// Decides whether the reserve may be entered at `at` (FORMAT.md B.6), given what the vault found.
    pub(crate) fn decide_entry(&self, at: Timestamp, entry: &EntryFields) -> Result<(), Reason> {
        let ReservePolicy::Required { window, commitment: when, .. } = self.terms.rules.reserve else {
            return Err(Reason::ReserveNotRequired);
        };
        in_state(!matches!(self.state, State::Terminated | State::AwaitingDraw | State::Closed | State::Decided))?;
        if !matches!(self.reserve_state, ReserveState::Missing | ReserveState::Committed) {
            return Err(Reason::AlreadyEntered);
        }
        let has_entered = |figure: &Figure| figure.by == entry.by || figure.commitment == entry.commitment;
        if self.figures.iter().any(has_entered) {
            return Err(Reason::AlreadyEntered);
        }
        // An amount entered when the bids are known could be made to fit it; only an earlier commitment forbids that.
        let is_over = matches!(self.course(), State::AwaitingReserve | State::AwaitingOpening);
        let is_known = is_over || self.further_rounds() > 0;
        in_state(!is_known || when == CommitmentTime::BeforeOpening)?;
        if window != EntryWindow::default() {
            self.decide_window(at, window)?;
        }
        match entry.result {
            EntryResult::BelowStart => Err(Reason::ReserveBelowStart),
            EntryResult::CommitmentMismatch => Err(Reason::CommitmentMismatch),
            EntryResult::Accepted if self.reserve_state == ReserveState::Committed => {
                self.fits_commitment(&entry.commitment)
            }
            EntryResult::Accepted => Ok(()),
        }
    }

    fn decide_window(&self, at: Timestamp, window: EntryWindow) -> Result<(), Reason> {
        let open = self.terms.rules.open_time();
        let end = match self.state {
            State::Suspended => return Err(Reason::Suspended),
            State::Bidding if self.phase_index == 0 => self.deadline,
            State::Scheduled => self.deadline.and_then(|start| self.phase_from(0, start).deadline_from(start, open)),
            _ => None,
        };
        let left = open.between(at, end.ok_or(Reason::OutsideEntryWindow)?);
        let opened = window.opens_before_end.is_none_or(|most| left <= most);
        let not_over = window.ends_before_end.is_none_or(|least| left >= least);
        if opened && not_over { Ok(()) } else { Err(Reason::OutsideEntryWindow) }
    }

    fn fits_commitment(&self, commitment: &[u8; 32]) -> Result<(), Reason> {
        if self.is_committed_to(commitment) { Ok(()) } else { Err(Reason::CommitmentMismatch) }
    }

    /// Decides whether the reserve, or a figure of it, may be entered again after a restart.
    pub(crate) fn decide_reentry(&self, entry: &EntryFields) -> Result<(), Reason> {
        in_state(!matches!(self.state, State::Terminated | State::AwaitingDraw | State::Closed | State::Decided))?;
        match self.reserve_state {
            ReserveState::Entered => {}
            ReserveState::Missing if !self.figures.is_empty() => {}
            ReserveState::Missing | ReserveState::Committed => return Err(Reason::ReserveMissing),
            ReserveState::DeclaredNone => return Err(Reason::ReserveNotRequired),
            ReserveState::Met | ReserveState::NotMet => return Err(Reason::WrongPhase),
        }
        if entry.result != EntryResult::Accepted {
            return Err(Reason::CommitmentMismatch);
        }
        self.fits_commitment(&entry.commitment)
    }

    /// Decides whether the vault's comparison may be recorded.
    pub(crate) fn decide_comparison(&self) -> Result<(), Reason> {
        in_state(self.state == State::AwaitingReserve)?;
        if self.reserve_state == ReserveState::Entered { Ok(()) } else { Err(Reason::ReserveMissing) }
    }

    /// Decides whether the reserve may be disclosed.
    pub(crate) fn decide_disclosure(&self, fits: bool) -> Result<(), Reason> {
        let is_opening = self.state == State::AwaitingOpening && self.reserve_state == ReserveState::Entered;
        let publishes = is_opening && self.terms.rules.optional.reserve_published.is_some();
        in_state(matches!(self.state, State::Decided | State::Terminated) || publishes)?;
        if self.commitment.is_none() {
            return Err(Reason::ReserveMissing);
        }
        if fits { Ok(()) } else { Err(Reason::CommitmentMismatch) }
    }

    /// Decides whether an outcome follows from what was accepted (FORMAT.md B.7).
    pub(crate) fn decide_outcome(&self, outcome: &Outcome) -> Result<(), Reason> {
        in_state(self.state == State::Closed)?;
        let no_bids = self.book.is_empty();
        let too_few = !no_bids && !self.has_enough_bidders();
        let not_met = self.reserve_state == ReserveState::NotMet;
        let follows = match (outcome.kind, outcome.cause) {
            (OutcomeKind::Sold, OutcomeCause::None) => {
                let price = self.is_accepted(outcome.price) && self.has_bid(outcome.winner, outcome.price);
                let drawn = self.drawn == BidderNo(0)
                    || self.drawn == outcome.winner && self.top().is_some_and(|top| top.amount == outcome.price);
                !no_bids && !too_few && !not_met && price && drawn
            }
            (OutcomeKind::Sold, _) | (OutcomeKind::Unsold, OutcomeCause::None) => false,
            (OutcomeKind::Unsold, OutcomeCause::NoBids) => no_bids && !self.has_unopened(),
            (OutcomeKind::Unsold, OutcomeCause::TooFewBidders) => too_few || no_bids && self.has_unopened(),
            (OutcomeKind::Unsold, OutcomeCause::ReserveNotMet) => not_met,
            (OutcomeKind::Unsold, OutcomeCause::TypeRule) => {
                !no_bids && !too_few && !not_met && !outcome.detail.as_str().is_empty()
            }
        };
        let nothing_sold = outcome.winner == BidderNo(0) && outcome.price == Amount(0);
        let canonical = outcome.kind == OutcomeKind::Sold || nothing_sold;
        if follows && canonical && outcome.type_id == self.terms.type_id { Ok(()) } else { Err(Reason::OutcomeInvalid) }
    }

    /// Returns whether an accepted bid of `winner` reaches `price`: nobody pays more than it bid.
    fn has_bid(&self, winner: BidderNo, price: Amount) -> bool {
        self.book.iter().rev().any(|bid| bid.leader == winner && bid.amount >= price)
    }

    fn is_accepted(&self, price: Amount) -> bool {
        self.book.binary_search_by_key(&price, |bid| bid.amount).is_ok()
    }
}

pub(super) fn in_state(legal: bool) -> Result<(), Reason> {
    if legal { Ok(()) } else { Err(Reason::WrongPhase) }
}
