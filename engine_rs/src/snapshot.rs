//! A house's state, kept beside its journal so that the next opening replays only what came after it (FORMAT.md A.8).
//!
//! A snapshot is a cache. It holds what the engine holds and so never an amount of a reserve. What it says of itself is
//! checked here; whether it belongs to a journal is for whoever reads the journal to find out.

mod agreement;

use sha2::{Digest, Sha256};

use crate::engine::Engine;
use crate::ids::{LotId, Seq};
use crate::journal::Hash;
use crate::lot::Lot;
use crate::record::SEMANTICS;
use crate::replay::Replay;
use crate::time::{Timestamp, to_wire};
use crate::wire::{Reader, WireError, Writer};
pub(crate) use agreement::Agreement;

const MAGIC: [u8; 8] = *b"PYAUSNAP";
const VERSION: u16 = 1;
const DIGEST_BYTES: usize = 32;
/// No journal comes so far, and what follows never overflows.
const LAST_SEQ: u64 = 1 << 62;

/// The state after a record, and where a journal must say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The journal's id.
    pub journal_id: [u8; 16],
    /// The epoch of the last HouseOpened.
    pub epoch: u64,
    /// The record.
    pub seq: Seq,
    /// The hash of the state.
    pub state_hash: Hash,
    /// The chain value of the STATE frame that states both.
    pub chain: Hash,
}

/// A snapshot that agrees with itself.
#[derive(Debug, Clone)]
pub struct Snapshot {
    place: Place,
    engine: Engine,
}

impl Snapshot {
    /// Returns the bytes of the state of `engine`, of which a journal says what `place` does.
    #[must_use]
    pub fn encode(engine: &Engine, place: &Place) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let mut w = Writer(&mut bytes);
        w.u16(VERSION);
        w.u16(SEMANTICS);
        w.zeros(4);
        w.bytes(&place.journal_id);
        w.u64(place.epoch);
        w.u64(place.seq.0);
        w.bytes(&place.state_hash);
        w.bytes(&place.chain);
        let state = encode_state(engine);
        w.u64(u64::try_from(state.len()).unwrap_or(u64::MAX));
        w.bytes(&state);
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        bytes
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// [`WireError`] where the bytes are not those of a snapshot that agrees with itself, or another release's.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let (content, digest) = bytes.split_last_chunk::<DIGEST_BYTES>().unwrap_or((bytes, &[0; DIGEST_BYTES]));
        if digest[..] != Sha256::digest(content)[..] {
            return Err(contradiction("a digest that is right", "another"));
        }
        let mut r = Reader::new(content);
        if r.array()? != MAGIC {
            return Err(contradiction("the bytes of a snapshot", "others"));
        }
        for (field, expected, known) in [("version", "1", VERSION), ("semantics", "1", SEMANTICS)] {
            let (offset, number) = (r.offset(), r.u16()?);
            if number != known {
                return Err(WireError::Unknown { field, expected, received: u32::from(number), offset });
            }
        }
        r.zeros(4)?;
        let place = Place {
            journal_id: r.array()?,
            epoch: r.u64()?,
            seq: Seq(r.u64()?),
            state_hash: r.array()?,
            chain: r.array()?,
        };
        let (offset, length) = (r.offset(), r.u64()?);
        if usize::try_from(length).ok() != content.len().checked_sub(r.offset()) {
            let expected = "the length of what follows";
            return Err(WireError::Value { field: "length", expected, received: i128::from(length), offset });
        }
        let engine = decode_state(place.seq, &mut r)?;
        r.end()?;
        // A fuzzer does not guess a hash.
        if !cfg!(fuzzing) && engine.state_hash() != place.state_hash {
            return Err(contradiction("the state that has the stated hash", "another"));
        }
        Ok(Self { place, engine })
    }

    /// Returns where a journal must say the same.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Returns a replay that goes on behind the snapshot.
    #[must_use]
    pub fn into_replay(self) -> Replay {
        Replay::behind(self.engine, self.place.epoch)
    }
}

fn encode_state(engine: &Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut w = Writer(&mut bytes);
    w.i64(to_wire(engine.last_at()));
    w.u32(u32::try_from(engine.lots().len()).unwrap_or(u32::MAX));
    for lot in engine.lots() {
        lot.encode(&mut w);
    }
    bytes
}

fn decode_state(seq: Seq, r: &mut Reader<'_>) -> Result<Engine, WireError> {
    if !(1..=LAST_SEQ).contains(&seq.0) {
        return Err(contradiction("a seq from 1 to 2^62", &seq.to_string()));
    }
    let at = r.i64_where("stamp", "a time from 0 to 2^62", |value| Timestamp(value).is_valid()).map(Timestamp)?;
    let count = r.u32()?;
    let mut lots: Vec<Lot> = Vec::new();
    for number in 1..=count {
        lots.push(Lot::decode(LotId(number), r)?);
    }
    let engine = Engine::restored(seq, at, lots);
    match engine.lots().iter().find(|lot| engine.lot_id(lot.terms().name.as_str()) != Some(lot.id())) {
        Some(lot) => Err(contradiction("another name for each lot", lot.terms().name.as_str())),
        None => Ok(engine),
    }
}

fn contradiction(expected: &'static str, received: &str) -> WireError {
    WireError::Contradiction { expected, received: received.to_owned() }
}
