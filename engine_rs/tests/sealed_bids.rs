//! A house's custody of sealed bids: what its vault and its engine do together, without Python.
#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::{LOT, authority, ms, name, sealed, sealed_bid, sealed_sale, terms};
use pyauction_engine::amount::Amount;
use pyauction_engine::command::{BidderRef, Command};
use pyauction_engine::decision::{Decision, QuotePhase};
use pyauction_engine::house::{House, Opening};
use pyauction_engine::ids::{BidderNo, Seq};
use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_engine::journal::{Align, JournalError, Log, OpenOptions};
use pyauction_engine::lot::State;
use pyauction_engine::record::{AfterOpening, Body};
use pyauction_engine::replay::Replay;
use pyauction_engine::reserve;
use pyauction_engine::rules::{
    OptionalRules, RuleSet, SealedAward, SealedChange, SealedCustody, SealedEqual, SealedTie,
};
use pyauction_engine::verdict::Reason;

/// Rules under which the house holds the amounts.
fn held(change: Option<SealedChange>, equal: Option<SealedEqual>) -> RuleSet {
    let optional = OptionalRules {
        sealed_custody: Some(SealedCustody::House),
        sealed_award: Some(SealedAward::Highest),
        sealed_tie: Some(SealedTie::Earlier),
        sealed_change: change,
        sealed_equal: equal,
        ..OptionalRules::default()
    };
    RuleSet { optional, ..sealed() }
}

fn house_of(rules: RuleSet) -> House {
    let options = OpenOptions {
        align: Align::Bytes512,
        segment_bytes: 65_536,
        now_ns: 0,
        entropy: [1; 32],
        acknowledged: 0,
        accept_tail_loss: None,
    };
    let log = Log::open(MemoryVfs::default(), &options, &mut |_, _| Ok::<_, JournalError>(())).unwrap();
    let replay = Replay::new();
    let opening = Opening { store: Some(Box::new(log)), replay, now: ms(0), feed_limit: 1_000, snapshots: false };
    let house = House::open(opening).unwrap();
    house.submit(Command::OpenLot(Box::new(terms(rules))), Some(ms(0))).unwrap();
    for bidder in ["A", "B"] {
        house.submit(Command::AdmitBidder { lot: LOT, name: &name(bidder) }, Some(ms(0))).unwrap();
    }
    house
}

fn amount(minor: i64) -> reserve::Opening {
    reserve::Opening::for_simulation(minor, [7; 32]).unwrap()
}

fn place(house: &House, bidder: u32, minor: i64) -> Decision {
    house.place_sealed_bid(LOT, BidderRef::Number(BidderNo(bidder)), amount(minor), ms(10)).unwrap()
}

fn end(house: &House) {
    assert!(house.advance_one(ms(1_000)).unwrap().is_some());
}

fn open(house: &House, bidder: u32) -> Option<Decision> {
    house.open_held_bid(LOT, BidderRef::Number(BidderNo(bidder)), ms(1_001)).unwrap()
}

fn holds(house: &House, bidder: u32) -> bool {
    house.holds_sealed_bid(LOT, BidderNo(bidder)).unwrap()
}

fn opened(house: &House, bidder: u32) -> Option<i64> {
    house.read(|engine, _| engine.lot(LOT).unwrap().sealed_bid(BidderNo(bidder)).opened.map(Amount::minor)).unwrap()
}

#[test]
fn what_the_engine_does_not_take_is_not_held_and_what_was_held_stays() {
    let house = house_of(held(Some(SealedChange::Change), None));
    assert_eq!(place(&house, 1, 99).reason(), Some(Reason::BelowFloor));
    assert!(!holds(&house, 1));
    assert!(place(&house, 1, 200).accepted());
    assert_eq!(place(&house, 1, 99).reason(), Some(Reason::BelowFloor));
    assert_eq!(place(&house, 1, 200).reason(), Some(Reason::AlreadyPlaced), "the very bid that stands");
    assert!(holds(&house, 1));
    assert!(place(&house, 1, 300).accepted());
    end(&house);
    assert_eq!(place(&house, 1, 400).reason(), Some(Reason::Closed));
    assert!(open(&house, 1).unwrap().accepted());
    assert_eq!(opened(&house, 1), Some(300));
    assert_eq!(open(&house, 2).unwrap().reason(), Some(Reason::NoSealedBid));
}

#[test]
fn an_equal_bid_of_another_is_refused_and_nothing_else_is() {
    let house = house_of(held(None, Some(SealedEqual::Refused)));
    assert!(place(&house, 1, 200).accepted());
    assert_eq!(place(&house, 2, 200).reason(), Some(Reason::EqualSealedBid));
    assert_eq!(place(&house, 1, 200).reason(), Some(Reason::AlreadyPlaced), "its own");
    assert!(place(&house, 2, 201).accepted());
}

