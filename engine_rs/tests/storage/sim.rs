//! A disk that can lose power and fail: it knows which sectors and names are durable and which are only in the cache.
//!
//! A write goes to the cache and is pending, sector by sector, until the file is synced; a created, renamed or removed name
//! is pending until the directory is synced. [`SimVfs::crash`] leaves one of the states that a power cut may leave: each
//! pending sector old, new, an earlier pending version, zero or garbled; each pending name present or not; a file's length
//! old or new. [`SimVfs::kill`] leaves what the end of the process alone leaves: the cache.
//!
//! Faults are planned by the number of the operation that meets them. A failed sync behaves as on Linux: what was pending is
//! forgotten as if it had been written, the cache still shows it, and the next sync succeeds (Rebello et al., ATC 2020).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_engine::journal::vfs::{Access, Vfs, VfsFile};

use crate::chance::Chance;

pub const SECTOR: usize = 512;

/// What an operation meets instead of success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `EIO` without effect.
    Eio,
    /// `ENOSPC` without effect; only writes and creations meet it.
    Enospc,
    /// `EINTR` without effect; only reads and writes meet it.
    Eintr,
    /// A read or write of one byte at most.
    Short,
    /// `EIO` of a sync that forgets what was pending; other operations fail with `EIO` without effect.
    LostSync,
    /// A read in which one bit is wrong, each time another.
    FlippedRead,
    /// A read in which one sector holds the bytes of another one, each time of another.
    MisdirectedRead,
}

pub const FAULTS: [Fault; 7] = [
    Fault::Eio,
    Fault::Enospc,
    Fault::Eintr,
    Fault::Short,
    Fault::LostSync,
    Fault::FlippedRead,
    Fault::MisdirectedRead,
];

/// When a fault is met: at operation `from`, and at every later one if `persistent`.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub fault: Fault,
    pub from: u64,
    pub persistent: bool,
}

#[derive(Debug, Clone, Default)]
struct Inode {
    cache: Vec<u8>,
    durable: Vec<u8>,
    /// The versions that each sector had since the last sync, oldest first.
    pending: BTreeMap<usize, Vec<[u8; SECTOR]>>,
}

type File = Rc<RefCell<Inode>>;

#[derive(Debug, Clone)]
enum NameChange {
    Put(String, File),
    Rename(String, String),
    Remove(String),
}

#[derive(Debug, Default)]
struct Disk {
    names: BTreeMap<String, File>,
    durable_names: BTreeMap<String, File>,
    name_changes: Vec<NameChange>,
    operations: u64,
    /// After so many operations every further one fails: the machine has stopped.
    stops_after: Option<u64>,
    plan: Option<Plan>,
    /// How many times the plan was met.
    met: u64,
    /// What chance begins with where a read misleads.
    seed: u64,
    locked: bool,
}

/// A handle of the disk. Clones are handles of the same one.
#[derive(Debug, Clone, Default)]
pub struct SimVfs(Rc<RefCell<Disk>>);

/// A handle of one of its files.
#[derive(Debug)]
pub struct SimFile {
    inode: File,
    disk: SimVfs,
}

pub struct SimLock(SimVfs);

impl Drop for SimLock {
    fn drop(&mut self) {
        self.0.0.borrow_mut().locked = false;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Read,
    Write,
    Create,
    Sync,
    Other,
}

impl SimVfs {
    /// Returns a disk with these files, all durable.
    pub fn holding(files: &MemoryVfs) -> Self {
        let disk = Self::default();
        for name in files.list().unwrap() {
            let durable = files.get(&name).unwrap();
            let inode = Inode { cache: durable.clone(), durable, pending: BTreeMap::new() };
            disk.0.borrow_mut().names.insert(name, Rc::new(RefCell::new(inode)));
        }
        let names = disk.0.borrow().names.clone();
        disk.0.borrow_mut().durable_names = names;
        disk
    }

    /// Plans a fault, counted from the first operation of the disk.
    pub fn plan(&self, plan: Plan) {
        self.0.borrow_mut().plan = Some(plan);
    }

    /// Lets the machine stop after `operations` more.
    pub fn stop_after(&self, operations: u64) {
        let mut disk = self.0.borrow_mut();
        disk.stops_after = Some(disk.operations + operations);
    }

    /// Sets where misleading reads go wrong.
    pub fn set_seed(&self, seed: u64) {
        self.0.borrow_mut().seed = seed;
    }

    /// Returns how often the planned fault was met.
    pub fn met(&self) -> u64 {
        self.0.borrow().met
    }

