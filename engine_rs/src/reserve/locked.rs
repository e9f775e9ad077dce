//! Memory for secrets: anonymous pages that are locked (never swapped), left out of core dumps, zeroed in a forked child,
//! and zeroed before they are given back.
//!
//! Secrets are packed into slots of 64 bytes, 63 to a page of 4 KiB, because the memory that a process may lock is small
//! (8 MiB by default). The first slot of a page is a marker that is never zero; `fork` zeroes the whole page in the child,
//! so a zero marker says that the secrets are gone, and every access checks it.
//!
//! Pages of slots are added on demand and kept until the end. What is on its way to a slot or to a sealed file (a
//! passphrase, a key, an amount) has a page of its own, a [`Locked`], for as long as it lives. This is the only file that
//! works on memory with `unsafe`.
#![allow(unsafe_code, reason = "locking, wiping and unmapping memory needs raw pages")]

use std::ops::{Deref, DerefMut};
use std::ptr::{self, NonNull};

use argon2::Block;
use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mlock, mmap_anonymous, munmap};
use rustix::process::{Resource, getrlimit};
use zeroize::Zeroize;

/// The bytes of a secret: `i64 amount ‖ 32 bytes blinding`.
pub(super) const SECRET_BYTES: usize = 40;
/// The bytes that a secret occupies.
const SLOT_BYTES: usize = 64;
const MARKER: u8 = 0xa5;

const _: () = assert!(SECRET_BYTES <= SLOT_BYTES, "a secret must fit into its slot");

/// Memory could not be locked, so no reserve can be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "cannot hold a reserve: {call} of {wanted_bytes} bytes failed ({errno}). This process may lock {} of memory \
     (RLIMIT_MEMLOCK); raise the limit with `ulimit -l` in the shell, LimitMEMLOCK= in a systemd unit, \
     --ulimit memlock= for a container, or /etc/security/limits.conf for a login", limit(*.limit_bytes)
)]
pub struct CannotHoldReserve {
    /// The system call that failed.
    pub call: &'static str,
    /// How many bytes it was asked for.
    pub wanted_bytes: usize,
    /// The soft limit `RLIMIT_MEMLOCK`; `None` for unlimited.
    pub limit_bytes: Option<u64>,
    /// Why it failed.
    pub errno: Errno,
}

fn limit(limit_bytes: Option<u64>) -> String {
    limit_bytes.map_or_else(|| "any amount".to_owned(), |bytes| format!("{bytes} bytes"))
}

/// The process was forked and this is the child: the secrets are zeros here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wiped;

/// The place of one secret. Only the slots that gave it out know what it means.
pub(super) struct Slot {
    page: usize,
    offset: usize,
}

/// A secret of `N` bytes in locked memory of its own, zeros at first. In a forked child it is zeros again.
pub(super) struct Locked<const N: usize>(Page);

impl<const N: usize> Locked<N> {
    /// Returns `N` zeros.
    ///
    /// # Errors
    /// [`CannotHoldReserve`] if no memory could be locked.
    pub(super) fn new() -> Result<Self, CannotHoldReserve> {
        Page::map(N).map(Self)
    }
}

impl<const N: usize> Deref for Locked<N> {
    type Target = [u8; N];

    fn deref(&self) -> &[u8; N] {
        self.0.array(SLOT_BYTES)
    }
}

impl<const N: usize> DerefMut for Locked<N> {
    fn deref_mut(&mut self) -> &mut [u8; N] {
        self.0.array_mut(SLOT_BYTES)
    }
}

/// Memory for Argon2id, from which its key could be had: left out of core dumps, zeroed in a forked child and before it is
/// given back. Too large to be locked.
pub(super) struct Workspace {
    page: Page,
    blocks: usize,
}

impl Workspace {
    /// Returns so many blocks of zeros.
    ///
    /// # Errors
    /// [`CannotHoldReserve`] if there is not so much memory.
    pub(super) fn new(blocks: usize) -> Result<Self, CannotHoldReserve> {
        let page = Page::map_unlocked(blocks.saturating_mul(size_of::<Block>()))?;
        Ok(Self { page, blocks })
    }

