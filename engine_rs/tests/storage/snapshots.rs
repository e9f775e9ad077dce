//! Wherever the power goes while a snapshot is kept, the last one is there or the new one, and the journal opens.

use pyauction_engine::journal::{Align, read_snapshot};

use crate::chance::Chance;
use crate::sim::SimVfs;
use crate::writing::{append, open, options};
use crate::{cases, row};

/// The bytes of a snapshot: nobody but a house reads them.
fn snapshot(number: u8) -> Vec<u8> {
    vec![number; 1_000 + 700 * usize::from(number)]
}

/// Keeps three snapshots one after the other on a disk that stops after so many operations. Returns how many were kept, and
/// whether the disk stopped.
fn keep(disk: &SimVfs, operations: u64) -> (u8, bool) {
    let (mut log, _) = open(disk.clone(), &options(Align::Bytes512, 8_192)).unwrap();
    append(&mut log, 3).unwrap();
    disk.stop_after(operations);
    for number in 1..=3 {
        if log.keep_snapshot(&snapshot(number)).is_err() {
            assert!(!log.has_failed(), "a snapshot is a cache");
            return (number - 1, true);
        }
    }
    (3, false)
}

#[test]
fn a_snapshot_is_whole_or_the_one_before() {
    let (mut cuts, mut older, mut newer) = (0, 0, 0);
    for operations in 0.. {
        let mut stopped = false;
        for seed in 0..cases(20, 200, 20_000) {
            let disk = SimVfs::default();
            let (kept, unfinished) = keep(&disk, operations);
            stopped = unfinished;
            let left = SimVfs::holding(&disk.crash(&mut Chance::new(seed)));
            let (log, held) = open(left.clone(), &options(Align::Bytes512, 8_192)).unwrap();
            assert_eq!((held.len(), log.durable()), (3, 3));
            let found = read_snapshot(&left);
            if found == (kept > 0).then(|| snapshot(kept)) {
                older += 1;
            } else {
                assert!(unfinished, "operation {operations}, seed {seed}: what was kept is not there");
                assert_eq!(found, Some(snapshot(kept + 1)), "operation {operations}, seed {seed}");
                newer += 1;
            }
            cuts += 1;
        }
        if !stopped {
            break;
        }
    }
    assert!(newer > 0, "the new one is sometimes there already");
    row(
        "power cuts while a snapshot is kept",
        cuts,
        &format!("{older} left the last one kept, {newer} the next, 0 others"),
    );
}
