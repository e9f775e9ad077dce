//! Makes frames, each continuing the one before, wherever they are kept.

use super::error::JournalError;
use super::frame::{FORMAT_VERSION, FrameHeader, Hash, Identity, Kind, encode, frame_bytes};
use super::planted::Bug;

/// Where a journal stands: what the next frame continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub next_seq: u64,
    pub chain: Hash,
    pub epoch: u64,
}

/// A frame that is made: what it says of itself, and where the journal stands once it is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sealed {
    pub first_seq: u64,
    pub prev_chain: Hash,
    pub after: Position,
}

impl Position {
    /// Makes the next frame in `frame`. The journal stands at `after` when it is durable, and not before.
    pub fn seal(
        &self,
        frame: &mut Vec<u8>,
        identity: &Identity,
        (kind, count, body): (Kind, u32, &[u8]),
        leaves: &[Hash],
    ) -> Result<Sealed, JournalError> {
        let bytes = match kind {
            Kind::Header => super::frame::SEGMENT_HEADER_BYTES,
            _ => frame_bytes(body.len(), identity.align).ok_or_else(|| too_long(body))?,
        };
        let header = FrameHeader {
            version: FORMAT_VERSION,
            kind: kind as u16,
            body_len: u32::try_from(body.len()).map_err(|_| too_long(body))?,
            count,
            first_seq: self.next_seq,
            epoch: self.epoch + u64::from(kind == Kind::Epoch && !Bug::SameEpoch.is_planted()),
            durable_upto: self.next_seq - u64::from(!Bug::OverstateDurable.is_planted()),
            prev_chain: self.chain,
        };
        let chain = encode(frame, &header, &identity.salt, body, leaves, bytes);
        let given = u64::from(count).saturating_sub(u64::from(Bug::ReuseSequence.is_planted()));
        let chain = if Bug::ForgetChain.is_planted() { self.chain } else { chain };
        let after = Self { next_seq: self.next_seq + given, chain, epoch: header.epoch };
        Ok(Sealed { first_seq: self.next_seq, prev_chain: self.chain, after })
    }
}

pub(super) fn too_long(body: &[u8]) -> JournalError {
    JournalError::InvalidBatch { detail: format!("a body of {} bytes does not fit into a frame", body.len()) }
}
