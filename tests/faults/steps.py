"""Faults at every step: what is done is stopped at its first step, at its second, and so on.

A step is one instruction of the interpreter within the modules that write files, so that no
call into the system is without a stop right before it and one right after it.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING

import pytest

from imagelint.files import temporary, writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

__all__ = ["DONE", "fork", "in_child", "traced"]

DONE = 0
"""What a child exits with that was not stopped."""

fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")

_MODULES = frozenset({writing.__file__, temporary.__file__})


def traced(act: Callable[[], object], step: int, stop: Callable[[], object]) -> None:
    """Do something, and ``stop`` at its instruction number ``step``, counted from 1."""
    left = step

    def count(frame: FrameType, event: str, _: object) -> object:
        nonlocal left
        if event == "opcode":
            left -= 1
            if left == 0:
                stop()
        return None if frame.f_code.co_filename not in _MODULES else count

    def enter(frame: FrameType, event: str, argument: object) -> object:
        if frame.f_code.co_filename not in _MODULES:
            return None
        frame.f_trace_opcodes = True
        return count(frame, event, argument)

    before = sys.gettrace()
    sys.settrace(enter)  # type: ignore[arg-type]
    try:
        act()
    finally:
        sys.settrace(before)


def in_child(act: Callable[[], object]) -> int:
    """Do something in a process of its own; return its exit code, or minus the signal."""
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException:  # noqa: BLE001 - nothing may get back into pytest
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(DONE)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
