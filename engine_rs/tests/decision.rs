//! From the close to the outcome: the reserve's states and the settlement's checks, FORMAT.md B.6 and B.7.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::{House, LOT, MS, listing, ms, single_phase, sold, terms, unsold, with_reserve};
use pyauction_engine::command::{Command, Fault};
use pyauction_engine::decision::QuotePhase;
use pyauction_engine::lot::{ReserveState, State};
use pyauction_engine::record::{Comparison, EntryResult, LotTerms, OutcomeCause};
use pyauction_engine::rules::{CommitmentTime, Custody, EntryWindow, LotRules, ReservePolicy, RuleSet};
use pyauction_engine::verdict::Reason;

use EntryResult::{Accepted, BelowStart, CommitmentMismatch};

fn window(opens: Option<i64>, ends: Option<i64>) -> RuleSet {
    let window = EntryWindow { opens_before_end: opens.map(|t| t * MS), ends_before_end: ends.map(|t| t * MS) };
    let (custody, commitment) = (Custody::Entered, CommitmentTime::AtEntry);
    RuleSet { reserve: ReservePolicy::Required { custody, commitment, window }, ..listing() }
}

fn committed_before() -> LotTerms {
    let (custody, commitment, window) = (Custody::Entered, CommitmentTime::BeforeOpening, EntryWindow::default());
    let rules = RuleSet { reserve: ReservePolicy::Required { custody, commitment, window }, ..single_phase() };
    LotTerms { commitment: Some([9; 32]), ..terms(rules) }
}

/// A lot of one phase, with bids 100 of A and 110 of B, closed at 1,000 ms.
fn closed(rules: RuleSet) -> House {
    let mut house = House::open(rules);
    house.bid(1, "A", 100);
    house.bid(2, "B", 110);
    house.advance(1_000);
    house
}

#[test]
fn a_required_reserve_is_compared_between_the_close_and_the_outcome() {
    let mut house = House::open(with_reserve(single_phase()));
    assert_eq!(house.enter(1, Accepted, 9), None);
    house.bid(2, "A", 100);
    house.advance(1_000);
    assert_eq!(house.quote().phase, QuotePhase::AwaitingReserve);
    assert_eq!(house.settle(1_001, sold(1, 100)), Some(Reason::WrongPhase));
    assert_eq!(house.compare(1_001, Comparison::Met), None);
    assert_eq!(house.compare(1_002, Comparison::NotMet), Some(Reason::WrongPhase));
    assert_eq!(house.settle(1_003, sold(1, 100)), None);
    assert_eq!((house.lot().state(), house.lot().reserve_state()), (State::Decided, ReserveState::Met));
}

#[test]
fn a_missing_reserve_never_counts_as_none() {
    let mut house = closed(with_reserve(single_phase()));
    assert_eq!(house.lot().state(), State::AwaitingReserve);
    assert_eq!(house.compare(1_001, Comparison::Met), Some(Reason::ReserveMissing));
    assert_eq!(
        house.enter(1_002, Accepted, 9),
        Some(Reason::WrongPhase),
        "the top is known; entering now could fit it"
    );
    assert_eq!(house.settle(1_003, sold(2, 110)), Some(Reason::WrongPhase));
    assert_eq!(house.terminate(1_004), None);
}

#[test]
fn a_reserve_committed_before_may_be_entered_until_it_is_compared() {
    let mut house = House::open_terms(committed_before());
    house.bid(1, "A", 100);
    house.advance(1_000);
    assert_eq!(house.enter(2_000, Accepted, 8), Some(Reason::CommitmentMismatch));
    assert_eq!(house.enter(2_000, Accepted, 9), None);
    assert_eq!(house.compare(2_001, Comparison::NotMet), None);
    assert_eq!(house.settle(2_002, sold(1, 100)), Some(Reason::OutcomeInvalid));
    assert_eq!(house.settle(2_002, unsold(OutcomeCause::ReserveNotMet)), None);
}

