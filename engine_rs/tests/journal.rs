//! The journal through its public surface: what is written is what FORMAT.md says, what was acknowledged is never lost in
//! silence, and what was changed is never taken.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where it fails"
)]

use std::cell::Cell;
use std::io;
use std::rc::Rc;

use pyauction_engine::journal::vfs::memory::{MemoryFile, MemoryLock, MemoryVfs};
use pyauction_engine::journal::vfs::real::RealVfs;
use pyauction_engine::journal::vfs::{Access, Vfs, VfsFile};
use pyauction_engine::journal::{
    Align, BadFrame, COLLECT_BYTES, Class, Content, Control, FrameInfo, Hex, JournalError, Kind, Log,
    MAX_FRAME_RECORDS, MAX_RECORD_BYTES, OpenOptions, ReadEnd, Recovery, SegmentName, TailLoss, Why, leaf, read,
};
use sha2::{Digest, Sha256};

const NOW_NS: i64 = 1_700_000_000_000_000_000;
const SEGMENT_BYTES: u64 = 8_192;
const FIRST: &str = "00000000000000000001.plog";

fn options() -> OpenOptions {
    let mut entropy = [0; 32];
    (0_u8..).zip(&mut entropy).for_each(|(value, byte)| *byte = value);
    OpenOptions {
        align: Align::Bytes512,
        segment_bytes: SEGMENT_BYTES,
        now_ns: NOW_NS,
        entropy,
        acknowledged: 0,
        accept_tail_loss: None,
    }
}

fn later(ns: i64) -> OpenOptions {
    OpenOptions { now_ns: NOW_NS + ns, ..options() }
}

/// A record with `extra` bytes behind the common fields; as in FORMAT.md, with a clock jump's type.
fn record(seq: u64, extra: usize) -> Vec<u8> {
    let mut record = vec![17, 0, 0, 0, 0, 0, 0, 0];
    record.extend(seq.to_le_bytes());
    record.extend((NOW_NS + i64::try_from(seq).unwrap()).to_le_bytes());
    record.extend([0; 8]);
    record.extend((0..extra as u64).map(|index| u8::try_from((seq * 7 + index) % 251 + 1).unwrap()));
    record
}

fn batch(records: &[Vec<u8>]) -> Vec<u8> {
    let framed = |record: &Vec<u8>| [&u32::try_from(record.len()).unwrap().to_le_bytes()[..], record].concat();
    records.iter().flat_map(framed).collect()
}

fn append<V: Vfs>(log: &mut Log<V>, records: &[Vec<u8>]) -> Result<(), JournalError> {
    log.append(&batch(records), log.next_seq(), u32::try_from(records.len()).unwrap())
}

fn open<V: Vfs>(vfs: V, options: &OpenOptions) -> Result<(Log<V>, Vec<Vec<u8>>), JournalError> {
    let mut replayed = Vec::new();
    let log = Log::open(vfs, options, &mut |record| {
        replayed.push(record.to_vec());
        Ok::<_, JournalError>(())
    })?;
    Ok((log, replayed))
}

/// Everything that a reader sees.
#[derive(Debug, Default)]
struct Seen {
    frames: Vec<FrameInfo>,
    records: Vec<Vec<u8>>,
    controls: Vec<Control>,
}

impl Seen {
    fn kinds(&self) -> Vec<Kind> {
        self.frames.iter().map(|frame| frame.kind).collect()
    }

    fn recoveries(&self) -> Vec<Recovery> {
        let recovery = |control: &Control| match control {
            Control::Recovery(recovery) => Some(recovery.clone()),
            _ => None,
        };
        self.controls.iter().filter_map(recovery).collect()
    }
}

fn see(vfs: &impl Vfs, acknowledged: u64) -> Result<(Seen, ReadEnd), JournalError> {
    let mut seen = Seen::default();
    let end = read(vfs, acknowledged, &mut |info, content| {
        seen.frames.push(*info);
        match content {
            Content::Records(records) => seen.records.extend(records.map(<[u8]>::to_vec)),
            Content::Control(control) => seen.controls.push(control),
        }
        Ok::<_, JournalError>(())
    })?;
    Ok((seen, end))
}

fn see_clean(vfs: &impl Vfs) -> Seen {
    let (seen, end) = see(vfs, 0).unwrap();
    assert_eq!(end, ReadEnd::Clean);
    seen
}

fn see_bad(vfs: &impl Vfs, acknowledged: u64) -> BadFrame {
    match see(vfs, acknowledged).unwrap().1 {
        ReadEnd::Bad(bad) => bad,
        ReadEnd::Clean => panic!("expected a bad frame"),
    }
}

fn segments(vfs: &impl Vfs) -> Vec<String> {
    let mut names = vfs.list().unwrap();
    names.retain(|name| SegmentName::parse(name).is_some());
    names.sort();
    names
}

/// Writes records 1 to `count`, two in a frame, each 150 bytes, and leaves the journal without closing it.
fn written(vfs: &MemoryVfs, count: u64) -> (Log<MemoryVfs>, Vec<Vec<u8>>) {
    let (mut log, _) = open(vfs.clone(), &options()).unwrap();
    let records: Vec<_> = (1..=count).map(|seq| record(seq, 118)).collect();
    records.chunks(2).for_each(|pair| append(&mut log, pair).unwrap());
    (log, records)
}

fn sha256(bytes: &[u8]) -> String {
    Hex(&Sha256::digest(bytes)).to_string()
}

// The bytes of the format. The expected values come from a Python script written from FORMAT.md.

