//! The vault: where the amount of a sealed reserve (底价) is from its entry to the one comparison after the close, and that of
//! a sealed bid (密封报价) from its placing to its opening.
//!
//! The engine never holds a reserve. The vault answers questions with a word each: whether an entered reserve is acceptable,
//! whether the top amount meets it, whether a sealed bid counts; and these words enter the engine as commands. A reserve never
//! leaves it; a sealed bid does once, for its recorded opening. There is no text that depends on an amount, and no error holds
//! one. What is on its way (`Passphrase`, `DataKey`, `Opening`, `SecretAmount`) is in locked memory too, and what the work on it
//! leaves on the stack is overwritten before the call returns.

mod commitment;
mod entropy;
mod locked;
mod new_file;
mod opening;
mod scrub;
mod sealed_bids;
mod sealed_file;
mod secret;
mod terminal;

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::fmt;

use subtle::ConstantTimeGreater;

pub use commitment::{BLINDING_BYTES, BidTerms, Commitment, InvalidTerms, Terms, commit, commit_bid, verify_opening};
pub use entropy::{Entropy, FixedEntropy, NoEntropy, OsEntropy};
pub use locked::{CannotHoldReserve, check_room};
pub use new_file::NewFile;
pub use opening::Opening;
pub use scrub::scrubbed;
pub use sealed_bids::PlacedBid;
pub use sealed_file::{DataKey, InvalidKdf, KdfParams, MAX_SEALED_FILE_BYTES, SealError, SealedFile, open, seal};
pub use secret::{AmountTextError, MAX_PASSPHRASE_BYTES, Passphrase, PassphraseError, SecretAmount};
pub use terminal::{Language, Source, TerminalError, read_amount, read_for_sealing, read_passphrase, write_opening};

use crate::amount::Amount;
use crate::ids::{BidderNo, LotId};
pub use crate::record::{Comparison, EntryResult};
use crate::rules::{Rounding, RuleSet};
use locked::{LockedSlots, Slot, Wiped};

/// The vault's answer to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// What the engine is told.
    pub result: EntryResult,
    /// The commitment of what was entered, under the terms of the lot.
    pub commitment: Commitment,
    /// Whether this call put the amount into the vault. If so, and the engine then refuses the entry, forget this
    /// figure ([`Vault::forget_figure`]); if not, an amount that was held before is still held and must stay.
    pub newly_held: bool,
}

/// What an entered figure must be among.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The commitments that the journal states; none where it states none yet.
    pub commitments: &'a [Commitment],
    /// Of how many figures the reserve is made.
    pub figures: u32,
}

impl Expected<'_> {
    /// A reserve of one figure, to which nothing is committed yet.
    pub const ANY: Self = Self { commitments: &[], figures: 1 };
}

/// Why the vault cannot do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Nobody entered the lot's reserve in this process, or it was forgotten.
    #[error("the vault holds no reserve of lot {0}; enter its sealed file again")]
    NotHeld(LotId),
    /// The bidder did not place its bid in this process, or it was forgotten.
    #[error("the vault holds no sealed bid of bidder {1} in lot {0}; the bidder has to open it")]
    BidNotHeld(LotId, BidderNo),
    /// The held bid does not open the commitment that it opened when it was placed.
    #[error("the sealed bid of bidder {1} in lot {0} was damaged in memory; the bidder has to open it")]
    BidDamaged(LotId, BidderNo),
    /// Memory could not be locked.
    #[error(transparent)]
    CannotHoldReserve(#[from] CannotHoldReserve),
    /// The process was forked; only the parent has the reserves.
    #[error("this process was forked from the one that holds the reserves, and has none")]
    Wiped,
    /// The held amount does not open the commitment that it opened when it was entered.
    #[error("the reserve of lot {0} was damaged in memory; enter its sealed file again")]
    Damaged(LotId),
    /// The reserve was compared with another top amount before; a lot has one.
    #[error("the reserve of lot {0} was already compared with another amount; a closed lot has one top amount")]
    OtherTop(LotId),
}

impl From<Wiped> for VaultError {
    fn from(_: Wiped) -> Self {
        Self::Wiped
    }
}

/// The reserves that this process holds, and the sealed bids where the rules leave them to the house; each amount in a
/// slot of locked memory.
#[derive(Default)]
pub struct Vault {
    slots: LockedSlots,
    held: BTreeMap<LotId, Held>,
    bids: BTreeMap<(LotId, BidderNo), sealed_bids::HeldBid>,
}

struct Held {
    terms: Terms,
    figures: Vec<Figure>,
    compared_with: Option<Amount>,
}

/// One amount: the reserve itself, or what one of several setters entered.
struct Figure {
    slot: Slot,
    commitment: Commitment,
}

