"""How a replay of historical bids compares with what was recorded: plain values, as JSON, as text, and bid by bid."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from ..explain import explain
from ..told import in_language
from .findings import Mismatch, Skipped
from .sale import Sale

if TYPE_CHECKING:
    from ..explanations import Language

SCHEMA = "pyauction.replay/1"
OUT_COLUMNS = (
    "lot",
    "line",
    "seq",
    "at_ns",
    "bidder",
    "amount_minor",
    "verdict",
    "reason",
    "standing_minor",
    "closes_at_ns",
)
"""The columns that `HistoryReport.write_out` writes."""

_LISTED = 10
_WORDS = {
    "en": {
        "matched": "{lots} lots; the recorded outcome of {lots_matched} came out again",
        "bids": "{bids} bids; {bids_matched} of {bids_compared} whose acceptance was recorded were decided as recorded",
        "mismatched": "{count} differences:",
        "mismatch": "{file} line {line}, lot {lot}: {field}: recorded {recorded}, replayed {replayed}",
        "skipped": "{count} rows or values left out:",
        "skip": "{file} line {line}, column {column}: {reason}",
        "warnings": "{count} warnings:",
        "more": "... and {count} more; --json lists all",
        "winner": "winner",
        "price": "price",
        "acceptance": "acceptance",
        "accepted": "accepted",
        "refused": "refused",
        "reason": "refused: {code}",
        "late": " (and bidding was over)",
    },
    "zh-CN": {
        "matched": "标的 {lots} 个；其中 {lots_matched} 个的结果与记载一致",
        "bids": "报价 {bids} 次；有记载可核对的 {bids_compared} 次中 {bids_matched} 次与记载一致",
        "mismatched": "{count} 处不一致：",
        "mismatch": "{file} 第 {line} 行，标的 {lot}：{field}：记载 {recorded}，重演 {replayed}",
        "skipped": "{count} 行或值未采用：",
        "skip": "{file} 第 {line} 行，列 {column}：{reason}",
        "warnings": "{count} 条提示：",
        "more": "……另有 {count} 条；--json 列出全部",
        "winner": "竞得人",
        "price": "成交价",
        "acceptance": "报价有效性",
        "accepted": "有效",
        "refused": "无效",
        "reason": "无效：{meaning}（{code}）",
        "late": "，且竞价已结束",
    },
}


class HistoryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `replay_history` found.

    * `lots`: how many lots the files name; `lots_matched`: in how many the recorded winner and price came out again.
    * `bids`: the rows of BIDS.csv; `bids_compared`: those that the engine decided and whose acceptance was recorded;
      `bids_matched`: those of them that were decided as recorded.
    * `mismatched`: every difference; `skipped`: everything that was left out; `warnings`: what is worth knowing beside.
    * `sales`: the replayed lots, bid by bid; `files`: in which file each field of a difference is recorded.

    Reasons and warnings are in English; `to_text("zh-CN")` has them in Chinese.
    """

    lots: int
    lots_matched: int
    bids: int
    bids_compared: int
    bids_matched: int
    mismatched: tuple[Mismatch, ...]
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]
    sales: tuple[Sale, ...]
    files: dict[str, str]

    @property
    def exit_code(self) -> int:
        """3 if anything was skipped, else 1 at a mismatch, else 0."""
        return 3 if self.skipped else 1 if self.mismatched else 0

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, in the order of the schema `pyauction.replay/1`."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__ if name not in ("sales", "files")}
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}
        return {"schema": SCHEMA, **msgspec.to_builtins(plain, enc_hook=str)}

    def to_json(self) -> str:
        """Return the report as one JSON object of the schema `pyauction.replay/1`."""
        return msgspec.json.format(msgspec.json.encode(self.to_dict()), indent=2).decode()

    def to_text(self, lang: Language = "en") -> str:
        """Return a summary in "en" or "zh-CN". Long lists are cut; `to_json` has them whole."""
        words = _WORDS[lang]
        counts = {
            name: getattr(self, name) for name in ("lots", "lots_matched", "bids", "bids_compared", "bids_matched")
        }
        lines = [words["matched"].format(**counts), words["bids"].format(**counts)]
        late = {(sale.name, line) for sale in self.sales for line in sale.late}
        differences = [self._mismatch_line(one, lang, is_late=(one.lot, one.line) in late) for one in self.mismatched]
        lines += _section(words, "mismatched", differences)
        lines += _section(words, "skipped", [_skipped_line(one, lang) for one in self.skipped])
        lines += _section(words, "warnings", [in_language(one, lang) for one in self.warnings])
        return "\n".join(lines) + "\n"

    def _mismatch_line(self, one: Mismatch, lang: Language, *, is_late: bool) -> str:
        words = _WORDS[lang]
        replayed = _side(one.replayed, one.field, lang)
        if one.field == "acceptance" and is_late:
            replayed += words["late"]
        return words["mismatch"].format(
            file=self.files.get(one.field, "-"),
            line=one.line,
            lot=one.lot,
            field=words[one.field],
            recorded=_side(one.recorded, one.field, lang),
            replayed=replayed,
        )

    def write_out(self, path: str | Path | TextIO) -> None:
        """Write a CSV file (UTF-8) with one line for each bid that the engine decided, lot by lot in its order.

        `path` may also be an open text file. The columns are `OUT_COLUMNS`: `line` is where the bid begins in BIDS.csv,
        `at_ns` the engine's stamp, `reason` empty for an accepted bid; `standing_minor` and `closes_at_ns` are as after
        the bid, empty for none. Names of lots and bidders stand as they were read.
        """
        if isinstance(path, str | Path):
            with Path(path).open("w", encoding="utf-8", newline="") as file:
                self.write_out(file)
            return
        writer = csv.writer(path, lineterminator="\n")
        writer.writerow(OUT_COLUMNS)
        for sale in self.sales:
            columns = (sale.bids, sale.seqs, sale.at_ns, sale.reasons, sale.standing, sale.closes_at)
            writer.writerows(
                (
                    sale.name,
                    line,
                    seq,
                    at,
                    bidder,
                    amount,
                    "accepted" if reason is None else "refused",
                    reason,
                    None if top < 0 else top,
                    None if closes < 0 else closes,
                )
                for (line, bidder, amount, *_), seq, at, reason, top, closes in zip(*columns, strict=True)
            )


def _section(words: dict[str, str], title: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    shown = [f"  {line}" for line in lines[:_LISTED]]
    if len(lines) > _LISTED:
        shown.append("  " + words["more"].format(count=len(lines) - _LISTED))
    return [words[title].format(count=len(lines)), *shown]


def _side(side: str | None, field: str, lang: Language) -> str:
    """Return one side of a difference; whether a bid is accepted is told in words, a code with its meaning."""
    if side is None or field != "acceptance":
        return side or "-"
    verdict, _, code = side.partition(": ")
    meaning = explain(code).text(lang) if code else ""
    return _WORDS[lang]["reason" if code else verdict].format(code=code, meaning=meaning)


def _skipped_line(one: Skipped, lang: Language) -> str:
    reason = in_language(one.reason, lang)
    return _WORDS[lang]["skip"].format(file=one.file, line=one.line, column=one.column or "-", reason=reason)
