//! Wherever the power goes while a snapshot is kept, the last one is there or the new one, and the journal opens.

use pyauction_engine::house::take_up;
use pyauction_engine::journal::vfs::Vfs;
use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_engine::journal::{Align, Log, OpenOptions, read_snapshot};
use pyauction_engine::replay::Replay;
use pyauction_engine::snapshot::{Place, Snapshot};

use crate::chance::Chance;
use crate::common::{House, listing};
use crate::sim::SimVfs;
use crate::writing::{append, batch, open, options};
use crate::{cases, row};

/// The bytes of a snapshot: nobody but a house reads them.
fn snapshot(number: u8) -> Vec<u8> {
    vec![number; 1_000 + 700 * usize::from(number)]
}

/// Keeps three snapshots one after the other on a disk that stops after so many operations. Returns how many were kept, and
/// whether the disk stopped.
fn keep(disk: &SimVfs, operations: u64) -> (u8, bool) {
    let (mut log, _) = open(disk.clone(), &options(Align::Bytes512, 8_192)).unwrap();
    append(&mut log, 3).unwrap();
    disk.stop_after(operations);
    for number in 1..=3 {
        if log.keep_snapshot(&snapshot(number)).is_err() {
            assert!(!log.has_failed(), "a snapshot is a cache");
            return (number - 1, true);
        }
    }
    (3, false)
}

#[test]
fn a_snapshot_is_whole_or_the_one_before() {
    let (cuts, older, newer) = cut_while_kept(cases(20, 200, 20_000));
    row(
        "power cuts while a snapshot is kept",
        cuts,
        &format!("{older} left the last one kept, {newer} the next, 0 others"),
    );
}

/// Cuts the power at every operation, with so many seeds each. Returns the number of cuts, and how many of them left the last
/// snapshot kept and the next one.
pub fn cut_while_kept(seeds: u64) -> (u64, u64, u64) {
    let (mut cuts, mut older, mut newer) = (0, 0, 0);
    for operations in 0.. {
        let mut stopped = false;
        for seed in 0..seeds {
            let disk = SimVfs::default();
            let (kept, unfinished) = keep(&disk, operations);
            stopped = unfinished;
            let left = SimVfs::holding(&disk.crash(&mut Chance::new(seed)));
            let (log, held) = open(left.clone(), &options(Align::Bytes512, 8_192)).unwrap();
            assert_eq!((held.len(), log.durable()), (3, 3));
            let found = read_snapshot(&left);
            if found == (kept > 0).then(|| snapshot(kept)) {
                older += 1;
            } else {
                assert!(unfinished, "operation {operations}, seed {seed}: what was kept is not there");
                assert_eq!(found, Some(snapshot(kept + 1)), "operation {operations}, seed {seed}");
                newer += 1;
            }
            cuts += 1;
        }
        if !stopped {
            break;
        }
    }
    assert!(newer > 0, "the new one is sometimes there already");
    (cuts, older, newer)
}

// Openings of a journal of an auction.

fn base() -> OpenOptions {
    OpenOptions { now_ns: 0, ..options(Align::Bytes512, 8_192) }
}

/// The records of an auction in which a bidder places so many bids.
fn auction(bidder: &str, bids: i64) -> Vec<Vec<u8>> {
    let mut house = House::open(listing());
    for bid in 0..bids {
        house.bid(10 + bid, bidder, 100 + 10 * bid);
    }
    house.bytes()
}

/// Keeps the snapshot of what a journal holds, bound to a STATE frame. Returns whether nothing failed.
fn keep_state<V: Vfs>(log: &mut Log<V>, records: &[Vec<u8>]) -> bool {
    let mut replay = Replay::new();
    for record in &records[..usize::try_from(log.durable()).unwrap()] {
        replay.feed(record, Some(1)).unwrap();
    }
    let (engine, epoch) = (replay.engine(), replay.epoch().unwrap());
    if log.state(log.durable(), engine.state_hash()).is_err() {
        return false;
    }
    let (journal_id, chain, state_hash) = (log.journal_id(), log.chain(), engine.state_hash());
    let place = Place { journal_id, epoch, seq: engine.last_seq(), state_hash, chain };
    log.keep_snapshot(&Snapshot::encode(engine, &place)).is_ok()
}

/// Writes the records, and keeps a snapshot after every fourth. Returns the last one acknowledged.
fn write_with_snapshots<V: Vfs>(log: &mut Log<V>, records: &[Vec<u8>]) -> u64 {
    for (record, seq) in records.iter().zip(1..) {
        let is_kept = log.append(&batch(std::slice::from_ref(record)), seq, 1).is_ok();
        if !is_kept || seq % 4 == 0 && !keep_state(log, records) {
            break;
        }
    }
    log.durable()
}

/// Returns the last sequence and the whole state that a copy of the disk comes to.
fn state_of(disk: &MemoryVfs, snapshots: bool) -> (u64, Vec<u8>) {
    let (_, replay) = take_up(&disk.copied(), &base(), snapshots).unwrap();
    let engine = replay.engine();
    let (seq, state_hash) = (engine.last_seq(), engine.state_hash());
    let place = Place { journal_id: [0; 16], epoch: 1, seq, state_hash, chain: [0; 32] };
    (seq.0, Snapshot::encode(engine, &place))
}

/// Cuts the power everywhere in the life of a journal with snapshots. Returns the number of openings.
pub fn cut_an_auction(seeds: u64) -> u64 {
    let records = auction("A", 14);
    let mut openings = 0;
    for operations in 0.. {
        let mut is_whole = false;
        for seed in 0..seeds {
            let disk = SimVfs::default();
            let (mut log, _) = open(disk.clone(), &base()).unwrap();
            disk.stop_after(operations);
            let acknowledged = write_with_snapshots(&mut log, &records);
            is_whole = acknowledged == records.len() as u64;
            let left = disk.crash(&mut Chance::new(seed));
            let (seq, state) = state_of(&left, true);
            assert!(seq >= acknowledged, "operation {operations}, seed {seed}");
            assert_eq!((seq, state), state_of(&left, false), "operation {operations}, seed {seed}");
            openings += 1;
        }
        if is_whole {
            break;
        }
    }
    openings
}

#[test]
fn a_journal_comes_to_the_same_state_with_whatever_snapshot_a_power_cut_left() {
    let openings = cut_an_auction(cases(4, 40, 4_000));
    row("power cuts in an auction with snapshots", openings, "0 acknowledged records lost, 0 states that differ");
}

/// Two journals part after a copy, and one gets the snapshot of the other. Their states have the same hash, which covers no
/// names.
pub fn exchange_snapshots() {
    let parted = |bidder| {
        let (disk, records) = (MemoryVfs::default(), auction(bidder, 3));
        let (mut log, _) = open(disk.clone(), &base()).unwrap();
        log.append(&batch(&records), 1, u32::try_from(records.len()).unwrap()).unwrap();
        assert!(keep_state(&mut log, &records));
        log.close().unwrap();
        disk
    };
    let (one, other) = (parted("A"), parted("B"));
    let foreign = one.get("state.snapshot").unwrap();
    assert_ne!(other.get("state.snapshot").unwrap(), foreign);
    other.put("state.snapshot", foreign);
    assert_eq!(state_of(&other, true), state_of(&other, false));
}

#[test]
fn a_snapshot_of_a_journal_that_parted_from_this_one_is_not_used() {
    exchange_snapshots();
}
