"""Sentences in English that carry their Chinese, so that whoever shows them can choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from .explanations import Language


class Told(str):
    """A sentence in English that carries its Chinese. To whoever does not ask, and in JSON, it is the English text."""

    __slots__ = ("chinese",)
    chinese: str

    def __new__(cls, english: str, chinese: str) -> Self:
        """Return the sentence."""
        told = super().__new__(cls, english)
        told.chinese = chinese
        return told

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        """Return what a copy or a pickle is made from."""
        return type(self), (str(self), self.chinese)


def in_language(text: str, lang: Language) -> str:
    """Return a sentence in a language, if it has it, else in English."""
    return text.chinese if lang == "zh-CN" and isinstance(text, Told) else str(text)


def chinese_name(name: str) -> str:
    """Return the name of a parameter as Chinese sentences write it: a part of one stands behind a Chinese colon."""
    return in_language(name, "zh-CN").replace(": ", "：")


def within(text: str, english: str, chinese: str) -> Told:
    """Return a sentence that holds another one where both languages of it have their last `{}`."""
    return Told(_filled(english, str(text)), _filled(chinese, in_language(text, "zh-CN")))


def _filled(sentence: str, text: str) -> str:
    # A name before the place may hold braces too.
    before, _, after = sentence.rpartition("{}")
    return f"{before}{text}{after}"
