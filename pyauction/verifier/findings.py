"""Findings: what the verifier has against a journal, in words and with the place."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

CHECKS = ("frames", "chain", "sequence", "rules", "settlement", "reserve")
"""The lines of the checklist, in the order in which a journal passes them."""

CHECK_OF_CODE = {
    "torn": "frames",
    "ambiguous": "frames",
    "corrupt": "frames",
    "stray": "frames",
    "tampered": "chain",
    "expect_chain": "chain",
    "sequence": "sequence",
    "record": "rules",
    "divergence": "rules",
    "state": "rules",
    "settlement": "settlement",
    "reserve": "reserve",
    "opening": "reserve",
    "unsupported": None,
}
"""Which line of the checklist a finding's code fails: none where nothing is wrong, but not everything is known."""

ENDING_CODES = frozenset({"torn", "ambiguous", "corrupt", "unsupported", "tampered"})
"""The codes of findings behind which no frame may have been read."""

HIDING_CODES = CHECK_OF_CODE.keys() - {"stray", "expect_chain", "opening"}
"""The codes of findings behind which no record is judged."""


@dataclass(frozen=True)
class Finding:
    """One reason why a journal is not verified. What has no record, segment or offset carries None there."""

    code: str
    text_en: str
    text_zh: str
    seq: int | None = None
    segment: str | None = None
    offset: int | None = None

    def __post_init__(self) -> None:
        """Refuse a code that the report would not know how to show."""
        if self.code not in CHECK_OF_CODE:
            raise ValueError(f"unknown code {self.code}")

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        return asdict(self)
