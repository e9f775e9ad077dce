"""Observers: who is told what happened, after it is durable, without ever delaying or changing a decision."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from .events import Event, decode_event

if TYPE_CHECKING:
    from ._engine import House

_LOGGER = logging.getLogger("pyauction")
_BATCH = 1024
_PATIENCE_SECONDS = 0.25
OBSERVER_PATIENCE_SECONDS = 5.0
"""How long a closing house waits for observers that block."""


class Lagged(msgspec.Struct, frozen=True):
    """The observer was too slow: records `first` to `last` are no longer kept. Read them from the journal."""

    first: int
    last: int


Observer = Callable[[Event | Lagged], None]
"""Called with each durable event in order, on the observer's own thread. It may fail, block or call the house."""


class Observation:
    """One observer's thread and its cursor.

    `cursor` is the last sequence handed over; `failures` counts exceptions that the observer raised, which are logged
    and otherwise ignored.
    """

    def __init__(self, house: House, observer: Observer, after: int, leave: Callable[[Observation], None]) -> None:
        self.cursor = after
        self.failures = 0
        self._house = house
        self._observer = observer
        self._leave = leave
        self._ended = threading.Event()
        self._last = 0
        self._started = False
        self._thread = threading.Thread(target=self._run, name="pyauction-observer", daemon=True)

    def start(self) -> None:
        """Begin to hand over what is durable. The house does this."""
        self._thread.start()
        self._started = True

    def close(self, timeout: float | None = OBSERVER_PATIENCE_SECONDS) -> None:
        """Stop after what is durable now was handed over, or after `timeout` seconds if the observer blocks."""
        if self._house._forked:  # noqa: SLF001 - the native house is one with this package
            return
        self.end()
        # Another thread may be about to start it, or was when this process was forked.
        if self._started and threading.current_thread() is not self._thread:
            self._thread.join(timeout)
        self._leave(self)

    def end(self) -> None:
        """Ask the thread to stop after what is durable now, without waiting for it."""
        if not self._ended.is_set():
            self._last = self._house.durable_seq
            self._ended.set()
        self._house._wake()  # noqa: SLF001 - as above

    def _run(self) -> None:
        while not self._is_over():
            if not self._hand_over():
                self._house._wait_durable(self.cursor, _PATIENCE_SECONDS)  # noqa: SLF001 - as above

    def _is_over(self) -> bool:
        return self._ended.is_set() and self.cursor >= self._last

    def _hand_over(self) -> bool:
        """Hand over what is new; return whether there was anything."""
        kept = self._house._records(self.cursor, _BATCH)  # noqa: SLF001 - as above
        if isinstance(kept, tuple):
            first, last = kept
            if self._ended.is_set():
                last = min(last, self._last)
            self._tell(Lagged(first, last))
            self.cursor = last
            return True
        for record in kept:
            if self._is_over():
                break
            self._tell(decode_event(record))
            self.cursor += 1
        return bool(kept)

    def _tell(self, event: Event | Lagged) -> None:
        try:
            self._observer(event)
        except Exception:
            self.failures += 1
            _LOGGER.exception("an observer failed at record %s; the sale is not affected", self.cursor + 1)
