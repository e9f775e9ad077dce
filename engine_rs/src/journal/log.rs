//! The writer of a journal.
//!
//! A frame is written with one write and synced before the next is written. So a frame behind another proves that the
//! one before was whole and durable, which is what reading relies on (FORMAT.md A.4), and `durable_upto` is always the
//! sequence before the next record.
//!
//! After an error of a write or a sync nothing is known about the disk, and the log takes nothing more: a failed sync is
//! never repeated. A batch that is refused for its content is refused before anything of it is written.

use crate::time::Timestamp;

use super::batch;
use super::cache;
use super::control::{Control, SegmentHeader, is_text};
use super::directory::{Directory, LOCK, SPARE};
use super::error::{BadFrame, Class, JournalError, io_error};
use super::frame::{
    Align, Hash, Hex, Identity, Kind, Records, SEGMENT_HEADER_BYTES, SegmentName, control_leaf, frame_bytes, hash, leaf,
};
use super::planted::Bug;
use super::reader::Visit;
use super::recover::{Recovered, recover};
use super::scan::{Place, Running};
use super::sealer::{Position, too_long};
use super::vfs::{Vfs, VfsFile, write_all_at, zero_fill};

/// The size of a segment unless the host wants another: 16 MiB, which takes a fraction of a second to fill with zeros.
pub const DEFAULT_SEGMENT_BYTES: u64 = 16 << 20;
/// The smallest segment: its header and as much again.
pub const MIN_SEGMENT_BYTES: u64 = 2 * SEGMENT_HEADER_BYTES as u64;

/// An operator's word that an ambiguous tail may be cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailLoss {
    /// The hash that [`JournalError::Ambiguous`] stated, in hexadecimal.
    pub removed_hash: String,
    /// Who accepts the loss; it is recorded.
    pub operator: String,
}

/// How to open a journal for writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOptions {
    /// What frames of a new journal are padded to. An existing journal keeps its own. On a disk that should be
    /// [`Align::Bytes4096`] unless more is known about it.
    pub align: Align,
    /// The size of segments made from now on, a multiple of 4,096 and at least [`MIN_SEGMENT_BYTES`].
    pub segment_bytes: u64,
    /// The time of opening, from 1970 to 2116.
    pub now_ns: i64,
    /// Random bytes: the journal id and the salt of a new journal.
    pub entropy: [u8; 32],
    /// The highest sequence that the caller knows to have been durable, 0 for none.
    pub acknowledged: u64,
    /// The loss that an operator accepts. It counts for a tail of exactly this hash and for nothing else.
    pub accept_tail_loss: Option<TailLoss>,
}

impl OpenOptions {
    /// Checks the options alone.
    ///
    /// # Errors
    /// [`JournalError::InvalidOption`].
    pub fn check(&self) -> Result<(), JournalError> {
        if !Timestamp(self.now_ns).is_valid() {
            let detail = format!("expected a time from 1970 to 2116, received {} ns", self.now_ns);
            return Err(JournalError::InvalidOption { option: "now_ns", detail });
        }
        if self.segment_bytes < MIN_SEGMENT_BYTES || !self.segment_bytes.is_multiple_of(SEGMENT_HEADER_BYTES as u64) {
            let detail =
                format!("expected a multiple of 4096 from {MIN_SEGMENT_BYTES} on, received {}", self.segment_bytes);
            return Err(JournalError::InvalidOption { option: "segment_bytes", detail });
        }
        let Some(loss) = &self.accept_tail_loss else {
            return Ok(());
        };
        if loss.operator.is_empty() || !is_text(loss.operator.as_bytes()) {
            let detail = "expected an operator of 1 to 255 bytes without control characters".to_owned();
            return Err(JournalError::InvalidOption { option: "accept_tail_loss", detail });
        }
        if loss.removed_hash.len() != 64 || !loss.removed_hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let detail = format!("expected a hash of 64 hexadecimal digits, received {:?}", loss.removed_hash);
            return Err(JournalError::InvalidOption { option: "accept_tail_loss", detail });
        }
        Ok(())
    }

    /// Returns the operator who accepted the loss of the bytes with that hash.
    pub(super) fn accepts(&self, removed_hash: &Hash) -> Option<&str> {
        let loss = self.accept_tail_loss.as_ref()?;
        loss.removed_hash.eq_ignore_ascii_case(&Hex(removed_hash).to_string()).then_some(&loss.operator)
    }

    pub(super) fn new_identity(&self) -> Identity {
        let (journal_id, salt) = self.entropy.split_at(16);
        let half = |bytes: &[u8]| bytes.first_chunk().copied().unwrap_or_default();
        Identity { journal_id: half(journal_id), salt: half(salt), align: self.align }
    }
}

