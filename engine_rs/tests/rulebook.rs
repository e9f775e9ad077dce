//! The rules that are off when absent: each at its edges, and what the records of a lot under them say.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test stops where it fails")]

mod common;

use common::{House, LOT, MS, authority, free, listing, ms, name, single_phase, sold, text, timed};
use pyauction_engine::amount::Amount;
use pyauction_engine::command::{BidderRef, Command};
use pyauction_engine::decision::QuotePhase;
use pyauction_engine::ids::BidderNo;
use pyauction_engine::lot::{State, seed_commitment};
use pyauction_engine::record::Answer;
use pyauction_engine::replay::Replay;
use pyauction_engine::rules::{
    CapAction, CapInFree, CapPassing, Duration, Extension, FirstBidMin, HardEnd, Increment, LotRules, OptionalRules,
    Phase, PhaseEnd, PhaseKind, PostponedEnd, Priority, ResumeFree, ResumeTimed, Rounding, RuleSet, SingleBidder, Span,
    TimedEntry, TopUp, WithoutBids,
};
use pyauction_engine::time::Timestamp;
use pyauction_engine::verdict::Reason;

fn with(rules: RuleSet, optional: OptionalRules) -> RuleSet {
    RuleSet { optional, ..rules }
}

fn duration(length_ms: i64) -> Duration {
    Duration(length_ms * MS)
}

fn pause(kind: PhaseKind, length_ms: i64) -> Phase {
    Phase { kind, end: PhaseEnd::After(length_ms * MS), extension: Extension::None, hard_end: None }
}

/// Free for 1,000 ms, an inquiry of 50 ms in which `yes` bidders must agree, then a countdown of 100 ms.
fn inquiring(yes: u32, optional: OptionalRules) -> RuleSet {
    let phases = vec![free(1_000), pause(PhaseKind::Inquiry, 50), timed(100)];
    with(RuleSet { phases, ..listing() }, OptionalRules { inquiry_yes: Some(yes), ..optional })
}

fn answer(house: &mut House, at: i64, bidder: &str, answer: Answer) -> Option<Reason> {
    let bidder = &name(bidder);
    house.submit(at, Command::AnswerInquiry { lot: LOT, bidder: BidderRef::Name(bidder), answer }).reason()
}

fn resume_to(house: &mut House, at: i64, ends_at: i64) -> Option<Reason> {
    let command = Command::ResumeLot { lot: LOT, ends_at: Some(ms(ends_at)), authority: authority() };
    house.submit(at, command).reason()
}

fn announce(house: &mut House, at: i64, resumes_at: i64) -> Option<Reason> {
    let command = Command::AnnounceResumption { lot: LOT, resumes_at: ms(resumes_at), authority: authority() };
    house.submit(at, command).reason()
}

fn grant(house: &mut House, at: i64, bidder: &str, rank: u32) -> Option<Reason> {
    let bidder = &name(bidder);
    let command = Command::GrantPriority { lot: LOT, bidder: BidderRef::Name(bidder), rank, by: text("法院") };
    house.submit(at, command).reason()
}

/// Feeds the records of a house to a replay, which must come to the same state.
fn replayed(house: &House) {
    let mut replay = Replay::new();
    for bytes in house.bytes() {
        replay.feed(&bytes, None).unwrap();
    }
    assert_eq!(replay.engine().state_hash(), house.engine.state_hash());
}

#[test]
fn free_bids_stop_before_the_listing_ends() {
    let optional = OptionalRules { free_stop: Some(duration(300)), ..OptionalRules::default() };
    let mut house = House::open(with(RuleSet { single_bidder: Some(SingleBidder::Timed), ..listing() }, optional));
    assert_eq!(house.bid(699, "A", 100), None);
    assert_eq!(house.bid(700, "B", 110), Some(Reason::FreeStopped), "no more than so much is left");
    assert_eq!(house.bid(1_000, "B", 110), None, "the timed phase knows no such stop");
    replayed(&house);
}

#[test]
fn an_inquiry_takes_answers_and_no_bids() {
    let mut house = House::open(inquiring(1, OptionalRules::default()));
    for (at, bidder, amount) in [(1, "A", 100), (2, "B", 110)] {
        assert_eq!(house.bid(at, bidder, amount), None);
    }
    assert_eq!(answer(&mut house, 999, "A", Answer::Yes), Some(Reason::WrongPhase));
    assert_eq!(house.bid(1_000, "A", 120), Some(Reason::PhaseTakesNoBids));
    assert_eq!(house.quote().phase, QuotePhase::Inquiry);
    assert_eq!(answer(&mut house, 1_001, "C", Answer::Yes), Some(Reason::NotAdmitted));
    assert_eq!(answer(&mut house, 1_002, "A", Answer::No), None);
    assert_eq!(answer(&mut house, 1_003, "A", Answer::Yes), Some(Reason::AlreadyAnswered));
    assert_eq!(answer(&mut house, 1_004, "B", Answer::Yes), None);
    house.advance(1_050);
    assert_eq!((house.quote().phase, house.closes_at()), (QuotePhase::Timed, Some(1_150)));
    assert_eq!(house.bid(1_051, "A", 120), None, "no is an answer, not a waiver");
    replayed(&house);
}

