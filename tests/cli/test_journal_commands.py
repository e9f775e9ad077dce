"""`show` and `verify`, the sealed file from end to end, and that a secret is never printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_runs import AMOUNT_MINOR, LOT, PASSPHRASE, SECRETS, Cli, Sale, at_a_terminal, seal, secrets

import pyauction as pa


def test_show_lists_every_record_with_names_amounts_and_reasons(cli: Cli, sale: Sale) -> None:
    done = cli("show", sale.journal, "--json")
    shown = done.json
    assert (done.status, shown["schema"], shown["last_seq"]) == (0, "pyauction.show/1", len(shown["records"]))
    refused = next(record for record in shown["records"] if record["type"] == "BidRefused")
    assert (refused["lot_name"], refused["bidder_name"], refused["reason"]) == (LOT, "F2149", "below_increment")
    assert (refused["amount_minor"], refused["quote"]["standing_minor"]) == (328_999_500, 319_000_000)
    table = cli("show", sale.journal, "--lang", "zh-CN").out
    assert "328.9995 万元" in table
    assert pa.explain("below_increment").zh in table
    assert "2026-11-02 09:00:00" in table
    assert "2026-11-02 01:00:00" in cli("show", sale.journal, "--zone", "+00:00").out


def test_show_breaks_no_word_at_eighty_columns(sale: Sale) -> None:
    header, rule, *rows = at_a_terminal(80, "show", sale.journal)
    records = pa.replay(sale.journal)
    assert header.split() == ["seq", "time", "record", "bidder", "amount", "what"]
    assert [row.split()[3] for row in rows] == [type(step.event).__name__ for step in records]
    assert max(len(line) for line in (header, rule, *rows)) <= 80
    refused = next(row for row in rows if "328.9995" in row)
    assert refused.split() == ["7", "11-02", "09:00:00", "BidRefused", "F2149", "328.9995", "万元", "below_increment"]


def test_show_cuts_a_long_name_in_its_middle_at_a_narrow_terminal_only(cli: Cli, tmp_path: Path) -> None:
    address = "0x5db7dF7A7A23b8ef6407c4d61ACb96664CFF033e"
    english = pa.English(
        money=pa.CNY, start_price=1, increment=1, length="1h", reserve=pa.NoReserve(), on_outage="suspend",
        self_outbid="allowed", admission="open",
    )  # fmt: skip
    with pa.AuctionHouse(pa.FileJournal(tmp_path / "j", segment_bytes=8192), clock=pa.ManualClock(1)) as house:
        house.open_lot("A", english)
        house.bid("A", address, 300)
    assert "4 01-01 08:00:00.000000001 BidAccepted 0x5db7…FF033e 3.00 CNY" in (
        " ".join(line.split()) for line in at_a_terminal(80, "show", tmp_path / "j")
    )
    assert address in cli("show", tmp_path / "j").out


@pytest.mark.parametrize("way", [(), ("--independent",)])
def test_verify_shows_money_in_the_unit_of_the_lot_as_show_does(cli: Cli, held: Sale, way: tuple[str, ...]) -> None:
    said = f"  1  {LOT}  listing@1  decided; sold to F2149 for 429 万元; "
    assert said in cli("verify", held.journal, *way).out
    assert "429 万元" in cli("show", held.journal).out


def test_a_name_that_looks_like_an_amount_is_left_alone(cli: Cli, tmp_path: Path) -> None:
    english = pa.English(
        money=pa.WAN_YUAN, start_price="1", increment="1", length="1s", reserve=pa.NoReserve(),
        on_outage="close_at_schedule", self_outbid="allowed", admission="open",
    )  # fmt: skip
    clock = pa.ManualClock(1)
    with pa.AuctionHouse(pa.FileJournal(tmp_path / "j", segment_bytes=8192), clock=clock) as house:
        house.open_lot("A for 1.00 CNY", english)
        house.bid("A for 1.00 CNY", "x for 5.00 CNY", "3")
        clock.advance(pa.nanoseconds("2s"))
        house.advance()
    sold = "  1  A for 1.00 CNY  english@1  decided; sold to x for 5.00 CNY for 3 万元; "
    assert f"{sold}settlement: verified; reserve: none compared" in cli("verify", tmp_path / "j").out.splitlines()
    refused = cli("verify", tmp_path / "j", "--expect-chain", f"1:{'0' * 64}")
    assert (refused.status, sold in refused.out) == (1, True)


def test_show_stops_where_it_is_told_and_takes_one_lot(cli: Cli, sale: Sale) -> None:
    records = cli("show", sale.journal, "--json", "--until", 4, "--lot", LOT).json["records"]
    assert [record["seq"] for record in records] == [2, 3, 4]
    assert cli("show", sale.journal, "--lot", "another").status == 2


@pytest.mark.parametrize("way", [(), ("--independent",)])
def test_a_sound_journal_is_verified_and_a_flipped_byte_is_not(
    cli: Cli, held: Sale, damaged: Path, way: tuple[str, ...]
) -> None:
    sound = cli("verify", held.journal, "--json", *way)
    assert (sound.status, sound.json["schema"], sound.json["ok"]) == (0, "pyauction.verify/1", True)
    assert (sound.json["reserve"], sound.json["lots"][0]["winner"]) == ("attested", "F2149")
    broken = cli("verify", damaged, "--json", *way)
    assert (broken.status, broken.json["ok"]) == (1, False)
    assert cli("verify", damaged, "--lang", "zh-CN", *way).out.startswith("验证未通过")


def test_a_damaged_journal_is_not_shown(cli: Cli, damaged: Path) -> None:
    done = cli("show", damaged)
    assert (done.status, done.out, done.err.count("\n")) == (3, "", 1)


@pytest.mark.parametrize("way", [(), ("--independent",)])
def test_an_expected_chain_value_is_compared(cli: Cli, held: Sale, way: tuple[str, ...]) -> None:
    head = cli("verify", held.journal, "--json").json["chain"]
    noted = f"{head['last_seq']}:{head['head']}"
    assert cli("verify", held.journal, "--expect-chain", noted, *way).status == 0
    assert cli("verify", held.journal, "--expect-chain", f"{head['last_seq']}:{'0' * 64}", *way).status == 1


def test_a_sealed_reserve_is_entered_disclosed_and_proven(cli: Cli, sale: Sale, held: Sale, tmp_path: Path) -> None:
    opening = tmp_path / "opening.json"
    with secrets(PASSPHRASE) as fd:
        secret = ("--passphrase-fd", fd)
        done = cli(
            "disclose", sale.journal, LOT, sale.sealed, "--by", "公证处", *secret, "--opening", opening, "--json"
        )
    assert done.status == 0, done
    assert (done.json["schema"], done.json["amount_minor"]) == ("pyauction.disclose/1", AMOUNT_MINOR)
    assert PASSPHRASE not in done.out + done.err
    stated = json.loads(opening.read_text("utf-8"))
    assert (stated["schema"], stated["lot"], stated["amount_minor"]) == ("pyauction.opening/1", LOT, AMOUNT_MINOR)
    for way in ((), ("--independent",)):
        # The disclosing journal proves itself; the one from before needs the opening.
        assert cli("verify", sale.journal, "--json", *way).json["reserve"] == "proven"
        assert cli("verify", held.journal, "--json", *way).json["reserve"] == "attested"
        proven = cli("verify", held.journal, "--opening", opening, "--json", *way)
        assert (proven.status, proven.json["reserve"]) == (0, "proven")


def test_each_figure_of_a_reserve_that_several_set_is_disclosed(cli: Cli, tmp_path: Path) -> None:
    files = [tmp_path / "one.sealed", tmp_path / "two.sealed"]
    for file, amount in zip(files, ("400", "401"), strict=True):
        assert seal(cli, file, amount=amount).status == 0
    auction = pa.English(
        money=pa.WAN_YUAN, start_price="319", increment="1", length="1h", on_outage="suspend", self_outbid="allowed",
        reserve=pa.EnteredReserve(commitment="at_entry", setters=2, rounding="up"), admission="open",
    )  # fmt: skip
    journal = tmp_path / "j"
    with pa.AuctionHouse(pa.FileJournal(journal, segment_bytes=8192), clock=pa.ManualClock(0), timers=False) as house:
        house.open_lot(LOT, auction)
        for file, by in zip(files, ("张", "李"), strict=True):
            with secrets(PASSPHRASE) as fd:
                house.enter_reserve(
                    LOT, pa.SealedReserve.from_file(file), by=by, witness="纪检组", passphrase_fd=int(fd), at=1
                )
        house.bid(LOT, "001", "401", at=2)
        house.advance(at=3_600_000_000_000)
    shown = cli("show", journal, "--lang", "zh-CN").out
    assert "已接受，录入人 张，见证人 纪检组（第 1 份，共 2 份）" in shown
    assert "已接受，录入人 李，见证人 纪检组（第 2 份，共 2 份）" in shown
    for file, said, known in zip(files, ("400 万元", "401 万元"), ("attested", "proven"), strict=True):
        with secrets(PASSPHRASE) as fd:
            done = cli("disclose", journal, LOT, file, "--by", "公证处", "--passphrase-fd", fd)
        assert (done.status, f"one setter's figure of the reserve of lot {LOT} was {said}" in done.out) == (0, True)
        for way in ((), ("--independent",)):
            assert cli("verify", journal, "--json", *way).json["reserve"] == known


def test_a_false_opening_does_not_prove(cli: Cli, held: Sale, tmp_path: Path) -> None:
    opening = tmp_path / "opening.json"
    terms = {"schema": "pyauction.opening/1", "lot": LOT, "round": 1, "currency": "CNY", "exponent": 2}
    opening.write_text(json.dumps({**terms, "amount_minor": 1, "blinding": "00" * 32}))
    assert cli("verify", held.journal, "--opening", opening, "--independent").status == 1
    opening.write_text("{}")
    done = cli("verify", held.journal, "--opening", opening)
    assert (done.status, done.out, done.err.count("\n")) == (3, "", 1)


def test_another_sealed_file_and_another_passphrase_disclose_nothing(cli: Cli, sale: Sale, tmp_path: Path) -> None:
    other = tmp_path / "other.sealed"
    assert seal(cli, other, amount="500").status == 0
    with secrets(PASSPHRASE) as fd:
        done = cli("disclose", sale.journal, LOT, other, "--by", "me", "--passphrase-fd", fd, "--json")
    assert (done.status, done.json["accepted"], done.json["reason"]) == (1, False, "commitment_mismatch")
    with secrets("guessed") as fd:
        done = cli("disclose", sale.journal, LOT, sale.sealed, "--by", "me", "--passphrase-fd", fd)
    assert (done.status, done.out, done.err.count("\n")) == (3, "", 1)


def test_a_journal_with_an_open_lot_is_not_taken_up_to_disclose(cli: Cli, sale: Sale, tmp_path: Path) -> None:
    journal = tmp_path / "running"
    auction = pa.English(
        money=pa.CNY, start_price=1, increment=1, length="1h", reserve=pa.NoReserve(), on_outage="suspend",
        self_outbid="allowed",
    )  # fmt: skip
    with pa.AuctionHouse(pa.FileJournal(journal, segment_bytes=8192), clock=pa.ManualClock(1)) as house:
        house.open_lot(LOT, auction)
    before = {path.name: path.read_bytes() for path in journal.iterdir()}
    done = cli("disclose", journal, LOT, sale.sealed, "--by", "me")
    assert (done.status, "still open" in done.err) == (2, True)
    assert {path.name: path.read_bytes() for path in journal.iterdir()} == before


def test_seal_refuses_less_than_the_start_price_and_to_overwrite(cli: Cli, sale: Sale, tmp_path: Path) -> None:
    low = tmp_path / "low.sealed"
    refused = seal(cli, low, amount="318.9999")
    assert (refused.status, refused.out, low.exists()) == (3, "", False)
    assert "318" not in refused.err
    before = sale.sealed.read_bytes()
    assert (seal(cli, sale.sealed).status, sale.sealed.read_bytes()) == (3, before)


def test_a_secret_is_in_no_output(cli: Cli, sale: Sale, tmp_path: Path) -> None:
    printed = [sale.printed]
    for arguments in (
        ("show", sale.journal, "--json"),
        ("show", sale.journal),
        ("verify", sale.journal, "--json"),
        ("verify", sale.journal, "--independent"),
        ("doctor", "--journal", sale.journal),
    ):
        done = cli(*arguments)
        printed += [done.out, done.err]
    sealed = seal(cli, tmp_path / "again.sealed", "--json")
    assert (sealed.status, sealed.json["schema"], len(sealed.json["commitment"])) == (0, "pyauction.seal/1", 64)
    printed += [sealed.out, sealed.err]
    assert [secret for secret in SECRETS if any(secret in text for text in printed)] == []
