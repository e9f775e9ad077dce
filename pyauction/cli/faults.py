"""What went wrong, as one line on stderr and an exit status."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, metadata
from typing import TYPE_CHECKING

import rich_click as click

from ..errors import AuctionError, HouseError, JournalError, MisuseError, ReplayMismatch, ReserveError

if TYPE_CHECKING:
    from ..explain import Language

DONE, NO, WRONG_USE, UNREADABLE, OUR_FAULT, CANCELLED, HUNG_UP = 0, 1, 2, 3, 4, 130, 141

_REPORT = {
    "en": "This is a fault of pyauction. Please report it{where} with the output of `pyauction doctor --json`; "
    "`--debug` shows where it happened.",
    "zh-CN": "这是 pyauction 自身的故障。请附上 `pyauction doctor --json` 的输出进行报告{where}；"
    "`--debug` 可显示出错位置。",
}


class Unreadable(click.ClickException):
    """An input that cannot be read, or of which only a part can be used."""

    exit_code = UNREADABLE


class Hangup(Exception):
    """The reader of stdout has gone. Not an `OSError`, which click would turn into status 1, "the answer is no"."""


def status_of(error: Exception) -> int:
    """Return the exit status that says what kind of failure `error` is."""
    match error:
        case click.UsageError() | MisuseError():
            return WRONG_USE
        case click.ClickException() | JournalError() | ReplayMismatch() | ReserveError() | OSError():
            return UNREADABLE
        case _:
            return OUR_FAULT


def tell(error: Exception, lang: Language) -> None:
    """Say on stderr, in one line, what went wrong; for a fault of ours also what to do about it."""
    status = status_of(error)
    click.echo(f"pyauction: {' '.join(_message(error).split())}", err=True)
    if status == OUR_FAULT:
        click.echo(_REPORT[lang].format(where=_where()), err=True)


def _message(error: Exception) -> str:
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "pyauction"
        return f"{error.format_message()} (try `{path} --help`)"
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, AuctionError) and not isinstance(error, HouseError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _where() -> str:
    """Return where the package's own data say that faults are to be reported, or nothing."""
    try:
        urls = metadata("pyauction").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    known = dict(url.split(", ", 1) for url in urls)
    return f" ({known['Issues']})" if "Issues" in known else ""
