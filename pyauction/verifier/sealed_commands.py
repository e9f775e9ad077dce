"""The commands about sealed bids, each returning the records that the command yields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import sealed
from .lot import CountedBid
from .record import Record
from .sealed_bid import SealedBid
from .sealed_records import (
    OpeningFinished,
    SealedBidExcluded,
    SealedBidOpened,
    SealedBidPlaced,
    SealedBidScored,
    SealedBidWithdrawn,
)
from .sealed_terms import AfterOpening, SealedResult
from .terms import I64_MAX, ZERO_32, Command, State
from .timeline import UNSTATED, CommandError, Timeline
from .wire import check_stated

if TYPE_CHECKING:
    from .lot import Lot


class SealedCommands(Timeline):
    """A house that takes sealed bids and opens them."""

    def place_sealed_bid(
        self, now: int, lot: int, bidder_name: str, commitment: bytes, result: int = SealedResult.ACCEPTED
    ) -> list[Record]:
        """Commit a bidder to an amount; the vault's result stands for the amount, which only the vault knows."""
        self._check_bidder(lot, bidder_name)
        vault = self._check_sealed_bid(self.lot(lot), commitment, result)
        at, of, records = self._begin(now, lot)
        bidder = of.bidder_number(bidder_name)
        reason = sealed.placing_refusal(of, at, bidder, commitment, vault)
        if reason is not None:
            return [*records, self._refuse_of(of, at, Command.PLACE_SEALED_BID, reason, bidder_name)]
        placed = self._record(SealedBidPlaced, at, of, bidder=bidder, commitment=commitment)
        bid = of.standing(bidder).sealed
        bid.commitment, bid.placed_seq = commitment, placed.lot_seq
        return [*records, placed]

    @staticmethod
    def _check_sealed_bid(lot: Lot, commitment: bytes, result: int) -> SealedResult:
        possible = result in SealedResult.__members__.values() and sealed.may_result(lot, SealedResult(result))
        if not possible or len(commitment) != 32 or commitment == ZERO_32:
            stated = commitment.hex()
            raise CommandError(
                f"the result {result} or the commitment {stated} is not possible", f"结果 {result} 或承诺 {stated} 无效"
            )
        return SealedResult(result)

    def withdraw_sealed_bid(self, now: int, lot: int, bidder_name: str) -> list[Record]:
        """Give a sealed bid back."""
        self._check_bidder(lot, bidder_name)
        at, of, records = self._begin(now, lot)
        bidder = of.bidder_number(bidder_name)
        reason = sealed.withdrawal_refusal(of, at, bidder)
        if reason is not None:
            return [*records, self._refuse_of(of, at, Command.WITHDRAW_SEALED_BID, reason, bidder_name)]
        bid = of.standing(bidder).sealed
        bid.commitment, bid.placed_seq = ZERO_32, 0
        return [*records, self._record(SealedBidWithdrawn, at, of, bidder=bidder)]

    def open_sealed_bid(self, now: int, lot: int, bidder_name: str, amount: int, blinding: bytes) -> list[Record]:
        """Open a sealed bid. A refusal does not record the amount, which is not proven."""
        self._check_bidder(lot, bidder_name)
        self._check_opening(amount, blinding)
        at, of, records = self._begin(now, lot)
        bidder = of.bidder_number(bidder_name)
        reason = sealed.opening_refusal(of, bidder, amount, blinding)
        if reason is not None:
            return [*records, self._refuse_of(of, at, Command.OPEN_SEALED_BID, reason, bidder_name)]
        bid = of.standing(bidder).sealed
        bid.opened, bid.amount = True, amount
        return [*records, self._record(SealedBidOpened, at, of, bidder=bidder, amount=amount, blinding=blinding)]

    def exclude_sealed_bid(
        self, now: int, lot: int, bidder_name: str, authority: str = UNSTATED, why: str = UNSTATED
    ) -> list[Record]:
        """Exclude a sealed bid that nobody opens, as if it had not been placed."""
        self._check(check_stated, authority, why)
        self._check_bidder(lot, bidder_name)
        at, of, records = self._begin(now, lot)
        bidder = of.bidder_number(bidder_name)
        reason = sealed.exclusion_refusal(of, bidder)
        if reason is not None:
            return [*records, self._refuse_of(of, at, Command.EXCLUDE_SEALED_BID, reason, bidder_name)]
        bid = of.standing(bidder).sealed
        bid.commitment, bid.placed_seq = ZERO_32, 0
        return [*records, self._record(SealedBidExcluded, at, of, bidder=bidder, authority=authority, why=why)]

    def score_sealed_bid(  # noqa: PLR0917 - the fields in the order of the record
        self, now: int, lot: int, bidder_name: str, numerator: int, denominator: int = 1, by: str = UNSTATED
    ) -> list[Record]:
        """Give an opened sealed bid its points, a fraction that is kept as it is stated."""
        self._check(check_stated, by)
        self._check_whole(numerator, 0, I64_MAX, "numerator")
        self._check_whole(denominator, 1, I64_MAX, "denominator")
        self._check_bidder(lot, bidder_name)
        at, of, records = self._begin(now, lot)
        bidder = of.bidder_number(bidder_name)
        reason = sealed.scoring_refusal(of, bidder)
        if reason is not None:
            return [*records, self._refuse_of(of, at, Command.SCORE_SEALED_BID, reason, bidder_name)]
        bid = of.standing(bidder).sealed
        bid.numerator, bid.denominator = numerator, denominator
        scored = self._record(
            SealedBidScored, at, of, bidder=bidder, numerator=numerator, denominator=denominator, by=by
        )  # fmt: skip
        return [*records, scored]

    def finish_opening(self, now: int, lot: int, authority: str = UNSTATED, why: str = UNSTATED) -> list[Record]:
        """Finish the opening, in which every sealed bid that stands was opened."""
        self._check(check_stated, authority, why)
        at, of, records = self._begin(now, lot)
        reason = sealed.finishing_refusal(of)
        if reason is not None:
            return [*records, self._refuse(of, at, Command.FINISH_OPENING, reason)]
        again = bool(sealed.bid_again(of))
        opened, valid = len(sealed.opened(of)), len(sealed.valid(of))
        (_begin_again if again else _count_valid)(of, at)
        finished = self._record(
            OpeningFinished, at, of, next=AfterOpening.ANOTHER_ROUND if again else AfterOpening.CLOSE,
            opened=opened, valid=valid, authority=authority, why=why,
        )  # fmt: skip
        return [*records, finished]


def _count_valid(lot: Lot, at: int) -> None:
    """Make the valid sealed bids accepted ones, with which the bidding is over."""
    for bidder, bid in sealed.valid(lot):
        lot.count_sealed_bid(CountedBid(bidder, bid.amount), at)
        bid.counted = True
    lot.state, lot.finished, lot.deadline = State.BIDDING, True, at


def _begin_again(lot: Lot, at: int) -> None:
    """Let those who bid the highest amount bid again from there, and nobody else."""
    highest = sealed.bid_again(lot)
    for bidder, bid in highest:
        lot.count_sealed_bid(CountedBid(bidder, bid.amount), at)
    tied = {bidder for bidder, _ in highest}
    for bidder, standing in enumerate(lot.standings, 1):
        standing.sealed = SealedBid(tied=bidder in tied)
    lot.further_rounds += 1
    lot.start_phase(lot.phase, at)
