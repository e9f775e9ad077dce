//! The journal under everything that a disk and a power supply may do.
//!
//! `PYAUCTION_SCALE` is `default`, `ci` or `long` and says how many cases are tried; `PYAUCTION_SEED` tries one schedule
//! alone. Every test prints one row: what was tried, how often, and what came of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops where it fails, and says what it tried"
)]

#[path = "../common/mod.rs"]
mod common;

mod acknowledged;
mod chance;
mod faults;
mod flips;
mod kills;
#[cfg(feature = "planted-bugs")]
mod planted;
mod prefixes;
mod reference;
mod schedules;
mod sim;
mod snapshots;
mod writing;

/// Returns the number of cases of this run's scale.
fn cases(default: u64, ci: u64, long: u64) -> u64 {
    match std::env::var("PYAUCTION_SCALE").as_deref() {
        Ok("ci") => ci,
        Ok("long") => long,
        _ => default,
    }
}

/// Prints a row of the run's table.
fn row(check: &str, tried: u64, result: &str) {
    println!("storage | {check} | {tried} | {result}");
}
