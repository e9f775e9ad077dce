//! The one order of things: sequence numbers, stamps, and which deadline is next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::ids::{LotId, Seq};
use crate::time::Timestamp;

/// Numbers and stamps records. A number is contiguous from 1; a stamp never falls.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sequencer {
    last_seq: u64,
    last_at: Option<Timestamp>,
}

impl Sequencer {
    /// Returns what goes on after a record.
    pub(crate) const fn after(last_seq: Seq, last_at: Timestamp) -> Self {
        Self { last_seq: last_seq.0, last_at: Some(last_at) }
    }

    /// Returns the sequence of the last record, 0 before the first.
    pub(crate) const fn last_seq(&self) -> Seq {
        Seq(self.last_seq)
    }

    /// Returns the stamp of the last record, if there is one.
    pub(crate) const fn last_at(&self) -> Option<Timestamp> {
        self.last_at
    }

    /// Returns the stamp that a command of time `now` gets.
    pub(crate) fn stamp(&self, now: Timestamp) -> Timestamp {
        self.last_at.map_or(now, |last| now.max(last))
    }

    /// Takes the next number for a record stamped `at`.
    pub(crate) fn next(&mut self, at: Timestamp) -> Seq {
        debug_assert!(self.last_at.is_none_or(|last| at >= last), "Invariant: stamps never fall");
        self.last_at = Some(at);
        self.last_seq += 1;
        Seq(self.last_seq)
    }
}

/// Deadlines of all lots, earliest first, ties by lot number.
///
/// A lot's deadline mostly moves later, with every bid. So an entry is a lower bound: it is pushed when a deadline becomes
/// earlier than the lot's earliest entry, and is corrected when it comes up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deadlines {
    heap: BinaryHeap<Reverse<(Timestamp, LotId)>>,
    /// The earliest entry of each lot, by lot number from 1.
    queued: Vec<Option<Timestamp>>,
}

impl Deadlines {
    /// Notes a lot's present deadline.
    pub(crate) fn note(&mut self, lot: LotId, deadline: Option<Timestamp>) {
        let Some(deadline) = deadline else { return };
        let Ok(slot) = usize::try_from(lot.0) else {
            return;
        };
        if self.queued.len() <= slot {
            self.queued.resize(slot.saturating_add(1), None);
        }
        if let Some(queued) = self.queued.get_mut(slot)
            && queued.is_none_or(|earliest| deadline < earliest)
        {
            *queued = Some(deadline);
            self.heap.push(Reverse((deadline, lot)));
        }
    }

    /// Returns whether no deadline can be due at `at`, by the bound alone.
    pub(crate) fn none_before(&self, at: Timestamp) -> bool {
        self.heap.peek().is_none_or(|Reverse((bound, _))| *bound > at)
    }

    /// Returns the earliest deadline, given what each lot's really is.
    pub(crate) fn earliest(&mut self, deadline_of: impl Fn(LotId) -> Option<Timestamp>) -> Option<(Timestamp, LotId)> {
        while let Some(Reverse((bound, lot))) = self.heap.peek().copied() {
            let deadline = deadline_of(lot);
            if deadline == Some(bound) {
                return Some((bound, lot));
            }
            self.heap.pop();
            let slot = usize::try_from(lot.0).ok().and_then(|slot| self.queued.get_mut(slot));
            if let Some(queued) = slot.filter(|queued| **queued == Some(bound)) {
                *queued = None;
            }
            self.note(lot, deadline);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_deadline_is_found_whatever_moved_meanwhile() {
        let mut deadlines = Deadlines::default();
        let mut real = [None, Some(Timestamp(50)), Some(Timestamp(40)), Some(Timestamp(40))];
        for lot in [3, 2, 1_u32] {
            deadlines.note(LotId(lot), real.get(lot as usize).copied().flatten());
        }
        let look = |real: [Option<Timestamp>; 4]| move |lot: LotId| real.get(lot.0 as usize).copied().flatten();
        assert_eq!(deadlines.earliest(look(real)), Some((Timestamp(40), LotId(2))), "ties go by lot number");
        real[2] = Some(Timestamp(90));
        deadlines.note(LotId(2), real[2]);
        assert_eq!(deadlines.earliest(look(real)), Some((Timestamp(40), LotId(3))));
        real[3] = None;
        assert_eq!(deadlines.earliest(look(real)), Some((Timestamp(50), LotId(1))));
        real[2] = Some(Timestamp(30));
        deadlines.note(LotId(2), real[2]);
        assert_eq!(deadlines.earliest(look(real)), Some((Timestamp(30), LotId(2))), "a deadline may move earlier");
        real = [None; 4];
        assert_eq!(deadlines.earliest(look(real)), None);
    }
}
