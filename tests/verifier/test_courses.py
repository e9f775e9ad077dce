"""Courses of any commands under any rules: whatever the model records is verified."""

from __future__ import annotations

import hashlib
import random
import struct
from typing import Any

import pytest
from auction_room import OPENED, REQUIRED_AT_ENTRY, REQUIRED_BEFORE, TWO_QUOTED, called, free, rules, timed, window
from journal_writer import JournalWriter
from replaying import BLINDING, C, opened
from verifier import Model, Record, verify_files
from verifier.terms import NONE, Admission, Anchor, Clock, Extension, OnOutage, Rounding, SelfOutbid


def test_the_state_hash_is_the_hash_of_the_document() -> None:
    model, _ = opened()
    model.place_bid(1_050, 1, "a", 100)
    lot = struct.pack("<II", 1, 3) + rules().rules_hash + struct.pack("<BB", 2, 0)
    lot += struct.pack("<qqq", 1_100, NONE, NONE) + struct.pack("<qIII", 100, 1, 1, 0) + struct.pack("<III", 0, 1, 1)
    lot += b"\0" + bytes(32) + struct.pack("<BIq", 0, 0, 0)
    lot_hash = hashlib.sha256(b"pyauction/lot/v1" + lot).digest()
    assert model.lot_hash(1) == lot_hash
    state = hashlib.sha256(b"pyauction/state/v1" + struct.pack("<QqI", 4, 1_050, 1) + lot_hash).digest()
    assert model.state_hash() == state


def random_rules(chance: random.Random) -> dict[str, Any]:
    """Return rules that touch every key."""
    extension = chance.choice(list(Extension))
    late = {"extension": extension, "extension_to": 0 if extension == Extension.NONE else chance.randint(1, 40)}
    late["window"] = chance.randint(1, 40) if extension == Extension.WINDOW else 0
    first = chance.choice([free(chance.randint(1, 90)), timed(chance.randint(1, 90), **late), window()])
    changes: dict[str, Any] = {
        "admission": chance.choice(list(Admission)),
        "self_outbid": chance.choice(list(SelfOutbid)),
        "clock": chance.choice(list(Clock)),
        "on_outage": chance.choice(list(OnOutage)),
        "phases": chance.choice([(first,), (first, timed(chance.randint(1, 60), **late)), (first, called())]),
        "max_multiple": chance.choice([None, 1, 4]),
    }
    changes |= chance.choice(
        [
            {"multiple_anchor": chance.choice([None, *Anchor])},
            {"increment_fixed": None, "increment_percent": (1, 7), "increment_rounding": chance.choice(list(Rounding))},
            {"increment_fixed": None, "increment_table": ((0, 5), (120, 20)), "multiple_anchor": Anchor.START_PRICE},
        ]
    )
    return changes | chance.choice([{}, TWO_QUOTED]) | chance.choice([{}, REQUIRED_AT_ENTRY, REQUIRED_BEFORE])


def random_command(model: Model, chance: random.Random, now: int) -> list[Record]:
    lot = chance.randint(1, len(model.lots))
    top = model.lot(lot).top or 90
    key = chance.choice([b"", b"", b"x", b"y"])
    outcome: dict[str, Any] = chance.choice(
        [{"kind": 1, "winner": model.lot(lot).leader, "price": top}, {"kind": 2, "cause": chance.randint(0, 4)}]
    )
    dice: list[Any] = [
        lambda: model.admit_bidder(now, lot, chance.choice("abc")),
        lambda: model.close_lot(now, lot),
        lambda: model.resume_lot(now, lot),
        lambda: model.enter_reserve(now, lot, chance.choice([1, 1, 1, 2, 3]), C, "k", "n"),
        lambda: model.reenter_reserve(now, lot, chance.choice([1, 3]), C),
        lambda: model.compare_reserve(now, lot, met=top >= 120),
        lambda: model.disclose_reserve(now, lot, 120, BLINDING),
        lambda: model.record_outcome(now, lot, **outcome),
        lambda: model.clock_jumped(now, now),
        lambda: model.advance(now),
    ]
    dice += [lambda: model.place_bid(now, lot, chance.choice("abc"), top + chance.randint(-5, 60), key)] * 12
    dice += [lambda: model.suspend_lot(now, lot)] + [lambda: model.terminate_lot(now, lot)] * (chance.random() < 0.1)
    records: list[Record] = chance.choice(dice)()
    return records


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_model_records_is_verified(seed: int) -> None:
    chance = random.Random(seed)
    model, writer, now = Model(), JournalWriter(align=512), OPENED
    writer.records(model.open_house(now, 1))
    for number in (1, 2):
        changes = random_rules(chance)
        before = {"commitment": C} if changes.get("reserve_commitment") == 1 else {}
        writer.records(
            model.open_lot(now, name=f"lot-{number}", rules=rules(**changes), opens_at=now + number - 1, **before)
        )
    for _ in range(50):
        now += chance.choice([0, 1, 7, 20])
        if chance.random() < 0.03:
            now += 60
            writer.open_epoch().records(model.open_house(now, writer.epoch))
        records = random_command(model, chance, now)
        if records:
            writer.records(records)
        if chance.random() < 0.1:
            writer.state(model.state_hash())
    report = verify_files(writer.seal().files())
    unsettled = [finding for finding in report.findings if finding.code not in ("settlement", "reserve")]
    assert unsettled == []
