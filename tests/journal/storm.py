"""Sixteen threads that do everything at once to one house, right and wrong. Run as a program by `test_misuse_at_once.py`.

Arguments: the store (`file` or `sqlite`), its path, a durability, how it ends (`close` or `exit`), a seed, and seconds. It writes
a line `seq amount` for every bid that was acknowledged, each in one system call, and last how often it did what, as
JSON. To standard error goes only what must not happen.
"""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import logging
import os
import pickle
import random
import signal
import sys
import threading
import time
import traceback
from array import array
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyauction
import pyauction.house
from pyauction import (
    AuctionHouse,
    Durability,
    English,
    FileJournal,
    ForkedEngine,
    HouseHalted,
    MisuseError,
    NoReserve,
    SQLiteJournal,
)

THREADS = 16
ORDER = {"authority": "市自然资源局", "why": "不可抗力"}
MAIN = "main"
EXIT_STATUS = 7
HUGE = 2**70


def english(length: str = "1h", **changes: Any) -> English:
    terms: dict[str, Any] = {
        "money": pyauction.CNY,
        "start_price": 100,
        "increment": 10,
        "length": length,
        "reserve": NoReserve(),
        "on_outage": "suspend",
        "self_outbid": "allowed",
        "admission": "open",
    }
    return English(**(terms | changes))


