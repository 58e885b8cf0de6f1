"""Generated streams: what is read in them, and what is said of them, is what the law wants."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

import pytest

from tests.differential.fuzz import check
from tests.differential.streams import stream

if TYPE_CHECKING:
    from pathlib import Path

    from tests.differential.decoders import Decoders

FIXED = 1_500
FRESH = 300


@pytest.mark.slow
def test_fixed(decoders: Decoders, tmp_path: Path) -> None:
    """The same streams on every run."""
    assert check(decoders, range(FIXED), tmp_path) == {}


@pytest.mark.slow
def test_fresh(decoders: Decoders, tmp_path: Path) -> None:
    """New streams on every run: a failure names the seed, from which to make the stream again.

    In CI they are the same ones on every run, as the examples of hypothesis are: what is new is
    found by developers and by `make fuzz`, and is not the fault of the change that CI looks at.
    """
    start = 1 << 40 if os.environ.get("CI") == "true" else secrets.randbits(40)
    assert check(decoders, range(start, start + FRESH), tmp_path) == {}


@pytest.mark.slow
def test_streams_tell_something(decoders: Decoders, tmp_path: Path) -> None:
    """Each reader sees images in many of them, refuses many, and some hold odd encodings."""
    files = []
    for seed in range(300):
        files.append(tmp_path / f"{seed}.yaml")
        files[-1].write_bytes(stream(seed))
    verdicts = list(decoders.read(files))
    for one in zip(*verdicts, strict=True):
        assert sum(bool(verdict.images) for verdict in one) > 40
        assert sum(bool(verdict.refused) for verdict in one) > 40
    assert any(file.read_bytes().startswith(b"\xff\xfe") for file in files)
    assert any(kubectl.images - kustomize.images for kubectl, kustomize in verdicts)
    assert any(kustomize.images - kubectl.images for kubectl, kustomize in verdicts)


def test_a_seed_is_a_stream() -> None:
    assert [stream(seed) for seed in range(50)] == [stream(seed) for seed in range(50)]
