//! A house: one engine, its journal and its vault, shared by threads.
//!
//! What is always true: a record leaves the house (a published quote, the durable mark, the feed) only after its batch is
//! on stable storage; whoever commits takes everything that is queued; after the first failure of the journal nothing is
//! ever acknowledged again. Two locks, always waited for in this order and never held while the other side waits for a
//! caller: the committer, then the desk. The others (mark, feed, chain, times) guard one value each, and nothing else is
//! waited for under them. The clock is the caller's. A process forked from the one that opened the house waits for no lock,
//! since a thread that it does not have may hold it.

mod committer;
mod custody;
mod feed;
mod sealed_bids;
mod taking_up;

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thiserror::Error;

use crate::command::{BidderRef, Command, Fault};
use crate::decision::{Decision, Quote};
use crate::engine::{Engine, Sink};
use crate::ids::{BidderNo, LotId, Seq};
use crate::journal::planted::Bug;
use crate::journal::{Hash, JournalError, Store};
use crate::record::{Body, Key, LotTerms, Record};
use crate::replay::Replay;
use crate::reserve::Vault;
use crate::snapshot::{Place, Snapshot};
use crate::time::Timestamp;
use crate::{amount::Amount, lot::State};
use committer::Committer;
pub use custody::{CustodyError, Keepers};
use feed::Feed;
pub use feed::Kept;
pub use sealed_bids::holds_amounts;
pub use taking_up::{ReopenError, TakingUp, take_up, witness};

/// Why a house did not answer with a decision.
#[derive(Debug, Error)]
pub enum HouseError {
    /// The caller misused the house; nothing changed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The journal failed while this decision was waiting for it. It is on stable storage or it is not: reopening tells.
    #[error(
        "the journal failed before sequence {seq} was known durable: {cause}. Its outcome is unknown; reopen to learn it"
    )]
    OutcomeUnknown {
        /// The decision's sequence.
        seq: Seq,
        /// What failed.
        cause: String,
    },
    /// The house stopped earlier.
    #[error("the house has stopped: {0}. Close it and open its journal again")]
    Halted(String),
    /// The journal's disk is almost full. The bid was not sequenced; what ends a sale still fits, and repeats of keyed bids
    /// are answered.
    #[error(
        "the journal's disk is almost full: no more bids are taken, so that what ends the sales still fits. Make room, or \
         suspend the lots"
    )]
    LogSpaceLow,
    /// A store of somebody else called the house that waits for it.
    #[error("a journal's store called the house that waits for it; it must not")]
    Reentered,
    /// This process was forked from the one that opened the house.
    #[error(
        "this process was forked from the one that opened the house, and two that write one journal overwrite each \
         other's records. Open a house after the fork"
    )]
    Forked,
}

/// How much of the sequence is durable, for all who wait for it.
#[derive(Debug, Default)]
pub struct DurableMark {
    seq: AtomicU64,
    changed: Condvar,
    gate: Mutex<()>,
}

impl DurableMark {
    /// Returns the last durable sequence.
    #[must_use]
    pub fn get(&self) -> Seq {
        Seq(self.seq.load(Ordering::Acquire))
    }

    /// Waits until something after `seq` is durable, or for `patience`. Returns the mark.
    #[must_use]
    pub fn wait_beyond(&self, seq: Seq, patience: Duration) -> Seq {
        let gate = lock(&self.gate);
        if self.get() > seq {
            return self.get();
        }
        let waited = self.changed.wait_timeout(gate, patience);
        drop(waited);
        self.get()
    }

    /// Wakes everybody who waits, whether or not the mark moved.
    pub fn wake(&self) {
        drop(lock(&self.gate));
        self.changed.notify_all();
    }

    fn set(&self, seq: Seq) {
        self.seq.store(seq.0, Ordering::Release);
    }
}

/// Records that wait for their commit, as a journal takes them: each with its length before it.
#[derive(Debug, Default)]
struct Batch {
    bytes: Vec<u8>,
    first: u64,
    count: u32,
    touched: Vec<LotId>,
    closed: VecDeque<LotId>,
    journaled: bool,
}

