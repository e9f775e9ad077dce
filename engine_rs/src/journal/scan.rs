//! Reading a journal frame by frame: the rules of FORMAT.md A.4, for the reader and for the writer's recovery alike.
//!
//! A scan goes through the segments in order, takes whole frames and stops at the first thing that is not as it should
//! be, which it names. It changes nothing, and never uses what stands behind a bad frame but as evidence.

use std::fmt;

use super::classify::{Evidence, Remains, classify};
use super::control::{self, BodyFault, Control, JOURNAL_ID_AT, SALT_AT, SegmentHeader};
use super::error::{BadFrame, Class, JournalError, Unsupported, io_error};
use super::frame::{
    self, Align, FORMAT_VERSION, FrameHeader, HEADER_BYTES, Hash, Hex, Identity, Kind, MAX_FRAME_BYTES, Records,
    SEGMENT_HEADER_BYTES, SegmentName, read_header, seq_of,
};
use super::planted::Bug;
use super::vfs::{Access, Vfs, VfsFile};
use super::window::Window;

/// A frame that was found whole and in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameInfo {
    /// The segment that holds it.
    pub segment: SegmentName,
    /// The segment's number, from 1.
    pub segment_number: u64,
    /// Where it begins in the segment.
    pub offset: u64,
    /// Its length, padding included.
    pub bytes: u64,
    /// Its kind.
    pub kind: Kind,
    /// The sequence of its first record, or the one that the next record will have.
    pub first_seq: u64,
    /// Its number of records.
    pub count: u32,
    /// How often the journal had been opened for writing.
    pub epoch: u64,
    /// The last sequence known durable when it was written.
    pub durable_upto: u64,
    /// The chain value up to and with it.
    pub chain: Hash,
}

/// What a scan found next.
#[derive(Debug)]
pub(super) enum Step {
    Frame(FrameInfo, Option<Control>),
    End,
    Bad(BadFrame),
}

/// The values that the next frame must continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Running {
    pub next_seq: u64,
    pub chain: Hash,
    pub epoch: u64,
    /// That of the last frame: it never falls.
    pub durable_upto: u64,
    /// None before the first segment's header.
    pub identity: Option<Identity>,
    pub segment_number: u64,
}

/// The segment that a scan is in.
#[derive(Debug)]
pub(super) struct Place<F> {
    pub name: SegmentName,
    pub window: Window<F>,
    /// The length that its header states.
    pub segment_bytes: u64,
    /// Where the next frame begins.
    pub offset: u64,
    /// Whether a record was found in it.
    pub has_records: bool,
}

impl<F: VfsFile> Place<F> {
    /// Returns whether the segment lost bytes that it was made with.
    fn is_cut_short(&self) -> bool {
        self.window.len() < self.segment_bytes
    }
}

/// A walk through a journal.
#[derive(Debug)]
pub(super) struct Scan<'v, V: Vfs> {
    vfs: &'v V,
    segments: &'v [SegmentName],
    access: Access,
    acknowledged: u64,
    entered: usize,
    body_at: Option<(u64, usize)>,
    pub place: Option<Place<V::File>>,
    pub running: Running,
}

/// A whole frame in its place.
struct Whole {
    header: FrameHeader,
    kind: Kind,
    bytes: usize,
    chain: Hash,
    control: Option<Control>,
}

/// Why the bytes at a frame's place are not taken, before their surroundings are looked at.
enum Fault {
    /// Not whole; with its header, if that is sound.
    Bad(Option<FrameHeader>, &'static str),
    /// Intact as bytes, and impossible there.
    Tampered(String),
    Unsupported(Unsupported),
}

impl From<BodyFault> for Fault {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::Form(detail) => Self::Tampered(detail.to_owned()),
            BodyFault::Unsupported(unsupported) => Self::Unsupported(unsupported),
        }
    }
}

