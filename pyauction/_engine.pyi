"""The native module. Drafted from the Rust signatures, kept by hand, checked by `mypy.stubtest`."""

from collections.abc import Sequence
from datetime import tzinfo
from decimal import Decimal
from os import PathLike
from typing import Any, Literal, Self, final

from typing_extensions import Buffer, disjoint_base

from .journal import Journal
from .lot import LotSnapshot
from .money import Money

__version__: str
DEBUG_BUILD: bool
REASONS: list[tuple[int, str]]
OPTIONAL_RULES: list[tuple[str, str, str, tuple[str, str] | None, list[tuple[str, tuple[str, str]]]]]
"""The rules that are off when absent: name, keyword, kind, name in English and Chinese, each choice with its words."""
__all__ = [
    "DEBUG_BUILD",
    "OPTIONAL_RULES",
    "REASONS",
    "BidBatch",
    "Decision",
    "FileJournal",
    "House",
    "LotRules",
    "ManualClock",
    "MemoryJournal",
    "Phase",
    "Quote",
    "Replay",
    "SealedBid",
    "SealedReserve",
    "SystemClock",
    "__version__",
    "commitment",
    "decode_record",
    "filesystem_of",
    "leaf",
    "leave_locks",
    "lottery_commitment",
    "noop",
    "parse_amount",
    "read_journal",
    "reserve_mean",
    "seal_reserve",
    "sealed_bid_commitment",
    "snapshot_seq",
]

@final
class SystemClock:
    """Real time: the wall clock at the start plus the monotonic clock since."""

    def __new__(cls) -> Self: ...
    @staticmethod
    def for_tests(wall_ns: int, monotonic_ns: int) -> SystemClock:
        """Return a clock whose two hands a test moves, to rehearse a jump of the wall clock."""

    def set_hands(self, wall_ns: int, monotonic_ns: int) -> None:
        """Set the hands of a clock made by `for_tests`. Raises `MisuseError` for a real one."""

    def now_ns(self) -> int:
        """Return the time in nanoseconds since 1970 UTC."""

def lottery_commitment(seed: bytes) -> bytes:
    """Return what stands in a lot's rules for a seed of 32 bytes, which is revealed only when the lottery is drawn."""

@final
class ManualClock:
    """A clock that the caller sets, for tests, replays and platforms with a time service of their own."""

    def __new__(cls, now_ns: int = 0) -> Self: ...
    def now_ns(self) -> int:
        """Return the time in nanoseconds since 1970 UTC."""

    def set(self, now_ns: int) -> None:
        """Set the time. It may be set back; stamps do not fall all the same."""

    def advance(self, ns: int) -> int:
        """Move the time by `ns` and return it."""

