//! Replay: the same commands through the same function, and every record compared with what was recorded.

mod describe;

use thiserror::Error;

use self::describe::describe;

use crate::amount::Amount;
use crate::command::{BidderRef, Command, Disclosure, Fault, OpenedBid, SealedFound};
use crate::decision::Quote;
use crate::engine::{Engine, Outage};
use crate::ids::{BidderNo, LotId, Seq};
use crate::journal::{Hash, Hex};
use crate::record::{
    Answer, Authority, Body, CloseCause, CommandKind, Comparison, EntryFields, EntryResult, Head, Key, LotTerms,
    Outcome, OutcomeCause, OutcomeKind, Points, Record, SuspendCause,
};
use crate::reserve::{BidTerms, Terms, commit, commit_bid};
use crate::text::{Name, Text};
use crate::time::Timestamp;
use crate::verdict::Reason;
use crate::wire::WireError;

/// The first record that is not what the engine makes of the records before it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReplayMismatch {
    /// Another release wrote the record: nothing is wrong with it.
    #[error("record {seq}: {source}")]
    Unsupported {
        /// The sequence that the record should have.
        seq: Seq,
        /// What this release does not know.
        source: WireError,
    },
    /// The bytes are no record.
    #[error("record {seq}: {source}")]
    Unreadable {
        /// The sequence that the record should have.
        seq: Seq,
        /// What is wrong with its bytes.
        source: WireError,
    },
    /// The record does not stand where it belongs, whatever the rules are.
    #[error("record {seq}: expected {expected}, found {found}")]
    Sequence {
        /// The sequence that the record should have.
        seq: Seq,
        /// What the records before it demand.
        expected: String,
        /// What the record states.
        found: String,
    },
    /// The journal states another state than the records before it give.
    #[error(
        "record {seq}: the journal states that the state after it has the hash {recorded}, the rules give {replayed}"
    )]
    State {
        /// The last record before it.
        seq: Seq,
        /// What the journal states, in hexadecimal.
        recorded: String,
        /// The hash of the engine's state.
        replayed: String,
    },
    /// The engine decides something else.
    #[error("record {seq}: the journal has {recorded}, the rules give {replayed}")]
    Differs {
        /// The record's sequence.
        seq: Seq,
        /// What the journal says.
        recorded: String,
        /// What the engine decides.
        replayed: String,
    },
}

impl ReplayMismatch {
    /// Returns the code of FORMAT.md B.10.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unsupported { .. } => "unsupported",
            Self::Unreadable { .. } => "record",
            Self::Sequence { .. } => "sequence",
            Self::State { .. } => "state",
            Self::Differs { .. } => "divergence",
        }
    }
}

/// An engine that is brought to a state by records.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    engine: Engine,
    /// The epoch that a HouseOpened began last.
    epoch: Option<u64>,
    /// The outage before it, whose suspensions are the next records if any are left.
    outage: Option<Outage>,
}

impl Replay {
    /// Returns a replay before the first record.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a replay after the record that left `engine` so, in an epoch all of whose suspensions are recorded.
    pub(crate) const fn behind(engine: Engine, epoch: u64) -> Self {
        Self { engine, epoch: Some(epoch), outage: None }
    }

    /// Returns the epoch of the last HouseOpened.
    #[must_use]
    pub const fn epoch(&self) -> Option<u64> {
        self.epoch
    }

    /// Returns the engine as the records so far left it.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Feeds the next record and returns it with the quote after it. After a mismatch the replay is of no more use.
    ///
    /// `epoch` is that of the frame which holds the record. Without one a HouseOpened is believed that it begins a later
    /// epoch than the last, which a journal's reader must not do.
    ///
    /// # Errors
    /// [`ReplayMismatch`] where the engine does not make exactly these bytes.
    pub fn feed(&mut self, bytes: &[u8], epoch: Option<u64>) -> Result<(Record, Quote), ReplayMismatch> {
        let seq = Seq(self.engine.last_seq().0.saturating_add(1));
        let recorded = Record::decode(bytes).map_err(|source| unreadable(seq, source))?;
        self.check_place(seq, &recorded, epoch).map_err(|(expected, found)| ReplayMismatch::Sequence {
            seq,
            expected,
            found,
        })?;
        let replayed = self.run(&recorded).map_err(|fault| differs(seq, &recorded, &format!("no record: {fault}")))?;
        match replayed.first() {
            Some(replayed) if replayed.to_bytes() == bytes => {
                let quote = self.engine.lot(recorded.head.lot).map_or(Quote::NONE, crate::lot::Lot::quote);
                Ok((recorded, quote))
            }
            Some(replayed) => Err(differs(seq, &recorded, &describe(replayed))),
            None => Err(differs(seq, &recorded, "no record")),
        }
    }

