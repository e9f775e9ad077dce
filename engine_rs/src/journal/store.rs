//! What a house asks of the journal it writes.

use super::{Hash, JournalError, Log, vfs::Vfs};
use crate::time::Timestamp;

/// A journal that one house writes.
pub trait Store: Send {
    /// Returns how often the journal has been opened for writing.
    fn epoch(&self) -> u64;

    /// Returns the sequence that the next record takes.
    fn next_seq(&self) -> u64;

    /// Returns the chain value of the last frame, which pins every record before it (FORMAT.md A.3).
    fn chain(&self) -> Hash;

    /// Makes a batch of records durable.
    ///
    /// # Errors
    /// [`JournalError`]; afterwards nothing more is taken.
    fn append(&mut self, batch: &[u8], first_seq: u64, count: u32) -> Result<(), JournalError>;

    /// Does at `now` a little of what can be done ahead of the next batches. Returns whether there is more.
    ///
    /// # Errors
    /// [`JournalError`]; afterwards nothing more is taken.
    fn prepare(&mut self, now: Timestamp) -> Result<bool, JournalError>;

    /// Proves in the journal itself that every record is durable, unless its last frame does already.
    ///
    /// # Errors
    /// [`JournalError`]; afterwards nothing more is taken.
    fn seal(&mut self) -> Result<(), JournalError>;

    /// Returns whether there is room for more than what ends sales.
    fn has_room(&self) -> bool;

    /// Returns whether a batch of so many bytes begins a new segment.
    fn begins_segment(&self, batch_bytes: usize) -> bool;

    /// Records the hash of the state after the last record, `seq`.
    ///
    /// # Errors
    /// [`JournalError`]; afterwards nothing more is taken.
    fn state(&mut self, seq: u64, state_hash: Hash) -> Result<(), JournalError>;

    /// Returns the journal's own random number.
    fn journal_id(&self) -> [u8; 16];

    /// Keeps a snapshot beside the journal, in place of the last one, if it has a place for one.
    ///
    /// # Errors
    /// [`JournalError`]; the journal goes on.
    fn keep_snapshot(&mut self, snapshot: &[u8]) -> Result<(), JournalError>;

    /// Seals the journal and lets it go.
    ///
    /// # Errors
    /// [`JournalError`] where the seal could not be made durable; the records before it are.
    fn close(self: Box<Self>) -> Result<(), JournalError>;

    /// Lets a journal go that has failed. Nothing more is written.
    fn abandon(self: Box<Self>);
}

/// How many bytes of the next segment are made ready at a time: writing them takes about as long as a few commits.
const PREPARED_AT_ONCE: u64 = 256 << 10;

impl<V: Vfs + Send> Store for Log<V>
where
    V::File: Send,
    V::Lock: Send,
{
    fn epoch(&self) -> u64 {
        Self::epoch(self)
    }

    fn next_seq(&self) -> u64 {
        Self::next_seq(self)
    }

    fn chain(&self) -> Hash {
        Self::chain(self)
    }

    fn append(&mut self, batch: &[u8], first_seq: u64, count: u32) -> Result<(), JournalError> {
        Self::append(self, batch, first_seq, count)
    }

    fn prepare(&mut self, now: Timestamp) -> Result<bool, JournalError> {
        self.prepare_spare(now.0, PREPARED_AT_ONCE)
    }

    fn seal(&mut self) -> Result<(), JournalError> {
        Self::seal(self)
    }

    fn has_room(&self) -> bool {
        Self::has_room(self)
    }

    fn begins_segment(&self, batch_bytes: usize) -> bool {
        Self::begins_segment(self, batch_bytes)
    }

    fn state(&mut self, seq: u64, state_hash: Hash) -> Result<(), JournalError> {
        Self::state(self, seq, state_hash)
    }

    fn journal_id(&self) -> [u8; 16] {
        Self::journal_id(self)
    }

    fn keep_snapshot(&mut self, snapshot: &[u8]) -> Result<(), JournalError> {
        Self::keep_snapshot(self, snapshot)
    }

    fn close(self: Box<Self>) -> Result<(), JournalError> {
        Self::close(*self)
    }

    fn abandon(self: Box<Self>) {
        drop(self);
    }
}