/// What a lot's reserve is made of: the arithmetic mean of so many figures, rounded to minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mean {
    /// How many figures.
    pub figures: u32,
    /// How their mean is rounded.
    pub rounding: Rounding,
}

impl From<&RuleSet> for Mean {
    fn from(rules: &RuleSet) -> Self {
        let stated = rules.optional.reserve_setters.zip(rules.optional.reserve_rounding);
        stated.map_or(Self::ONE, |(figures, rounding)| Self { figures, rounding })
    }
}

impl Mean {
    /// One figure, which is the reserve.
    pub const ONE: Self = Self { figures: 1, rounding: Rounding::Up };

    /// Returns the mean of amounts that were disclosed, for who checks a comparison. The vault never computes it.
    #[must_use]
    pub fn of(amounts: &[Amount], rounding: Rounding) -> Option<Amount> {
        let count = i128::try_from(amounts.len()).ok().filter(|count| *count > 0)?;
        let sum: i128 = amounts.iter().map(|amount| i128::from(amount.minor())).sum();
        let up = if rounding == Rounding::Up { count - 1 } else { 0 };
        i64::try_from((sum + up).div_euclid(count)).ok().map(Amount)
    }

    /// Returns the amount that the sum of the figures must not exceed where `top` meets the reserve.
    ///
    /// `top` is at least the sum divided by n and rounded up where n times `top` is at least the sum; rounded down, where
    /// it is at least the sum less n - 1. So nothing secret is divided.
    fn bound(self, top: Amount) -> i128 {
        let count = i128::from(self.figures);
        let slack = match self.rounding {
            Rounding::Up => 0,
            Rounding::Down => count - 1,
        };
        i128::from(top.minor()) * count + slack
    }
}

impl Vault {
    /// Returns an empty vault. It locks memory when the first reserve is held.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Judges an entered figure and holds it if it is acceptable.
    ///
    /// The commitment comes first: the amount must fit what is `expected`, what the vault already holds for the lot, and
    /// the commitment in the sealed file, which fails where the file was made for another lot, round or currency. Then it
    /// must be at least `start_price`. Entering again what is held already is accepted, and written anew in case the
    /// memory was damaged.
    ///
    /// # Errors
    /// [`VaultError::CannotHoldReserve`] and [`VaultError::Wiped`]; the vault is then as it was.
    pub fn hold(
        &mut self,
        lot: LotId,
        terms: &Terms,
        start_price: Amount,
        opening: Opening,
        expected: Expected<'_>,
    ) -> Result<Entry, VaultError> {
        if self.is_wiped() {
            return Err(VaultError::Wiped);
        }
        let commitment = opening.commitment(terms);
        let refused = |result| Ok(Entry { result, commitment, newly_held: false });
        let held = self.held.entry(lot);
        let (mut known, mut count) = (None, 0);
        if let btree_map::Entry::Occupied(held) = &held {
            count = held.get().figures.len();
            known = held.get().figures.iter().find(|figure| figure.commitment == commitment);
        }
        let holds_others = known.is_none() && u32::try_from(count).is_ok_and(|count| count >= expected.figures);
        let differs = !(expected.commitments.is_empty() || expected.commitments.contains(&commitment));
        if holds_others || differs || opening.is_for_other_than(commitment) {
            return refused(EntryResult::CommitmentMismatch);
        }
        if opening.is_below(start_price) {
            return refused(EntryResult::BelowStart);
        }
        let newly_held = known.is_none();
        if let Some(figure) = known {
            self.slots.rewrite(&figure.slot, opening.secret());
        } else {
            let slot = self.slots.put(opening.secret())?;
            let vacant = || Held { terms: terms.clone(), figures: Vec::new(), compared_with: None };
            held.or_insert_with(vacant).figures.push(Figure { slot, commitment });
        }
        drop(opening);
        Ok(Entry { result: EntryResult::Accepted, commitment, newly_held })
    }

    /// Makes sure that there is room for one more reserve, and for it on its way. To be asked before anybody types.
    ///
    /// # Errors
    /// [`VaultError::CannotHoldReserve`] and [`VaultError::Wiped`].
    pub fn make_room(&mut self) -> Result<(), VaultError> {
        if self.is_wiped() {
            return Err(VaultError::Wiped);
        }
        self.slots.make_room()?;
        Ok(check_room()?)
    }

    /// Returns whether the figure with this commitment is held.
    #[must_use]
    pub fn is_holding_figure(&self, lot: LotId, commitment: Commitment) -> bool {
        self.held.get(&lot).is_some_and(|held| held.figures.iter().any(|figure| figure.commitment == commitment))
    }

