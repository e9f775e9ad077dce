//! The commitment to a reserve: what a journal holds in its place (FORMAT.md A.6).
//!
//! A commitment fits one lot, round and currency only, and the blinding makes commitments to equal amounts differ. It is
//! public; it is compared in constant time all the same, so that no caller has to ask which comparison needs it.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::amount::Amount;
use crate::lot::Lot;
use crate::record::LotTerms;
use crate::text::Name;

/// The bytes of a blinding.
pub const BLINDING_BYTES: usize = 32;

const TAG: &[u8] = b"pyauction/reserve/v1";
const BID_TAG: &[u8] = b"pyauction/sealed-bid/v1";
const SCHEME: u16 = 1;
const SUITE: u16 = 1;
const MAX_EXPONENT: u8 = 18;

/// The public facts that a commitment binds beside the amount. Always valid: names of 1 to 64 bytes without control
/// characters, a round from 1, an exponent of at most 18.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    lot: Name,
    round: u32,
    currency: Name,
    exponent: u8,
}

/// A fact that cannot be bound by a commitment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTerms {
    /// A name is empty, longer than 64 bytes or contains a control character.
    #[error("expected a {field} of 1 to 64 bytes of UTF-8 without control characters, got {got:?}")]
    Name {
        /// Which name.
        field: &'static str,
        /// What it was.
        got: String,
    },
    /// Rounds are counted from 1.
    #[error("expected a round from 1, got 0")]
    Round,
    /// The currency's exponent exceeds 18.
    #[error("expected an exponent of the currency of at most 18, got {0}")]
    Exponent(u8),
}

impl Terms {
    /// Returns the terms of one lot in one round.
    ///
    /// # Errors
    /// [`InvalidTerms`] says which of them FORMAT.md does not allow.
    pub fn new(lot: &str, round: u32, currency: &str, exponent: u8) -> Result<Self, InvalidTerms> {
        let (lot, currency) = (name("lot name", lot)?, name("currency", currency)?);
        if round == 0 {
            return Err(InvalidTerms::Round);
        }
        if exponent > MAX_EXPONENT {
            return Err(InvalidTerms::Exponent(exponent));
        }
        Ok(Self { lot, round, currency, exponent })
    }

    /// Returns the lot's name.
    #[must_use]
    pub fn lot(&self) -> &str {
        self.lot.as_str()
    }

    /// Returns the round, from 1.
    #[must_use]
    pub const fn round(&self) -> u32 {
        self.round
    }

    /// Returns the currency's name.
    #[must_use]
    pub fn currency(&self) -> &str {
        self.currency.as_str()
    }

    /// Returns how many decimal places the currency's minor unit is below its unit.
    #[must_use]
    pub const fn exponent(&self) -> u8 {
        self.exponent
    }
}

/// A lot that was opened has terms that FORMAT.md allows.
impl From<&LotTerms> for Terms {
    fn from(terms: &LotTerms) -> Self {
        let LotTerms { name, round, currency, exponent, .. } = terms;
        Self { lot: name.clone(), round: *round, currency: currency.clone(), exponent: *exponent }
    }
}

fn name(field: &'static str, name: &str) -> Result<Name, InvalidTerms> {
    Name::new(name).map_err(|_| InvalidTerms::Name { field, got: name.to_owned() })
}

/// A commitment to a reserve. Public.
#[derive(Debug, Clone, Copy)]
pub struct Commitment(pub [u8; 32]);

impl Commitment {
    /// Returns the 32 bytes as a journal states them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl ConstantTimeEq for Commitment {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl PartialEq for Commitment {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for Commitment {}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Returns the commitment to `amount` under `terms`.
#[must_use]
pub fn commit(terms: &Terms, amount: Amount, blinding: &[u8; BLINDING_BYTES]) -> Commitment {
    let mut hash = begun(TAG, terms);
    part(&mut hash, &amount.minor().to_le_bytes());
    part(&mut hash, blinding);
    Commitment(hash.finalize().into())
}

/// What the commitment to a sealed bid binds beside the amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BidTerms {
    /// The lot's terms.
    pub lot: Terms,
    /// How many sealed rounds followed the first when the bid is placed.
    pub further_rounds: u32,
    /// Whose bid it is.
    pub bidder: Name,
}

impl BidTerms {
    /// Returns the terms of a bid that `bidder` places in a lot now.
    #[must_use]
    pub fn of(lot: &Lot, bidder: &Name) -> Self {
        Self { lot: Terms::from(lot.terms()), further_rounds: lot.further_rounds(), bidder: bidder.clone() }
    }
}

/// Returns the commitment to a sealed bid.
#[must_use]
pub fn commit_bid(terms: &BidTerms, amount: Amount, blinding: &[u8; BLINDING_BYTES]) -> Commitment {
    let mut hash = begun(BID_TAG, &terms.lot);
    part(&mut hash, &terms.further_rounds.to_le_bytes());
    part(&mut hash, terms.bidder.as_str().as_bytes());
    part(&mut hash, &amount.minor().to_le_bytes());
    part(&mut hash, blinding);
    Commitment(hash.finalize().into())
}

/// Returns a hash that has taken what both kinds of commitment begin with.
fn begun(tag: &[u8], terms: &Terms) -> Sha256 {
    let mut hash = Sha256::new();
    part(&mut hash, tag);
    part(&mut hash, &SCHEME.to_le_bytes());
    part(&mut hash, &SUITE.to_le_bytes());
    part(&mut hash, terms.lot().as_bytes());
    part(&mut hash, &terms.round.to_le_bytes());
    part(&mut hash, terms.currency().as_bytes());
    part(&mut hash, &[terms.exponent]);
    hash
}

/// Returns whether `amount` and `blinding` are what `commitment` was made of, under `terms`. This is how anybody checks
/// a disclosed reserve.
#[must_use]
pub fn verify_opening(terms: &Terms, commitment: Commitment, amount: Amount, blinding: &[u8; BLINDING_BYTES]) -> bool {
    commit(terms, amount, blinding) == commitment
}

/// Every part is shorter than 65,536 bytes: names are limited by [`Terms`], the rest has a fixed length.
#[allow(clippy::cast_possible_truncation, reason = "no part is longer than 64 bytes")]
fn part(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u16).to_le_bytes());
    hash.update(bytes);
}
