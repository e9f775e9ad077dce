//! The records of sealed bids (密封报价).

use super::{Authority, Body, commitment, deadline, decode_authority, encode_authority};
use crate::amount::Amount;
use crate::wire::{Reader, WireError, Writer, coded_enum};

coded_enum! {
    /// What follows the opening of sealed bids.
    AfterOpening {
        /// The close.
        Close = 1 "close",
        /// Another sealed round among the bidders of equal highest bids.
        FurtherRound = 2 "further_round",
    }
}

/// What OpeningFinished holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningFields {
    /// What follows.
    pub next: AfterOpening,
    /// Sealed bids opened.
    pub opened: u32,
    /// Of these, those that are valid.
    pub valid: u32,
    /// Who finished the opening, and why.
    pub authority: Authority,
}

impl OpeningFields {
    fn encode(&self, w: &mut Writer<'_>) {
        w.u8(self.next.number());
        w.zeros(3);
        for count in [self.opened, self.valid] {
            w.u32(count);
        }
        encode_authority(&self.authority, w);
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let next = r.choice("next", "1 close and 2 further_round", AfterOpening::from_number)?;
        r.zeros(3)?;
        Ok(Self { next, opened: r.u32()?, valid: r.u32()?, authority: decode_authority(r)? })
    }
}

/// The points that were given to a bid: an exact fraction, kept as it was stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Points {
    /// From 0 on.
    pub numerator: i64,
    /// From 1 on.
    pub denominator: i64,
}

impl Points {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        w.i64(self.numerator);
        w.i64(self.denominator);
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self {
            numerator: r.i64_where("numerator", "0 or more", |value| value >= 0)?,
            denominator: r.i64_where("denominator", "1 or more", |value| value >= 1)?,
        })
    }
}

/// Appends the fields of a record of sealed bids.
pub(super) fn encode(body: &Body, w: &mut Writer<'_>) {
    match body {
        Body::SealedPhaseEnded { due, standing } => {
            w.i64(due.0);
            w.u32(*standing);
            w.zeros(4);
        }
        Body::OpeningFinished(opening) => opening.encode(w),
        Body::SealedBidScored { points, by } => {
            points.encode(w);
            w.text(by);
        }
        Body::SealedBidPlaced { commitment } => w.bytes(commitment),
        Body::SealedBidOpened { amount, blinding } => {
            w.i64(amount.minor());
            w.bytes(blinding.as_slice());
        }
        // SealedBidWithdrawn has none, and nothing else comes here.
        _ => {}
    }
}

/// Reads the fields of a record of sealed bids.
pub(super) fn decode(kind: u16, r: &mut Reader<'_>) -> Result<Body, WireError> {
    Ok(match kind {
        24 => {
            let (due, standing) = (deadline(r, "due")?, r.u32()?);
            r.zeros(4)?;
            Body::SealedPhaseEnded { due, standing }
        }
        25 => Body::OpeningFinished(Box::new(OpeningFields::decode(r)?)),
        26 => Body::SealedBidScored { points: Points::decode(r)?, by: r.stated("by")? },
        32 => Body::SealedBidPlaced { commitment: commitment(r)? },
        33 => Body::SealedBidOpened { amount: Amount(r.i64()?), blinding: Box::new(r.array()?) },
        _ => Body::SealedBidWithdrawn,
    })
}
