//! The canonical bytes of every record: the one definition for journal, replay and verification (FORMAT.md A.5).

mod sealed;

use crate::amount::Amount;
use crate::ids::{BidderNo, LotId, Seq};
use crate::rules::{CommitmentTime, LotRules, MAX_SEEDS, ReservePolicy};
use crate::text::{Name, Text};
use crate::time::{NO_TIME, Timestamp, from_wire, to_wire};
use crate::verdict::Reason;
use crate::wire::{Reader, WireError, Writer, coded_enum};

pub use sealed::{AfterOpening, OpeningFields, Points};

/// The meaning of records that this release writes and replays.
pub const SEMANTICS: u16 = 1;

/// The longest key of a bid in bytes.
pub const MAX_KEY: usize = 32;

/// A caller's key that makes a retry safe; empty for none.
///
/// Aligned, because it is moved with every decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[repr(align(8))]
pub struct Key {
    bytes: [u8; MAX_KEY],
    length: u8,
}

impl Key {
    /// The absent key.
    pub const NONE: Self = Self { bytes: [0; MAX_KEY], length: 0 };

    /// Returns the key, or `None` where it is longer than 32 bytes.
    #[must_use]
    pub fn new(key: &[u8]) -> Option<Self> {
        let mut bytes = [0; MAX_KEY];
        bytes.get_mut(..key.len())?.copy_from_slice(key);
        Some(Self { bytes, length: u8::try_from(key.len()).ok()? })
    }

    /// Returns whether there is no key.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.length == 0
    }

    /// Returns the key's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_>) {
        w.u8(self.length);
        w.bytes(&self.bytes);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let offset = r.offset();
        let length = r.u8()?;
        let bytes: [u8; MAX_KEY] = r.array()?;
        let padding = bytes.get(usize::from(length)..);
        if padding.is_none_or(|rest| rest.iter().any(|byte| *byte != 0)) {
            let expected = "0 to 32 bytes, zero-padded";
            return Err(WireError::Value { field: "key", expected, received: i128::from(length), offset });
        }
        Ok(Self { bytes, length })
    }
}

coded_enum! {
    /// Commands that records name by number.
    CommandKind {
        /// The house starts.
        OpenHouse = 1 "open_house",
        /// A lot is opened under declared rules.
        OpenLot = 2 "open_lot",
        /// A bidder is admitted.
        AdmitBidder = 3 "admit_bidder",
        /// A bid.
        PlaceBid = 4 "place_bid",
        /// The auctioneer ends the last phase.
        CloseLot = 5 "close_lot",
        /// 中止.
        SuspendLot = 6 "suspend_lot",
        /// 恢复.
        ResumeLot = 7 "resume_lot",
        /// 终止.
        TerminateLot = 8 "terminate_lot",
        /// The sealed reserve is entered.
        EnterReserve = 9 "enter_reserve",
        /// The same reserve is entered again after a restart.
        ReenterReserve = 10 "reenter_reserve",
        /// The vault compared the reserve.
        CompareReserve = 11 "compare_reserve",
        /// The reserve is disclosed.
        DiscloseReserve = 12 "disclose_reserve",
        /// The settlement's result is recorded.
        RecordOutcome = 13 "record_outcome",
        /// A bidder answers the inquiry (询问期).
        AnswerInquiry = 14 "answer_inquiry",
        /// The time of a resumption is announced.
        AnnounceResumption = 15 "announce_resumption",
        /// A bidder is confirmed as holder of a priority (优先权).
        GrantPriority = 16 "grant_priority",
        /// A bidder's further deposit is confirmed.
        ConfirmTopUp = 17 "confirm_top_up",
        /// The lottery among the bidders at the cap is drawn (摇号).
        DrawLottery = 18 "draw_lottery",
        /// A sealed bid (密封报价) is placed, or takes the place of an earlier one.
        PlaceSealedBid = 19 "place_sealed_bid",
        /// A sealed bid is withdrawn.
        WithdrawSealedBid = 20 "withdraw_sealed_bid",
        /// A sealed bid is opened (开标).
        OpenSealedBid = 21 "open_sealed_bid",
        /// The opening of the sealed bids is finished.
        FinishOpening = 22 "finish_opening",
        /// Points are given to an opened sealed bid (评标).
        ScoreSealedBid = 23 "score_sealed_bid",
        /// The legal basis of what follows is stated (法律依据).
        StateLegalBasis = 24 "state_legal_basis",
        /// A sealed bid that nobody opens is excluded.
        ExcludeSealedBid = 25 "exclude_sealed_bid",
    }
}
impl CommandKind {
    /// Returns whether the command states a time, which its refusal records where others record an amount.
    #[must_use]
    pub const fn states_time(self) -> bool {
        matches!(self, Self::ResumeLot | Self::AnnounceResumption)
    }
}