@final
class Phase:
    """One phase of a lot (FORMAT.md B.1). Without `after_ns` and `at_ns` it ends by a call."""

    def __new__(
        cls,
        kind: Literal["free", "timed", "inquiry", "preparation", "sealed"],
        *,
        after_ns: int | None = None,
        at_ns: int | None = None,
        reset_to_ns: int | None = None,
        window_ns: int | None = None,
        window_to_ns: int | None = None,
        hard_end_after_ns: int | None = None,
        hard_end_at_ns: int | None = None,
    ) -> Self: ...
    @property
    def kind(self) -> Literal["free", "timed", "inquiry", "preparation", "sealed"]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class LotRules:
    """The validated rules of a lot (FORMAT.md B.1). Amounts are minor units. Raises `RuleError` and names the parameter.

    `increment` is an int, a tuple (numerator, denominator, "up" | "down"), or rows of (from, step). `optional` are the
    rules from key 22 on, by their names there; those that state a length of time or spans end in `_ns`.
    """

    def __new__(
        cls,
        *,
        admission: Literal["listed", "open"],
        start_price: int,
        increment: int | tuple[int, int, str] | Sequence[tuple[int, int]],
        self_outbid: Literal["allowed", "refused"],
        phases: Sequence[Phase],
        clock: Literal["opening", "first_bid"],
        on_outage: Literal["close_at_schedule", "suspend"],
        reserve: Literal["required", "declared_none"],
        multiple_anchor: Literal["start", "current"] | None = None,
        max_multiple: int | None = None,
        timed_without_bids: Literal["enter", "decide"] | None = None,
        single_bidder: Literal["decide", "timed"] | None = None,
        min_bidders: int | None = None,
        min_bidders_counts: Literal["admitted", "quoted"] | None = None,
        reserve_custody: Literal["entered"] | None = None,
        reserve_commitment: Literal["before_opening", "at_entry"] | None = None,
        entry_opens_before_end_ns: int | None = None,
        entry_ends_before_end_ns: int | None = None,
        **optional: Any,
    ) -> Self: ...
    @property
    def canonical(self) -> bytes:
        """The canonical bytes (FORMAT.md B.1)."""

    def as_dict(self) -> dict[str, Any]:
        """Return the parameters by name."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Quote:
    """The price state of a lot as one may show it. Nothing in it depends on the reserve."""

    @property
    def phase(
        self,
    ) -> Literal[
        "none",
        "scheduled",
        "free",
        "timed",
        "suspended",
        "awaiting_reserve",
        "closed",
        "decided",
        "terminated",
        "inquiry",
        "preparation",
        "awaiting_draw",
        "sealed",
        "awaiting_opening",
    ]:
        """Where the lot stands; "none" for a command that concerns no lot."""

    @property
    def phase_index(self) -> int:
        """The index of the present or last phase."""

    @property
    def standing_minor(self) -> int | None:
        """The top amount, or None without an accepted bid."""

    @property
    def leader(self) -> int | None:
        """The number of the leading bidder, or None."""

    @property
    def ask_minor(self) -> int | None:
        """The least acceptable amount of a clear bid, or None where none can be accepted any more."""

    @property
    def closes_at_ns(self) -> int | None:
        """When the phase ends, or None where that is not known."""

    @property
    def accepted_bids(self) -> int:
        """How many bids were accepted."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Decision:
    """What a command returns: accepted or refused, where it stands in the sequence, and the quote after it."""

    @property
    def seq(self) -> int:
        """The place in the house's sequence."""

    @property
    def at_ns(self) -> int:
        """The stamp, in nanoseconds since 1970 UTC."""

    @property
    def lot(self) -> int:
        """The lot's number, 0 for the house."""

    @property
    def lot_seq(self) -> int:
        """The place in the lot's sequence, 0 for the house."""

    @property
    def bidder(self) -> int:
        """The bidder's number, 0 for none."""

    @property
    def accepted(self) -> bool:
        """Whether the command was accepted."""

    @property
    def verdict(self) -> Literal["accepted", "refused"]:
        """The same in a word."""

    @property
    def reason(self) -> str | None:
        """The code of the refusal (a member of `Reason` equals it), or None."""

    @property
    def amount_minor(self) -> int | None:
        """The amount of a bid, or None for another command."""

    @property
    def first_minor(self) -> int | None:
        """For a bid that is refused as key_conflict the amount for which its key was used first, if it is still known."""

    @property
    def repeated(self) -> bool:
        """Whether this repeats the earlier decision of the same key; the quote is then the present one."""

    @property
    def quote(self) -> Quote:
        """The quote after the decision. Provisional until `durable`; for its caller alone."""

    @property
    def durable(self) -> bool:
        """Whether the decision is on stable storage."""

    @property
    def digest(self) -> str | None:
        """The receipt: the leaf hash of the record in hexadecimal, once durable."""

    @property
    def record(self) -> bytes:
        """The record's canonical bytes (FORMAT.md A.5)."""

    def fields(self) -> dict[str, Any]:
        """Return the record's fields by their names in FORMAT.md."""

    def message(
        self,
        lang: str = "en",
        *,
        money: Money | None = None,
        lot: LotSnapshot | None = None,
        zone: tzinfo | None = None,
    ) -> str:
        """Return in words what was decided and which rule decided it, in "en" or "zh-CN".

        Amounts are shown in the unit of `money`, as the lot's auction type states it, or else in minor units. With `lot`, a
        snapshot of the decision's lot, they are in its unit, and a refusal also says what the lot's rules state of its
        ground: the step, the price cap, the precision, a notice; and with one taken before the lot's next record how the lot
        stood: an answer, a rank, what was announced. Times are in `zone`, as `timezone(timedelta(hours=8))`, or
        else in UTC.
        """

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class BidBatch:
    """The decisions of a batch, in columns."""

    def __len__(self) -> int: ...
    @property
    def accepted(self) -> int:
        """How many bids were accepted."""

    @property
    def last_seq(self) -> int | None:
        """The greatest sequence of the batch, or None if it is empty."""

    @property
    def seqs(self) -> bytes:
        """Sequence numbers, native `u64`, as bytes: `memoryview(batch.seqs).cast("Q")`."""

    @property
    def reasons(self) -> bytes:
        """One byte a bid: 0 for accepted, else the number of the reason."""

    @property
    def quote(self) -> Quote:
        """The quote after the last bid."""