#[test]
fn nothing_is_opened_before_the_end_of_the_phase_is_durable() {
    let house = house_of(held(None, None));
    place(&house, 1, 200);
    let early = house.open_held_bid(LOT, BidderRef::Number(BidderNo(1)), ms(999)).unwrap();
    assert_eq!(early.unwrap().reason(), Some(Reason::WrongPhase));
    end(&house);
    let ended = house.read(|engine, _| engine.last_seq()).unwrap();
    assert!(house.mark().get() < ended, "nobody has waited for it yet");
    assert!(open(&house, 1).unwrap().accepted());
    assert!(house.mark().get() >= ended);

    // A phase whose end is due at that moment ends first.
    let house = house_of(held(None, None));
    place(&house, 1, 200);
    assert!(open(&house, 1).unwrap().accepted());

    let house = house_of(sealed());
    let (commitment, _) = sealed_bid(&terms(sealed()), 0, "A", 200);
    let bidder = BidderRef::Number(BidderNo(1));
    assert!(house.place_commitment(LOT, bidder, commitment, ms(10)).unwrap().accepted());
    end(&house);
    let ended = house.read(|engine, _| engine.last_seq()).unwrap();
    assert_eq!(
        house.open_sealed_bid(LOT, bidder, amount(201), ms(1_001)).unwrap().reason(),
        Some(Reason::CommitmentMismatch)
    );
    assert!(house.mark().get() >= ended);
    assert!(house.open_sealed_bid(LOT, bidder, amount(200), ms(1_001)).unwrap().accepted());
}

#[test]
fn a_terminated_lot_leaves_nothing_in_the_vault() {
    let house = house_of(held(None, None));
    place(&house, 1, 200);
    end(&house);
    let terminate = Command::TerminateLot { lot: LOT, authority: authority() };
    assert!(house.submit(terminate, Some(ms(1_001))).unwrap().accepted());
    assert!(!house.read(|_, vault| vault.is_holding_bid(LOT, BidderNo(1), reserve::Commitment([1; 32]))).unwrap());
    assert_eq!(open(&house, 1).unwrap().reason(), Some(Reason::WrongPhase));
}

#[test]
fn an_opening_that_is_suspended_opens_nothing_and_keeps_what_the_vault_holds() {
    let house = house_of(held(None, None));
    place(&house, 1, 200);
    place(&house, 2, 300);
    end(&house);
    let order = |command: Command<'_>| house.submit(command, Some(ms(1_001))).unwrap().reason();
    assert!(open(&house, 1).unwrap().accepted());
    assert_eq!(order(Command::SuspendLot { lot: LOT, authority: authority() }), None);
    assert_eq!(open(&house, 2).unwrap().reason(), Some(Reason::Suspended));
    assert_eq!(order(Command::FinishOpening { lot: LOT, authority: authority() }), Some(Reason::Suspended));
    assert_eq!(order(Command::AdmitBidder { lot: LOT, name: &name("C") }), Some(Reason::WrongPhase));
    assert!(holds(&house, 2));
    assert_eq!(order(Command::ResumeLot { lot: LOT, ends_at: None, authority: authority() }), None);
    assert!(open(&house, 2).unwrap().accepted());
    assert_eq!(order(Command::FinishOpening { lot: LOT, authority: authority() }), None);
}

#[test]
fn equal_highest_bids_are_placed_again_by_their_bidders_alone() {
    let house = sealed_sale();
    let lot = house.engine.lot(LOT).unwrap();
    assert_eq!((lot.state(), lot.further_rounds()), (State::Closed, 1));
    let book: Vec<_> = lot.book().iter().map(|bid| (bid.leader.0, bid.amount.minor())).collect();
    assert_eq!(book, [(2, 500), (1, 500), (2, 600)], "of equal ones the first placed leads, then who bid again");
    let refused = house.records.iter().filter_map(|record| record.head.reason).collect::<Vec<_>>();
    assert_eq!(refused, [Reason::NotTied]);
    let next: Vec<_> = house
        .records
        .iter()
        .filter_map(|record| match &record.body {
            Body::OpeningFinished(opening) => Some((opening.next, opening.opened, opening.valid)),
            _ => None,
        })
        .collect();
    assert_eq!(next, [(AfterOpening::FurtherRound, 3, 3), (AfterOpening::Close, 1, 1)]);
    assert_eq!(lot.quote().phase, QuotePhase::Closed);
    assert_eq!(house.engine.last_seq(), Seq(u64::try_from(house.records.len()).unwrap()));
}
