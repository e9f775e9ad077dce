"""Auction types: which rules make a 挂牌 or an English auction, and who wins and pays what. One type a file.

A type states its rules once, when a lot opens, and settles once, after the close, as a pure function of a snapshot.
What is decided between the two is decided by the engine. Types of third parties (`vendor.name@1`) are found through the
entry point group `pyauction.auctions`, so that a journal can be taken up by a process that never saw the object.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ..errors import UnknownAuctionType
from .ascending import Percent
from .english import English
from .listing import Listing
from .online_auction import OnlineAuction
from .sale import Preset
from .tender import Tender

if TYPE_CHECKING:
    from .._engine import LotRules
    from ..lot import LotSnapshot, Outcome
    from ..money import Money

__all__ = [
    "AuctionType",
    "English",
    "Listing",
    "OnlineAuction",
    "Percent",
    "Preset",
    "Tender",
    "auction_type",
    "auction_types",
]

_GROUP = "pyauction.auctions"
_BUILT_IN: dict[str, type[AuctionType]] = {
    "auction@1": OnlineAuction,
    "english@1": English,
    "listing@1": Listing,
    "tender@1": Tender,
}


@runtime_checkable
class AuctionType(Protocol):
    """What an auction type provides. `type_id` names the meaning and never changes it: a new meaning is a new id."""

    @property
    def type_id(self) -> str:
        """The id, as "listing@1"."""

    @property
    def money(self) -> Money:
        """The currency and unit of its lots."""

    def rules(self) -> LotRules:
        """Return the rules of a lot."""

    @staticmethod
    def settle(lot: LotSnapshot) -> Outcome:
        """Return who wins and pays what, from a snapshot of a closed lot alone."""


def auction_types() -> dict[str, type[AuctionType]]:
    """Return every installed auction type by its id, built-in ones first."""
    types = dict(_BUILT_IN)
    for entry in entry_points(group=_GROUP):
        if entry.name not in types:
            types[entry.name] = entry.load()
    return types


def auction_type(type_id: str) -> type[AuctionType]:
    """Return the auction type of an id. Raises `UnknownAuctionType` where it is not installed or does not load."""
    if known := _BUILT_IN.get(type_id):
        return known
    for entry in entry_points(group=_GROUP, name=type_id):
        try:
            loaded: type[AuctionType] = entry.load()
        except Exception as error:
            raise UnknownAuctionType(
                f"the auction type {type_id!r} does not load from {entry.value!r}: {error}"
            ) from error
        return loaded
    # Named, not loaded: another package that is broken is no reason to fail here.
    names = sorted({*_BUILT_IN, *(entry.name for entry in entry_points(group=_GROUP))})
    raise UnknownAuctionType(
        f"no auction type {type_id!r} is installed; expected one of {names} or a package that provides it through the "
        f"entry point group {_GROUP!r}"
    )
