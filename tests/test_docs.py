"""The READMEs: their programs run, print what stands there, are the same in both languages, and name every command."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pyauction.rulebooks import check

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.zh-CN.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Building, and the commands that run all tests, are what CI does.
NOT_RUN = ("uv run pytest", "python3 -m venv", ".venv/bin/")


def blocks(readme: str) -> list[tuple[str, str]]:
    return BLOCK.findall((ROOT / readme).read_text(encoding="utf-8"))


def commands() -> list[str]:
    lines = "".join(text for kind, text in blocks("README.md") if kind == "console").splitlines()
    shown = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [line for line in shown if not line.startswith(NOT_RUN)]


def test_both_languages_have_the_same_blocks() -> None:
    assert blocks("README.md") == blocks("README.zh-CN.md")


def test_both_languages_have_the_same_sections() -> None:
    english, chinese = (
        re.findall(r"^#+ ", BLOCK.sub("", (ROOT / name).read_text(encoding="utf-8")), re.MULTILINE) for name in READMES
    )
    assert len(chinese) == len(english) + 1, "the Chinese README has a section on mirrors besides"


def test_programs_print_what_the_readme_says() -> None:
    namespace: dict[str, object] = {}
    expected = [text for kind, text in blocks("README.md") if kind == "text"]
    printed = []
    for text in (text for kind, text in blocks("README.md") if kind == "python"):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(text, "README.md", "exec"), namespace)
        printed.append(out.getvalue())
    assert printed == expected


def test_the_notice_of_the_readme_is_sound_and_departs_where_it_says(tmp_path: Path) -> None:
    (notice,) = (text for kind, text in blocks("README.md") if kind == "toml" and "based_on" in text)
    path = tmp_path / "notice.toml"
    path.write_text(notice, encoding="utf-8")
    found = check(path)
    assert (found.problems, found.departures, found.open_values) == ((), ("countdown",), {})


@pytest.mark.parametrize("command", commands())
def test_commands_of_the_readme_succeed(command: str, tmp_path: Path) -> None:
    words = shlex.split(command)
    assert words[:3] == ["uv", "run", "pyauction"]
    done = subprocess.run(
        [sys.executable, "-m", "pyauction", *words[3:]],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize("readme", READMES)
def test_every_command_is_in_the_readme(readme: str) -> None:
    from pyauction.cli import COMMANDS  # noqa: PLC0415 - the command line is an extra

    text = (ROOT / readme).read_text(encoding="utf-8")
    assert [command.name for command in COMMANDS if f"`{command.name}`" not in text] == []
