"""Repositories of any size and form are planned for in good time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from imagelint.repository.rename_model import Build, Entry, Plan, Repository
from imagelint.repository.renames import plan_renames
from tests.repository.test_renames import moved

if TYPE_CHECKING:
    from collections.abc import Callable


def test_what_takes_itself_in_cannot_be_built() -> None:
    builds = (Build((0,), builds=(1,), entries=(0,)), Build(builds=(0,)), Build((0,)))
    entries = (Entry("nginx", new_tag="2"),)
    assert plan_renames(Repository(((moved("nginx:1"),),), entries, (), builds)) == Plan({}, {}, {})


def test_components_without_end_are_not_followed() -> None:
    """Each is taken twice by the next one, and makes something new of the tag each time."""
    builds = [Build(entries=(0,))]
    builds += [Build(components=(level, level)) for level in range(30)]
    builds.append(Build((0,), components=(30,)))
    entries = (Entry("nginx", tag_suffix="x"),)
    plan = plan_renames(Repository(((moved("nginx:1"),),), entries, (), tuple(builds)))
    assert plan.refused == {"nginx:1": "its components are too many to be followed"}


def overlays(count: int) -> Repository:
    images = tuple(moved(f"app{number}:1") for number in range(20))
    entries = tuple(Entry(f"app{number % 20}", new_tag="2") for number in range(count))
    builds = (Build((0,)), *(Build(builds=(0,), entries=(number,)) for number in range(count)))
    return Repository((images,), entries, (), builds)


def chain(count: int) -> Repository:
    entries = tuple(
        Entry(f"app{number}", moved(f"app{number + 1}"), place=f"k:{number}")
        for number in range(count)
    )
    builds = (
        Build((0,), entries=(0,)),
        *(Build(builds=(number - 1,), entries=(number,)) for number in range(1, count)),
    )
    return Repository(((moved("app0:1"),),), entries, (), builds)


def layers(count: int) -> Repository:
    """Each level of a chain has an image of its own, and an overlay."""
    files = tuple((moved(f"app{number}:1"),) for number in range(count))
    entries = tuple(Entry(f"app{number}", new_tag="2") for number in range(count))
    levels = (
        Build((number,), builds=(number - 1,) if number else (), entries=(number,))
        for number in range(count)
    )
    tops = (Build(builds=(number,), entries=(number,)) for number in range(count))
    return Repository(files, entries, (), (*levels, *tops))


@pytest.mark.parametrize("make", [overlays, chain, layers])
def test_it_takes_as_long_as_there_is_to_do(make: Callable[[int], Repository]) -> None:
    repository = make(5000)
    start = time.process_time()
    plan = plan_renames(repository)
    assert len(plan.names) == 5000
    assert not plan.refused
    assert time.process_time() - start < 30  # some two seconds; quadratic it is minutes
