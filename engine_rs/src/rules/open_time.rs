//! Time in which bidding is open. While it is closed (maintenance, nights, holidays) its clock stands still.

use crate::time::Timestamp;

/// A span of closed time: from inclusive, until exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// When bidding closes.
    pub from: Timestamp,
    /// When it opens again.
    pub until: Timestamp,
}

/// The time line less the closed spans, which rise and do not overlap (FORMAT.md B.2).
#[derive(Debug, Clone, Copy)]
pub struct OpenTime<'a>(pub(super) &'a [Span]);

impl OpenTime<'_> {
    /// Returns whether bidding is closed at a time.
    #[must_use]
    pub fn is_closed(self, at: Timestamp) -> bool {
        self.ending_after(at).first().is_some_and(|span| span.from <= at)
    }

    /// Returns the open nanoseconds from `start` to `end`.
    #[must_use]
    pub fn between(self, start: Timestamp, end: Timestamp) -> i64 {
        if self.0.is_empty() {
            return end.since(start);
        }
        let spans = self.ending_after(start).iter().take_while(|span| span.from < end);
        let closed = spans.map(|span| span.until.min(end).since(span.from.max(start)).max(0));
        end.since(start).saturating_sub(closed.fold(0, i64::saturating_add))
    }

    /// Returns the earliest time at which `ns` of open time have passed since `start`.
    #[must_use]
    pub fn after(self, start: Timestamp, ns: i64) -> Timestamp {
        if self.0.is_empty() {
            return start.plus(ns);
        }
        let (mut at, mut left) = (start, ns);
        for span in self.ending_after(start) {
            let before = span.from.since(at).max(0);
            if left <= before {
                break;
            }
            left = left.saturating_sub(before);
            at = span.until;
        }
        at.plus(left)
    }

    /// Returns the latest time from which `ns` of open time have passed until `end`.
    #[must_use]
    pub fn before(self, end: Timestamp, ns: i64) -> Timestamp {
        let (mut at, mut left) = (end, ns);
        let begun = self.0.partition_point(|span| span.from < end);
        for span in self.0.iter().take(begun).rev() {
            let open = at.since(span.until).max(0);
            if left <= open {
                break;
            }
            left = left.saturating_sub(open);
            at = at.min(span.from);
        }
        at.plus(left.saturating_neg())
    }

    /// Returns the spans that end after a time.
    fn ending_after(&self, at: Timestamp) -> &[Span] {
        self.0.get(self.0.partition_point(|span| span.until <= at)..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPANS: [Span; 2] =
        [Span { from: Timestamp(100), until: Timestamp(150) }, Span { from: Timestamp(150), until: Timestamp(160) }];
    const OPEN: OpenTime<'_> = OpenTime(&SPANS);

    #[test]
    fn a_span_begins_with_its_first_nanosecond_and_ends_before_its_last() {
        let closed = [99, 100, 149, 150, 159, 160].map(|at| OPEN.is_closed(Timestamp(at)));
        assert_eq!(closed, [false, true, true, true, true, false]);
    }

    #[test]
    fn closed_time_counts_for_nothing() {
        let cases = [(0, 100, 100), (0, 160, 100), (0, 170, 110), (120, 155, 0), (120, 161, 1), (160, 170, 10)];
        for (start, end, open) in cases {
            assert_eq!(OPEN.between(Timestamp(start), Timestamp(end)), open, "{start} to {end}");
        }
    }

    #[test]
    fn a_length_of_time_ends_at_the_first_moment_at_which_it_has_passed() {
        let cases =
            [(0, 100, 100), (0, 101, 161), (90, 20, 170), (100, 0, 100), (100, 1, 161), (155, 5, 165), (160, 5, 165)];
        for (start, length, end) in cases {
            assert_eq!(OPEN.after(Timestamp(start), length), Timestamp(end), "{length} from {start}");
        }
        assert_eq!(OPEN.after(Timestamp(0), i64::MAX), Timestamp(i64::MAX));
    }

    #[test]
    fn a_length_of_time_began_at_the_last_moment_since_which_it_has_passed() {
        let cases =
            [(100, 100, 0), (161, 1, 160), (161, 2, 99), (155, 0, 155), (155, 1, 99), (165, 105, 0), (50, 20, 30)];
        for (end, length, start) in cases {
            assert_eq!(OPEN.before(Timestamp(end), length), Timestamp(start), "{length} until {end}");
            assert_eq!(OPEN.between(Timestamp(start), Timestamp(end)), length);
        }
    }
}
