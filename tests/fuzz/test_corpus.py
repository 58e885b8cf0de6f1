"""Every input that is kept, seeds and found ones, still keeps the laws of its target."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.hostile import HOSTILE
from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
FILES = sorted(CORPUS.glob("*/*"))


def test_every_target_has_seeds() -> None:
    assert {path.parent.name for path in FILES} == set(TARGETS)
    assert sum(path.stat().st_size for path in FILES) < 100_000


@pytest.mark.parametrize("path", [pytest.param(p, id=f"{p.parent.name}-{p.name}") for p in FILES])
def test_seed(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("target", ["manifest", "fix", "lane", "skim", "comments"])
def test_hostile(name: str, target: str) -> None:
    TARGETS[target](HOSTILE[name](1_000))
