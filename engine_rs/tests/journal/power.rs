//! A disk whose power goes: it knows what was synced, and leaves of the rest what a test wants.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;

use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_engine::journal::vfs::{Access, Vfs, VfsFile};

const SECTOR: usize = 512;

/// What becomes of a sector that was written and not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Kept,
    Dropped,
    Garbled,
}

/// What becomes of the first such sector of every file, and of the others.
pub const FATES: [[Fate; 2]; 6] = [
    [Fate::Kept, Fate::Kept],
    [Fate::Dropped, Fate::Dropped],
    [Fate::Kept, Fate::Dropped],
    [Fate::Dropped, Fate::Kept],
    [Fate::Garbled, Fate::Dropped],
    [Fate::Garbled, Fate::Kept],
];

#[derive(Debug, Default)]
struct Inode {
    now: Vec<u8>,
    durable: Vec<u8>,
    touched: BTreeSet<usize>,
}

type Names = BTreeMap<String, Rc<RefCell<Inode>>>;

#[derive(Debug, Default)]
struct Disk {
    names: Names,
    durable_names: Names,
    /// How many changing operations are left. The last is carried out and reported as failed.
    left: u64,
}

/// A handle of the disk.
#[derive(Debug, Clone)]
pub struct PowerVfs(Rc<RefCell<Disk>>);

/// A handle of one of its files.
#[derive(Debug)]
pub struct PowerFile {
    inode: Rc<RefCell<Inode>>,
    disk: PowerVfs,
}

impl PowerVfs {
    /// Returns a disk with these files, all durable, that fails for ever from an operation on: 0 is the first.
    pub fn failing_at(files: &MemoryVfs, operation: u64) -> Self {
        let mut names = Names::new();
        for name in files.list().unwrap() {
            let durable = files.get(&name).unwrap();
            let inode = Inode { now: durable.clone(), durable, touched: BTreeSet::new() };
            names.insert(name, Rc::new(RefCell::new(inode)));
        }
        Self(Rc::new(RefCell::new(Disk { durable_names: names.clone(), names, left: operation })))
    }

    /// Sets how many operations succeed from now on.
    pub fn set_left(&self, operations: u64) {
        self.0.borrow_mut().left = operations;
    }

    fn spend(&self) -> io::Result<()> {
        let mut disk = self.0.borrow_mut();
        disk.left = disk.left.checked_sub(1).ok_or_else(|| io::Error::from_raw_os_error(5))?;
        Ok(())
    }

    /// Returns what may be left when the power goes now.
    pub fn lose_power(&self, [first, others]: [Fate; 2], names_kept: bool) -> MemoryVfs {
        let disk = self.0.borrow();
        let left = MemoryVfs::default();
        for (name, inode) in if names_kept { &disk.names } else { &disk.durable_names } {
            let inode = inode.borrow();
            let mut bytes = inode.durable.clone();
            for (index, sector) in inode.touched.iter().enumerate() {
                let range = sector * SECTOR..inode.now.len().min((sector + 1) * SECTOR);
                let fate = if index == 0 { first } else { others };
                if fate == Fate::Dropped || range.is_empty() {
                    continue;
                }
                bytes.resize(bytes.len().max(range.end), 0);
                bytes[range.clone()].copy_from_slice(&inode.now[range.clone()]);
                if fate == Fate::Garbled {
                    bytes[range]
                        .iter_mut()
                        .enumerate()
                        .for_each(|(at, byte)| *byte = u8::try_from(at * 167 % 251).unwrap());
                }
            }
            left.put(name, bytes);
        }
        left
    }

    fn file(&self, name: &str) -> io::Result<PowerFile> {
        let inode = self.0.borrow().names.get(name).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(PowerFile { inode, disk: self.clone() })
    }
}

impl Vfs for PowerVfs {
    type File = PowerFile;
    type Lock = ();

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.0.borrow().names.keys().cloned().collect())
    }

    fn is_regular(&self, name: &str) -> io::Result<bool> {
        Ok(self.0.borrow().names.contains_key(name))
    }

    fn open(&self, name: &str, _: Access) -> io::Result<PowerFile> {
        self.file(name)
    }

    fn create(&self, name: &str) -> io::Result<PowerFile> {
        assert!(!self.0.borrow().names.contains_key(name), "{name} is there already");
        self.0.borrow_mut().names.insert(name.to_owned(), Rc::default());
        self.spend()?;
        self.file(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = self.0.borrow_mut();
        let inode = disk.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        assert!(disk.names.insert(to.to_owned(), inode).is_none(), "{to} is overwritten");
        drop(disk);
        self.spend()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.borrow_mut().names.remove(name).ok_or(io::ErrorKind::NotFound)?;
        self.spend()
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(u64::MAX)
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.spend()?;
        let mut disk = self.0.borrow_mut();
        disk.durable_names = disk.names.clone();
        Ok(())
    }

    fn try_lock(&self, _: &str) -> io::Result<Option<()>> {
        Ok(Some(()))
    }
}

impl VfsFile for PowerFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let inode = self.inode.borrow();
        let rest = inode.now.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let read = rest.len().min(bytes.len());
        bytes[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut inode = self.inode.borrow_mut();
        let from = usize::try_from(offset).unwrap();
        let end = from + bytes.len();
        let len = inode.now.len().max(end);
        inode.now.resize(len, 0);
        inode.now[from..end].copy_from_slice(bytes);
        inode.touched.extend(from / SECTOR..end.div_ceil(SECTOR));
        drop(inode);
        self.disk.spend()?;
        Ok(bytes.len())
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.inode.borrow().now.len() as u64)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.spend()?;
        let mut inode = self.inode.borrow_mut();
        let Inode { now, durable, touched } = &mut *inode;
        durable.clone_from(now);
        touched.clear();
        Ok(())
    }

    fn settle(&self) -> io::Result<()> {
        self.sync_data()
    }
}