#[test]
fn a_lot_opens_with_a_commitment_if_and_only_if_its_rules_want_one() {
    let mut house = House::open(listing());
    let mut open = |name: &str, commitment, rules: RuleSet| {
        let rules = LotRules::new(rules).unwrap();
        let terms = LotTerms { name: common::name(name), rules, opens_at: ms(5), commitment, ..terms(listing()) };
        house.engine.submit(Command::OpenLot(Box::new(terms)), ms(5), &mut house.records).err()
    };
    let before = committed_before().rules;
    assert_eq!(open("KQ-2", None, (*before).clone()), Some(Fault::Commitment { expected: "expected" }));
    assert_eq!(open("KQ-3", Some([9; 32]), listing()), Some(Fault::Commitment { expected: "not expected" }));
    assert_eq!(open("KQ-4", Some([9; 32]), (*before).clone()), None);
}

#[test]
fn an_entered_reserve_cannot_be_changed() {
    let mut house = House::open(with_reserve(single_phase()));
    assert_eq!(house.enter(1, BelowStart, 9), Some(Reason::ReserveBelowStart));
    assert_eq!(house.enter(1, CommitmentMismatch, 9), Some(Reason::CommitmentMismatch));
    assert_eq!(house.lot().reserve_state(), ReserveState::Missing);
    assert_eq!(house.enter(2, Accepted, 9), None);
    assert_eq!(house.enter(3, Accepted, 9), Some(Reason::AlreadyEntered));
    assert_eq!(house.enter(3, BelowStart, 8), Some(Reason::AlreadyEntered));
    assert_eq!(house.lot().commitment(), Some([9; 32]));
}

#[test]
fn re_entry_takes_the_same_reserve_only() {
    let mut house = House::open(with_reserve(single_phase()));
    assert_eq!(house.reenter(1, Accepted, 9), Some(Reason::ReserveMissing));
    house.enter(1, Accepted, 9);
    assert_eq!(house.reenter(2, Accepted, 8), Some(Reason::CommitmentMismatch));
    assert_eq!(house.reenter(2, CommitmentMismatch, 9), Some(Reason::CommitmentMismatch));
    assert_eq!(house.reenter(2, Accepted, 9), None);
    house.terminate(3);
    assert_eq!(house.reenter(4, Accepted, 9), Some(Reason::WrongPhase));
    assert_eq!(House::open(listing()).reenter(1, Accepted, 9), Some(Reason::ReserveNotRequired));
    assert_eq!(House::open(listing()).enter(1, Accepted, 9), Some(Reason::ReserveNotRequired));
}

#[test]
fn the_entry_window_counts_back_from_the_end_of_the_first_phase() {
    // (window opens, window ends, time of entry, refused); the first phase ends at 1,000 ms.
    let rows = [
        (Some(300), None, 699, true),
        (Some(300), None, 700, false),
        (Some(300), None, 999, false),
        (None, Some(100), 900, false),
        (None, Some(100), 901, true),
        (Some(300), Some(100), 899, false),
        (Some(300), Some(100), 950, true),
    ];
    for (opens, ends, at, refused) in rows {
        let mut house = House::open(window(opens, ends));
        let expected = refused.then_some(Reason::OutsideEntryWindow);
        assert_eq!(house.enter(at, Accepted, 9), expected, "{opens:?} {ends:?} at {at}");
    }
}

#[test]
fn the_entry_window_is_shut_in_later_phases_and_while_suspended() {
    let mut timed = House::open(window(Some(300), None));
    timed.bid(1, "A", 100);
    timed.bid(2, "B", 110);
    assert_eq!(timed.enter(1_050, Accepted, 9), Some(Reason::OutsideEntryWindow));
    let mut suspended = House::open(window(Some(300), None));
    suspended.suspend(800);
    assert_eq!(suspended.enter(801, Accepted, 9), Some(Reason::Suspended));
    suspended.resume(5_000);
    assert_eq!(suspended.enter(5_001, Accepted, 9), None, "199 ms of the first phase are left");
}