impl<'v, V: Vfs> Scan<'v, V> {
    /// Starts before the first segment. A scan with [`Access::Write`] settles the last segment before it reads it.
    pub fn new(vfs: &'v V, segments: &'v [SegmentName], access: Access, acknowledged: u64) -> Self {
        let running =
            Running { next_seq: 1, chain: [0; 32], epoch: 1, durable_upto: 0, identity: None, segment_number: 0 };
        let acknowledged = if Bug::IgnoreAcknowledged.is_planted() { 0 } else { acknowledged };
        Self { vfs, segments, access, acknowledged, entered: 0, body_at: None, place: None, running }
    }

    /// Goes one frame on.
    pub fn step(&mut self) -> Result<Step, JournalError> {
        let Some(place) = &mut self.place else {
            return self.enter_segment();
        };
        let ahead = place.window.get(place.offset, HEADER_BYTES)?;
        let frame_begins = ahead.iter().any(|&byte| byte != 0);
        if frame_begins || !(Bug::AcceptBytesBehind.is_planted() || place.window.is_zero_from(place.offset)?) {
            return self.take_frame();
        }
        if place.is_cut_short() {
            let (stated, found) = (place.segment_bytes, place.window.len());
            let detail = format!("expected a segment of {stated} bytes, found {found}");
            return self.bad(Class::Corrupt, detail).map(Step::Bad);
        }
        if self.entered < self.segments.len() { self.enter_segment() } else { self.end() }
    }

