"""The program: help, languages, exit statuses, pipes and interrupts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli_runs import Cli, Sale, program

from pyauction.cli import COMMANDS

NAMES = ["demo", "replay", "import", "show", "verify", "seal", "disclose", "rules", "explain", "doctor", "bench"]
OF_RULES = ["list", "show", "check", "diff"]
ALONE = [(name,) for name in NAMES if name != "rules"] + [("rules", name) for name in OF_RULES]


def test_the_commands_are_these_in_this_order(cli: Cli) -> None:
    assert [command.name for command in COMMANDS] == NAMES
    done = cli("--help")
    places = [done.out.index(f"│ {name} ") for name in NAMES]
    assert (done.status, places) == (0, sorted(places))


@pytest.mark.parametrize("names", ALONE, ids=" ".join)
def test_help_is_in_both_languages_and_names_the_shared_options(cli: Cli, names: tuple[str, ...]) -> None:
    done = cli(*names, "--help")
    assert (done.status, done.err) == (0, "")
    assert re.search(r"^ [A-Z][a-z]+ ", done.out, re.MULTILINE)
    assert re.search(r"^ [^│╭╰]*[\u4e00-\u9fff]{4}", done.out, re.MULTILINE)
    assert all(option in done.out for option in ("--json", "--lang", "--debug"))


@pytest.mark.parametrize(
    "arguments", [("--lang", "zh-CN", "explain", "closed"), ("explain", "closed", "--lang", "zh-CN")]
)
def test_the_language_may_stand_before_or_after_the_command(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli(*arguments).out.splitlines()[1].strip().startswith("竞价已结束")


def test_the_language_is_not_read_from_the_environment(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYAUCTION_LANG", "zh-CN")
    assert "bidding is over" in cli("explain", "closed").out.splitlines()[1]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("nonsense",), 2),
        (("verify",), 2),
        (("verify", "x", "--expect-chain", "3"), 2),
        (("show", "x", "--zone", "Asia/Shanghai"), 2),
        (("show", "x", "--until", "0"), 2),
        (("explain", "nonsense"), 2),
        (("import", "x.csv"), 2),
        (("seal", "x", "--lot", "a", "--start-price", "1.005"), 2),
        (("seal", "x", "--lot", "a", "--start-price", "1", "--unit", "shell"), 2),
        (("seal", "x", "--lot", "a", "--start-price", "1", "--fd", "99"), 3),
        (("verify", "missing"), 3),
        (("verify", "missing", "--independent"), 3),
        (("verify", "missing", "--opening", "missing.json"), 3),
        (("show", "missing"), 3),
        (("disclose", "missing", "a", "b", "--by", "me"), 3),
        (("doctor", "--journal", "missing"), 3),
    ],
)
def test_what_cannot_be_done_is_one_line_and_a_status(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], status: int
) -> None:
    monkeypatch.chdir(tmp_path)
    done = cli(*arguments)
    assert (done.status, done.out) == (status, "")
    assert re.fullmatch(r"pyauction: [^\n]+\n", done.err)
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_ours_says_what_to_do_and_shows_its_place_only_on_demand(
    cli: Cli, sale: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the wheel came off")

    monkeypatch.setattr(sys.modules["pyauction.cli.show"], "replay_journal", fail)
    done = cli("show", sale.journal)
    assert (done.status, done.out) == (4, "")
    first, second = done.err.splitlines()
    assert first == "pyauction: RuntimeError: the wheel came off"
    assert "doctor --json" in second
    assert "Traceback" in cli("show", sale.journal, "--debug").err
    assert "doctor --json" in cli("--debug", "--lang", "zh-CN", "show", sale.journal).err.splitlines()[-1]


def test_the_module_is_the_same_program() -> None:
    done = program("verify", "missing")
    assert (done.status, done.out) == (3, "")
    assert done.err.startswith("pyauction: ")
    assert "Traceback" not in done.err


def test_without_its_packages_the_program_says_in_one_line_how_to_get_them() -> None:
    blocked = "import sys; sys.modules['rich_click'] = None; from pyauction.__main__ import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", blocked], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "pip install 'pyauction[cli]'" in done.stderr


@pytest.mark.parametrize("part", ["click", "click.core", "rich.console"])
def test_a_part_of_a_package_that_is_missing_is_told_as_the_package(part: str) -> None:
    blocked = f"import sys; sys.modules['{part}'] = None; from pyauction.__main__ import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", blocked], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout, "pip install 'pyauction[cli]'" in done.stderr) == (2, "", True)


def test_parameter_types_of_a_click_that_takes_no_type_arguments_do() -> None:
    older = (
        "import sys, click; click.ParamType.__class_getitem__ = None; from pyauction.cli import run; "
        "sys.exit(run(['explain', 'closed']))"
    )
    done = subprocess.run([sys.executable, "-c", older], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("arguments", "status"),
    [(("explain", "closed"), 0), (("verify", "JOURNAL", "--independent"), 0), (("show", "missing"), 3), (("nope",), 2)],
)
def test_a_stream_that_is_closed_from_the_start_changes_no_status(
    sale: Sale, closed: str, arguments: tuple[str, ...], status: int
) -> None:
    named = [str(sale.journal) if argument == "JOURNAL" else argument for argument in arguments]
    shell = ["sh", "-c", f'"$@" {closed}', "sh", sys.executable, "-m", "pyauction", *named]
    done = subprocess.run(shell, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == status
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("import", "x.csv"),
            "pyauction: 请给出 --init 以起草映射；读取报价本身请用 `pyauction replay`（用法见 `",
        ),
        (("nonsense",), "pyauction: 用法有误：No such command 'nonsense'.（用法见 `pyauction --help`）"),
        (
            ("replay", "missing.csv", "--map", "missing.toml"),
            "pyauction: 映射有误：expected a mapping in TOML, could not",
        ),
        (("show", "JOURNAL", "--lot", "另一个"), "：没有名为 另一个 的标的"),
        (("verify", "missing"), "pyauction: 日志无法读写："),
    ],
)
def test_faults_are_told_in_chinese_or_behind_a_chinese_word(
    cli: Cli, sale: Sale, arguments: tuple[str, ...], said: str
) -> None:
    done = cli("--lang", "zh-CN", *(str(sale.journal) if argument == "JOURNAL" else argument for argument in arguments))
    assert said in done.err


def test_a_reader_that_has_gone_is_not_spoken_to(sale: Sale) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "pyauction", "show", str(sale.journal), "--json"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


INTERRUPTED = """
import os, signal, sys, threading
from pyauction.cli import run
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
sys.exit(run(["bench", "--rounds", "1000000"]))
"""


def test_an_interrupt_ends_it_without_a_traceback() -> None:
    command = [sys.executable, "-c", INTERRUPTED]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=20)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "")


def test_output_for_a_pipe_has_no_colours_and_for_a_terminal_without_unicode_no_failure(sale: Sale) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = program("show", sale.journal, "--lang", "zh-CN", env=environment)
    assert (done.status, "\x1b" in done.out, done.out.isascii()) == (0, False, True)
