//! The custody of sealed bids (密封报价): what passes between a house's vault and its engine.
//!
//! What is always true: where the rules leave amounts to the house, one is judged, held and recorded in one step, and is gone
//! if the record refuses it; no amount is opened before the end of the phase is durable.

use super::{CustodyError, Desk, House, HouseError};
use crate::amount::Amount;
use crate::command::{BidderRef, Command, Fault, OpenedBid, SealedFound};
use crate::decision::Decision;
use crate::engine::Engine;
use crate::ids::{BidderNo, LotId};
use crate::lot::{Lot, State};
use crate::record::{AfterOpening, Body};
use crate::reserve::{BidTerms, Commitment, Opening, PlacedBid, VaultError, commit_bid, scrubbed};
use crate::rules::SealedCustody;
use crate::time::Timestamp;
use crate::verdict::Reason;

impl House {
    /// Places a sealed bid whose commitment alone the house gets.
    ///
    /// # Errors
    /// As [`House::submit`]; [`HouseError::LogSpaceLow`].
    pub fn place_commitment(
        &self,
        lot: LotId,
        bidder: BidderRef<'_>,
        commitment: [u8; 32],
        now: Timestamp,
    ) -> Result<Decision, HouseError> {
        self.check_space()?;
        self.submit(Command::PlaceSealedBid { lot, bidder, commitment, found: SealedFound::Accepted }, Some(now))
    }

    /// Places a sealed bid of a lot whose rules leave the amounts to the house: the vault judges it, the engine decides, and
    /// the vault keeps what the engine took. A bid that stands already, but is not held since a restart, is held again.
    ///
    /// # Errors
    /// [`CustodyError`]; the bid is then not held, and the one before it still is.
    pub fn place_sealed_bid(
        &self,
        lot: LotId,
        bidder: BidderRef<'_>,
        opening: Opening,
        now: Timestamp,
    ) -> Result<Decision, CustodyError> {
        self.check_space()?;
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        desk.check_open()?;
        let known = desk.engine.lot(lot).ok_or(HouseError::Fault(Fault::UnknownLot(lot)))?;
        let number = desk.engine.bidder_of(lot, bidder);
        let terms = number.and_then(|number| known.bidder(number)).map(|bidder| BidTerms::of(known, &bidder.name));
        let limits = known.bid_limits();
        let stands = number.and_then(|number| known.sealed_bid(number).commitment);
        let placed = number.zip(terms.as_ref());
        let placed = placed.map(|(number, terms)| desk.vault.place_bid((lot, number), opening, terms, limits));
        let placed = placed.transpose()?;
        let found = placed.as_ref().map_or(SealedFound::Accepted, PlacedBid::found);
        // Of a stranger no commitment is recorded.
        let commitment = placed.as_ref().map_or([1; 32], |placed| placed.commitment().0);
        let command = Command::PlaceSealedBid { lot, bidder, commitment, found };
        let decision = desk.engine.submit(command, now, &mut desk.batch).map_err(HouseError::from);
        let is_again =
            |decision: &Decision| decision.reason() == Some(Reason::AlreadyPlaced) && stands == Some(commitment);
        let holds = decision.as_ref().is_ok_and(|decision| decision.accepted() || is_again(decision));
        if let Some((number, placed)) = number.zip(placed) {
            if holds {
                desk.vault.keep_bid(lot, number, placed);
            } else {
                desk.vault.drop_bid(placed);
            }
        }
        self.note(desk);
        Ok(decision?)
    }

    /// Opens a sealed bid that the vault holds. Returns `None`, with nothing recorded, if it could be opened and the vault
    /// does not hold it.
    ///
    /// # Errors
    /// [`CustodyError`].
    pub fn open_held_bid(
        &self,
        lot: LotId,
        bidder: BidderRef<'_>,
        now: Timestamp,
    ) -> Result<Option<Decision>, CustodyError> {
        self.await_durable_end(lot, now)?;
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        desk.check_open()?;
        let number = desk.engine.bidder_of(lot, bidder);
        let known = desk.engine.lot(lot).ok_or(HouseError::Fault(Fault::UnknownLot(lot)))?;
        let opened = match known.decide_unopened(number) {
            Ok(number) if !desk.holds_sealed_bid(known, number) => return Ok(None),
            Ok(number) => scrubbed(|| desk.take_sealed_bid(known, number))?,
            // It is refused whatever the amount is.
            Err(_) => OpenedBid::default(),
        };
        let command = Command::OpenSealedBid { lot, bidder, opened };
        let decision = desk.engine.submit(command, now, &mut desk.batch).map_err(HouseError::from);
        self.note(desk);
        Ok(Some(decision?))
    }

