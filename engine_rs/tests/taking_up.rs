//! A house takes a journal up: every record through the engine, every stated state compared.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::{House, listing};
use pyauction_engine::house::ReopenError;
use pyauction_engine::ids::Seq;
use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_engine::journal::{Align, Hash, Hex, Log, OpenOptions};
use pyauction_engine::replay::{Replay, ReplayMismatch};

fn options() -> OpenOptions {
    OpenOptions {
        align: Align::Bytes512,
        segment_bytes: 1 << 20,
        now_ns: 0,
        entropy: [7; 32],
        acknowledged: 0,
        accept_tail_loss: None,
    }
}

/// Opens a journal; returns it and what its records give.
fn take_up(disk: &MemoryVfs) -> Result<(Log<MemoryVfs>, Replay), ReopenError> {
    pyauction_engine::house::take_up(disk, &options(), false)
}

fn append(log: &mut Log<MemoryVfs>, record: &[u8]) {
    let framed = [&u32::try_from(record.len()).unwrap().to_le_bytes()[..], record].concat();
    log.append(&framed, log.next_seq(), 1).unwrap();
}

fn bids() -> House {
    let mut house = House::open(listing());
    for (at, bidder, amount) in [(10, "A", 100), (20, "B", 105), (30, "B", 110), (40, "C", 150)] {
        house.bid(at, bidder, amount);
    }
    house
}

/// A journal of all those records in which `stated` stands as the state after each of them.
fn with_states(house: &House, stated: impl Fn(Seq, Hash) -> Hash) -> MemoryVfs {
    let disk = MemoryVfs::default();
    let (mut log, mut replay) = take_up(&disk).unwrap();
    for record in house.bytes() {
        append(&mut log, &record);
        replay.feed(&record, Some(1)).unwrap();
        log.state(log.durable(), stated(Seq(log.durable()), replay.engine().state_hash())).unwrap();
    }
    log.close().unwrap();
    disk
}

#[test]
fn states_that_the_records_give_are_taken() {
    let house = bids();
    let (_, replay) = take_up(&with_states(&house, |_, hash| hash)).unwrap();
    assert_eq!(replay.engine().state_hash(), house.engine.state_hash());
    assert_eq!(replay.engine().last_seq(), Seq(u64::try_from(house.records.len()).unwrap()));
}

#[test]
fn a_state_that_the_records_do_not_give_is_located_and_changes_nothing() {
    let house = bids();
    for wrong in 1..=u64::try_from(house.records.len()).unwrap() {
        let disk = with_states(&house, |seq, hash| if seq == Seq(wrong) { [9; 32] } else { hash });
        let before = disk.copied();
        let Err(ReopenError::Mismatch(mismatch)) = take_up(&disk) else { unreachable!("record {wrong} was taken") };
        let mut replay = Replay::new();
        for record in house.bytes().iter().take(usize::try_from(wrong).unwrap()) {
            replay.feed(record, Some(1)).unwrap();
        }
        let replayed = Hex(&replay.engine().state_hash()).to_string();
        let expected = ReplayMismatch::State { seq: Seq(wrong), recorded: "09".repeat(32), replayed };
        assert_eq!((mismatch.code(), mismatch), ("state", expected));
        let name = "00000000000000000001.plog";
        assert_eq!(disk.get(name), before.get(name));
    }
}
