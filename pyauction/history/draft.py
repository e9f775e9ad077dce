"""A mapping to start from, drafted from the header and the first rows of a file. What they do not tell stays a "?"."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from ..errors import MisuseError
from .mapping import OPEN_QUESTION, FileFormat
from .table import Table
from .times import ISO, NUMBER

_SAMPLE_BYTES = 1 << 16
_SAMPLE_ROWS = 200
_SHOWN_VALUES = 3

_NAMES = {
    "lot": (
        "auction_id",
        "auctionid",
        "lot_id",
        "lot",
        "auction",
        "item_id",
        "item",
        "标的",
        "地块",
        "宗地",
        "矿权",
        "项目",
    ),
    "bidder": ("bidder", "buyer", "user", "竞买号", "竞买人", "报价人", "买受人", "bidder_id", "address"),
    "amount": ("amount", "bid_amount", "bid", "price", "报价", "金额", "出价", "value"),
    "time": ("timestamp", "bid_time", "time", "bidtime", "placed_at", "date", "报价时间", "时间"),
    "acceptance": ("accepted", "status", "result", "valid", "状态", "是否有效", "有效"),
    "sequence": ("sequence", "seq", "bid_number", "序号"),
}
_PATTERNS = (
    (re.compile(r"\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d{2}:\d{2}", re.ASCII), "%Y/%m/%d %H:%M:%S"),
    (re.compile(r"\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d{2}", re.ASCII), "%Y/%m/%d %H:%M"),
    (re.compile(r"\d{4}年\d{1,2}月\d{1,2}日 ?\d{1,2}:\d{2}:\d{2}", re.ASCII), "%Y年%m月%d日 %H:%M:%S"),
)
_AMOUNT = re.compile(r"(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
_UNIX = {10: "unix_s", 13: "unix_ms", 16: "unix_us", 19: "unix_ns"}


class _Sample(msgspec.Struct, frozen=True):
    """A file's header and first rows, and the dialect that they suggest."""

    form: FileFormat
    columns: tuple[str, ...]
    rows: list[list[str]]

    def values(self, column: str) -> list[str]:
        place = self.columns.index(column)
        return list(dict.fromkeys(row[place] for row in self.rows if row[place]))


def draft_mapping(csv_path: str | Path) -> str:
    """Return a commented mapping in TOML for a file of bids, to be completed by hand.

    Columns, dialect and formats are guessed from names and the first 200 rows, and each guess shows what it saw. A key
    that the file does not tell has the value "?", which `Mapping.load` refuses by name. Raises `MisuseError` for a file
    without a header.
    """
    sample = _read_sample(Path(csv_path))
    taken: dict[str, str] = {}
    for role in _NAMES:
        taken |= _find(role, sample, taken)
    return "\n".join(
        [
            f"# Drafted from {Path(csv_path).name}. Check every line; replace every {_text(OPEN_QUESTION)}.",
            "# The keys are described in pyauction.history.mapping (python -m pydoc pyauction.history.mapping).",
            "",
            *_file_table(sample.form),
            *_bids_table(sample, taken),
            *_amount_table(sample, taken.get("amount")),
            *_time_table(sample, taken.get("time")),
            *_AUCTION,
        ]
    )


_AUCTION = (
    "[auction]",
    'type = "english@1"  # or listing@1',
    'opens = "first_bid"  # or a time, or {column = "..."}',
    "",
    "[auction.rules]  # of one auction type: the parameters that it has in Python",
    'start_price = "?"  # "319" in the unit above, or {column = "..."}',
    'increment = "?"  # an amount, or {percent = "10", rounding = "down"}, or [["0", "0.05"], ["1", "0.25"]]',
    'length = "?"  # "24h"; or ends_at = {column = "..."}; leave both out if the close was called',
    'self_outbid = "?"  # allowed or refused',
    'reserve = "none"',
    '# clock = "first_bid"',
    '# extension = "10m"',
    '# extension_window = "10m"',
    "",
    "# [outcome]  # what was recorded, to compare with",
    '# winner = {column = "?"}',
    '# price = {column = "?"}',
    '# unsold = [""]',
    "",
)


def _read_sample(path: Path) -> _Sample:
    if path.exists() and not path.is_file():
        raise MisuseError(
            f"expected a CSV file, which is read twice, received {path}, which is a folder, pipe or device"
        )
    try:
        with path.open("rb") as file:
            head = file.read(_SAMPLE_BYTES)
    except OSError as error:
        raise MisuseError(f"expected a CSV file, could not read {path}: {error.strerror or error}") from error
    encoding = _encoding(head)
    form = FileFormat(encoding=encoding, delimiter=_delimiter(head.decode(encoding, errors="replace")))
    with Table(path, form) as table:
        if not table.columns:
            raise MisuseError(f"expected a CSV file with a header: {table.skipped[0].reason}")
        rows = [row for _, row in islice(table.rows(), _SAMPLE_ROWS)]
    return _Sample(form, table.columns, rows)


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    for cut in range(4):  # The sample may end within a character.
        try:
            head[: len(head) - cut].decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
        return "utf-8-sig"
    return "gb18030"


