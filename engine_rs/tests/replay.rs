//! Replay: the same records from the same commands, and the first difference named.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod common;

use common::{House, LOT, listing, ms, single_phase, sold, terms, with_reserve};
use pyauction_engine::command::Command;
use pyauction_engine::record::{Comparison, EntryResult, LotTerms, Record};
use pyauction_engine::replay::{Replay, ReplayMismatch};
use pyauction_engine::rules::{Admission, OnOutage, RuleSet};
use pyauction_engine::text::Name;

/// An auction with a record of nearly every type.
fn eventful() -> House {
    let mut house = House::open(with_reserve(RuleSet { admission: Admission::Listed, ..listing() }));
    for bidder in ["A", "B"] {
        house.submit(0, Command::AdmitBidder { lot: LOT, name: &Name::new(bidder).unwrap() });
    }
    house.submit(0, Command::AdmitBidder { lot: LOT, name: &Name::new("A").unwrap() });
    house.try_bid(1, "A", 100, b"k");
    house.try_bid(2, "A", 200, b"k");
    house.bid(3, "C", 110);
    house.bid(4, "B", 105);
    house.bid(5, "B", 110);
    house.enter(6, EntryResult::BelowStart, 3);
    house.enter(7, EntryResult::Accepted, 9);
    house.suspend(8);
    house.suspend(9);
    house.resume(10);
    house.submit(11, Command::CloseLot { lot: LOT });
    house.bid(1_050, "A", 120);
    house.engine.restarted();
    house.submit(5_000, Command::OpenHouse { epoch: 2 });
    house.advance(5_000);
    house.reenter(5_001, EntryResult::Accepted, 9);
    house.compare(5_002, Comparison::Met);
    house.settle(5_003, sold(1, 110));
    house.settle(5_003, sold(1, 120));
    house.disclose(5_004, false);
    let (wall, expected) = (ms(9_000), ms(5_005));
    house.submit(5_005, Command::NoteClockJump { wall, expected });
    house
}

#[test]
fn every_record_replays_to_the_same_bytes_and_state() {
    let house = eventful();
    let mut replay = Replay::new();
    for (record, bytes) in house.records.iter().zip(house.bytes()) {
        assert_eq!(replay.feed(&bytes).map(|(fed, _)| fed), Ok(record.clone()));
    }
    assert_eq!(replay.engine().state_hash(), house.engine.state_hash());
    let (engine, missing) = replay.finish();
    assert_eq!((engine.state_hash(), missing), (house.engine.state_hash(), Vec::new()));
}

#[test]
fn records_round_trip_and_every_truncation_is_refused() {
    for bytes in eventful().bytes() {
        assert_eq!(Record::decode(&bytes).map(|record| record.to_bytes()), Ok(bytes.clone()));
        for length in 0..bytes.len() {
            assert!(Record::decode(&bytes[..length]).is_err());
        }
        assert!(Record::decode(&[&bytes[..], &[0]].concat()).is_err());
    }
}

#[test]
fn any_flipped_bit_of_a_record_is_refused_or_is_another_legal_argument() {
    // A flip in an argument (an amount, a key, a text) may replay: another command would have been as legal. The chain is
    // what tells; here no flip may be taken without the record itself having changed what it says.
    let all = eventful().bytes();
    for (index, bytes) in all.iter().enumerate() {
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let mut replay = Replay::new();
            for before in &all[..index] {
                replay.feed(before).unwrap();
            }
            if let Ok((record, _)) = replay.feed(&flipped) {
                assert_eq!(record.to_bytes(), flipped, "what replays is what stands there");
                assert!(bit / 8 >= 16, "record {index}: type, reason, lot and sequence are never free");
            }
        }
    }
}

#[test]
fn a_missing_an_extra_or_a_moved_record_is_named() {
    let all = eventful().bytes();
    for skipped in 0..all.len() - 1 {
        let mut replay = Replay::new();
        let fed = all
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != skipped)
            .try_for_each(|(_, bytes)| replay.feed(bytes).map(|_| ()));
        let Err(ReplayMismatch::Differs { seq, .. } | ReplayMismatch::Unreadable { seq, .. }) = fed else {
            unreachable!("record {skipped} was not missed")
        };
        assert_eq!(seq.0, skipped as u64 + 1);
    }
}

#[test]
fn a_deadline_that_was_not_handled_is_a_difference() {
    let mut house = House::open(single_phase());
    house.bid(1, "A", 100);
    let mut late = House::open(single_phase());
    late.bid(1, "A", 100);
    late.bid(2_000, "A", 110);
    let forged = Record {
        head: pyauction_engine::record::Head { at: ms(2_000), ..house.records.last().unwrap().head },
        ..house.records.last().unwrap().clone()
    };
    let mut replay = Replay::new();
    for bytes in &house.bytes()[..3] {
        replay.feed(bytes).unwrap();
    }
    assert!(matches!(replay.feed(&forged.to_bytes()), Err(ReplayMismatch::Differs { .. })));
}

#[test]
fn a_journal_that_ends_inside_an_outage_is_completed_before_it_goes_on() {
    let suspending = || RuleSet { on_outage: OnOutage::Suspend, ..single_phase() };
    let mut house = House::open(suspending());
    for name in ["KQ-2", "KQ-3"] {
        let terms = LotTerms { name: common::name(name), ..terms(suspending()) };
        house.submit(0, Command::OpenLot(Box::new(terms)));
    }
    house.engine.restarted();
    house.submit(5_000, Command::OpenHouse { epoch: 2 });
    let all = house.bytes();
    let cut = all.len() - 2;
    let mut replay = Replay::new();
    for bytes in &all[..cut] {
        replay.feed(bytes).unwrap();
    }
    let (mut engine, missing) = replay.finish();
    assert_eq!(missing.iter().map(Record::to_bytes).collect::<Vec<_>>(), all[cut..]);
    let mut records = Vec::new();
    engine.submit(Command::OpenHouse { epoch: 3 }, ms(9_000), &mut records).unwrap();
    assert_eq!(records.len(), 1, "nothing is suspended twice");
    let mut again = Replay::new();
    for bytes in all.into_iter().chain(records.iter().map(Record::to_bytes)) {
        again.feed(&bytes).unwrap();
    }
    assert_eq!(again.engine().state_hash(), engine.state_hash());
}
