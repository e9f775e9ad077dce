"""What a finding says in Chinese: held against every finding that the tests of frames and ends bring about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier import Report

HALF_WIDTH = re.compile(r"[,;:?!()]")
_ENGLISH = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")


def codes(report: Report) -> list[str]:
    """Return the codes of the findings, which say all that they say in Chinese too."""
    for finding in report.findings:
        assert HALF_WIDTH.search(finding.text_zh) is None, finding.text_zh
        assert _ENGLISH.search(finding.text_zh) is None, finding.text_zh
    return [finding.code for finding in report.findings]
