//! Phases, deadlines, suspension and outage: FORMAT.md B.2 to B.4.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod common;

use common::{House, LOT, MS, free, listing, ms, single_phase, terms, timed};
use pyauction_engine::amount::Amount;
use pyauction_engine::command::{Command, Fault};
use pyauction_engine::decision::QuotePhase;
use pyauction_engine::ids::LotId;
use pyauction_engine::lot::State;
use pyauction_engine::record::{Body, CloseCause, LotTerms};
use pyauction_engine::rules::{
    ClockStart, CountOf, Extension, HardEnd, MinBidders, OnOutage, Phase, PhaseEnd, RuleSet, SingleBidder, WithoutBids,
};
use pyauction_engine::verdict::Reason;

#[test]
fn a_listing_goes_from_free_to_timed_to_the_close() {
    let mut house = House::open(listing());
    house.bid(10, "A", 100);
    house.bid(20, "B", 110);
    house.bid(1_099, "A", 120);
    house.advance(9_999);
    let expected = [
        ("HouseOpened", 0, 0),
        ("LotOpened", 1, 0),
        ("BidderAdmitted", 2, 10),
        ("BidAccepted", 3, 10),
        ("BidderAdmitted", 4, 20),
        ("BidAccepted", 5, 20),
        ("PhaseStarted", 6, 1_000),
        ("BidAccepted", 7, 1_099),
        ("LotClosed", 8, 1_199),
    ];
    assert_eq!(house.trace(), expected);
    assert_eq!(house.quote().phase, QuotePhase::Closed);
}

#[test]
fn polling_often_or_once_makes_the_same_records() {
    let play = |step: i64| {
        let mut house = House::open(listing());
        let bids = [(10, "A", 100), (20, "B", 110), (1_050, "A", 120), (1_149, "B", 130), (1_249, "A", 140)];
        let mut now = 0;
        for (at, bidder, amount) in bids {
            while now + step < at {
                now += step;
                house.advance(now);
            }
            house.bid(at, bidder, amount);
            now = at;
        }
        house.advance(100_000);
        house.bytes()
    };
    assert_eq!(play(1), play(1_000_000));
    assert_eq!(play(7), play(1_000_000));
}

#[test]
fn an_empty_phase_enters_the_next_or_decides_as_declared() {
    let mut decided = House::open(listing());
    decided.advance(1_000);
    assert_eq!(decided.lot().state(), State::Closed);
    let mut entered = House::open(RuleSet { timed_without_bids: Some(WithoutBids::Enter), ..listing() });
    entered.advance(1_000);
    assert_eq!((entered.quote().phase, entered.closes_at()), (QuotePhase::Timed, Some(1_100)));
    entered.advance(1_100);
    assert_eq!(entered.lot().state(), State::Closed, "silence in both phases ends the lot");
}

#[test]
fn a_single_bidder_decides_or_enters_as_declared() {
    let mut decided = House::open(listing());
    decided.bid(1, "A", 100);
    decided.bid(2, "A", 110);
    decided.bid(3, "B", 1);
    decided.advance(1_000);
    assert_eq!(decided.lot().state(), State::Closed, "a refused bid does not make a second bidder");
    let mut entered = House::open(RuleSet { single_bidder: Some(SingleBidder::Timed), ..listing() });
    entered.bid(1, "A", 100);
    entered.advance(1_000);
    assert_eq!(entered.quote().phase, QuotePhase::Timed);
}

#[test]
fn a_clock_that_starts_with_the_first_bid_waits_for_it() {
    let window = Extension::Window { within: 10 * MS, to: 10 * MS };
    let rules = RuleSet {
        clock: ClockStart::FirstBid,
        phases: vec![Phase { extension: window, ..timed(24) }],
        ..single_phase()
    };
    let mut house = House::open(rules);
    house.advance(1_000);
    assert_eq!(house.closes_at(), None);
    house.bid(1_000, "A", 99);
    assert_eq!(house.closes_at(), None, "a refused bid starts no clock");
    house.bid(1_001, "A", 100);
    assert_eq!(house.closes_at(), Some(1_025));
    house.bid(1_014, "B", 110);
    assert_eq!(house.closes_at(), Some(1_025));
    house.bid(1_016, "A", 120);
    assert_eq!((house.closes_at(), house.lot().extensions()), (Some(1_026), 1));
}

