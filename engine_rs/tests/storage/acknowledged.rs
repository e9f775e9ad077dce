//! Nobody is told that a record is durable before the journal has it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use pyauction_engine::command::{BidderRef, Command};
use pyauction_engine::house::{DurableMark, House, HouseError, Opening, TakingUp};
use pyauction_engine::journal::Align;
use pyauction_engine::journal::backend::{Backend, BackendLog, SealedFrame};
use pyauction_engine::record::Key;
use pyauction_engine::{amount::Amount, ids::Seq};

use crate::common::{LOT, listing, ms, name, terms};
use crate::writing::options;

/// A store that looks at the mark when it is asked to keep a frame.
#[derive(Default)]
struct Watching {
    mark: Arc<OnceLock<Arc<DurableMark>>>,
    told_early: Arc<AtomicBool>,
    fails: Arc<AtomicBool>,
}

impl Backend for Watching {
    fn append(&mut self, frame: SealedFrame<'_>) -> Result<(), String> {
        if self.mark.get().is_some_and(|mark| mark.get() >= Seq(frame.first_seq)) {
            self.told_early.store(true, Ordering::Relaxed);
        }
        if self.fails.load(Ordering::Relaxed) { Err("it is full".to_owned()) } else { Ok(()) }
    }

    fn read(&mut self) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }

    fn close(&mut self) -> Result<(), String> {
        Ok(())
    }
}

pub fn tell_after_the_journal() {
    let store = Watching::default();
    let (mark, told_early, fails) = (Arc::clone(&store.mark), Arc::clone(&store.told_early), Arc::clone(&store.fails));
    let mut taken = TakingUp::default();
    let log =
        BackendLog::open(store, &options(Align::Bytes512, 8_192), &mut |frame, content| taken.take(frame, content));
    let (store, replay) = (Some(Box::new(log.unwrap()) as _), taken.replayed().unwrap());
    let house = House::open(Opening { store, replay, now: ms(0), feed_limit: 9, snapshots: false }).unwrap();
    mark.set(Arc::clone(house.mark())).unwrap();
    let opened = house.open_lot(terms(listing()), None, ms(0)).unwrap();
    house.commit(opened.seq()).unwrap();
    for amount in [100, 110, 120] {
        let (bidder, amount) = (name("A"), Amount(amount));
        let bid = Command::PlaceBid { lot: LOT, bidder: BidderRef::Name(&bidder), amount, key: Key::NONE };
        let decision = house.submit(bid, Some(ms(1))).unwrap();
        fails.store(amount == Amount(120), Ordering::Relaxed);
        let before = house.mark().get();
        match house.commit(decision.seq()) {
            Ok(()) => assert_eq!(house.mark().get(), decision.seq()),
            Err(HouseError::OutcomeUnknown { .. }) => assert_eq!(house.mark().get(), before),
            Err(other) => panic!("{other}"),
        }
    }
    assert!(!told_early.load(Ordering::Relaxed), "the mark was beyond a frame that the store did not have");
}

#[test]
fn the_durable_mark_follows_the_journal() {
    tell_after_the_journal();
}
