//! A lot as a snapshot keeps it (FORMAT.md A.8). What follows from other fields is not kept but made again.

use std::collections::BTreeMap;

use super::{Bidder, Keys, Lot, ReserveState, State, Top};
use crate::amount::Amount;
use crate::engine::LAST_LOT_SEQ;
use crate::ids::{BidderNo, LotId};
use crate::record::{Answer, LotTerms, Outcome, deadline_or_none};
use crate::time::{Timestamp, to_wire};
use crate::wire::{Reader, WireError, Writer};

impl Lot {
    /// Appends the lot's fields.
    pub(crate) fn encode(&self, w: &mut Writer<'_>) {
        self.terms.encode(w);
        w.u32(self.lot_seq);
        w.u8(self.state.number());
        let is_frozen = self.state == State::Suspended;
        w.u8(if is_frozen { self.suspended_from } else { State::Scheduled }.number());
        w.u8(self.phase_index);
        w.u8(u8::from(self.waiting));
        w.i64(to_wire(self.deadline));
        w.i64(to_wire(self.hard_end));
        w.i64(to_wire(self.remaining.map(Timestamp)));
        w.i64(to_wire(Some(self.suspended_at).filter(|_| is_frozen)));
        w.i64(to_wire(self.closed_at));
        self.encode_optional(w);
        w.u8(self.reserve_state.number());
        w.u8(u8::from(self.commitment.is_some()));
        w.bytes(&self.commitment.unwrap_or_default());
        self.encode_figures(w);
        w.u32(self.refused);
        w.u32(self.extensions);
        w.u32(self.admitted());
        for (number, bidder) in (1..).map(BidderNo).zip(&self.bidders) {
            w.name(&bidder.name);
            self.encode_bidder(number, bidder, w);
        }
        w.u32(self.accepted());
        for bid in &self.book {
            w.i64(bid.amount.minor());
            w.u32(bid.leader.0);
        }
        w.u8(u8::from(self.outcome.is_some()));
        if let Some(outcome) = &self.outcome {
            w.u32(outcome.winner.0);
            outcome.encode_fields(w);
        }
        self.keys.encode(w);
    }

    /// Reads a lot's fields.
    ///
    /// # Errors
    /// [`WireError`] where they are not those of any lot.
    pub(crate) fn decode(id: LotId, r: &mut Reader<'_>) -> Result<Self, WireError> {
        let terms = LotTerms::decode(r)?;
        let (offset, lot_seq) = (r.offset(), r.u32()?);
        if !(1..=LAST_LOT_SEQ).contains(&lot_seq) {
            let (expected, received) = ("1 to 2^32 - 17", i128::from(lot_seq));
            return Err(WireError::Value { field: "lot_seq", expected, received, offset });
        }
        let state = r.choice("state", State::CODES, State::from_number)?;
        let opens = terms.rules.takes_sealed_bids();
        let may_freeze = |state: &State| *state <= State::Bidding || opens && *state == State::AwaitingOpening;
        let before = |number| State::from_number(number).filter(may_freeze);
        let suspended_from =
            r.choice("state before the suspension", "1 scheduled, 2 bidding and 9 awaiting_opening", before)?;
        let last_phase = u8::try_from(terms.rules.phases.len().saturating_sub(1)).unwrap_or(u8::MAX);
        let phase_index = r.up_to("phase index", "that of a phase of the rules", last_phase)?;
        let waiting = r.up_to("waiting", "0 or 1", 1)? == 1;
        let (deadline, hard_end) = (deadline_or_none(r, "deadline")?, deadline_or_none(r, "hard_end")?);
        let remaining = deadline_or_none(r, "remaining")?.map(|time| time.0);
        let (offset, suspended_at) = (r.offset(), deadline_or_none(r, "suspended_at")?);
        let is_frozen = state == State::Suspended;
        if is_frozen != suspended_at.is_some() || !is_frozen && suspended_from != State::Scheduled {
            let expected = "what came before a suspension of a suspended lot, else 1 and NONE";
            return Err(WireError::Value { field: "suspended_at", expected, received: 0, offset });
        }
        let closed_at = deadline_or_none(r, "closed_at")?;
        let is_announced = terms.rules.optional.resume_notice.is_some();
        let resumes_at = if is_announced { deadline_or_none(r, "resumes_at")? } else { None };
        let is_drawn = terms.rules.optional.lottery_seeds.is_some();
        let drawn = BidderNo(if is_drawn { r.u32()? } else { 0 });
        let sealed = super::sealed::decode(terms.rules.takes_sealed_bids(), r)?;
        let reserve_state = r.choice("reserve state", ReserveState::CODES, ReserveState::from_number)?;
        let (offset, committed, bytes) = (r.offset(), r.up_to("commitment", "0 or 1", 1)?, r.array::<32>()?);
        if (committed == 1) == (bytes == [0; 32]) {
            let expected = "1 and a commitment that is not zero, or 0 and zeros";
            return Err(WireError::Value { field: "commitment", expected, received: i128::from(committed), offset });
        }
        let commitment = Some(bytes).filter(|_| committed == 1);
        let figures = super::figures::decode(&terms, r)?;
        let (refused, extensions) = (r.u32()?, r.u32()?);
        let mut lot = Self {
            id,
            rules_hash: super::facts::rules_hash(&terms.rules),
            lot_seq,
            state,
            suspended_from,
            phase_index,
            waiting,
            deadline,
            hard_end,
            remaining,
            suspended_at: suspended_at.unwrap_or(terms.opens_at),
            closed_at,
            resumes_at,
            book: Vec::new(),
            refused,
            extensions,
            bidders: Vec::new(),
            numbers: BTreeMap::new(),
            quoted: 0,
            keys: Keys::default(),
            reserve_state,
            commitment,
            figures: Vec::new(),
            drawn,
            sealed,
            outcome: None,
            terms,
        };
        lot.bind_figures(figures, offset)?;
        lot.decode_bidders(r)?;
        lot.decode_book(r)?;
        if r.up_to("outcome", "0 or 1", 1)? == 1 {
            let winner = BidderNo(r.u32()?);
            lot.outcome = Some(Outcome { winner, ..Outcome::decode_fields(r)? });
        }
        lot.keys = Keys::decode(r)?;
        Ok(lot)
    }

