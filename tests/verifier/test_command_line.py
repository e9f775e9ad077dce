"""The verifier runs as a copied folder, where pyauction is not installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import verifier
from auction_room import OPENED, REQUIRED_BEFORE, journal, room, rules, sale
from verifier import FormatError, read_opening
from verifier.__main__ import HOW, main

RUN = """
import runpy, sys
assert __import__("importlib.util").util.find_spec("pyauction") is None
sys.path.insert(0, sys.argv.pop(1))
runpy.run_module("verifier", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "journal"
    folder.mkdir()
    for name, data in journal(sale()[1]).files().items():
        (folder / name).write_bytes(data)
    (folder / "LOCK").touch()
    return folder


def run(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    copy = tmp_path / "copied" / "verifier"
    if not copy.exists():
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(Path(verifier.__file__).parent, copy, ignore=ignored)
    command = [sys.executable, "-I", "-S", "-c", RUN, str(copy.parent), *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=tmp_path)


def test_a_copied_folder_verifies_a_journal_without_pyauction(tmp_path: Path, directory: Path) -> None:
    done = run(tmp_path, str(directory), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert (report["schema"], report["ok"], report["findings"]) == ("pyauction.verify/1", True, [])
    assert report["lots"] == [
        {
            "number": 1, "name": "lot-1", "type_id": "english@1", "currency": "CNY", "exponent": 2,
            "state": "decided", "outcome": "sold", "cause": None, "winner": "乙", "price": 110,
            "reserve": "none", "settlement": "verified",
        }
    ]  # fmt: skip


def test_a_copied_folder_reports_a_changed_journal(tmp_path: Path, directory: Path) -> None:
    segment = next(directory.glob("*.plog"))
    data = bytearray(segment.read_bytes())
    data[5_000] ^= 1
    segment.write_bytes(data)
    done = run(tmp_path, str(directory), "--lang", "zh-CN")
    assert done.returncode == 1
    assert done.stdout.startswith("验证未通过\n")
    assert f"corrupt [{segment.name} @ 4608] 自第 2 条记录起：曾经写入的内容已损坏或缺失" in done.stdout


def test_the_text_is_a_checklist(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(directory)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:8] == [
        "VERIFIED",
        "",
        "[x] frames: passed (1 segments, 13 frames)",
        "[x] chain: passed",
        "[x] sequence and stamps: passed (12 records)",
        "[x] replay of the rules: passed (12 records agree, 3 bids)",
        "[x] settlement: verified",
        "[x] reserve: none compared",
    ]
    assert "sold to 乙 for 1.10 CNY" in lines[-1]


def test_wrong_use_is_status_2(tmp_path: Path, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    for arguments in ([], [str(directory), "--lang", "fr"], [str(directory), "--expect-chain", "4"],
                      [str(directory), "--opening", str(bad)]):  # fmt: skip
        assert main(arguments) == 2
    capsys.readouterr()


def test_what_cannot_be_read_is_status_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main([str(tmp_path / "empty")]) == 3
    assert main([str(tmp_path / "missing")]) == 3
    assert capsys.readouterr().out == ""


def test_a_noted_chain_value_is_held_against_the_journal(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(directory), "--json"])
    chain = json.loads(capsys.readouterr().out)["chain"]
    assert chain["last_seq"] == 12
    assert main([str(directory), "--expect-chain", f"12:{chain['head']}"]) == 0
    assert main([str(directory), "--expect-chain", f"12:{'0' * 64}"]) == 1
    assert main([str(directory), "--expect-chain", f"11:{chain['head']}"]) == 1
    capsys.readouterr()
    assert main([str(directory), "--expect-chain", f"13:{chain['head']}"]) == 1
    assert "record 13, which was acknowledged" in capsys.readouterr().out


def test_an_opening_file_proves_the_reserve(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blinding = bytes(range(32))
    commitment = verifier.commitment("lot-1", 1, "CNY", 2, 120, blinding)
    model = room(rules(**REQUIRED_BEFORE), commitment=commitment)
    twin = verifier.Model()
    course = [
        twin.open_house(OPENED, 1),
        twin.open_lot(OPENED, name="lot-1", rules=model.lot(1).rules, commitment=commitment),
        twin.enter_reserve(1_010, 1, 1, commitment, "keeper", "notary"),
        twin.place_bid(1_020, 1, "a", 120),
        twin.advance(1_100),
        twin.compare_reserve(1_100, 1, met=True),
    ]
    for name, data in journal(course).files().items():
        (tmp_path / name).write_bytes(data)
    stated = {
        "schema": "pyauction.opening/1", "lot": "lot-1", "round": 1, "currency": "CNY", "exponent": 2,
        "amount_minor": 120, "blinding": blinding.hex(),
    }  # fmt: skip
    opening = tmp_path / "opening.json"
    opening.write_text(json.dumps(stated))
    assert main([str(tmp_path)]) == 0
    assert "reserve: attested" in capsys.readouterr().out
    assert main([str(tmp_path), "--opening", str(opening)]) == 0
    assert "reserve: proven" in capsys.readouterr().out
    opening.write_text(json.dumps(stated | {"amount_minor": 121}))
    assert main([str(tmp_path), "--opening", str(opening)]) == 1
    assert "opening the opening of lot lot-1" in capsys.readouterr().out


def test_an_opening_that_is_no_opening_is_refused_whatever_it_is(
    tmp_path: Path, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.json"
    for text, why in (("[" * 200_000, "at most 65536 bytes"), ("[" * 60_000, "nested too deeply"), ("{", "not JSON")):
        bad.write_text(text)
        assert main([str(directory), "--opening", str(bad)]) == 2
        assert why in capsys.readouterr().err
    assert main([str(directory), "--opening", "/dev/zero"]) == 2
    assert main([str(directory), "--opening", str(tmp_path)]) == 2
    with pytest.raises(FormatError, match="nested too deeply"):
        read_opening("[" * 200_000)


def test_a_sequence_of_more_than_64_bits_is_wrong_use(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(directory), "--expect-chain", f"{2**64}:{'0' * 64}"]) == 2
    assert "is not SEQ:HEX" in capsys.readouterr().err
    assert main([str(directory), "--expect-chain", f"{2**64 - 1}:{'0' * 64}"]) == 1


@pytest.mark.parametrize("fault", [MemoryError(), RecursionError("too deep"), KeyError("x"), ValueError("y")])
def test_a_fault_of_the_verifier_is_status_4_and_no_verdict(
    fault: Exception, directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr("verifier.command_line.verify", fail)
    assert main([str(directory)]) == 4
    out, err = capsys.readouterr()
    what = f"{type(fault).__name__}: {fault}"
    assert (out, err) == ("", f"verifier: a fault of the verifier itself: {what}\nverifier：验证器自身故障：{what}\n")


def test_a_report_that_nobody_can_read_is_status_4(tmp_path: Path, directory: Path) -> None:
    run(tmp_path, str(directory))
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, str(tmp_path / "copied" / "verifier"), str(directory)]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    assert (done.returncode, "No space left" in done.stderr, "Traceback" in done.stderr) == (4, True, False)


def test_the_status_of_a_fault_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "4 a fault of the verifier itself" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("start", ["verifier", "verifier/__main__.py", "renamed-1.0", "linked"])
def test_a_folder_runs_as_it_stands(tmp_path: Path, directory: Path, start: str) -> None:
    run(tmp_path, str(directory))
    copied = tmp_path / "copied"
    shutil.copytree(copied / "verifier", copied / "renamed-1.0")
    (copied / "linked").symlink_to("verifier")
    command = [sys.executable, "-I", "-S", str(copied / start), str(directory)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr, done.stdout.splitlines()[0]) == (0, "", "VERIFIED")
    segment = next(directory.glob("*.plog"))
    segment.write_bytes(segment.read_bytes()[:5_000])
    assert subprocess.run(command, capture_output=True, check=False, cwd=tmp_path).returncode == 1


def test_a_verifier_that_cannot_run_as_it_stands_says_how(tmp_path: Path, directory: Path) -> None:
    run(tmp_path, str(directory))
    archive = shutil.make_archive(str(tmp_path / "verifier"), "zip", tmp_path / "copied" / "verifier")
    command = [sys.executable, archive, str(directory)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", HOW + "\n")
    assert ("python -m verifier DIR" in HOW, "请在" in HOW) == (True, True)