#[test]
fn without_a_window_a_reserve_may_be_entered_before_the_opening_and_while_suspended() {
    let mut house = House::open_terms(LotTerms { opens_at: ms(50), ..terms(with_reserve(single_phase())) });
    house.suspend(10);
    assert_eq!(house.enter(20, Accepted, 9), None);
}

#[test]
fn an_outcome_follows_from_the_accepted_bids_or_is_refused() {
    let invalid = Some(Reason::OutcomeInvalid);
    // B leads at 110, A bid 100.
    let rows = [
        (sold(2, 110), None),
        (sold(2, 100), None),
        (sold(1, 110), invalid),
        (sold(1, 100), None),
        (sold(2, 105), invalid),
        (sold(3, 110), invalid),
        (sold(0, 0), invalid),
        (unsold(OutcomeCause::NoBids), invalid),
        (unsold(OutcomeCause::TooFewBidders), invalid),
        (unsold(OutcomeCause::ReserveNotMet), invalid),
        (unsold(OutcomeCause::None), invalid),
        (unsold(OutcomeCause::TypeRule), invalid),
    ];
    for (outcome, expected) in rows {
        let mut house = closed(single_phase());
        assert_eq!(house.settle(1_001, outcome.clone()), expected, "{outcome:?}");
    }
    let mut house = closed(single_phase());
    let mut other = sold(2, 110);
    other.type_id = common::name("vendor.other@1");
    assert_eq!(house.settle(1_001, other), invalid);
    let mut by_rule = unsold(OutcomeCause::TypeRule);
    by_rule.detail = common::text("no bid within the band");
    assert_eq!(house.settle(1_001, by_rule), None, "a third party's rule may withhold a sale, and must say why");
    let mut empty = House::open(single_phase());
    empty.advance(1_000);
    assert_eq!(empty.settle(1_001, unsold(OutcomeCause::NoBids)), None);
}

#[test]
fn a_reserve_is_disclosed_after_the_end_only_and_only_if_it_fits() {
    let mut house = House::open(with_reserve(single_phase()));
    house.enter(1, Accepted, 9);
    assert_eq!(house.disclose(2, true), Some(Reason::WrongPhase));
    house.terminate(3);
    assert_eq!(house.disclose(4, false), Some(Reason::CommitmentMismatch));
    assert_eq!(house.disclose(4, true), None);
    let mut none = House::open(listing());
    none.terminate(1);
    assert_eq!(none.disclose(2, true), Some(Reason::ReserveMissing));
}

#[test]
fn keys_are_held_until_the_lot_has_its_outcome() {
    let mut house = House::open(single_phase());
    let first = house.try_bid(1, "A", 100, b"k");
    house.advance(1_000);
    assert!(house.try_bid(1_001, "A", 100, b"k").repeated);
    house.settle(1_002, sold(1, 100));
    let after = house.try_bid(1_003, "A", 100, b"k");
    assert_eq!((after.repeated, after.reason()), (false, Some(Reason::Closed)));
    assert!(after.seq() > first.seq());
}

#[test]
fn an_authority_and_a_witness_must_be_stated() {
    let mut house = House::open(with_reserve(listing()));
    let mut authority = common::authority();
    authority.why = common::text("");
    let suspend = Command::SuspendLot { lot: LOT, authority };
    assert_eq!(house.engine.submit(suspend, ms(1), &mut house.records), Err(Fault::Missing("why")));
    let mut entry = common::entry(Accepted, 9);
    entry.witness = common::text("");
    let enter = Command::EnterReserve { lot: LOT, entry };
    assert_eq!(house.engine.submit(enter, ms(1), &mut house.records), Err(Fault::Missing("witness")));
}