const HEADER_FRAME: &str = concat!(
    "50414a460100020048000000000000000100000000000000010000000000000000000000000000007b5b186727a33996",
    "a1b2b992f7e969c96b61247aa3c098c50a7d334801be3e83af0ab7db000000005059415543544e310100010000020000",
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f01000000000000000020000000000000",
    "00002a36fe9c97171ce9944ee274553d1d7322ba23b5261968120f8315d04ccc871981ff428d009363977c31",
);
const RECORDS_FRAME: &str = concat!(
    "50414a460100010058000000020000000100000000000000010000000000000000000000000000001ce9944ee274553d",
    "1d7322ba23b5261968120f8315d04ccc871981ff428d009396233e7d0000000020000000110000000000000001000000",
    "0000000001002a36fe9c97170000000000000000300000001100000000000000020000000000000002002a36fe9c9717",
    "00000000000000000f101112131415161718191a1b1c1d1e7b1445fb9709bdca46c44fb901d5c354f6f29bdcc6f802da",
    "776830f5f550719d478bd8a5",
);
const STATE_FRAME: &str = concat!(
    "50414a460100060028000000000000000300000000000000010000000000000002000000000000007b1445fb9709bdca",
    "46c44fb901d5c354f6f29bdcc6f802da776830f5f550719da632b155000000000200000000000000cdcdcdcdcdcdcdcd",
    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd60aa698cb87c7d3b70256465824e0822c9bc5b3583b92b47",
    "9d2cd88c1b13fbbe34ad5a13",
);
const SEAL_FRAME: &str = concat!(
    "50414a4601000300000000000000000003000000000000000100000000000000020000000000000060aa698cb87c7d3b",
    "70256465824e0822c9bc5b3583b92b479d2cd88c1b13fbbe1448c3ad00000000589760f6c822bff078f6aa221c2db630",
    "1b062fb4a2d821b6fbff7503acbb64cc48a972ed",
);
const EPOCH_FRAME: &str = concat!(
    "50414a46010005000800000000000000030000000000000002000000000000000200000000000000589760f6c822bff0",
    "78f6aa221c2db6301b062fb4a2d821b6fbff7503acbb64ccfc93c6b10000000005002a36fe9c9717b4e7f502ace80d49",
    "8c5540452718d25db6002cdc2881bed9bb025035f04db4e62ae19735",
);
const RECOVERY_FRAME: &str = concat!(
    "50414a46010004003d00000000000000030000000000000002000000000000000200000000000000b4e7f502ace80d49",
    "8c5540452718d25db6002cdc2881bed9bb025035f04db4e6dfde2ee30000000001000000000000000018000000000000",
    "5802000000000000e3b502cc9defd45bd3957d21f297d8400d63d9e13418eedbf241d0e4a12a8be9010000000038f067",
    "20c8cec714a2951147c47501b98a1f4a755dd246cbeeb9f27bdc31eb27df94f761",
);

/// Splits a file into the bytes of its frames without their marks.
fn unmarked(file: &[u8], frames: &[FrameInfo]) -> Vec<String> {
    let unmarked = |frame: &FrameInfo| {
        let from = usize::try_from(frame.offset).unwrap();
        let bytes = &file[from..from + usize::try_from(frame.bytes).unwrap()];
        let end = 116 + u32::from_le_bytes(bytes[8..12].try_into().unwrap()) as usize;
        assert!(bytes.len() - end >= 8 && bytes[end..].iter().all(|&byte| byte == 0x5A));
        Hex(&bytes[..end]).to_string()
    };
    frames.iter().map(unmarked).collect()
}

#[test]
fn frames_are_those_of_the_format() {
    let disk = MemoryVfs::default();
    let (mut log, _) = open(disk.clone(), &options()).unwrap();
    append(&mut log, &[record(1, 0), record(2, 16)]).unwrap();
    assert_eq!(Hex(&log.leaves()[0]).to_string(), "368ff7b883f9c8e1aa825071a65a5e269b75152bdf505b6581ec90989c571edf");
    assert_eq!(log.leaves(), [leaf(&record(1, 0)), leaf(&record(2, 16))]);
    log.state(2, [0xCD; 32]).unwrap();
    log.close().unwrap();
    let (log, _) = open(disk.clone(), &later(5)).unwrap();
    assert_eq!(Hex(&log.chain()).to_string(), "b4e7f502ace80d498c5540452718d25db6002cdc2881bed9bb025035f04db4e6");
    assert_eq!((log.epoch(), log.next_seq(), log.durable()), (2, 3, 2));

    let file = disk.get(FIRST).unwrap();
    let seen = see_clean(&disk);
    let expected = [HEADER_FRAME, RECORDS_FRAME, STATE_FRAME, SEAL_FRAME, EPOCH_FRAME];
    assert_eq!(unmarked(&file, &seen.frames), expected);
    assert_eq!(sha256(&file), "752851e0d004d021f19839b7dc0891d0b4edcaf22261f65616bd8b80b0aea980");
}

#[test]
fn recovery_is_that_of_the_format() {
    let disk = MemoryVfs::default();
    let (mut log, _) = open(disk.clone(), &options()).unwrap();
    append(&mut log, &[record(1, 0), record(2, 16)]).unwrap();
    log.state(2, [0xCD; 32]).unwrap();
    log.close().unwrap();
    drop(open(disk.clone(), &later(5)).unwrap());
    let mut file = disk.get(FIRST).unwrap();
    file[6_144..6_744].fill(0xEE);
    disk.put(FIRST, file);

    drop(open(disk.clone(), &later(6)).unwrap());
    let file = disk.get(FIRST).unwrap();
    assert_eq!(unmarked(&file, &see_clean(&disk).frames)[5], RECOVERY_FRAME);
    assert_eq!(sha256(&file), "02a4472a8f9389983456555c417b76f7aca86f2ea8119b8ad81f31d4d29f3925");
    assert_eq!(disk.get("00000000000000000001-00000000000000006144.torn"), Some(vec![0xEE; 600]));
}

