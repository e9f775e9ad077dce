//! Sealed bids of a lot (密封报价): placing, opening, and what follows (FORMAT.md B.2, B.4).
//!
//! What is always true: before its opening a bid is a commitment here, and its amount is nowhere in the engine.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::decide::in_state;
use super::{Lot, State};
use crate::amount::Amount;
use crate::command::{BidLimits, SealedFound};
use crate::ids::BidderNo;
use crate::record::{AfterOpening, Authority, OpeningFields, Points};
use crate::rules::{PhaseKind, SealedAward, SealedChange, SealedCustody, SealedTie};
use crate::time::Timestamp;
use crate::verdict::Reason;
use crate::wire::{Reader, WireError, Writer};

/// What a lot knows of its sealed bids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sealed {
    bids: BTreeMap<BidderNo, SealedBid>,
    /// How many sealed rounds followed the first.
    further_rounds: u32,
    /// Whether the opening is finished.
    finished: bool,
    /// The reserve, once it was disclosed, where the rules want that while the bids are opened.
    published: Option<Amount>,
}

/// What a lot knows of a bidder's sealed bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SealedBid {
    /// The commitment to it, while it stands.
    pub commitment: Option<[u8; 32]>,
    /// The `lot_seq` of the record that placed it.
    pub placed_seq: u32,
    /// Its amount, once opened.
    pub opened: Option<Amount>,
    /// Whether the bidder is among those who alone may bid in a further round.
    pub tied: bool,
    /// The points that were given to it.
    pub points: Option<Points>,
    /// Whether it became an accepted bid when the opening was finished.
    pub counted: bool,
}

impl SealedBid {
    const NONE: Self =
        Self { commitment: None, placed_seq: 0, opened: None, tied: false, points: None, counted: false };
}

impl Lot {
    /// Returns what is known of a bidder's sealed bid.
    #[must_use]
    pub fn sealed_bid(&self, bidder: BidderNo) -> SealedBid {
        self.sealed.bids.get(&bidder).copied().unwrap_or_default()
    }

    /// Returns how many sealed bids stand.
    #[must_use]
    pub fn sealed_standing(&self) -> u32 {
        self.count_sealed(|bid| bid.commitment.is_some())
    }

    /// Returns how many sealed rounds followed the first.
    #[must_use]
    pub const fn further_rounds(&self) -> u32 {
        self.sealed.further_rounds
    }

    /// Returns whether the opening is finished, and the close due.
    pub(super) const fn is_opening_finished(&self) -> bool {
        self.sealed.finished
    }

    /// Returns whether sealed bids stand that were too few to be opened, once bidding is over.
    #[must_use]
    pub fn has_unopened(&self) -> bool {
        !self.sealed.finished && self.sealed_standing() > 0
    }

    /// Returns the reserve, once it was disclosed, where the rules want that while the bids are opened.
    #[must_use]
    pub const fn published(&self) -> Option<Amount> {
        self.sealed.published
    }

    fn count_sealed(&self, which: impl Fn(&SealedBid) -> bool) -> u32 {
        u32::try_from(self.sealed.bids.values().filter(|bid| which(bid)).count()).unwrap_or(u32::MAX)
    }

    /// Returns the least amount of a sealed bid that counts.
    fn floor(&self) -> Amount {
        self.top().map_or(self.terms.rules.start_price, |top| top.amount)
    }

    /// Returns what the amounts of sealed bids are held against.
    pub(crate) fn bid_limits(&self) -> BidLimits {
        let optional = &self.terms.rules.optional;
        BidLimits {
            floor: self.floor(),
            most: optional.sealed_most.map(Amount),
            precision: optional.precision,
            is_unique: optional.sealed_equal.is_some(),
        }
    }

    /// Returns whether the opened bid of a bidder counts.
    #[must_use]
    pub fn is_sealed_bid_valid(&self, bidder: BidderNo) -> bool {
        let bid = self.sealed_bid(bidder);
        if self.sealed.finished {
            // The floor has moved since.
            return bid.counted;
        }
        let Some(amount) = bid.opened else { return false };
        let limits = self.bid_limits();
        let is_earlier = |other: &SealedBid| other.opened == Some(amount) && other.placed_seq < bid.placed_seq;
        let is_taken = limits.is_unique && self.sealed.bids.values().any(is_earlier);
        limits.judge(amount) == SealedFound::Accepted && !is_taken
    }

