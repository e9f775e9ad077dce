//! A journal in a store of somebody else, which keeps whole frames and understands none of them (FORMAT.md A.7).
//!
//! What is always true is what is true of [`Log`](super::Log): an append returns only when the store has said that the frame
//! is kept; after any other answer nothing more is taken. A store keeps a frame whole or not at all, so there is no torn
//! tail, and nothing is ever cut.

use super::batch;
use super::control::{Control, SegmentHeader};
use super::error::{BadFrame, Class, JournalError};
use super::frame::{Hash, Identity, Kind, Records, SEGMENT_HEADER_BYTES, SegmentName, control_leaf, leaf};
use super::log::{OpenOptions, all_is_gone};
use super::reader::{Content, Visit};
use super::scan::{Scan, Step};
use super::sealer::Position;
use super::store::Store;
use super::vfs::Access;
use super::vfs::memory::MemoryVfs;
use crate::time::Timestamp;

/// A frame as a store takes it.
#[derive(Debug, Clone, Copy)]
pub struct SealedFrame<'a> {
    /// Its bytes, to be kept untouched.
    pub bytes: &'a [u8],
    /// The sequence of its first record, or the one that the next record will have.
    pub first_seq: u64,
    /// The number of its records; 0 for a control frame.
    pub count: u32,
    /// The chain value of the frame that must be the last one kept.
    pub prev_chain: Hash,
    /// Its own chain value.
    pub chain: Hash,
}

/// A store of frames in one order.
pub trait Backend: Send {
    /// Keeps a frame behind the last one, whole and on stable storage, if the last one has the chain value `prev_chain`.
    ///
    /// # Errors
    /// In words, why it is not known to be kept. Nothing more is asked of the store then.
    fn append(&mut self, frame: SealedFrame<'_>) -> Result<(), String>;

    /// Returns every frame, in order, one behind the other.
    ///
    /// # Errors
    /// In words.
    fn read(&mut self) -> Result<Vec<u8>, String>;

    /// Lets go of the store.
    ///
    /// # Errors
    /// In words. What was kept stays kept.
    fn close(&mut self) -> Result<(), String>;
}

/// A journal that is open for writing in a store.
#[derive(Debug)]
pub struct BackendLog<B> {
    backend: B,
    identity: Identity,
    position: Position,
    last_kind: Kind,
    failed: bool,
    frame: Vec<u8>,
}

impl<B: Backend> BackendLog<B> {
    /// Opens a journal, or begins one in an empty store: hands every frame to `visit` in order, and begins the next epoch.
    /// `options` are those of a directory; sizes of segments and accepted losses mean nothing here.
    ///
    /// # Errors
    /// What `visit` returns; [`JournalError`]. Nothing was changed then.
    pub fn open<E: From<JournalError>>(
        mut backend: B,
        options: &OpenOptions,
        visit: &mut Visit<'_, E>,
    ) -> Result<Self, E> {
        options.check()?;
        let kept = backend.read().map_err(refused("read"))?;
        if kept.is_empty() {
            return Ok(Self::begin(backend, options)?);
        }
        let (identity, position) = read_through(kept, options.acknowledged, visit)?;
        let mut log = Self { backend, identity, position, last_kind: Kind::Header, failed: false, frame: Vec::new() };
        log.keep_control(&Control::Epoch { opened_at_ns: options.now_ns })?;
        Ok(log)
    }

    fn begin(backend: B, options: &OpenOptions) -> Result<Self, JournalError> {
        if options.acknowledged > 0 {
            return Err(all_is_gone(options.acknowledged).into_error());
        }
        let identity = options.new_identity();
        let position = Position { next_seq: 1, chain: identity.genesis(), epoch: 1 };
        let mut log = Self { backend, identity, position, last_kind: Kind::Header, failed: false, frame: Vec::new() };
        let header = SegmentHeader {
            identity,
            number: 1,
            segment_bytes: SEGMENT_HEADER_BYTES as u64,
            created_at_ns: options.now_ns,
        };
        log.keep_control(&Control::Header(header))?;
        Ok(log)
    }