// Writing and reading again.

fn round_trip<V: Vfs>(disk: impl Fn() -> V, align: Align) {
    let options = OpenOptions { align, segment_bytes: 16_384, ..options() };
    let (mut log, _) = open(disk(), &options).unwrap();
    let records: Vec<_> = (1..=60).map(|seq| record(seq, usize::try_from(seq).unwrap() * 17)).collect();
    for part in records.chunks(3) {
        append(&mut log, part).unwrap();
        assert_eq!(log.durable(), log.next_seq() - 1);
    }
    log.prepare_spare(NOW_NS).unwrap();
    let (chain, next_seq) = (log.chain(), log.next_seq());
    drop(log);

    let seen = see_clean(&disk());
    assert_eq!(seen.records, records);
    assert!(segments(&disk()).len() > 2, "the journal should have rolled");
    assert_eq!(seen.frames.last().unwrap().chain, chain);
    let (log, replayed) = open(disk(), &options).unwrap();
    assert_eq!(replayed, records);
    assert_eq!((log.next_seq(), log.epoch(), log.align()), (next_seq, 2, align));
    log.close().unwrap();
    assert_eq!(see_clean(&disk()).kinds().last(), Some(&Kind::Seal));
    assert!(!disk().list().unwrap().contains(&"spare.tmp".to_owned()));
}

#[test]
fn records_come_back_from_memory() {
    let disk = MemoryVfs::default();
    round_trip(|| disk.clone(), Align::Bytes512);
}

#[test]
fn records_come_back_from_a_disk() {
    let parent = tempfile::tempdir().unwrap();
    round_trip(|| RealVfs::create(parent.path().join("journal")).unwrap(), Align::Bytes512);
}

#[test]
fn records_come_back_with_long_sectors() {
    let disk = MemoryVfs::default();
    round_trip(|| disk.clone(), Align::Bytes4096);
}

#[test]
fn memory_and_disk_hold_the_same_bytes() {
    let parent = tempfile::tempdir().unwrap();
    let memory = MemoryVfs::default();
    let real = || RealVfs::create(parent.path()).unwrap();
    let (mut first, _) = open(memory.clone(), &options()).unwrap();
    let (mut second, _) = open(real(), &options()).unwrap();
    for seq in 1..40 {
        append(&mut first, &[record(seq, 300)]).unwrap();
        append(&mut second, &[record(seq, 300)]).unwrap();
    }
    assert_eq!(segments(&memory), segments(&real()));
    for name in segments(&memory) {
        assert_eq!(memory.get(&name), Some(std::fs::read(parent.path().join(&name)).unwrap()), "{name}");
    }
}

#[test]
fn a_burst_is_split_at_the_limit_of_records() {
    let disk = MemoryVfs::default();
    let (mut log, _) = open(disk.clone(), &OpenOptions { segment_bytes: 4 << 20, ..options() }).unwrap();
    let count = u64::from(MAX_FRAME_RECORDS) + 10;
    let burst: Vec<_> = (1..=count).map(|seq| record(seq, 0)).collect();
    append(&mut log, &burst).unwrap();
    assert_eq!(log.leaves().len() as u64, count);
    let seen = see_clean(&disk);
    let counts: Vec<_> = seen.frames.iter().map(|frame| frame.count).collect();
    let by_bytes = u32::try_from(COLLECT_BYTES / 36).unwrap();
    assert_eq!(counts, [0, by_bytes, u32::try_from(count).unwrap() - by_bytes]);
    assert_eq!(seen.records, burst);
}

#[test]
fn a_record_longer_than_the_collecting_limit_has_a_frame_of_its_own() {
    let disk = MemoryVfs::default();
    let (mut log, _) = open(disk.clone(), &options()).unwrap();
    let longest = MAX_RECORD_BYTES - 32;
    append(&mut log, &[record(1, 10), record(2, longest), record(3, 10)]).unwrap();
    let counts: Vec<_> = see_clean(&disk).frames.iter().map(|frame| (frame.kind, frame.count)).collect();
    let (header, one) = ((Kind::Header, 0), (Kind::Records, 1));
    // The long frame does not fit into an empty segment, which becomes longer, and leaves no room for the third.
    assert_eq!(counts, [header, one, header, one, header, one]);
    let refused = append(&mut log, &[record(4, longest + 1)]);
    assert!(matches!(refused, Err(JournalError::InvalidBatch { .. })), "{refused:?}");
    append(&mut log, &[record(4, 0)]).unwrap();
}

#[test]
fn segments_without_records_are_not_followed() {
    let disk = MemoryVfs::default();
    for opening in 1..30 {
        let (log, _) = open(disk.clone(), &options()).unwrap();
        assert_eq!(log.epoch(), opening);
    }
    assert_eq!(segments(&disk), [FIRST]);
    let (mut log, _) = open(disk.clone(), &options()).unwrap();
    append(&mut log, &[record(1, 0)]).unwrap();
    append(&mut log, &[record(2, 0)]).unwrap();
    assert_eq!(segments(&disk), [FIRST, "00000000000000000002.plog"]);
    assert_eq!(see_clean(&disk).records.len(), 2);
}

