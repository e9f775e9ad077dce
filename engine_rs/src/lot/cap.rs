//! The price cap of a lot: who is at it, what may be bid towards it, and the lottery among several (FORMAT.md B.2, B.5).

use sha2::{Digest, Sha256};

use super::{Lot, State};
use crate::amount::Amount;
use crate::ids::BidderNo;
use crate::rules::{CapAction, PhaseKind};
use crate::verdict::Reason;
use crate::wire::Writer;

impl Lot {
    /// Returns whether the top amount has reached the cap that is in force.
    pub(crate) fn is_cap_reached(&self) -> bool {
        self.terms.rules.is_cap_reached(self.phase_index, self.top().map(|top| top.amount))
    }

    /// Returns whether the cap, now reached, ends the phase at once.
    pub(super) fn cap_ends_phase(&self) -> bool {
        let waits = self.terms.rules.optional.cap_in_free.is_some() && self.phase().kind == PhaseKind::Free;
        self.is_cap_reached() && !self.terms.rules.draws_lots() && !waits
    }

    /// Returns the bidders at the cap, in the order of their first bids of it.
    #[must_use]
    pub fn at_cap(&self) -> Vec<BidderNo> {
        let cap = self.terms.rules.optional.cap.map(Amount);
        let mut at_cap: Vec<_> =
            self.book.iter().rev().take_while(|bid| Some(bid.amount) == cap).map(|bid| bid.leader).collect();
        at_cap.reverse();
        at_cap
    }

    /// Returns whom the lottery gave the lot, 0 for nobody yet.
    #[must_use]
    pub const fn drawn(&self) -> BidderNo {
        self.drawn
    }

    /// Returns whether bidders at the cap are left for a lottery.
    pub(super) fn needs_draw(&self) -> bool {
        self.terms.rules.draws_lots() && self.has_enough_bidders() && self.at_cap().len() > 1
    }

    /// Returns the least acceptable amount, if there is one.
    pub(super) fn ask(&self) -> Option<Amount> {
        let (rules, top) = (&self.terms.rules, self.top().map(|top| top.amount));
        if rules.is_plain() {
            return rules.ask(top, self.phase().kind);
        }
        if !rules.takes_bids_from(self.phase_index) {
            return None;
        }
        if self.is_cap_reached() {
            return rules.optional.cap.filter(|_| rules.draws_lots()).map(Amount);
        }
        let ask = rules.ask(top, self.phase().kind);
        match rules.ceiling(self.phase_index) {
            Some(cap) => Some(ask.map_or(cap, |ask| ask.min(cap))),
            None => ask,
        }
    }

    /// Decides whether the lottery can be drawn from these seeds.
    pub(crate) fn decide_draw(&self, seeds: &[[u8; 32]]) -> Result<(), Reason> {
        if self.state != State::AwaitingDraw {
            return Err(Reason::WrongPhase);
        }
        let commitments = self.terms.rules.optional.lottery_seeds.as_deref().unwrap_or_default();
        let opened: Vec<_> = seeds.iter().map(seed_commitment).collect();
        if opened == commitments { Ok(()) } else { Err(Reason::SeedMismatch) }
    }

    /// Returns whom the lottery gives the lot: one of the bidders at the cap, by a number that all of them can compute.
    pub(crate) fn draw(&self, seeds: &[[u8; 32]]) -> BidderNo {
        let at_cap = self.at_cap();
        let mut bytes = b"pyauction/lottery/draw/v1".to_vec();
        let mut w = Writer(&mut bytes);
        w.part(self.terms.name.as_str().as_bytes());
        w.u32(self.terms.round);
        w.u32(u32::try_from(at_cap.len()).unwrap_or(u32::MAX));
        for bidder in &at_cap {
            w.u32(bidder.0);
        }
        for seed in seeds {
            w.bytes(seed);
        }
        let digest: [u8; 32] = Sha256::digest(&bytes).into();
        let count = u64::try_from(at_cap.len()).unwrap_or(u64::MAX).max(1);
        let left = digest.iter().fold(0_u64, |left, byte| {
            let carried = u128::from(left) * 256 + u128::from(*byte);
            u64::try_from(carried % u128::from(count)).unwrap_or(0)
        });
        let index = usize::try_from(left).unwrap_or(0);
        at_cap.get(index).copied().unwrap_or_default()
    }

    /// Returns whether the cap leads to the next phase or ends the bidding.
    pub(super) fn cap_action(&self) -> Option<CapAction> {
        self.terms.rules.optional.cap_action.filter(|_| self.is_cap_reached() && !self.terms.rules.draws_lots())
    }
}

/// Returns what stands in the rules for a seed that is revealed only at the draw.
#[must_use]
pub fn seed_commitment(seed: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(b"pyauction/lottery/seed/v1").chain_update(seed).finalize().into()
}
