//! Taking up a journal: every record is replayed, and every state that it states is compared with the engine's.

use thiserror::Error;

use crate::journal::{Content, Control, FrameInfo, JournalError};
use crate::replay::{Replay, ReplayMismatch};

/// Why a journal cannot be taken up.
#[derive(Debug, Error)]
pub enum ReopenError {
    /// The journal's bytes are not acceptable.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The records do not follow from each other.
    #[error(transparent)]
    Mismatch(#[from] ReplayMismatch),
}

/// A journal that is read, frame by frame.
#[derive(Debug, Default)]
pub struct TakingUp {
    replay: Replay,
}

impl TakingUp {
    /// Takes the next frame.
    ///
    /// # Errors
    /// [`ReopenError::Mismatch`] where the engine decides or ends up with something else.
    pub fn take(&mut self, frame: &FrameInfo, content: Content<'_>) -> Result<(), ReopenError> {
        match content {
            Content::Records(records) => {
                for record in records {
                    self.replay.feed(record, Some(frame.epoch))?;
                }
                Ok(())
            }
            Content::Control(Control::State { state_hash, .. }) => Ok(self.replay.check_state(&state_hash)?),
            Content::Control(_) => Ok(()),
        }
    }

    /// Returns the engine after the last record.
    #[must_use]
    pub fn replayed(self) -> Replay {
        self.replay
    }
}