/// Where the next frame goes, and what it continues.
#[derive(Debug)]
pub(super) struct Tail<F> {
    file: F,
    name: SegmentName,
    number: u64,
    file_bytes: u64,
    offset: u64,
    has_records: bool,
    position: Position,
}

impl<F: VfsFile> Tail<F> {
    /// Returns the tail of a journal behind which everything is zero.
    pub fn of(place: Place<F>, running: &Running) -> Self {
        Self {
            name: place.name,
            number: running.segment_number,
            file_bytes: place.window.len(),
            offset: place.offset,
            has_records: place.has_records,
            position: Position { next_seq: running.next_seq, chain: running.chain, epoch: running.epoch },
            file: place.window.into_file(),
        }
    }
}

/// A journal that is open for writing, by this house alone.
#[derive(Debug)]
pub struct Log<V: Vfs> {
    vfs: V,
    identity: Identity,
    tail: Tail<V::File>,
    spare: Option<Spare<V::File>>,
    segment_bytes: u64,
    now_ns: i64,
    last_kind: Kind,
    failed: bool,
    frame: Vec<u8>,
    leaves: Vec<Hash>,
    _lock: V::Lock,
}

impl<V: Vfs> Log<V> {
    /// Opens a journal, or begins one in an empty directory: locks it, hands every frame to `visit` in order, cuts a torn
    /// tail and records that, and begins the next epoch.
    ///
    /// # Errors
    /// What `visit` returns; nothing was changed then. [`JournalError`] says what the operator should conclude; after
    /// any error the frames that `visit` has seen mean nothing.
    pub fn open<E: From<JournalError>>(vfs: V, options: &OpenOptions, visit: &mut Visit<'_, E>) -> Result<Self, E> {
        options.check()?;
        let directory = Directory::read(&vfs)?;
        directory.refuse_foreign()?;
        directory.refuse_stray()?;
        let lock = vfs.try_lock(LOCK).map_err(io_error("lock", LOCK))?.ok_or(JournalError::Locked)?;
        let directory = Directory::read(&vfs)?;
        directory.refuse_stray()?;
        directory.tidy(&vfs)?;
        if directory.segments.is_empty() {
            directory.refuse_foreign()?;
            return Ok(Self::begin(vfs, lock, options)?);
        }
        let recovered = recover(&vfs, &directory, options, visit)?;
        Ok(Self::resume(vfs, lock, recovered, options)?)
    }

    /// Makes the first segment of a new journal. Its HEADER begins the first epoch.
    fn begin(vfs: V, lock: V::Lock, options: &OpenOptions) -> Result<Self, JournalError> {
        if options.acknowledged > 0 {
            return Err(all_is_gone(options.acknowledged).into_error());
        }
        let identity = options.new_identity();
        let header =
            SegmentHeader { identity, number: 1, segment_bytes: options.segment_bytes, created_at_ns: options.now_ns };
        let spare = Spare::create(&vfs)?.filled(options.segment_bytes)?;
        let mut frame = Vec::new();
        let start = Position { next_seq: 1, chain: identity.genesis(), epoch: 1 };
        let tail = begin_segment(&vfs, spare, &header, start, &mut frame)?;
        Ok(Self::assemble(vfs, lock, identity, tail, options, frame))
    }

    /// Goes on where a recovered journal ends.
    fn resume(
        vfs: V,
        lock: V::Lock,
        recovered: Recovered<V::File>,
        options: &OpenOptions,
    ) -> Result<Self, JournalError> {
        let Recovered { identity, tail, recovery } = recovered;
        let mut log = Self::assemble(vfs, lock, identity, tail, options, Vec::new());
        if let Some(recovery) = recovery {
            log.write_control(&Control::Recovery(recovery))?;
        }
        log.write_control(&Control::Epoch { opened_at_ns: options.now_ns })?;
        Ok(log)
    }

    fn assemble(
        vfs: V,
        lock: V::Lock,
        identity: Identity,
        tail: Tail<V::File>,
        options: &OpenOptions,
        frame: Vec<u8>,
    ) -> Self {
        Self {
            vfs,
            identity,
            tail,
            spare: None,
            segment_bytes: options.segment_bytes,
            now_ns: options.now_ns,
            last_kind: Kind::Header,
            failed: false,
            frame,
            leaves: Vec::new(),
            _lock: lock,
        }
    }

