//! A directory on a disk.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustix::fs::{Advice, fadvise, fstatvfs};

use super::filesystem::Filesystem;
use super::{Access, Vfs, VfsFile};

/// A directory of the file system. Its path should be absolute if the process may change its working directory.
#[derive(Debug, Clone)]
pub struct RealVfs {
    path: PathBuf,
    directory: Arc<File>,
}

impl RealVfs {
    /// Opens a directory, making it (and not its parents) where missing. Its entry in the parent directory is durable
    /// afterwards.
    ///
    /// # Errors
    /// As the operating system reports.
    pub fn create(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let made = match fs::create_dir(&path) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            Err(error) => return Err(error),
        };
        match sync_parent(&path) {
            // A directory that somebody else provided may stand in one that this process may not read.
            Err(error) if !made && error.kind() == io::ErrorKind::PermissionDenied => {}
            other => other?,
        }
        Self::open(path)
    }

    /// Opens an existing directory.
    ///
    /// # Errors
    /// As the operating system reports.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let directory = File::open(&path)?;
        if !directory.metadata()?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { path, directory: Arc::new(directory) })
    }

    /// Returns what the directory lies on.
    ///
    /// # Errors
    /// As the operating system reports.
    pub fn filesystem(&self) -> io::Result<Filesystem> {
        Filesystem::of(&self.directory)
    }

    /// Returns the directory's path as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes the directory's own entry durable.
fn sync_parent(path: &Path) -> io::Result<()> {
    // The canonical path has a parent even where the given one is "journal", "." or "..".
    match fs::canonicalize(path)?.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

impl Vfs for RealVfs {
    type File = RealFile;
    type Lock = RealLock;

    fn list(&self) -> io::Result<Vec<String>> {
        let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
        fs::read_dir(&self.path)?.map(name).collect()
    }

    fn is_regular(&self, name: &str) -> io::Result<bool> {
        match fs::metadata(self.path.join(name)) {
            Ok(metadata) => Ok(metadata.is_file()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn open(&self, name: &str, access: Access) -> io::Result<RealFile> {
        let file = OpenOptions::new().read(true).write(access == Access::Write).open(self.path.join(name))?;
        Ok(RealFile(file))
    }

    fn create(&self, name: &str) -> io::Result<RealFile> {
        OpenOptions::new().read(true).write(true).create_new(true).open(self.path.join(name)).map(RealFile)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let filesystem = fstatvfs(&self.directory)?;
        Ok(filesystem.f_bavail.saturating_mul(filesystem.f_frsize))
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.directory.sync_all()
    }

    fn try_lock(&self, name: &str) -> io::Result<Option<RealLock>> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(self.path.join(name))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(RealLock::new(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// An open file of a [`RealVfs`].
#[derive(Debug)]
pub struct RealFile(File);

/// A lock (`flock`) that ends when it is dropped by the process that took it, or with that process and all that were forked
/// from it and have not left it ([`leave_locks`]).
#[derive(Debug)]
pub struct RealLock {
    file: Shared,
    /// The process that took it.
    process: u32,
}

type Shared = Arc<Mutex<Option<File>>>;

/// The locks that this process took or was forked with.
static LOCKS: Mutex<Vec<Weak<Mutex<Option<File>>>>> = Mutex::new(Vec::new());

impl RealLock {
    fn new(file: File) -> Self {
        let file = Arc::new(Mutex::new(Some(file)));
        let mut locks = LOCKS.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|lock| lock.strong_count() > 0);
        locks.push(Arc::downgrade(&file));
        Self { file, process: std::process::id() }
    }
}

impl Drop for RealLock {
    fn drop(&mut self) {
        // It must end although a forked process may still have a descriptor of it. In a forked process it must not.
        if std::process::id() == self.process
            && let Ok(mut file) = self.file.try_lock()
            && let Some(file) = file.take()
        {
            // If it cannot be unlocked, closing it has to do.
            file.unlock().ok();
        }
    }
}

/// Closes the descriptors of the locks that a forked process has of the process it was forked from, which keeps the locks. To
/// be called first thing in the forked process: it waits for nobody, and lets be what another thread was just about to take.
pub fn leave_locks() {
    let Ok(locks) = LOCKS.try_lock() else { return };
    for lock in locks.iter().filter_map(Weak::upgrade) {
        if let Ok(mut file) = lock.try_lock() {
            drop(file.take());
        }
    }
}

impl VfsFile for RealFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(&self.0, bytes, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        FileExt::write_at(&self.0, bytes, offset)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn settle(&self) -> io::Result<()> {
        self.0.sync_data()?;
        // Pages that a failed sync left behind are marked clean; dropping them makes the next read go to the device.
        Ok(fadvise(&self.0, 0, None, Advice::DontNeed)?)
    }
}