    pub(super) fn blocks(&mut self) -> &mut [Block] {
        let first = self.page.base.cast::<Block>();
        // SAFETY: So many bytes were mapped, from the begin of a page and thus aligned; zeros are a valid block, as is
        // whatever was written to one; and `&mut self` makes the access the only one.
        unsafe { std::slice::from_raw_parts_mut(first.as_ptr(), self.blocks) }
    }
}

/// The most secrets that lie in pages of their own at a time, with one for a slot.
const PAGES_AT_A_TIME: usize = 6;

/// Returns whether memory can be locked for a reserve on its way, from the passphrase to the slot. To be asked before
/// anybody types.
///
/// # Errors
/// [`CannotHoldReserve`] if it cannot.
pub fn check_room() -> Result<(), CannotHoldReserve> {
    (0..PAGES_AT_A_TIME).map(|_| Locked::<SECRET_BYTES>::new()).collect::<Result<Vec<_>, _>>().map(drop)
}

/// Pages full of slots.
#[derive(Default)]
pub(super) struct LockedSlots {
    pages: Vec<Page>,
    free: Vec<Slot>,
}

impl LockedSlots {
    /// Copies a secret into a free slot.
    ///
    /// # Errors
    /// [`CannotHoldReserve`] if a page had to be added and could not be locked.
    pub(super) fn put(&mut self, secret: &[u8; SECRET_BYTES]) -> Result<Slot, CannotHoldReserve> {
        self.make_room()?;
        while let Some(slot) = self.free.pop() {
            if let Some(page) = self.pages.get_mut(slot.page) {
                page.array_mut::<SECRET_BYTES>(slot.offset).copy_from_slice(secret);
                return Ok(slot);
            }
        }
        // A page that was just added has free slots.
        Err(CannotHoldReserve::at("mmap", 0, Errno::NOMEM))
    }

    /// Makes sure that a slot is free.
    ///
    /// # Errors
    /// [`CannotHoldReserve`] if a page had to be added and could not be locked.
    pub(super) fn make_room(&mut self) -> Result<(), CannotHoldReserve> {
        if self.free.is_empty() { self.add_page() } else { Ok(()) }
    }

    /// Copies a secret into a slot that holds one.
    pub(super) fn rewrite(&mut self, slot: &Slot, secret: &[u8; SECRET_BYTES]) {
        if let Some(page) = self.pages.get_mut(slot.page) {
            page.array_mut::<SECRET_BYTES>(slot.offset).copy_from_slice(secret);
        }
    }

    /// Returns what `use_secret` makes of the secret in `slot`.
    ///
    /// # Errors
    /// [`Wiped`] if the page holds zeros because the process was forked.
    pub(super) fn read<R>(&self, slot: &Slot, use_secret: impl FnOnce(&[u8; SECRET_BYTES]) -> R) -> Result<R, Wiped> {
        let page = self.pages.get(slot.page).filter(|page| !page.is_wiped()).ok_or(Wiped)?;
        Ok(use_secret(page.array(slot.offset)))
    }

    /// Zeroes the slot and makes it free.
    pub(super) fn release(&mut self, slot: Slot) {
        if let Some(page) = self.pages.get_mut(slot.page) {
            page.array_mut::<SECRET_BYTES>(slot.offset).zeroize();
            self.free.push(slot);
        }
    }

    /// Returns whether a fork has zeroed the secrets. Always false as long as there never was one.
    pub(super) fn is_wiped(&self) -> bool {
        self.pages.iter().any(Page::is_wiped)
    }

    /// Returns how many bytes are locked.
    pub(super) fn locked_bytes(&self) -> usize {
        self.pages.iter().map(|page| page.bytes).sum()
    }

