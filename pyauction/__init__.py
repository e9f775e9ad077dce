"""Auctions whose every step can be trusted: exact rules, a sealed reserve, a durable journal, exact replay.

Start with :class:`AuctionHouse`. It opens lots under the rules of an auction type (:class:`Listing`, :class:`English`),
decides bids in microseconds, keeps every step in a journal, compares the sealed reserve (底价) once, after the close, and
gives the same result at every replay.
"""

try:
    from . import _engine as _engine
except ModuleNotFoundError as missing:
    if missing.name != f"{__name__}._engine":
        raise
    raise ImportError(
        "pyauction's compiled engine is missing: you are importing the source tree. Run `uv run pyauction ...` or "
        "`pip install -e .` in it (after deleting a compiled file: `uv sync --reinstall-package pyauction`), or start "
        "Python from another folder. / 未找到已编译的引擎：当前导入的是源码目录。请在该目录运行 `uv run pyauction ...` 或 "
        "`pip install -e .`，或在其他目录启动 Python。"
    ) from missing

from ._engine import (
    BidBatch,
    Decision,
    LotRules,
    ManualClock,
    Phase,
    Quote,
    SealedBid,
    SealedReserve,
    SystemClock,
    lottery_commitment,
    sealed_bid_commitment,
)
from .auctions import AuctionType, English, Listing, OnlineAuction, Percent, Preset, Tender
from .clock import nanoseconds, timestamp_ns
from .errors import (
    AmountError,
    AmountTypeError,
    AuctionError,
    CannotHoldReserve,
    ClockJump,
    ForkedEngine,
    HouseError,
    HouseHalted,
    InternalFault,
    JournalAmbiguous,
    JournalCorrupt,
    JournalError,
    JournalFenced,
    JournalLocked,
    JournalTampered,
    JournalTorn,
    JournalUnsupported,
    LogSpaceLow,
    MissingExtra,
    MisuseError,
    OutcomeUnknown,
    ReplayMismatch,
    ReserveBelowStart,
    ReserveError,
    RulebookError,
    RuleError,
    SealedFileError,
    UnknownAuctionType,
    UnknownBidder,
    UnknownDay,
    UnknownLot,
)
from .evaluation import Candidate, Evaluation, Panel, Panelist, Part, candidates
from .events import Event, decode_event
from .explain import explain
from .explanations import Explanation
from .history import HistoryReport, Mapping, MappingError, replay_history
from .hours import closed_spans
from .house import AuctionHouse, Durability
from .journal import DbApiJournal, FileJournal, Journal, MemoryJournal, SQLiteJournal, export_journal
from .lot import LotSnapshot, Outcome, SealedBidFacts
from .money import CNY, WAN_YUAN, YUAN, Money, Unit
from .observers import Lagged, Observation, Observer
from .periods import Period, Schedule, check_schedule
from .refusals import Reason
from .replay import Replayed, Step, replay
from .reserve import EnteredReserve, NoReserve
from .rulebooks import Rulebook, rulebook, rulebook_names
from .verify import Finding, Opening, Report, verify
from .workdays import WorkdayCalendar

__version__ = _engine.__version__

__all__ = [
    "CNY",
    "WAN_YUAN",
    "YUAN",
    "AmountError",
    "AmountTypeError",
    "AuctionError",
    "AuctionHouse",
    "AuctionType",
    "BidBatch",
    "Candidate",
    "CannotHoldReserve",
    "ClockJump",
    "DbApiJournal",
    "Decision",
    "Durability",
    "English",
    "EnteredReserve",
    "Evaluation",
    "Event",
    "Explanation",
    "FileJournal",
    "Finding",
    "ForkedEngine",
    "HistoryReport",
    "HouseError",
    "HouseHalted",
    "InternalFault",
    "Journal",
    "JournalAmbiguous",
    "JournalCorrupt",
    "JournalError",
    "JournalFenced",
    "JournalLocked",
    "JournalTampered",
    "JournalTorn",
    "JournalUnsupported",
    "Lagged",
    "Listing",
    "LogSpaceLow",
    "LotRules",
    "LotSnapshot",
    "ManualClock",
    "Mapping",
    "MappingError",
    "MemoryJournal",
    "MissingExtra",
    "MisuseError",
    "Money",
    "NoReserve",
    "Observation",
    "Observer",
    "OnlineAuction",
    "Opening",
    "Outcome",
    "OutcomeUnknown",
    "Panel",
    "Panelist",
    "Part",
    "Percent",
    "Period",
    "Phase",
    "Preset",
    "Quote",
    "Reason",
    "ReplayMismatch",
    "Replayed",
    "Report",
    "ReserveBelowStart",
    "ReserveError",
    "RuleError",
    "Rulebook",
    "RulebookError",
    "SQLiteJournal",
    "Schedule",
    "SealedBid",
    "SealedBidFacts",
    "SealedFileError",
    "SealedReserve",
    "Step",
    "SystemClock",
    "Tender",
    "Unit",
    "UnknownAuctionType",
    "UnknownBidder",
    "UnknownDay",
    "UnknownLot",
    "WorkdayCalendar",
    "candidates",
    "check_schedule",
    "closed_spans",
    "decode_event",
    "explain",
    "export_journal",
    "lottery_commitment",
    "nanoseconds",
    "replay",
    "replay_history",
    "rulebook",
    "rulebook_names",
    "sealed_bid_commitment",
    "timestamp_ns",
    "verify",
]