    /// Returns whether every figure of the lot's reserve is held.
    #[must_use]
    pub fn is_holding(&self, lot: LotId, mean: Mean) -> bool {
        self.held.get(&lot).is_some_and(|held| held.has_all(mean))
    }

    /// Compares the top amount of a closed lot with its reserve, the mean of its figures: equal amounts sell. This is the one
    /// comparison in the product. Neither the sum nor the mean is kept.
    ///
    /// Only after the close is durable may this be called. The reserve stays held, so that the comparison can be repeated
    /// until its record is durable; then [`forget`](Self::forget) the lot. A second amount is refused, since many answers
    /// would give the reserve away. The held amount is proven against the commitment once more before it is compared.
    ///
    /// # Errors
    /// [`VaultError::NotHeld`], where a figure is missing, [`VaultError::OtherTop`], [`VaultError::Wiped`] or
    /// [`VaultError::Damaged`].
    pub fn compare(&mut self, lot: LotId, top: Amount, mean: Mean) -> Result<Comparison, VaultError> {
        let held = self.held.get_mut(&lot).filter(|held| held.has_all(mean)).ok_or(VaultError::NotHeld(lot))?;
        if held.compared_with.is_some_and(|before| before != top) {
            return Err(VaultError::OtherTop(lot));
        }
        let (slots, Held { terms, figures, .. }) = (&self.slots, &*held);
        let short = scrubbed(|| {
            let mut sum = 0_i128;
            for figure in figures {
                sum += slots.read(&figure.slot, |secret| {
                    let is_whole = opening::commitment_of(secret, terms) == figure.commitment;
                    let amount = i128::from(opening::split(secret).0.minor());
                    if is_whole { Ok(amount) } else { Err(VaultError::Damaged(lot)) }
                })??;
            }
            Ok::<_, VaultError>(ordered(sum).ct_gt(&ordered(mean.bound(top))))
        })?;
        held.compared_with = Some(top);
        Ok(if short.into() { Comparison::NotMet } else { Comparison::Met })
    }

    /// Zeroes the lot's reserve and its sealed bids, if they are held.
    pub fn forget(&mut self, lot: LotId) {
        self.forget_bids(lot);
        if let Some(held) = self.held.remove(&lot) {
            held.figures.into_iter().for_each(|figure| self.slots.release(figure.slot));
        }
    }

    /// Zeroes one figure of the lot's reserve, if it is held.
    pub fn forget_figure(&mut self, lot: LotId, commitment: Commitment) {
        let Some(held) = self.held.get_mut(&lot) else { return };
        let gone = held.figures.extract_if(.., |figure| figure.commitment == commitment);
        gone.for_each(|figure| self.slots.release(figure.slot));
        if held.figures.is_empty() {
            self.held.remove(&lot);
        }
    }

    /// Returns whether this process was forked from the one that entered the reserves. The child has zeros in their place
    /// and can neither hold nor compare. Before the first reserve is held there is nothing to lose, and this is false.
    #[must_use]
    pub fn is_wiped(&self) -> bool {
        self.slots.is_wiped()
    }

    /// Returns how many bytes of memory the vault has locked.
    #[must_use]
    pub fn locked_bytes(&self) -> usize {
        self.slots.locked_bytes()
    }
}

impl Held {
    fn has_all(&self, mean: Mean) -> bool {
        u32::try_from(self.figures.len()).is_ok_and(|count| count == mean.figures)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("lots", &self.held.len()).finish_non_exhaustive()
    }
}

/// Returns a number that is ordered without sign as the given one is with one.
const fn ordered(amount: i128) -> u128 {
    amount.cast_unsigned() ^ (1 << 127)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_reserve_that_was_damaged_in_memory_is_entered_again() {
        let lot = LotId(1);
        let terms = Terms::new("A-1", 1, "CNY", 2).unwrap();
        let mut vault = Vault::new();
        let hold = |vault: &mut Vault| {
            let opening = Opening::for_simulation(500, [7; 32]).unwrap();
            vault.hold(lot, &terms, Amount(1), opening, Expected::ANY).unwrap().result
        };
        assert_eq!(hold(&mut vault), EntryResult::Accepted);
        vault.slots.rewrite(&vault.held.get(&lot).unwrap().figures.first().unwrap().slot, &[8; locked::SECRET_BYTES]);
        assert_eq!(vault.compare(lot, Amount(500), Mean::ONE), Err(VaultError::Damaged(lot)));
        assert_eq!(hold(&mut vault), EntryResult::Accepted);
        assert_eq!(vault.compare(lot, Amount(500), Mean::ONE), Ok(Comparison::Met));
    }
}
