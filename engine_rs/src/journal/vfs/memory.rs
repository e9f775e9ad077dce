//! A directory in memory: for trials, and for tests that look at or change the bytes.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Access, Vfs, VfsFile};

type Bytes = Arc<Mutex<Vec<u8>>>;

/// A directory in memory. Clones are handles of the same directory, as two processes have of one disk.
#[derive(Debug, Clone, Default)]
pub struct MemoryVfs {
    disk: Arc<Mutex<Disk>>,
}

#[derive(Debug, Default)]
struct Disk {
    files: BTreeMap<String, Bytes>,
    locked: bool,
}

/// Returns the guarded value. A holder that panicked left it as valid as any byte of a disk is.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MemoryVfs {
    /// Returns an independent directory with the same files and no lock.
    #[must_use]
    pub fn copied(&self) -> Self {
        let copy = Self::default();
        for (name, bytes) in &hold(&self.disk).files {
            copy.put(name, hold(bytes).clone());
        }
        copy
    }

    /// Returns a file's bytes.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.file(name).map(|bytes| hold(&bytes).clone())
    }

    /// Puts a file there, in place of one of the same name.
    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        hold(&self.disk).files.insert(name.to_owned(), Arc::new(Mutex::new(bytes)));
    }

    fn file(&self, name: &str) -> Option<Bytes> {
        hold(&self.disk).files.get(name).cloned()
    }
}

impl Vfs for MemoryVfs {
    type File = MemoryFile;
    type Lock = MemoryLock;

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(hold(&self.disk).files.keys().cloned().collect())
    }

    fn is_regular(&self, name: &str) -> io::Result<bool> {
        Ok(self.file(name).is_some())
    }

    fn open(&self, name: &str, _access: Access) -> io::Result<MemoryFile> {
        self.file(name).map(MemoryFile).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn create(&self, name: &str) -> io::Result<MemoryFile> {
        if self.file(name).is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.put(name, Vec::new());
        self.open(name, Access::Write)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = hold(&self.disk);
        let bytes = disk.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        disk.files.insert(to.to_owned(), bytes);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        hold(&self.disk).files.remove(name).map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(u64::MAX)
    }

    fn sync_dir(&self) -> io::Result<()> {
        Ok(())
    }

    fn try_lock(&self, name: &str) -> io::Result<Option<MemoryLock>> {
        let mut disk = hold(&self.disk);
        disk.files.entry(name.to_owned()).or_default();
        if disk.locked {
            return Ok(None);
        }
        disk.locked = true;
        Ok(Some(MemoryLock { disk: Arc::clone(&self.disk) }))
    }
}

/// An open file of a [`MemoryVfs`].
#[derive(Debug)]
pub struct MemoryFile(Bytes);

/// The lock of a [`MemoryVfs`]; it ends when it is dropped.
#[derive(Debug)]
pub struct MemoryLock {
    disk: Arc<Mutex<Disk>>,
}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        hold(&self.disk).locked = false;
    }
}

/// Returns a file offset as an index into memory.
fn index(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge.into())
}

impl VfsFile for MemoryFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let held = hold(&self.0);
        let rest = held.get(index(offset)?..).unwrap_or_default();
        let read = rest.len().min(bytes.len());
        if let (Some(to), Some(from)) = (bytes.get_mut(..read), rest.get(..read)) {
            to.copy_from_slice(from);
        }
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut held = hold(&self.0);
        let from = index(offset)?;
        let end = from.checked_add(bytes.len()).ok_or(io::ErrorKind::FileTooLarge)?;
        if held.len() < end {
            held.resize(end, 0);
        }
        held.get_mut(from..end).ok_or(io::ErrorKind::FileTooLarge)?.copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn size(&self) -> io::Result<u64> {
        Ok(hold(&self.0).len() as u64)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn settle(&self) -> io::Result<()> {
        Ok(())
    }
}
