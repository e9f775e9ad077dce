//! What settlement and reports read of a lot, as a dictionary.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::decision::hex;
use super::rules::rules_dict;
use crate::amount::Amount;
use crate::ids::BidderNo;
use crate::lot::{Lot, SealedBid, State};

/// Returns the facts of a lot. Nothing in them depends on an amount that was sealed.
pub(super) fn facts<'py>(py: Python<'py>, lot: &Lot) -> PyResult<Bound<'py, PyDict>> {
    let d = PyDict::new(py);
    let terms = lot.terms();
    let top = lot.top();
    d.set_item("lot", lot.id().0)?;
    d.set_item("lot_seq", lot.lot_seq)?;
    d.set_item("name", terms.name.as_str())?;
    d.set_item("type_id", terms.type_id.as_str())?;
    d.set_item("currency", terms.currency.as_str())?;
    d.set_item("exponent", terms.exponent)?;
    d.set_item("unit", terms.unit.as_str())?;
    d.set_item("unit_scale", terms.unit_scale)?;
    d.set_item("round", terms.round)?;
    d.set_item("opens_at_ns", terms.opens_at.0)?;
    d.set_item("preset", terms.preset.as_str())?;
    d.set_item("preset_digest", hex(&terms.preset_digest))?;
    d.set_item("rules", rules_dict(py, &terms.rules)?)?;
    d.set_item("state", lot.state().code())?;
    d.set_item("standing_minor", top.map(|top| top.amount.minor()))?;
    d.set_item("step_minor", lot.step())?;
    d.set_item("leader", top.map(|top| top.leader.0))?;
    let bids: Vec<(u32, i64)> = lot.book().iter().map(|bid| (bid.leader.0, bid.amount.minor())).collect();
    d.set_item("bids", bids)?;
    let names: Vec<&str> = lot.bidders().iter().map(|bidder| bidder.name.as_str()).collect();
    d.set_item("bidders", PyList::new(py, names)?)?;
    standing(&d, lot)?;
    d.set_item("accepted", lot.accepted())?;
    d.set_item("refused", lot.refused())?;
    d.set_item("extensions", lot.extensions())?;
    d.set_item("quoted", lot.quoted())?;
    d.set_item("enough_bidders", lot.has_enough_bidders())?;
    d.set_item("closes_at_ns", lot.deadline().map(|time| time.0))?;
    d.set_item("has_begun", lot.has_begun())?;
    d.set_item("suspended_at_ns", lot.suspended_since().map(|time| time.0))?;
    d.set_item("may_state_end", lot.state() == State::Suspended && lot.end_may_be_stated())?;
    d.set_item("closed_at_ns", lot.closed_at().map(|time| time.0))?;
    d.set_item("remaining_ns", lot.remaining())?;
    d.set_item("resumes_at_ns", lot.resumes_at().map(|time| time.0))?;
    d.set_item("reserve", lot.reserve_state().code())?;
    d.set_item("cap_reached", lot.is_cap_reached())?;
    d.set_item("at_cap", lot.at_cap().iter().map(|bidder| bidder.0).collect::<Vec<_>>())?;
    d.set_item("drawn", (lot.drawn().0 != 0).then_some(lot.drawn().0))?;
    d.set_item("commitment", lot.commitment().map(|commitment| hex(&commitment)))?;
    let figures = PyDict::new(py);
    for figure in lot.figures() {
        figures.set_item(figure.by.as_str(), hex(&figure.commitment))?;
    }
    d.set_item("reserve_figures", figures)?;
    d.set_item("sealed_bids", sealed_bids(py, lot)?)?;
    d.set_item("further_rounds", lot.further_rounds())?;
    d.set_item("published_minor", lot.published().map(Amount::minor))?;
    d.set_item("has_unopened", lot.has_unopened())?;
    d.set_item("outcome", lot.outcome().map(|outcome| outcome_dict(py, outcome)).transpose()?)?;
    Ok(d)
}

/// Sets what bidders said, hold and did, by their numbers.
fn standing(d: &Bound<'_, PyDict>, lot: &Lot) -> PyResult<()> {
    let [ranks, matches, answers] = [(); 3].map(|()| PyDict::new(d.py()));
    let mut topped_up = vec![];
    for (number, bidder) in (1_u32..).zip(lot.bidders()) {
        if bidder.rank > 0 {
            ranks.set_item(number, bidder.rank)?;
        }
        if bidder.matches > 0 {
            matches.set_item(number, bidder.matches)?;
        }
        if let Some(answer) = bidder.answer {
            answers.set_item(number, answer.code())?;
        }
        if bidder.topped_up {
            topped_up.push(number);
        }
    }
    d.set_item("ranks", ranks)?;
    d.set_item("matches", matches)?;
    d.set_item("answers", answers)?;
    d.set_item("topped_up", topped_up)
}

/// Returns what is known of every sealed bid that stands, or of who may place one in a further round.
fn sealed_bids<'py>(py: Python<'py>, lot: &Lot) -> PyResult<Bound<'py, PyList>> {
    let bids = PyList::empty(py);
    if !lot.terms().rules.takes_sealed_bids() {
        return Ok(bids);
    }
    for number in (1..=lot.admitted()).map(BidderNo) {
        let bid = lot.sealed_bid(number);
        if bid == SealedBid::default() {
            continue;
        }
        let d = PyDict::new(py);
        d.set_item("bidder", number.0)?;
        d.set_item("commitment", bid.commitment.map(|commitment| hex(&commitment)))?;
        d.set_item("placed_seq", bid.placed_seq)?;
        d.set_item("amount_minor", bid.opened.map(Amount::minor))?;
        d.set_item("valid", lot.is_sealed_bid_valid(number))?;
        d.set_item("points", bid.points.map(|points| (points.numerator, points.denominator)))?;
        d.set_item("counted", bid.counted)?;
        d.set_item("tied", bid.tied)?;
        bids.append(d)?;
    }
    Ok(bids)
}

fn outcome_dict<'py>(py: Python<'py>, outcome: &crate::record::Outcome) -> PyResult<Bound<'py, PyDict>> {
    let d = PyDict::new(py);
    d.set_item("kind", outcome.kind.code())?;
    d.set_item("cause", outcome.cause.code())?;
    d.set_item("winner", (outcome.winner.0 != 0).then_some(outcome.winner.0))?;
    d.set_item("price_minor", (outcome.winner.0 != 0).then_some(outcome.price.minor()))?;
    d.set_item("detail", outcome.detail.as_str())?;
    Ok(d)
}
