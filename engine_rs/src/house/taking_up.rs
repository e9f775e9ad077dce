//! Taking up a journal: every record is replayed, and every state that it states is compared with the engine's.
//!
//! With a snapshot only the records behind it are replayed. The frames are read from the first one all the same, and one of
//! them must bind the snapshot; otherwise everything is replayed, as without it.

use thiserror::Error;

use crate::journal::planted::Bug;
use crate::journal::{
    BadFrame, Class, Content, Control, FrameInfo, JournalError, Log, OpenOptions, ReadEnd, read, read_snapshot, seq_of,
    vfs::Vfs,
};
use crate::replay::{Replay, ReplayMismatch};
use crate::snapshot::{Agreement, Place, Snapshot};

/// Why a journal cannot be taken up.
#[derive(Debug, Error)]
pub enum ReopenError {
    /// The journal's bytes are not acceptable.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The records do not follow from each other.
    #[error(transparent)]
    Mismatch(#[from] ReplayMismatch),
    /// The snapshot is not one of this journal: it is to be taken up without.
    #[error("the snapshot is not one of this journal")]
    Snapshot,
}

/// A journal that is read, frame by frame.
#[derive(Debug, Default)]
pub struct TakingUp {
    replay: Replay,
    /// Of a snapshot that `replay` began behind and that no frame has bound yet.
    unbound: Option<Place>,
    /// The last record that is not replayed.
    behind: u64,
    /// What the records before the snapshot say of it.
    agreement: Agreement,
}

impl TakingUp {
    /// Returns what begins behind a snapshot.
    #[must_use]
    pub fn behind(snapshot: Snapshot) -> Self {
        let place = snapshot.place();
        let unbound = Some(place.clone()).filter(|_| !Bug::UseAnySnapshot.is_planted());
        Self { behind: place.seq.0, unbound, agreement: Agreement::default(), replay: snapshot.into_replay() }
    }

    /// Takes the next frame.
    ///
    /// # Errors
    /// [`ReopenError::Mismatch`] where the engine decides or ends up with something else, [`ReopenError::Snapshot`] where
    /// the journal is not the snapshot's.
    pub fn take(&mut self, frame: &FrameInfo, content: Content<'_>) -> Result<(), ReopenError> {
        match content {
            Content::Records(records) => {
                for record in records {
                    if seq_of(record).is_some_and(|seq| seq <= self.behind) {
                        self.pass(record)?;
                    } else if self.unbound.is_some() {
                        return Err(ReopenError::Snapshot);
                    } else {
                        self.replay.feed(record, Some(frame.epoch))?;
                    }
                }
                Ok(())
            }
            Content::Control(Control::State { seq, state_hash }) => {
                if self
                    .unbound
                    .as_ref()
                    .is_some_and(|place| (place.seq.0, place.state_hash, place.chain) == (seq, state_hash, frame.chain))
                {
                    self.unbound = None;
                }
                if seq < self.behind || self.unbound.is_some() {
                    return Ok(());
                }
                Ok(self.replay.check_state(&state_hash)?)
            }
            Content::Control(Control::Header(header)) => match &self.unbound {
                Some(place) if place.journal_id != header.identity.journal_id => Err(ReopenError::Snapshot),
                _ => Ok(()),
            },
            Content::Control(_) => Ok(()),
        }
    }

    /// Passes a record before the snapshot, which must say what the record does.
    fn pass(&mut self, record: &[u8]) -> Result<(), ReopenError> {
        let engine = self.replay.engine();
        let agrees = self.agreement.see(engine, record) || Bug::UseAnySnapshot.is_planted();
        let is_last = seq_of(record) == Some(self.behind);
        if !agrees || is_last && !self.agreement.is_complete(engine, self.replay.epoch().unwrap_or(0)) {
            return Err(ReopenError::Snapshot);
        }
        Ok(())
    }

