//! What can be asked of the engine. The clock is not here: every command comes with its `now`.

use thiserror::Error;

use crate::amount::Amount;
use crate::ids::{BidderNo, LotId};
use crate::record::{Answer, Authority, Comparison, EntryFields, Key, LotTerms, Outcome, Points};
use crate::rules::RuleError;
use crate::text::{Name, Text};
use crate::time::Timestamp;

/// A bidder, as a caller names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BidderRef<'a> {
    /// By the number it was admitted under.
    Number(BidderNo),
    /// By its name (竞买号).
    Name(&'a Name),
}

/// One command.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "FORMAT.md B.3 to B.7 define each command's arguments")]
pub enum Command<'a> {
    OpenHouse { epoch: u64 },
    OpenLot(Box<LotTerms>),
    AdmitBidder { lot: LotId, name: &'a Name },
    PlaceBid { lot: LotId, bidder: BidderRef<'a>, amount: Amount, key: Key },
    CloseLot { lot: LotId },
    SuspendLot { lot: LotId, authority: Authority },
    AnnounceResumption { lot: LotId, resumes_at: Timestamp, authority: Authority },
    ResumeLot { lot: LotId, ends_at: Option<Timestamp>, authority: Authority },
    TerminateLot { lot: LotId, authority: Authority },
    EnterReserve { lot: LotId, entry: EntryFields },
    ReenterReserve { lot: LotId, entry: EntryFields },
    CompareReserve { lot: LotId, result: Comparison },
    DiscloseReserve { lot: LotId, disclosure: Disclosure },
    RecordOutcome { lot: LotId, outcome: Outcome },
    AnswerInquiry { lot: LotId, bidder: BidderRef<'a>, answer: Answer },
    GrantPriority { lot: LotId, bidder: BidderRef<'a>, rank: u32, by: Text },
    ConfirmTopUp { lot: LotId, bidder: BidderRef<'a>, by: Text },
    DrawLottery { lot: LotId, seeds: Vec<[u8; 32]> },
    PlaceSealedBid { lot: LotId, bidder: BidderRef<'a>, commitment: [u8; 32], found: SealedFound },
    WithdrawSealedBid { lot: LotId, bidder: BidderRef<'a> },
    OpenSealedBid { lot: LotId, bidder: BidderRef<'a>, opened: OpenedBid },
    ScoreSealedBid { lot: LotId, bidder: BidderRef<'a>, points: Points, by: Text },
    ExcludeSealedBid { lot: LotId, bidder: BidderRef<'a>, authority: Authority },
    FinishOpening { lot: LotId, authority: Authority },
    StateLegalBasis { lot: LotId, basis: Text },
    NoteClockJump { wall: Timestamp, expected: Timestamp },
}

/// What the vault found of a sealed bid whose amount it holds, the first that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedFound {
    /// Nothing against it, or the house does not know the amount.
    Accepted,
    /// It is below the least that counts.
    BelowFloor,
    /// It is above the most that counts.
    AboveMost,
    /// It is no whole multiple of the precision.
    TooPrecise,
    /// Another bidder's has the same amount.
    Equal,
}

/// What a sealed amount is held against as it is placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BidLimits {
    /// The least that counts.
    pub floor: Amount,
    /// The most that counts, if the rules state one.
    pub most: Option<Amount>,
    /// Amounts are whole multiples of it, if the rules state one.
    pub precision: Option<i64>,
    /// Whether no two bids may have one amount.
    pub is_unique: bool,
}

impl BidLimits {
    /// Returns what keeps an amount from counting by itself, if anything does.
    #[must_use]
    pub const fn judge(&self, amount: Amount) -> SealedFound {
        match self {
            Self { floor, .. } if amount.minor() < floor.minor() => SealedFound::BelowFloor,
            Self { most: Some(most), .. } if amount.minor() > most.minor() => SealedFound::AboveMost,
            Self { precision: Some(precision), .. } if amount.minor() % *precision != 0 => SealedFound::TooPrecise,
            _ => SealedFound::Accepted,
        }
    }
}

/// The opening of a sealed bid.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenedBid {
    /// The amount.
    pub amount: Amount,
    /// The blinding of the commitment.
    pub blinding: [u8; 32],
    /// Whether they fit the commitment that was placed.
    pub fits: bool,
}

/// An opening that somebody discloses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// The amount.
    pub amount: Amount,
    /// The blinding of the commitment.
    pub blinding: [u8; 32],
    /// Who discloses it.
    pub by: Text,
    /// Whether the opening fits the lot's commitment, as the vault found.
    pub fits: bool,
}

/// A misuse of the engine: nothing was sequenced, recorded or changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// There is no such lot.
    #[error("there is no lot number {0} in this house")]
    UnknownLot(LotId),
    /// There is no such bidder number in the lot.
    #[error("lot {lot} has no bidder number {bidder}; admit it, or name the bidder by its text")]
    UnknownBidder {
        /// The lot.
        lot: LotId,
        /// The number received.
        bidder: BidderNo,
    },
    /// The lot's name is taken.
    #[error("a lot named {0} exists in this house; a re-offer is a new lot with reoffer_of")]
    DuplicateLot(Name),
    /// The lot would open in the past.
    #[error("expected opens_at at or after {at} ns, received {opens_at} ns")]
    OpensInThePast {
        /// The command's stamp.
        at: Timestamp,
        /// The opening time received.
        opens_at: Timestamp,
    },
    /// The rules do not let the lot open then.
    #[error(transparent)]
    Opening(#[from] RuleError),
    /// The commitment does not fit the rules.
    #[error("a commitment is {expected} when the lot opens under these rules")]
    Commitment {
        /// `expected` or `not expected`.
        expected: &'static str,
    },
    /// A time is outside the valid range.
    #[error("expected a time from 1970 to 2116, received {0} ns")]
    TimeRange(Timestamp),
    /// A number lies outside its range.
    #[error("{what}: expected {expected}, received {received}")]
    Range {
        /// Which argument.
        what: &'static str,
        /// What is allowed.
        expected: &'static str,
        /// What came.
        received: u64,
    },
    /// Points are no fraction from 0 on.
    #[error("points: expected a fraction from 0 on, received {}/{}", .0.numerator, .0.denominator)]
    Points(Points),
    /// One person cannot enter a reserve and watch.
    #[error("witness: expected another person than by: a reserve is entered under somebody's eyes")]
    SamePerson,
    /// A text that must be given is empty.
    #[error("{0} must be stated")]
    Missing(&'static str),
    /// The house has to be opened first, once.
    #[error("the first command of an engine is OpenHouse, and only the first after a start")]
    HouseNotOpened,
    /// A counter of 32 bits is used up.
    #[error("the house or the lot has reached the most {0} that a record can number")]
    Exhausted(&'static str),
}

impl Fault {
    /// Returns the fault in Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::UnknownLot(lot) => format!("没有 {lot} 号标的"),
            Self::UnknownBidder { lot, bidder } => {
                format!("{lot} 号标的没有 {bidder} 号竞买人；请先登记，或以竞买号文本指明")
            }
            Self::DuplicateLot(name) => format!("已有名为 {name} 的标的；再次出让是写明 reoffer_of 的新标的"),
            Self::OpensInThePast { at, opens_at } => {
                format!("opens_at：不得早于 {at} ns，实为 {opens_at} ns")
            }
            // Whoever shows a fault of rules has both languages of it apart.
            Self::Opening(error) => error.to_string(),
            Self::Commitment { expected } => {
                let word = if *expected == "expected" { "须附" } else { "不得附" };
                format!("按此规则，标的开始时{word}承诺")
            }
            Self::TimeRange(time) => format!("应为 1970 至 2116 年间的时间，实为 {time} ns"),
            Self::Range { what, expected, received } => {
                let expected = expected.replace("at least ", "不小于 ").replace(" to ", " 至 ");
                let expected = expected.replace(", the highest, or more", "（最高）或更大");
                format!("{what}：应为 {expected}，实为 {received}")
            }
            Self::Points(Points { numerator, denominator }) => {
                format!("points：应为不小于 0 的分数，实为 {numerator}/{denominator}")
            }
            Self::SamePerson => "witness：见证人不得与录入人为同一人".to_owned(),
            Self::Missing(what) => format!("须写明 {what}"),
            Self::HouseNotOpened => "引擎启动后须先 OpenHouse，且只有一次".to_owned(),
            Self::Exhausted(what) => format!("{what} 的编号已用尽"),
        }
    }
}
