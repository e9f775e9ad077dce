//! Records as dictionaries, with the field names of FORMAT.md.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::decision::hex;
use super::errors::raise;
use super::rules::rules_dict;
use crate::journal;
use crate::record::{Authority, BidFields, Body, EntryFields, LotTerms, Record};
use crate::time::Timestamp;

/// decode_record(record)
/// --
///
/// Return the fields of a record's canonical bytes.
#[pyfunction]
pub(super) fn decode_record<'py>(py: Python<'py>, record: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let record = Record::decode(record).map_err(|error| {
        let class = if error.is_unsupported() { "JournalUnsupported" } else { "JournalCorrupt" };
        raise(class, error.to_string())
    })?;
    record_dict(py, &record)
}

/// leaf(record)
/// --
///
/// Return the leaf hash of a record's bytes: the bid's receipt.
#[pyfunction]
pub(super) fn leaf<'py>(py: Python<'py>, record: &[u8]) -> Bound<'py, PyBytes> {
    PyBytes::new(py, &journal::leaf(record))
}

pub(super) fn record_dict<'py>(py: Python<'py>, record: &Record) -> PyResult<Bound<'py, PyDict>> {
    let d = PyDict::new(py);
    d.set_item("type", record.body.kind().1)?;
    d.set_item("seq", record.head.seq.0)?;
    d.set_item("at_ns", record.head.at.0)?;
    d.set_item("lot", record.head.lot.0)?;
    d.set_item("lot_seq", record.head.lot_seq)?;
    d.set_item("bidder", record.head.bidder.0)?;
    d.set_item("reason", record.head.reason.map(crate::verdict::Reason::code))?;
    body(&d, &record.body)?;
    Ok(d)
}

fn body(d: &Bound<'_, PyDict>, body: &Body) -> PyResult<()> {
    let ns = |time: Option<Timestamp>| time.map(|time| time.0);
    match body {
        Body::HouseOpened { last, epoch } => {
            d.set_item("last_at_ns", ns(*last))?;
            d.set_item("epoch", *epoch)
        }
        Body::LotOpened(terms) => lot_opened(d, terms),
        Body::BidderAdmitted { name } => d.set_item("name", name.as_str()),
        Body::BidAccepted(bid) | Body::BidRefused(bid) => bid_fields(d, bid),
        Body::PhaseStarted { due, closes_at, index } => {
            d.set_item("due_ns", due.0)?;
            d.set_item("closes_at_ns", ns(*closes_at))?;
            d.set_item("phase_index", *index)
        }
        Body::LotClosed(close) => {
            d.set_item("due_ns", close.due.0)?;
            d.set_item("cause", close.cause.code())?;
            d.set_item("next", close.next.code())?;
            d.set_item("top_minor", close.top.minor())?;
            d.set_item("accepted", close.accepted)?;
            d.set_item("refused", close.refused)?;
            d.set_item("quoted", close.quoted)?;
            d.set_item("admitted", close.admitted)
        }
        Body::LotSuspended { cause, remaining, authority } => {
            d.set_item("cause", cause.code())?;
            d.set_item("remaining_ns", *remaining)?;
            authority_fields(d, authority)
        }
        Body::LotResumed { closes_at, authority } => {
            d.set_item("closes_at_ns", ns(*closes_at))?;
            authority_fields(d, authority)
        }
        Body::LotTerminated { authority } => authority_fields(d, authority),
        Body::ReserveEntered(entry) | Body::ReserveReentered(entry) => entry_fields(d, entry),
        Body::ReserveCompared { result, top } => {
            d.set_item("result", result.code())?;
            d.set_item("top_minor", top.minor())
        }
        Body::ReserveDisclosed { amount, blinding, by } => {
            d.set_item("amount_minor", amount.minor())?;
            d.set_item("blinding", hex(blinding.as_slice()))?;
            d.set_item("by", by.as_str())
        }
        Body::OutcomeRecorded(outcome) => {
            d.set_item("kind", outcome.kind.code())?;
            d.set_item("cause", outcome.cause.code())?;
            d.set_item("price_minor", outcome.price.minor())?;
            d.set_item("type_id", outcome.type_id.as_str())?;
            d.set_item("detail", outcome.detail.as_str())
        }
        Body::CommandRefused { command, amount, name } => {
            d.set_item("command", command.code())?;
            let states_time = command.states_time();
            d.set_item("amount_minor", if states_time { 0 } else { amount.minor() })?;
            if states_time && amount.minor() != 0 {
                d.set_item("stated_ns", amount.minor())?;
            }
            d.set_item("name", name.as_str())
        }
        Body::ClockJumped { wall, expected } => {
            d.set_item("wall_ns", wall.0)?;
            d.set_item("expected_ns", expected.0)
        }
        Body::InquiryAnswered { answer } => d.set_item("answer", answer.code()),
        Body::ResumptionAnnounced { resumes_at, authority } => {
            d.set_item("resumes_at_ns", resumes_at.0)?;
            authority_fields(d, authority)
        }
        Body::TopUpConfirmed { by } => d.set_item("by", by.as_str()),
        Body::LotteryDrawn { at_cap, seeds } => {
            d.set_item("at_cap", *at_cap)?;
            d.set_item("seeds", seeds.iter().map(|seed| hex(seed)).collect::<Vec<_>>())
        }
        Body::SealedBidExcluded { authority } => authority_fields(d, authority),
        Body::LegalBasisStated { basis } => d.set_item("basis", basis.as_str()),
        Body::SealedBidWithdrawn
        | Body::SealedPhaseEnded { .. }
        | Body::OpeningFinished(_)
        | Body::SealedBidScored { .. }
        | Body::SealedBidPlaced { .. }
        | Body::SealedBidOpened { .. } => sealed_fields(d, body),
        Body::PriorityGranted { rank, by } => {
            d.set_item("rank", *rank)?;
            d.set_item("by", by.as_str())
        }
    }
}