#[test]
fn an_inquiry_without_enough_yes_ends_the_bidding() {
    for (needed, said, ends) in [(1, 0, true), (1, 1, false), (2, 1, true), (2, 2, false)] {
        let mut house = House::open(inquiring(needed, OptionalRules::default()));
        assert_eq!((house.bid(1, "A", 100), house.bid(2, "B", 110)), (None, None));
        for bidder in ["A", "B"].into_iter().take(said) {
            assert_eq!(answer(&mut house, 1_001, bidder, Answer::Yes), None);
        }
        house.advance(1_050);
        assert_eq!(house.lot().state() == State::Closed, ends, "{said} of {needed}");
        replayed(&house);
    }
}

#[test]
fn timed_bidding_is_for_those_whom_the_rules_name() {
    for (entry, refused) in [
        (TimedEntry::PriorBid, [None, None, Some(Reason::NoPriorBid)]),
        (TimedEntry::Yes, [None, Some(Reason::NoYes), Some(Reason::NoYes)]),
        (TimedEntry::PriorBidAndYes, [None, Some(Reason::NoYes), Some(Reason::NoPriorBid)]),
    ] {
        let optional = OptionalRules { timed_entry: Some(entry), ..OptionalRules::default() };
        let mut house = House::open(inquiring(1, optional));
        assert_eq!((house.bid(1, "B", 100), house.bid(2, "A", 110)), (None, None));
        house.admit(3, "C");
        assert_eq!(answer(&mut house, 1_001, "A", Answer::Yes), None);
        let prior = (entry != TimedEntry::Yes).then_some(Reason::NoPriorBid);
        assert_eq!(answer(&mut house, 1_002, "C", Answer::No), prior, "{entry:?}");
        house.advance(1_050);
        let amounts = [("A", 120), ("B", 130), ("C", 140)];
        assert_eq!(amounts.map(|(bidder, amount)| house.bid(1_060, bidder, amount)), refused, "{entry:?}");
        replayed(&house);
    }
}

#[test]
fn timed_bidding_follows_only_if_enough_bid_at_the_end() {
    for (second_bid, ends) in [(899, true), (900, false)] {
        let optional =
            OptionalRules { recent_bidders: Some(2), recent_window: Some(duration(100)), ..OptionalRules::default() };
        let mut house = House::open(with(listing(), optional));
        assert_eq!((house.bid(second_bid, "B", 100), house.bid(950, "A", 110)), (None, None));
        house.advance(1_000);
        assert_eq!(house.lot().state() == State::Closed, ends);
        replayed(&house);
    }
}

#[test]
fn a_suspension_does_not_make_a_bid_older() {
    let optional =
        OptionalRules { recent_bidders: Some(2), recent_window: Some(duration(100)), ..OptionalRules::default() };
    let mut house = House::open(with(listing(), optional));
    assert_eq!((house.bid(910, "B", 100), house.bid(920, "A", 110)), (None, None));
    assert_eq!((house.suspend(950), house.resume(5_000)), (None, None));
    assert_eq!(house.closes_at(), Some(5_050));
    house.advance(5_050);
    assert_eq!(house.quote().phase, QuotePhase::Timed);
    replayed(&house);
}

#[test]
fn extensions_stop_at_their_number() {
    let optional = OptionalRules { max_extensions: Some(2), ..OptionalRules::default() };
    let rules = with(
        RuleSet { phases: vec![timed(100)], timed_without_bids: None, single_bidder: None, ..listing() },
        optional,
    );
    let mut house = House::open(rules);
    let ends: Vec<_> = [(10, 100), (20, 110), (30, 120)]
        .map(|(at, amount)| {
            assert_eq!(house.bid(at, "A", amount), None);
            house.closes_at()
        })
        .into();
    assert_eq!(ends, [Some(110), Some(120), Some(120)]);
    assert_eq!(house.bid(120, "A", 130), Some(Reason::Closed));
    replayed(&house);
}

#[test]
fn the_timed_phase_has_its_own_step() {
    let optional = OptionalRules { timed_increment: Some(30), ..OptionalRules::default() };
    let mut house = House::open(with(listing(), optional));
    assert_eq!((house.bid(1, "A", 100), house.bid(2, "B", 110)), (None, None));
    assert_eq!(house.quote().ask, Some(Amount(120)));
    house.advance(1_000);
    assert_eq!(house.quote().ask, Some(Amount(140)));
    assert_eq!(house.bid(1_001, "A", 139), Some(Reason::BelowIncrement));
    assert_eq!(house.bid(1_001, "A", 140), None);
    replayed(&house);
}

#[test]
fn the_first_bid_may_have_to_rise_by_a_step() {
    let optional = || OptionalRules { first_bid_min: Some(FirstBidMin::StartPlusStep), ..OptionalRules::default() };
    let mut house = House::open(with(listing(), optional()));
    assert_eq!(house.quote().ask, Some(Amount(110)));
    assert_eq!(house.bid(1, "A", 109), Some(Reason::BelowStart));
    assert_eq!(house.bid(1, "A", 110), None);
    let start = Amount(i64::MAX - 9);
    let mut unreachable = House::open(with(RuleSet { start_price: start, ..listing() }, optional()));
    assert_eq!(unreachable.quote().ask, None);
    assert_eq!(unreachable.bid(1, "A", i64::MAX), Some(Reason::AmountLimit));
    replayed(&unreachable);
}

