"""One command runs everything: the Rust tests are one item here."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_rust_core(scale: str, report: list[str]) -> None:
    # The engine is tested without Python; a failing test prints everything it printed.
    rows = cargo_test(scale, "--", "--nocapture")
    assert len(rows) >= 8
    report += rows


def test_every_planted_bug_turns_a_test_red(scale: str, report: list[str]) -> None:
    if scale == "default":
        pytest.skip("planting bugs needs a build of its own: --scale ci or long")
    rows = cargo_test(scale, "--features", "planted-bugs", "--test", "storage", "planted", "--", "--nocapture")
    assert rows[-1] == "storage | planted bugs caught | 24 | all"
    report += rows


def cargo_test(scale: str, *arguments: str) -> list[str]:
    """Run the engine's tests and return the rows that they print of what was tried."""
    cargo = shutil.which("cargo")
    assert cargo is not None, "the engine's own tests need a Rust toolchain: cargo is not on PATH"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYO3_", "RUSTFLAGS"))}
    done = subprocess.run(
        [cargo, "test", "--quiet", "--locked", "--package", "pyauction-engine", *arguments],
        cwd=ROOT,
        env={**environment, "PYAUCTION_SCALE": scale},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [line[line.index("storage |") :] for line in done.stdout.splitlines() if "storage |" in line]
