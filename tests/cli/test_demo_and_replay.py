"""`demo`, `replay` and `import`."""

from __future__ import annotations

import csv
import json
import os
import shutil
import threading
from importlib.resources import files
from pathlib import Path

import pytest
from cli_runs import Cli, program

import pyauction as pa
from pyauction import demo

DATA = Path(str(files("pyauction") / "demo_data"))
BIDS, MAP, LOTS = (DATA / f"cash_onchain{end}" for end in ("_bids.csv", ".toml", "_lots.csv"))
REPLAY = ("replay", BIDS, "--map", MAP, "--lots", LOTS)


def test_the_demo_reproduces_verifies_and_says_so(tmp_path: Path) -> None:
    done = program("demo", "--dir", tmp_path / "demo", "--json")
    found = done.json
    assert (done.status, done.err, found["schema"], found["ok"]) == (0, "", "pyauction.demo/1", True)
    assert (found["history"]["lots"], found["history"]["lots_matched"]) == (8, 8)
    assert found["engine"] == found["independent"]
    assert [bid["reason"] for bid in found["sale"]["bids"]] == [
        None, "below_increment", None, "not_admitted", None, None, "already_leading", None, "closed",
    ]  # fmt: skip
    assert found["sale"]["outcome"] == {
        "kind": "sold", "cause": "none", "winner": 1, "price_minor": 389_000_000, "detail": "",
    }  # fmt: skip
    assert found["seconds"] < 5
    assert pa.verify(found["journal"]).to_dict() == found["engine"]


@pytest.mark.parametrize(("lang", "said"), [("en", "Sold to 001 for 389 万元"), ("zh-CN", "由 001 以 389 万元 竞得")])
def test_the_demo_prints_its_bids_and_three_commands_that_work(cli: Cli, tmp_path: Path, lang: str, said: str) -> None:
    done = cli("demo", "--dir", tmp_path / "demo", "--lang", lang)
    assert (done.status, done.err, said in done.out) == (0, "", True)
    assert demo.PASSPHRASE not in done.out
    lines = [line.split() for line in done.out.splitlines() if line.strip().startswith("pyauction ")]
    assert len(lines) == 3
    assert [cli(*arguments).status for _, *arguments in lines] == [0, 0, 0]