impl Sink for Batch {
    fn record(&mut self, record: &Record) {
        if let Body::LotClosed(_) | Body::LotteryDrawn { .. } = record.body {
            self.closed.push_back(record.head.lot);
        }
        if !self.journaled {
            return;
        }
        if self.count == 0 {
            self.first = record.head.seq.0;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        record.encode(&mut self.bytes);
        let length = u32::try_from(self.bytes.len().saturating_sub(start).saturating_sub(4)).unwrap_or(u32::MAX);
        if let Some(field) = self.bytes.get_mut(start..).and_then(|bytes| bytes.first_chunk_mut()) {
            *field = length.to_le_bytes();
        }
        self.count = self.count.saturating_add(1);
        if self.touched.last() != Some(&record.head.lot) && record.head.lot.0 != 0 {
            self.touched.push(record.head.lot);
        }
    }
}

/// What one thread works on at a time.
struct Desk {
    engine: Engine,
    batch: Batch,
    /// A buffer that the last commit gave back.
    spare: Vec<u8>,
    /// Quotes as of the durable mark, by lot number from 1.
    published: Vec<Quote>,
    vault: Vault,
    halted: Option<String>,
    /// The house is closing: nothing more is decided, what was decided is still committed.
    closing: bool,
}

/// An auction house.
pub struct House {
    desk: Mutex<Desk>,
    store: Mutex<Option<Box<dyn Store>>>,
    feed: Mutex<Feed>,
    mark: Arc<DurableMark>,
    /// The last durable sequence and the chain value after it.
    chain: Mutex<(Seq, Hash)>,
    /// The durable mark when the house was last seen to move, and that time.
    moved: Mutex<(Seq, Timestamp)>,
    committer: Committer,
    /// Held by whoever closes the house, so that a second one waits for the first.
    closer: Mutex<()>,
    forked: AtomicBool,
    /// The journal has room for what ends sales, and for no more.
    space_low: AtomicBool,
    journaled: bool,
    snapshots: bool,
}

/// What a house needs to begin.
pub struct Opening {
    /// The journal, opened; none for trials that keep nothing.
    pub store: Option<Box<dyn Store>>,
    /// The records that the journal held, replayed.
    pub replay: Replay,
    /// The time of opening.
    pub now: Timestamp,
    /// How many durable records are kept for observers.
    pub feed_limit: usize,
    /// Whether a snapshot is kept beside the journal.
    pub snapshots: bool,
}

impl House {
    /// Opens a house: what the journal holds was replayed, HouseOpened is recorded and durable.
    ///
    /// # Errors
    /// [`HouseError`] where the journal fails.
    pub fn open(opening: Opening) -> Result<Self, HouseError> {
        let Opening { store, replay, now, feed_limit, snapshots } = opening;
        let (engine, interrupted) = replay.finish();
        let epoch = store.as_ref().map_or(1, |store| store.epoch());
        let journaled = store.is_some();
        let durable = store.as_ref().map_or(0, |store| store.next_seq().saturating_sub(1));
        let chain = store.as_ref().map_or([0; 32], |store| store.chain());
        let mark = Arc::new(DurableMark::default());
        mark.set(Seq(durable));
        let published = engine.lots().iter().map(crate::lot::Lot::quote).collect();
        let mut batch = Batch { journaled, ..Batch::default() };
        for record in &interrupted {
            batch.record(record);
        }
        batch.closed =
            engine.lots().iter().filter(|lot| needs_follow_up(lot.state())).map(crate::lot::Lot::id).collect();
        let house = Self {
            desk: Mutex::new(Desk {
                engine,
                batch,
                spare: Vec::new(),
                published,
                vault: Vault::new(),
                halted: None,
                closing: false,
            }),
            store: Mutex::new(store),
            feed: Mutex::new(Feed::new(durable, feed_limit)),
            mark,
            chain: Mutex::new((Seq(durable), chain)),
            moved: Mutex::new((Seq(0), now)),
            committer: Committer::default(),
            closer: Mutex::new(()),
            forked: AtomicBool::new(false),
            space_low: AtomicBool::new(false),
            journaled,
            snapshots,
        };
        let decision = house.submit(Command::OpenHouse { epoch }, Some(now))?;
        house.commit(decision.seq())?;
        if durable > 0 {
            house.keep_snapshot_of_opening()?;
        }
        Ok(house)
    }

