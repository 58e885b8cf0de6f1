"""How much work is done, counted: what speed stands on, without a clock.

Trees of plain workloads and of definitions, as ``benchmarks/generate.py`` makes them, and what of
them is read, parsed or handed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.generate import generate
from imagelint.files import Policies
from imagelint.kubernetes import read as reading
from imagelint.kubernetes.skim import outline
from imagelint.model.source import Source
from imagelint.rules.built_in import RULES
from imagelint.run.fixing import propose
from imagelint.run.request import Attempt, Input, Request, packed, unpacked
from imagelint.run.run import Run
from imagelint.yaml import parser

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from imagelint.files import GoverningPolicy
    from imagelint.model.report import FileResult


class Counted:
    """Counts the calls of a function, and the length of the texts that it is given."""

    def __init__(self, patch: pytest.MonkeyPatch, module: object, name: str) -> None:
        real: Callable[..., object] = getattr(module, name)
        self.calls = self.size = 0

        def counting(first: object, *rest: object) -> object:
            self.calls += 1
            self.size += len(first) if isinstance(first, str) else 0
            return real(first, *rest)

        patch.setattr(module, name, counting)


def results(folder: Path, patch: pytest.MonkeyPatch, **asked: object) -> list[FileResult]:
    patch.chdir(folder)
    return list(Run(Request(jobs=1, **asked)).results())  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "size"), [("workloads", 60), ("stream", 100_000)])
def test_plain_workloads_make_no_trees(
    kind: str, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = generate(kind, str(tmp_path), size=size, wrong=0.1, seed=1)
    trees = Counted(monkeypatch, reading, "parse_yaml")
    found = results(tmp_path, monkeypatch)
    assert sum(one.image_count for one in found) == made.images
    assert trees.calls == 0


def test_workloads_that_are_alike_are_followed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outline._known.clear()
    generate("workloads", str(tmp_path), size=300, wrong=0.1, seed=1)
    followed = Counted(monkeypatch, outline, "_follow")
    results(tmp_path, monkeypatch)
    assert 0 < followed.calls < 150  # of three hundred Deployments


def test_of_a_catalogue_hardly_anything_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Definitions are proven free of images, operators skimmed, and little is left."""
    made = generate("catalogue", str(tmp_path), size=3_000_000, wrong=0.1, seed=1)
    trees = Counted(monkeypatch, parser, "parse_events")
    read = Counted(monkeypatch, reading, "parse_yaml")
    results(tmp_path, monkeypatch)
    assert trees.calls == 0
    assert read.size < made.bytes / 50


def test_a_clean_file_is_handed_over_as_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate("workloads", str(tmp_path), size=30, wrong=0.5, seed=1)
    monkeypatch.chdir(tmp_path)
    run = Run(Request(jobs=1, inventory=False))
    kinds = set()
    for one in run.inputs:
        attempt = run.linting.attempt(one)
        small = packed(attempt)
        again = unpacked(one, small)
        assert attempt.result is not None
        assert again.result is not None
        is_clean = not attempt.result.findings
        assert isinstance(small, Attempt) is not is_clean
        assert again.result.source.data == b""  # which nobody keeps until the report
        for finding in attempt.result.findings:
            start = finding.span.start
            assert again.result.source.position(start) == attempt.result.source.position(start)
        bare = Source(one.shown, b"")
        assert again.result._replace(source=bare) == attempt.result._replace(source=bare)
        assert again[1:] == attempt[1:]
        kinds.add(is_clean)
    assert kinds == {True, False}


def test_what_went_wrong_is_handed_over_whole(governing: GoverningPolicy) -> None:
    one = Input("/a.yaml", "a.yaml", governing)
    failed = Attempt(None, None, ("a.yaml: no",))
    assert unpacked(one, packed(failed)) is failed


@pytest.fixture
def governing(tmp_path: Path) -> GoverningPolicy:
    return Policies(RULES, str(tmp_path)).for_folder(str(tmp_path))


def test_an_inventory_is_made_for_who_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = generate("workloads", str(tmp_path), size=20, wrong=0.1, seed=1)
    for inventory in (True, False):
        found = results(tmp_path, monkeypatch, inventory=inventory)
        listed = sum(len(one.images) for one in found)
        assert listed == (made.images if inventory else 0)
        assert sum(one.image_count for one in found) == made.images


POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: nginx:1\n  - image: a.co/b:1\n"


def test_images_of_a_file_of_two_names_are_counted_once_for_each_that_is_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("dev", "prod", "prod2"):
        (tmp_path / folder).mkdir()
    first = tmp_path / "dev" / "a.yaml"
    first.write_text(POD)
    for folder in ("prod", "prod2"):
        (tmp_path / folder / "a.yaml").hardlink_to(first)
    counts = [
        [one.image_count for one in results(tmp_path, monkeypatch, inventory=inventory)]
        for inventory in (True, False)
    ]
    assert counts == [[2, 2], [2, 2]]


def test_a_fix_reads_a_document_once_before_and_once_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate("workloads", str(tmp_path), size=30, wrong=0.5, seed=1)
    skimmed = Counted(monkeypatch, reading, "skim")
    results(tmp_path, monkeypatch)
    once = skimmed.calls
    run = Run(Request(jobs=1, fixes=True, inventory=False))
    skimmed.calls = 0
    changed = sum(propose(run.linting, item).fix is not None for item in run.inputs)
    assert 0 < changed < once
    assert skimmed.calls == once + changed  # each has one Deployment
