"""The law, on generated repositories: no build comes out other than it should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from imagelint.repository.rename_model import Build, Entry, Exact, Image, Override, Plan, Repository
from imagelint.repository.renames import plan_renames
from tests.repository.rename_law import broken

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAMES = (
    "a",
    "b",
    "c",
    "h/a",
    "h/b",
    "h.a",
    "q/a",
    "q.a",
    "h/q/a",
    ".",
    "a:1",
    "h/a:1",
    "h/.",
    ".*",
)
"""Of entries; h is where images move, a dot is any character."""
PATTERNS = (".*", "b|a", "q.a|h/")
IMAGES = ("a", "b", "c", "h/a", "h/b", "q/a", "h/q/a", "d")
TAILS = ("", ":1", ":2", "@sha256:x", ":1@sha256:x")


@st.composite
def images(draw: st.DrawFn, tails: tuple[str, ...] = TAILS) -> Image:
    name, tail = draw(st.sampled_from(IMAGES)), draw(st.sampled_from(tails))
    to = "" if name.startswith("h/") else draw(st.sampled_from(("h/", "h/", "h/", "", "g/")))
    key = draw(st.integers(0, 9)) if draw(st.integers(0, 4)) == 0 else object()
    return Image(name + tail, to + name + tail, key, draw(st.integers(0, 9)) > 0)


def often() -> SearchStrategy[bool]:
    return st.integers(0, 9).map(bool)


def entries() -> SearchStrategy[Entry]:
    return st.builds(
        Entry,
        st.sampled_from((*NAMES * 4, *PATTERNS)),
        st.none() | images(("",)),
        st.sampled_from(("", "", "1", "9")),
        st.sampled_from(("", "", "sha256:q")),
        st.sampled_from(("", "", "-s")),
        st.just("kustomization.yaml:1"),
        often(),
        often(),
    )


@st.composite
def repositories(draw: st.DrawFn) -> Repository:
    files = draw(st.lists(st.lists(images(), max_size=3).map(tuple), min_size=1, max_size=5))
    all_entries = draw(st.lists(entries(), max_size=8))
    texts = st.builds(str.__add__, st.sampled_from(IMAGES), st.sampled_from(TAILS[:2]))
    exacts = draw(
        st.lists(st.builds(Exact, texts, st.just("k:1"), often(), st.booleans()), max_size=2)
    )
    kinds = draw(st.lists(st.booleans(), min_size=1, max_size=7))

    def some(numbers: list[int], most: int = 3) -> tuple[int, ...]:
        if not numbers:
            return ()
        return tuple(draw(st.lists(st.sampled_from(numbers), max_size=most, unique=True)))

    def build(number: int) -> Build:
        below = list(range(number))
        rare: dict[str, Any] = {}
        if draw(st.integers(0, 9)) == 0:
            rare["overrides"] = some(list(range(len(all_entries))))
            rare["override"] = draw(st.sampled_from(Override))
        if draw(st.integers(0, 49)) == 0:
            rare["dangers"] = ("it is dangerous",)
        return Build(
            some(list(range(len(files)))),
            some([one for one in below if kinds[one]]),
            some([one for one in below if not kinds[one]]),
            some(list(range(len(files))), 1),
            some(list(range(len(exacts)))),
            some(list(range(len(all_entries)))),
            is_whole=draw(often()),
            **rare,
        )

    builds = tuple(build(number) for number in range(len(kinds)))
    return Repository(tuple(files), tuple(all_entries), tuple(exacts), builds)


@pytest.mark.slow
@settings(max_examples=400)
@given(repositories())
def test_builds_stay_what_they_are(repository: Repository) -> None:
    plan = plan_renames(repository)
    has_pattern = any(entry.name in PATTERNS for entry in repository.entries)
    event(f"refused: {bool(plan.refused)}, renamed: {bool(plan.names)}, pattern: {has_pattern}")
    assert broken(repository, plan) == []


@settings(max_examples=100)
@given(repositories())
def test_a_plan_is_as_small_as_it_can_be(repository: Repository) -> None:
    """What would go well without a plan has none, but for names that would be forgotten."""
    plan = plan_renames(repository)
    alone = Plan({}, {}, {})
    if not broken(repository, alone) and not any(build.dangers for build in repository.builds):
        assert plan.texts == {}
        assert {entry.name for entry in repository.entries} & {*PATTERNS} or not plan.refused
