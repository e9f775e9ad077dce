//! The bytes of a frame: header, checksums, chain and mark (FORMAT.md A.3), encoded and judged here and nowhere else.
//!
//! This file looks at one frame at a time and does no input or output. What a frame means in its place is decided in
//! `scan`, what the bodies of control frames say in `control`.

use std::fmt;

use super::planted::Bug;
use sha2::{Digest, Sha256};

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// The first bytes of every frame.
pub const MAGIC: [u8; 4] = *b"PAJF";
/// The format version that this release writes and reads.
pub const FORMAT_VERSION: u16 = 1;
/// The suite of algorithms that this release writes and reads.
pub const SUITE: u16 = 1;
/// The largest frame in bytes, padding included.
pub const MAX_FRAME_BYTES: usize = 1 << 20;
/// The largest number of records in one frame.
pub const MAX_FRAME_RECORDS: u32 = 8_192;
/// The length of the HEADER frame that begins a segment.
pub const SEGMENT_HEADER_BYTES: usize = 4_096;
/// What a disk is assumed to write whole or not at all.
pub const SECTOR_BYTES: usize = 512;
/// The fields that every record begins with (FORMAT.md A.5).
pub const MIN_RECORD_BYTES: usize = 32;
/// The longest record: it fills a frame alone.
pub const MAX_RECORD_BYTES: usize = MAX_BODY_BYTES - 4;

/// The longest body of a frame.
pub(super) const MAX_BODY_BYTES: usize = MAX_FRAME_BYTES - FRAME_OVERHEAD;
/// The length of a frame's header.
pub(super) const HEADER_BYTES: usize = 80;
/// Where the header's checksum stands.
const HEADER_CRC_AT: usize = 72;
/// How much of the header enters the chain.
const CHAINED_HEADER_BYTES: usize = 40;
/// Header, chain, checksum and the shortest mark.
const FRAME_OVERHEAD: usize = HEADER_BYTES + CHAIN_BYTES + 4 + MIN_MARK_BYTES;
const CHAIN_BYTES: usize = 32;
const MIN_MARK_BYTES: usize = 8;
const MARK: u8 = 0x5A;

/// What frames are padded to. It must not be smaller than what the filesystem or the device writes at once, or writing a
/// frame may damage an acknowledged one that shares the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Align {
    /// 512 bytes: for memory, and where a sector that is being rewritten holds either its old or its new bytes.
    Bytes512,
    /// 4,096 bytes, right for every common filesystem and disk.
    #[default]
    Bytes4096,
}

impl Align {
    /// Returns the number of bytes.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        match self {
            Self::Bytes512 => 512,
            Self::Bytes4096 => 4_096,
        }
    }

    /// Returns the alignment of that many bytes, if there is one.
    #[must_use]
    pub const fn from_bytes(bytes: u32) -> Option<Self> {
        match bytes {
            512 => Some(Self::Bytes512),
            4_096 => Some(Self::Bytes4096),
            _ => None,
        }
    }
}

/// The kind of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Kind {
    /// One or more records.
    Records = 1,
    /// The beginning of a segment.
    Header = 2,
    /// Proof that the records before it are durable.
    Seal = 3,
    /// Bytes were cut from a tail.
    Recovery = 4,
    /// The journal was opened for writing once more.
    Epoch = 5,
    /// The engine's state hash.
    State = 6,
}

impl Kind {
    /// Returns the kind of that number, if there is one.
    #[must_use]
    pub const fn from_wire(number: u16) -> Option<Self> {
        Some(match number {
            1 => Self::Records,
            2 => Self::Header,
            3 => Self::Seal,
            4 => Self::Recovery,
            5 => Self::Epoch,
            6 => Self::State,
            _ => return None,
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Records => "RECORDS",
            Self::Header => "HEADER",
            Self::Seal => "SEAL",
            Self::Recovery => "RECOVERY",
            Self::Epoch => "EPOCH",
            Self::State => "STATE",
        })
    }
}

/// A segment, named after the sequence that its first record has or will have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentName(pub u64);

impl SegmentName {
    /// Returns the segment of that file name, if it is one.
    #[must_use]
    pub fn parse(file: &str) -> Option<Self> {
        let digits = file.strip_suffix(".plog")?;
        let name = Self(digits.parse().ok()?);
        (name.to_string() == file).then_some(name)
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:020}.plog", self.0)
    }
}

/// Shows bytes in hexadecimal.
#[derive(Debug, Clone, Copy)]
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What is the same in every segment of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The journal's own number, random.
    pub journal_id: [u8; 16],
    /// Enters every checksum, so that the bytes of another journal, or of a bidder's text, are never a sound frame.
    pub salt: [u8; 16],
    /// What frames are padded to.
    pub align: Align,
}

impl Identity {
    /// Returns the chain value before the first frame.
    #[must_use]
    pub fn genesis(&self) -> Hash {
        genesis(&self.journal_id)
    }
}

