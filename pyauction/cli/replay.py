"""`pyauction replay`: run a historical log of bids through the engine and compare with what was recorded."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from .. import history
from .output import console, print_json
from .program import FILE, FOLDER, Settings, command
from .progress import shown_progress


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
    for path in filter(None, (bids, mapping, lots)):
        # A file that cannot be read is an unreadable input; only what a mapping says can be wrong use.
        path.open("rb").close()
    with shown_progress(settings.lang) as progress:
        report = history.replay_history(bids, mapping, lots=lots, journal=journal, progress=progress)
    if out is not None:
        report.write_out(out)
    if settings.json:
        print_json(report.to_json())
    else:
        console().print(report.to_text(settings.lang).rstrip("\n"), soft_wrap=True)
    status: int = report.exit_code
    return status
