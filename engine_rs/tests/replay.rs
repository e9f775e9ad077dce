//! Replay: the same records from the same commands, and the first difference named.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod common;

use std::ops::Range;

use common::{House, LOT, eventful, ms, single_phase, terms};
use pyauction_engine::command::Command;
use pyauction_engine::decision::Quote;
use pyauction_engine::ids::Seq;
use pyauction_engine::record::{Body, LotTerms, Record};
use pyauction_engine::replay::{Replay, ReplayMismatch};
use pyauction_engine::rules::{OnOutage, RuleSet};

#[test]
fn every_record_replays_to_the_same_bytes_and_state() {
    let house = eventful();
    let mut replay = Replay::new();
    for (record, bytes) in house.records.iter().zip(house.bytes()) {
        assert_eq!(replay.feed(&bytes, None).map(|(fed, _)| fed), Ok(record.clone()));
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

/// The bytes of a record that only repeat what a command stated: another command would have been as legal, and only the
/// chain tells. Everything else the engine decides.
fn stated(record: &Record) -> Vec<Range<usize>> {
    let (at, bidder, rest) = (16..24, 28..32, 32..usize::MAX);
    let (amount, key) = (32..40, 48..81);
    match &record.body {
        Body::HouseOpened { .. } => vec![at],
        Body::LotOpened(_) | Body::BidderAdmitted { .. } => vec![at, rest],
        Body::BidAccepted(_) | Body::BidRefused(_) => vec![at, bidder, amount, key],
        Body::PhaseStarted { .. } | Body::LotClosed(_) => vec![],
        Body::LotSuspended { .. } | Body::LotResumed { .. } => vec![at, 40..usize::MAX],
        Body::LotTerminated { .. } | Body::ReserveEntered(_) | Body::ReserveReentered(_) => vec![at, rest],
        Body::ReserveCompared { .. } => vec![at, 32..33],
        Body::ReserveDisclosed { .. } | Body::CommandRefused { .. } => vec![at, rest],
        Body::OutcomeRecorded(_) => vec![at, bidder, rest],
        Body::ClockJumped { .. } => vec![rest],
        Body::InquiryAnswered { .. } | Body::PriorityGranted { .. } => vec![at, bidder, rest],
        Body::TopUpConfirmed { .. } => vec![at, bidder, rest],
        Body::LotteryDrawn { .. } | Body::SealedBidOpened { .. } => vec![at],
        Body::SealedBidPlaced { .. } | Body::SealedBidScored { .. } => vec![at, bidder, rest],
        Body::LegalBasisStated { .. } | Body::SealedBidExcluded { .. } => vec![at, bidder, rest],
        Body::SealedBidWithdrawn => vec![at, bidder],
        Body::SealedPhaseEnded { .. } => vec![],
        Body::OpeningFinished(_) => vec![at, 44..usize::MAX],
        Body::ResumptionAnnounced { .. } => vec![at, rest],
    }
}

#[test]
fn a_flipped_bit_is_named_unless_it_is_in_what_a_command_stated() {
    let house = eventful();
    let all = house.bytes();
    let mut before = Replay::new();
    for (record, bytes) in house.records.iter().zip(&all) {
        let epoch = Some(if record.head.at >= ms(5_000) { 2 } else { 1 });
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let taken = before.clone().feed(&flipped, epoch).is_ok();
            let free = stated(record).iter().any(|range| range.contains(&(bit / 8)));
            assert!(free || !taken, "bit {bit} of {record:?} is taken");
        }
        before.feed(bytes, epoch).unwrap();
    }
    assert_eq!(before.engine().state_hash(), house.engine.state_hash());
}

/// Feeds records up to the first that is refused.
fn feed_all<'a>(records: impl IntoIterator<Item = &'a Vec<u8>>) -> Result<(), ReplayMismatch> {
    let mut replay = Replay::new();
    records.into_iter().try_for_each(|bytes| replay.feed(bytes, None).map(|_| ()))
}

fn seq_where_another_is_expected(expected: usize, found: usize) -> Result<(), ReplayMismatch> {
    let (seq, expected, found) = (Seq(expected as u64), format!("seq {expected}"), format!("seq {found}"));
    Err(ReplayMismatch::Sequence { seq, expected, found })
}

#[test]
fn a_missing_an_extra_or_a_moved_record_is_named() {
    let all = eventful().bytes();
    for index in 0..all.len() - 1 {
        let mut missing = all.clone();
        missing.remove(index);
        assert_eq!(feed_all(&missing), seq_where_another_is_expected(index + 1, index + 2));
        let mut extra = all.clone();
        extra.insert(index, all[index].clone());
        assert_eq!(feed_all(&extra), seq_where_another_is_expected(index + 2, index + 1));
        let mut moved = all.clone();
        moved.swap(index, index + 1);
        assert_eq!(feed_all(&moved), seq_where_another_is_expected(index + 1, index + 2));
    }
}