#[test]
fn a_hard_end_stops_extensions() {
    let phase = Phase { hard_end: Some(HardEnd::After(250 * MS)), ..timed(100) };
    let mut house = House::open(RuleSet { phases: vec![phase], ..single_phase() });
    for (at, bidder, amount, closes) in [(50, "A", 100, 150), (149, "B", 110, 249), (200, "A", 120, 250)] {
        house.bid(at, bidder, amount);
        assert_eq!(house.closes_at(), Some(closes));
    }
    assert_eq!(house.bid(250, "B", 130), Some(Reason::Closed));
}

#[test]
fn a_phase_that_should_have_ended_before_it_begins_ends_at_once() {
    let at = |time| Phase { end: PhaseEnd::At(ms(time)), ..free(1) };
    let rules = RuleSet { phases: vec![at(500), at(300)], timed_without_bids: Some(WithoutBids::Enter), ..listing() };
    let mut house = House::open(rules);
    house.advance(500);
    assert_eq!(house.trace()[2..], [("PhaseStarted", 2, 500), ("LotClosed", 3, 500)]);
}

#[test]
fn a_called_close_is_legal_only_where_the_rules_say_so() {
    let mut timed_lot = House::open(single_phase());
    let close = |house: &mut House, at| house.submit(at, Command::CloseLot { lot: LOT });
    assert_eq!(close(&mut timed_lot, 5).reason(), Some(Reason::CloseNotCalled));
    let hammer = Phase { end: PhaseEnd::Called, ..free(1) };
    let mut called = House::open(RuleSet { phases: vec![hammer], ..single_phase() });
    called.bid(1, "A", 100);
    let decision = close(&mut called, 700);
    let Body::LotClosed(fields) = decision.record.body else { unreachable!("{decision:?}") };
    assert_eq!((fields.cause, fields.due, fields.top), (CloseCause::Called, ms(700), Amount(100)));
    assert_eq!(close(&mut called, 701).reason(), Some(Reason::WrongPhase));
}

#[test]
fn a_suspension_keeps_quotes_and_gives_the_remaining_time_back() {
    let phase = Phase { hard_end: Some(HardEnd::After(250 * MS)), ..timed(100) };
    let mut house = House::open(RuleSet { phases: vec![phase], ..single_phase() });
    house.bid(50, "A", 100);
    assert_eq!(house.suspend(90), None);
    assert_eq!(house.bid(91, "B", 110), Some(Reason::Suspended));
    house.advance(10_000);
    assert_eq!((house.quote().phase, house.quote().standing), (QuotePhase::Suspended, Some(Amount(100))));
    assert_eq!(house.suspend(10_000), Some(Reason::WrongPhase));
    assert_eq!(house.resume(10_090), None);
    assert_eq!(house.closes_at(), Some(10_150), "60 ms remained");
    assert_eq!(house.resume(10_091), Some(Reason::WrongPhase));
    house.bid(10_149, "B", 110);
    house.bid(10_240, "A", 120);
    assert_eq!(house.closes_at(), Some(10_250), "the hard end moved by the frozen 10,000 ms");
}

#[test]
fn a_lot_suspended_before_its_opening_resumes_before_it() {
    let mut house = House::open_terms(LotTerms { opens_at: ms(100), ..terms(listing()) });
    house.suspend(40);
    house.resume(540);
    assert_eq!((house.quote().phase, house.closes_at()), (QuotePhase::Scheduled, Some(600)));
    house.advance(600);
    assert_eq!((house.quote().phase, house.closes_at()), (QuotePhase::Free, Some(1_600)));
}

#[test]
fn a_terminated_lot_takes_nothing_more() {
    let mut house = House::open(listing());
    house.bid(1, "A", 100);
    assert_eq!(house.terminate(2), None);
    assert_eq!(house.terminate(3), Some(Reason::WrongPhase));
    assert_eq!(house.bid(3, "A", 110), Some(Reason::Closed));
    assert_eq!(house.resume(3), Some(Reason::WrongPhase));
    house.advance(100_000);
    assert_eq!(house.lot().state(), State::Terminated);
}

fn restart(house: &mut House, at: i64) {
    house.engine.restarted();
    house.submit(at, Command::OpenHouse { epoch: 2 });
}

