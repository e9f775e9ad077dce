"""Random auctions with reserves: rules, bids and times of one seed, run under any reserve."""

from __future__ import annotations

import contextlib
import io
import logging
import random
import re
import struct
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pyauction
from pyauction import (
    AuctionHouse,
    EnteredReserve,
    ManualClock,
    MemoryJournal,
    Outcome,
    SealedReserve,
    decode_event,
    explain,
    verifier,
    verify,
)
from pyauction._engine import read_journal
from pyauction.auctions.ascending import Percent

SECOND = 1_000_000_000
LARGEST = 2**63 - 1
WHO = {"by": "保密员", "witness": "纪检组"}
ORDER = {"authority": "市自然资源局", "why": "不可抗力"}
LOT = "标的"

Act = Callable[[AuctionHouse], Any]
Keeper = Literal["nothing", "enters again", "enters another", "discloses", "restarts"]


@dataclass(frozen=True)
class Seen:
    """Everything that left the process before the close, with the commitment masked, and what came of it."""

    said: list[Any]
    top: int | None
    outcome: Outcome | None


class Stream:
    """The auction of a seed: what happens in it does not depend on the reserve."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.start = chance.choice([1, 100, 319_000_000, LARGEST // 2])
        self.blinding = chance.randbytes(32)
        self.segment_bytes = chance.choice([8_192, 65_536])
        self.before_opening = chance.random() < 0.5
        self.auction = self._auction(chance)
        self.acts = [self._act(chance) for _ in range(chance.randint(4, 16))]
        self.enters_at = chance.randint(0, len(self.acts) - 1)
        self.keepers: list[Keeper] = [self._keeper(chance) for _ in self.acts]
        self.observed = chance.random() < 0.1
        self.length_ns = 1_000 * SECOND

    def reserves(self, chance: random.Random) -> list[int]:
        """Return reserves from the start price to the greatest amount."""
        between = chance.randint(self.start, LARGEST)
        near = min(self.start + chance.randint(0, self.start), LARGEST)
        return [self.start, near, between, LARGEST]

    def run(self, reserve: int) -> Seen:
        return _Run(self, reserve).seen()

    def _auction(self, chance: random.Random) -> Any:
        step = chance.choice([1, 10, max(1, self.start // 10)])
        terms: dict[str, Any] = {
            "money": pyauction.CNY,
            "start_price": self.start,
            "increment": chance.choice([step, Percent(1, 20, chance.choice(["up", "down"]))]),
            "reserve": EnteredReserve(commitment="before_opening" if self.before_opening else "at_entry"),
            "on_outage": chance.choice(["close_at_schedule", "suspend"]),
            "self_outbid": chance.choice(["allowed", "refused"]),
            "admission": chance.choice(["open", "listed"]),
            "max_multiple": chance.choice([None, 5, 50]),
            "multiples_from": chance.choice([None, "current"]),
        }
        if chance.random() < 0.5:
            extension = chance.choice([None, "200s"])
            return pyauction.English(**terms, length="1000s", extension=extension)
        return pyauction.Listing(
            **terms, free="600s", countdown="400s", single_bidder="timed", timed_without_bids="enter"
        )

    @staticmethod
    def _keeper(chance: random.Random) -> Keeper:
        """Return what is done about the reserve before an act, besides its entry."""
        kinds: dict[Keeper, int] = {
            "nothing": 8, "enters again": 1, "enters another": 1, "discloses": 1, "restarts": 1,
        }  # fmt: skip
        return chance.choices(list(kinds), weights=list(kinds.values()))[0]

    def _act(self, chance: random.Random) -> Act:
        """Return something that people do; what amounts they bid follows from the price that they are shown."""
        wait, who = chance.randrange(60) * SECOND, f"00{chance.randint(1, 4)}"
        rise, sign = chance.choice([0, 0, 1, 7, 10, self.start]), chance.choice([1, 1, 1, -1])
        key = chance.choice([None, None, f"k{chance.randint(1, 3)}"])

        def amount(house: AuctionHouse) -> int:
            return max(-LARGEST, min((house.quote(LOT).ask_minor or self.start) + sign * rise, LARGEST))

        wrong = chance.choice([1.5, "1", None, LARGEST + 1])
        acts: dict[Act, int] = {
            lambda house: house.bid(LOT, who, amount(house), key=key, at=house._now_ns + wait): 12,
            lambda house: _columns(house.bid_many(LOT, array("I", [1]), array("q", [amount(house)]))): 2,
            lambda house: house.admit(LOT, who): 2,
            lambda house: (house.suspend_lot(LOT, **ORDER), house.resume_lot(LOT, **ORDER)): 1,
            lambda house: house.bid(LOT, who, wrong): 2,
            lambda house: house.close_lot(LOT): 1,
            lambda house: house.advance(at=house._now_ns + wait): 3,
        }
        return chance.choices(list(acts), weights=list(acts.values()))[0]


def _columns(batch: pyauction.BidBatch) -> tuple[Any, ...]:
    return (batch.seqs, batch.reasons, batch.accepted, batch.quote)


class _Run:
    """One run of a stream, and all that it says."""

    def __init__(self, stream: Stream, reserve: int) -> None:
        self._stream = stream
        self._sealed = SealedReserve.for_simulation(LOT, reserve, blinding=stream.blinding)
        self._other = SealedReserve.for_simulation(LOT, stream.start + 5, blinding=stream.blinding[::-1])
        self._journal = MemoryJournal(segment_bytes=stream.segment_bytes, entropy_for_tests=bytes(32))
        self._said: list[Any] = []

    def seen(self) -> Seen:
        stream = self._stream
        with _captured() as printed:
            house = self._open(0)
            commitment = self._sealed if stream.before_opening else None
            self._do(house, lambda house: house.open_lot(LOT, stream.auction, commitment=commitment))
            self._do(house, lambda house: house.admit(LOT, "001"))
            for index, act in enumerate(stream.acts):
                if index == stream.enters_at:
                    self._do(house, lambda house: house.enter_reserve(LOT, self._sealed, **WHO))
                house = self._keep(house, stream.keepers[index], entered=index >= stream.enters_at)
                self._do(house, act)
            self._say_journal(house)
            self._say(printed())
        with house:
            house.advance(at=house._now_ns + 100_000 * SECOND)
            lot, outcome = house.snapshot(LOT), house.outcome(LOT)
        return Seen(self._said, lot.standing_minor, outcome)

    def _open(self, now: int) -> AuctionHouse:
        return AuctionHouse(self._journal, clock=ManualClock(now), timers=False)

    def _keep(self, house: AuctionHouse, keeper: Keeper, *, entered: bool) -> AuctionHouse:
        """Do what concerns the reserve; what is entered first must be the run's own. Return the house that goes on."""
        if keeper == "discloses":
            self._do(house, lambda house: house.disclose_reserve(LOT, self._sealed, by="x"))
        if keeper == "restarts":
            now = house._now_ns
            house.close()
            house = self._open(now)
        if entered and keeper in ("enters again", "restarts"):
            self._do(house, lambda house: house.enter_reserve(LOT, self._sealed, **WHO))
        if entered and keeper == "enters another":
            self._do(house, lambda house: house.enter_reserve(LOT, self._other, **WHO))
        return house

    def _do(self, house: AuctionHouse, act: Act) -> None:
        """Do something and keep whatever can be seen of it."""
        try:
            answer = act(house)
        except Exception as error:
            answer = error
        for each in answer if isinstance(answer, tuple) else (answer,):
            self._say_answer(each)
        facts = house._facts(LOT)
        self._say(house.quote(LOT), repr(house.quote(LOT)), facts, repr(house), str(house), house.next_deadline())
        self._say(house.last_seq, house.durable_seq, house.halted, house.holds_reserve(LOT), sorted(vars(house)))

    def _say_answer(self, answer: Any) -> None:
        if isinstance(answer, pyauction.Decision):
            masked = self._masked(answer.record)
            self._say(repr(answer), masked, repr(decode_event(masked)), answer.quote, answer.message("en"))
            self._say(answer.message("zh-CN"), answer.fields(), hash(answer), answer.durable, answer.repeated)
            if answer.reason is not None:
                self._say(explain(answer.reason))
            if self._raw not in answer.record:
                self._say(answer.digest)
        elif isinstance(answer, Exception):
            self._say(type(answer), str(answer))
        else:
            self._say(answer)

    def _say_journal(self, house: AuctionHouse) -> None:
        """Everything that observers are told, that lies in the journal and that verifiers say of it."""
        house.flush()
        records = read_journal(self._journal)[1]
        self._say([self._masked(record) for record in records])
        self._say({name: self._masked_frames(name, data) for name, data in self._journal.files().items()})
        self._say(_without_hashes(verify(self._journal).to_text()))
        if self._stream.observed:
            told: list[Any] = []
            house.observe(told.append, after=0).close()
            assert len(told) > 0
            self._say(told)
            self._say(_without_hashes(verifier.verify_files(self._journal.files()).to_text()))

    def _masked_frames(self, name: str, data: bytes) -> bytes:
        """Return a file without the commitment and the hashes and checksums over it (FORMAT.md A.3)."""
        masked = bytearray(self._masked(data))
        for frame in read_journal(self._journal)[0]:
            if frame["segment"] != name:
                continue
            at = frame["offset"]
            (body,) = struct.unpack_from("<I", data, at + 8)
            masked[at + 40 : at + 76] = bytes(36)
            masked[at + 80 + body : at + 116 + body] = bytes(36)
            if frame["kind"] == "state":
                masked[at + 88 : at + 120] = bytes(32)
        return bytes(masked)

    @property
    def _raw(self) -> bytes:
        return bytes.fromhex(self._sealed.commitment)

    def _masked(self, record: bytes) -> bytes:
        return record.replace(self._raw, b"\x2e" * 32)

    def _say(self, *things: Any) -> None:
        hidden = self._sealed.commitment
        self._said += [repr(thing).replace(hidden, "masked") for thing in things]


@contextlib.contextmanager
def _captured() -> Iterator[Callable[[], list[str]]]:
    """Keep what is logged and printed meanwhile; what this yields returns it."""
    printed, logged = io.StringIO(), io.StringIO()
    handler = logging.StreamHandler(logged)
    logging.getLogger().addHandler(handler)
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            yield lambda: [printed.getvalue(), logged.getvalue()]
    finally:
        logging.getLogger().removeHandler(handler)


def _without_hashes(text: str) -> str:
    return re.sub(r"[0-9a-f]{64}", "hash", text)