/// Returns the chain value before the first frame of the journal of that number.
#[must_use]
pub(super) fn genesis(journal_id: &[u8; 16]) -> Hash {
    hash(&[b"pyauction/genesis/v1", journal_id])
}

/// The fields of a frame's header. The kind is a number, since it may be one that this release does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    pub version: u16,
    pub kind: u16,
    pub body_len: u32,
    pub count: u32,
    pub first_seq: u64,
    pub epoch: u64,
    pub durable_upto: u64,
    pub prev_chain: Hash,
}

/// Returns `H` of the parts' concatenation.
#[must_use]
pub(super) fn hash(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Returns the leaf of a record: its receipt.
#[must_use]
pub fn leaf(record: &[u8]) -> Hash {
    hash(&[&[0x00], record])
}

/// Returns what enters the chain for a control frame's body.
#[must_use]
pub(super) fn control_leaf(body: &[u8]) -> Hash {
    hash(&[&[0x02], body])
}

/// Returns the sequence that a record states.
#[must_use]
pub fn seq_of(record: &[u8]) -> Option<u64> {
    record.get(8..)?.first_chunk().copied().map(u64::from_le_bytes)
}

/// Takes fields off the front of bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }

    pub fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (field, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(field)
    }

    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }
}

/// The records of a body, in order. Ends where a record is not whole, which [`Records::well_formed`] rules out.
#[derive(Debug, Clone)]
pub struct Records<'a>(Fields<'a>);

impl<'a> Records<'a> {
    /// Returns the records of `u32 length ‖ record …`.
    #[must_use]
    pub const fn new(body: &'a [u8]) -> Self {
        Self(Fields(body))
    }

    /// Returns whether these are exactly `count` records with no bytes left over.
    #[must_use]
    pub fn well_formed(mut self, count: u32) -> bool {
        let mut records: u32 = 0;
        while self.next().is_some() {
            records = records.saturating_add(1);
        }
        records == count && self.0.0.is_empty()
    }

    /// Returns the bytes that no record was taken from yet.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.0.0
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let mut fields = self.0;
        let len = usize::try_from(fields.u32()?).ok()?;
        let record = fields.bytes(len).filter(|record| record.len() >= MIN_RECORD_BYTES)?;
        self.0 = fields;
        Some(record)
    }
}

impl FrameHeader {
    /// Returns the frame's length, or `None` if it would exceed the largest.
    pub fn frame_bytes(&self, align: Align) -> Option<usize> {
        if self.kind == Kind::Header as u16 {
            return Some(SEGMENT_HEADER_BYTES);
        }
        frame_bytes(usize::try_from(self.body_len).ok()?, align)
    }

    fn encode_front(&self) -> [u8; HEADER_CRC_AT] {
        let mut front = [0; HEADER_CRC_AT];
        let fields: [&[u8]; 9] = [
            &MAGIC,
            &self.version.to_le_bytes(),
            &self.kind.to_le_bytes(),
            &self.body_len.to_le_bytes(),
            &self.count.to_le_bytes(),
            &self.first_seq.to_le_bytes(),
            &self.epoch.to_le_bytes(),
            &self.durable_upto.to_le_bytes(),
            &self.prev_chain,
        ];
        for (to, from) in front.iter_mut().zip(fields.into_iter().flatten()) {
            *to = *from;
        }
        front
    }
}

/// Returns the length of a frame with a body of that length, or `None` if it would exceed the largest.
pub(super) fn frame_bytes(body_bytes: usize, align: Align) -> Option<usize> {
    let align = usize::try_from(align.bytes()).ok()?;
    let bytes = body_bytes.checked_add(FRAME_OVERHEAD)?.checked_next_multiple_of(align)?;
    (bytes <= MAX_FRAME_BYTES).then_some(bytes)
}

/// Returns the checksum of `salt ‖ bytes`.
fn checksum(salt: &[u8; 16], bytes: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(salt), bytes)
}

fn chain(prev_chain: &Hash, chained_header: &[u8], leaves: &[Hash]) -> Hash {
    hash(&[b"pyauction/chain/v1", prev_chain, chained_header, leaves.as_flattened()])
}

/// Writes a whole frame into `out` and returns its chain value. `leaves` are those of the records, or the one of a
/// control body; `frame_bytes` is the frame's length.
pub(super) fn encode(
    out: &mut Vec<u8>,
    header: &FrameHeader,
    salt: &[u8; 16],
    body: &[u8],
    leaves: &[Hash],
    frame_bytes: usize,
) -> Hash {
    let front = header.encode_front();
    let chained = front.first_chunk::<CHAINED_HEADER_BYTES>().map_or(&front[..], |chunk| chunk);
    let chain = chain(&header.prev_chain, chained, leaves);
    out.clear();
    out.extend_from_slice(&front);
    out.extend_from_slice(&checksum(salt, &front).to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(body);
    out.extend_from_slice(&chain);
    let crc = checksum(salt, out);
    out.extend_from_slice(&crc.to_le_bytes());
    out.resize(frame_bytes, MARK);
    chain
}

/// Returns the sound header at the start of `bytes`.
///
/// # Errors
/// Says why there is none.
pub(super) fn read_header(bytes: &[u8], salt: &[u8; 16]) -> Result<FrameHeader, &'static str> {
    const SHORT: &str = "expected a frame's header, found the end of the file";
    let (front, crc) = bytes.split_at_checked(HEADER_CRC_AT).ok_or(SHORT)?;
    if !front.starts_with(&MAGIC) {
        return Err("expected a frame's magic or zeros, found other bytes");
    }
    if Fields(crc).u32().ok_or(SHORT)? != checksum(salt, front) {
        return Err("the header's checksum is wrong");
    }
    decode_front(front).ok_or(SHORT)
}

