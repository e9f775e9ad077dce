//! The names in a journal's directory (FORMAT.md A.2).

use std::fmt;

use super::error::{JournalError, io_error};
use super::frame::SegmentName;
use super::vfs::Vfs;

/// Locked by the writer.
pub(super) const LOCK: &str = "LOCK";
/// Becomes the next segment.
pub(super) const SPARE: &str = "spare.tmp";
/// Becomes a `.torn` file once it is complete and durable, so that one of that name always is.
pub(super) const UNFINISHED_COPY: &str = "torn.tmp";
/// A cache of whoever opens the journal.
pub(super) const SNAPSHOT: &str = "state.snapshot";
/// Becomes the snapshot.
pub(super) const UNFINISHED_SNAPSHOT: &str = "snapshot.tmp";

/// A file that keeps the bytes that were cut from a segment's tail, behind what the RECOVERY frame says of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TornName {
    pub segment: SegmentName,
    pub offset: u64,
}

/// Returns whether a name is that of a `.torn` file, also if a number in it is too large for any place.
fn is_torn_name(file: &str) -> bool {
    let digits = |text: &str| text.len() == 20 && text.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = file.strip_suffix(".torn").and_then(|place| place.split_once('-'));
    numbers.is_some_and(|(segment, offset)| digits(segment) && digits(offset))
}

impl TornName {
    fn parse(file: &str) -> Option<Self> {
        let (segment, offset) = file.strip_suffix(".torn")?.split_once('-')?;
        let name = Self { segment: SegmentName(segment.parse().ok()?), offset: offset.parse().ok()? };
        (name.to_string() == file).then_some(name)
    }
}

impl fmt::Display for TornName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:020}-{:020}.torn", self.segment.0, self.offset)
    }
}

/// What a directory holds. Files of other names are let be.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// In order.
    pub segments: Vec<SegmentName>,
    /// In order.
    torn: Vec<TornName>,
    leftovers: Vec<&'static str>,
    /// A name that ends as a segment's and is none.
    stray: Option<String>,
    other: Option<String>,
}

impl Directory {
    /// Looks at all names.
    ///
    /// # Errors
    /// [`JournalError::Stray`] where something else than a regular file has the name of a segment or of a `.torn` file.
    pub fn read(vfs: &impl Vfs) -> Result<Self, JournalError> {
        let mut directory = Self::default();
        for name in vfs.list().map_err(io_error("list", "."))? {
            if directory.sort_in(&name) && !vfs.is_regular(&name).map_err(io_error("look at", &name))? {
                return Err(JournalError::Stray { found: shown(&name), expected: "a regular file" });
            }
        }
        directory.segments.sort_unstable();
        directory.torn.sort_unstable();
        Ok(directory)
    }

    /// Returns whether the name is one of a file that holds a part of the journal.
    fn sort_in(&mut self, name: &str) -> bool {
        if let Some(segment) = SegmentName::parse(name) {
            self.segments.push(segment);
            return true;
        }
        if is_torn_name(name) {
            self.torn.extend(TornName::parse(name));
            return true;
        }
        if let Some(leftover) =
            [SPARE, UNFINISHED_COPY, UNFINISHED_SNAPSHOT].into_iter().find(|&leftover| leftover == name)
        {
            self.leftovers.push(leftover);
        } else if name.strip_suffix(".plog").is_some() {
            self.stray = Some(shown(name));
        } else if name != LOCK {
            self.other = Some(shown(name));
        }
        false
    }

    /// Refuses a directory in which a name may have been meant for a segment.
    pub fn refuse_stray(&self) -> Result<(), JournalError> {
        match self.stray.clone() {
            Some(found) => {
                Err(JournalError::Stray { found, expected: "20 digits of a number below 2^64 before .plog" })
            }
            None => Ok(()),
        }
    }

    /// Refuses a directory in which a new journal would stand among foreign files.
    pub fn refuse_foreign(&self) -> Result<(), JournalError> {
        let other = || self.stray.clone().or_else(|| self.other.clone());
        let found = self.torn.first().map(ToString::to_string).or_else(other);
        match found {
            Some(found) if self.segments.is_empty() => Err(JournalError::NotAJournal { found }),
            _ => Ok(()),
        }
    }

    /// Refuses a directory without a segment.
    pub fn require_segment(&self) -> Result<(), JournalError> {
        self.refuse_foreign()?;
        if self.segments.is_empty() {
            return Err(JournalError::NotAJournal { found: "an empty directory".to_owned() });
        }
        Ok(())
    }

    /// Removes what a writer that stopped left unfinished. What it named before may not be durable yet; it is now.
    pub fn tidy(&self, vfs: &impl Vfs) -> Result<(), JournalError> {
        for leftover in &self.leftovers {
            vfs.remove(leftover).map_err(io_error("remove", leftover))?;
        }
        vfs.sync_dir().map_err(io_error("sync", "."))
    }

    /// Returns whether the bytes that were cut there are kept.
    pub fn keeps(&self, torn: TornName) -> bool {
        self.torn.contains(&torn)
    }
}

/// Returns a name as a message may show it.
fn shown(name: &str) -> String {
    name.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

    use super::super::vfs::memory::MemoryVfs;
    use super::*;

    fn holding(names: &[&str]) -> Directory {
        let vfs = MemoryVfs::default();
        for name in names {
            vfs.put(name, Vec::new());
        }
        Directory::read(&vfs).unwrap()
    }

    #[test]
    fn only_exact_names_are_segments() {
        for stray in ["12.plog", "+0000000000000000012.plog", "x.plog", ".plog", "18446744073709551616.plog"] {
            let directory = holding(&["00000000000000000012.plog", "18446744073709551615.plog", stray]);
            assert_eq!(directory.segments, [SegmentName(12), SegmentName(u64::MAX)]);
            assert!(matches!(directory.refuse_stray(), Err(JournalError::Stray { found, .. }) if found == stray));
        }
        assert_eq!(holding(&["00000000000000000012.plog", "x.plog.bak"]).refuse_stray(), Ok(()));
    }

    #[test]
    fn torn_names_round_trip() {
        let torn = TornName { segment: SegmentName(3), offset: 4_608 };
        assert_eq!(holding(&[&torn.to_string(), "by-hand.torn"]).torn, [torn]);
    }

    #[test]
    fn a_journal_is_not_begun_among_foreign_files() {
        assert_eq!(holding(&[LOCK, SPARE]).refuse_foreign(), Ok(()));
        assert_eq!(
            holding(&["thesis.doc"]).refuse_foreign(),
            Err(JournalError::NotAJournal { found: "thesis.doc".to_owned() })
        );
    }
}