/// Numbers records anew, as somebody does who rewrites a journal.
fn renumbered(records: &[Record]) -> Vec<Vec<u8>> {
    let (mut seq, mut lot_seq) = (0, 0);
    let mut number = |record: &Record| {
        let mut record = record.clone();
        seq += 1;
        record.head.seq = Seq(seq);
        if record.head.lot == LOT {
            lot_seq += 1;
            record.head.lot_seq = lot_seq;
        }
        record.to_bytes()
    };
    records.iter().map(&mut number).collect()
}

/// Returns which records can be changed away by `change` without a trace in those that follow.
fn traceless(change: impl Fn(&mut Vec<Record>, usize)) -> Vec<(usize, &'static str)> {
    let all = eventful().records;
    let changed = |index: &usize| {
        let mut records = all.clone();
        change(&mut records, *index);
        feed_all(&renumbered(&records)).is_ok()
    };
    (0..all.len() - 1).filter(changed).map(|index| (index + 1, all[index].body.kind().1)).collect()
}

#[test]
fn renumbering_hides_only_records_from_which_nothing_follows() {
    let missing = traceless(|records, index| {
        records.remove(index);
    });
    let extra = traceless(|records, index| records.insert(index, records[index].clone()));
    let moved = traceless(|records, index| records.swap(index, index + 1));
    // Commands that changed nothing. That a bid was refused is counted, and shows at the close.
    let nothing = [
        (5, "CommandRefused"),
        (8, "CommandRefused"),
        (11, "ReserveEntered"),
        (14, "CommandRefused"),
        (16, "CommandRefused"),
        (21, "ReserveReentered"),
        (24, "CommandRefused"),
    ];
    assert_eq!(missing, nothing);
    assert_eq!(extra, [&nothing[..], &[(25, "CommandRefused")]].concat());
    assert_eq!(moved, [(4, "BidderAdmitted")], "with the refused admission behind it");
}

/// Returns the sequence, what was expected there and what was found, of a mismatch of that kind.
fn sequence(result: Result<(Record, Quote), ReplayMismatch>) -> (u64, String, String) {
    match result {
        Err(ReplayMismatch::Sequence { seq, expected, found }) => (seq.0, expected, found),
        other => unreachable!("{other:?}"),
    }
}

fn said(seq: u64, expected: &str, found: &str) -> (u64, String, String) {
    (seq, expected.to_owned(), found.to_owned())
}

#[test]
fn a_house_opens_first_in_each_epoch_and_nowhere_else() {
    let mut house = House::open(single_phase());
    house.bid(1, "A", 100);
    house.engine.restarted();
    house.submit(10, Command::OpenHouse { epoch: 2 });
    let all = house.bytes();
    let first = all.len() - 1;
    let mut replay = Replay::new();
    assert_eq!(
        sequence(replay.clone().feed(&all[0], Some(2))),
        said(1, "HouseOpened(epoch=2)", "HouseOpened(epoch=1)")
    );
    all[..first].iter().for_each(|bytes| assert!(replay.feed(bytes, Some(1)).is_ok()));
    let fed = |bytes: &[u8], epoch| replay.clone().feed(bytes, epoch);
    let seq = first as u64 + 1;
    let opened = |epoch: u64| format!("HouseOpened(epoch={epoch})");
    assert_eq!(sequence(fed(&all[first], Some(1))), said(seq, "no second HouseOpened in epoch 1", &opened(2)));
    assert_eq!(sequence(fed(&all[first], Some(3))), said(seq, &opened(3), &opened(2)));
    assert!(fed(&all[first], Some(2)).is_ok() && fed(&all[first], None).is_ok());
    let mut bid = House { engine: house.engine.clone(), records: Vec::new() };
    bid.bid(11, "A", 110);
    let mut late = bid.records[0].clone();
    late.head.seq = Seq(seq);
    assert_eq!(sequence(fed(&late.to_bytes(), Some(2))), said(seq, &opened(2), "BidAccepted"));
    assert!(fed(&late.to_bytes(), Some(1)).is_ok());
    let stale = Record { body: Body::HouseOpened { last: Some(ms(1)), epoch: 1 }, ..house.records[first].clone() };
    assert_eq!(sequence(fed(&stale.to_bytes(), None)), said(seq, &opened(2), &opened(1)));
}

#[test]
fn an_outage_that_a_forger_put_inside_an_epoch_is_named() {
    let mut house = House::open(RuleSet { on_outage: OnOutage::Suspend, ..single_phase() });
    house.bid(1, "A", 100);
    let mut replay = Replay::new();
    house.bytes().iter().for_each(|bytes| assert!(replay.feed(bytes, Some(1)).is_ok()));
    let honest = house.records.len();
    house.engine.restarted();
    house.submit(5_000, Command::OpenHouse { epoch: 1 });
    let found = sequence(replay.feed(&house.bytes()[honest], Some(1)));
    assert_eq!(found, said(honest as u64 + 1, "no second HouseOpened in epoch 1", "HouseOpened(epoch=1)"));
}

