//! What the kernel says about the memory of a held reserve. Only these tests map protected memory in this process, one
//! at a time.
#![allow(unsafe_code, clippy::unwrap_used, reason = "a test fails by panicking; a fork needs unsafe")]

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::sync::Mutex;

use pyauction_engine::amount::Amount;
use pyauction_engine::ids::LotId;
use pyauction_engine::reserve::{Comparison, Expected, Mean, Opening, Terms, Vault, VaultError};

const LOT: LotId = LotId(1);
const BLINDING: [u8; 32] = [0x9d; 32];
static ALONE: Mutex<()> = Mutex::new(());

fn terms() -> Terms {
    Terms::new("A-1", 1, "CNY", 2).unwrap()
}

/// Returns the address ranges of a process that have all of these flags of the kernel: `lo` locked, `dd` left out of core
/// dumps, `wf` wiped on fork.
fn protected_ranges(process: &str, flags: &[&str]) -> Vec<(u64, u64)> {
    let smaps = fs::read_to_string(format!("/proc/{process}/smaps")).unwrap();
    let mut ranges = Vec::new();
    let mut range = (0, 0);
    for line in smaps.lines() {
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        if let Some((from, to)) = first.split_once('-') {
            range = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        }
        if first == "VmFlags:" && flags.iter().all(|flag| rest.split_whitespace().any(|word| word == *flag)) {
            ranges.push(range);
        }
    }
    ranges
}

/// Returns all bytes of the ranges.
fn memory(process: &str, ranges: &[(u64, u64)]) -> Vec<u8> {
    let mut file = fs::File::open(format!("/proc/{process}/mem")).unwrap();
    let mut bytes = Vec::new();
    for (from, to) in ranges {
        let mut range = vec![0; usize::try_from(to - from).unwrap()];
        file.seek(SeekFrom::Start(*from)).unwrap();
        file.read_exact(&mut range).unwrap();
        bytes.extend(range);
    }
    bytes
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_held_reserve_is_in_protected_memory_and_a_forgotten_one_is_not() {
    const CANARY: i64 = 0x7a31_c5d2_96e8_4b0f;
    let _alone = ALONE.lock();
    let held = || memory("self", &protected_ranges("self", &["lo", "dd", "wf"]));
    let amount = CANARY.to_le_bytes();
    let mut vault = Vault::new();
    vault.hold(LOT, &terms(), Amount(1), Opening::for_simulation(CANARY, BLINDING).unwrap(), Expected::ANY).unwrap();
    assert!(contains(&held(), &[amount.as_slice(), &BLINDING].concat()));
    assert_eq!(vault.compare(LOT, Amount(CANARY), Mean::ONE), Ok(Comparison::Met));
    vault.forget(LOT);
    let left = held();
    assert!(!contains(&left, &amount) && !contains(&left, &BLINDING[..8]));
}

#[test]
fn a_forked_child_has_zeros_and_the_vault_says_so() {
    const CANARY: i64 = 0x6b14_d7f3_82a9_5ce1;
    let _alone = ALONE.lock();
    let mut vault = Vault::new();
    vault.hold(LOT, &terms(), Amount(1), Opening::for_simulation(CANARY, BLINDING).unwrap(), Expected::ANY).unwrap();
    let late = Opening::for_simulation(CANARY, BLINDING).unwrap();
    let (reader, mut writer) = std::io::pipe().unwrap();
    let (mut ready, tell) = std::io::pipe().unwrap();

    // SAFETY: The child only reads the vault, calls `read`, `write` and `_exit`, and frees one buffer, which glibc allows
    // in a forked child.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let mut byte = 0_u8;
        let wiped = vault.is_wiped()
            && vault.compare(LOT, Amount(CANARY), Mean::ONE) == Err(VaultError::Wiped)
            && vault.hold(LotId(2), &terms(), Amount(1), late, Expected::ANY) == Err(VaultError::Wiped);
        // SAFETY: The descriptors are open and the buffer is one byte. Waits until the parent has looked.
        unsafe {
            libc::write(tell.as_raw_fd(), (&raw const byte).cast(), 1);
            libc::read(reader.as_raw_fd(), (&raw mut byte).cast(), 1);
            libc::_exit(i32::from(!wiped));
        }
    }
    ready.read_exact(&mut [0]).unwrap();
    let process = child.to_string();
    // A lock is not inherited.
    let in_child = memory(&process, &protected_ranges(&process, &["dd", "wf"]));
    writer.write_all(&[1]).unwrap();
    let mut status = 0;
    // SAFETY: The child exists, and `status` is where its status goes.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "status {status:#x}");
    assert!(!in_child.is_empty() && in_child.iter().all(|byte| *byte == 0));

    assert!(!vault.is_wiped());
    assert_eq!(vault.compare(LOT, Amount(CANARY), Mean::ONE), Ok(Comparison::Met));
}
