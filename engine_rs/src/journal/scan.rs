//! Reading a journal frame by frame: the rules of FORMAT.md A.4, for the reader and for the writer's recovery alike.
//!
//! A scan goes through the segments in order, takes whole frames and stops at the first thing that is not as it should
//! be, which it names. It changes nothing, and never uses what stands behind a bad frame but as evidence.

use std::fmt;

use super::classify::{Evidence, HeaderFound, classify};
use super::control::{self, BodyFault, Control, SALT_AT, SegmentHeader};
use super::error::{BadFrame, Class, JournalError, io_error};
use super::frame::{
    self, FORMAT_VERSION, FrameHeader, HEADER_BYTES, Hash, HeaderRead, Hex, Identity, Kind, MAX_FRAME_BYTES, Records,
    SegmentName, has_zero_sector, read_header, seq_of,
};
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
    /// The highest `durable_upto` of the frames so far.
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

/// What the bytes at a frame's place are, before their surroundings are looked at.
enum Found {
    Whole(FrameHeader, Hash, Option<Control>),
    /// Intact as bytes, and impossible there.
    Tampered(String),
    Bad(HeaderFound, &'static str),
    Unsupported(&'static str, u16, u16),
}

impl<'v, V: Vfs> Scan<'v, V> {
    /// Starts before the first segment. A scan with [`Access::Write`] settles the last segment before it reads it.
    pub fn new(vfs: &'v V, segments: &'v [SegmentName], access: Access, acknowledged: u64) -> Self {
        let running =
            Running { next_seq: 1, chain: [0; 32], epoch: 1, durable_upto: 0, identity: None, segment_number: 0 };
        Self { vfs, segments, access, acknowledged, entered: 0, body_at: None, place: None, running }
    }

    /// Goes one frame on.
    pub fn step(&mut self) -> Result<Step, JournalError> {
        let Some(place) = &mut self.place else {
            return self.enter_segment();
        };
        let ahead = place.window.get(place.offset, HEADER_BYTES)?;
        if ahead.iter().any(|&byte| byte != 0) || !place.window.is_zero_from(place.offset)? {
            return self.take_frame();
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
        let window = Window::new(file, file_name)?;
        self.place = Some(Place { name, window, segment_bytes: 0, offset: 0, has_records: false });
        self.take_frame()
    }

    fn take_frame(&mut self) -> Result<Step, JournalError> {
        let Some(place) = &mut self.place else {
            return self.end();
        };
        let offset = place.offset;
        let found = inspect(place.window.get(offset, MAX_FRAME_BYTES)?, offset == 0, &self.running);
        match found {
            Found::Whole(header, chain, control) => Ok(self.take(&header, chain, control)),
            Found::Tampered(detail) => self.bad(Class::Tampered, detail).map(Step::Bad),
            Found::Bad(header, detail) => self.name_bad(header, detail).map(Step::Bad),
            Found::Unsupported(what, found, supported) => {
                Err(JournalError::UnsupportedVersion { segment: place.name, offset, what, found, supported })
            }
        }
    }

    /// Makes a whole frame the last one taken.
    fn take(&mut self, header: &FrameHeader, chain: Hash, control: Option<Control>) -> Step {
        let running = &mut self.running;
        let (Some(place), Some(kind)) = (&mut self.place, Kind::from_wire(header.kind)) else {
            return Step::End;
        };
        if let Some(Control::Header(segment)) = &control {
            running.identity = Some(segment.identity);
            running.segment_number = segment.number;
            place.segment_bytes = segment.segment_bytes;
        }
        let align = running.identity.map(|identity| identity.align).unwrap_or_default();
        let bytes = header.frame_bytes(align).unwrap_or(MAX_FRAME_BYTES) as u64;
        running.next_seq += u64::from(header.count);
        running.chain = chain;
        running.epoch = header.epoch;
        running.durable_upto = running.durable_upto.max(header.durable_upto);
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
    fn name_bad(&mut self, header: HeaderFound, detail: &str) -> Result<BadFrame, JournalError> {
        let Some(place) = &mut self.place else {
            return self.bad(Class::Corrupt, detail.to_owned());
        };
        let (offset, next_seq) = (place.offset, self.running.next_seq);
        let behind = match self.running.identity {
            Some(identity) => sound_headers_behind(&mut place.window, offset, &identity)?,
            None => SoundHeaders::default(),
        };
        let bytes_beyond_reach = !place.window.is_zero_from(offset + MAX_FRAME_BYTES as u64)?;
        let has_next_segment = self.entered < self.segments.len();
        let class = classify(Evidence {
            starts_segment: offset == 0,
            once_whole: behind.any
                || has_next_segment
                || self.running.durable_upto >= next_seq
                || self.acknowledged >= next_seq,
            header,
            bytes_beyond_reach,
        });
        let mut bad = self.bad(class, detail.to_owned())?;
        bad.known_upto = self.known_upto(behind.known_upto);
        Ok(bad)
    }

    /// Returns the highest sequence that must have existed.
    fn known_upto(&self, behind: u64) -> u64 {
        let next_segment = self.segments.get(self.entered..).and_then(<[_]>::last);
        let before_segment = next_segment.map_or(0, |name| name.0.saturating_sub(1));
        behind.max(before_segment).max(self.acknowledged).max(self.running.durable_upto)
    }

    fn bad(&mut self, class: Class, detail: String) -> Result<BadFrame, JournalError> {
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

/// Sound headers of this journal behind a bad frame.
#[derive(Debug, Default)]
struct SoundHeaders {
    any: bool,
    /// The highest sequence that they name.
    known_upto: u64,
}

fn sound_headers_behind<F: VfsFile>(
    window: &mut Window<F>,
    offset: u64,
    identity: &Identity,
) -> Result<SoundHeaders, JournalError> {
    let align = identity.align.bytes() as usize;
    let mut found = SoundHeaders::default();
    window.each_piece(offset, u64::MAX, |at, piece| {
        for (index, block) in piece.chunks(align).enumerate() {
            if index == 0 && at == offset {
                continue;
            }
            if let HeaderRead::Sound(header) = read_header(block, &identity.salt) {
                let last = header.first_seq.saturating_add(u64::from(header.count)).saturating_sub(1);
                found = SoundHeaders { any: true, known_upto: found.known_upto.max(last).max(header.durable_upto) };
            }
        }
        true
    })?;
    Ok(found)
}

/// Looks at the bytes where a frame should be: all that the largest frame could take, less at the end of the file.
fn inspect(bytes: &[u8], starts_segment: bool, running: &Running) -> Found {
    let salt = match running.identity {
        Some(identity) if !starts_segment => identity.salt,
        _ => bytes.get(SALT_AT..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default(),
    };
    let header = match read_header(bytes, &salt) {
        HeaderRead::Sound(header) => header,
        HeaderRead::Unsound(detail) => return Found::Bad(HeaderFound::Unsound, detail),
        HeaderRead::OtherVersion(version) => {
            return Found::Unsupported("format version", version, FORMAT_VERSION);
        }
    };
    let (kind, frame_bytes) = match misfit(&header, starts_segment, running) {
        Ok(fit) => fit,
        Err(detail) => return Found::Tampered(detail),
    };
    let Some(frame) = bytes.get(..frame_bytes) else {
        let cut = HeaderFound::Sound { cut_short: true, zero_sector: false };
        return Found::Bad(cut, "the file ends before the frame does");
    };
    let bad = |detail| Found::Bad(HeaderFound::Sound { cut_short: false, zero_sector: has_zero_sector(frame) }, detail);
    let body = match frame::intact_body(frame, &header, &salt) {
        Ok(body) => body,
        Err(detail) => return bad(detail),
    };
    let control = match control::decode(kind, header.count, body) {
        Ok(control) => control,
        Err(BodyFault::Form(detail)) => return bad(detail),
        Err(BodyFault::Unsupported(what, found, supported)) => {
            return Found::Unsupported(what, found, supported);
        }
    };
    let chain = match frame::proven_chain(frame, &header, body) {
        Ok(chain) => chain,
        Err(detail) => return bad(detail),
    };
    match out_of_place(&header, control.as_ref(), body, running) {
        Some(detail) => Found::Tampered(detail),
        None => Found::Whole(header, chain, control),
    }
}

/// Returns the kind and length of a frame whose sound header fits the running values, or says how it does not.
fn misfit(header: &FrameHeader, starts_segment: bool, running: &Running) -> Result<(Kind, usize), String> {
    let Some(kind) = Kind::from_wire(header.kind) else {
        return Err(format!("expected a frame of kind 1 to 6, found {}", header.kind));
    };
    if starts_segment != (kind == Kind::Header) {
        let expected = if starts_segment { "HEADER" } else { "any other kind than HEADER" };
        return Err(format!("expected {expected}, found {kind}"));
    }
    // The first frame's own chain begins at a value that only its body gives.
    if running.identity.is_some() && header.prev_chain != running.chain {
        return Err(differs("prev_chain", Hex(&running.chain), Hex(&header.prev_chain)));
    }
    if header.first_seq != running.next_seq {
        return Err(differs("first_seq", running.next_seq, header.first_seq));
    }
    let epoch = running.epoch.saturating_add(u64::from(kind == Kind::Epoch));
    if header.epoch != epoch {
        return Err(differs("epoch", epoch, header.epoch));
    }
    if header.first_seq.checked_add(u64::from(header.count)).is_none() {
        return Err("the records' sequence exceeds 64 bits".to_owned());
    }
    let align = running.identity.map(|identity| identity.align).unwrap_or_default();
    match header.frame_bytes(align) {
        Some(bytes) if control::size_allowed(kind, header.count, header.body_len) => Ok((kind, bytes)),
        _ => Err(format!("{kind} cannot have {} records in {} bytes", header.count, header.body_len)),
    }
}

fn differs(field: &str, expected: impl fmt::Display, found: impl fmt::Display) -> String {
    format!("expected {field} {expected}, found {found}")
}

/// Says why a whole frame cannot stand where it stands, if so.
fn out_of_place(header: &FrameHeader, control: Option<&Control>, body: &[u8], running: &Running) -> Option<String> {
    match control {
        None => misnumbered(header.first_seq, body),
        Some(Control::Header(segment)) => foreign_segment(header, segment, running),
        Some(_) => None,
    }
}

fn misnumbered(first_seq: u64, body: &[u8]) -> Option<String> {
    let mut pairs = Records::new(body).map(seq_of).zip(first_seq..);
    let (found, expected) = pairs.find(|&(found, expected)| found != Some(expected))?;
    Some(differs("the record's seq", expected, found.unwrap_or(0)))
}

fn foreign_segment(header: &FrameHeader, segment: &SegmentHeader, running: &Running) -> Option<String> {
    let number = running.segment_number.saturating_add(1);
    if segment.number != number {
        return Some(differs("segment number", number, segment.number));
    }
    match running.identity {
        None if header.prev_chain != segment.identity.genesis() => {
            Some(differs("prev_chain", Hex(&segment.identity.genesis()), Hex(&header.prev_chain)))
        }
        Some(identity) if identity != segment.identity => {
            let (expected, found) = (&identity.journal_id, &segment.identity.journal_id);
            Some(format!("{}, or another salt or alignment", differs("journal", Hex(expected), Hex(found))))
        }
        _ => None,
    }
}

/// Returns whether the bytes of a tail that was cut earlier are such that only an operator could have let it be cut.
pub(super) fn was_ambiguous(removed: &[u8], identity: &Identity) -> bool {
    let HeaderRead::Sound(header) = read_header(removed, &identity.salt) else {
        return false;
    };
    let Some(frame_bytes) = header.frame_bytes(identity.align) else {
        return false;
    };
    let mut frame = removed.get(..frame_bytes).unwrap_or(removed).to_vec();
    frame.resize(frame_bytes, 0);
    let header = HeaderFound::Sound { cut_short: false, zero_sector: has_zero_sector(&frame) };
    let evidence = Evidence { starts_segment: false, once_whole: false, header, bytes_beyond_reach: false };
    classify(evidence) == Class::Ambiguous
}
