//! A snapshot is the state, whole and nothing else, and is used only by the journal that states the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod common;

use common::{
    House, LOT, eventful, free, listing, ms, sealed_sale, single_phase, terms, text, timed, unsold, with_reserve,
};
use pyauction_engine::command::Command;
use pyauction_engine::engine::Engine;
use pyauction_engine::house::{House as LiveHouse, Opening, ReopenError, TakingUp, take_up, witness};
use pyauction_engine::ids::Seq;
use pyauction_engine::journal::vfs::Vfs;
use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_engine::journal::{Align, Class, JournalError, Log, OpenOptions, read_snapshot};
use pyauction_engine::record::{Body, LotTerms, OutcomeCause, Record};
use pyauction_engine::replay::Replay;
use pyauction_engine::rules::{ClockStart, OnOutage, RuleSet};
use pyauction_engine::snapshot::{Place, Snapshot};
use pyauction_engine::text::Name;
use sha2::{Digest, Sha256};

fn place(engine: &Engine, epoch: u64) -> Place {
    Place { journal_id: [3; 16], epoch, seq: engine.last_seq(), state_hash: engine.state_hash(), chain: [4; 32] }
}

fn bytes_of(engine: &Engine) -> Vec<u8> {
    Snapshot::encode(engine, &place(engine, 7))
}

/// Several lots side by side: scheduled, waiting for a first bid, suspended out of both, terminated, unsold, with keys.
fn crowded() -> House {
    let mut house = House::open(RuleSet { on_outage: OnOutage::Suspend, ..listing() });
    let lot = |name: &str, rules: RuleSet, opens_at: i64| {
        let (name, opens_at) = (Name::new(name).unwrap(), ms(opens_at));
        Command::OpenLot(Box::new(LotTerms { name, opens_at, reoffer_of: text("KQ-1"), round: 2, ..terms(rules) }))
    };
    let waiting = RuleSet { clock: ClockStart::FirstBid, phases: vec![free(500), timed(50)], ..listing() };
    house.submit(1, lot("later", waiting.clone(), 400));
    house.submit(2, lot("waits", waiting, 2));
    house.submit(3, lot("quiet", single_phase(), 3));
    house.try_bid(4, "A", 100, b"k1");
    house.try_bid(5, "B", 105, b"k1");
    house.try_bid(6, "B", 120, b"k2");
    house.suspend(7);
    house.engine.restarted();
    house.submit(450, Command::OpenHouse { epoch: 2 });
    house.resume(460);
    house.advance(470);
    house.try_bid(480, "A", 120, b"k3");
    house.engine.restarted();
    house.submit(2_000, Command::OpenHouse { epoch: 3 });
    house.resume(2_001);
    house.advance(3_000);
    house.settle(3_001, unsold(OutcomeCause::TypeRule));
    house.terminate(3_002);
    house
}

#[test]
fn behind_every_record_a_snapshot_gives_the_state_that_all_records_give() {
    for house in [eventful(), crowded(), sealed_sale()] {
        let records = house.bytes();
        let mut whole = Replay::new();
        for (index, record) in records.iter().enumerate() {
            whole.feed(record, None).unwrap();
            // Behind a HouseOpened follow the suspensions of the outage; a house keeps no snapshot between them.
            if records.get(index + 1).is_some_and(|next| is_outage(next)) {
                continue;
            }
            let place = place(whole.engine(), whole.epoch().unwrap());
            let snapshot = Snapshot::decode(&Snapshot::encode(whole.engine(), &place)).unwrap();
            assert_eq!(snapshot.place(), &place);
            let mut behind = snapshot.into_replay();
            assert_eq!(bytes_of(behind.engine()), bytes_of(whole.engine()), "behind record {}", index + 1);
            for record in &records[index + 1..] {
                behind.feed(record, None).unwrap();
            }
            assert_eq!(bytes_of(behind.engine()), bytes_of(&house.engine), "from record {} on", index + 1);
        }
    }
}

fn is_outage(record: &[u8]) -> bool {
    use pyauction_engine::record::SuspendCause;
    matches!(Record::decode(record).unwrap().body, Body::LotSuspended { cause: SuspendCause::Outage, .. })
}