    fn add_page(&mut self) -> Result<(), CannotHoldReserve> {
        let page = Page::map(SECRET_BYTES)?;
        let index = self.pages.len();
        // The first slot is the marker's. The lowest offset is taken first.
        let offsets = (1..page.bytes / SLOT_BYTES).rev().map(|slot| slot * SLOT_BYTES);
        self.free.extend(offsets.map(|offset| Slot { page: index, offset }));
        self.pages.push(page);
        Ok(())
    }
}

/// Memory that others do not see: whole pages of the machine. Offsets given to its methods are at least [`SLOT_BYTES`], where the marker's
/// slot ends, and the array named begins and ends within the memory.
struct Page {
    base: NonNull<u8>,
    bytes: usize,
}

// SAFETY: The page belongs to this value alone, and nothing about it depends on the thread that mapped it.
unsafe impl Send for Page {}
// SAFETY: Whatever writes to the page takes `&mut self`; through `&self` it is only read.
unsafe impl Sync for Page {}

impl Page {
    /// Maps room for the marker's slot and `least` bytes after it, and locks it.
    fn map(least: usize) -> Result<Self, CannotHoldReserve> {
        let page = Self::map_unlocked(least.saturating_add(SLOT_BYTES))?;
        let failed = |errno| CannotHoldReserve::at("mlock", page.bytes, errno);
        // SAFETY: The range is the memory just mapped; it is unlocked when it is unmapped.
        unsafe { mlock(page.base.as_ptr().cast(), page.bytes) }.map_err(failed)?;
        // SAFETY: The first byte of the page is writable, and nothing refers to it.
        unsafe { page.base.as_ptr().write_volatile(MARKER) };
        Ok(page)
    }

    /// Maps at least so many bytes, which core dumps leave out and a fork zeroes.
    fn map_unlocked(least: usize) -> Result<Self, CannotHoldReserve> {
        let bytes = least.max(1).next_multiple_of(rustix::param::page_size());
        let (access, private) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
        // SAFETY: A null hint lets the kernel choose a place where nothing is mapped yet.
        let mapped = unsafe { mmap_anonymous(ptr::null_mut(), bytes, access, private) };
        let failed = |call| move |errno| CannotHoldReserve::at(call, bytes, errno);
        let base = mapped.map_err(failed("mmap"))?;
        let base = NonNull::new(base.cast::<u8>()).ok_or_else(|| failed("mmap")(Errno::NOMEM))?;
        // From here on the page is unmapped when a step fails, because `page` is dropped.
        let page = Self { base, bytes };
        let at = base.as_ptr().cast();
        // SAFETY: The range is the page just mapped, which nothing refers to yet; the advice changes none of its bytes.
        unsafe { madvise(at, bytes, Advice::LinuxDontDump) }.map_err(failed("madvise(MADV_DONTDUMP)"))?;
        // SAFETY: As before; the bytes change in a forked child only, where zeros are as good as what was there, and where
        // every access to a slot checks the marker.
        unsafe { madvise(at, bytes, Advice::LinuxWipeOnFork) }.map_err(failed("madvise(MADV_WIPEONFORK)"))?;
        Ok(page)
    }

    fn is_wiped(&self) -> bool {
        // SAFETY: The first byte is readable as long as the page lives. Volatile, since a fork changes it behind the
        // compiler's back.
        unsafe { self.base.as_ptr().read_volatile() != MARKER }
    }

    fn array<const N: usize>(&self, offset: usize) -> &[u8; N] {
        // SAFETY: The array lies inside the memory (see `Page`), its bytes are initialised (mapped as zeros) and of
        // alignment 1, and `&self` keeps the memory mapped and unwritten while the reference lives.
        unsafe { self.base.add(offset).cast::<[u8; N]>().as_ref() }
    }

    fn array_mut<const N: usize>(&mut self, offset: usize) -> &mut [u8; N] {
        // SAFETY: As in `array`; `&mut self` makes the access the only one.
        unsafe { self.base.add(offset).cast::<[u8; N]>().as_mut() }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: The whole page is writable and initialised, and `&mut self` makes the access the only one.
        unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr(), self.bytes) }.zeroize();
        // SAFETY: The page was mapped by this value, and no reference into it outlives the value.
        let unmapped = unsafe { munmap(self.base.as_ptr().cast(), self.bytes) };
        debug_assert!(unmapped.is_ok(), "a page that was mapped can be unmapped");
    }
}

