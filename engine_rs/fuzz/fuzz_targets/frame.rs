//! Frames behind a good HEADER: of any kind and body, right or with one thing wrong, and raw bytes between them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_fuzz::input::Input;
use pyauction_fuzz::journals::{FIRST, HEADER_BYTES, Running, SEGMENT_BYTES, check, open, options};

fuzz_target!(|data: &[u8]| {
    let disk = MemoryVfs::default();
    drop(open(&disk, &options()).unwrap());
    let mut segment = disk.get(FIRST).unwrap();
    segment.truncate(HEADER_BYTES);
    let mut running = Running::after_header(&segment);
    let mut input = Input(data);
    while !input.is_empty() && segment.len() < 64 << 10 {
        if input.u8() % 4 == 0 {
            let (length, at) = (usize::from(input.u8()), usize::from(input.u8()));
            let raw = input.bytes(length);
            let room = segment.len() + (at + raw.len()).next_multiple_of(512);
            segment.resize(segment.len() + at, 0);
            segment.extend(raw);
            segment.resize(room, 0);
        } else {
            segment.extend(running.frame(&mut input));
        }
    }
    segment.resize(segment.len().max(usize::try_from(SEGMENT_BYTES).unwrap()).next_multiple_of(4_096), 0);
    disk.put(FIRST, segment);
    assert!(check(&disk) <= running.whole, "what is behind a wrong frame was taken");
});