#[test]
fn a_refused_batch_leaves_the_log_as_it_was() {
    let disk = MemoryVfs::default();
    let (mut log, _) = written(&disk, 4);
    let before = (disk.get(FIRST), log.chain());
    let good = batch(&[record(5, 0)]);
    let mut zeros = record(5, 2_000);
    zeros[32..].fill(0);
    for (bytes, first_seq, count) in [
        (good.clone(), 4, 1),
        (good.clone(), 6, 1),
        (good.clone(), 5, 2),
        (good[..good.len() - 1].to_vec(), 5, 1),
        (batch(&[record(6, 0)]), 5, 1),
        (batch(&[vec![0; 31]]), 5, 1),
        (batch(&[zeros]), 5, 1),
    ] {
        let refused = log.append(&bytes, first_seq, count);
        assert!(matches!(refused, Err(JournalError::InvalidBatch { .. })), "{refused:?}");
    }
    assert!(matches!(log.state(3, [0; 32]), Err(JournalError::InvalidBatch { .. })));
    assert_eq!((disk.get(FIRST), log.chain()), before);
    log.append(&good, 5, 1).unwrap();
}

#[test]
fn sealing_twice_writes_one_frame() {
    let disk = MemoryVfs::default();
    let (mut log, _) = written(&disk, 2);
    log.seal().unwrap();
    log.seal().unwrap();
    log.close().unwrap();
    assert_eq!(see_clean(&disk).kinds(), [Kind::Header, Kind::Records, Kind::Seal]);
}

#[test]
fn replay_that_fails_changes_nothing() {
    let disk = MemoryVfs::default();
    drop(written(&disk, 6));
    let before = disk.get(FIRST);
    let failed = Log::open(disk.clone(), &options(), &mut |_| Err(JournalError::Failed));
    assert_eq!(failed.map(|_| ()), Err(JournalError::Failed));
    assert_eq!(disk.get(FIRST), before);
}

// Who may open what.

#[test]
fn a_second_writer_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let real = || RealVfs::create(parent.path()).unwrap();
    let (log, _) = open(real(), &options()).unwrap();
    assert_eq!(open(real(), &options()).map(|_| ()), Err(JournalError::Locked));
    log.close().unwrap();
    open(real(), &options()).unwrap();

    let memory = MemoryVfs::default();
    let (log, _) = open(memory.clone(), &options()).unwrap();
    assert_eq!(open(memory.clone(), &options()).map(|_| ()), Err(JournalError::Locked));
    drop(log);
    open(memory, &options()).unwrap();
}

#[test]
fn foreign_directories_are_not_journals() {
    let disk = MemoryVfs::default();
    assert!(matches!(see(&disk, 0), Err(JournalError::NotAJournal { .. })));
    disk.put("thesis.doc", vec![1]);
    assert!(matches!(open(disk.clone(), &options()), Err(JournalError::NotAJournal { .. })));
    assert_eq!(disk.list().unwrap(), ["thesis.doc"]);
}

#[test]
fn options_are_checked() {
    let loss =
        |hash: &str, operator: &str| Some(TailLoss { removed_hash: hash.to_owned(), operator: operator.to_owned() });
    for options in [
        OpenOptions { segment_bytes: 4_096, ..options() },
        OpenOptions { segment_bytes: 10_000, ..options() },
        OpenOptions { accept_tail_loss: loss("abc", "Li"), ..options() },
        OpenOptions { accept_tail_loss: loss(&"ab".repeat(32), ""), ..options() },
        OpenOptions { accept_tail_loss: loss(&"ab".repeat(32), "a\nb"), ..options() },
    ] {
        let refused = open(MemoryVfs::default(), &options);
        assert!(matches!(refused, Err(JournalError::InvalidOption { .. })), "{options:?}");
    }
}

#[test]
fn another_format_version_is_not_called_damage() {
    let disk = MemoryVfs::default();
    drop(written(&disk, 2));
    let mut file = disk.get(FIRST).unwrap();
    file[4_096 + 4] = 2;
    let salt = &options().entropy[16..];
    let crc = crc32c::crc32c_append(crc32c::crc32c(salt), &file[4_096..4_096 + 72]);
    file[4_096 + 72..4_096 + 76].copy_from_slice(&crc.to_le_bytes());
    disk.put(FIRST, file);
    let expected = JournalError::UnsupportedVersion {
        segment: SegmentName(1),
        offset: 4_096,
        what: "format version",
        found: 2,
        supported: 1,
    };
    assert_eq!(open(disk, &options()).map(|_| ()), Err(expected));
}

#[test]
fn leftovers_are_discarded() {
    let disk = MemoryVfs::default();
    let (log, records) = written(&disk, 4);
    drop(log);
    disk.put("spare.tmp", vec![0xAA; 10_000]);
    disk.put("torn.tmp", vec![0xBB; 100]);
    let (log, replayed) = open(disk.clone(), &options()).unwrap();
    assert_eq!(replayed, records);
    assert!(!log.spare_is_ready());
    assert_eq!(disk.list().unwrap(), [FIRST, "LOCK"]);
}

// Torn tails.

/// A journal of three records in two frames, the last of several sectors and never acknowledged; its offset.
fn with_torn_tail(torn: impl Fn(&mut [u8])) -> (MemoryVfs, Vec<Vec<u8>>, u64) {
    let disk = MemoryVfs::default();
    let (mut log, mut records) = written(&disk, 2);
    records.push(record(3, 1_500));
    append(&mut log, &records[2..]).unwrap();
    drop(log);
    let last = *see_clean(&disk).frames.last().unwrap();
    let mut file = disk.get(FIRST).unwrap();
    let from = usize::try_from(last.offset).unwrap();
    torn(&mut file[from..from + usize::try_from(last.bytes).unwrap()]);
    disk.put(FIRST, file);
    (disk, records, last.offset)
}

