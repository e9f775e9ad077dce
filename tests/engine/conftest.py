"""Makes the helpers of this folder importable under pytest's importlib mode, and reports what random auctions came to."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

_REPORT = pytest.StashKey[str]()


@pytest.fixture(autouse=True)
def _unlogged(caplog: pytest.LogCaptureFixture) -> None:
    """Let no log keep a settlement's fault, and with it a house that was meant to die."""
    caplog.set_level(logging.CRITICAL, logger="pyauction")


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Keep a text that is printed at the end of a run at a larger scale than the default."""

    def keep(text: str) -> None:
        request.config.stash[_REPORT] = text

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    text = config.stash.get(_REPORT, "")
    if text and config.getoption("--scale") != "default":
        terminalreporter.section("engine against model")
        terminalreporter.write_line(text)
