"""The program that the commands belong to, and the options that they share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click

from .. import __version__
from ..explanations import Language
from .faults import Hangup

Body = Callable[..., int]


class Settings(msgspec.Struct):
    """What the shared options say. The only value that is filled in while the arguments are read."""

    lang: Language = "en"
    json: bool = False
    debug: bool = False


class Program(click.RichGroup):
    """The group of all commands. `--lang` and `--debug` may stand before or after the command."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click declares it
        """Return the commands in the order in which one meets them, not that of the alphabet."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click declares it
        """Run the command. A reader that has gone ends it without a word."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise Hangup from error


def command(name: str, chinese: str) -> Callable[[Body], click.Command]:
    """Return a decorator that makes a function a command, with the shared options and its help in both languages.

    The function's docstring is the English help; `chinese` is the line beside it. It is given the settings first and
    returns the exit status.
    """

    def decorate(body: Body) -> click.Command:
        english = inspect.cleandoc(body.__doc__ or "")
        short = english.partition("\n")[0].rstrip(".")
        paragraph, _, rest = english.partition("\n\n")
        text = "\n\n".join(part for part in (paragraph, chinese, rest) if part)
        given = click.make_pass_decorator(Settings, ensure=True)(body)
        made = click.command(name, help=text, short_help=f"{short}. {chinese}")(given)
        made.params += _shared(json=True)
        return made

    return decorate


def _note(ctx: click.Context, param: click.Parameter, value: object) -> None:
    """Keep a shared option where it was given; an option that was not given leaves the other place's value."""
    if value and param.name:
        setattr(ctx.ensure_object(Settings), param.name, value)


def _shared(*, json: bool) -> list[click.Parameter]:
    """Return new options that are the same everywhere; each command lists them after its own."""
    options: list[click.Parameter] = [
        click.Option(["--lang"], type=click.Choice(["en", "zh-CN"]), help="The language; en by default. 输出语言"),
        click.Option(["--debug"], is_flag=True, help="Show where a fault happened. 显示出错位置"),
    ]
    if json:
        options.insert(0, click.Option(["--json"], is_flag=True, help="Print one JSON object. 输出一个 JSON 对象"))
    for option in options:
        option.callback, option.expose_value = _note, False
    return options


FILE = click.Path(path_type=Path, dir_okay=False)
"""A file. That it is missing is found when it is read, and is not wrong use."""

FOLDER = click.Path(path_type=Path, file_okay=False)
"""A folder; the same holds."""


@click.group(
    "pyauction",
    cls=Program,
    epilog="Exit status: 0 done or verified, 1 the answer is no, 2 wrong use, 3 input unreadable, 4 a fault of ours.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def program() -> None:
    """An auction engine whose every step can be replayed and verified.

    可逐步重演、可独立验证的拍卖引擎命令行。
    """


program.params += _shared(json=False)
