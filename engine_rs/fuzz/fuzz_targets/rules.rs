//! Rules that anybody may have written, and a lot under them: refused, or an auction whose invariants hold whatever comes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pyauction_engine::amount::Amount;
use pyauction_engine::command::{BidderRef, Command, Fault};
use pyauction_engine::engine::Engine;
use pyauction_engine::ids::{BidderNo, LotId, Seq};
use pyauction_engine::lot::Top;
use pyauction_engine::record::{Answer, Authority, Body, Comparison, EntryFields, EntryResult, Key, Record};
use pyauction_engine::replay::Replay;
use pyauction_engine::snapshot::{Place, Snapshot};
use pyauction_engine::text::{Name, Text};
use pyauction_engine::time::Timestamp;
use pyauction_fuzz::input::Input;

const LOT: LotId = LotId(1);

/// The bytes of a LotOpened under rules of these bytes.
fn lot_opened(committed: bool, rules: &[u8]) -> Vec<u8> {
    let mut record = vec![2, 0, 0, 0];
    record.extend(1_u32.to_le_bytes());
    record.extend(2_u64.to_le_bytes());
    record.extend([0; 8]);
    record.extend(1_u32.to_le_bytes());
    record.extend([0; 4]);
    record.extend(b"\x04KQ-1\x09english@1\x01\x00\x03CNY\x02\x00\x00\x01\x00\x00\x00\x00\x00");
    record.extend([0; 32]);
    record.extend([0; 8]);
    record.push(u8::from(committed));
    record.extend([u8::from(committed); 32]);
    record.extend(rules);
    record
}

fn authority() -> Authority {
    Authority { by: Text::new("a").unwrap(), why: Text::new("b").unwrap(), basis: Text::new("").unwrap() }
}

fn entry(result: EntryResult) -> EntryFields {
    let by = Text::new("a").unwrap();
    EntryFields { result, commitment: [1; 32], witness: by.clone(), by }
}

/// Drives the lot as the input wants; returns every record.
fn play(engine: &mut Engine, input: &mut Input<'_>) -> Vec<Record> {
    let (mut made, mut now, mut epoch) = (Vec::new(), 0_i64, 1);
    let names = ["A", "B", "C"].map(|name| Name::new(name).unwrap());
    while !input.is_empty() && made.len() < 200 {
        let (does, who) = (input.u8(), input.u8());
        let step = i64::from(input.u16());
        now = now.saturating_add(if does & 0x80 == 0 { step } else { step << 40 }).min(1 << 62);
        let at = Timestamp(now);
        let name = &names[usize::from(who) % names.len()];
        let command = match does % 16 {
            0..=5 => {
                // Near the ask, and anywhere.
                let ask = engine.lot(LOT).and_then(|lot| lot.quote().ask).map_or(0, Amount::minor);
                let amount = if does & 0x40 == 0 { ask.saturating_add(i64::from(who) - 4) } else { input.i64() };
                let bidder = if who & 0x80 == 0 { BidderRef::Name(name) } else { BidderRef::Number(BidderNo(1)) };
                let key = Key::new(&[does][..usize::from(who % 2)]).unwrap();
                let _ = engine.bid(LOT, bidder, Amount(amount), key, at, &mut made);
                continue;
            }
            6 => Command::AdmitBidder { lot: LOT, name },
            7 => Command::CloseLot { lot: LOT },
            8 => Command::SuspendLot { lot: LOT, authority: authority() },
            9 => {
                let ends_at = (who % 4 == 0).then(|| Timestamp(now.saturating_add(input.i64() & 0xffff)));
                Command::ResumeLot { lot: LOT, ends_at, authority: authority() }
            }
            10 if who % 8 == 0 => Command::TerminateLot { lot: LOT, authority: authority() },
            10 => {
                let resumes_at = Timestamp(now.saturating_add(step).min(1 << 62));
                Command::AnnounceResumption { lot: LOT, resumes_at, authority: authority() }
            }
            14 if who & 0x40 == 0 => {
                let answer = if who & 0x20 == 0 { Answer::Yes } else { Answer::No };
                Command::AnswerInquiry { lot: LOT, bidder: BidderRef::Name(name), answer }
            }
            14 if who & 0x30 == 0x10 => {
                Command::ConfirmTopUp { lot: LOT, bidder: BidderRef::Name(name), by: Text::new("a").unwrap() }
            }
            14 if who & 0x30 == 0x20 => Command::DrawLottery { lot: LOT, seeds: vec![[who & 1; 32]] },
            14 => {
                let (rank, by) = (u32::from(who & 3), Text::new("a").unwrap());
                Command::GrantPriority { lot: LOT, bidder: BidderRef::Name(name), rank, by }
            }
            11 => Command::EnterReserve { lot: LOT, entry: entry(EntryResult::Accepted) },
            12 => Command::CompareReserve { lot: LOT, result: Comparison::Met },
            13 => {
                engine.restarted();
                epoch += 1;
                Command::OpenHouse { epoch }
            }
            _ => {
                let _ = engine.advance_one(at, &mut made);
                continue;
            }
        };
        let _ = engine.submit(command, at, &mut made);
    }
    made
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let (committed, length) = (input.u8() == 1, usize::from(input.u16()) % 1_024);
    let bytes = lot_opened(committed, input.bytes(length));
    let Ok(record) = Record::decode(&bytes) else { return };
    assert!(record.to_bytes() == bytes, "there is one form of rules");
    let Body::LotOpened(terms) = record.body else { unreachable!("its type is 2") };
    let mut engine = Engine::new();
    let mut made = Vec::new();
    engine.submit(Command::OpenHouse { epoch: 1 }, Timestamp(0), &mut made).unwrap();
    match engine.submit(Command::OpenLot(terms), Timestamp(0), &mut made) {
        Err(Fault::Opening(_)) => {
            let mut replay = Replay::new();
            made.iter().for_each(|record| drop(replay.feed(&record.to_bytes(), None).unwrap()));
            assert!(replay.feed(&bytes, None).is_err(), "what does not open is no record");
            return;
        }
        opened => drop(opened.unwrap()),
    }
    made.extend(play(&mut engine, &mut input));

    let lot = engine.lot(LOT).unwrap();
    let may_match = lot.terms().rules.optional.priority.is_some() || lot.terms().rules.draws_lots();
    let rises = |one: &Top, next: &Top| one.amount < next.amount || may_match && one.amount == next.amount;
    assert!(lot.book().is_sorted_by(rises), "the top amount rises");
    let mut replay = Replay::new();
    for (record, seq) in made.iter().zip(1..) {
        assert_eq!(record.head.seq, Seq(seq));
        replay.feed(&record.to_bytes(), None).unwrap();
    }
    assert_eq!(replay.engine().state_hash(), engine.state_hash(), "replay comes to the same state");
    let place = Place {
        journal_id: [0; 16],
        epoch: replay.epoch().unwrap(),
        seq: engine.last_seq(),
        state_hash: engine.state_hash(),
        chain: [0; 32],
    };
    let kept = Snapshot::encode(&engine, &place);
    let back = Snapshot::decode(&kept).unwrap().into_replay();
    assert!(Snapshot::encode(back.engine(), &place) == kept, "a snapshot comes to the same state");
});
