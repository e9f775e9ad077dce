//! Putting a sealed file where nothing is: whole or not at all, and never over another keeper's.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, CWD, RenameFlags, access, renameat_with};
use rustix::io::Errno;

use super::entropy::{Entropy, OsEntropy};

/// A place for a file that does not exist.
pub struct NewFile<'a> {
    path: &'a Path,
    folder: &'a Path,
}

impl<'a> NewFile<'a> {
    /// Returns the place at `path`, with what can be known before anything is written.
    ///
    /// # Errors
    /// Something is there already, be it a link to nothing; or its folder is missing or cannot be written.
    pub fn at(path: &'a Path) -> io::Result<Self> {
        if path.file_name().is_none() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "expected the name of a file"));
        }
        if path.symlink_metadata().is_ok() {
            return Err(taken());
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| ".".as_ref());
        if !folder.metadata()?.is_dir() {
            return Err(Errno::NOTDIR.into());
        }
        access(folder, Access::WRITE_OK | Access::EXEC_OK)?;
        Ok(Self { path, folder })
    }

    /// Writes the file, readable by its owner only, and returns once it and its name are on stable storage.
    ///
    /// # Errors
    /// Something came to be there meanwhile, which is left alone, or writing failed; nothing of the file is left then.
    pub fn write(self, bytes: &[u8]) -> io::Result<()> {
        let beside = Temporary::create(self.folder)?;
        let mut file = fs::OpenOptions::new().write(true).open(&beside.0)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        beside.become_file(self.path)?;
        fs::File::open(self.folder)?.sync_all()
    }
}

/// A file that this call created, removed unless it becomes the one that was wanted.
struct Temporary(PathBuf);

impl Temporary {
    fn create(folder: &Path) -> io::Result<Self> {
        let mut random = [0; 8];
        OsEntropy.fill(&mut random).map_err(io::Error::other)?;
        let path = folder.join(format!(".sealing-{:016x}", u64::from_le_bytes(random)));
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Self(path))
    }

    fn become_file(self, path: &Path) -> io::Result<()> {
        match renameat_with(CWD, &self.0, CWD, path, RenameFlags::NOREPLACE) {
            Err(Errno::EXIST) => Err(taken()),
            // A filesystem that cannot rename without replacing: a second name is never made over another either.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => match fs::hard_link(&self.0, path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(taken()),
                linked => linked,
            },
            renamed => Ok(renamed?),
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a rename there is none left. A name that cannot be removed holds a sealed file that nobody was told of.
        fs::remove_file(&self.0).ok();
    }
}

fn taken() -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, "exists; a sealed file is never overwritten")
}
