//! Durable records kept for observers, in the batches in which they became durable.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::ids::Seq;
use crate::journal::Records;

/// Records that became durable together, as the journal took them: each with its length before it.
#[derive(Debug)]
struct Batch {
    first: u64,
    count: u64,
    bytes: Box<[u8]>,
}

/// The last durable records; a slow observer is told which range to read again from the journal.
#[derive(Debug)]
pub(super) struct Feed {
    batches: VecDeque<Arc<Batch>>,
    /// How many records the batches hold.
    kept: u64,
    /// The sequence of the next record.
    next: u64,
    limit: u64,
}

impl Feed {
    /// Returns an empty feed that begins after `durable` and keeps at least the last `limit` records.
    pub fn new(durable: u64, limit: usize) -> Self {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        Self { batches: VecDeque::new(), kept: 0, next: durable.saturating_add(1), limit }
    }

    /// Takes the next `count` records.
    pub fn take(&mut self, bytes: &[u8], count: u64) {
        self.batches.push_back(Arc::new(Batch { first: self.next, count, bytes: bytes.into() }));
        self.kept = self.kept.saturating_add(count);
        self.next = self.next.saturating_add(count);
        while let Some(oldest) = self.batches.front().map(|batch| batch.count) {
            if self.kept.saturating_sub(oldest) < self.limit {
                break;
            }
            self.batches.pop_front();
            self.kept = self.kept.saturating_sub(oldest);
        }
    }

    /// Returns records after `after`, at most `limit`.
    ///
    /// # Errors
    /// The first and last sequence that are no longer kept and have to be read from the journal.
    pub fn after(&self, after: Seq, limit: usize) -> Result<Kept, (Seq, Seq)> {
        let wanted = after.0.saturating_add(1);
        let first = self.next.saturating_sub(self.kept);
        if wanted < first {
            return Err((Seq(wanted), Seq(first.saturating_sub(1))));
        }
        let from = self.batches.partition_point(|batch| batch.first.saturating_add(batch.count) <= wanted);
        let skip = self.batches.get(from).map_or(0, |batch| wanted.saturating_sub(batch.first));
        let mut kept = Kept { batches: Vec::new(), skip: usize::try_from(skip).unwrap_or(usize::MAX), limit };
        let mut missing = skip.saturating_add(u64::try_from(limit).unwrap_or(u64::MAX));
        for batch in self.batches.iter().skip(from) {
            if missing == 0 {
                break;
            }
            kept.batches.push(Arc::clone(batch));
            missing = missing.saturating_sub(batch.count);
        }
        Ok(kept)
    }
}

/// Records out of a feed, which outlive it.
#[derive(Debug, Default)]
pub struct Kept {
    batches: Vec<Arc<Batch>>,
    /// How many records of the first batch are not wanted.
    skip: usize,
    limit: usize,
}

impl Kept {
    /// Returns the records in order.
    pub fn records(&self) -> impl Iterator<Item = &[u8]> {
        self.batches.iter().flat_map(|batch| Records::new(&batch.bytes)).skip(self.skip).take(self.limit)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

    use super::*;

    /// A feed after record 10 that took batches of so many records, each of which repeats its sequence.
    fn fed(limit: usize, counts: &[u64]) -> Feed {
        let mut feed = Feed::new(10, limit);
        for count in counts {
            let mut bytes = Vec::new();
            for seq in feed.next..feed.next + count {
                bytes.extend(32_u32.to_le_bytes());
                bytes.extend([u8::try_from(seq).unwrap(); 32]);
            }
            feed.take(&bytes, *count);
        }
        feed
    }

    fn seqs(feed: &Feed, after: u64, limit: usize) -> Vec<u8> {
        feed.after(Seq(after), limit).unwrap().records().map(|record| record[0]).collect()
    }

    #[test]
    fn every_cursor_and_limit_gets_the_records_after_it() {
        let feed = fed(100, &[1, 3, 2, 5]);
        for after in 10..=22_u8 {
            for limit in 0..14 {
                let expected: Vec<u8> = (after + 1..=21).take(limit).collect();
                assert_eq!(seqs(&feed, u64::from(after), limit), expected, "after {after}, at most {limit}");
            }
        }
    }

    #[test]
    fn at_least_the_limit_is_kept_and_what_is_not_is_named() {
        let feed = fed(4, &[1, 3, 2, 2]);
        assert_eq!(seqs(&feed, 14, 9), [15, 16, 17, 18]);
        assert_eq!(feed.after(Seq(11), 9).unwrap_err(), (Seq(12), Seq(14)));
        let feed = fed(4, &[1, 3, 2]);
        assert_eq!(seqs(&feed, 11, 9), [12, 13, 14, 15, 16]);
        assert_eq!(feed.after(Seq(0), 9).unwrap_err(), (Seq(1), Seq(11)));
    }

    #[test]
    fn a_feed_that_took_nothing_begins_where_the_journal_ends() {
        let feed = fed(4, &[]);
        assert_eq!(seqs(&feed, 10, 9), [0_u8; 0]);
        assert_eq!(feed.after(Seq(8), 9).unwrap_err(), (Seq(9), Seq(10)));
    }
}
