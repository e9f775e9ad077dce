//! The opening of a commitment: the amount and the blinding, on the way from a sealed file to the vault.

use std::fmt;

use super::commitment::{BLINDING_BYTES, BidTerms, Commitment, Terms, commit, commit_bid};
use super::locked::{CannotHoldReserve, Locked, SECRET_BYTES};
use super::scrub::scrubbed;
use super::secret::SecretAmount;
use crate::amount::Amount;

/// An amount with its blinding, in locked memory that moves without being copied and is zeroed when it goes.
///
/// That of a reserve is meant to live for one call: opened, held, gone; a bidder's own sealed bid lives as long as its
/// bidder keeps it. It cannot be printed or serialised.
pub struct Opening {
    secret: Locked<SECRET_BYTES>,
    /// The commitment that the sealed file stated and that these contents were checked against.
    proven: Option<Commitment>,
}

impl Opening {
    /// Returns an opening that comes from no sealed file: the amount has been in the caller's memory, where nothing
    /// protects it, as in tests, in simulations, and in a bidder's own program.
    ///
    /// # Errors
    /// [`CannotHoldReserve`] if no memory could be locked.
    pub fn for_simulation(amount: i64, blinding: [u8; BLINDING_BYTES]) -> Result<Self, CannotHoldReserve> {
        let mut secret = Locked::new()?;
        put_amount(Amount(amount), &mut secret);
        blinding_mut(&mut secret).copy_from_slice(&blinding);
        Ok(Self { secret, proven: None })
    }

    /// Returns the opening of a secret amount with this blinding.
    ///
    /// # Errors
    /// [`CannotHoldReserve`] if no memory could be locked.
    pub fn blinded(amount: &SecretAmount, blinding: &[u8; BLINDING_BYTES]) -> Result<Self, CannotHoldReserve> {
        let mut secret = Locked::new()?;
        scrubbed(|| put_amount(amount.expose(), &mut secret));
        blinding_mut(&mut secret).copy_from_slice(blinding);
        Ok(Self { secret, proven: None })
    }

    /// Returns the same contents in locked memory of their own.
    ///
    /// # Errors
    /// [`CannotHoldReserve`] if no memory could be locked.
    pub fn again(&self) -> Result<Self, CannotHoldReserve> {
        let mut secret = Locked::new()?;
        scrubbed(|| secret.copy_from_slice(self.secret.as_slice()));
        Ok(Self { secret, proven: self.proven })
    }

    /// Returns the opening as one that was sealed under the terms of `stated`, as a sealed file states it.
    #[must_use]
    pub fn stating(mut self, stated: Commitment) -> Self {
        self.proven = Some(stated);
        self
    }

    /// Returns the amount and the blinding in the clear: for the recorded act of disclosure or opening, which makes both
    /// public, and for a bidder that keeps its own.
    #[must_use]
    pub fn disclose(self) -> (Amount, [u8; BLINDING_BYTES]) {
        scrubbed(|| {
            let (amount, blinding) = split(&self.secret);
            (amount, *blinding)
        })
    }

    /// Returns whether the contents are what `stated` was made of, and remembers it.
    pub(super) fn prove(mut self, terms: &Terms, stated: Commitment) -> Option<Self> {
        self.proven = Some(stated);
        (self.commitment(terms) == stated).then_some(self)
    }

    /// Returns the opening whose contents a cipher has just put into `secret`.
    pub(super) fn from_secret(secret: Locked<SECRET_BYTES>) -> Self {
        Self { secret, proven: None }
    }

    /// Returns the commitment that these contents have under `terms`.
    pub(crate) fn commitment(&self, terms: &Terms) -> Commitment {
        commitment_of(&self.secret, terms)
    }

    /// Returns the commitment that these contents have as a sealed bid.
    #[must_use]
    pub fn bid_commitment(&self, terms: &BidTerms) -> Commitment {
        scrubbed(|| {
            let (amount, blinding) = split(&self.secret);
            commit_bid(terms, amount, blinding)
        })
    }

    /// Returns whether the sealed file stated another commitment: it was made for another lot, round or currency.
    pub(super) fn is_for_other_than(&self, commitment: Commitment) -> bool {
        self.proven.is_some_and(|proven| proven != commitment)
    }

    pub(super) fn is_below(&self, least: Amount) -> bool {
        scrubbed(|| split(&self.secret).0 < least)
    }

    pub(super) fn secret(&self) -> &[u8; SECRET_BYTES] {
        &self.secret
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opening(..)")
    }
}

/// Returns the commitment to a secret under `terms`.
pub(super) fn commitment_of(secret: &[u8; SECRET_BYTES], terms: &Terms) -> Commitment {
    scrubbed(|| {
        let (amount, blinding) = split(secret);
        commit(terms, amount, blinding)
    })
}

/// Returns the two parts of a secret as the sealed file and a slot hold it: `i64 amount ‖ 32 bytes blinding`.
pub(super) fn split(secret: &[u8; SECRET_BYTES]) -> (Amount, &[u8; BLINDING_BYTES]) {
    let [b0, b1, b2, b3, b4, b5, b6, b7, blinding @ ..] = secret;
    (Amount(i64::from_le_bytes([*b0, *b1, *b2, *b3, *b4, *b5, *b6, *b7])), blinding)
}

/// Writes the amount into a secret.
pub(super) fn put_amount(amount: Amount, secret: &mut [u8; SECRET_BYTES]) {
    secret.iter_mut().zip(amount.minor().to_le_bytes()).for_each(|(byte, part)| *byte = part);
}

/// Returns the place of the blinding in a secret.
pub(super) fn blinding_mut(secret: &mut [u8; SECRET_BYTES]) -> &mut [u8] {
    secret.split_at_mut(SECRET_BYTES - BLINDING_BYTES).1
}