#[test]
fn amounts_are_whole_multiples_of_the_precision() {
    let optional = || OptionalRules { precision: Some(10), ..OptionalRules::default() };
    let mut house = House::open(with(listing(), optional()));
    assert_eq!(house.bid(1, "A", 105), Some(Reason::TooPrecise));
    assert_eq!((house.bid(1, "A", 100), house.bid(1, "B", 125)), (None, Some(Reason::TooPrecise)));
    assert_eq!(house.bid(1, "B", 120), None);
    let percent = Increment::Percent { numerator: 1, denominator: 100, rounding: Rounding::Up };
    let mut rounded = House::open(with(RuleSet { increment: percent, ..listing() }, optional()));
    assert_eq!((rounded.bid(1, "A", 1_010), rounded.quote().ask), (None, Some(Amount(1_030))));
    replayed(&rounded);
}

fn night(from: i64, until: i64) -> OptionalRules {
    OptionalRules { closed: Some(vec![Span { from: ms(from), until: ms(until) }]), ..OptionalRules::default() }
}

#[test]
fn the_clock_stands_still_while_bidding_is_closed() {
    let mut house = House::open(with(listing(), night(600, 700)));
    assert_eq!(house.closes_at(), Some(1_100));
    assert_eq!(house.bid(599, "A", 100), None);
    assert_eq!(house.bid(600, "B", 110), Some(Reason::OutsideHours));
    assert_eq!(house.bid(700, "B", 110), None);
    replayed(&house);
    let mut timed_night = House::open(with(listing(), night(1_050, 1_200)));
    assert_eq!((timed_night.bid(1, "A", 100), timed_night.bid(2, "B", 110)), (None, None));
    assert_eq!(timed_night.bid(1_020, "A", 120), None);
    assert_eq!(timed_night.closes_at(), Some(1_270), "30 ms before the night and 70 ms after it");
    assert_eq!(timed_night.suspend(1_100), None);
    assert_eq!((timed_night.resume(2_000), timed_night.closes_at()), (None, Some(2_070)));
    replayed(&timed_night);
}

fn suspended_at(rules: RuleSet, at: i64) -> House {
    let mut house = House::open(rules);
    assert_eq!((house.bid(1, "A", 100), house.bid(2, "B", 110)), (None, None));
    assert_eq!(house.suspend(at), None);
    house
}

#[test]
fn who_resumes_a_free_phase_may_give_more_time_but_not_less() {
    let optional = || OptionalRules {
        resume_free: Some(ResumeFree::Extend),
        resume_free_most: Some(duration(100)),
        ..OptionalRules::default()
    };
    // The time left, the end stated 2,000 ms in, and whether it may be.
    for (at, end, reason) in [
        (500, 2_499, Some(Reason::EndNotAllowed)),
        (500, 2_500, None),
        (500, 9_000, None),
        (899, 2_500, None),
        (900, 2_101, Some(Reason::EndNotAllowed)),
        (900, 2_100, None),
        (950, 2_100, None),
        (950, 2_049, Some(Reason::EndNotAllowed)),
    ] {
        let mut house = suspended_at(with(listing(), optional()), at);
        assert_eq!(resume_to(&mut house, 2_000, end), reason, "suspended at {at}, resumed to {end}");
        if reason.is_none() {
            assert_eq!(house.closes_at(), Some(end));
        }
        replayed(&house);
    }
    let mut kept = suspended_at(with(listing(), optional()), 400);
    assert_eq!((kept.resume(2_000), kept.closes_at()), (None, Some(2_600)));
    let mut without = suspended_at(listing(), 400);
    assert_eq!(resume_to(&mut without, 2_000, 9_000), Some(Reason::EndNotAllowed));
    let mut in_timed = suspended_at(with(listing(), optional()), 1_050);
    assert_eq!(resume_to(&mut in_timed, 2_000, 9_000), Some(Reason::EndNotAllowed));
    replayed(&in_timed);
}

/// Free for 1,000 ms, an inquiry, a countdown, and behind the cap of 150 a pause and another countdown.
fn inquiring_and_capped() -> RuleSet {
    let optional = OptionalRules {
        inquiry_yes: Some(1),
        timed_entry: Some(TimedEntry::PriorBidAndYes),
        cap: Some(150),
        cap_action: Some(CapAction::Enter),
        cap_phase: Some(3),
        ..OptionalRules::default()
    };
    let pauses = [pause(PhaseKind::Inquiry, 50), timed(100), pause(PhaseKind::Preparation, 50), timed(100)];
    with(RuleSet { phases: [vec![free(1_000)], pauses.to_vec()].concat(), ..listing() }, optional)
}