    /// Returns the durable mark, which outlives the house.
    #[must_use]
    pub fn mark(&self) -> &Arc<DurableMark> {
        &self.mark
    }

    /// Decides a command; without `now` at the stamp of the last record, as what follows a close is.
    ///
    /// # Errors
    /// [`HouseError::Fault`] for a misuse, [`HouseError::Halted`] after a failure.
    pub fn submit(&self, command: Command<'_>, now: Option<Timestamp>) -> Result<Decision, HouseError> {
        self.at_desk(|desk| {
            let now = now.or(desk.engine.last_at()).unwrap_or(Timestamp(0));
            let decision = desk.engine.submit(command, now, &mut desk.batch)?;
            desk.let_go(&decision);
            Ok(decision)
        })
    }

    /// Refuses a command that would be a misuse, before anything is sequenced or a deadline handled for its sake.
    ///
    /// # Errors
    /// As [`House::submit`].
    pub fn check(&self, command: &Command<'_>, now: Timestamp) -> Result<(), HouseError> {
        let desk = self.desk()?;
        desk.check_open()?;
        Ok(desk.engine.check(command, now)?)
    }

    /// Opens a lot; without `opens_at` at the stamp of its own record, whatever other threads recorded meanwhile.
    ///
    /// # Errors
    /// As [`House::submit`].
    pub fn open_lot(
        &self,
        mut terms: LotTerms,
        opens_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Decision, HouseError> {
        self.at_desk(|desk| {
            terms.opens_at = opens_at.unwrap_or_else(|| desk.engine.stamp(now));
            Ok(desk.engine.submit(Command::OpenLot(Box::new(terms)), now, &mut desk.batch)?)
        })
    }

    /// Refuses what [`House::open_lot`] would refuse as a misuse.
    ///
    /// # Errors
    /// As [`House::submit`].
    pub fn check_lot(
        &self,
        mut terms: LotTerms,
        opens_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), HouseError> {
        let desk = self.desk()?;
        desk.check_open()?;
        terms.opens_at = opens_at.unwrap_or_else(|| desk.engine.stamp(now));
        Ok(desk.engine.check(&Command::OpenLot(Box::new(terms)), now)?)
    }

    /// Refuses if the house has stopped.
    ///
    /// # Errors
    /// [`HouseError::Halted`], [`HouseError::Forked`].
    pub fn check_running(&self) -> Result<(), HouseError> {
        self.desk()?.check_open()
    }

    /// Decides a bid whose lot and bidder `resolve` finds in the engine.
    ///
    /// Returns `None` if a deadline is due first or a lot waits for what follows its close: the caller runs
    /// [`House::advance_one`] and what follows it, then asks again. A misuse is refused before that.
    ///
    /// # Errors
    /// As [`House::submit`]; also what `resolve` returns.
    pub fn bid<'a, E: From<HouseError>>(
        &self,
        now: Timestamp,
        amount: Amount,
        key: Key,
        resolve: impl FnOnce(&Engine) -> Result<(LotId, BidderRef<'a>), E>,
    ) -> Result<Option<Decision>, E> {
        // It may ask the disk, which the desk must not wait for.
        let space_is_low = self.space_is_low();
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        desk.check_open()?;
        let (lot, bidder) = resolve(&desk.engine)?;
        if space_is_low && !desk.engine.repeats(lot, &bidder, amount, key) {
            return Err(HouseError::LogSpaceLow.into());
        }
        if desk.engine.is_due(now) || !desk.batch.closed.is_empty() {
            let bid = Command::PlaceBid { lot, bidder, amount, key };
            desk.engine.check(&bid, now).map_err(HouseError::Fault)?;
            return Ok(None);
        }
        let decision = desk.engine.bid(lot, bidder, amount, key, now, &mut desk.batch);
        let decision = decision.map_err(HouseError::Fault)?;
        self.note(desk);
        Ok(Some(decision))
    }

    /// Decides bids of one lot, all at `now`, until there are no more or a deadline is due first.
    ///
    /// # Errors
    /// As [`House::submit`]; bids before the failing one are decided.
    pub fn bid_run<'a>(
        &self,
        now: Timestamp,
        lot: LotId,
        bids: &mut impl Iterator<Item = (&'a u32, &'a i64)>,
        mut decided: impl FnMut(&Decision),
    ) -> Result<(), HouseError> {
        if self.space_is_low() {
            return Err(HouseError::LogSpaceLow);
        }
        self.at_desk(|desk| {
            while !desk.engine.is_due(now) {
                let Some((bidder, amount)) = bids.next() else { break };
                let bidder = BidderRef::Number(BidderNo(*bidder));
                let (amount, batch) = (Amount(*amount), &mut desk.batch);
                decided(&desk.engine.bid(lot, bidder, amount, Key::NONE, now, batch)?);
            }
            Ok(())
        })
    }

