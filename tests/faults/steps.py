"""Faults at every step: what is done is stopped at its first step, at its second, and so on.

A step is one instruction of the interpreter within the modules that write files, so that no
call into the system is without a stop right before it and one right after it.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from imagelint.files import temporary, writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

__all__ = ["DONE", "fork", "in_child", "traced"]

DONE = 0
"""What a child exits with that was not stopped."""

fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")

_MODULES = frozenset({writing.__file__, temporary.__file__})


def traced(act: Callable[[], object], step: int, stop: Callable[[], object]) -> None:
    """Do something, and ``stop`` at its instruction number ``step``, counted from 1."""
    left = step

    def count(code: CodeType) -> None:
        nonlocal left
        if code.co_filename in _MODULES:
            left -= 1
            if left == 0:
                stop()

    if sys.version_info >= (3, 12):
        _monitor(act, count)
    else:
        _trace(act, count)


def _monitor(act: Callable[[], object], count: Callable[[CodeType], None]) -> None:
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    tool, event = monitoring.DEBUGGER_ID, monitoring.events.INSTRUCTION
    monitoring.use_tool_id(tool, "steps")
    monitoring.register_callback(tool, event, lambda code, _: count(code))
    monitoring.set_events(tool, event)
    try:
        act()
    finally:
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)


def _trace(act: Callable[[], object], count: Callable[[CodeType], None]) -> None:
    def enter(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename not in _MODULES:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            count(frame.f_code)
        return enter

    before = sys.gettrace()
    sys.settrace(enter)
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