    /// Makes records durable: a sequence of `u32 length ‖ record`, `count` of them, numbered from `first_seq` on. They
    /// are durable together when this returns.
    ///
    /// A batch that fits into one frame is one frame, so that after a crash either all of it is there or nothing. Only a
    /// longer one is split, wherever a frame is full. The records of one command must therefore come in one batch, and a
    /// batch of several commands should stay below [`MAX_FRAME_RECORDS`](super::MAX_FRAME_RECORDS) and
    /// [`MAX_FRAME_BYTES`](super::MAX_FRAME_BYTES). After an error of the disk any first part of the frames may be
    /// durable.
    ///
    /// # Errors
    /// [`JournalError::InvalidBatch`] without any effect; [`JournalError::Io`] once, and [`JournalError::Failed`] from
    /// then on.
    pub fn append(&mut self, batch: &[u8], first_seq: u64, count: u32) -> Result<(), JournalError> {
        if self.failed {
            return Err(JournalError::Failed);
        }
        batch::check(batch, first_seq, count, self.tail.position.next_seq)?;
        let mut leaves = std::mem::take(&mut self.leaves);
        leaves.clear();
        let written = self.fail_stop(|log| log.write_batch(batch, &mut leaves));
        self.leaves = leaves;
        written
    }

    /// Returns the leaves (receipts) of the records that [`Log::append`] wrote last.
    #[must_use]
    pub fn leaves(&self) -> &[Hash] {
        &self.leaves
    }

    /// Records the engine's state hash after the last record, `seq`.
    ///
    /// # Errors
    /// As [`Log::append`].
    pub fn state(&mut self, seq: u64, state_hash: Hash) -> Result<(), JournalError> {
        if seq != self.durable() {
            let detail = format!("expected the state after record {}, received {seq}", self.durable());
            return Err(JournalError::InvalidBatch { detail });
        }
        self.write_control(&Control::State { seq, state_hash })
    }

    /// Proves in the journal itself that every record is durable. To be called when the house falls idle; does nothing
    /// if the last frame is a SEAL.
    ///
    /// # Errors
    /// As [`Log::append`].
    pub fn seal(&mut self) -> Result<(), JournalError> {
        if self.last_kind == Kind::Seal && !self.failed {
            return Ok(());
        }
        self.write_control(&Control::Seal)
    }

    /// Seals and unlocks. Dropping a log without this is what a crash does.
    ///
    /// # Errors
    /// As [`Log::append`]. The lock is given up in any case.
    pub fn close(mut self) -> Result<(), JournalError> {
        self.seal()?;
        if self.spare.take().is_some() {
            self.vfs.remove(SPARE).map_err(io_error("remove", SPARE))?;
        }
        Ok(())
    }

    /// Keeps a snapshot beside the journal, in place of the last one, if two more segments have room besides.
    ///
    /// # Errors
    /// [`JournalError::Io`]; the log goes on. The last snapshot is kept, or none.
    pub fn keep_snapshot(&self, snapshot: &[u8]) -> Result<(), JournalError> {
        let least = self.segment_bytes.saturating_mul(2).saturating_add(snapshot.len() as u64);
        if self.room()? < least {
            return Ok(());
        }
        cache::keep_snapshot(&self.vfs, snapshot)
    }

    /// Returns whether a batch of so many bytes, in one frame, begins a new segment.
    #[must_use]
    pub fn begins_segment(&self, batch_bytes: usize) -> bool {
        let bytes = frame_bytes(batch_bytes, self.identity.align).unwrap_or(0) as u64;
        self.tail.has_records && self.tail.offset + bytes > self.tail.file_bytes
    }

    /// Returns how many bytes the segments still take that there is room for, what is ready of the next one among them;
    /// what is left of the present one does not count.
    ///
    /// # Errors
    /// [`JournalError::Io`]; the log goes on.
    pub fn room(&self) -> Result<u64, JournalError> {
        let free = self.vfs.free_bytes().map_err(io_error("measure", "."))?;
        Ok(free.saturating_add(self.spare.as_ref().map_or(0, |spare| spare.bytes)))
    }