    /// Handles the earliest deadline if it is at or before `now`.
    ///
    /// # Errors
    /// As [`House::submit`].
    pub fn advance_one(&self, now: Timestamp) -> Result<Option<Decision>, HouseError> {
        self.at_desk(|desk| Ok(desk.engine.advance_one(now, &mut desk.batch)?))
    }

    /// Takes the next lot whose bidding ended and that needs what follows a close.
    pub fn take_closed(&self) -> Option<LotId> {
        self.desk().ok()?.batch.closed.pop_front()
    }

    /// Gives a lot back whose follow-up was interrupted.
    pub fn put_back(&self, lot: LotId) {
        if let Ok(mut desk) = self.desk() {
            desk.batch.closed.push_front(lot);
        }
    }

    /// Reads the state that decisions are made on. For callers that act for the house itself: what anybody else sees is
    /// [`House::quote`].
    ///
    /// # Errors
    /// [`HouseError::Forked`].
    pub fn read<T>(&self, read: impl FnOnce(&mut Engine, &mut Vault) -> T) -> Result<T, HouseError> {
        let mut desk = self.desk()?;
        let desk = &mut *desk;
        Ok(read(&mut desk.engine, &mut desk.vault))
    }

    /// Returns a lot's quote as of the durable mark.
    ///
    /// # Errors
    /// [`HouseError::Forked`].
    pub fn quote(&self, lot: LotId) -> Result<Option<Quote>, HouseError> {
        let desk = self.desk()?;
        if !self.journaled {
            return Ok(desk.engine.lot(lot).map(crate::lot::Lot::quote));
        }
        let index = usize::try_from(lot.0).ok().and_then(|number| number.checked_sub(1));
        Ok(index.and_then(|index| desk.published.get(index).copied()))
    }

    /// Returns once `seq` is on stable storage.
    ///
    /// # Errors
    /// [`HouseError::OutcomeUnknown`] where the journal fails first.
    pub fn commit(&self, seq: Seq) -> Result<(), HouseError> {
        if self.mark.get() >= seq {
            return Ok(());
        }
        let mut store = self.store()?;
        if self.mark.get() >= seq {
            return Ok(());
        }
        let unknown = |cause: String| HouseError::OutcomeUnknown { seq, cause };
        let Some(journal) = store.as_mut() else { return Err(unknown("the house is closed".to_owned())) };
        let (state, (bytes, first, count, quotes)) = {
            let mut desk = lock(&self.desk);
            if let Some(cause) = &desk.halted {
                return Err(unknown(cause.clone()));
            }
            let new_segment = journal.begins_segment(desk.batch.bytes.len());
            (new_segment.then(|| desk.engine.state_hash()), desk.take_batch())
        };
        if Bug::AcknowledgeEarly.is_planted() {
            self.mark.set(seq);
        }
        if let Err(error) = in_store(|| journal.append(&bytes, first, count)) {
            self.halt(&error);
            return Err(unknown(error.to_string()));
        }
        let last = first.saturating_add(u64::from(count)).saturating_sub(1);
        *lock(&self.chain) = (Seq(last), journal.chain());
        self.publish(bytes, count, quotes, Seq(last));
        self.look_at_room(journal.as_ref());
        // A replay that goes astray is located between two of these. The records are durable, whatever becomes of it.
        if let Some(Err(error)) = state.map(|hash| in_store(|| journal.state(last, hash))) {
            self.halt(&error);
        }
        Ok(())
    }

