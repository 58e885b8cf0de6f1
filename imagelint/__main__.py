"""Where the command begins, also as ``python -m imagelint``: quiet from the first import on."""

from __future__ import annotations

import sys

__all__ = ["main"]

_EXIT_INTERRUPTED = 130


def main() -> None:
    """Run the command line; an interrupt needs no traceback even before there is one."""
    try:
        from imagelint.cli import main as run  # noqa: PLC0415 - slow enough to be interrupted

        run()
    except KeyboardInterrupt:
        sys.exit(_EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
