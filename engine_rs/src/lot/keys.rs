//! Keys that make retries safe: which bid carried them, and what was answered.

use std::collections::BTreeMap;

use crate::amount::Amount;
use crate::ids::{BidderNo, Seq};
use crate::record::{Key, deadline_or_none, decode_reason};
use crate::time::{Timestamp, to_wire};
use crate::verdict::Reason;
use crate::wire::{Reader, WireError, Writer};

/// What is kept of a keyed bid: enough to answer a repeat with the same decision, without reading the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeptBid {
    pub(crate) seq: Seq,
    pub(crate) at: Timestamp,
    pub(crate) amount: Amount,
    pub(crate) closes_at: Option<Timestamp>,
    pub(crate) lot_seq: u32,
    pub(crate) reason: Option<Reason>,
}

/// The keyed bids of one lot.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys(BTreeMap<(BidderNo, Key), KeptBid>);

impl Keys {
    pub(crate) fn get(&self, bidder: BidderNo, key: Key) -> Option<&KeptBid> {
        if key.is_none() { None } else { self.0.get(&(bidder, key)) }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn keep(&mut self, bidder: BidderNo, key: Key, bid: KeptBid) {
        if !key.is_none() {
            self.0.insert((bidder, key), bid);
        }
    }

    /// Forgets every key: the lot has its outcome.
    pub(crate) fn free(&mut self) {
        self.0.clear();
    }

    /// Appends the keys (FORMAT.md A.8).
    pub(super) fn encode(&self, w: &mut Writer<'_>) {
        w.u32(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        for ((bidder, key), bid) in &self.0 {
            w.u32(bidder.0);
            key.encode(w);
            w.u64(bid.seq.0);
            w.i64(bid.at.0);
            w.i64(bid.amount.minor());
            w.i64(to_wire(bid.closes_at));
            w.u32(bid.lot_seq);
            w.u16(bid.reason.map_or(0, Reason::number));
        }
    }

    /// Reads keys.
    ///
    /// # Errors
    /// [`WireError`] where they are not those of any lot.
    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let mut keys = BTreeMap::new();
        for _ in 0..r.u32()? {
            let offset = r.offset();
            let (bidder, key) = (BidderNo(r.u32()?), Key::decode(r)?);
            let bid = KeptBid {
                seq: Seq(r.u64()?),
                at: Timestamp(r.i64()?),
                amount: Amount(r.i64()?),
                closes_at: deadline_or_none(r, "closes_at")?,
                lot_seq: r.u32()?,
                reason: decode_reason(r)?,
            };
            let is_next = keys.last_key_value().is_none_or(|(last, _)| *last < (bidder, key));
            if key.is_none() || !is_next {
                let (expected, received) = ("keys in order", i128::from(bidder.0));
                return Err(WireError::Value { field: "keys", expected, received, offset });
            }
            keys.insert((bidder, key), bid);
        }
        Ok(Self(keys))
    }
}
