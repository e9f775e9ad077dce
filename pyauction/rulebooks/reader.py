"""Reads rule files: from a document to a rule book, and everything that is wrong on the way."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from ..clock import nanoseconds
from ..errors import MisuseError, RulebookError
from ..periods import Period
from ..told import Told
from .book import METHODS, Note, Open, Rulebook, Stated
from .document import Document, Problem, read_document
from .parameters import PARAMETERS, Parameter
from .values import WrongValue, read_value


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


READ: dict[str, Rulebook] = {}
"""The sound books that this process has read, by their digests: a lot knows its book by it."""


def load(name: str | Path) -> tuple[Rulebook | None, list[Problem]]:
    """Return a rule book and what is wrong with its file; no book where that cannot be told from another."""
    path = _path_of(name)
    document = read_document(path)
    reader = _Reader(document, path)
    book = reader.book(str(path))
    if book is not None and not reader.problems:
        READ[book.digest.hex()] = book
    return book, reader.problems


def _path_of(name: str | Path) -> Path:
    if isinstance(name, str) and name in rulebook_names():
        return Path(str(files(__package__) / f"{name}.toml"))
    path = Path(name)
    if path.suffix == ".toml":
        return path
    known = ", ".join(rulebook_names())
    raise MisuseError(
        Told(
            f"there is no rule book {str(name)!r}; expected one of {known}, or the path of a .toml file",
            f"没有规则书 {str(name)!r}；应为 {known} 之一，或 .toml 文件的路径",
        )
    )


_OF_VALUE = {"value", "required", "required_zh", "source", "status"}
_OF_PERIOD = ("least", "most", "unit", "source", "status")
_SCHEMA = "pyauction.rules/1"
_TOP = ("schema", "name", "title", "title_en", "method", "based_on", "sources", "rules", "periods", "notes")


class _Reader:
    """Reads a document and gathers what is wrong with it."""

    def __init__(self, document: Document, path: Path, above: tuple[Path, ...] = ()) -> None:
        self.problems: list[Problem] = []
        self._document, self._path = document, path
        # The files that are based on this one.
        self._above = above
        self._content = document.content

    def book(self, path: str) -> Rulebook | None:
        self._check_top()
        base = self._base()
        own = self._rules(base)
        # The base's lines are those of another file.
        inherited = {} if base is None else base.rules
        rules = {name: msgspec.structs.replace(rule, line=None) for name, rule in inherited.items()} | own
        method = self._content.get("method", None if base is None else base.method)
        if not isinstance(method, str) or method not in METHODS:
            if base is None and self._content.get("based_on") is not None and method is None:
                return None
            known = ", ".join(METHODS)
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
            method=method,  # type: ignore[arg-type] # as checked
            sources=({} if base is None else base.sources) | {key: str(value) for key, value in sources.items()},
            rules=ordered,
            periods=self._periods(base),
            notes=(() if base is None else base.notes) + self._notes(),
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

    def _notes(self) -> tuple[Note, ...]:
        notes = self._content.get("notes", [])
        if not isinstance(notes, list):
            kind = type(notes).__name__
            self._say("notes", f"expected a list of texts, received {kind}", f"应为文本列表，实为 {kind}")
            return ()
        return tuple(filter(None, (self._note(index, note) for index, note in enumerate(notes, 1))))

    def _note(self, index: int, note: object) -> Note | None:
        match note:
            case str():
                return Note(note, note)
            case {"en": str(en), "zh": str(zh), **rest} if not rest:
                return Note(en, zh)
        self._say(
            "notes",
            f"note {index}: expected a text or {{ en = text, zh = text }}, received {note!r}",
            f"第 {index} 条说明：应为文本，或 {{ en = 文本, zh = 文本 }}，实为 {note!r}",
        )
        return None

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
        if name in rulebook_names():
            return rulebook(name)
        if name.endswith(".toml"):
            return self._base_file(name)
        known = ", ".join(rulebook_names())
        self._say(
            "based_on",
            f"expected one of {known}, or the path of a .toml file from this one's folder, received {name!r}",
            f"应为 {known} 之一，或自本文件所在目录起的 .toml 文件路径，实为 {name!r}",
        )
        return None

    def _base_file(self, name: str) -> Rulebook | None:
        """Return the book of another rule file, whose path is from this one's folder."""
        try:
            path = (self._path.parent / name).resolve()
        except (OSError, RuntimeError, ValueError):
            self._say("based_on", f"{name!r} is no path", f"{name!r} 不是路径")
            return None
        if path in (own := (*self._above, self._path.resolve())):
            self._say("based_on", f"{name} is based on this file", f"{name} 又以本文件为依据")
            return None
        try:
            reader = _Reader(read_document(path), path, own)
            book, problems = reader.book(str(path)), reader.problems
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            chinese = "没有这个文件" if missing else f"无法读取（{error.strerror}）"
            self._say("based_on", f"{name} cannot be read: {error.strerror}", f"{name}：{chinese}")
            return None
        except RulebookError as error:
            book, problems = None, list(error.problems)
        for problem in problems:
            self._say("based_on", f"{name}: {problem.message()}", f"{name}：{problem.message('zh-CN')}")
        return None if problems else book

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
                return Open(why, str(raw.get("required_zh", why)), line)
            source, status, raw = str(raw.get("source", "")), str(raw.get("status", "notice")), raw.get("value")
            if status != "notice":
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
        departs = isinstance(before, Stated) and not same(parameter, before.value, value)
        return Stated(value, source, status, line, before if departs else None)  # type: ignore[arg-type] # as checked

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
            if (period := self._period(name, raw)) is not None:
                periods[period.name] = period
        return tuple(periods.values())

    def _period(self, name: str, raw: object) -> Period | None:
        key = f"periods.{name}"
        if not isinstance(raw, dict):
            self._say(key, f"expected a section, received {raw!r}", f"应为小节，实为 {raw!r}")
            return None
        if unknown := raw.keys() - set(_OF_PERIOD):
            self._say(key, f"there is no {min(unknown)!r} here", f"此处不应有 {min(unknown)!r}")
            return None
        if missing := [part for part in ("unit", "source", "status") if part not in raw]:
            for part in missing:
                self._say(f"{key}.{part}", "must be stated; there is no default", "须写明，没有默认值")
            return None
        stated: dict[str, Any] = dict.fromkeys(_OF_PERIOD) | raw
        try:
            return Period(name=name, **stated)  # type: ignore[arg-type] # it refuses every other name
        except MisuseError as error:
            self._say(key, error.message(), error.message("zh-CN"))
            return None


def same(parameter: Parameter, one: Any, other: Any) -> bool:  # noqa: ANN401 - values of any kind
    """Return whether two values of a parameter mean the same: 4m is 240s, and 10 is 10.0."""
    if one is None or other is None:
        return one is other
    if parameter.kind == "length":
        return nanoseconds(one) == nanoseconds(other)
    if isinstance(one, str) and isinstance(other, str) and parameter.kind in ("amount", "increment"):
        return Decimal(one) == Decimal(other)
    return bool(one == other)


def _meant(name: str, *, chinese: bool = False) -> str:
    """Return which parameter somebody may have meant."""
    near = get_close_matches(name, PARAMETERS, 1)
    if not near:
        return ""
    return f"；是否为 {near[0]}？" if chinese else f"; did you mean {near[0]}?"
