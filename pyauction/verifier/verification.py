"""A verification: walks the segments, replays the records and sums up what was found."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .contents import UnreadableError
from .directory import files_of
from .findings import Finding
from .frames import Frame, read_recovery_body
from .names import shown
from .replay import Replay, opens
from .report import LotSummary, Recovery, Report
from .reserve import Opening
from .segments import SegmentWalk, segment_names, stray_names
from .terms import Kind, OutcomeKind
from .words import Words

if TYPE_CHECKING:
    from pathlib import Path

    from .contents import Contents
    from .lot import Lot


def verify(
    directory: str | Path,
    *,
    opening: Opening | Sequence[Opening] | None = None,
    expect_chain: tuple[int, str] | None = None,
) -> Report:
    """Verify the journal in a directory, or raise `UnreadableError` if there is none."""
    return verify_files(files_of(directory), opening=opening, expect_chain=expect_chain)


def verify_files(
    files: Mapping[str, bytes | Contents],
    *,
    opening: Opening | Sequence[Opening] | None = None,
    expect_chain: tuple[int, str] | None = None,
) -> Report:
    """Verify a journal that is given as file names and their bytes or contents, or raise `UnreadableError` if it has no segment.

    `opening` proves reserves; `expect_chain` is a sequence and the chain value, in hexadecimal, that was noted for it.
    """
    if not segment_names(files):
        raise UnreadableError("there is no segment", "没有分段文件")
    openings = [opening] if isinstance(opening, Opening) else list(opening or ())
    return _Verification(files, openings, expect_chain).report()


class _Verification:
    def __init__(
        self, files: Mapping[str, bytes | Contents], openings: list[Opening], expect_chain: tuple[int, str] | None
    ) -> None:
        self._files = files
        self._openings = openings
        self._expect_chain = expect_chain
        self._walk = SegmentWalk(files, acknowledged=expect_chain[0] if expect_chain else 0)
        self._replay = Replay(openings)
        self._findings: list[Finding] = []
        self._recoveries: list[Recovery] = []
        self._segments: set[str] = set()
        self._frames = 0
        self._ends: list[int] = []
        self._chains_of_expected: set[str] = set()

    def report(self) -> Report:
        for taken in self._walk.frames():
            if isinstance(taken, Finding):
                self._findings.append(taken)
            else:
                self._take(taken)
        if self._replay.finding is not None:
            self._findings.insert(0, self._replay.finding)
        self._judge_expected_chain()
        self._judge_openings()
        for name in stray_names(self._files):
            text = shown(name)
            self._findings.append(Finding("stray", f"{text} is not the name of a segment", f"{text} 不是分段文件名"))
        return self._summary()

    def _take(self, frame: Frame) -> None:
        self._frames += 1
        self._segments.add(frame.segment)
        if frame.kind == Kind.RECORDS:
            self._ends.append(frame.last_seq)
            self._replay.take_records(frame)
        elif frame.kind == Kind.STATE:
            self._replay.take_state(frame)
        elif frame.kind == Kind.RECOVERY:
            self._recoveries.append(_recovery(frame))
        # A control frame extends the chain without a record; a value noted after it pins the same records.
        if self._expect_chain is not None and frame.last_seq == self._expect_chain[0]:
            self._chains_of_expected.add(frame.chain.hex())

    def _judge_expected_chain(self) -> None:
        if self._expect_chain is None:
            return
        seq, value = self._expect_chain
        if value.lower() not in self._chains_of_expected:
            why = self._why_not_expected(seq, value)
            self._findings.append(Finding("expect_chain", why.english, why.chinese, seq=seq))

    def _why_not_expected(self, seq: int, value: str) -> Words:
        found = sorted(self._chains_of_expected)
        if found:
            return Words(
                f"the chain value after record {seq} is {', '.join(found)}, expected {value}",
                f"第 {seq} 条记录之后的链值为 {'、'.join(found)}，应为 {value}",
            )
        after = bisect_left(self._ends, seq)
        nearest = [str(end) for end in self._ends[max(after - 1, 0) : after + 1]]
        if after == len(self._ends):
            last = nearest[0] if nearest else "0"
            return Words(
                f"there is no chain value after record {seq}: the last record that could be read is {last}",
                f"没有第 {seq} 条记录之后的链值：能读到的最后一条记录是第 {last} 条",
            )
        return Words(
            f"record {seq} does not end a frame and has no chain value; the nearest that do: {', '.join(nearest)}",
            f"第 {seq} 条记录不在帧末，没有链值；最近的帧末记录为第 {'、'.join(nearest)} 条",
        )

    def _judge_openings(self) -> None:
        for opening in self._openings:
            if not any(opens(opening, lot) for lot in self._replay.model.lots):
                english = (
                    f"the opening of lot {opening.lot}, round {opening.round}, fits no commitment in what was judged"
                )
                chinese = f"标的 {opening.lot} 第 {opening.round} 轮的开示与已检查部分中的任何承诺都不相符"
                self._findings.append(Finding("opening", english, chinese))

    def _summary(self) -> Report:
        replay = self._replay if self._replay.finding is None else self._replay_up_to(self._replay.agreed)
        lots = tuple(_lot(lot, replay) for lot in replay.model.lots)
        known = {lot.reserve for lot in lots}
        return Report(
            findings=tuple(self._findings),
            segments=len(self._segments),
            frames=self._frames,
            records=self._walk.next_seq - 1,
            replayed=replay.agreed,
            bids=replay.bids,
            chain_head=self._walk.chain.hex(),
            last_seq=self._walk.next_seq - 1,
            reserve=next((way for way in ("attested", "proven") if way in known), "none"),
            lots=lots,
            recoveries=tuple(self._recoveries),
        )

    def _replay_up_to(self, count: int) -> Replay:
        """Repeat the replay without the record that ended it, which has moved the model already."""
        again = Replay(self._openings)
        for taken in SegmentWalk(self._files).frames():
            if again.agreed == count:
                break
            if isinstance(taken, Frame):
                again.take_records(taken._replace(records=taken.records[: count - again.agreed]))
        return again


def _lot(lot: Lot, replay: Replay) -> LotSummary:
    compared = lot.number in replay.compared
    decided = lot.outcome != OutcomeKind.NONE
    sold = lot.outcome == OutcomeKind.SOLD
    return LotSummary(
        number=lot.number,
        name=lot.name,
        type_id=lot.opened.type_id,
        currency=lot.opened.currency,
        exponent=lot.opened.exponent,
        state=lot.state.name.lower(),
        outcome=lot.outcome.name.lower() if decided else None,
        cause=lot.cause.name.lower() if decided and not sold else None,
        winner=lot.bidder_name(lot.winner) if sold else None,
        price=lot.price if sold else None,
        reserve="proven" if lot.number in replay.proven else "attested" if compared else "none",
        settlement=replay.settled.get(lot.number, "none"),
    )


def _recovery(frame: Frame) -> Recovery:
    body = read_recovery_body(frame.body)
    return Recovery(
        segment=frame.segment,
        offset=frame.offset,
        cut_at=body.cut_at,
        removed=body.removed,
        removed_hash=body.removed_hash.hex(),
        why=body.why.name.lower(),
        operator=body.operator,
        next_seq=frame.head.first_seq,
    )