    /// Compares the state after the last record with what the journal states of it. Where records are equal and states are
    /// not, this release counts or keeps something otherwise than the one that wrote the journal.
    ///
    /// # Errors
    /// [`ReplayMismatch::State`].
    pub fn check_state(&self, recorded: &Hash) -> Result<(), ReplayMismatch> {
        let replayed = self.engine.state_hash();
        if replayed == *recorded {
            return Ok(());
        }
        let (recorded, replayed) = (Hex(recorded).to_string(), Hex(&replayed).to_string());
        Err(ReplayMismatch::State { seq: self.engine.last_seq(), recorded, replayed })
    }

    /// Ends the replay and returns the engine, which goes on with OpenHouse, and the suspensions after an outage that the
    /// journal does not hold, because the machine died between two frames. They are to be recorded first.
    #[must_use]
    pub fn finish(mut self) -> (Engine, Vec<Record>) {
        let mut missing = Vec::new();
        if let Some(outage) = &mut self.outage {
            while self.engine.suspend_struck(outage, &mut missing) {}
        }
        self.engine.restarted();
        (self.engine, missing)
    }

    /// Checks what holds for any record whatever the rules are. Returns what was expected and what was found.
    fn check_place(&mut self, seq: Seq, record: &Record, epoch: Option<u64>) -> Result<(), (String, String)> {
        let head = &record.head;
        if head.seq != seq {
            return Err((format!("seq {seq}"), format!("seq {}", head.seq)));
        }
        if let Some(last) = self.engine.last_at().filter(|last| head.at < *last) {
            return Err((format!("at >= {last}"), format!("at {}", head.at)));
        }
        self.check_epoch(record, epoch)?;
        // A lot that does not exist yet begins with 1. Records of the house have none, which decoding saw to.
        let follows = self.engine.lot(head.lot).map_or(1, |lot| lot.lot_seq.saturating_add(1));
        if head.lot.0 != 0 && head.lot_seq != follows {
            return Err((format!("lot_seq {follows}"), format!("lot_seq {}", head.lot_seq)));
        }
        Ok(())
    }

    /// Checks that HouseOpened begins each epoch and stands nowhere else. Before it may stand the suspensions that the
    /// last opening left open.
    fn check_epoch(&mut self, record: &Record, epoch: Option<u64>) -> Result<(), (String, String)> {
        let kind = || record.body.kind().1.to_owned();
        let Body::HouseOpened { epoch: stated, .. } = record.body else {
            let left_over = matches!(record.body, Body::LotSuspended { cause: SuspendCause::Outage, .. });
            return match epoch.or(self.epoch) {
                Some(epoch) if Some(epoch) == self.epoch || (left_over && self.is_interrupted()) => Ok(()),
                Some(epoch) => Err((opened(epoch), kind())),
                None => Err((opened(1), kind())),
            };
        };
        let begins = self.epoch.map_or(1, |last| last.saturating_add(1));
        match epoch {
            Some(epoch) if Some(epoch) == self.epoch => {
                return Err((format!("no second HouseOpened in epoch {epoch}"), opened(stated)));
            }
            Some(epoch) if stated != epoch => return Err((opened(epoch), opened(stated))),
            None if stated < begins => return Err((opened(begins), opened(stated))),
            Some(_) | None => {}
        }
        self.epoch = Some(stated);
        Ok(())
    }

    /// Returns whether suspensions of the last outage are still to come.
    fn is_interrupted(&self) -> bool {
        self.outage.as_ref().is_some_and(|outage| self.engine.is_struck(outage))
    }

    /// Runs the command that must have made `recorded`, and returns what it makes.
    fn run(&mut self, recorded: &Record) -> Result<Vec<Record>, Fault> {
        let mut made = Vec::new();
        if let Some(outage) = &mut self.outage {
            if self.engine.suspend_struck(outage, &mut made) {
                return Ok(made);
            }
            self.outage = None;
        }
        self.run_command(recorded, &mut made)?;
        Ok(made)
    }

