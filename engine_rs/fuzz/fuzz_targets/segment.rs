//! A journal of several segments with bytes, frames and files changed, moved, cut and taken away.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use pyauction_engine::journal::vfs::Vfs;
use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_fuzz::input::Input;
use pyauction_fuzz::journals::{check, mend, reference};

fn files() -> &'static [(String, Vec<u8>)] {
    static FILES: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let disk = reference();
        let mut names = disk.list().unwrap();
        names.retain(|name| name.ends_with(".plog"));
        names.sort();
        names.into_iter().map(|name| (name.clone(), disk.get(&name).unwrap())).collect()
    })
}

fuzz_target!(|data: &[u8]| {
    let mut files = files().to_vec();
    let mut input = Input(data);
    for _ in 0..16 {
        if input.is_empty() || files.is_empty() {
            break;
        }
        let (does, chosen) = (input.u8(), usize::from(input.u8()) % files.len());
        let size = files[chosen].1.len();
        let at = if size == 0 { 0 } else { usize::from(input.u16()) % size };
        let (frame, length) = (at / 512 * 512, usize::from(input.u8()) * 16);
        match does % 10 {
            0 => files[chosen].1[at..].iter_mut().take(1).for_each(|byte| *byte ^= does | 1),
            1 => files[chosen].1[at..].iter_mut().take(length).for_each(|byte| *byte = 0),
            2 => files[chosen].1.truncate(at),
            3 => files[chosen].1.extend(input.bytes(length)),
            4 => drop(files.remove(chosen)),
            5 => {
                let other = usize::from(input.u8()) % files.len();
                let moved = files[other].1.get(frame..).unwrap_or_default().to_vec();
                let end = (frame + moved.len().min(length.next_multiple_of(512))).min(size);
                files[chosen].1[frame..end].copy_from_slice(&moved[..end - frame]);
            }
            6 => files[chosen].0 = format!("{:020}.plog", input.i64()),
            7 => {
                for (byte, new) in files[chosen].1[at..].iter_mut().zip(input.bytes(length)) {
                    *byte = *new;
                }
            }
            // A header's field, with checksums and chain that fit.
            8 => {
                if let Some(byte) = files[chosen].1.get_mut(frame + usize::from(input.u8()) % 80) {
                    *byte = input.u8();
                }
                mend(&mut files[chosen].1[frame..]);
            }
            _ => mend(&mut files[chosen].1[frame..]),
        }
    }
    let disk = MemoryVfs::default();
    for (name, bytes) in files {
        disk.put(&name, bytes);
    }
    check(&disk);
});
