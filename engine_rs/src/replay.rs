//! Replay: the same commands through the same function, and every record compared with what was recorded.

use std::collections::VecDeque;

use thiserror::Error;

use crate::amount::Amount;
use crate::command::{BidderRef, Command, Disclosure, Fault};
use crate::decision::Quote;
use crate::engine::Engine;
use crate::ids::{BidderNo, Seq};
use crate::record::{
    Authority, Body, CloseCause, CommandKind, Comparison, EntryFields, EntryResult, Key, LotTerms, Outcome,
    OutcomeCause, OutcomeKind, Record, SuspendCause,
};
use crate::reserve::{Commitment, Terms, verify_opening};
use crate::text::{Name, Text};
use crate::verdict::Reason;
use crate::wire::WireError;

/// The first record that differs from what the engine makes of the records before it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReplayMismatch {
    /// The bytes are no record.
    #[error("record {seq}: {source}")]
    Unreadable {
        /// The sequence that the record should have.
        seq: Seq,
        /// What is wrong with its bytes.
        source: WireError,
    },
    /// The engine decides something else.
    #[error("record {seq}: recorded {recorded}, replayed {replayed}")]
    Differs {
        /// The record's sequence.
        seq: Seq,
        /// What the journal says.
        recorded: String,
        /// What the engine decides.
        replayed: String,
    },
}

/// An engine that is brought to a state by records.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    engine: Engine,
    /// Records that the last command made and that must come next.
    expected: VecDeque<Record>,
}

