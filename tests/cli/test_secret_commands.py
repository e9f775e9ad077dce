"""What `seal` and `disclose` leave behind when they go wrong, and what they say where nobody can type."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cli_runs import AMOUNT_MINOR, LOT, PASSPHRASE, SEAL_TERMS, Cli, Done, Sale, program, seal, secrets


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def disclose(cli: Cli, sale: Sale, *more: object, typed: str = PASSPHRASE, by: str = "公证处") -> Done:
    with secrets(typed) as fd:
        return cli("disclose", sale.journal, LOT, sale.sealed, "--by", by, "--passphrase-fd", fd, *more)


def test_a_mistyped_passphrase_changes_nothing_and_leaves_no_opening(cli: Cli, sale: Sale, tmp_path: Path) -> None:
    before = bytes_of(sale.journal)
    done = disclose(cli, sale, "--opening", tmp_path / "opening.json", typed="mistyped")
    assert (done.status, done.err) == (3, "pyauction: wrong passphrase, or the sealed file was changed\n")
    assert (bytes_of(sale.journal), (tmp_path / "opening.json").exists()) == (before, False)


@pytest.mark.parametrize("by", ["", "x" * 256, "a\tb"])
def test_who_discloses_is_checked_before_anything_else(cli: Cli, sale: Sale, by: str) -> None:
    before = bytes_of(sale.journal)
    done = disclose(cli, sale, by=by)
    assert (done.status, done.err.startswith("pyauction: --by: expected 1 to 255 bytes")) == (2, True)
    assert bytes_of(sale.journal) == before


def test_another_sealed_file_is_refused_and_nothing_is_recorded(cli: Cli, sale: Sale, tmp_path: Path) -> None:
    other = tmp_path / "other.sealed"
    assert seal(cli, other, amount="500").status == 0
    before = bytes_of(sale.journal)
    done = cli("disclose", sale.journal, LOT, other, "--by", "me", "--passphrase-fd", 999, "--json")
    refused = {"schema": "pyauction.disclose/1", "accepted": False, "reason": "commitment_mismatch", "seq": None}
    assert (done.status, done.json) == (1, refused)
    assert bytes_of(sale.journal) == before


@pytest.mark.parametrize("where", ["no folder/opening.json", "taken.json"])
def test_an_opening_that_cannot_be_written_is_found_out_before_the_disclosure(
    cli: Cli, sale: Sale, tmp_path: Path, where: str
) -> None:
    (tmp_path / "taken.json").write_text("mine")
    before = bytes_of(sale.journal)
    done = disclose(cli, sale, "--opening", tmp_path / where)
    assert (done.status, where in done.err) == (3, True)
    assert (bytes_of(sale.journal), (tmp_path / "taken.json").read_text()) == (before, "mine")


WITHOUT_ROOM = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from pyauction.cli import run
command = sys.modules["pyauction.cli.disclose"]
write = command._write
def without_room(*arguments):
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    write(*arguments)
command._write = without_room
sys.exit(run(sys.argv[1:]))
"""


def test_a_disclosure_is_told_although_there_is_no_room_for_its_opening(sale: Sale, tmp_path: Path) -> None:
    with secrets(PASSPHRASE) as fd:
        command = ["disclose", sale.journal, LOT, sale.sealed, "--by", "公证处", "--passphrase-fd", fd]
        command += ["--opening", tmp_path / "opening.json"]
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_ROOM, *map(str, command)],
            capture_output=True, encoding="utf-8", check=False, pass_fds=(fd,),
        )  # fmt: skip
    assert done.returncode == 3
    record = done.stdout.split(":")[0]
    assert done.stdout == f"{record}: the reserve of lot {LOT} was 417.3569 万元; it fits the recorded commitment\n"
    assert f"{record} of the journal discloses the reserve all the same" in done.stderr


def test_where_there_is_no_terminal_the_option_is_named(sale: Sale, tmp_path: Path) -> None:
    for command, option in (
        (("seal", tmp_path / "new", *SEAL_TERMS), "fd (--fd)"),
        (("disclose", sale.journal, LOT, sale.sealed, "--by", "me"), "passphrase_fd (--passphrase-fd)"),
    ):
        done = program(*command, start_new_session=True)
        assert done.status == 3
        assert done.err.startswith("pyauction: no terminal to type at (")
        assert done.err.endswith(f"); give what would be typed through {option}\n")


def test_the_opening_holds_what_was_disclosed(cli: Cli, sale: Sale, tmp_path: Path) -> None:
    done = disclose(cli, sale, "--opening", tmp_path / "opening.json", "--json")
    stated = json.loads((tmp_path / "opening.json").read_text("utf-8"))
    assert (stated["amount_minor"], stated["blinding"]) == (AMOUNT_MINOR, done.json["blinding"])
