//! Reading a journal without writing to it and without its lock, for replay and verification.
//!
//! Of a journal that is being written to, a reader sees what it sees: a frame that is half written is reported as a bad
//! one.

use super::control::Control;
use super::directory::Directory;
use super::error::{BadFrame, Class, JournalError};
use super::frame::Records;
use super::recover::unfinished_cut;
use super::scan::{FrameInfo, Scan, Step};
use super::vfs::{Access, Vfs};

/// What a frame holds.
#[derive(Debug, Clone)]
pub enum Content<'a> {
    /// Records, in order.
    Records(Records<'a>),
    /// Anything else.
    Control(Control),
}

/// Takes the frames of a journal, in order. An error ends the reading.
pub type Visit<'a, E> = dyn FnMut(&FrameInfo, Content<'_>) -> Result<(), E> + 'a;

/// How reading ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadEnd {
    /// Every byte of the journal is accounted for.
    Clean,
    /// Up to here; nothing behind it was used.
    Bad(BadFrame),
}

/// Reads all frames in order and hands them to `visit`. `acknowledged` is the highest sequence that the caller knows to
/// have been durable, 0 for none: a journal that does not hold it is corrupt.
///
/// # Errors
/// What `visit` returns, which ends the reading; an unreadable file; a directory that is not a journal. A bad frame is not
/// an error but [`ReadEnd::Bad`], and so is one that another release wrote.
pub fn read<V: Vfs, E: From<JournalError>>(vfs: &V, acknowledged: u64, visit: &mut Visit<'_, E>) -> Result<ReadEnd, E> {
    let directory = Directory::read(vfs)?;
    directory.require_segment()?;
    let mut scan = Scan::new(vfs, &directory.segments, Access::Read, acknowledged);
    loop {
        match scan.step()? {
            Step::Frame(info, Some(control)) => visit(&info, Content::Control(control))?,
            Step::Frame(info, None) => visit(&info, Content::Records(scan.records()?))?,
            Step::End => return Ok(end(vfs, &directory, &mut scan, None)?),
            Step::Bad(bad) => return Ok(end(vfs, &directory, &mut scan, Some(bad))?),
        }
    }
}

/// Returns how reading ended. Where a cut may stand, a file that claims to keep it must do so.
fn end<V: Vfs>(
    vfs: &V,
    directory: &Directory,
    scan: &mut Scan<'_, V>,
    bad: Option<BadFrame>,
) -> Result<ReadEnd, JournalError> {
    let misfit = match &bad {
        None => unfinished_cut(vfs, directory, scan)?.err(),
        Some(bad) if matches!(bad.class, Class::Torn | Class::Ambiguous) => unfinished_cut(vfs, directory, scan)?.err(),
        Some(_) => None,
    };
    Ok(misfit.or(bad).map_or(ReadEnd::Clean, ReadEnd::Bad))
}
