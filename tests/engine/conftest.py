"""Makes the helpers of this folder importable under pytest's importlib mode."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _unlogged(caplog: pytest.LogCaptureFixture) -> None:
    """Let no log keep a settlement's fault, and with it a house that was meant to die."""
    caplog.set_level(logging.CRITICAL, logger="pyauction")
