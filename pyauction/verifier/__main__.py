"""The start: `python -m verifier DIR` from the folder that this folder lies in, or `python verifier DIR` from anywhere.

Exit status: 0 verified, 1 not verified, 2 wrong use, 3 unreadable, 4 a fault of the verifier itself.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

HOW = """\
verifier: run `python -m verifier DIR` in the folder that holds the folder verifier
verifier：请在 verifier 文件夹所在的目录中运行 python -m verifier DIR"""


def _load_folder() -> None:
    """Load the package that this file lies in, which Python has started as a mere folder or file."""
    spec = importlib.util.spec_from_file_location("verifier", Path(__file__).with_name("__init__.py"))
    if spec is None or spec.loader is None:
        raise ImportError(HOW)
    sys.modules["verifier"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["verifier"])


if not __package__:
    try:
        _load_folder()
    except (ImportError, OSError):  # Not a folder: an archive, say.
        print(HOW, file=sys.stderr)
        sys.exit(2)
    __package__ = "verifier"  # What the relative import below goes by.

from .command_line import main  # noqa: E402 - a folder is loaded as a package first

if __name__ == "__main__":
    sys.exit(main())
