//! A snapshot that anybody may have written: refused, or the state that it says, with which an engine goes on.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pyauction_engine::amount::Amount;
use pyauction_engine::command::{BidderRef, Command};
use pyauction_engine::ids::BidderNo;
use pyauction_engine::record::Key;
use pyauction_engine::snapshot::Snapshot;
use pyauction_engine::time::Timestamp;
use sha2::{Digest, Sha256};

fuzz_target!(|data: &[u8]| {
    // The digest is made to fit, and the length; a build for fuzzing does not ask for the hash of the state.
    let mut bytes = data.to_vec();
    if let Some(length) = u64::try_from(bytes.len()).ok().and_then(|length| length.checked_sub(120)) {
        bytes[112..120].copy_from_slice(&length.to_le_bytes());
    }
    bytes.extend_from_slice(&Sha256::digest(&bytes));
    let Ok(snapshot) = Snapshot::decode(&bytes) else { return };
    let place = snapshot.place().clone();
    let (mut engine, missing) = snapshot.into_replay().finish();
    assert!(Snapshot::encode(&engine, &place) == bytes && missing.is_empty(), "there is one form of a state");
    let now = engine.last_at().unwrap();
    let mut made = Vec::new();
    if engine.submit(Command::OpenHouse { epoch: place.epoch.saturating_add(1) }, now, &mut made).is_err() {
        return;
    }
    for lot in engine.lots().iter().map(pyauction_engine::lot::Lot::id).collect::<Vec<_>>() {
        for (bidder, amount) in [(1, 100), (2, i64::MAX), (1, 1)] {
            let bidder = BidderRef::Number(BidderNo(bidder));
            let _ = engine.bid(lot, bidder, Amount(amount), Key::NONE, now, &mut made);
        }
    }
    let _ = engine.advance_one(Timestamp(1 << 62), &mut made);
});
