"""A terminal to run imagelint in: what appears on it, byte by byte."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from typing import TYPE_CHECKING

from tests.support.project import ROOT

if TYPE_CHECKING:
    from tests.support.project import Project

__all__ = ["on_a_terminal", "without_escapes"]

_ESCAPES = re.compile(r"\x1b\[[?0-9;]*[A-Zhlm]|\x1b\]8;[!-~]*\x1b\\")


def without_escapes(text: str) -> str:
    """Return what a person sees."""
    return _ESCAPES.sub("", text).replace("\r\n", "\n")


def on_a_terminal(
    work: Project,
    *arguments: str,
    columns: int = 80,
    code: int = 1,
    answer: str | None = None,
    **environment: str,
) -> str:
    """Run a command line with stdout and stderr on a terminal; return what appears there.

    With an ``answer`` stdin is the terminal, too, and that is typed.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    clean = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "TERM"}}
    with subprocess.Popen(
        [sys.executable, "-m", "imagelint", *arguments],
        cwd=work.root,
        stdin=subprocess.DEVNULL if answer is None else theirs,
        stdout=theirs,
        stderr=theirs,
        env={**clean, "TERM": "xterm", "PYTHONPATH": str(ROOT), **environment},
    ) as process:
        os.close(theirs)
        os.write(ours, (answer or "").encode())
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        assert process.wait() == code, shown
    os.close(ours)
    return shown.decode()
