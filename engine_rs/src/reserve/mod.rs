//! The vault: where the amount of a sealed reserve (底价) is from its entry to the one comparison after the close.
//!
//! The engine never holds a reserve. The vault answers two questions with a word each, whether an entered reserve is
//! acceptable and whether the top amount meets it, and these words enter the engine as commands. Nothing else leaves the
//! vault: there is no getter, no copy, no text that depends on an amount, and no error holds one. What is on its way
//! (`Passphrase`, `DataKey`, `Opening`, `SecretAmount`) is in locked memory too, and what the work on it leaves on the
//! stack is overwritten before the call returns.

mod commitment;
mod entropy;
mod locked;
mod new_file;
mod opening;
mod scrub;
mod sealed_file;
mod secret;
mod terminal;

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::fmt;

use subtle::ConstantTimeGreater;

pub use commitment::{BLINDING_BYTES, Commitment, InvalidTerms, Terms, commit, verify_opening};
pub use entropy::{Entropy, FixedEntropy, NoEntropy, OsEntropy};
pub use locked::{CannotHoldReserve, check_room};
pub use new_file::NewFile;
pub use opening::Opening;
pub use scrub::scrubbed;
pub use sealed_file::{DataKey, InvalidKdf, KdfParams, MAX_SEALED_FILE_BYTES, SealError, SealedFile, open, seal};
pub use secret::{AmountTextError, MAX_PASSPHRASE_BYTES, Passphrase, PassphraseError, SecretAmount};
pub use terminal::{Language, Source, TerminalError, read_for_sealing, read_passphrase};

use crate::amount::Amount;
use crate::ids::LotId;
pub use crate::record::{Comparison, EntryResult};
use locked::{LockedSlots, Slot, Wiped};

/// The vault's answer to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// What the engine is told.
    pub result: EntryResult,
    /// The commitment of what was entered, under the terms of the lot.
    pub commitment: Commitment,
    /// Whether this call put the amount into the vault. If so, and the engine then refuses the entry, forget the lot;
    /// if not, an amount that was held before is still held and must stay.
    pub newly_held: bool,
}

/// Why the vault cannot do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Nobody entered the lot's reserve in this process, or it was forgotten.
    #[error("the vault holds no reserve of lot {0}; enter its sealed file again")]
    NotHeld(LotId),
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

/// The reserves that this process holds, each in a slot of locked memory.
#[derive(Default)]
pub struct Vault {
    slots: LockedSlots,
    held: BTreeMap<LotId, Held>,
}

struct Held {
    slot: Slot,
    terms: Terms,
    commitment: Commitment,
    compared_with: Option<Amount>,
}

impl Vault {
    /// Returns an empty vault. It locks memory when the first reserve is held.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Judges an entered reserve and holds it if it is acceptable.
    ///
    /// The commitment comes first: the amount must fit `expected`, what the vault already holds for the lot, and the
    /// commitment in the sealed file, which fails where the file was made for another lot, round or currency. Then it must
    /// be at least `start_price`. Entering again what is held already is accepted, and written anew in case the memory was
    /// damaged.
    ///
    /// # Errors
    /// [`VaultError::CannotHoldReserve`] and [`VaultError::Wiped`]; the vault is then as it was.
    pub fn hold(
        &mut self,
        lot: LotId,
        terms: &Terms,
        start_price: Amount,
        opening: Opening,
        expected: Option<Commitment>,
    ) -> Result<Entry, VaultError> {
        if self.is_wiped() {
            return Err(VaultError::Wiped);
        }
        let commitment = opening.commitment(terms);
        let differs = |other: Commitment| other != commitment;
        let refused = |result| Ok(Entry { result, commitment, newly_held: false });
        let held = self.held.entry(lot);
        let holds_other = matches!(&held, btree_map::Entry::Occupied(held) if differs(held.get().commitment));
        if holds_other || expected.is_some_and(differs) || opening.is_for_other_than(commitment) {
            return refused(EntryResult::CommitmentMismatch);
        }
        if opening.is_below(start_price) {
            return refused(EntryResult::BelowStart);
        }
        let newly_held = match held {
            btree_map::Entry::Occupied(held) => {
                self.slots.rewrite(&held.get().slot, opening.secret());
                false
            }
            btree_map::Entry::Vacant(place) => {
                let slot = self.slots.put(opening.secret())?;
                place.insert(Held { slot, terms: terms.clone(), commitment, compared_with: None });
                true
            }
        };
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

    /// Returns whether the lot's reserve is held.
    #[must_use]
    pub fn is_holding(&self, lot: LotId) -> bool {
        self.held.contains_key(&lot)
    }

    /// Compares the top amount of a closed lot with its reserve: equal amounts sell. This is the one comparison in the
    /// product.
    ///
    /// Only after the close is durable may this be called. The reserve stays held, so that the comparison can be repeated
    /// until its record is durable; then [`forget`](Self::forget) the lot. A second amount is refused, since many answers
    /// would give the reserve away. The held amount is proven against the commitment once more before it is compared.
    ///
    /// # Errors
    /// [`VaultError::NotHeld`], [`VaultError::OtherTop`], [`VaultError::Wiped`] or [`VaultError::Damaged`].
    pub fn compare(&mut self, lot: LotId, top: Amount) -> Result<Comparison, VaultError> {
        let held = self.held.get_mut(&lot).ok_or(VaultError::NotHeld(lot))?;
        if held.compared_with.is_some_and(|before| before != top) {
            return Err(VaultError::OtherTop(lot));
        }
        let comparison = self.slots.read(&held.slot, |secret| {
            if opening::commitment_of(secret, &held.terms) != held.commitment {
                return Err(VaultError::Damaged(lot));
            }
            let short = scrubbed(|| ordered(opening::split(secret).0).ct_gt(&ordered(top)));
            Ok(if short.into() { Comparison::NotMet } else { Comparison::Met })
        })??;
        held.compared_with = Some(top);
        Ok(comparison)
    }

    /// Zeroes the lot's reserve, if it is held.
    pub fn forget(&mut self, lot: LotId) {
        if let Some(held) = self.held.remove(&lot) {
            self.slots.release(held.slot);
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

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("lots", &self.held.len()).finish_non_exhaustive()
    }
}

/// Returns a number that is ordered without sign as the amount is with one.
const fn ordered(amount: Amount) -> u64 {
    amount.minor().cast_unsigned() ^ (1 << 63)
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
            vault.hold(lot, &terms, Amount(1), opening, None).unwrap().result
        };
        assert_eq!(hold(&mut vault), EntryResult::Accepted);
        vault.slots.rewrite(&vault.held.get(&lot).unwrap().slot, &[8; locked::SECRET_BYTES]);
        assert_eq!(vault.compare(lot, Amount(500)), Err(VaultError::Damaged(lot)));
        assert_eq!(hold(&mut vault), EntryResult::Accepted);
        assert_eq!(vault.compare(lot, Amount(500)), Ok(Comparison::Met));
    }
}
