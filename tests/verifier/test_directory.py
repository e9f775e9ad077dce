"""The files of a journal: which are looked at, how their names are shown, and how little of them is held in memory."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import verifier
from auction_room import journal, sale
from journal_writer import JournalWriter
from verifier import UnreadableError, verify, verify_files
from verifier.__main__ import main

FIRST = "00000000000000000001.plog"
KEPT = f"{1:020}-{9999:020}.torn"
GIB = 1 << 30


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name, data in journal(sale()[1]).files().items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def make_nothing(path: Path) -> None:
    path.symlink_to(path.parent / "missing")


def make_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


NO_FILES = [Path.mkdir, os.mkfifo, make_nothing, make_device]


@pytest.mark.parametrize("name", [FIRST, f"{13:020}.plog", f"{2**64 - 1:020}.plog", KEPT])
@pytest.mark.parametrize("make", NO_FILES, ids=["directory", "pipe", "dangling link", "device"])
def test_a_segment_or_kept_file_that_is_no_file_makes_the_journal_unreadable(
    directory: Path, capfd: pytest.CaptureFixture[str], name: str, make: object
) -> None:
    (directory / name).unlink(missing_ok=True)
    make(directory / name)  # type: ignore[operator]  # one of NO_FILES
    assert main([str(directory)]) == 3
    assert main([str(directory), "--lang", "zh-CN"]) == 3
    out, err = capfd.readouterr()
    assert (out, err.count(name)) == ("", 2)


@pytest.mark.parametrize("name", ["LOCK", "spare.tmp", "torn.tmp", "1-1.torn"])
@pytest.mark.parametrize("make", NO_FILES, ids=["directory", "pipe", "dangling link", "device"])
def test_what_has_another_name_is_not_looked_at(directory: Path, name: str, make: object) -> None:
    make(directory / name)  # type: ignore[operator]  # one of NO_FILES
    assert verify(directory).ok


def test_a_segment_may_be_reached_through_a_link(directory: Path) -> None:
    (directory / FIRST).rename(directory / "elsewhere")
    (directory / FIRST).symlink_to("elsewhere")
    assert verify(directory).ok


STRAY = [
    (b"1.plog", "1.plog"),
    (b"%d.plog" % 2**64, f"{2**64}.plog"),
    (b"99999999999999999999.plog", "99999999999999999999.plog"),
    ("٠".encode() * 20 + b".plog", "٠" * 20 + ".plog"),
    (b"\xff.plog", "\\xff.plog"),
    (b"a\nb\x1b.plog", "a\\nb\\x1b.plog"),
    (b"a\\nb.plog", "a\\\\nb.plog"),
    ("\u202e标的.plog".encode(), "\\u202e标的.plog"),
]


@pytest.mark.parametrize(("name", "shown"), STRAY, ids=[row[1].encode("unicode_escape").decode() for row in STRAY])
def test_a_stray_name_is_shown_in_one_line(
    directory: Path, capfdbinary: pytest.CaptureFixture[bytes], name: bytes, shown: str
) -> None:
    Path(os.fsdecode(os.path.join(os.fsencode(directory), name))).touch()  # noqa: PTH118 - paths of bytes
    texts = (f"{shown} is not the name of a segment", f"{shown} 不是分段文件名")
    assert main([str(directory), "--json"]) == 1
    (finding,) = json.loads(capfdbinary.readouterr().out)["findings"]
    assert finding == {
        "code": "stray", "text_en": texts[0], "text_zh": texts[1], "seq": None, "segment": None, "offset": None,
    }  # fmt: skip
    for language, text in zip(("en", "zh-CN"), texts, strict=True):
        assert main([str(directory), "--lang", language]) == 1
        assert capfdbinary.readouterr().out.decode().splitlines()[-1] == f"  stray {text}"


def test_an_unreadable_directory_is_named_in_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "a\nb\udcff")]) == 3
    assert capfd.readouterr().err == f"verifier: {tmp_path}/a\\nb\\xff: No such file or directory\n"


def test_a_number_of_twenty_digits_that_is_too_great_names_no_segment() -> None:
    with pytest.raises(UnreadableError):
        verify_files({f"{2**64}.plog": b""})
    files = journal(sale()[1]).files()
    assert [finding.code for finding in verify_files(files | {f"{2**64 - 1}.plog": b""}).findings] == ["tampered"]
    assert [finding.code for finding in verify_files(files | {f"{2**64}.plog": b""}).findings] == ["stray"]


def sparse(directory: Path, size: int, last: bytes = b"") -> Path:
    """Write a journal whose segment has so many bytes, of which nearly all are a hole."""
    writer = JournalWriter(stated_size=size)
    for records in sale()[1]:
        writer.records(records)
    with (directory / FIRST).open("wb") as file:
        file.write(writer.data)
        file.truncate(size)
        file.seek(size - len(last))
        file.write(last)
    return directory


BOUNDED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))
from verifier.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def bounded(directory: Path) -> dict[str, Any]:
    """Return the report of a verifier that may have a quarter of a gibibyte."""
    command = [sys.executable, "-c", BOUNDED, str(directory), "--json"]
    home = Path(verifier.__file__).parents[1]
    done = subprocess.run(command, capture_output=True, check=False, cwd=home)
    assert (done.returncode in (0, 1), done.stderr) == (True, b"")
    return json.loads(done.stdout)


@pytest.mark.parametrize(("last", "code"), [(b"", []), (b"\x01", ["corrupt"])])
def test_a_segment_of_twenty_gibibytes_needs_neither_memory_nor_time(
    tmp_path: Path, last: bytes, code: list[str]
) -> None:
    began = time.perf_counter()
    report = bounded(sparse(tmp_path, 20 * GIB, last))
    assert ([finding["code"] for finding in report["findings"]], report["records"]) == (code, 12)
    assert time.perf_counter() - began < 5


def test_zeros_that_are_no_hole_are_read_in_pieces(tmp_path: Path) -> None:
    sparse(tmp_path, 300 << 20)
    with (tmp_path / FIRST).open("r+b") as file:
        file.seek(1 << 20)
        for _ in range(298):
            file.write(bytes(1 << 20))
    assert bounded(tmp_path)["findings"] == []


def test_kept_bytes_are_those_of_the_largest_cut(tmp_path: Path) -> None:
    writer = JournalWriter()
    end = len(writer.data)
    (tmp_path / FIRST).write_bytes(writer.files()[FIRST])
    size = 1 << 20
    digest = hashlib.sha256(bytes(size))
    body = struct.pack("<QQQ32sHHB", 1, end, size, digest.digest(), 1, 0, 0)
    kept = tmp_path / f"{1:020}-{end:020}.torn"
    for at, code in ((0, []), (1, ["corrupt"])):
        kept.write_bytes(body)
        with kept.open("r+b") as file:
            file.truncate(len(body) + size)
            file.seek(len(body))
            file.write(bytes([at]))
        assert [finding["code"] for finding in bounded(tmp_path)["findings"]] == code


def test_files_and_held_bytes_give_the_same_report(directory: Path) -> None:
    held = {path.name: path.read_bytes() for path in directory.iterdir()}
    assert verify(directory) == verify_files(held)
    damaged = bytearray(held[FIRST])
    damaged[6_000] ^= 1
    (directory / FIRST).write_bytes(damaged)
    assert verify(directory) == verify_files({FIRST: bytes(damaged)})
    assert verify_files({FIRST: bytes(damaged)}).findings[0].code == "corrupt"
