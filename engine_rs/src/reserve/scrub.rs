//! The stack, after a secret was on it.

use zeroize::Zeroize;

/// How deep below its caller a call into the vault reaches, with room to spare.
const DEPTH: usize = 64 * 1024;

/// Returns what `act` does, after overwriting the stack that it used: compilers spill what they work on, and a core file
/// shows what is left there. Whatever touches a secret runs in here; so nothing is left on any way out, be it an error or
/// a panic.
pub fn scrubbed<T>(act: impl FnOnce() -> T) -> T {
    let _guard = Scrub;
    below(act)
}

/// Runs `act` in a frame below the caller's, which the scrubbing reaches.
#[inline(never)]
fn below<T>(act: impl FnOnce() -> T) -> T {
    act()
}

struct Scrub;

impl Drop for Scrub {
    fn drop(&mut self) {
        scrub_stack();
    }
}

/// Overwrites the part of the stack that the calls before this one used.
#[inline(never)]
#[allow(clippy::large_stack_arrays, reason = "the stack is what is to be overwritten")]
fn scrub_stack() {
    let mut dead = [0_u8; DEPTH];
    dead.zeroize();
}