def _delimiter(text: str) -> str:
    """Return the delimiter that splits the header most, outside quotes."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t|", key=lambda one: len(next(csv.reader([header], delimiter=one), [])))


def _find(role: str, sample: _Sample, taken: dict[str, str]) -> dict[str, str]:
    """Return the free column whose name fits a role best, by exact name, then by part, and whose values can be it."""
    free = [
        column
        for column in sample.columns
        if column not in taken.values() and sample.columns.count(column) == 1 and _can_be(role, sample.values(column))
    ]
    fits: tuple[Callable[[str, str], bool], ...] = (lambda name, word: name == word, lambda name, word: word in name)
    for fit in fits:
        for word in _NAMES[role]:
            for column in free:
                if fit(column.strip().lower(), word):
                    return {role: column}
    return {}


def _can_be(role: str, values: list[str]) -> bool:
    """Whether a column with these values can have a role. An empty sample contradicts nothing."""
    if role == "amount":
        return all(_AMOUNT.fullmatch(value) for value in values)
    if role == "time":
        return not values or _time_format(values)[0] != OPEN_QUESTION or _counts(values)
    return role != "sequence" or all(value.isascii() and value.isdecimal() for value in values)


def _counts(values: list[str]) -> bool:
    return bool(values) and all(NUMBER.fullmatch(value) for value in values)


def _file_table(form: FileFormat) -> list[str]:
    return [
        "[file]",
        f"delimiter = {_text(form.delimiter)}",
        f"encoding = {_text(form.encoding)}",
        'null = []  # words that mean "missing"; none, so that a bidder called NA stays one',
        "",
    ]


def _bids_table(sample: _Sample, taken: dict[str, str]) -> list[str]:
    lines = ["[bids]", f"# Columns: {_list(sample.columns)}"]
    for role in ("lot", "bidder", "amount", "time"):
        column = taken.get(role)
        hint = '  # or {constant = "-"} if the log does not say who' if (role, column) == ("bidder", None) else ""
        lines.append(f"{role} = {_text(column or OPEN_QUESTION)}{hint}{_seen(sample, column)}")
    if column := taken.get("acceptance"):
        lines.append(f"# acceptance = {{column = {_text(column)}, accepted = [], refused = []}}{_seen(sample, column)}")
    else:
        lines.append('# acceptance = "all_accepted"  # if the log holds accepted bids only')
    if column := taken.get("sequence"):
        lines.append(f"# sequence = {_text(column)}{_seen(sample, column)}")
        lines.append('# order = "sequence"  # or sequence_descending; default: as in the file')
    return [*lines, ""]


def _amount_table(sample: _Sample, column: str | None) -> list[str]:
    values = sample.values(column) if column else []
    # A sample shows how many digits it has, and not how many the currency has.
    most = max((len(re.split("[eE]", value.partition(".")[2])[0]) for value in values), default=0)
    seen = f"; the sample has up to {most} behind the point" if values else ""
    lines = [
        "[amount]",
        'currency = "?"',
        f'exponent = "?"  # decimal digits of a minor unit, as a number: 2 for 分, 18 for wei{seen}',
        '# unit = "万元"  # if the file states amounts in another unit than the currency',
        "# unit_scale = 6",
    ]
    if any("," in value for value in values):
        lines.append('thousands = ","')
    if any("e" in value.lower() for value in values):
        lines.append('notation = "scientific"')
    return [*lines, ""]


def _time_table(sample: _Sample, column: str | None) -> list[str]:
    values = sample.values(column) if column else []
    format_, needs_zone = _time_format(values)
    lines = [
        "[time]",
        f"format = {_text(format_)}{_TIME_HINT if format_ == OPEN_QUESTION else ''}{_seen(sample, column)}",
    ]
    if needs_zone:
        lines.append('zone = "?"  # the times do not state one: Asia/Shanghai, +08:00 ...')
    if format_ == OPEN_QUESTION and _counts(values):
        lines.append(
            'origin = "?"  # what ..._since counts from: "2004-01-01T00:00:00Z", or {column = "...", format = "iso"}'
        )
    return [*lines, ""]


_TIME_HINT = "  # unix_s, iso, a pattern as %d/%m/%Y %H:%M; or days_since, hours_since ... with origin"


def _time_format(values: list[str]) -> tuple[str, bool]:
    """Return the format that all values have, and whether it leaves the zone open."""
    if values and all(value.isascii() and value.isdecimal() and len(value) in _UNIX for value in values):
        lengths = {len(value) for value in values}
        return (_UNIX[lengths.pop()] if len(lengths) == 1 else OPEN_QUESTION), False
    written_as_iso = [ISO.fullmatch(value) for value in values]
    if values and all(written_as_iso):
        return "iso", any(match is not None and match[4] is None for match in written_as_iso)
    for written, pattern in _PATTERNS:
        if values and all(written.fullmatch(value) for value in values):
            return pattern, True
    return OPEN_QUESTION, False


def _seen(sample: _Sample, column: str | None) -> str:
    if column is None:
        return ""
    return f"  # {_list(sample.values(column)[:_SHOWN_VALUES])}"


def _list(values: Sequence[str]) -> str:
    return ", ".join(_text(value) for value in values)


def _text(value: str) -> str:
    """Return a TOML string. JSON escapes are TOML escapes; the one control character that JSON leaves is DEL."""
    return json.dumps(value.encode("utf-8", "replace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")