@final
class SealedReserve:
    """A sealed reserve (底价): a commitment one can see and an amount one cannot."""

    @staticmethod
    def from_file(path: str | PathLike[str]) -> SealedReserve:
        """Read a sealed file that `pyauction seal` made. Raises `SealedFileError`."""

    @staticmethod
    def for_simulation(
        lot: str,
        amount_minor: int,
        *,
        currency: str = "CNY",
        exponent: int = 2,
        round: int = 1,
        blinding: bytes | None = None,
    ) -> SealedReserve:
        """Make a sealed reserve from an amount, for tests and simulations only: the amount was a Python object."""

    @property
    def commitment(self) -> str:
        """The commitment in hexadecimal, as the journal states it."""

    @property
    def lot(self) -> str:
        """The name of the lot for which it was sealed."""

    @property
    def round(self) -> int:
        """The round for which it was sealed, from 1."""

    @property
    def currency(self) -> str:
        """The currency in which it was sealed."""

    @property
    def exponent(self) -> int:
        """How many decimal digits of the currency a minor unit stands for."""

    @property
    def start_price_minor(self) -> int | None:
        """The start price that the amount was checked against when it was sealed; None for a simulation."""

    def _unlock(self, *, passphrase_fd: int | None = None, lang: Literal["en", "zh-CN"] = "en") -> None: ...
    def __copy__(self) -> None: ...
    def __deepcopy__(self, _memo: object, /) -> None: ...
    def __reduce_ex__(self, _protocol: object, /) -> None: ...  # type: ignore[override] # always raises

@final
class SealedBid:
    """A sealed bid (密封报价): a commitment one can see and an amount one cannot, made by the program of its bidder.

    The commitment (FORMAT.md A.6) binds lot, round, currency, bidder, amount and, among the tied of a sealed round,
    `further_round`, which is that of the lot's snapshot. `blinding` is 32 random bytes if none are given. Whoever keeps the
    amount and the blinding can make the same bid again, to open it. `AuctionHouse.seal_bid` fills in the lot's terms.
    """

    def __new__(
        cls,
        lot: str,
        bidder: str,
        amount_minor: int,
        *,
        currency: str = "CNY",
        exponent: int = 2,
        round: int = 1,
        further_round: int = 0,
        blinding: bytes | None = None,
    ) -> Self: ...
    @staticmethod
    def from_fd(
        lot: str,
        bidder: str,
        fd: int,
        *,
        currency: str = "CNY",
        exponent: int = 2,
        round: int = 1,
        further_round: int = 0,
        unit_scale: int = 0,
    ) -> SealedBid:
        """Read the amount as a line from a descriptor, in a unit of 10**`unit_scale` minor units. It never is a Python object.

        Raises `SealedFileError` for what is no amount, `CannotHoldReserve` where memory cannot be locked.
        """

    @property
    def commitment(self) -> str:
        """The commitment in hexadecimal, as the journal states it."""

    @property
    def lot(self) -> str:
        """The name of the lot for which it was made."""

    @property
    def bidder(self) -> str:
        """The name of its bidder."""

    @property
    def further_round(self) -> int:
        """How many sealed rounds followed the first when it is placed."""

    @property
    def round(self) -> int:
        """The round of the lot for which it was made, from 1."""

    @property
    def currency(self) -> str:
        """The currency in which it was made."""

    @property
    def exponent(self) -> int:
        """How many decimal digits of the currency a minor unit stands for."""

    def opening(self) -> tuple[int, bytes]:
        """Return the amount in minor units and the blinding, for its bidder to keep until the bids are opened.

        Raises `MisuseError` for a bid `from_fd`, whose amount is not shown.
        """

    def write_opening(self, fd: int) -> None:
        """Write the amount in minor units and the blinding in hexadecimal to a descriptor, as a line."""

    def __copy__(self) -> None: ...
    def __deepcopy__(self, _memo: object, /) -> None: ...
    def __reduce_ex__(self, _protocol: object, /) -> None: ...  # type: ignore[override] # always raises