impl Replay {
    /// Returns a replay before the first record.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the engine as the records so far left it.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Feeds the next record and returns it with the quote after it.
    ///
    /// # Errors
    /// [`ReplayMismatch`] where the engine does not make exactly these bytes.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(Record, Quote), ReplayMismatch> {
        let seq = self.next_seq();
        let recorded = Record::decode(bytes).map_err(|source| ReplayMismatch::Unreadable { seq, source })?;
        if self.expected.is_empty() {
            self.run(&recorded).map_err(|fault| differs(seq, &recorded, &format!("a fault: {fault}")))?;
        }
        let replayed = self.expected.pop_front();
        match replayed {
            Some(replayed) if replayed.to_bytes() == bytes => {
                let quote = self.engine.lot(recorded.head.lot).map_or(Quote::NONE, crate::lot::Lot::quote);
                Ok((recorded, quote))
            }
            Some(replayed) => Err(differs(seq, &recorded, &describe(&replayed))),
            None => Err(differs(seq, &recorded, "nothing: a command that is not sequenced")),
        }
    }

    /// Ends the replay and returns the engine, which goes on with OpenHouse, and the records that the last command made and
    /// the journal does not hold, because the machine died between two frames. They are to be recorded first.
    #[must_use]
    pub fn finish(mut self) -> (Engine, Vec<Record>) {
        self.engine.restarted();
        (self.engine, self.expected.into())
    }

    fn next_seq(&self) -> Seq {
        let made = self.engine.last_seq().0;
        let waiting = u64::try_from(self.expected.len()).unwrap_or(u64::MAX);
        Seq(made.saturating_sub(waiting).saturating_add(1))
    }

    /// Runs the command that must have made `recorded`.
    fn run(&mut self, recorded: &Record) -> Result<(), Fault> {
        let mut made = Vec::new();
        let now = recorded.head.at;
        let lot = recorded.head.lot;
        let mut submit = |command: Command<'_>| self.engine.submit(command, now, &mut made).map(|_| ());
        match &recorded.body {
            Body::PhaseStarted { due, .. } => self.engine.advance_one(*due, &mut made).map(|_| ())?,
            Body::LotClosed(close) if close.cause == CloseCause::Deadline => {
                self.engine.advance_one(close.due, &mut made).map(|_| ())?;
            }
            Body::HouseOpened { epoch, .. } => {
                self.engine.restarted();
                self.engine.submit(Command::OpenHouse { epoch: *epoch }, now, &mut made)?;
            }
            // Made by OpenHouse and expected since; alone it follows from nothing.
            Body::LotSuspended { cause: SuspendCause::Outage, .. } => {}
            Body::LotOpened(terms) => submit(Command::OpenLot(terms.clone()))?,
            Body::BidderAdmitted { name } => submit(Command::AdmitBidder { lot, name })?,
            Body::BidAccepted(bid) | Body::BidRefused(bid) => {
                let bidder = BidderRef::Number(recorded.head.bidder);
                submit(Command::PlaceBid { lot, bidder, amount: bid.amount, key: bid.key })?;
            }
            Body::LotClosed(_) => submit(Command::CloseLot { lot })?,
            Body::LotSuspended { authority, .. } => {
                submit(Command::SuspendLot { lot, authority: (**authority).clone() })?;
            }
            Body::LotResumed { authority, .. } => submit(Command::ResumeLot { lot, authority: (**authority).clone() })?,
            Body::LotTerminated { authority } => {
                submit(Command::TerminateLot { lot, authority: (**authority).clone() })?;
            }
            Body::ReserveEntered(entry) => submit(Command::EnterReserve { lot, entry: (**entry).clone() })?,
            Body::ReserveReentered(entry) => submit(Command::ReenterReserve { lot, entry: (**entry).clone() })?,
            Body::ReserveCompared { result, .. } => submit(Command::CompareReserve { lot, result: *result })?,
            Body::ReserveDisclosed { amount, blinding, by } => {
                let fits = self.opening_fits(recorded, *amount, blinding);
                let disclosure = Disclosure { amount: *amount, blinding: **blinding, by: by.clone(), fits };
                self.engine.submit(Command::DiscloseReserve { lot, disclosure }, now, &mut made)?;
            }
            Body::OutcomeRecorded(outcome) => submit(Command::RecordOutcome { lot, outcome: (**outcome).clone() })?,
            Body::CommandRefused { command, amount, name } => {
                self.run_refused(recorded, *command, *amount, name, &mut made)?;
            }
            Body::ClockJumped { wall, expected } => {
                submit(Command::NoteClockJump { wall: *wall, expected: *expected })?;
            }
        }
        self.expected.extend(made);
        Ok(())
    }

    fn opening_fits(&self, recorded: &Record, amount: Amount, blinding: &[u8; 32]) -> bool {
        let Some(lot) = self.engine.lot(recorded.head.lot) else { return false };
        let LotTerms { name, round, currency, exponent, .. } = lot.terms();
        let terms = Terms::new(name.as_str(), *round, currency.as_str(), *exponent);
        let Some((terms, commitment)) = terms.ok().zip(lot.commitment()) else { return false };
        verify_opening(&terms, Commitment(commitment), amount, blinding)
    }

    /// Runs a refused command. Its record does not hold every argument, so the missing ones are chosen to be refused for
    /// the recorded reason, if the state can refuse for it at all.
    fn run_refused(
        &mut self,
        recorded: &Record,
        command: CommandKind,
        amount: Amount,
        name: &Text,
        made: &mut Vec<Record>,
    ) -> Result<(), Fault> {
        let (now, lot) = (recorded.head.at, recorded.head.lot);
        let named = Name::new(name.as_str()).ok();
        let anyone = Text::new("-").unwrap_or_default();
        let authority = Authority { by: anyone.clone(), why: anyone.clone() };
        let entry = || EntryFields {
            result: EntryResult::Accepted,
            commitment: [0; 32],
            by: anyone.clone(),
            witness: anyone.clone(),
        };
        let command = match command {
            // Neither can be refused, so no record of it exists.
            CommandKind::OpenHouse | CommandKind::OpenLot => return Ok(()),
            CommandKind::AdmitBidder => match &named {
                Some(name) => Command::AdmitBidder { lot, name },
                None => return Ok(()),
            },
            CommandKind::PlaceBid => match &named {
                Some(name) => Command::PlaceBid { lot, bidder: BidderRef::Name(name), amount, key: Key::NONE },
                None => return Ok(()),
            },
            CommandKind::CloseLot => Command::CloseLot { lot },
            CommandKind::SuspendLot => Command::SuspendLot { lot, authority },
            CommandKind::ResumeLot => Command::ResumeLot { lot, authority },
            CommandKind::TerminateLot => Command::TerminateLot { lot, authority },
            CommandKind::EnterReserve => Command::EnterReserve { lot, entry: entry() },
            CommandKind::ReenterReserve => Command::ReenterReserve { lot, entry: entry() },
            CommandKind::CompareReserve => Command::CompareReserve { lot, result: Comparison::NotMet },
            CommandKind::DiscloseReserve => {
                let disclosure = Disclosure { amount: Amount(0), blinding: [0; 32], by: anyone, fits: false };
                Command::DiscloseReserve { lot, disclosure }
            }
            CommandKind::RecordOutcome => match self.engine.lot(lot) {
                Some(known) => Command::RecordOutcome { lot, outcome: never_valid(known.terms().type_id.clone()) },
                None => return Err(Fault::UnknownLot(lot)),
            },
        };
        self.engine.submit(command, now, made).map(|_| ())
    }
}

/// An outcome that follows from nothing: sold for no price to nobody.
fn never_valid(type_id: Name) -> Outcome {
    Outcome {
        kind: OutcomeKind::Sold,
        cause: OutcomeCause::None,
        winner: BidderNo(0),
        price: Amount(0),
        type_id,
        detail: Text::default(),
    }
}

fn differs(seq: Seq, recorded: &Record, replayed: &str) -> ReplayMismatch {
    ReplayMismatch::Differs { seq, recorded: describe(recorded), replayed: replayed.to_owned() }
}

fn describe(record: &Record) -> String {
    let reason = record.head.reason.map_or("", Reason::code);
    let kind = record.body.kind().1;
    if reason.is_empty() {
        format!("{kind} {:?} {:?}", record.head, record.body)
    } else {
        format!("{kind} ({reason}) {:?} {:?}", record.head, record.body)
    }
}
