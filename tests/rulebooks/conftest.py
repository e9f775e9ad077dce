"""Makes the helpers of this folder, and those of tests/auctions, importable under pytest's importlib mode."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pyauction.cli import run

_HERE = Path(__file__).parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "auctions")]

from by_the_book import Cli, Done  # noqa: E402 - found through the line above


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str]) -> Cli:
    """Run the program in this process."""

    def call(*arguments: object) -> Done:
        capfd.readouterr()
        status = run([str(argument) for argument in arguments])
        return Done(status, *capfd.readouterr())

    return call
