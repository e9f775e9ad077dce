//! Journals whose checksums fit whatever was done to them, and what must hold of any journal.
//!
//! A fuzzer does not guess a checksum or a hash; so frames are made consistent here, from FORMAT.md A.3, unless the input
//! wants one of them wrong.

use pyauction_engine::journal::vfs::Vfs;
use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_engine::journal::{
    Align, BadFrame, Class, Content, Control, Hex, JournalError, Log, OpenOptions, ReadEnd, TailLoss, read,
};
use sha2::{Digest, Sha256};

use crate::input::Input;

/// The first segment's name.
pub const FIRST: &str = "00000000000000000001.plog";
pub const SEGMENT_BYTES: u64 = 8_192;
pub const HEADER_BYTES: usize = 4_096;
const SALT: [u8; 16] = [9; 16];
const ENTROPY: [u8; 32] = [9; 32];

pub fn options() -> OpenOptions {
    OpenOptions {
        align: Align::Bytes512,
        segment_bytes: SEGMENT_BYTES,
        now_ns: 1_700_000_000_000_000_000,
        entropy: ENTROPY,
        acknowledged: 0,
        accept_tail_loss: None,
    }
}

/// A record that the journal takes: it looks at the length and the sequence only.
pub fn record(seq: u64, length: usize) -> Vec<u8> {
    let mut record = vec![0xA5; length.max(32)];
    record[8..16].copy_from_slice(&seq.to_le_bytes());
    record
}

/// Opens a journal and returns the records that it held.
pub fn open(disk: &MemoryVfs, options: &OpenOptions) -> Result<(Log<MemoryVfs>, Vec<Vec<u8>>), JournalError> {
    let mut held = Vec::new();
    let log = Log::open(disk.clone(), options, &mut |_, content| {
        if let Content::Records(records) = content {
            held.extend(records.map(<[u8]>::to_vec));
        }
        Ok::<_, JournalError>(())
    })?;
    Ok((log, held))
}

pub fn append(log: &mut Log<MemoryVfs>, lengths: &[usize]) {
    let first = log.next_seq();
    let mut batch = Vec::new();
    for (seq, length) in (first..).zip(lengths) {
        let record = record(seq, *length);
        batch.extend(u32::try_from(record.len()).unwrap().to_le_bytes());
        batch.extend(record);
    }
    log.append(&batch, first, u32::try_from(lengths.len()).unwrap()).unwrap();
}

/// Returns a journal of several segments with every kind of frame but RECOVERY.
pub fn reference() -> MemoryVfs {
    let disk = MemoryVfs::default();
    for _ in 0..2 {
        let (mut log, _) = open(&disk, &options()).unwrap();
        for count in 1..8 {
            append(&mut log, &vec![300; count]);
        }
        log.state(log.durable(), [5; 32]).unwrap();
        append(&mut log, &[40, 2_000]);
        log.close().unwrap();
    }
    disk
}

fn crc(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c_append(crc32c::crc32c(&SALT), bytes).to_le_bytes()
}

/// Makes the frame at the front of `bytes` consistent with itself, as far as it is there.
pub fn mend(frame: &mut [u8]) {
    if frame.len() < 80 {
        return;
    }
    let header = crc(&frame[..72]);
    frame[72..76].copy_from_slice(&header);
    let end = 80 + usize::try_from(u32::from_le_bytes(frame[8..12].try_into().unwrap())).unwrap();
    if frame.len() < end + 36 {
        return;
    }
    let mut hash = Sha256::new();
    hash.update(b"pyauction/chain/v1");
    hash.update(&frame[40..72]);
    hash.update(&frame[..40]);
    if u16::from_le_bytes([frame[6], frame[7]]) == 1 {
        let mut rest = &frame[80..end];
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_le_bytes(*length)).unwrap();
            let (record, after) = after.split_at(length.min(after.len()));
            hash.update(Sha256::digest([&[0], record].concat()));
            rest = after;
        }
    } else {
        hash.update(Sha256::digest([&[2], &frame[80..end]].concat()));
    }
    frame[end..end + 32].copy_from_slice(&hash.finalize());
    let whole = crc(&frame[..end + 32]);
    frame[end + 32..end + 36].copy_from_slice(&whole);
}

/// Where a journal stands, so that the next frame can continue it.
pub struct Running {
    /// How many records stand before the first thing that is wrong.
    pub whole: usize,
    broken: bool,
    next_seq: u64,
    epoch: u64,
    chain: [u8; 32],
}

impl Running {
    /// Returns where the journal of a fresh HEADER frame stands.
    pub fn after_header(segment: &[u8]) -> Self {
        let end = 80 + usize::try_from(u32::from_le_bytes(segment[8..12].try_into().unwrap())).unwrap();
        Self { whole: 0, broken: false, next_seq: 1, epoch: 1, chain: segment[end..end + 32].try_into().unwrap() }
    }

