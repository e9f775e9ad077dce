"""What a store of a third party provides, so that a house can keep its journal in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable


@runtime_checkable
class Journal(Protocol):
    """A store of frames in one order. It keeps their bytes untouched and understands none of them (FORMAT.md A.7).

    One house writes it at a time. The house calls these methods from one thread at a time, which need not be the same one
    each time, and while others wait for it; they must not call the house.
    `pyauction.testing.JournalContract` is the test suite that a store has to pass.
    """

    def append(self, frame: bytes, first_seq: int, count: int, prev_chain: bytes, chain: bytes) -> None:
        """Keep a frame behind the last one: atomically, and on stable storage when this returns None.

        The frame is to be kept only if the chain value of the last frame kept is `prev_chain` (an empty store takes any);
        otherwise another writer has been here, and `JournalFenced` is raised. `first_seq` and `count` say which records it
        holds; a control frame has none.

        Whatever is raised stops the house for good: it is not known then whether the frame is kept, and opening the store
        again tells. To return without having kept the frame is the one thing that nothing can make good.
        """

    def read(self, after_seq: int) -> Iterable[bytes]:
        """Return, in order, every frame that holds a record behind `after_seq` or stands behind that record.

        That is every frame with `first_seq + count > after_seq + 1`, and every control frame (count 0) with
        `first_seq > after_seq`; for 0 the whole journal. Of an append that a crash interrupted there is all or nothing.
        """

    def close(self) -> None:
        """Let go of the store. May be called twice."""
