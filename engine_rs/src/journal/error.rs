//! What can go wrong with a journal, and what the operator should conclude from it.

use std::fmt;
use std::io;

use super::frame::{Hash, Hex, SegmentName};

/// Something in a journal that another release wrote and this one does not know: a format version, a suite, a frame
/// kind, a recovery's cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unsupported {
    pub what: &'static str,
    pub found: u16,
    pub supported: &'static str,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, found, supported } = self;
        write!(f, "{what} {found} is not supported; this release knows {supported}")
    }
}

/// What a bad frame is, as FORMAT.md A.4 names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The machine stopped while the last frame was being written. Nobody was told of its records. Opening for writing
    /// cuts it and records the cut.
    Torn,
    /// What stands at the end may have been whole: torn or damaged, the bytes alone do not say. Only an operator may cut
    /// it.
    Ambiguous,
    /// What was once whole is no longer. Restore the journal from a copy.
    Corrupt,
    /// The frames are intact but do not fit together. Somebody or something rearranged or rewrote the journal.
    Tampered,
    /// Another release wrote it. Nothing is wrong with it.
    Unsupported,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Torn => "torn",
            Self::Ambiguous => "ambiguous",
            Self::Corrupt => "corrupt",
            Self::Tampered => "tampered",
            Self::Unsupported => "unsupported",
        })
    }
}

/// The place and the nature of the first thing in a journal that is not as it should be. Nothing behind it was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadFrame {
    /// What it is.
    pub class: Class,
    /// The segment it is in.
    pub segment: SegmentName,
    /// The offset in that segment.
    pub offset: u64,
    /// The sequence that the first record there has, or would have.
    pub next_seq: u64,
    /// The highest sequence that is known to have existed; 0 where nothing is known.
    pub known_upto: u64,
    /// Number of bytes from the offset up to and with the segment's last non-zero byte.
    pub removed_bytes: u64,
    /// `H` of these bytes: what an operator states to accept the loss of an ambiguous tail.
    pub removed_hash: Hash,
    /// What was expected there and what came.
    pub detail: String,
}

impl fmt::Display for BadFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at offset {}, record {}", self.segment, self.offset, self.next_seq)?;
        if self.known_upto > self.next_seq {
            write!(f, " to at least {}", self.known_upto)?;
        }
        write!(f, ": {}", self.detail)
    }
}

impl BadFrame {
    /// Returns the error that refuses the journal because of this frame.
    #[must_use]
    pub fn into_error(self) -> JournalError {
        match self.class {
            Class::Torn => JournalError::Torn(self),
            Class::Ambiguous => JournalError::Ambiguous(self),
            Class::Corrupt => JournalError::Corrupt(self),
            Class::Tampered => JournalError::Tampered(self),
            Class::Unsupported => JournalError::Unsupported(self),
        }
    }
}

/// A fault of the journal. None of them says that a bid was refused: they say that the journal cannot be relied on, or
/// was used wrongly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The operating system refused an operation. While writing this ends the journal's use: what was not acknowledged
    /// may or may not be on the disk, and only reopening tells. Look at the disk first.
    #[error("cannot {op} {file}: {reason}")]
    Io {
        /// What was attempted.
        op: &'static str,
        /// The file in the journal's directory, or `.` for the directory.
        file: String,
        /// The kind of the error.
        kind: io::ErrorKind,
        /// The operating system's words.
        reason: String,
    },
    /// A store of somebody else did not say that a frame is kept, or could not be read. While writing this ends the
    /// journal's use, as an error of the disk does.
    #[error("the journal's store did not {op}: {reason}")]
    Backend {
        /// What was asked of it.
        op: &'static str,
        /// Its words.
        reason: String,
    },
    /// An earlier write or sync failed, or was interrupted by a panic. Nothing is taken any more; reopen the journal.
    #[error("the journal failed earlier and takes nothing more until it is opened again")]
    Failed,
    /// Another house has the journal open. Nothing was read or changed.
    #[error("the journal is in use: one writer a journal, and another one holds its LOCK")]
    Locked,
    /// A tail that opening for writing would cut. Only reading reports it as an error.
    #[error("the journal's tail is torn: {0}")]
    Torn(BadFrame),
    /// The tail may have been whole and is damaged. If no receipt, copy or observer knows its records, an operator may
    /// accept the loss by opening the journal with the stated hash; otherwise restore it from a copy.
    #[error(
        "the journal's tail is ambiguous: {0}; its {bytes} bytes have the hash {hash}",
        bytes = .0.removed_bytes,
        hash = Hex(&.0.removed_hash)
    )]
    Ambiguous(BadFrame),
    /// Records that were once durable are damaged or gone. Restore the journal from a copy; do not write to it.
    #[error("the journal is corrupt: {0}")]
    Corrupt(BadFrame),
    /// Frames or segments were exchanged, removed or rewritten. Keep the files as evidence.
    #[error("the journal was tampered with: {0}")]
    Tampered(BadFrame),
    /// The directory holds no journal: none at all for a reader, other files for a writer. Check the path.
    #[error("not a journal: expected segments (*.plog), found {found}")]
    NotAJournal {
        /// What the directory holds instead.
        found: String,
    },
    /// A file has the name of a segment, or nearly, and cannot be one. Look what it is and move it away.
    #[error("cannot take {found} for a part of the journal: expected {expected}")]
    Stray {
        /// The name, its control characters escaped.
        found: String,
        /// What a file of such a name must be.
        expected: &'static str,
    },
    /// The journal was written by another release. Nothing is wrong with it; open it with a release that knows it.
    #[error("the journal was written by another release: {0}")]
    Unsupported(BadFrame),
    /// The caller gave records that cannot be journaled. Nothing was written and the journal goes on; the caller is
    /// at fault.
    #[error("records refused: {detail}")]
    InvalidBatch {
        /// What was expected and what came.
        detail: String,
    },
    /// An option has no valid value. Nothing was read or changed.
    #[error("option {option}: {detail}")]
    InvalidOption {
        /// The option's name.
        option: &'static str,
        /// What was expected and what came.
        detail: String,
    },
}

/// Returns the function that turns an error of the operating system into a [`JournalError::Io`].
pub(super) fn io_error(op: &'static str, file: &str) -> impl FnOnce(io::Error) -> JournalError {
    move |error| JournalError::Io { op, file: file.to_owned(), kind: error.kind(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(class: Class) -> BadFrame {
        BadFrame {
            class,
            segment: SegmentName(7),
            offset: 4096,
            next_seq: 9,
            known_upto: 12,
            removed_bytes: 2,
            removed_hash: [0xAB; 32],
            detail: "expected a, found b".to_owned(),
        }
    }

    #[test]
    fn message_names_segment_offset_and_records() {
        assert_eq!(
            bad(Class::Corrupt).into_error().to_string(),
            "the journal is corrupt: 00000000000000000007.plog at offset 4096, record 9 to at least 12: expected a, found b"
        );
    }

    #[test]
    fn ambiguous_message_states_the_hash_to_accept() {
        let message = bad(Class::Ambiguous).into_error().to_string();
        assert!(message.ends_with(&format!("its 2 bytes have the hash {}", "ab".repeat(32))), "{message}");
    }
}