@final
class FileJournal:
    """A journal in a directory.

    `acknowledged` is the last sequence that the caller knows was acknowledged: a journal that lost it is refused.
    `accept_tail_loss` is (hash, operator): an operator's word that an ambiguous tail of that hash may be cut.
    With `snapshots` the house keeps its state beside the journal (FORMAT.md A.8), and the next opening replays only what
    came after it; the frames are read, their chain is checked and the snapshot is compared with the records all the same.
    That the rules made the records up to it is not checked again: `verify` does.
    """

    def __new__(
        cls,
        path: str | PathLike[str],
        *,
        align: int = 4096,
        segment_bytes: int = ...,
        acknowledged: int = 0,
        accept_tail_loss: tuple[str, str] | None = None,
        snapshots: bool = False,
    ) -> Self: ...
    @property
    def path(self) -> Any:
        """The directory, a `pathlib.Path`."""

@final
class MemoryJournal:
    """A journal in memory, for tests and trials. It outlives its house and can be opened again.

    `snapshots` is as in a `FileJournal`. `entropy_for_tests` are 32 bytes in place of chance: equal commands then make
    equal journals, byte for byte.
    """

    def __new__(
        cls,
        *,
        align: int = 512,
        segment_bytes: int = ...,
        snapshots: bool = False,
        entropy_for_tests: bytes | None = None,
    ) -> Self: ...
    def files(self) -> dict[str, bytes]:
        """Return the journal's files by name, as a directory would hold them."""

