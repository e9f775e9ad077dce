//! What a bad frame means: the table of FORMAT.md A.4, as one function.

use super::error::Class;

/// What stands where a frame's header should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeaderFound {
    /// No header of this journal.
    Unsound,
    /// A header that was written by this journal's writer and fits its place.
    Sound {
        /// The file ends before the frame does.
        cut_short: bool,
        /// One of the frame's 512-byte sectors is all zero.
        zero_sector: bool,
    },
}

/// Everything that the name of a bad frame depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Evidence {
    /// It is the HEADER frame of a named segment.
    pub starts_segment: bool,
    /// Something shows that it was whole once: a sound header behind it, a next segment, or knowledge that a record at
    /// its place was durable.
    pub once_whole: bool,
    /// What stands at its beginning.
    pub header: HeaderFound,
    /// There are bytes behind the reach of the largest frame.
    pub bytes_beyond_reach: bool,
}

/// Returns the name of a bad frame.
pub(super) const fn classify(evidence: Evidence) -> Class {
    if evidence.starts_segment || evidence.once_whole {
        return Class::Corrupt;
    }
    match evidence.header {
        HeaderFound::Unsound if !evidence.bytes_beyond_reach => Class::Torn,
        HeaderFound::Unsound => Class::Corrupt,
        HeaderFound::Sound { cut_short: true, .. } | HeaderFound::Sound { zero_sector: true, .. } => Class::Torn,
        HeaderFound::Sound { .. } => Class::Ambiguous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: HeaderFound = HeaderFound::Sound { cut_short: false, zero_sector: false };
    const CUT_SHORT: HeaderFound = HeaderFound::Sound { cut_short: true, zero_sector: false };
    const ZERO_SECTOR: HeaderFound = HeaderFound::Sound { cut_short: false, zero_sector: true };

    #[test]
    fn names_are_those_of_the_table() {
        for (header, bytes_beyond_reach, expected) in [
            (HeaderFound::Unsound, false, Class::Torn),
            (HeaderFound::Unsound, true, Class::Corrupt),
            (CUT_SHORT, false, Class::Torn),
            (ZERO_SECTOR, false, Class::Torn),
            (SOUND, false, Class::Ambiguous),
        ] {
            let evidence = Evidence { starts_segment: false, once_whole: false, header, bytes_beyond_reach };
            assert_eq!(classify(evidence), expected, "{evidence:?}");
            assert_eq!(classify(Evidence { once_whole: true, ..evidence }), Class::Corrupt);
            assert_eq!(classify(Evidence { starts_segment: true, ..evidence }), Class::Corrupt);
        }
    }
}