#[test]
fn a_deadline_that_fell_in_an_outage_stands_or_suspends_as_declared() {
    let mut stands = House::open(single_phase());
    stands.bid(500, "A", 100);
    restart(&mut stands, 5_000);
    stands.advance(5_000);
    let closed = stands.records.last().unwrap();
    let Body::LotClosed(fields) = &closed.body else { unreachable!("{closed:?}") };
    assert_eq!((fields.due, closed.head.at), (ms(1_000), ms(5_000)), "due at its deadline, recorded after the outage");

    let mut suspends = House::open(RuleSet { on_outage: OnOutage::Suspend, ..single_phase() });
    suspends.bid(500, "A", 100);
    restart(&mut suspends, 5_000);
    suspends.advance(50_000);
    assert_eq!(suspends.quote().phase, QuotePhase::Suspended);
    suspends.resume(60_000);
    assert_eq!(suspends.closes_at(), Some(60_500), "500 ms remained at the last record before the outage");
}

#[test]
fn an_outage_between_deadlines_suspends_nothing() {
    let mut house = House::open(RuleSet { on_outage: OnOutage::Suspend, ..single_phase() });
    house.bid(500, "A", 100);
    restart(&mut house, 999);
    assert_eq!(house.closes_at(), Some(1_000));
}

#[test]
fn the_house_is_opened_first_and_once() {
    let mut house = House::open(listing());
    let again = house.engine.submit(Command::OpenHouse { epoch: 2 }, ms(1), &mut house.records);
    assert_eq!(again, Err(Fault::HouseNotOpened));
    house.engine.restarted();
    let before = house.engine.submit(Command::CloseLot { lot: LOT }, ms(1), &mut house.records);
    assert_eq!(before, Err(Fault::HouseNotOpened));
}

#[test]
fn deadlines_of_several_lots_go_by_time_then_by_number() {
    let mut house = House::open(single_phase());
    for (lot, opens) in [("KQ-2", 500), ("KQ-3", 0), ("KQ-4", 200)] {
        let terms = LotTerms { name: common::name(lot), opens_at: ms(opens), ..terms(single_phase()) };
        house.submit(0, Command::OpenLot(Box::new(terms)));
    }
    house.records.clear();
    house.advance(9_999);
    let order: Vec<_> = house.records.iter().map(|r| (r.body.kind().1, r.head.lot, r.head.at.0 / MS)).collect();
    let expected = [
        ("PhaseStarted", LotId(4), 200),
        ("PhaseStarted", LotId(2), 500),
        ("LotClosed", LotId(1), 1_000),
        ("LotClosed", LotId(3), 1_000),
        ("LotClosed", LotId(4), 1_200),
        ("LotClosed", LotId(2), 1_500),
    ];
    assert_eq!(order, expected);
}

#[test]
fn stamps_never_fall() {
    let mut house = House::open(listing());
    house.bid(100, "A", 100);
    house.bid(40, "B", 110);
    assert_eq!(house.records.last().unwrap().head.at, ms(100));
}

#[test]
fn too_few_bidders_leave_nothing_to_compare() {
    let least = |of| RuleSet { min_bidders: Some(MinBidders { count: 3, of }), ..single_phase() };
    let mut quoted = House::open(common::with_reserve(least(CountOf::Quoted)));
    for (bidder, amount) in [("A", 100), ("B", 110), ("C", 1)] {
        quoted.bid(1, bidder, amount);
    }
    quoted.advance(1_000);
    assert_eq!(quoted.lot().state(), State::Closed, "C is admitted but has no accepted bid");
    let mut admitted = House::open(common::with_reserve(least(CountOf::Admitted)));
    for (bidder, amount) in [("A", 100), ("B", 110), ("C", 1)] {
        admitted.bid(1, bidder, amount);
    }
    admitted.advance(1_000);
    assert_eq!(admitted.lot().state(), State::AwaitingReserve);
}

#[test]
fn what_is_due_at_the_last_stamp_comes_before_a_jump_of_the_clock() {
    let ended = Phase { end: PhaseEnd::At(ms(0)), extension: Extension::None, ..timed(1) };
    let mut house = House::open(RuleSet { phases: vec![ended], ..single_phase() });
    house.submit(5, Command::NoteClockJump { wall: ms(9), expected: ms(5) });
    assert_eq!(house.trace()[2..], [("LotClosed", 2, 0), ("ClockJumped", 0, 5)]);
}
