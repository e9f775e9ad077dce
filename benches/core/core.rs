//! What the core costs without Python, clock and journal: `cargo bench -p pyauction-benches`.
//!
//! Workloads: a bid that raises the top (accepted), a bid below the ask (refused), an accepted bid with its record encoded
//! as a journal takes it, and the replay of such records. Every workload checks its final state, so that nothing is
//! optimised away.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark stops where it fails")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use pyauction_engine::amount::Amount;
use pyauction_engine::command::{BidderRef, Command};
use pyauction_engine::engine::{Discard, Engine, Sink};
use pyauction_engine::ids::{BidderNo, LotId};
use pyauction_engine::record::{Key, LotTerms, Record};
use pyauction_engine::replay::Replay;
use pyauction_engine::rules::{
    Admission, ClockStart, Extension, Increment, LotRules, OnOutage, OptionalRules, Phase, PhaseEnd, PhaseKind,
    ReservePolicy, RuleSet, SelfOutbid,
};
use pyauction_engine::text::{Name, Text};
use pyauction_engine::time::Timestamp;

const LOT: LotId = LotId(1);
const BIDS: i64 = 4_096;

/// Collects records as a journal takes them.
#[derive(Default)]
struct Encoded(Vec<u8>);

impl Sink for Encoded {
    fn record(&mut self, record: &Record) {
        record.encode(&mut self.0);
    }
}

fn opened(out: &mut impl Sink) -> Engine {
    let phase = Phase {
        kind: PhaseKind::Timed,
        end: PhaseEnd::After(1_000_000_000),
        extension: Extension::Reset(1_000_000_000),
        hard_end: None,
    };
    let rules = RuleSet {
        admission: Admission::Listed,
        start_price: Amount(100),
        increment: Increment::Fixed(10),
        multiple_anchor: None,
        max_multiple: None,
        self_outbid: SelfOutbid::Allowed,
        phases: vec![phase],
        clock: ClockStart::Opening,
        timed_without_bids: None,
        single_bidder: None,
        on_outage: OnOutage::Suspend,
        min_bidders: None,
        reserve: ReservePolicy::DeclaredNone,
        optional: OptionalRules::default(),
    };
    let terms = LotTerms {
        name: Name::new("KQ-1").unwrap(),
        type_id: Name::new("english@1").unwrap(),
        currency: Name::new("CNY").unwrap(),
        exponent: 2,
        unit: Text::default(),
        unit_scale: 0,
        round: 1,
        reoffer_of: Text::default(),
        preset: Text::default(),
        preset_digest: [0; 32],
        opens_at: Timestamp(0),
        commitment: None,
        rules: LotRules::new(rules).unwrap(),
    };
    let mut engine = Engine::new();
    engine.submit(Command::OpenHouse { epoch: 1 }, Timestamp(0), out).unwrap();
    engine.submit(Command::OpenLot(Box::new(terms)), Timestamp(0), out).unwrap();
    for bidder in ["1213", "1628"] {
        let name = Name::new(bidder).unwrap();
        engine.submit(Command::AdmitBidder { lot: LOT, name: &name }, Timestamp(0), out).unwrap();
    }
    engine
}

/// Places `BIDS` bids whose amounts rise by `step`, one microsecond apart.
fn play(engine: &mut Engine, step: i64, out: &mut impl Sink) {
    for bid in 0..BIDS {
        let bidder = BidderRef::Number(BidderNo(u32::try_from(bid % 2).unwrap() + 1));
        let (amount, now) = (Amount(black_box(100 + bid * step)), Timestamp(bid * 1_000));
        black_box(engine.bid(LOT, bidder, amount, Key::NONE, now, out).unwrap());
    }
}

fn core(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("4096 bids");
    group.throughput(criterion::Throughput::Elements(u64::try_from(BIDS).unwrap()));
    group.bench_function("accepted", |bencher| {
        bencher.iter_batched_ref(
            || opened(&mut Discard),
            |engine| {
                play(engine, 10, &mut Discard);
                assert_eq!(engine.lot(LOT).unwrap().accepted(), 4_096);
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("refused", |bencher| {
        bencher.iter_batched_ref(
            || opened(&mut Discard),
            |engine| {
                play(engine, 0, &mut Discard);
                assert_eq!(engine.lot(LOT).unwrap().refused(), 4_095);
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("accepted and encoded", |bencher| {
        bencher.iter_batched_ref(
            || (opened(&mut Discard), Encoded::default()),
            |(engine, out)| {
                play(engine, 10, out);
                assert_eq!(out.0.len(), 4_096 * 88);
            },
            BatchSize::SmallInput,
        );
    });
    let mut records = Vec::new();
    play(&mut opened(&mut records), 10, &mut records);
    let bytes: Vec<Vec<u8>> = records.iter().map(Record::to_bytes).collect();
    group.bench_function("replayed", |bencher| {
        bencher.iter(|| {
            let mut replay = Replay::new();
            for record in &bytes {
                replay.feed(record, None).unwrap();
            }
            assert_eq!(replay.engine().lot(LOT).unwrap().accepted(), 4_096);
        });
    });
    group.finish();
}

criterion_group!(benches, core);
criterion_main!(benches);
