//! What a bad frame means: the table of FORMAT.md A.4, as one function.

use super::error::Class;

/// What stands at the place of a bad frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remains {
    /// No sound header.
    Unsound {
        /// A byte behind the reach of the longest frame is not zero.
        beyond_reach: bool,
        /// Up to the last non-zero byte they may be complete frames.
        may_be_frames: bool,
    },
    /// A sound header, which fits its place.
    Sound {
        /// A byte behind the frame's length is not zero.
        beyond_frame: bool,
        /// The file ends before the frame does.
        cut_short: bool,
        /// One of the frame's 512-byte sectors is all zero.
        zero_sector: bool,
        /// The frame's last eight bytes are zero.
        zero_end: bool,
    },
}

/// Everything that the name of a bad frame depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Evidence {
    /// It is the HEADER frame of a named segment.
    pub starts_segment: bool,
    /// There is proof that it was whole once: a header behind it that could only follow it, a next segment, a segment that
    /// lost bytes, or knowledge that a record at its place was acknowledged.
    pub proof: bool,
    /// What stands there.
    pub remains: Remains,
}

/// Returns the name of a bad frame: one arm for each row of the table, in its order.
pub(super) const fn classify(evidence: Evidence) -> Class {
    use Remains::{Sound, Unsound};
    match evidence {
        Evidence { starts_segment: true, .. } => Class::Corrupt,
        Evidence { proof: true, .. } => Class::Corrupt,
        Evidence { remains: Unsound { beyond_reach: true, .. }, .. } => Class::Corrupt,
        Evidence { remains: Unsound { may_be_frames: true, .. }, .. } => Class::Ambiguous,
        Evidence { remains: Unsound { .. }, .. } => Class::Torn,
        Evidence { remains: Sound { beyond_frame: true, .. }, .. } => Class::Corrupt,
        Evidence {
            remains: Sound { cut_short: true, .. } | Sound { zero_sector: true, .. } | Sound { zero_end: true, .. },
            ..
        } => Class::Torn,
        Evidence { remains: Sound { .. }, .. } => Class::Ambiguous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn unsound(beyond_reach: bool, may_be_frames: bool) -> Remains {
        Remains::Unsound { beyond_reach, may_be_frames }
    }

    const WHOLE: Remains =
        Remains::Sound { beyond_frame: false, cut_short: false, zero_sector: false, zero_end: false };

    #[test]
    fn names_are_those_of_the_table() {
        for (remains, expected) in [
            (unsound(true, false), Class::Corrupt),
            (unsound(true, true), Class::Corrupt),
            (unsound(false, true), Class::Ambiguous),
            (unsound(false, false), Class::Torn),
            (
                Remains::Sound { beyond_frame: true, cut_short: false, zero_sector: false, zero_end: false },
                Class::Corrupt,
            ),
            (Remains::Sound { beyond_frame: true, cut_short: true, zero_sector: true, zero_end: true }, Class::Corrupt),
            (Remains::Sound { beyond_frame: false, cut_short: true, zero_sector: false, zero_end: false }, Class::Torn),
            (Remains::Sound { beyond_frame: false, cut_short: false, zero_sector: true, zero_end: false }, Class::Torn),
            (Remains::Sound { beyond_frame: false, cut_short: false, zero_sector: false, zero_end: true }, Class::Torn),
            (WHOLE, Class::Ambiguous),
        ] {
            let evidence = Evidence { starts_segment: false, proof: false, remains };
            assert_eq!(classify(evidence), expected, "{evidence:?}");
            assert_eq!(classify(Evidence { proof: true, ..evidence }), Class::Corrupt);
            assert_eq!(classify(Evidence { starts_segment: true, ..evidence }), Class::Corrupt);
        }
    }
}
