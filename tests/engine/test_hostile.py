"""Hostile input is linted and fixed in linear time, by calls counted; nothing is timed here.

What ``benchmarks/hostile.py`` makes is judged at a size and at four times that size: the calls
may grow with the size, not with its square. Work inside of one call (a regular expression) is
for the measurements of ``benchmarks/`` to show.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.hostile import HOSTILE, benign
from imagelint.model.source import Source
from imagelint.yaml.fast.lines import _known_heads, known_lines
from tests.engine.test_linter import linter
from tests.support.fixing import repaired

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

SMALL = 3_000
LARGE = 4 * SMALL
CONSTANT = 20_000
"""Calls that a limit allows once, whatever the size: a depth, a budget for merges."""


def judge(data: bytes) -> None:
    """Lint, place the findings, and fix, with nothing remembered of an earlier text."""
    for known in (known_lines, _known_heads):
        known.clear()
    source = Source("a.yaml", data)
    result = linter().lint(source, "a.yaml")
    for finding in result.findings:
        source.position(finding.span.start)
        source.position(finding.span.end)
    repaired(linter(), source, result)


def calls(data: bytes) -> int:
    """Count the calls of functions, Python's own included, that judging takes."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        judge(data)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    "make", [pytest.param(benign, id="benign"), *(pytest.param(HOSTILE[n], id=n) for n in HOSTILE)]
)
def test_growth(make: Callable[[int], bytes]) -> None:
    small, large = make(SMALL), make(LARGE)
    judge(small)  # what is loaded and compiled once
    growth = len(large) / len(small)
    assert calls(large) <= 1.5 * growth * calls(small) + CONSTANT


@pytest.mark.parametrize("name", HOSTILE)
def test_size(name: str) -> None:
    assert HOSTILE[name](SMALL) == HOSTILE[name](SMALL)
    assert 0.9 * LARGE <= len(HOSTILE[name](LARGE)) <= 1.2 * LARGE