#[test]
fn what_stands_in_its_place_and_is_wrong_has_the_code_of_the_format() {
    let mut house = House::open(single_phase());
    house.bid(1, "A", 100);
    let all = house.bytes();
    let mut replay = Replay::new();
    all[..3].iter().for_each(|bytes| assert!(replay.feed(bytes, Some(1)).is_ok()));
    let last = all.last().unwrap();
    for (change, code) in [
        (&[(0, 34_u8)][..], "unsupported"),
        (&[(0, 99)], "unsupported"),
        (&[(2, 56)], "unsupported"),
        (&[(2, 9)], "record"),
        (&[(4, 0)], "record"),
        (&[(23, 0x80)], "record"),
        (&[(80, 33)], "record"),
        (&[(87, 1)], "record"),
        (&[(8, 9)], "sequence"),
        (&[(16, 0), (17, 0), (18, 0)], "sequence"),
        (&[(24, 9)], "sequence"),
        (&[(4, 9)], "sequence"),
        (&[(4, 9), (24, 1)], "divergence"),
        (&[(40, 9)], "divergence"),
        (&[(0, 5), (2, 9)], "divergence"),
    ] {
        let mut bytes = last.clone();
        for (offset, byte) in change {
            bytes[*offset] = *byte;
        }
        assert_eq!(replay.clone().feed(&bytes, Some(1)).map_err(|error| error.code()), Err(code), "{change:?}");
    }
    assert!(replay.feed(last, Some(1)).is_ok());
}

#[test]
fn a_difference_is_told_in_words() {
    let mut house = House::open(single_phase());
    house.try_bid(1, "A", 100, b"k-1");
    let all = house.bytes();
    let mut replay = Replay::new();
    all[..3].iter().for_each(|bytes| assert!(replay.feed(bytes, Some(1)).is_ok()));
    let mut bytes = all[3].clone();
    bytes[32] = 99;
    let told = replay.feed(&bytes, Some(1)).unwrap_err().to_string();
    let (at, closes_at) = (ms(1), ms(1_000));
    assert_eq!(
        told,
        format!(
            "record 4: the journal has BidAccepted(seq=4, at={at}, lot=1, lot_seq=3, bidder=1, amount=99, \
             closes_at={closes_at}, key=\"k-1\"), the rules give BidRefused(reason=below_start, seq=4, at={at}, lot=1, \
             lot_seq=3, bidder=1, amount=99, closes_at={closes_at}, key=\"k-1\")"
        )
    );
}

#[test]
fn texts_that_must_be_stated_are_not_empty() {
    let empty = |bytes: &[u8], at: usize| {
        let length = usize::from(bytes[at]);
        let bytes = [&bytes[..at], &[0], &bytes[at + 1 + length..]].concat();
        Record::decode(&bytes).map_err(|error| error.to_string())
    };
    let mut found = Vec::new();
    for record in eventful().records {
        let bytes = record.to_bytes();
        let first = match record.body {
            Body::LotSuspended { .. } => 48,
            Body::LotResumed { .. } => 40,
            Body::ReserveEntered(_) | Body::ReserveReentered(_) => 72,
            _ => continue,
        };
        let second = first + 1 + usize::from(bytes[first]);
        for at in [first, second] {
            assert!(empty(&bytes, at).unwrap_err().contains("expected a text that is not empty"));
        }
        found.push(record.body.kind().1);
    }
    found.dedup();
    assert_eq!(found, ["ReserveEntered", "LotSuspended", "LotResumed", "ReserveReentered"]);
    let mut house = House::open(single_phase());
    house.terminate(1);
    assert!(empty(&house.bytes()[2], 32).is_err());
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
        replay.feed(bytes, None).unwrap();
    }
    assert!(matches!(replay.feed(&forged.to_bytes(), None), Err(ReplayMismatch::Differs { .. })));
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
        replay.feed(bytes, None).unwrap();
    }
    assert_eq!(replay.engine().last_seq().0, cut as u64, "an outage is replayed record by record");
    let (mut engine, missing) = replay.finish();
    assert_eq!(missing.iter().map(Record::to_bytes).collect::<Vec<_>>(), all[cut..]);
    let mut records = Vec::new();
    engine.submit(Command::OpenHouse { epoch: 3 }, ms(9_000), &mut records).unwrap();
    assert_eq!(records.len(), 1, "nothing is suspended twice");
    let mut again = Replay::new();
    for bytes in all.into_iter().chain(records.iter().map(Record::to_bytes)) {
        again.feed(&bytes, None).unwrap();
    }
    assert_eq!(again.engine().state_hash(), engine.state_hash());
}