    /// Returns whether two more segments have room. Below that nothing should be journaled that can be put off, so that
    /// what ends a sale still fits.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.room().is_ok_and(|bytes| bytes >= self.segment_bytes.saturating_mul(2))
    }

    /// Makes the next `at_most` bytes of the next segment ready, if it is not ready and there is room for it; returns whether
    /// there is more to do. To be called when nobody waits, a little at a time, since who comes meanwhile waits for it; the
    /// append that needs the segment makes what is missing. `now_ns` becomes the segment's time of creation if it is a valid
    /// time; otherwise the last one stays.
    ///
    /// # Errors
    /// As [`Log::append`].
    pub fn prepare_spare(&mut self, now_ns: i64, at_most: u64) -> Result<bool, JournalError> {
        if !self.failed && (self.spare_is_ready() || self.room()? <= self.segment_bytes) {
            return Ok(false);
        }
        self.fail_stop(|log| {
            let spare = log.spare.take().map_or_else(|| Spare::create(&log.vfs), Ok)?;
            let upto = spare.bytes.saturating_add(at_most).min(log.segment_bytes);
            log.spare = Some(spare.filled(upto)?);
            if Timestamp(now_ns).is_valid() {
                log.now_ns = now_ns;
            }
            Ok(!log.spare_is_ready())
        })
    }

    /// Returns whether the next segment is ready.
    #[must_use]
    pub fn spare_is_ready(&self) -> bool {
        self.spare.as_ref().is_some_and(|spare| spare.bytes >= self.segment_bytes)
    }

    /// Returns the chain value of the last frame.
    #[must_use]
    pub const fn chain(&self) -> Hash {
        self.tail.position.chain
    }

    /// Returns the sequence that the next record must have.
    #[must_use]
    pub const fn next_seq(&self) -> u64 {
        self.tail.position.next_seq
    }

    /// Returns the last sequence that is durable, 0 for none.
    #[must_use]
    pub const fn durable(&self) -> u64 {
        self.tail.position.next_seq - 1
    }

    /// Returns how often the journal was opened for writing, with this time.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.tail.position.epoch
    }

    /// Returns the journal's own random number.
    #[must_use]
    pub const fn journal_id(&self) -> [u8; 16] {
        self.identity.journal_id
    }

    /// Returns what frames are padded to.
    #[must_use]
    pub const fn align(&self) -> Align {
        self.identity.align
    }

    /// Returns the number of the segment that is written to, from 1.
    #[must_use]
    pub const fn segment_number(&self) -> u64 {
        self.tail.number
    }

    /// Returns whether the journal failed and takes nothing more.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        self.failed
    }

    /// Lets `act` write. Unless it succeeds, the log has failed: also if it panics.
    fn fail_stop<T>(&mut self, act: impl FnOnce(&mut Self) -> Result<T, JournalError>) -> Result<T, JournalError> {
        if self.failed {
            return Err(JournalError::Failed);
        }
        self.failed = !Bug::GoOnAfterFailure.is_planted();
        let value = act(self)?;
        self.failed = false;
        Ok(value)
    }

    fn write_batch(&mut self, mut batch: &[u8], leaves: &mut Vec<Hash>) -> Result<(), JournalError> {
        while let Some((body, count)) = batch::next_body(&mut batch) {
            let before = leaves.len();
            leaves.extend(Records::new(body).map(leaf));
            self.write_frame(Kind::Records, count, body, leaves.get(before..).unwrap_or_default())?;
        }
        Ok(())
    }

    fn write_control(&mut self, control: &Control) -> Result<(), JournalError> {
        let body = control.encode();
        self.fail_stop(|log| log.write_frame(control.kind(), 0, &body, &[control_leaf(&body)]))
    }

    /// Writes a frame and makes it durable.
    fn write_frame(&mut self, kind: Kind, count: u32, body: &[u8], leaves: &[Hash]) -> Result<(), JournalError> {
        let bytes = frame_bytes(body.len(), self.identity.align).ok_or_else(|| too_long(body))? as u64;
        self.make_room(bytes)?;
        let sealed = self.tail.position.seal(&mut self.frame, &self.identity, (kind, count, body), leaves)?;
        let tail = &mut self.tail;
        write_all_at(&tail.file, &self.frame, tail.offset).map_err(|error| in_segment("write", tail.name, error))?;
        if !Bug::SkipSync.is_planted() {
            let synced = tail.file.sync_data().map_err(|error| in_segment("sync", tail.name, error));
            if !Bug::IgnoreSyncError.is_planted() {
                synced?;
            }
        }
        tail.offset += bytes;
        tail.has_records |= kind == Kind::Records;
        tail.position = sealed.after;
        self.last_kind = kind;
        Ok(())
    }

    /// Sees to it that the next frame fits: begins the next segment, or makes one without records longer.
    fn make_room(&mut self, bytes: u64) -> Result<(), JournalError> {
        if self.tail.offset + bytes <= self.tail.file_bytes {
            return Ok(());
        }
        if self.tail.has_records {
            self.begin_next_segment()?;
        }
        let tail = &mut self.tail;
        let end = tail.offset + bytes;
        if end > tail.file_bytes {
            // The new length is durable before the frame is, so that a torn frame is never cut by the file's end.
            zero_fill(&tail.file, tail.file_bytes, end).map_err(|error| in_segment("extend", tail.name, error))?;
            tail.file.sync_data().map_err(|error| in_segment("sync", tail.name, error))?;
            tail.file_bytes = end;
        }
        Ok(())
    }

    fn begin_next_segment(&mut self) -> Result<(), JournalError> {
        let spare = self.spare.take().map_or_else(|| Spare::create(&self.vfs), Ok)?.filled(self.segment_bytes)?;
        let header = SegmentHeader {
            identity: self.identity,
            number: self.tail.number + 1,
            segment_bytes: self.segment_bytes,
            created_at_ns: self.now_ns,
        };
        self.tail = begin_segment(&self.vfs, spare, &header, self.tail.position, &mut self.frame)?;
        self.last_kind = Kind::Header;
        Ok(())
    }
}