#[test]
fn a_torn_tail_is_kept_cut_and_recorded_once() {
    let (disk, records, offset) = with_torn_tail(|frame| frame[512..1_024].fill(0));
    let removed = disk.get(FIRST).unwrap()[usize::try_from(offset).unwrap()..].to_vec();
    let removed = &removed[..=removed.iter().rposition(|&byte| byte != 0).unwrap()];
    let bad = see_bad(&disk, 0);
    assert_eq!((bad.class, bad.offset, bad.next_seq), (Class::Torn, offset, 3));

    let (mut log, replayed) = open(disk.clone(), &later(1)).unwrap();
    assert_eq!(replayed, records[..2]);
    append(&mut log, &records[2..]).unwrap();
    log.close().unwrap();
    assert_eq!(disk.get(&format!("{:020}-{offset:020}.torn", 1)).unwrap(), removed);
    let expected = Recovery {
        segment_number: 1,
        offset,
        removed_bytes: removed.len() as u64,
        removed_hash: Sha256::digest(removed).into(),
        why: Why::Torn,
        operator: String::new(),
    };
    assert_eq!(see_clean(&disk).recoveries(), [expected]);
    assert_eq!(see_clean(&disk).kinds()[2..4], [Kind::Recovery, Kind::Epoch]);

    for _ in 0..2 {
        let (_, replayed) = open(disk.clone(), &later(2)).unwrap();
        assert_eq!(replayed, records);
        assert_eq!(see_clean(&disk).recoveries().len(), 1);
    }
}

#[test]
fn a_tail_is_not_cut_below_an_acknowledged_record() {
    let (disk, _, offset) = with_torn_tail(|frame| frame[512..1_024].fill(0));
    let before = disk.get(FIRST);
    let refused = open(disk.clone(), &OpenOptions { acknowledged: 3, ..options() });
    let Err(JournalError::Corrupt(bad)) = refused.map(|_| ()) else { panic!("expected corrupt") };
    assert_eq!((bad.offset, bad.next_seq, bad.known_upto), (offset, 3, 3));
    assert_eq!(disk.get(FIRST), before);
    open(disk, &OpenOptions { acknowledged: 2, ..options() }).unwrap();
}

#[test]
fn a_tail_that_became_zero_below_an_acknowledged_record_is_corrupt() {
    let (disk, ..) = with_torn_tail(|frame| frame.fill(0));
    assert_eq!(see_bad(&disk, 3).class, Class::Corrupt);
    let refused = open(disk.clone(), &OpenOptions { acknowledged: 3, ..options() });
    assert!(matches!(refused, Err(JournalError::Corrupt(_))));
    let nothing = open(MemoryVfs::default(), &OpenOptions { acknowledged: 1, ..options() });
    assert!(matches!(nothing, Err(JournalError::Corrupt(_))));
}

#[test]
fn an_ambiguous_tail_needs_an_operator_and_its_hash() {
    let (disk, records, offset) = with_torn_tail(|frame| frame[700] ^= 1);
    let before = disk.get(FIRST);
    let Err(JournalError::Ambiguous(bad)) = open(disk.clone(), &options()).map(|_| ()) else {
        panic!("expected ambiguous")
    };
    let accept = |hash: String| {
        let loss = TailLoss { removed_hash: hash, operator: "王芳".to_owned() };
        OpenOptions { accept_tail_loss: Some(loss), ..options() }
    };
    let other = open(disk.clone(), &accept("00".repeat(32))).map(|_| ());
    assert_eq!(other, Err(JournalError::Ambiguous(bad.clone())));
    assert_eq!(disk.get(FIRST), before);

    let (_, replayed) = open(disk.clone(), &accept(Hex(&bad.removed_hash).to_string().to_uppercase())).unwrap();
    assert_eq!(replayed, records[..2]);
    let recoveries = see_clean(&disk).recoveries();
    let accepted = (recoveries[0].offset, recoveries[0].why, recoveries[0].operator.as_str());
    assert_eq!(accepted, (offset, Why::Accepted, "王芳"));
}

#[test]
fn a_cut_that_was_not_recorded_is_recorded_at_the_next_opening() {
    let (disk, records, offset) = with_torn_tail(|frame| frame[512..1_024].fill(0));
    let torn = disk.get(FIRST).unwrap()[usize::try_from(offset).unwrap()..][..1_200].to_vec();
    let name = format!("{:020}-{offset:020}.torn", 1);
    let recorded = |disk: &MemoryVfs| {
        let (_, replayed) = open(disk.clone(), &options()).unwrap();
        assert_eq!(replayed, records[..2]);
        let recoveries = see_clean(disk).recoveries();
        assert_eq!(recoveries.len(), 1);
        assert_eq!(recoveries[0].removed_hash, <[u8; 32]>::from(Sha256::digest(&torn)));
        assert_eq!(disk.get(&name).unwrap(), torn);
    };
    // The machine died after the copy, and after the cut.
    let uncut = disk.copied();
    uncut.put(&name, torn.clone());
    recorded(&uncut);
    let cut = disk.copied();
    cut.put(&name, torn.clone());
    let mut file = cut.get(FIRST).unwrap();
    file.truncate(usize::try_from(offset).unwrap());
    cut.put(FIRST, file);
    recorded(&cut);
}

