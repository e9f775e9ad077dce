"""For those who write a journal of their own: the tests that it has to pass.

```python
from pyauction.testing import JournalContract

class TestMyJournal(JournalContract):
    def open(self, place):
        return MyJournal(place / "journal")
```

pytest collects the inherited tests. `place` is a folder of the test; the same folder means the same journal.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._engine import ManualClock, MemoryJournal, read_journal
from .auctions import English
from .errors import HouseHalted, JournalFenced, MisuseError, OutcomeUnknown
from .house import AuctionHouse
from .money import CNY
from .replay import replay
from .reserve import NoReserve
from .verify import verify

if TYPE_CHECKING:
    from .journal import Journal

__all__ = ["JournalContract"]

_GENESIS = bytes(32)


class JournalContract:
    """The promises of `pyauction.journal.Journal`, as tests. Inherit, and say how the journal of a place is opened."""

    fills_a_local_disk = True
    """Whether the store writes files of this process, so that a limit of their size is a full disk for it."""

    def open(self, place: Path) -> Journal:
        """Return the journal of a place, opened anew."""
        raise NotImplementedError

    def test_frames_come_back_in_order_and_untouched(self, tmp_path: Path) -> None:
        """Every byte may occur in a frame, and a frame may have 1 MiB."""
        frames = [*_frames(5), _Frame(bytes(range(256)) * 4_096, 11, 3, 5)]
        with self._opened(tmp_path) as journal:
            assert list(journal.read(0)) == []
            for frame in frames:
                frame.append_to(journal)
            assert list(journal.read(0)) == [frame.data for frame in frames]

    def test_reading_begins_behind_a_sequence(self, tmp_path: Path) -> None:
        """Control frames stand with the record that comes next."""
        frames = [_Frame(b"head", 1, 0, 0), _Frame(b"1-2", 1, 2, 1), _Frame(b"epoch", 3, 0, 2), _Frame(b"3", 3, 1, 3)]
        expected = {0: frames, 1: frames[1:], 2: frames[2:], 3: []}
        with self._opened(tmp_path) as journal:
            for frame in frames:
                frame.append_to(journal)
            for after, read in expected.items():
                assert list(journal.read(after)) == [frame.data for frame in read], after

    def test_what_was_kept_is_there_after_opening_again(self, tmp_path: Path) -> None:
        """And goes on from there."""
        first, second = _frames(2)
        with self._opened(tmp_path) as journal:
            first.append_to(journal)
        with self._opened(tmp_path) as journal:
            second.append_to(journal)
        with self._opened(tmp_path) as journal:
            assert list(journal.read(0)) == [first.data, second.data]

    def test_a_frame_that_does_not_continue_the_last_one_is_refused(self, tmp_path: Path) -> None:
        """A gap, a repeat and another writer's frame alike; nothing of it is kept."""
        first, second, third = _frames(3)
        with self._opened(tmp_path) as journal:
            first.append_to(journal)
            second.append_to(journal)
            for misfit in (second, first, _Frame(b"gap", 9, 1, 7)):
                assert isinstance(_raised(lambda misfit=misfit: misfit.append_to(journal)), JournalFenced)  # type: ignore[misc]
            third.append_to(journal)
            assert list(journal.read(0)) == [first.data, second.data, third.data]

    def test_a_second_writer_fences_the_first_one_out(self, tmp_path: Path) -> None:
        """Both opened the journal before either wrote."""
        first, second, third = _frames(3)
        with self._opened(tmp_path) as one:
            first.append_to(one)
            with self._opened(tmp_path) as two:
                second.append_to(two)
                assert isinstance(_raised(lambda: _Frame(b"other", 2, 1, 1).append_to(one)), JournalFenced)
                third.append_to(two)
                assert list(two.read(0)) == [first.data, second.data, third.data]

    def test_of_two_writers_at_once_one_is_fenced_out(self, tmp_path: Path) -> None:
        """Whichever it is, the frames that are kept continue each other."""
        (start,) = _frames(1)
        with self._opened(tmp_path) as journal:
            start.append_to(journal)
        kept: list[bytes] = []
        writers = [threading.Thread(target=self._race, args=(tmp_path, name, kept)) for name in (b"a", b"b")]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        with self._opened(tmp_path) as journal:
            read = list(journal.read(0))
        assert sorted(read[1:]) == sorted(kept)
        assert len({frame[:1] for frame in read[1:]}) == 1

    def _race(self, place: Path, name: bytes, kept: list[bytes]) -> None:
        with self._opened(place) as journal:
            chain = 1
            for number in range(20):
                link = int.from_bytes(name) * 1_000 + number
                frame = _Frame(name + bytes([number]) * 100, 2 + number, 1, link, prev=chain)
                if _raised(lambda frame=frame: frame.append_to(journal)) is not None:  # type: ignore[misc]
                    return
                kept.append(frame.data)
                chain = link + 1

    def test_closing_twice_is_closing(self, tmp_path: Path) -> None:
        """A house that failed closes what may be closed already."""
        journal = self.open(tmp_path)
        journal.close()
        journal.close()

    def test_what_was_said_to_be_kept_survives_the_end_of_the_process(self, tmp_path: Path) -> None:
        """A process that appends is killed; every frame that it was told is kept is there, whole and in order."""
        for trial in range(5):
            place = tmp_path / str(trial)
            place.mkdir()
            told = _killed_after(3 + 5 * trial, lambda say, place=place: self._append_for_ever(place, say))  # type: ignore[misc]
            with self._opened(place) as journal:
                read = list(journal.read(0))
            assert read == [frame.data for frame in _frames(len(read))]
            assert len(read) >= told

    def _append_for_ever(self, place: Path, say: Callable[[], None]) -> None:
        journal = self.open(place)
        for frame in _frames(10_000):
            frame.append_to(journal)
            say()

    def test_a_full_disk_is_an_error_and_leaves_whole_frames(self, tmp_path: Path) -> None:
        """What was kept before is there, and nothing half written."""
        if not self.fills_a_local_disk:
            return
        told = _killed_after(10_000, lambda say: self._append_to_a_full_disk(tmp_path, say))
        with self._opened(tmp_path) as journal:
            read = list(journal.read(0))
        assert read == [frame.data for frame in _frames(len(read))]
        assert 0 < told <= len(read) < 10_000

    def _append_to_a_full_disk(self, place: Path, say: Callable[[], None]) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
        self._append_for_ever(place, say)

    def test_a_house_keeps_its_journal_in_it(self, tmp_path: Path) -> None:
        """The same records as in memory, verified, replayed and taken up again."""
        memory = MemoryJournal()
        for kept in (self.open(tmp_path), memory):
            with _house(kept, 0) as house:
                _sell(house)
        with self._opened(tmp_path) as journal:
            assert read_journal(journal)[1] == read_journal(memory)[1]
            assert verify(journal).ok
            assert replay(journal).lot("A").outcome == replay(memory).lot("A").outcome
            with _house(journal, 10) as house:
                assert house.bid("B", "001", 200).accepted
        with self._opened(tmp_path) as journal:
            report = verify(journal)
            assert (report.ok, report.records) == (True, replay(memory).seq + 3)

    def test_a_house_whose_store_raises_stops_and_says_nothing_more(self, tmp_path: Path) -> None:
        """What the store was asked in vain is unknown until it is opened again."""
        with self._opened(tmp_path) as journal:
            failing = _Failing(journal)
            house = _house(failing, 0)
            _sell(house)
            before = house.durable_seq
            failing.fails = True
            assert isinstance(_raised(lambda: house.bid("B", "001", 500)), OutcomeUnknown)
            failing.fails = False
            assert isinstance(_raised(lambda: house.bid("B", "001", 600)), HouseHalted)
            assert house.durable_seq == before
            house.close()
        with self._opened(tmp_path) as journal, _house(journal, 0) as house:
            assert house.bid("B", "001", 700).accepted

    def test_a_house_that_was_fenced_out_stops(self, tmp_path: Path) -> None:
        """The house that came after it goes on."""
        with self._opened(tmp_path) as one, self._opened(tmp_path) as two:
            first = _house(one, 0)
            _sell(first)
            with _house(two, 0) as second:
                error = _raised(lambda: first.bid("B", "001", 500))
                assert isinstance(error, OutcomeUnknown)
                assert "JournalFenced" in str(error)
                assert second.bid("B", "001", 600).accepted
            first.close()
        with self._opened(tmp_path) as journal:
            assert verify(journal).ok

    @contextlib.contextmanager
    def _opened(self, place: Path) -> Iterator[Journal]:
        journal = self.open(place)
        try:
            yield journal
        finally:
            journal.close()


