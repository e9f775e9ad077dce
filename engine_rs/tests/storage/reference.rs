//! The reference journal: 64 KiB in four segments, with every record type and every kind of frame, written by the engine.

use std::sync::OnceLock;

use pyauction_engine::amount::Amount;
use pyauction_engine::command::{BidderRef, Command, Disclosure};
use pyauction_engine::ids::LotId;
use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_engine::journal::{Align, FrameInfo, JournalError, Kind, Log, OpenOptions, ReadEnd, read};
use pyauction_engine::record::{Comparison, EntryResult, Key, LotTerms, Record};

use crate::common::{self, House, LOT, listing, ms, name, sold, terms, text, with_reserve};
use crate::writing::{batch, open, options};

const SEGMENT_BYTES: u64 = 16_384;

/// A journal, its frames and the names of its segments in order.
pub struct Written {
    pub files: MemoryVfs,
    pub infos: Vec<FrameInfo>,
    pub segments: Vec<String>,
}

/// The reference journal, and another one of the same shape with other bids.
pub struct Reference {
    pub files: MemoryVfs,
    pub infos: Vec<FrameInfo>,
    pub segments: Vec<String>,
    pub other: Written,
}

pub fn reference_options() -> OpenOptions {
    options(Align::Bytes512, SEGMENT_BYTES)
}

pub fn reference() -> &'static Reference {
    static REFERENCE: OnceLock<Reference> = OnceLock::new();
    REFERENCE.get_or_init(|| {
        let Written { files, infos, segments } = written(10, &reference_options());
        let other = OpenOptions { entropy: [9; 32], ..reference_options() };
        Reference { files, infos, segments, other: written(20, &other) }
    })
}

/// Holds a sale in two lives of a house, with bids that rise by `step`; returns the records of each life.
fn lives(step: i64) -> [Vec<Record>; 2] {
    let mut house = House::open(with_reserve(listing()));
    house.submit(1, Command::NoteClockJump { wall: ms(9_000), expected: ms(1) });
    house.enter(2, EntryResult::BelowStart, 7);
    house.enter(2, EntryResult::Accepted, 7);
    house.submit(3, Command::OpenLot(Box::new(LotTerms { name: name("KQ-2"), opens_at: ms(3), ..terms(listing()) })));
    house.submit(4, Command::CloseLot { lot: LotId(2) });
    house.submit(5, Command::SuspendLot { lot: LotId(2), authority: common::authority() });
    house.submit(6, Command::ResumeLot { lot: LotId(2), ends_at: None, authority: common::authority() });
    house.submit(7, Command::TerminateLot { lot: LotId(2), authority: common::authority() });
    house.bid(8, "1213", 99);
    let mut amount = 100;
    while house.records.len() < 70 {
        let at = 10 + i64::try_from(house.records.len()).unwrap();
        let bidder = if house.records.len().is_multiple_of(2) { "1213" } else { "1628" };
        let key = house.records.len().to_le_bytes();
        house.try_bid(at, bidder, amount, &key[..if at % 3 == 0 { 4 } else { 0 }]);
        amount += step;
    }
    let first = std::mem::take(&mut house.records);
    house.engine.restarted();
    house.submit(200, Command::OpenHouse { epoch: 2 });
    house.reenter(201, EntryResult::Accepted, 7);
    house.advance(1_000);
    while house.records.len() < 60 {
        let at = 1_000 + i64::try_from(house.records.len()).unwrap();
        house.try_bid(at, if house.records.len().is_multiple_of(2) { "1213" } else { "1628" }, amount, b"");
        amount += step;
    }
    house.advance(5_000);
    let top = house.lot().top().unwrap();
    house.compare(5_000, Comparison::Met);
    house.settle(5_000, sold(top.leader.0, top.amount.minor()));
    house.submit(5_001, Command::DiscloseReserve { lot: LOT, disclosure: disclosure() });
    house.submit(
        5_002,
        Command::PlaceBid { lot: LOT, bidder: BidderRef::Name(&name("1099")), amount: Amount(1), key: Key::NONE },
    );
    [first, house.records]
}

fn disclosure() -> Disclosure {
    Disclosure { amount: Amount(120), blinding: [7; 32], by: text("出让人"), fits: true }
}

fn append_all<'a>(log: &mut Log<MemoryVfs>, records: impl Iterator<Item = &'a Record>) {
    // One to three records a frame.
    let records: Vec<_> = records.map(Record::to_bytes).collect();
    let mut rest = records.as_slice();
    for count in (1..=3).cycle() {
        let (now, later) = rest.split_at(rest.len().min(count));
        if now.is_empty() {
            return;
        }
        log.append(&batch(now), log.next_seq(), u32::try_from(now.len()).unwrap()).unwrap();
        rest = later;
    }
}

/// Writes the two lives. Between them the power goes while a frame of several sectors is written.
fn written(step: i64, options: &OpenOptions) -> Written {
    let [first, second] = lives(step);
    let files = MemoryVfs::default();
    let (mut log, _) = open(files.clone(), options).unwrap();
    append_all(&mut log, first.iter());
    log.state(log.durable(), [3; 32]).unwrap();
    let torn: Vec<_> = second.iter().take(12).map(Record::to_bytes).collect();
    log.append(&batch(&torn), log.next_seq(), 12).unwrap();
    drop(log);
    tear(&files);
    let (mut log, _) = open(files.clone(), options).unwrap();
    append_all(&mut log, second.iter());
    log.state(log.durable(), [4; 32]).unwrap();
    log.close().unwrap();
    let infos = infos_of(&files);
    let mut segments: Vec<String> = infos.iter().map(|info| info.segment.to_string()).collect();
    segments.dedup();
    Written { files, infos, segments }
}

/// Makes the second sector of the last frame one that was never written.
fn tear(files: &MemoryVfs) {
    let last = *infos_of(files).last().unwrap();
    let mut bytes = files.get(&last.segment.to_string()).unwrap();
    let from = usize::try_from(last.offset).unwrap() + 512;
    bytes[from..from + 512].fill(0);
    files.put(&last.segment.to_string(), bytes);
}

fn infos_of(files: &MemoryVfs) -> Vec<FrameInfo> {
    let mut infos = Vec::new();
    let end = read::<_, JournalError>(files, 0, &mut |info, _| {
        infos.push(*info);
        Ok(())
    });
    assert_eq!(end.unwrap(), ReadEnd::Clean);
    infos
}

#[test]
fn the_reference_journal_holds_every_kind_of_frame_and_record() {
    let Reference { files, infos, segments, .. } = reference();
    let bytes: usize = segments.iter().map(|name| files.get(name).unwrap().len()).sum();
    assert_eq!((segments.len(), bytes), (4, 65_536));
    for kind in [Kind::Records, Kind::Header, Kind::Seal, Kind::Recovery, Kind::Epoch, Kind::State] {
        assert!(infos.iter().any(|info| info.kind == kind), "{kind:?}");
    }
    let [first, second] = lives(10);
    let mut types: Vec<u16> = first.iter().chain(&second).map(|record| record.body.kind().0).collect();
    types.sort_unstable();
    types.dedup();
    assert_eq!(types, (1..=17).collect::<Vec<_>>());
}
