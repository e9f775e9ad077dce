//! Seeded schedules: a process writes, the power goes at any operation, recovery is interrupted too, and so on. What was
//! acknowledged is always there, unchanged and in order; nothing is there that was not written.

use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_engine::journal::{Align, Content, Control, JournalError, OpenOptions, ReadEnd, read};

use crate::chance::Chance;
use crate::sim::SimVfs;
use crate::writing::{Opened, append, are_the_first, open_accepting, options};
use crate::{cases, row};

/// What a schedule went through.
#[derive(Debug, Default)]
pub struct Course {
    acknowledged: u64,
    crashes: u64,
    kills: u64,
    interrupted_openings: u64,
    accepted_losses: u64,
}

/// Writes until the machine stops or the work is done.
fn work(disk: &SimVfs, base: &OpenOptions, chance: &mut Chance, course: &mut Course) {
    for _ in 0..=chance.below(2) {
        let options = OpenOptions { acknowledged: course.acknowledged, ..base.clone() };
        let mut log = match open_accepting(disk, &options) {
            Ok(Opened { log, held, accepted_loss }) => {
                assert!(are_the_first(&held), "something was changed");
                assert!(held.len() as u64 >= course.acknowledged, "{course:?}: {} are left", held.len());
                course.accepted_losses += u64::from(accepted_loss);
                if chance.one_in(3) {
                    check_nothing_behind(disk);
                }
                log
            }
            Err(JournalError::Io { .. }) => return course.interrupted_openings += 1,
            Err(other) => panic!("{other}"),
        };
        for _ in 0..chance.below(8) {
            let done = match chance.below(8) {
                0 => log.seal(),
                1 => log.prepare_spare(base.now_ns, 1 + chance.below(12_000)).map(|_| ()),
                2 => log.state(log.durable(), [7; 32]),
                _ => append(&mut log, chance.below(9) + 1),
            };
            if done.is_err() {
                assert!(log.has_failed());
                assert_eq!(append(&mut log, 1), Err(JournalError::Failed), "nothing is taken after a failure");
                return;
            }
            course.acknowledged = course.acknowledged.max(log.durable());
        }
        if chance.one_in(2) && log.close().is_err() {
            return;
        }
    }
}

pub fn schedule(seed: u64) -> Course {
    let mut chance = Chance::new(seed);
    let align = if chance.one_in(2) { Align::Bytes512 } else { Align::Bytes4096 };
    let base = options(align, 8_192 * (1 + chance.below(3)));
    let mut course = Course::default();
    let mut disk = SimVfs::default();
    for _ in 0..3 + chance.below(3) {
        if !chance.one_in(5) {
            disk.stop_after(chance.below(70));
        }
        work(&disk, &base, &mut chance, &mut course);
        disk = if chance.one_in(4) {
            course.kills += 1;
            disk.kill()
        } else {
            course.crashes += 1;
            SimVfs::holding(&disk.crash(&mut chance))
        };
    }
    let last = disk.crash(&mut chance);
    let options = OpenOptions { acknowledged: course.acknowledged, ..base };
    let Opened { log, held, .. } = open_accepting(&last, &options).unwrap_or_else(|error| panic!("{error}"));
    assert!(are_the_first(&held) && held.len() as u64 >= course.acknowledged, "{course:?}: {} are left", held.len());
    log.close().unwrap();
    check_clean(&last, course.acknowledged);
    course
}

/// Checks that nothing is left behind what an opening has written.
fn check_nothing_behind(disk: &SimVfs) {
    match read::<_, JournalError>(disk, 0, &mut |_, _| Ok(())) {
        Ok(ReadEnd::Clean) | Err(JournalError::Io { .. }) => {}
        other => panic!("right after an opening: {other:?}"),
    }
}

/// Checks that a reader takes everything, and that every cut it is told of left what was cut.
fn check_clean(files: &MemoryVfs, acknowledged: u64) {
    let mut cuts = 0;
    let end = read::<_, JournalError>(files, acknowledged, &mut |info, content| {
        if let Content::Control(Control::Recovery(cut)) = content {
            let kept = format!("{:020}-{:020}.torn", info.segment.0, cut.offset);
            assert!(files.get(&kept).is_some(), "{kept} is not there");
            cuts += 1;
        }
        Ok(())
    });
    assert_eq!(end.unwrap(), ReadEnd::Clean, "after {cuts} cuts");
}

#[test]
fn every_acknowledged_record_survives_every_schedule() {
    let one = std::env::var("PYAUCTION_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = one.map_or(0..cases(2_000, 20_000, 1_000_000), |seed: u64| seed..seed + 1);
    let (tried, mut sum) = (seeds.end - seeds.start, Course::default());
    let check = format!("crash schedules of seeds {} to {}", seeds.start, seeds.end - 1);
    for seed in seeds {
        let course = std::panic::catch_unwind(|| schedule(seed))
            .unwrap_or_else(|_| panic!("PYAUCTION_SEED={seed} cargo test --test storage every_acknowledged"));
        sum.acknowledged += course.acknowledged;
        sum.crashes += course.crashes;
        sum.kills += course.kills;
        sum.interrupted_openings += course.interrupted_openings;
        sum.accepted_losses += course.accepted_losses;
    }
    let Course { acknowledged, crashes, kills, interrupted_openings, accepted_losses } = sum;
    let result = format!(
        "{acknowledged} records acknowledged, 0 lost; {crashes} power cuts, {kills} kills, {interrupted_openings} openings \
         interrupted, {accepted_losses} ambiguous tails accepted"
    );
    row(&check, tried, &result);
    assert!(
        one.is_some() || (interrupted_openings > tried / 10 && accepted_losses > 0),
        "the schedules reach too little"
    );
}