coded_enum! {
    /// What a bidder answers to the inquiry.
    Answer {
        /// It wants timed bidding.
        Yes = 1 "yes",
        /// It does not.
        No = 2 "no",
    }
}
coded_enum! {
    /// What ended bidding.
    CloseCause {
        /// The deadline.
        Deadline = 1 "deadline",
        /// A call.
        Called = 2 "called",
        /// The cap was reached.
        Cap = 3 "cap",
    }
}
coded_enum! {
    /// What follows the close.
    AfterClose {
        /// The reserve is to be compared.
        AwaitReserve = 1 "await_reserve",
        /// There is nothing to compare.
        NoComparison = 2 "no_comparison",
    }
}
coded_enum! {
    /// What suspended a lot.
    SuspendCause {
        /// A command.
        Command = 1 "command",
        /// Its deadline fell while the house was down.
        Outage = 2 "outage",
    }
}
coded_enum! {
    /// What the vault found on entry.
    EntryResult {
        /// The amount is held.
        Accepted = 1 "accepted",
        /// It is below the start price.
        BelowStart = 2 "below_start",
        /// It is not the committed one.
        CommitmentMismatch = 3 "commitment_mismatch",
    }
}
coded_enum! {
    /// What the vault found at the close.
    Comparison {
        /// The top amount is at or above the reserve.
        Met = 1 "met",
        /// It is below.
        NotMet = 2 "not_met",
    }
}
coded_enum! {
    /// How a lot ended.
    OutcomeKind {
        /// Sold (成交).
        Sold = 1 "sold",
        /// Not sold (流拍).
        Unsold = 2 "unsold",
    }
}
coded_enum! {
    /// Why a lot was not sold.
    OutcomeCause {
        /// It was sold.
        None = 0 "none",
        /// There was no accepted bid.
        NoBids = 1 "no_bids",
        /// There were fewer bidders than required.
        TooFewBidders = 2 "too_few_bidders",
        /// The top amount is below the reserve.
        ReserveNotMet = 3 "reserve_not_met",
        /// A rule of the auction type, named in the detail.
        TypeRule = 4 "type_rule",
    }
}

/// The 32 bytes with which every record begins, but its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Why the command was refused, if it was.
    pub reason: Option<Reason>,
    /// The lot, 0 for the house.
    pub lot: LotId,
    /// The place in the house's sequence.
    pub seq: Seq,
    /// The stamp.
    pub at: Timestamp,
    /// The place in the lot's sequence, 0 for the house.
    pub lot_seq: u32,
    /// The bidder concerned, 0 for none.
    pub bidder: BidderNo,
}

/// What a lot is opened with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotTerms {
    /// The lot's name, unique in the house.
    pub name: Name,
    /// The auction type, as `listing@1`.
    pub type_id: Name,
    /// The currency.
    pub currency: Name,
    /// How many decimal digits of the currency a minor unit stands for.
    pub exponent: u8,
    /// The unit in which people quote (万元); may be empty.
    pub unit: Text,
    /// One unit is 10^scale minor units.
    pub unit_scale: u8,
    /// How often the lot has been offered, from 1; bound into the commitment.
    pub round: u32,
    /// The lot of which this is a re-offer; may be empty.
    pub reoffer_of: Text,
    /// The preset from which the rules were taken; provenance only; may be empty.
    pub preset: Text,
    /// The preset's digest; zero for none.
    pub preset_digest: [u8; 32],
    /// When bidding begins.
    pub opens_at: Timestamp,
    /// The commitment to the reserve, where the rules want it before the opening.
    pub commitment: Option<[u8; 32]>,
    /// The rules.
    pub rules: LotRules,
}

/// What a bid record holds besides the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BidFields {
    /// The amount bid.
    pub amount: Amount,
    /// The lot's deadline after this record.
    pub closes_at: Option<Timestamp>,
    /// The caller's key.
    pub key: Key,
}

