//! Random bytes as an argument, so that a test or a simulation can repeat a seal byte for byte.

use sha2::{Digest, Sha256};

/// A source of random bytes.
pub trait Entropy {
    /// Fills `buffer` completely.
    ///
    /// # Errors
    /// [`NoEntropy`] if the source cannot; the buffer is then not to be used.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), NoEntropy>;
}

/// The source of random bytes failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct NoEntropy;

/// The operating system's random bytes. For everything that is real.
#[derive(Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(buffer).map_err(|_| NoEntropy)
    }
}

/// A stream that its seed determines, for tests and simulations only: whoever knows the seed knows every blinding.
///
/// Block `i` of the stream, from 0, is `SHA-256(seed ‖ u64 i)`. Each call starts at a new block.
pub struct FixedEntropy {
    seed: [u8; 32],
    next_block: u64,
}

impl FixedEntropy {
    /// Returns the stream of `seed`, from its beginning.
    #[must_use]
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed, next_block: 0 }
    }
}

impl Entropy for FixedEntropy {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        for chunk in buffer.chunks_mut(32) {
            let block = Sha256::new().chain_update(self.seed).chain_update(self.next_block.to_le_bytes()).finalize();
            chunk.iter_mut().zip(block).for_each(|(byte, random)| *byte = random);
            self.next_block = self.next_block.checked_add(1).ok_or(NoEntropy)?;
        }
        Ok(())
    }
}
