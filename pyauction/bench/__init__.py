"""Measuring the engine where it is used: through Python, beside a yardstick, in one run.

A time says little without the machine it was taken on. So every workload is measured in turn, round after round, next
to a native call that does nothing (or a bare write to the same disk), and beside each time stands the ratio to that
yardstick within a round: both met the same frequency, the same neighbours and the same noise.
"""

from __future__ import annotations

from .measure import Measured, measure
from .open_loop import OpenLoop, run_open_loop
from .report import BenchReport, run_bench
from .workloads import Workload, workloads

__all__ = ["BenchReport", "Measured", "OpenLoop", "Workload", "measure", "run_bench", "run_open_loop", "workloads"]
