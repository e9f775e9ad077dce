//! Bugs that a test plants, one at a time and in its own thread, to see that the tests notice them.
//!
//! Without the feature `planted-bugs`, which no release has, nothing is ever planted and nothing of this is compiled.

/// A bug that a careless change could bring. The code asks for it where the right thing is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "planted-bugs"), allow(dead_code, reason = "only a test plants them"))]
pub enum Bug {
    /// A frame is acknowledged without a sync.
    SkipSync,
    /// A failed sync is taken for a successful one.
    IgnoreSyncError,
    /// A short write is taken for a whole one.
    IgnoreShortWrite,
    /// A new segment's header is not synced before it gets its name.
    SkipHeaderSync,
    /// A new segment's name is not synced.
    SkipDirectorySync,
    /// A new segment gets its name before its header.
    NameBeforeHeader,
    /// A log takes more after a failure.
    GoOnAfterFailure,
    /// The last sequence of a frame is given away twice.
    ReuseSequence,
    /// A frame continues the one before the last.
    ForgetChain,
    /// A frame states that it is durable itself.
    OverstateDurable,
    /// A frame's checksum is not looked at.
    AcceptAnyChecksum,
    /// A frame's mark is not looked at.
    AcceptAnyMark,
    /// Bytes behind the last frame are not looked at.
    AcceptBytesBehind,
    /// Whether a frame continues the one before is not looked at.
    AcceptAnyPredecessor,
    /// A tail that may be complete is cut without an operator.
    CutAmbiguous,
    /// What is cut is not kept.
    CutWithoutKeeping,
    /// What is cut is kept without a sync.
    SkipSyncOfKept,
    /// What is cut is not overwritten.
    CutWithoutZeroing,
    /// The end of the journal is read once.
    ReadOnce,
    /// What the caller knows to have been acknowledged is not heeded.
    IgnoreAcknowledged,
    /// An opening does not begin an epoch.
    SameEpoch,
    /// A house says that records are durable before it asks the journal to make them so.
    AcknowledgeEarly,
    /// A snapshot gets its name without a sync of its bytes.
    SkipSyncOfSnapshot,
    /// A snapshot is used although no frame of the journal binds it and its records say otherwise.
    UseAnySnapshot,
}

#[cfg(feature = "planted-bugs")]
mod active {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    impl Bug {
        /// Every bug.
        pub const ALL: [Self; 24] = [
            Self::SkipSync,
            Self::IgnoreSyncError,
            Self::IgnoreShortWrite,
            Self::SkipHeaderSync,
            Self::SkipDirectorySync,
            Self::NameBeforeHeader,
            Self::GoOnAfterFailure,
            Self::ReuseSequence,
            Self::ForgetChain,
            Self::OverstateDurable,
            Self::AcceptAnyChecksum,
            Self::AcceptAnyMark,
            Self::AcceptBytesBehind,
            Self::AcceptAnyPredecessor,
            Self::CutAmbiguous,
            Self::CutWithoutKeeping,
            Self::SkipSyncOfKept,
            Self::CutWithoutZeroing,
            Self::ReadOnce,
            Self::IgnoreAcknowledged,
            Self::SameEpoch,
            Self::AcknowledgeEarly,
            Self::SkipSyncOfSnapshot,
            Self::UseAnySnapshot,
        ];

        /// Lets this thread's journals have the bug, or none.
        pub fn plant(bug: Option<Self>) {
            PLANTED.set(bug);
        }

        pub(crate) fn is_planted(self) -> bool {
            PLANTED.get() == Some(self)
        }
    }
}

#[cfg(not(feature = "planted-bugs"))]
impl Bug {
    #[allow(clippy::unused_self, reason = "with the feature it is asked for")]
    pub(crate) const fn is_planted(self) -> bool {
        false
    }
}
