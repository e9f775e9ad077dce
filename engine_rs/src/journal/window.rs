//! A file seen through a buffer that moves along it.

use super::error::{JournalError, io_error};
use super::frame::{Hash, MAX_FRAME_BYTES};
use super::vfs::{VfsFile, read_full_at, zero_fill};

/// Large enough that a frame is read once in almost every case.
const WINDOW_BYTES: usize = 4 * MAX_FRAME_BYTES;

/// Returns whether all bytes are zero, comparing long pieces at once: most of a segment may be zero.
fn is_zero(bytes: &[u8]) -> bool {
    const ZEROS: [u8; 4_096] = [0; 4_096];
    bytes.chunks(ZEROS.len()).all(|chunk| ZEROS.starts_with(chunk))
}

/// A file read in long pieces.
#[derive(Debug)]
pub(super) struct Window<F> {
    file: F,
    name: String,
    len: u64,
    start: u64,
    bytes: Vec<u8>,
}

impl<F: VfsFile> Window<F> {
    pub fn new(file: F, name: String) -> Result<Self, JournalError> {
        let len = file.size().map_err(io_error("measure", &name))?;
        Ok(Self { file, name, len, start: 0, bytes: Vec::new() })
    }

    pub const fn len(&self) -> u64 {
        self.len
    }

    pub fn into_file(self) -> F {
        self.file
    }

    /// Makes the file durable and forgets what was read of it, also in the system's cache.
    pub fn settle(&mut self) -> Result<(), JournalError> {
        self.bytes.clear();
        self.file.settle().map_err(io_error("sync", &self.name))
    }

    /// Overwrites a range with zeros, makes them durable and forgets what was read of the file.
    pub fn zero(&mut self, from: u64, to: u64) -> Result<(), JournalError> {
        zero_fill(&self.file, from, to).map_err(io_error("zero", &self.name))?;
        self.file.sync_data().map_err(io_error("sync", &self.name))?;
        self.len = self.len.max(to);
        self.bytes.clear();
        Ok(())
    }

    /// Returns the bytes from `offset` on: `want` of them, fewer where the file ends.
    pub fn get(&mut self, offset: u64, want: usize) -> Result<&[u8], JournalError> {
        let end = offset.saturating_add(want as u64).min(self.len);
        if offset >= end {
            return Ok(&[]);
        }
        if offset < self.start || end > self.start + self.bytes.len() as u64 {
            self.move_to(offset, want)?;
        }
        // A file that shrank since it was measured gives less.
        let from = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        let to = usize::try_from(end - self.start).unwrap_or(usize::MAX).min(self.bytes.len());
        Ok(self.bytes.get(from..to).unwrap_or_default())
    }

    fn move_to(&mut self, offset: u64, want: usize) -> Result<(), JournalError> {
        let left = usize::try_from(self.len - offset).unwrap_or(usize::MAX);
        self.start = offset;
        self.bytes.resize(want.max(WINDOW_BYTES).min(left), 0);
        let read = read_full_at(&self.file, &mut self.bytes, offset).map_err(io_error("read", &self.name))?;
        self.bytes.truncate(read);
        Ok(())
    }

    /// Returns the end of the last byte at or behind `offset` that is not zero, or `offset` if there is none.
    pub fn written_end(&mut self, offset: u64) -> Result<u64, JournalError> {
        let mut written_end = offset;
        self.each_piece(offset, u64::MAX, |at, piece| {
            if !is_zero(piece) {
                let last = piece.iter().rposition(|&byte| byte != 0);
                written_end = at + last.map_or(0, |last| last as u64 + 1);
            }
            true
        })?;
        Ok(written_end)
    }

    /// Returns whether all bytes from `offset` on are zero.
    pub fn is_zero_from(&mut self, offset: u64) -> Result<bool, JournalError> {
        let mut zero = true;
        self.each_piece(offset, u64::MAX, |_, piece| {
            zero = is_zero(piece);
            zero
        })?;
        Ok(zero)
    }

    /// Returns `H` of the bytes from `offset` to `end`.
    pub fn hash(&mut self, offset: u64, end: u64) -> Result<Hash, JournalError> {
        use sha2::{Digest, Sha256};
        let mut hasher = Sha256::new();
        self.each_piece(offset, end, |_, piece| {
            hasher.update(piece);
            true
        })?;
        Ok(hasher.finalize().into())
    }

    /// Visits the bytes from `offset` to `end` or the end of the file, piece by piece, until `visit` returns false.
    /// Pieces begin at multiples of the largest frame from `offset` on.
    pub fn each_piece(
        &mut self,
        offset: u64,
        end: u64,
        mut visit: impl FnMut(u64, &[u8]) -> bool,
    ) -> Result<(), JournalError> {
        let end = end.min(self.len);
        let mut at = offset;
        while at < end {
            let want = usize::try_from(end - at).unwrap_or(usize::MAX).min(MAX_FRAME_BYTES);
            let piece = self.get(at, want)?;
            if piece.is_empty() || !visit(at, piece) {
                break;
            }
            at += want as u64;
        }
        Ok(())
    }
}