class Storm:
    """One house, and what is done to it."""

    def __init__(self, house: AuctionHouse, seed: int) -> None:
        self.house = house
        self.seed = seed
        self.done: Counter[str] = Counter()
        self.ended = threading.Event()
        self.interruptible = False
        self._count = threading.Lock()
        self._no_fork = threading.Lock()
        self._lots = 0
        self.actions: tuple[Callable[[random.Random, int], None], ...] = (
            *[self.bid] * 12,
            *[self.repeat] * 3,
            *[self.misuse] * 8,
            self.refused,
            self.look,
            self.short_lot,
            self.order,
            self.many,
            self.wait,
            self.copied,
            self.observe,
            self.collect,
        )

    def work(self, thread: int) -> None:
        """Do this and that until the storm ends or the house does."""
        chance = random.Random(f"{self.seed} {thread}")
        while not self.ended.is_set():
            action = chance.choice(self.actions)
            try:
                action(chance, thread)
            except HouseHalted:
                if not self.ended.is_set():
                    self.tell(f"{action.__name__}: the house halted: {self.house.halted}")
                return
            except BaseException as error:
                self.tell("".join(traceback.format_exception(error)))
                return
            self.count(action.__name__)
            # Otherwise those who never wait leave the others no time.
            time.sleep(0.0002)

    def tell(self, what: str) -> None:
        """Say that something happened which must not, at once: the process may be ended at any moment."""
        os.write(2, f"{what}\n".encode())

    def count(self, name: str) -> None:
        with self._count:
            self.done[name] += 1

    # What is right.

    def bid(self, chance: random.Random, thread: int) -> None:
        amount = (self.house.quote(MAIN).ask_minor or 100) + 10 * chance.choice((0, 0, 1, 3))
        self.place(amount, f"{thread:03}", f"{thread} {amount}")

    def repeat(self, chance: random.Random, thread: int) -> None:
        amount = (self.house.quote(MAIN).ask_minor or 100) + 10 * chance.choice((0, 1))
        bidder, key = f"{thread:03}", f"again {thread} {amount}"
        first, again = self.place(amount, bidder, key), self.place(amount, bidder, key)
        assert (again.seq, again.repeated, again.accepted) == (first.seq, True, first.accepted)

    def place(self, amount: int, bidder: str, key: str) -> pyauction.Decision:
        decision = self.house.bid(MAIN, bidder, amount, key=key)
        if amount % 70 == 0:
            self.house.flush()
        if decision.accepted and decision.durable and not decision.repeated:
            os.write(1, f"{decision.seq} {amount}\n".encode())
        return decision

    def refused(self, chance: random.Random, thread: int) -> None:
        decision = self.house.bid(MAIN, f"{thread:03}", chance.choice((-5, 0, 1, 99)))
        assert not decision.accepted

    def look(self, chance: random.Random, _thread: int) -> None:
        house = self.house
        snapshot = chance.choice(house.lots())
        assert house.quote(snapshot.name).accepted_bids >= 0
        house.outcome(snapshot.name)
        assert house.durable_seq <= house.last_seq
        assert (house.chain, house.halted, repr(house)) != ()
        house.next_deadline()

    def short_lot(self, chance: random.Random, _thread: int) -> None:
        with self._count:
            self._lots += 1
            name = f"short {self._lots}"
        self.house.open_lot(name, english(length=f"{chance.randint(1, 40)}ms"))
        self.house.bid(name, "001", 100)

    def order(self, chance: random.Random, _thread: int) -> None:
        lot = f"short {chance.randint(1, max(self._lots, 1))}"
        order = chance.choice((self.house.suspend_lot, self.house.resume_lot, self.house.terminate_lot))
        try:
            order(lot, **ORDER)
        except pyauction.UnknownLot:
            self.count("order of no lot")

    def many(self, chance: random.Random, _thread: int) -> None:
        batch = self.house.bid_many(MAIN, array("I", [1] * 5), array("q", [chance.choice((1, 105)) for _ in range(5)]))
        assert batch.accepted <= 1

    def wait(self, _chance: random.Random, thread: int) -> None:
        decision = self.house.bid(MAIN, f"{thread:03}", 1)
        # The standard library's executors, which asyncio uses, do not go together with a fork.
        with self._no_fork:
            assert asyncio.run(self.house.durable(decision)).durable
        self.house.flush()
        self.house.advance()

    def observe(self, chance: random.Random, _thread: int) -> None:
        def fail(event: object) -> None:
            raise RuntimeError(f"cannot take {type(event).__name__}")

        observation = self.house.observe(chance.choice((fail, self.reenter)))
        time.sleep(0.001)
        observation.close(timeout=0.01)

    def reenter(self, event: object) -> None:
        # Not for every one: its own bid is one more.
        if getattr(event, "seq", 0) % 16 == 0:
            self.house.bid(MAIN, "observer", 1)
        self.house.quote(MAIN)

    def collect(self, _chance: random.Random, _thread: int) -> None:
        gc.collect(0)

    # What is wrong.

    def misuse(self, chance: random.Random, _thread: int) -> None:
        house: Any = self.house
        name, wrong = chance.choice(
            [
                ("lot", lambda: house.bid("nowhere", "001", 100)),
                (
                    "lot",
                    lambda: house.bid(
                        chance.choice((None, 1.5, b"main", [], -1, HUGE, "", "\0", "x" * 65)), "001", 100
                    ),
                ),
                ("bidder", lambda: house.bid(MAIN, chance.choice((None, 0, -1, HUGE, "", "\n", b"001")), 100)),
                ("amount", lambda: house.bid(MAIN, "001", chance.choice((None, 1.0, True, HUGE, -HUGE, "", "x", [])))),
                ("key", lambda: house.bid(MAIN, "001", 100, key=chance.choice((1, b"x" * 33, 1.5, [])))),
                ("at", lambda: house.bid(MAIN, "001", 100, at=chance.choice((0, -1, HUGE, "now", 1.5)))),
                ("columns", lambda: house.bid_many(MAIN, array("I", [1]), array("q", [100, 110]))),
                ("columns", lambda: house.bid_many(MAIN, array("d", [1.0]), array("q", [100]))),
                ("columns", lambda: house.bid_many(MAIN, array("I", [2**31]), array("q", [100]))),
                ("terms", lambda: house.open_lot(MAIN, english())),
                ("terms", lambda: house.open_lot("new", English)),
                ("terms", lambda: house.open_lot("new", english(increment=-1))),
                ("order", lambda: house.suspend_lot(MAIN, authority="", why="")),
                ("reserve", lambda: house.enter_reserve(MAIN, b"sealed", by="甲", witness="乙")),
                ("observer", lambda: house.observe(7)),
                ("arguments", lambda: house.bid(MAIN)),
                ("arguments", lambda: house.bid(MAIN, "001", 100, colour="red")),
            ]
        )
        try:
            wrong()
        except (MisuseError, TypeError, OverflowError):
            self.count(f"misuse of {name}")
            return
        raise AssertionError(f"a wrong {name} was taken")

    def copied(self, chance: random.Random, _thread: int) -> None:
        try:
            chance.choice((copy.copy, copy.deepcopy, pickle.dumps))(self.house)
        except TypeError:
            return
        raise AssertionError("a house was copied")

    def fork(self) -> None:
        """A child of a process with many threads finds no house, and waits for no thread that it does not have."""
        with self._no_fork:
            child = os.fork()
        if child == 0:
            signal.alarm(5)
            try:
                self.house.bid(MAIN, "child", 10**9)
            except ForkedEngine:
                self.house.close()
                os._exit(0)
            except BaseException as error:
                os.write(2, f"in a forked child: {error!r}\n".encode())
                os._exit(2)
            os._exit(1)
        status = os.waitpid(child, 0)[1]
        if status:
            self.tell(f"a forked child ended with {status}")
        self.count("fork")

    def on_interrupt(self, _signal: int, _frame: object) -> None:
        if self.interruptible:
            self.interruptible = False
            raise KeyboardInterrupt

    def be_interrupted(self, until: float | None) -> None:
        """Bid and fork on the main thread, which is interrupted wherever it is, most often while a bid waits for the disk."""
        amount = 10**6
        while until is None or time.monotonic() < until:
            self.fork()
            try:
                self.interruptible = True
                for _ in range(20):
                    amount += 10
                    self.place(amount, "000", f"interrupted {amount}")
                self.interruptible = False
            except KeyboardInterrupt:
                self.count("interrupted")
            except BaseException as error:
                self.interruptible = False
                self.tell("".join(traceback.format_exception(error)))
                return


