"""How far a long run is: one line on stderr, gone before anything else is printed there."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, TypeVar

from imagelint.cli.output import print_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["track"]

T = TypeVar("T")

_PATIENCE = 0.5  # seconds: what is done by then needs no line
_PAUSE = 0.1
_CLEAR = "\r\x1b[K"


def track(items: Iterable[T], total: int, *, quiet: bool) -> Iterator[T]:
    """Yield ``items``, of which there are at most ``total`` files, and say how far that is.

    Only on a terminal, and only where it takes long.
    """
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield from items
        return
    next_time = time.monotonic() + _PATIENCE
    shown = False
    try:
        for number, item in enumerate(items):
            yield item
            now = time.monotonic()
            if now >= next_time:
                print_text(f"{_CLEAR}{number + 1} of {total} files", sys.stderr)
                next_time, shown = now + _PAUSE, True
    finally:
        if shown:
            print_text(_CLEAR, sys.stderr)
