"""A rule book: the rules of one source or notice as data, with the source of each value and what it leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ..auctions import Listing, OnlineAuction, Preset, Tender
from ..errors import RulebookError, RuleError
from ..evaluation import LEAST_PANEL, Evaluation, Panel
from ..money import WAN_YUAN, YUAN, Money, Unit
from ..optional_rules import OPTIONAL
from ..periods import Period, Schedule, ScheduleCheck, check_schedule
from ..reserve import EnteredReserve, NoReserve
from ..told import Told
from .document import Problem
from .parameters import PARAMETERS

if TYPE_CHECKING:
    from ..evaluation import Marks, Panelist
    from ..explanations import Language
    from ..workdays import WorkdayCalendar

Status = Literal["text", "press", "inferred", "notice"]
"""How a value is known: from the rule's text, from the press, as our reading, or stated by the notice's own file."""

Method = Literal["listing", "auction", "tender"]
METHODS: dict[str, type[Listing | OnlineAuction | Tender]] = {
    "listing": Listing,
    "auction": OnlineAuction,
    "tender": Tender,
}
_FIELDS = {field for kind in METHODS.values() for field in kind.__struct_fields__}
"""What the auction types have a field for. What else the engine knows is stated by its name alone."""
UNITS: dict[str, Money] = {"分": Money("CNY", 2, Unit("分", 0)), "元": YUAN, "万元": WAN_YUAN}
INSTEAD = {
    "free": "listing_ends_at",
    "cap_pause": "cap_pause_ends_at",
    "submission": "submissions_end_at",
}
"""What may be given in place of an open value."""
OF_RESERVE = (
    "reserve",
    "reserve_commitment",
    "reserve_setters",
    "reserve_rounding",
    "reserve_published",
    "entry_opens_before_end",
    "entry_ends_before_end",
)
_ALWAYS = ("unit", "start_price", "reserve", "on_outage")
"""What every lot needs."""
_NEEDED: dict[Method, tuple[str, ...]] = {
    "listing": (*_ALWAYS, "increment", "self_outbid", "free", "countdown"),
    "auction": (*_ALWAYS, "increment", "self_outbid"),
    "tender": (*_ALWAYS, "submission", "sealed_custody", "sealed_min", "sealed_award", "sealed_tie"),
}
"""What a lot of each method needs."""
_OF_EVALUATION = ("scoring", "panel_least", "panel_experts", "panel_fields", "panel_of_fields")
"""What a tender's book states of its evaluation: no rule of a lot."""
_SAID_ONLY = ("limited_floor",)
"""What a source says and no rule needs: by whichever words, the least timed bid is the top and one step."""


class Stated(msgspec.Struct, frozen=True):
    """A value that a source states; None where it says that the rule is off."""

    value: Any
    source: str
    status: Status
    line: int | None
    departs_from: Stated | None = None
    """The value of the rule book that this one is based on."""


class Open(msgspec.Struct, frozen=True):
    """A value that the source leaves open, and why. It must be given before a lot opens."""

    why: str
    why_zh: str
    line: int | None

    def reason(self, lang: Language = "en") -> str:
        """Return why the value is open, in one language."""
        return self.why_zh if lang == "zh-CN" else self.why


class Note(msgspec.Struct, frozen=True):
    """What a reader should know of a book, in English and in Chinese; the same text where the file states one."""

    en: str
    zh: str

    def text(self, lang: Language) -> str:
        """Return it in one language."""
        return self.zh if lang == "zh-CN" else self.en