def journal_of(store: str, path: str) -> Any:
    return FileJournal(path, segment_bytes=1 << 20, snapshots=True) if store == "file" else SQLiteJournal(Path(path))


def main(store: str, path: str, durability: str, ending: str, seed: str, seconds: str) -> int:  # noqa: PLR0917 - a command line
    # Observers fail here by the thousand, each with a line.
    logging.disable()
    # A blocked observer is waited for at the end; this is not what takes time here.
    pyauction.house.OBSERVER_PATIENCE_SECONDS = 0.2
    house = AuctionHouse(journal_of(store, path), durability=Durability(durability))
    house.open_lot(MAIN, english())
    house.bid(MAIN, "000", 100)
    # A quote shows what is durable.
    house.flush()
    storm = Storm(house, int(seed))
    ends = time.monotonic() + float(seconds)

    def end_the_process(event: object) -> None:
        if getattr(event, "seq", 0) > 400 and time.monotonic() > ends:
            os._exit(EXIT_STATUS)

    house.observe(lambda _event: time.sleep(3_600))
    if ending == "exit":
        house.observe(end_the_process)
    threads = [threading.Thread(target=storm.work, args=[number], daemon=True) for number in range(THREADS)]
    signal.signal(signal.SIGINT, storm.on_interrupt)
    if store == "file":
        # An interruption inside a store written in Python stops the house, as whatever a store raises.
        threads.append(threading.Thread(target=interrupt, args=[storm], daemon=True))
    for thread in threads:
        thread.start()
    storm.be_interrupted(until=None if ending == "exit" else ends)
    storm.ended.set()
    closers = [threading.Thread(target=house.close) for _ in range(2)]
    for thread in closers:
        thread.start()
    for thread in (*closers, *threads):
        thread.join(20)
    for thread in threads:
        if thread.is_alive():
            storm.tell(f"{thread.name} did not end")
    os.write(1, (json.dumps(storm.done) + "\n").encode())
    return 0


def interrupt(storm: Storm) -> None:
    while not storm.ended.wait(0.05):
        os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
