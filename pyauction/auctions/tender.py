"""Tender (招标): sealed bids until the deadline, opened together, awarded by amount or by the points of a panel."""

from __future__ import annotations

from typing import ClassVar

from .._engine import LotRules, Phase
from ..clock import Duration, Time
from ..errors import RuleError
from ..lot import LotSnapshot, Outcome
from ..parameters import point, span
from ..told import Told
from .faults import one_of_two, too_few
from .sale import Sale
from .settlement import settle

_LEAST_BIDS = 3


class Tender(Sale, frozen=True, kw_only=True):
    """A tender: one phase in which bids are placed sealed, their opening, and the award.

    * `money`, `start_price`: the least amount that counts, in the unit of `money`. `sealed_most`: the most. `precision`:
      amounts are whole multiples of it.
    * `submission`: how long bids are taken, or `submissions_end_at`: until when. One of the two. A bid that comes exactly then
      is late and refused (招标投标法实施条例 art. 36).
    * `sealed_custody`: who holds the amounts until the opening: the "bidder", of whom the house has a commitment only, or the
      "house", whose vault takes the amount and shows it to nobody.
    * `sealed_change`: before the deadline a bid may be changed ("change": 国土资发〔2011〕242号 art. 19), also withdrawn
      ("change_or_withdraw": 招标投标法 art. 29), or neither (None). The sources contradict each other, so a notice states it.
    * `sealed_min`: with fewer bids nothing is opened and nothing is sold; at least 3 (招标投标法 art. 28, 实施条例 art. 44).
    * `sealed_award`: the "highest" amount wins, or the bid with "most_points" (综合评标法; 招标投标法 art. 41), which a panel
      gives after the opening (`pyauction.Evaluation`). `sealed_tie`: of equal amounts "requote" or "earlier", of equal points
      "earlier" or "higher".
    * `reserve`: as for a listing; with `published` it is disclosed at the opening and decides as always ("decides":
      四川 2025), or is a base price (标底) for "reference" that neither excludes nor prefers a bid (实施条例 art. 27, 50).
    * `closed`, `on_outage`, `resume_timed`, `resume_direct_within`, `resume_notice`, `postponed_end`, `min_bidders` and
      `further`: as for a listing.

    In use: `place_sealed_bid`, `withdraw_sealed_bid` until the deadline; then `open_sealed_bids` or `open_sealed_bid` for
    each, `exclude_sealed_bid` for one whose bidder does not come, `disclose_reserve` where it is published, the points, and
    `finish_opening`. The bidders keep their bids (`SealedBid.opening`, `write_opening`) until they are opened, also where the
    house holds the amounts: a restart of its process takes them out of the vault.
    """

    _phase_words: ClassVar[dict[str, str]] = {"sealed ends_at": "submissions_end_at", "sealed length": "submission"}
    type_id: ClassVar[str] = "tender@1"

    submission: Duration | None = None
    submissions_end_at: Time | None = None

    def _own_word(self, parameter: str) -> str:
        # A tender has no increments: a step stands in for one, which is the precision or one minor unit.
        return "precision" if parameter == "increment_fixed" else super()._own_word(parameter)

    def rules(self) -> LotRules:
        """Return the rules of a lot. Raises `MisuseError` that names the parameter, `RuleError` for contradictions."""
        self._check_kinds()
        if (self.submission is None) == (self.submissions_end_at is None):
            raise one_of_two("submission", "submissions_end_at", exactly=True)
        least = self.sealed_min
        if not isinstance(least, int) or least < _LEAST_BIDS:
            raise too_few("sealed_min", _LEAST_BIDS, Told("a tender", "招标的投标不得少于 {} 份"), least)
        if self.sealed_award == "closest_to_mean":
            raise RuleError(
                Told(
                    "expected highest or most_points for a tender", "招标应为 highest（最高价）或 most_points（最高分）"
                ),
                "sealed_award",
            )
        # Nobody outbids anybody here: a step must be stated and is never looked at.
        return self._native(
            self._phases(),
            words={"self_outbid": "refused", "clock": "opening"},
            increment=self._minor("precision", self.precision) if self.precision is not None else 1,
        )

    def _phases(self) -> list[tuple[str, Phase]]:
        ends = {
            "after_ns": span("submission", self.submission),
            "at_ns": point("submissions_end_at", self.submissions_end_at),
        }
        return [("sealed", Phase("sealed", **ends))]

    @staticmethod
    def settle(lot: LotSnapshot) -> Outcome:
        """Return that the best bid wins at its amount, if there were enough and the reserve permits."""
        return settle(lot)
