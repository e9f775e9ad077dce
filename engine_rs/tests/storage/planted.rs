//! Bugs planted one at a time: each must turn one of the other tests red. A test that nothing can break guards nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyauction_engine::journal::planted::Bug;
use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_engine::journal::{Align, JournalError, OpenOptions};

use crate::reference::reference;
use crate::writing::{append, open, options};
use crate::{acknowledged, faults, flips, prefixes, row, schedules, snapshots};

type Check = (&'static str, fn());

/// The tests of this folder, each small; in the order in which they are asked.
const CHECKS: [Check; 11] = [
    ("schedules", || (0..600).for_each(|seed| _ = schedules::schedule(seed))),
    ("I/O faults", || _ = faults::inject_faults(800)),
    ("misled reads", || _ = faults::mislead_openings(1_000)),
    ("flipped bits", some_flips),
    ("flips in the last frame", || _ = flips::open_with_flips_in_the_last_frame(7)),
    ("exchanged frames", || _ = flips::exchange_frames_and_segments()),
    ("prefixes", || _ = prefixes::recover_prefixes(211)),
    ("acknowledged records", a_lost_end_is_noticed_by_who_knows_of_it),
    ("the durable mark", acknowledged::tell_after_the_journal),
    ("snapshots kept", || _ = snapshots::cut_while_kept(20)),
    ("snapshots exchanged", snapshots::exchange_snapshots),
];

fn some_flips() {
    let places: Vec<_> = reference()
        .segments
        .iter()
        .flat_map(|name| (0..reference().files.get(name).unwrap().len()).step_by(37).map(|at| (name.clone(), at)))
        .collect();
    assert_eq!(flips::flips_taken(&places, 8), Vec::<String>::new());
}

fn a_lost_end_is_noticed_by_who_knows_of_it() {
    let base = options(Align::Bytes512, 16_384);
    let files = MemoryVfs::default();
    let (mut log, _) = open(files.clone(), &base).unwrap();
    append(&mut log, 1).unwrap();
    let before = files.copied();
    append(&mut log, 1).unwrap();
    drop(log);
    let refused = open(before, &OpenOptions { acknowledged: 2, ..base }).map(|_| ());
    assert!(matches!(refused, Err(JournalError::Corrupt(_))), "{refused:?}");
}

/// Returns the first check that fails.
fn caught() -> Option<&'static str> {
    CHECKS.iter().find(|(_, check)| catch_unwind(AssertUnwindSafe(check)).is_err()).map(|(name, _)| *name)
}

#[test]
fn every_planted_bug_is_caught_and_nothing_else_is() {
    // Made before anything is planted.
    reference();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let sound = caught();
    let found: Vec<_> = Bug::ALL
        .into_iter()
        .map(|bug| {
            Bug::plant(Some(bug));
            let by = caught();
            Bug::plant(None);
            (bug, by)
        })
        .collect();
    std::panic::set_hook(hook);
    assert_eq!(sound, None, "a check fails without any bug");
    for (bug, by) in &found {
        row(&format!("planted bug {bug:?}"), 1, by.unwrap_or("NOT CAUGHT"));
    }
    let missed: Vec<_> = found.iter().filter(|(_, by)| by.is_none()).map(|(bug, _)| bug).collect();
    assert!(missed.is_empty(), "not caught: {missed:?}");
    row("planted bugs caught", found.len() as u64, "all");
}