class Rulebook(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of a source: `rules` by parameter, `periods`, `sources` by their codes, `notes`.

    `digest` is the SHA-256 of the file and of the book that it is based on; lots record it as provenance.
    """

    name: str
    title: str
    title_en: str
    method: Method
    sources: dict[str, str]
    rules: dict[str, Stated | Open]
    periods: tuple[Period, ...]
    notes: tuple[Note, ...]
    based_on: str | None
    digest: bytes
    path: str

    def line(self, name: str) -> int | None:
        """Return the line of a parameter in the book's own file, None for one that it does not state."""
        rule = self.rules.get(name)
        return None if rule is None else rule.line

    @property
    def open_values(self) -> dict[str, str]:
        """Return what must be given before a lot opens, and why it is open."""
        without_reserve = self._declares_none({})
        return {
            name: value.why
            for name, value in self.rules.items()
            if isinstance(value, Open)
            and not (without_reserve and name in OF_RESERVE)
            and name not in _OF_EVALUATION
            and not isinstance(self.rules.get(INSTEAD.get(name, "")), Stated)
        }

    def check_schedule(self, schedule: Schedule, calendar: WorkdayCalendar | None = None) -> ScheduleCheck:
        """Return which of the book's periods a sale's stated days do not keep (`pyauction.check_schedule`)."""
        return check_schedule(schedule, self.periods, calendar=calendar)

    def auction(self, **given: Any) -> Listing | OnlineAuction | Tender:  # noqa: ANN401 - values of every kind
        """Return the auction type with these rules and the values that they leave open.

        `given` are values as the auction types take them: `money` or `unit`, amounts as text or Decimal in that unit (an int is
        minor units, 分), and False for a rule that is off. What the book states is not taken from `given`: to depart from a
        source, write a rule file that is based on it. What the book is silent on may be given too, as `closed` hours. Raises
        `RulebookError` for a value that is missing, unknown or stated already, `RuleError` for values that contradict each
        other.
        """
        values = self._values(given)
        kind = METHODS[self.method]
        unit = values.pop("unit", None)
        money = values.pop("money", None) or UNITS[str(unit)]
        reserve = {name: values.pop(name, None) for name in OF_RESERVE}
        for name in (*_SAID_ONLY, *(_OF_EVALUATION if self.method == "tender" else ())):
            values.pop(name, None)
        preset = Preset(self.name, self.digest)
        further = tuple((name, values.pop(name)) for name in OPTIONAL if name in values and name not in _FIELDS)
        strays = [name for name in values if name not in kind.__struct_fields__]
        if strays:
            raise RulebookError(self.name, tuple(self._stray(name) for name in strays))
        return kind(money=money, reserve=_reserve(reserve), preset=preset, further=further, **values)

    def evaluation(self, *, members: tuple[Panelist, ...], marks: Marks, **given: Any) -> Evaluation:  # noqa: ANN401
        """Return the evaluation of a tender by these members, with the parts and the panel that the book states.

        `given` are the values that it leaves open, as `scoring`: the `Part`s. Raises `RulebookError` for one that is missing
        or stated already, `MisuseError` for a panel that may not evaluate.
        """
        if self.method != "tender":
            words = f"expected a tender, received a {self.method}", f"应为 tender，实为 {self.method}"
            raise RulebookError(self.name, (Problem(None, "method", *words),))
        problems = [problem for name, value in given.items() for problem in self._wrong_in_evaluation(name, value)]
        stated = {
            name: rule.value for name in _OF_EVALUATION if isinstance(rule := self.rules.get(name), Stated)
        } | given
        for name in _OF_EVALUATION:
            rule = self.rules.get(name)
            if name not in stated and isinstance(rule, Open):
                why = f"must be given: {rule.why}", f"须由调用方给定：{rule.why_zh}"
                problems.append(Problem(rule.line, name, *why))
            elif stated.get(name) is None and name in ("scoring", "panel_experts"):
                problems.append(Problem(None, name, "must be stated; there is no default", "须写明，没有默认值"))
        if problems:
            raise RulebookError(self.name, tuple(problems))
        panel = Panel(
            members=members,
            fields=stated.get("panel_fields") or (),
            of_fields=stated.get("panel_of_fields") or 0,
            more_than_two_thirds=stated["panel_experts"] == "more_than_two_thirds",
            least=stated.get("panel_least") or LEAST_PANEL,
        )
        return Evaluation(panel=panel, parts=stated["scoring"], marks=marks)

    def _wrong_in_evaluation(self, name: str, value: Any) -> list[Problem]:  # noqa: ANN401 - a value of any kind
        if name in _OF_EVALUATION:
            return self._wrong(name, value)
        return [Problem(None, name, "is no part of an evaluation", "不属于评标事项")]

    def _stray(self, name: str) -> Problem:
        words = f"has no meaning in a {self.method}", f"不适用于 {self.method} 方式"
        return Problem(self.line(name), name, *words)

    def _values(self, given: dict[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in given.items() if value is not None}
        problems = [problem for name, value in given.items() for problem in self._wrong_in_lot(name, value)]
        problems += self._missing(given)
        if problems:
            raise RulebookError(self.name, tuple(problems))
        stated = {name: each.value for name, each in self.rules.items() if isinstance(each, Stated)}
        return {name: value for name, value in (stated | given).items() if value is not None and value is not False}

    def _wrong_in_lot(self, name: str, value: Any) -> list[Problem]:  # noqa: ANN401 - a value of any kind
        if self.method == "tender" and name in _OF_EVALUATION and not isinstance(self.rules.get(name), Stated):
            return [
                Problem(
                    None, name, "is given to evaluation(), not to a lot", "应在 evaluation() 中给定，不属于标的规则"
                )
            ]
        return self._wrong(name, value)

    def _wrong(self, name: str, value: Any) -> list[Problem]:  # noqa: ANN401 - any value, one return for each
        """Return what is wrong with a given value that no auction type would find, or not in the book's words."""
        rule, parameter = self.rules.get(name), PARAMETERS.get(name)
        line = None if rule is None else rule.line
        if isinstance(rule, Stated):
            source = rule.source or self.name
            return [
                Problem(
                    line, name,
                    f'stated by {source}; to depart from it write a rule file with based_on = "{self.name}"',
                    f'已由 {source} 规定；如需不同，请另写规则文件并注明 based_on = "{self.name}"',
                )
            ]  # fmt: skip
        if name == "money" and isinstance(unit := self.rules.get("unit"), Stated):
            return [Problem(unit.line, name, f"the unit is stated: {unit.value}", f"单位已规定：{unit.value}")]
        if parameter is None and name not in ("money", "admission"):
            return [Problem(None, name, "there is no such parameter", "没有这一参数")]
        if value is False and name in self.needed and name not in INSTEAD:
            return [Problem(line, name, "cannot be off", "不得为空")]
        if parameter is not None and parameter.choices and value is not False and value not in parameter.choices:
            known = ", ".join(parameter.choices)
            expected = f"expected one of {known}, received {value!r}"
            return [Problem(None, name, expected, f"应为 {known} 之一，实为 {value!r}")]
        return []

    @property
    def needed(self) -> tuple[str, ...]:
        """Return what a lot cannot do without."""
        return _NEEDED[self.method]

    def _missing(self, given: dict[str, Any]) -> list[Problem]:
        """Return what is left open and not given, and what a file says nothing of though it is needed."""
        problems = []
        stated = {name for name, rule in self.rules.items() if isinstance(rule, Stated) and rule.value is not None}
        known = stated | {name for name, value in given.items() if value is not False}
        for name in (*self.rules, *(name for name in self.needed if name not in self.rules)):
            rule = self.rules.get(name)
            if name in _OF_EVALUATION:
                continue
            instead = INSTEAD.get(name) in known or (name == "unit" and "money" in given)
            without = name in OF_RESERVE and self._declares_none(given)
            if instead or without or given.get(name, False) is not False:
                continue
            if name in given and name in INSTEAD and name in self.needed:
                problems.append(Problem(None if rule is None else rule.line, name, "cannot be off", "不得为空"))
            if name in given:
                continue
            if isinstance(rule, Open):
                why = f"must be given: {rule.why}", f"须由调用方给定：{rule.why_zh}"
                problems.append(Problem(rule.line, name, *why))
            elif name in self.needed and name not in stated:
                line = None if rule is None else rule.line
                problems.append(Problem(line, name, "must be stated; there is no default", "须写明，没有默认值"))
        return problems

    def _declares_none(self, given: dict[str, Any]) -> bool:
        rule = self.rules.get("reserve")
        return (rule.value if isinstance(rule, Stated) else given.get("reserve")) == "declared_none"


def _reserve(stated: dict[str, Any]) -> EnteredReserve | NoReserve:
    """Return how the lot declares its reserve. What a book says of its entry has no meaning where there is none."""
    if stated["reserve"] == "declared_none":
        return NoReserve()
    commitment = stated["reserve_commitment"]
    if commitment is None:
        problem = Told("must be stated with a required reserve; there is no default", "有底价时须写明，没有默认值")
        raise RuleError(problem, "reserve_commitment")
    return EnteredReserve(
        commitment=commitment,
        entry_opens_before_end=stated["entry_opens_before_end"],
        entry_ends_before_end=stated["entry_ends_before_end"],
        setters=stated["reserve_setters"],
        rounding=stated["reserve_rounding"],
        published=stated["reserve_published"],
    )