    /// Returns the records of the frame that was taken last.
    pub fn records(&mut self) -> Result<Records<'_>, JournalError> {
        match (&mut self.place, self.body_at) {
            (Some(place), Some((offset, len))) => Ok(Records::new(place.window.get(offset, len)?)),
            _ => Ok(Records::new(&[])),
        }
    }

    /// Returns the place where reading ended, and what the next frame there must continue.
    pub fn into_end(self) -> Result<(Identity, Place<V::File>, Running), JournalError> {
        match (self.running.identity, self.place) {
            (Some(identity), Some(place)) => Ok((identity, place, self.running)),
            _ => Err(JournalError::NotAJournal { found: "no segment that could be read".to_owned() }),
        }
    }

    /// All segments end in zeros. That is the journal's end unless the caller knows of more.
    fn end(&mut self) -> Result<Step, JournalError> {
        if self.acknowledged < self.running.next_seq {
            return Ok(Step::End);
        }
        let detail = format!("record {} was acknowledged, and the journal ends before it", self.acknowledged);
        self.bad(Class::Corrupt, detail).map(Step::Bad)
    }

    fn enter_segment(&mut self) -> Result<Step, JournalError> {
        let next_seq = self.running.next_seq;
        let Some(&name) = self.segments.get(self.entered) else {
            return self.end();
        };
        if name.0 != next_seq {
            return Ok(Step::Bad(missing_segment(name, next_seq, self.known_upto(0))));
        }
        let file_name = name.to_string();
        let file = self.vfs.open(&file_name, self.access).map_err(io_error("open", &file_name))?;
        self.entered += 1;
        if self.access == Access::Write && self.entered == self.segments.len() {
            file.settle().map_err(io_error("sync", &file_name))?;
        }
        let mut window = Window::new(file, file_name)?;
        if self.running.identity.is_none() {
            self.running.chain = stated_genesis(window.get(0, HEADER_BYTES + SALT_AT)?);
        }
        self.place = Some(Place { name, window, segment_bytes: 0, offset: 0, has_records: false });
        self.take_frame()
    }

    fn take_frame(&mut self) -> Result<Step, JournalError> {
        let Some(place) = &mut self.place else {
            return self.end();
        };
        let offset = place.offset;
        match inspect(place.window.get(offset, MAX_FRAME_BYTES)?, offset, &self.running) {
            Ok(whole) => Ok(self.take(whole)),
            Err(Fault::Bad(header, detail)) => self.name_bad(header.as_ref(), detail).map(Step::Bad),
            Err(Fault::Tampered(detail)) => self.bad(Class::Tampered, detail).map(Step::Bad),
            Err(Fault::Unsupported(unknown)) => self.bad(Class::Unsupported, unknown.to_string()).map(Step::Bad),
        }
    }

    /// Makes a whole frame the last one taken.
    fn take(&mut self, whole: Whole) -> Step {
        let Whole { header, kind, bytes, chain, control } = whole;
        let (running, bytes) = (&mut self.running, bytes as u64);
        let Some(place) = &mut self.place else {
            return Step::End;
        };
        if let Some(Control::Header(segment)) = &control {
            running.identity = Some(segment.identity);
            running.segment_number = segment.number;
            place.segment_bytes = segment.segment_bytes;
        }
        running.next_seq += u64::from(header.count);
        running.chain = chain;
        running.epoch = header.epoch;
        running.durable_upto = header.durable_upto;
        let info = FrameInfo {
            segment: place.name,
            segment_number: running.segment_number,
            offset: place.offset,
            bytes,
            kind,
            first_seq: header.first_seq,
            count: header.count,
            epoch: header.epoch,
            durable_upto: header.durable_upto,
            chain,
        };
        let body_len = usize::try_from(header.body_len).unwrap_or(0);
        self.body_at = (kind == Kind::Records).then_some((place.offset + HEADER_BYTES as u64, body_len));
        place.has_records |= kind == Kind::Records;
        place.offset += bytes;
        Step::Frame(info, control)
    }

    /// Names a bad frame from its surroundings.
    fn name_bad(&mut self, header: Option<&FrameHeader>, detail: &str) -> Result<BadFrame, JournalError> {
        let (Some(place), Some(identity)) = (&mut self.place, &self.running.identity) else {
            return self.bad(Class::Corrupt, detail.to_owned());
        };
        let proving = proving_headers(&mut place.window, place.offset, identity, &self.running)?;
        let has_next_segment = self.entered < self.segments.len();
        let proven = proving.any || has_next_segment || place.is_cut_short();
        let class = classify(Evidence {
            starts_segment: place.offset == 0,
            proof: proven || self.acknowledged >= self.running.next_seq,
            remains: remains(&mut place.window, place.offset, header, identity.align)?,
        });
        let mut bad = self.bad(class, detail.to_owned())?;
        bad.known_upto = self.known_upto(proving.known_upto);
        Ok(bad)
    }

    /// Returns the highest sequence that must have existed.
    fn known_upto(&self, behind: u64) -> u64 {
        let next_segment = self.segments.get(self.entered..).and_then(<[_]>::last);
        let before_segment = next_segment.map_or(0, |name| name.0.saturating_sub(1));
        behind.max(before_segment).max(self.acknowledged).max(self.running.durable_upto)
    }

    /// Describes the place where the scan stands as a bad frame of that name.
    pub fn bad(&mut self, class: Class, detail: String) -> Result<BadFrame, JournalError> {
        let known_upto = self.known_upto(0);
        let next_seq = self.running.next_seq;
        let Some(place) = &mut self.place else {
            return Ok(missing_segment(SegmentName(next_seq), next_seq, known_upto));
        };
        let written_end = place.window.written_end(place.offset)?;
        Ok(BadFrame {
            class,
            segment: place.name,
            offset: place.offset,
            next_seq,
            known_upto,
            removed_bytes: written_end - place.offset,
            removed_hash: place.window.hash(place.offset, written_end)?,
            detail,
        })
    }
}

/// A gap between two segments, or before the first.
fn missing_segment(found: SegmentName, next_seq: u64, known_upto: u64) -> BadFrame {
    BadFrame {
        class: Class::Tampered,
        segment: found,
        offset: 0,
        next_seq,
        known_upto,
        removed_bytes: 0,
        removed_hash: frame::hash(&[]),
        detail: format!("expected the segment {}, found {found}", SegmentName(next_seq)),
    }
}

/// Returns the chain value before the first frame of a journal, from the id that this frame states.
fn stated_genesis(first_frame: &[u8]) -> Hash {
    let journal_id = first_frame.get(JOURNAL_ID_AT..).and_then(|rest| rest.first_chunk());
    frame::genesis(journal_id.unwrap_or(&[0; 16]))
}

/// Headers behind a bad frame that could only be written when it was whole.
#[derive(Debug, Default)]
struct ProvingHeaders {
    any: bool,
    /// The highest sequence that they name.
    known_upto: u64,
}

