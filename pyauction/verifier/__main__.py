"""The command line: `python -m verifier DIR`, from the folder that this folder lies in.

Exit status: 0 verified, 1 not verified, 2 wrong use, 3 unreadable.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .contents import UnreadableError
from .report import LANGUAGES
from .reserve import Opening, read_opening
from .verification import verify
from .wire import FormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

VERIFIED, NOT_VERIFIED, WRONG_USE, UNREADABLE = 0, 1, 2, 3


def _opening(path: str) -> Opening:
    try:
        return read_opening(Path(path).read_bytes())
    except (OSError, FormatError) as error:
        raise argparse.ArgumentTypeError(f"{path}: {error}") from error


def _pin(text: str) -> tuple[int, str]:
    match = re.fullmatch(r"([0-9]{1,20}):([0-9a-fA-F]{64})", text, re.ASCII)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text} is not SEQ:HEX, a sequence and 64 hexadecimal digits")
    return int(match[1]), match[2].lower()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verifier",
        description="Verify a pyauction journal: its frames, its chain and every decision in it.",
        epilog="Exit status: 0 verified, 1 not verified, 2 wrong use, 3 unreadable.",
    )
    parser.add_argument("directory", metavar="DIR", help="the journal's directory; nothing in it is changed")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--opening", metavar="FILE", type=_opening, action="append", default=[],
        help="an opening that proves a lot's reserve; may be given for several lots",
    )  # fmt: skip
    parser.add_argument(
        "--expect-chain", metavar="SEQ:HEX", type=_pin, help="a chain value that was noted when record SEQ was written"
    )
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="the language of the report")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Verify the journal that the arguments name, print the report and return the exit status."""
    try:
        given = _parser().parse_args(argv)
    except SystemExit as stopped:
        return WRONG_USE if stopped.code else VERIFIED
    try:
        report = verify(given.directory, opening=given.opening, expect_chain=given.expect_chain)
    except UnreadableError as error:
        print(f"verifier: {error}", file=sys.stderr)
        return UNREADABLE
    text = report.to_json() + "\n" if given.json else report.to_text(given.lang)
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.flush()
    return VERIFIED if report.ok else NOT_VERIFIED


if __name__ == "__main__":
    sys.exit(main())