@disjoint_base
class House:
    """The native part of an auction house. Use `pyauction.AuctionHouse`."""

    def __new__(
        cls,
        journal: FileJournal | MemoryJournal | Journal | None = None,
        *,
        durability: str = "each",
        clock: SystemClock | ManualClock | None = None,
        feed_limit: int = 65_536,
    ) -> Self: ...
    def bid(
        self,
        lot: str | int,
        bidder: str | int,
        amount_minor: int | str | Decimal,
        *,
        key: str | bytes | None = None,
        at: int | None = None,
    ) -> Decision:
        """Place a bid (报价) and return the decision; under `Durability.EACH` it is on stable storage then.

        `lot` and `bidder` are names or numbers of earlier decisions. `amount_minor` is an `int` of minor units; `str`
        and `Decimal` are amounts in the unit that the lot declares. `key`, 1 to 32 bytes, makes a retry safe: a repeat
        returns the earlier decision. `at` states the time where the clock is a `ManualClock`.

        A refusal is a decision, not an exception. Raises `AmountError`, `UnknownLot`, `UnknownBidder` or another
        `MisuseError` before anything is sequenced, `OutcomeUnknown` if the journal fails meanwhile, `HouseHalted` after.
        """

    def bid_many(self, lot: str | int, bidders: Buffer, amounts: Buffer, *, at: int | None = None) -> BidBatch:
        """Place a buffer of bids of one lot in one crossing; not atomic, each is decided as by `bid`.

        `bidders` are numbers in an unsigned 32-bit buffer (`array("I")`), `amounts` minor units in a signed 64-bit one
        (`array("q")`).
        """

    def _open_lot(
        self,
        name: str,
        type_id: str,
        rules: LotRules,
        *,
        currency: str,
        exponent: int,
        unit: str = "",
        unit_scale: int = 0,
        round: int = 1,
        reoffer_of: str = "",
        preset: str = "",
        preset_digest: bytes | None = None,
        opens_at: int | None = None,
        commitment: bytes | None = None,
        at: int | None = None,
    ) -> Decision: ...
    def admit(self, lot: str | int, bidder: str, *, at: int | None = None) -> Decision:
        """Admit a bidder (竞买人) to a lot. The number is `decision.bidder`."""

    def close_lot(self, lot: str | int, *, at: int | None = None) -> Decision:
        """End the last phase of a lot that is ended by a call (落槌)."""

    def suspend_lot(
        self, lot: str | int, *, authority: str, why: str, basis: str | None = None, at: int | None = None
    ) -> Decision:
        """Suspend a lot (中止): the remaining time is kept, quotes stand; while sealed bids are opened, none is until it resumes.

        `authority` orders it, `why` says on which ground; `basis`, if given, is the legal basis (法律依据), which a record of its
        own states before (国土资规〔2017〕7号 art. 27).
        """

    def _announce_resumption(
        self,
        lot: str | int,
        resumes_at_ns: int,
        *,
        authority: str,
        why: str,
        basis: str | None = None,
        at: int | None = None,
    ) -> Decision: ...
    def _resume_lot(
        self,
        lot: str | int,
        *,
        authority: str,
        why: str,
        basis: str | None = None,
        ends_at_ns: int | None = None,
        at: int | None = None,
    ) -> Decision: ...
    def answer_inquiry(
        self, lot: str | int, bidder: str | int, answer: Literal["yes", "no"], *, at: int | None = None
    ) -> Decision:
        """Record whether a bidder wants timed bidding, in an inquiry (询问期; 汕头 art. 23). An answer stands."""

    def confirm_top_up(self, lot: str | int, bidder: str | int, *, by: str, at: int | None = None) -> Decision:
        """Confirm a bidder's further deposit, without which it may not bid where the cap led to (四川 2025)."""

    def draw_lottery(self, lot: str | int, seeds: Sequence[bytes], *, at: int | None = None) -> Decision:
        """Draw the lottery (摇号) among the bidders at the cap, from the seeds to whose commitments the rules bind it.

        Anybody who has the journal can draw it again (FORMAT.md B.4). Refused as seed_mismatch for other seeds.
        """

    def grant_priority(
        self, lot: str | int, bidder: str | int, *, rank: int, by: str, at: int | None = None
    ) -> Decision:
        """Confirm a bidder as holder of a priority (优先权) of a rank, 1 the highest, before bidding is over.

        It may then bid the top amount, where the lot's rules know a priority (法释〔2016〕18号 art. 16, 19, 21).
        """

    def place_sealed_bid(
        self, lot: str | int, bidder: str | int, bid: SealedBid | bytes, *, at: int | None = None
    ) -> Decision:
        """Place a sealed bid (密封报价), or change one where the rules allow it. The journal gets its commitment alone.

        The very bid that stands is answered as already_placed and stays as it is; a house that lost it in a restart holds it
        again then.

        Where the bidders keep their amounts, the 32 bytes of the commitment do. Where the house holds them, `bid` is the
        `SealedBid`; its amount goes into the vault, and is refused as below_floor, above_most, too_precise or, under rules
        that take no two equal ones, as equal_sealed_bid, by which its bidder learns that there is one: such rules want that
        (苏州 2016). Raises `MisuseError` for a bid that was made for another lot, round, currency or bidder.
        """

    def withdraw_sealed_bid(self, lot: str | int, bidder: str | int, *, at: int | None = None) -> Decision:
        """Withdraw a sealed bid before its phase ends, where the rules allow it (招标投标法 art. 29)."""

    def open_sealed_bid(
        self, lot: str | int, bidder: str | int, bid: SealedBid | None = None, *, at: int | None = None
    ) -> Decision:
        """Open a sealed bid (开标) once its phase is over: the one that its bidder brings, or the one that the house holds.

        Refused as commitment_mismatch for another amount than was placed. Raises `MisuseError` where the house does not hold
        it, after a restart too.
        """

    def finish_opening(self, lot: str | int, *, authority: str, why: str, at: int | None = None) -> Decision:
        """Finish the opening. Every bid that stands is open then, or was excluded; otherwise refused as not_opened.

        Equal highest bids are placed again where the rules say so (四川 2024); otherwise the valid bids become accepted ones and
        the lot closes at that time. Refused as reserve_missing before a reserve is published that is to be, and as not_scored
        before every valid bid has its points.
        """

    def exclude_sealed_bid(
        self, lot: str | int, bidder: str | int, *, authority: str, why: str, at: int | None = None
    ) -> Decision:
        """Exclude a sealed bid whose bidder does not open it, on record: it counts for nothing (实施条例 art. 35).

        Raises `MisuseError` where the house holds the amount and can open it.
        """

    def _holds_sealed_bid(self, lot: str | int, bidder: int) -> bool: ...
    def _score_sealed_bid(
        self,
        lot: str | int,
        bidder: str | int,
        numerator: int,
        denominator: int,
        *,
        by: str,
        at: int | None = None,
    ) -> Decision: ...
    def terminate_lot(
        self, lot: str | int, *, authority: str, why: str, basis: str | None = None, at: int | None = None
    ) -> Decision:
        """Terminate a lot (终止). Nothing follows. `basis` is as for `suspend_lot`."""

    def enter_reserve(
        self,
        lot: str | int,
        sealed: SealedReserve,
        *,
        by: str,
        witness: str,
        passphrase_fd: int | None = None,
        at: int | None = None,
    ) -> Decision:
        """Enter a sealed reserve (底价), or one setter's figure of it, or enter it again after a restart.

        The passphrase is read from the terminal or from `passphrase_fd`, by Rust, unless policy or state refuse whatever
        the amount is. Answers only whether it was accepted, is below the start price or is not the committed one. Raises
        `CannotHoldReserve` where memory cannot be locked, before it asks, and `KeyboardInterrupt` for Ctrl-C.
        """

    def disclose_reserve(
        self, lot: str | int, sealed: SealedReserve, *, by: str, passphrase_fd: int | None = None, at: int | None = None
    ) -> Decision:
        """Disclose the reserve of a lot that is over, from its sealed file, in the journal and so to everybody.

        Where several people set it, each figure is disclosed by itself.
        """

    def _record_outcome(
        self,
        lot: int,
        kind: str,
        cause: str,
        winner: int,
        price_minor: int,
        type_id: str,
        detail: str,
    ) -> Decision: ...
    def advance(self, *, at: int | None = None) -> None:
        """Handle every deadline at or before now. How often this is called cannot change a record."""

    def _take_up(self) -> None: ...
    def next_deadline(self) -> int | None:
        """Return the earliest deadline of all lots, in nanoseconds since 1970 UTC."""

    def quote(self, lot: str | int) -> Quote:
        """Return a lot's quote as of the durable mark: the one to show to anybody."""

    def _facts(self, lot: str | int) -> dict[str, Any]: ...
    def _lot_count(self) -> int: ...
    def bidder_number(self, lot: str | int, bidder: str) -> int:
        """Return the number of a bidder admitted to a lot."""

    def holds_reserve(self, lot: str | int) -> bool:
        """Return whether this process holds a lot's reserve, every figure of it. Says nothing of its amount."""

    def flush(self) -> int:
        """Make everything decided so far durable; return the durable mark."""

    def _wait_durable(self, seq: int, seconds: float) -> int: ...
    def _wake(self) -> None: ...
    def _records(self, after: int, limit: int) -> list[bytes] | tuple[int, int]: ...
    @property
    def durable_seq(self) -> int:
        """The last sequence on stable storage."""

    @property
    def chain(self) -> tuple[int, str] | None:
        """The last sequence on stable storage and the chain value after it, or None without a journal.

        Noted outside the house, it shows any later change of what came before: `verify(journal, expect_chain=...)`.
        """
    @property
    def last_seq(self) -> int:
        """The last sequence decided."""

    @property
    def state_hash(self) -> bytes:
        """The hash of the state after the last record (FORMAT.md B.9)."""

    @property
    def journaled(self) -> bool:
        """Whether the house keeps a journal."""

    @property
    def halted(self) -> str | None:
        """Why the house stopped, or None."""

    @property
    def _now_ns(self) -> int: ...
    def _halt(self, cause: str) -> None: ...
    def _abandon(self) -> None: ...
    def _is_own(self, decision: Decision) -> bool: ...
    def _commit_behind(self) -> None: ...
    @property
    def _forked(self) -> bool: ...
    def _idle(self) -> bool: ...
    def _close(self) -> None: ...
    def __reduce_ex__(self, _protocol: object, /) -> None: ...  # type: ignore[override] # always raises

