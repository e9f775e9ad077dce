//! What a journal's directory lies on. A lock and a sync are only as good as the filesystem below them.

use std::io;
use std::os::fd::AsFd;

use rustix::fs::fstatfs;

/// What a filesystem is to a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filesystem {
    /// Nothing is known against it.
    Local,
    /// Kept by another machine: neither its locks nor its syncs bind everybody who writes there.
    Network(&'static str),
    /// Kept in memory: it is gone with the machine's power.
    Memory(&'static str),
}

/// The numbers by which the kernel names filesystems (statfs(2)), where a journal does not belong.
const NAMED: [(u64, Filesystem); 14] = [
    (0x6969, Filesystem::Network("nfs")),
    (0x517B, Filesystem::Network("smb")),
    (0xFE53_4D42, Filesystem::Network("smb2")),
    (0xFF53_4D42, Filesystem::Network("cifs")),
    (0x0102_1997, Filesystem::Network("9p")),
    (0x00C3_6400, Filesystem::Network("ceph")),
    (0x5346_414F, Filesystem::Network("afs")),
    (0x6B41_4653, Filesystem::Network("kafs")),
    (0x7375_7245, Filesystem::Network("coda")),
    (0x564C, Filesystem::Network("ncp")),
    (0x0BD0_0BD0, Filesystem::Network("lustre")),
    (0x4750_4653, Filesystem::Network("gpfs")),
    (0x0102_1994, Filesystem::Memory("tmpfs")),
    (0x8584_58F6, Filesystem::Memory("ramfs")),
];

impl Filesystem {
    /// Returns what an open directory lies on.
    ///
    /// # Errors
    /// As the operating system reports.
    pub fn of(directory: impl AsFd) -> io::Result<Self> {
        // The number is 32 bits wide; where the kernel's field is wider and signed, its sign says nothing.
        Ok(Self::named(u64::try_from(fstatfs(directory)?.f_type).unwrap_or(0) & 0xFFFF_FFFF))
    }

    fn named(number: u64) -> Self {
        NAMED.iter().find(|(known, _)| *known == number).map_or(Self::Local, |(_, filesystem)| *filesystem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filesystems_are_known_by_their_numbers() {
        let ext4 = 0xEF53;
        let found = [0x6969, 0xFF53_4D42, 0x0102_1994, ext4].map(Filesystem::named);
        let (nfs, cifs) = (Filesystem::Network("nfs"), Filesystem::Network("cifs"));
        assert_eq!(found, [nfs, cifs, Filesystem::Memory("tmpfs"), Filesystem::Local]);
    }

    #[test]
    fn the_memory_of_this_machine_is_known() {
        let directory = std::fs::File::open("/dev/shm").map(Filesystem::of);
        assert!(matches!(directory, Ok(Ok(Filesystem::Memory("tmpfs"))) | Err(_)), "{directory:?}");
    }
}