/// What LotClosed holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseFields {
    /// The deadline, or the time of the call.
    pub due: Timestamp,
    /// What ended bidding.
    pub cause: CloseCause,
    /// What follows.
    pub next: AfterClose,
    /// The top amount, 0 for none.
    pub top: Amount,
    /// Accepted bids.
    pub accepted: u32,
    /// Refused bids.
    pub refused: u32,
    /// Bidders with an accepted bid.
    pub quoted: u32,
    /// Bidders admitted.
    pub admitted: u32,
}

/// The texts with which an authority acts on a lot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Authority {
    /// Who ordered it.
    pub by: Text,
    /// Why.
    pub why: Text,
    /// The legal basis (法律依据), which a record of its own states; empty for none.
    pub basis: Text,
}

/// Who entered a reserve, and under whose eyes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryFields {
    /// What the vault found.
    pub result: EntryResult,
    /// The commitment of the entered amount.
    pub commitment: [u8; 32],
    /// Who entered it.
    pub by: Text,
    /// Who watched.
    pub witness: Text,
}

/// What an auction type settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Sold or unsold.
    pub kind: OutcomeKind,
    /// Why unsold.
    pub cause: OutcomeCause,
    /// The winner, 0 if unsold.
    pub winner: BidderNo,
    /// The hammer price, 0 if unsold.
    pub price: Amount,
    /// The auction type that settled.
    pub type_id: Name,
    /// What a third party's type wants to add.
    pub detail: Text,
}

/// What a record says, by type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "FORMAT.md A.5 defines each type's fields")]
pub enum Body {
    HouseOpened { last: Option<Timestamp>, epoch: u64 },
    LotOpened(Box<LotTerms>),
    BidderAdmitted { name: Name },
    BidAccepted(BidFields),
    BidRefused(BidFields),
    PhaseStarted { due: Timestamp, closes_at: Option<Timestamp>, index: u8 },
    LotClosed(CloseFields),
    LotSuspended { cause: SuspendCause, remaining: Option<i64>, authority: Box<Authority> },
    LotResumed { closes_at: Option<Timestamp>, authority: Box<Authority> },
    LotTerminated { authority: Box<Authority> },
    ReserveEntered(Box<EntryFields>),
    ReserveReentered(Box<EntryFields>),
    ReserveCompared { result: Comparison, top: Amount },
    ReserveDisclosed { amount: Amount, blinding: Box<[u8; 32]>, by: Text },
    OutcomeRecorded(Box<Outcome>),
    CommandRefused { command: CommandKind, amount: Amount, name: Text },
    ClockJumped { wall: Timestamp, expected: Timestamp },
    InquiryAnswered { answer: Answer },
    ResumptionAnnounced { resumes_at: Timestamp, authority: Box<Authority> },
    PriorityGranted { rank: u32, by: Text },
    TopUpConfirmed { by: Text },
    LotteryDrawn { at_cap: u32, seeds: Vec<[u8; 32]> },
    LegalBasisStated { basis: Text },
    SealedBidExcluded { authority: Box<Authority> },
    SealedBidWithdrawn,
    SealedPhaseEnded { due: Timestamp, standing: u32 },
    OpeningFinished(Box<OpeningFields>),
    SealedBidScored { points: Points, by: Text },
    SealedBidPlaced { commitment: [u8; 32] },
    SealedBidOpened { amount: Amount, blinding: Box<[u8; 32]> },
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The first 32 bytes.
    pub head: Head,
    /// The rest.
    pub body: Body,
}