fn decode_front(front: &[u8]) -> Option<FrameHeader> {
    let mut fields = Fields(front.get(MAGIC.len()..)?);
    Some(FrameHeader {
        version: fields.u16()?,
        kind: fields.u16()?,
        body_len: fields.u32()?,
        count: fields.u32()?,
        first_seq: fields.u64()?,
        epoch: fields.u64()?,
        durable_upto: fields.u64()?,
        prev_chain: fields.array()?,
    })
}

/// Returns the body of a frame if the checksum behind it is right.
pub(super) fn checked_body<'a>(frame: &'a [u8], header: &FrameHeader, salt: &[u8; 16]) -> Option<&'a [u8]> {
    let end = HEADER_BYTES.checked_add(usize::try_from(header.body_len).ok()?)?;
    let (checked, tail) = frame.split_at_checked(end.checked_add(CHAIN_BYTES)?)?;
    let right = Fields(tail).u32()? == checksum(salt, checked) || Bug::AcceptAnyChecksum.is_planted();
    checked.get(HEADER_BYTES..end).filter(|_| right)
}

/// Returns whether the reserved bytes of a frame's header are zero.
pub(super) fn reserved_is_zero(frame: &[u8]) -> bool {
    frame.get(HEADER_CRC_AT + 4..HEADER_BYTES) == Some(&[0; 4])
}

/// Returns whether a frame ends in its mark, which no checksum covers.
pub(super) fn has_mark(frame: &[u8], body: &[u8]) -> bool {
    let mark = frame.get(HEADER_BYTES + body.len() + CHAIN_BYTES + 4..).unwrap_or_default();
    mark.len() >= MIN_MARK_BYTES && mark.iter().all(|&byte| byte == MARK)
}

/// Returns the chain value of an intact frame, which is also the one that it states.
///
/// # Errors
/// Says that the stated value is another.
pub(super) fn proven_chain(frame: &[u8], header: &FrameHeader, body: &[u8]) -> Result<Hash, &'static str> {
    const SHORT: &str = "the frame is cut short";
    let mut hasher = Sha256::new();
    hasher.update(b"pyauction/chain/v1");
    hasher.update(header.prev_chain);
    hasher.update(frame.get(..CHAINED_HEADER_BYTES).ok_or(SHORT)?);
    if header.kind == Kind::Records as u16 {
        Records::new(body).for_each(|record| hasher.update(leaf(record)));
    } else {
        hasher.update(control_leaf(body));
    }
    let chain: Hash = hasher.finalize().into();
    let stated = frame.get(HEADER_BYTES + body.len()..).and_then(|rest| rest.first_chunk());
    if stated == Some(&chain) { Ok(chain) } else { Err("the frame's chain value is wrong") }
}

/// Returns whether one of the 512-byte sectors is all zero. The last may be shorter.
pub(super) fn has_zero_sector(frame: &[u8]) -> bool {
    frame.chunks(SECTOR_BYTES).any(|sector| sector.iter().all(|&byte| byte == 0))
}

/// Returns whether these bytes, the last of which is not zero, may be complete frames.
pub(super) fn may_be_frames(tail: &[u8], align: Align) -> bool {
    let aligned = usize::try_from(align.bytes()).is_ok_and(|align| tail.len().is_multiple_of(align));
    aligned && tail.ends_with(&[MARK; MIN_MARK_BYTES]) && !has_zero_sector(tail)
}

/// Returns whether a frame has zeros where its mark should end.
pub(super) fn lacks_mark(frame: &[u8]) -> bool {
    frame.ends_with(&[0; MIN_MARK_BYTES])
}

/// Returns whether a frame with this body would have a sector that looks unwritten. Bodies of the engine's records do
/// not come near it; telling torn frames from damaged ones depends on it.
pub(super) fn looks_unwritten(body: &[u8]) -> bool {
    const LONGEST: usize = SECTOR_BYTES / 2;
    let whole_sectors = body.get(SECTOR_BYTES - HEADER_BYTES..).unwrap_or_default();
    whole_sectors.chunks(SECTOR_BYTES).any(|chunk| chunk.len() >= LONGEST && chunk.iter().all(|&byte| byte == 0))
}