#[test]
fn an_interrupted_acceptance_asks_the_operator_again() {
    let (disk, _, offset) = with_torn_tail(|frame| frame[700] ^= 1);
    let from = usize::try_from(offset).unwrap();
    let mut file = disk.get(FIRST).unwrap();
    let removed = file[from..from + 2_048].to_vec();
    disk.put(&format!("{:020}-{offset:020}.torn", 1), removed.clone());
    file[from..].fill(0);
    disk.put(FIRST, file);
    assert!(matches!(open(disk.clone(), &options()), Err(JournalError::Ambiguous(_))));
    let loss = TailLoss { removed_hash: sha256(&removed), operator: "Li".to_owned() };
    open(disk.clone(), &OpenOptions { accept_tail_loss: Some(loss), ..options() }).unwrap();
    assert_eq!(see_clean(&disk).recoveries()[0].why, Why::Accepted);
    open(disk, &options()).unwrap();
}

// Damage, everywhere.

/// A closed journal of several segments and its records.
fn sample() -> (MemoryVfs, Vec<Vec<u8>>) {
    let disk = MemoryVfs::default();
    let (log, records) = written(&disk, 20);
    log.close().unwrap();
    assert_eq!(segments(&disk).len(), 2);
    (disk, records)
}

#[test]
fn every_prefix_of_a_segment_is_recovered_or_refused() {
    let (disk, records) = sample();
    let names = segments(&disk);
    let (last, count) = (names.last().unwrap(), records.len() as u64);
    let mut recovered = 0;
    for name in &names {
        let whole = disk.get(name).unwrap();
        for len in 0..whole.len() {
            let cut = disk.copied();
            cut.put(name, whole[..len].to_vec());
            match open(cut.copied(), &OpenOptions { acknowledged: count, ..options() }) {
                Ok((_, replayed)) => assert_eq!(replayed, records, "{name} cut at {len}"),
                Err(JournalError::Corrupt(_)) => {}
                Err(JournalError::Tampered(_)) if name != last => {}
                Err(other) => panic!("{name} cut at {len}: {other}"),
            }
            match open(cut.clone(), &options()) {
                Ok((log, replayed)) => {
                    assert!(records.starts_with(&replayed), "{name} cut at {len}");
                    assert!(name == last || replayed == records, "{name} cut at {len}: a proven record is gone");
                    drop(log);
                    if len % 64 == 0 {
                        assert_eq!(open(cut, &options()).unwrap().1, replayed);
                    }
                    recovered += 1;
                }
                Err(JournalError::Corrupt(bad)) => {
                    assert!(name != last || len < 4_096, "{name} cut at {len}: {bad}");
                }
                // Cut between two frames it is whole, and the next segment does not continue it.
                Err(JournalError::Tampered(bad)) => {
                    assert!(name != last, "{name} cut at {len}: {bad}");
                }
                Err(other) => panic!("{name} cut at {len}: {other}"),
            }
        }
    }
    assert_eq!(recovered, 4_096, "every cut behind the last segment's header is one of a torn tail");
}

#[test]
fn no_changed_byte_is_taken_in_silence() {
    let (disk, records) = sample();
    let names = segments(&disk);
    let last = names.last().unwrap();
    let seal = see_clean(&disk).frames.last().unwrap().offset;
    for name in &names {
        let mut bytes = disk.get(name).unwrap();
        for index in 0..bytes.len() {
            bytes[index] ^= 1 << (index % 8);
            disk.put(name, bytes.clone());
            let bad = see_bad(&disk, 0);
            let at_the_end = name == last && index as u64 >= seal;
            // Behind or in the last frame nothing proves that it was whole; no record is there to be lost.
            let may_be_torn = matches!(bad.class, Class::Torn | Class::Ambiguous) && at_the_end;
            assert!(may_be_torn || bad.class == Class::Corrupt, "{name} changed at {index}: {bad:?}");
            assert!(bad.offset <= index as u64);
            if may_be_torn {
                let (seen, _) = see(&disk, 0).unwrap();
                assert_eq!(seen.records, records);
            }
            bytes[index] ^= 1 << (index % 8);
        }
        disk.put(name, bytes);
    }
}

#[test]
fn missing_and_exchanged_segments_are_tampering() {
    let disk = MemoryVfs::default();
    drop(written(&disk, 40));
    let names = segments(&disk);
    assert!(names.len() >= 3);
    for gone in &names[..names.len() - 1] {
        let broken = disk.copied();
        broken.remove(gone).unwrap();
        assert_eq!(see_bad(&broken, 0).class, Class::Tampered, "{gone} removed");
        assert!(matches!(open(broken, &options()), Err(JournalError::Tampered(_))));
    }
    let swapped = disk.copied();
    swapped.put(&names[1], disk.get(&names[2]).unwrap());
    swapped.put(&names[2], disk.get(&names[1]).unwrap());
    assert_eq!(see_bad(&swapped, 0).class, Class::Tampered);

    let other = MemoryVfs::default();
    let foreign = OpenOptions { entropy: [9; 32], ..options() };
    let (mut log, _) = open(other.clone(), &foreign).unwrap();
    (1..=40).for_each(|seq| append(&mut log, &[record(seq, 400)]).unwrap());
    let spliced = disk.copied();
    let name = &segments(&other)[1];
    for later in &names[1..] {
        spliced.remove(later).unwrap();
    }
    spliced.put(name, other.get(name).unwrap());
    assert_eq!(see_bad(&spliced, 0).class, Class::Tampered);
}

