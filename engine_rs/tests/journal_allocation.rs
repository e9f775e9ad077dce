//! A small append allocates nothing once the buffers have grown: the latency of a bid must not depend on the allocator.

#![allow(unsafe_code, reason = "counting allocations needs an allocator of one's own")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_engine::journal::{Align, JournalError, Log, OpenOptions};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to the system's allocator unchanged; growing goes through `alloc` and is counted there.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[test]
fn a_small_append_allocates_nothing() {
    let options = OpenOptions {
        align: Align::Bytes512,
        segment_bytes: 1 << 20,
        now_ns: 0,
        entropy: [7; 32],
        acknowledged: 0,
        accept_tail_loss: None,
    };
    let mut log = Log::open(MemoryVfs::default(), &options, &mut |_, _| Ok::<(), JournalError>(())).unwrap();
    let mut batch = [1; 4 + 88];
    batch[..4].copy_from_slice(&88_u32.to_le_bytes());
    let mut append = |seq: u64| {
        batch[12..20].copy_from_slice(&seq.to_le_bytes());
        log.append(&batch, seq, 1).unwrap();
    };
    append(1);
    let before = ALLOCATIONS.get();
    (2..100).for_each(&mut append);
    assert_eq!(ALLOCATIONS.get() - before, 0);
}