    /// Returns what the cache shows, as a process that comes after this one finds it.
    pub fn kill(&self) -> Self {
        let disk = self.0.borrow();
        let of = Disk {
            names: disk.names.clone(),
            durable_names: disk.durable_names.clone(),
            name_changes: disk.name_changes.clone(),
            ..Disk::default()
        };
        Self(Rc::new(RefCell::new(of)))
    }

    /// Returns one of the states that a power cut may leave.
    pub fn crash(&self, chance: &mut Chance) -> MemoryVfs {
        let disk = self.0.borrow();
        let mut names = disk.durable_names.clone();
        for change in &disk.name_changes {
            if chance.one_in(2) {
                apply(&mut names, change);
            }
        }
        let left = MemoryVfs::default();
        for (name, inode) in names {
            left.put(&name, inode.borrow().after_power_cut(chance));
        }
        left
    }

    fn meets(&self, does: Does) -> io::Result<Option<Fault>> {
        let mut disk = self.0.borrow_mut();
        let number = disk.operations;
        disk.operations += 1;
        if disk.stops_after.is_some_and(|last| number >= last) {
            return Err(io::Error::from_raw_os_error(5));
        }
        let Some(Plan { fault, from, persistent }) = disk.plan else { return Ok(None) };
        let applies = match fault {
            Fault::Eio | Fault::LostSync => true,
            Fault::Enospc => matches!(does, Does::Write | Does::Create),
            // An interruption that never ends is not one.
            Fault::Eintr => matches!(does, Does::Read | Does::Write) && !(persistent && number.is_multiple_of(2)),
            Fault::Short => matches!(does, Does::Read | Does::Write),
            Fault::FlippedRead | Fault::MisdirectedRead => does == Does::Read,
        };
        // A fault that the operation cannot meet waits for the next one that can.
        let due = if persistent { number >= from } else { number >= from && disk.met == 0 };
        if !applies || !due {
            return Ok(None);
        }
        disk.met += 1;
        match fault {
            Fault::Eio => Err(io::Error::from_raw_os_error(5)),
            Fault::Enospc => Err(io::Error::from_raw_os_error(28)),
            Fault::Eintr => Err(io::ErrorKind::Interrupted.into()),
            Fault::LostSync if does != Does::Sync => Err(io::Error::from_raw_os_error(5)),
            _ => Ok(Some(fault)),
        }
    }
}

fn apply(names: &mut BTreeMap<String, File>, change: &NameChange) {
    match change {
        NameChange::Put(name, file) => {
            names.insert(name.clone(), Rc::clone(file));
        }
        NameChange::Rename(from, to) => {
            if let Some(file) = names.remove(from) {
                names.insert(to.clone(), file);
            }
        }
        NameChange::Remove(name) => {
            names.remove(name);
        }
    }
}

impl Inode {
    fn after_power_cut(&self, chance: &mut Chance) -> Vec<u8> {
        let longer = self.cache.len().max(self.durable.len());
        let mut bytes = self.durable.clone();
        if longer > bytes.len() && chance.one_in(2) {
            bytes.resize(longer, 0);
        }
        for (&sector, versions) in &self.pending {
            let start = sector * SECTOR;
            let new = match chance.below(8) {
                0..3 => versions.last().copied(),
                3 => Some(versions[chance.index(versions.len())]),
                4 => Some([0; SECTOR]),
                5 => Some(std::array::from_fn(|_| chance.byte())),
                _ => None,
            };
            if let Some(new) = new {
                let end = bytes.len().min(start + SECTOR);
                if start < end {
                    bytes[start..end].copy_from_slice(&new[..end - start]);
                }
            }
        }
        bytes
    }

    fn sector(&self, sector: usize) -> [u8; SECTOR] {
        let mut bytes = [0; SECTOR];
        let start = sector * SECTOR;
        let end = self.cache.len().min(start + SECTOR);
        bytes[..end - start].copy_from_slice(&self.cache[start..end]);
        bytes
    }
}

impl Vfs for SimVfs {
    type File = SimFile;
    type Lock = SimLock;

    fn list(&self) -> io::Result<Vec<String>> {
        self.meets(Does::Other)?;
        Ok(self.0.borrow().names.keys().cloned().collect())
    }

    fn is_regular(&self, name: &str) -> io::Result<bool> {
        self.meets(Does::Other)?;
        Ok(self.0.borrow().names.contains_key(name))
    }

    fn open(&self, name: &str, _: Access) -> io::Result<SimFile> {
        self.meets(Does::Other)?;
        let inode = self.0.borrow().names.get(name).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(SimFile { inode, disk: self.clone() })
    }

