//! Sealed bids (密封报价) whose amounts the house holds, where a lot's rules leave them to it.
//!
//! An amount goes in when the bid is placed and comes out when the bids are opened. Between, the vault says one word of a
//! bid that is placed: whether its amount counts, and whether another bid has it.

use std::fmt;

use subtle::ConstantTimeEq;

use super::locked::Slot;
use super::{BidTerms, Commitment, Opening, Vault, VaultError, opening, scrubbed};
use crate::amount::Amount;
use crate::command::{BidLimits, SealedFound};
use crate::ids::{BidderNo, LotId};

/// A bid that is held.
pub(super) struct HeldBid {
    slot: Slot,
    commitment: Commitment,
}

/// A sealed amount that the vault holds before the engine decided about it. It is given back with [`Vault::keep_bid`] or
/// [`Vault::drop_bid`].
#[must_use = "a bid that is neither kept nor dropped stays in its slot"]
pub struct PlacedBid {
    found: SealedFound,
    held: HeldBid,
}

impl PlacedBid {
    /// Returns the commitment to the amount.
    #[must_use]
    pub const fn commitment(&self) -> Commitment {
        self.held.commitment
    }

    /// Returns what the vault found.
    #[must_use]
    pub const fn found(&self) -> SealedFound {
        self.found
    }
}

impl fmt::Debug for PlacedBid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlacedBid(..)")
    }
}

impl Vault {
    /// Judges the amount of a sealed bid and holds it beside the one that the bidder may have placed before.
    ///
    /// # Errors
    /// [`VaultError::CannotHoldReserve`] and [`VaultError::Wiped`]; the vault is then as it was.
    pub fn place_bid(
        &mut self,
        (lot, bidder): (LotId, BidderNo),
        opening: Opening,
        terms: &BidTerms,
        limits: BidLimits,
    ) -> Result<PlacedBid, VaultError> {
        if self.is_wiped() {
            return Err(VaultError::Wiped);
        }
        let (found, commitment) =
            scrubbed(|| (self.judge_bid(lot, bidder, &opening, limits), opening.bid_commitment(terms)));
        let found = found?;
        let slot = self.slots.put(opening.secret())?;
        drop(opening);
        Ok(PlacedBid { found, held: HeldBid { slot, commitment } })
    }

    fn judge_bid(
        &self,
        lot: LotId,
        bidder: BidderNo,
        placed: &Opening,
        limits: BidLimits,
    ) -> Result<SealedFound, VaultError> {
        let (amount, _) = opening::split(placed.secret());
        let within = limits.judge(amount);
        if within != SealedFound::Accepted {
            return Ok(within);
        }
        let others = self.bids_of(lot).filter(|((_, other), _)| *other != bidder && limits.is_unique);
        let mut is_equal = subtle::Choice::from(0);
        for (_, held) in others {
            is_equal |= self.slots.read(&held.slot, |secret| {
                let (other, _) = opening::split(secret);
                other.minor().ct_eq(&amount.minor())
            })?;
        }
        Ok(if is_equal.into() { SealedFound::Equal } else { SealedFound::Accepted })
    }

    /// Keeps a bid that the engine took, in the place of an earlier one.
    pub fn keep_bid(&mut self, lot: LotId, bidder: BidderNo, placed: PlacedBid) {
        if let Some(before) = self.bids.insert((lot, bidder), placed.held) {
            self.slots.release(before.slot);
        }
    }

    /// Zeroes a bid that the engine did not take.
    pub fn drop_bid(&mut self, placed: PlacedBid) {
        self.slots.release(placed.held.slot);
    }

    /// Returns whether the amount of this commitment is held for the bidder.
    #[must_use]
    pub fn is_holding_bid(&self, lot: LotId, bidder: BidderNo, commitment: Commitment) -> bool {
        self.bids.get(&(lot, bidder)).is_some_and(|held| held.commitment == commitment)
    }

    /// Returns the amount and the blinding of a held bid, for its recorded opening. The bid stays held until the lot is
    /// forgotten.
    ///
    /// # Errors
    /// [`VaultError::BidNotHeld`] and [`VaultError::Wiped`].
    pub fn open_bid(&self, lot: LotId, bidder: BidderNo) -> Result<(Amount, [u8; 32]), VaultError> {
        let held = self.bids.get(&(lot, bidder)).ok_or(VaultError::BidNotHeld(lot, bidder))?;
        let opened = scrubbed(|| {
            self.slots.read(&held.slot, |secret| {
                let (amount, blinding) = opening::split(secret);
                (amount, *blinding)
            })
        })?;
        Ok(opened)
    }

    /// Zeroes a bidder's bid, if it is held.
    pub fn forget_bid(&mut self, lot: LotId, bidder: BidderNo) {
        if let Some(held) = self.bids.remove(&(lot, bidder)) {
            self.slots.release(held.slot);
        }
    }

    /// Zeroes every sealed bid of a lot that is held.
    pub fn forget_bids(&mut self, lot: LotId) {
        let bidders: Vec<BidderNo> = self.bids_of(lot).map(|((_, bidder), _)| *bidder).collect();
        for bidder in bidders {
            self.forget_bid(lot, bidder);
        }
    }

    fn bids_of(&self, lot: LotId) -> impl Iterator<Item = (&(LotId, BidderNo), &HeldBid)> {
        self.bids.range((lot, BidderNo(0))..=(lot, BidderNo(u32::MAX)))
    }
}
