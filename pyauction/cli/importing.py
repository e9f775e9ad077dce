"""`pyauction import --init`: draft how a log of bids is to be read."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from .. import history
from ..told import Told
from .faults import DONE
from .output import print_json
from .program import FILE, Settings, command


@command("import", "根据 CSV 表头起草映射文件（TOML），供 replay --map 使用。")
@click.argument("csv", type=FILE)
@click.option("--init", is_flag=True, help="Print a mapping to start from. 输出映射草稿")
def import_(settings: Settings, csv: Path, *, init: bool) -> int:
    """Draft a mapping for a log of bids, to be completed and given to `pyauction replay --map`."""
    if not init:
        raise click.UsageError(
            Told(
                "give --init to draft a mapping; `pyauction replay` reads the bids themselves",
                "请给出 --init 以起草映射；读取报价本身请用 `pyauction replay`",
            )
        )
    mapping = history.draft_mapping(csv)
    if settings.json:
        print_json({"schema": "pyauction.import/1", "csv": str(csv), "mapping": mapping})
    else:
        click.echo(mapping.rstrip("\n").encode())
    return DONE