fn proving_headers<F: VfsFile>(
    window: &mut Window<F>,
    offset: u64,
    identity: &Identity,
    running: &Running,
) -> Result<ProvingHeaders, JournalError> {
    let align = identity.align.bytes() as usize;
    let mut found = ProvingHeaders::default();
    window.each_piece(offset, u64::MAX, |at, piece| {
        let behind = usize::from(at == offset);
        for header in piece.chunks(align).skip(behind).filter_map(|block| read_header(block, &identity.salt).ok()) {
            // A record may hold an older frame of this journal; nobody can put a later one there.
            if header.first_seq >= running.next_seq && header.epoch >= running.epoch {
                let last = header.first_seq.saturating_add(u64::from(header.count)).saturating_sub(1);
                found = ProvingHeaders { any: true, known_upto: found.known_upto.max(last).max(header.durable_upto) };
            }
        }
        true
    })?;
    Ok(found)
}

/// Looks at what is left of a bad frame.
fn remains<F: VfsFile>(
    window: &mut Window<F>,
    offset: u64,
    header: Option<&FrameHeader>,
    align: Align,
) -> Result<Remains, JournalError> {
    let written = window.written_end(offset)? - offset;
    let Some(frame_bytes) = header.and_then(|header| header.frame_bytes(align)) else {
        let reach = MAX_FRAME_BYTES as u64;
        let tail = window.get(offset, usize::try_from(written.min(reach)).unwrap_or(MAX_FRAME_BYTES))?;
        return Ok(Remains::Unsound {
            beyond_reach: written > reach,
            may_be_frames: frame::may_be_frames(tail, align),
        });
    };
    let frame = window.get(offset, frame_bytes)?;
    Ok(Remains::Sound {
        beyond_frame: written > frame_bytes as u64,
        cut_short: frame.len() < frame_bytes,
        zero_sector: frame::has_zero_sector(frame),
        zero_end: frame::lacks_mark(frame),
    })
}