#[test]
fn a_lost_last_segment_shows_where_its_records_were_acknowledged() {
    let disk = MemoryVfs::default();
    let (log, records) = written(&disk, 40);
    drop(log);
    disk.remove(segments(&disk).last().unwrap()).unwrap();
    let bad = see_bad(&disk, records.len() as u64);
    assert_eq!((bad.class, bad.known_upto), (Class::Corrupt, 40));
}

#[test]
fn frames_exchanged_or_repeated_in_a_segment_are_tampering() {
    let disk = MemoryVfs::default();
    drop(written(&disk, 6));
    let file = disk.get(FIRST).unwrap();
    let mut exchanged = file.clone();
    exchanged[4_096..4_608].copy_from_slice(&file[4_608..5_120]);
    disk.put(FIRST, exchanged);
    assert_eq!(see_bad(&disk, 0).class, Class::Tampered);
    let mut repeated = file.clone();
    repeated[5_632..6_144].copy_from_slice(&file[5_120..5_632]);
    disk.put(FIRST, repeated);
    assert_eq!(see_bad(&disk, 0).class, Class::Tampered);
}

/// Makes a changed frame consistent again: its checksums, and its chain value if asked.
fn mend(frame: &mut [u8], mend_chain: bool) {
    let salt = &options().entropy[16..];
    let checksum = |bytes: &[u8]| crc32c::crc32c_append(crc32c::crc32c(salt), bytes).to_le_bytes();
    let header_crc = checksum(&frame[..72]);
    frame[72..76].copy_from_slice(&header_crc);
    let end = 80 + u32::from_le_bytes(frame[8..12].try_into().unwrap()) as usize;
    if frame.len() < end + 36 {
        return;
    }
    if mend_chain {
        let count = u32::from_le_bytes(frame[12..16].try_into().unwrap()) as usize;
        let leaves: Vec<u8> = match count {
            0 => Sha256::digest([&[0x02], &frame[80..end]].concat()).to_vec(),
            _ => frame[80..end].chunks((end - 80) / count).flat_map(|record| leaf(&record[4..])).collect(),
        };
        let chained = [b"pyauction/chain/v1", &frame[40..72], &frame[..40], &leaves].concat();
        frame[end..end + 32].copy_from_slice(&Sha256::digest(chained));
    }
    let crc = checksum(&frame[..end + 32]);
    frame[end + 32..end + 36].copy_from_slice(&crc);
}

#[test]
fn a_forged_record_breaks_the_chain_there_or_at_the_next_frame() {
    let disk = MemoryVfs::default();
    drop(written(&disk, 6));
    let file = disk.get(FIRST).unwrap();
    for (mend_chain, class, offset) in [(false, Class::Corrupt, 4_608), (true, Class::Tampered, 5_120)] {
        let mut forged = file.clone();
        forged[4_608 + 200] ^= 1;
        mend(&mut forged[4_608..5_120], mend_chain);
        disk.put(FIRST, forged);
        let bad = see_bad(&disk, 0);
        assert_eq!((bad.class, bad.offset), (class, offset));
    }
}

#[test]
fn a_record_out_of_sequence_is_tampering() {
    let disk = MemoryVfs::default();
    drop(written(&disk, 2));
    let mut file = disk.get(FIRST).unwrap();
    // The first record's seq stands behind the frame's header, the length and the record's first eight bytes.
    file[4_096 + 80 + 4 + 8] = 2;
    mend(&mut file[4_096..4_608], true);
    disk.put(FIRST, file);
    let bad = see_bad(&disk, 0);
    assert_eq!((bad.class, bad.detail.as_str()), (Class::Tampered, "expected the record's seq 1, found 2"));
}

#[test]
fn a_sound_header_that_does_not_fit_is_tampering() {
    let disk = MemoryVfs::default();
    drop(written(&disk, 2));
    let file = disk.get(FIRST).unwrap();
    for (at, byte, expected) in [
        (4_096 + 6, 9, "expected a frame of kind 1 to 6, found 9"),
        (4_096 + 6, 2, "expected any other kind than HEADER, found HEADER"),
        (4_096 + 10, 0x20, "RECORDS cannot have 2 records in 2097460 bytes"),
        (4_096 + 12, 0, "RECORDS cannot have 0 records in 308 bytes"),
        (4_096 + 13, 0x21, "RECORDS cannot have 8450 records in 308 bytes"),
        (4_096 + 16, 3, "expected first_seq 1, found 3"),
        (4_096 + 24, 2, "expected epoch 1, found 2"),
        (128, 2, "expected segment number 1, found 2"),
    ] {
        let mut forged = file.clone();
        forged[at] = byte;
        let frame = if at < 4_096 { 0..4_096 } else { 4_096..4_608 };
        mend(&mut forged[frame], at < 4_096);
        disk.put(FIRST, forged);
        let bad = see_bad(&disk, 0);
        assert_eq!((bad.class, bad.detail.as_str()), (Class::Tampered, expected));
    }
    let mut reserved = file;
    reserved[4_096 + 76] = 1;
    mend(&mut reserved[4_096..4_608], true);
    disk.put(FIRST, reserved);
    let bad = see_bad(&disk, 0);
    let expected = (Class::Ambiguous, "the reserved bytes of the header are not zero");
    assert_eq!((bad.class, bad.detail.as_str()), expected);
}