    /// Commits everything decided so far and returns the durable mark.
    ///
    /// # Errors
    /// As [`House::commit`].
    pub fn flush(&self) -> Result<Seq, HouseError> {
        if !self.journaled {
            return Ok(self.mark.get());
        }
        let last = self.desk()?.engine.last_seq();
        self.commit(last)?;
        Ok(self.mark.get())
    }

    /// Returns the last durable sequence and the chain value after it, which pins every record up to it; `None` for a house
    /// without a journal.
    ///
    /// # Errors
    /// [`HouseError::Forked`].
    pub fn chain(&self) -> Result<Option<(Seq, Hash)>, HouseError> {
        if self.is_forked() {
            return Err(HouseError::Forked);
        }
        Ok(self.journaled.then(|| *lock(&self.chain)))
    }

    /// Returns durable records after `seq`, at most `limit`, or the range that is no longer kept.
    ///
    /// # Errors
    /// The first and last sequence that have to be read from the journal instead.
    pub fn records(&self, after: Seq, limit: usize) -> Result<Kept, (Seq, Seq)> {
        if self.is_forked() {
            return Ok(Kept::default());
        }
        lock(&self.feed).after(after, limit)
    }

    /// Gives the journal time, at `now`, for a little of what it can do ahead, and seals it once nothing was committed for a
    /// while. Returns whether there is more to do ahead.
    pub fn idle(&self, now: Timestamp) -> bool {
        let Ok(mut store) = self.store() else { return false };
        let Some(journal) = store.as_mut() else { return false };
        let rests = self.rests_since(now) >= SEALED_AFTER_NS;
        let acted = in_store(|| {
            let more = journal.prepare(now)?;
            self.look_at_room(journal.as_ref());
            if rests {
                journal.seal()?;
            }
            Ok::<bool, JournalError>(more)
        });
        acted.unwrap_or_else(|error| {
            self.halt(&error);
            false
        })
    }

    /// Returns for how long the durable mark has not moved, in nanoseconds, as far as this was looked at.
    fn rests_since(&self, now: Timestamp) -> i64 {
        let mut moved = lock(&self.moved);
        let mark = self.mark.get();
        if moved.0 != mark {
            *moved = (mark, now);
        }
        now.since(moved.1)
    }

    /// Commits what is left, writes the state's hash and the seal, and lets the journal go. A second close waits for the
    /// first and does nothing.
    ///
    /// # Errors
    /// As [`House::commit`].
    pub fn close(&self) -> Result<(), HouseError> {
        if self.is_forked() {
            // The journal is the parent's.
            return Ok(());
        }
        if IN_STORE.get() {
            return Err(HouseError::Reentered);
        }
        let _closer = lock(&self.closer);
        // From here on nothing is decided, so that the state which is sealed is the last one.
        let (sound, seq, hash) = {
            let mut desk = lock(&self.desk);
            if std::mem::replace(&mut desk.closing, true) {
                return Ok(());
            }
            desk.let_all_go();
            (desk.halted.is_none(), desk.engine.last_seq(), desk.engine.state_hash())
        };
        let flushed = if sound && self.journaled { self.commit(seq) } else { Ok(()) };
        self.committer.end();
        let journal = lock(&self.store).take();
        let halted = lock(&self.desk).halted.is_some();
        match journal {
            // A house that stopped before has said so to whoever was concerned; its journal ends where it failed.
            Some(journal) if sound && !halted => in_store(|| self.end(journal, seq, hash))
                .map_err(|error| HouseError::OutcomeUnknown { seq, cause: error.to_string() }),
            Some(journal) => {
                in_store(|| journal.abandon());
                flushed
            }
            None => flushed,
        }
    }