    /// Returns the valid bids, the lowest first, of equal ones the later placed first.
    fn valid_bids(&self) -> Vec<(BidderNo, Amount)> {
        let valid = self.sealed.bids.iter().filter(|(bidder, _)| self.is_sealed_bid_valid(**bidder));
        let mut valid: Vec<_> =
            valid.filter_map(|(bidder, bid)| Some((bid.opened?, bid.placed_seq, *bidder))).collect();
        valid.sort_by_key(|(amount, placed_seq, _)| (*amount, Reverse(*placed_seq)));
        valid.into_iter().map(|(amount, _, bidder)| (bidder, amount)).collect()
    }

    /// Returns whether the sealed phase that ends now has bids to open.
    pub(super) fn has_bids_to_open(&self) -> bool {
        let standing = self.sealed_standing();
        let least = self.terms.rules.optional.sealed_min.filter(|_| self.sealed.further_rounds == 0);
        !self.sealed.finished && standing > 0 && least.is_none_or(|least| standing >= least)
    }

    /// Decides what placing and withdrawing have in common; `None` for a bidder who is not admitted.
    fn decide_sealed_phase(&self, bidder: Option<BidderNo>, at: Timestamp) -> Result<BidderNo, Reason> {
        self.decide_bidding()?;
        if self.phase().kind != PhaseKind::Sealed {
            return Err(Reason::PhaseTakesNoSealedBids);
        }
        let number = bidder.ok_or(Reason::NotAdmitted)?;
        self.terms.rules.judge_hours(at)?;
        Ok(number)
    }

    /// Decides whether a sealed bid can be placed, given what the vault found (FORMAT.md B.4).
    pub(crate) fn decide_placing(
        &self,
        bidder: Option<BidderNo>,
        commitment: &[u8; 32],
        found: SealedFound,
        at: Timestamp,
    ) -> Result<BidderNo, Reason> {
        let number = self.decide_sealed_phase(bidder, at)?;
        self.terms.rules.judge_entrance(&self.position(number))?;
        let bid = self.sealed_bid(number);
        if !bid.tied && self.sealed.further_rounds > 0 {
            return Err(Reason::NotTied);
        }
        let optional = &self.terms.rules.optional;
        if bid.commitment.is_some_and(|standing| optional.sealed_change.is_none() || standing == *commitment) {
            return Err(Reason::AlreadyPlaced);
        }
        // Only a vault that holds the amount can find anything, and only what a rule asks for.
        match found {
            _ if optional.sealed_custody != Some(SealedCustody::House) => Ok(number),
            SealedFound::BelowFloor => Err(Reason::BelowFloor),
            SealedFound::AboveMost if optional.sealed_most.is_some() => Err(Reason::AboveMost),
            SealedFound::TooPrecise if optional.precision.is_some() => Err(Reason::TooPrecise),
            SealedFound::Equal if optional.sealed_equal.is_some() => Err(Reason::EqualSealedBid),
            _ => Ok(number),
        }
    }

    /// Decides whether a sealed bid can be withdrawn.
    pub(crate) fn decide_withdrawal(&self, bidder: Option<BidderNo>, at: Timestamp) -> Result<BidderNo, Reason> {
        let number = self.decide_sealed_phase(bidder, at)?;
        if self.terms.rules.optional.sealed_change != Some(SealedChange::ChangeOrWithdraw) {
            return Err(Reason::NotWithdrawable);
        }
        if self.sealed_bid(number).commitment.is_some() { Ok(number) } else { Err(Reason::NoSealedBid) }
    }

    /// Decides whether a sealed bid can be opened as what fits its commitment or does not.
    pub(crate) fn decide_sealed_opening(&self, bidder: Option<BidderNo>, fits: bool) -> Result<BidderNo, Reason> {
        let number = self.decide_unopened(bidder)?;
        if fits { Ok(number) } else { Err(Reason::CommitmentMismatch) }
    }

    /// Decides whether the bids are being opened.
    fn decide_opening(&self) -> Result<(), Reason> {
        if self.state == State::Suspended {
            return Err(Reason::Suspended);
        }
        in_state(self.state == State::AwaitingOpening)
    }

