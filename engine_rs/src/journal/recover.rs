//! Opening an existing journal for writing: reading it through and cutting its tail, if it is one that may be cut
//! (FORMAT.md A.4, "A cut").
//!
//! Nothing is removed before it is kept: the body of the coming RECOVERY frame and the bytes that are to go are made
//! durable under a `.torn` name, then the bytes are overwritten with zeros, then the frame is written. The file's name is
//! the place of the cut. Whatever stops the machine in between, the next opening finds a file of that name where reading
//! ends, and completes the cut from it without asking or keeping anything again.

use std::io;

use super::control::{MAX_RECOVERY_BODY, Recovery, Why};
use super::directory::{Directory, TornName, UNFINISHED_COPY};
use super::error::{BadFrame, Class, JournalError, io_error};
use super::frame::{Fields, Identity, MAX_FRAME_BYTES};
use super::log::{OpenOptions, Tail};
use super::planted::Bug;
use super::reader::{Content, Visit};
use super::scan::{Place, Scan, Step};
use super::vfs::{Access, Vfs, VfsFile, write_all_at};
use super::window::Window;

/// A journal behind whose last frame everything is zero, and the cut that its next frame must record.
pub(super) struct Recovered<F> {
    pub identity: Identity,
    pub tail: Tail<F>,
    pub recovery: Option<Recovery>,
}

/// Reads the journal through, hands every frame to `visit`, and leaves a clean tail.
pub(super) fn recover<V: Vfs, E: From<JournalError>>(
    vfs: &V,
    directory: &Directory,
    options: &OpenOptions,
    visit: &mut Visit<'_, E>,
) -> Result<Recovered<V::File>, E> {
    let mut scan = Scan::new(vfs, &directory.segments, Access::Write, options.acknowledged);
    let bad = loop {
        match scan.step()? {
            Step::Frame(info, Some(control)) => visit(&info, Content::Control(control))?,
            Step::Frame(info, None) => visit(&info, Content::Records(scan.records()?))?,
            Step::End => break None,
            Step::Bad(bad) if matches!(bad.class, Class::Torn | Class::Ambiguous) => break Some(bad),
            Step::Bad(bad) => return Err(bad.into_error().into()),
        }
    };
    Ok(repair(vfs, directory, options, scan, bad)?)
}

/// Cuts what stands behind the place where reading ended. Everything that may refuse the journal comes first.
fn repair<V: Vfs>(
    vfs: &V,
    directory: &Directory,
    options: &OpenOptions,
    mut scan: Scan<'_, V>,
    bad: Option<BadFrame>,
) -> Result<Recovered<V::File>, JournalError> {
    let unfinished = unfinished_cut(vfs, directory, &mut scan)?.map_err(BadFrame::into_error)?;
    let (identity, mut place, running) = scan.into_end()?;
    if !Bug::ReadOnce.is_planted() {
        confirm(&mut place, bad.as_ref())?;
    }
    let recovery = match (unfinished, bad) {
        (Some(recovery), _) => Some(recovery),
        (None, Some(bad)) => {
            let recovery = new_recovery(bad, running.segment_number, options)?;
            if !Bug::CutWithoutKeeping.is_planted() {
                keep(vfs, &recovery, &mut place)?;
            }
            Some(recovery)
        }
        (None, None) => None,
    };
    if recovery.is_some() && !Bug::CutWithoutZeroing.is_planted() {
        // A RECOVERY frame has the shortest length, and stands at the cut also where the file ends early.
        let room = place.offset + u64::from(identity.align.bytes());
        let written_end = place.window.written_end(place.offset)?;
        place.window.zero(place.offset, written_end.max(room))?;
    }
    Ok(Recovered { identity, tail: Tail::of(place, &running), recovery })
}

/// Reads the end of the journal once more, from the device. A read that misled once must not cost a record.
fn confirm<F: VfsFile>(place: &mut Place<F>, bad: Option<&BadFrame>) -> Result<(), JournalError> {
    place.window.settle()?;
    let written_end = place.window.written_end(place.offset)?;
    let as_before = match bad {
        None => written_end == place.offset,
        Some(bad) => {
            written_end - place.offset == bad.removed_bytes
                && place.window.hash(place.offset, written_end)? == bad.removed_hash
        }
    };
    if as_before {
        return Ok(());
    }
    let differs = io::Error::other("two readings of its end differ; look at the disk, then open the journal again");
    Err(io_error("read", &place.name.to_string())(differs))
}

