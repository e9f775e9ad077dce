"""`pyauction bench`: what a bid costs on this machine."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from ..bench import BenchReport, OpenLoop, run_bench
from .faults import DONE
from .output import console, print_json, table
from .program import FOLDER, Settings, command
from .progress import shown_progress

_COLUMNS = {
    "en": ("workload", "calls a round", "p50 ns", "min ns", "max ns", "times its yardstick"),
    "zh-CN": ("测量项", "每轮次数", "中位数 ns", "最小 ns", "最大 ns", "与基准之比"),
}
_WORKLOADS = {
    "en": {
        "noop": "native call that does nothing (yardstick)",
        "bid": "bid, no journal",
        "bid_many": "bid_many, {batch} bids a call, no journal",
        "bid_memory": "bid, journal in memory, each",
        "fdatasync": "bare 4 KiB write and fdatasync (yardstick)",
        "bid_durable": "bid, journal on disk, durable each",
        "sqlite_rows": "SQLite row, {durable_batch} a transaction, FULL (yardstick)",
        "bid_many_durable": "bid_many, {durable_batch} bids a call, durable each call",
    },
    "zh-CN": {
        "noop": "空操作的原生调用（基准）",
        "bid": "单笔报价，无日志",
        "bid_many": "批量报价，每次 {batch} 笔，无日志",
        "bid_memory": "单笔报价，内存日志，逐笔提交",
        "fdatasync": "单独写入 4 KiB 并 fdatasync（基准）",
        "bid_durable": "单笔报价，磁盘日志，逐笔落盘",
        "sqlite_rows": "SQLite 逐行写入，每事务 {durable_batch} 行，FULL（基准）",
        "bid_many_durable": "批量报价，每次 {durable_batch} 笔，逐次落盘",
    },
}
_OTHER = {
    "en": ("{rounds} rounds in turn; each figure is over rounds, each ratio is taken within a round.", ""),
    "zh-CN": (
        "共 {rounds} 轮，各项轮流测量；比值在同一轮内求得。",
        "未计入：打开拍卖行与标的、登记竞买人、准备数据；垃圾回收（计时期间关闭）；争用（单线程、单标的、单竞买人、无观察者）。",
    ),
}
_OPEN_LOOP = {
    "en": {
        "title": "Open loop: {rate:,} bids a second for {seconds} s, deferred; µs from when a bid was due until it was durable",
        "latency": "bid, due to durable",
        "fdatasync": "bare 4 KiB write and fdatasync",
        "ratio": "ratio, median of seconds",
        "marks": "{bids:,} bids, seen durable in {marks:,} steps; the journal was verified and none is missing.",
    },
    "zh-CN": {
        "title": "开环：每秒 {rate:,} 笔，持续 {seconds} 秒，延迟落盘；自应发时刻至落盘，单位 µs",
        "latency": "报价，应发至落盘",
        "fdatasync": "单独写入 4 KiB 并 fdatasync",
        "ratio": "比值（各秒的中位数）",
        "marks": "{bids:,} 笔报价，分 {marks:,} 步见其落盘；日志已验证，无一缺失。",
    },
}
_DEBUG_BUILD = {"en": "This is a debug build: figures mean nothing.", "zh-CN": "当前为调试构建，数字没有意义。"}


@command("bench", "在本机测量一次报价的耗时，与空操作调用交替进行。")
@click.option("--bids", type=click.IntRange(1), default=50_000, show_default=True, help="Bids a round. 每轮报价数")
@click.option("--rounds", type=click.IntRange(1), default=15, show_default=True, help="Rounds. 轮数")
@click.option("--memory", is_flag=True, help="Also with a journal in memory. 另测内存日志")
@click.option("--journal", type=FOLDER, help="Also with a journal below this folder, synced each bid. 另测磁盘日志")
@click.option(
    "--rate", type=click.IntRange(1), default=100_000, show_default=True, help="Open loop: bids a second. 每秒笔数"
)
@click.option("--seconds", type=click.IntRange(1), default=10, show_default=True, help="Open loop: how long. 持续秒数")
def bench(
    settings: Settings, *, bids: int, rounds: int, memory: bool, journal: Path | None, rate: int, seconds: int
) -> int:
    """Measure what a bid costs on this machine, beside a native call that does nothing.

    With --journal also what a durable bid costs, and an open loop: bids are sent when they are due, --rate a second for
    --seconds. It writes some 150 bytes a bid below that folder and removes them.
    """
    with shown_progress(settings.lang) as progress:
        report = run_bench(
            bids, rounds, memory=memory, directory=journal, rate=rate, seconds=seconds, progress=progress
        )
    if settings.json:
        print_json(report.to_dict())
    else:
        _print(report, settings)
    return DONE


def _print(report: BenchReport, settings: Settings) -> None:
    columns, words = _COLUMNS[settings.lang], _WORKLOADS[settings.lang]
    made = table(columns, right=columns[1:])
    for each in report.measured:
        ratio = "" if each.ratio_p50 is None else f"{each.ratio_p50:.2f}"
        times = (f"{value:,.1f}" for value in (each.ns_p50, each.ns_min, each.ns_max))
        made.add_row(
            words[each.name].format(batch=f"{report.batch:,}", durable_batch=report.durable_batch),
            f"{each.calls:,}",
            *times,
            ratio,
        )
    shown = console()
    shown.print(made)
    if report.open_loop is not None:
        _print_open_loop(report.open_loop, settings)
    rounds, excluded = _OTHER[settings.lang]
    found = report.machine
    shown.print(rounds.format(rounds=report.rounds), soft_wrap=True)
    shown.print(excluded or f"Not in it: {'; '.join(report.excluded)}.", soft_wrap=True)
    machine = f"{found['cpus']} × {found['cpu']}, {found['system']}, {found['python']}"
    shown.print(f"{machine}, pyauction {found['pyauction']} ({found['build']})", soft_wrap=True)
    if found["build"] == "debug":
        shown.print(_DEBUG_BUILD[settings.lang], style="bold red")


def _print_open_loop(loop: OpenLoop, settings: Settings) -> None:
    words = _OPEN_LOOP[settings.lang]
    made = table(("", "p50", "p90", "p99", "p99.9", "max"), right=("p50", "p90", "p99", "p99.9", "max"))
    latencies = (loop.ns_p50, loop.ns_p90, loop.ns_p99, loop.ns_p999, loop.ns_max)
    made.add_row(words["latency"], *(f"{ns / 1000:,.0f}" for ns in latencies))
    made.add_row(words["fdatasync"], f"{loop.fdatasync_ns_p50 / 1000:,.0f}", "", f"{loop.fdatasync_ns_p99 / 1000:,.0f}")
    made.add_row(words["ratio"], f"{loop.ratio_p50:.2f}", "", f"{loop.ratio_p99:.2f}")
    shown = console()
    shown.print(words["title"].format(rate=loop.rate, seconds=loop.seconds), soft_wrap=True)
    shown.print(made)
    shown.print(words["marks"].format(bids=loop.bids, marks=loop.marks), soft_wrap=True)
