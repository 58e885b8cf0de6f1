"""Where the command begins, also as ``python -m imagelint``: quiet from the first import on."""

from __future__ import annotations

import gc
import sys

__all__ = ["main"]

_GARBAGE = 400_000
"""Objects after which cyclic garbage is looked for.

Python's own threshold (700) costs a twentieth of a short run, while there is only being imported,
and half of a long one on a stream of large documents; 100,000 cost a fiftieth of a repository and a
fifteenth of a stream. There is next to none: the peak of memory is the same.
"""
_EXIT_INTERRUPTED = 130


def main() -> None:
    """Run the command line; an interrupt needs no traceback even before there is one."""
    gc.set_threshold(_GARBAGE)
    try:
        from imagelint.cli.main import main as run  # noqa: PLC0415 - slow enough to be interrupted

        run()
    except KeyboardInterrupt:
        sys.exit(_EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