    fn create(&self, name: &str) -> io::Result<SimFile> {
        self.meets(Does::Create)?;
        let inode = File::default();
        let mut disk = self.0.borrow_mut();
        assert!(!disk.names.contains_key(name), "{name} is there already");
        disk.names.insert(name.to_owned(), Rc::clone(&inode));
        disk.name_changes.push(NameChange::Put(name.to_owned(), Rc::clone(&inode)));
        drop(disk);
        Ok(SimFile { inode, disk: self.clone() })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.meets(Does::Other)?;
        let mut disk = self.0.borrow_mut();
        let file = disk.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        let is_new = disk.names.insert(to.to_owned(), file).is_none();
        assert!(is_new || to == "state.snapshot", "{to} is overwritten");
        disk.name_changes.push(NameChange::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.meets(Does::Other)?;
        let mut disk = self.0.borrow_mut();
        disk.names.remove(name).ok_or(io::ErrorKind::NotFound)?;
        disk.name_changes.push(NameChange::Remove(name.to_owned()));
        Ok(())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(u64::MAX)
    }

    fn sync_dir(&self) -> io::Result<()> {
        let fault = self.meets(Does::Sync)?;
        let mut disk = self.0.borrow_mut();
        if fault == Some(Fault::LostSync) {
            disk.name_changes.clear();
            return Err(io::Error::from_raw_os_error(5));
        }
        disk.durable_names = disk.names.clone();
        disk.name_changes.clear();
        Ok(())
    }

    fn try_lock(&self, _: &str) -> io::Result<Option<SimLock>> {
        self.meets(Does::Other)?;
        let mut disk = self.0.borrow_mut();
        if disk.locked {
            return Ok(None);
        }
        disk.locked = true;
        drop(disk);
        Ok(Some(SimLock(self.clone())))
    }
}

impl VfsFile for SimFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let fault = self.disk.meets(Does::Read)?;
        let inode = self.inode.borrow();
        let from = usize::try_from(offset).unwrap();
        let rest = inode.cache.get(from..).unwrap_or_default();
        let mut read = rest.len().min(bytes.len());
        if fault == Some(Fault::Short) {
            read = read.min(1);
        }
        bytes[..read].copy_from_slice(&rest[..read]);
        let seed = self.disk.0.borrow().seed.wrapping_mul(1_000) + self.disk.0.borrow().operations;
        let mut chance = Chance::new(seed);
        // Where something was written, since a wrong bit among zeros is easily seen.
        let written = bytes[..read].iter().rposition(|&byte| byte != 0).map_or(read, |last| last + 1);
        if fault == Some(Fault::FlippedRead) && written > 0 {
            bytes[chance.index(written)] ^= 1 << chance.below(8);
        }
        if fault == Some(Fault::MisdirectedRead) && read >= 2 * SECTOR {
            let (to, of) = (chance.index(written.div_ceil(SECTOR).min(read / SECTOR)), chance.index(read / SECTOR));
            bytes.copy_within(of * SECTOR..(of + 1) * SECTOR, to * SECTOR);
        }
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let fault = self.disk.meets(Does::Write)?;
        let written = if fault == Some(Fault::Short) { bytes.len().min(1) } else { bytes.len() };
        let mut inode = self.inode.borrow_mut();
        let from = usize::try_from(offset).unwrap();
        let end = from + written;
        let longer = inode.cache.len().max(end);
        inode.cache.resize(longer, 0);
        inode.cache[from..end].copy_from_slice(&bytes[..written]);
        for sector in from / SECTOR..end.div_ceil(SECTOR) {
            let version = inode.sector(sector);
            inode.pending.entry(sector).or_default().push(version);
        }
        Ok(written)
    }

    fn size(&self) -> io::Result<u64> {
        self.disk.meets(Does::Other)?;
        Ok(self.inode.borrow().cache.len() as u64)
    }

    fn sync_data(&self) -> io::Result<()> {
        let fault = self.disk.meets(Does::Sync)?;
        let mut inode = self.inode.borrow_mut();
        inode.pending.clear();
        if fault == Some(Fault::LostSync) {
            return Err(io::Error::from_raw_os_error(5));
        }
        let Inode { cache, durable, .. } = &mut *inode;
        durable.clone_from(cache);
        Ok(())
    }

    fn settle(&self) -> io::Result<()> {
        self.sync_data()?;
        let mut inode = self.inode.borrow_mut();
        let Inode { cache, durable, .. } = &mut *inode;
        cache.clone_from(durable);
        Ok(())
    }
}
