//! Every row of FORMAT.md B.5, with hand-worked numbers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod common;

use common::{House, LOT, listing, name, single_phase, terms};
use pyauction_engine::amount::Amount;
use pyauction_engine::command::{BidderRef, Command, Fault};
use pyauction_engine::ids::BidderNo;
use pyauction_engine::record::{Body, Key, LotTerms};
use pyauction_engine::rules::{Admission, Anchor, Increment, Rounding, RuleSet, SelfOutbid, StepRow};
use pyauction_engine::verdict::Reason;

/// One bid a row: time, bidder, amount, expected reason.
type Row = (i64, &'static str, i64, Option<Reason>);

fn walk(rules: RuleSet, rows: &[Row]) -> House {
    let mut house = House::open(rules);
    for (index, (at, bidder, amount, expected)) in rows.iter().enumerate() {
        assert_eq!(house.bid(*at, bidder, *amount), *expected, "row {index}: {bidder} bids {amount} at {at} ms");
    }
    house
}

#[test]
fn the_first_bid_reaches_the_start_price_and_later_ones_rise_by_a_step() {
    walk(
        listing(),
        &[
            (1, "A", 99, Some(Reason::BelowStart)),
            (1, "A", 100, None),
            (2, "B", 100, Some(Reason::BelowIncrement)),
            (2, "B", 109, Some(Reason::BelowIncrement)),
            (2, "B", 110, None),
            (3, "A", 133, None),
        ],
    );
}

#[test]
fn equal_stamps_go_by_sequence_and_the_second_equal_amount_is_refused() {
    walk(listing(), &[(5, "A", 120, None), (5, "B", 120, Some(Reason::BelowIncrement))]);
}

#[test]
fn an_amount_that_is_not_positive_is_refused_whatever_else_is_wrong() {
    let rules = RuleSet { self_outbid: SelfOutbid::Refused, ..listing() };
    walk(
        rules,
        &[
            (1, "A", 0, Some(Reason::AmountNotPositive)),
            (1, "A", i64::MIN, Some(Reason::AmountNotPositive)),
            (1, "A", 100, None),
            (2, "A", -5, Some(Reason::AmountNotPositive)),
        ],
    );
}

#[test]
fn the_leader_may_raise_its_own_bid_only_where_the_rules_let_it() {
    walk(listing(), &[(1, "A", 100, None), (2, "A", 110, None)]);
    let refused = RuleSet { self_outbid: SelfOutbid::Refused, ..listing() };
    walk(
        refused,
        &[
            (1, "A", 100, None),
            (2, "A", 110, Some(Reason::AlreadyLeading)),
            (2, "A", 1, Some(Reason::AlreadyLeading)),
            (3, "B", 110, None),
            (4, "A", 120, None),
        ],
    );
}

#[test]
fn multiples_count_from_the_start_price_or_from_the_top() {
    let from_start = RuleSet { multiple_anchor: Some(Anchor::Start), ..listing() };
    walk(
        from_start,
        &[
            (1, "A", 105, Some(Reason::NotMultiple)),
            (1, "A", 130, None),
            (2, "B", 145, Some(Reason::NotMultiple)),
            (2, "B", 150, None),
        ],
    );
    let from_top = RuleSet { multiple_anchor: Some(Anchor::Current), ..listing() };
    walk(from_top, &[(1, "A", 105, Some(Reason::NotMultiple)), (1, "A", 120, None), (2, "B", 140, None)]);
}

#[test]
fn multiples_from_the_start_stay_on_their_grid_when_a_table_changes_the_step() {
    let rows = vec![StepRow { from: 0, step: 5 }, StepRow { from: 110, step: 20 }];
    let rules = RuleSet {
        increment: Increment::Table(rows),
        multiple_anchor: Some(Anchor::Start),
        max_multiple: Some(1),
        ..listing()
    };
    let mut house = walk(rules, &[(1, "A", 105, None), (2, "B", 110, None)]);
    assert_eq!(house.quote().ask, Some(Amount(140)), "110 + 20 = 130 is not 100 + k × 20; 140 is");
    assert_eq!(house.bid(3, "A", 130), Some(Reason::NotMultiple));
    assert_eq!(house.bid(3, "A", 140), None, "the ask is acceptable although it is 1.5 steps away");
}

#[test]
fn a_maximum_multiple_bounds_the_first_bid_from_the_start_price() {
    let rules = RuleSet { max_multiple: Some(3), ..listing() };
    walk(
        rules,
        &[
            (1, "A", 131, Some(Reason::AboveMaxMultiple)),
            (1, "A", 130, None),
            (2, "B", 161, Some(Reason::AboveMaxMultiple)),
            (2, "B", 160, None),
        ],
    );
}

#[test]
fn a_percentage_is_of_the_top_and_rounds_as_declared() {
    let percent = |rounding| Increment::Percent { numerator: 1, denominator: 10, rounding };
    let up = RuleSet { increment: percent(Rounding::Up), ..listing() };
    walk(up, &[(1, "A", 101, None), (2, "B", 111, Some(Reason::BelowIncrement)), (2, "B", 112, None)]);
    let down = RuleSet { increment: percent(Rounding::Down), ..listing() };
    walk(down, &[(1, "A", 101, None), (2, "B", 110, Some(Reason::BelowIncrement)), (2, "B", 111, None)]);
}

#[test]
fn amounts_at_the_limits_of_64_bits_are_decided_and_never_overflow() {
    let rules = RuleSet { start_price: Amount(i64::MAX - 15), ..listing() };
    let mut house = walk(
        rules,
        &[
            (1, "A", i64::MAX - 16, Some(Reason::BelowStart)),
            (1, "A", i64::MAX - 15, None),
            (2, "B", i64::MAX - 5, None),
            (3, "A", i64::MAX, Some(Reason::AmountLimit)),
        ],
    );
    assert_eq!(house.quote().ask, None);
    assert_eq!(house.bid(4, "B", 1), Some(Reason::AmountLimit));
    let huge = RuleSet { increment: Increment::Fixed(i64::MAX), max_multiple: Some(i64::MAX), ..listing() };
    walk(huge, &[(1, "A", i64::MAX, None), (2, "B", i64::MAX, Some(Reason::AmountLimit))]);
}

#[test]
fn an_unadmitted_bidder_is_a_recorded_refusal_with_its_name() {
    let mut house = House::open(RuleSet { admission: Admission::Listed, ..listing() });
    let decision = house.try_bid(1, "竞买人 7", 100, b"");
    assert_eq!(decision.reason(), Some(Reason::NotAdmitted));
    let Body::CommandRefused { amount, name, .. } = decision.record.body else { unreachable!("{decision:?}") };
    assert_eq!((amount, name.as_str()), (Amount(100), "竞买人 7"));
    house.submit(2, Command::AdmitBidder { lot: LOT, name: &common::name("竞买人 7") });
    assert_eq!(house.bid(3, "竞买人 7", 100), None);
}

#[test]
fn open_admission_admits_with_the_first_bid_even_if_that_is_refused() {
    let house = walk(listing(), &[(1, "A", 1, Some(Reason::BelowStart)), (2, "A", 100, None)]);
    let trace: Vec<_> = house.trace().into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(trace, ["HouseOpened", "LotOpened", "BidderAdmitted", "BidRefused", "BidAccepted"]);
}

#[test]
fn a_repeat_returns_the_earlier_decision_and_takes_no_number() {
    let mut house = House::open(listing());
    let first = house.try_bid(1, "A", 100, b"k1");
    house.try_bid(2, "B", 110, b"k1");
    let again = house.try_bid(900, "A", 100, b"k1");
    assert_eq!((&again.record, again.repeated), (&first.record, true));
    assert_eq!(house.lot().accepted(), 2);
    let refused = house.try_bid(3, "A", 111, b"k2");
    assert_eq!(refused.reason(), Some(Reason::BelowIncrement));
    assert_eq!(house.try_bid(950, "A", 111, b"k2").record, refused.record, "refusals are kept as well");
}

#[test]
fn the_same_key_with_another_amount_is_a_recorded_refusal() {
    let mut house = House::open(listing());
    house.try_bid(1, "A", 100, b"k1");
    assert_eq!(house.try_bid(2, "A", 200, b"k1").reason(), Some(Reason::KeyConflict));
    assert!(house.try_bid(3, "A", 100, b"k1").repeated, "a conflict does not replace what the key stands for");
    assert_eq!(house.lot().refused(), 1);
}

#[test]
fn a_repeat_after_the_deadline_still_returns_the_earlier_decision() {
    let mut house = House::open(single_phase());
    let first = house.try_bid(999, "A", 100, b"k");
    let again = house.try_bid(5_000, "A", 100, b"k");
    assert_eq!((again.record, again.repeated), (first.record, true));
    assert_eq!(house.bid(5_000, "A", 120), Some(Reason::Closed));
}

#[test]
fn a_bid_stamped_at_the_deadline_is_late_and_one_nanosecond_earlier_is_not() {
    let mut house = House::open(single_phase());
    let bid = |house: &mut House, ns: i64, amount| {
        let bidder = name("A");
        let at = pyauction_engine::time::Timestamp(ns);
        let (key, amount) = (Key::NONE, Amount(amount));
        house.engine.bid(LOT, BidderRef::Name(&bidder), amount, key, at, &mut house.records).unwrap().reason()
    };
    assert_eq!(bid(&mut house, 999_999_999, 100), None);
    assert_eq!(bid(&mut house, 1_000_000_000, 110), Some(Reason::Closed));
}

#[test]
fn bids_before_the_opening_are_not_open() {
    let mut house = House::open_terms(LotTerms { opens_at: common::ms(50), ..terms(listing()) });
    assert_eq!(house.bid(49, "A", 100), Some(Reason::NotOpen));
    assert_eq!(house.bid(50, "A", 100), None, "the opening time itself is open");
}

#[test]
fn a_misuse_is_a_fault_and_takes_no_number() {
    let mut house = House::open(listing());
    let before = house.engine.last_seq();
    let at = common::ms(1);
    let unknown = pyauction_engine::ids::LotId(9);
    let fault = house.engine.submit(Command::CloseLot { lot: unknown }, at, &mut house.records);
    assert_eq!(fault, Err(Fault::UnknownLot(unknown)));
    let nobody = BidderRef::Number(BidderNo(1));
    let fault = house.engine.bid(LOT, nobody, Amount(1), Key::NONE, at, &mut house.records);
    assert_eq!(fault, Err(Fault::UnknownBidder { lot: LOT, bidder: BidderNo(1) }));
    let fault = house.engine.submit(Command::OpenLot(Box::new(terms(listing()))), at, &mut house.records);
    assert_eq!(fault, Err(Fault::DuplicateLot(name("KQ-1"))));
    assert_eq!(house.engine.last_seq(), before);
}
