//! A house's custody of reserves: what its vault and its engine do together, without Python.
#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::{LOT, authority, listing, ms, name, single_phase, terms, text, unsold, with_reserve};
use pyauction_engine::amount::Amount;
use pyauction_engine::command::{BidderRef, Command};
use pyauction_engine::decision::Decision;
use pyauction_engine::house::{CustodyError, House, HouseError, Keepers, Opening};
use pyauction_engine::ids::{LotId, Seq};
use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_engine::journal::{Align, JournalError, Kind, Log, OpenOptions, read};
use pyauction_engine::lot::State;
use pyauction_engine::record::{Body, Key, LotTerms, OutcomeCause, Record};
use pyauction_engine::replay::Replay;
use pyauction_engine::reserve::{self, Commitment, Terms, commit};
use pyauction_engine::rules::{CommitmentTime, Custody, EntryWindow, LotRules, ReservePolicy, RuleSet};
use pyauction_engine::verdict::Reason;

const RESERVE: i64 = 500;
const BLINDING: [u8; 32] = [7; 32];

fn opening(amount: i64) -> reserve::Opening {
    reserve::Opening::for_simulation(amount, BLINDING).unwrap()
}

fn commitment(amount: i64) -> Commitment {
    commit(&Terms::from(&terms(single_phase())), Amount(amount), &BLINDING)
}

fn keepers() -> Keepers {
    Keepers { by: text("保密员"), witness: text("纪检组") }
}

/// Returns a house with a journal in memory and one lot, and the journal.
fn house_of(terms: LotTerms) -> (House, MemoryVfs) {
    let vfs = MemoryVfs::default();
    let options = OpenOptions {
        align: Align::Bytes512,
        segment_bytes: 65_536,
        now_ns: 0,
        entropy: [1; 32],
        acknowledged: 0,
        accept_tail_loss: None,
    };
    let log = Log::open(vfs.clone(), &options, &mut |_, _| Ok::<_, JournalError>(())).unwrap();
    let opening =
        Opening { store: Some(Box::new(log)), replay: Replay::new(), now: ms(0), feed_limit: 1_000, snapshots: false };
    let house = House::open(opening).unwrap();
    house.submit(Command::OpenLot(Box::new(terms)), Some(ms(0))).unwrap();
    (house, vfs)
}

/// Returns a house with one lot of 1,000 ms that requires a reserve.
fn house() -> House {
    house_of(terms(with_reserve(single_phase()))).0
}

fn enter(house: &House, amount: i64, at: i64) -> Decision {
    house.enter(LOT, opening(amount), &keepers(), ms(at)).unwrap()
}

fn bid(house: &House, amount: i64) {
    let (bidder, amount) = (&name("001"), Amount(amount));
    let bid = Command::PlaceBid { lot: LOT, bidder: BidderRef::Name(bidder), amount, key: Key::NONE };
    assert!(house.submit(bid, Some(ms(10))).unwrap().accepted());
}

fn close(house: &House) {
    assert!(house.advance_one(ms(1_000)).unwrap().is_some());
}

fn state(house: &House) -> State {
    house.read(|engine, _| engine.lot(LOT).unwrap().state()).unwrap()
}

fn last_seq(house: &House) -> Seq {
    house.read(|engine, _| engine.last_seq()).unwrap()
}

#[test]
fn a_reserve_is_held_from_its_entry_to_its_comparison() {
    for (top, compared) in [(RESERVE, "Met"), (RESERVE + 1, "Met"), (RESERVE - 1, "NotMet")] {
        let house = house();
        assert!(!house.holds_reserve(LOT).unwrap());
        assert!(enter(&house, RESERVE, 0).accepted());
        assert!(house.holds_reserve(LOT).unwrap());
        bid(&house, top);
        close(&house);
        assert_eq!((house.take_closed(), state(&house)), (Some(LOT), State::AwaitingReserve));
        let decision = house.compare(LOT).unwrap().unwrap();
        let Body::ReserveCompared { result, top: stated } = decision.record.body else { unreachable!("{decision:?}") };
        assert_eq!((format!("{result:?}").as_str(), stated), (compared, Amount(top)));
        assert_eq!(
            (house.mark().get(), house.holds_reserve(LOT).unwrap()),
            (decision.seq(), false),
            "durable and forgotten"
        );
        assert_eq!(house.compare(LOT).unwrap(), None);
    }
}

