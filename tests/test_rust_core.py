"""One command runs everything: the Rust tests are one item here."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_rust_core(scale: str, report: list[str]) -> None:
    cargo = shutil.which("cargo")
    assert cargo is not None, "the engine's own tests need a Rust toolchain: cargo is not on PATH"
    # The engine is tested without Python; a failing test prints everything it printed.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYO3_", "RUSTFLAGS"))}
    command = [cargo, "test", "--quiet", "--locked", "--package", "pyauction-engine", "--", "--nocapture"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**environment, "PYAUCTION_SCALE": scale},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line[line.index("storage |") :] for line in done.stdout.splitlines() if "storage |" in line]
    assert len(rows) >= 6
    report.extend(rows)
