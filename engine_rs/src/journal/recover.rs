//! Opening an existing journal for writing: reading it through, cutting a torn tail, and what an opening that was itself
//! interrupted left behind (FORMAT.md A.4).
//!
//! The order is: a complete copy of the tail under its `.torn` name, the cut, the RECOVERY frame. Whatever stops the
//! machine in between, the next opening finds the copy without its frame, cuts again if need be, and writes the frame.

use super::control::{Control, Recovery, Why};
use super::directory::{Directory, TornName, UNFINISHED_COPY};
use super::error::{BadFrame, Class, JournalError, io_error};
use super::frame::{Identity, MAX_FRAME_BYTES, SEGMENT_HEADER_BYTES};
use super::log::{OpenOptions, Tail};
use super::scan::{Place, Running, Scan, Step, was_ambiguous};
use super::vfs::{Access, Vfs, VfsFile, write_all_at, zero_fill};
use super::window::Window;

/// A journal that is clean up to its tail, and the cuts that its next frames must record.
pub(super) struct Recovered<F> {
    pub identity: Identity,
    pub tail: Tail<F>,
    pub recoveries: Vec<Recovery>,
}

/// How far a journal could be read.
struct Survey<F> {
    identity: Identity,
    place: Place<F>,
    running: Running,
    /// The bad frame at the end that may be cut.
    bad: Option<BadFrame>,
    /// Cuts whose copies lack their RECOVERY frame, with the segments' numbers.
    pending: Vec<(TornName, u64)>,
}