    /// Makes the next frame as the input wants it: of any kind and body, and right but for what the input breaks.
    pub fn frame(&mut self, input: &mut Input<'_>) -> Vec<u8> {
        let (kind, breaks) = (u16::from(input.u8() % 8), input.u8());
        let mut body = Vec::new();
        let mut count = 0_u32;
        if kind == 1 {
            for _ in 0..1 + input.u8() % 4 {
                let length = 32 + usize::from(input.u8());
                body.extend(u32::try_from(length).unwrap().to_le_bytes());
                body.extend(record(self.next_seq + u64::from(count), length));
                count += 1;
            }
        } else {
            let length = usize::from(input.u8());
            body.extend(input.bytes(length));
        }
        let step = |bit: u8| u64::from(breaks == bit);
        let mut frame = b"PAJF".to_vec();
        frame.extend((1 + u16::from(breaks == 1)).to_le_bytes());
        frame.extend(kind.to_le_bytes());
        frame.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
        frame.extend((count + u32::from(breaks == 2)).to_le_bytes());
        frame.extend((self.next_seq + step(3)).to_le_bytes());
        let epoch = self.epoch + u64::from(kind == 5);
        frame.extend((epoch + step(4)).to_le_bytes());
        frame.extend((self.next_seq - 1 + step(5)).to_le_bytes());
        frame.extend(self.chain);
        frame.extend([0; 8]);
        if breaks == 6 {
            frame[40] ^= 1;
        }
        frame.extend(&body);
        let end = frame.len();
        frame.extend([0; 36]);
        mend(&mut frame);
        self.chain = frame[end..end + 32].try_into().unwrap();
        match breaks {
            7 => {
                frame[end] ^= 1;
                let whole = crc(&frame[..end + 32]);
                frame[end + 32..end + 36].copy_from_slice(&whole);
            }
            8 => frame[end + 32] ^= 1,
            9 => frame[72] ^= 1,
            10 => frame[76] ^= 1,
            _ => {}
        }
        frame.resize((frame.len() + 8).next_multiple_of(512), if breaks == 11 { 0x5B } else { 0x5A });
        if breaks == 12 {
            frame.truncate(frame.len() - 512);
        }
        self.broken |= (1..=12).contains(&breaks);
        self.whole += if self.broken { 0 } else { usize::try_from(count).unwrap() };
        self.next_seq += u64::from(count);
        self.epoch = epoch;
        frame
    }
}

/// What reading found.
struct Seen {
    records: Vec<Vec<u8>>,
    bad: Option<BadFrame>,
    /// Whether a cut is recorded.
    recovered: bool,
}

fn look(disk: &MemoryVfs) -> Result<Seen, JournalError> {
    let (mut records, mut recovered) = (Vec::new(), false);
    let end = read(disk, 0, &mut |_, content| {
        match content {
            Content::Records(found) => records.extend(found.map(<[u8]>::to_vec)),
            Content::Control(control) => recovered |= matches!(control, Control::Recovery(_)),
        }
        Ok::<_, JournalError>(())
    })?;
    let bad = match end {
        ReadEnd::Clean => None,
        ReadEnd::Bad(bad) => Some(bad),
    };
    Ok(Seen { records, bad, recovered })
}

/// Checks that reading and opening agree, that a refusal changes nothing, that a cut keeps what it removes and loses no
/// whole frame, and that a journal which was opened goes on. Returns the number of records that were taken.
pub fn check(disk: &MemoryVfs) -> usize {
    let before = files(disk);
    let Ok(Seen { records, bad, .. }) = look(disk) else {
        // In an empty directory a journal is begun.
        let opened = open(disk, &options());
        assert!(opened.is_err() || before.is_empty(), "what cannot be read cannot be opened");
        return 0;
    };
    let (mut log, held) = match (open(disk, &options()), &bad) {
        (Ok(opened), None) => opened,
        (Ok(opened), Some(bad)) if bad.class == Class::Torn => opened,
        (Err(JournalError::Ambiguous(refused)), Some(bad)) => {
            assert_eq!((&refused, &files(disk)), (bad, &before));
            let removed_hash = Hex(&bad.removed_hash).to_string();
            let loss = TailLoss { removed_hash, operator: "fuzzer".to_owned() };
            open(disk, &OpenOptions { accept_tail_loss: Some(loss), ..options() }).unwrap()
        }
        // A name that may have been meant for a segment stops a writer and no reader.
        (Err(JournalError::Stray { .. }), _) => {
            assert_eq!(files(disk), before);
            return records.len();
        }
        (Err(refused), Some(bad)) => {
            let named = match &refused {
                JournalError::Corrupt(found) | JournalError::Tampered(found) | JournalError::Unsupported(found) => {
                    found
                }
                other => panic!("{other}"),
            };
            assert_eq!((named, &files(disk)), (bad, &before));
            return records.len();
        }
        (outcome, _) => panic!("reading says {bad:?}, opening {:?}", outcome.map(|(_, held)| held.len())),
    };
    assert_eq!(held, records);
    append(&mut log, &[40]);
    log.close().unwrap();
    let after = look(disk).unwrap();
    let taken = records.len();
    assert_eq!((after.records.len(), &after.records[..taken], after.bad), (taken + 1, &records[..], None));
    let cut = files(disk).keys().any(|name| name.ends_with(".torn"));
    assert!(!cut || after.recovered, "a cut is recorded");
    taken
}

fn files(disk: &MemoryVfs) -> std::collections::BTreeMap<String, Vec<u8>> {
    let names = disk.list().unwrap().into_iter().filter(|name| name != "LOCK");
    names.map(|name| (name.clone(), disk.get(&name).unwrap())).collect()
}
