//! A record in one line, for the message that names it: its type and its fields as FORMAT.md names them. Fields that are
//! zero, empty or absent are left out, and so are rules, which a command states and the engine never changes.

use std::fmt::Display;

use crate::journal::Hex;
use crate::record::{Authority, BidFields, Body, CloseFields, EntryFields, Key, LotTerms, Outcome, Record};
use crate::time::Timestamp;
use crate::verdict::Reason;

/// Returns `Type(field=value, …)`.
pub(super) fn describe(record: &Record) -> String {
    let mut fields = Fields(Vec::new());
    let head = &record.head;
    fields.code("reason", head.reason.map(Reason::code));
    fields.number("seq", head.seq.0);
    fields.say("at", head.at);
    fields.number("lot", head.lot.0);
    fields.number("lot_seq", head.lot_seq);
    fields.number("bidder", head.bidder.0);
    fields.body(&record.body);
    format!("{}({})", record.body.kind().1, fields.0.join(", "))
}

struct Fields(Vec<String>);

impl Fields {
    fn say(&mut self, name: &str, value: impl Display) {
        self.0.push(format!("{name}={value}"));
    }

    fn code(&mut self, name: &str, code: Option<&str>) {
        if let Some(code) = code {
            self.say(name, code);
        }
    }

    fn number(&mut self, name: &str, value: impl Into<i128>) {
        let value = value.into();
        if value != 0 {
            self.say(name, value);
        }
    }

    fn time(&mut self, name: &str, time: Option<Timestamp>) {
        if let Some(time) = time {
            self.say(name, time);
        }
    }

    /// Quoted, because a text may hold anything that a message also holds.
    fn text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.say(name, format_args!("{text:?}"));
        }
    }

    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        if bytes.iter().any(|byte| *byte != 0) {
            self.say(name, Hex(bytes));
        }
    }

    /// A key is the caller's bytes: shown as the text that it mostly is, else in hexadecimal.
    fn key(&mut self, key: &Key) {
        match std::str::from_utf8(key.as_bytes()) {
            Ok(text) if !text.chars().any(char::is_control) => self.text("key", text),
            _ => self.say("key", format_args!("0x{}", Hex(key.as_bytes()))),
        }
    }

    fn body(&mut self, body: &Body) {
        match body {
            Body::HouseOpened { last, epoch } => {
                self.time("last", *last);
                self.say("epoch", epoch);
            }
            Body::LotOpened(terms) => self.terms(terms),
            Body::BidderAdmitted { name } => self.text("name", name.as_str()),
            Body::BidAccepted(bid) | Body::BidRefused(bid) => self.bid(bid),
            Body::PhaseStarted { due, closes_at, index } => {
                self.say("due", due);
                self.time("closes_at", *closes_at);
                self.say("phase", index);
            }
            Body::LotClosed(close) => self.close(close),
            Body::LotSuspended { cause, remaining, authority } => {
                self.say("cause", cause.code());
                self.time("remaining", remaining.map(Timestamp));
                self.authority(authority);
            }
            Body::LotResumed { closes_at, authority } => {
                self.time("closes_at", *closes_at);
                self.authority(authority);
            }
            Body::LotTerminated { authority } => self.authority(authority),
            Body::ReserveEntered(entry) | Body::ReserveReentered(entry) => self.entry(entry),
            Body::ReserveCompared { result, top } => {
                self.say("result", result.code());
                self.say("top", top.minor());
            }
            Body::ReserveDisclosed { amount, blinding, by } => {
                self.say("amount", amount.minor());
                self.bytes("blinding", blinding.as_slice());
                self.text("by", by.as_str());
            }
            Body::OutcomeRecorded(outcome) => self.outcome(outcome),
            Body::CommandRefused { command, amount, name } => {
                self.say("command", command.code());
                self.number("amount", amount.minor());
                self.text("name", name.as_str());
            }
            Body::ClockJumped { wall, expected } => {
                self.say("wall", wall);
                self.say("expected", expected);
            }
            Body::InquiryAnswered { answer } => self.say("answer", answer.code()),
            Body::ResumptionAnnounced { resumes_at, authority } => {
                self.say("resumes_at", resumes_at);
                self.authority(authority);
            }
            Body::TopUpConfirmed { by } => self.text("by", by.as_str()),
            Body::LotteryDrawn { at_cap, seeds } => {
                self.say("at_cap", at_cap);
                for seed in seeds {
                    self.bytes("seed", seed);
                }
            }
            Body::SealedBidExcluded { authority } => self.authority(authority),
            Body::LegalBasisStated { basis } => self.text("basis", basis.as_str()),
            Body::SealedBidWithdrawn => {}
            Body::SealedPhaseEnded { due, standing } => {
                self.say("due", due);
                self.say("standing", standing);
            }
            Body::OpeningFinished(opening) => {
                self.say("next", opening.next.code());
                self.say("opened", opening.opened);
                self.say("valid", opening.valid);
                self.authority(&opening.authority);
            }
            Body::SealedBidScored { points, by } => {
                self.say("points", format_args!("{}/{}", points.numerator, points.denominator));
                self.text("by", by.as_str());
            }
            Body::SealedBidPlaced { commitment } => self.bytes("commitment", commitment),
            Body::SealedBidOpened { amount, blinding } => {
                self.say("amount", amount.minor());
                self.bytes("blinding", blinding.as_slice());
            }
            Body::PriorityGranted { rank, by } => {
                self.say("rank", rank);
                self.text("by", by.as_str());
            }
        }
    }

    fn terms(&mut self, terms: &LotTerms) {
        self.text("name", terms.name.as_str());
        self.text("type", terms.type_id.as_str());
        self.text("currency", terms.currency.as_str());
        self.number("exponent", terms.exponent);
        self.text("unit", terms.unit.as_str());
        self.number("unit_scale", terms.unit_scale);
        self.say("round", terms.round);
        self.text("reoffer_of", terms.reoffer_of.as_str());
        self.text("preset", terms.preset.as_str());
        self.bytes("preset_digest", &terms.preset_digest);
        self.say("opens_at", terms.opens_at);
        self.bytes("commitment", &terms.commitment.unwrap_or_default());
    }

    fn bid(&mut self, bid: &BidFields) {
        self.say("amount", bid.amount.minor());
        self.time("closes_at", bid.closes_at);
        self.key(&bid.key);
    }

    fn close(&mut self, close: &CloseFields) {
        self.say("due", close.due);
        self.say("cause", close.cause.code());
        self.say("next", close.next.code());
        self.number("top", close.top.minor());
        self.number("accepted", close.accepted);
        self.number("refused", close.refused);
        self.number("quoted", close.quoted);
        self.number("admitted", close.admitted);
    }

    fn authority(&mut self, authority: &Authority) {
        self.text("authority", authority.by.as_str());
        self.text("why", authority.why.as_str());
    }

    fn entry(&mut self, entry: &EntryFields) {
        self.say("result", entry.result.code());
        self.bytes("commitment", &entry.commitment);
        self.text("by", entry.by.as_str());
        self.text("witness", entry.witness.as_str());
    }

    fn outcome(&mut self, outcome: &Outcome) {
        self.say("kind", outcome.kind.code());
        self.say("cause", outcome.cause.code());
        self.number("price", outcome.price.minor());
        self.text("type", outcome.type_id.as_str());
        self.text("detail", outcome.detail.as_str());
    }
}