#[test]
fn a_cap_that_skips_the_inquiry_does_not_ask_for_a_yes() {
    let mut house = House::open(inquiring_and_capped());
    assert_eq!((house.bid(1, "A", 100), house.bid(2, "B", 110), house.bid(3, "A", 150)), (None, None, None));
    house.admit(10, "C");
    assert_eq!(house.bid(53, "B", 160), None, "nobody was asked");
    assert_eq!(house.bid(54, "C", 170), Some(Reason::NoPriorBid));
    replayed(&house);
}

#[test]
fn a_yes_is_asked_for_behind_the_inquiry_only() {
    let optional =
        OptionalRules { inquiry_yes: Some(1), timed_entry: Some(TimedEntry::Yes), ..OptionalRules::default() };
    let phases = vec![free(1_000), timed(100), pause(PhaseKind::Inquiry, 50), timed(100)];
    let mut house = House::open(with(RuleSet { phases, ..listing() }, optional));
    assert_eq!((house.bid(1, "A", 100), house.bid(2, "B", 110)), (None, None));
    assert_eq!(house.bid(1_001, "A", 120), None, "before the inquiry");
    assert_eq!(answer(&mut house, 1_101, "B", Answer::Yes), None);
    assert_eq!(house.bid(1_152, "A", 130), Some(Reason::NoYes));
    replayed(&house);
}

#[test]
fn a_suspension_across_closed_hours_does_not_make_a_bid_older() {
    let optional = OptionalRules {
        recent_bidders: Some(2),
        recent_window: Some(duration(600)),
        closed: Some(vec![Span { from: ms(1_100), until: ms(1_700) }]),
        ..OptionalRules::default()
    };
    let mut house = House::open(with(RuleSet { phases: vec![free(1_500), timed(100)], ..listing() }, optional));
    assert_eq!((house.bid(990, "B", 100), house.bid(1_000, "A", 110)), (None, None));
    assert_eq!((house.suspend(1_800), house.resume(3_000), house.closes_at()), (None, None, Some(3_300)));
    house.advance(3_300);
    assert_eq!(house.quote().phase, QuotePhase::Timed, "510 and 500 ms of open time before the end");
    replayed(&house);
}

#[test]
fn a_listing_that_would_end_before_its_postponed_opening_does_not_open() {
    let end = Phase { end: PhaseEnd::At(ms(2_000)), ..free(1) };
    let mut house = House::scheduled(RuleSet { phases: vec![end, timed(100)], ..listing() }, 1_000);
    assert_eq!(house.suspend(500), None);
    assert_eq!(resume_to(&mut house, 600, 2_000), Some(Reason::EndNotAllowed));
    let mut later = House { engine: house.engine.clone(), records: house.records.clone() };
    assert_eq!(resume_to(&mut house, 1_400, 1_999), None);
    assert_eq!(later.resume(1_500), Some(Reason::EndNotAllowed), "500 ms were left to the opening");
    replayed(&house);
    replayed(&later);
}

#[test]
fn an_opening_may_be_postponed() {
    let mut house = House::scheduled(listing(), 1_000);
    assert_eq!(house.suspend(400), None);
    assert_eq!(resume_to(&mut house, 600, 999), Some(Reason::EndNotAllowed), "before the opening that stood");
    let mut late = House { engine: house.engine.clone(), records: house.records.clone() };
    assert_eq!(resume_to(&mut late, 1_300, 1_299), Some(Reason::EndNotAllowed), "in the past");
    assert_eq!((resume_to(&mut late, 1_300, 1_300), late.closes_at()), (None, Some(1_300)));
    assert_eq!((resume_to(&mut house, 600, 1_000), house.closes_at()), (None, Some(1_000)));
    assert_eq!((house.suspend(700), resume_to(&mut house, 800, 9_000)), (None, None));
    house.advance(9_000);
    assert_eq!(house.quote().phase, QuotePhase::Free);
    replayed(&house);
}

#[test]
fn a_suspended_countdown_may_begin_again_with_its_preparation() {
    let phases = vec![free(1_000), pause(PhaseKind::Preparation, 50), timed(100)];
    for (policy, at, phase, end) in [
        (None, 1_100, QuotePhase::Timed, 2_050),
        (Some(ResumeTimed::Restart), 1_100, QuotePhase::Timed, 2_100),
        (Some(ResumeTimed::RestartFromPreparation), 1_100, QuotePhase::Preparation, 2_050),
        (Some(ResumeTimed::RestartFromPreparation), 1_040, QuotePhase::Preparation, 2_050),
        (Some(ResumeTimed::RestartFromPreparation), 900, QuotePhase::Free, 2_100),
    ] {
        let optional = OptionalRules { resume_timed: policy, ..OptionalRules::default() };
        let mut house = suspended_at(with(RuleSet { phases: phases.clone(), ..listing() }, optional), at);
        assert_eq!(house.resume(2_000), None);
        assert_eq!((house.quote().phase, house.closes_at()), (phase, Some(end)), "{policy:?} at {at}");
        replayed(&house);
    }
}