/// The file that becomes the next segment: zeros, the first `bytes` of which are durable.
#[derive(Debug)]
struct Spare<F> {
    file: F,
    bytes: u64,
}

impl<F: VfsFile> Spare<F> {
    fn create(vfs: &impl Vfs<File = F>) -> Result<Self, JournalError> {
        let file = vfs.create(SPARE).map_err(io_error("create", SPARE))?;
        Ok(Self { file, bytes: 0 })
    }

    /// Returns it with zeros up to there.
    fn filled(self, upto: u64) -> Result<Self, JournalError> {
        if upto <= self.bytes {
            return Ok(self);
        }
        zero_fill(&self.file, self.bytes, upto).map_err(io_error("fill", SPARE))?;
        self.file.sync_data().map_err(io_error("sync", SPARE))?;
        Ok(Self { bytes: upto, ..self })
    }
}

/// Turns the spare into a segment that goes on where the journal stands. It has its name only once it has its header.
fn begin_segment<V: Vfs>(
    vfs: &V,
    spare: Spare<V::File>,
    segment: &SegmentHeader,
    position: Position,
    frame: &mut Vec<u8>,
) -> Result<Tail<V::File>, JournalError> {
    let body = Control::Header(*segment).encode();
    let sealed = position.seal(frame, &segment.identity, (Kind::Header, 0, &body), &[control_leaf(&body)])?;
    let name = SegmentName(position.next_seq);
    let file = spare.file;
    let rename = || vfs.rename(SPARE, &name.to_string()).map_err(io_error("rename", SPARE));
    if Bug::NameBeforeHeader.is_planted() {
        rename()?;
    }
    write_all_at(&file, frame, 0).map_err(io_error("write", SPARE))?;
    if !Bug::SkipHeaderSync.is_planted() {
        file.sync_data().map_err(io_error("sync", SPARE))?;
    }
    if !Bug::NameBeforeHeader.is_planted() {
        rename()?;
    }
    if !Bug::SkipDirectorySync.is_planted() {
        vfs.sync_dir().map_err(io_error("sync", "."))?;
    }
    Ok(Tail {
        file,
        name,
        number: segment.number,
        file_bytes: segment.segment_bytes,
        offset: SEGMENT_HEADER_BYTES as u64,
        has_records: false,
        position: sealed.after,
    })
}

fn in_segment(op: &'static str, name: SegmentName, error: std::io::Error) -> JournalError {
    io_error(op, &name.to_string())(error)
}

/// The caller holds a receipt of a journal of which nothing is left.
pub(super) fn all_is_gone(acknowledged: u64) -> BadFrame {
    BadFrame {
        class: Class::Corrupt,
        segment: SegmentName(1),
        offset: 0,
        next_seq: 1,
        known_upto: acknowledged,
        removed_bytes: 0,
        removed_hash: hash(&[]),
        detail: format!("record {acknowledged} was acknowledged, and the directory holds no segment"),
    }
}