/// Reads the journal through, hands every record to `replay`, and leaves a clean tail.
pub(super) fn recover<V: Vfs, E: From<JournalError>>(
    vfs: &V,
    directory: &Directory,
    options: &OpenOptions,
    replay: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<Recovered<V::File>, E> {
    let survey = survey(vfs, directory, options, replay)?;
    Ok(repair(vfs, survey, options)?)
}

fn survey<V: Vfs, E: From<JournalError>>(
    vfs: &V,
    directory: &Directory,
    options: &OpenOptions,
    replay: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<Survey<V::File>, E> {
    let mut scan = Scan::new(vfs, &directory.segments, Access::Write, options.acknowledged);
    let mut recorded = Vec::new();
    let bad = loop {
        match scan.step()? {
            Step::Frame(_, None) => scan.records()?.try_for_each(&mut *replay)?,
            Step::Frame(_, Some(Control::Recovery(cut))) => {
                recorded.push((cut.segment_number, cut.offset));
            }
            Step::Frame(_, Some(_)) => {}
            Step::End => break None,
            Step::Bad(bad) if matches!(bad.class, Class::Torn | Class::Ambiguous) => {
                break Some(bad);
            }
            Step::Bad(bad) => return Err(bad.into_error().into()),
        }
    };
    let (Some(identity), Some(place)) = (scan.running.identity, scan.place) else {
        return Err(JournalError::NotAJournal { found: "no segment that could be read".to_owned() }.into());
    };
    let numbered = directory.torn.iter().filter_map(|&torn| Some((torn, directory.segment_number(torn.segment)?)));
    let pending = numbered.filter(|&(torn, number)| !recorded.contains(&(number, torn.offset))).collect();
    Ok(Survey { identity, place, running: scan.running, bad, pending })
}

fn repair<V: Vfs>(
    vfs: &V,
    mut survey: Survey<V::File>,
    options: &OpenOptions,
) -> Result<Recovered<V::File>, JournalError> {
    // Everything that may refuse the journal comes before anything that changes it.
    let mut recoveries = Vec::new();
    for &(torn, number) in &survey.pending {
        recoveries.push(missing_recovery(vfs, torn, number, &survey, options)?);
    }
    if let Some(bad) = survey.bad.take() {
        if !survey.is_interrupted_recovery() {
            recoveries.push(new_recovery(&bad, survey.running.segment_number, options)?);
            copy_tail(vfs, &mut survey.place, &bad)?;
        }
        cut(&mut survey.place)?;
    } else {
        refill(&mut survey.place)?;
    }
    let Survey { identity, place, running, .. } = survey;
    Ok(Recovered { identity, tail: Tail::of(place, &running), recoveries })
}

impl<F> Survey<F> {
    /// Returns whether an earlier opening cut here and stopped before its RECOVERY frame was whole. What stands behind
    /// the cut is then that opening's own, was never acknowledged, and needs neither a copy nor an operator.
    fn is_interrupted_recovery(&self) -> bool {
        let segment_is_new = self.place.offset == SEGMENT_HEADER_BYTES as u64;
        self.pending.iter().any(|&(torn, number)| {
            let cut_here = torn.segment == self.place.name && torn.offset == self.place.offset;
            cut_here || (segment_is_new && number + 1 == self.running.segment_number)
        })
    }
}

/// Returns what the RECOVERY frame of a bad tail says.
fn new_recovery(bad: &BadFrame, segment_number: u64, options: &OpenOptions) -> Result<Recovery, JournalError> {
    let operator = match (bad.class, options.accepts(&bad.removed_hash)) {
        (Class::Torn, _) => None,
        (Class::Ambiguous, Some(operator)) => Some(operator),
        _ => return Err(bad.clone().into_error()),
    };
    Ok(Recovery {
        segment_number,
        offset: bad.offset,
        removed_bytes: bad.removed_bytes,
        removed_hash: bad.removed_hash,
        why: if operator.is_some() { Why::Accepted } else { Why::Torn },
        operator: operator.unwrap_or_default().to_owned(),
    })
}

/// Returns what the RECOVERY frame of an earlier cut would have said. The copy shows whether an operator was needed.
fn missing_recovery<V: Vfs>(
    vfs: &V,
    torn: TornName,
    segment_number: u64,
    survey: &Survey<V::File>,
    options: &OpenOptions,
) -> Result<Recovery, JournalError> {
    let name = torn.to_string();
    let mut copy = Window::new(vfs.open(&name, Access::Read).map_err(io_error("open", &name))?, name)?;
    let ambiguous = was_ambiguous(copy.get(0, MAX_FRAME_BYTES)?, &survey.identity);
    let bad = BadFrame {
        class: if ambiguous { Class::Ambiguous } else { Class::Torn },
        segment: torn.segment,
        offset: torn.offset,
        next_seq: survey.running.next_seq,
        known_upto: 0,
        removed_bytes: copy.len(),
        removed_hash: copy.hash(0, copy.len())?,
        detail: format!("an earlier opening cut here and was interrupted; the bytes are in {torn}"),
    };
    new_recovery(&bad, segment_number, options)
}

/// Copies the bad tail. The copy has its name only when it is complete and durable.
fn copy_tail<V: Vfs>(vfs: &V, place: &mut Place<V::File>, bad: &BadFrame) -> Result<(), JournalError> {
    let torn = TornName { segment: bad.segment, offset: bad.offset }.to_string();
    let copy = vfs.create(UNFINISHED_COPY).map_err(io_error("create", UNFINISHED_COPY))?;
    let mut copied = 0;
    while copied < bad.removed_bytes {
        let left = usize::try_from(bad.removed_bytes - copied).unwrap_or(usize::MAX);
        let piece = place.window.get(bad.offset + copied, left.min(MAX_FRAME_BYTES))?;
        if piece.is_empty() {
            break;
        }
        write_all_at(&copy, piece, copied).map_err(io_error("write", UNFINISHED_COPY))?;
        copied += piece.len() as u64;
    }
    copy.sync_data().map_err(io_error("sync", UNFINISHED_COPY))?;
    vfs.rename(UNFINISHED_COPY, &torn).map_err(io_error("rename", UNFINISHED_COPY))?;
    vfs.sync_dir().map_err(io_error("sync", "."))
}

/// Removes everything behind the last whole frame and fills the segment with zeros again.
fn cut<F: VfsFile>(place: &mut Place<F>) -> Result<(), JournalError> {
    let name = place.name.to_string();
    place.window.set_len(place.offset).map_err(io_error("cut", &name))?;
    refill(place)
}

/// Gives a segment that is shorter than it was made its length again.
fn refill<F: VfsFile>(place: &mut Place<F>) -> Result<(), JournalError> {
    let name = place.name.to_string();
    let (file, len) = (place.window.file(), place.window.len());
    if len < place.segment_bytes {
        zero_fill(file, len, place.segment_bytes).map_err(io_error("fill", &name))?;
    }
    file.sync_data().map_err(io_error("sync", &name))
}