    fn decode_bidders(&mut self, r: &mut Reader<'_>) -> Result<(), WireError> {
        for _ in 0..r.u32()? {
            let (offset, name) = (r.offset(), r.name()?);
            if self.numbers.contains_key(&name) {
                return Err(WireError::Value { field: "bidder", expected: "another name each", received: 0, offset });
            }
            self.admit(name);
            self.decode_bidder(r)?;
        }
        Ok(())
    }

    /// Reads what the rules use of the bidder that was admitted last.
    fn decode_bidder(&mut self, r: &mut Reader<'_>) -> Result<(), WireError> {
        let optional = &self.terms.rules.optional;
        let Some(bidder) = self.bidders.last_mut() else { return Ok(()) };
        if optional.inquiry_yes.is_some() {
            let known = |number| if number == 0 { Some(None) } else { Answer::from_number(number).map(Some) };
            bidder.answer = r.choice("answer", "0 to 2", known)?;
        }
        if optional.recent_bidders.is_some() {
            bidder.last_bid = deadline_or_none(r, "last_bid")?;
        }
        if optional.priority.is_some() {
            (bidder.rank, bidder.matches) = (r.u32()?, r.u32()?);
        }
        if optional.top_up.is_some() {
            bidder.topped_up = r.up_to("topped_up", "0 or 1", 1)? == 1;
        }
        self.decode_sealed_bid(r)
    }

    fn decode_book(&mut self, r: &mut Reader<'_>) -> Result<(), WireError> {
        for _ in 0..r.u32()? {
            let (offset, amount, leader) = (r.offset(), Amount(r.i64()?), BidderNo(r.u32()?));
            let rules = &self.terms.rules;
            let may_match = rules.optional.priority.is_some() || rules.draws_lots() || rules.takes_sealed_bids();
            if self.top().is_some_and(|top| amount < top.amount || amount == top.amount && !may_match) {
                let (expected, received) = ("amounts that rise", i128::from(amount.minor()));
                return Err(WireError::Value { field: "book", expected, received, offset });
            }
            let Some(bidder) = usize::try_from(leader.0).ok().and_then(|number| number.checked_sub(1)) else {
                return Err(unknown_leader(leader, offset));
            };
            let cap = self.terms.rules.optional.cap.map(Amount);
            let Some(Bidder { accepted, at_cap, .. }) = self.bidders.get_mut(bidder) else {
                return Err(unknown_leader(leader, offset));
            };
            self.quoted = self.quoted.saturating_add(u32::from(*accepted == 0));
            *accepted = accepted.saturating_add(1);
            *at_cap |= cap == Some(amount);
            self.book.push(Top { amount, leader });
        }
        Ok(())
    }
}

fn unknown_leader(leader: BidderNo, offset: usize) -> WireError {
    let (expected, received) = ("bids of admitted bidders", i128::from(leader.0));
    WireError::Value { field: "book", expected, received, offset }
}
