"""What the definitions of the corpus teach, compared with the catalogue."""

from __future__ import annotations

from benchmarks.learning import definitions_below, score_of
from tests.support.shared import SHARED, needs_shared
from tests.support.trees import catalogue


@needs_shared
def test_kinds_are_learnt_as_the_catalogue_has_them() -> None:
    """Only the overrides of images in an ApplicationSet, without a description, are not learnt."""
    known = found = 0
    lost: set[str] = set()
    for (group, kind), one in definitions_below([str(SHARED / "corpus")]).items():
        score = score_of(one, catalogue())
        if score is not None:
            known, found = known + len(score.known), found + len(score.found)
            lost.update(f"{kind} {'.'.join(path)}" for path in score.lost)
            assert not score.extra, (group, kind)
    assert known > found > 0
    assert {one.partition(" ")[0] for one in lost} == {"ApplicationSet"}
    assert all(one.endswith("kustomize.images.[]") for one in lost)