@final
class Replay:
    """An engine that is fed recorded records and compares each with what it decides itself."""

    def __new__(cls) -> Self: ...
    def feed(self, record: bytes, epoch: int | None = None) -> tuple[dict[str, Any], Quote]:
        """Feed the next record; return its fields and the quote after it. Raises `ReplayMismatch` at a difference.

        `epoch` is that of the frame which holds the record. Without it a record is believed that it begins a later one.
        Raises `JournalUnsupported` where another release wrote what this one does not know.
        """

    def feed_all(self, records: Sequence[bytes], epoch: int | None = None) -> int:
        """Feed many records of one epoch, or of any epochs without it; return how many."""

    @property
    def seq(self) -> int: ...
    @property
    def at_ns(self) -> int | None: ...
    @property
    def state_hash(self) -> bytes:
        """The hash of the state after the last record (FORMAT.md B.9)."""

    def lots(self) -> list[dict[str, Any]]:
        """Return the facts of every lot, in order of their numbers."""

    def lot(self, lot: int) -> dict[str, Any]:
        """Return the facts of one lot."""

    def quote(self, lot: int) -> Quote: ...

def parse_amount(value: int | str | Decimal, unit: str = "", scale: int = 0) -> int:
    """Return the minor units that `value` states: `int` is minor units; `str` and `Decimal` are in the unit."""

