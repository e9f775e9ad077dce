"""What state a journal in a folder is in, and what can be done about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .._engine import read_journal, snapshot_seq
from ..errors import JournalError
from ..told import Told

_ADVICE = {
    "clean": Told("nothing is to be done", "无需处理"),
    "torn": Told(
        "the machine stopped while the last frame was written, and nobody was told of its records; opening the journal for "
        "writing cuts it, keeps the bytes in a .torn file and records the cut",
        "机器在写最后一帧时停止，该帧的记录从未确认；以写方式打开日志即会截去它，被截字节保存在 .torn 文件中，截断本身也会记录",
    ),
    "ambiguous": Told(
        "the last frame is damaged and may have been acknowledged; if a copy, a receipt or a chain value knows its records, "
        "restore it; otherwise an operator accepts the loss with FileJournal(path, accept_tail_loss=(removed_hash, name)), "
        "which is recorded",
        "最后一帧已损坏，其记录可能已确认；如有副本、回执或链值可证其记录，请予恢复；否则由操作员以 "
        "FileJournal(path, accept_tail_loss=(removed_hash, 姓名)) 接受损失，并记录在案",
    ),
    "corrupt": Told(
        "what was acknowledged is damaged or missing; restore the journal from a copy and do not write to it; what comes "
        "before is whole: replay(journal, until=next_seq - 1)",
        "已确认的内容损坏或缺失；请从副本恢复，不要再写入；此前的记录完好：replay(journal, until=next_seq - 1)",
    ),
    "witnessed": Told(
        "state.snapshot shows that records were durable which the journal does not hold: restore the journal from a copy; "
        "whoever accepts the loss moves state.snapshot away and looks again",
        "state.snapshot 表明日志中缺失的记录曾已落盘：请从副本恢复日志；如接受损失，请移走 state.snapshot 后再看",
    ),
    "tampered": Told(
        "frames are sound in themselves and do not continue each other: keep the files as evidence and compare them with a "
        "copy and with noted chain values",
        "各帧自身完好却不相承接：请保留文件作为证据，并与副本及留存的链值核对",
    ),
    "unsupported": Told(
        "another release wrote it and nothing is wrong with it; open it with that release or a later one",
        "日志由其他版本写入，本身无误；请用该版本或更新的版本打开",
    ),
    "unreadable": Told(
        "the folder cannot be read as a journal; see the error, then the permissions and names of its files",
        "无法作为日志读取；请先看错误信息，再检查文件权限与名称",
    ),
    "being written": Told(
        "a house writes it now; look again when it is closed, or verify it as it is",
        "正由一家拍卖行写入；请在关闭后再看，或直接验证当前内容",
    ),
}


USABLE = frozenset({"clean", "being written"})
"""The states of a journal about which nothing is to be done."""


def diagnose(directory: Path, *, held: bool) -> dict[str, Any]:
    """Return the state of the journal in a folder, where the first bad frame is, and what can be done. Writes nothing."""
    if held:
        return {"state": "being written", "advice": _ADVICE["being written"]}
    try:
        kept = snapshot_seq(directory)
        frames, records, bad = read_journal(directory)
        is_witnessed = False
        if kept is not None and (bad is None or bad["class"] in {"torn", "ambiguous"}):
            bad = read_journal(directory, kept)[2] or bad
            is_witnessed = bad is not None and bad["class"] == "corrupt"
    except JournalError as error:
        return {"state": "unreadable", "error": str(error), "advice": _ADVICE["unreadable"]}
    state = "clean" if bad is None else str(bad["class"])
    found = {"state": state, "records": len(records), "frames": len(frames)}
    if kept is not None:
        found["snapshot"] = kept
    if bad is not None:
        found |= {
            name: bad[name] for name in ("segment", "offset", "next_seq", "removed_bytes", "removed_hash", "detail")
        }
    return found | {"advice": _ADVICE["witnessed" if is_witnessed else state]}
