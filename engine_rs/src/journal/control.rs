//! The bodies of the frames that carry no records (FORMAT.md A.3).

use crate::time::Timestamp;

use super::error::Unsupported;
use super::frame::{
    Align, FORMAT_VERSION, Fields, Hash, Identity, Kind, MAX_FRAME_BYTES, Records, SEGMENT_HEADER_BYTES, SUITE,
};

const JOURNAL_MAGIC: [u8; 8] = *b"PYAUCTN1";
/// The length of a HEADER frame's body.
pub(super) const SEGMENT_HEADER_BODY: u32 = 72;
/// Where the salt stands in a HEADER frame: its own checksums need it before anything else is read.
pub(super) const SALT_AT: usize = 112;
/// Where the journal id stands in a HEADER frame: the first frame's chain begins with it.
pub(super) const JOURNAL_ID_AT: usize = 96;

const EPOCH_BODY: u32 = 8;
const STATE_BODY: u32 = 40;
const RECOVERY_BODY: u32 = 61;
const MAX_TEXT: u32 = 255;
/// The length of a RECOVERY frame's longest body.
pub(super) const MAX_RECOVERY_BODY: usize = (RECOVERY_BODY + MAX_TEXT) as usize;

/// The body of a HEADER frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentHeader {
    /// What the segment shares with all others of the journal.
    pub identity: Identity,
    /// The segment's number, from 1.
    pub number: u64,
    /// The length that the segment was made with.
    pub segment_bytes: u64,
    /// The time that the writer knew when it made the segment.
    pub created_at_ns: i64,
}

/// Why a tail was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Why {
    /// The bytes were those of an interrupted write.
    Torn = 1,
    /// An operator accepted the loss.
    Accepted = 2,
}

/// The body of a RECOVERY frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// The number of the segment that was cut.
    pub segment_number: u64,
    /// Where it was cut.
    pub offset: u64,
    /// Number of bytes removed, up to and with the last that was not zero; at least 1.
    pub removed_bytes: u64,
    /// `H` of these bytes.
    pub removed_hash: Hash,
    /// Why they were removed.
    pub why: Why,
    /// Who accepted the loss; empty for a torn tail.
    pub operator: String,
}

/// What a whole frame says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// The beginning of a segment.
    Header(SegmentHeader),
    /// The records before it are durable.
    Seal,
    /// A tail was cut.
    Recovery(Recovery),
    /// The journal was opened for writing.
    Epoch {
        /// The time of opening.
        opened_at_ns: i64,
    },
    /// The engine's state.
    State {
        /// The last record that it covers.
        seq: u64,
        /// The state hash after that record.
        state_hash: Hash,
    },
}

/// What is wrong with an intact body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyFault {
    /// It is not of the form that its kind has.
    Form(&'static str),
    /// It states something that this release does not know.
    Unsupported(Unsupported),
}

/// Returns whether a frame of that kind may have that count and body length at all.
pub(super) fn size_allowed(kind: Kind, count: u32, body_len: u32) -> bool {
    const LEAST_RECORD: u32 = 4 + 32;
    match kind {
        Kind::Records => (1..=super::frame::MAX_FRAME_RECORDS).contains(&count) && body_len / LEAST_RECORD >= count,
        Kind::Header => count == 0 && body_len == SEGMENT_HEADER_BODY,
        Kind::Seal => count == 0 && body_len == 0,
        Kind::Recovery => count == 0 && (RECOVERY_BODY..=RECOVERY_BODY + MAX_TEXT).contains(&body_len),
        Kind::Epoch => count == 0 && body_len == EPOCH_BODY,
        Kind::State => count == 0 && body_len == STATE_BODY,
    }
}

/// Returns whether these bytes may stand in a text field.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let printable = |text: &str| !text.chars().any(char::is_control);
    bytes.len() <= MAX_TEXT as usize && std::str::from_utf8(bytes).is_ok_and(printable)
}

impl Control {
    /// Returns the kind of the frame that says this.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Header(_) => Kind::Header,
            Self::Seal => Kind::Seal,
            Self::Recovery(_) => Kind::Recovery,
            Self::Epoch { .. } => Kind::Epoch,
            Self::State { .. } => Kind::State,
        }
    }

    /// Returns the body's bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Header(header) => header.encode(),
            Self::Seal => Vec::new(),
            Self::Recovery(recovery) => recovery.encode(),
            Self::Epoch { opened_at_ns } => opened_at_ns.to_le_bytes().to_vec(),
            Self::State { seq, state_hash } => [&seq.to_le_bytes()[..], state_hash].concat(),
        }
    }
}