def decode_record(record: bytes) -> dict[str, Any]:
    """Return the fields of a record's canonical bytes."""

def leaf(record: bytes) -> bytes:
    """Return the leaf hash of a record's bytes: the bid's receipt."""

def leave_locks() -> None:
    """Close what a forked process has of the journals' locks of its parent."""

def noop(lot: object, bidder: object, amount: object, *, key: object = None) -> None:
    """Do nothing: what a native call with a bid's arguments costs, the yardstick of the benchmarks."""

def filesystem_of(path: str | PathLike[str]) -> tuple[Literal["local", "network", "memory"], str]:
    """Return what a directory lies on, and the filesystem's name where it is no local one."""

def read_journal(
    journal: FileJournal | MemoryJournal | Journal | str | PathLike[str], acknowledged: int = 0
) -> tuple[list[dict[str, Any]], list[bytes], dict[str, Any] | None]:
    """Return a journal's frames, its records, and its first bad frame or None. Nothing is written, no lock is taken."""

def snapshot_seq(path: str | PathLike[str]) -> int | None:
    """Return the last record that the journal in a directory must hold because a snapshot of it does, or None."""

def seal_reserve(
    path: str | PathLike[str],
    lot: str,
    start_price_minor: int,
    *,
    currency: str = "CNY",
    exponent: int = 2,
    round: int = 1,
    unit: str = "",
    unit_scale: int = 0,
    fd: int | None = None,
    lang: Literal["en", "zh-CN"] = "en",
) -> str:
    """Read an amount and a passphrase from the terminal or from `fd`, write the sealed file, return its commitment.

    Nothing is written over what is there, also if it came to be there meanwhile. Raises `KeyboardInterrupt` for Ctrl-C.
    """

def reserve_mean(amounts_minor: Sequence[int], rounding: str) -> int:
    """Return the reserve that disclosed figures make, in minor units (FORMAT.md B.6)."""

def sealed_bid_commitment(
    lot: str,
    bidder: str,
    amount_minor: int,
    blinding: bytes,
    *,
    currency: str = "CNY",
    exponent: int = 2,
    round: int = 1,
    further_round: int = 0,
) -> bytes:
    """Return the commitment (FORMAT.md A.6) of a sealed bid that was opened."""

def commitment(
    lot: str, amount_minor: int, blinding: bytes, *, currency: str = "CNY", exponent: int = 2, round: int = 1
) -> bytes:
    """Return the commitment (FORMAT.md A.6) of an opening that was disclosed."""
