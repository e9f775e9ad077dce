"""English auction (增价拍卖): one ascending phase, ended by a clock that bids may extend or by the auctioneer."""

from __future__ import annotations

from typing import ClassVar, Literal

from .._engine import LotRules, Phase
from ..clock import Duration, Time
from ..errors import RuleError
from ..lot import LotSnapshot, Outcome
from ..parameters import point, span
from ..told import Told
from .ascending import Ascending
from .settlement import settle


class English(Ascending, frozen=True, kw_only=True):
    """An English auction: the highest bid wins and pays its amount.

    * `length`: how long it lasts from the opening, or from the first accepted bid if `clock` is "first_bid"; or
      `ends_at`: when it ends; or neither: it ends when somebody calls `close_lot` (落槌).
    * `extension`: how much time there is after a bid that extends; None for a hard close. With `extension_window` only
      bids in that time before the deadline extend; without it every bid resets the clock.
    * `hard_end`: the most time that the auction may take, with extensions.

    The other parameters are those of `Listing`.
    """

    type_id: ClassVar[str] = "english@1"
    _phase_words: ClassVar[dict[str, str]] = {
        "ends_at": "ends_at",
        "length": "length",
        "window": "extension_window",
        "extension": "extension",
        "hard_end": "hard_end",
    }

    length: Duration | None = None
    ends_at: Time | None = None
    extension: Duration | None = None
    extension_window: Duration | None = None
    hard_end: Duration | None = None
    clock: Literal["opening", "first_bid"] = "opening"

    def rules(self) -> LotRules:
        """Return the rules of a lot. Raises `MisuseError` that names the parameter, `RuleError` for contradictions."""
        return self._rules(self._phases(), clock=self.clock)

    @staticmethod
    def settle(lot: LotSnapshot) -> Outcome:
        """Return that the highest bid wins at its amount, the reserve permitting."""
        return settle(lot)

    def _phases(self) -> list[tuple[str, Phase]]:
        if self.length is not None and self.ends_at is not None:
            raise RuleError(
                Told("expected one of them, or neither for an end that is called", "只能写明其一；宣布结束的，均不写"),
                Told("length and ends_at", "length 与 ends_at"),
            )
        if self.extension is None and self.extension_window is not None:
            raise RuleError(
                Told(
                    "must be stated with extension_window; there is no default",
                    "写明 extension_window 时须写明，没有默认值",
                ),
                "extension",
            )
        extension, windowed = span("extension", self.extension), self.extension_window is not None
        phase = Phase(
            "timed",
            after_ns=span("length", self.length),
            at_ns=point("ends_at", self.ends_at),
            reset_to_ns=None if windowed else extension,
            window_ns=span("extension_window", self.extension_window),
            window_to_ns=extension if windowed else None,
            hard_end_after_ns=span("hard_end", self.hard_end),
        )
        return [("timed", phase)]