impl Body {
    /// Returns the type's number and its name.
    #[must_use]
    pub const fn kind(&self) -> (u16, &'static str) {
        match self {
            Self::HouseOpened { .. } => (1, "HouseOpened"),
            Self::LotOpened(_) => (2, "LotOpened"),
            Self::BidderAdmitted { .. } => (3, "BidderAdmitted"),
            Self::BidAccepted(_) => (4, "BidAccepted"),
            Self::BidRefused(_) => (5, "BidRefused"),
            Self::PhaseStarted { .. } => (6, "PhaseStarted"),
            Self::LotClosed(_) => (7, "LotClosed"),
            Self::LotSuspended { .. } => (8, "LotSuspended"),
            Self::LotResumed { .. } => (9, "LotResumed"),
            Self::LotTerminated { .. } => (10, "LotTerminated"),
            Self::ReserveEntered(_) => (11, "ReserveEntered"),
            Self::ReserveReentered(_) => (12, "ReserveReentered"),
            Self::ReserveCompared { .. } => (13, "ReserveCompared"),
            Self::ReserveDisclosed { .. } => (14, "ReserveDisclosed"),
            Self::OutcomeRecorded(_) => (15, "OutcomeRecorded"),
            Self::CommandRefused { .. } => (16, "CommandRefused"),
            Self::ClockJumped { .. } => (17, "ClockJumped"),
            Self::InquiryAnswered { .. } => (18, "InquiryAnswered"),
            Self::ResumptionAnnounced { .. } => (19, "ResumptionAnnounced"),
            Self::PriorityGranted { .. } => (20, "PriorityGranted"),
            Self::TopUpConfirmed { .. } => (21, "TopUpConfirmed"),
            Self::LotteryDrawn { .. } => (22, "LotteryDrawn"),
            Self::LegalBasisStated { .. } => (27, "LegalBasisStated"),
            Self::SealedBidExcluded { .. } => (28, "SealedBidExcluded"),
            Self::SealedBidWithdrawn => (23, "SealedBidWithdrawn"),
            Self::SealedPhaseEnded { .. } => (24, "SealedPhaseEnded"),
            Self::OpeningFinished(_) => (25, "OpeningFinished"),
            Self::SealedBidScored { .. } => (26, "SealedBidScored"),
            Self::SealedBidPlaced { .. } => (32, "SealedBidPlaced"),
            Self::SealedBidOpened { .. } => (33, "SealedBidOpened"),
        }
    }
}

impl Record {
    /// Appends the canonical bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut w = Writer(out);
        w.u16(self.body.kind().0);
        w.u16(self.head.reason.map_or(0, Reason::number));
        w.u32(self.head.lot.0);
        w.u64(self.head.seq.0);
        w.i64(self.head.at.0);
        w.u32(self.head.lot_seq);
        w.u32(self.head.bidder.0);
        encode_body(&self.body, &mut w);
    }

    /// Returns the canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(96);
        self.encode(&mut out);
        out
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`WireError`] says what was expected and what came; [`WireError::is_unsupported`] whether another release may
    /// know what this one does not.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut r = Reader::new(bytes);
        let kind = decode_kind(&mut r)?;
        let head = Head {
            reason: decode_reason(&mut r)?,
            lot: LotId(r.u32()?),
            seq: Seq(r.u64()?),
            at: Timestamp(r.i64()?),
            lot_seq: r.u32()?,
            bidder: BidderNo(r.u32()?),
        };
        let mut body = decode_body(kind, &mut r)?;
        r.end()?;
        check_head(&head, &body)?;
        if let Body::OutcomeRecorded(outcome) = &mut body {
            outcome.winner = head.bidder;
        }
        Ok(Self { head, body })
    }
}