#[test]
fn a_close_is_durable_before_its_reserve_is_compared() {
    let (house, vfs) = house_of(terms(with_reserve(single_phase())));
    enter(&house, RESERVE, 0);
    bid(&house, RESERVE);
    close(&house);
    let close = last_seq(&house);
    let compared = house.compare(LOT).unwrap().unwrap().seq();
    let mut first_of_frames = Vec::new();
    read(&vfs, 0, &mut |info, _| {
        if info.kind == Kind::Records {
            first_of_frames.push(info.first_seq);
        }
        Ok::<_, JournalError>(())
    })
    .unwrap();
    assert_eq!(compared, Seq(close.0 + 1));
    assert_eq!(first_of_frames.last(), Some(&compared.0), "the comparison is in a frame after the close's");
}

#[test]
fn what_is_not_durable_is_not_compared() {
    let house = house();
    enter(&house, RESERVE, 0);
    bid(&house, RESERVE);
    close(&house);
    let before = last_seq(&house);
    house.halt(&"the disk failed");
    assert!(matches!(house.compare(LOT), Err(CustodyError::House(HouseError::OutcomeUnknown { .. }))));
    assert_eq!((last_seq(&house), state(&house)), (before, State::AwaitingReserve));
}

#[test]
fn only_a_lot_that_awaits_a_reserve_that_is_held_is_compared() {
    let house = house();
    enter(&house, RESERVE, 0);
    assert_eq!(house.compare(LOT).unwrap(), None, "bidding is open");
    assert_eq!(house.compare(LotId(2)).unwrap(), None, "there is no such lot");
    let mut terms = terms(with_reserve(single_phase()));
    terms.commitment = Some(commitment(RESERVE).0);
    let (custody, commitment) = (Custody::Entered, CommitmentTime::BeforeOpening);
    let reserve = ReservePolicy::Required { custody, commitment, window: EntryWindow::default() };
    terms.rules = LotRules::new(RuleSet { reserve, ..single_phase() }).unwrap();
    let (house, _) = house_of(terms);
    bid(&house, RESERVE);
    close(&house);
    assert_eq!((house.compare(LOT).unwrap(), state(&house)), (None, State::AwaitingReserve), "nothing is held");
    assert_eq!(house.take_closed(), Some(LOT));
    assert!(enter(&house, RESERVE, 2_000).accepted());
    assert_eq!(house.take_closed(), Some(LOT), "what follows the close can go on");
    assert!(house.compare(LOT).unwrap().is_some());
}

#[test]
fn what_the_record_refuses_is_not_held() {
    let house = house();
    let refused = |amount, at| {
        let decision = enter(&house, amount, at);
        (decision.reason(), decision.record.body.kind().1, house.holds_reserve(LOT).unwrap())
    };
    assert_eq!(refused(99, 0), (Some(Reason::ReserveBelowStart), "ReserveEntered", false));
    assert!(enter(&house, RESERVE, 0).accepted());
    // Another amount is refused, and the first one stays.
    assert_eq!(refused(RESERVE + 1, 0), (Some(Reason::CommitmentMismatch), "ReserveReentered", true));
    assert_eq!(refused(RESERVE, 0), (None, "ReserveReentered", true));
    close(&house);
    assert_eq!(state(&house), State::Closed, "without bids there is nothing to compare");
    assert!(house.submit(Command::RecordOutcome { lot: LOT, outcome: unsold(OutcomeCause::NoBids) }, None).is_ok());
    assert_eq!(refused(RESERVE, 1_000), (Some(Reason::WrongPhase), "ReserveReentered", false));
}

#[test]
fn a_wrong_call_leaves_nothing_behind() {
    let house = house();
    let before = last_seq(&house);
    let nobody = Keepers { by: text(""), ..keepers() };
    assert!(house.enter(LOT, opening(RESERVE), &nobody, ms(0)).is_err());
    assert!(house.enter(LOT, opening(RESERVE), &keepers(), ms(-1)).is_err());
    assert!(house.enter(LotId(2), opening(RESERVE), &keepers(), ms(0)).is_err());
    assert_eq!((house.holds_reserve(LOT).unwrap(), last_seq(&house)), (false, before));
}

