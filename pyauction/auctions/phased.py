"""What listings (挂牌) and online auctions (网上拍卖) share: free quotes, then timed bidding, with what lies between."""

from __future__ import annotations

from typing import ClassVar, Literal

from .._engine import LotRules, Phase
from ..clock import Duration, Time
from ..errors import RuleError
from ..money import Amount
from ..parameters import point, span
from ..told import Told
from .ascending import Ascending
from .faults import one_of_two, unstated

_BEHIND_CAP = ("cap_pause", "cap_inquiry", "cap_countdown", "sealed")
"""The phases that only the cap leads to."""


class Phased(Ascending, frozen=True, kw_only=True):
    """The parameters of a sale in phases: free, inquiry, preparation, timed, in this order."""

    _phase_words: ClassVar[dict[str, str]] = {
        "free ends_at": "listing_ends_at",
        "free length": "free",
        "inquiry length": "inquiry",
        "preparation length": "preparation",
        "late_bids ends_at": "listing_ends_at",
        "late_bids length": "free",
        "late_bids extension": "countdown",
        "late_bids window": "extension_window",
        "late_bids hard_end": "hard_end",
        "timed length": "countdown",
        "timed extension": "countdown",
        "timed window": "extension_window",
        "timed hard_end": "hard_end",
        "cap_pause ends_at": "cap_pause_ends_at",
        "cap_inquiry length": "cap_inquiry",
        "sealed length": "sealed",
    }

    free: Duration | None = None
    free_least: Duration | None = None
    listing_ends_at: Time | None = None
    free_stop: Duration | None = None
    inquiry: Duration | None = None
    inquiry_yes: int | None = None
    preparation: Duration | None = None
    countdown: Duration | None = None
    extension_window: Duration | None = None
    hard_end: Duration | None = None
    timed_increment: Amount | None = None
    timed_entry: Literal["prior_bid", "yes", "prior_bid_and_yes"] | None = None
    recent_bidders: int | None = None
    recent_window: Duration | None = None
    resume_free: Literal["extend"] | None = None
    resume_free_most: Duration | None = None
    late_bids: Literal["extend"] | None = None
    cap_in_free: Literal["at_end"] | None = None
    cap_pause: Duration | None = None
    cap_pause_ends_at: Time | None = None
    cap_inquiry: Duration | None = None
    cap_countdown: Duration | None = None
    sealed: Duration | None = None
    top_up: Literal["required"] | None = None
    single_bidder: Literal["decide", "timed"] | None = None
    timed_without_bids: Literal["enter", "decide"] | None = None

    def rules(self) -> LotRules:
        """Return the rules of a lot. Raises `MisuseError` that names the parameter, `RuleError` for contradictions."""
        phases = self._phases()
        return self._rules(
            phases,
            clock="opening",
            timed_without_bids=self._with_phases("timed_without_bids", self.timed_without_bids, phases),
            single_bidder=self._with_phases("single_bidder", self.single_bidder, phases),
            cap_phase=next((index for index, (name, _) in enumerate(phases) if name in _BEHIND_CAP), None),
        )

    def _own_word(self, parameter: str) -> str:
        if parameter == "cap_phase":
            return next((name for name, _ in self._phases() if name in _BEHIND_CAP), "cap_pause")
        return super()._own_word(parameter)

    def _phases(self) -> list[tuple[str, Phase]]:
        self._check_strays()
        behind = self._behind_cap()
        if self.late_bids is not None:
            if behind:
                english = f"extend leaves no phase behind the cap, as {behind[0][0]}"
                raise RuleError(Told(english, f"extend 之下没有 {behind[0][0]} 等封顶后的阶段"), "late_bids")
            return [("late_bids", self._extended())]
        phases = [("free", self._free())] if self._has_free() else []
        if self.inquiry is not None:
            phases.append(("inquiry", Phase("inquiry", after_ns=span("inquiry", self.inquiry))))
        if self.preparation is not None:
            phases.append(("preparation", Phase("preparation", after_ns=span("preparation", self.preparation))))
        return [*phases, ("timed", self._timed()), *behind]

    def _check_strays(self) -> None:
        """Refuse parameters that would say nothing beside the others."""
        if self.countdown is None:
            for name in ("extension_window", "hard_end"):
                if getattr(self, name) is not None:
                    raise RuleError(Told("has no meaning without a countdown", "没有倒计时的，不适用"), name)
        if self.late_bids is not None and self.resume_timed is not None:
            raise RuleError(
                Told(
                    "there is no countdown to begin again where late bids extend the listing",
                    "临近截止的报价延长挂牌期的，没有可重新开始的倒计时",
                ),
                "resume_timed",
            )

    def _behind_cap(self) -> list[tuple[str, Phase]]:
        """Return the phases that only the cap leads to.

        A pause, an inquiry, then timed bidding again (四川 2025) or sealed bids (四川 2024, 苏州 2016).
        """
        pause = span("cap_pause", self.cap_pause), point("cap_pause_ends_at", self.cap_pause_ends_at)
        sealed = span("sealed", self.sealed)
        countdown = span("cap_countdown", self.cap_countdown)
        if None not in pause:
            raise one_of_two("cap_pause", "cap_pause_ends_at")
        phases = []
        if pause != (None, None):
            phases.append(("cap_pause", Phase("preparation", after_ns=pause[0], at_ns=pause[1])))
        if self.cap_inquiry is not None:
            phases.append(("cap_inquiry", Phase("inquiry", after_ns=span("cap_inquiry", self.cap_inquiry))))
        if sealed is not None:
            if countdown is not None:
                raise one_of_two("cap_countdown", "sealed")
            return [*phases, ("sealed", Phase("sealed", after_ns=sealed))]
        if phases and countdown is None:
            before = phases[0][0]
            raise RuleError(
                Told(
                    f"must be stated with {before}, or sealed bids; there is no default",
                    f"写明 {before} 时须写明，或写明密封报价期 sealed，没有默认值",
                ),
                "cap_countdown",
            )
        if countdown is None:
            return []
        if not phases:
            raise RuleError(
                Told(
                    "has no meaning without a pause before it; expected cap_pause",
                    "其前没有暂停的，不适用；应写明 cap_pause",
                ),
                "cap_countdown",
            )
        return [*phases, ("cap_countdown", Phase("timed", after_ns=countdown, reset_to_ns=countdown))]

    def _has_free(self) -> bool:
        if self.free is not None and self.listing_ends_at is not None:
            raise one_of_two("free", "listing_ends_at")
        return self.free is not None or self.listing_ends_at is not None

    def _free(self) -> Phase:
        return Phase("free", after_ns=span("free", self.free), at_ns=point("listing_ends_at", self.listing_ends_at))

    def _timed(self) -> Phase:
        countdown, window = span("countdown", self.countdown), span("extension_window", self.extension_window)
        return Phase(
            "timed",
            after_ns=countdown,
            reset_to_ns=countdown if window is None else None,
            window_ns=window,
            window_to_ns=None if window is None else countdown,
            hard_end_after_ns=span("hard_end", self.hard_end),
        )

    def _extended(self) -> Phase:
        """Return the one phase whose late bids extend it (潍坊; 法释〔2016〕18号 art. 20)."""
        if self.late_bids != "extend":
            came = repr(self.late_bids)
            raise RuleError(Told(f"expected extend, received {came}", f"应为 extend，实为 {came}"), "late_bids")
        if self.inquiry is not None or self.preparation is not None:
            raise RuleError(
                Told("extend leaves no room for an inquiry or a preparation", "extend 之下没有询问期与准备期"),
                "late_bids",
            )
        for name in ("countdown", "extension_window"):
            if getattr(self, name) is None:
                raise RuleError(
                    Told("must be stated with late_bids; there is no default", "写明 late_bids 时须写明，没有默认值"),
                    name,
                )
        return Phase(
            "timed",
            after_ns=span("free", self.free),
            at_ns=point("listing_ends_at", self.listing_ends_at),
            window_ns=span("extension_window", self.extension_window),
            window_to_ns=span("countdown", self.countdown),
            hard_end_after_ns=span("hard_end", self.hard_end),
        )

    @staticmethod
    def _with_phases(name: str, value: str | None, phases: list[tuple[str, Phase]]) -> str | None:
        if value is None and len(phases) > 1:
            raise unstated(name)
        return value