    /// Returns the engine after the last record.
    ///
    /// # Errors
    /// [`ReopenError::Snapshot`] where no frame bound the snapshot.
    pub fn replayed(self) -> Result<Replay, ReopenError> {
        if self.unbound.is_some() { Err(ReopenError::Snapshot) } else { Ok(self.replay) }
    }
}

/// Opens a journal for writing and takes it up, with `snapshots` behind the one beside it, if that fits.
///
/// # Errors
/// [`ReopenError::Journal`], also where the journal ends before a snapshot of it; [`ReopenError::Mismatch`]. Nothing was
/// changed then, but that an epoch was begun where the frame which binds the snapshot is gone.
pub fn take_up<V: Vfs + Clone>(
    vfs: &V,
    options: &OpenOptions,
    snapshots: bool,
) -> Result<(Log<V>, Replay), ReopenError> {
    let kept = if snapshots { read_snapshot(vfs) } else { None };
    if let Some(snapshot) = kept.and_then(|bytes| Snapshot::decode(&bytes).ok()) {
        match take_up_behind(vfs, options, snapshot) {
            // A record that does not follow from it may follow from the records before it.
            Err(ReopenError::Snapshot | ReopenError::Mismatch(_)) => {}
            taken => return taken,
        }
    }
    let mut taken = TakingUp::default();
    let log = Log::open(vfs.clone(), options, &mut |frame, content| taken.take(frame, content))?;
    Ok((log, taken.replayed()?))
}

fn take_up_behind<V: Vfs + Clone>(
    vfs: &V,
    options: &OpenOptions,
    snapshot: Snapshot,
) -> Result<(Log<V>, Replay), ReopenError> {
    // The records up to the snapshot were durable when it was kept.
    let (told, kept) = (options.acknowledged, snapshot.place().seq.0);
    let options = OpenOptions { acknowledged: told.max(kept), ..options.clone() };
    let mut taken = TakingUp::behind(snapshot);
    let opened = Log::open(vfs.clone(), &options, &mut |frame, content| taken.take(frame, content));
    let log = opened.map_err(|error| match error {
        ReopenError::Journal(JournalError::Corrupt(bad)) if is_only_witnessed(vfs, told) => witnessed(bad, kept),
        other => other,
    })?;
    if let Ok(replay) = taken.replayed() {
        return Ok((log, replay));
    }
    // The frame that binds the snapshot is gone and all records are there. The journal is open; nobody else changes it.
    let mut taken = TakingUp::default();
    match read(vfs, options.acknowledged, &mut |frame, content| taken.take(frame, content))? {
        ReadEnd::Clean => Ok((log, taken.replayed()?)),
        ReadEnd::Bad(bad) => Err(bad.into_error().into()),
    }
}

/// Returns whether a journal is not corrupt but for what a snapshot of it proves.
fn is_only_witnessed(vfs: &impl Vfs, told: u64) -> bool {
    let end = read(vfs, told, &mut |_, _| Ok::<_, JournalError>(()));
    match end {
        Ok(ReadEnd::Clean) => true,
        Ok(ReadEnd::Bad(bad)) => matches!(bad.class, Class::Torn | Class::Ambiguous),
        Err(_) => false,
    }
}

/// Names the snapshot where it is what proves that records are lost.
fn witnessed(mut bad: BadFrame, kept: u64) -> ReopenError {
    let proof = format!(
        "state.snapshot shows that record {kept} was durable. Restore the journal from a copy; whoever accepts the loss moves \
         state.snapshot away and opens the journal again"
    );
    bad.detail = format!("{}; {proof}", bad.detail);
    JournalError::Corrupt(bad).into()
}

/// Returns the last record that a journal must hold because a snapshot of it does, if there is one.
pub fn witness(vfs: &impl Vfs) -> Option<u64> {
    let snapshot = Snapshot::decode(&read_snapshot(vfs)?).ok()?;
    let mut journal_id = None;
    // The first frame states it; what comes after does not matter here.
    let _: Result<ReadEnd, JournalError> = read(vfs, 0, &mut |_, content| {
        if let Content::Control(Control::Header(header)) = content {
            journal_id = Some(header.identity.journal_id);
        }
        Err(JournalError::Failed)
    });
    (journal_id == Some(snapshot.place().journal_id)).then_some(snapshot.place().seq.0)
}
