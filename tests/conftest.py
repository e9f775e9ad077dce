"""Options and fixtures of all tests."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parent.parent
SCALES = ("default", "ci", "long")


_REPORT = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--scale", choices=SCALES, default="default", help="how many cases random and fault tests try")


def pytest_configure(config: pytest.Config) -> None:
    # One seed for everybody: a run is reproducible, and larger scales search further.
    hypothesis.settings.register_profile("pyauction", deadline=None, derandomize=True, print_blob=True)
    hypothesis.settings.load_profile("pyauction")
    config.stash[_REPORT] = []
    # A shell starts its background jobs with this signal ignored, and so would the processes that tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[_REPORT]:
        terminalreporter.section(f"what was tried, scale {config.getoption('--scale')}")
        for line in config.stash[_REPORT]:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def scale(request: pytest.FixtureRequest) -> str:
    """Which counts to use: default, ci or long."""
    return str(request.config.getoption("--scale"))


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> list[str]:
    """Lines to print at the end of the run: what was tried, and how often."""
    return request.config.stash[_REPORT]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Real bid logs whose terms forbid shipping, where the environment says they are."""
    directory = os.environ.get("PYAUCTION_DATA")
    if not directory:
        pytest.skip("real bid logs are missing: set PYAUCTION_DATA to their folder")
    return Path(directory)