#[test]
fn a_long_suspension_ends_only_as_announced() {
    let optional = || OptionalRules {
        resume_direct_within: Some(duration(100)),
        resume_notice: Some(duration(1_000)),
        ..OptionalRules::default()
    };
    let mut short = suspended_at(with(listing(), optional()), 500);
    assert_eq!(short.resume(600), None, "a short repair");
    let mut long = suspended_at(with(listing(), optional()), 500);
    assert_eq!(long.resume(601), Some(Reason::ResumptionNotDue));
    assert_eq!(announce(&mut long, 700, 1_699), Some(Reason::NoticeTooShort));
    assert_eq!(announce(&mut long, 700, 1_700), None);
    assert_eq!(long.resume(1_699), Some(Reason::ResumptionNotDue));
    assert_eq!(long.resume(1_700), None);
    assert_eq!((long.suspend(1_800), long.resume(1_901)), (None, Some(Reason::ResumptionNotDue)), "once");
    assert_eq!(announce(&mut short, 700, 9_000), Some(Reason::WrongPhase));
    replayed(&long);
}

#[test]
fn a_stated_end_moves_with_a_postponed_opening() {
    let ends = |end: i64| vec![Phase { end: PhaseEnd::At(ms(end)), ..free(1) }, timed(100)];
    let rules = |postponed_end, closed| {
        let optional = OptionalRules { postponed_end, closed, ..OptionalRules::default() };
        with(RuleSet { phases: ends(1_000), ..listing() }, optional)
    };
    let night = || Some(vec![Span { from: ms(1_200), until: ms(1_500) }]);
    for (moves, closed, opens_at, answer, end) in [
        (None, None, 600, None, Some(1_000)),
        (None, None, 1_000, Some(Reason::EndNotAllowed), None),
        (Some(PostponedEnd::Moves), None, 600, None, Some(1_500)),
        (Some(PostponedEnd::Moves), None, 4_000, None, Some(4_900)),
        (Some(PostponedEnd::Moves), night(), 600, None, Some(1_800)),
        (Some(PostponedEnd::Moves), Some(vec![Span { from: ms(90), until: ms(120) }]), 110, None, Some(1_000)),
        (Some(PostponedEnd::Moves), Some(vec![Span { from: ms(90), until: ms(110) }]), 120, None, Some(1_010)),
        (
            Some(PostponedEnd::Moves),
            Some(vec![Span { from: ms(100), until: ms(112) }, Span { from: ms(990), until: ms(1_010) }]),
            111,
            None,
            Some(1_000),
        ),
    ] {
        let mut house = House::scheduled(rules(moves, closed), 100);
        assert_eq!(house.suspend(50), None);
        assert_eq!(resume_to(&mut house, 60, opens_at), answer, "to {opens_at}");
        house.advance(opens_at);
        assert_eq!(house.closes_at(), end, "opened at {opens_at}");
        replayed(&house);
    }
    let mut twice = House::scheduled(rules(Some(PostponedEnd::Moves), None), 100);
    for (at, opens_at) in [(50, 300), (200, 700)] {
        assert_eq!((twice.suspend(at), resume_to(&mut twice, at, opens_at)), (None, None));
    }
    twice.advance(700);
    assert_eq!(twice.closes_at(), Some(1_600));
    let mut never = House::scheduled(rules(Some(PostponedEnd::Moves), None), 100);
    never.advance(100);
    assert_eq!(never.closes_at(), Some(1_000), "not postponed");
}

#[test]
fn a_postponed_opening_leaves_the_least_time_until_a_stated_end() {
    let end = Phase { end: PhaseEnd::At(ms(2_000)), ..free(1) };
    for (moves, opens_at, answer, closes_at) in [
        (None, 1_200, None, Some(2_000)),
        (None, 1_201, Some(Reason::EndNotAllowed), None),
        (Some(PostponedEnd::Moves), 1_201, None, Some(2_201)),
    ] {
        let optional =
            OptionalRules { free_least: Some(duration(800)), postponed_end: moves, ..OptionalRules::default() };
        let rules = with(RuleSet { phases: vec![end, timed(100)], ..listing() }, optional);
        let mut house = House::scheduled(rules, 1_000);
        assert_eq!(house.suspend(500), None);
        assert_eq!(resume_to(&mut house, 600, opens_at), answer, "to {opens_at}");
        house.advance(opens_at);
        assert_eq!(house.closes_at(), closes_at, "opened at {opens_at}");
        replayed(&house);
    }
}

