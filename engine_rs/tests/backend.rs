//! A journal in a store of somebody else: FORMAT.md A.7.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod common;

use std::sync::{Arc, Mutex};

use common::{House, listing};
use pyauction_engine::journal::backend::{Backend, BackendLog, SealedFrame};
use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_engine::journal::{Align, Class, Content, JournalError, Kind, Log, OpenOptions, ReadEnd, Store, read};
use pyauction_engine::time::Timestamp;

const NOW_NS: i64 = 1_700_000_000_000_000_000;

/// A frame as it was kept.
#[derive(Debug, Clone)]
struct Kept {
    first_seq: u64,
    count: u32,
    chain: [u8; 32],
    bytes: Vec<u8>,
}

/// Frames in memory; fails from a given append on.
#[derive(Debug, Default)]
struct Shelf {
    frames: Vec<Kept>,
    fails_from: Option<usize>,
    closed: bool,
}

#[derive(Debug, Clone, Default)]
struct Shared(Arc<Mutex<Shelf>>);

impl Backend for Shared {
    fn append(&mut self, frame: SealedFrame<'_>) -> Result<(), String> {
        let mut kept = self.0.lock().unwrap();
        if kept.fails_from.is_some_and(|from| kept.frames.len() >= from) {
            return Err("the shelf is full".to_owned());
        }
        if kept.frames.last().is_some_and(|last| last.chain != frame.prev_chain) {
            return Err("another writer was here".to_owned());
        }
        let SealedFrame { first_seq, count, chain, bytes, .. } = frame;
        kept.frames.push(Kept { first_seq, count, chain, bytes: bytes.to_vec() });
        Ok(())
    }

    fn read(&mut self) -> Result<Vec<u8>, String> {
        Ok(self.0.lock().unwrap().frames.iter().flat_map(|frame| frame.bytes.clone()).collect())
    }

    fn close(&mut self) -> Result<(), String> {
        self.0.lock().unwrap().closed = true;
        Ok(())
    }
}

fn options() -> OpenOptions {
    OpenOptions {
        align: Align::Bytes512,
        segment_bytes: 8_192,
        now_ns: NOW_NS,
        entropy: [5; 32],
        acknowledged: 0,
        accept_tail_loss: None,
    }
}

/// Records with the epochs of their frames.
type Held = Vec<(u64, Vec<u8>)>;

fn open(shelf: &Shared) -> Result<(BackendLog<Shared>, Held), JournalError> {
    let mut held = Vec::new();
    let log = BackendLog::open(shelf.clone(), &options(), &mut |frame, content| {
        if let Content::Records(records) = content {
            held.extend(records.map(|record| (frame.epoch, record.to_vec())));
        }
        Ok::<_, JournalError>(())
    })?;
    Ok((log, held))
}

fn records() -> Vec<Vec<u8>> {
    let mut house = House::open(listing());
    house.bid(10, "A", 100);
    house.bid(20, "B", 110);
    house.bytes()
}

fn batch(records: &[Vec<u8>]) -> Vec<u8> {
    let framed = |record: &Vec<u8>| [&u32::try_from(record.len()).unwrap().to_le_bytes()[..], record].concat();
    records.iter().flat_map(framed).collect()
}

fn append(log: &mut impl Store, records: &[Vec<u8>]) -> Result<(), JournalError> {
    log.append(&batch(records), log.next_seq(), u32::try_from(records.len()).unwrap())
}

#[test]
fn a_store_holds_the_frames_of_a_directory_but_for_the_headers_segment_size() {
    let (records, shelf, disk) = (records(), Shared::default(), MemoryVfs::default());
    let (mut stored, _) = open(&shelf).unwrap();
    let mut log = Log::open(disk.clone(), &options(), &mut |_, _| Ok::<_, JournalError>(())).unwrap();
    for records in [&records[..2], &records[2..]] {
        append(&mut stored, records).unwrap();
        append(&mut log, records).unwrap();
    }
    stored.state(6, [7; 32]).unwrap();
    log.state(6, [7; 32]).unwrap();
    Box::new(stored).close().unwrap();
    log.close().unwrap();
    let shelf = shelf.0.lock().unwrap();
    let described: Vec<_> =
        shelf.frames.iter().map(|frame| (frame.first_seq, frame.count, frame.bytes.len())).collect();
    assert_eq!(described, [(1, 0, 4_096), (1, 2, 512), (3, 4, 512), (7, 0, 512), (7, 0, 512)]);
    assert!(shelf.closed);
    // A reader takes the frames, put one behind the other, for one segment.
    let files = MemoryVfs::default();
    files.put("00000000000000000001.plog", shelf.frames.iter().flat_map(|frame| frame.bytes.clone()).collect());
    let mut seen = [Vec::new(), Vec::new()];
    for (files, seen) in [&files, &disk].into_iter().zip(&mut seen) {
        let end = read(files, 6, &mut |info, content| {
            seen.push((info.kind, info.first_seq, info.count, format!("{content:?}")));
            Ok::<_, JournalError>(())
        });
        assert_eq!(end.unwrap(), ReadEnd::Clean);
    }
    assert_eq!(seen[0][1..], seen[1][1..]);
    assert_eq!(
        seen[0].iter().map(|frame| frame.0).collect::<Vec<_>>(),
        [Kind::Header, Kind::Records, Kind::Records, Kind::State, Kind::Seal]
    );
}

