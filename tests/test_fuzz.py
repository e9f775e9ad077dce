"""What the engine reads from files that anybody may have written, under libFuzzer with coverage, from a kept corpus.

`engine_rs/fuzz/` has a program for each kind of file and, in `corpus/`, the inputs to begin with. What a run finds beyond them
is kept in `target/fuzz/corpus/`. The programs are built by the stable compiler; `cargo fuzz` runs them as well.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FUZZ = ROOT / "engine_rs" / "fuzz"
BUILT = ROOT / "target" / "fuzz"
TARGETS = ("frame", "segment", "snapshot", "sealed_file", "rules")
SECONDS = {"ci": 60, "long": 1_800}
AT_ONCE = 2
SEED = int(os.environ.get("PYAUCTION_SEED", "1"))
COVERAGE = (
    "--cfg=fuzzing",
    "-Ccodegen-units=1",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
)


def test_nothing_that_is_read_panics_or_is_taken_for_what_it_is_not(scale: str, report: list[str]) -> None:
    if scale == "default":
        pytest.skip("fuzzing needs a build of its own and minutes: --scale ci or long")
    if shutil.which(os.environ.get("CXX", "c++")) is None:
        pytest.skip("libFuzzer needs a C++ compiler (c++), and there is none")
    programs = _build()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        report += pool.map(lambda target: _fuzz(programs, target, SECONDS[scale]), TARGETS)


def _build() -> Path:
    """Build every target and return the folder of the programs."""
    cargo = shutil.which("cargo")
    assert cargo is not None, "the fuzz targets need a Rust toolchain: cargo is not on PATH"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYO3_")}
    # With a target stated, what runs while it is built is built without coverage.
    machine = subprocess.check_output(["rustc", "--print", "host-tuple"], text=True).strip()
    built = subprocess.run(
        [
            cargo,
            "build",
            "--quiet",
            "--locked",
            "--release",
            "--target",
            machine,
            "--manifest-path",
            FUZZ / "Cargo.toml",
        ],
        env={**environment, "RUSTFLAGS": " ".join(COVERAGE), "CARGO_TARGET_DIR": str(BUILT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return BUILT / machine / "release"


def _fuzz(programs: Path, target: str, seconds: int) -> str:
    """Run one target; return the row of what was tried."""
    found = BUILT / "corpus" / target
    found.mkdir(parents=True, exist_ok=True)
    command = [programs / target, found, FUZZ / "corpus" / target, f"-max_total_time={seconds}", f"-seed={SEED}"]
    options = ["-print_final_stats=1", "-timeout=20", "-max_len=8192", f"-artifact_prefix={BUILT}/{target}-"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, errors="replace", check=False)
    told = f"{done.stderr[-6_000:]}\nto repeat it: {programs / target} FILE, the file named above"
    assert done.returncode == 0, told
    tried = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    reached = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", done.stderr)
    assert tried is not None, told
    edges, _, kept = reached[-1]
    result = f"0 failures; {edges} edges reached, {kept} inputs kept"
    return f"storage | fuzz {target}, {seconds} s, seed {SEED} | {tried[1]} | {result}"
