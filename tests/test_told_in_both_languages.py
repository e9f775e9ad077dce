"""What the engine finds wrong with rules is told in English and in Chinese, with the same figures in both."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAIR = re.compile(
    r'(?:Problem::new|Self::new)\(\s*"([^"]*)",\s*"([^"]*)"|fault\(\s*(?:"\w+"|parameter),\s*"([^"]*)",\s*"([^"]*)"',
    re.DOTALL,
)
CHINESE = re.compile("[\u4e00-\u9fff]")
SENTENCES = sorted(
    ((found[0] or found[2], found[1] or found[3]), path.name)
    for folder in ("rules", "python")
    for path in (ROOT / "engine_rs/src" / folder).glob("*.rs")
    for found in PAIR.findall(path.read_text("utf-8"))
)
"""The sentences as they stand in the source: not every one can be reached from outside."""


def test_the_sentences_are_found() -> None:
    assert len(SENTENCES) > 90


@pytest.mark.parametrize(
    ("sentences", "file"), SENTENCES, ids=lambda value: value[0][:50] if isinstance(value, tuple) else value
)
def test_a_fault_of_rules_is_told_in_both_languages(sentences: tuple[str, str], file: str) -> None:
    english, chinese = sentences
    places = [sorted(set(re.findall(r"\{(.*?)\}", text))) for text in sentences]
    assert places[0] == places[1] == [str(index) for index in range(len(places[0]))]
    assert (CHINESE.search(english), bool(CHINESE.search(chinese))) == (None, True), file
