"""`python -m pyauction` and the `pyauction` command."""

import sys


def main() -> int:
    """Run the command line; without its two packages say in one line how to get them."""
    try:
        from .cli import run  # noqa: PLC0415 - the command line is an extra
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in ("rich_click", "click", "rich"):
            raise
        sys.stderr.write("The command line needs more packages: pip install 'pyauction[cli]' / 命令行需要额外组件\n")
        return 2
    return run()


if __name__ == "__main__":
    sys.exit(main())