fn sealed_fields(d: &Bound<'_, PyDict>, body: &Body) -> PyResult<()> {
    match body {
        Body::SealedPhaseEnded { due, standing } => {
            d.set_item("due_ns", due.0)?;
            d.set_item("standing", *standing)
        }
        Body::OpeningFinished(opening) => {
            d.set_item("next", opening.next.code())?;
            d.set_item("opened", opening.opened)?;
            d.set_item("valid", opening.valid)?;
            authority_fields(d, &opening.authority)
        }
        Body::SealedBidScored { points, by } => {
            d.set_item("numerator", points.numerator)?;
            d.set_item("denominator", points.denominator)?;
            d.set_item("by", by.as_str())
        }
        Body::SealedBidPlaced { commitment } => d.set_item("commitment", hex(commitment)),
        Body::SealedBidOpened { amount, blinding } => {
            d.set_item("amount_minor", amount.minor())?;
            d.set_item("blinding", hex(blinding.as_slice()))
        }
        // SealedBidWithdrawn has none, and nothing else comes here.
        _ => Ok(()),
    }
}

fn bid_fields(d: &Bound<'_, PyDict>, bid: &BidFields) -> PyResult<()> {
    d.set_item("amount_minor", bid.amount.minor())?;
    d.set_item("closes_at_ns", bid.closes_at.map(|time| time.0))?;
    d.set_item("key", hex(bid.key.as_bytes()))
}

fn authority_fields(d: &Bound<'_, PyDict>, authority: &Authority) -> PyResult<()> {
    d.set_item("authority", authority.by.as_str())?;
    d.set_item("why", authority.why.as_str())
}

fn entry_fields(d: &Bound<'_, PyDict>, entry: &EntryFields) -> PyResult<()> {
    d.set_item("result", entry.result.code())?;
    d.set_item("commitment", hex(&entry.commitment))?;
    d.set_item("by", entry.by.as_str())?;
    d.set_item("witness", entry.witness.as_str())
}

fn lot_opened(d: &Bound<'_, PyDict>, terms: &LotTerms) -> PyResult<()> {
    d.set_item("name", terms.name.as_str())?;
    d.set_item("type_id", terms.type_id.as_str())?;
    d.set_item("currency", terms.currency.as_str())?;
    d.set_item("exponent", terms.exponent)?;
    d.set_item("unit", terms.unit.as_str())?;
    d.set_item("unit_scale", terms.unit_scale)?;
    d.set_item("round", terms.round)?;
    d.set_item("reoffer_of", terms.reoffer_of.as_str())?;
    d.set_item("preset", terms.preset.as_str())?;
    d.set_item("preset_digest", hex(&terms.preset_digest))?;
    d.set_item("opens_at_ns", terms.opens_at.0)?;
    d.set_item("commitment", terms.commitment.map(|commitment| hex(&commitment)))?;
    d.set_item("rules", rules_dict(d.py(), &terms.rules)?)
}