fn encode_body(body: &Body, w: &mut Writer<'_>) {
    match body {
        Body::HouseOpened { last, epoch } => {
            w.i64(to_wire(*last));
            w.u64(*epoch);
        }
        Body::LotOpened(terms) => terms.encode(w),
        Body::BidderAdmitted { name } => w.name(name),
        Body::BidAccepted(bid) | Body::BidRefused(bid) => {
            w.i64(bid.amount.minor());
            w.i64(to_wire(bid.closes_at));
            bid.key.encode(w);
            w.zeros(7);
        }
        Body::PhaseStarted { due, closes_at, index } => {
            w.i64(due.0);
            w.i64(to_wire(*closes_at));
            w.u8(*index);
            w.zeros(7);
        }
        Body::LotClosed(close) => {
            w.i64(close.due.0);
            w.u8(close.cause.number());
            w.u8(close.next.number());
            w.zeros(6);
            w.i64(close.top.minor());
            for count in [close.accepted, close.refused, close.quoted, close.admitted] {
                w.u32(count);
            }
        }
        Body::LotSuspended { cause, remaining, authority } => {
            w.u8(cause.number());
            w.zeros(7);
            w.i64(to_wire(remaining.map(Timestamp)));
            encode_authority(authority, w);
        }
        Body::LotResumed { closes_at, authority } => {
            w.i64(to_wire(*closes_at));
            encode_authority(authority, w);
        }
        Body::LotTerminated { authority } => encode_authority(authority, w),
        Body::ReserveEntered(entry) | Body::ReserveReentered(entry) => {
            w.u8(entry.result.number());
            w.zeros(7);
            w.bytes(&entry.commitment);
            w.text(&entry.by);
            w.text(&entry.witness);
        }
        Body::ReserveCompared { result, top } => {
            w.u8(result.number());
            w.zeros(7);
            w.i64(top.minor());
        }
        Body::ReserveDisclosed { amount, blinding, by } => {
            w.i64(amount.minor());
            w.bytes(blinding.as_slice());
            w.text(by);
        }
        Body::OutcomeRecorded(outcome) => outcome.encode_fields(w),
        Body::CommandRefused { command, amount, name } => {
            w.u16(u16::from(command.number()));
            w.zeros(6);
            w.i64(amount.minor());
            w.text(name);
        }
        Body::ClockJumped { wall, expected } => {
            w.i64(wall.0);
            w.i64(expected.0);
        }
        Body::InquiryAnswered { answer } => {
            w.u8(answer.number());
            w.zeros(7);
        }
        Body::ResumptionAnnounced { resumes_at, authority } => {
            w.i64(resumes_at.0);
            encode_authority(authority, w);
        }
        Body::PriorityGranted { rank, by } => {
            w.u32(*rank);
            w.zeros(4);
            w.text(by);
        }
        Body::TopUpConfirmed { by } => w.text(by),
        Body::LotteryDrawn { at_cap, seeds } => {
            w.u32(*at_cap);
            w.u8(u8::try_from(seeds.len()).unwrap_or(u8::MAX));
            w.zeros(3);
            for seed in seeds {
                w.bytes(seed);
            }
        }
        Body::LegalBasisStated { basis } => w.text(basis),
        Body::SealedBidExcluded { authority } => encode_authority(authority, w),
        Body::SealedBidWithdrawn
        | Body::SealedPhaseEnded { .. }
        | Body::OpeningFinished(_)
        | Body::SealedBidScored { .. }
        | Body::SealedBidPlaced { .. }
        | Body::SealedBidOpened { .. } => sealed::encode(body, w),
    }
}

fn encode_authority(authority: &Authority, w: &mut Writer<'_>) {
    w.text(&authority.by);
    w.text(&authority.why);
}

const TIME: &str = "a time from 0 to 2^62";
const TIME_OR_NONE: &str = "a time from 0 to 2^62, or NONE";
/// A sum of times, which may lie behind every valid time.
const DEADLINE: &str = "a time from 0 on";
const DEADLINE_OR_NONE: &str = "a time from 0 on, or NONE";

const fn is_time(value: i64) -> bool {
    Timestamp(value).is_valid()
}

fn time(r: &mut Reader<'_>, field: &'static str) -> Result<Timestamp, WireError> {
    r.i64_where(field, TIME, is_time).map(Timestamp)
}

fn deadline(r: &mut Reader<'_>, field: &'static str) -> Result<Timestamp, WireError> {
    r.i64_where(field, DEADLINE, |value| value >= 0).map(Timestamp)
}

pub(crate) fn deadline_or_none(r: &mut Reader<'_>, field: &'static str) -> Result<Option<Timestamp>, WireError> {
    r.i64_where(field, DEADLINE_OR_NONE, |value| value >= 0 || value == NO_TIME).map(from_wire)
}

fn decode_kind(r: &mut Reader<'_>) -> Result<u16, WireError> {
    let (offset, number) = (r.offset(), r.u16()?);
    let expected = "1 to 28, 32 and 33";
    let unknown = WireError::Unknown { field: "type", expected, received: u32::from(number), offset };
    if matches!(number, 1..=28 | 32 | 33) { Ok(number) } else { Err(unknown) }
}

pub(crate) fn decode_reason(r: &mut Reader<'_>) -> Result<Option<Reason>, WireError> {
    let (offset, number) = (r.offset(), r.u16()?);
    if number == 0 {
        return Ok(None);
    }
    let expected = "0 to 55";
    let unknown = WireError::Unknown { field: "reason", expected, received: u32::from(number), offset };
    Reason::from_number(number).ok_or(unknown).map(Some)
}

