//! The durable, chained journal (FORMAT.md, part A).
//!
//! A journal is a directory of segments, a segment a sequence of frames, a frame a batch of records that became durable
//! together. Records are opaque here but for their length and their `seq`; their meaning is the engine's.
//!
//! What is always true:
//!
//! * [`Log::append`] returns only after the records are durable. A frame is synced before the next one is written.
//! * After any error of a write or a sync the log takes nothing more. Reopening tells what is durable.
//! * Every frame carries the chain value of all before it. Reading takes a prefix of whole frames and names the first
//!   thing that is not as it should be; it never goes on behind it.
//! * Opening for writing cuts a tail only if nothing shows that it was ever whole, or an operator accepted the loss. What
//!   is cut is first kept in a `.torn` file together with what the journal will say of it; a cut that was interrupted
//!   anywhere is completed from that file at the next opening. A segment is never made shorter.
//!
//! What it does not do: it reads no clock, draws no random number, starts no thread and does not know what a bid is. The
//! chain has no key: it shows a change to whoever holds a later chain value or receipt, and to nobody else.
//!
//! Limits: 8,192 records and 1 MiB a frame ([`MAX_FRAME_RECORDS`], [`MAX_FRAME_BYTES`]); a batch within them is one frame.
//! A record has at least 32 bytes and at most [`MAX_RECORD_BYTES`].
//!
//! ```
//! use pyauction_engine::journal::{Align, Content, JournalError, Log, OpenOptions, vfs::memory::MemoryVfs};
//!
//! let disk = MemoryVfs::default();
//! let options = OpenOptions {
//!     align: Align::Bytes512,
//!     segment_bytes: 1 << 20,
//!     now_ns: 0,
//!     entropy: [7; 32],
//!     acknowledged: 0,
//!     accept_tail_loss: None,
//! };
//! let mut record = [0; 32];
//! record[8] = 1;
//! let batch = [&32_u32.to_le_bytes()[..], &record].concat();
//!
//! let mut log = Log::open(disk.clone(), &options, &mut |_, _| Ok::<(), JournalError>(()))?;
//! log.append(&batch, 1, 1)?;
//! log.close()?;
//!
//! let mut replayed = Vec::new();
//! Log::open(disk, &options, &mut |_, content| {
//!     if let Content::Records(records) = content {
//!         replayed.extend(records.map(<[u8]>::to_vec));
//!     }
//!     Ok::<(), JournalError>(())
//! })?;
//! assert_eq!(replayed, [record]);
//! # Ok::<(), JournalError>(())
//! ```

pub mod backend;
mod batch;
mod cache;
mod classify;
mod control;
mod directory;
mod error;
mod frame;
mod log;
#[cfg(feature = "planted-bugs")]
pub mod planted;
#[cfg(not(feature = "planted-bugs"))]
pub(crate) mod planted;
mod reader;
mod recover;
mod scan;
mod sealer;
mod store;
pub mod vfs;
mod window;

pub use cache::read_snapshot;
pub use control::{Control, Recovery, SegmentHeader, Why};
pub use error::{BadFrame, Class, JournalError};
pub use frame::{
    Align, FORMAT_VERSION, Hash, Hex, Identity, Kind, MAGIC, MAX_FRAME_BYTES, MAX_FRAME_RECORDS, MAX_RECORD_BYTES,
    MIN_RECORD_BYTES, Records, SECTOR_BYTES, SEGMENT_HEADER_BYTES, SUITE, SegmentName, leaf, seq_of,
};
pub use log::{DEFAULT_SEGMENT_BYTES, Log, MIN_SEGMENT_BYTES, OpenOptions, TailLoss};
pub use reader::{Content, ReadEnd, Visit, read};
pub use scan::FrameInfo;
pub use store::Store;
