"""Faults. A refusal is a value (a `Decision`) and never an exception; what stands here went wrong outside the rules.

```
AuctionError
├── MisuseError (ValueError)        the call was wrong; nothing was sequenced or changed
│   ├── AmountError                 not a whole number of minor units in range
│   │   └── AmountTypeError (TypeError)   a float, a bool or something else that is no amount
│   ├── MappingError                a mapping of a historical log is wrong (pyauction.history)
│   ├── RuleError                   rules that contradict each other or leave something open
│   ├── RulebookError               a rule file is wrong, or a value that it leaves open was not given
│   ├── UnknownAuctionType (LookupError)
│   ├── UnknownBidder (LookupError)
│   ├── UnknownDay (LookupError)    no notice and no table says whether a day is worked
│   └── UnknownLot (LookupError)
├── MissingExtra (ImportError)      an optional package is not installed
├── HouseError
│   ├── ClockJump                   the wall clock jumped; the command was not sequenced
│   ├── HouseHalted                 the house stopped earlier; reopen its journal
│   │   └── ForkedEngine            this process was forked from the one that opened the house
│   ├── LogSpaceLow                 the journal's disk is almost full; the bid was not sequenced
│   ├── InternalFault               the engine met a state that it excludes, and stopped
│   └── OutcomeUnknown              the journal failed while this decision waited for it
├── JournalError                    the journal cannot be read or written
│   ├── JournalAmbiguous            the last frame is damaged; an operator decides
│   ├── JournalCorrupt              damaged where records were acknowledged
│   ├── JournalFenced               another house writes to the same store
│   ├── JournalLocked               another process writes it
│   ├── JournalTampered             bytes that fit each other and not the chain
│   ├── JournalTorn                 the last frame was not written completely; opening for writing cuts it
│   └── JournalUnsupported          another release wrote it; nothing is wrong with it
├── ReplayMismatch                  a record differs from what the engine decides
└── ReserveError
    ├── CannotHoldReserve           memory cannot be locked
    ├── ReserveBelowStart           a sealed reserve must reach the start price
    └── SealedFileError             the sealed file or its passphrase cannot be read
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .told import Told, chinese_name, in_language, within

if TYPE_CHECKING:
    from .explanations import Language
    from .rule_fault import RuleFault
    from .rulebooks.document import Problem


class AuctionError(Exception):
    """Base of every exception that pyauction raises on purpose."""

    def message(self, lang: Language = "en") -> str:
        """Return what went wrong in "en" or "zh-CN"; in English where there is nothing else."""
        from .explanations import language  # noqa: PLC0415 - it raises what is defined here

        said = next(iter(self.args), None)
        return in_language(said, language(lang)) if isinstance(said, str) else str(self)


class MisuseError(AuctionError, ValueError):
    """The call was wrong. Nothing was sequenced, recorded or changed.

    `problem` says what was expected and what came, of the parameter that `parameter` names, "" where the problem itself does.
    """

    def __init__(self, problem: str = "", parameter: str = "") -> None:
        super().__init__(
            within(problem, f"{parameter}: {{}}", f"{chinese_name(parameter)}：{{}}") if parameter else problem
        )
        self.problem = problem
        self.parameter = parameter

    def __reduce__(self) -> tuple[type[MisuseError], tuple[str, str], dict[str, object]]:
        """Return what a copy or a pickle is made from."""
        return type(self), (self.problem, self.parameter), self.__dict__


class AmountError(MisuseError):
    """The value is not a whole number of minor units in 64 bits. Says what was expected and what came."""


class AmountTypeError(AmountError, TypeError):
    """The type cannot state money exactly: a float, a bool or something else."""


class RuleError(MisuseError):
    """The rules of a lot contradict each other or leave something open. `parameter` names the parameter.

    `fault` is what the engine found, if it was the engine: figures apart from the words, so that they can be shown in a unit.
    """

    fault: RuleFault | None = None


class RulebookError(MisuseError):
    """A rule file is wrong, or does not hold together. `problems` has each with its line and key, in both languages."""

    def __init__(self, name: str, problems: tuple[Problem, ...]) -> None:
        self.name = name
        self.problems = problems
        english, chinese = (
            "; ".join(each.message() for each in problems),
            "；".join(each.message("zh-CN") for each in problems),
        )
        super().__init__(Told(f"{name}: {english}", f"{name}：{chinese}"))

    def __reduce__(self) -> Any:  # noqa: ANN401 - other arguments than the base has
        """Return what a copy or a pickle is made from."""
        return type(self), (self.name, self.problems)


class UnknownAuctionType(MisuseError, LookupError):
    """No auction type of this id is installed."""


class UnknownBidder(MisuseError, LookupError):
    """The lot has no such bidder."""


class UnknownDay(MisuseError, LookupError):
    """No notice and no table says whether the day is worked. Names the day and what the calendar covers."""


class UnknownLot(MisuseError, LookupError):
    """The house has no such lot."""


class MissingExtra(AuctionError, ImportError):
    """An optional package is not installed. Says how to get it."""


class HouseError(AuctionError):
    """Base of what stops a house."""


class ClockJump(HouseError):
    """The wall clock diverged by over a second. The divergence is recorded, the command was not sequenced."""


class HouseHalted(HouseError):
    """The house stopped earlier and acknowledges nothing more. Close it and open its journal again."""


class ForkedEngine(HouseHalted):
    """This process was forked from the one that opened the house, which goes on there. Open a house after the fork."""


class InternalFault(HouseError):
    """The engine met a state that it excludes. Nothing after it was acknowledged."""


class LogSpaceLow(HouseError):
    """The journal's disk is almost full: the bid was not sequenced. What ends the sales still fits. Make room."""


class OutcomeUnknown(HouseError):
    """The journal failed before the decision was known durable. Reopening the journal tells whether it is."""


class JournalError(AuctionError):
    """The journal cannot be read or written."""


class JournalAmbiguous(JournalError):
    """The last frame is damaged but complete. An operator may accept its loss (`accept_tail_loss`), on record."""


class JournalCorrupt(JournalError):
    """The journal is damaged where records were acknowledged. Restore it from a copy."""


class JournalFenced(JournalError):
    """Another house has written to the same store since. This one must not go on."""


class JournalLocked(JournalError):
    """Another process writes this journal. One writer a journal: with `uvicorn --workers 4` only the first opens it."""


class JournalTampered(JournalError):
    """Bytes are sound in themselves and do not fit the chain, the sequence or the epoch."""


class JournalTorn(JournalError):
    """The last frame was not written completely, and nobody was told of it. Opening for writing cuts it, on record."""


class JournalUnsupported(JournalError):
    """Another release wrote it, and this one does not know all of it. Nothing is wrong with such a journal."""


class ReplayMismatch(AuctionError):
    """A record differs from what the engine decides after the records before it.

    `code` is "divergence", "sequence", "record" or "state" (FORMAT.md B.10); `expected` and `found` are what the message says,
    without the words between.
    """

    code: str = "divergence"
    expected: str = ""
    found: str = ""


class ReserveError(AuctionError):
    """A sealed reserve cannot be used. Never says an amount."""


class CannotHoldReserve(ReserveError):
    """Memory cannot be locked, so no reserve is held. Names the limit."""


class ReserveBelowStart(ReserveError):
    """A sealed reserve must reach the start price."""


class SealedFileError(ReserveError):
    """The sealed file, the terminal or the passphrase did not open it."""