/// Refuses a head that no record of its type has. It is judged behind the fields (FORMAT.md B.10).
fn check_head(head: &Head, body: &Body) -> Result<(), WireError> {
    let Head { reason, lot, seq, at, lot_seq, bidder } = head;
    let of_house = matches!(body, Body::HouseOpened { .. } | Body::ClockJumped { .. });
    let expected = match (seq.0, of_house) {
        (0, _) => "a seq from 1 on",
        _ if !at.is_valid() => "a stamp from 0 to 2^62",
        (_, true) if (lot.0, *lot_seq, bidder.0) != (0, 0, 0) => "neither lot nor bidder in a record of the house",
        (_, false) if lot.0 == 0 || *lot_seq == 0 => "lot and lot_seq from 1 on in a record of a lot",
        _ => return check_reason(*reason, body),
    };
    let received = format!("seq {seq}, at {at}, lot {lot}, lot_seq {lot_seq}, bidder {bidder}");
    Err(WireError::Contradiction { expected, received })
}

/// Refuses a reason in a record that is no refusal, and a refusal without one.
fn check_reason(reason: Option<Reason>, body: &Body) -> Result<(), WireError> {
    let refusal = match body {
        Body::BidRefused(_) | Body::CommandRefused { .. } => true,
        Body::ReserveEntered(_) | Body::ReserveReentered(_) => reason.is_some(),
        _ => false,
    };
    if refusal == reason.is_some() {
        return Ok(());
    }
    let expected = if refusal { "a refusal with its reason" } else { "no reason where nothing is refused" };
    let received = format!("{} with reason {}", body.kind().1, reason.map_or("0", Reason::code));
    Err(WireError::Contradiction { expected, received })
}

fn decode_body(kind: u16, r: &mut Reader<'_>) -> Result<Body, WireError> {
    Ok(match kind {
        1 => decode_house_opened(r)?,
        2 => Body::LotOpened(Box::new(LotTerms::decode(r)?)),
        3 => Body::BidderAdmitted { name: r.name()? },
        4 => Body::BidAccepted(decode_bid(r)?),
        5 => Body::BidRefused(decode_bid(r)?),
        6 => {
            let (due, closes_at) = (deadline(r, "due")?, deadline_or_none(r, "closes_at")?);
            let index = r.up_to("phase index", "0 to 7", 7)?;
            r.zeros(7)?;
            Body::PhaseStarted { due, closes_at, index }
        }
        7 => Body::LotClosed(decode_close(r)?),
        8 => decode_suspended(r)?,
        9 => {
            let closes_at = deadline_or_none(r, "closes_at")?;
            Body::LotResumed { closes_at, authority: Box::new(decode_authority(r)?) }
        }
        10 => Body::LotTerminated { authority: Box::new(decode_authority(r)?) },
        11 => Body::ReserveEntered(Box::new(decode_entry(r)?)),
        12 => Body::ReserveReentered(Box::new(decode_reentry(r)?)),
        13 => {
            let result = r.choice("result", "1 met and 2 not_met", Comparison::from_number)?;
            r.zeros(7)?;
            Body::ReserveCompared { result, top: Amount(r.i64()?) }
        }
        14 => Body::ReserveDisclosed { amount: Amount(r.i64()?), blinding: Box::new(r.array()?), by: r.stated("by")? },
        15 => Body::OutcomeRecorded(Box::new(Outcome::decode_fields(r)?)),
        16 => decode_refusal(r)?,
        18 => {
            let answer = r.choice("answer", "1 yes and 2 no", Answer::from_number)?;
            r.zeros(7)?;
            Body::InquiryAnswered { answer }
        }
        19 => {
            let resumes_at = time(r, "resumes_at")?;
            Body::ResumptionAnnounced { resumes_at, authority: Box::new(decode_authority(r)?) }
        }
        20 => {
            let (offset, rank) = (r.offset(), r.u32()?);
            if rank == 0 {
                return Err(WireError::Value { field: "rank", expected: "1 or more", received: 0, offset });
            }
            r.zeros(4)?;
            Body::PriorityGranted { rank, by: r.stated("by")? }
        }
        21 => Body::TopUpConfirmed { by: r.stated("by")? },
        22 => decode_lottery(r)?,
        23..=26 | 32 | 33 => sealed::decode(kind, r)?,
        28 => Body::SealedBidExcluded { authority: Box::new(decode_authority(r)?) },
        27 => Body::LegalBasisStated { basis: r.stated("basis")? },
        // `decode_kind` lets nothing else pass.
        _ => Body::ClockJumped { wall: Timestamp(r.i64()?), expected: Timestamp(r.i64()?) },
    })
}