/// Returns what an earlier opening, which was interrupted, kept of a cut where reading ended; or, if the file that is named
/// for this place is not what a cut leaves, the place as a bad frame.
pub(super) fn unfinished_cut<V: Vfs>(
    vfs: &V,
    directory: &Directory,
    scan: &mut Scan<'_, V>,
) -> Result<Result<Option<Recovery>, BadFrame>, JournalError> {
    let Some(torn) = scan.place.as_ref().map(torn_name).filter(|&torn| directory.keeps(torn)) else {
        return Ok(Ok(None));
    };
    if let Some(recovery) = kept(vfs, torn, scan.running.segment_number)? {
        return Ok(Ok(Some(recovery)));
    }
    let detail = format!("expected in {torn} what was cut here and is to be recorded of it, found other bytes");
    scan.bad(Class::Corrupt, detail).map(Err)
}

fn torn_name<F>(place: &Place<F>) -> TornName {
    TornName { segment: place.name, offset: place.offset }
}

/// Returns what the RECOVERY frame of a bad tail says, unless the tail must not be cut.
fn new_recovery(bad: BadFrame, segment_number: u64, options: &OpenOptions) -> Result<Recovery, JournalError> {
    let (why, operator) = match (bad.class, options.accepts(&bad.removed_hash)) {
        (Class::Torn, _) => (Why::Torn, ""),
        (Class::Ambiguous, _) if Bug::CutAmbiguous.is_planted() => (Why::Torn, ""),
        (Class::Ambiguous, Some(operator)) => (Why::Accepted, operator),
        _ => return Err(bad.into_error()),
    };
    let BadFrame { offset, removed_bytes, removed_hash, .. } = bad;
    Ok(Recovery { segment_number, offset, removed_bytes, removed_hash, why, operator: operator.to_owned() })
}

/// Keeps what the RECOVERY frame will say and the bytes that are to be removed. They have their name only when they are
/// complete and durable.
fn keep<V: Vfs>(vfs: &V, recovery: &Recovery, place: &mut Place<V::File>) -> Result<(), JournalError> {
    let copy = vfs.create(UNFINISHED_COPY).map_err(io_error("create", UNFINISHED_COPY))?;
    let body = recovery.encode();
    write_all_at(&copy, &body, 0).map_err(io_error("write", UNFINISHED_COPY))?;
    let mut copied = 0;
    while copied < recovery.removed_bytes {
        let left = usize::try_from(recovery.removed_bytes - copied).unwrap_or(usize::MAX);
        let piece = place.window.get(recovery.offset + copied, left.min(MAX_FRAME_BYTES))?;
        if piece.is_empty() {
            let shrank = io::ErrorKind::UnexpectedEof.into();
            return Err(io_error("read", &place.name.to_string())(shrank));
        }
        write_all_at(&copy, piece, body.len() as u64 + copied).map_err(io_error("write", UNFINISHED_COPY))?;
        copied += piece.len() as u64;
    }
    if !Bug::SkipSyncOfKept.is_planted() {
        copy.sync_data().map_err(io_error("sync", UNFINISHED_COPY))?;
    }
    vfs.rename(UNFINISHED_COPY, &torn_name(place).to_string()).map_err(io_error("rename", UNFINISHED_COPY))?;
    vfs.sync_dir().map_err(io_error("sync", "."))
}

/// Returns what the RECOVERY frame of an unfinished cut must say; `None` if the file of that name is not what a cut of
/// this place kept.
fn kept<V: Vfs>(vfs: &V, torn: TornName, segment_number: u64) -> Result<Option<Recovery>, JournalError> {
    let name = torn.to_string();
    let file = vfs.open(&name, Access::Read).map_err(io_error("open", &name))?;
    let mut window = Window::new(file, name)?;
    let front = window.get(0, MAX_RECOVERY_BODY)?;
    let mut fields = Fields(front);
    let Ok(recovery) = Recovery::decode(&mut fields) else { return Ok(None) };
    let (body_bytes, end) = ((front.len() - fields.0.len()) as u64, window.len());
    let is_here = (recovery.segment_number, recovery.offset) == (segment_number, torn.offset);
    let is_all = recovery.removed_bytes == end - body_bytes && recovery.removed_hash == window.hash(body_bytes, end)?;
    Ok((is_here && is_all).then_some(recovery))
}