#[test]
fn a_holder_of_a_priority_may_match_the_top() {
    let optional = |priority| OptionalRules { priority: Some(priority), ..OptionalRules::default() };
    let mut house = House::open(with(single_phase(), optional(Priority::Once)));
    for bidder in ["A", "H", "G", "X"] {
        house.admit(1, bidder);
    }
    assert_eq!((grant(&mut house, 1, "H", 2), grant(&mut house, 1, "G", 1)), (None, None));
    assert_eq!(grant(&mut house, 1, "H", 1), Some(Reason::AlreadyGranted));
    assert_eq!(grant(&mut house, 1, "Y", 1), Some(Reason::NotAdmitted));
    assert_eq!(house.bid(2, "H", 99), Some(Reason::BelowStart), "never first");
    assert_eq!(house.bid(2, "A", 100), None);
    assert_eq!(house.bid(3, "X", 100), Some(Reason::BelowIncrement));
    assert_eq!(house.bid(3, "H", 100), None);
    assert_eq!(house.bid(3, "H", 100), Some(Reason::BelowIncrement), "never when already leading");
    assert_eq!(house.bid(4, "G", 100), None, "the higher rank wins");
    assert_eq!((house.bid(5, "A", 110), house.bid(6, "H", 110)), (None, Some(Reason::PriorityUsed)));
    assert_eq!((grant(&mut house, 7, "X", 3), house.bid(7, "X", 110)), (None, None), "confirmed before the end");
    assert_eq!((house.bid(7, "H", 120), house.bid(8, "G", 120)), (None, Some(Reason::PriorityUsed)));
    replayed(&house);
    let mut ranked = House::open(with(single_phase(), optional(Priority::Repeatedly)));
    for bidder in ["A", "H", "G"] {
        ranked.admit(1, bidder);
    }
    assert_eq!((grant(&mut ranked, 1, "H", 1), grant(&mut ranked, 1, "G", 1)), (None, None));
    assert_eq!((ranked.bid(2, "A", 100), ranked.bid(3, "H", 100)), (None, None));
    assert_eq!(ranked.bid(4, "G", 100), Some(Reason::PriorityOutranked), "of the same rank the earlier bid wins");
    assert_eq!((ranked.bid(5, "A", 110), ranked.bid(6, "H", 110)), (None, None));
    let mut plain = House::open(single_phase());
    plain.admit(1, "A");
    assert_eq!(grant(&mut plain, 1, "A", 1), Some(Reason::PriorityNotAllowed));
    replayed(&ranked);
}

/// One timed phase of 1,000 ms that bids do not extend, with a cap at 150.
fn capped(action: CapAction, optional: OptionalRules) -> RuleSet {
    let seeds = (action == CapAction::Lottery).then(|| vec![seed_commitment(&[7; 32]), seed_commitment(&[8; 32])]);
    let cap = OptionalRules { cap: Some(150), cap_action: Some(action), lottery_seeds: seeds, ..optional };
    with(single_phase(), cap)
}

#[test]
fn a_bid_that_reaches_the_cap_ends_the_bidding_at_its_own_time() {
    let mut house = House::open(capped(CapAction::Sell, OptionalRules::default()));
    assert_eq!((house.bid(1, "A", 145), house.quote().ask), (None, Some(Amount(150))), "the cap is below a step");
    assert_eq!(house.bid(2, "B", 151), Some(Reason::AboveCap));
    assert_eq!(house.bid(3, "B", 149), Some(Reason::BelowIncrement));
    assert_eq!((house.bid(999, "B", 150), house.closes_at(), house.quote().ask), (None, Some(999), None));
    assert_eq!(house.bid(999, "A", 150), Some(Reason::Closed));
    let closed = house.trace().into_iter().rfind(|(kind, ..)| *kind == "LotClosed").map(|(.., at)| at);
    assert_eq!(closed, Some(999));
    assert_eq!(house.settle(1_000, sold(2, 150)), None);
    replayed(&house);
}

#[test]
fn a_circuit_breaker_may_be_passed_and_leads_to_further_phases() {
    let optional = OptionalRules {
        cap: Some(150),
        cap_action: Some(CapAction::Enter),
        cap_phase: Some(2),
        cap_passing: Some(CapPassing::Allowed),
        top_up: Some(TopUp::Required),
        ..OptionalRules::default()
    };
    let phases = vec![free(1_000), timed(100), pause(PhaseKind::Preparation, 500), timed(200)];
    let rules = || with(RuleSet { phases: phases.clone(), ..listing() }, optional.clone());
    let mut house = House::open(rules());
    assert_eq!((house.bid(1, "A", 100), house.bid(2, "B", 110)), (None, None));
    house.advance(1_000);
    assert_eq!((house.bid(1_050, "A", 170), house.closes_at()), (None, Some(1_050)));
    house.advance(1_050);
    assert_eq!((house.quote().phase, house.closes_at()), (QuotePhase::Preparation, Some(1_550)));
    let top_up = |house: &mut House, at, bidder: &str| {
        let bidder = &name(bidder);
        let command = Command::ConfirmTopUp { lot: LOT, bidder: BidderRef::Name(bidder), by: text("银行") };
        house.submit(at, command).reason()
    };
    assert_eq!(
        (top_up(&mut house, 1_100, "B"), top_up(&mut house, 1_101, "B")),
        (None, Some(Reason::AlreadyConfirmed))
    );
    assert_eq!(house.bid(1_560, "A", 200), Some(Reason::NoTopUp));
    assert_eq!((house.bid(1_560, "B", 200), house.closes_at()), (None, Some(1_760)), "the cap is behind it");
    replayed(&house);
    let mut unreached = House::open(rules());
    assert_eq!((unreached.bid(1, "A", 100), unreached.bid(2, "B", 110)), (None, None));
    unreached.advance(9_000);
    assert_eq!(unreached.lot().state(), State::Closed, "only the cap leads to the phases behind it");
    replayed(&unreached);
}

