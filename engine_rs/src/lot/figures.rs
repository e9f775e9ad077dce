//! What several setters of one reserve entered (FORMAT.md B.6): commitments and names, never an amount.

use sha2::{Digest, Sha256};

use super::{Lot, ReserveState};
use crate::record::{EntryFields, LotTerms};
use crate::text::Text;
use crate::wire::{Reader, WireError, Writer};

const TAG: &[u8] = b"pyauction/reserve/figures/v1";

/// What one of several setters of a reserve entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The commitment to it.
    pub commitment: [u8; 32],
    /// Who entered it.
    pub by: Text,
}

impl Lot {
    /// Returns the figures that were entered where several people set the reserve.
    #[must_use]
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// Returns whether `commitment` is the recorded one of the reserve, or of a figure of it.
    #[must_use]
    pub fn is_committed_to(&self, commitment: &[u8; 32]) -> bool {
        match self.terms.rules.optional.reserve_setters {
            None => self.commitment.as_ref() == Some(commitment),
            Some(_) => self.figures.iter().any(|figure| figure.commitment == *commitment),
        }
    }

    /// Keeps that the reserve was entered, or a figure of it, and its commitment.
    pub(crate) fn enter(&mut self, EntryFields { commitment, by, .. }: &EntryFields) {
        let Some(setters) = self.terms.rules.optional.reserve_setters else {
            self.reserve_state = ReserveState::Entered;
            self.commitment = Some(*commitment);
            return;
        };
        self.add_figure(Figure { commitment: *commitment, by: by.clone() });
        if u32::try_from(self.figures.len()).is_ok_and(|entered| entered >= setters) {
            self.reserve_state = ReserveState::Entered;
        }
    }

    /// Adds a figure to those that the lot's commitment binds.
    fn add_figure(&mut self, figure: Figure) {
        self.commitment = Some(further(&self.commitment.unwrap_or_default(), &figure));
        self.figures.push(figure);
    }

    /// Appends the figures, if the rules know several.
    pub(super) fn encode_figures(&self, w: &mut Writer<'_>) {
        if self.terms.rules.optional.reserve_setters.is_some() {
            w.u8(u8::try_from(self.figures.len()).unwrap_or(u8::MAX));
            for figure in &self.figures {
                w.bytes(&figure.commitment);
                w.text(&figure.by);
            }
        }
    }

    /// Takes the figures, which must be those that the lot's commitment binds.
    pub(super) fn bind_figures(&mut self, figures: Option<Vec<Figure>>, offset: usize) -> Result<(), WireError> {
        let Some(figures) = figures else { return Ok(()) };
        let bound = self.commitment.take();
        for figure in figures {
            self.add_figure(figure);
        }
        if self.commitment == bound {
            return Ok(());
        }
        let (expected, received) = ("the figures that the commitment binds", i128::from(self.figures.len() as u64));
        Err(WireError::Value { field: "figures", expected, received, offset })
    }
}

/// Returns the commitment that binds a further figure and all before it, which `before` binds.
fn further(before: &[u8; 32], figure: &Figure) -> [u8; 32] {
    let mut bytes = TAG.to_vec();
    let mut w = Writer(&mut bytes);
    w.bytes(before);
    w.bytes(&figure.commitment);
    w.part(figure.by.as_str().as_bytes());
    Sha256::digest(&bytes).into()
}

/// Reads the figures of a reserve that several people set, if the rules have it so.
pub(super) fn decode(terms: &LotTerms, r: &mut Reader<'_>) -> Result<Option<Vec<Figure>>, WireError> {
    let Some(setters) = terms.rules.optional.reserve_setters else { return Ok(None) };
    let most = u8::try_from(setters).unwrap_or(u8::MAX);
    let count = r.up_to("figures", "no more than there are setters", most)?;
    (0..count).map(|_| Ok(Figure { commitment: r.array::<32>()?, by: r.text()? })).collect::<Result<_, _>>().map(Some)
}
