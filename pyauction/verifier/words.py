"""What the verifier says, in English and in Chinese."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """One statement in both languages."""

    english: str
    chinese: str


class BilingualError(Exception):
    """An error that is said in both languages; `str` gives the English words."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.words = Words(english, chinese)