    /// States the last state, keeps the snapshot of it, seals the journal and lets it go.
    fn end(&self, mut journal: Box<dyn Store>, seq: Seq, state_hash: Hash) -> Result<(), JournalError> {
        self.state_and_keep(journal.as_mut(), seq, state_hash)?;
        journal.close()
    }

    /// Keeps what replaying the journal gave, so that a house that does not come to its close need not replay it again.
    fn keep_snapshot_of_opening(&self) -> Result<(), HouseError> {
        let mut store = self.store()?;
        let Some(journal) = store.as_mut().filter(|_| self.snapshots) else { return Ok(()) };
        let (seq, state_hash) = {
            let desk = lock(&self.desk);
            (desk.engine.last_seq(), desk.engine.state_hash())
        };
        in_store(|| self.state_and_keep(journal.as_mut(), seq, state_hash))
            .map_err(|error| HouseError::OutcomeUnknown { seq, cause: error.to_string() })
    }

    /// States the state after the last record, `seq`, and keeps the snapshot that is bound to that statement.
    fn state_and_keep(&self, journal: &mut dyn Store, seq: Seq, state_hash: Hash) -> Result<(), JournalError> {
        journal.state(seq.0, state_hash)?;
        if self.snapshots {
            let (journal_id, epoch, chain) = (journal.journal_id(), journal.epoch(), journal.chain());
            let place = Place { journal_id, epoch, seq, state_hash, chain };
            let snapshot = Snapshot::encode(&lock(&self.desk).engine, &place);
            // It is a cache: without it the next opening replays everything.
            journal.keep_snapshot(&snapshot).ok();
            self.look_at_room(journal);
        }
        Ok(())
    }

    /// Gives the house up in a process that was forked from the one that opened it. Waits for no lock; that of the journal is
    /// left with [`leave_locks`](crate::journal::vfs::real::leave_locks).
    pub fn abandon(&self) {
        self.forked.store(true, Ordering::Relaxed);
    }

    /// Returns whether this process was forked from the one that opened the house.
    #[must_use]
    pub fn is_forked(&self) -> bool {
        self.forked.load(Ordering::Relaxed)
    }

    /// Waits until something after `seq` is durable, or for `patience`; in a forked process not at all.
    #[must_use]
    pub fn wait_beyond(&self, seq: Seq, patience: Duration) -> Seq {
        if self.is_forked() { self.mark.get() } else { self.mark.wait_beyond(seq, patience) }
    }

    /// Wakes everybody who waits for the durable mark.
    pub fn wake(&self) {
        if !self.is_forked() {
            self.mark.wake();
        }
    }

    /// Returns whether the journal has room for what ends sales, and for no more.
    fn space_is_low(&self) -> bool {
        if !self.space_low.load(Ordering::Relaxed) {
            return false;
        }
        // Somebody may have made room. Whoever commits will look anyway, and is not waited for.
        if let Ok(store) = self.store.try_lock()
            && let Some(journal) = store.as_ref()
        {
            self.look_at_room(journal.as_ref());
        }
        self.space_low.load(Ordering::Relaxed)
    }

    fn look_at_room(&self, journal: &dyn Store) {
        self.space_low.store(!journal.has_room(), Ordering::Relaxed);
    }

    fn desk(&self) -> Result<MutexGuard<'_, Desk>, HouseError> {
        if self.is_forked() { Err(HouseError::Forked) } else { Ok(lock(&self.desk)) }
    }