#[test]
fn a_cap_in_a_free_phase_has_its_effect_at_once_or_at_its_end() {
    for (in_free, ends) in [(None, 5), (Some(CapInFree::AtEnd), 1_000)] {
        let optional = OptionalRules {
            cap: Some(150),
            cap_action: Some(CapAction::NextRound),
            cap_in_free: in_free,
            ..OptionalRules::default()
        };
        let mut house = House::open(with(listing(), optional));
        assert_eq!((house.bid(4, "A", 100), house.bid(5, "B", 150), house.closes_at()), (None, None, Some(ends)));
        let late = if in_free.is_some() { Reason::CapReached } else { Reason::Closed };
        assert_eq!(house.bid(6, "A", 150), Some(late));
        house.advance(1_000);
        assert_eq!((house.lot().state(), house.quote().closes_at), (State::Closed, None));
        replayed(&house);
    }
}

#[test]
fn a_lottery_among_those_at_the_cap_is_drawn_from_committed_seeds() {
    let rules = RuleSet { phases: vec![timed(100)], timed_without_bids: None, single_bidder: None, ..listing() };
    let lottery =
        || RuleSet { optional: capped(CapAction::Lottery, OptionalRules::default()).optional, ..rules.clone() };
    let mut house = House::open(lottery());
    assert_eq!(house.bid(1, "A", 150), None);
    assert_eq!((house.quote().ask, house.closes_at()), (Some(Amount(150)), Some(101)));
    assert_eq!(house.bid(2, "A", 150), Some(Reason::CapReached), "once each");
    assert_eq!((house.bid(90, "B", 150), house.closes_at()), (None, Some(190)), "it refreshes the countdown");
    assert_eq!(house.bid(91, "C", 150), None);
    house.advance(191);
    assert_eq!(house.lot().state(), State::AwaitingDraw);
    let draw = |house: &mut House, seeds: Vec<[u8; 32]>| house.submit(200, Command::DrawLottery { lot: LOT, seeds });
    assert_eq!(draw(&mut house, vec![[8; 32], [7; 32]]).reason(), Some(Reason::SeedMismatch), "in their order");
    assert_eq!(draw(&mut house, vec![[7; 32]]).reason(), Some(Reason::SeedMismatch));
    let drawn = draw(&mut house, vec![[7; 32], [8; 32]]).record.head.bidder;
    let others = [1, 2, 3].map(BidderNo).into_iter().filter(|bidder| *bidder != drawn);
    for other in others {
        assert_eq!(house.settle(201, sold(other.0, 150)), Some(Reason::OutcomeInvalid));
    }
    assert_eq!(house.settle(202, sold(drawn.0, 150)), None);
    replayed(&house);
    let mut alone = House::open(lottery());
    assert_eq!(alone.bid(1, "A", 150), None);
    alone.advance(101);
    assert_eq!(alone.lot().state(), State::Closed, "one bidder at the cap needs no lottery");
    replayed(&alone);
}

#[test]
fn rules_of_a_cap_that_contradict_each_other_are_refused_by_name() {
    let off = OptionalRules::default;
    let capped = |action| OptionalRules { cap: Some(150), cap_action: Some(action), ..off() };
    let cases = [
        ("cap_action", OptionalRules { cap: Some(150), ..off() }),
        ("cap_action", OptionalRules { cap_action: Some(CapAction::Sell), ..off() }),
        ("cap", OptionalRules { cap: Some(100), ..capped(CapAction::Sell) }),
        ("cap", OptionalRules { precision: Some(100), cap: Some(150), ..capped(CapAction::Sell) }),
        (
            "cap",
            OptionalRules {
                first_bid_min: Some(FirstBidMin::StartPlusStep),
                cap: Some(109),
                ..capped(CapAction::Sell)
            },
        ),
        ("cap", OptionalRules { cap: Some(155), ..capped(CapAction::Lottery) }),
        ("cap_phase", capped(CapAction::Enter)),
        ("cap_phase", OptionalRules { cap_phase: Some(2), ..capped(CapAction::Enter) }),
        ("cap_phase", OptionalRules { cap_phase: Some(1), ..capped(CapAction::Sell) }),
        ("cap_passing", OptionalRules { cap_passing: Some(CapPassing::Allowed), ..capped(CapAction::Lottery) }),
        ("top_up", OptionalRules { top_up: Some(TopUp::Required), ..capped(CapAction::Sell) }),
        ("lottery_seeds", capped(CapAction::Lottery)),
        ("lottery_seeds", OptionalRules { lottery_seeds: Some(vec![]), ..capped(CapAction::Lottery) }),
        ("lottery_seeds", OptionalRules { lottery_seeds: Some(vec![[0; 32]]), ..capped(CapAction::Lottery) }),
        ("lottery_seeds", OptionalRules { lottery_seeds: Some(vec![[1; 32]]), ..capped(CapAction::Sell) }),
        ("cap_in_free", OptionalRules { cap_in_free: Some(CapInFree::AtEnd), ..capped(CapAction::Lottery) }),
        ("priority", OptionalRules { priority: Some(Priority::Once), ..capped(CapAction::Sell) }),
    ];
    for (parameter, optional) in cases {
        let step = optional.precision.unwrap_or(10);
        let stated = format!("{optional:?}");
        let rules = RuleSet { increment: Increment::Fixed(step), ..with(listing(), optional) };
        assert_eq!(LotRules::new(rules).unwrap_err().parameter, parameter, "{stated}");
    }
}

