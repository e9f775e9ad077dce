"""English auction (增价拍卖): one ascending phase, ended by a clock that bids may extend or by the auctioneer."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from .._engine import LotRules, Phase
from ..clock import Duration, Time, nanoseconds, timestamp_ns
from ..errors import RuleError
from ..lot import LotSnapshot, Outcome
from ..money import Amount, Money
from ..reserve import Reserve
from .ascending import Increment, increment_parameter, settle_highest


class English(msgspec.Struct, frozen=True, kw_only=True):
    """An English auction: the highest bid wins and pays its amount.

    * `length`: how long it lasts from the opening, or from the first accepted bid if `clock` is "first_bid"; or
      `ends_at`: when it ends; or neither: it ends when somebody calls `close_lot` (落槌).
    * `extension`: how much time there is after a bid that extends; None for a hard close. With `extension_window` only
      bids in that time before the deadline extend; without it every bid resets the clock.
    * `hard_end`: the most time that the auction may take, with extensions.

    The other parameters are those of `Listing`.
    """

    type_id: ClassVar[str] = "english@1"

    money: Money
    start_price: Amount
    increment: Increment
    length: Duration | None = None
    ends_at: Time | None = None
    extension: Duration | None = None
    extension_window: Duration | None = None
    hard_end: Duration | None = None
    clock: Literal["opening", "first_bid"] = "opening"
    reserve: Reserve
    on_outage: Literal["close_at_schedule", "suspend"]
    self_outbid: Literal["allowed", "refused"]
    multiples_from: Literal["start", "current"] | None = None
    max_multiple: int | None = None
    min_bidders: int | None = None
    min_bidders_counts: Literal["admitted", "quoted"] | None = None
    admission: Literal["listed", "open"] = "listed"

    def rules(self) -> LotRules:
        """Return the rules of a lot. Raises `RuleError` where they contradict each other."""
        return LotRules(
            admission=self.admission,
            start_price=self.money.minor(self.start_price),
            increment=increment_parameter(self.increment, self.money),
            multiple_anchor=self.multiples_from,
            max_multiple=self.max_multiple,
            self_outbid=self.self_outbid,
            phases=[self._phase()],
            clock=self.clock,
            on_outage=self.on_outage,
            min_bidders=self.min_bidders,
            min_bidders_counts=self.min_bidders_counts,
            **self.reserve.parameters(),
        )

    @staticmethod
    def settle(lot: LotSnapshot) -> Outcome:
        """Return that the highest bid wins at its amount, the reserve permitting."""
        return settle_highest(lot)

    def _phase(self) -> Phase:
        if self.extension is None and self.extension_window is not None:
            raise RuleError("extension: must be stated with extension_window; there is no default")
        extension = None if self.extension is None else nanoseconds(self.extension)
        windowed = self.extension_window is not None
        return Phase(
            "timed",
            after_ns=None if self.length is None else nanoseconds(self.length),
            at_ns=None if self.ends_at is None else timestamp_ns(self.ends_at),
            reset_to_ns=None if windowed else extension,
            window_ns=None if self.extension_window is None else nanoseconds(self.extension_window),
            window_to_ns=extension if windowed else None,
            hard_end_after_ns=None if self.hard_end is None else nanoseconds(self.hard_end),
        )
