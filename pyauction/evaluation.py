"""The evaluation of a tender (综合评标法): a panel's marks and the amounts, as exact points of each bid."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import msgspec

from .auctions.settlement import ranked_bids
from .errors import MisuseError
from .told import Told

if TYPE_CHECKING:
    from ._engine import Decision
    from .house import AuctionHouse
    from .lot import LotSnapshot

LEAST_PANEL = 5
"""The fewest members that a panel may have (招标投标法 art. 37)."""
_EXPERTS = Fraction(2, 3)
_MOST_CANDIDATES = 3


class Panelist(msgspec.Struct, frozen=True):
    """A member of a panel (评标委员会), whether an expert of technology or economics, and in which field."""

    name: str
    expert: bool
    field: str = ""


class Panel(msgspec.Struct, frozen=True):
    """Who evaluates: an odd number of at least five, two thirds of them experts (招标投标法 art. 37).

    `least` asks for more than five. With `fields` at least `of_fields` experts must be of one of these fields (四川 2025: two
    of geology or mining), and with `more_than_two_thirds` the experts must be more than two thirds (四川 2025).
    """

    members: tuple[Panelist, ...]
    fields: tuple[str, ...] = ()
    of_fields: int = 0
    more_than_two_thirds: bool = False
    least: int = LEAST_PANEL

    def __post_init__(self) -> None:
        """Refuse a panel that may not evaluate. Raises `MisuseError`."""
        _each("panel: members", self.members, Panelist)
        _each("panel: fields", self.fields, str)
        for field in self.fields:
            _text("panel: fields", field)
        for parameter, number in (("of_fields", self.of_fields), ("least", self.least)):
            if isinstance(number, bool) or not isinstance(number, int):
                raise _wrong(
                    f"panel: {parameter}", f"expected a whole number, received {number!r}", f"应为整数，实为 {number!r}"
                )
        count = len(self.members)
        if self.least < LEAST_PANEL:
            raise _wrong(
                "panel: least",
                f"expected at least {LEAST_PANEL}, received {self.least}",
                f"不得少于 {LEAST_PANEL} 人，实为 {self.least}",
            )
        if count < self.least or count % 2 == 0:
            raise _wrong(
                "panel",
                f"expected an odd number of at least {self.least} members, received {count}",
                f"成员应为 {self.least} 人以上单数，实为 {count} 人",
            )
        if len({member.name for member in self.members}) < count:
            raise _wrong("panel", "expected members of different names", "成员姓名不得重复")
        if self.of_fields and not self.fields:
            raise _wrong(
                "panel",
                "expected the fields of which so many experts must be, received none",
                "须写明专家应属的专业，实为无",
            )
        experts = [member for member in self.members if member.expert]
        share = Fraction(len(experts), count)
        if share < _EXPERTS or (self.more_than_two_thirds and share == _EXPERTS):
            least, chinese = ("more than", "应多于") if self.more_than_two_thirds else ("at least", "不得少于")
            raise _wrong(
                "panel",
                f"expected {least} two thirds experts, received {len(experts)} of {count}",
                f"专家{chinese}三分之二，实为 {count} 人中 {len(experts)} 人",
            )
        of_fields = sum(member.field in self.fields for member in experts)
        if of_fields < self.of_fields:
            fields = ", ".join(self.fields)
            raise _wrong(
                "panel",
                f"expected at least {self.of_fields} experts of {fields}, received {of_fields}",
                f"{fields}专业的专家不得少于 {self.of_fields} 人，实为 {of_fields} 人",
            )


class Part(msgspec.Struct, frozen=True):
    """A part of the evaluation and the points it can bring.

    `by`: "panel" if members give marks from 0 to `points` and their mean counts; "share_of_highest" if the part is the price
    and a bid has `points` × its amount / the highest valid amount.
    """

    name: str
    points: int | Fraction
    by: Literal["panel", "share_of_highest"]


def check_parts(parts: Sequence[Part]) -> None:
    """Refuse parts without a name of their own, without points or of no known kind. Raises `MisuseError`."""
    _each("parts", parts, Part)
    for part in parts:
        _text("parts: name", part.name)
    names = [part.name for part in parts]
    if not names or len(set(names)) < len(names):
        raise _wrong(
            "parts",
            f"expected at least one, of different names, received {names}",
            f"应至少一项，名称不得重复，实为 {names}",
        )
    for part in parts:
        if part.by not in ("panel", "share_of_highest"):
            raise _wrong(
                f"part {part.name}: by",
                f"expected panel or share_of_highest, received {part.by!r}",
                f"应为 panel（评委打分）或 share_of_highest（占最高报价的比例），实为 {part.by!r}",
            )
        _number(f"part {part.name}: points", part.points)
        if part.points <= 0:
            raise _wrong(
                f"part {part.name}",
                f"expected points above 0, received {part.points}",
                f"分值应大于 0，实为 {part.points}",
            )


Marks = Mapping[str, Mapping[str, Mapping[str, int | Fraction]]]
"""Marks by bidder, part and member of the panel."""


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """The evaluation of a tender's opened bids: the price, technical and business parts that its documents state.

    `marks` are by bidder, then by the name of a part "by" the panel, then by member: {"1213": {"technical": {"甲": 55, ...}}}.
    Nothing is rounded. The price is any part by "share_of_highest"; a formula of another kind is applied by the platform, which
    then gives the result as each member's mark. `Rulebook.evaluation` makes one as a rule book or a notice's file states it.
    """

    panel: Panel
    parts: tuple[Part, ...]
    marks: Marks

    def __post_init__(self) -> None:
        """Refuse what are no parts, and marks that are no exact numbers. Raises `MisuseError`."""
        check_parts(self.parts)
        _check_marks(self.marks)

    def points(self, lot: LotSnapshot) -> dict[str, Fraction]:
        """Return the points of every valid opened bid, by bidder name. Raises `MisuseError` for marks that are missing,
        stray or out of range.
        """  # noqa: D205 - one sentence each
        valid = {str(lot.bidder_name(bid.bidder)): bid.amount_minor or 0 for bid in lot.sealed_bids if bid.valid}
        strays = sorted(set(self.marks) - set(valid))
        if strays:
            names = ", ".join(strays)
            raise _wrong(
                "marks",
                f"expected marks of bidders with a valid bid only, received {names}",
                f"只能给有有效投标的投标人打分，实为 {names}",
            )
        highest = max(valid.values(), default=0)
        return {
            bidder: sum((self._part(part, bidder, amount, highest) for part in self.parts), Fraction(0))
            for bidder, amount in valid.items()
        }

    def _part(self, part: Part, bidder: str, amount: int, highest: int) -> Fraction:
        if part.by == "share_of_highest":
            return Fraction(part.points) * Fraction(amount, highest)
        marks = self.marks.get(bidder, {}).get(part.name, {})
        members = [member.name for member in self.panel.members]
        if sorted(marks) != sorted(members):
            expected, came = ", ".join(sorted(members)), ", ".join(sorted(marks)) or "none"
            raise _wrong(
                f"marks of {bidder}, {part.name}",
                f"expected one of each member ({expected}), received those of {came}",
                f"每位评委（{expected}）应各打一次分，实为 {came if marks else '无'}",
            )
        for member, mark in marks.items():
            what = f"marks of {bidder}, {part.name}, {member}"
            _number(what, mark)
            if not 0 <= mark <= part.points:
                raise _wrong(
                    what, f"expected 0 to {part.points}, received {mark}", f"应在 0 与 {part.points} 之间，实为 {mark}"
                )
        return sum((Fraction(mark) for mark in marks.values()), Fraction(0)) / len(members)

    def digest(self) -> str:
        """Return the SHA-256 of `document()`, in hexadecimal: what binds the record to the panel's papers."""
        return hashlib.sha256(self.document().encode()).hexdigest()

    def document(self) -> str:
        """Return everything that was stated as canonical JSON, for the file of the sale.

        UTF-8, keys sorted, no spaces; every points and mark is text, a whole number as "40" and a fraction in lowest terms as
        "1/3". An inspector who has the papers writes the same document and compares its SHA-256 with the journal's.
        """
        stated = {
            "panel": msgspec.to_builtins(self.panel),
            "parts": [{"name": part.name, "points": str(Fraction(part.points)), "by": part.by} for part in self.parts],
            "marks": {
                bidder: {
                    part: {member: str(Fraction(mark)) for member, mark in marks.items()}
                    for part, marks in parts.items()
                }
                for bidder, parts in self.marks.items()
            },
        }
        return json.dumps(stated, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def record(self, house: AuctionHouse, lot: str | int, *, at: int | None = None) -> tuple[Decision, ...]:
        """Record the points of every valid bid of a lot whose bids are open, bound to this evaluation by its digest."""
        points = self.points(house.snapshot(lot))
        by = f"panel of {len(self.panel.members)}; evaluation {self.digest()}"
        return tuple(house.score_sealed_bid(lot, bidder, each, by=by, at=at) for bidder, each in points.items())


class Candidate(msgspec.Struct, frozen=True):
    """A candidate for the award (中标候选人): its rank from 1, its name, its amount and its points, if any were given."""

    rank: int
    bidder: str
    amount_minor: int
    points: Fraction | None


def candidates(lot: LotSnapshot, most: int = _MOST_CANDIDATES) -> tuple[Candidate, ...]:
    """Return the candidates of a lot whose opening is finished, the best first; at most three (招标投标法实施条例 art. 53)."""
    return tuple(
        Candidate(
            rank,
            str(lot.bidder_name(bid.bidder)),
            bid.amount_minor or 0,
            Fraction(*bid.points) if bid.points else None,
        )
        for rank, bid in enumerate(ranked_bids(lot)[:most], start=1)
    )


def _wrong(what: str, english: str, chinese: str) -> MisuseError:
    return MisuseError(Told(english, chinese), what)


def _check_marks(marks: object) -> None:
    """Refuse what is not by bidder, part and member. Whether each member marked each bid is seen once these are known."""
    for bidder, parts in _entries("marks", marks):
        for part, given in _entries(f"marks of {bidder}", parts):
            for member, mark in _entries(f"marks of {bidder}, {part}", given):
                _number(f"marks of {bidder}, {part}, {member}", mark)


def _entries(what: str, stated: object) -> list[tuple[str, object]]:
    if not isinstance(stated, Mapping):
        raise _wrong(what, f"expected a mapping, received {stated!r}", f"应为映射，实为 {stated!r}")
    for key in stated:
        _text(what, key)
    return list(stated.items())


def _each(what: str, stated: object, kind: type) -> None:
    if not isinstance(stated, tuple | list) or not all(isinstance(each, kind) for each in stated):
        raise _wrong(
            what,
            f"expected {kind.__name__} values in a tuple, received {stated!r}",
            f"应为由 {kind.__name__} 组成的元组，实为 {stated!r}",
        )


def _text(what: str, stated: object) -> None:
    if not isinstance(stated, str) or not stated:
        raise _wrong(what, f"expected text, received {stated!r}", f"应为文本，实为 {stated!r}")


def _number(what: str, value: object) -> None:
    """Refuse what is no exact number."""
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise _wrong(
            what, f"expected an int or a Fraction, received {value!r}", f"应为 int 或 Fraction，实为 {value!r}"
        )