def test_the_demo_takes_no_folder_that_holds_something(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    done = cli("demo", "--dir", tmp_path)
    assert (done.status, done.out, "thesis.txt" in done.err) == (2, "", True)


def test_a_demo_on_a_machine_that_holds_no_reserve_shows_the_history_first(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> None:
        raise pa.CannotHoldReserve("RLIMIT_MEMLOCK is 0")

    monkeypatch.setattr(demo, "_run_sale", refuse)
    done = cli("demo", "--dir", tmp_path / "demo")
    assert (done.status, done.err) == (3, "pyauction: RLIMIT_MEMLOCK is 0\n")
    assert [line.split(",")[0].strip() for line in done.out.splitlines()] == [
        "1  Auctions that were held",
        "8 of 8 auctions",
    ]
    assert cli("demo", "--dir", tmp_path / "other", "--json").out == ""


def test_a_demo_that_does_not_match_does_not_end_well(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(_: Path) -> dict[str, object]:
        return {**pa.verify(tmp_path / "demo" / "journal").to_dict(), "ok": False}

    monkeypatch.setattr(demo, "_independent_report", refuse)
    done = cli("demo", "--dir", tmp_path / "demo")
    assert (done.status, "NOT VERIFIED" in done.out) == (1, True)


def test_replay_prints_the_history_report_as_it_is(cli: Cli, tmp_path: Path) -> None:
    report = pa.replay_history(BIDS, MAP, lots=LOTS)
    done = cli(*REPLAY, "--json", "--journal", tmp_path / "journals", "--out", tmp_path / "out.csv")
    assert (done.status, done.err, done.json) == (0, "", json.loads(report.to_json()))
    assert cli(*REPLAY, "--lang", "zh-CN").out == report.to_text("zh-CN")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == report.bids + 1
    journals = sorted((tmp_path / "journals").iterdir())
    assert len(journals) == report.lots
    assert cli("verify", journals[0], "--independent").status == 0


def test_a_recorded_price_that_does_not_come_out_is_status_1(cli: Cli, tmp_path: Path) -> None:
    with LOTS.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    report = pa.replay_history(BIDS, MAP, lots=LOTS)
    winners = {sale.winner for sale in report.sales}
    winner = next(index for index, cell in enumerate(rows[0]) if cell in winners)
    rows[0][winner] = "somebody else"
    lots = tmp_path / "lots.csv"
    with lots.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    done = cli("replay", BIDS, "--map", MAP, "--lots", lots, "--json")
    assert (done.status, [one["field"] for one in done.json["mismatched"]]) == (1, ["winner"])


def test_replay_needs_its_files(cli: Cli, tmp_path: Path) -> None:
    missing = tmp_path / "missing.csv"
    for arguments, status in (
        (("replay", BIDS), 2),
        (("replay", missing, "--map", MAP), 3),
        (("replay", BIDS, "--map", missing), 3),
        (("replay", BIDS, "--map", MAP, "--lots", missing), 3),
        (("import", "--init", missing), 3),
    ):
        done = cli(*arguments)
        assert (done.status, done.out, done.err.count("\n")) == (status, "", 1)


@pytest.mark.parametrize("given", ["bids.csv", "map.toml", "lots.csv", "link.csv"])
def test_replay_does_not_write_over_what_it_reads(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for source, name in ((BIDS, "bids.csv"), (MAP, "map.toml"), (LOTS, "lots.csv")):
        shutil.copy(source, name)
    Path("link.csv").symlink_to("bids.csv")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    done = cli("replay", "bids.csv", "--map", "map.toml", "--lots", "lots.csv", "--out", tmp_path / given)
    assert (done.status, done.out, "--out: expected another file than the input" in done.err) == (2, "", True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_out_file_that_cannot_be_opened_is_found_before_the_replay(cli: Cli, tmp_path: Path) -> None:
    done = cli(*REPLAY, "--out", tmp_path / "none" / "out.csv", "--journal", tmp_path / "journals")
    assert (done.status, done.out, list(tmp_path.iterdir())) == (3, "", [])


def test_an_out_file_that_cannot_be_written_does_not_cost_the_report(cli: Cli) -> None:
    done = cli(*REPLAY, "--out", "/dev/full")
    assert (done.status, done.out) == (3, pa.replay_history(BIDS, MAP, lots=LOTS).to_text())
    assert done.err == "pyauction: /dev/full: No space left on device; the file is not complete\n"


def test_a_replay_that_does_not_happen_leaves_the_out_file_as_it_was(cli: Cli, tmp_path: Path) -> None:
    old, new, wrong = tmp_path / "old.csv", tmp_path / "new.csv", tmp_path / "map.toml"
    old.write_text("kept")
    wrong.write_text(MAP.read_text().replace('"amount_eth"', '"amount_usd"'))
    for out in (old, new):
        assert cli("replay", BIDS, "--map", wrong, "--lots", LOTS, "--out", out).status == 2
    assert (old.read_text(), new.exists()) == ("kept", False)
    assert cli(*REPLAY, "--out", old).status == 0
    assert old.read_text().startswith("lot,line,seq,")


def test_bids_may_come_through_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "bids"
    os.mkfifo(pipe)
    feeder = threading.Thread(target=pipe.write_bytes, args=(BIDS.read_bytes(),), daemon=True)
    feeder.start()
    done = program("replay", pipe, "--map", MAP, "--lots", LOTS, timeout=20)
    assert (done.status, done.out) == (0, pa.replay_history(BIDS, MAP, lots=LOTS).to_text())


def test_replay_says_where_the_journals_are_and_a_folder_of_journals_is_told_apart_from_one(
    cli: Cli, tmp_path: Path
) -> None:
    folder = tmp_path / "journals"
    done = cli(*REPLAY, "--journal", folder)
    assert done.err == (
        f"8 journals kept, one a lot, each in a folder of {folder}; see one with: pyauction show {folder}/16\n"
    )
    assert cli(*done.err.split(": pyauction ")[1].split()).status == 0
    for command in (("verify", folder), ("verify", folder, "--independent"), ("show", folder)):
        done = cli(*command)
        assert (done.status, done.out) == (3, "")
        assert done.err == (
            f"pyauction: {folder}: expected a journal, found folders that hold one each; name one of them: "
            f"{folder}/16, {folder}/17, {folder}/18 and 5 more\n"
        )


def test_a_log_of_which_nothing_is_compared_does_not_look_like_one_that_matched(cli: Cli, tmp_path: Path) -> None:
    partial = tmp_path / "map.toml"
    partial.write_text(MAP.read_text().partition("[outcome]")[0].replace("acceptance =", "# acceptance ="))
    done = cli("replay", BIDS, "--map", partial, "--lots", LOTS)
    assert done.status == 0
    assert "nothing was compared: the mapping has neither bids.acceptance nor [outcome]" in done.out


def test_import_drafts_a_mapping(cli: Cli) -> None:
    draft = cli("import", "--init", BIDS)
    assert (draft.status, draft.out.rstrip("\n")) == (
        0,
        cli("import", "--init", BIDS, "--json").json["mapping"].rstrip("\n"),
    )
    assert "[bids]" in draft.out
