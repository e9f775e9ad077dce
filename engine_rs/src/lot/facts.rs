//! The facts of a lot that its hash covers (FORMAT.md B.9). Time that merely passes changes none of them.

use sha2::{Digest, Sha256};

use super::{Bidder, Lot};
use crate::ids::BidderNo;
use crate::record::{Answer, OutcomeKind};
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
    /// Appends what the rules use of a bidder.
    pub(super) fn encode_bidder(&self, number: BidderNo, bidder: &Bidder, w: &mut Writer<'_>) {
        let optional = &self.terms.rules.optional;
        if optional.inquiry_yes.is_some() {
            w.u8(bidder.answer.map_or(0, Answer::number));
        }
        if optional.recent_bidders.is_some() {
            w.i64(to_wire(bidder.last_bid));
        }
        if optional.priority.is_some() {
            w.u32(bidder.rank);
            w.u32(bidder.matches);
        }
        if optional.top_up.is_some() {
            w.u8(u8::from(bidder.topped_up));
        }
        self.encode_sealed_bid(number, w);
    }

    /// Appends the announced resumption, the drawn bidder and how far sealed bids are, if the rules use them.
    pub(super) fn encode_optional(&self, w: &mut Writer<'_>) {
        if self.terms.rules.optional.resume_notice.is_some() {
            w.i64(to_wire(self.resumes_at));
        }
        if self.terms.rules.optional.lottery_seeds.is_some() {
            w.u32(self.drawn.0);
        }
        self.encode_sealed(w);
    }

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
        for (number, bidder) in (1..).map(BidderNo).zip(&self.bidders) {
            self.encode_bidder(number, bidder, &mut w);
        }
        self.encode_optional(&mut w);
        Sha256::digest(&bytes).into()
    }
}
