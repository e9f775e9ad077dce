//! Real processes on a real disk, killed while they write. Every record that they said was durable is there.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use pyauction_engine::journal::vfs::real::RealVfs;
use pyauction_engine::journal::{Align, OpenOptions};

use crate::chance::Chance;
use crate::writing::{append, are_the_first, open, options};
use crate::{cases, row};

const DIRECTORY: &str = "PYAUCTION_KILLED_IN";

fn small() -> OpenOptions {
    options(Align::Bytes4096, 65_536)
}

/// Writes until it is killed; says after every append which record is durable. Does nothing where nobody asks for it.
#[test]
fn a_process_that_writes_for_ever() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let (mut log, _) = open(RealVfs::create(directory).unwrap(), &small()).unwrap();
    let mut out = std::io::stdout();
    for round in 0_u64.. {
        append(&mut log, 1 + round % 3).unwrap();
        if round % 11 == 7 {
            log.prepare_spare(small().now_ns, 4_096).unwrap();
        }
        writeln!(out, "durable {}", log.durable()).unwrap();
        out.flush().unwrap();
    }
}

/// Lets a process write there and kills it after a while; returns the last record that it said was durable.
fn write_and_kill(directory: &Path, patience: Duration, until: u64) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kills::a_process_that_writes_for_ever", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = 0;
    let mut killed = false;
    for line in lines.map_while(Result::ok) {
        if let Some(durable) = line.split("durable ").nth(1) {
            said = durable.parse().unwrap();
        }
        if said >= until && !killed {
            // What it says meanwhile still counts.
            std::thread::sleep(patience);
            child.kill().unwrap();
            killed = true;
        }
    }
    child.wait().unwrap();
    said
}

#[test]
fn no_record_that_a_killed_process_said_was_durable_is_lost() {
    let mut chance = Chance::new(11);
    let kills = cases(20, 280, 5_000);
    let (mut acknowledged, mut lives) = (0, 0);
    let mut directory = tempfile::tempdir().unwrap();
    let mut before = 0;
    for kill in 0..kills {
        // A journal goes through several lives, each killed.
        if kill % 8 == 0 {
            directory = tempfile::tempdir().unwrap();
            before = 0;
            lives += 1;
        }
        let path = directory.path().join("journal");
        let patience = Duration::from_micros(chance.below(3_000));
        let said = write_and_kill(&path, patience, before + 1 + chance.below(60)).max(before);
        let options = OpenOptions { acknowledged: said, ..small() };
        let (log, held) = open(RealVfs::create(&path).unwrap(), &options).unwrap();
        assert!(are_the_first(&held) && held.len() as u64 >= said, "kill {kill}: {said} said, {} left", held.len());
        drop(log);
        acknowledged += said - before;
        before = held.len() as u64;
    }
    let result = format!("{acknowledged} records acknowledged in {lives} journals, 0 lost, 0 twice");
    row("processes killed while they write (Rust, seed 11)", kills, &result);
}