fn decode_house_opened(r: &mut Reader<'_>) -> Result<Body, WireError> {
    let last = r.i64_where("last", TIME_OR_NONE, |value| is_time(value) || value == NO_TIME).map(from_wire)?;
    Ok(Body::HouseOpened { last, epoch: r.u64()? })
}

/// Both texts are empty if and only if nobody ordered the suspension.
fn decode_suspended(r: &mut Reader<'_>) -> Result<Body, WireError> {
    let cause = r.choice("cause", "1 command and 2 outage", SuspendCause::from_number)?;
    r.zeros(7)?;
    let remaining = deadline_or_none(r, "remaining")?.map(|time| time.0);
    let authority = match cause {
        SuspendCause::Command => decode_authority(r)?,
        SuspendCause::Outage => {
            let offset = r.offset();
            let authority = Authority { by: r.text()?, why: r.text()?, basis: Text::default() };
            if authority != Authority::default() {
                let expected = "two empty texts after an outage";
                return Err(WireError::Value { field: "authority", expected, received: 1, offset });
            }
            authority
        }
    };
    Ok(Body::LotSuspended { cause, remaining, authority: Box::new(authority) })
}

fn decode_bid(r: &mut Reader<'_>) -> Result<BidFields, WireError> {
    let amount = Amount(r.i64()?);
    let closes_at = deadline_or_none(r, "closes_at")?;
    let key = Key::decode(r)?;
    r.zeros(7)?;
    Ok(BidFields { amount, closes_at, key })
}

fn decode_close(r: &mut Reader<'_>) -> Result<CloseFields, WireError> {
    let due = deadline(r, "due")?;
    let cause = r.choice("cause", "1 deadline, 2 called and 3 cap", CloseCause::from_number)?;
    let next = r.choice("next", "1 await_reserve and 2 no_comparison", AfterClose::from_number)?;
    r.zeros(6)?;
    let top = Amount(r.i64()?);
    let (accepted, refused, quoted, admitted) = (r.u32()?, r.u32()?, r.u32()?, r.u32()?);
    Ok(CloseFields { due, cause, next, top, accepted, refused, quoted, admitted })
}

fn decode_authority(r: &mut Reader<'_>) -> Result<Authority, WireError> {
    Ok(Authority { by: r.stated("authority")?, why: r.stated("why")?, basis: Text::default() })
}

fn decode_entry(r: &mut Reader<'_>) -> Result<EntryFields, WireError> {
    let result = r.choice("result", "1 accepted, 2 below_start and 3 commitment_mismatch", EntryResult::from_number)?;
    r.zeros(7)?;
    Ok(EntryFields { result, commitment: commitment(r)?, by: r.stated("by")?, witness: r.stated("witness")? })
}

fn commitment(r: &mut Reader<'_>) -> Result<[u8; 32], WireError> {
    let (offset, commitment) = (r.offset(), r.array()?);
    if commitment == [0; 32] {
        return Err(WireError::Value { field: "commitment", expected: "not zero", received: 0, offset });
    }
    Ok(commitment)
}

/// A reserve that is entered again was checked against the start price before.
fn decode_reentry(r: &mut Reader<'_>) -> Result<EntryFields, WireError> {
    let offset = r.offset();
    let entry = decode_entry(r)?;
    let received = i128::from(entry.result.number());
    match entry.result {
        EntryResult::BelowStart => Err(WireError::Value { field: "result", expected: "1 or 3", received, offset }),
        EntryResult::Accepted | EntryResult::CommitmentMismatch => Ok(entry),
    }
}

fn decode_lottery(r: &mut Reader<'_>) -> Result<Body, WireError> {
    let at_cap = r.u32()?;
    let (offset, count) = (r.offset(), r.u8()?);
    if count == 0 || usize::from(count) > MAX_SEEDS {
        return Err(WireError::Value { field: "seeds", expected: "1 to 16", received: i128::from(count), offset });
    }
    r.zeros(3)?;
    let seeds = (0..count).map(|_| r.array()).collect::<Result<Vec<[u8; 32]>, _>>()?;
    if seeds.contains(&[0; 32]) {
        return Err(WireError::Value { field: "seeds", expected: "none of zeros", received: 0, offset });
    }
    Ok(Body::LotteryDrawn { at_cap, seeds })
}

