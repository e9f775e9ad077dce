"""The command line: one program, one command a file.

Data goes to stdout, progress and logs to stderr. Exit status: 0 done or verified; 1 the answer is no; 2 wrong use;
3 input unreadable, corrupt or partly rejected; 4 a fault of pyauction; 130 after Ctrl-C; 141 when the reader of a pipe
has gone. Only this package imports rich-click, so that the library needs none of it.
"""

from __future__ import annotations

import os
import sys
import traceback
from io import TextIOWrapper
from typing import TYPE_CHECKING

import rich_click as click

from .bench import bench
from .demo import demo
from .disclose import disclose
from .doctor import doctor
from .explain import explain
from .faults import CANCELLED, HUNG_UP, Hangup, status_of, tell
from .importing import import_
from .program import Settings, program
from .replay import replay
from .rules import rules
from .seal import seal
from .show import show
from .verify import verify

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["program", "run"]

COMMANDS = (demo, replay, import_, show, verify, seal, disclose, rules, explain, doctor, bench)

for _command in COMMANDS:
    program.add_command(_command)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the program with `arguments`, by default those of the process, and return the exit status."""
    settings = Settings()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot show Chinese is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    try:
        status = program.main(arguments, prog_name="pyauction", standalone_mode=False, obj=settings)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (BrokenPipeError, Hangup):
        _abandon_stdout()
        return HUNG_UP
    except (click.Abort, KeyboardInterrupt):
        return CANCELLED
    except Exception as error:  # noqa: BLE001 - the last place where a fault can become one line and a status
        if settings.debug:
            traceback.print_exception(error)
        tell(error, settings.lang)
        return status_of(error)
    return status if isinstance(status, int) else 0


def _abandon_stdout() -> None:
    """Send what is still buffered nowhere: Python would complain when it flushes at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
