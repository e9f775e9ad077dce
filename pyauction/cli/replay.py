"""`pyauction replay`: run a historical log of bids through the engine and compare with what was recorded."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from pathlib import Path

import rich_click as click

from .. import history
from .journal_folder import journals_in
from .out_file import OutFile
from .output import console, note, print_json
from .program import FILE, FOLDER, Settings, command
from .progress import shown_progress

_KEPT = {
    "en": "{count} journals kept, one a lot, each in a folder of {folder}; see one with: pyauction show {first}",
    "zh-CN": "已保留 {count} 份日志，每个标的一份，在 {folder} 的各子目录中；查看其一：pyauction show {first}",
}


@command("replay", "重演历史报价记录，并与当时记载的结果逐项核对。")
@click.argument("bids", type=FILE)
@click.option("--map", "mapping", type=FILE, required=True, help="How to read the log; see `import --init`. 映射文件")
@click.option("--lots", type=FILE, help="The lots' own table, where there is one. 标的表")
@click.option("--journal", type=FOLDER, help="Keep a journal of each lot in this folder. 保留日志的目录")
@click.option("--out", type=FILE, help="Write each bid with its decision to a file. 逐笔结果输出文件")
def replay(
    settings: Settings, bids: Path, *, mapping: Path, lots: Path | None, journal: Path | None, out: Path | None
) -> int:
    """Replay a historical log of bids and compare every result with the recorded one.

    Exit status 0 if all matched, 1 at a mismatch, 3 if anything could not be read, also beside mismatches.
    """
    with ExitStack() as files:
        inputs = [path for path in (bids, mapping, lots) if path is not None]
        written = None if out is None else files.enter_context(OutFile(out, inputs))
        with shown_progress(settings.lang) as progress:
            report = history.replay_history(bids, mapping, lots=lots, journal=journal, progress=progress)
        failure = None if written is None else written.fill(report)
    if settings.json:
        print_json(report.to_json())
    else:
        console().print(report.to_text(settings.lang).rstrip("\n"), soft_wrap=True)
        if journal is not None:
            _tell_journals(journal, settings)
    if failure is not None:
        raise failure
    status: int = report.exit_code
    return status


def _tell_journals(folder: Path, settings: Settings) -> None:
    if kept := journals_in(folder):
        note(_KEPT[settings.lang].format(count=len(kept), folder=folder, first=shlex.quote(str(kept[0]))))
