//! The file that keeps a snapshot beside a journal (FORMAT.md A.8). What it holds is not the journal's business.

use super::directory::{SNAPSHOT, UNFINISHED_SNAPSHOT};
use super::error::{JournalError, io_error};
use super::planted::Bug;
use super::vfs::{Access, Vfs, VfsFile, read_full_at, write_all_at};

/// A longer snapshot is neither written nor read.
const MAX_SNAPSHOT_BYTES: usize = 1 << 30;

/// Returns what is kept, if it can be read.
pub fn read_snapshot(vfs: &impl Vfs) -> Option<Vec<u8>> {
    // What is none would keep whoever reads it waiting.
    vfs.is_regular(SNAPSHOT).ok().filter(|is_regular| *is_regular)?;
    let file = vfs.open(SNAPSHOT, Access::Read).ok()?;
    let size = usize::try_from(file.size().ok()?).ok().filter(|size| *size <= MAX_SNAPSHOT_BYTES)?;
    let mut bytes = vec![0; size];
    let read = read_full_at(&file, &mut bytes, 0).ok()?;
    (read == size).then_some(bytes)
}

/// Keeps a snapshot in place of the last one. Whatever stops the machine, there is one of them or the other.
pub(super) fn keep_snapshot(vfs: &impl Vfs, bytes: &[u8]) -> Result<(), JournalError> {
    if bytes.len() > MAX_SNAPSHOT_BYTES {
        return Ok(());
    }
    let file = vfs.create(UNFINISHED_SNAPSHOT).map_err(io_error("create", UNFINISHED_SNAPSHOT))?;
    let named = fill_and_name(vfs, &file, bytes);
    if named.is_err() {
        // What is left of it would take the room of what ends the sales.
        vfs.remove(UNFINISHED_SNAPSHOT).ok();
    }
    named
}

fn fill_and_name<V: Vfs>(vfs: &V, file: &V::File, bytes: &[u8]) -> Result<(), JournalError> {
    write_all_at(file, bytes, 0).map_err(io_error("write", UNFINISHED_SNAPSHOT))?;
    if !Bug::SkipSyncOfSnapshot.is_planted() {
        file.sync_data().map_err(io_error("sync", UNFINISHED_SNAPSHOT))?;
    }
    vfs.rename(UNFINISHED_SNAPSHOT, SNAPSHOT).map_err(io_error("rename", UNFINISHED_SNAPSHOT))?;
    vfs.sync_dir().map_err(io_error("sync", "."))
}