#[test]
fn a_renamed_segment_is_tampering() {
    let disk = MemoryVfs::default();
    drop(written(&disk, 20));
    disk.rename(&segments(&disk)[1], "00000000000000000018.plog").unwrap();
    let bad = see_bad(&disk, 0);
    let expected = "expected the segment 00000000000000000017.plog, found 00000000000000000018.plog";
    assert_eq!((bad.class, bad.detail.as_str()), (Class::Tampered, expected));
}

// A disk that fails.

/// A disk that fails for ever from its n-th changing operation on. A write that fails leaves its first half of sectors.
#[derive(Debug, Clone)]
struct Failing {
    disk: MemoryVfs,
    left: Rc<Cell<u64>>,
}

#[derive(Debug)]
struct FailingFile {
    file: MemoryFile,
    left: Rc<Cell<u64>>,
}

fn spend(left: &Cell<u64>) -> io::Result<()> {
    let now = left.get().checked_sub(1).ok_or_else(|| io::Error::from_raw_os_error(5))?;
    left.set(now);
    Ok(())
}

impl Failing {
    fn after(disk: &MemoryVfs, operations: u64) -> Self {
        Self { disk: disk.clone(), left: Rc::new(Cell::new(operations)) }
    }

    fn file(&self, file: MemoryFile) -> FailingFile {
        FailingFile { file, left: Rc::clone(&self.left) }
    }
}

impl Vfs for Failing {
    type File = FailingFile;
    type Lock = MemoryLock;

    fn list(&self) -> io::Result<Vec<String>> {
        self.disk.list()
    }

    fn open(&self, name: &str, access: Access) -> io::Result<FailingFile> {
        self.disk.open(name, access).map(|file| self.file(file))
    }

    fn create(&self, name: &str) -> io::Result<FailingFile> {
        spend(&self.left)?;
        self.disk.create(name).map(|file| self.file(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        spend(&self.left)?;
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        spend(&self.left)?;
        self.disk.remove(name)
    }

    fn sync_dir(&self) -> io::Result<()> {
        spend(&self.left)?;
        self.disk.sync_dir()
    }

    fn try_lock(&self, name: &str) -> io::Result<Option<MemoryLock>> {
        self.disk.try_lock(name)
    }
}

impl VfsFile for FailingFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(bytes, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        if let Err(error) = spend(&self.left) {
            let sectors = bytes.len() / 512 / 2;
            self.file.write_at(&bytes[..sectors * 512], offset)?;
            return Err(error);
        }
        self.file.write_at(bytes, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        spend(&self.left)?;
        self.file.set_len(len)
    }

    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn sync_data(&self) -> io::Result<()> {
        spend(&self.left)?;
        self.file.sync_data()
    }

    fn settle(&self) -> io::Result<()> {
        spend(&self.left)?;
        self.file.settle()
    }
}

#[test]
fn an_error_ends_the_log_for_ever() {
    for operations in 0..2 {
        let disk = MemoryVfs::default();
        drop(written(&disk, 2));
        let failing = Failing::after(&disk, u64::MAX);
        let (mut log, _) = open(failing.clone(), &options()).unwrap();
        failing.left.set(operations);
        let error = append(&mut log, &[record(3, 0)]).unwrap_err();
        let op = if operations == 0 { "write" } else { "sync" };
        assert_eq!(error.to_string(), format!("cannot {op} {FIRST}: Input/output error (os error 5)"));
        failing.left.set(u64::MAX);
        assert_eq!(append(&mut log, &[record(3, 0)]), Err(JournalError::Failed));
        assert_eq!(log.seal(), Err(JournalError::Failed));
        assert_eq!(log.state(2, [0; 32]), Err(JournalError::Failed));
        assert_eq!(log.prepare_spare(0), Err(JournalError::Failed));
        assert_eq!((log.durable(), log.has_failed()), (2, true));
        assert_eq!(log.close(), Err(JournalError::Failed));
    }
}

/// Writes until the disk fails; returns the number of records acknowledged.
fn write_until_failure(failing: &Failing, records: &[Vec<u8>]) -> u64 {
    let Ok((mut log, _)) = open(failing.clone(), &options()) else {
        return 0;
    };
    for (index, record) in records.iter().enumerate() {
        if (index % 3 == 1 && log.prepare_spare(NOW_NS).is_err())
            || append(&mut log, std::slice::from_ref(record)).is_err()
        {
            break;
        }
    }
    log.durable()
}

/// Stops writing at every operation, then stops recovery at every operation, then recovers.
#[test]
fn whatever_operation_fails_the_acknowledged_records_come_back() {
    let records: Vec<_> = (1..=8).map(|seq| record(seq, 1_700)).collect();
    let mut recoveries = 0;
    for operations in 0.. {
        let disk = MemoryVfs::default();
        let failing = Failing::after(&disk, operations);
        let acknowledged = write_until_failure(&failing, &records);
        let finished = failing.left.get() > 0;
        let options = OpenOptions { acknowledged, ..options() };
        for operations in 0.. {
            let disk = disk.copied();
            let failing = Failing::after(&disk, operations);
            let first = open(failing.clone(), &options).map(|_| ());
            let (_, replayed) = open(disk.clone(), &options).unwrap();
            assert!(records.starts_with(&replayed) && replayed.len() as u64 >= acknowledged);
            let seen = see_clean(&disk);
            let torn = disk.list().unwrap().iter().filter(|name| name.contains(".torn")).count();
            assert_eq!(seen.recoveries().len(), torn);
            assert_eq!(seen.records, replayed);
            recoveries += torn;
            if first.is_ok() {
                break;
            }
        }
        if finished {
            break;
        }
    }
    assert!(recoveries > 0, "no tail was ever torn");
}
