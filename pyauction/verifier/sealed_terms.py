"""The numbers of sealed bids and their names: the values of the rule keys 47 to 54, and those of records and commands."""

from __future__ import annotations

from enum import IntEnum


class SealedCustody(IntEnum):
    """Who holds the amounts of sealed bids until they are opened."""

    BIDDER = 1
    HOUSE = 2


class SealedChange(IntEnum):
    """What a bidder may do with its sealed bid before the phase ends."""

    CHANGE = 1
    CHANGE_OR_WITHDRAW = 2


class SealedAward(IntEnum):
    """Which of the valid sealed bids wins."""

    HIGHEST = 1
    CLOSEST_TO_MEAN = 2
    MOST_POINTS = 3


class SealedTie(IntEnum):
    """Which of equal sealed bids wins."""

    REQUOTE = 1
    EARLIER = 2
    HIGHER = 3


class SealedEqual(IntEnum):
    """What becomes of a sealed bid of an amount that another's has."""

    REFUSED = 1


class ReservePublished(IntEnum):
    """What a reserve is for that is disclosed while the sealed bids are opened."""

    DECIDES = 1
    REFERENCE = 2


class SealedResult(IntEnum):
    """What the vault, which alone knows the amount, said about a sealed bid."""

    ACCEPTED = 1
    BELOW_FLOOR = 2
    ABOVE_MOST = 3
    TOO_PRECISE = 4
    EQUAL = 5


class AfterOpening(IntEnum):
    """What follows the opening of sealed bids."""

    CLOSE = 1
    ANOTHER_ROUND = 2
