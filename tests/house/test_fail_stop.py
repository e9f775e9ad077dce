"""When the journal fails the house stops: nothing after it is acknowledged, and nothing acknowledged before is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from house_room import manual_house, receipts_of, records_of, run_child

from pyauction import FileJournal, verifier, verify

# A limit on the size of files makes a write in the middle of a segment fail as on a full disk.
FILL_UP = """
import json, resource
from house_room import english, manual_house
from pyauction import FileJournal, HouseHalted, OutcomeUnknown

path, durability, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
house = manual_house(FileJournal(path, segment_bytes=1 << 20), durability=durability)
house.open_lot("A", english(length=None))
house.admit("A", "001")
house.flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
acknowledged, failures = [], []

def attempt(name, call):
    try:
        return call()
    except (HouseHalted, OutcomeUnknown) as error:
        failures.append([name, type(error).__name__])

for number in range(1_000):
    decision = attempt("bid", lambda: house.bid("A", "001", 100 + 10 * number))
    if decision is not None and durability == "deferred" and number % 5 == 4:
        attempt("flush", house.flush)
    if decision is not None and decision.durable:
        acknowledged.append([decision.seq, decision.digest])
    if len(failures) == 3:
        break
quote = house.quote("A")
attempt("admit", lambda: house.admit("A", "002"))
attempt("advance", lambda: house.advance(at=10**18))
print(json.dumps([acknowledged, failures, house.halted, house.durable_seq, quote.accepted_bids]))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
attempt("later", lambda: house.bid("A", "001", 10**12))
print(json.dumps(failures[-1]))
try:
    house.close()
except Exception as error:
    print(repr(error))
"""


@pytest.mark.parametrize("limit", [262_144, 300_001])
@pytest.mark.parametrize("durability", ["each", "deferred"])
def test_a_failed_write_stops_the_house_and_loses_nothing_acknowledged(
    tmp_path: Path, durability: str, limit: int
) -> None:
    path = tmp_path / "journal"
    lines = run_child(FILL_UP, path, durability, limit)
    acknowledged, failures, halted, durable, shown = json.loads(lines[0])
    in_flight = "bid" if durability == "each" else "flush"
    assert failures == [
        [in_flight, "OutcomeUnknown"],
        ["bid", "HouseHalted"],
        ["bid", "HouseHalted"],
        ["admit", "HouseHalted"],
        ["advance", "HouseHalted"],
    ]
    assert lines[1:] == ['["later", "HouseHalted"]'], "a house that stopped does not go on when there is room again"
    assert "too large" in halted
    assert len(acknowledged) >= 20
    assert shown == durable - 3, "no quote shows a bid that was not acknowledged"
    assert len(records_of(path)) == durable
    receipts = dict(list(enumerate(receipts_of(path), start=1))[3:])
    # A deferred bid is acknowledged by the flush after it; the one whose flush failed is not.
    expected = receipts if durability == "each" else {seq: receipts[seq] for seq in receipts if seq % 5 == 3}
    assert dict(acknowledged) == expected
    with manual_house(FileJournal(path, acknowledged=durable)) as house:
        assert house.snapshot("A").accepted == shown
        again = house.bid("A", "001", 10**12)
        assert (again.accepted, again.seq) == (True, durable + 2)
    assert verify(path) == verifier.verify(path)
    assert verify(path).ok
