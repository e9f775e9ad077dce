"""Runs the independent verifier in a process of its own, where neither pyauction nor its engine can be imported."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

from .errors import InternalFault

# A package of its own, found by its folder alone: neither pyauction nor anything installed can be imported.
_RUN_VERIFIER = """
import importlib.util, sys
folder = sys.argv[1]
spec = importlib.util.spec_from_file_location("verifier", folder + "/__init__.py", submodule_search_locations=[folder])
package = sys.modules["verifier"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
from verifier.__main__ import main
status = main(sys.argv[2:])
sys.exit(70 if "pyauction" in sys.modules or "_engine" in sys.modules else status)
"""


def run_verifier(journal: Path, arguments: Sequence[str] = ()) -> subprocess.CompletedProcess[bytes]:
    """Run the independent verifier in a process that loads none of pyauction's compiled code.

    Raises `InternalFault` where it did not come to a result, so that a crash is not taken for "not verified".
    """
    with as_file(files(__package__) / "verifier") as folder:
        command = [sys.executable, "-I", "-S", "-c", _RUN_VERIFIER, str(folder), str(journal.absolute()), *arguments]
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own interpreter and code
    if done.returncode not in (0, 1, 3) or (done.returncode != 3 and not done.stdout):
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise InternalFault(f"the independent verifier ended with status {done.returncode}: {last}")
    return done