fn with_digest(mut bytes: Vec<u8>) -> Vec<u8> {
    let content = bytes.len() - 32;
    let digest = Sha256::digest(&bytes[..content]);
    bytes[content..].copy_from_slice(&digest);
    bytes
}

#[test]
fn no_damaged_snapshot_is_taken() {
    let kept = bytes_of(&eventful().engine);
    for length in 0..kept.len() {
        assert!(Snapshot::decode(&kept[..length]).is_err(), "cut after {length}");
    }
    assert!(Snapshot::decode(&[&kept[..], &[0]].concat()).is_err());
    for bit in 0..kept.len() * 8 {
        let mut flipped = kept.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Snapshot::decode(&flipped).is_err(), "bit {bit}");
    }
}

#[test]
fn a_forged_snapshot_has_the_stated_hash_or_is_refused() {
    let house = crowded();
    let kept = bytes_of(&house.engine);
    let mut taken = 0;
    for at in 0..kept.len() - 32 {
        for value in [0, 1, 0x7F, 0x80, 0xFF, kept[at] ^ 1, kept[at].wrapping_add(1)] {
            let mut forged = kept.clone();
            forged[at] = value;
            let Ok(snapshot) = Snapshot::decode(&with_digest(forged.clone())) else { continue };
            assert_eq!(snapshot.place().state_hash, snapshot.clone().into_replay().engine().state_hash());
            taken += u32::from(forged != kept);
        }
        let (shorter, longer) = ([&kept[..at], &kept[at + 1..]].concat(), [&kept[..at], &[0], &kept[at..]].concat());
        assert!(Snapshot::decode(&with_digest(shorter)).is_err() && Snapshot::decode(&with_digest(longer)).is_err());
    }
    assert!(taken > 100, "names and keys are not in the state's hash; {taken} changes of them were taken");
}

// Beside a journal.

fn options(entropy: u8) -> OpenOptions {
    OpenOptions {
        align: Align::Bytes512,
        segment_bytes: 8_192,
        now_ns: 0,
        entropy: [entropy; 32],
        acknowledged: 0,
        accept_tail_loss: None,
    }
}

/// Opens a house in which snapshots are kept, or not.
fn open(disk: &MemoryVfs, snapshots: bool) -> Result<LiveHouse, ReopenError> {
    let (log, replay) = take_up(disk, &options(7), snapshots)?;
    let opening = Opening { store: Some(Box::new(log)), replay, now: ms(0), feed_limit: 10, snapshots };
    Ok(LiveHouse::open(opening).unwrap())
}

fn open_lot(house: &LiveHouse) {
    house.open_lot(terms(with_reserve(listing())), None, ms(0)).unwrap();
}

fn admit(house: &LiveHouse, names: &[&str]) {
    for name in names {
        let name = Name::new(name).unwrap();
        house.submit(Command::AdmitBidder { lot: LOT, name: &name }, Some(ms(1))).unwrap();
    }
}

/// A journal of a house that was closed, with a snapshot.
fn closed() -> MemoryVfs {
    let disk = MemoryVfs::default();
    let house = open(&disk, true).unwrap();
    open_lot(&house);
    admit(&house, &["A", "B"]);
    house.close().unwrap();
    disk
}

fn state(house: &LiveHouse) -> Vec<u8> {
    house.read(|engine, _| bytes_of(engine)).unwrap()
}

/// Returns the snapshot with another name of the first bidder.
fn renamed(disk: &MemoryVfs) -> Vec<u8> {
    let mut kept = disk.get("state.snapshot").unwrap();
    let at = kept.windows(4).position(|window| window == [1, b'A', 1, b'B']).unwrap();
    kept[at + 1] = b'Z';
    with_digest(kept)
}

fn first_bidder(house: &LiveHouse) -> String {
    house.read(|engine, _| engine.lot(LOT).unwrap().bidders()[0].name.as_str().to_owned()).unwrap()
}