impl CannotHoldReserve {
    fn at(call: &'static str, wanted_bytes: usize, errno: Errno) -> Self {
        Self { call, wanted_bytes, limit_bytes: getrlimit(Resource::Memlock).current, errno }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn slots_are_packed_and_reused() {
        let mut slots = LockedSlots::default();
        assert_eq!(slots.locked_bytes(), 0);
        let per_page = rustix::param::page_size() / SLOT_BYTES - 1;
        let mut given: Vec<Slot> = (0..per_page).map(|_| slots.put(&[7; SECRET_BYTES]).unwrap()).collect();
        assert_eq!(slots.locked_bytes(), rustix::param::page_size());
        given.push(slots.put(&[8; SECRET_BYTES]).unwrap());
        assert_eq!(slots.locked_bytes(), 2 * rustix::param::page_size());
        assert_eq!(slots.read(given.last().unwrap(), |secret| *secret), Ok([8; SECRET_BYTES]));
        assert_eq!(slots.read(given.first().unwrap(), |secret| *secret), Ok([7; SECRET_BYTES]));
        given.drain(..).for_each(|slot| slots.release(slot));
        let again: Vec<Slot> = (0..=per_page).map(|_| slots.put(&[9; SECRET_BYTES]).unwrap()).collect();
        assert_eq!(again.len(), per_page + 1);
        assert_eq!(slots.locked_bytes(), 2 * rustix::param::page_size());
    }

    #[test]
    fn a_secret_does_not_touch_its_neighbours_or_the_marker() {
        let mut slots = LockedSlots::default();
        let per_page = u8::try_from(rustix::param::page_size() / SLOT_BYTES - 1).unwrap();
        let given: Vec<(u8, Slot)> = (1..=per_page).map(|n| (n, slots.put(&[n; SECRET_BYTES]).unwrap())).collect();
        assert!(!slots.is_wiped());
        for (n, slot) in &given {
            assert_eq!(slots.read(slot, |secret| *secret), Ok([*n; SECRET_BYTES]));
        }
    }

    #[test]
    fn a_released_slot_is_zero() {
        let mut slots = LockedSlots::default();
        let slot = slots.put(&[7; SECRET_BYTES]).unwrap();
        let same = Slot { ..slot };
        slots.release(slot);
        assert_eq!(slots.read(&same, |secret| *secret), Ok([0; SECRET_BYTES]));
    }

    #[test]
    fn a_zero_marker_is_noticed() {
        let mut slots = LockedSlots::default();
        let slot = slots.put(&[7; SECRET_BYTES]).unwrap();
        // SAFETY: The first byte of the page is the marker; no reference to it exists.
        unsafe { slots.pages.first().unwrap().base.as_ptr().write_volatile(0) };
        assert!(slots.is_wiped());
        assert_eq!(slots.read(&slot, |secret| *secret), Err(Wiped));
    }

    #[test]
    fn a_secret_of_its_own_begins_as_zeros_and_takes_any_length() {
        let mut short = Locked::<1>::new().unwrap();
        let mut long = Locked::<5_000>::new().unwrap();
        assert_eq!((*short, *long), ([0], [0; 5_000]));
        *short = [7];
        *long = [8; 5_000];
        assert_eq!((*short, *long), ([7], [8; 5_000]));
        assert!(!short.0.is_wiped() && !long.0.is_wiped());
    }

    #[test]
    fn the_error_names_the_limit_and_how_to_raise_it() {
        let error =
            CannotHoldReserve { call: "mlock", wanted_bytes: 4096, limit_bytes: Some(65536), errno: Errno::NOMEM };
        let text = error.to_string();
        assert!(text.contains("65536 bytes of memory (RLIMIT_MEMLOCK)"), "{text}");
        assert!(text.contains("LimitMEMLOCK=") && text.contains("ulimit -l"), "{text}");
    }
}
