"""`explain`, `doctor` and `bench`."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_runs import Cli, Sale

import pyauction as pa
from pyauction import _engine
from pyauction.citation import rule_of
from pyauction.cli import machine
from pyauction.explain import explanations, finding_explanations
from pyauction.verifier.findings import CHECK_OF_CODE


def test_every_code_is_explained_in_both_languages(cli: Cli) -> None:
    codes = cli("explain", "--json").json["codes"]
    every = (*explanations(), *finding_explanations())
    assert [each["code"] for each in codes] == [each.code for each in every]
    for each in every:
        out = cli("explain", each.code).out
        assert all(said in out for said in (each.en, each.zh, rule_of(each), each.example_en))
        chinese = cli("explain", each.code, "--lang", "zh-CN").out
        assert all(said in chinese for said in (rule_of(each, "zh-CN"), each.example_zh))


def test_every_code_that_verify_prints_is_explained() -> None:
    assert {each.code for each in finding_explanations()} == set(CHECK_OF_CODE)
    assert pa.explain("corrupt").number is None


def test_doctor_tells_the_build_and_whether_a_reserve_can_be_held(cli: Cli, sale: Sale) -> None:
    found = cli("doctor", "--json", "--journal", sale.journal).json
    assert found["schema"] == "pyauction.doctor/1"
    assert found["versions"]["pyauction"] == pa.__version__
    assert found["versions"]["build"] == ("debug" if _engine.DEBUG_BUILD else "release")
    assert found["reserve"]["can_hold_reserve"] is True
    folder = found["journal"]
    assert (folder["is_journal"], folder["lock"]) == (True, "free")
    assert 0 < folder["fdatasync_p50_ns"] <= folder["fdatasync_p99_ns"]
    assert folder["filesystem"]


def test_doctor_sees_a_running_house_and_leaves_its_journal_alone(cli: Cli, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with pa.AuctionHouse(pa.FileJournal(journal, segment_bytes=8192), clock=pa.ManualClock(1)):
        before = {path.name: path.read_bytes() for path in journal.iterdir()}
        assert cli("doctor", "--json", "--journal", journal).json["journal"]["lock"] == "held"
        assert {path.name: path.read_bytes() for path in journal.iterdir()} == before


@pytest.mark.parametrize(
    ("changed", "state", "advice"),
    [
        ([], "clean", ("nothing is to be done", "无需处理")),
        ([4_196, 9_096], "corrupt", ("restore the journal from a copy", "请从副本恢复")),
        ([4_196], "ambiguous", ("accept_tail_loss", "接受损失")),
    ],
)
def test_doctor_says_what_a_damaged_journal_is_and_what_can_be_done(
    changed: list[int], state: str, advice: tuple[str, str], cli: Cli, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    with pa.AuctionHouse(pa.FileJournal(journal, segment_bytes=65_536), clock=pa.ManualClock(1)) as house:
        house._halt("a test stops it without a seal")
    segment = next(journal.glob("*.plog"))
    # The one frame of records begins at 4,096 and ends at 8,192.
    data = bytearray(segment.read_bytes())
    for at in changed:
        data[at] ^= 1
    segment.write_bytes(data)
    done = cli("doctor", "--json", "--journal", journal)
    found = done.json["journal"]
    assert (found["state"], done.status) == (state, 0 if state == "clean" else 3)
    assert advice[0] in found["advice"]
    assert advice[1] in cli("doctor", "--journal", journal, "--lang", "zh-CN").out.replace("\n", "")


def test_doctor_fails_where_no_reserve_can_be_held(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> bool:
        raise pa.CannotHoldReserve("RLIMIT_MEMLOCK is 0")

    monkeypatch.setattr(machine, "_hold_one", refuse)
    done = cli("doctor")
    assert (done.status, "RLIMIT_MEMLOCK is 0" in done.out) == (3, True)


LOOP = ("--rate", 2_000, "--seconds", 1)


def test_bench_measures_each_workload_beside_its_yardstick(cli: Cli, tmp_path: Path) -> None:
    done = cli("bench", "--bids", 50, "--rounds", 3, "--memory", "--journal", tmp_path, *LOOP, "--json")
    found = done.json
    assert (done.status, found["schema"], found["bids"], found["rounds"]) == (0, "pyauction.bench/1", 50, 3)
    beside = {each["name"]: each["yardstick"] for each in found["measured"]}
    assert beside == {
        "noop": None,
        "bid": "noop",
        "bid_many": "noop",
        "bid_memory": "noop",
        "fdatasync": None,
        "bid_durable": "fdatasync",
        "sqlite_rows": None,
        "bid_many_durable": "sqlite_rows",
    }
    for each in found["measured"]:
        assert 0 < each["ns_min"] <= each["ns_p50"] <= each["ns_max"]
        assert (each["ratio_p50"] is None) == (each["yardstick"] is None)
    assert list(tmp_path.iterdir()) == []


def test_bench_sends_bids_when_they_are_due(cli: Cli, tmp_path: Path) -> None:
    loop = cli("bench", "--bids", 1, "--rounds", 1, "--journal", tmp_path, *LOOP, "--json").json["open_loop"]
    assert (loop["rate"], loop["seconds"], loop["bids"]) == (2_000, 1, 2_000)
    assert 1 <= loop["marks"] <= 2_000
    assert 0 < loop["ns_p50"] <= loop["ns_p90"] <= loop["ns_p99"] <= loop["ns_p999"] <= loop["ns_max"]
    assert cli("bench", "--bids", 1, "--rounds", 1, "--json").json["open_loop"] is None
    shown = cli("bench", "--bids", 1, "--rounds", 1, "--journal", tmp_path, *LOOP, "--lang", "zh-CN").out
    assert "日志已验证，无一缺失" in shown
    assert list(tmp_path.iterdir()) == []


def test_bench_without_its_yardstick_says_so(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(_engine, "noop")
    done = cli("bench", "--bids", 1)
    assert (done.status, done.out, "noop" in done.err.splitlines()[0]) == (4, "", True)


def test_doctor_believes_a_snapshot_that_knows_of_more_records(cli: Cli, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with pa.AuctionHouse(pa.FileJournal(journal, snapshots=True), clock=pa.ManualClock(1)) as house:
        last = house.last_seq
    assert cli("doctor", "--json", "--journal", journal).json["journal"]["snapshot"] == last
    segment = next(journal.glob("*.plog"))
    data = bytearray(segment.read_bytes())
    # Everything behind the header, as if it had never been written.
    data[4_096:] = bytes(len(data) - 4_096)
    segment.write_bytes(data)
    done = cli("doctor", "--json", "--journal", journal)
    assert (done.json["journal"]["state"], done.status) == ("corrupt", 3)
    assert "state.snapshot shows that records were durable" in done.json["journal"]["advice"]
    assert "请从副本恢复日志" in cli("doctor", "--journal", journal, "--lang", "zh-CN").out.replace("\n", "")
    with pytest.raises(pa.JournalCorrupt, match=f"state.snapshot shows that record {last} was durable"):
        pa.AuctionHouse(pa.FileJournal(journal, snapshots=True), clock=pa.ManualClock(1))
