//! Keys that make retries safe: which bid carried them, and what was answered.

use std::collections::BTreeMap;

use crate::amount::Amount;
use crate::ids::{BidderNo, Seq};
use crate::record::Key;
use crate::time::Timestamp;
use crate::verdict::Reason;

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

    pub(crate) fn keep(&mut self, bidder: BidderNo, key: Key, bid: KeptBid) {
        if !key.is_none() {
            self.0.insert((bidder, key), bid);
        }
    }

    /// Forgets every key: the lot has its outcome.
    pub(crate) fn free(&mut self) {
        self.0.clear();
    }
}