#[test]
fn an_entry_is_refused_unopened_only_where_no_amount_could_be_taken() {
    let late = EntryWindow { opens_before_end: Some(1), ends_before_end: None };
    let (custody, commitment_time) = (Custody::Entered, CommitmentTime::AtEntry);
    let windowed = ReservePolicy::Required { custody, commitment: commitment_time, window: late };
    let refused = |rules: RuleSet, prepare: &dyn Fn(&House)| {
        let (house, _) = house_of(terms(rules));
        prepare(&house);
        let before = last_seq(&house);
        let decision = house.refuse_entry(LOT, commitment(RESERVE), &keepers(), ms(20)).unwrap();
        assert_eq!(last_seq(&house).0 - before.0, u64::from(decision.is_some()));
        decision.and_then(|decision| decision.reason())
    };
    let terminate = |house: &House| {
        house.submit(Command::TerminateLot { lot: LOT, authority: authority() }, Some(ms(20))).unwrap();
    };
    let suspend = |house: &House| {
        house.submit(Command::SuspendLot { lot: LOT, authority: authority() }, Some(ms(20))).unwrap();
    };
    let entered = |house: &House| assert!(enter(house, RESERVE, 0).accepted());
    let reserved = || with_reserve(single_phase());
    assert_eq!(refused(listing(), &|_| ()), Some(Reason::ReserveNotRequired));
    assert_eq!(refused(reserved(), &terminate), Some(Reason::WrongPhase));
    assert_eq!(refused(reserved(), &close), Some(Reason::WrongPhase));
    assert_eq!(refused(reserved(), &|_| ()), None);
    assert_eq!(refused(reserved(), &entered), None);
    assert_eq!(refused(reserved(), &suspend), None);
    assert_eq!(refused(RuleSet { reserve: windowed, ..single_phase() }, &|_| ()), None, "the window may open");
}

#[test]
fn a_reserve_leaves_its_house_with_its_lot_and_with_the_house() {
    let outcome = || Command::RecordOutcome { lot: LOT, outcome: unsold(OutcomeCause::NoBids) };
    let ends: [&dyn Fn(&House); 4] = [
        &|house| drop(house.submit(Command::TerminateLot { lot: LOT, authority: authority() }, None).unwrap()),
        &|house| {
            close(house);
            assert!(house.submit(outcome(), None).unwrap().accepted());
        },
        &|house| house.close().unwrap(),
        &|house| house.halt(&"the disk failed"),
    ];
    for end in ends {
        let house = house();
        enter(&house, RESERVE, 0);
        end(&house);
        assert!(!house.holds_reserve(LOT).unwrap());
    }
}

#[test]
fn an_amount_is_recorded_only_by_a_disclosure_that_fits_of_a_lot_that_is_over() {
    let house = house();
    enter(&house, RESERVE, 0);
    let disclose = |amount| house.disclose(LOT, opening(amount), text("保密员"), ms(2_000)).unwrap();
    let unopened = || house.refuse_disclosure(LOT, &text("保密员"), ms(0)).unwrap();
    assert_eq!(unopened().and_then(|decision| decision.reason()), Some(Reason::WrongPhase));
    let early = house.disclose(LOT, opening(RESERVE), text("保密员"), ms(0)).unwrap();
    assert_eq!(early.reason(), Some(Reason::WrongPhase));
    house.submit(Command::TerminateLot { lot: LOT, authority: authority() }, None).unwrap();
    assert_eq!(unopened(), None);
    let other = disclose(RESERVE + 1);
    assert_eq!(other.reason(), Some(Reason::CommitmentMismatch));
    for refused in [&early, &other] {
        assert!(matches!(refused.record.body, Body::CommandRefused { amount: Amount(0), .. }));
    }
    let Body::ReserveDisclosed { amount, blinding, .. } = disclose(RESERVE).record.body else { unreachable!() };
    assert_eq!((amount, *blinding), (Amount(RESERVE), BLINDING));
    house.flush().unwrap();
    let records: Vec<Record> =
        house.records(Seq(0), 1_000).unwrap().records().map(|bytes| Record::decode(bytes).unwrap()).collect();
    let disclosures = records.iter().filter(|record| matches!(record.body, Body::ReserveDisclosed { .. }));
    assert_eq!(disclosures.count(), 1);
}