/// Returns what an intact body says; `None` for records, which speak for themselves.
///
/// # Errors
/// Says what is wrong with the body.
pub(super) fn decode(kind: Kind, count: u32, body: &[u8]) -> Result<Option<Control>, BodyFault> {
    const LENGTH: BodyFault = BodyFault::Form("the body's length is wrong");
    let mut fields = Fields(body);
    let control = match kind {
        Kind::Records if Records::new(body).well_formed(count) => return Ok(None),
        Kind::Records => {
            return Err(BodyFault::Form("the body is not made of the stated number of records"));
        }
        Kind::Header => Control::Header(SegmentHeader::decode(&mut fields)?),
        Kind::Seal => Control::Seal,
        Kind::Recovery => Control::Recovery(Recovery::decode(&mut fields)?),
        Kind::Epoch => Control::Epoch { opened_at_ns: time(&mut fields)? },
        Kind::State => Control::State { seq: fields.u64().ok_or(LENGTH)?, state_hash: fields.array().ok_or(LENGTH)? },
    };
    if fields.0.is_empty() { Ok(Some(control)) } else { Err(LENGTH) }
}

/// Takes a valid time off the front of a body.
fn time(fields: &mut Fields<'_>) -> Result<i64, BodyFault> {
    let ns = fields.array().map(i64::from_le_bytes).ok_or(BodyFault::Form("the body's length is wrong"))?;
    if Timestamp(ns).is_valid() { Ok(ns) } else { Err(BodyFault::Form("the time is not between 0 and 2^62")) }
}

/// Returns the suite that the body of a HEADER frame of this version states, if this release does not know it.
pub(super) fn unknown_suite(body: &[u8]) -> Option<Unsupported> {
    let mut fields = Fields(body);
    if fields.array() != Some(JOURNAL_MAGIC) || fields.u16() != Some(FORMAT_VERSION) {
        return None;
    }
    let found = fields.u16().filter(|&suite| suite != SUITE)?;
    Some(Unsupported { what: "suite", found, supported: "1" })
}

/// A format version that is not the one of this release.
pub(super) const fn other_version(found: u16) -> Unsupported {
    Unsupported { what: "format version", found, supported: "1" }
}

impl SegmentHeader {
    fn encode(&self) -> Vec<u8> {
        [
            &JOURNAL_MAGIC[..],
            &FORMAT_VERSION.to_le_bytes(),
            &SUITE.to_le_bytes(),
            &self.identity.align.bytes().to_le_bytes(),
            &self.identity.journal_id,
            &self.identity.salt,
            &self.number.to_le_bytes(),
            &self.segment_bytes.to_le_bytes(),
            &self.created_at_ns.to_le_bytes(),
        ]
        .concat()
    }

    fn decode(fields: &mut Fields<'_>) -> Result<Self, BodyFault> {
        const LENGTH: BodyFault = BodyFault::Form("the segment header's length is wrong");
        if fields.array() != Some(JOURNAL_MAGIC) {
            return Err(BodyFault::Form("the segment header does not begin with PYAUCTN1"));
        }
        match fields.u16().ok_or(LENGTH)? {
            FORMAT_VERSION => {}
            found => return Err(BodyFault::Unsupported(other_version(found))),
        }
        // An unknown one was refused before: `unknown_suite`.
        fields.u16().filter(|&suite| suite == SUITE).ok_or(BodyFault::Form("the segment header's suite is not 1"))?;
        let align = fields.u32().and_then(Align::from_bytes);
        let header = Self {
            identity: Identity {
                align: align.ok_or(BodyFault::Form("the alignment is neither 512 nor 4096"))?,
                journal_id: fields.array().ok_or(LENGTH)?,
                salt: fields.array().ok_or(LENGTH)?,
            },
            number: fields.u64().ok_or(LENGTH)?,
            segment_bytes: fields.u64().ok_or(LENGTH)?,
            created_at_ns: time(fields)?,
        };
        if header.segment_bytes == 0 || !header.segment_bytes.is_multiple_of(SEGMENT_HEADER_BYTES as u64) {
            return Err(BodyFault::Form("the segment's size is not a multiple of 4096, or 0"));
        }
        Ok(header)
    }
}

impl Recovery {
    pub(super) fn encode(&self) -> Vec<u8> {
        // The writer checks the operator's length before it comes here.
        let operator_len = u8::try_from(self.operator.len()).unwrap_or(u8::MAX);
        [
            &self.segment_number.to_le_bytes()[..],
            &self.offset.to_le_bytes(),
            &self.removed_bytes.to_le_bytes(),
            &self.removed_hash,
            &(self.why as u16).to_le_bytes(),
            &[0; 2],
            &[operator_len],
            self.operator.as_bytes(),
        ]
        .concat()
    }

