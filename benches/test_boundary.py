"""What a bid costs across the boundary, with pytest-benchmark: `uv run pytest benches --benchmark-only -o addopts=`.

The workloads are those of `pyauction bench`, which interleaves them and so gives the ratios to quote; here one can compare
two commits (`--benchmark-save`, `--benchmark-compare`). Every workload checks that each of its bids was accepted.
"""

from __future__ import annotations

from typing import Any

import pytest

from pyauction.bench.workloads import Workload, workloads

BIDS = 4_096


@pytest.mark.parametrize("workload", workloads(BIDS, memory=True), ids=lambda workload: workload.name)
def test_boundary(benchmark: Any, workload: Workload) -> None:
    contexts = []

    def prepare() -> tuple[tuple[()], dict[str, Any]]:
        context = workload.prepared()
        contexts.append(context)
        benchmark.work = context.__enter__()
        return (), {}

    benchmark.pedantic(lambda: benchmark.work(), setup=prepare, rounds=30, iterations=1, warmup_rounds=2)
    for context in contexts:
        context.__exit__(None, None, None)
    benchmark.extra_info["bids"] = workload.calls
