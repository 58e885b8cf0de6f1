"""What kubectl and kustomize read in real files is what imagelint reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.corpus.oracle import CORPUS, files
from tests.differential.law import violations
from tests.support.shared import needs_shared
from tests.support.tools import FIXTURES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.differential.decoders import Decoders


def _differences(decoders: Decoders, found: list[Path]) -> tuple[dict[str, list[str]], int]:
    """Return by file how we break the law, and how many images there were to be seen."""
    wrong, count = {}, 0
    for path, verdicts in zip(found, decoders.read(found), strict=True):
        broken = violations(path.read_bytes(), *verdicts, path.name)
        if broken:
            wrong[str(path)] = broken
        count += len(verdicts[0].images | verdicts[1].images)
    return wrong, count


@pytest.mark.slow
@needs_shared
def test_corpus(decoders: Decoders) -> None:
    wrong, count = _differences(decoders, [CORPUS / name for name in files()])
    assert wrong == {}
    assert count > 2_900


@pytest.mark.slow
def test_fixtures(decoders: Decoders) -> None:
    """The project's own examples, broken ones included."""
    suffixes = (".yaml", ".yml", ".json")
    wrong, count = _differences(
        decoders, sorted(path for path in FIXTURES.rglob("*") if path.suffix in suffixes)
    )
    assert wrong == {}
    assert count > 50
