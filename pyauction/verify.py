"""Verification with the engine itself: bytes, chain, replay of every decision, settlement and reserve.

The report has the form of the independent verifier's (`pyauction.verifier`), which checks the same in pure Python
without this engine; `pyauction verify --independent` runs that one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ._engine import FileJournal, MemoryJournal, read_journal
from .errors import MisuseError
from .journal import Journal
from .judgement import Frame, Judgement, judge, opens
from .lot import LotSnapshot
from .replay import JournalLike
from .verifier import Finding, LotSummary, Opening, Recovery, Report

__all__ = ["Finding", "LotSummary", "Opening", "Recovery", "Report", "verify"]


def verify(
    journal: JournalLike,
    *,
    opening: Opening | Sequence[Opening] = (),
    expect_chain: tuple[int, str] | None = None,
) -> Report:
    """Return whether a journal is whole and every record follows from the ones before.

    `opening` proves a reserve that the journal itself does not disclose. `expect_chain` is a sequence and the chain
    value, in hexadecimal, that somebody noted after it: an unkeyed chain can be recomputed by whoever can write the
    directory, and only what is known outside shows that. Nothing is written and no lock is taken.

    Raises `JournalError` where there is no journal or a file cannot be read.
    """
    if expect_chain is not None:
        _check_expected(expect_chain)
    openings = [opening] if isinstance(opening, Opening) else list(opening)
    frames, records, bad = read_journal(journal, expect_chain[0] if expect_chain else 0)
    judgement, failed = judge(frames, records, openings)
    lots = judgement.lots()
    findings = [
        failed,
        _bad_frame(bad),
        _expected(frames, *expect_chain) if expect_chain else None,
        *(_opening_of_nothing(opening) for opening in openings if not any(opens(opening, lot) for lot in lots)),
        *(_stray(name) for name in _stray_names(journal)),
    ]
    return _report([finding for finding in findings if finding], frames, records, judgement, lots)


def _check_expected(expected: object) -> None:
    match expected:
        case (int() as seq, str() as value) if (
            not isinstance(seq, bool) and 0 <= seq < 1 << 64 and re.fullmatch("[0-9a-fA-F]{64}", value)
        ):
            return
    raise MisuseError(
        "expect_chain: expected a sequence from 0 to 2^64 - 1 and the chain value noted after it, 64 hexadecimal digits, "
        f"received {expected!r}"
    )


def _report(
    findings: list[Finding], frames: list[Frame], records: list[bytes], judgement: Judgement, lots: list[LotSnapshot]
) -> Report:
    summaries = tuple(_summary(lot, judgement) for lot in lots)
    known = {lot.reserve for lot in summaries}
    return Report(
        findings=tuple(findings),
        segments=len({frame["segment"] for frame in frames}),
        frames=len(frames),
        records=len(records),
        replayed=judgement.replayed,
        bids=judgement.bids,
        chain_head=frames[-1]["chain"] if frames else "",
        last_seq=len(records),
        reserve=next((way for way in ("attested", "proven") if way in known), "none"),
        lots=summaries,
        recoveries=tuple(_recovery(frame) for frame in frames if frame["kind"] == "recovery"),
    )


def _summary(lot: LotSnapshot, judgement: Judgement) -> LotSummary:
    outcome = lot.outcome
    sold = outcome is not None and outcome.kind == "sold"
    compared, proven = lot.lot in judgement.compared, lot.lot in judgement.proven
    return LotSummary(
        number=lot.lot,
        name=lot.name,
        type_id=lot.type_id,
        currency=lot.currency,
        exponent=lot.exponent,
        state=lot.state,
        outcome=outcome.kind if outcome else None,
        cause=outcome.cause if outcome and not sold else None,
        winner=lot.bidder_name(outcome.winner) if outcome else None,
        price=outcome.price_minor if outcome else None,
        reserve="proven" if proven else "attested" if compared else "none",
        settlement=judgement.settlement.get(lot.lot, "none"),
    )


def _recovery(frame: dict[str, Any]) -> Recovery:
    return Recovery(
        segment=frame["segment"],
        offset=frame["offset"],
        cut_at=frame["cut_at"],
        removed=frame["removed"],
        removed_hash=frame["removed_hash"],
        why=frame["why"],
        operator=frame["operator"],
        next_seq=frame["first_seq"],
    )


_MEANING = {
    "torn": "最后一帧未写完整",
    "ambiguous": "最后一帧长度完整但已损坏",
    "corrupt": "曾经写入的内容已损坏或缺失",
    "tampered": "内容与前后不符，日志被改动",
    "unsupported": "由其他版本写入，含本版本不支持的内容",
}


def _bad_frame(bad: dict[str, Any] | None) -> Finding | None:
    if bad is None:
        return None
    code, segment, offset, seq = bad["class"], bad["segment"], bad["offset"], bad["next_seq"]
    chinese = f"{segment} 偏移 {offset} 处，自第 {seq} 条记录起：{_MEANING[code]}"
    return Finding(code, bad["detail"], chinese, seq, segment, offset)


def _expected(frames: list[Frame], seq: int, value: str) -> Finding | None:
    # A control frame extends the chain without a record; a value noted after it pins the same records.
    chains = {frame["chain"] for frame in frames if _last_seq(frame) == seq}
    if value.lower() in chains:
        return None
    if chains:
        found = ", ".join(sorted(chains))
        english = f"the chain value after record {seq} is {found}, expected {value}"
        return Finding("expect_chain", english, f"第 {seq} 条记录之后的链值为 {found}，应为 {value}", seq=seq)
    near = _nearest(sorted({_last_seq(frame) for frame in frames}), seq)
    english = (
        f"record {seq} does not end a frame, so it has no chain value; the nearest that do: {', '.join(near) or 'none'}"
    )
    chinese = f"第 {seq} 条记录不在帧的末尾，没有链值；最近的帧末记录：{'、'.join(near) or '无'}"
    return Finding("expect_chain", english, chinese, seq=seq)


def _nearest(ends: list[int], seq: int) -> list[str]:
    near = [end for end in ends if end < seq][-1:] + [end for end in ends if end > seq][:1]
    return [str(end) for end in near]


def _last_seq(frame: Frame) -> int:
    last: int = frame["first_seq"] + frame["count"] - 1
    return last


def _opening_of_nothing(opening: Opening) -> Finding:
    english = f"the opening of lot {opening.lot}, round {opening.round}, fits no commitment in the journal"
    chinese = f"标的 {opening.lot} 第 {opening.round} 轮的开示与日志中的任何承诺都不相符"
    return Finding("opening", english, chinese)


def _stray(name: str) -> Finding:
    shown = "".join(character if character.isprintable() else _escaped(character) for character in name)
    return Finding("stray", f"{shown} is not the name of a segment", f"{shown} 不是分段文件名")


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _stray_names(journal: JournalLike) -> list[str]:
    """Return the names that end as a segment's does and are none."""
    if isinstance(journal, MemoryJournal):
        names = list(journal.files())
    elif isinstance(journal, Journal):
        return []
    else:
        folder = journal.path if isinstance(journal, FileJournal) else Path(journal)
        names = [path.name for path in folder.iterdir()]
    return sorted(name for name in names if name.endswith(".plog") and not _is_segment(name))


def _is_segment(name: str) -> bool:
    digits = name.removesuffix(".plog")
    return re.fullmatch("[0-9]{20}", digits) is not None and int(digits) < 1 << 64
