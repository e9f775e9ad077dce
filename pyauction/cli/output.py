"""Printing: one JSON object, or text and tables that keep their columns with Chinese text in them."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TextIO

import rich_click as click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_PIPE_WIDTH = 240
"""Where nobody sees a terminal's edge, rows are not folded at it."""


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the program: rich itself would end the process with status 1."""
        raise BrokenPipeError(errno.EPIPE, "the reader has gone")


def console() -> Console:
    """Return a console on stdout: colours only at a terminal and not under NO_COLOR, and no text is read as markup."""
    width = None if is_terminal(sys.stdout) else _PIPE_WIDTH
    return _Console(width=width, highlight=False, markup=False, emoji=False)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody looks. A process that was started with a stream closed has None there."""
    return stream is not None and stream.isatty()


def print_json(document: Mapping[str, Any] | str) -> None:
    """Print one JSON object, always in UTF-8."""
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False, indent=2)
    click.echo(text.rstrip("\n").encode())


def note(text: str) -> None:
    """Say something on stderr that is not data."""
    click.echo(text, err=True)


def table(columns: Iterable[str], *, right: Iterable[str] = (), cut: bool = False) -> Table:
    """Return an empty table; the columns in `right` are aligned to the right. Long cells are folded, or cut at a "…"."""
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 0 if cut else 1))
    numbers = set(right)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in numbers else "left"
        made.add_column(column, justify=justify, overflow="ellipsis" if cut else "fold", no_wrap=cut)
    return made


def verdict(text: str, *, good: bool) -> Text:
    """Return text in the colour of a good or a bad result."""
    return Text(text, style="bold green" if good else "bold red")
