//! A house with one lot, driven by short calls. Times are in milliseconds after the epoch, amounts in minor units.

#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses a part; a test stops where it fails")]

use pyauction_engine::amount::Amount;
use pyauction_engine::command::{BidderRef, Command, Disclosure, OpenedBid, SealedFound};
use pyauction_engine::decision::{Decision, Quote};
use pyauction_engine::engine::Engine;
use pyauction_engine::ids::{BidderNo, LotId};
use pyauction_engine::lot::Lot;
use pyauction_engine::record::{
    Authority, Comparison, EntryFields, EntryResult, Key, LotTerms, Outcome, OutcomeCause, OutcomeKind, Record,
};
use pyauction_engine::reserve::{BidTerms, Terms, commit_bid};
use pyauction_engine::rules::{
    Admission, ClockStart, CommitmentTime, Custody, EntryWindow, Extension, Increment, LotRules, OnOutage,
    OptionalRules, Phase, PhaseEnd, PhaseKind, ReservePolicy, RuleSet, SealedAward, SealedCustody, SealedTie,
    SelfOutbid, SingleBidder, WithoutBids,
};
use pyauction_engine::text::{Name, Text};
use pyauction_engine::time::Timestamp;
use pyauction_engine::verdict::Reason;

pub const LOT: LotId = LotId(1);
pub const MS: i64 = 1_000_000;