    fn keep_control(&mut self, control: &Control) -> Result<(), JournalError> {
        let body = control.encode();
        self.keep(control.kind(), 0, &body, &[control_leaf(&body)])
    }

    /// Makes a frame and gives it to the store. Unless the store says that it is kept, nothing more is taken.
    fn keep(&mut self, kind: Kind, count: u32, body: &[u8], leaves: &[Hash]) -> Result<(), JournalError> {
        if self.failed {
            return Err(JournalError::Failed);
        }
        let sealed = self.position.seal(&mut self.frame, &self.identity, (kind, count, body), leaves)?;
        let frame = SealedFrame {
            bytes: &self.frame,
            first_seq: sealed.first_seq,
            count,
            prev_chain: sealed.prev_chain,
            chain: sealed.after.chain,
        };
        self.failed = true;
        self.backend.append(frame).map_err(refused("append"))?;
        self.failed = false;
        self.position = sealed.after;
        self.last_kind = kind;
        Ok(())
    }
}

/// Reads what a store holds; returns where its journal stands.
fn read_through<E: From<JournalError>>(
    kept: Vec<u8>,
    acknowledged: u64,
    visit: &mut Visit<'_, E>,
) -> Result<(Identity, Position), E> {
    let (frames, only) = (MemoryVfs::default(), [SegmentName(1)]);
    frames.put(&only[0].to_string(), kept);
    let mut scan = Scan::new(&frames, &only, Access::Read, acknowledged);
    loop {
        match scan.step()? {
            Step::Frame(info, Some(control)) => visit(&info, Content::Control(control))?,
            Step::Frame(info, None) => visit(&info, Content::Records(scan.records()?))?,
            Step::End => break,
            Step::Bad(bad) => return Err(whole_or_not_at_all(bad).into_error().into()),
        }
    }
    let (identity, _, running) = scan.into_end()?;
    Ok((identity, Position { next_seq: running.next_seq, chain: running.chain, epoch: running.epoch }))
}

/// A store's last frame cannot be torn: it was kept whole, or not at all.
fn whole_or_not_at_all(bad: BadFrame) -> BadFrame {
    match bad.class {
        Class::Torn | Class::Ambiguous => BadFrame { class: Class::Corrupt, ..bad },
        _ => bad,
    }
}

fn refused(op: &'static str) -> impl FnOnce(String) -> JournalError {
    move |reason| JournalError::Backend { op, reason }
}

impl<B: Backend> Store for BackendLog<B> {
    fn epoch(&self) -> u64 {
        self.position.epoch
    }

    fn next_seq(&self) -> u64 {
        self.position.next_seq
    }

    fn chain(&self) -> Hash {
        self.position.chain
    }

    fn append(&mut self, mut batch: &[u8], first_seq: u64, count: u32) -> Result<(), JournalError> {
        batch::check(batch, first_seq, count, self.position.next_seq)?;
        while let Some((body, count)) = batch::next_body(&mut batch) {
            let leaves: Vec<Hash> = Records::new(body).map(leaf).collect();
            self.keep(Kind::Records, count, body, &leaves)?;
        }
        Ok(())
    }

    fn prepare(&mut self, _: Timestamp) -> Result<bool, JournalError> {
        Ok(false)
    }

    fn seal(&mut self) -> Result<(), JournalError> {
        if self.last_kind == Kind::Seal && !self.failed {
            return Ok(());
        }
        self.keep_control(&Control::Seal)
    }

    fn has_room(&self) -> bool {
        true
    }

    fn begins_segment(&self, _: usize) -> bool {
        false
    }

    fn state(&mut self, seq: u64, state_hash: Hash) -> Result<(), JournalError> {
        self.keep_control(&Control::State { seq, state_hash })
    }

    fn journal_id(&self) -> [u8; 16] {
        self.identity.journal_id
    }

    fn keep_snapshot(&mut self, _: &[u8]) -> Result<(), JournalError> {
        Ok(())
    }

    fn close(mut self: Box<Self>) -> Result<(), JournalError> {
        self.seal()?;
        self.backend.close().map_err(refused("close"))
    }

    fn abandon(mut self: Box<Self>) {
        // It has failed already; that it also fails to close tells nobody anything.
        self.backend.close().ok();
    }
}
