"""What went wrong, as one line on stderr and an exit status."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, metadata
from typing import TYPE_CHECKING

import rich_click as click

from ..errors import (
    AuctionError,
    ClockJump,
    HouseError,
    JournalError,
    MisuseError,
    ReplayMismatch,
    ReserveError,
)
from ..history import MappingError
from ..told import Told, in_language

if TYPE_CHECKING:
    from ..explanations import Language

DONE, NO, WRONG_USE, UNREADABLE, OUR_FAULT, CANCELLED, HUNG_UP = 0, 1, 2, 3, 4, 130, 141

_REPORT = {
    "en": "This is a fault of pyauction. Please report it{where} with the output of `pyauction doctor --json`; "
    "`--debug` shows where it happened.",
    "zh-CN": "这是 pyauction 自身的故障。请附上 `pyauction doctor --json` 的输出进行报告{where}；"
    "`--debug` 可显示出错位置。",
}


_LEADS: tuple[tuple[type[Exception], str], ...] = (
    (click.UsageError, "用法有误"),
    (click.ClickException, "无法读取"),
    (MappingError, "映射有误"),
    (MisuseError, "用法有误"),
    (JournalError, "日志无法读写"),
    (ReplayMismatch, "日志与重演不符"),
    (ReserveError, "底价无法使用"),
    (OSError, "文件无法读写"),
    (Exception, "故障"),
)


class Unreadable(click.ClickException):
    """An input that cannot be read, or of which only a part can be used."""

    exit_code = UNREADABLE


class Hangup(Exception):
    """The reader of stdout has gone. Not an `OSError`, which click would turn into status 1, "the answer is no"."""


def status_of(error: Exception) -> int:
    """Return the exit status that says what kind of failure `error` is."""
    match error:
        case MisuseError() if isinstance(error.__cause__, OSError):
            return UNREADABLE  # The call named the file; that it cannot be read is no fault of the call.
        case click.UsageError() | MisuseError():
            return WRONG_USE
        case click.ClickException() | JournalError() | ReplayMismatch() | ReserveError() | ClockJump() | OSError():
            return UNREADABLE
        case _:
            return OUR_FAULT


def tell(error: Exception, lang: Language) -> None:
    """Say on stderr, in one line, what went wrong; for a fault of ours also what to do about it."""
    status = status_of(error)
    click.echo(f"pyauction: {' '.join(_message(error, lang).split())}", err=True)
    if status == OUR_FAULT:
        click.echo(_REPORT[lang].format(where=_where()), err=True)


def _message(error: Exception, lang: Language) -> str:
    """Return what went wrong. What is only told in English stands behind a Chinese word of what it is about."""
    said = error.message if isinstance(error, click.ClickException) else next(iter(error.args), None)
    text = in_language(said, lang) if isinstance(said, Told) else _english(error)
    if lang == "zh-CN" and (isinstance(error, MappingError) or not isinstance(said, Told)):
        text = next((f"{lead}：{text}" for kinds, lead in _LEADS if isinstance(error, kinds)), text)
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "pyauction"
        text += f" (try `{path} --help`)" if lang == "en" else f"（用法见 `{path} --help`）"
    return text


def _english(error: Exception) -> str:
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