    /// Decides whether a bidder has a sealed bid that is to be opened now.
    pub(crate) fn decide_unopened(&self, bidder: Option<BidderNo>) -> Result<BidderNo, Reason> {
        self.decide_opening()?;
        let number = bidder.ok_or(Reason::NotAdmitted)?;
        let bid = self.sealed_bid(number);
        if bid.commitment.is_none() {
            return Err(Reason::NoSealedBid);
        }
        if bid.opened.is_some() { Err(Reason::AlreadyOpened) } else { Ok(number) }
    }

    /// Decides whether points can be given to a bidder's bid.
    pub(crate) fn decide_points(&self, bidder: Option<BidderNo>) -> Result<BidderNo, Reason> {
        self.decide_opening()?;
        if self.terms.rules.optional.sealed_award != Some(SealedAward::MostPoints) {
            return Err(Reason::PointsNotAsked);
        }
        self.decide_all_opened()?;
        let number = bidder.ok_or(Reason::NotAdmitted)?;
        if !self.is_sealed_bid_valid(number) {
            return Err(Reason::NoSealedBid);
        }
        if self.sealed_bid(number).points.is_some() { Err(Reason::AlreadyScored) } else { Ok(number) }
    }

    /// Decides whether every sealed bid that stands is opened: neither points nor an end come before.
    fn decide_all_opened(&self) -> Result<(), Reason> {
        let waits = self.sealed.bids.values().any(|bid| bid.commitment.is_some() && bid.opened.is_none());
        if waits { Err(Reason::NotOpened) } else { Ok(()) }
    }

    /// Decides whether the opening can be finished.
    pub(crate) fn decide_finish(&self) -> Result<(), Reason> {
        self.decide_opening()?;
        self.decide_all_opened()?;
        let optional = &self.terms.rules.optional;
        if optional.reserve_published.is_some() && self.sealed.published.is_none() {
            return Err(Reason::ReserveMissing);
        }
        let asks_points = optional.sealed_award == Some(SealedAward::MostPoints);
        let lacks = |(bidder, _): &(BidderNo, Amount)| self.sealed_bid(*bidder).points.is_none();
        if asks_points && self.valid_bids().iter().any(lacks) { Err(Reason::NotScored) } else { Ok(()) }
    }

    /// Keeps a sealed bid, in the place of an earlier one. The record that places it is the next of the lot.
    pub(crate) fn place_sealed(&mut self, bidder: BidderNo, commitment: [u8; 32]) {
        let placed_seq = self.lot_seq.saturating_add(1);
        let bid = self.sealed_bid_mut(bidder);
        (bid.commitment, bid.placed_seq) = (Some(commitment), placed_seq);
    }

    /// Lets a sealed bid go.
    pub(crate) fn withdraw_sealed(&mut self, bidder: BidderNo) {
        let bid = self.sealed_bid_mut(bidder);
        (bid.commitment, bid.placed_seq) = (None, 0);
    }

    /// Keeps the amount of a sealed bid.
    pub(crate) fn open_sealed(&mut self, bidder: BidderNo, amount: Amount) {
        self.sealed_bid_mut(bidder).opened = Some(amount);
    }

    /// Keeps the points of a sealed bid.
    pub(crate) fn score_sealed(&mut self, bidder: BidderNo, points: Points) {
        self.sealed_bid_mut(bidder).points = Some(points);
    }

    /// Keeps the reserve that was disclosed, where that belongs to the opening.
    pub(crate) fn publish(&mut self, amount: Amount) {
        self.sealed.published = self.terms.rules.optional.reserve_published.map(|_| amount);
    }

    fn sealed_bid_mut(&mut self, bidder: BidderNo) -> &mut SealedBid {
        self.sealed.bids.entry(bidder).or_insert(SealedBid::NONE)
    }

    /// Ends a sealed phase whose bids are to be opened.
    pub(crate) fn await_opening(&mut self) {
        self.state = State::AwaitingOpening;
        self.stop_clock();
    }