#[test]
fn rules_that_contradict_each_other_are_refused_by_name() {
    let off = OptionalRules::default;
    let refused = |rules: RuleSet, optional: OptionalRules| LotRules::new(with(rules, optional)).unwrap_err().parameter;
    let enters = || RuleSet { timed_without_bids: Some(WithoutBids::Enter), ..listing() };
    let phases = |phases| RuleSet { phases, ..listing() };
    let span = |from, until| Span { from: Timestamp(from), until: Timestamp(until) };
    let cases = vec![
        ("free_stop", listing(), OptionalRules { free_stop: Some(duration(1_000)), ..off() }),
        ("free_stop", single_phase(), OptionalRules { free_stop: Some(duration(1)), ..off() }),
        ("timed_entry", single_phase(), OptionalRules { timed_entry: Some(TimedEntry::PriorBid), ..off() }),
        ("timed_entry", listing(), OptionalRules { timed_entry: Some(TimedEntry::Yes), ..off() }),
        ("timed_entry", enters(), OptionalRules { timed_entry: Some(TimedEntry::PriorBid), ..off() }),
        ("inquiry_yes", listing(), OptionalRules { inquiry_yes: Some(1), ..off() }),
        ("inquiry_yes", inquiring(0, off()), OptionalRules { inquiry_yes: Some(0), ..off() }),
        ("inquiry_yes", inquiring(1, off()), off()),
        ("recent_bidders", listing(), OptionalRules { recent_window: Some(duration(1)), ..off() }),
        ("recent_window", listing(), OptionalRules { recent_bidders: Some(1), ..off() }),
        (
            "recent_bidders",
            single_phase(),
            OptionalRules { recent_bidders: Some(1), recent_window: Some(duration(1)), ..off() },
        ),
        ("max_extensions", single_phase(), OptionalRules { max_extensions: Some(1), ..off() }),
        ("timed_increment", listing(), OptionalRules { timed_increment: Some(0), ..off() }),
        ("timed_increment", single_phase(), OptionalRules { timed_increment: Some(1), ..off() }),
        ("precision", listing(), OptionalRules { precision: Some(1), ..off() }),
        ("precision", listing(), OptionalRules { precision: Some(20), ..off() }),
        ("precision", listing(), OptionalRules { precision: Some(10), timed_increment: Some(15), ..off() }),
        ("closed", listing(), OptionalRules { closed: Some(vec![]), ..off() }),
        ("closed", listing(), OptionalRules { closed: Some(vec![span(5, 5)]), ..off() }),
        ("closed", listing(), OptionalRules { closed: Some(vec![span(5, 8), span(7, 9)]), ..off() }),
        ("closed", listing(), OptionalRules { closed: Some(vec![span(-1, 8)]), ..off() }),
        ("resume_free", single_phase(), OptionalRules { resume_free: Some(ResumeFree::Extend), ..off() }),
        ("resume_free_most", listing(), OptionalRules { resume_free_most: Some(duration(1)), ..off() }),
        ("resume_direct_within", listing(), OptionalRules { resume_direct_within: Some(duration(1)), ..off() }),
        ("resume_notice", listing(), OptionalRules { resume_notice: Some(duration(0)), ..off() }),
        ("postponed_end", listing(), OptionalRules { postponed_end: Some(PostponedEnd::Moves), ..off() }),
        ("free_least", listing(), OptionalRules { free_least: Some(duration(0)), ..off() }),
        ("phases", listing(), OptionalRules { free_least: Some(duration(1_001)), ..off() }),
        ("phases", phases(vec![pause(PhaseKind::Preparation, 1), timed(1)]), off()),
        ("phases", phases(vec![free(1), pause(PhaseKind::Preparation, 1)]), off()),
    ];
    for (parameter, rules, optional) in cases {
        let stated = format!("{optional:?}");
        assert_eq!(refused(rules, optional), parameter, "{stated}");
    }
    let alone = RuleSet { phases: vec![free(9)], timed_without_bids: None, single_bidder: None, ..listing() };
    let called = RuleSet { phases: vec![Phase { end: PhaseEnd::Called, ..free(9) }], ..alone.clone() };
    assert_eq!(refused(called, OptionalRules { free_least: Some(duration(1)), ..off() }), "free_least");
    let bounded = Phase { hard_end: Some(HardEnd::After(9 * MS)), ..timed(9) };
    let bounded = RuleSet { phases: vec![Phase { end: PhaseEnd::At(ms(90)), ..bounded }], ..alone.clone() };
    assert_eq!(refused(bounded, OptionalRules { free_least: Some(duration(10)), ..off() }), "phases");
    let restarts = OptionalRules { resume_timed: Some(ResumeTimed::Restart), ..off() };
    assert_eq!(refused(alone, restarts), "resume_timed");
    let unprepared = OptionalRules { resume_timed: Some(ResumeTimed::RestartFromPreparation), ..off() };
    assert_eq!(refused(listing(), unprepared), "resume_timed");
}