/// A journal of those records with the snapshot of the state that they leave.
fn journal_of(engine: &Engine, records: &[Vec<u8>]) -> MemoryVfs {
    let disk = MemoryVfs::default();
    let (mut log, _) = take_up(&disk, &options(7), false).unwrap();
    let epoch = |record: &[u8]| match Record::decode(record).unwrap().body {
        Body::HouseOpened { epoch, .. } => epoch,
        _ => 0,
    };
    for (record, seq) in records.iter().zip(1..) {
        if epoch(record) > 1 {
            log.close().unwrap();
            log = Log::open(disk.clone(), &options(7), &mut |_, _| Ok::<_, JournalError>(())).unwrap();
        }
        let framed = [&u32::try_from(record.len()).unwrap().to_le_bytes()[..], record].concat();
        log.append(&framed, seq, 1).unwrap();
    }
    let (seq, state_hash) = (engine.last_seq(), engine.state_hash());
    log.state(seq.0, state_hash).unwrap();
    let (journal_id, chain) = (log.journal_id(), log.chain());
    let place = Place { journal_id, epoch: log.epoch(), seq, state_hash, chain };
    log.keep_snapshot(&Snapshot::encode(engine, &place)).unwrap();
    log.close().unwrap();
    disk
}

/// A journal that nobody can replay, since the rules refuse a bid in it for another reason, and its snapshot.
fn unreplayable() -> (MemoryVfs, Vec<u8>) {
    let house = eventful();
    let mut records = house.bytes();
    let refused = records.iter_mut().find(|record| record[0] == 5 && record[48] == 0);
    let refused = refused.expect("a refused bid without a key");
    refused[2] = if refused[2] == 9 { 10 } else { 9 };
    (journal_of(&house.engine, &records), bytes_of(&house.engine))
}

#[test]
fn a_house_goes_on_behind_its_snapshot_and_only_if_it_is_told_to() {
    let (disk, expected) = unreplayable();
    assert!(matches!(take_up(&disk.copied(), &options(7), false), Err(ReopenError::Mismatch(_))));
    let (_, replay) = take_up(&disk, &options(7), true).unwrap();
    assert_eq!(bytes_of(replay.engine()), expected);
}

#[test]
fn the_records_before_an_honest_snapshot_agree_with_it() {
    for house in [eventful(), crowded(), sealed_sale()] {
        let records = house.bytes();
        let mut whole = Replay::new();
        for (index, record) in records.iter().enumerate() {
            whole.feed(record, None).unwrap();
            if records.get(index + 1).is_some_and(|next| is_outage(next)) {
                continue;
            }
            let disk = journal_of(whole.engine(), &records[..=index]);
            let snapshot = Snapshot::decode(&disk.get("state.snapshot").unwrap()).unwrap();
            let mut taken = TakingUp::behind(snapshot);
            let log = Log::open(disk, &options(7), &mut |frame, content| taken.take(frame, content));
            assert!(log.is_ok() && taken.replayed().is_ok(), "behind record {}", index + 1);
        }
    }
}

#[test]
fn of_a_forged_snapshot_nothing_is_believed() {
    for house in [eventful(), crowded(), sealed_sale()] {
        let disk = journal_of(&house.engine, &house.bytes());
        let (kept, expected) = (disk.get("state.snapshot").unwrap(), bytes_of(&house.engine));
        let mut tried = 0;
        for at in 0..kept.len() - 32 {
            for value in [kept[at] ^ 1, kept[at].wrapping_add(1), 0, 1, 2, 0xFF] {
                let mut forged = kept.clone();
                forged[at] = value;
                if Snapshot::decode(&with_digest(forged.clone())).is_err() {
                    continue;
                }
                let disk = disk.copied();
                disk.put("state.snapshot", with_digest(forged));
                let (_, replay) = take_up(&disk, &options(7), true).unwrap();
                assert_eq!(bytes_of(replay.engine()), expected, "byte {at} is {value}");
                tried += 1;
            }
        }
        assert!(tried > 500, "{tried}");
    }
}

#[test]
fn a_house_that_died_goes_on_behind_the_snapshot_of_its_opening() {
    let disk = closed();
    let house = open(&disk, true).unwrap();
    admit(&house, &["C"]);
    house.flush().unwrap();
    let expected = state(&house);
    drop(house);
    let kept = Snapshot::decode(&disk.get("state.snapshot").unwrap()).unwrap();
    assert_eq!((kept.place().seq, kept.place().epoch), (Seq(5), 2), "that of the second opening");
    for snapshots in [true, false] {
        let (_, replay) = take_up(&disk.copied(), &options(7), snapshots).unwrap();
        assert_eq!(bytes_of(replay.engine()), expected);
    }
}