    fn run_command(&mut self, recorded: &Record, made: &mut Vec<Record>) -> Result<(), Fault> {
        let now = recorded.head.at;
        let (lot, bidder) = (recorded.head.lot, BidderRef::Number(recorded.head.bidder));
        let mut submit = |command: Command<'_>| self.engine.submit(command, now, made).map(|_| ());
        match &recorded.body {
            Body::PhaseStarted { due, .. } | Body::SealedPhaseEnded { due, .. } => {
                self.engine.advance_one(*due, made).map(|_| ())
            }
            Body::LotClosed(close) if close.cause != CloseCause::Called => {
                self.engine.advance_one(close.due, made).map(|_| ())
            }
            Body::HouseOpened { epoch, .. } => {
                self.engine.restarted();
                self.outage = Some(self.engine.begin_epoch(*epoch, now, made)?.1);
                Ok(())
            }
            // Made by OpenHouse, which has no more of them; alone it follows from nothing.
            Body::LotSuspended { cause: SuspendCause::Outage, .. } => Ok(()),
            Body::LotOpened(terms) => submit(Command::OpenLot(terms.clone())),
            Body::BidderAdmitted { name } => submit(Command::AdmitBidder { lot, name }),
            Body::BidAccepted(bid) | Body::BidRefused(bid) => {
                submit(Command::PlaceBid { lot, bidder, amount: bid.amount, key: bid.key })
            }
            Body::LotClosed(_) => submit(Command::CloseLot { lot }),
            Body::LotSuspended { authority, .. } => {
                submit(Command::SuspendLot { lot, authority: (**authority).clone() })
            }
            Body::LotResumed { closes_at, authority } => {
                let ends_at = self.stated_end(lot, now, *closes_at);
                let command = Command::ResumeLot { lot, ends_at, authority: (**authority).clone() };
                self.engine.submit(command, now, made).map(|_| ())
            }
            Body::ResumptionAnnounced { resumes_at, authority } => {
                let authority = (**authority).clone();
                submit(Command::AnnounceResumption { lot, resumes_at: *resumes_at, authority })
            }
            Body::InquiryAnswered { answer } => submit(Command::AnswerInquiry { lot, bidder, answer: *answer }),
            Body::TopUpConfirmed { by } => submit(Command::ConfirmTopUp { lot, bidder, by: by.clone() }),
            Body::LotteryDrawn { seeds, .. } => submit(Command::DrawLottery { lot, seeds: seeds.clone() }),
            Body::SealedBidPlaced { commitment } => {
                let found = SealedFound::Accepted;
                submit(Command::PlaceSealedBid { lot, bidder, commitment: *commitment, found })
            }
            Body::SealedBidExcluded { authority } => {
                submit(Command::ExcludeSealedBid { lot, bidder, authority: (**authority).clone() })
            }
            Body::LegalBasisStated { basis } => submit(Command::StateLegalBasis { lot, basis: basis.clone() }),
            Body::SealedBidWithdrawn => submit(Command::WithdrawSealedBid { lot, bidder }),
            Body::SealedBidOpened { amount, blinding } => {
                let fits = self.sealed_bid_fits(recorded, *amount, blinding);
                let opened = OpenedBid { amount: *amount, blinding: **blinding, fits };
                self.engine.submit(Command::OpenSealedBid { lot, bidder, opened }, now, made).map(|_| ())
            }
            Body::SealedBidScored { points, by } => {
                submit(Command::ScoreSealedBid { lot, bidder, points: *points, by: by.clone() })
            }
            Body::OpeningFinished(opening) => {
                submit(Command::FinishOpening { lot, authority: opening.authority.clone() })
            }
            Body::PriorityGranted { rank, by } => {
                submit(Command::GrantPriority { lot, bidder, rank: *rank, by: by.clone() })
            }
            Body::LotTerminated { authority } => {
                submit(Command::TerminateLot { lot, authority: (**authority).clone() })
            }
            Body::ReserveEntered(entry) => submit(Command::EnterReserve { lot, entry: (**entry).clone() }),
            Body::ReserveReentered(entry) => submit(Command::ReenterReserve { lot, entry: (**entry).clone() }),
            Body::ReserveCompared { result, .. } => submit(Command::CompareReserve { lot, result: *result }),
            Body::ReserveDisclosed { amount, blinding, by } => {
                let fits = self.opening_fits(recorded, *amount, blinding);
                let disclosure = Disclosure { amount: *amount, blinding: **blinding, by: by.clone(), fits };
                self.engine.submit(Command::DiscloseReserve { lot, disclosure }, now, made).map(|_| ())
            }
            Body::OutcomeRecorded(outcome) => submit(Command::RecordOutcome { lot, outcome: (**outcome).clone() }),
            Body::CommandRefused { command, amount, name } => self.run_refused(recorded, *command, *amount, name, made),
            Body::ClockJumped { wall, expected } => {
                // It takes no time: a record of the house at the stamp of the one before.
                let now = self.engine.last_at().unwrap_or(now);
                let jump = Command::NoteClockJump { wall: *wall, expected: *expected };
                self.engine.submit(jump, now, made).map(|_| ())
            }
        }
    }

    /// Returns the end that was stated with a resumption, where one may be: any that the remaining time does not give.
    fn stated_end(&self, lot: LotId, now: Timestamp, closes_at: Option<Timestamp>) -> Option<Timestamp> {
        let lot = self.engine.lot(lot).filter(|lot| lot.end_may_be_stated())?;
        closes_at.filter(|_| lot.kept_end(now) != closes_at)
    }

