//! The custody of sealed bids (密封报价): what passes between a house's vault and its engine.
//!
//! What is always true: where the rules leave amounts to the house, one is judged, held and recorded in one step, and is gone
//! if the record refuses it; it leaves the vault only for its recorded opening, once the end of the phase is durable.

use super::{CustodyError, Desk, House, HouseError};
use crate::amount::Amount;
use crate::command::{BidderRef, Command, Fault, OpenedBid, SealedFound};
use crate::decision::Decision;
use crate::ids::{BidderNo, LotId};
use crate::lot::Lot;
use crate::record::{AfterOpening, Body};
use crate::reserve::{BidLimits, Commitment, Opening, PlacedBid, Terms, VaultError, commit_bid, scrubbed};
use crate::time::Timestamp;

/// A sealed bid as its bidder's program made it.
#[derive(Debug)]
pub struct SealedOpening {
    /// The amount and its blinding.
    pub opening: Opening,
    /// The commitment to them.
    pub commitment: Commitment,
}

impl House {
    /// Places a sealed bid whose amount the house holds: the vault judges it, the engine decides, and the vault keeps what
    /// the engine took.
    ///
    /// # Errors
    /// [`CustodyError`]; the bid is then not held, and the one before it still is.
    pub fn place_sealed_bid(
        &self,
        lot: LotId,
        bidder: BidderRef<'_>,
        bid: SealedOpening,
        now: Timestamp,
    ) -> Result<Decision, CustodyError> {
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        desk.check_open()?;
        let known = desk.engine.lot(lot).ok_or(HouseError::Fault(Fault::UnknownLot(lot)))?;
        let (number, limits) = (number_of(known, bidder), limits(known));
        let commitment = bid.commitment.0;
        let held = number.map(|number| desk.vault.place_bid((lot, number), bid.opening, bid.commitment, limits));
        let held = held.transpose()?;
        let found = held.as_ref().map_or(SealedFound::Accepted, PlacedBid::found);
        let command = Command::PlaceSealedBid { lot, bidder, commitment, found };
        let decision = desk.engine.submit(command, now, &mut desk.batch).map_err(HouseError::from);
        let accepted = decision.as_ref().is_ok_and(Decision::accepted);
        if let Some((number, held)) = number.zip(held) {
            if accepted {
                desk.vault.keep_bid(lot, number, held);
            } else {
                desk.vault.drop_bid(held);
            }
        }
        self.note(desk);
        Ok(decision?)
    }

    /// Opens a sealed bid that the vault holds, once the end of the sealed phase is durable. Returns `None`, with nothing
    /// recorded, if the vault does not hold it although it could be opened.
    ///
    /// # Errors
    /// [`CustodyError`].
    pub fn open_held_bid(
        &self,
        lot: LotId,
        bidder: BidderRef<'_>,
        now: Timestamp,
    ) -> Result<Option<Decision>, CustodyError> {
        self.flush()?;
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        desk.check_open()?;
        let known = desk.engine.lot(lot).ok_or(HouseError::Fault(Fault::UnknownLot(lot)))?;
        let opened = match known.decide_unopened(number_of(known, bidder)) {
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
        bid: SealedOpening,
        now: Timestamp,
    ) -> Result<Decision, HouseError> {
        let act = |desk: &mut Desk| {
            let known = desk.engine.lot(lot).ok_or(Fault::UnknownLot(lot))?;
            let number = known.decide_unopened(number_of(known, bidder)).ok();
            let stated = number.and_then(|number| known.bidder(number).zip(known.sealed_bid(number).commitment));
            let terms = Terms::from(known.terms());
            let fits =
                stated.is_some_and(|(known, stated)| bid.opening.bid_commitment(&terms, &known.name).0 == stated);
            let (amount, blinding) = if fits { bid.opening.disclose() } else { (Amount(0), [0; 32]) };
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
}

impl Desk {
    fn holds_sealed_bid(&self, lot: &Lot, bidder: BidderNo) -> bool {
        let stated = lot.sealed_bid(bidder).commitment.map(Commitment);
        stated.is_some_and(|stated| self.vault.is_holding_bid(lot.id(), bidder, stated))
    }

    /// Returns what the vault holds for a bidder, proven against the commitment once more.
    fn take_sealed_bid(&self, lot: &Lot, bidder: BidderNo) -> Result<OpenedBid, VaultError> {
        let (amount, blinding) = self.vault.open_bid(lot.id(), bidder)?;
        let terms = Terms::from(lot.terms());
        let held = lot.bidder(bidder).map(|known| commit_bid(&terms, &known.name, amount, &blinding).0);
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

fn number_of(lot: &Lot, bidder: BidderRef<'_>) -> Option<BidderNo> {
    match bidder {
        BidderRef::Number(number) => Some(number).filter(|number| lot.bidder(*number).is_some()),
        BidderRef::Name(name) => lot.bidder_no(name.as_str()),
    }
}

/// Returns what the amounts of a lot's sealed bids are held against.
fn limits(lot: &Lot) -> BidLimits {
    let optional = &lot.terms().rules.optional;
    BidLimits {
        floor: lot.floor(),
        most: optional.sealed_most.map(Amount),
        precision: optional.precision,
        is_unique: optional.sealed_equal.is_some(),
    }
}
