"""The independent verifier and reference model of pyauction.

It is written from the format's document and uses nothing but the standard library, so that a copy of this folder on any
machine with Python checks a journal without trusting the program that wrote it: `python verifier DIRECTORY`.

`verify` checks a journal. `Model` decides commands as the rules say. Neither writes anything.
"""

from __future__ import annotations

from .contents import UnreadableError
from .findings import Finding
from .lot import Lot
from .lottery import lottery_commitment
from .model import Model, Quote
from .record import Record
from .records import (
    RECORD_TYPES,
    BidAccepted,
    BidderAdmitted,
    BidRefused,
    ClockJumped,
    CommandRefused,
    HouseOpened,
    InquiryAnswered,
    LegalBasisStated,
    LotClosed,
    LotOpened,
    LotResumed,
    LotSuspended,
    LotTerminated,
    LotteryDrawn,
    OutcomeRecorded,
    PhaseStarted,
    PriorityGranted,
    ReserveCompared,
    ReserveDisclosed,
    ReserveEntered,
    ReserveReentered,
    ResumptionAnnounced,
    TopUpConfirmed,
    decode,
    encode,
)
from .replay import Replay
from .report import LotSummary, Recovery, Report
from .reserve import Opening, commitment, read_opening
from .rules import LotRules, Phase, decode_rules
from .sealed_bid import sealed_commitment
from .sealed_records import (
    OpeningFinished,
    SealedBidExcluded,
    SealedBidOpened,
    SealedBidPlaced,
    SealedBidScored,
    SealedBidWithdrawn,
    SealedPhaseEnded,
)
from .settle import Settlement, settle
from .timeline import CommandError
from .verification import verify, verify_files
from .wire import FormatError

__all__ = [
    "RECORD_TYPES",
    "BidAccepted",
    "BidRefused",
    "BidderAdmitted",
    "ClockJumped",
    "CommandError",
    "CommandRefused",
    "Finding",
    "FormatError",
    "HouseOpened",
    "InquiryAnswered",
    "LegalBasisStated",
    "Lot",
    "LotClosed",
    "LotOpened",
    "LotResumed",
    "LotRules",
    "LotSummary",
    "LotSuspended",
    "LotTerminated",
    "LotteryDrawn",
    "Model",
    "Opening",
    "OpeningFinished",
    "OutcomeRecorded",
    "Phase",
    "PhaseStarted",
    "PriorityGranted",
    "Quote",
    "Record",
    "Recovery",
    "Replay",
    "Report",
    "ReserveCompared",
    "ReserveDisclosed",
    "ReserveEntered",
    "ReserveReentered",
    "ResumptionAnnounced",
    "SealedBidExcluded",
    "SealedBidOpened",
    "SealedBidPlaced",
    "SealedBidScored",
    "SealedBidWithdrawn",
    "SealedPhaseEnded",
    "Settlement",
    "TopUpConfirmed",
    "UnreadableError",
    "commitment",
    "decode",
    "decode_rules",
    "encode",
    "lottery_commitment",
    "read_opening",
    "sealed_commitment",
    "settle",
    "verify",
    "verify_files",
]