    /// Finishes the opening at `at` and returns what OpeningFinished states: the highest valid bids are equal and must be
    /// placed again, or the valid bids become accepted ones and the close is due.
    pub(crate) fn finish_opening(&mut self, at: Timestamp, authority: Authority) -> OpeningFields {
        let valid = self.valid_bids();
        let mut fields = OpeningFields {
            next: AfterOpening::Close,
            opened: self.count_sealed(|bid| bid.opened.is_some()),
            valid: u32::try_from(valid.len()).unwrap_or(u32::MAX),
            authority,
        };
        let highest = valid.last().map(|(_, amount)| *amount);
        let tied: Vec<_> = valid.iter().filter(|(_, amount)| Some(*amount) == highest).copied().collect();
        if self.terms.rules.optional.sealed_tie == Some(SealedTie::Requote) && tied.len() > 1 {
            fields.next = AfterOpening::FurtherRound;
            self.begin_further_round(&tied, at);
            return fields;
        }
        for (bidder, amount) in valid {
            self.count_bid(bidder, amount, at);
            self.sealed_bid_mut(bidder).counted = true;
        }
        self.sealed.finished = true;
        self.state = State::Bidding;
        self.deadline = Some(at);
        fields
    }

    fn begin_further_round(&mut self, tied: &[(BidderNo, Amount)], at: Timestamp) {
        self.sealed.bids.clear();
        for (bidder, amount) in tied {
            self.count_bid(*bidder, *amount, at);
            self.sealed_bid_mut(*bidder).tied = true;
        }
        self.sealed.further_rounds = self.sealed.further_rounds.saturating_add(1);
        self.start_phase(self.phase_index, at);
    }

    /// Appends what the hash and a snapshot keep of the lot's sealed bids together.
    pub(super) fn encode_sealed(&self, w: &mut Writer<'_>) {
        if self.terms.rules.takes_sealed_bids() {
            w.u32(self.sealed.further_rounds);
            w.u8(u8::from(self.sealed.finished));
            w.i64(self.sealed.published.map_or(0, Amount::minor));
        }
    }

    /// Appends what the hash and a snapshot keep of a bidder's sealed bid.
    pub(super) fn encode_sealed_bid(&self, bidder: BidderNo, w: &mut Writer<'_>) {
        if !self.terms.rules.takes_sealed_bids() {
            return;
        }
        let bid = self.sealed_bid(bidder);
        w.bytes(&bid.commitment.unwrap_or_default());
        w.u32(bid.placed_seq);
        w.u8(u8::from(bid.opened.is_some()));
        w.i64(bid.opened.map_or(0, Amount::minor));
        w.u8(u8::from(bid.tied));
        bid.points.unwrap_or(Points { numerator: 0, denominator: 0 }).encode(w);
        w.u8(u8::from(bid.counted));
    }

    /// Reads what a snapshot keeps of the sealed bid of the bidder that was admitted last.
    pub(super) fn decode_sealed_bid(&mut self, r: &mut Reader<'_>) -> Result<(), WireError> {
        if !self.terms.rules.takes_sealed_bids() {
            return Ok(());
        }
        let (commitment, placed_seq) = (r.array::<32>()?, r.u32()?);
        let (opened, amount) = (r.up_to("opened", "0 or 1", 1)? == 1, Amount(r.i64()?));
        let tied = r.up_to("tied", "0 or 1", 1)? == 1;
        let points = Points { numerator: r.i64()?, denominator: r.i64()? };
        let bid = SealedBid {
            commitment: Some(commitment).filter(|commitment| *commitment != [0; 32]),
            placed_seq,
            opened: Some(amount).filter(|_| opened),
            tied,
            points: Some(points).filter(|points| points.denominator != 0),
            counted: r.up_to("counted", "0 or 1", 1)? == 1,
        };
        if bid != SealedBid::NONE {
            let number = BidderNo(self.admitted());
            self.sealed.bids.insert(number, bid);
        }
        Ok(())
    }
}

/// Reads what a snapshot keeps of a lot's sealed bids together, where its rules take any.
pub(super) fn decode(takes_sealed_bids: bool, r: &mut Reader<'_>) -> Result<Sealed, WireError> {
    if !takes_sealed_bids {
        return Ok(Sealed::default());
    }
    Ok(Sealed {
        bids: BTreeMap::new(),
        further_rounds: r.u32()?,
        finished: r.up_to("finished", "0 or 1", 1)? == 1,
        published: Some(Amount(r.i64()?)).filter(|amount| amount.minor() != 0),
    })
}
