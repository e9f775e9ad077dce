//! One command's work on one lot, from the decision to the record.

use super::Sink;
use crate::amount::Amount;
use crate::command::{BidderRef, Disclosure, OpenedBid, SealedFound};
use crate::decision::Decision;
use crate::ids::BidderNo;
use crate::lot::{KeptBid, Lot, State};
use crate::record::{
    Answer, Authority, BidFields, Body, CloseCause, CommandKind, Comparison, EntryFields, Head, Key, Outcome, Points,
    Record, SuspendCause,
};
use crate::sequencer::Sequencer;
use crate::text::{Name, Text};
use crate::time::Timestamp;
use crate::verdict::Reason;

/// One command's work on one lot: decide, apply, record.
pub(super) struct Desk<'a, S> {
    pub(super) sequencer: &'a mut Sequencer,
    pub(super) lot: &'a mut Lot,
    pub(super) at: Timestamp,
    pub(super) out: &'a mut S,
}

impl<S: Sink> Desk<'_, S> {
    /// Records what happened and returns it with the quote after it.
    pub(super) fn state(&mut self, reason: Option<Reason>, bidder: BidderNo, body: Body) -> Decision {
        self.lot.lot_seq += 1;
        let seq = self.sequencer.next(self.at);
        let head = Head { reason, lot: self.lot.id(), seq, at: self.at, lot_seq: self.lot.lot_seq, bidder };
        let record = Record { head, body };
        self.out.record(&record);
        Decision { record, quote: self.lot.quote(), repeated: false }
    }

    fn refuse(&mut self, command: CommandKind, reason: Reason) -> Decision {
        self.refuse_of(command, reason, BidderNo(0), Amount(0), Text::default())
    }

    fn refuse_of(
        &mut self,
        command: CommandKind,
        reason: Reason,
        bidder: BidderNo,
        amount: Amount,
        name: Text,
    ) -> Decision {
        self.state(Some(reason), bidder, Body::CommandRefused { command, amount, name })
    }

    pub(super) fn bid(&mut self, bidder: BidderRef<'_>, amount: Amount, key: Key) -> Decision {
        let number = match bidder {
            BidderRef::Number(number) => number,
            BidderRef::Name(name) => match self.lot.bidder_no(name.as_str()) {
                Some(number) => number,
                None if self.lot.admits_by_bid() => self.admit_new(name.clone()).record.head.bidder,
                None => {
                    let (command, reason) = (CommandKind::PlaceBid, Reason::NotAdmitted);
                    return self.refuse_of(command, reason, BidderNo(0), amount, as_text(name));
                }
            },
        };
        let kept = self.lot.keys.get(number, key).copied();
        let verdict = match kept {
            Some(kept) if kept.amount == amount => return self.repeat(number, key, kept),
            Some(_) => Err(Reason::KeyConflict),
            None => self.lot.decide_bid(number, amount, self.at),
        };
        match verdict {
            Ok(()) => self.lot.take_bid(number, amount, self.at),
            Err(_) => self.lot.count_refusal(),
        }
        let fields = BidFields { amount, closes_at: self.lot.deadline(), key };
        let body = if verdict.is_ok() { Body::BidAccepted(fields) } else { Body::BidRefused(fields) };
        let decision = self.state(verdict.err(), number, body);
        if kept.is_none() && !key.is_none() && !matches!(self.lot.state(), State::Decided | State::Terminated) {
            let Head { seq, at, lot_seq, reason, .. } = decision.record.head;
            let bid = KeptBid { seq, at, amount, closes_at: fields.closes_at, lot_seq, reason };
            self.lot.keys.keep(number, key, bid);
        }
        decision
    }

    /// Answers a repeat with the earlier decision; the quote is the present one.
    fn repeat(&self, bidder: BidderNo, key: Key, kept: KeptBid) -> Decision {
        let KeptBid { seq, at, amount, closes_at, lot_seq, reason } = kept;
        let fields = BidFields { amount, closes_at, key };
        let head = Head { reason, lot: self.lot.id(), seq, at, lot_seq, bidder };
        let body = if reason.is_none() { Body::BidAccepted(fields) } else { Body::BidRefused(fields) };
        Decision { record: Record { head, body }, quote: self.lot.quote(), repeated: true }
    }

    pub(super) fn admit(&mut self, name: &Name) -> Decision {
        let known = self.lot.bidder_no(name.as_str());
        match self.lot.decide_admission(known) {
            Ok(()) => self.admit_new(name.clone()),
            Err(reason) => {
                // Only this refusal is about the number; in another phase it would say who is admitted.
                let bidder = known.filter(|_| reason == Reason::AlreadyAdmitted).unwrap_or_default();
                self.refuse_of(CommandKind::AdmitBidder, reason, bidder, Amount(0), as_text(name))
            }
        }
    }

    fn admit_new(&mut self, name: Name) -> Decision {
        let number = self.lot.admit(name.clone());
        self.state(None, number, Body::BidderAdmitted { name })
    }

    pub(super) fn start_phase(&mut self, index: u8, due: Timestamp) -> Decision {
        self.lot.start_phase(index, due);
        let closes_at = self.lot.deadline();
        self.state(None, BidderNo(0), Body::PhaseStarted { due, closes_at, index })
    }

    pub(super) fn end(&mut self, due: Timestamp, cause: CloseCause) -> Decision {
        let leader = self.lot.top().map_or(BidderNo(0), |top| top.leader);
        let fields = self.lot.close(due, cause);
        self.state(None, leader, Body::LotClosed(fields))
    }

    pub(super) fn close(&mut self) -> Decision {
        match self.lot.decide_close() {
            Ok(()) => self.end(self.at, CloseCause::Called),
            Err(reason) => self.refuse(CommandKind::CloseLot, reason),
        }
    }

    /// States the legal basis of what follows; it changes nothing.
    pub(super) fn state_legal_basis(&mut self, basis: Text) -> Decision {
        match self.lot.decide_termination() {
            Ok(()) => self.state(None, BidderNo(0), Body::LegalBasisStated { basis }),
            Err(reason) => self.refuse(CommandKind::StateLegalBasis, reason),
        }
    }

    /// States the legal basis that an authority gives for what it is about to do, if it gives one.
    fn state_basis_of(&mut self, authority: &mut Authority) {
        let basis = std::mem::take(&mut authority.basis);
        if !basis.as_str().is_empty() {
            self.state_legal_basis(basis);
        }
    }

    pub(super) fn suspend(&mut self, mut authority: Authority) -> Decision {
        match self.lot.decide_suspension() {
            Ok(()) => {
                self.state_basis_of(&mut authority);
                let remaining = self.lot.left(self.at);
                self.freeze(SuspendCause::Command, self.at, remaining, authority)
            }
            Err(reason) => self.refuse(CommandKind::SuspendLot, reason),
        }
    }

    pub(super) fn resume(&mut self, ends_at: Option<Timestamp>, mut authority: Authority) -> Decision {
        match self.lot.decide_resumption(self.at, ends_at) {
            Ok(()) => {
                self.state_basis_of(&mut authority);
                self.lot.resume(self.at, ends_at);
                let closes_at = self.lot.deadline();
                self.state(None, BidderNo(0), Body::LotResumed { closes_at, authority: Box::new(authority) })
            }
            Err(reason) => self.refuse_time(CommandKind::ResumeLot, reason, ends_at),
        }
    }

    pub(super) fn announce(&mut self, resumes_at: Timestamp, mut authority: Authority) -> Decision {
        match self.lot.decide_announcement(self.at, resumes_at) {
            Ok(()) => {
                self.state_basis_of(&mut authority);
                self.lot.announce(resumes_at);
                let body = Body::ResumptionAnnounced { resumes_at, authority: Box::new(authority) };
                self.state(None, BidderNo(0), body)
            }
            Err(reason) => self.refuse_time(CommandKind::AnnounceResumption, reason, Some(resumes_at)),
        }
    }

    /// Refuses a command that states a time, which stands where others state an amount.
    fn refuse_time(&mut self, command: CommandKind, reason: Reason, time: Option<Timestamp>) -> Decision {
        self.refuse_of(command, reason, BidderNo(0), Amount(time.map_or(0, |time| time.0)), Text::default())
    }

    pub(super) fn answer(&mut self, bidder: BidderRef<'_>, answer: Answer) -> Decision {
        let number = self.lot.number_of(bidder);
        match self.lot.decide_answer(number, self.at) {
            Ok(number) => {
                self.lot.answer(number, answer);
                self.state(None, number, Body::InquiryAnswered { answer })
            }
            Err(reason) => self.refuse_bidder(CommandKind::AnswerInquiry, reason, bidder, number),
        }
    }

    pub(super) fn grant(&mut self, bidder: BidderRef<'_>, rank: u32, by: Text) -> Decision {
        let number = self.lot.number_of(bidder);
        match self.lot.decide_grant(number) {
            Ok(number) => {
                self.lot.grant(number, rank);
                self.state(None, number, Body::PriorityGranted { rank, by })
            }
            Err(reason) => self.refuse_bidder(CommandKind::GrantPriority, reason, bidder, number),
        }
    }

    pub(super) fn confirm_top_up(&mut self, bidder: BidderRef<'_>, by: Text) -> Decision {
        let number = self.lot.number_of(bidder);
        match self.lot.decide_top_up(number) {
            Ok(number) => {
                self.lot.confirm_top_up(number);
                self.state(None, number, Body::TopUpConfirmed { by })
            }
            Err(reason) => self.refuse_bidder(CommandKind::ConfirmTopUp, reason, bidder, number),
        }
    }

    pub(super) fn draw(&mut self, seeds: Vec<[u8; 32]>) -> Decision {
        match self.lot.decide_draw(&seeds) {
            Ok(()) => {
                let at_cap = u32::try_from(self.lot.at_cap().len()).unwrap_or(u32::MAX);
                let drawn = self.lot.draw(&seeds);
                self.lot.take_draw(drawn);
                self.state(None, drawn, Body::LotteryDrawn { at_cap, seeds })
            }
            Err(reason) => self.refuse(CommandKind::DrawLottery, reason),
        }
    }

    pub(super) fn end_sealed_phase(&mut self, due: Timestamp) -> Decision {
        self.lot.await_opening();
        let standing = self.lot.sealed_standing();
        self.state(None, BidderNo(0), Body::SealedPhaseEnded { due, standing })
    }

    pub(super) fn place_sealed(&mut self, bidder: BidderRef<'_>, commitment: [u8; 32], found: SealedFound) -> Decision {
        let number = self.lot.number_of(bidder);
        match self.lot.decide_placing(number, &commitment, found, self.at) {
            Ok(number) => {
                self.lot.place_sealed(number, commitment);
                self.state(None, number, Body::SealedBidPlaced { commitment })
            }
            Err(reason) => self.refuse_bidder(CommandKind::PlaceSealedBid, reason, bidder, number),
        }
    }

    pub(super) fn withdraw_sealed(&mut self, bidder: BidderRef<'_>) -> Decision {
        let number = self.lot.number_of(bidder);
        match self.lot.decide_withdrawal(number, self.at) {
            Ok(number) => {
                self.lot.withdraw_sealed(number);
                self.state(None, number, Body::SealedBidWithdrawn)
            }
            Err(reason) => self.refuse_bidder(CommandKind::WithdrawSealedBid, reason, bidder, number),
        }
    }

    pub(super) fn open_sealed(&mut self, bidder: BidderRef<'_>, opened: &OpenedBid) -> Decision {
        let number = self.lot.number_of(bidder);
        let OpenedBid { amount, blinding, fits } = *opened;
        match self.lot.decide_sealed_opening(number, fits) {
            Ok(number) => {
                self.lot.open_sealed(number, amount);
                self.state(None, number, Body::SealedBidOpened { amount, blinding: Box::new(blinding) })
            }
            Err(reason) => self.refuse_bidder(CommandKind::OpenSealedBid, reason, bidder, number),
        }
    }

    pub(super) fn exclude_sealed(&mut self, bidder: BidderRef<'_>, authority: Authority) -> Decision {
        let number = self.lot.number_of(bidder);
        match self.lot.decide_unopened(number) {
            Ok(number) => {
                self.lot.withdraw_sealed(number);
                self.state(None, number, Body::SealedBidExcluded { authority: Box::new(authority) })
            }
            Err(reason) => self.refuse_bidder(CommandKind::ExcludeSealedBid, reason, bidder, number),
        }
    }

    pub(super) fn score_sealed(&mut self, bidder: BidderRef<'_>, points: Points, by: Text) -> Decision {
        let number = self.lot.number_of(bidder);
        match self.lot.decide_points(number) {
            Ok(number) => {
                self.lot.score_sealed(number, points);
                self.state(None, number, Body::SealedBidScored { points, by })
            }
            Err(reason) => self.refuse_bidder(CommandKind::ScoreSealedBid, reason, bidder, number),
        }
    }

    pub(super) fn finish_opening(&mut self, authority: Authority) -> Decision {
        match self.lot.decide_finish() {
            Ok(()) => {
                let fields = self.lot.finish_opening(self.at, authority);
                self.state(None, BidderNo(0), Body::OpeningFinished(Box::new(fields)))
            }
            Err(reason) => self.refuse(CommandKind::FinishOpening, reason),
        }
    }

    /// Refuses a command of a bidder, who is named where it has no number.
    fn refuse_bidder(
        &mut self,
        command: CommandKind,
        reason: Reason,
        bidder: BidderRef<'_>,
        number: Option<BidderNo>,
    ) -> Decision {
        let name = match bidder {
            BidderRef::Name(name) if number.is_none() => as_text(name),
            _ => Text::default(),
        };
        self.refuse_of(command, reason, number.unwrap_or_default(), Amount(0), name)
    }

    pub(super) fn freeze(
        &mut self,
        cause: SuspendCause,
        since: Timestamp,
        remaining: Option<i64>,
        authority: Authority,
    ) -> Decision {
        self.lot.suspend(since, remaining);
        self.state(None, BidderNo(0), Body::LotSuspended { cause, remaining, authority: Box::new(authority) })
    }

    pub(super) fn terminate(&mut self, mut authority: Authority) -> Decision {
        match self.lot.decide_termination() {
            Ok(()) => {
                self.state_basis_of(&mut authority);
                self.lot.terminate();
                self.state(None, BidderNo(0), Body::LotTerminated { authority: Box::new(authority) })
            }
            Err(reason) => self.refuse(CommandKind::TerminateLot, reason),
        }
    }

    pub(super) fn enter(&mut self, entry: EntryFields) -> Decision {
        let verdict = self.lot.decide_entry(self.at, &entry);
        if verdict.is_ok() {
            self.lot.enter(&entry);
        }
        self.state(verdict.err(), BidderNo(0), Body::ReserveEntered(Box::new(entry)))
    }

    pub(super) fn reenter(&mut self, entry: EntryFields) -> Decision {
        let verdict = self.lot.decide_reentry(&entry);
        self.state(verdict.err(), BidderNo(0), Body::ReserveReentered(Box::new(entry)))
    }

    pub(super) fn compare(&mut self, result: Comparison) -> Decision {
        match self.lot.decide_comparison() {
            Ok(()) => {
                self.lot.compared(result);
                let top = self.lot.top().map_or(Amount(0), |top| top.amount);
                self.state(None, BidderNo(0), Body::ReserveCompared { result, top })
            }
            Err(reason) => self.refuse(CommandKind::CompareReserve, reason),
        }
    }

    pub(super) fn disclose(&mut self, disclosure: Disclosure) -> Decision {
        let Disclosure { amount, blinding, by, fits } = disclosure;
        match self.lot.decide_disclosure(fits) {
            Ok(()) => {
                self.lot.publish(amount);
                let body = Body::ReserveDisclosed { amount, blinding: Box::new(blinding), by };
                self.state(None, BidderNo(0), body)
            }
            Err(reason) => self.refuse(CommandKind::DiscloseReserve, reason),
        }
    }

    pub(super) fn settle(&mut self, outcome: Outcome) -> Decision {
        match self.lot.decide_outcome(&outcome) {
            Ok(()) => {
                self.lot.settle(outcome.clone());
                self.state(None, outcome.winner, Body::OutcomeRecorded(Box::new(outcome)))
            }
            Err(reason) => self.refuse(CommandKind::RecordOutcome, reason),
        }
    }
}

fn as_text(name: &Name) -> Text {
    // A name is shorter than the longest text and obeys the same rules.
    Text::new(name.as_str()).unwrap_or_default()
}
