"""Progress of long work, on stderr and only where somebody looks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

from .output import is_terminal

if TYPE_CHECKING:
    from ..explanations import Language

Report = Callable[[int, int], None]
"""Takes how much is done and how much there is."""

_WORDS = {"en": "working", "zh-CN": "进行中"}


@contextmanager
def shown_progress(lang: Language) -> Iterator[Report | None]:
    """Yield what long work is to call, or None where stderr is not a terminal."""
    if not is_terminal(sys.stderr):
        yield None
        return
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(_WORDS[lang], total=None)

        def report(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield report
