"""Loads the verifier as it runs when copied: as the top-level package `verifier`, without pyauction."""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_HOLDS_VERIFIER = _HERE.parents[1] / "pyauction"

for folder in (_HOLDS_VERIFIER, _HERE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
