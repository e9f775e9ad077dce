//! One phase of a lot: how long bidding runs and what extends it.

use super::open_time::OpenTime;
use crate::time::Timestamp;
use crate::wire::coded_enum;

coded_enum! {
    /// What a phase is called; the words of the rule texts.
    PhaseKind {
        /// Free quotes (自由报价): the deadline stands.
        Free = 1 "free",
        /// Timed bidding (限时竞价): a countdown that bids extend.
        Timed = 2 "timed",
        /// The inquiry (询问期): who wants timed bidding? No bids are taken.
        Inquiry = 3 "inquiry",
        /// The preparation for timed bidding (准备期). No bids are taken.
        Preparation = 4 "preparation",
        /// Sealed bids are placed (密封报价期). No clear bids are taken.
        Sealed = 5 "sealed",
    }
}

/// When a phase ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhaseEnd {
    /// So many nanoseconds after the phase's clock started.
    After(i64),
    /// At this time, or at the phase's beginning where that is later.
    At(Timestamp),
    /// When somebody calls it (an auctioneer's hammer).
    Called,
}

/// What an accepted bid does to the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    /// Nothing.
    None,
    /// Every accepted bid moves the deadline to this long after itself, never earlier.
    Reset(i64),
    /// An accepted bid in the last `within` nanoseconds moves the deadline to `to` after itself, never earlier.
    Window {
        /// How long before the deadline the window opens; a bid exactly then counts.
        within: i64,
        /// How much time there is after such a bid.
        to: i64,
    },
}

/// The latest time to which extensions may move a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HardEnd {
    /// So many nanoseconds after the phase's clock started.
    After(i64),
    /// At this time.
    At(Timestamp),
}

/// One phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// What it is called.
    pub kind: PhaseKind,
    /// When it ends.
    pub end: PhaseEnd,
    /// What extends it.
    pub extension: Extension,
    /// Where extensions stop.
    pub hard_end: Option<HardEnd>,
}

impl Phase {
    /// Returns whether clear bids are taken in the phase.
    #[must_use]
    pub const fn takes_bids(&self) -> bool {
        matches!(self.kind, PhaseKind::Free | PhaseKind::Timed)
    }

    /// Returns the phase with its stated ends moved.
    #[must_use]
    pub fn with_ends_moved(mut self, moved: impl Fn(Timestamp) -> Timestamp) -> Self {
        if let PhaseEnd::At(time) = self.end {
            self.end = PhaseEnd::At(moved(time));
        }
        if let Some(HardEnd::At(time)) = self.hard_end {
            self.hard_end = Some(HardEnd::At(moved(time)));
        }
        self
    }

    /// Returns the hard end of a phase whose clock starts at `start`.
    #[must_use]
    pub fn hard_end_from(&self, start: Timestamp, open: OpenTime<'_>) -> Option<Timestamp> {
        self.hard_end.map(|hard| match hard {
            HardEnd::After(ns) => open.after(start, ns),
            HardEnd::At(time) => time.max(start),
        })
    }

    /// Returns the first deadline of a phase whose clock starts at `start`, not later than its hard end.
    #[must_use]
    pub fn deadline_from(&self, start: Timestamp, open: OpenTime<'_>) -> Option<Timestamp> {
        let end = match self.end {
            PhaseEnd::After(ns) => open.after(start, ns),
            PhaseEnd::At(time) => time.max(start),
            PhaseEnd::Called => return None,
        };
        Some(not_after(end, self.hard_end_from(start, open)))
    }

    /// Returns the deadline after a bid accepted at `at`, where it was `deadline`.
    #[must_use]
    pub fn extended(
        &self,
        deadline: Timestamp,
        hard_end: Option<Timestamp>,
        at: Timestamp,
        open: OpenTime<'_>,
    ) -> Timestamp {
        match self.extension {
            Extension::None => deadline,
            Extension::Reset(to) => not_after(deadline.max(open.after(at, to)), hard_end),
            Extension::Window { within, to } if open.between(at, deadline) <= within => {
                not_after(deadline.max(open.after(at, to)), hard_end)
            }
            Extension::Window { .. } => deadline,
        }
    }
}

fn not_after(time: Timestamp, limit: Option<Timestamp>) -> Timestamp {
    limit.map_or(time, |limit| time.min(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALWAYS: OpenTime<'_> = OpenTime(&[]);

    fn timed(extension: Extension, hard_end: Option<HardEnd>) -> Phase {
        Phase { kind: PhaseKind::Timed, end: PhaseEnd::After(240), extension, hard_end }
    }

    #[test]
    fn a_reset_counts_from_the_bid_and_never_shortens() {
        let phase = timed(Extension::Reset(240), None);
        assert_eq!(phase.extended(Timestamp(1_240), None, Timestamp(1_239), ALWAYS), Timestamp(1_479));
        assert_eq!(phase.extended(Timestamp(9_000), None, Timestamp(1_000), ALWAYS), Timestamp(9_000));
    }

    #[test]
    fn a_window_opens_at_its_first_nanosecond_and_never_shortens() {
        let phase = timed(Extension::Window { within: 100, to: 60 }, None);
        assert_eq!(phase.extended(Timestamp(1_000), None, Timestamp(899), ALWAYS), Timestamp(1_000));
        assert_eq!(phase.extended(Timestamp(1_000), None, Timestamp(900), ALWAYS), Timestamp(1_000));
        assert_eq!(phase.extended(Timestamp(1_000), None, Timestamp(941), ALWAYS), Timestamp(1_001));
    }

    #[test]
    fn a_hard_end_bounds_the_first_deadline_and_every_extension() {
        let phase = timed(Extension::Reset(240), Some(HardEnd::After(300)));
        assert_eq!(phase.deadline_from(Timestamp(1_000), ALWAYS), Some(Timestamp(1_240)));
        let hard_end = phase.hard_end_from(Timestamp(1_000), ALWAYS);
        assert_eq!(phase.extended(Timestamp(1_240), hard_end, Timestamp(1_200), ALWAYS), Timestamp(1_300));
        let early = timed(Extension::Reset(240), Some(HardEnd::At(Timestamp(5))));
        assert_eq!(
            early.deadline_from(Timestamp(1_000), ALWAYS),
            Some(Timestamp(1_000)),
            "a phase never ends before it begins"
        );
    }
}