/// Looks at the bytes where a frame should be: all that the largest frame could take, less at the end of the file.
fn inspect(bytes: &[u8], offset: u64, running: &Running) -> Result<Whole, Fault> {
    let salt = match running.identity {
        Some(identity) if offset > 0 => identity.salt,
        _ => bytes.get(SALT_AT..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default(),
    };
    let header = read_header(bytes, &salt).map_err(|detail| Fault::Bad(None, detail))?;
    if header.version != FORMAT_VERSION {
        return Err(Fault::Unsupported(control::other_version(header.version)));
    }
    let Some(kind) = Kind::from_wire(header.kind) else {
        let unknown = Unsupported { what: "frame kind", found: header.kind, supported: "1 to 6" };
        return Err(Fault::Unsupported(unknown));
    };
    let bad = |detail| Fault::Bad(Some(header), detail);
    if offset == 0 && kind == Kind::Header {
        match other_suite(bytes, &header, &salt) {
            Some((unknown, true)) => return Err(Fault::Unsupported(unknown)),
            Some((_, false)) => return Err(bad("the frame's mark is wrong")),
            None => {}
        }
    }
    let frame_bytes = fitting_bytes(kind, &header, offset, running).map_err(Fault::Tampered)?;
    let frame = bytes.get(..frame_bytes).ok_or_else(|| bad("the file ends before the frame does"))?;
    let body = frame::checked_body(frame, &header, &salt).ok_or_else(|| bad("the frame's checksum is wrong"))?;
    // What the checksum covers is what was written: if that is wrong, it is no accident.
    let tampered = |detail: &str| Fault::Tampered(detail.to_owned());
    if !frame::reserved_is_zero(frame) {
        return Err(tampered("the reserved bytes of the header are not zero"));
    }
    let control = control::decode(kind, header.count, body)?;
    let chain = frame::proven_chain(frame, &header, body).map_err(tampered)?;
    if let Some(detail) = out_of_place(&header, control.as_ref(), body, offset, running) {
        return Err(Fault::Tampered(detail));
    }
    // The mark is behind the checksum. Its sectors are torn like others, and often they are most of the frame.
    if !frame::has_mark(frame, body) && !Bug::AcceptAnyMark.is_planted() {
        return Err(bad("the frame's mark is wrong"));
    }
    Ok(Whole { header, kind, bytes: frame_bytes, chain, control })
}

/// Returns the suite that an intact HEADER frame states if this release does not know it, and whether its mark is right.
/// The frame's hashes are of that suite, so nothing is compared with them.
fn other_suite(bytes: &[u8], header: &FrameHeader, salt: &[u8; 16]) -> Option<(Unsupported, bool)> {
    let frame = bytes.get(..SEGMENT_HEADER_BYTES)?;
    let body = frame::checked_body(frame, header, salt)?;
    control::unknown_suite(body).map(|unknown| (unknown, frame::has_mark(frame, body)))
}

/// Returns the length of a frame whose sound header fits the running values, or says how it does not.
fn fitting_bytes(kind: Kind, header: &FrameHeader, offset: u64, running: &Running) -> Result<usize, String> {
    if (offset == 0) != (kind == Kind::Header) {
        let expected = if offset == 0 { "HEADER" } else { "any other kind than HEADER" };
        return Err(format!("expected {expected}, found {kind}"));
    }
    if header.prev_chain != running.chain && !Bug::AcceptAnyPredecessor.is_planted() {
        return Err(differs("prev_chain", Hex(&running.chain), Hex(&header.prev_chain)));
    }
    if header.first_seq != running.next_seq {
        return Err(differs("first_seq", running.next_seq, header.first_seq));
    }
    let epoch = running.epoch.saturating_add(u64::from(kind == Kind::Epoch));
    if header.epoch != epoch {
        return Err(differs("epoch", epoch, header.epoch));
    }
    let durable = running.durable_upto..running.next_seq;
    if !durable.contains(&header.durable_upto) {
        let expected = format!("{} to {}", durable.start, durable.end - 1);
        return Err(differs("durable_upto", expected, header.durable_upto));
    }
    if header.first_seq.checked_add(u64::from(header.count)).is_none() {
        return Err("the records' sequence exceeds 64 bits".to_owned());
    }
    let align = running.identity.map(|identity| identity.align).unwrap_or_default();
    header
        .frame_bytes(align)
        .filter(|_| control::size_allowed(kind, header.count, header.body_len))
        .ok_or_else(|| format!("{kind} cannot have {} records in {} bytes", header.count, header.body_len))
}

fn differs(field: &str, expected: impl fmt::Display, found: impl fmt::Display) -> String {
    format!("expected {field} {expected}, found {found}")
}

/// Says why a whole frame cannot stand where it stands, if so.
fn out_of_place(
    header: &FrameHeader,
    control: Option<&Control>,
    body: &[u8],
    offset: u64,
    running: &Running,
) -> Option<String> {
    match control {
        None => misnumbered(header.first_seq, body),
        Some(Control::Header(segment)) => foreign_segment(segment, running),
        Some(Control::Recovery(cut)) if cut.segment_number != running.segment_number => {
            Some(differs("a cut in segment number", running.segment_number, cut.segment_number))
        }
        Some(Control::Recovery(cut)) => (cut.offset != offset).then(|| differs("a cut at offset", offset, cut.offset)),
        Some(&Control::State { seq, .. }) => {
            let last = running.next_seq - 1;
            (seq != last).then(|| differs("the state after record", last, seq))
        }
        Some(Control::Seal | Control::Epoch { .. }) => None,
    }
}

fn misnumbered(first_seq: u64, body: &[u8]) -> Option<String> {
    let mut pairs = Records::new(body).map(seq_of).zip(first_seq..);
    let (found, expected) = pairs.find(|&(found, expected)| found != Some(expected))?;
    Some(differs("the record's seq", expected, found.unwrap_or(0)))
}

fn foreign_segment(segment: &SegmentHeader, running: &Running) -> Option<String> {
    let number = running.segment_number.saturating_add(1);
    if segment.number != number {
        return Some(differs("segment number", number, segment.number));
    }
    let expected = running.identity.filter(|identity| *identity != segment.identity)?;
    let (expected, found) = (&expected.journal_id, &segment.identity.journal_id);
    Some(format!("{}, or another salt or alignment", differs("journal", Hex(expected), Hex(found))))
}
