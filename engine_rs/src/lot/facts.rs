//! The facts of a lot that its hash covers (FORMAT.md B.9). Time that merely passes changes none of them.

use sha2::{Digest, Sha256};

use super::Lot;
use crate::record::OutcomeKind;
use crate::rules::LotRules;
use crate::time::{Timestamp, to_wire};
use crate::wire::Writer;

/// Returns the hash of a lot's rules.
pub(super) fn rules_hash(rules: &LotRules) -> [u8; 32] {
    let mut bytes = b"pyauction/rules/v1".to_vec();
    rules.encode(&mut bytes);
    Sha256::digest(&bytes).into()
}

impl Lot {
    /// Returns the hash of the lot's facts.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let top = self.top();
        let outcome = self.outcome();
        let mut bytes = b"pyauction/lot/v1".to_vec();
        let mut w = Writer(&mut bytes);
        w.u32(self.id.0);
        w.u32(self.lot_seq);
        w.bytes(&self.rules_hash);
        w.u8(self.state.number());
        w.u8(self.phase_index);
        w.i64(to_wire(self.deadline));
        w.i64(to_wire(self.remaining.map(Timestamp)));
        w.i64(to_wire(self.hard_end));
        w.i64(top.map_or(0, |top| top.amount.minor()));
        w.u32(top.map_or(0, |top| top.leader.0));
        for count in [self.accepted(), self.refused, self.extensions, self.admitted(), self.quoted] {
            w.u32(count);
        }
        w.u8(self.reserve_state.number());
        w.bytes(&self.commitment.unwrap_or_default());
        w.u8(outcome.map_or(0, |outcome| OutcomeKind::number(outcome.kind)));
        w.u32(outcome.map_or(0, |outcome| outcome.winner.0));
        w.i64(outcome.map_or(0, |outcome| outcome.price.minor()));
        Sha256::digest(&bytes).into()
    }
}
