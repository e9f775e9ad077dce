"""`pyauction seal`: put a reserve into a sealed file. One of the two places where the program asks for something."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from .._engine import parse_amount, seal_reserve
from ..told import Told
from .faults import DONE
from .output import console, print_json
from .program import FILE, Settings, command

_SCALE_OF_UNIT = {"元": 0, "万元": 4, "亿元": 8}
"""Digits that the usual units add to the currency's own."""

_WORDS = {
    "en": "lot {lot}, round {round}\nsealed file  {path}\ncommitment   {commitment}\n"
    "Keep the file and its passphrase apart. Without both nobody can enter the reserve.",
    "zh-CN": "标的 {lot}，第 {round} 轮\n密封文件  {path}\n承诺值    {commitment}\n"
    "请将文件与口令分开保管；两者缺一，底价即无法录入。",
}


@command("seal", "将底价密封成文件；金额与口令在终端输入（不回显），或经 --fd 读取。")
@click.argument("path", type=FILE)
@click.option("--lot", required=True, metavar="NAME", help="The lot's name, which the commitment binds. 标的名称")
@click.option("--start-price", required=True, metavar="AMOUNT", help="In the unit; less is refused. 起始价")
@click.option("--round", "round_", type=click.IntRange(1, 2**32 - 1), default=1, show_default=True, help="轮次")
@click.option("--currency", default="CNY", show_default=True, help="The currency that the commitment binds. 币种")
@click.option("--exponent", type=click.IntRange(0, 18), default=2, show_default=True, help="Its digits. 最小单位位数")
@click.option("--unit", default="元", show_default=True, help="The unit in which amounts are typed. 计价单位")
@click.option(
    "--unit-scale", type=click.IntRange(0, 18), help="One unit is 10^N minor units. Known for 元, 万元 and 亿元."
)
@click.option("--fd", type=click.IntRange(0), help="Read passphrase, then amount, a line each, from a pipe or file.")
def seal(
    settings: Settings,
    path: Path,
    *,
    lot: str,
    start_price: str,
    round_: int,
    currency: str,
    exponent: int,
    unit: str,
    unit_scale: int | None,
    fd: int | None,
) -> int:
    """Seal a reserve in a file: the amount is typed twice and never shown; one below the start price is refused.

    Only the commitment is printed. The amount goes from the terminal, or the descriptor, to the engine and never
    through Python. A sealed file is never overwritten.
    """
    scale = _scale(unit, exponent) if unit_scale is None else unit_scale
    start = parse_amount(start_price, unit, scale)
    commitment = seal_reserve(
        path,
        lot,
        start,
        currency=currency,
        exponent=exponent,
        round=round_,
        unit=unit,
        unit_scale=scale,
        fd=fd,
        lang=settings.lang,
    )
    if settings.json:
        terms = {"lot": lot, "round": round_, "currency": currency, "exponent": exponent, "start_price_minor": start}
        print_json({"schema": "pyauction.seal/1", "path": str(path), "commitment": commitment, **terms})
    else:
        text = _WORDS[settings.lang].format(lot=lot, round=round_, path=path, commitment=commitment)
        console().print(text, soft_wrap=True)
    return DONE


def _scale(unit: str, exponent: int) -> int:
    if unit not in _SCALE_OF_UNIT:
        raise click.UsageError(
            Told(
                f"how many minor units is one {unit}? Give --unit-scale N for 10^N",
                f"一 {unit} 合多少最小货币单位？请以 --unit-scale N 给出（10^N）",
            )
        )
    return exponent + _SCALE_OF_UNIT[unit]