fn decode_refusal(r: &mut Reader<'_>) -> Result<Body, WireError> {
    let offset = r.offset();
    let number = r.u16()?;
    let command = u8::try_from(number).ok().and_then(CommandKind::from_number).ok_or(WireError::Unknown {
        field: "command",
        expected: "1 to 25",
        received: u32::from(number),
        offset,
    })?;
    r.zeros(6)?;
    Ok(Body::CommandRefused { command, amount: Amount(r.i64()?), name: r.text()? })
}

impl Outcome {
    /// Appends all fields but the winner, which the record's head holds.
    pub(crate) fn encode_fields(&self, w: &mut Writer<'_>) {
        w.u8(self.kind.number());
        w.u8(self.cause.number());
        w.zeros(6);
        w.i64(self.price.minor());
        w.name(&self.type_id);
        w.text(&self.detail);
    }

    /// Reads all fields but the winner.
    pub(crate) fn decode_fields(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let kind = r.choice("kind", "1 sold and 2 unsold", OutcomeKind::from_number)?;
        let cause = r.choice("cause", "0 to 4", OutcomeCause::from_number)?;
        r.zeros(6)?;
        let price = Amount(r.i64()?);
        Ok(Self { kind, cause, winner: BidderNo(0), price, type_id: r.name()?, detail: r.text()? })
    }
}

impl LotTerms {
    /// Appends the fields of LotOpened.
    pub(crate) fn encode(&self, w: &mut Writer<'_>) {
        w.name(&self.name);
        w.name(&self.type_id);
        w.u16(SEMANTICS);
        w.name(&self.currency);
        w.u8(self.exponent);
        w.text(&self.unit);
        w.u8(self.unit_scale);
        w.u32(self.round);
        w.text(&self.reoffer_of);
        w.text(&self.preset);
        w.bytes(&self.preset_digest);
        w.i64(self.opens_at.0);
        w.u8(u8::from(self.commitment.is_some()));
        w.bytes(&self.commitment.unwrap_or_default());
        self.rules.encode(w.0);
    }

    /// Reads the fields of LotOpened.
    ///
    /// # Errors
    /// [`WireError`].
    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let name = r.name()?;
        let type_id = r.name()?;
        let offset = r.offset();
        let semantics = r.u16()?;
        if semantics != SEMANTICS {
            let received = u32::from(semantics);
            return Err(WireError::Unknown { field: "semantics", expected: "1", received, offset });
        }
        let currency = r.name()?;
        let exponent = r.up_to("exponent", "0 to 18", 18)?;
        let unit = r.text()?;
        let unit_scale = r.up_to("unit scale", "0 to 18", 18)?;
        let (offset, round) = (r.offset(), r.u32()?);
        if round == 0 {
            return Err(WireError::Value { field: "round", expected: "1 or more", received: 0, offset });
        }
        let reoffer_of = r.text()?;
        let preset = r.text()?;
        let preset_digest = r.array()?;
        let opens_at = time(r, "opens_at")?;
        let committed = r.up_to("commitment", "0 or 1", 1)? == 1;
        let offset = r.offset();
        let bytes: [u8; 32] = r.array()?;
        if committed == (bytes == [0; 32]) {
            let (expected, received) = ("zero if and only if there is none", i128::from(committed));
            return Err(WireError::Value { field: "commitment", expected, received, offset });
        }
        let rules = LotRules::decode(r)?;
        let wanted = matches!(rules.reserve, ReservePolicy::Required { commitment: CommitmentTime::BeforeOpening, .. });
        if committed != wanted {
            let (expected, received) =
                ("one if and only if the rules ask for it before opening", i128::from(committed));
            return Err(WireError::Value { field: "commitment", expected, received, offset });
        }
        let commitment = committed.then_some(bytes);
        Ok(Self {
            name,
            type_id,
            currency,
            exponent,
            unit,
            unit_scale,
            round,
            reoffer_of,
            preset,
            preset_digest,
            opens_at,
            commitment,
            rules,
        })
    }
}