    /// Takes the body of a RECOVERY frame off the front of bytes.
    pub(super) fn decode(fields: &mut Fields<'_>) -> Result<Self, BodyFault> {
        const LENGTH: BodyFault = BodyFault::Form("the recovery's length is wrong");
        let segment_number = fields.u64().ok_or(LENGTH)?;
        let offset = fields.u64().ok_or(LENGTH)?;
        let removed_bytes = fields.u64().ok_or(LENGTH)?;
        let removed_hash = fields.array().ok_or(LENGTH)?;
        let why = match fields.u16().ok_or(LENGTH)? {
            1 => Why::Torn,
            2 => Why::Accepted,
            found => {
                let unknown = Unsupported { what: "recovery's cause", found, supported: "1 and 2" };
                return Err(BodyFault::Unsupported(unknown));
            }
        };
        if fields.u16().ok_or(LENGTH)? != 0 {
            return Err(BodyFault::Form("the recovery's reserved bytes are not zero"));
        }
        let [len] = fields.array().ok_or(LENGTH)?;
        let operator = fields.bytes(usize::from(len)).ok_or(LENGTH)?;
        if !is_text(operator) || (why == Why::Torn) != operator.is_empty() {
            return Err(BodyFault::Form(
                "the recovery's operator is not a valid text, or not there if and only if torn",
            ));
        }
        if !(1..=MAX_FRAME_BYTES as u64).contains(&removed_bytes) {
            return Err(BodyFault::Form("the recovery removed nothing, or more than 1 MiB"));
        }
        let operator = String::from_utf8_lossy(operator).into_owned();
        Ok(Self { segment_number, offset, removed_bytes, removed_hash, why, operator })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

    use super::*;

    fn said(control: &Control) -> Control {
        decode(control.kind(), 0, &control.encode()).unwrap().unwrap()
    }

    #[test]
    fn control_bodies_say_what_was_written() {
        let identity = Identity { journal_id: [1; 16], salt: [2; 16], align: Align::Bytes4096 };
        let recovery = Recovery {
            segment_number: 3,
            offset: 4_608,
            removed_bytes: 17,
            removed_hash: [9; 32],
            why: Why::Accepted,
            operator: "王 (duty officer)".to_owned(),
        };
        for control in [
            Control::Header(SegmentHeader { identity, number: 4, segment_bytes: 1 << 20, created_at_ns: 5 }),
            Control::Seal,
            Control::Recovery(recovery),
            Control::Epoch { opened_at_ns: 1 << 62 },
            Control::State { seq: 12, state_hash: [7; 32] },
        ] {
            let body_len = u32::try_from(control.encode().len()).unwrap();
            assert!(size_allowed(control.kind(), 0, body_len), "{control:?}");
            assert_eq!(said(&control), control);
        }
    }

    #[test]
    fn another_suite_is_named_and_not_called_damage() {
        let identity = Identity { journal_id: [1; 16], salt: [2; 16], align: Align::Bytes512 };
        let header = SegmentHeader { identity, number: 1, segment_bytes: 1 << 20, created_at_ns: 0 };
        let mut body = Control::Header(header).encode();
        body[10] = 2;
        let unknown = Unsupported { what: "suite", found: 2, supported: "1" };
        assert_eq!(unknown_suite(&body), Some(unknown));
        body[10] = 1;
        assert_eq!(unknown_suite(&body), None);
    }

    #[test]
    fn a_time_that_no_writer_has_and_a_size_that_no_segment_has_are_refused() {
        let identity = Identity { journal_id: [1; 16], salt: [2; 16], align: Align::Bytes512 };
        let valid = |control: Control| decode(control.kind(), 0, &control.encode()).is_ok();
        let epoch = |opened_at_ns| valid(Control::Epoch { opened_at_ns });
        assert_eq!([-1, 0, 1 << 62, (1 << 62) + 1].map(epoch), [false, true, true, false]);
        let header = |segment_bytes, created_at_ns| {
            valid(Control::Header(SegmentHeader { identity, number: 1, segment_bytes, created_at_ns }))
        };
        let of = [(4_096, 0), (8_192, 1 << 62), (0, 0), (4_097, 0), (512, 0), (4_096, -1), (4_096, (1 << 62) + 1)]
            .map(|(segment_bytes, created_at_ns)| header(segment_bytes, created_at_ns));
        assert_eq!(of, [true, true, false, false, false, false, false]);
    }

    #[test]
    fn a_recovery_removes_something_and_names_an_operator_if_one_was_needed() {
        let valid = |why, operator: &str, removed_bytes| {
            let operator = operator.to_owned();
            let recovery =
                Recovery { segment_number: 1, offset: 4_096, removed_bytes, removed_hash: [0; 32], why, operator };
            decode(Kind::Recovery, 0, &recovery.encode()).is_ok()
        };
        let of = [(Why::Torn, "", 1), (Why::Accepted, "Li", 1), (Why::Torn, "Li", 1), (Why::Accepted, "", 1)]
            .map(|(why, operator, removed_bytes)| valid(why, operator, removed_bytes));
        assert_eq!(of, [true, true, false, false]);
        let longest = 1 << 20;
        let removed = [0, longest, longest + 1].map(|removed_bytes| valid(Why::Torn, "", removed_bytes));
        assert_eq!(removed, [false, true, false]);
    }
}