#[test]
fn a_snapshot_that_does_not_fit_is_as_if_it_were_not_there() {
    let disk = closed();
    let kept = disk.get("state.snapshot").unwrap();
    let of_another_journal = {
        let disk = MemoryVfs::default();
        let (log, replay) = take_up(&disk, &options(8), true).unwrap();
        let opening = Opening { store: Some(Box::new(log)), replay, now: ms(0), feed_limit: 10, snapshots: true };
        LiveHouse::open(opening).unwrap().close().unwrap();
        disk.get("state.snapshot").unwrap()
    };
    let changed = |at: usize| {
        let mut other = renamed(&disk);
        other[at] ^= 1;
        with_digest(other)
    };
    // 8 version, 16 journal id, 32 epoch, 40 seq, 48 state hash, 80 chain.
    for unfit in
        [Vec::new(), b"PYAUSNAP".to_vec(), of_another_journal, changed(8), changed(16), changed(80), changed(100)]
    {
        let disk = disk.copied();
        disk.put("state.snapshot", unfit);
        let house = open(&disk, true).unwrap();
        assert_eq!(first_bidder(&house), "A");
        house.close().unwrap();
        assert_ne!(disk.get("state.snapshot").unwrap(), kept, "a new one is kept");
        assert_eq!(first_bidder(&open(&disk, true).unwrap()), "A");
    }
}

#[test]
fn a_snapshot_whose_frame_is_gone_is_not_used() {
    let (disk, _) = unreplayable();
    // The frames of STATE and SEAL are the last two, of 512 bytes each.
    let name = disk.list().unwrap().into_iter().filter(|name| name.strip_suffix(".plog").is_some()).max().unwrap();
    let mut segment = disk.get(&name).unwrap();
    let end = segment.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    segment[end - 1_024..end].fill(0);
    disk.put(&name, segment);
    assert!(matches!(take_up(&disk, &options(7), true), Err(ReopenError::Mismatch(_))));
}

#[test]
fn a_journal_that_ends_before_its_snapshot_lost_acknowledged_records() {
    let disk = closed();
    let mut segment = disk.get("00000000000000000001.plog").unwrap();
    let end = segment.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    segment[end - 1_536..end].fill(0);
    disk.put("00000000000000000001.plog", segment.clone());
    let Err(ReopenError::Journal(JournalError::Corrupt(bad))) = open(&disk, true).map(|_| ()) else {
        unreachable!("it was taken")
    };
    assert_eq!((bad.class, bad.next_seq, bad.known_upto), (Class::Corrupt, 2, 4));
    assert!(bad.detail.contains("; state.snapshot shows that record 4 was durable. Restore the journal"), "{bad}");
    assert_eq!(witness(&disk), Some(4));
    assert_eq!(disk.get("00000000000000000001.plog").unwrap(), segment, "nothing was changed");
    assert!(open(&disk, false).is_ok(), "without the snapshot nothing tells");
    for name in ["00000000000000000001.plog", "LOCK"] {
        let bare = MemoryVfs::default();
        bare.put("state.snapshot", disk.get("state.snapshot").unwrap());
        bare.put(name, Vec::new());
        assert!(open(&bare, false).is_err(), "no journal is begun beside the snapshot of another");
    }
}

#[test]
fn a_snapshot_that_cannot_be_kept_costs_nothing_else() {
    let disk = MemoryVfs::default();
    let house = open(&disk, true).unwrap();
    open_lot(&house);
    // Somebody's file has the name.
    disk.put("snapshot.tmp", b"in the way".to_vec());
    house.close().unwrap();
    assert_eq!(read_snapshot(&disk), None);
    let log = Log::open(disk.clone(), &options(7), &mut |_, _| Ok::<_, JournalError>(())).unwrap();
    assert_eq!(disk.get("snapshot.tmp"), None, "an unfinished one is removed");
    drop(log);
}
