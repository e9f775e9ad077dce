"""`pyauction demo`: recorded auctions replayed, one sale held, its journal verified twice."""

from __future__ import annotations

import shlex
from datetime import timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from ..clock import show_time
from ..demo import Bid, DemoReport, run_demo
from ..explain import explain
from ..money import WAN_YUAN
from .output import console, print_json, table, verdict
from .program import FOLDER, Settings, command

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from ..explanations import Language

_ZONE = timezone(timedelta(hours=8))
_WIDE = 160
"""Columns of a terminal from which on reasons in words and the deadlines fit."""

_WORDS = {
    "en": {
        "history": "1  Auctions that were held, replayed and compared with what was recorded",
        "matched": "{lots_matched} of {lots} auctions, {bids_matched} of {bids_compared} bids that could be compared "
        "({bids} in all) came out as recorded",
        "skipped": "{count} rows could not be read",
        "sale": "2  A listing (挂牌) held just now: {lot}, from {start}, step {step}, countdown 4 min, sealed reserve",
        "columns": ("time (UTC+8)", "bidder", "bid", "decision", "top bid after", "closes at"),
        "accepted": "accepted",
        "refused": "refused: {reason}",
        "sold": "Sold to {winner} for {price}; {extensions} extensions; reserve {reserve}, its amount still sealed",
        "unsold": "Not sold ({cause})",
        "verify": "3  Its journal, verified twice, by programs that share no check",
        "engine": "by the engine",
        "independent": "independently, in pure Python",
        "verified": "VERIFIED",
        "failed": "NOT VERIFIED",
        "counts": "{records} records, {frames} frames, {bids} bids, chain {chain}…",
        "same": "the two reports are equal",
        "differ": "the two reports differ",
        "next": "Took {seconds:.1f} s. Next:",
    },
    "zh-CN": {
        "history": "1  重演已举行的拍卖，并与当时记载逐项核对",
        "matched": "{lots} 场拍卖中 {lots_matched} 场、可核对的 {bids_compared} 次报价中 {bids_matched} 次与记载一致"
        "（报价共 {bids} 次）",
        "skipped": "{count} 行无法读取",
        "sale": "2  现场举行一场挂牌：{lot}，起始价 {start}，增价幅度 {step}，限时 4 分钟，底价密封",
        "columns": ("时间（北京）", "竞买号", "报价", "结果", "之后最高报价", "截止时间"),
        "accepted": "有效",
        "refused": "无效：{reason}",
        "sold": "由 {winner} 以 {price} 竞得；延时 {extensions} 次；底价{reserve}，金额仍密封",
        "unsold": "未成交（{cause}）",
        "verify": "3  由互不共用检查程序的两套代码各验证一次该日志",
        "engine": "引擎验证",
        "independent": "独立验证（纯 Python）",
        "verified": "验证通过",
        "failed": "验证未通过",
        "counts": "{records} 条记录，{frames} 帧，{bids} 次报价，链值 {chain}…",
        "same": "两份报告完全一致",
        "differ": "两份报告不一致",
        "next": "用时 {seconds:.1f} 秒。接下来可以试试：",
    },
}
_RESERVE = {"en": {"met": "met", "not_met": "not met"}, "zh-CN": {"met": "已达到", "not_met": "未达到"}}


@command("demo", "演示：重演链上拍卖，举行一场密封底价的挂牌，并两次验证其日志。")
@click.option("--dir", "directory", type=FOLDER, help="A new or empty folder for the sale's journal. 日志存放目录")
def demo(settings: Settings, *, directory: Path | None) -> int:
    """Replay recorded auctions, hold a listing with a sealed reserve, and verify its journal twice.

    Exit status 0 only if every recorded result was reproduced and both verifiers accept the sale.
    """
    if settings.json:
        report = run_demo(directory)
        print_json(report.to_dict())
    else:
        words = _WORDS[settings.lang]
        report = run_demo(directory, on_history=lambda found, status: _print_history(found, words, good=status == 0))
        _print(report, words, settings)
    return report.exit_code


def _print_history(history: dict[str, Any], words: dict[str, Any], *, good: bool) -> None:
    shown = console()
    shown.print(words["history"], style="bold", soft_wrap=True)
    shown.print("   ", verdict(words["matched"].format(**history), good=good), soft_wrap=True)
    if skipped := history["skipped"]:
        shown.print("   ", verdict(words["skipped"].format(count=len(skipped)), good=False), soft_wrap=True)


def _print(report: DemoReport, words: dict[str, Any], settings: Settings) -> None:
    shown = console()
    _print_sale(report, words, settings, shown)
    shown.print(f"\n{words['verify']}", style="bold", soft_wrap=True)
    for name, found in (("engine", report.engine), ("independent", report.independent)):
        _print_check(words, words[name], found, shown)
    shown.print("   ", verdict(words["same" if report.same_report else "differ"], good=report.same_report))
    shown.print(f"\n{words['next'].format(seconds=report.seconds)}", soft_wrap=True)
    journal = shlex.quote(report.journal)
    for line in (f"show {journal}", f"verify {journal} --independent", "explain below_increment"):
        shown.print(f"   pyauction {line}", style="cyan", soft_wrap=True)


def _print_sale(report: DemoReport, words: dict[str, Any], settings: Settings, shown: Console) -> None:
    sale, money = report.sale, WAN_YUAN
    start, step = money.show(sale.start_price_minor), money.show(sale.step_minor)
    shown.print(f"\n{words['sale'].format(lot=sale.lot, start=start, step=step)}\n", style="bold", soft_wrap=True)
    wide = shown.width >= _WIDE
    columns = words["columns"] if wide else words["columns"][:-1]
    made = table(columns, right=(columns[2], columns[4]))
    for bid in sale.bids:
        _add_bid(made, bid, words, settings.lang if wide else None)
    shown.print(made)
    shown.print()
    if sale.outcome.price_minor is None:
        shown.print("   ", verdict(words["unsold"].format(cause=sale.outcome.cause), good=False))
        return
    price, reserve = money.show(sale.outcome.price_minor), _RESERVE[settings.lang][sale.reserve]
    sold = words["sold"].format(winner=sale.winner, price=price, extensions=sale.extensions, reserve=reserve)
    shown.print("   ", verdict(sold, good=True), soft_wrap=True)


def _add_bid(made: Table, bid: Bid, words: dict[str, Any], lang: Language | None) -> None:
    """Add a row; without a language the reason is only its code, which `explain` explains."""
    decision = words["accepted"]
    if bid.reason is not None:
        decision = words["refused"].format(reason=explain(bid.reason).text(lang) if lang else bid.reason)
    standing = "" if bid.standing_minor is None else WAN_YUAN.show(bid.standing_minor)
    row = (_time(bid.at_ns), bid.plate, WAN_YUAN.show(bid.amount_minor), decision, standing, _time(bid.closes_at_ns))
    made.add_row(*row[: len(made.columns)], style="" if bid.reason is None else "yellow")


def _time(ns: int | None) -> str:
    """Return day and time to the millisecond; every time of this sale is a whole number of them."""
    return "" if ns is None else show_time(ns, _ZONE)[5:23]


def _print_check(words: dict[str, Any], name: str, found: dict[str, Any], shown: Console) -> None:
    counts = words["counts"].format(
        records=found["records"], frames=found["frames"], bids=found["bids"], chain=found["chain"]["head"][:12]
    )
    shown.print(
        "   ",
        verdict(words["verified" if found["ok"] else "failed"], good=found["ok"]),
        f"{name}: {counts}",
        soft_wrap=True,
    )
