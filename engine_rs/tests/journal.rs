//! The journal through its public surface: what is written is what FORMAT.md says, what was acknowledged is never lost in
//! silence, and what was changed is never taken.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where it fails"
)]

#[path = "journal/power.rs"]
mod power;

use power::{FATES, Fate, PowerVfs};
use pyauction_engine::journal::vfs::Vfs;
use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_engine::journal::vfs::real::RealVfs;
use pyauction_engine::journal::{
    Align, BadFrame, Class, Content, Control, FrameInfo, Hash, Hex, JournalError, Kind, Log, MAX_FRAME_BYTES,
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
    let log = Log::open(vfs, options, &mut |_, content| {
        if let Content::Records(records) = content {
            replayed.extend(records.map(<[u8]>::to_vec));
        }
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
    let kept = disk.get("00000000000000000001-00000000000000006144.torn").unwrap();
    assert_eq!((kept.len(), &kept[61..]), (661, &[0xEE; 600][..]));
    assert_eq!(sha256(&kept), "284a0970922fda2a0df6a0bcef45f329a988bc3593ec9fe4f86548cf046f9009");
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
    log.prepare_spare(NOW_NS, 6_000).unwrap();
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

fn counts_of_records(vfs: &impl Vfs) -> Vec<u32> {
    let seen = see_clean(vfs);
    seen.frames.iter().filter(|frame| frame.kind == Kind::Records).map(|frame| frame.count).collect()
}

#[test]
fn a_batch_that_fits_into_a_frame_is_one_and_a_longer_one_is_split() {
    // The longest body of a frame: 1 MiB less header, chain, checksum and the shortest mark.
    let longest = MAX_FRAME_BYTES - 80 - 32 - 4 - 8;
    for align in [Align::Bytes512, Align::Bytes4096] {
        for (count, last, expected) in [
            (u64::from(MAX_FRAME_RECORDS), 0, vec![MAX_FRAME_RECORDS]),
            (u64::from(MAX_FRAME_RECORDS) + 10, 0, vec![MAX_FRAME_RECORDS, 10]),
            (3, longest - 3 * 36, vec![3]),
            (3, longest - 3 * 36 + 1, vec![2, 1]),
        ] {
            let disk = MemoryVfs::default();
            let (mut log, _) = open(disk.clone(), &OpenOptions { align, segment_bytes: 4 << 20, ..options() }).unwrap();
            let burst: Vec<_> = (1..=count).map(|seq| record(seq, if seq == count { last } else { 0 })).collect();
            append(&mut log, &burst).unwrap();
            assert_eq!(log.leaves(), burst.iter().map(|record| leaf(record)).collect::<Vec<Hash>>());
            assert_eq!(counts_of_records(&disk), expected);
            assert_eq!(see_clean(&disk).records, burst);
        }
    }
}

#[test]
fn a_record_that_fills_a_frame_makes_an_empty_segment_longer() {
    let disk = MemoryVfs::default();
    let (mut log, _) = open(disk.clone(), &options()).unwrap();
    let longest = MAX_RECORD_BYTES - 32;
    append(&mut log, &[record(1, 10), record(2, longest), record(3, 10)]).unwrap();
    let counts: Vec<_> = see_clean(&disk).frames.iter().map(|frame| (frame.kind, frame.count)).collect();
    let (header, one) = ((Kind::Header, 0), (Kind::Records, 1));
    assert_eq!(counts, [header, one, header, one, header, one]);
    let lengths = segments(&disk).iter().map(|name| disk.get(name).unwrap().len()).collect::<Vec<_>>();
    assert_eq!(lengths, [8_192, 4_096 + MAX_FRAME_BYTES, 8_192]);
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
    let failed = Log::open(disk.clone(), &options(), &mut |_, _| Err(JournalError::Failed));
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
        OpenOptions { now_ns: -1, ..options() },
        OpenOptions { now_ns: (1 << 62) + 1, ..options() },
        OpenOptions { accept_tail_loss: loss("abc", "Li"), ..options() },
        OpenOptions { accept_tail_loss: loss(&"ab".repeat(32), ""), ..options() },
        OpenOptions { accept_tail_loss: loss(&"ab".repeat(32), "a\nb"), ..options() },
    ] {
        let refused = open(MemoryVfs::default(), &options);
        assert!(matches!(refused, Err(JournalError::InvalidOption { .. })), "{options:?}");
    }
}

#[test]
fn a_wrong_time_leaves_a_good_journal_as_it_was() {
    let disk = MemoryVfs::default();
    let (mut log, _) = written(&disk, 2);
    log.prepare_spare(-1, u64::MAX).unwrap();
    (3..23).for_each(|seq| append(&mut log, &[record(seq, 118)]).unwrap());
    log.close().unwrap();
    let before = (disk.list().unwrap(), disk.get(FIRST));
    let refused = open(disk.clone(), &OpenOptions { now_ns: -1, ..options() });
    assert!(matches!(refused, Err(JournalError::InvalidOption { option: "now_ns", .. })));
    assert_eq!((disk.list().unwrap(), disk.get(FIRST)), before);
    assert!(see_clean(&disk).kinds().iter().filter(|kind| **kind == Kind::Header).count() > 1);
}

#[test]
fn a_segment_that_is_a_link_is_read_and_written_through_it() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("journal");
    let real = || RealVfs::create(&directory).unwrap();
    let (mut log, _) = open(real(), &options()).unwrap();
    append(&mut log, &[record(1, 10)]).unwrap();
    drop(log);
    let elsewhere = parent.path().join("elsewhere");
    std::fs::rename(directory.join(FIRST), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, directory.join(FIRST)).unwrap();
    let (mut log, replayed) = open(real(), &options()).unwrap();
    assert_eq!((replayed, log.epoch()), (vec![record(1, 10)], 2));
    append(&mut log, &[record(2, 10)]).unwrap();
    log.close().unwrap();
    assert_eq!(see_clean(&real()).records, [record(1, 10), record(2, 10)]);
    assert!(directory.join(FIRST).is_symlink());
}

#[test]
fn what_is_no_file_and_has_the_name_of_one_makes_a_journal_unreadable() {
    let second = "00000000000000000009.plog";
    let torn = "00000000000000000001-00000000000000004096.torn";
    for name in [second, torn] {
        for make in [
            (|path| std::fs::create_dir(path).unwrap()) as fn(&std::path::Path),
            |path| std::os::unix::fs::symlink("/nowhere", path).unwrap(),
            |path| std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
        ] {
            let parent = tempfile::tempdir().unwrap();
            let real = || RealVfs::create(parent.path()).unwrap();
            open(real(), &options()).unwrap().0.close().unwrap();
            make(&parent.path().join(name));
            let expected = JournalError::Stray { found: name.to_owned(), expected: "a regular file" };
            assert_eq!(see(&real(), 0).map(|_| ()), Err(expected.clone()));
            assert_eq!(open(real(), &options()).map(|_| ()), Err(expected));
        }
    }
}

#[test]
fn a_name_that_may_have_been_meant_for_a_segment_is_not_written_beside() {
    let disk = MemoryVfs::default();
    drop(written(&disk, 2));
    for stray in ["18446744073709551616.plog", "1.plog", "x\n.plog"] {
        let beside = disk.copied();
        beside.put(stray, Vec::new());
        let refused = open(beside.clone(), &options()).map(|_| ()).unwrap_err();
        assert!(matches!(&refused, JournalError::Stray { found, .. } if *found == stray.escape_debug().to_string()));
        see_clean(&beside);
    }
}

/// Reading reports it, and opening for writing refuses it, with the same words.
fn assert_unsupported(disk: &MemoryVfs, offset: u64, detail: &str) {
    let bad = see_bad(disk, 0);
    assert_eq!((bad.class, bad.offset, bad.detail.as_str()), (Class::Unsupported, offset, detail));
    assert_eq!(open(disk.clone(), &options()).map(|_| ()), Err(JournalError::Unsupported(bad)));
}

#[test]
fn what_another_release_wrote_is_not_called_damage() {
    let (disk, ..) = with_torn_tail(|frame| frame[512..1_024].fill(0));
    drop(open(disk.clone(), &options()).unwrap());
    let file = disk.get(FIRST).unwrap();
    let recovery = 4_608;
    assert_eq!(see_clean(&disk).frames[2].offset, recovery);
    for (at, byte, offset, what, supported) in [
        (4_096 + 4, 2, 4_096, "format version 2", "1"),
        (4_096 + 6, 9, 4_096, "frame kind 9", "1 to 6"),
        (88, 7, 0, "format version 7", "1"),
        (90, 2, 0, "suite 2", "1"),
        (4_608 + 80 + 56, 3, recovery, "recovery's cause 3", "1 and 2"),
    ] {
        let mut other = file.clone();
        other[at] = byte;
        mend(&mut other, usize::try_from(offset).unwrap(), true);
        disk.put(FIRST, other);
        assert_unsupported(&disk, offset, &format!("{what} is not supported; this release knows {supported}"));
    }
    // Another suite has another hash: its chain is not looked at. But its mark is.
    let mut other = file;
    (other[90], other[40]) = (2, other[40] ^ 1);
    mend(&mut other, 0, false);
    disk.put(FIRST, other.clone());
    assert_unsupported(&disk, 0, "suite 2 is not supported; this release knows 1");
    other[300] ^= 1;
    disk.put(FIRST, other);
    assert_eq!(see_bad(&disk, 0).class, Class::Corrupt);
}

#[test]
fn the_next_segment_is_made_ready_a_little_at_a_time() {
    let disk = MemoryVfs::default();
    let (mut log, records) = written(&disk, 1);
    let spare = || disk.get("spare.tmp").map(|bytes| bytes.len());
    let size = usize::try_from(options().segment_bytes).unwrap();
    assert_eq!(size, 8_192);
    for (more, ready) in [(true, 3_000), (true, 6_000), (false, size), (false, size)] {
        assert_eq!((log.prepare_spare(NOW_NS, 3_000), spare()), (Ok(more), Some(ready)));
        assert_eq!(log.spare_is_ready(), !more);
    }
    // An append that needs it earlier makes what is missing.
    let mut seq = u64::try_from(records.len()).unwrap();
    for _ in 0..2 {
        let number = log.segment_number();
        while log.segment_number() == number {
            seq += 1;
            append(&mut log, &[record(seq, 1_000)]).unwrap();
        }
        assert_eq!((log.spare_is_ready(), spare()), (false, None));
        assert_eq!((log.prepare_spare(NOW_NS, 1), spare()), (Ok(true), Some(1)));
    }
    log.close().unwrap();
    assert_eq!(spare(), None);
    assert_eq!(see_clean(&disk).records.len(), usize::try_from(seq).unwrap());
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

/// A change of the bytes from a frame on.
type Damage = fn(&mut [u8]);

/// A journal of three records in two frames, the last of four sectors and never acknowledged, and its offset. `torn` gets
/// the segment from there on.
fn with_torn_tail(torn: impl Fn(&mut [u8])) -> (MemoryVfs, Vec<Vec<u8>>, u64) {
    let disk = MemoryVfs::default();
    let (mut log, mut records) = written(&disk, 2);
    records.push(record(3, 1_500));
    append(&mut log, &records[2..]).unwrap();
    drop(log);
    let last = *see_clean(&disk).frames.last().unwrap();
    let mut file = disk.get(FIRST).unwrap();
    let from = usize::try_from(last.offset).unwrap();
    assert_eq!((from, last.bytes), (4_608, 2_048));
    torn(&mut file[from..]);
    disk.put(FIRST, file);
    (disk, records, last.offset)
}

fn torn_name(offset: u64) -> String {
    format!("{:020}-{offset:020}.torn", 1)
}

/// What a `.torn` file holds: the body of the RECOVERY frame and the removed bytes.
fn kept(recovery: &Recovery, removed: &[u8]) -> Vec<u8> {
    [
        &recovery.segment_number.to_le_bytes()[..],
        &recovery.offset.to_le_bytes(),
        &recovery.removed_bytes.to_le_bytes(),
        &recovery.removed_hash,
        &(recovery.why as u16).to_le_bytes(),
        &[0, 0, u8::try_from(recovery.operator.len()).unwrap()],
        recovery.operator.as_bytes(),
        removed,
    ]
    .concat()
}

/// The bytes of a segment from an offset up to its last non-zero byte.
fn written_from(vfs: &MemoryVfs, offset: u64) -> Vec<u8> {
    let mut tail = vfs.get(FIRST).unwrap().split_off(usize::try_from(offset).unwrap());
    tail.truncate(tail.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1));
    tail
}

#[test]
fn a_torn_tail_is_kept_cut_and_recorded_once() {
    let (disk, records, offset) = with_torn_tail(|frame| frame[512..1_024].fill(0));
    let removed = &written_from(&disk, offset)[..];
    let bad = see_bad(&disk, 0);
    assert_eq!((bad.class, bad.offset, bad.next_seq), (Class::Torn, offset, 3));

    let (mut log, replayed) = open(disk.clone(), &later(1)).unwrap();
    assert_eq!(replayed, records[..2]);
    append(&mut log, &records[2..]).unwrap();
    log.close().unwrap();
    let expected = Recovery {
        segment_number: 1,
        offset,
        removed_bytes: removed.len() as u64,
        removed_hash: Sha256::digest(removed).into(),
        why: Why::Torn,
        operator: String::new(),
    };
    assert_eq!(disk.get(&torn_name(offset)).unwrap(), kept(&expected, removed));
    assert_eq!(see_clean(&disk).recoveries(), [expected]);
    assert_eq!(see_clean(&disk).kinds()[2..4], [Kind::Recovery, Kind::Epoch]);

    assert_eq!(disk.get(FIRST).unwrap().len() as u64, SEGMENT_BYTES);
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

/// The recovery that a journal records first, and the disk as it was before.
fn cut_of(disk: &MemoryVfs, options: &OpenOptions) -> (Recovery, MemoryVfs) {
    let before = disk.copied();
    drop(open(disk.clone(), options).unwrap());
    (see_clean(disk).recoveries()[0].clone(), before)
}

fn accepting(bad: &BadFrame) -> OpenOptions {
    let loss = TailLoss { removed_hash: Hex(&bad.removed_hash).to_string(), operator: "王芳".to_owned() };
    OpenOptions { accept_tail_loss: Some(loss), ..options() }
}

#[test]
fn an_unfinished_cut_is_completed_from_what_it_kept() {
    for damage in [(|tail| tail[512..1_024].fill(0)) as Damage, |tail| tail[700] ^= 1] {
        let (disk, records, offset) = with_torn_tail(damage);
        let (recovery, before) = cut_of(&disk, &accepting(&see_bad(&disk, 0)));
        let evidence = disk.get(&torn_name(offset)).unwrap();
        assert_eq!(evidence, kept(&recovery, &written_from(&before, offset)));
        // Stopped before the cut, in the cut with the header gone and with the rest gone, behind the cut, in the frame.
        let from = usize::try_from(offset).unwrap();
        let header_gone = |tail: &mut [u8]| tail[..512].fill(0);
        let rest_gone = |tail: &mut [u8]| tail[512..].fill(0);
        for stop in [(|_| {}) as Damage, header_gone, rest_gone, |tail| tail.fill(0), |tail| tail.fill(0x33)] {
            let stopped = before.copied();
            let mut file = stopped.get(FIRST).unwrap();
            stop(&mut file[from..from + 2_048]);
            stopped.put(FIRST, file);
            stopped.put(&torn_name(offset), evidence.clone());
            stopped.put("torn.tmp", vec![1]);
            // What is not this place's stays as it is and is not recorded.
            stopped.put(&torn_name(offset + 512), vec![7; 9]);
            let (_, replayed) = open(stopped.clone(), &options()).unwrap();
            assert_eq!(replayed, records[..2]);
            assert_eq!(see_clean(&stopped).recoveries(), std::slice::from_ref(&recovery));
            assert_eq!(stopped.get(&torn_name(offset)).as_ref(), Some(&evidence));
            assert_eq!(stopped.get(&torn_name(offset + 512)), Some(vec![7; 9]));
            assert_eq!(stopped.get("torn.tmp"), None);
        }
    }
}

#[test]
fn an_unfinished_cut_does_not_excuse_corruption_or_tampering() {
    let (disk, _, offset) = with_torn_tail(|frame| frame[512..1_024].fill(0));
    let (_, before) = cut_of(&disk, &options());
    before.put(&torn_name(offset), disk.get(&torn_name(offset)).unwrap());
    let told = OpenOptions { acknowledged: 3, ..options() };
    assert!(matches!(open(before.copied(), &told), Err(JournalError::Corrupt(_))));
    let mut file = before.get(FIRST).unwrap();
    file[usize::try_from(offset).unwrap() + 16] = 9;
    mend(&mut file, usize::try_from(offset).unwrap(), false);
    before.put(FIRST, file.clone());
    assert!(matches!(open(before.copied(), &options()), Err(JournalError::Tampered(_))));
    assert_eq!(before.get(FIRST), Some(file));
}

#[test]
fn evidence_that_is_not_of_its_place_is_never_overwritten() {
    let (disk, _, offset) = with_torn_tail(|frame| frame[512..1_024].fill(0));
    let (recovery, before) = cut_of(&disk, &options());
    let removed = written_from(&before, offset);
    let others = [
        Vec::new(),
        kept(&recovery, &removed[1..]),
        kept(&Recovery { offset: offset + 512, ..recovery.clone() }, &removed),
        kept(&Recovery { segment_number: 2, ..recovery.clone() }, &removed),
        kept(&Recovery { removed_hash: [0; 32], ..recovery.clone() }, &removed),
    ];
    for other in others {
        before.put(&torn_name(offset), other.clone());
        let file = before.get(FIRST);
        let Err(JournalError::Corrupt(bad)) = open(before.clone(), &options()).map(|_| ()) else {
            panic!("expected corrupt")
        };
        assert_eq!((bad.offset, bad.removed_hash), (offset, recovery.removed_hash));
        assert_eq!(see_bad(&before, 0), bad, "a reader says the same");
        assert_eq!((before.get(&torn_name(offset)), before.get(FIRST)), (Some(other), file));
    }
}

#[test]
fn a_recovery_stands_at_the_cut_also_where_a_segment_has_lost_its_growth() {
    let disk = MemoryVfs::default();
    let (mut log, _) = open(disk.clone(), &options()).unwrap();
    append(&mut log, &[record(1, 9_000)]).unwrap();
    drop(log);
    let mut file = disk.get(FIRST).unwrap();
    assert_eq!(file.len(), 4_096 + 9_216);
    file.truncate(8_192);
    disk.put(FIRST, file);
    let bad = see_bad(&disk, 0);
    assert_eq!((bad.class, bad.offset, bad.removed_bytes), (Class::Torn, 4_096, 4_096));
    drop(open(disk.clone(), &options()).unwrap());
    let seen = see_clean(&disk);
    assert_eq!((seen.kinds(), seen.frames[1].offset), (vec![Kind::Header, Kind::Recovery, Kind::Epoch], 4_096));
    assert_eq!(disk.get(FIRST).unwrap().len(), 8_192);
}

#[test]
fn a_recovery_stands_at_the_cut_also_behind_a_full_segment() {
    let disk = MemoryVfs::default();
    let (mut log, _) = open(disk.clone(), &options()).unwrap();
    append(&mut log, &[record(1, 3_900)]).unwrap();
    drop(log);
    let mut file = disk.get(FIRST).unwrap();
    file.extend([0xEE; 100]);
    disk.put(FIRST, file);
    assert_eq!((see_bad(&disk, 0).class, see_bad(&disk, 0).offset), (Class::Torn, 8_192));
    drop(open(disk.clone(), &options()).unwrap());
    let seen = see_clean(&disk);
    assert_eq!(seen.kinds(), [Kind::Header, Kind::Records, Kind::Recovery, Kind::Header, Kind::Epoch]);
    assert_eq!((seen.frames[2].offset, disk.get(FIRST).unwrap().len()), (8_192, 8_192 + 512));
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
fn every_prefix_with_zeros_behind_it_is_recovered_or_refused() {
    let (disk, records) = sample();
    let names = segments(&disk);
    let (last, count) = (names.last().unwrap(), records.len() as u64);
    let mut found = [0; 4];
    for name in &names {
        let whole = disk.get(name).unwrap();
        let ends: Vec<_> = see_clean(&disk).frames.iter().map(|frame| frame.offset + frame.bytes).collect();
        let written = whole.iter().rposition(|&byte| byte != 0).unwrap() + 1;
        for len in 0..written {
            let cut = disk.copied();
            let mut bytes = whole.clone();
            bytes[len..].fill(0);
            cut.put(name, bytes);
            // A HEADER frame is mostly mark: a few of its bytes will do here.
            if len >= 4_096 || len % 64 == 0 {
                let told = open(cut.copied(), &OpenOptions { acknowledged: count, ..options() });
                match told.map(|(_, replayed)| replayed) {
                    Ok(replayed) => assert_eq!((replayed, name), (records.clone(), last), "{name} cut at {len}"),
                    Err(JournalError::Corrupt(_)) => {}
                    Err(JournalError::Tampered(_)) if name != last => {}
                    Err(JournalError::Ambiguous(_)) if name == last => {}
                    Err(other) => panic!("{name} cut at {len}: {other}"),
                }
            }
            let class = match open(cut.clone(), &options()) {
                Ok((log, replayed)) => {
                    assert!(name == last && records.starts_with(&replayed), "{name} cut at {len}");
                    drop(log);
                    assert!(len % 64 > 0 || open(cut.clone(), &options()).unwrap().1 == replayed);
                    0
                }
                Err(JournalError::Ambiguous(_)) => 1,
                Err(JournalError::Corrupt(bad)) => {
                    assert!(name != last || len < 4_096, "{name} cut at {len}: {bad}");
                    2
                }
                // Cut between two frames it is whole, and the next segment does not continue it.
                Err(JournalError::Tampered(bad)) => {
                    assert!(name != last && ends.contains(&(len as u64)), "{name} cut at {len}: {bad}");
                    3
                }
                Err(other) => panic!("{name} cut at {len}: {other}"),
            };
            found[class] += 1;
        }
    }
    // Ambiguous are the three frames of the last segment with one to seven bytes of their mark missing.
    assert_eq!(found, [1_515, 3 * 7, 12_280, 8]);
}

#[test]
fn a_segment_shorter_than_its_header_says_is_corrupt() {
    let (disk, _) = sample();
    for name in segments(&disk) {
        let whole = disk.get(&name).unwrap();
        for len in (0..whole.len()).step_by(64).chain([4_095, 4_097, whole.len() - 1]) {
            let cut = disk.copied();
            cut.put(&name, whole[..len].to_vec());
            assert!(matches!(open(cut.copied(), &options()), Err(JournalError::Corrupt(_))), "{name} cut at {len}");
            assert_eq!(cut.get(&name).unwrap().len(), len);
        }
    }
    let shortened = disk.copied();
    shortened.put(FIRST, disk.get(FIRST).unwrap()[..8_191].to_vec());
    let bad = see_bad(&shortened, 0);
    let found = (bad.class, bad.offset, bad.next_seq, bad.detail.as_str());
    assert_eq!(found, (Class::Corrupt, 7_680, 15, "the file ends before the frame does"));
    let last = segments(&disk)[1].clone();
    shortened.put(FIRST, disk.get(FIRST).unwrap());
    shortened.put(&last, disk.get(&last).unwrap()[..8_191].to_vec());
    let (seen, end) = see(&shortened, 0).unwrap();
    let end_of_data = seen.frames.last().map(|frame| frame.offset + frame.bytes).unwrap();
    let ReadEnd::Bad(bad) = end else { panic!("expected a bad end") };
    let found = (bad.class, bad.offset, bad.next_seq, bad.detail.as_str());
    assert_eq!(found, (Class::Corrupt, end_of_data, 21, "expected a segment of 8192 bytes, found 8191"));
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
            // Another journal id makes the first frame continue another chain.
            let changes_id = name == FIRST && (96..112).contains(&index);
            let expected = if changes_id { Class::Tampered } else { Class::Corrupt };
            assert!(may_be_torn || bad.class == expected, "{name} changed at {index}: {bad:?}");
            assert!(bad.offset <= index as u64);
            if may_be_torn {
                let (seen, _) = see(&disk, 0).unwrap();
                assert_eq!(seen.records, records);
                // A whole SEAL that was changed is not mistaken for an interrupted write.
                assert!(index as u64 >= seal + 512 || bad.class == Class::Ambiguous, "{index}: {bad:?}");
            }
            bytes[index] ^= 1 << (index % 8);
        }
        disk.put(name, bytes);
    }
}

/// Puts a sound header into the third of the tail's four sectors.
fn put_header(tail: &mut [u8], first_seq: u8, epoch: u8) {
    tail.copy_within(..512, 1_024);
    let header = &mut tail[1_024..1_536];
    (header[16], header[24]) = (first_seq, epoch);
    mend_header(header);
}

/// The rows of the table in FORMAT.md A.4 for a frame of four sectors whose first sequence is 3.
#[test]
fn bad_frames_have_the_names_of_the_table() {
    const HEADER: &str = "the header's checksum is wrong";
    const BODY: &str = "the frame's checksum is wrong";
    const MARK: &str = "the frame's mark is wrong";
    let sound: [(Damage, Class, &str); 14] = [
        // Proof: a header that could only follow.
        (|tail| put_header(tail, 3, 1), Class::Corrupt, BODY),
        (|tail| put_header(tail, 9, 2), Class::Corrupt, BODY),
        (|tail| put_header(tail, 2, 1), Class::Ambiguous, BODY),
        (|tail| put_header(tail, 3, 0), Class::Ambiguous, BODY),
        // Something behind the frame.
        (|tail| (tail[700], tail[2_048]) = (0, 1), Class::Corrupt, BODY),
        (|tail| (tail[1_000], tail[3_583]) = (0, 1), Class::Corrupt, BODY),
        // A sector or the end is missing.
        (|tail| tail[512..1_024].fill(0), Class::Torn, BODY),
        (|tail| tail[1_536..].fill(0), Class::Torn, BODY),
        (|tail| tail[1_600..].fill(0), Class::Torn, BODY),
        (|tail| tail[1_652..].fill(0), Class::Torn, MARK),
        (|tail| tail[2_040..].fill(0), Class::Torn, MARK),
        // Nothing is missing, or less than eight bytes.
        (|tail| tail[2_041..].fill(0), Class::Ambiguous, MARK),
        (|tail| tail[1_652] ^= 1, Class::Ambiguous, MARK),
        (|tail| tail[512..2_048].fill(0xEE), Class::Ambiguous, BODY),
    ];
    let unsound: [(Damage, Class, &str); 9] = [
        (|tail| put_header(tail, 3, 1), Class::Corrupt, HEADER),
        // They may be complete frames.
        (|_| {}, Class::Ambiguous, HEADER),
        (|tail| tail[700] ^= 1, Class::Ambiguous, HEADER),
        (|tail| tail[2_048..2_560].fill(0x5A), Class::Ambiguous, HEADER),
        // Nothing complete.
        (|tail| tail[512..1_024].fill(0), Class::Torn, HEADER),
        (|tail| tail[2_040..].fill(0), Class::Torn, HEADER),
        (|tail| tail[2_047..].fill(0), Class::Torn, HEADER),
        (|tail| tail[2_048..2_100].fill(0x5A), Class::Torn, HEADER),
        (|tail| tail[2_040] = 0x5B, Class::Torn, HEADER),
    ];
    let rows = sound.map(|row| (0, row)).into_iter().chain(unsound.map(|row| (1, row)));
    for (index, (flip, (damage, class, detail))) in rows.enumerate() {
        let (disk, records, offset) = with_torn_tail(|tail| {
            damage(tail);
            tail[20] ^= flip;
        });
        let (seen, end) = see(&disk, 0).unwrap();
        let ReadEnd::Bad(bad) = end else { panic!("row {index}: expected a bad frame") };
        let found = (bad.class, bad.offset, bad.next_seq, bad.detail.as_str());
        assert_eq!(found, (class, offset, 3, detail), "row {index}");
        assert_eq!(seen.records, records[..2], "row {index}");
        assert_eq!(see_bad(&disk, 3).class, Class::Corrupt, "row {index}, and acknowledged");
        assert_eq!(see_bad(&disk, 2).class, class, "row {index}, and the one before acknowledged");
    }
}

#[test]
fn bytes_beyond_the_longest_frame_are_corrupt() {
    let disk = MemoryVfs::default();
    let (mut log, _) = open(disk.clone(), &OpenOptions { segment_bytes: 2 << 20, ..options() }).unwrap();
    append(&mut log, &[record(1, 0)]).unwrap();
    drop(log);
    let whole = disk.get(FIRST).unwrap();
    for (behind, class) in [(MAX_FRAME_BYTES - 1, Class::Torn), (MAX_FRAME_BYTES, Class::Corrupt)] {
        let mut file = whole.clone();
        (file[4_096 + 20], file[4_096 + behind]) = (9, 1);
        disk.put(FIRST, file);
        assert_eq!(see_bad(&disk, 0).class, class);
    }
}

#[test]
fn a_named_segment_begins_with_a_whole_header() {
    let (disk, records) = sample();
    let second = &segments(&disk)[1];
    for (name, taken) in [(FIRST, 0), (second.as_str(), 16)] {
        let whole = disk.get(name).unwrap();
        let mut cut = whole.clone();
        cut[300..].fill(0);
        for bytes in [Vec::new(), vec![0; 8_192], vec![0; 100], cut] {
            disk.put(name, bytes);
            let (seen, end) = see(&disk, 0).unwrap();
            let ReadEnd::Bad(bad) = end else { panic!("expected a bad frame") };
            assert_eq!((bad.class, bad.segment.to_string().as_str(), bad.offset), (Class::Corrupt, name, 0));
            assert_eq!(seen.records, records[..taken]);
        }
        disk.put(name, whole);
    }
}

#[test]
fn a_clean_end_below_an_acknowledged_record_is_corrupt() {
    let (disk, records) = sample();
    let count = records.len() as u64;
    assert_eq!(see(&disk, count).unwrap().1, ReadEnd::Clean);
    let bad = see_bad(&disk, count + 1);
    let last = *see_clean(&disk).frames.last().unwrap();
    let expected = BadFrame {
        class: Class::Corrupt,
        segment: last.segment,
        offset: last.offset + last.bytes,
        next_seq: count + 1,
        known_upto: count + 1,
        removed_bytes: 0,
        removed_hash: Sha256::digest(b"").into(),
        detail: "record 21 was acknowledged, and the journal ends before it".to_owned(),
    };
    assert_eq!(bad, expected);
    let refused = open(disk, &OpenOptions { acknowledged: count + 1, ..options() });
    assert_eq!(refused.map(|_| ()), Err(JournalError::Corrupt(expected)));
}

/// A bidder's text may hold a frame of this journal, but only one that was written before.
#[test]
fn an_old_frame_inside_a_torn_one_proves_nothing() {
    let disk = MemoryVfs::default();
    let (mut log, records) = written(&disk, 4);
    let old = disk.get(FIRST).unwrap()[4_608..5_120].to_vec();
    // The record's text begins 116 bytes into the frame.
    let text = [vec![b'x'; 512 - 116], old, vec![b'y'; 900]].concat();
    let embedding = [record(5, 0), text].concat();
    append(&mut log, std::slice::from_ref(&embedding)).unwrap();
    drop(log);
    let (from, mut file) = (5_120, disk.get(FIRST).unwrap());
    assert_eq!(&file[from + 512..from + 516], b"PAJF");
    assert_eq!(see_clean(&disk).records[4], embedding);
    file[from + 1_024..].fill(0);
    disk.put(FIRST, file);
    let bad = see_bad(&disk, 0);
    assert_eq!((bad.class, bad.offset, bad.known_upto), (Class::Torn, 5_120, 2));
    assert_eq!(open(disk, &options()).unwrap().1, records);
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

fn checksum(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c_append(crc32c::crc32c(&options().entropy[16..]), bytes).to_le_bytes()
}

fn mend_header(frame: &mut [u8]) {
    let crc = checksum(&frame[..72]);
    frame[72..76].copy_from_slice(&crc);
}

/// Makes a changed frame in a segment consistent again: its checksums, and its chain value if asked.
fn mend(segment: &mut [u8], offset: usize, mend_chain: bool) {
    let frame = &mut segment[offset..];
    mend_header(frame);
    let end = 80 + u32::from_le_bytes(frame[8..12].try_into().unwrap()) as usize;
    if frame.len() < end + 36 {
        return;
    }
    if mend_chain {
        let count = u32::from_le_bytes(frame[12..16].try_into().unwrap()) as usize;
        let leaves: Vec<u8> = match count {
            0 => Sha256::digest([&[0x02], &frame[80..end]].concat()).to_vec(),
            _ => frame[80..end]
                .chunks(((end - 80) / count).max(1))
                .flat_map(|record| leaf(record.get(4..).unwrap_or_default()))
                .collect(),
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
    for (mend_chain, offset, detail) in
        [(false, 4_608, "the frame's chain value is wrong"), (true, 5_120, "expected prev_chain")]
    {
        let mut forged = file.clone();
        forged[4_608 + 200] ^= 1;
        mend(&mut forged, 4_608, mend_chain);
        disk.put(FIRST, forged);
        let bad = see_bad(&disk, 0);
        assert_eq!((bad.class, bad.offset), (Class::Tampered, offset));
        assert!(bad.detail.starts_with(detail), "{bad}");
    }
}

#[test]
fn a_sound_header_that_does_not_fit_is_tampering() {
    let disk = MemoryVfs::default();
    drop(written(&disk, 4));
    let file = disk.get(FIRST).unwrap();
    for (at, byte, expected) in [
        (4_608 + 6, 2, "expected any other kind than HEADER, found HEADER"),
        (4_608 + 6, 5, "expected epoch 2, found 1"),
        (4_608 + 10, 0x20, "RECORDS cannot have 2 records in 2097460 bytes"),
        (4_608 + 12, 0, "RECORDS cannot have 0 records in 308 bytes"),
        (4_608 + 13, 0x21, "RECORDS cannot have 8450 records in 308 bytes"),
        (4_608 + 16, 4, "expected first_seq 3, found 4"),
        (4_608 + 24, 2, "expected epoch 1, found 2"),
        (4_608 + 32, 3, "expected durable_upto 0 to 2, found 3"),
        (6, 1, "expected HEADER, found RECORDS"),
        (16, 2, "expected first_seq 1, found 2"),
        (24, 2, "expected epoch 1, found 2"),
        (32, 1, "expected durable_upto 0 to 0, found 1"),
    ] {
        let mut forged = file.clone();
        forged[at] = byte;
        let offset = if at < 4_096 { 0 } else { 4_608 };
        mend(&mut forged, offset, true);
        disk.put(FIRST, forged);
        let bad = see_bad(&disk, 0);
        let found = (bad.class, bad.offset, bad.detail.as_str());
        assert_eq!(found, (Class::Tampered, offset as u64, expected));
    }
}

#[test]
fn durable_upto_never_falls() {
    let disk = MemoryVfs::default();
    let (mut log, _) = written(&disk, 2);
    log.seal().unwrap();
    append(&mut log, &[record(3, 0)]).unwrap();
    drop(log);
    let file = disk.get(FIRST).unwrap();
    for (durable_upto, expected) in [(1, Some("expected durable_upto 2 to 2, found 1")), (2, None)] {
        let mut forged = file.clone();
        forged[5_120 + 32] = durable_upto;
        mend(&mut forged, 5_120, true);
        disk.put(FIRST, forged);
        let bad = match see(&disk, 0).unwrap().1 {
            ReadEnd::Clean => None,
            ReadEnd::Bad(bad) => Some((bad.class, bad.offset, bad.detail)),
        };
        assert_eq!(bad, expected.map(|detail| (Class::Tampered, 5_120, detail.to_owned())));
    }
}

/// A right checksum behind the body says that these bytes were written; what is wrong with them then is no accident.
#[test]
fn intact_bytes_that_make_no_frame_are_tampering() {
    let (disk, ..) = with_torn_tail(|frame| frame[512..1_024].fill(0));
    let accepted = with_torn_tail(|frame| frame[700] ^= 1).0;
    let (_, torn) = (cut_of(&disk, &options()), disk.get(FIRST).unwrap());
    drop(open(accepted.clone(), &accepting(&see_bad(&accepted, 0))).unwrap());
    let (mut log, _) = open(disk.clone(), &options()).unwrap();
    log.state(2, [0xCD; 32]).unwrap();
    drop(log);
    let file = disk.get(FIRST).unwrap();
    let accepted = accepted.get(FIRST).unwrap();
    let state = usize::try_from(see_clean(&disk).frames.last().unwrap().offset).unwrap();
    assert_eq!(&torn[4_608..5_632], &file[4_608..5_632]);
    let operator = "the recovery's operator is not a valid text, or not there if and only if torn";
    for (file, offset, at, byte, mend_chain, expected) in [
        (&file, 4_096, 76, 1, true, "the reserved bytes of the header are not zero"),
        (&file, 4_096, 80 + 308, 0, false, "the frame's chain value is wrong"),
        (&file, 4_096, 80, 151, false, "the body is not made of the stated number of records"),
        (&file, 4_096, 80 + 4 + 8, 2, true, "expected the record's seq 1, found 2"),
        (&file, 0, 80, b'p', true, "the segment header does not begin with PYAUCTN1"),
        (&file, 0, 80 + 13, 3, true, "the alignment is neither 512 nor 4096"),
        (&file, 0, 80 + 48, 2, true, "expected segment number 1, found 2"),
        (&file, 4_608, 80, 2, true, "expected a cut in segment number 1, found 2"),
        (&file, 4_608, 80 + 9, 0x14, true, "expected a cut at offset 4608, found 5120"),
        (&file, 4_608, 80 + 58, 1, true, "the recovery's reserved bytes are not zero"),
        (&file, 4_608, 80 + 56, 2, true, operator),
        (&accepted, 4_608, 80 + 56, 1, true, operator),
        (&file, state, 80, 1, true, "expected the state after record 2, found 1"),
    ] {
        let mut forged = file.clone();
        forged[offset + at] = byte;
        mend(&mut forged, offset, mend_chain);
        disk.put(FIRST, forged);
        let bad = see_bad(&disk, 0);
        let found = (bad.class, bad.offset, bad.detail.as_str());
        assert_eq!(found, (Class::Tampered, offset as u64, expected));
    }
    let mut nothing_removed = file.clone();
    nothing_removed[4_608 + 80 + 16..4_608 + 80 + 24].fill(0);
    mend(&mut nothing_removed, 4_608, true);
    disk.put(FIRST, nothing_removed);
    let bad = see_bad(&disk, 0);
    assert_eq!((bad.class, bad.detail.as_str()), (Class::Tampered, "the recovery removed nothing, or more than 1 MiB"));
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

// A disk that fails, and one whose power goes.

#[test]
fn an_error_ends_the_log_for_ever() {
    for operations in 0..2 {
        let disk = MemoryVfs::default();
        drop(written(&disk, 2));
        let failing = PowerVfs::failing_at(&disk, u64::MAX);
        let (mut log, _) = open(failing.clone(), &options()).unwrap();
        failing.set_left(operations);
        let error = append(&mut log, &[record(3, 0)]).unwrap_err();
        let op = if operations == 0 { "write" } else { "sync" };
        assert_eq!(error.to_string(), format!("cannot {op} {FIRST}: Input/output error (os error 5)"));
        failing.set_left(u64::MAX);
        assert_eq!(append(&mut log, &[record(3, 0)]), Err(JournalError::Failed));
        assert_eq!(log.seal(), Err(JournalError::Failed));
        assert_eq!(log.state(2, [0; 32]), Err(JournalError::Failed));
        assert_eq!(log.prepare_spare(0, 1), Err(JournalError::Failed));
        assert_eq!((log.durable(), log.has_failed()), (2, true));
        assert_eq!(log.close(), Err(JournalError::Failed));
    }
}

/// Acts on copies of a disk that stops at its first, second … operation, and hands on what may be left each time the power
/// goes, with the fates of what was pending. `act` returns the last sequence acknowledged, as an error if it was stopped.
fn stopped_everywhere(
    disk: &MemoryVfs,
    mut act: impl FnMut(PowerVfs) -> Result<u64, u64>,
    mut left: impl FnMut(MemoryVfs, [Fate; 2], u64),
) {
    for operation in 0.. {
        let power = PowerVfs::failing_at(disk, operation);
        let outcome = act(power.clone());
        let acknowledged = outcome.unwrap_or_else(|acknowledged| acknowledged);
        for fates in FATES {
            left(power.lose_power(fates, true), fates, acknowledged);
            left(power.lose_power(fates, false), fates, acknowledged);
        }
        if outcome.is_ok() {
            return;
        }
    }
}

/// Opens a journal and writes what it lacks of the records.
fn go_on(power: PowerVfs, options: &OpenOptions, records: &[Vec<u8>]) -> Result<u64, u64> {
    let (mut log, replayed) = open(power, options).map_err(|_| 0_u64)?;
    for (index, record) in records.iter().enumerate().skip(replayed.len()) {
        if index % 3 == 1 {
            log.prepare_spare(NOW_NS, 5_000).map_err(|_| log.durable())?;
        }
        append(&mut log, std::slice::from_ref(record)).map_err(|_| log.durable())?;
    }
    Ok(log.durable())
}

#[test]
fn wherever_the_power_goes_the_acknowledged_records_come_back() {
    for align in [Align::Bytes512, Align::Bytes4096] {
        let options = OpenOptions { align, ..options() };
        let records: Vec<_> = (1..=5).map(|seq| record(seq, 1_700)).collect();
        let (mut torn, mut ambiguous) = (0, 0);
        let write = |power| go_on(power, &options, &records);
        stopped_everywhere(&MemoryVfs::default(), write, |left, fates, acknowledged| {
            let replayed = match open(left.copied(), &OpenOptions { acknowledged, ..options.clone() }) {
                Ok((_, replayed)) => replayed,
                // Only a frame with a sector that is neither old nor new may be what was once whole.
                Err(JournalError::Ambiguous(_)) if fates[0] == Fate::Garbled => return ambiguous += 1,
                Err(other) => panic!("{align:?} {fates:?}: {other}"),
            };
            assert!(records.starts_with(&replayed) && replayed.len() as u64 >= acknowledged);
            let Ok((_, end)) = see(&left, acknowledged) else { return };
            torn += u32::from(end != ReadEnd::Clean);
        });
        assert!(torn > 20 && ambiguous > 10, "{align:?}: {torn} torn, {ambiguous} ambiguous");
    }
}

/// A process that was killed leaves in the cache what was never synced. Kills one at every operation, stops the next one on
/// the same cache early or not at all, and loses the power.
#[test]
fn what_a_killed_process_left_is_synced_before_it_is_believed() {
    let records: Vec<_> = (1..=4).map(|seq| record(seq, 1_700)).collect();
    for operation in 0.. {
        let mut was_killed = false;
        for left in [1, 2, 3, 4, 6, 8, 12, 60] {
            for fates in FATES {
                let power = PowerVfs::failing_at(&MemoryVfs::default(), operation);
                let first = go_on(power.clone(), &options(), &records[..3]);
                was_killed = first.is_err();
                power.set_left(left);
                let second = go_on(power.clone(), &options(), &records);
                let acknowledged = first.unwrap_or_else(|first| first).max(second.unwrap_or_else(|second| second));
                match open(power.lose_power(fates, false), &OpenOptions { acknowledged, ..options() }) {
                    Ok((_, replayed)) => assert!(records.starts_with(&replayed)),
                    Err(JournalError::Ambiguous(_)) if fates[0] == Fate::Garbled => {}
                    Err(other) => panic!("killed at {operation}, stopped after {left}, {fates:?}: {other}"),
                }
            }
        }
        if !was_killed {
            break;
        }
    }
}

/// Stops the recovery of a torn and of an accepted tail at every operation, loses the power, and opens again without an
/// operator; from some of these stops that opening as well. Evidence, reason and operator are those of the first attempt.
#[test]
fn a_recovery_may_be_interrupted_anywhere() {
    for damage in [(|tail| tail[512..1_024].fill(0)) as Damage, |tail| tail[700] ^= 1] {
        let (disk, records, offset) = with_torn_tail(damage);
        let bad = see_bad(&disk, 0);
        let (nobody, accepted) = (options(), accepting(&bad));
        let (recovery, before) = cut_of(&disk.copied(), &accepted);
        let evidence = kept(&recovery, &written_from(&before, offset));
        let (mut asked, mut recovered) = (0, 0);
        let mut judge = |left: &MemoryVfs| {
            let is_begun = left.get(&torn_name(offset)).is_some();
            let must_ask = !is_begun && bad.class == Class::Ambiguous;
            if must_ask {
                // Nothing is changed yet, so the operator is asked as before.
                let refused = open(left.copied(), &nobody).map(|_| ());
                assert_eq!(refused, Err(JournalError::Ambiguous(bad.clone())));
                asked += 1;
            }
            let (_, replayed) = open(left.clone(), if must_ask { &accepted } else { &nobody }).unwrap();
            assert_eq!(replayed, records[..2]);
            assert_eq!(see_clean(left).recoveries()[0], recovery);
            assert_eq!(left.get(&torn_name(offset)).as_ref(), Some(&evidence));
            assert_eq!(left.get("torn.tmp"), None);
            recovered += 1;
        };
        let open_with = |options: &OpenOptions, power| open(power, options).map(|_| 2).map_err(|_| 2);
        let mut turn = 0;
        let first = |power| open_with(&accepted, power);
        stopped_everywhere(&disk, first, |left, _, _| {
            judge(&left.copied());
            turn += 1;
            if turn % 11 == 0 {
                let options = if left.get(&torn_name(offset)).is_some() { &nobody } else { &accepted };
                let second = |power| open_with(options, power);
                stopped_everywhere(&left, second, |left, _, _| judge(&left));
            }
        });
        assert!(recovered > 1_000 && (asked > 0) == (bad.class == Class::Ambiguous), "{recovered}, {asked}");
    }
}