    /// Opens a sealed bid that its bidder brings. Only one that is to be opened now, and fits, leaves its locked memory.
    ///
    /// # Errors
    /// As [`House::submit`].
    pub fn open_sealed_bid(
        &self,
        lot: LotId,
        bidder: BidderRef<'_>,
        opening: Opening,
        now: Timestamp,
    ) -> Result<Decision, HouseError> {
        self.await_durable_end(lot, now)?;
        let act = |desk: &mut Desk| {
            let number = desk.engine.bidder_of(lot, bidder);
            let known = desk.engine.lot(lot).ok_or(Fault::UnknownLot(lot))?;
            let number = known.decide_unopened(number).ok();
            let stated = number.and_then(|number| known.bidder(number).zip(known.sealed_bid(number).commitment));
            let fits = stated
                .is_some_and(|(bidder, stated)| opening.bid_commitment(&BidTerms::of(known, &bidder.name)).0 == stated);
            let (amount, blinding) = if fits { opening.disclose() } else { (Amount(0), [0; 32]) };
            let command = Command::OpenSealedBid { lot, bidder, opened: OpenedBid { amount, blinding, fits } };
            Ok(desk.engine.submit(command, now, &mut desk.batch)?)
        };
        scrubbed(|| self.at_desk(act))
    }

    /// Returns whether this process holds the sealed bid that stands for a bidder.
    ///
    /// # Errors
    /// [`HouseError::Forked`].
    pub fn holds_sealed_bid(&self, lot: LotId, bidder: BidderNo) -> Result<bool, HouseError> {
        let desk = self.desk()?;
        Ok(desk.engine.lot(lot).is_some_and(|known| desk.holds_sealed_bid(known, bidder)))
    }

    /// Handles what is due, and makes the end of a sealed phase durable before anything is opened. Otherwise a crash could
    /// bring the phase back after amounts were seen.
    fn await_durable_end(&self, lot: LotId, now: Timestamp) -> Result<(), HouseError> {
        let is_over = self.at_desk(|desk| {
            while desk.engine.advance_one(now, &mut desk.batch)?.is_some() {}
            Ok(desk.engine.lot(lot).map(Lot::state) == Some(State::AwaitingOpening))
        })?;
        if is_over { self.flush().map(|_| ()) } else { Ok(()) }
    }

    fn check_space(&self) -> Result<(), HouseError> {
        if self.space_is_low() { Err(HouseError::LogSpaceLow) } else { Ok(()) }
    }
}

impl Desk {
    fn holds_sealed_bid(&self, lot: &Lot, bidder: BidderNo) -> bool {
        let stated = lot.sealed_bid(bidder).commitment.map(Commitment);
        stated.is_some_and(|stated| self.vault.is_holding_bid(lot.id(), bidder, stated))
    }

    /// Returns what the vault holds for a bidder, proven against the commitment once more.
    fn take_sealed_bid(&self, lot: &Lot, bidder: BidderNo) -> Result<OpenedBid, VaultError> {
        let (amount, blinding) = self.vault.open_bid(lot.id(), bidder)?;
        let held = lot.bidder(bidder).map(|known| commit_bid(&BidTerms::of(lot, &known.name), amount, &blinding).0);
        if held != lot.sealed_bid(bidder).commitment {
            return Err(VaultError::BidDamaged(lot.id(), bidder));
        }
        Ok(OpenedBid { amount, blinding, fits: true })
    }

    /// Lets go of sealed bids that stand no more.
    pub(super) fn let_bids_go(&mut self, decision: &Decision) {
        let head = &decision.record.head;
        match &decision.record.body {
            Body::SealedBidWithdrawn => self.vault.forget_bid(head.lot, head.bidder),
            Body::OpeningFinished(opening) if opening.next == AfterOpening::FurtherRound => {
                self.vault.forget_bids(head.lot);
            }
            _ => {}
        }
    }
}

/// Returns whether the rules leave the amounts of a lot's sealed bids to the house.
#[must_use]
pub fn holds_amounts(engine: &Engine, lot: LotId) -> bool {
    let custody = engine.lot(lot).and_then(|known| known.terms().rules.optional.sealed_custody);
    custody == Some(SealedCustody::House)
}
