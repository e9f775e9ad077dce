//! The few file operations that a journal needs, so that a test can take the place of the disk.
//!
//! A [`Vfs`] is one flat directory. Its operations do what the system calls do and no more: a write or read may be short
//! or interrupted, and nothing is durable before a sync. Looping over short and interrupted calls is done here, once,
//! for every implementation.

use std::io;

use super::planted::Bug;

pub mod filesystem;
pub mod memory;
pub mod real;

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Reading only, as from a read-only medium.
    Read,
    /// Reading and writing.
    Write,
}

/// One directory. Names are plain file names without a path.
pub trait Vfs {
    /// An open file. It stays the same file when it is renamed.
    type File: VfsFile;
    /// A lock held until it is dropped.
    type Lock;

    /// Returns all names, in any order, whatever they stand for. Bytes that are not UTF-8 come as U+FFFD.
    ///
    /// # Errors
    /// As the operating system reports.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Returns whether a name stands for a regular file, perhaps through links. False where it leads nowhere.
    ///
    /// # Errors
    /// As the operating system reports.
    fn is_regular(&self, name: &str) -> io::Result<bool>;

    /// Opens an existing file.
    ///
    /// # Errors
    /// As the operating system reports.
    fn open(&self, name: &str, access: Access) -> io::Result<Self::File>;

    /// Creates an empty file for reading and writing; fails if the name is taken.
    ///
    /// # Errors
    /// As the operating system reports.
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// Gives a file another name, in place of a file that has it.
    ///
    /// # Errors
    /// As the operating system reports.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file's name.
    ///
    /// # Errors
    /// As the operating system reports.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Returns how many bytes may still be written to new files.
    ///
    /// # Errors
    /// As the operating system reports.
    fn free_bytes(&self) -> io::Result<u64>;

    /// Makes created, renamed and removed names durable.
    ///
    /// # Errors
    /// As the operating system reports. Not to be repeated after a failure.
    fn sync_dir(&self) -> io::Result<()>;

    /// Locks the file of that name, creating it where missing, against every other holder in this process and others.
    /// Returns `None` if somebody else holds it.
    ///
    /// # Errors
    /// As the operating system reports.
    fn try_lock(&self, name: &str) -> io::Result<Option<Self::Lock>>;
}

/// An open file.
pub trait VfsFile {
    /// Reads at an offset; may read less than asked, 0 at the end of the file.
    ///
    /// # Errors
    /// As the operating system reports; `Interrupted` is to be repeated.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes at an offset, extending the file as needed; may write less than asked.
    ///
    /// # Errors
    /// As the operating system reports; `Interrupted` is to be repeated.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Returns the length in bytes.
    ///
    /// # Errors
    /// As the operating system reports.
    fn size(&self) -> io::Result<u64>;

    /// Makes content and length durable.
    ///
    /// # Errors
    /// As the operating system reports. Not to be repeated after a failure.
    fn sync_data(&self) -> io::Result<()>;

    /// Makes content durable and forgets cached copies, so that what is read next is what the device holds. After a
    /// failed sync a cache may show bytes that the device never got.
    ///
    /// # Errors
    /// As the operating system reports.
    fn settle(&self) -> io::Result<()>;
}

/// Writes all bytes at an offset.
pub(super) fn write_all_at(file: &impl VfsFile, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                offset += written as u64;
                if Bug::IgnoreShortWrite.is_planted() {
                    break;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads until the buffer is full or the file ends; returns the number of bytes read.
pub(super) fn read_full_at(file: &impl VfsFile, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Writes zeros over a range, so that its blocks exist and later writes there change no metadata.
pub(super) fn zero_fill(file: &impl VfsFile, from: u64, to: u64) -> io::Result<()> {
    static ZEROS: [u8; 65_536] = [0; 65_536];
    let mut offset = from;
    while offset < to {
        let chunk = usize::try_from(to - offset).unwrap_or(usize::MAX).min(ZEROS.len());
        write_all_at(file, ZEROS.get(..chunk).unwrap_or_default(), offset)?;
        offset += chunk as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

    use std::cell::{Cell, RefCell};

    use super::*;

    /// A file that is interrupted at every other call and otherwise moves three bytes.
    #[derive(Default)]
    struct Grudging {
        bytes: RefCell<Vec<u8>>,
        calls: Cell<u32>,
    }

    impl Grudging {
        fn interrupted(&self) -> io::Result<()> {
            self.calls.set(self.calls.get() + 1);
            if self.calls.get() % 2 == 1 { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
        }
    }

    impl VfsFile for Grudging {
        fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
            self.interrupted()?;
            let held = self.bytes.borrow();
            let rest = held.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
            let count = rest.len().min(bytes.len()).min(3);
            bytes[..count].copy_from_slice(&rest[..count]);
            Ok(count)
        }

        fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
            self.interrupted()?;
            let mut held = self.bytes.borrow_mut();
            let (from, count) = (usize::try_from(offset).unwrap(), bytes.len().min(3));
            let end = held.len().max(from + count);
            held.resize(end, 0);
            held[from..from + count].copy_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn size(&self) -> io::Result<u64> {
            Ok(self.bytes.borrow().len() as u64)
        }

        fn sync_data(&self) -> io::Result<()> {
            Ok(())
        }

        fn settle(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn short_and_interrupted_calls_are_continued() {
        let file = Grudging::default();
        write_all_at(&file, b"going once, going twice", 4).unwrap();
        let mut read = [0xFF; 40];
        let count = read_full_at(&file, &mut read, 0).unwrap();
        assert_eq!(&read[..count], b"\0\0\0\0going once, going twice");
    }

    #[test]
    fn zero_fill_covers_exactly_its_range() {
        let file = Grudging::default();
        write_all_at(&file, &[7; 12], 0).unwrap();
        zero_fill(&file, 5, 9).unwrap();
        assert_eq!(*file.bytes.borrow(), [7, 7, 7, 7, 7, 0, 0, 0, 0, 7, 7, 7]);
    }
}