class _Frame:
    """Bytes that stand for a frame: a store does not look into them. `link` numbers its place in the chain."""

    def __init__(self, data: bytes, first_seq: int, count: int, link: int, *, prev: int | None = None) -> None:
        self.data = data
        self._numbers = (first_seq, count)
        self._prev = _link(link if prev is None else prev)
        self._chain = _link(link + 1)

    def append_to(self, journal: Journal) -> None:
        answer: Any = journal.append(self.data, *self._numbers, self._prev, self._chain)  # type: ignore[func-returns-value]
        if answer is not None:
            raise MisuseError(f"append: expected None, received {answer!r}")


def _link(number: int) -> bytes:
    return hashlib.sha256(number.to_bytes(8)).digest() if number else _GENESIS


def _frames(count: int) -> list[_Frame]:
    """Return frames that continue each other, of lengths as those of frames."""
    return [
        _Frame(bytes([number % 255 + 1]) * (512 * (number % 7 + 1)), number + 1, 1, number) for number in range(count)
    ]


def _raised(call: Callable[[], object]) -> Exception | None:
    try:
        call()
    except Exception as error:  # noqa: BLE001 - the test looks at what it is
        return error
    return None


def _killed_after(count: int, work: Callable[[Callable[[], None]], None]) -> int:
    """Run `work` in a process of its own until it has said something `count` times or ended; return how often it spoke.

    It is killed while it goes on.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            work(lambda: _say(writing))
            status = 0
        except Exception as error:  # noqa: BLE001 - a child has nobody to raise to
            print(f"the writing process ended: {error}", file=sys.stderr)
        finally:
            os._exit(status)
    os.close(writing)
    told = 0
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while told < count and (said := pipe.read(1)):
            told += len(said)
        os.kill(child, signal.SIGKILL)
        told += len(pipe.read())
    os.waitpid(child, 0)
    return told


def _say(pipe: int) -> None:
    os.write(pipe, b".")


def _house(journal: Journal | MemoryJournal, now: int) -> AuctionHouse:
    return AuctionHouse(journal, clock=ManualClock(now), timers=False)


def _sell(house: AuctionHouse) -> None:
    """Sell one lot and leave another one open."""
    for name, length in (("A", 5), ("B", 100)):
        rules = English(
            money=CNY,
            start_price=100,
            increment=10,
            length=length,
            reserve=NoReserve(),
            on_outage="close_at_schedule",
            self_outbid="allowed",
            admission="open",
        )
        house.open_lot(name, rules)
    house.bid("A", "001", 100)
    house.bid("A", "002", 105)
    house.bid("A", "002", 120)
    house.advance(at=5)


class _Failing:
    """A store that raises for a while."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.fails = False

    def append(self, frame: bytes, first_seq: int, count: int, prev_chain: bytes, chain: bytes) -> None:
        if self.fails:
            raise OSError("the store cannot be reached")
        self._journal.append(frame, first_seq, count, prev_chain, chain)

    def read(self, after_seq: int) -> Any:
        return self._journal.read(after_seq)

    def close(self) -> None:
        self._journal.close()