pub fn ms(time: i64) -> Timestamp {
    Timestamp(time * MS)
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub fn text(value: &str) -> Text {
    Text::new(value).unwrap()
}

/// Free for 1,000 ms, then timed with a countdown of 100 ms that every bid resets; start 100, step 10.
pub fn listing() -> RuleSet {
    RuleSet {
        admission: Admission::Open,
        start_price: Amount(100),
        increment: Increment::Fixed(10),
        multiple_anchor: None,
        max_multiple: None,
        self_outbid: SelfOutbid::Allowed,
        phases: vec![free(1_000), timed(100)],
        clock: ClockStart::Opening,
        timed_without_bids: Some(WithoutBids::Decide),
        single_bidder: Some(SingleBidder::Decide),
        on_outage: OnOutage::CloseAtSchedule,
        min_bidders: None,
        reserve: ReservePolicy::DeclaredNone,
        optional: OptionalRules::default(),
    }
}

/// One timed phase of 1,000 ms without extension.
pub fn single_phase() -> RuleSet {
    RuleSet {
        phases: vec![Phase { extension: Extension::None, ..timed(1_000) }],
        timed_without_bids: None,
        single_bidder: None,
        ..listing()
    }
}

pub fn with_reserve(rules: RuleSet) -> RuleSet {
    let (custody, commitment) = (Custody::Entered, CommitmentTime::AtEntry);
    RuleSet { reserve: ReservePolicy::Required { custody, commitment, window: EntryWindow::default() }, ..rules }
}

pub fn free(length_ms: i64) -> Phase {
    let end = PhaseEnd::After(length_ms * MS);
    Phase { kind: PhaseKind::Free, end, extension: Extension::None, hard_end: None }
}

pub fn timed(countdown_ms: i64) -> Phase {
    let (end, extension) = (PhaseEnd::After(countdown_ms * MS), Extension::Reset(countdown_ms * MS));
    Phase { kind: PhaseKind::Timed, end, extension, hard_end: None }
}

/// Sealed bids for 1,000 ms, whose amounts their bidders keep; equal highest ones are placed again.
pub fn sealed() -> RuleSet {
    let phase = Phase { kind: PhaseKind::Sealed, extension: Extension::None, ..timed(1_000) };
    let optional = OptionalRules {
        sealed_custody: Some(SealedCustody::Bidder),
        sealed_award: Some(SealedAward::Highest),
        sealed_tie: Some(SealedTie::Requote),
        ..OptionalRules::default()
    };
    RuleSet { phases: vec![phase], admission: Admission::Listed, optional, ..single_phase() }
}

/// The opening of a sealed bid of the lot that `terms` describes.
pub fn sealed_bid(terms: &LotTerms, further_rounds: u32, bidder: &str, amount: i64) -> ([u8; 32], OpenedBid) {
    let (bidder, blinding) = (name(bidder), [7; 32]);
    let bound = BidTerms { lot: Terms::from(terms), further_rounds, bidder };
    let commitment = commit_bid(&bound, Amount(amount), &blinding).0;
    (commitment, OpenedBid { amount: Amount(amount), blinding, fits: true })
}

/// Two equal highest bids of three, which are placed again by one of the two; a third bid is excluded.
pub fn sealed_sale() -> House {
    let terms = terms(sealed());
    let mut house = House::open(sealed());
    for bidder in ["A", "B", "C", "D"] {
        house.submit(1, Command::AdmitBidder { lot: LOT, name: &name(bidder) });
    }
    let place = |house: &mut House, at, round, bidder: &str, amount| {
        let (commitment, found) = (sealed_bid(&terms, round, bidder, amount).0, SealedFound::Accepted);
        let bidder = name(bidder);
        house.submit(at, Command::PlaceSealedBid { lot: LOT, bidder: BidderRef::Name(&bidder), commitment, found });
    };
    let open = |house: &mut House, at, round, bidder: &str, amount| {
        let opened = sealed_bid(&terms, round, bidder, amount).1;
        let bidder = name(bidder);
        house.submit(at, Command::OpenSealedBid { lot: LOT, bidder: BidderRef::Name(&bidder), opened });
    };
    let finish = |house: &mut House, at| house.submit(at, Command::FinishOpening { lot: LOT, authority: authority() });
    for (bidder, amount) in [("A", 500), ("B", 500), ("C", 300), ("D", 400)] {
        place(&mut house, 10, 0, bidder, amount);
    }
    house.advance(1_000);
    for (bidder, amount) in [("A", 500), ("B", 500), ("C", 300)] {
        open(&mut house, 1_001, 0, bidder, amount);
    }
    let excluded = name("D");
    let bidder = BidderRef::Name(&excluded);
    house.submit(1_002, Command::ExcludeSealedBid { lot: LOT, bidder, authority: authority() });
    finish(&mut house, 1_003);
    place(&mut house, 1_004, 1, "C", 900);
    place(&mut house, 1_005, 1, "B", 600);
    house.advance(2_003);
    open(&mut house, 2_004, 1, "B", 600);
    finish(&mut house, 2_005);
    house.advance(2_005);
    house
}

pub fn terms(rules: RuleSet) -> LotTerms {
    LotTerms {
        name: name("KQ-1"),
        type_id: name("listing@1"),
        currency: name("CNY"),
        exponent: 2,
        unit: text("万元"),
        unit_scale: 6,
        round: 1,
        reoffer_of: Text::default(),
        preset: Text::default(),
        preset_digest: [0; 32],
        opens_at: ms(0),
        commitment: None,
        rules: LotRules::new(rules).unwrap(),
    }
}

pub struct House {
    pub engine: Engine,
    pub records: Vec<Record>,
}

impl House {
    /// Opens a house and a lot at 0 ms.
    pub fn open(rules: RuleSet) -> Self {
        Self::open_terms(terms(rules))
    }

    /// A house whose lot opens at a time to come.
    pub fn scheduled(rules: RuleSet, opens_at: i64) -> Self {
        Self::open_terms(LotTerms { opens_at: ms(opens_at), ..terms(rules) })
    }

    pub fn open_terms(terms: LotTerms) -> Self {
        let mut house = Self { engine: Engine::new(), records: Vec::new() };
        house.submit(0, Command::OpenHouse { epoch: 1 });
        house.submit(0, Command::OpenLot(Box::new(terms)));
        house
    }

    pub fn submit(&mut self, at: i64, command: Command<'_>) -> Decision {
        self.engine.submit(command, ms(at), &mut self.records).unwrap()
    }

    pub fn try_bid(&mut self, at: i64, bidder: &str, amount: i64, key: &[u8]) -> Decision {
        let (bidder, amount, key) = (&name(bidder), Amount(amount), Key::new(key).unwrap());
        self.submit(at, Command::PlaceBid { lot: LOT, bidder: BidderRef::Name(bidder), amount, key })
    }

    /// Bids and returns the reason of the refusal, if it was one.
    pub fn bid(&mut self, at: i64, bidder: &str, amount: i64) -> Option<Reason> {
        self.try_bid(at, bidder, amount, b"").reason()
    }

    pub fn admit(&mut self, at: i64, bidder: &str) {
        let name = &name(bidder);
        assert!(self.submit(at, Command::AdmitBidder { lot: LOT, name }).accepted());
    }

    pub fn advance(&mut self, at: i64) {
        while self.engine.advance_one(ms(at), &mut self.records).unwrap().is_some() {}
    }

    pub fn suspend(&mut self, at: i64) -> Option<Reason> {
        self.submit(at, Command::SuspendLot { lot: LOT, authority: authority() }).reason()
    }

    pub fn resume(&mut self, at: i64) -> Option<Reason> {
        self.submit(at, Command::ResumeLot { lot: LOT, ends_at: None, authority: authority() }).reason()
    }

    pub fn terminate(&mut self, at: i64) -> Option<Reason> {
        self.submit(at, Command::TerminateLot { lot: LOT, authority: authority() }).reason()
    }

    pub fn enter(&mut self, at: i64, result: EntryResult, commitment: u8) -> Option<Reason> {
        self.submit(at, Command::EnterReserve { lot: LOT, entry: entry(result, commitment) }).reason()
    }

    pub fn reenter(&mut self, at: i64, result: EntryResult, commitment: u8) -> Option<Reason> {
        self.submit(at, Command::ReenterReserve { lot: LOT, entry: entry(result, commitment) }).reason()
    }

    pub fn compare(&mut self, at: i64, result: Comparison) -> Option<Reason> {
        self.submit(at, Command::CompareReserve { lot: LOT, result }).reason()
    }

    pub fn disclose(&mut self, at: i64, fits: bool) -> Option<Reason> {
        let disclosure = Disclosure { amount: Amount(120), blinding: [7; 32], by: text("出让人"), fits };
        self.submit(at, Command::DiscloseReserve { lot: LOT, disclosure }).reason()
    }

    pub fn settle(&mut self, at: i64, outcome: Outcome) -> Option<Reason> {
        self.submit(at, Command::RecordOutcome { lot: LOT, outcome }).reason()
    }

    pub fn lot(&self) -> &Lot {
        self.engine.lot(LOT).unwrap()
    }

    pub fn quote(&self) -> Quote {
        self.lot().quote()
    }

    /// The deadline in milliseconds.
    pub fn closes_at(&self) -> Option<i64> {
        self.lot().deadline().map(|time| time.0 / MS)
    }

    /// Records as `(type, lot sequence, stamp in ms)`.
    pub fn trace(&self) -> Vec<(&'static str, u32, i64)> {
        self.records.iter().map(|r| (r.body.kind().1, r.head.lot_seq, r.head.at.0 / MS)).collect()
    }

    pub fn bytes(&self) -> Vec<Vec<u8>> {
        self.records.iter().map(Record::to_bytes).collect()
    }
}

pub fn authority() -> Authority {
    Authority { by: text("市自然资源局"), why: text("不可抗力"), ..Authority::default() }
}

pub fn entry(result: EntryResult, commitment: u8) -> EntryFields {
    EntryFields { result, commitment: [commitment; 32], by: text("保密员"), witness: text("纪检组") }
}

pub fn sold(winner: u32, price: i64) -> Outcome {
    Outcome {
        kind: OutcomeKind::Sold,
        cause: OutcomeCause::None,
        winner: BidderNo(winner),
        price: Amount(price),
        type_id: name("listing@1"),
        detail: Text::default(),
    }
}

pub fn unsold(cause: OutcomeCause) -> Outcome {
    Outcome { kind: OutcomeKind::Unsold, cause, ..sold(0, 0) }
}

/// An auction with a record of nearly every type.
pub fn eventful() -> House {
    let mut house = House::open(with_reserve(RuleSet { admission: Admission::Listed, ..listing() }));
    for bidder in ["A", "B"] {
        house.submit(0, Command::AdmitBidder { lot: LOT, name: &name(bidder) });
    }
    house.submit(0, Command::AdmitBidder { lot: LOT, name: &name("A") });
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
    let (wall, expected) = (ms(9_000), ms(5_004));
    house.submit(5_004, Command::NoteClockJump { wall, expected });
    house
}