    fn opening_fits(&self, recorded: &Record, amount: Amount, blinding: &[u8; 32]) -> bool {
        let Some(lot) = self.engine.lot(recorded.head.lot) else { return false };
        let LotTerms { name, round, currency, exponent, .. } = lot.terms();
        let terms = Terms::new(name.as_str(), *round, currency.as_str(), *exponent);
        terms.is_ok_and(|terms| lot.is_committed_to(commit(&terms, amount, blinding).as_bytes()))
    }

    fn sealed_bid_fits(&self, recorded: &Record, amount: Amount, blinding: &[u8; 32]) -> bool {
        let Head { lot, bidder, .. } = recorded.head;
        let Some((lot, known)) = self.engine.lot(lot).and_then(|lot| Some((lot, lot.bidder(bidder)?))) else {
            return false;
        };
        let commitment = commit_bid(&BidTerms::of(lot, &known.name), amount, blinding);
        lot.sealed_bid(bidder).commitment == Some(commitment.0)
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
        let authority = Authority { by: anyone.clone(), why: anyone.clone(), basis: Text::default() };
        let unknown = Fault::UnknownBidder { lot, bidder: recorded.head.bidder };
        let bidder = match (&named, recorded.head.bidder) {
            (Some(name), BidderNo(0)) => Ok(BidderRef::Name(name)),
            (None, number) if number.0 > 0 => Ok(BidderRef::Number(number)),
            _ => Err(unknown),
        };
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
            CommandKind::ResumeLot => {
                let ends_at = Some(Timestamp(amount.minor())).filter(|time| time.0 != 0);
                Command::ResumeLot { lot, ends_at, authority }
            }
            CommandKind::AnnounceResumption => {
                Command::AnnounceResumption { lot, resumes_at: Timestamp(amount.minor()), authority }
            }
            CommandKind::AnswerInquiry => Command::AnswerInquiry { lot, bidder: bidder?, answer: Answer::No },
            CommandKind::ConfirmTopUp => Command::ConfirmTopUp { lot, bidder: bidder?, by: anyone },
            CommandKind::DrawLottery => {
                let known = self.engine.lot(lot).and_then(|lot| lot.terms().rules.optional.lottery_seeds.as_ref());
                // Not as many as the rules commit to, so that they never fit.
                let count = if known.is_some_and(|seeds| seeds.len() == 1) { 2 } else { 1 };
                Command::DrawLottery { lot, seeds: vec![[1; 32]; count] }
            }
            CommandKind::PlaceSealedBid => {
                let found = match recorded.head.reason {
                    Some(Reason::BelowFloor) => SealedFound::BelowFloor,
                    Some(Reason::AboveMost) => SealedFound::AboveMost,
                    Some(Reason::TooPrecise) => SealedFound::TooPrecise,
                    Some(Reason::EqualSealedBid) => SealedFound::Equal,
                    _ => SealedFound::Accepted,
                };
                // The bid that stands is refused again for that whatever may be changed.
                let stands = self.engine.lot(lot).and_then(|known| known.sealed_bid(recorded.head.bidder).commitment);
                let stands = stands.filter(|_| recorded.head.reason == Some(Reason::AlreadyPlaced));
                Command::PlaceSealedBid { lot, bidder: bidder?, commitment: stands.unwrap_or([1; 32]), found }
            }
            CommandKind::WithdrawSealedBid => Command::WithdrawSealedBid { lot, bidder: bidder? },
            CommandKind::OpenSealedBid => Command::OpenSealedBid { lot, bidder: bidder?, opened: OpenedBid::default() },
            CommandKind::ScoreSealedBid => {
                let points = Points { numerator: 0, denominator: 1 };
                Command::ScoreSealedBid { lot, bidder: bidder?, points, by: anyone }
            }
            CommandKind::FinishOpening => Command::FinishOpening { lot, authority },
            CommandKind::ExcludeSealedBid => Command::ExcludeSealedBid { lot, bidder: bidder?, authority },
            CommandKind::StateLegalBasis => Command::StateLegalBasis { lot, basis: anyone },
            CommandKind::GrantPriority => Command::GrantPriority { lot, bidder: bidder?, rank: 1, by: anyone },
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

fn opened(epoch: u64) -> String {
    format!("HouseOpened(epoch={epoch})")
}

fn unreadable(seq: Seq, source: WireError) -> ReplayMismatch {
    if source.is_unsupported() {
        ReplayMismatch::Unsupported { seq, source }
    } else {
        ReplayMismatch::Unreadable { seq, source }
    }
}

fn differs(seq: Seq, recorded: &Record, replayed: &str) -> ReplayMismatch {
    ReplayMismatch::Differs { seq, recorded: describe(recorded), replayed: replayed.to_owned() }
}