#[test]
fn a_store_is_opened_again_where_it_stood() {
    let (records, shelf) = (records(), Shared::default());
    let (mut log, held) = open(&shelf).unwrap();
    assert_eq!(held, []);
    append(&mut log, &records[..3]).unwrap();
    drop(log);
    let (mut log, held) = open(&shelf).unwrap();
    assert_eq!(held, records[..3].iter().map(|record| (1, record.clone())).collect::<Vec<_>>());
    assert_eq!((log.epoch(), log.next_seq()), (2, 4));
    append(&mut log, &records[3..]).unwrap();
    log.prepare(Timestamp(NOW_NS)).unwrap();
    assert_eq!(open(&shelf).unwrap().1.len(), records.len());
}

#[test]
fn a_store_that_refuses_once_is_asked_nothing_more() {
    let (records, shelf) = (records(), Shared::default());
    let (mut log, _) = open(&shelf).unwrap();
    append(&mut log, &records[..2]).unwrap();
    shelf.0.lock().unwrap().fails_from = Some(2);
    let refused = JournalError::Backend { op: "append", reason: "the shelf is full".to_owned() };
    assert_eq!(append(&mut log, &records[2..3]), Err(refused));
    shelf.0.lock().unwrap().fails_from = None;
    assert_eq!(append(&mut log, &records[2..3]), Err(JournalError::Failed));
    assert_eq!(Box::new(log).close(), Err(JournalError::Failed));
    assert_eq!(open(&shelf).unwrap().1.len(), 2);
}

#[test]
fn of_two_writers_the_first_is_fenced_out() {
    let (records, shelf) = (records(), Shared::default());
    let (mut first, _) = open(&shelf).unwrap();
    append(&mut first, &records[..1]).unwrap();
    let (mut second, _) = open(&shelf).unwrap();
    assert!(matches!(append(&mut first, &records[1..2]), Err(JournalError::Backend { .. })));
    append(&mut second, &records[1..2]).unwrap();
    assert_eq!(open(&shelf).unwrap().1.len(), 2);
}

#[test]
fn nothing_of_a_store_is_ever_cut() {
    let (records, shelf) = (records(), Shared::default());
    let (mut log, _) = open(&shelf).unwrap();
    append(&mut log, &records[..1]).unwrap();
    append(&mut log, &records[1..3]).unwrap();
    drop(log);
    let ways: [fn(&mut Vec<u8>); 3] =
        [|frame| frame.truncate(300), |frame| frame[300] ^= 1, |frame| frame[256..].fill(0)];
    for spoil in ways {
        let damaged = Shared::default();
        for frame in &shelf.0.lock().unwrap().frames {
            damaged.0.lock().unwrap().frames.push(frame.clone());
        }
        spoil(&mut damaged.0.lock().unwrap().frames.last_mut().unwrap().bytes);
        let Err(JournalError::Corrupt(bad)) = open(&damaged).map(|_| ()) else { unreachable!("it was taken") };
        assert_eq!((bad.class, bad.next_seq), (Class::Corrupt, 2));
        assert_eq!(damaged.0.lock().unwrap().frames.len(), 3, "nothing was appended");
    }
    let gone = BackendLog::open(Shared::default(), &OpenOptions { acknowledged: 3, ..options() }, &mut |_, _| {
        Ok::<_, JournalError>(())
    });
    assert!(matches!(gone.map(|_| ()), Err(JournalError::Corrupt(_))));
}
