//! The stack, after a secret was on it.

use zeroize::Zeroize;

/// How deep below its caller a call into the vault reaches, with room to spare.
const DEPTH: usize = 64 * 1024;

/// Overwrites the part of the stack that the calls before this one used: compilers spill what they work on, and a core
/// file shows what is left there. To be called from the frame that called into the vault.
#[inline(never)]
#[allow(clippy::large_stack_arrays, reason = "the stack is what is to be overwritten")]
pub fn scrub_stack() {
    let mut dead = [0_u8; DEPTH];
    dead.zeroize();
}