    fn store(&self) -> Result<MutexGuard<'_, Option<Box<dyn Store>>>, HouseError> {
        if self.is_forked() {
            return Err(HouseError::Forked);
        }
        if IN_STORE.get() {
            return Err(HouseError::Reentered);
        }
        Ok(lock(&self.store))
    }

    fn at_desk<T>(&self, act: impl FnOnce(&mut Desk) -> Result<T, HouseError>) -> Result<T, HouseError> {
        let mut desk = self.desk()?;
        desk.check_open()?;
        let result = act(&mut desk);
        self.note(&desk);
        result
    }

    /// Without a journal a decision is as durable as it will ever be. Under the desk's lock nobody else raises the mark.
    fn note(&self, desk: &Desk) {
        if self.journaled {
            self.committer.wake();
        } else {
            self.mark.set(desk.engine.last_seq());
        }
    }

    fn has_uncommitted(&self) -> Result<bool, HouseError> {
        Ok(self.mark.get() < self.desk()?.engine.last_seq())
    }

    /// Stops the house for good.
    pub fn halt(&self, cause: &dyn std::fmt::Display) {
        let cause = cause.to_string();
        let Ok(mut desk) = self.desk() else { return };
        desk.halted.get_or_insert(cause);
        desk.let_all_go();
        drop(desk);
        self.committer.end();
        self.mark.wake();
    }

    /// Returns why the house stopped, if it did.
    #[must_use]
    pub fn halted(&self) -> Option<String> {
        let desk = match self.desk() {
            Ok(desk) => desk,
            Err(forked) => return Some(forked.to_string()),
        };
        desk.halted.clone().or_else(|| desk.closing.then(|| "it was closed".to_owned()))
    }

    /// Tells everybody what is durable: whoever is told of a record finds its quote and its mark.
    fn publish(&self, bytes: Vec<u8>, count: u32, quotes: Vec<(LotId, Quote)>, last: Seq) {
        {
            let mut desk = lock(&self.desk);
            for (lot, quote) in quotes {
                desk.publish(lot, quote);
            }
        }
        self.mark.set(last);
        lock(&self.feed).take(&bytes, u64::from(count));
        self.mark.wake();
        lock(&self.desk).spare = bytes;
    }
}

impl Desk {
    fn check_open(&self) -> Result<(), HouseError> {
        match &self.halted {
            Some(cause) => Err(HouseError::Halted(cause.clone())),
            None if self.closing => Err(HouseError::Halted("it was closed".to_owned())),
            None => Ok(()),
        }
    }

    fn take_batch(&mut self) -> (Vec<u8>, u64, u32, Vec<(LotId, Quote)>) {
        let mut empty = std::mem::take(&mut self.spare);
        empty.clear();
        let bytes = std::mem::replace(&mut self.batch.bytes, empty);
        let count = std::mem::take(&mut self.batch.count);
        let engine = &self.engine;
        let quotes = self.batch.touched.drain(..).filter_map(|id| Some((id, engine.lot(id)?.quote()))).collect();
        (bytes, self.batch.first, count, quotes)
    }

    fn publish(&mut self, lot: LotId, quote: Quote) {
        let Some(index) = usize::try_from(lot.0).ok().and_then(|number| number.checked_sub(1)) else { return };
        if self.published.len() <= index {
            self.published.resize(index.saturating_add(1), Quote::NONE);
        }
        if let Some(published) = self.published.get_mut(index) {
            *published = quote;
        }
    }
}

thread_local! {
    /// Whether this thread is asking a store for something. The store may be anybody's code.
    static IN_STORE: Cell<bool> = const { Cell::new(false) };
}

/// Asks a store, which must not ask back.
fn in_store<T>(ask: impl FnOnce() -> T) -> T {
    struct Left;
    impl Drop for Left {
        fn drop(&mut self) {
            IN_STORE.set(false);
        }
    }
    let _left = Left;
    IN_STORE.set(true);
    ask()
}

/// How long nothing is committed before the journal is sealed: until then its last frame has no proof behind it.
const SEALED_AFTER_NS: i64 = 100_000_000;

/// Returns whether a reopened house has to take up a lot where the last one stopped.
const fn needs_follow_up(state: State) -> bool {
    matches!(state, State::AwaitingReserve | State::Closed)
}

/// A panic in a thread that held a lock stopped that thread before it changed anything halfway: the engine's changes are
/// made after its decisions, and a caught panic halts the house.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
