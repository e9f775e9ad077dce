"""A rule book: the rules of one source or notice as data, with the source of each value and what it leaves open."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ..auctions import Listing, OnlineAuction, Preset
from ..clock import nanoseconds
from ..errors import MisuseError, RulebookError, RuleError
from ..money import CNY, WAN_YUAN, YUAN, Money
from ..periods import Period
from ..reserve import EnteredReserve, NoReserve
from .document import Document, Problem, read_document
from .parameters import PARAMETERS, Parameter
from .values import WrongValue, read_value

if TYPE_CHECKING:
    from ..explanations import Language

Status = Literal["text", "press", "inferred", "notice"]
"""How a value is known: from the rule's text, from the press, as our reading, or stated by the notice's own file."""

Method = Literal["listing", "auction"]
_METHODS: dict[str, type[Listing | OnlineAuction]] = {"listing": Listing, "auction": OnlineAuction}
_UNITS: dict[str, Money] = {"分": CNY, "元": YUAN, "万元": WAN_YUAN}
_INSTEAD = {"free": "listing_ends_at", "cap_pause": "cap_pause_ends_at"}
"""What may be given in place of an open value."""
_OF_RESERVE = ("reserve", "reserve_commitment", "entry_opens_before_end", "entry_ends_before_end")
_NEEDED = ("unit", "start_price", "increment", "reserve", "self_outbid", "on_outage", "countdown", "free")
"""What cannot be off."""
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
    least: str | None = None
    """The shortest time that may be given, where the source states one."""

    def reason(self, lang: Language = "en") -> str:
        """Return why the value is open, in one language."""
        return self.why_zh if lang == "zh-CN" else self.why


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
    notes: tuple[str, ...]
    based_on: str | None
    digest: bytes
    path: str

    @property
    def open_values(self) -> dict[str, str]:
        """Return what must be given before a lot opens, and why it is open."""
        without_reserve = self._declares_none({})
        return {
            name: value.why
            for name, value in self.rules.items()
            if isinstance(value, Open) and not (without_reserve and name in _OF_RESERVE)
        }

    def auction(self, **given: Any) -> Listing | OnlineAuction:  # noqa: ANN401 - values of every kind
        """Return the auction type with these rules and the values that they leave open.

        `given` are values as the auction types take them (`money` or `unit`, amounts in that unit), and False for a rule
        that is off. What the book states
        is not taken from `given`: to depart from a source, write a rule file that is based on it. Raises `RulebookError`
        for a value that is missing, unknown or stated already, `RuleError` for values that contradict each other.
        """
        values = self._values(given)
        kind = _METHODS[self.method]
        unit = values.pop("unit", None)
        money = values.pop("money", None) or _UNITS[str(unit)]
        reserve = {name: values.pop(name, None) for name in _OF_RESERVE}
        for name in _SAID_ONLY:
            values.pop(name, None)
        return kind(money=money, reserve=_reserve(reserve), preset=Preset(self.name, self.digest), **values)

    def _values(self, given: dict[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in given.items() if value is not None}
        problems = [*self._unknown(given), *self._missing(given)]
        if problems:
            raise RulebookError(self.name, tuple(problems))
        stated = {name: each.value for name, each in self.rules.items() if isinstance(each, Stated)}
        return {name: value for name, value in (stated | given).items() if value is not None and value is not False}

    def _unknown(self, given: dict[str, Any]) -> list[Problem]:
        problems = []
        for name, value in given.items():
            rule = self.rules.get(name)
            if isinstance(rule, Stated):
                problems.append(
                    Problem(
                        rule.line, name,
                        f"stated by {rule.source or self.name}; to depart from it write a rule file with "
                        f'based_on = "{self.name}"',
                        f'已由 {rule.source or self.name} 规定；如需不同，请另写规则文件并注明 based_on = "{self.name}"',
                    )
                )  # fmt: skip
            elif name == "money" and isinstance(unit := self.rules.get("unit"), Stated):
                problems.append(
                    Problem(unit.line, name, f"the unit is stated: {unit.value}", f"单位已规定：{unit.value}")
                )
            elif name not in PARAMETERS and name not in ("money", "admission"):
                problems.append(Problem(None, name, "there is no such parameter", "没有这一参数"))
            else:
                problems += self._wrong(name, value)
        return problems

    def _wrong(self, name: str, value: Any) -> list[Problem]:  # noqa: ANN401 - a value of any kind
        """Return what is wrong with a given value that no auction type would find, or not in its words."""
        rule, parameter = self.rules.get(name), PARAMETERS.get(name)
        line = None if rule is None else rule.line
        if value is False and name in _NEEDED:
            return [Problem(line, name, "cannot be off", "不得为空")]
        if name in ("unit", "reserve") and parameter is not None and value not in parameter.choices:
            known = ", ".join(parameter.choices)
            expected = f"expected one of {known}, received {value!r}"
            return [Problem(line, name, expected, f"应为 {known} 之一，实为 {value!r}")]
        if isinstance(rule, Open) and rule.least is not None and value is not False:
            given, least = nanoseconds(value), nanoseconds(rule.least)
            if given < least:
                return [
                    Problem(line, name, f"expected at least {rule.least}, received {value}",
                            f"不得短于 {rule.least}，实为 {value}")
                ]  # fmt: skip
        return []

    def _missing(self, given: dict[str, Any]) -> list[Problem]:
        return [
            Problem(value.line, name, f"must be given: {value.why}", f"须由调用方给定：{value.why_zh}")
            for name, value in self.rules.items()
            if isinstance(value, Open)
            and name not in given
            and _INSTEAD.get(name) not in given
            and not (name == "unit" and "money" in given)
            and not (name in _OF_RESERVE and self._declares_none(given))
        ]

    def _declares_none(self, given: dict[str, Any]) -> bool:
        rule = self.rules.get("reserve")
        return (rule.value if isinstance(rule, Stated) else given.get("reserve")) == "declared_none"


def _reserve(stated: dict[str, Any]) -> EnteredReserve | NoReserve:
    """Return how the lot declares its reserve. What a book says of its entry has no meaning where there is none."""
    if stated["reserve"] == "declared_none":
        return NoReserve()
    commitment = stated["reserve_commitment"]
    if commitment is None:
        raise RuleError("must be stated with a required reserve; there is no default", "reserve_commitment")
    return EnteredReserve(
        commitment=commitment,
        entry_opens_before_end=stated["entry_opens_before_end"],
        entry_ends_before_end=stated["entry_ends_before_end"],
    )


def rulebook_names() -> list[str]:
    """Return the names of the rule books that come with the package."""
    found = (entry.name for entry in files(__package__).iterdir())
    return sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml"))


def rulebook(name: str | Path) -> Rulebook:
    """Return a rule book: one that comes with the package by its name, or a rule file by its path.

    Raises `RulebookError` with every problem of the file, its line and its key.
    """
    book, problems = load(name)
    if book is None or problems:
        raise RulebookError(str(name), tuple(problems))
    return book


def load(name: str | Path) -> tuple[Rulebook | None, list[Problem]]:
    """Return a rule book and what is wrong with its file; no book where that cannot be told from another."""
    path = _path_of(name)
    document = read_document(path)
    reader = _Reader(document)
    return reader.book(str(path)), reader.problems


def _path_of(name: str | Path) -> Path:
    if isinstance(name, str) and name in rulebook_names():
        return Path(str(files(__package__) / f"{name}.toml"))
    path = Path(name)
    if path.suffix == ".toml":
        return path
    known = ", ".join(rulebook_names())
    raise MisuseError(f"there is no rule book {str(name)!r}; expected one of {known}, or the path of a .toml file")


_OF_VALUE = {"value", "required", "required_zh", "least", "source", "status"}
_SCHEMA = "pyauction.rules/1"
_TOP = ("schema", "name", "title", "title_en", "method", "based_on", "sources", "rules", "periods", "notes")


class _Reader:
    """Reads a document and gathers what is wrong with it."""

    def __init__(self, document: Document) -> None:
        self.problems: list[Problem] = []
        self._document = document
        self._content = document.content

    def book(self, path: str) -> Rulebook | None:
        self._check_top()
        base = self._base()
        own = self._rules(base)
        rules = {} if base is None else dict(base.rules)
        rules.update(own)
        method = self._content.get("method", None if base is None else base.method)
        if method not in _METHODS:
            known = ", ".join(_METHODS)
            self._say("method", f"expected one of {known}, received {method!r}", f"应为 {known} 之一，实为 {method!r}")
            return None
        name = self._text("name") or Path(path).stem
        ordered = {name: rules[name] for name in PARAMETERS if name in rules}
        digest = hashlib.sha256(self._document.raw + (b"" if base is None else base.digest)).digest()
        sources = self._table("sources")
        return Rulebook(
            name=name,
            title=self._text("title") or (base.title if base else name),
            title_en=self._text("title_en") or (base.title_en if base else name),
            method=method,
            sources=({} if base is None else base.sources) | {key: str(value) for key, value in sources.items()},
            rules=ordered,
            periods=self._periods(base),
            notes=(() if base is None else base.notes) + tuple(str(note) for note in self._content.get("notes", ())),
            based_on=None if base is None else base.name,
            digest=digest,
            path=path,
        )

    def _say(self, key: str, en: str, zh: str) -> None:
        self.problems.append(Problem(self._document.line(*key.split(".")), key.removeprefix("rules."), en, zh))

    def _text(self, key: str) -> str:
        value = self._content.get(key, "")
        if isinstance(value, str):
            return value
        self._say(key, f"expected text, received {value!r}", f"应为文本，实为 {value!r}")
        return ""

    def _table(self, key: str) -> dict[str, Any]:
        value = self._content.get(key, {})
        if isinstance(value, dict):
            return value
        self._say(key, f"expected a section, received {value!r}", f"应为小节，实为 {value!r}")
        return {}

    def _check_top(self) -> None:
        schema = self._content.get("schema")
        if schema != _SCHEMA:
            self._say("schema", f'expected "{_SCHEMA}", received {schema!r}', f'应为 "{_SCHEMA}"，实为 {schema!r}')
        for key in self._content:
            if key not in _TOP:
                known = ", ".join(_TOP)
                self._say(key, f"there is no such key; expected {known}", f"没有这一键；可用的键为 {known}")

    def _base(self) -> Rulebook | None:
        name = self._text("based_on")
        if not name:
            return None
        if name not in rulebook_names():
            known = ", ".join(rulebook_names())
            self._say("based_on", f"expected one of {known}, received {name!r}", f"应为 {known} 之一，实为 {name!r}")
            return None
        return rulebook(name)

    def _rules(self, base: Rulebook | None) -> dict[str, Stated | Open]:
        rules: dict[str, Stated | Open] = {}
        for name, raw in self._table("rules").items():
            rule = self._rule(name, raw, base)
            if rule is not None:
                rules[name] = rule
        return rules

    def _rule(self, name: str, raw: Any, base: Rulebook | None) -> Stated | Open | None:  # noqa: ANN401 - as TOML has it
        key = f"rules.{name}"
        line = self._document.line("rules", name)
        parameter = PARAMETERS.get(name)
        if parameter is None:
            self._say(key, f"there is no such parameter{_meant(name)}", f"没有这一参数{_meant(name, chinese=True)}")
            return None
        source, status = "", "notice"
        if isinstance(raw, dict) and "percent" not in raw:
            if unknown := raw.keys() - _OF_VALUE:
                self._say(key, f"there is no {min(unknown)!r} here", f"此处不应有 {min(unknown)!r}")
                return None
            if isinstance(why := raw.get("required"), str) and "value" not in raw:
                return Open(why, str(raw.get("required_zh", why)), line, self._least(key, raw.get("least")))
            source, status, raw = str(raw.get("source", "")), str(raw.get("status", "notice")), raw.get("value")
            self._check_source(key, source, base)
            if status not in ("text", "press", "inferred", "notice"):
                self._say(key, f"status: expected text, press or inferred, received {status!r}",
                          f"status 应为 text、press 或 inferred，实为 {status!r}")  # fmt: skip
        try:
            value = None if raw is False else read_value(parameter, raw)
        except WrongValue as wrong:
            self._say(key, wrong.en, wrong.zh)
            return None
        before = None if base is None else base.rules.get(name)
        departs = isinstance(before, Stated) and before.value != value
        return Stated(value, source, status, line, before if departs else None)  # type: ignore[arg-type] # as checked

    def _least(self, key: str, raw: object) -> str | None:
        """Return the least of an open length."""
        if raw is None:
            return None
        try:
            return str(read_value(Parameter("least", "length", "", ""), raw))
        except WrongValue as wrong:
            self._say(key, f"least: {wrong.en}", f"least：{wrong.zh}")
            return None

    def _check_source(self, key: str, source: str, base: Rulebook | None) -> None:
        """Find sources that are not listed; a notice's own file need not list any."""
        known = {} if base is None else base.sources
        known = known | self._table("sources")
        if source and known and source.split(maxsplit=1)[0].rstrip(",") not in known:
            codes = ", ".join(known)
            self._say(key, f"source: expected one of {codes} first, received {source!r}",
                      f"source 应以 {codes} 之一开头，实为 {source!r}")  # fmt: skip

    def _periods(self, base: Rulebook | None) -> tuple[Period, ...]:
        """Return the periods; one takes the place of the base's period of the same name."""
        periods = {} if base is None else {period.name: period for period in base.periods}
        for name, raw in self._table("periods").items():
            try:
                period = msgspec.convert({"name": name, **raw}, Period)
                periods[period.name] = period
            except (msgspec.ValidationError, MisuseError, TypeError) as error:
                self._say(f"periods.{name}", str(error), f"时限有误：{error}")
        return tuple(periods.values())


def _meant(name: str, *, chinese: bool = False) -> str:
    """Return which parameter somebody may have meant."""
    from difflib import get_close_matches  # noqa: PLC0415 - for a fault only

    near = get_close_matches(name, PARAMETERS, 1)
    if not near:
        return ""
    return f"；是否为 {near[0]}？" if chinese else f"; did you mean {near[0]}?"
